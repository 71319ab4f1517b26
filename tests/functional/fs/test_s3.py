"""s3:// paths: buckets and objects examined, listed, fetched, put, copied and removed, with credentials and without."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from omicsdk import Cache
from omicsdk.core import AuthError, TransferError
from omicsdk.fs import (
    AlreadyThere,
    CopyOptions,
    Entry,
    NotAFolder,
    NotEmpty,
    PathNotFound,
    Put,
    ReadOnly,
    WrongUri,
    open_store,
    parse_uri,
)
from omicsdk.fs.stores.s3 import S3Store
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.state.objects import checksum_of
from omicsdk.transfer import download
from omicsdk.transfer.s3 import client as s3_client
from stored_files import paths
from unsettled import unsettled

MIB = 1024 * 1024
ODD_KEYS = ["a b/ü#1?.txt", "dots/../here/./x", "double//slash", "/leading", "100%/%2F.txt", "plain.txt"]


@pytest.fixture(scope="module")
def shared(_omics_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, S3Store]]:
    """A client of the sandbox's S3 and a store of it, whose settings stand where boto3 looks: making one takes a while."""
    with pytest.MonkeyPatch.context() as patch:
        unsettled(patch, tmp_path_factory.mktemp("s3"))
        for name, value in {
            **_omics_sandbox_server.s3_credentials,
            "AWS_ENDPOINT_URL_S3": _omics_sandbox_server.s3_url,
        }.items():
            patch.setenv(name, value)
        with S3Store() as store:
            yield boto3.client("s3"), store


@pytest.fixture
def client(omics_sandbox: Sandbox, shared: tuple[Any, S3Store]) -> Any:
    shared[0].create_bucket(Bucket="bkt")
    return shared[0]


@pytest.fixture
def store(client: Any, shared: tuple[Any, S3Store]) -> S3Store:
    return shared[1]


def fill(client: Any, *keys: str) -> None:
    for key in keys:
        client.put_object(Bucket="bkt", Key=key, Body=key.encode())


def test_it_is_opened_by_its_scheme(client: Any):
    with open_store("s3") as store:
        assert store.stat("bkt") == Entry("bkt", "folder")
        assert store.uri("bkt/a") == "s3://bkt/a"


def test_an_object_is_examined_with_its_checksums(store: S3Store, client: Any):
    client.put_object(Bucket="bkt", Key="a/b.txt", Body=b"abc", ContentType="text/x", ChecksumAlgorithm="SHA256")
    entry = store.stat("bkt/a/b.txt")
    assert (entry.kind, entry.size, entry.name) == ("file", 3, "b.txt")
    assert entry.checksums["md5"] == hashlib.md5(b"abc").hexdigest()
    assert entry.checksums["sha256"] == hashlib.sha256(b"abc").hexdigest()
    assert entry.details["content_type"] == "text/x"
    assert entry.modified is not None
    client.put_object(Bucket="bkt", Key="a/b.txt", Body=b"abd")
    assert store.stat("bkt/a/b.txt").version != entry.version


def test_folders_are_what_keys_begin_with(store: S3Store, client: Any):
    fill(client, "a/b/c.txt", "a/d.txt", "e")
    client.put_object(Bucket="bkt", Key="a/made/", Body=b"")
    assert store.stat("") == Entry("", "folder")
    assert store.stat("bkt/a/b").is_folder
    assert store.stat("bkt/a/made").is_folder
    listed = {(entry.path, entry.kind) for entry in store.entries("bkt/a")}
    assert listed == {("bkt/a/b", "folder"), ("bkt/a/made", "folder"), ("bkt/a/d.txt", "file")}
    assert paths(store.entries("bkt/a/made")) == []
    assert {entry.path for entry in store.entries("bkt")} == {"bkt/a", "bkt/e"}
    assert "bkt" in paths(store.entries(""))
    assert paths(store.walk("bkt")) == ["bkt/a/b/c.txt", "bkt/a/d.txt", "bkt/e"]
    assert paths(store.walk("bkt/a/b")) == ["bkt/a/b/c.txt"]
    assert paths(store.walk("bkt/e")) == ["bkt/e"]
    assert "bkt/e" in paths(store.walk(""))


def test_what_a_list_states_is_what_a_look_states(store: S3Store, client: Any):
    fill(client, "x")
    (listed,), seen = store.entries("bkt"), store.stat("bkt/x")
    assert (listed.size, listed.version, listed.modified) == (seen.size, seen.version, seen.modified)


def test_an_object_goes_before_the_folder_of_its_name(store: S3Store, client: Any):
    fill(client, "a", "a/b")
    assert not store.stat("bkt/a").is_folder
    assert paths(store.walk("bkt/a")) == ["bkt/a"]
    assert paths(store.entries("bkt/a")) == ["bkt/a/b"]


@pytest.mark.parametrize("path", ["bkt/none", "bkt/none/below", "no-such-bucket", "no-such-bucket/key"])
def test_a_missing_object(store: S3Store, path: str):
    for ask in (store.stat, lambda path: list(store.entries(path)), lambda path: list(store.walk(path))):
        with pytest.raises(PathNotFound, match=f"s3://{path}") as caught:
            ask(path)
        assert isinstance(caught.value, FileNotFoundError)


def test_a_file_has_no_entries(store: S3Store, client: Any):
    fill(client, "a")
    with pytest.raises(NotAFolder):
        list(store.entries("bkt/a"))


def test_keys_are_kept_as_they_are_written(store: S3Store, client: Any, tmp_path: Path):
    fill(client, *ODD_KEYS)
    assert set(paths(store.walk("bkt"))) == {f"bkt/{key}" for key in ODD_KEYS}
    items = []
    for number, key in enumerate(ODD_KEYS):
        path = parse_uri(f"s3://bkt/{key}").path
        entry = store.stat(path)
        assert entry.path == f"bkt/{key}"
        items.append(store.item(entry, str(number)))
    download(items, tmp_path / "got").raise_if_failed()
    assert [(tmp_path / "got" / str(number)).read_text() for number in range(len(ODD_KEYS))] == ODD_KEYS
    top = {entry.path: entry for entry in store.entries("bkt")}
    assert [entry.path for entry in store.entries(top["bkt/double"].path)] == ["bkt/double/"]
    assert [entry.path for entry in store.entries("bkt/double/")] == ["bkt/double//slash"]
    assert store.stat("bkt/double/").is_folder


def test_files_are_put(store: S3Store, client: Any, tmp_path: Path):
    few, none = tmp_path / "few", tmp_path / "none"
    few.write_bytes(b"few")
    none.touch()
    report = store.put([Put(str(few), "bkt/x/few #1"), Put(str(none), "bkt/x/none")], CopyOptions())
    report.raise_if_failed()
    assert [outcome.name for outcome in report.outcomes] == ["bkt/x/few #1", "bkt/x/none"]
    assert client.get_object(Bucket="bkt", Key="x/few #1")["Body"].read() == b"few"
    assert store.stat("bkt/x/none").size == 0


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a/page.html", "text/html"), ("reads.fastq.gz", "application/gzip"), ("reads.bam", "binary/octet-stream")],
)
def test_the_media_type_is_that_of_the_name(store: S3Store, client: Any, tmp_path: Path, name: str, media_type: str):
    source = tmp_path / "source"
    source.write_bytes(b"a")
    store.put([Put(str(source), f"bkt/{name}")], CopyOptions()).raise_if_failed()
    assert client.head_object(Bucket="bkt", Key=name)["ContentType"] == media_type


def test_what_was_put_in_parts_is_fetched_as_it_was(store: S3Store, client: Any, tmp_path: Path):
    pieces = [b"a" * 5 * MIB, b"b"]
    place = {"Bucket": "bkt", "Key": "parts.bin"}
    place["UploadId"] = client.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")["UploadId"]
    parts: list[dict[str, Any]] = []
    for number, piece in enumerate(pieces, 1):
        sent = client.upload_part(**place, PartNumber=number, Body=piece, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]})
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    download([store.item(store.stat("bkt/parts.bin"), "parts.bin")], tmp_path).raise_if_failed()
    assert (tmp_path / "parts.bin").read_bytes() == b"".join(pieces)


def test_what_exists_stays_without_overwrite(store: S3Store, client: Any, tmp_path: Path):
    fill(client, "old")
    source = tmp_path / "new"
    source.write_bytes(b"new")
    files = [Put(str(source), "bkt/old"), Put(str(source), "bkt/fresh"), Put(str(tmp_path / "none"), "bkt/none")]
    report = store.put(files, CopyOptions(overwrite=False))
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done", "failed"]
    assert isinstance(report.outcomes[0].error, AlreadyThere)
    assert isinstance(report.outcomes[2].error, TransferError)
    assert store.stat("bkt/old").size == 3
    store.put(files[:1], CopyOptions()).raise_if_failed()
    assert client.get_object(Bucket="bkt", Key="old")["Body"].read() == b"new"


@pytest.mark.parametrize("path", ["bkt", "", "bkt/folder/", "bkt/\udcff"])
def test_an_invalid_objects_path_is_refused_and_the_others_are_sent(store: S3Store, tmp_path: Path, path: str):
    source = tmp_path / "a"
    source.write_bytes(b"a")
    report = store.put([Put(str(source), path), Put(str(source), "bkt/a")], CopyOptions())
    assert isinstance(report.outcomes[0].error, WrongUri)
    assert report.outcomes[1].state == "done"


def test_no_object_has_a_name_that_is_not_utf_8(store: S3Store):
    with pytest.raises(PathNotFound):
        store.stat("bkt/\udcff")


def test_a_put_that_is_stopped_sends_nothing(store: S3Store, tmp_path: Path):
    source, stop = tmp_path / "a", threading.Event()
    source.write_bytes(b"a")
    stop.set()
    report = store.put([Put(str(source), "bkt/a")], CopyOptions(stop=stop))
    assert [outcome.state for outcome in report.outcomes] == ["stopped"]
    with pytest.raises(PathNotFound):
        store.stat("bkt/a")


def test_a_put_that_failed_at_its_end_resumes(
    store: S3Store, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise TransferError("cut")

    source, options = tmp_path / "a", CopyOptions(journal=tmp_path / "journal")
    source.write_bytes(bytes(11 * MIB))
    with monkeypatch.context() as patch:
        patch.setattr(s3_client.S3Client, "finish_parts", fail)
        assert not store.put([Put(str(source), "bkt/large")], options).ok
    [outcome] = store.put([Put(str(source), "bkt/large")], options).outcomes
    assert (outcome.state, outcome.bytes_kept) == ("done", 11 * MIB)
    assert store.stat("bkt/large").size == 11 * MIB


def test_a_put_that_no_run_can_resume_leaves_no_parts(
    store: S3Store, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise TransferError("cut")

    source = tmp_path / "a"
    source.write_bytes(bytes(11 * MIB))
    monkeypatch.setattr(s3_client.S3Client, "finish_parts", fail)
    assert not store.put([Put(str(source), "bkt/large")], CopyOptions()).ok
    assert "Uploads" not in client.list_multipart_uploads(Bucket="bkt")


def test_copies_are_made_over_there(store: S3Store, client: Any, monkeypatch: pytest.MonkeyPatch):
    client.create_bucket(Bucket="other")
    client.put_object(Bucket="bkt", Key="a b/ü", Body=b"x" * (6 * MIB))
    entry = store.stat("bkt/a b/ü")
    assert store.copy(entry, "other/c//d")
    assert store.copy(entry, "bkt/a b/ü")
    assert store.stat("other/c//d").version == entry.version
    monkeypatch.setattr(s3_client, "COPY_IN_PARTS", 5 * MIB)
    monkeypatch.setattr(s3_client, "COPY_PART", 5 * MIB)
    assert store.copy(entry, "other/parts")
    assert store.stat("other/parts").version.endswith("-2")
    with pytest.raises(PathNotFound):
        store.copy(Entry("bkt/none", "file"), "bkt/x")
    with pytest.raises(PathNotFound, match="s3://missing/x not found: no bucket missing"):
        store.copy(entry, "missing/x")


def test_only_folders_with_a_marker_are_removed_by_a_request(
    store: S3Store, client: Any, omics_sandbox: Sandbox
) -> None:
    """Stores with a file system behind them refuse keys that end in a slash."""
    omics_sandbox.add_faults(Rule("status", path="/_s3/bkt/a/", method="DELETE", status=400, code="InvalidArgument"))
    client.put_object(Bucket="bkt", Key="a/b", Body=b"")
    folder = store.stat("bkt/a")
    client.delete_object(Bucket="bkt", Key="a/b")
    store.remove(folder)


def test_an_object_is_found_where_keys_cannot_be_listed(store: S3Store, client: Any, omics_sandbox: Sandbox) -> None:
    client.put_object(Bucket="bkt", Key="a", Body=b"1")
    omics_sandbox.add_faults(Rule("status", path="/_s3/bkt/", method="GET", status=403, code="AccessDenied"))
    assert store.entry(parse_uri("s3://bkt/a"), recursive=True).kind == "file"


def test_folders_are_made_and_removed_when_they_are_empty(store: S3Store, client: Any):
    store.make_folder("bkt")
    store.make_folder("bkt/a/b")
    store.make_folder("bkt/a/b")
    assert store.stat("bkt/a/b").is_folder
    fill(client, "a/b/c")
    with pytest.raises(NotEmpty):
        store.remove(store.stat("bkt/a/b"))
    store.remove(store.stat("bkt/a/b/c"))
    store.remove(store.stat("bkt/a/b"))
    with pytest.raises(PathNotFound):
        store.stat("bkt/a")
    fill(client, "d/e")
    store.make_folder("bkt/d")
    assert "Contents" in client.list_objects_v2(Bucket="bkt", Prefix="d/e")
    assert client.list_objects_v2(Bucket="bkt", Prefix="d/")["KeyCount"] == 1


def test_buckets_are_neither_made_nor_removed(store: S3Store):
    with pytest.raises(ReadOnly, match="no-such-bucket"):
        store.make_folder("no-such-bucket")
    with pytest.raises(ReadOnly):
        store.remove(store.stat("bkt"))


def test_without_credentials_urls_are_not_signed(omics_sandbox: Sandbox, client: Any, monkeypatch: pytest.MonkeyPatch):
    fill(client, "a b#c")
    for name in omics_sandbox.s3_credentials:
        monkeypatch.delenv(name)
    with S3Store() as store:
        url = store.presign(Entry("bkt/a b#c", "file"))
    assert url == f"{omics_sandbox.s3_url}/bkt/a%20b%23c"
    with S3Store(anonymous=False) as store, pytest.raises(AuthError):
        store.stat("bkt/a")


def test_signed_urls_are_of_version_4_and_give_ranges(store: S3Store, client: Any):
    client.put_object(Bucket="bkt", Key="x", Body=b"0123456789")
    url = store.presign(store.stat("bkt/x"))
    assert "X-Amz-Signature=" in url
    response = httpx.get(url, headers={"range": "bytes=2-4"})
    assert (response.status_code, response.content) == (206, b"234")


def test_of_several_threads_one_makes_the_client(client: Any):
    with S3Store() as store:
        threads = [threading.Thread(target=store.stat, args=("bkt",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.stat("bkt").is_folder


def test_an_object_in_parts_is_verified_by_its_etag(store: S3Store, client: Any, tmp_path: Path):
    upload = client.create_multipart_upload(Bucket="bkt", Key="parts")["UploadId"]
    place = {"Bucket": "bkt", "Key": "parts", "UploadId": upload}
    sent = [client.upload_part(**place, PartNumber=n, Body=b"x" * size) for n, size in ((1, 5 * MIB), (2, 7))]
    parts = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in enumerate(sent, 1)]
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert set(store.stat("bkt/parts").checksums) == {f"s3_etag:{5 * MIB}"}
    (listed,) = store.entries("bkt")
    report = store.download([(listed, "parts")], tmp_path, CopyOptions(require_checksum=True))
    assert [(outcome.state, outcome.verification) for outcome in report.outcomes] == [("done", "verified")]
    assert hashlib.md5((tmp_path / "parts").read_bytes()).digest() == hashlib.md5(b"x" * (5 * MIB + 7)).digest()
    client.put_object(Bucket="bkt", Key="small", Body=b"x" * 7)
    cached = CopyOptions(cache=Cache(tmp_path / "cache"))
    listed = [(entry, entry.name) for entry in store.entries("bkt")]
    reports = [store.download(listed, tmp_path / folder, cached) for folder in ("first", "second")]
    assert [report.from_cache for report in reports] == [0, 2]


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_an_object_in_parts_is_verified_by_the_checksums_of_its_parts(
    store: S3Store, client: Any, tmp_path: Path, omics_sandbox: Sandbox, algorithm: str
):
    """As boto3 puts objects into buckets that KMS encrypts: their ETags are no MD5s, and the checksum is of checksums."""
    omics_sandbox.settings.turn({"s3.etags": "opaque"})
    place = {"Bucket": "bkt", "Key": "parts"}
    how = {"ChecksumAlgorithm": algorithm, "ChecksumType": "COMPOSITE"}
    place["UploadId"] = client.create_multipart_upload(**place, **how)["UploadId"]
    name, parts = f"Checksum{algorithm}", list[dict[str, Any]]()
    for number, body in ((1, b"x" * 5 * MIB), (2, b"y" * 7)):
        part_checksum = {name: checksum_of(algorithm.lower(), body)}
        sent = client.upload_part(**place, PartNumber=number, Body=body, **part_checksum)
        parts.append({"PartNumber": number, "ETag": sent["ETag"], **part_checksum})
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    entry = store.stat("bkt/parts")
    assert list(entry.checksums) == [f"{algorithm.lower()}:{5 * MIB}"]
    report = store.download([(entry, "parts")], tmp_path, CopyOptions(require_checksum=True))
    assert [(outcome.state, outcome.verification) for outcome in report.outcomes] == [("done", "verified")]
