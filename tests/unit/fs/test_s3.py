"""s3:// paths: buckets and objects examined, listed, fetched, put, copied and removed, with credentials and without."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ConfigError, DecodeError, Forbidden
from omicsdk.fs import Entry
from omicsdk.fs.stores.s3 import S3Store, checksums, may_be_of_usual_parts, prefix_of, split
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


class Amazon:
    """Amazon's responses without a network: a bucket in another region, which takes only signatures of that one."""

    def __init__(self, status: int = 200, body: bytes = b"") -> None:
        self.session = boto3.Session("key", "secret", region_name="us-east-1")
        self.session._session.register("before-send.s3", self.response)
        self.asked: list[str] = []
        self.status, self.body = status, body

    def response(self, request: Any, **_: object) -> AWSResponse:
        host, path = urlsplit(request.url).netloc, urlsplit(request.url).path
        self.asked.append(f"{request.method} {host}{path}")
        status, body = self.status, self.body
        if path in ("", "/"):
            status, body = 403, b""
        return AWSResponse(request.url, status, {"x-amz-bucket-region": "eu-west-3"}, Raw(body))


class Raw:
    """A body as urllib3 has it."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.body

    def read(self, *_: object) -> bytes:
        return self.body


def test_a_bucket_is_queried_in_its_own_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    unsettled(monkeypatch, tmp_path)
    amazon = Amazon()
    with S3Store(session=amazon.session) as store:
        url = store.location(Entry("bkt/key", "file")).url
        assert store.location(Entry("bkt/other", "file")).url != url
        assert store.stat("bkt").is_folder  # it may not be listed, but is there
    assert "%2Feu-west-3%2Fs3%2F" in url
    assert len(amazon.asked) == 2


def test_a_refusal_to_look_is_reported_as_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    unsettled(monkeypatch, tmp_path)
    with S3Store(session=Amazon(403).session) as store, pytest.raises(Forbidden):
        store.stat("bkt/key")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"<ListBucketResult><Name>bkt</Name></ListBucketResult>", "IsTruncated"),
        (b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "NextContinuationToken"),
    ],
)
def test_a_response_that_is_no_list_of_objects_is_no_empty_bucket(
    body: bytes, field: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    class Listing(Amazon):
        def response(self, request: Any, **_: object) -> AWSResponse:
            return AWSResponse(request.url, 200, {}, Raw(body))

    unsettled(monkeypatch, tmp_path)
    with S3Store(session=Listing().session) as store:
        for ask in (lambda: list(store.walk("bkt")), lambda: list(store.entries("bkt"))):
            with pytest.raises(DecodeError, match=f"list_objects_v2 of s3://bkt: the response's field '{field}'"):
                ask()


PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Welcome</body></html>"


def test_a_page_of_a_captive_portal_is_no_response_of_s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """It is well-formed XML, and its HEAD states a size: boto3 takes it for responses without fields."""

    class Portal(Amazon):
        def response(self, request: Any, **_: object) -> AWSResponse:
            headers = {"content-type": "text/html", "content-length": str(len(PAGE))}
            return AWSResponse(request.url, 200, headers, Raw(b"" if request.method == "HEAD" else PAGE))

    unsettled(monkeypatch, tmp_path)
    entry = Entry("bkt/key", "file", 1)
    with S3Store(session=Portal().session) as store:
        with pytest.raises(DecodeError, match=r"head_object of s3://bkt/key: the response's field 'ETag' is None"):
            store.stat("bkt/key")
        for ask in (
            lambda: list(store.entries("bkt")),
            lambda: store.remove(entry),
            lambda: store.copy(entry, "bkt/other"),
        ):
            with pytest.raises(DecodeError, match="a web page titled 'Log in'"):
                ask()


def told(etag: str, size: int, **more: str) -> dict[str, Any]:
    return {"ETag": f'"{etag}"', "ContentLength": size, **more}


def test_an_etag_is_a_checksum_only_where_it_is_one_of_the_contents():
    md5 = "0" * 32
    assert checksums(told(md5, 3), 3, None) == {"md5": md5}
    assert checksums(told(md5, 3, ServerSideEncryption="AES256"), 3, None) == {"md5": md5}
    assert checksums(told(md5, 3, ServerSideEncryption="aws:kms"), 3, None) == {}
    assert checksums(told(md5, 3, SSECustomerAlgorithm="AES256"), 3, None) == {}
    parts = told(f"{md5}-2", 100 * MIB)
    assert may_be_of_usual_parts(parts)
    assert not may_be_of_usual_parts(told(f"{md5}-20", 100 * MIB))
    assert checksums(parts, 100 * MIB, None) == {}
    assert checksums(parts, 100 * MIB, 50 * MIB) == {}
    assert checksums(parts, 100 * MIB, 64 * MIB) == {"s3_etag": f"{md5}-2"}
    assert checksums(told("", 3, ChecksumCRC32C="NjYuLg=="), 3, None) == {"crc32c": "36362e2e"}
    assert checksums(told("", 3, ChecksumCRC32C="NjYuLg==-2"), 3, None) == {}
    assert checksums(told(f"{md5}-2", 3, ChecksumCRC32C="NjYuLg=="), 3, None) == {}
    whole = told(f"{md5}-2", 3, ChecksumCRC32C="NjYuLg==", ChecksumType="FULL_OBJECT")
    assert checksums(whole, 3, None) == {"crc32c": "36362e2e"}
