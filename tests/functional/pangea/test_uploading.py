"""Files of any size arrive in fields whole and right, or it is reported why not; what was stopped continues."""

import hashlib
import json
import random
import stat
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import ChecksumMismatch, Forbidden, ServerError, SourceChanged, TransferError, UsageError
from omicsdk.core.checksums import MIB
from omicsdk.pangea import FieldId, FieldUpload, upload_files
from omicsdk.pangea.field_store import FieldStore, NotPutTogether, PartUrls
from omicsdk.pangea.fields import CHUNK
from omicsdk.transfer import TransferFailed
from omicsdk.transfer.uploads.store import Unconfirmed, plan_parts
from pangea_fields import FieldServer
from pangea_fields import pangea as pangea
from sink import reply as reply
from sink import sink as sink

PART = 5 * MIB


def made(path: Path, size: int) -> Path:
    block = random.Random(path.name).randbytes(1000)
    path.write_bytes(block * (size // 1000) + block[: size % 1000])
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return made(tmp_path / "small.fastq.gz", 5_000)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Two parts of 5 MiB and a little."""
    return made(tmp_path / "large.fastq.gz", 2 * PART + 1000)


def sent(pangea: FieldServer, path: Path, field: str = "f1", *, check: bool = False, **how: Any) -> Any:
    return upload_files(pangea.client, [FieldUpload(pangea.put_field(field), path)], check=check, **how)


def in_parts(pangea: FieldServer, path: Path, field: str = "f1", **how: Any) -> Any:
    return sent(pangea, path, field, **{"chunk_size": PART, "multipart_thresh": PART} | how)


def remembered(tmp_path: Path) -> list[str]:
    folder = tmp_path / "state" / "pangea" / "uploads"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


# -- whole


def test_a_small_file_goes_by_the_presigned_form(pangea: FieldServer, sink: Any, small: Path):
    messages: list[str] = []
    sent(pangea, small, logger=messages.append).raise_if_failed()
    (request,) = sink.requests
    assert (request.method, request.path) == ("POST", "bkt")
    assert small.read_bytes() in sink.stored["bkt"]
    assert pangea.of("upload_s3") == [{"filename": "small.fastq.gz"}]
    assert pangea.stored["f1"]["uri"].endswith("/small.fastq.gz")
    assert messages[0] == f'[INFO] Starting upload for "{small}"'


def test_a_form_that_the_store_refuses_is_reported(pangea: FieldServer, sink: Any, small: Path, reply: Any):
    sink.always = lambda _: reply(403, body=b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
    with pytest.raises(TransferFailed) as caught:
        sent(pangea, small, check=True)
    assert isinstance(caught.value.errors[0], Forbidden)
    assert "canary" not in str(caught.value)


def test_a_small_file_is_held_against_the_stores_etag(
    pangea: FieldServer, sink: Any, small: Path, reply: Any, clock: Any
):
    sink.always = lambda _: reply(204, {"ETag": '"' + "0" * 32 + '"'})
    (outcome,) = sent(pangea, small, clock=clock).outcomes
    assert isinstance(outcome.error, ChecksumMismatch)


def test_an_empty_file_is_a_file(pangea: FieldServer, sink: Any, tmp_path: Path):
    path = tmp_path / "empty"
    path.touch()
    sent(pangea, path).raise_if_failed()
    sent(pangea, path, "f2", multipart_thresh=0).raise_if_failed()
    assert pangea.of("f2/upload_s3") == [{"filename": "empty", "n_parts": 1, "stance": "upload-multipart"}]


# -- in parts


@pytest.mark.parametrize(
    ("size", "parts"), [(PART, 1), (PART + 1, 2), (2 * PART - 1, 2), (2 * PART, 2), (2 * PART + 1, 3)]
)
def test_there_are_as_many_parts_as_are_needed(pangea: FieldServer, sink: Any, tmp_path: Path, size: int, parts: int):
    path = made(tmp_path / "file", size)
    in_parts(pangea, path).raise_if_failed()
    assert pangea.of("/upload_s3")[0]["n_parts"] == parts
    assert len(pangea.of("complete_upload_s3")[0]["parts"]) == parts
    assert pangea.body("up1") == path.read_bytes()


def test_parts_are_reported_with_quoted_etags_and_logged(pangea: FieldServer, large: Path, tmp_path: Path):
    messages: list[str] = []
    in_parts(pangea, large, logger=messages.append).raise_if_failed()
    (completed,) = pangea.of("complete_upload_s3")
    data = large.read_bytes()
    assert completed["parts"] == [
        {"ETag": f'"{hashlib.md5(data[at : at + PART]).hexdigest()}"', "PartNumber": number}
        for number, at in enumerate(range(0, len(data), PART), 1)
    ]
    assert messages[0] == f'[INFO] Starting upload for "{large}"'
    assert sorted(messages[1:-1]) == [f'[INFO] Uploaded part {n} of 3 for "{large}"' for n in (1, 2, 3)]
    assert messages[-1] == f'[INFO] Finished Upload for "{large}"'
    assert pangea.stored["f1"]["__type__"] == "s3"
    assert remembered(tmp_path) == []


@pytest.mark.parametrize("chunk", [1, 1000, PART - 1])
def test_parts_have_the_least_size_that_s3_takes(pangea: FieldServer, large: Path, chunk: int):
    in_parts(pangea, large, chunk_size=chunk).raise_if_failed()
    assert pangea.of("/upload_s3")[0]["n_parts"] == 3


def test_a_huge_file_has_larger_parts_and_one_beyond_s3_is_refused(pangea: FieldServer, tmp_path: Path):
    store = FieldStore(pangea.client, FieldId("f1"), "x", PartUrls(None))
    assert plan_parts(300 * 10**9, store.rules).count <= 10_000
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(5 * MIB * MIB + 1)
    with pytest.raises(TransferError, match="S3 allows"):
        in_parts(pangea, path).raise_if_failed()
    assert pangea.of("upload_s3") == []


def test_files_are_sent_in_parts_from_the_published_size_on(pangea: FieldServer, tmp_path: Path):
    assert CHUNK == 10_311_680
    sent(pangea, made(tmp_path / "a", CHUNK - 1)).raise_if_failed()
    sent(pangea, made(tmp_path / "b", CHUNK), "f2").raise_if_failed()
    assert [body.get("n_parts") for body in pangea.of("/upload_s3")] == [None, 2]  # of 5 MiB: less is lost with a run


# -- what goes wrong


def test_a_part_that_is_refused_permanently_fails_the_file_and_the_next_run_begins_again(
    pangea: FieldServer, sink: Any, large: Path, reply: Any, clock: Any, tmp_path: Path
):
    sink.always = lambda _: reply(403, body=b"<Error><Code>AccessDenied</Code></Error>")
    (outcome,) = in_parts(pangea, large, clock=clock).outcomes
    assert isinstance(outcome.error, Forbidden)
    assert "canary" not in repr(outcome.error)
    sink.always = None
    in_parts(pangea, large).raise_if_failed()
    assert list(pangea.uploads) == ["up1", "up2"]
    assert remembered(tmp_path) == []


def test_an_etag_that_is_not_the_parts_md5_fails_the_file(
    pangea: FieldServer, sink: Any, large: Path, reply: Any, clock: Any
):
    sink.always = lambda _: reply(200, {"ETag": '"' + "0" * 32 + '"'})
    (outcome,) = in_parts(pangea, large, clock=clock).outcomes
    assert isinstance(outcome.error, ChecksumMismatch)
    assert pangea.of("complete_upload_s3") == []


def test_a_damaged_part_is_seen_when_the_parts_were_put_together(
    pangea: FieldServer, sink: Any, large: Path, reply: Any, clock: Any
):
    kms = {"x-amz-server-side-encryption": "aws:kms"}  # no ETag is an MD5 then
    sink.always = lambda _: reply(200, {"ETag": '"' + "0" * 32 + '"', **kms})
    (outcome,) = in_parts(pangea, large, clock=clock).outcomes
    assert isinstance(outcome.error, NotPutTogether)  # 200 with nothing in it
    sink.always = None
    in_parts(pangea, large).raise_if_failed()
    assert pangea.body("up2") == large.read_bytes()


def test_a_part_without_an_etag_fails_the_file(pangea: FieldServer, sink: Any, large: Path, reply: Any, clock: Any):
    sink.always = lambda _: reply(200, {"ETag": ""})
    (outcome,) = in_parts(pangea, large, clock=clock).outcomes
    assert isinstance(outcome.error, Unconfirmed)
    assert pangea.of("complete_upload_s3") == []


def test_200_with_null_is_a_failure_unless_the_object_is_there(pangea: FieldServer, large: Path, clock: Any):
    pangea.completing = [httpx.Response(200, content=b"null")]
    (outcome,) = in_parts(pangea, large, clock=clock).outcomes
    assert isinstance(outcome.error, NotPutTogether)

    data = large.read_bytes()
    digests = b"".join(hashlib.md5(data[at : at + PART]).digest() for at in range(0, len(data), PART))
    pangea.objects["f2"] = len(data), f"{hashlib.md5(digests).hexdigest()}-3"
    pangea.completing = [httpx.ReadError("gone"), httpx.Response(200, content=b"null")]  # the first response was lost
    in_parts(pangea, large, "f2", clock=clock).raise_if_failed()


def test_an_object_of_another_size_is_a_mismatch(pangea: FieldServer, large: Path, clock: Any):
    pangea.objects["f1"] = 7, "0" * 32 + "-3"
    pangea.completing = [httpx.Response(200, json={"status": "success"})]
    (outcome,) = in_parts(pangea, large, clock=clock).outcomes
    assert isinstance(outcome.error, ChecksumMismatch)


def test_a_server_that_refuses_with_500_reports_it_soon(pangea: FieldServer, small: Path, clock: Any):
    """As for a field that holds data, or a library without a bucket: the real server responds with 500 to both."""
    pangea.faults = [httpx.Response(500, text="AttributeError") for _ in range(9)]
    with pytest.raises(TransferFailed, match="bucket") as caught:
        sent(pangea, small, clock=clock).raise_if_failed()
    assert isinstance(caught.value.errors[0], ServerError)
    assert len(pangea.of("upload_s3")) == 3


@pytest.mark.parametrize("parts", [False, True])
def test_one_500_at_the_beginning_ends_no_upload(
    pangea: FieldServer, small: Path, large: Path, clock: Any, parts: bool
):
    pangea.faults = [httpx.Response(500, text="ill")]
    report = in_parts(pangea, large, clock=clock) if parts else sent(pangea, small, clock=clock)
    report.raise_if_failed()


def test_a_missing_permission_is_reported(pangea: FieldServer, small: Path):
    pangea.faults = [httpx.Response(403, json={"detail": "You do not have permission to perform this action."})]
    with pytest.raises(TransferFailed, match="permission") as caught:
        sent(pangea, small).raise_if_failed()
    assert isinstance(caught.value.errors[0], Forbidden)


def test_odd_responses_of_the_server_are_reported(pangea: FieldServer, small: Path, large: Path):
    for response in ({}, {"url": "http://127.0.0.1:1/x"}, [], {"url": 3, "fields": {}}):
        pangea.faults = [httpx.Response(200, json=response)]
        with pytest.raises(TransferError, match="response has no"):
            sent(pangea, small).raise_if_failed()
    for response in ({}, {"urls": [], "upload_id": "x"}, {"urls": ["a", "b", 3], "upload_id": "x"}):
        pangea.faults = [httpx.Response(200, json=response)]
        with pytest.raises(TransferError, match="response has no"):
            in_parts(pangea, large).raise_if_failed()


# -- continuing


def stopped_upload(pangea: FieldServer, sink: Any, large: Path, reply: Any) -> None:
    """An upload that is stopped when its first part is there."""
    stop = threading.Event()
    landed = threading.Event()

    def hold(sent: Any) -> Any:
        if "partNumber=1&" in sent.query:
            return None
        landed.wait(60)
        stop.set()
        return reply(stall=True)

    def tell(text: str) -> None:
        if "Uploaded part 1" in text:
            landed.set()

    sink.always = hold
    report = in_parts(pangea, large, stop=stop, logger=tell)
    assert report.counts["stopped"] == 1
    sink.always = None


def test_what_was_stopped_continues_with_the_same_urls(
    pangea: FieldServer, sink: Any, large: Path, reply: Any, tmp_path: Path
):
    stopped_upload(pangea, sink, large, reply)
    names = remembered(tmp_path)
    assert [name.partition(".")[2] for name in names] == ["journal", "journal.f1.urls"]
    folder = tmp_path / "state" / "pangea" / "uploads"
    journal, urls = (folder / name for name in names)
    assert b"canary" not in journal.read_bytes()
    assert stat.S_IMODE(urls.stat().st_mode) == 0o600
    before = len(sink.requests)
    report = in_parts(pangea, large)
    report.raise_if_failed()
    assert report.outcomes[0].bytes_kept == PART
    assert list(pangea.uploads) == ["up1"]
    assert {request.query.partition("partNumber=")[2][0] for request in sink.requests[before:]} == {"2", "3"}
    assert pangea.body("up1") == large.read_bytes()
    assert remembered(tmp_path) == []


def test_urls_that_ended_meanwhile_have_it_begin_again(
    pangea: FieldServer, sink: Any, large: Path, reply: Any, clock: Any
):
    stopped_upload(pangea, sink, large, reply)
    sink.always = lambda sent: reply(403) if "uploadId=up1&" in sent.query else None
    in_parts(pangea, large, clock=clock).raise_if_failed()
    assert list(pangea.uploads) == ["up1", "up2"]
    assert pangea.body("up2") == large.read_bytes()


def test_urls_that_ended_before_a_part_was_there_have_it_begin_again(
    pangea: FieldServer, sink: Any, large: Path, reply: Any, clock: Any
):
    stop = threading.Event()

    def hold(_: Any) -> Any:
        stop.set()
        return reply(stall=True)

    sink.always = hold
    assert in_parts(pangea, large, stop=stop).counts["stopped"] == 1
    sink.always = lambda sent: reply(403) if "uploadId=up1&" in sent.query else None
    in_parts(pangea, large, clock=clock).raise_if_failed()
    assert pangea.body("up2") == large.read_bytes()


def test_lost_urls_have_it_begin_again(pangea: FieldServer, sink: Any, large: Path, reply: Any, tmp_path: Path):
    stopped_upload(pangea, sink, large, reply)
    urls = next((tmp_path / "state" / "pangea" / "uploads").glob("*.urls"))
    urls.write_text("[]")
    in_parts(pangea, large).raise_if_failed()
    assert pangea.body("up2") == large.read_bytes()


def test_a_file_that_changed_since_is_reported_and_then_sent_again(
    pangea: FieldServer, sink: Any, large: Path, reply: Any
):
    stopped_upload(pangea, sink, large, reply)
    made(large, 2 * PART + 77)
    (outcome,) = in_parts(pangea, large).outcomes
    assert isinstance(outcome.error, SourceChanged)
    in_parts(pangea, large, check=True)
    assert pangea.body("up2") == large.read_bytes()


# -- many


def test_one_that_fails_does_not_keep_the_others_back(pangea: FieldServer, sink: Any, tmp_path: Path):
    entries = [FieldUpload(pangea.put_field(f"f{n}"), made(tmp_path / f"{n}.txt", 100 + n)) for n in range(40)]
    (tmp_path / "7.txt").unlink()
    with pytest.raises(TransferFailed, match="cannot be read") as caught:
        upload_files(pangea.client, entries)
    report = caught.value.report
    assert report.counts["done"] == 39
    assert [outcome.name for outcome in report.failed] == [str(tmp_path / "7.txt")]
    assert all(pangea.stored[f"f{number}"] for number in range(40) if number != 7)
    (tmp_path / "8.txt").unlink()
    assert upload_files(pangea.client, entries, check=False).counts["failed"] == 2


def test_two_files_into_one_field_are_refused(pangea: FieldServer, small: Path, sink: Any):
    with pytest.raises(UsageError, match="one field"):
        upload_files(pangea.client, [FieldUpload(pangea.put_field(), small)] * 2)
    assert not sink.requests


def test_nothing_to_send_is_nothing(pangea: FieldServer):
    assert upload_files(pangea.client, []).ok


def test_no_secret_is_in_what_is_reported(pangea: FieldServer, sink: Any, large: Path, reply: Any, caplog: Any):
    caplog.set_level("DEBUG")
    sink.fault("bkt/key", lambda _: reply(500), lambda _: reply(403))
    report = in_parts(pangea, large, retries=0)
    assert "canary" not in json.dumps(report.to_dict()) + caplog.text
