"""Uploads into an area, without the transfer of bytes: what is sent, copied and skipped, what the service hears of, and what proves that
a copy is its source."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from omicsdk.core import ChecksumMismatch, Forbidden, Interrupted, ServerError
from omicsdk.core.checksums import digest
from omicsdk.core.errors import OmicsError
from omicsdk.core.media_types import media_type_of
from omicsdk.hca.upload import UploadResult
from omicsdk.hca.upload.areas import UploadAreaURI
from omicsdk.hca.upload.sources import LocalFile, S3File, content_type, copy, known_checksum, type_of_file
from omicsdk.hca.upload.storage import ACL, StoredObject
from omicsdk.hca.upload.uploads import Sender
from omicsdk.transfer import Outcome, Progress, TransferOptions, TransferReport

ETAG, OTHER = "0" * 32, "1" * 32


def storage_of(stored: Any = None, **responses: Any) -> Mock:
    """An area that has a file, or none; responses are values or errors by operation."""

    def call(operation: str, **_: Any) -> Any:
        response = responses.get(operation, {})
        if isinstance(response, Exception):
            raise response
        return response

    return Mock(bucket="area", key=lambda name: f"u/{name}", find=lambda _: stored, call=Mock(side_effect=call))


@pytest.mark.parametrize(
    ("size", "etag", "encryption", "proof"),
    [
        (5, ETAG, "", "verified"),
        (5, OTHER, "aws:kms", "size only"),  # then the ETag is no MD5
        (5, OTHER, "AES256", None),
        (5, f"{OTHER}-2", "", "size only"),
        (5, "", "", "size only"),
        (4, ETAG, "", None),
    ],
)
def test_a_copy_is_compared_with_its_source(size: int, etag: str, encryption: str, proof: str | None) -> None:
    source = S3File("s3://from/p/a", "from", "p/a", "a", 5, ETAG)
    copied: list[int] = []
    storage = storage_of(Mock(size=size, etag=etag), head_object={"ServerSideEncryption": encryption})
    if proof is None:
        with pytest.raises(ChecksumMismatch):
            copy(storage, source, "text/plain", largest=5)
    else:
        assert copy(storage, source, "text/plain", crc32c="00000000", largest=5, copied=copied.append) == proof
        assert copied == [5]
        operation, request = storage.call.mock_calls[0].args[0], storage.call.mock_calls[0].kwargs
        assert (operation, request["Key"], request["CopySource"], request["CopySourceIfMatch"]) == (
            "copy_object",
            "u/a",
            {"Bucket": "from", "Key": "p/a"},
            ETAG,
        )
        assert (request["Metadata"], request["ACL"]) == ({"crc32c": "00000000"}, ACL)


def test_a_large_object_is_copied_in_parts_that_are_removed_when_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    source = S3File("s3://from/p/a", "from", "p/a", "a", (64 << 20) + 5, f"{ETAG}-2")
    responses: dict[str, Any] = {
        "create_multipart_upload": {"UploadId": "u"},
        "upload_part_copy": {"CopyPartResult": {"ETag": "e"}},
    }
    storage = storage_of(None, **responses)
    assert copy(storage, source, "text/plain", largest=5) == "unverified"
    ranges = sorted(call.kwargs["CopySourceRange"] for call in storage.call.mock_calls if "PartNumber" in call.kwargs)
    assert ranges == ["bytes=0-67108863", "bytes=67108864-67108868"]
    assert storage.call.mock_calls[-1].kwargs["MultipartUpload"] == {
        "Parts": [{"PartNumber": number, "ETag": "e"} for number in (1, 2)]
    }
    refused = OmicsError("refused")
    storage = storage_of(None, **responses, complete_multipart_upload=refused, abort_multipart_upload=OmicsError("no"))
    with caplog.at_level(logging.WARNING), pytest.raises(OmicsError, match="refused"):
        copy(storage, source, "text/plain", largest=5)
    assert "cannot abort its copy, so parts of it remain: no" in caplog.text


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_copy_that_is_stopped_is_interrupted(is_begun: bool) -> None:
    storage, moments = storage_of(None, create_multipart_upload={"UploadId": "u"}), [False] * is_begun
    with pytest.raises(Interrupted):
        copy(
            storage,
            S3File("s3://from/p/a", "from", "p/a", "a", 5, ETAG),
            "text/plain",
            largest=4,
            stopped=lambda: not moments or moments.pop(),
        )
    operations = [call.args[0] for call in storage.call.mock_calls]
    assert operations == (["create_multipart_upload", "abort_multipart_upload"] if is_begun else [])


@pytest.mark.parametrize(
    ("metadata", "checksum"),
    [
        ({"crc32c": "0A0A0A0A"}, "0a0a0a0a"),
        ({"hca-dss-crc32c": "00000000"}, "00000000"),
        ({"crc32c": "x"}, ""),
        ({}, ""),
    ],
)
def test_the_checksum_that_an_object_states_is_known(metadata: dict[str, str], checksum: str) -> None:
    s3 = Mock(head_object=Mock(return_value={"Metadata": metadata}))
    assert known_checksum(S3File("s3://from/p/a", "from", "p/a", "a", 5, ETAG), s3) == checksum


URI = UploadAreaURI("s3://org-humancellatlas-upload-dev/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/")
CRC = digest(b"data", "crc32c")
SAME = StoredObject(4, "e", {"crc32c": CRC})
S3 = S3File("s3://b/k.json", "b", "k.json", "k.json", 4, "etag")


class Area:
    """An area, an engine that sends into it, and a service that is notified."""

    def __init__(self) -> None:
        self.keys = SimpleNamespace(refusal=None)
        self.objects: dict[str, StoredObject] = {}
        self.ends: dict[str, list[Outcome]] = {}
        self.runs: list[list[str]] = []
        self.with_journal: list[bool] = []
        self.listings = 0
        self.notified: list[str] = []
        self.refused: list[str] = []
        self.copied: list[str] = []
        self.verification: Any = "verified"
        self.crc32c = ""

    def target(self, *_: str) -> Any:
        return SimpleNamespace(needs=())

    def find(self, name: str) -> StoredObject | None:
        return self.objects.get(name)

    def sizes(self) -> Iterator[tuple[str, int]]:
        self.listings += 1
        return ((name, stored.size) for name, stored in self.objects.items())

    def upload(self, uploads: Any, *, finished: Any, progress: Any, journal: Path | None, **_: Any) -> TransferReport:
        names = [upload.name for upload in uploads]
        self.runs.append(names)
        self.with_journal.append(journal is not None)
        if journal is not None:
            journal.touch()  # has what was sent
        for number, name in enumerate(names):
            finished(number, self.ends.get(name, [Outcome(name, "done", 4)]).pop(0))
        if progress:
            progress(Progress(files_done=len(names), bytes_done=4 * len(names), unsized=1))
        return TransferReport()

    def copy(self, _: Any, file: S3File, kind: str, *, copied: Any, **__: Any) -> Any:
        self.copied.append(f"{file.name} {kind}")
        copied(file.size)
        if isinstance(self.verification, Exception):
            raise self.verification
        return self.verification

    def notify(self, name: str) -> None:
        self.notified.append(name)
        if name in self.refused:
            raise ServerError("no", status=500)


@pytest.fixture
def area(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Area:
    made = Area()
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr("omicsdk.transfer.upload", made.upload)
    monkeypatch.setattr("omicsdk.hca.upload.uploads.copy", made.copy)
    monkeypatch.setattr("omicsdk.hca.upload.uploads.known_checksum", lambda *_: made.crc32c)
    return made


@pytest.fixture
def send(area: Any) -> Callable[..., UploadResult]:
    def run(*files: Any, sync: bool = False, resume: bool = True, **options: Any) -> UploadResult:
        sender = Sender(area, URI, area.notify, lambda: None, "data", sync, resume, TransferOptions.of(options))
        return sender.send(files)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], LocalFile]:
    def make(name: str) -> LocalFile:
        (tmp_path / name).write_bytes(b"data")
        return LocalFile(str(tmp_path / name), name, 4)

    return make


def journals(tmp_path: Path) -> int:
    return len(list((tmp_path / "state").rglob("*.journal")))


def test_sent_files_are_announced_and_copies_too(send: Any, area: Area, file: Any, tmp_path: Path):
    seen: list[Progress] = []
    result = send(file("a.txt"), S3, file("b.txt"), progress=seen.append)
    assert [(outcome.name, outcome.state) for outcome in result.files] == [
        (name, "done") for name in ("a.txt", "k.json", "b.txt")
    ]
    assert [(file.content_type, file.notified) for file in result.uploaded] == [
        (f"{kind}; dcp-type=data", True) for kind in ("text/plain", "application/json", "text/plain")
    ]
    assert (area.runs, area.copied) == ([["a.txt", "b.txt"]], ["k.json application/json; dcp-type=data"])
    assert sorted(area.notified) == ["a.txt", "b.txt", "k.json"]
    last = seen[-1]
    assert {(shown.files, shown.bytes, shown.unsized) for shown in seen} == {(3, 12, 0)}
    assert (max(shown.files_done for shown in seen), max(shown.bytes_done for shown in seen), last.files) == (3, 12, 3)
    assert (journals(tmp_path), result.why_stopped, result.area_uuid) == (0, "", URI.area_uuid)


@pytest.mark.parametrize("resume", [True, False])
def test_a_service_that_cannot_be_notified_fails_the_file(
    send: Any, area: Area, file: Any, tmp_path: Path, resume: bool
):
    area.refused = ["a.txt"]
    result = send(file("a.txt"), file("b.txt"), resume=resume)
    assert [outcome.state for outcome in result.files] == ["failed", "done"]
    assert "it is in the area, but the service could not be notified" in str(result.files[0].error)
    assert [(file.content_type != "", file.notified) for file in result.uploaded] == [(False, False), (True, True)]
    assert journals(tmp_path) == resume


@pytest.mark.parametrize("stored", [None, StoredObject(5, "e", {"crc32c": CRC}), StoredObject(4, "e"), SAME])
@pytest.mark.parametrize("from_listing", [0, 1])
def test_what_the_area_has_is_announced_and_not_sent(
    send: Any, area: Area, file: Any, monkeypatch: Any, stored: StoredObject | None, from_listing: int
):
    monkeypatch.setattr("omicsdk.hca.upload.uploads.WORTH_LISTING", from_listing)
    area.objects = {} if stored is None else {"a.txt": stored}
    (outcome,) = send(file("a.txt"), sync=True).files
    assert (outcome.state, outcome.verification) == (
        ("skipped", "verified") if stored is SAME else ("done", "unverified")
    )
    assert area.runs == ([] if stored is SAME else [["a.txt"]])
    assert (area.notified, area.listings) == (["a.txt"], 1 - from_listing)


@pytest.mark.parametrize("stored", [None, StoredObject(4, "e", {"crc32c": "0"}), SAME])
def test_what_an_earlier_run_sent_and_is_gone_is_sent_again(
    send: Any, area: Area, file: Any, stored: StoredObject | None
):
    area.ends["a.txt"] = [Outcome("a.txt", "skipped", 4, checksums={"crc32c": CRC}), Outcome("a.txt", "done", 4)]
    area.objects = {} if stored is None else {"a.txt": stored}
    (outcome,) = send(file("a.txt")).files
    assert outcome.state == ("skipped" if stored is SAME else "done")
    # The journal has it as sent, and would skip it again.
    assert (area.with_journal, area.notified) == ([True] if stored is SAME else [True, False], ["a.txt"])


def test_an_error_of_all_files_ends_the_upload(send: Any, area: Area, file: Any):
    error = Forbidden("no", status=403, code="AccessDenied")
    area.ends = {"a.txt": [Outcome("a.txt", "failed", 4, error=error)], "b.txt": [Outcome("b.txt", "stopped", 4)]}
    result = send(file("a.txt"), file("b.txt"))
    assert [outcome.state for outcome in result.files] == ["failed", "stopped"]
    assert "The bucket refuses the area's keys" in error.remedy
    assert result.why_stopped == ""
    stop = threading.Event()
    stop.set()
    area.ends = {"c.txt": [Outcome("c.txt", "stopped", 4)]}
    stopped = send(file("c.txt"), S3, stop=stop)
    assert [outcome.state for outcome in stopped.files] == ["stopped", "stopped"]
    assert stopped.why_stopped != ""


@pytest.mark.parametrize(
    ("verification", "require", "state"),
    [
        ("verified", True, "done"),
        ("unverified", False, "done"),
        ("unverified", True, "failed"),
        (ServerError("no", status=500), False, "failed"),
    ],
)
def test_a_copy_without_a_checksum_fails_where_one_is_required(
    send: Any, area: Area, verification: Any, require: bool, state: str
):
    area.verification = verification
    (outcome,) = send(S3, require_checksum=require).files
    assert (outcome.state, outcome.error is None) == (state, state == "done")
    assert area.notified == (["k.json"] if state == "done" else [])


@pytest.mark.parametrize(
    ("stored", "crc32c", "is_same"),
    [
        (None, CRC, False),
        (StoredObject(4, "etag"), "", True),
        (StoredObject(5, "etag"), "", False),
        (SAME, CRC, True),
        (SAME, "0", False),
        (StoredObject(4, "e"), "", False),
    ],
)
def test_an_object_that_the_area_has_is_not_copied(
    send: Any, area: Area, stored: StoredObject | None, crc32c: str, is_same: bool
):
    area.crc32c, area.objects = crc32c, {} if stored is None else {"k.json": stored}
    (outcome,) = send(S3, sync=True).files
    assert (outcome.state, area.copied == []) == ("skipped" if is_same else "done", is_same)
    assert outcome.verification == "verified"
    assert area.notified == ["k.json"]


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.fastq.gz", b"\x1f\x8b\x08\x00", "application/gzip"),
        ("noname", b"\x1f\x8b\x08\x00", "application/gzip"),
        ("a.bam", b"\x1f\x8b\x08\x04", "application/gzip"),
        ("a.ipynb", b'{"cells": []}', "application/json"),
        ("a.json", b'{"a": 1}', "application/json"),
        ("empty.json", b"", "application/json"),
        ("empty.gz", b"", "application/gzip"),
        ("a.csv", b"a,b\n1,2\n", "text/csv"),
        ("bm.tsv", b"BM123\tx\n", "text/tab-separated-values"),
        ("a.txt", b"hello", "text/plain"),
        ("a.pdf", b"%PDF-1.4\n", "application/pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png"),
        ("a.fastq", b"@r1\nACGT\n+\nIIII\n", "application/octet-stream"),
        ("noname2", b"some text", "application/octet-stream"),
    ],
)
def test_media_types(tmp_path: Path, name: str, data: bytes, kind: str):
    path = tmp_path / name
    path.write_bytes(data)
    assert type_of_file(str(path)) == kind


def test_a_media_type_has_its_parameter():
    assert content_type("text/plain") == "text/plain; dcp-type=data"
    assert content_type("application/json", "metadata/sample") == 'application/json; dcp-type="metadata/sample"'
    assert content_type("a/b", 'x"\\y') == 'a/b; dcp-type="x\\"\\\\y"'
    assert content_type("a/b", "") == "a/b"
    assert media_type_of("s3/x.tsv.gz") == "application/gzip"
    assert media_type_of("x.tar.bz2") == "application/x-bzip2"
    assert media_type_of("x") is None
