"""The documented client, published or ours, downloads from the sandbox, over a bad network too, and by command line."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dss_manifests import WITH_VERSION, rows_of, write_manifest
from omicsdk.sandbox.server import Sandbox
from omicsdk.sandbox.traffic.faults import Rule

if TYPE_CHECKING:
    from conftest import Documented

pytestmark = pytest.mark.compat

Contents = Callable[[Path], dict[str, bytes]]


def stored_at(folder: Path, sha256: str) -> Path:
    return folder / ".hca" / "v2" / "files_2_4" / sha256[:2] / sha256[2:6] / sha256


def test_downloads_a_bundle(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path], contents: Contents
) -> None:
    folder = make_folder()
    seeded = sandbox.seed(folder)
    client.call("download", bundle_uuid=seeded["bundle_uuid"], replica="aws")
    target = client.folder / f"{seeded['bundle_uuid']}.{seeded['version']}"
    files = contents(target)
    manifest = json.loads(files.pop("bundle.json"))
    assert files == contents(folder)
    assert manifest["bundle"]["uuid"] == seeded["bundle_uuid"]
    for entry in seeded["files"]:
        assert stored_at(client.folder, entry["sha256"]).samefile(target / entry["name"])


@pytest.mark.parametrize(
    "rule",
    [
        Rule("cut", path="/_objects/*", each="path", nth=1, at=100_000),
        Rule("reset", path="/_objects/*", each="path", nth=1, at=100_000),
        Rule("status", path="/dss/v1/files/*", times=3, status=502),
        Rule("status", path="/_objects/*", times=2, status=503, retry_after=0),
    ],
    ids=lambda rule: f"{rule.action}-{rule.path[1:4]}",
)
def test_downloads_over_a_bad_network(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path], contents: Contents, rule: Rule
) -> None:
    folder = make_folder(reads=3_000_000)
    seeded = sandbox.seed(folder)
    sandbox.add_faults(rule)
    client.call("download", bundle_uuid=seeded["bundle_uuid"], replica="aws", min_delay_seconds=0.01)
    files = contents(client.folder / f"{seeded['bundle_uuid']}.{seeded['version']}")
    assert files["reads.fastq.gz"] == (folder / "reads.fastq.gz").read_bytes()


def test_rejects_wrong_bytes(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    seeded = sandbox.seed(make_folder())
    sandbox.add_faults(Rule("wrong", path="/_objects/*", at=5))
    with pytest.raises(Exception, match="download task"):
        client.call("download", bundle_uuid=seeded["bundle_uuid"], replica="aws")


def test_downloads_a_manifest(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    seeded = [sandbox.seed(make_folder(name)) for name in ("one", "two")]
    manifest = client.folder.parent / "m.tsv"
    # No empty file: for a manifest's the client requests the bytes from 0 on, which S3 refuses as the sandbox does.
    write_manifest(manifest, rows_of(*seeded, names=["reads.fastq.gz", "images/slide 1.tif"]), WITH_VERSION)
    client.call("download_manifest", manifest=str(manifest), replica="aws", download_dir="there")
    copy = (client.folder / "m.tsv").read_bytes()
    assert copy.count(b"\r\n") == 5
    for row in csv.DictReader(copy.decode().splitlines(), dialect="excel-tab"):
        stored = client.folder / row["file_path"]
        assert stored == stored_at(client.folder / "there", row["file_sha256"])
        assert hashlib.sha256(stored.read_bytes()).hexdigest() == row["file_sha256"]


def test_downloads_a_manifest_as_bundles(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path], contents: Contents
) -> None:
    folder = make_folder()
    seeded = sandbox.seed(folder)
    manifest = client.folder.parent / "m.tsv"
    write_manifest(manifest, rows_of(seeded, names=["reads.fastq.gz"]), WITH_VERSION)
    client.call("download_manifest", manifest=str(manifest), replica="aws", layout="bundle")
    files = contents(client.folder / f"{seeded['bundle_uuid']}.{seeded['version']}")
    assert set(files) == {"bundle.json", "donor_organism_0.json", "project_0.json", "reads.fastq.gz"}
    assert files["reads.fastq.gz"] == (folder / "reads.fastq.gz").read_bytes()


def test_downloads_a_collection(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path], contents: Contents
) -> None:
    seeded = [sandbox.seed(make_folder(name, reads=10)) for name in ("one", "two")]
    inner, outer = "0f0f0f0f-0000-4000-8000-000000000001", "0f0f0f0f-0000-4000-8000-000000000002"
    version = "2020-01-01T000000.000000Z"
    text = {"name": "n", "description": "d", "details": {}, "replica": "aws", "version": version}
    bundles = [{"type": "bundle", "uuid": bundle["bundle_uuid"], "version": bundle["version"]} for bundle in seeded]
    client.run(
        ("call", "put_collection", {**text, "uuid": inner, "contents": bundles[:1]}),
        ("call", "put_collection", {
            **text, "uuid": outer, "contents": [bundles[1], {"type": "collection", "uuid": inner, "version": version}],
        }),
        ("call", "download_collection", {"uuid": outer, "replica": "aws"}),
    )  # fmt: skip
    for bundle in seeded:
        files = contents(client.folder / f"{bundle['bundle_uuid']}.{bundle['version']}")
        assert set(files) == {"bundle.json", *(file["name"] for file in bundle["files"])}


def test_command_line(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path], contents: Contents
) -> None:
    folder = make_folder(reads=2000)
    uploaded = client.cli(
        "dss", "upload", "--src-dir", str(folder), "--replica", "aws", "--staging-bucket", sandbox.staging_bucket
    )
    assert uploaded.returncode == 0, uploaded.stderr
    bundle = json.loads(uploaded.stdout)
    listed = client.cli("dss", "get-bundles-all", "--replica", "aws", "--no-paginate")
    assert [entry["uuid"] for entry in json.loads(listed.stdout)["bundles"]] == [bundle["bundle_uuid"]]
    result = client.cli("dss", "post-search", "--replica", "aws", "--es-query", "{}")
    assert json.loads(result.stdout)["total_hits"] == 1
    done = client.cli("dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", "--no-metadata")
    assert done.returncode == 0, done.stderr
    assert set(contents(client.folder / f"{bundle['bundle_uuid']}.{bundle['version']}")) == {
        "bundle.json", "reads.fastq.gz", "empty.txt", "images/slide 1.tif",
    }  # fmt: skip
