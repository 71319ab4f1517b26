"""Folders become bundles, with the checksums that the service asks for."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.credentials import BearerToken
from omicsdk.core.errors import AuthError, Interrupted, TransferError, Unauthorized, UsageError
from omicsdk.dss import Dss, UploadFailed, staging, upload
from omicsdk.sandbox import Rule

pytestmark = pytest.mark.sandbox


@pytest.fixture
def staged(omics_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return omics_sandbox.staging_bucket


def test_a_folder_becomes_a_bundle_that_can_be_had_back(dss: Dss, source: Path, staged: str, folder: Path):
    made = dss.upload(source, "aws", staged)
    assert {file["name"] for file in made["files"]} == {
        "cell_suspension_0.json",
        "links.json",
        "reads/R1.fastq",
        "empty.txt",
    }
    dss.download(made["bundle_uuid"], "aws", version=made["version"]).raise_if_failed()
    landed = folder / f"{made['bundle_uuid']}.{made['version']}"
    for path in source.rglob("*.*"):
        assert (landed / path.relative_to(source)).read_bytes() == path.read_bytes()
    manifest = json.loads((landed / "bundle.json").read_text())["bundle"]
    assert {file["name"]: file["indexed"] for file in manifest["files"]}["links.json"] is True
    assert manifest["creator_uid"] == 0


def test_a_uuid_of_ones_own(dss: Dss, source: Path, staged: str):
    uuid = "0d8d8ae0-8f2c-4b8e-9a3c-000000000001"
    assert dss.upload(source, "aws", staged, bundle_uuid=uuid, creator_uid=8008)["bundle_uuid"] == uuid
    assert dss.get_bundle(uuid=uuid, replica="aws").to_dict()["bundle"]["creator_uid"] == 8008


def test_a_bucket_that_refuses(dss: Dss, source: Path, staged: str):
    with pytest.raises(staging.StagingRefused, match="the staging bucket no-such-bucket refuses it"):
        dss.upload(source, "aws", "no-such-bucket")


def test_a_token_that_isnt_good_ends_the_upload_with_the_first_file(omics_sandbox: Any, source: Path, staged: str):
    for number in range(40):
        (source / f"{number}.json").write_text("{}")
    stranger = Dss(f"{omics_sandbox.url}/dss/v1", credentials=BearerToken("no-such-token"))
    with stranger, pytest.raises(Unauthorized):
        stranger.upload(source, "aws", staged)
    assert len(omics_sandbox.requests("/dss/v1/files/")) <= upload.FILES_AT_ONCE


def test_missing_aws_credentials_are_told_as_such(dss: Dss, source: Path, staged: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # remembers credentials
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(source / "none"))
    with pytest.raises(staging.StagingCredentials, match="AWS_ACCESS_KEY_ID") as caught:
        dss.upload(source, "aws", staged)
    assert isinstance(caught.value, AuthError)


def test_a_uuid_that_is_none_costs_no_byte(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    with pytest.raises(UsageError, match="'nope', which is no UUID"):
        dss.upload(source, "aws", staged, bundle_uuid="nope")
    assert omics_sandbox.requests("/dss/v1/") == []


def test_one_file_that_is_refused_leaves_the_others_and_no_bundle(
    omics_sandbox: Any, dss: Dss, source: Path, staged: str
):
    omics_sandbox.add_faults(Rule("status", path="/dss/v1/files/*", method="PUT", status=422, nth=2, times=1))
    with pytest.raises(UploadFailed) as caught:
        dss.upload(source, "aws", staged)
    assert len(caught.value.errors) == 1
    assert omics_sandbox.requests("/dss/v1/bundles/") == []


def test_what_is_no_file_is_named(dss: Dss, source: Path):
    (source / "gone").symlink_to("nowhere")
    with pytest.raises(UsageError, match="gone is a link that leads nowhere"):
        dss.upload(source, "aws", "bucket")


def test_a_report_begins_with_all_and_ends_with_all(dss: Dss, source: Path, staged: str):
    told: list[tuple[int, int]] = []
    dss.upload(source, "aws", staged, report=lambda gone, total: told.append((gone, total)))
    size = sum(path.stat().st_size for path in source.rglob("*.*"))
    assert (told[0], told[-1]) == ((0, size), (size, size))


def test_an_upload_is_stopped_from_outside(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    stop = threading.Event()
    with pytest.raises(Interrupted, match="was stopped"):
        dss.upload(source, "aws", staged, report=lambda *_: stop.set(), stop=stop)
    assert omics_sandbox.requests("/dss/v1/bundles/") == []


def test_an_empty_folder(dss: Dss, tmp_path: Path):
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match="holds no files"):
        dss.upload(tmp_path / "none", "aws", "bucket")


class Ticks:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Slow:
    """A service that takes a file over after a number of questions."""

    def __init__(self, questions: int) -> None:
        from types import SimpleNamespace

        from omicsdk.core.errors import NotFound

        self.asked = 0

        def head(**_: object) -> None:
            self.asked += 1
            if self.asked <= questions:
                raise NotFound("not yet", status=404)

        accepted = SimpleNamespace(status_code=202, headers={"x-aws-request-id": "r-1"})
        self.put_file = SimpleNamespace(raw=lambda **_: accepted)
        self.head_file = SimpleNamespace(raw=head)


def register(service: Slow, clock: Any, timeout: float) -> None:
    file = staging.LocalFile(Path("a"), "a", "u")
    upload.register(
        service,
        file,
        "s3://b/k",
        version="v",
        creator_uid=0,
        replica="aws",
        timeout_seconds=timeout,
        clock=clock,
    )


def test_copies_are_waited_for_with_growing_pauses():
    clock = Ticks()
    register(Slow(3), clock, 1200)
    assert clock.sleeps == pytest.approx([1.0, 1.618, 1.618**2, 1.618**3])


def test_a_wait_for_the_service_ends_with_the_upload():
    ended = threading.Event()
    ended.set()
    with pytest.raises(Interrupted):
        register(Slow(10**6), upload.EndingClock(ended), 1200)


def test_a_copy_that_never_comes_ends_with_the_request_id():
    clock = Ticks()
    with pytest.raises(TransferError, match=r"registration FAILED.*r-1"):
        register(Slow(10**6), clock, 100)
    assert clock.time == pytest.approx(100)


def test_a_staged_file_has_the_tags_and_the_type_that_the_service_wants(
    omics_sandbox: Any, dss: Dss, source: Path, staged: str
):
    import boto3
    from omicsdk.core.checksums import digest

    with (source / "large.fastq.gz").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)  # in two parts
    dss.upload(source, "aws", staged)
    s3: Any = boto3.client("s3")
    seen: dict[str, tuple[str, dict[str, str]]] = {}
    for entry in s3.list_objects_v2(Bucket=staged)["Contents"]:
        place = {"Bucket": staged, "Key": entry["Key"]}
        tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**place)["TagSet"]}
        seen[entry["Key"].rpartition("/")[2]] = s3.head_object(**place)["ContentType"], tags
    for name in ("R1.fastq", "large.fastq.gz", "empty.txt"):
        data = next(source.rglob(name)).read_bytes()
        expected = {
            f"hca-dss-{algorithm}": digest(data, algorithm) for algorithm in ("s3_etag", "sha1", "sha256", "crc32c")
        }
        assert seen[name][1] == expected
    assert seen["large.fastq.gz"][0] == "application/gzip"
    assert s3.list_multipart_uploads(Bucket=staged).get("Uploads", []) == []


def test_a_file_that_changes_while_it_is_staged_is_told(
    dss: Dss, source: Path, staged: str, monkeypatch: pytest.MonkeyPatch
):
    from omicsdk.transfer.s3 import S3Object

    plain = S3Object.put

    def put(self: S3Object, what: Any, checksums: Any) -> Any:
        if what.name == "reads/R1.fastq":
            (source / "reads/R1.fastq").write_bytes(b"other")
        return plain(self, what, checksums)

    monkeypatch.setattr(S3Object, "put", put)
    with pytest.raises(UploadFailed, match=r"R1\.fastq changed while it was uploaded"):
        dss.upload(source, "aws", staged)
