"""A scenario of a Gen3 commons, with the published client gen3 and with ours: both get the same results."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from both_clients import BothClients, Check, Results, gave, run_scenario, shows
from connect_proxy import ConnectProxy
from omicsdk.sandbox.gen3 import CLIENT_ID
from omicsdk.sandbox.server import Sandbox
from quiet_server import running

pytestmark = [pytest.mark.compat("gen3"), pytest.mark.timeout(600)]

SCENARIO = Path(__file__).resolve().parent / "gen3_scenario"
PUBLISHED, OURS = "gen3", "omicsdk.compat.gen3"
HOST = "commons.example.org"
PARTS = {
    "login": ["auth", "wrong_logins", "programs_login", "token_service", "with_other_clients"],
    "records": ["index", "lists", "changes", "at_once", "strangers"],
    "documents": ["metadata", "aliases", "documents_at_once", "documents_of_strangers", "objects"],
    "tables": ["submission", "submitted_files"],
    "files": ["file", "wrong_downloads", "workspaces"],
    "work": ["explorer", "jobs"],
    "manifests": ["indexing", "checking", "comparing", "validating", "bundling", "metadata_of_manifests"],
    "shown": ["discovery", "crosswalk"],
    "drs_pull": ["pulls", "bundles_and_packages", "by_hand", "wrong_pulls"],
}
GROUPS = [group for groups in PARTS.values() for group in groups]
SUBJECTS = [{"submitter_id": f"s{number:03}", "age": number, "sex": "mf"[number % 2]} for number in range(40)]


def refused_by(kind: str) -> Check:
    return lambda seen: kind in seen["raised"]


NOTHING = gave(None)
_NOT_THERE = (NOTHING, refused_by("NotFound"))
_NO_LOGIN = (NOTHING, refused_by("Forbidden"))

# What the published client does wrong, by (group, label): how that shows, and what is right and held here to.
DEFECTS: dict[tuple[str, str], tuple[Check, Check]] = {
    # A response that is an error looks like a good one until its status is requested.
    ("wrong_logins", "no such page"): (gave("<Response [404]>"), refused_by("NotFound")),
    # What does not exist is None, which fails somewhere else later.
    ("index", "no such record"): _NOT_THERE,
    ("index", "nowhere"): _NOT_THERE,
    ("lists", "not found"): _NOT_THERE,
    ("changes", "deleted again"): _NOT_THERE,
    ("file", "its record"): _NOT_THERE,
    # A record is sent back whole, so that what the index had worked out itself is stored, as a text.
    ("changes", "changed"): (
        lambda seen: seen["urls_metadata"]["s3://bucket/31"]["available"] == "1",
        lambda seen: seen["urls_metadata"]["s3://bucket/31"]["available"] is True and seen["file_name"] == "b",
    ),
    # Metadata of URLs that go stay behind, which the index refuses.
    ("changes", "URLs with metadata"): (refused_by("HTTPError"), gave(["s3://bucket/32b"])),
    # What cannot be awaited is awaited: these calls never work.
    ("at_once", "found"): (refused_by("TypeError"), gave(1)),
    ("documents_at_once", "aliases"): (
        refused_by("ClientConnectionError"),
        gave({"guid": "s1", "aliases": ["s1b"]}),
    ),
    ("documents_at_once", "aliases deleted"): (refused_by("TypeError"), gave("")),
    # The quotes of JSON are part of the version.
    ("metadata", "version"): (shows('"4.3.0"'), shows("4.3.0")),
    # `merge` is not sent.
    ("metadata", "merged"): (shows([{"p": 2}] * 2), shows([{"n": 1, "p": 2}] * 2)),
    # Without a login nothing is sent, and nothing said.
    ("documents_of_strangers", "writes"): _NO_LOGIN,
    ("documents_of_strangers", "deletes"): _NO_LOGIN,
    # A download states False where it failed, and True whatever came.
    ("wrong_downloads", "not there"): (gave(False), refused_by("NotFound")),
    ("wrong_downloads", "a hash"): (gave(True), refused_by("ChecksumMismatch")),
    ("wrong_downloads", "a size"): (gave(True), refused_by("TransferError")),
    ("wrong_downloads", "left"): (shows(["hash.txt", "size.txt"]), shows([])),
    # A name that a record states leads out of the folder.
    ("wrong_downloads", "a name that leads out"): (gave(True), refused_by("UnsafePath")),
    ("wrong_downloads", "escaped"): (shows(True), shows(False)),
    # The slash at the end of a folder's URL is lost, and with it what is in the folder.
    ("workspaces", "by its URL"): (shows([]), shows(["x/a.txt"])),
    # A file cannot be copied from one workspace to another.
    ("workspaces", "from one to another"): (refused_by("Exception"), NOTHING),
    ("workspaces", "copied"): (shows([]), shows(["twice.txt"])),
    # The server is asked without what it needs, and its refusal is given as a response.
    ("submission", "manifest"): (gave("<Response [400]>"), gave("<Response [200]>")),
    ("indexing", "deleted"): _NOT_THERE,
    # The brackets of a list are treated as a part of its only member.
    ("checking", "verified"): (
        lambda seen: "id-3|acl|expected ['[x]']|actual []" in seen,
        lambda seen: "id-3|acl|expected ['x']|actual []" in seen and len(seen) == 6,
    ),
    # To look at a manifest makes all warnings errors, for whatever the program does next.
    ("validating", "warnings are errors from then on"): (shows(True), shows(False)),
    # The manifest goes to a folder of the published client's own tests.
    ("bundling", "written where it was asked for"): (shows(False), shows(True)),
    # A login is no login for what sends these requests.
    ("bundling", "by a login"): (refused_by("AttributeError"), gave(1)),
    # A date that the index leaves empty ends the download.
    ("bundles_and_packages", "a bundle"): (refused_by("ParserError"), NOTHING),
    ("bundles_and_packages", "what is in it"): (
        shows({}),
        shows({"a bundle/part-1.txt": "part 1", "a bundle/part-2.txt": "part 2"}),
    ),
    # Programs that check the statuses must find the failures there.
    ("wrong_pulls", "not there"): (
        gave([[None, "error (no access methods)"], ["good.txt", "downloaded"]]),
        refused_by("SomeFailed"),
    ),
    ("wrong_pulls", "no place"): (gave([["placeless.txt", "error (no access methods)"]]), refused_by("SomeFailed")),
    # An unknown prefix ends the download of all.
    ("wrong_pulls", "the other one, too"): (shows({}), shows({"good.txt": "good"})),
    # Nothing is held against a hash.
    ("wrong_pulls", "a wrong hash"): (gave([["wrong.txt", "downloaded"]]), refused_by("SomeFailed")),
    ("wrong_pulls", "what came of it"): (shows({"wrong.txt": "good"}), shows({})),
    ("wrong_pulls", "a name that leads out"): (gave([["../led-out.txt", "downloaded"]]), refused_by("SomeFailed")),
    ("wrong_pulls", "led out"): (shows(True), shows(False)),
    # Only the first way to the bytes is tried.
    ("wrong_pulls", "a second way"): (gave([["second.txt", "error"]]), gave([["second.txt", "downloaded"]])),
    ("wrong_pulls", "by the second way"): (shows({}), shows({"second.txt": "good"})),
    # The service states in a response without a job that there is no such action.
    ("jobs", "no such action"): (NOTHING, refused_by("Gen3JobError")),
}


def run(python: Path, sandbox: Sandbox, proxy: ConnectProxy, package: str, folder: Path) -> Results:
    """Return the results of a package in an unused commons."""
    sandbox.reset()
    folder.mkdir()
    gen3 = sandbox.gen3
    gen3.guppy.put("subject", SUBJECTS)
    other = f"http://localhost:{sandbox.url.rpartition(':')[2]}"
    gen3.wts.add_commons("other", other, gen3.credentials_file(folder / "other.json", other))
    gen3.metadata.aggregate.put_info("dg.TEST", {"host": HOST, "name": "Sandbox", "type": "indexd"})
    variables = {
        "SANDBOX_URL": sandbox.url,
        "GEN3_ENDPOINT": sandbox.gen3_url,
        "GEN3_API_KEY": str(sandbox.gen3_credentials(folder / "credentials.json")),
        "HTTPS_API_KEY": str(gen3.credentials_file(folder / "https.json", f"https://{HOST}")),
        "OTHER_COMMONS": other,
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": sandbox.gen3_client_secret,
        "GEN3SDK_MAX_RETRIES": "1",
    }
    return run_scenario(python, SCENARIO, [package, *PARTS], folder, {**proxy.environment(), **variables}, seconds=280)


@pytest.fixture(scope="module")
def proxy(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectProxy]:
    """The proxy through which the sandbox is https://commons.example.org."""
    proxy = ConnectProxy(server.url, HOST, tmp_path_factory.mktemp("certificates"))
    with running(proxy):
        yield proxy


@pytest.fixture(scope="module")
def seen(
    server: Sandbox,
    proxy: ConnectProxy,
    tmp_path_factory: pytest.TempPathFactory,
    interpreter_of: Callable[[str], Path],
) -> dict[str, Results]:
    """The results of both packages."""
    folder = tmp_path_factory.mktemp("gen3")
    pythons = {PUBLISHED: interpreter_of("gen3"), OURS: Path(sys.executable)}
    return {package: run(python, server, proxy, package, folder / package) for package, python in pythons.items()}


def agrees(ours: Any, theirs: Any) -> bool:
    """Return whether two results agree.

    Both raise errors in the same places, with the same status if the published client's error has one; what it raises of
    its own is a base of what ours raises, unless ours states the status.
    """
    if not (isinstance(ours, dict) and isinstance(theirs, dict) and "raised" in ours and "raised" in theirs):
        return ours == theirs
    kind = theirs["raised"][0]
    same = not kind.startswith("Gen3") or kind in ours["raised"] or ours["status"] is not None
    return same and theirs["status"] in (None, ours["status"])


class TestScenario(BothClients):
    """Both clients, group by group."""


# Values that both have to see, so that they do not agree on nothing.


def test_records_are_listed_page_by_page(seen: dict[str, Results]):
    for results in seen.values():
        assert results["lists"]["page by page"] == [20, 21, 22, 23, 24, 25, 26]
        assert results["lists"]["all"] == 7


def test_records_are_submitted_and_found(seen: dict[str, Results]):
    for results in seen.values():
        assert results["submission"]["node"] == [["m0", "f0"], ["m1", "f1"], ["m2", "f2"]]
        assert results["submitted_files"]["rows.tsv"]["invalid"] == ["sf-4"]
        assert results["submitted_files"]["stored"] == {"data": {"_manifest_count": 8}}


def test_bytes_arrive_unchanged(seen: dict[str, Results]):
    for results in seen.values():
        assert results["file"]["bytes"] == "some reads"
        assert results["file"]["what came"] == {"reads.txt": "some reads"}
        assert results["workspaces"]["what came"] == dict.fromkeys(("a.txt", "b.txt", "d.txt"), "a workspace")
        assert results["objects"]["bytes"] == "an object"


def test_a_login_gives_access_to_another_commons(seen: dict[str, Results]):
    for results in seen.values():
        assert results["token_service"]["there"] == "sandbox-user@example.org"


def test_contradictions_are_still_value_errors(seen: dict[str, Results]):
    labels = ["file and object", "commons and login", "a program without a commons", "scopes without a program"]
    for results in seen.values():
        assert [label for label in labels if "ValueError" not in results["wrong_logins"][label]["raised"]] == []


def test_the_explorer_is_queried(seen: dict[str, Results]):
    for results in seen.values():
        assert results["explorer"]["beyond what a query reaches"] == [38, 39]
        assert results["explorer"]["downloaded"] == 40


def test_downloads_go_over_https(seen: dict[str, Results], proxy: ConnectProxy):
    expected = {"folder/three.txt": "the third", "one.txt": "the first", "two.txt": "the second"}
    assert [results["pulls"]["a manifest"] for results in seen.values()] == [expected] * 2
    assert f"{HOST}:443" in proxy.destinations


def test_the_published_client_is_the_one_that_was_requested(interpreter_of: Callable[[str], Path]):
    paths = list(interpreter_of("gen3").parent.parent.rglob("gen3-*.dist-info"))
    assert [path.name for path in paths] == ["gen3-4.28.5.dist-info"]
