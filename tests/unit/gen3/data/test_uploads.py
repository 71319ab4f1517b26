"""Uploads to a commons, without the transfer of bytes: which files are sent, and what becomes of their records."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import ChecksumMismatch, ManualClock, TransferError, UsageError
from omicsdk.gen3 import Gen3
from omicsdk.gen3.fence_store import storage_url
from omicsdk.gen3.uploads import UploadedFile, UploadResult
from omicsdk.transfer import Outcome, TransferReport

MIB = 1024 * 1024
GIB = 1024 * MIB


def sums(data: bytes) -> dict[str, str]:
    return {kind: hashlib.new(kind, data).hexdigest() for kind in ("md5", "sha256")}


class Commons:
    """An index that passes over all criteria, and a store that takes everything."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.fill: Callable[[dict[str, Any], Any], int] = lambda record, body: record.update(body) or 200
        self.later: dict[str, Any] = {}  # what a job writes into records after some time
        self.looks = 0
        self.sent: list[str] = []
        self.searches: list[tuple[str | None, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/user/user":
            return httpx.Response(200, json={"username": "me"})
        if path.startswith("/user/"):
            return httpx.Response(404, json={})
        record = self.records.get(path.rpartition("/")[2])
        if record is None:
            self.searches.append((request.url.params.get("file_name"), request.url.params.get("size")))
            records = [] if "start" in request.url.params else list(self.records.values())
            return httpx.Response(200, json={"records": records})
        if request.method == "GET":
            self.looks += 1
            record.update(self.later if self.looks == 3 else {})
            return httpx.Response(200, json=record)
        return httpx.Response(self.fill(record, json.loads(request.content)), json=record)

    def send(self, uploads: Any, *, journal: Path | None, **_: Any) -> TransferReport:
        if journal is not None:
            journal.touch()
        outcomes = list[Outcome]()
        for upload in uploads:
            data = Path(upload.path).read_bytes()
            self.sent.append(upload.name)
            upload.to.guid = did = f"dg-{len(self.records)}"
            blank = {"rev": "r", "size": None, "hashes": {}, "urls": []}
            self.records[did] = {"did": did, **blank, "file_name": upload.name}
            outcomes.append(Outcome(upload.name, "done", len(data), checksums={**sums(data), "crc32c": "0"}))
        return TransferReport(outcomes)


@pytest.fixture
def commons(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commons:
    made = Commons()
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr("omicsdk.transfer.upload", made.send)
    return made


@pytest.fixture
def upload(commons: Commons) -> Callable[..., UploadResult]:
    def run(paths: Any, **options: Any) -> UploadResult:
        with Gen3("https://c.example.org", credentials="t", transport=httpx.MockTransport(commons)) as client:
            return client.upload(paths, clock=ManualClock(), **{"wait": 0, "bucket": "b", "check": False, **options})

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "sub" / "a"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"data")
    return path


def refused(status: int, **filled: Any) -> Callable[[dict[str, Any], Any], int]:
    return lambda record, _: record.update(filled) or status


@pytest.mark.parametrize(
    ("fill", "bucket", "filled", "state"),
    [
        (None, "b", "by us", "indexed"),
        (None, "", "not yet", "uploaded"),
        (refused(403), "b", "not yet", "uploaded"),
        (refused(409, size=4, hashes=sums(b"data")), "b", "by the commons", "indexed"),
        (refused(409, size=4), "b", None, "failed"),
    ],
)
def test_a_record_is_filled_once(
    upload: Any, commons: Commons, file: Path, tmp_path: Path, fill: Any, bucket: str, filled: Any, state: str
):
    commons.fill = fill or commons.fill
    result = upload(file, bucket=bucket)
    (sent,) = result.transferred
    assert (sent.filled, sent.state, sent.checksums) == (filled, state, sums(b"data"))
    (row,) = result.rows()
    assert (row["filled"], row["guid"], row["path"]) == (filled, "dg-0", str(file))
    assert bool(list((tmp_path / "state").rglob("*.journal"))) == (state != "indexed")
    if filled == "by us":
        (record,) = commons.records.values()
        assert (record["size"], record["urls"], record["hashes"]) == (4, ["s3://b/dg-0/a"], sums(b"data"))
    result.write_manifest(tmp_path / "out.tsv")
    header = ["guid", "file_name", "size", "md5", "sha256", "path", "state"]
    cells = ["dg-0", "a", "4", *sums(b"data").values(), str(file), state]
    assert [line.split("\t") for line in (tmp_path / "out.tsv").read_text().splitlines()] == [header, cells]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"size": 4, "hashes": {"md5": sums(b"data")["md5"], "crc": "1"}}, None),
        ({"size": 5, "hashes": sums(b"data")}, TransferError),
        ({"size": 4, "hashes": {**sums(b"data"), "sha256": "0" * 64}}, ChecksumMismatch),
    ],
)
def test_a_record_that_the_commons_fills_is_compared(
    upload: Any, commons: Commons, file: Path, fields: dict[str, Any], error: Any
):
    commons.later = fields
    result = upload(file, wait=60)
    (sent,) = result.transferred
    assert [outcome.error for outcome in result.files] == [sent.error]
    assert (type(sent.error) if error else sent.error, sent.filled) == (error, None if error else "by the commons")


def test_files_that_the_commons_has_are_found_by_name_size_checksum_and_reader(
    upload: Any, commons: Commons, file: Path, tmp_path: Path
):
    record = {"did": "x", "file_name": "a", "size": 4, "hashes": sums(b"data"), "urls": ["s3://b/x"], "uploader": "me"}
    for change in ({"file_name": "b"}, {"size": 5}, {"urls": []}, {"uploader": "you"}, {"hashes": {"crc": "1"}}):
        commons.records = {"x": {**record, **change}}
        assert [entry.state for entry in upload(file).transferred] == ["indexed"], change
    commons.records = {"x": record}
    (entry,) = upload(file).transferred
    assert (entry.state, entry.guid, entry.size, entry.checksums) == ("skipped", "x", 4, sums(b"data"))
    assert list((tmp_path / "state").rglob("*.journal")) == []
    assert set(commons.searches) == {("a", "4")}
    assert upload(file, authz=["/open"]).transferred[0].state == "indexed"
    commons.records = {"x": {**record, "authz": ["/open"], "uploader": None}}
    assert upload(file, authz=["/open"]).transferred[0].state == "skipped"
    assert upload(file, authz=["/open"], resume=False).transferred[0].state == "indexed"


@pytest.mark.parametrize(
    ("sizes", "is_right"),
    [
        *(({"part_size": size}, size in (5 * MIB, 5 * GIB)) for size in (5 * MIB - 1, 5 * MIB, 5 * GIB, 5 * GIB + 1)),
        *(({"single": size}, size in (0, 5 * GIB)) for size in (-1, 0, 5 * GIB, 5 * GIB + 1)),
    ],
)
def test_sizes_have_bounds(upload: Any, file: Path, sizes: dict[str, int], is_right: bool):
    if is_right:
        assert upload(str(file), dry_run=True, **sizes).counts["planned"] == 1
    else:
        with pytest.raises(UsageError, match="5 MiB to 5 GiB"):
            upload(file, dry_run=True, **sizes)


def test_a_dry_run_lists_names_and_sends_nothing(upload: Any, commons: Commons, file: Path, tmp_path: Path):
    folder = file.parent.parent
    for paths, names in ((folder, ["a"]), ([folder, file], ["a", "a"])):
        report = upload(paths, dry_run=True)
        assert [(outcome.name, outcome.state, outcome.size) for outcome in report.files] == [
            (name, "planned", 4) for name in names
        ]
        assert {row["path"] for row in report.rows()} == {str(file)}
    assert [outcome.name for outcome in upload(folder, subfolders=True, dry_run=True).files] == ["sub/a"]
    empty = tmp_path / "empty"
    empty.mkdir()
    for paths, why in (
        (file.with_name("nowhere"), "nowhere not found"),
        (empty, "no files"),
        ([], "Nothing to upload"),
    ):
        with pytest.raises(UsageError, match=why):
            upload(paths)
    assert (commons.sent, commons.searches, commons.looks) == ([], [], 0)
    assert UploadedFile(file, "a", "", 4).state == "stopped"


# -- the URI of an uploaded object, from the presigned URL that it was sent to


@pytest.mark.parametrize(
    ("presigned", "uri"),
    [
        ("https://b.s3.amazonaws.com/dg.1/g/a%20b?X-Amz-Signature=1", "s3://b/dg.1/g/a b"),
        ("https://b.x.s3.eu-west-1.amazonaws.com/g/a", "s3://b.x/g/a"),
        ("https://s3.eu-west-1.amazonaws.com/b/g/a", "s3://b/g/a"),
        ("https://s3-us-west-2.amazonaws.com/b/g/a", "s3://b/g/a"),
        ("https://storage.googleapis.com/b/g/a?x=1", "gs://b/g/a"),
        ("https://b.storage.googleapis.com/g/a", "gs://b/g/a"),
        ("https://minio.example.org/b/g/a", ""),
        ("https://s3.amazonaws.com.evil.org/b/g/a", ""),
        ("nonsense", ""),
    ],
)
def test_an_object_is_known_by_its_url_where_the_storage_documents_the_form(presigned: str, uri: str) -> None:
    assert storage_url(presigned) == uri
