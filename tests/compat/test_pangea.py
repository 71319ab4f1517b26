"""A scenario of Pangea, with the published client pangea-api and with ours: both get the same results."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from both_clients import BothClients, Check, Results, gave, run_scenario, shows
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.server import Sandbox

pytestmark = [pytest.mark.compat("pangea"), pytest.mark.timeout(300)]

SCENARIO = Path(__file__).resolve().parent / "pangea_scenario"
PUBLISHED, OURS = "pangea_api", "omicsdk.compat.pangea_api"
PARTS = {
    "things": [
        "accounts",
        "organizations",
        "groups",
        "samples",
        "names",
        "members",
        "moves",
        "pages",
        "parents",
        "anonymous",
        "deletions",
    ],
    "results": ["results", "fields", "older_results", "addresses"],
    "files": ["small", "large", "sizes", "again", "of_groups", "odd_names", "without_a_bucket", "of_manifests"],
    "work": ["pipelines", "tags", "orders", "group_orders"],
}
GROUPS = [group for groups in PARTS.values() for group in groups]


def refused_by(kind: str, status: int | None = None) -> Check:
    return lambda seen: "raised" in seen and kind in seen["raised"] and seen["status"] == status


NOTHING = gave(None)
_DELETED = (refused_by("PangeaForbiddenError", 403), NOTHING)

# What the published client does wrong, by (group, label): how that shows, and what is right and held here to.
DEFECTS: dict[tuple[str, str], tuple[Check, Check]] = {
    # After a good login any password is good for three hours: the token is taken from a file.
    ("accounts", "a wrong password"): (gave("an object"), refused_by("PangeaLoginError", 400)),
    # Whether a group is public is not sent.
    ("groups", "private means private"): (shows(True), shows(False)),
    # A description that is blank, as all are at first, is sent back, which the server refuses.
    ("groups", "saved with a blank description"): (refused_by("PangeaOtherError", 400), NOTHING),
    ("members", "added to a group without a description"): (refused_by("PangeaOtherError", 400), NOTHING),
    ("members", "in it"): (shows([]), shows(["s1"])),
    # A sample that was saved has lost its library.
    ("samples", "a child of what was saved"): (refused_by("AttributeError"), gave("m")),
    # Names are not escaped.
    ("names", "a/b"): (refused_by("PangeaNotFoundError", 404), gave("a/b")),
    ("names", "q?x#y"): (refused_by("PangeaNotFoundError", 404), gave("q?x#y")),
    # Nothing is removed: the request that would cannot be made.
    ("members", "removed"): (refused_by("TypeError"), NOTHING),
    ("members", "left"): (shows(["s0", "s1", "s2"]), shows(["s1", "s2"])),
    # Only the first page is read.
    ("pages", "all groups"): (shows(100), shows(102)),
    # Things are deleted where only reading is answered.
    ("deletions", "field"): _DELETED,
    ("deletions", "result"): _DELETED,
    ("deletions", "sample"): _DELETED,
    ("deletions", "library"): _DELETED,
    ("deletions", "fields"): (shows(1), shows(0)),
    ("deletions", "libraries"): (shows(1), shows(0)),
    # An object without a file is not reported as such.
    ("fields", "file that it names"): (refused_by("KeyError"), refused_by("TypeError")),
    # Fields are looked for in the newest result of the module.
    ("older_results", "field of a result that isn't the newest"): (
        refused_by("PangeaNotFoundError", 404),
        gave({"a": 1}),
    ),
    # Files on FTP servers are known to one half of the client only.
    ("addresses", "of FTP"): (refused_by("TypeError"), gave("ftp://ftp.example.org/x.gz")),
    # As with groups; and what a module needs is sent only when it is saved, which is not reached.
    ("pipelines", "a module without a description"): (refused_by("PangeaOtherError", 400), gave("bare")),
    ("pipelines", "one that needs it"): (refused_by("RemoteObjectOverwriteError"), gave("n")),
    ("pipelines", "modules"): (shows(["m", "n"]), shows(["bare", "m", "n"])),
    ("pipelines", "found"): (shows(["m", "n"]), shows(["bare", "m", "n"])),
    # What loads a tag is treated as the tag.
    ("tags", "of the sample"): (gave([None]), gave(["Some Tag"])),
    # There is no such route.
    ("orders", "a prototype by its name"): (refused_by("PangeaNotFoundError", 404), gave("WOP")),
    # The parts' identities are treated as the parts.
    ("group_orders", "its parts"): (refused_by("TypeError"), gave(2)),
}


def run(python: Path, sandbox: Sandbox, package: str, folder: Path) -> Results:
    """Return the results of a package on an unused platform."""
    sandbox.reset()
    folder.mkdir()
    trusted = [SANDBOX_PANGEA_USER]
    prototype = sandbox.pangea.add_work_order_prototype("WOP", jobs={"JOP": "", "JOP2": ""}, privileged=trusted)
    of_groups = sandbox.pangea.add_group_work_order_prototype("GWOP", parts=[prototype], privileged=trusted)
    variables = {name: value for name, value in sandbox.environment().items() if name.startswith("PANGEA_")}
    prototypes = {"WORK_ORDER_PROTO": prototype, "GROUP_WORK_ORDER_PROTO": of_groups}
    return run_scenario(python, SCENARIO, [package, *PARTS], folder, {**variables, **prototypes}, seconds=120)


@pytest.fixture(scope="module")
def seen(
    server: Sandbox, tmp_path_factory: pytest.TempPathFactory, interpreter_of: Callable[[str], Path]
) -> dict[str, Results]:
    """The results of both packages."""
    folder = tmp_path_factory.mktemp("pangea")
    pythons = {PUBLISHED: interpreter_of("pangea"), OURS: Path(sys.executable)}
    return {package: run(python, server, package, folder / package) for package, python in pythons.items()}


def agrees(ours: Any, theirs: Any) -> bool:
    """Return whether two results agree.

    Both raise errors in the same places, with the same status, and the published client's exception is a base of ours;
    for errors of requests, which ours does not use, only the status is compared.
    """
    if not (isinstance(ours, dict) and isinstance(theirs, dict) and "raised" in ours and "raised" in theirs):
        return ours == theirs
    kind = theirs["raised"][0]
    return ours["status"] == theirs["status"] and (kind == "HTTPError" or kind in ours["raised"])


class TestScenario(BothClients):
    """Both clients, group by group."""


# Values that both have to see, so that they do not agree on nothing.


def test_objects_are_created_found_and_changed(seen: dict[str, Results]):
    for results in seen.values():
        assert results["organizations"]["the same"] is True
        assert results["groups"]["a library"] == ["Group Lib", True, True]
        assert results["samples"]["is changed"] == {"a": 1}
        assert results["members"]["in the group"] == ["s0", "s1", "s2"]
        assert results["moves"]["moved"] is True


def test_all_samples_come_page_by_page(seen: dict[str, Results]):
    for results in seen.values():
        assert [results["pages"][label] for label in ("all", "all, kept", "manifest")] == [True, True, 205]
        assert results["pages"]["counts"] == {"n_samples": 205}


def test_files_arrive_unchanged(seen: dict[str, Results]):
    for results in seen.values():
        for group in ("small", "large", "odd_names"):
            assert (results[group]["is there"], results[group]["as it was sent"]) == (True, True)
        assert [
            results["sizes"][label] for label in ("of two parts exactly", "of a part and a byte", "which is there")
        ] == [True] * 3
        assert results["small"]["data"]["uri"].endswith("/samples/sample small/small file.txt")


def test_work_orders_are_completed(seen: dict[str, Results]):
    for results in seen.values():
        assert results["orders"]["order"] == ["WOP", 100, "pending"]
        assert results["orders"]["status"] == ["working", {"pending": 1, "success": 1, "n_jobs": 2}]
        assert results["group_orders"]["active"] == [True]
