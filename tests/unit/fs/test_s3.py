"""s3:// paths: buckets and objects examined, listed, fetched, put, copied and removed, with credentials and without."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.main import main
from omicsdk.core import ConfigError, DecodeError, Forbidden
from omicsdk.fs import Entry
from omicsdk.fs.registry import Stores
from omicsdk.fs.stores.buckets import prefix_of, split
from omicsdk.fs.stores.s3 import S3Store
from omicsdk.transfer.network.header_checksums import (
    may_be_of_parts,
    noted_checksums,
    object_checksums,
    of_parts,
    quickest,
)
from s3_service import Answer, Bucket, Request, Service, store_of
from unsettled import unsettled

MIB = 1024 * 1024


@given(st.text("ab/. %é", min_size=1, max_size=9))
def test_a_path_is_a_bucket_and_the_rest(key: str):
    bucket, found = split(f"bkt/{key}")
    assert (bucket, found) == ("bkt", key)
    assert prefix_of(found) == f"{key}/"
    assert (split("bkt"), prefix_of(split("bkt")[1])) == (("bkt", None), "")


def test_an_endpoint_that_is_none_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    unsettled(monkeypatch, tmp_path)
    with S3Store(endpoint_url="nowhere") as store, pytest.raises(ConfigError, match="nowhere"):
        store.stat("bkt")


class Amazon(Service):
    """Amazon: a bucket in another region, which takes only signatures of that one."""

    def __init__(self, status: int = 200, body: bytes = b"") -> None:
        super().__init__(self.respond)
        self.status, self.body = status, body

    def respond(self, request: Request) -> Answer:
        region = {"x-amz-bucket-region": "eu-west-3"}
        if "/eu-west-3/s3/" not in request.headers["authorization"]:
            return Answer(301, b"", region)
        return Answer(403, b"", region) if request.path == "/" else Answer(self.status, self.body, region)


def test_a_bucket_is_queried_in_its_own_region():
    amazon = Amazon()
    store = store_of(amazon)
    url = store.presign(Entry("bkt/key", "file"))
    assert store.presign(Entry("bkt/other", "file")) != url
    assert store.stat("bkt").is_folder  # it may not be listed, but is there
    assert "%2Feu-west-3%2Fs3%2F" in url
    assert [request.host for request in amazon.asked] == [
        f"bkt.s3.{region}.amazonaws.com" for region in ("us-east-1", "eu-west-3", "eu-west-3")
    ]


def test_a_refusal_to_look_is_reported_as_one():
    with pytest.raises(Forbidden):
        store_of(Amazon(403)).stat("bkt/key")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"<ListBucketResult><Name>bkt</Name></ListBucketResult>", "IsTruncated"),
        (b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "NextContinuationToken"),
    ],
)
def test_a_response_that_is_no_list_of_objects_is_no_empty_bucket(body: bytes, field: str):
    store = store_of(Service(lambda _: Answer(body=body)))
    for ask in (lambda: list(store.walk("bkt")), lambda: list(store.entries("bkt"))):
        with pytest.raises(DecodeError, match=f"list of s3://bkt: the response's field '{field}'"):
            ask()


PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Welcome</body></html>"


def test_a_page_of_a_captive_portal_is_no_response_of_s3():
    """Its HEAD states a size, and a change that it answers would count as done."""
    headers = {"content-type": "text/html", "content-length": str(len(PAGE))}
    portal = Service(lambda request: Answer(200, b"" if request.method == "HEAD" else PAGE, headers))
    store, entry = store_of(portal), Entry("bkt/key", "file", 1)
    with pytest.raises(DecodeError, match=r"head_object of s3://bkt/key: the response's field 'ETag' is None"):
        store.stat("bkt/key")
    for ask in (
        lambda: list(store.entries("bkt")),
        lambda: store.remove(entry),
        lambda: store.make_folder("bkt/new"),
        lambda: store.copy(entry, "bkt/other"),
    ):
        with pytest.raises(DecodeError, match="a web page titled 'Log in'"):
            ask()
    assert "a web page titled 'Log in'" in str(store.remove_files([entry])[0])


def told(etag: str, **more: str) -> dict[str, str]:
    return {"etag": f'"{etag}"', **{name.replace("_", "-"): value for name, value in more.items()}}


def test_an_etag_is_a_checksum_only_where_it_is_one_of_the_contents():
    md5, encryption = "0" * 32, "x-amz-server-side-encryption"
    assert object_checksums(told(md5)) == {"md5": md5}
    assert object_checksums(told(md5), etags=False) == {}
    assert object_checksums(told(md5, **{encryption: "AES256"})) == {"md5": md5}
    assert object_checksums(told(md5, **{encryption: "aws:kms"})) == {}
    assert object_checksums(told(md5, **{f"{encryption}-customer-algorithm": "AES256"})) == {}
    assert object_checksums(told(md5, **{"x-goog-encryption-kms-key-name": "projects/p/cryptoKeys/k"})) == {}
    assert object_checksums(told(md5, **{"x-object-meta-static-large-object": "True"})) == {}
    assert object_checksums(told(md5, **{"x-object-manifest": "c/k"})) == {}
    parts = told(f"{md5}-2")
    assert object_checksums(parts) == {}
    assert may_be_of_parts(parts)
    assert not may_be_of_parts(told(md5))
    assert not may_be_of_parts(told(f"{md5}-2", **{encryption: "aws:kms"}))
    assert of_parts(parts, 100 * MIB, None) == of_parts(parts, 100 * MIB, 0) == {}
    assert of_parts(parts, 100 * MIB, 40 * MIB) == {}  # that would be three
    assert of_parts(told(f"{md5}-1"), MIB, MIB) == {f"s3_etag:{MIB}": f"{md5}-1"}
    assert of_parts(parts, 100 * MIB, 50 * MIB) == {f"s3_etag:{50 * MIB}": f"{md5}-2"}
    assert of_parts(parts, 100 * MIB, 64 * MIB) == {"s3_etag": f"{md5}-2"}
    both = told(f"{md5}-2", **{"x-amz-checksum-crc32": "NjYuLg==-2", "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=-2"})
    assert of_parts(both, 100 * MIB, 64 * MIB) == {f"crc32:{64 * MIB}": "36362e2e-2", "s3_etag": f"{md5}-2"}
    s3cmd = {"x-amz-meta-s3cmd-attrs": f"ctime:1/gname:root/md5:{md5}/mode:33188"}
    for noted in (s3cmd, {"x-amz-meta-md5chksum": b64encode(bytes.fromhex(md5)).decode()}):
        assert noted_checksums(parts | noted) == {"md5": md5}
    for noted in ({"x-amz-meta-md5chksum": "x"}, {"x-amz-meta-s3cmd-attrs": "md5:"}):
        assert noted_checksums(parts | noted) == {}
    assert noted_checksums(parts | s3cmd | {"x-amz-meta-s3tools-gpgenc": "gpg"}) == {}  # of the file, not of the object
    assert of_parts({**both, encryption: "aws:kms"}, 100 * MIB, 64 * MIB) == {f"crc32:{64 * MIB}": "36362e2e-2"}
    assert of_parts(told("", **{"x-amz-checksum-crc32": "NjYuLg==-x"}), 100 * MIB, 64 * MIB) == {}


def test_a_slow_checksum_of_the_whole_gives_way_to_those_of_parts():
    """AWS's own clients state CRC64NVME of what they send in parts."""
    etag = f"{'0' * 32}-2"
    head = {"etag": etag, "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=", "x-amz-checksum-type": "FULL_OBJECT"}

    def answer(request: Request) -> Answer:
        return Answer(headers={**head, "content-length": str((50 if "partNumber" in request.query else 100) * MIB)})

    store = store_of(Service(answer))
    entry = store.stat("bkt/key")
    assert list(entry.checksums) == [f"s3_etag:{50 * MIB}", "crc64nvme"]
    assert store.item(entry, "key").checksums == {f"s3_etag:{50 * MIB}": etag}


@pytest.mark.parametrize("status", [405, 501])
def test_a_store_that_copies_nothing_is_left_to_a_download_and_an_upload(status: int):
    store = store_of(Service(lambda _: Answer(status, b"<Error><Code>NotImplemented</Code></Error>")))
    assert store.copy(Entry("bkt/key", "file", 1), "bkt/other") is False


def test_a_bucket_of_another_tenant_with_the_same_name_is_not_copied_to_by_the_store():
    """Ceph stores the copy in the bucket of the source, and reports success."""
    copied = b"<CopyObjectResult><ETag>0</ETag></CopyObjectResult>"
    service = Service(lambda _: Answer(body=copied))
    store = store_of(service)
    for source, target in (("lab:bkt", "bkt"), ("bkt", "lab:bkt"), ("lab:bkt", "other:bkt")):
        assert store.copy(Entry(f"{source}/key", "file", 1), f"{target}/other") is False
    assert service.asked == []
    assert store.copy(Entry("lab:bkt/key", "file", 1), "lab:bkt/other") is True
    assert store.copy(Entry("lab:bkt/key", "file", 1), "lab:bucket/other") is True


def test_a_checksum_of_the_whole_is_told_from_one_of_parts():
    crc32c, kind = "x-amz-checksum-crc32c", "x-amz-checksum-type"
    assert object_checksums(told("", **{crc32c: "NjYuLg=="})) == {"crc32c": "36362e2e"}
    assert object_checksums(told("", **{crc32c: "NjYuLg==-2"})) == {}
    assert object_checksums(told(f"{'0' * 32}-2", **{crc32c: "NjYuLg=="})) == {}
    assert object_checksums(told(f"{'0' * 32}-2", **{crc32c: "NjYuLg==", kind: "FULL_OBJECT"})) == {
        "crc32c": "36362e2e"
    }
    both = told("0" * 32, **{"x-amz-checksum-crc32": "NjYuLg==", crc32c: "NjYuLg=="})
    assert list(object_checksums(both)) == ["crc32c", "crc32", "md5"]
    assert quickest(both) == {"crc32c": "36362e2e"}
    slow = told("0" * 32, **{"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="})
    assert list(object_checksums(slow)) == ["md5", "crc64nvme"]
    assert quickest({**slow, "x-amz-server-side-encryption": "aws:kms"}) == {"crc64nvme": "0" * 16}


def test_a_folder_is_listed_by_one_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    service = Bucket("P/x", "P/y/z", "Q")
    bucket = store_of(service)
    monkeypatch.setattr(Stores, "of", lambda _, uri: bucket)
    assert main(["ls", "s3://bkt/P/", "--output", "jsonl"]) == 0
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == ["y/", "x"]
    assert len(service.asked) == 1
    assert main(["ls", "s3://bkt/missing/"]) == 1
    assert "s3://bkt/missing" in capsys.readouterr().err
    assert main(["ls", "s3://bkt/Q/"]) == 1
    assert "s3://bkt/Q is an object" in capsys.readouterr().err
