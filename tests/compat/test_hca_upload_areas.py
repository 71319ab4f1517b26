"""The published client and ours on one upload area, with one configuration: either continues the work of the other."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.checksums import digest
from omicsdk.sandbox.server import Sandbox

pytestmark = pytest.mark.compat("hca")

MIB = 1024 * 1024


class Pair:
    """Both command lines, with the same configuration and working folder.

    Args:
        new_client: Makes clients.
        sandbox: The server.
    """

    def __init__(self, new_client: Callable[..., Any], sandbox: Sandbox) -> None:
        self.hca, self.omics = new_client("hca"), new_client("omicsdk")
        self.configuration: Path = self.hca.configuration
        values = json.loads(self.configuration.read_text())
        values["upload"] = {
            "areas": {},
            "current_area": None,
            "preprod_api_url_template": sandbox.upload_url,
            "production_api_url": sandbox.upload_url,
            "bucket_name_template": "org-humancellatlas-upload-{deployment_stage}",
        }
        self.configuration.write_text(json.dumps(values))
        self.omics._environment["HCA_CONFIG_FILE"] = str(self.configuration)

    def both(self, *words: str) -> str:
        """Return the output of both for the same arguments."""
        theirs, ours = self.old(*words), self.new(*words)
        assert ours == theirs
        return ours

    def old(self, *words: str) -> str:
        """Return the output of the published command line."""
        return _output(self.hca.cli("upload", *words))

    def new(self, *words: str) -> str:
        """Return the output of ours."""
        return _output(self.omics.cli("upload", *words))

    @property
    def section(self) -> Any:
        """Return the configuration of areas."""
        return json.loads(self.configuration.read_text())["upload"]


def _output(done: Any) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def pair(new_client: Callable[..., Any], sandbox: Sandbox) -> Pair:
    return Pair(new_client, sandbox)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "donor.json").write_text('{"organ": "brain"}')
    (folder / "reads.fastq.gz").write_bytes(b"\x1f\x8b\x08\x00" + random.Random(1).randbytes(200_000))
    (folder / "x y.txt").write_text("a name with a blank")
    return folder


def stored(sandbox: Sandbox, uri: str) -> dict[str, dict[str, Any]]:
    """Return every object of an area with its S3 metadata."""
    client: Any = sandbox._up.context.staging.client()
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    heads = {key.removeprefix(prefix): client.head_object(Bucket=bucket, Key=key) for key in keys}
    facts = ("ContentType", "ContentLength", "ETag", "Metadata")
    return {name: {fact: head[fact] for fact in facts} for name, head in heads.items()}


def test_hca_areas_that_either_selects_are_known_to_both(pair: Pair, sandbox: Sandbox):
    first = sandbox.area("aaaaaaaa-1111-4222-8333-444444444444")
    second = sandbox.area("aabbbbbb-1111-4222-8333-444444444444")
    assert pair.old("select", first) == pair.new("select", first)
    assert pair.new("select", second).endswith('the alias "aab"\n')
    output = pair.both("areas")
    assert "aabbbbbb-1111-4222-8333-444444444444 <- selected" in output.splitlines()
    assert pair.old("select", "aaa") == "Upload area aaaaaaaa-1111-4222-8333-444444444444 selected.\n"
    assert "aaaaaaaa-1111-4222-8333-444444444444 <- selected" in pair.both("areas").splitlines()
    assert pair.new("forget", "aab") == "Forgetting about area aabbbbbb-1111-4222-8333-444444444444\n"
    assert pair.both("areas") == "aaaaaaaa-1111-4222-8333-444444444444 <- selected\n"
    assert pair.section["areas"] == {"aaaaaaaa-1111-4222-8333-444444444444": {"uri": first}}


def test_hca_uploads_and_ours_lists_verifies_and_continues(pair: Pair, sandbox: Sandbox, files: Path):
    uri = sandbox.area()
    uuid = uri.split("/")[-2]
    pair.old("select", uri)
    output = pair.old("files", "--no-transfer-acceleration", str(files))
    assert f"Completed upload of 3 files to upload area {uuid}" in output
    before = stored(sandbox, uri)
    assert pair.new("list").splitlines() == ["donor.json", "reads.fastq.gz", "x y.txt"]
    # What it sent is what ours would send: by the checksum in its metadata nothing has to be done.
    (files / "more.txt").write_text("more")
    result = json.loads(pair.new("files", "--sync", "--output", "json", str(files)))
    assert {file["name"]: file["state"] for file in result["files"]} == {
        "donor.json": "skipped", "more.txt": "done", "reads.fastq.gz": "skipped", "x y.txt": "skipped",
    }  # fmt: skip
    after = stored(sandbox, uri)
    assert {name: after[name] for name in before} == before
    assert all(file["checksums"]["crc32c"] == after[file["name"]]["Metadata"]["crc32c"] for file in result["files"])
    sandbox.finish()
    for name in ("donor.json", "x y.txt", "more.txt"):
        assert pair.both("status", name).endswith("is currently VALIDATION_UNSCHEDULED\n")
    reports = [pair.old("report", "--output_file_name", "same"), pair.new("report", "--output_file_name", "same")]
    assert reports[0] == reports[1]
    assert (pair.hca.folder / "same.txt").read_text() == (pair.omics.folder / "same.txt").read_text()


def test_hca_sends_the_same_objects_as_ours(pair: Pair, sandbox: Sandbox, files: Path):
    (files / "large.bin").write_bytes(random.Random(2).randbytes(65 * MIB))
    theirs, ours = sandbox.area(), sandbox.area()
    pair.old("select", theirs)
    pair.old("files", "--quiet", "--no-transfer-acceleration", str(files))
    pair.new("select", ours)
    pair.new("files", "--quiet", str(files))
    sent, expected = stored(sandbox, ours), stored(sandbox, theirs)
    # Ours has smaller parts, so that less is sent again after a stop: the ETag of a large object is another one.
    assert expected["large.bin"].pop("ETag").strip('"') == digest((files / "large.bin").read_bytes(), "s3_etag")
    assert re.fullmatch('"[0-9a-f]{32}-[0-9]+"', sent["large.bin"].pop("ETag"))
    assert sent == expected


def test_hca_finds_in_sync_what_ours_sent(pair: Pair, sandbox: Sandbox, files: Path):
    (files / "large.bin").write_bytes(random.Random(2).randbytes(9 * MIB))  # two parts; one in the old client
    uri = sandbox.area()
    pair.new("select", uri)
    pair.new("files", str(files))
    client: Any = sandbox._up.context.staging.client()
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")

    def changed() -> list[Any]:
        keys = [f"{prefix}{name}" for name in ("donor.json", "large.bin")]
        return [client.head_object(Bucket=bucket, Key=key)["LastModified"] for key in keys]

    before = changed()
    pair.old("files", "--sync", "--no-transfer-acceleration", str(files))
    assert changed() == before
    sandbox.clock.advance(60)  # its checksum is made by then; two looks between might see two states
    assert pair.both("status", "donor.json").startswith("File: donor.json in UploadArea: sandbox/")


def test_hca_prints_the_credentials_of_the_same_area(pair: Pair, sandbox: Sandbox):
    uri = sandbox.area()
    pair.old("select", uri)
    alias = uri.split("/")[-2][:8]
    names = [[line.partition("=")[0] for line in run("creds", alias).splitlines()] for run in (pair.old, pair.new)]
    assert names == [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]] * 2


def test_hca_copies_from_another_bucket_as_ours_does(pair: Pair, sandbox: Sandbox):
    client: Any = sandbox._up.context.staging.client()
    client.create_bucket(Bucket="elsewhere")
    client.put_object(Bucket="elsewhere", Key="run/a.tsv", Body=b"a\tb\n", Metadata={"of": "the source"})
    client.put_object(Bucket="elsewhere", Key="run/b", Body=b"b")
    theirs, ours = sandbox.area(), sandbox.area()
    pair.old("select", theirs)
    pair.old("files", "--no-transfer-acceleration", "s3://elsewhere/run/")
    pair.new("select", ours)
    pair.new("files", "s3://elsewhere/run/")
    assert stored(sandbox, ours) == stored(sandbox, theirs)
