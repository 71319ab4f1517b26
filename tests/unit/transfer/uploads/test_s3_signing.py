"""Signatures that follow boto3's example are boto3's own."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.checksums import base64_of
from omicsdk.core.s3_clients import botocore_session
from omicsdk.transfer import S3Object, Source
from omicsdk.transfer.s3 import boto as module

KEYS = {"access_key": "AKID", "secret_key": "very/secret", "token": "t", "expiry_time": "2099-01-01T00:00:00Z"}
SECRET = {"aws_access_key_id": "AKID", "aws_secret_access_key": "very/secret+key", "region_name": "eu-west-1"}


def client(**how: Any) -> Any:
    return boto3.client("s3", **{**SECRET, **how})


HEADERS = {name: f"x-amz-checksum-{name}" for name in ("crc32c", "sha1", "sha256")} | {"md5": "content-md5"}
CLIENTS = {
    "aws": {},
    "path style": {"endpoint_url": "http://127.0.0.1:9000", "config": Config(s3={"addressing_style": "path"})},
    "session": {"aws_session_token": "token/with+signs="},
    "dualstack": {"config": Config(s3={"use_dualstack_endpoint": True})},
}


def signed(s3: Any, key: str, tags: dict[str, str] | None = None, crc32c: str = "00000000", **extra: Any) -> Any:
    to = S3Object(s3, "bucket", key, extra_args=extra, tags=None if tags is None else lambda _: tags)
    request = to.put(Source("/f", "f", 3, checksums={}), {"crc32c": crc32c})
    assert request is not None
    return request


def by_boto(s3: Any, monkeypatch: pytest.MonkeyPatch, *arguments: Any, **how: Any) -> Any:
    with monkeypatch.context() as patched:
        patched.setattr(module, "_clients", WeakKeyDictionary())
        return signed(s3, *arguments, **how)


def moment(url: str) -> str:
    return parse_qs(urlsplit(url).query)["X-Amz-Date"][0]


def comparable(location: Any) -> tuple[str, dict[str, str], dict[str, list[str]]]:
    parts = urlsplit(location.url)
    headers = {name.lower(): value for name, value in location.headers.items()}
    return f"{parts.scheme}://{parts.netloc}{parts.path}", headers, parse_qs(parts.query)


@pytest.mark.parametrize("kind", CLIENTS)
def test_the_second_is_signed_as_boto_would(kind: str, monkeypatch: pytest.MonkeyPatch):
    s3 = client(**CLIENTS[kind])
    signed(s3, "a/first", {"x": "1"}, ContentType="text/plain")
    calls: list[str] = []
    plain = s3.generate_presigned_url
    s3.generate_presigned_url = lambda *a, **k: (calls.append("boto"), plain(*a, **k))[1]
    arguments = ("b/second.json", {"hca-dss-sha1": "ab" * 20, "y z": "1/2"})
    for _ in range(20):  # both within one second
        ours = signed(s3, *arguments, crc32c="deadbeef", ContentType="application/json")
        assert calls == []
        theirs = by_boto(s3, monkeypatch, *arguments, crc32c="deadbeef", ContentType="application/json")
        calls.clear()
        if moment(ours.url) == moment(theirs.url):
            break
    assert comparable(ours) == comparable(theirs)


@pytest.mark.parametrize("checksum", ["crc32c", "sha1", "sha256", "md5", None])
def test_the_second_has_its_own_checksum(checksum: Any):
    s3 = client()
    for value in ("00" * 16, "ff" * 16):
        to = S3Object(s3, "bucket", value, checksum=checksum)
        request = to.put(Source("/f", "f", 3, checksums={}), {checksum: value})
        assert request is not None
        stated = {name.lower(): text for name, text in request.headers.items() if name.lower() in HEADERS.values()}
        assert stated == ({HEADERS[checksum]: base64_of(value)} if checksum else {})


@given(
    st.text("abcXYZ019-_.~/ +&=%\u00e9?#", min_size=1).filter(lambda key: not key.startswith("/")),
    st.text("abcXYZ019-_.~/ +&=%;,\u00e9", min_size=1),
)
def test_whatever_the_key_and_the_values(key: str, value: str):
    s3 = client()
    signed(s3, "first", {"x": "1"})
    with pytest.MonkeyPatch.context() as monkeypatch:
        for _ in range(20):
            ours, theirs = signed(s3, key, {"x": value}), by_boto(s3, monkeypatch, key, {"x": value})
            if moment(ours.url) == moment(theirs.url):
                break
    assert comparable(ours) == comparable(theirs)


def test_other_keys_make_other_signatures(monkeypatch: pytest.MonkeyPatch):
    first, second = client(), client(aws_access_key_id="OTHER")
    signed(first, "a")
    signed(second, "a")
    assert "OTHER" in signed(second, "b").url
    assert "AKID" in signed(first, "b").url
    renewed = first._request_signer._credentials
    monkeypatch.setattr(renewed, "access_key", "NEW")
    assert re.search(r"X-Amz-Credential=NEW%2F", signed(first, "c").url)


def test_what_is_not_signed_in_this_way_is_left_to_boto():
    s3 = client(config=Config(signature_version="s3"))  # version 2
    signed(s3, "a")
    assert "X-Amz-Signature" not in signed(s3, "b").url


def test_objects_with_different_metadata_do_not_share_an_example():
    s3 = client()
    signed(s3, "a", Metadata={"crc32c": "1"})
    assert signed(s3, "b", Metadata={"crc32c": "2"}).headers["x-amz-meta-crc32c"] == "2"
    assert signed(s3, "c", Metadata={"crc32c": "2"}).headers["x-amz-meta-crc32c"] == "2"


def test_clients_read_the_descriptions_of_services_once():
    loaders = {id(botocore_session().get_component("data_loader")) for _ in range(2)}
    assert len(loaders) == 1


def test_only_stated_keys_are_signed_with_at_once():
    session = botocore_session()
    assert S3Object(client(), "bucket", "key").signs_at_once
    refreshed = RefreshableCredentials.create_from_metadata(KEYS, lambda: KEYS, "a test")
    session._credentials = refreshed
    fetching = boto3.Session(botocore_session=session, region_name="eu-west-1").client("s3")
    assert not S3Object(fetching, "bucket", "key").signs_at_once
