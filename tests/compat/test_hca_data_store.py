"""The Data Store with the published client and with ours: either registers, finds, changes and downloads objects of the other."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from omicsdk.sandbox.server import Sandbox

if TYPE_CHECKING:
    from conftest import Documented

pytestmark = pytest.mark.compat("hca")

BOTH_WAYS = pytest.mark.parametrize(("first", "second"), [("hca", "omicsdk"), ("omicsdk", "hca")])
UUID, OTHER = "0f0f0f0f-0000-4000-8000-000000000001", "0f0f0f0f-0000-4000-8000-000000000002"
OLD, NEW = "2020-01-01T000000.000000Z", "2021-01-01T000000.000000Z"

Contents = Callable[[Path], dict[str, bytes]]
Pair = dict[str, "Documented"]


@pytest.fixture
def pair(new_client: Callable[..., "Documented"]) -> Pair:
    return {module: new_client(module) for module in ("hca", "omicsdk")}


def downloaded(contents: Contents, client: "Documented", bundle: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of a client in a bundle's folder, without the description of the bundle itself."""
    files = contents(client.folder / f"{bundle['uuid']}.{bundle['version']}")
    assert json.loads(files.pop("bundle.json"))["bundle"]["uuid"] == bundle["uuid"]
    return files


@BOTH_WAYS
def test_files_staged_by_one_client_are_registered_by_the_other(
    sandbox: Sandbox, pair: Pair, make_folder: Callable[..., Path], contents: Contents, first: str, second: str
) -> None:
    """File by file, then as a bundle; the first one downloads it, adds a separate file, and the second one deletes it."""
    source = make_folder(reads=1000)
    staged = pair[first].call("upload", src_dir=str(source), replica="aws", staging_bucket=sandbox.staging_bucket)
    uuids = {file["name"]: f"{UUID[:-2]}{number:02}" for number, file in enumerate(staged["files"], 10)}
    *registered, made = pair[second].run(
        *(
            ("call", "put_file", {
                "uuid": uuids[file["name"]], "version": OLD, "creator_uid": 1,
                "source_url": f"s3://{sandbox.staging_bucket}/{file['uuid']}/{Path(file['name']).name}",
            })
            for file in staged["files"]
        ),
        ("call", "put_bundle", {
            "uuid": UUID, "version": OLD, "replica": "aws", "creator_uid": 1,
            "files": [{"indexed": False, "name": name, "uuid": uuid, "version": OLD} for name, uuid in uuids.items()],
        }),
    )  # fmt: skip
    assert [entry["version"] for entry in [*registered, made]] == [OLD] * 6
    pair[first].call("download", bundle_uuid=UUID, replica="aws", version=OLD)
    assert downloaded(contents, pair[first], {"uuid": UUID, "version": OLD}) == contents(source)
    link = {key: staged["files"][0][key] for key in ("uuid", "version")}
    patched = pair[first].call(
        "patch_bundle", uuid=UUID, replica="aws", version=OLD, add_files=[{**link, "indexed": True, "name": "more"}]
    )
    now, _ = pair[second].run(
        ("call", "get_bundle", {"uuid": UUID, "replica": "aws"}),
        ("call", "delete_bundle", {"uuid": UUID, "replica": "aws", "reason": "a test"}),
    )
    assert now["bundle"]["version"] == patched["version"] > OLD
    assert {file["name"] for file in now["bundle"]["files"]} == {"more", *uuids}
    with pytest.raises(Exception, match="not_found"):
        pair[first].call("get_bundle", uuid=UUID, replica="aws")


@BOTH_WAYS
def test_a_collection_is_managed_by_both(
    sandbox: Sandbox, pair: Pair, make_folder: Callable[..., Path], contents: Contents, first: str, second: str
) -> None:
    source = make_folder(reads=1000)
    seeded = [sandbox.seed(source), sandbox.seed(make_folder("other", reads=10))]
    bundles = [{"type": "bundle", "uuid": bundle["bundle_uuid"], "version": bundle["version"]} for bundle in seeded]
    text = {"name": "n", "description": "d", "details": {"a": [1]}}
    put = {**text, "uuid": UUID, "version": OLD, "replica": "aws", "contents": bundles}
    pair[first].run(("call", "put_collection", put))
    patched, got = pair[second].run(
        ("call", "patch_collection", {"uuid": UUID, "version": OLD, "replica": "aws", "remove_contents": bundles[1:]}),
        ("call", "get_collection", {"uuid": UUID, "replica": "aws"}),
    )
    assert pair[first].call("get_collection", uuid=UUID, replica="aws") == got
    assert got["contents"] == bundles[:1]
    for name in (first, second):
        pair[name].call("download_collection", uuid=UUID, replica="aws")
        assert downloaded(contents, pair[name], bundles[0]) == contents(source)
    listed, _ = pair[second].run(
        ("iterate", "get_collections", {}), ("call", "delete_collection", {"uuid": UUID, "replica": "aws"})
    )
    assert {"uuid": UUID, "version": patched["version"]} in listed
    with pytest.raises(Exception, match="not_found"):
        pair[first].call("get_collection", uuid=UUID, replica="aws")


@BOTH_WAYS
def test_a_subscription_is_managed_by_both(pair: Pair, first: str, second: str) -> None:
    """The receiver listens to no service here: another test covers the messages that it receives."""
    subscription = {
        "jmespath_query": "event_type == 'CREATE'",
        "callback_url": "http://127.0.0.1:9/hook",
        "method": "PUT",
    }
    made = pair[first].call("put_subscription", replica="aws", **subscription)
    one = {"uuid": made["uuid"], "replica": "aws"}
    got, listed = pair[second].run(("call", "get_subscription", one), ("call", "get_subscriptions", {"replica": "aws"}))
    assert subscription.items() <= got.items()
    assert [entry["uuid"] for entry in listed["subscriptions"]] == [made["uuid"]]
    pair[second].call("delete_subscription", **one)
    with pytest.raises(Exception, match="not_found"):
        pair[first].call("get_subscription", **one)


@BOTH_WAYS
def test_a_checkout_of_one_client_is_awaited_by_the_other(
    sandbox: Sandbox, pair: Pair, make_folder: Callable[..., Path], first: str, second: str
) -> None:
    bundle = sandbox.seed(make_folder(reads=10))
    sandbox.clock.freeze()
    job = pair[first].call("post_bundles_checkout", uuid=bundle["bundle_uuid"], replica="gcp")
    sandbox.clock.advance(3600)
    for name in (second, first):
        assert pair[name].call("get_bundles_checkout", replica="gcp", **job)["status"] == "SUCCEEDED"


@BOTH_WAYS
def test_names_that_need_quoting(sandbox: Sandbox, pair: Pair, contents: Contents, tmp_path: Path, first: str, second: str) -> None:  # fmt: skip
    source = tmp_path / "names"
    (source / "100%").mkdir(parents=True)
    for name in ("Ångström α.txt", "a+b=c.json", "x#1?.bin", "100%/~.txt", "{curly} & 'quoted'"):
        (source / name).write_text(json.dumps(name))
    done = pair[first].call("upload", src_dir=str(source), replica="aws", staging_bucket=sandbox.staging_bucket)
    bundle = {"uuid": done["bundle_uuid"], "version": done["version"]}
    for name in (second, first):
        pair[name].call("download", bundle_uuid=bundle["uuid"], replica="aws")
        assert downloaded(contents, pair[name], bundle) == contents(source)


def test_a_bundle_of_several_pages_is_the_same_tree(
    sandbox: Sandbox, pair: Pair, contents: Contents, tmp_path: Path
) -> None:
    """No test requests a page size: pages have 500 files."""
    source = tmp_path / "many"
    source.mkdir()
    for number in range(501):
        (source / f"{number:03}.txt").write_text(str(number))
    seeded = sandbox.seed(source)
    bundle = {"uuid": seeded["bundle_uuid"], "version": seeded["version"]}
    for client in pair.values():
        client.call("download", bundle_uuid=bundle["uuid"], replica="gcp")
    theirs, ours = (
        contents(pair[name].folder / f"{bundle['uuid']}.{bundle['version']}") for name in ("hca", "omicsdk")
    )
    assert len(theirs) == 502
    assert ours == theirs


@BOTH_WAYS
def test_a_collection_downloaded_by_the_other_client_is_reused(
    sandbox: Sandbox, pair: Pair, make_folder: Callable[..., Path], tmp_path: Path, first: str, second: str
) -> None:
    """No byte of its files is fetched again."""
    seeded = sandbox.seed(make_folder(reads=1000))
    bundle = {"type": "bundle", "uuid": seeded["bundle_uuid"], "version": seeded["version"]}
    text = {"name": "n", "description": "d", "details": {}, "replica": "aws", "version": OLD}
    download = {"uuid": UUID, "replica": "aws", "download_dir": str(tmp_path / "shared")}
    pair[first].run(
        ("call", "put_collection", {**text, "uuid": UUID, "contents": [bundle]}),
        ("call", "download_collection", download),
    )
    before = len(sandbox.requests("/_objects/"))
    pair[second].call("download_collection", **download)
    assert before > 0
    assert len(sandbox.requests("/_objects/")) == before


@pytest.mark.parametrize("module", ["hca", "omicsdk"])
def test_a_deployment_without_anonymous_access(
    sandbox: Sandbox, new_client: Callable[..., "Documented"], make_folder: Callable[..., Path], contents: Contents, module: str
) -> None:  # fmt: skip
    source = make_folder(reads=1000)
    seeded = sandbox.seed(source)
    sandbox.settings.turn({"dss.restricted": True})
    client = new_client(module)
    client.call("download", bundle_uuid=seeded["bundle_uuid"], replica="aws")
    bundle = {"uuid": seeded["bundle_uuid"], "version": seeded["version"]}
    assert downloaded(contents, client, bundle) == contents(source)
    with pytest.raises(Exception, match=r"(?i)log ?in"):
        new_client(module, token=None).call("get_bundle", uuid=bundle["uuid"], replica="aws")


@BOTH_WAYS
def test_both_log_in_as_one_service_account_by_its_key(
    sandbox: Sandbox, new_client: Callable[..., "Documented"], tmp_path: Path, first: str, second: str
) -> None:
    """Subscriptions are their owner's: the second one finds that of the first."""
    key = str(sandbox.service_account(tmp_path / "keys"))
    one, other = (new_client(name, token=None, GOOGLE_APPLICATION_CREDENTIALS=key) for name in (first, second))
    made = one.call("put_subscription", replica="aws", jmespath_query="true", callback_url="http://127.0.0.1:9/hook")
    listed = other.call("get_subscriptions", replica="aws")
    assert [entry["uuid"] for entry in listed["subscriptions"]] == [made["uuid"]]


def test_a_login_of_the_published_client_is_used(sandbox: Sandbox, new_client: Callable[..., "Documented"]) -> None:
    """First from that client's configuration, then as our own; it stays in the configuration for that client."""
    theirs = new_client("hca", token=None)
    theirs.run(("login", "", {"access_token": sandbox.token()}))
    stored = theirs.configuration.read_text()
    assert "oauth2_token" in json.loads(stored)
    ours = new_client("omicsdk", token=None, HCA_CONFIG_FILE=str(theirs.configuration))
    assert ours.call("get_subscriptions", replica="aws") == {"subscriptions": []}
    migrated = ours.cli("dss", "login", "--migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert theirs.configuration.read_text() == stored
    alone = json.loads(stored)
    del alone["oauth2_token"]
    theirs.configuration.write_text(json.dumps(alone))
    assert ours.call("get_subscriptions", replica="aws") == {"subscriptions": []}
    theirs.configuration.write_text(stored)
    assert theirs.call("get_subscriptions", replica="aws") == {"subscriptions": []}


WORDS = [
    ("dss", "get-bundles-all", "--replica", "aws", "--no-paginate"),
    ("dss", "get-bundle", "--replica", "aws", "--uuid", "UUID"),
    ("dss", "post-search", "--replica", "aws", "--es-query", "{}"),
    ("dss", "get-events", "--replica", "aws"),
    ("auth", "get-openid-configuration", "--host", "HOST"),
    ("auth", "get-jwks.json"),
]


def test_the_environment_of_the_sandbox_is_sufficient(
    sandbox: Sandbox, make_folder: Callable[..., Path], contents: Contents, tmp_path: Path, command: Path
) -> None:
    """Also for the published command as it is installed."""
    source = make_folder(reads=1000)
    seeded = sandbox.seed(source)
    environ = {**sandbox.environment(), "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1", "PYTHONWARNINGS": "ignore"}
    names = {"UUID": seeded["bundle_uuid"], "HOST": sandbox.url.partition("//")[2]}

    def run(*words: str) -> str:
        line = [command, *(names.get(word, word) for word in words)]
        done = subprocess.run(line, capture_output=True, text=True, env=environ, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for words in WORDS:
        json.loads(run(*words))
    run("dss", "download", "--replica", "aws", "--bundle-uuid", "UUID")
    files = contents(tmp_path / f"{seeded['bundle_uuid']}.{seeded['version']}")
    files.pop("bundle.json")
    assert files == contents(source)
