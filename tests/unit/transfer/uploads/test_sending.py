"""The requests of an upload, with their bodies as they are read from the file, and the meaning of a store's response."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import RateLimited, ServerError, SourceChanged
from omicsdk.core.checksums import Digests, base64_of, from_base64
from omicsdk.core.sending.connections import Network
from omicsdk.sandbox.state.objects import checksum_of
from omicsdk.transfer import FollowUp, Form, Location, PutTo, TransferOptions, Upload
from omicsdk.transfer.network.wire import ABORT, Ask
from omicsdk.transfer.uploads.job import Job, SourceFile
from omicsdk.transfer.uploads.sending import (
    BODY_LIMIT,
    Examining,
    FileBody,
    Kind,
    Prepared,
    Response,
    Sending,
    announced,
    difference,
    examined,
    facts_of,
    is_page,
    judge,
)
from omicsdk.transfer.uploads.store import Cut, Unconfirmed
from recorded_server import body_of, exchanges

BYTES = b"0123456789"
CUT = Cut(2, 3, 4)
URL = "https://store.org/k"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SourceFile]:
    path = tmp_path / "file"
    path.write_bytes(BYTES)
    opened = SourceFile(str(path), "file")
    yield opened
    opened.close()


def job_of(source: SourceFile, to: PutTo) -> Job:
    job = Job(0, Upload(source.path, to), source.path, None, TransferOptions())
    job.source = source
    return job


def sending(source: SourceFile, location: Location, **to: Any) -> Sending:
    job = job_of(source, PutTo(location, **to))
    return Sending(job, Prepared(CUT, {}, location, 0.0, job.epoch), 0.0)


def signature(method: str, url: str) -> Mapping[str, str]:
    return {"authorization": f"{method} {url}"}


@pytest.mark.parametrize("around", [(b"", b""), (b"before:", b":after")])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_body_is_a_stretch_of_the_file_and_what_is_around_it(
    source: SourceFile, around: tuple[bytes, bytes], size: int
) -> None:
    body = FileBody(source, CUT, *around)
    pieces = list[bytes]()
    while piece := body.read(size):
        assert isinstance(piece, bytes)
        pieces.append(piece)
    before, after = around
    assert b"".join(pieces) == before + BYTES[3:7] + after
    assert (body.sent, body.position, body.problem) == (4, body.length, None)
    body.seek(len(before) + 1)
    assert body.read(100) == BYTES[4:7]
    assert body.sent == 7


def test_the_last_byte_of_a_file_that_has_changed_is_not_sent(source: SourceFile) -> None:
    body = FileBody(source, CUT)
    Path(source.path).write_bytes(BYTES * 2)
    assert body.read(3) == BYTES[3:6]
    assert body.read(3) == ABORT
    assert isinstance(body.problem, SourceChanged)
    assert body.sent == 3


@pytest.mark.parametrize(
    ("location", "method", "headers"),
    [
        (Location(URL, {"X-Own": "1", "Content-Length": "9"}), "PUT", {"x-own": "1"}),
        (Location(URL, {"X-Own": "1"}, sign=signature), "PUT", {"x-own": "1", "authorization": f"PUT {URL}"}),
        (Form(URL, sign=signature), "POST", {"authorization": f"POST {URL}"}),
    ],
)
def test_a_part_is_requested_with_the_headers_of_its_location(
    source: SourceFile, location: Location, method: str, headers: dict[str, str]
) -> None:
    attempt = sending(source, location)
    ask = attempt.ask()
    sent = dict(ask.headers)
    assert sent.pop("user-agent").startswith("omicsdk")
    assert sent.pop("accept") == "*/*"
    boundary = sent.pop("content-type", "").removeprefix("multipart/form-data; boundary=")
    assert (ask.url, ask.method, ask.body, ask.route, sent) == (URL, method, attempt.file_body, None, headers)
    whole = attempt.file_body.read(1000)
    assert isinstance(whole, bytes)
    assert bool(boundary) == (method == "POST") == whole.startswith(f"--{boundary}\r\n".encode())


def test_what_was_stored_is_examined_without_the_headers_of_the_body(source: SourceFile) -> None:
    location = Location(URL, {"Content-MD5": "x", "X-Own": "1"})
    for signed in (location, location.replaced(sign=signature)):
        examining = Examining(job_of(source, PutTo(signed)), signed)
        url, (agent, *headers), *others = examining.ask()
        assert (url, agent[0], others) == (URL, "user-agent", ["HEAD", None, None])
        assert dict(headers) == {"x-own": "1", **(signature("HEAD", URL) if signed.sign else {})}
        assert (examining.lines, examining.body) == ([], b"")


def test_requests_take_the_route_to_their_url(source: SourceFile) -> None:
    location = Location(URL)
    to = PutTo(location, route=lambda url: Network(proxy=f"http://proxy/?{url}"))
    job = job_of(source, to)
    asks: list[Ask] = [sending(source, location, route=to.route).ask(), Examining(job, location).ask()]
    for ask in asks:
        assert ask.route is not None
        assert ask.route["PROXY"] == f"http://proxy/?{URL}"


def test_an_attempt_is_stale_once_its_job_has_begun_again(source: SourceFile) -> None:
    attempt = sending(source, Location(URL))
    assert not attempt.stale
    attempt.job.epoch += 1
    assert attempt.stale


# -- responses


def xml(code: str, message: str = "No.") -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message><RequestId>R1</RequestId></Error>".encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", Kind.SENT),
        (201, b"", Kind.SENT),
        (204, b"", Kind.SENT),
        (206, b"", Kind.REFUSED),
        (304, b"", Kind.REFUSED),
        (403, xml("AccessDenied", "Request has expired"), Kind.ENDED),
        (401, b"", Kind.ENDED),
        (410, b"", Kind.ENDED),
        (400, xml("ExpiredToken"), Kind.ENDED),
        (400, xml("RequestTimeout"), Kind.LATER),
        (400, xml("BadDigest"), Kind.DAMAGED),
        (400, xml("XAmzContentChecksumMismatch"), Kind.DAMAGED),
        (400, xml("EntityTooSmall"), Kind.REFUSED),
        (400, b"", Kind.REFUSED),
        (404, xml("NoSuchUpload"), Kind.GONE),
        (404, b"", Kind.GONE),
        (404, xml("NoSuchBucket"), Kind.REFUSED),
        (409, xml("OperationAborted"), Kind.LATER),
        (408, b"", Kind.LATER),
        (429, b"", Kind.LATER),
        (500, xml("InternalError"), Kind.LATER),
        (503, xml("SlowDown"), Kind.LATER),
        (411, b"", Kind.REFUSED),
        (507, b"", Kind.REFUSED),
        (0, b"", Kind.REFUSED),
    ],
)
def test_kinds(status: int, body: bytes, kind: Kind):
    assert judge(status, {}, body, 0.0).kind is kind


CODES = {
    Kind.ENDED: ("ExpiredToken", "RequestTimeTooSkewed", "TokenRefreshRequired", "ExpiredRequest"),
    Kind.DAMAGED: ("BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "InvalidDigest"),
    Kind.LATER: (
        "RequestTimeout",
        "IncompleteBody",
        "OperationAborted",
        "ConditionalRequestConflict",
        "SlowDown",
        "InternalError",
    ),
}


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes])
def test_codes_of_s3_decide_where_the_status_does_not(kind: Kind, code: str):
    assert judge(400, {}, xml(code), 0.0).kind is kind


@pytest.mark.parametrize(
    ("headers", "body", "page"),
    [
        ({"content-type": "text/html; charset=utf-8"}, b"x", True),
        ({"content-type": "Application/XHTML+xml ;x"}, b"x", True),
        ({"content-type": "text/html"}, b" ", False),
        ({"content-type": "application/xml"}, b" \n<!DOCTYPE HTML>", True),
        ({"content-type": "text/html"}, b"", False),
        ({}, b"<HTML>", True),
        ({}, b"<!doctype htm", False),
        ({"content-type": "application/xml"}, b"<Error/>", False),
    ],
)
def test_a_web_page_is_told_by_its_type_or_its_beginning(headers: dict[str, str], body: bytes, page: bool):
    assert is_page(headers, body) == page
    assert judge(200, {**headers, "etag": f'"{"0" * 32}"'}, body, 0.0).kind is (Kind.FOREIGN if page else Kind.SENT)
    created = judge(201, {**headers, "etag": '"e"'}, body, 0.0)  # by Apache with WebDAV
    assert (created.kind, created.facts) == (Kind.SENT, {} if page else {"etag": "e"})


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {"content-length": "5", "etag": '"e"'}, {"size": "5", "etag": "e"}),
        (200, {"content-length": "x"}, None),
        (200, {}, None),
        (204, {"content-length": "5"}, None),
        (403, {"content-length": "5"}, None),
        (404, {}, Unconfirmed),
        (410, {}, Unconfirmed),
        (503, {}, ServerError),
        (429, {}, RateLimited),
    ],
)
def test_what_a_store_has_after_a_put_is_examined(status: int, headers: dict[str, str], expected: Any):
    if expected is None or isinstance(expected, dict):
        assert examined("a", status, headers) == expected
    else:
        with pytest.raises(expected, match="a: the store"):
            examined("a", status, headers)


SIGNED_2 = ("https://s/k?AWSAccessKeyId=a", "https://s/k?x=1&GoogleAccessId=a")


@pytest.mark.parametrize(
    ("location", "is_announced"),
    [
        (Location("https://s/k?X-Amz-Signature=a"), True),
        (Location("https://s/k", {"Content-Type": "x"}), True),
        (Location("https://s/k", {"Content-MD5": "own"}), False),
        (Location("https://s/k", {"X-Amz-Checksum-SHA256": "own"}), False),
        (Form("https://s/k", fields={}), False),
        *((Location(url), False) for url in SIGNED_2),  # they cover it
    ],
)
def test_the_md5_of_a_whole_file_is_announced_unless_the_signature_forbids_it(location: Location, is_announced: bool):
    sent = announced(location, {"md5": "00" * 16})
    if is_announced:
        assert dict(sent.headers) == {**location.headers, "content-md5": base64_of("00" * 16)}
    else:
        assert sent is location


@pytest.mark.parametrize(
    ("body", "whole", "status"), [(b"", True, 201), (b"", False, None), (b"<html>login</html>", True, None)]
)
def test_a_request_after_an_upload_reports_its_response_unless_it_is_a_page(
    body: bytes, whole: bool, status: int | None
):
    answers: list[tuple[int | None, dict[str, str]]] = []
    sent = {"content-type": "application/json", "content-length": "2", "accept": "application/json"}
    following = FollowUp("https://s/x", sent, b"{}", lambda *answer: answers.append((answer[0], dict(answer[1]))))
    assert (following.ask.method, following.ask.url) == ("PUT", "https://s/x")
    headers = dict(following.ask.headers)
    assert headers.pop("user-agent")
    assert headers == {"content-type": "application/json", "accept": "application/json"}
    assert dict(FollowUp("https://s/x", {}, b"", print, "POST").ask.headers)["accept"] == "*/*"
    following.lines += [b"HTTP/1.1 201 Created\r\n", b"X-Id: 7\r\n"]
    following.body += body
    following.ended(whole=whole)
    assert answers == [(status, {"x-id": "7"} if status else {})]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_one_only_when_it_states_where_to(status: int):
    assert judge(status, {"location": "/there"}, b"", 0.0).location == "/there"
    assert judge(status, {}, xml("PermanentRedirect"), 0.0).kind is Kind.REFUSED


def test_the_stores_own_words_are_read():
    verdict = judge(403, {"retry-after": "7"}, xml("AccessDenied", "Access &amp; more"), 0.0)
    assert (verdict.error_body.code, verdict.error_body.message, verdict.error_body.request_id) == (
        "AccessDenied",
        "Access & more",
        "R1",
    )
    assert verdict.retry_after == 7


@pytest.mark.parametrize(
    "body", [b'{"error": {"code": 403, "message": "No."}}', b'{"code": 403, "message": "No."}', b'{"error": "No."}']
)
def test_words_in_json_are_read(body: bytes):
    verdict = judge(403, {}, body, 0.0)
    assert verdict.error_body.message == "No."


@given(
    st.integers(0, 999),
    st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4),
    st.binary(max_size=300),
)
def test_no_response_breaks_the_judge(status: int, headers: dict[str, str], body: bytes):
    assert judge(status, headers, body, 0.0).status == status
    assert judge(status, headers, b"{" + body, 0.0).status == status


def test_what_a_response_states_of_the_bytes():
    headers = {
        "etag": '"9e107d9d372bb6826bd81d3542a419d6"',
        "x-amz-checksum-crc32c": "ImIEBA==",
        "x-amz-checksum-sha256": "not base64!",
        "x-goog-hash": "crc32c=AAAAAA==,md5=ngd",
    }
    assert facts_of(headers) == {
        "etag": "9e107d9d372bb6826bd81d3542a419d6",
        "md5": "9e107d9d372bb6826bd81d3542a419d6",
        "crc32c": "00000000",
    }
    assert facts_of({"content-md5": base64_of("00" * 16)}) == {"md5": "00" * 16}  # Azure's
    assert facts_of({"content-language": base64_of("00" * 16)}) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-server-side-encryption": "aws:kms:dsse"},
        {"x-amz-server-side-encryption": "SM4"},  # as other stores call theirs
        {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
        {"x-goog-encryption-kms-key-name": "projects/p/cryptoKeys/k"},
    ],
)
def test_an_etag_of_an_encrypted_part_is_no_md5(headers: dict[str, str]):
    assert "md5" not in facts_of({"etag": '"9e107d9d372bb6826bd81d3542a419d6"', **headers})
    plain = {"etag": '"9e107d9d372bb6826bd81d3542a419d6"', "x-amz-server-side-encryption": "AES256"}
    assert "md5" in facts_of(plain)


@given(st.binary(min_size=32, max_size=32))
def test_base64_and_hex_are_each_others(data: bytes):
    assert from_base64("sha256", base64_of(data.hex())) == data.hex()
    assert from_base64("sha256", base64_of(data.hex()) + "-7") == ""


def test_differences_are_found_where_both_know():
    ours = {"crc32c": "00000001", "sha256": "aa"}
    assert difference(ours, {"etag": "x", "md5": "y"}) is None
    assert difference(ours, {"crc32c": "00000001"}) is None
    assert difference(ours, {"sha256": "bb"}) == ("sha256", "aa", "bb")


def test_bodies_are_kept_up_to_a_limit():
    response = Response()
    for _ in range(10):
        assert response.take(b"x" * 16384) is None
    assert len(response.body) == BODY_LIMIT


# -- responses of moto 5.2.5, s3rver 3.7.1 and rclone serve s3 1.75.2 to PUTs of objects and parts


CHECKSUM = "x-amz-checksum-"
PUTS = {
    f"{server}: {exchange['step']}": exchange
    for server in ("moto", "s3rver", "rclone")
    for exchange in exchanges(f"s3-{server}")
    if exchange["request"]["method"] == "PUT"
    and "etag" in exchange["response"]["headers"]
    and exchange["step"] != "copy object"
}


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS)
def test_a_real_servers_response_confirms_the_bytes_and_no_others(put: Any) -> None:
    verdict = judge(200, put["response"]["headers"], b"", 0.0)
    digests = Digests(("crc32c", "sha1", "sha256", "md5"))
    digests.update(body_of(put["request"]))
    ours = digests.values()
    assert verdict.kind is Kind.SENT
    assert difference(ours, verdict.facts) is None
    assert verdict.facts["md5"] == ours["md5"]
    assert difference({"md5": "0" * 32}, verdict.facts) is not None


CHECKSUM_CASES = [
    pytest.param(put, name.removeprefix(CHECKSUM), value, id=f"{label}: {name}")
    for label, put in PUTS.items()
    for name, value in put["response"]["headers"].items()
    if name.startswith(CHECKSUM) and not ("crc64" in name and "part" in label)  # of 5 MiB it is slow here
]


@pytest.mark.parametrize(("put", "name", "value"), CHECKSUM_CASES)
def test_the_sandbox_computes_the_checksums_that_real_servers_state(put: Any, name: str, value: str) -> None:
    assert checksum_of(name, body_of(put["request"])) == value
