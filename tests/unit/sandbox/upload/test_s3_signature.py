"""Signature Version 4: AWS's own example, and whatever botocore signs."""

import base64
import json
import math
import time
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.s3.guard import required_access, target_of
from omicsdk.sandbox.s3.signature import Signed, read_form, read_signature
from omicsdk.sandbox.state.objects import DeclaredChecksums

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def is_right(secret: str, *request) -> bool:
    signed = read_signature(*request)
    assert isinstance(signed, Signed)
    return signed.is_right(secret)


def test_the_example_of_the_manual_is_right():
    # "Authenticating Requests: Using the Authorization Header", example GET Object, in the S3 API reference.
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    }
    signed = read_signature("GET", "/test.txt", "", headers)
    assert signed is not None
    assert signed.access_key == "AKIAIOSFODNN7EXAMPLE"
    assert is_right(SECRET, "GET", "/test.txt", "", headers)
    assert is_right(SECRET, "GET", "/test.txt", "", {**headers, "host": f"{headers['host']}:8080"})
    assert not is_right(SECRET, "GET", "/test.txt", "", {**headers, "host": f"x{headers['host']}:8080"})
    assert not is_right(SECRET, "PUT", "/test.txt", "", headers)
    assert not is_right(SECRET, "GET", "/test.txt", "acl", headers)
    assert not is_right(SECRET + "x", "GET", "/test.txt", "", headers)
    assert not is_right(SECRET, "GET", "/test.txt", "", {**headers, "range": "bytes=0-8"})


@pytest.mark.parametrize("authorization", ["", "AWS key:signature", "Bearer x", "Basic AWS4-HMAC-SHA256"])
def test_other_signatures_are_none(authorization):
    assert read_signature("GET", "/test.txt", "", {"authorization": authorization}) is None


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)


@given(
    path=texts,
    query=st.dictionaries(texts.filter(bool), texts, max_size=3),
    headers=st.dictionaries(st.sampled_from(["x-amz-meta-a_b", "x-amz-acl", "content-type", "range"]), values),
    presigned=st.booleans(),
    body=st.binary(max_size=5),
)
def test_what_botocore_signs_is_right(path, query, headers, presigned, body):
    text = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query.items())
    url = f"http://127.0.0.1:80/{quote(path, safe='/~')}" + (f"?{text}" if text else "")
    request = AWSRequest("PUT", url, headers=dict(headers), data=b"" if presigned else body)
    credentials = Credentials("ASIAX", SECRET, "token/+=")
    signer = S3SigV4QueryAuth if presigned else S3SigV4Auth
    signer(credentials, "s3", "us-east-1").add_auth(request)
    sent = urlsplit(request.url)
    arrived = {"host": sent.netloc.removesuffix(":80"), **{n.lower(): v for n, v in request.headers.items()}}
    signed = read_signature("PUT", sent.path, sent.query, arrived)
    assert signed is not None
    assert (signed.access_key, signed.token) == ("ASIAX", "token/+=")
    assert is_right(SECRET, "PUT", sent.path, sent.query, arrived)
    assert not is_right(SECRET, "PUT", sent.path + "x", sent.query, arrived)


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("127.0.0.1:9000", "/bucket/a/b", ("bucket", "a/b")),
        ("localhost:9000", "/bucket/a%20b", ("bucket", "a b")),
        ("127.0.0.1:9000", "/bucket", ("bucket", "")),
        ("127.0.0.1:9000", "/", ("", "")),
        ("[::1]:9000", "/bucket/a", ("bucket", "a")),
        ("[::ffff:127.0.0.1]:9000", "/bucket/a", ("bucket", "a")),
        ("s3.amazonaws.com", "/bucket/a", ("bucket", "a")),
        ("s3.eu-west-1.amazonaws.com", "/bucket/a", ("bucket", "a")),
        ("bucket.s3.amazonaws.com", "/a/b", ("bucket", "a/b")),
        ("bucket.s3-accelerate.amazonaws.com", "/a", ("bucket", "a")),
        ("bucket.localhost:9000", "/a", ("bucket", "a")),
        ("127.0.0.1", "/bucket//a", ("bucket", "/a")),
        ("127.0.0.1", "http://127.0.0.1/bucket/a", ("bucket", "a")),
    ],
)
def test_bucket_and_key_are_found_where_they_stand(host, path, expected):
    target = target_of({"HTTP_HOST": host, "RAW_URI": path, "REQUEST_METHOD": "GET"})
    assert (target.bucket, target.key) == expected


def test_the_first_of_several_values_counts():
    target = target_of({"HTTP_HOST": "localhost", "RAW_URI": "/b?prefix=a/&x&prefix=c/", "REQUEST_METHOD": "GET"})
    assert target.query == {"prefix": "a/", "x": ""}


def test_a_copy_names_its_source():
    environ = {"HTTP_HOST": "localhost", "RAW_URI": "/b/k", "REQUEST_METHOD": "PUT"}
    assert target_of(environ).copied is None
    for source, version in {"/other/a%20b?versionId=1": "1", "other/a%20b": None}.items():
        assert target_of({**environ, "HTTP_X_AMZ_COPY_SOURCE": source}).copied == ("other", "a b", version)


@pytest.mark.parametrize(
    ("method", "key", "query", "wish"),
    [
        ("GET", "k", {}, "read"),
        ("HEAD", "k", {"partNumber": "1"}, "read"),
        ("GET", "k", {"tagging": ""}, "read"),
        ("GET", "k", {"uploadId": "u"}, "read"),
        ("GET", "", {"prefix": "a/"}, "read"),
        ("GET", "", {"prefix": "a/", "uploads": ""}, "read"),
        ("PUT", "k", {"partNumber": "1", "uploadId": "u"}, "write"),
        ("PUT", "k", {"tagging": ""}, "write"),
        ("POST", "k", {"uploads": ""}, "write"),
        ("POST", "k", {"uploadId": "u"}, "write"),
        ("DELETE", "k", {"uploadId": "u"}, "write"),
        ("DELETE", "k", {}, None),
        ("DELETE", "k", {"tagging": "", "uploadId": "u"}, None),
        ("POST", "k", {"restore": ""}, None),
        ("POST", "k", {"select": "", "select-type": "2"}, None),
        ("PUT", "k", {"retention": ""}, None),
        ("PUT", "", {}, None),
        ("POST", "", {"delete": ""}, None),
        ("GET", "", {}, None),
        ("GET", "", {"prefix": "a/", "versions": ""}, None),
        ("HEAD", "", {}, None),
        ("GET", "", {"location": ""}, None),
    ],
)
def test_what_a_request_wants_of_a_folder(method, key, query, wish):
    assert required_access(method, key, query) == wish


@pytest.mark.parametrize("seconds", ["", "soon", "9" * 400, "9" * 5000])
def test_a_url_without_an_end_that_can_be_is_over(seconds: str) -> None:
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-Expires={seconds}"
    signed = read_signature("GET", "/test.txt", query, {})
    assert signed is not None
    assert signed.ends == -math.inf


def test_a_signed_digest_that_is_none_is_refused():
    with pytest.raises(Problem, match="valid sha256 value") as caught:
        DeclaredChecksums({"x-amz-content-sha256": "z" * 64})
    assert (caught.value.status, caught.value.code) == (400, "InvalidArgument")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a process keeps its time zone")
@pytest.mark.parametrize("expiration", ["2030-01-02T03:04:05", "2030-01-02T03:04:05Z", "2030-01-02T05:04:05+02:00"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_a_form_ends_at_a_time_of_gmt_wherever_the_sandbox_runs(monkeypatch, expiration, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        policy = base64.b64encode(json.dumps({"expiration": expiration}).encode()).decode()
        signed = read_form({"policy": policy, "awsaccesskeyid": "key"})
    finally:
        monkeypatch.undo()
        time.tzset()
    assert signed is not None
    assert signed.ends == 1893553445
