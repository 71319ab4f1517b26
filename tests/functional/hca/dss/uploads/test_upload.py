"""Folders become bundles, with the checksums that the service requests."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import (
    BearerToken,
    Conflict,
    Interrupted,
    ManualClock,
    ResponseMismatch,
    ServerError,
    TransferError,
    Unauthorized,
    UsageError,
)
from omicsdk.core.clock import StoppableClock
from omicsdk.hca.dss import Dss, UploadFailed, jobs, staging, uploads
from omicsdk.sandbox import Rule
from omicsdk.transfer import Control, Progress, TransferFailed
from small_cells import UNIT

pytestmark = pytest.mark.sandbox


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where unfinished uploads are remembered."""
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_folder_becomes_a_bundle_that_can_be_had_back(dss: Dss, source: Path, staged: str, folder: Path):
    made = dss.upload(source, "aws", staged)
    assert {file.name for file in made.registered} == {
        "cell_suspension_0.json",
        "links.json",
        "reads/R1.fastq",
        "empty.txt",
    }
    dss.download(made.bundle_uuid, "aws", version=made.version)
    landed = folder / f"{made.bundle_uuid}.{made.version}"
    for path in source.rglob("*.*"):
        assert (landed / path.relative_to(source)).read_bytes() == path.read_bytes()
    manifest = json.loads((landed / "bundle.json").read_text())["bundle"]
    assert {file["name"]: file["indexed"] for file in manifest["files"]}["links.json"] is True
    assert manifest["creator_uid"] == 0


def test_a_separate_uuid(dss: Dss, source: Path, staged: str):
    uuid = "0d8d8ae0-8f2c-4b8e-9a3c-000000000001"
    assert dss.upload(source, "aws", staged, bundle_uuid=uuid, creator_uid=8008).bundle_uuid == uuid
    assert dss.get_bundle(uuid=uuid, replica="aws").to_dict()["bundle"]["creator_uid"] == 8008


def test_a_bucket_that_refuses(dss: Dss, source: Path, staged: str):
    with pytest.raises(UploadFailed, match="the staging bucket no-such-bucket refuses it") as caught:
        dss.upload(source, "aws", "no-such-bucket")
    assert isinstance(caught.value.errors[0], staging.StagingRefused)
    made = dss.upload(source, "aws", "no-such-bucket", check=False)
    assert isinstance(made.ended_by, staging.StagingRefused)
    assert (made.bundle_uuid, made.counts["done"]) == ("", 0)


def test_a_token_that_is_not_good_ends_the_upload_with_the_first_file(omics_sandbox: Any, source: Path, staged: str):
    for number in range(40):
        (source / f"{number}.json").write_text("{}")
    stranger = Dss(f"{omics_sandbox.url}/dss/v1", credentials=BearerToken("no-such-token"))
    with stranger, pytest.raises(UploadFailed) as caught:
        stranger.upload(source, "aws", staged)
    assert isinstance(caught.value.errors[0], Unauthorized)
    assert len(omics_sandbox.requests("/dss/v1/files/")) <= uploads.REGISTRATIONS_AT_ONCE


def test_missing_aws_credentials_are_reported_as_such(
    dss: Dss, source: Path, staged: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # remembers credentials
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(source / "none"))
    with pytest.raises(UploadFailed, match="AWS_ACCESS_KEY_ID") as caught:
        dss.upload(source, "aws", staged)
    assert isinstance(caught.value.errors[0], staging.StagingCredentials)


def test_a_uuid_that_is_none_costs_no_byte(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    with pytest.raises(UsageError, match="'nope', which is not a UUID"):
        dss.upload(source, "aws", staged, bundle_uuid="nope")
    assert omics_sandbox.requests("/dss/v1/") == []


def test_one_file_that_is_refused_leaves_the_others_and_no_bundle(
    omics_sandbox: Any, dss: Dss, source: Path, staged: str
):
    omics_sandbox.add_faults(Rule("status", path="/dss/v1/files/*", method="PUT", status=422, nth=1, times=1))
    with pytest.raises(UploadFailed) as caught:
        dss.upload(source, "aws", staged)
    assert isinstance(caught.value, TransferFailed)
    assert caught.value.report.counts == {"done": 3, "skipped": 0, "failed": 1, "stopped": 0}
    assert "No bundle was registered" in str(caught.value)
    assert omics_sandbox.requests("/dss/v1/bundles/") == []


def test_an_invalid_file_is_named(dss: Dss, source: Path):
    (source / "gone").symlink_to("nowhere")
    with pytest.raises(UsageError, match="gone is a broken link"):
        dss.upload(source, "aws", "bucket")


def test_an_upload_is_stopped_from_outside(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    stop = threading.Event()
    with pytest.raises(Interrupted, match="it was stopped") as caught:
        dss.upload(source, "aws", staged, progress=lambda _: stop.set(), stop=stop)
    report: Any = caught.value.report
    assert omics_sandbox.requests("/dss/v1/bundles/") == []
    assert report.why_stopped == "it was stopped"
    assert {outcome.state for outcome in report.outcomes} <= {"done", "stopped"}
    assert len(report.outcomes) == 4


def failing_once(omics_sandbox: Any, dss: Dss, source: Path, staged: str, **options: Any) -> UploadFailed:
    """An upload one of whose files the service refuses."""
    omics_sandbox.add_faults(Rule("status", path="/dss/v1/files/*", method="PUT", status=409, nth=1, times=1))
    with pytest.raises(UploadFailed) as caught:
        dss.upload(source, "aws", staged, **options)
    omics_sandbox.fault_book.clear()
    return caught.value


def put_files(omics_sandbox: Any) -> list[str]:
    return [one["path"] for one in omics_sandbox.requests("/dss/v1/files/") if one["method"] == "PUT"]


def test_the_same_call_continues_with_what_failed(omics_sandbox: Any, dss: Dss, source: Path, staged: str, state: Path):
    import boto3

    failing_once(omics_sandbox, dss, source, staged)
    assert len(put_files(omics_sandbox)) == 4
    s3: Any = boto3.client("s3")
    before = {entry["Key"]: entry["LastModified"] for entry in s3.list_objects_v2(Bucket=staged)["Contents"]}
    made = dss.upload(source, "aws", staged)
    assert len(put_files(omics_sandbox)) == 5
    after = {entry["Key"]: entry["LastModified"] for entry in s3.list_objects_v2(Bucket=staged)["Contents"]}
    assert after == before
    assert {one.version for one in made.registered} == {made.version}
    assert len(dss.get_bundle(uuid=made.bundle_uuid, replica="aws").to_dict()["bundle"]["files"]) == 4
    assert list(state.rglob("*.*")) == []


def test_a_file_that_changed_in_between_is_sent_again(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    failing_once(omics_sandbox, dss, source, staged)
    (source / "links.json").write_text('{"links": [1]}')
    (source / "empty.txt").unlink()
    (source / "more.json").write_text("{}")
    made = dss.upload(source, "aws", staged)
    files = {one.name: one for one in dss.get_bundle.iterate(uuid=made.bundle_uuid, replica="aws")}
    assert set(files) == {"links.json", "more.json", "cell_suspension_0.json", "reads/R1.fastq"}
    with dss.get_file.stream(uuid=files["links.json"].uuid, replica="aws") as body:
        assert body.read() == b'{"links": [1]}'


def test_beginning_again(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    failing_once(omics_sandbox, dss, source, staged)
    dss.upload(source, "aws", staged, resume=False)
    assert len(put_files(omics_sandbox)) == 8


def test_another_bundle_of_the_same_folder_is_another_upload(
    omics_sandbox: Any, dss: Dss, source: Path, staged: str, state: Path
):
    failing_once(omics_sandbox, dss, source, staged)
    dss.upload(source, "aws", staged, creator_uid=7)
    assert len(put_files(omics_sandbox)) == 8
    assert len(list(state.rglob("*.journal"))) == 1


def test_two_uploads_one_after_the_other_are_two_bundles(dss: Dss, source: Path, staged: str):
    first, second = dss.upload(source, "aws", staged), dss.upload(source, "aws", staged)
    assert first.bundle_uuid != second.bundle_uuid
    assert first.registered[0].uuid != second.registered[0].uuid


def test_staged_files_that_are_gone_are_sent_again(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    import boto3

    failing_once(omics_sandbox, dss, source, staged)
    s3: Any = boto3.client("s3")
    for entry in s3.list_objects_v2(Bucket=staged)["Contents"]:
        s3.delete_object(Bucket=staged, Key=entry["Key"])
    made = dss.upload(source, "aws", staged)
    assert len(made.registered) == 4
    assert len(put_files(omics_sandbox)) == 6


def test_only_the_bundle_is_left_to_do(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    omics_sandbox.add_faults(Rule("status", path="/dss/v1/bundles/*", method="PUT", status=409, times=1))
    with pytest.raises(UploadFailed) as caught:
        dss.upload(source, "aws", staged)
    assert isinstance(caught.value.errors[0], Conflict)
    assert caught.value.report.counts == {"done": 4, "skipped": 0, "failed": 1, "stopped": 0}
    omics_sandbox.fault_book.clear()
    before = len(put_files(omics_sandbox))
    progress: list[Progress] = []
    made = dss.upload(source, "aws", staged, progress=progress.append)
    assert len(made.registered) == 4
    assert len(put_files(omics_sandbox)) == before
    assert made.counts["skipped"] == 4
    assert progress[-1].final


def test_a_dry_run_sends_no_request(omics_sandbox: Any, dss: Dss, source: Path):
    plan = dss.upload(source, "aws", "any", dry_run=True)
    assert sum(file.size or 0 for file in plan.files) == sum(path.stat().st_size for path in source.rglob("*.*"))
    assert [file.name for file in plan.files] == [
        "cell_suspension_0.json",
        "empty.txt",
        "links.json",
        "reads/R1.fastq",
    ]
    assert omics_sandbox.requests("/dss/v1/") == []


def test_a_time_budget_ends_it_and_the_next_call_continues(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    with pytest.raises(Interrupted, match="the time budget of 1e-06 s is over"):
        dss.upload(source, "aws", staged, control=Control(budget=1e-6))
    assert len(dss.upload(source, "aws", staged).registered) == 4


def test_files_that_the_service_takes_over_later_are_waited_for(
    omics_sandbox: Any, dss: Dss, source: Path, staged: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "FIRST_WAIT", 0.0)
    omics_sandbox.settings.turn({"dss.async_bytes": 1000, "dss.async_seconds": 0.05})
    made = dss.upload(source, "aws", staged)
    assert len(made.registered) == 4
    assert any(one["method"] == "HEAD" for one in omics_sandbox.requests("/dss/v1/files/"))


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a./b", "contains `./`"),
        ("a/.b", "contains `/.`"),
        ("a\\b", "backslash"),
        ("~/b", "begins with `~/`"),
        ("a\nb", "line end"),
        ("a\udcff", "is not UTF-8"),
        (".hidden", None),
        ("a b/c~.json", None),
    ],
)
def test_names_that_the_service_would_refuse_in_the_end(name: str, fault: str | None):
    message = staging.name_fault(name)
    assert (message is None) if fault is None else (message is not None and fault in message)


def test_a_name_that_the_service_refuses_costs_no_byte(omics_sandbox: Any, dss: Dss, source: Path, staged: str):
    (source / "reads" / ".hidden").write_text("")
    with pytest.raises(UsageError, match=r"reads/\.hidden: the Data Store does not accept this name"):
        dss.upload(source, "aws", staged)
    assert omics_sandbox.requests("/dss/v1/") == []


def test_what_a_download_could_not_keep_is_stated(source: Path, caplog: pytest.LogCaptureFixture):
    (source / "Links.JSON").write_text("")
    (source / "bundle.json").write_text("{}")
    (source / "far").symlink_to(source / "reads")
    staging.files_of(source)
    assert "links.json: a download of the bundle cannot place it beside Links.JSON" in caplog.text
    assert "bundle.json: a download of the bundle" in caplog.text
    assert "far is a link to a folder" in caplog.text


def test_an_empty_folder(dss: Dss, tmp_path: Path):
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match="contains no files"):
        dss.upload(tmp_path / "none", "aws", "bucket")


class Slow:
    """A service that takes a file over after a number of questions."""

    def __init__(self, questions: int) -> None:
        from types import SimpleNamespace

        from omicsdk.core import NotFound

        self.count = 0

        def head(**_: object) -> None:
            self.count += 1
            if self.count <= questions:
                raise NotFound("not yet", status=404)

        accepted = SimpleNamespace(status_code=202, headers={"x-aws-request-id": "r-1"})
        self.put_file = SimpleNamespace(raw=lambda **_: accepted)
        self.head_file = SimpleNamespace(raw=head)


def register(service: Any, clock: Any, timeout: float, files: int = 1) -> list[Any]:
    """Register files, and return the errors."""
    registrar = jobs.Registrar(
        api=service, version="v", creator_uid=0, replica="aws", timeout_seconds=timeout, clock=clock
    )
    questions = [registrar.ask(n, staging.LocalFile(Path("a"), f"a{n}", f"u{n}"), "s3://b/k") for n in range(files)]
    return [error for _, error in registrar.wait_for([one for one in questions if one is not None], map)]


def test_copies_are_waited_for_with_growing_pauses():
    clock = ManualClock(0.0)
    assert register(Slow(3), clock, 1200) == [None]
    assert clock.slept == pytest.approx([1.0, 1.618, 1.618**2, 1.618**3])


def test_many_copies_are_waited_for_together():
    clock = ManualClock(0.0)
    assert register(Slow(150), clock, 1200, files=100) == [None] * 100
    assert clock.now() == pytest.approx(1 + 1.618 + 1.618**2)  # 100 looks in vain, 50 of 100, none of 50


def test_a_wait_for_the_service_ends_with_the_upload():
    ended = threading.Event()
    ended.set()
    clock = StoppableClock(ManualClock(0.0), ended.is_set, lambda: uploads.stopped(Control()))
    with pytest.raises(Interrupted):
        register(Slow(10**6), clock, 1200)


def test_a_copy_that_never_comes_ends_with_the_request_id():
    clock = ManualClock(0.0)
    (error,) = register(Slow(10**6), clock, 100)
    assert isinstance(error, TransferError)
    assert "registration FAILED" in str(error)
    assert "r-1" in str(error)
    assert clock.now() == pytest.approx(100)


def test_a_service_that_fails_while_it_is_queried_is_that_files_error():
    service = Slow(0)

    def head(**_: object) -> None:
        raise ServerError("broken", status=500)

    service.head_file.raw = head
    (error,) = register(service, ManualClock(0.0), 100)
    assert isinstance(error, ServerError)


@pytest.mark.usefixtures("small_etag_parts")
def test_a_staged_file_has_the_tags_and_the_type_that_the_service_wants(
    omics_sandbox: Any, dss: Dss, source: Path, staged: str
):
    import boto3
    from omicsdk.core.checksums import digest

    with (source / "large.fastq.gz").open("wb") as file:
        file.truncate(64 * UNIT + 1)  # in two parts
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


def test_a_response_that_is_not_the_services_makes_no_second_bundle(
    dss: Dss, source: Path, staged: str, omics_sandbox: Any
):
    """Such as the page of a captive portal, with status 200: nothing is known of the bundle then."""
    (rule,) = omics_sandbox.add_faults(Rule("status", path="/dss/v1/bundles/*", method="PUT", status=200))
    with pytest.raises(UploadFailed, match="version") as caught:
        dss.upload(source, "aws", staged)
    assert isinstance(caught.value.errors[0], ResponseMismatch)
    omics_sandbox.fault_book.remove(rule)
    before = len(omics_sandbox.requests())
    made = dss.upload(source, "aws", staged)
    paths = [request["path"] for request in omics_sandbox.requests()[before:] if request["method"] == "PUT"]
    assert paths == [f"/dss/v1/bundles/{made.bundle_uuid}"]
    first = [request["path"] for request in omics_sandbox.requests() if request["path"].startswith("/dss/v1/bundles/")]
    assert set(first) == set(paths)
