"""The documented client, published or ours, uploads, changes and deletes in the sandbox."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from omicsdk.core.http_signature import verify_signature
from omicsdk.sandbox.server import Sandbox
from quiet_server import QuietHandler, serving

if TYPE_CHECKING:
    from conftest import Documented

pytestmark = pytest.mark.compat

Contents = Callable[[Path], dict[str, bytes]]


def files_of(sandbox: Sandbox, client: "Documented", uuid: str) -> dict[str, dict[str, Any]]:
    bundle = client.call("get_bundle", uuid=uuid, replica="aws")
    return {file["name"]: file for file in bundle["bundle"]["files"]}


def test_uploads_a_folder(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path], contents: Contents
) -> None:
    folder = make_folder()
    done = client.call("upload", src_dir=str(folder), replica="aws", staging_bucket=sandbox.staging_bucket)
    stored = files_of(sandbox, client, done["bundle_uuid"])
    source = contents(folder)
    assert {name: file["size"] for name, file in stored.items()} == {name: len(data) for name, data in source.items()}
    assert {name for name, file in stored.items() if file["indexed"]} == {"donor_organism_0.json", "project_0.json"}
    assert {file["name"]: file["uuid"] for file in done["files"]} == {
        name: file["uuid"] for name, file in stored.items()
    }
    hits = client.iterate("post_search", replica="aws", es_query={"query": {"match": {
        "files.donor_organism_json.biomaterial_core.biomaterial_name": "donor"}}})  # fmt: skip
    assert [hit["bundle_fqid"] for hit in hits] == [f"{done['bundle_uuid']}.{done['version']}"]


def test_uploads_a_file_of_many_parts(sandbox: Sandbox, client: "Documented", tmp_path: Path) -> None:
    """Above 64 MiB its etag is that of a multipart upload, which the sandbox recomputes, and the copy is asynchronous."""
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "large.bin").write_bytes(bytes(range(256)) * (65 * 4096))
    sandbox.settings.turn({"dss.async_seconds": 0})
    done = client.call("upload", src_dir=str(folder), replica="aws", staging_bucket=sandbox.staging_bucket)
    (file,) = files_of(sandbox, client, done["bundle_uuid"]).values()
    assert file["s3_etag"].endswith("-2")
    put, head = (next(r for r in sandbox.requests("/dss/v1/files/") if r["method"] == way) for way in ("PUT", "HEAD"))
    assert (put["status"], head["status"]) == (202, 200)


def test_an_upload_that_is_not_logged_in_states_how_to(
    module: str, new_client: Callable[..., "Documented"], sandbox: Sandbox, make_folder: Callable[..., Path]
) -> None:
    with pytest.raises(Exception, match=r"(?i)log ?in"):
        new_client(module, token=None).call(
            "upload", src_dir=str(make_folder(reads=10)), replica="aws", staging_bucket=sandbox.staging_bucket
        )


def test_an_unknown_token_is_refused(module: str, new_client: Callable[..., "Documented"]) -> None:
    with pytest.raises(Exception, match="401") as caught:
        new_client(module, token="forged").call("get_subscriptions", replica="aws")
    assert "SwaggerAPIException" in caught.value.kinds


def test_changes_and_deletes_a_bundle(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    seeded = sandbox.seed(make_folder(reads=10))
    other = sandbox.seed(make_folder("other", reads=10))
    uuid = seeded["bundle_uuid"]
    added = next(file for file in other["files"] if file["name"] == "reads.fastq.gz")
    removed = next(file for file in seeded["files"] if file["name"] == "empty.txt")
    link = {"uuid": added["uuid"], "version": added["version"], "indexed": False}
    gone = {key: removed[key] for key in ("uuid", "version", "name")} | {"indexed": False}
    target = {"uuid": uuid, "replica": "aws"}
    (patched, bundle, again, deleted) = client.run(
        ("call", "patch_bundle", {
            **target, "version": seeded["version"], "add_files": [{**link, "name": "more.fastq.gz"}], "remove_files": [gone],
        }),
        ("call", "get_bundle", target),
        ("call", "put_bundle", {
            **target, "version": "2030-01-01T000000.000000Z", "creator_uid": 0, "files": [{**link, "name": "only.fastq.gz"}],
        }),
        ("call", "delete_bundle", {**target, "reason": "a test"}),
    )  # fmt: skip
    assert patched["version"] > seeded["version"]
    assert {file["name"] for file in bundle["bundle"]["files"]} == {
        "donor_organism_0.json", "project_0.json", "reads.fastq.gz", "images/slide 1.tif", "more.fastq.gz",
    }  # fmt: skip
    assert again["version"] == "2030-01-01T000000.000000Z"
    assert deleted == {}
    with pytest.raises(Exception, match="not_found"):
        client.call("get_bundle", **target)


def test_checks_out_a_bundle(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    seeded = sandbox.seed(make_folder())
    sandbox.clock.freeze()
    (job,) = client.run(("call", "post_bundles_checkout", {"uuid": seeded["bundle_uuid"], "replica": "aws"}))
    status = {"checkout_job_id": job["checkout_job_id"], "replica": "aws"}
    assert client.call("get_bundles_checkout", **status) == {"status": "RUNNING"}
    sandbox.clock.advance(60)
    done = client.call("get_bundles_checkout", **status)
    assert done["status"] == "SUCCEEDED"
    assert done["location"].startswith("s3://")


def test_manages_collections(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    seeded = sandbox.seed(make_folder(reads=10))
    bundle = {"type": "bundle", "uuid": seeded["bundle_uuid"], "version": seeded["version"]}
    file = {"type": "file", **{key: seeded["files"][0][key] for key in ("uuid", "version")}}
    uuid, version = "0f0f0f0f-0000-4000-8000-000000000001", "2020-01-01T000000.000000Z"
    text = {"name": "mine", "description": "a list", "details": {"a": 1}}
    made, got, patched, changed, listed, deleted = client.run(
        ("call", "put_collection", {
            **text, "uuid": uuid, "version": version, "replica": "aws", "contents": [bundle, bundle, file],
        }),
        ("call", "get_collection", {"uuid": uuid, "replica": "aws"}),
        ("call", "patch_collection", {
            "uuid": uuid, "replica": "aws", "version": version, "remove_contents": [file], "description": "another",
        }),
        ("call", "get_collection", {"uuid": uuid, "replica": "aws"}),
        ("iterate", "get_collections", {}),
        ("call", "delete_collection", {"uuid": uuid, "replica": "aws"}),
    )  # fmt: skip
    assert made == {"uuid": uuid, "version": version}
    assert {key: got[key] for key in text} == text
    assert sorted(got["contents"], key=str) == sorted([bundle, file], key=str)
    assert patched["version"] > version
    assert (changed["description"], changed["contents"]) == ("another", [bundle])
    assert [entry["uuid"] for entry in listed] == [uuid]
    assert deleted is None or isinstance(deleted, dict)
    with pytest.raises(Exception, match="not_found"):
        client.call("get_collection", uuid=uuid, replica="aws")


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str], bytes]], threading.Semaphore]]:
    received: list[tuple[str, str, dict[str, str], bytes]] = []
    came = threading.Semaphore(0)

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.command, self.path, dict(self.headers), body))
            self.reply(204)
            came.release()

    with serving(Handler) as url:
        yield f"{url}/hook", received, came


def test_subscribes_and_receives_notifications(
    sandbox: Sandbox,
    client: "Documented",
    make_folder: Callable[..., Path],
    receiver: tuple[str, list[tuple[str, str, dict[str, str], bytes]], threading.Semaphore],
) -> None:
    url, received, came = receiver
    by_query = {
        "replica": "aws", "callback_url": url, "hmac_key_id": "mine", "hmac_secret_key": "s3cret",
        "jmespath_query": "event_type == 'CREATE'",
        "attachments": {"taxon": {
            "type": "jmespath", "expression": "files.donor_organism_json[].biomaterial_core.ncbi_taxon_id[]",
        }},
    }  # fmt: skip
    made, listed = client.run(("call", "put_subscription", by_query), ("call", "get_subscriptions", {"replica": "aws"}))
    seeded = sandbox.seed(make_folder(reads=10))
    assert came.acquire(timeout=60)
    method, path, headers, body = received[0]
    payload = json.loads(body)
    assert verify_signature(method, path, headers, body, key_of={"mine": "s3cret"}.get) == "mine"
    assert payload["subscription_id"] == made["uuid"]
    assert payload["match"] == {"bundle_uuid": seeded["bundle_uuid"], "bundle_version": seeded["version"]}
    assert payload["attachments"] == {"taxon": [9606]}
    assert [entry["uuid"] for entry in listed["subscriptions"]] == [made["uuid"]]
    assert "s3cret" not in json.dumps([made, listed])
    _, left = client.run(
        ("call", "delete_subscription", {"uuid": made["uuid"], "replica": "aws"}),
        ("call", "get_subscriptions", {"replica": "aws"}),
    )
    assert left == {"subscriptions": []}
