"""The dialect of the sandbox's S3: its words, its wire, and objects as moto keeps them."""

import hashlib
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError
from omicsdk.sandbox import STAGING_BUCKET, Rule, Sandbox
from omicsdk.sandbox.s3 import staging
from omicsdk.sandbox.s3.staging import find_object, objects_below, remove_objects
from s3_sandbox import refusal

PLACE = {"Bucket": STAGING_BUCKET, "Key": "k"}
KEY = bytes(range(32))
CUSTOMER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
MIB = 1024 * 1024


@pytest.fixture
def s3(s3_of: Callable[..., Any]) -> Any:
    return s3_of(request_checksum_calculation="when_required", signature_version="s3v4")


def test_a_clock_that_is_too_far_away(sandbox: Sandbox, s3: Any):
    s3.put_object(**PLACE, Body=b"x")
    for ahead, is_right in ((840, True), (960, False)):
        sandbox.settings.turn({"s3.clock_ahead": ahead})
        if is_right:
            assert s3.get_object(**PLACE)["Body"].read() == b"x"
        else:
            assert refusal(lambda: s3.get_object(**PLACE)) == ("RequestTimeTooSkewed", 403)
    date = httpx.get(f"{sandbox.s3_url}/{STAGING_BUCKET}", trust_env=False).headers["date"]
    assert date != httpx.get(f"{sandbox.url}/dss/swagger.json", trust_env=False).headers["date"]


def test_each_header_is_sent_once(s3: Any):  # aiohttp's strict parser, in Python's development mode, refuses others
    response = httpx.get(s3.generate_presigned_url("list_objects_v2", {"Bucket": STAGING_BUCKET}), trust_env=False)
    names = [name for name, _ in response.headers.multi_items()]
    assert (response.status_code, len(names)) == (200, len(set(names)))


def test_a_bucket_of_another_region(sandbox: Sandbox, s3: Any):
    sandbox.settings.turn({"s3.region": "eu-west-3"})
    s3.put_object(**PLACE, Body=b"x")  # boto3 itself follows the redirect
    assert s3.get_object(**PLACE)["Body"].read() == b"x"
    assert [request["status"] for request in sandbox.requests("/_s3/")][:2] == [301, 200]


def test_older_lists(sandbox: Sandbox, s3: Any):
    s3.put_object(**PLACE, Body=b"x")
    sandbox.settings.turn({"s3.lists": "v1"})
    page = s3.list_objects_v2(Bucket=STAGING_BUCKET)
    assert ("KeyCount" in page, page["Contents"][0]["Key"]) == (False, "k")
    sandbox.settings.turn({"s3.lists": "none"})
    assert refusal(lambda: s3.list_objects_v2(Bucket=STAGING_BUCKET)) == ("NotImplemented", 501)
    assert s3.list_objects(Bucket=STAGING_BUCKET)["Contents"][0]["Key"] == "k"


def test_checksums_are_ignored_or_refused(sandbox: Sandbox, s3: Any):
    sandbox.settings.turn({"s3.checksums": "ignored"})
    assert "ChecksumSHA256" not in s3.put_object(**PLACE, Body=b"x", ChecksumAlgorithm="SHA256")
    assert "ChecksumSHA256" not in s3.head_object(**PLACE, ChecksumMode="ENABLED")
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE, ChecksumAlgorithm="SHA256")["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    sandbox.settings.turn({"s3.checksums": "refused"})
    put = {**PLACE, "Body": b"x"}
    assert refusal(lambda: s3.put_object(**put, ChecksumAlgorithm="SHA256")) == ("NotImplemented", 501)
    s3.put_object(**put)
    assert s3.head_object(**PLACE, ChecksumMode="ENABLED")["ContentLength"] == 1


def test_etags_that_are_no_md5(sandbox: Sandbox, s3: Any):
    sandbox.settings.turn({"s3.etags": "opaque"})
    etag = s3.put_object(**PLACE, Body=b"x")["ETag"]
    response = s3.get_object(**PLACE, IfMatch=etag)
    assert (response["ETag"], response["ServerSideEncryption"]) == (etag, "aws:kms")
    assert etag.strip('"') != hashlib.md5(b"x").hexdigest()
    assert s3.list_objects_v2(Bucket=STAGING_BUCKET)["Contents"][0]["ETag"] == etag
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE)["UploadId"]}
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in ((1, b"a" * 5 * MIB), (2, b"b"))
    ]
    assert [part["ETag"] for part in s3.list_parts(**upload)["Parts"]] == [part["ETag"] for part in parts]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    copied = s3.copy_object(
        Bucket=STAGING_BUCKET, Key="c", CopySource=PLACE, CopySourceIfMatch=s3.head_object(**PLACE)["ETag"]
    )
    assert copied["CopyObjectResult"]["ETag"] == s3.head_object(Bucket=STAGING_BUCKET, Key="c")["ETag"]


def test_customers_keys(s3: Any):
    other = {**CUSTOMER_KEY, "SSECustomerKey": bytes(32)}
    s3.put_object(**PLACE, Body=b"x", **CUSTOMER_KEY)
    assert s3.get_object(**PLACE, **CUSTOMER_KEY)["SSECustomerAlgorithm"] == "AES256"
    assert refusal(lambda: s3.get_object(**PLACE)) == ("InvalidRequest", 400)
    assert refusal(lambda: s3.head_object(**PLACE)) == ("400", 400)
    assert refusal(lambda: s3.get_object(**PLACE, **other)) == ("AccessDenied", 403)
    assert refusal(lambda: s3.put_object(**PLACE, Body=b"y", IfNoneMatch="*", **other)) == ("PreconditionFailed", 412)
    assert s3.get_object(**PLACE, **CUSTOMER_KEY)["Body"].read() == b"x"
    to = {"Bucket": STAGING_BUCKET, "Key": "c"}
    assert refusal(lambda: s3.copy_object(**to, CopySource=PLACE)) == ("InvalidRequest", 400)
    source = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": KEY}
    s3.copy_object(**to, CopySource=PLACE, **source)
    assert s3.get_object(**to)["Body"].read() == b"x"
    assert refusal(lambda: s3.get_object(**to, **CUSTOMER_KEY)) == ("InvalidRequest", 400)
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE, **other)["UploadId"]}
    assert refusal(lambda: s3.upload_part(**upload, PartNumber=1, Body=b"y")) == ("InvalidRequest", 400)
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"y", **other)["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}, **other)
    assert s3.get_object(**PLACE, **other)["Body"].read() == b"y"
    s3.put_object(**PLACE, Body=b"z")
    assert s3.get_object(**PLACE)["Body"].read() == b"z"


BUCKET = "org-humancellatlas-upload-sandbox"


@pytest.fixture
def area_s3(s3_of: Callable[..., Any], keys: dict[str, str]) -> Any:
    """A client with the credentials of the area."""
    return s3_of(keys)


def test_requests_are_logged_without_secrets(sandbox: Sandbox, area: str, keys: dict[str, str], s3_of: Any):
    s3 = s3_of(keys, signature_version="s3v4")
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a b", Body=b"abc")
    s3.get_object(Bucket=BUCKET, Key=f"{area}/a b", Range="bytes=1-")["Body"].read()
    httpx.get(s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": f"{area}/a b"}), trust_env=False)
    with pytest.raises(ClientError):
        s3.list_objects_v2(Bucket=BUCKET)
    path = f"/_s3/{BUCKET}/{area}/a%20b"
    seen = sandbox.requests("/_s3/")
    assert [
        (request["method"], request["path"], request["status"], request["range"], request["done"]) for request in seen
    ] == [
        ("PUT", path, 200, "", True),
        ("GET", path, 206, "bytes=1-", True),
        ("GET", path, 200, "", True),
        ("GET", f"/_s3/{BUCKET}", 403, "", True),
    ]
    assert seen[1]["sent"] == 2
    assert [request["query"] for request in seen] == ["", "", "", "list-type=2&encoding-type=url"]
    assert sandbox.requests(path) == seen[:3]
    assert sandbox.requests("/_s3/") == sandbox.s3_log.entries()
    assert [request for request in sandbox.requests() if request["path"].startswith("/_s3")] == []
    payload = httpx.get(f"{sandbox.url}/_sandbox/requests", params={"path": "/_s3/"}, trust_env=False).json()
    assert payload == {"requests": seen}


def test_what_the_sandbox_does_itself_is_neither_logged_nor_disturbed(sandbox: Sandbox):
    sandbox.add_faults(Rule("status", path="/_s3/*"))
    sandbox.dss.context.staging.make_bucket("more")
    assert sandbox.requests("/_s3/") == []


def test_s3_refuses_on_demand(sandbox: Sandbox, area: str, area_s3: Any):
    path = f"/_s3/{BUCKET}/{area}/*"
    sandbox.add_faults(Rule("status", path=path, method="PUT", status=400, code="ExpiredToken", times=1))
    put = {"Bucket": BUCKET, "Key": f"{area}/a", "Body": b"a" * 3_000_000}
    with pytest.raises(ClientError, match="ExpiredToken") as caught:
        area_s3.put_object(**put)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    area_s3.put_object(**put)
    sandbox.add_faults(Rule("status", path=path, status=503, code="SlowDown", retry_after=3, times=1))
    response = httpx.get(f"{sandbox.s3_url}/{BUCKET}/{area}/a", trust_env=False)
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")
    assert [request["status"] for request in sandbox.requests("/_s3/")] == [400, 200, 503]


def test_s3_gives_no_response_on_demand(sandbox: Sandbox, area: str, area_s3: Any, caplog):
    sandbox.add_faults(Rule("reset", path="/_s3/*", times=1))
    put = {"Bucket": BUCKET, "Key": f"{area}/a", "Body": b"a"}
    with pytest.raises(ConnectionClosedError):
        area_s3.put_object(**put)
    area_s3.put_object(**put)
    assert caplog.records == []
    assert [(request["status"], request["done"]) for request in sandbox.requests("/_s3/")] == [(0, False), (200, True)]


def test_rules_for_everything_leave_s3_alone(sandbox: Sandbox, area: str, area_s3: Any):
    sandbox.add_faults(Rule("status", path="*"))
    area_s3.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a")
    assert httpx.head(f"{sandbox.upload_url}/area/{area}", trust_env=False).status_code == 503


def test_what_s3_can_not_show_is_refused():
    with pytest.raises(ValueError, match="status and reset"):
        Rule("throttle", path="/_s3/*")


def put(sandbox: Sandbox, name: str, content: bytes, **more: object) -> None:
    client = sandbox.dss.context.staging.client()
    client.put_object(Bucket=STAGING_BUCKET, Key=name, Body=content, **more)


def test_an_object_is_described_and_read_block_by_block(sandbox: Sandbox, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK", 4)
    put(sandbox, "a/b", b"0123456789", ContentType="text/plain", Metadata={"Kind": "x"})
    object_ = find_object(STAGING_BUCKET, "a/b")
    assert object_ is not None
    assert (object_.size, object_.content_type, object_.metadata) == (10, "text/plain", {"kind": "x"})
    assert list(object_.blocks()) == [b"0123", b"4567", b"89"]


def test_readers_do_not_move_each_other(sandbox: Sandbox, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK", 3)
    put(sandbox, "a", b"0123456789")
    object_ = find_object(STAGING_BUCKET, "a")
    assert object_ is not None
    one, other = object_.blocks(), object_.blocks()
    assert [next(one), next(other), next(one), next(other)] == [b"012", b"012", b"345", b"345"]
    client = sandbox.dss.context.staging.client()
    client.get_object(Bucket=STAGING_BUCKET, Key="a")["Body"].read()
    assert next(one) == b"678"


def test_a_missing_object_is_none(sandbox: Sandbox):
    assert sandbox.s3_url
    assert find_object(STAGING_BUCKET, "a") is None
    assert find_object("no-such-bucket", "a") is None
    assert objects_below("no-such-bucket", "") == []


def test_objects_are_listed_by_name_and_removed_with_their_tags(sandbox: Sandbox):
    for name in ("b/2", "b/1", "a", "bb"):
        put(sandbox, name, b"x", Tagging="own=1")
    assert [object_.name for object_ in objects_below(STAGING_BUCKET, "b/")] == ["b/1", "b/2"]
    client = sandbox.dss.context.staging.client()
    for name in ("a", "b/parts"):
        client.create_multipart_upload(Bucket=STAGING_BUCKET, Key=name)
    remove_objects(STAGING_BUCKET, "b/")
    assert [upload["Key"] for upload in client.list_multipart_uploads(Bucket=STAGING_BUCKET)["Uploads"]] == ["a"]
    assert [object_.name for object_ in objects_below(STAGING_BUCKET, "")] == ["a", "bb"]
    put(sandbox, "b/1", b"new")
    renewed = find_object(STAGING_BUCKET, "b/1")
    assert renewed is not None
    assert renewed.tags == {}


def test_objects_are_listed_while_others_put_some(sandbox: Sandbox):
    put(sandbox, "a", b"x")
    stop = threading.Event()

    def keep_putting() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            put(sandbox, f"more/{number}", b"x")

    thread = threading.Thread(target=keep_putting)
    thread.start()
    try:
        for _ in range(50):
            assert objects_below(STAGING_BUCKET, "")[0].name == "a"
    finally:
        stop.set()
        thread.join()


LENGTHS = [("PUT", "", {"Content-Length": value}, b"x") for value in ("abc", "-1", "1e3", "5, 5", "+1")]
SOURCE = {"x-amz-copy-source": f"/{STAGING_BUCKET}/k"}
PART = "?uploadId={}&partNumber=1"
COUNTS = ("", "-1", "abc", "1.5", "%2B1")
NOT_XML = (b"<", b"<a/>", b"\xff")


@pytest.mark.parametrize(
    ("code", "requests"),
    [
        ("BadRequest", [*LENGTHS, ("PUT", "", {"Transfer-Encoding": "chunked"}, b"zz\r\n\r\n0\r\n\r\n")]),
        ("EntityTooLarge", [("PUT", "", {"Content-Length": "9" * 20}, b"")]),
        ("InvalidArgument", [("PUT", "", {"x-amz-copy-source": source}, b"") for source in ("", "/", "/bucket")]),
        ("InvalidArgument", [("PUT", PART, SOURCE | {"x-amz-copy-source-range": value}, b"") for value in ("bytes=x", "5")]),
        ("InvalidArgument", [("PUT", "", SOURCE | {"x-amz-copy-source-if-modified-since": "abc"}, b"")]),
        ("InvalidArgument", [("GET", f"?uploadId={{}}&{name}={number}", {}, b"") for number in COUNTS for name in ("max-parts", "part-number-marker")]),
        ("InvalidArgument", [("PUT", f"?uploadId={{}}&partNumber={number}", {}, b"x") for number in (*COUNTS, "0", "10001")]),
        ("InvalidArgument", [("GET", f"?partNumber={number}", {}, b"") for number in (*COUNTS, "0", "10001")]),
        ("InvalidDigest", [("PUT", "", {"Content-MD5": value}, b"x") for value in ("abc", "====", "AAAA")]),
        ("InvalidRequest", [("PUT", "", {"x-amz-sdk-checksum-algorithm": "abc"}, b"x"), ("POST", "?uploads", {"x-amz-checksum-type": "abc"}, b"")]),
        ("MalformedXML", [("POST", "?uploadId={}", {}, body) for body in (*NOT_XML, b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag/></Part></CompleteMultipartUpload>")]),
        ("MalformedXML", [("PUT", "?tagging", {}, body) for body in (*NOT_XML, b"<Tagging><TagSet><Tag/></TagSet></Tagging>")]),
    ],
)  # fmt: skip
def test_malformed_requests_are_refused(sandbox: Sandbox, s3: Any, code: str, requests: list[tuple[Any, ...]]):
    s3.put_object(**PLACE, Body=b"0123456789")
    upload = s3.create_multipart_upload(**PLACE)["UploadId"]
    for method, query, headers, body in requests:
        response = sent(sandbox, method, f"{STAGING_BUCKET}/k{query.format(upload)}", headers, body)
        assert response.startswith("HTTP/1.1 400 "), (method, query, headers)
        assert f"<Code>{code}</Code>" in response, (method, query, headers)


def test_malformed_documents_and_counts_of_buckets_are_refused(sandbox: Sandbox):
    for query, body in (("delete", b""), *(("delete", body) for body in (*NOT_XML, b"<Delete><Object/></Delete>"))):
        assert "<Code>MalformedXML</Code>" in sent(sandbox, "POST", f"{STAGING_BUCKET}?{query}", {}, body), body
    for count in COUNTS:
        for query in ("max-keys", "list-type=2&max-keys", "versions&max-keys", "uploads&max-uploads"):
            response = sent(sandbox, "GET", f"{STAGING_BUCKET}?{query}={count}", {}, b"")
            assert "<Code>InvalidArgument</Code>" in response, (query, count)
        assert "<Code>InvalidArgument</Code>" in sent(sandbox, "GET", f"?max-buckets={count}", {}, b""), count


@pytest.mark.parametrize("date", ["abc", "", "0", "Mon, 99 Foo 2020 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 -2500"])
def test_what_is_no_date_is_no_condition(sandbox: Sandbox, s3: Any, date: str):  # RFC 9110, 13.1.3
    s3.put_object(**PLACE, Body=b"x")
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        assert sent(sandbox, "GET", f"{STAGING_BUCKET}/k", {name: date}, b"").startswith("HTTP/1.1 200 ")


def sent(sandbox: Sandbox, method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """The response to a request whose headers are sent as they are, which no client of HTTP does."""
    names, url = sandbox.environment(), f"{sandbox.s3_url}/{path}"
    keys = Credentials(names["AWS_ACCESS_KEY_ID"], names["AWS_SECRET_ACCESS_KEY"])
    request = AWSRequest(method, url, data=body)
    S3SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
    lines = {"Content-Length": str(len(body))} if "Transfer-Encoding" not in headers else {}
    lines |= {"Host": urlsplit(url).netloc, "Connection": "close", **dict(request.headers.items()), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(tuple(urlsplit(url).netloc.split(":")), timeout=20) as connection:
        connection.sendall(f"{method} {url.removeprefix(sandbox.s3_url)} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()
