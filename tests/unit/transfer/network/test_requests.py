"""Requests and what responses state: headers that cannot be sent, redirects, what a location's repr shows; sizes, names and checksums of
files in headers."""

import base64
import hashlib
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.checksums import crc32c
from omicsdk.core.errors import TooManyRedirects
from omicsdk.core.retry import REDIRECT_LIMIT
from omicsdk.transfer import Location
from omicsdk.transfer.names import wrong_with
from omicsdk.transfer.network.representations import (
    disposition_name,
    joined_headers,
    representation_of,
    stated_checksums,
    url_name,
)
from omicsdk.transfer.network.requests import (
    FtpReplies,
    Kind,
    RequestedRange,
    Verdict,
    headers_for,
    next_location,
    server_of,
    unavailable,
)


@pytest.fixture
def far_west(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's time zone is twelve hours behind UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Etc/GMT+12")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X-A: 1\r\nX-B": "2"}, {"": "1"}, {"X-A": "\0"}])
def test_headers_cannot_smuggle_others_in(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        Location("http://127.0.0.1/", headers)


@pytest.mark.parametrize(
    ("target", "keeps"),
    [("https://h/x", True), ("https://other/x", False), ("https://h:444/x", False), ("http://h/x", False)],
)
def test_a_redirect_takes_headers_and_signatures_along_within_its_origin(target: str, keeps: bool) -> None:
    here = Location("https://h/one", {"authorization": "canary"}, sign=lambda *_: {})
    moved = Verdict(Kind.MOVED, 302, location=target)
    there = next_location(here, moved, REDIRECT_LIMIT)
    assert (there.url, bool(there.headers), there.sign is not None) == (target, keeps, keeps)
    with pytest.raises(TooManyRedirects):
        next_location(here, moved, REDIRECT_LIMIT + 1)


@pytest.mark.parametrize(("validator", "sent"), [('"a"', '"a"'), ('W/"a"', None), ("", None)])
def test_weak_validators_are_no_condition_of_a_range(validator: str, sent: str | None) -> None:
    requested = RequestedRange(0, 4, ranged=True, size=9, size_is_stated=True, validator=validator)
    assert dict(headers_for(Location("http://h/"), requested)).get("if-range") == sent


def test_a_location_shows_no_secrets() -> None:
    shown = repr(Location("https://user:pw@host/path?sig=canary#canary", {"Authorization": "canary"}))
    assert "canary" not in shown
    assert "pw" not in shown
    assert "host/path" in shown
    assert "Authorization" in shown


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has one time zone")
@pytest.mark.parametrize(
    ("query", "status", "has_expired"),
    [
        ("sv=2021-12-02&se=2026-11-30T01%3A16%3A17Z&sig=canary", 403, True),
        ("sig=canary&se=2026-11-30T01%3A16%3A17", 403, True),
        ("sv=2021-12-02&se=2026-11-30T01%3A16%3A18Z&sig=canary", 403, False),
        ("sv=2021-12-02&se=2001-09-09&sig=canary", 404, False),
        ("sv=2021-12-02&se=soon&sig=canary", 403, False),
        ("se=2001-09-09", 403, False),  # of another service
    ],
)
def test_a_signature_of_azure_that_has_expired_is_stated(
    query: str, status: int, has_expired: bool, far_west: None
) -> None:
    headers = {"date": "Mon, 30 Nov 2026 01:16:17 GMT"}
    error = unavailable("one", f"https://h/one?{query}", Verdict(Kind.REFUSED, status), headers, b"")
    assert ("The signature in the URL has expired" in error.remedy) == has_expired


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has one time zone")
@pytest.mark.parametrize(
    ("byte_range", "replies", "head"),
    [
        (
            "",
            b"213 20010909014640|213 20301231235959|150 x",  # 20 TB
            b"200 OK|Content-Length: 20301231235959|Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT|Date: Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        ("5-99", b"213 10|150 x", b"206 Partial Content|Content-Range: bytes 5-9/10"),
        ("", b"421 too many users", b"503 Service Unavailable"),
        ("", b"550 a.txt: already connected", b"404 Not Found"),
    ],
)
def test_replies_of_ftp_servers_as_heads(byte_range: str, replies: bytes, head: bytes, far_west: None) -> None:
    lines: list[bytes] = []
    session = FtpReplies(lines, byte_range, 86_400.0)
    for line in replies.split(b"|"):
        session.take(line + b"\r\n")
    assert b"".join(lines) == b"HTTP/1.1 " + head.replace(b"|", b"\r\n") + b"\r\n\r\n"


# -- servers


@pytest.mark.parametrize(
    "rest", ["", "/", "/a/b", "?", "?x=/a/b", "/?x=//other/", "/a//b?u=http://other/c", "/..", "//a"]
)
@pytest.mark.parametrize("server", ["http://host", "https://user@host:8443", "https://[::1]:80", "HTTP://Host."])
def test_a_server_is_what_stands_before_the_path(server: str, rest: str) -> None:
    assert server_of(server + rest) == server


DATA = b"ACGT"
HEX = {name: hashlib.new(name, DATA).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
HEX["crc32c"] = f"{crc32c(DATA):08x}"
B64 = {name: base64.b64encode(bytes.fromhex(value)).decode() for name, value in HEX.items()}
S3 = {"server": "AmazonS3", "etag": f'"{HEX["md5"]}"'}


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ({"content-md5": B64["md5"]}, ["md5"]),
        ({"x-ms-blob-content-md5": B64["md5"]}, ["md5"]),
        ({"digest": f"SHA-256={B64['sha256']}, MD5={HEX['md5']}, adler32=1"}, ["sha256", "md5"]),
        ({"digest": f"sha={B64['sha1']},unixsum=3"}, ["sha1"]),
        ({"repr-digest": f"sha-256=:{B64['sha256']}:, sha-512=:{B64['sha512']}:;q=1"}, ["sha256", "sha512"]),
        ({"x-goog-hash": f"crc32c={B64['crc32c']}, md5={B64['md5']}"}, ["crc32c", "md5"]),
        ({"x-amz-checksum-sha256": B64["sha256"], "x-amz-checksum-type": "FULL_OBJECT"}, ["sha256"]),
        ({"x-amz-checksum-crc32c": B64["crc32c"], "etag": '"1"'}, ["crc32c"]),
        (S3, ["md5"]),
    ],
)
def test_stated_checksums_are_read(headers, names):
    assert stated_checksums(headers) == {name: HEX[name] for name in names}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"etag": S3["etag"]},
        {**S3, "x-amz-server-side-encryption": "aws:kms"},
        {**S3, "x-amz-server-side-encryption-customer-algorithm": "AES256"},
        {**S3, "x-amz-storage-class": "EXPRESS_ONEZONE"},
        {"server": "AmazonS3", "etag": f'"{HEX["md5"]}-2"'},
        {"x-amz-checksum-sha256": B64["sha256"], "etag": f'"{HEX["md5"]}-2"'},
        {"x-amz-checksum-sha256": B64["sha256"], "x-amz-checksum-type": "COMPOSITE"},
        {"x-goog-hash": f"md5={B64['md5']}", "x-goog-stored-content-encoding": "gzip"},
        {"content-md5": "no base64", "digest": "SHA-256=short", "repr-digest": "sha-256=bare"},
        {"digest": f"md5={B64['md5']}", "content-md5": base64.b64encode(bytes(16)).decode()},  # which of both?
    ],
)
def test_what_is_no_certain_checksum_is_left_out(headers):
    assert stated_checksums(headers) == {}


def test_the_time_of_a_header_is_not_the_square_of_its_length():
    start = time.process_time()
    assert stated_checksums({"repr-digest": "a" * 50_000 + f", md5=:{B64['md5']}:"}) == {"md5": HEX["md5"]}
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="a b.bam"', "a b.bam"),
        ("attachment; filename=a.bam", "a.bam"),
        ("attachment; filename=" + "voilà".encode().decode("latin-1") + " ; size=3", "voilà"),
        ("attachment; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt; filename=\"x.txt\"", "naïve €.txt"),
        ('attachment; filename="' + "naïve.txt".encode().decode("latin-1") + '"', "naïve.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="C:\\data\\a.txt"', "a.txt"),
        ('attachment; filename=".."', ""),
        ('attachment; filename="a\x00b"', "ab"),
        (r'attachment; filename="C:\data\a.txt"', "a.txt"),
        (r'attachment; x="\"\\";filename="a \"b\".txt"', 'a "b".txt'),
        ("x; FILENAME = a b.txt ; filename=c", "a b.txt"),
        ('filename="a.txt', "a.txt"),
        ("x; filename*=iso-8859-1''%c3%a4.txt; filename*=utf-8''b", "Ã¤.txt"),
        ("x; filename*=utf-8''%e4; filename=a.txt", "a.txt"),
        ("x; filename*=hex''61; filename=a.txt", "a.txt"),
        ("x; filename*=utf-8'a.txt", ""),
        ("x; filename*0*=utf-8''a; filename*=utf-8''b.txt", "b.txt"),
        ("inline", ""),
        ("", ""),
    ],
)
def test_names_of_content_disposition(header, name):
    assert disposition_name(header) == name


@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_no_header_gives_a_name_that_is_unsafe(text):
    for header in (text, f"attachment; filename={text}", f'x; filename="{text}"', f"x; filename*=utf-8''{text}"):
        name = disposition_name(header)
        assert not name or not (wrong_with(name) or "/" in name or "\\" in name)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a/b%20c.txt?x=/y", "b c.txt"),
        ("https://h/a/..%2f..%2fetc%2fpasswd", "passwd"),
        ("https://h/a/%2e%2e", "download"),
        ("https://h/a/", "a"),
        ("https://h", "download"),
    ],
)
def test_names_of_urls(url, name):
    assert url_name(url) == name


def test_repeated_fields_of_the_last_head_are_joined():
    lines = [b"HTTP/1.1 100 Continue\r\n", b"X-Goog-Hash: old\r\n", b"\r\n", b"HTTP/1.1 200 OK\r\n"]
    lines += [b"X-Goog-Hash: crc32c=1\r\n", b"x-goog-hash: md5=2\r\n", b"\r\n"]
    assert joined_headers(lines) == {"x-goog-hash": "crc32c=1, md5=2"}


@pytest.mark.parametrize(("lengths", "size"), [(["5", "5"], 5), (["5, 5"], 5), (["5", "6"], None), (["5,"], None)])
def test_equal_repeated_lengths_are_one(lengths, size):
    lines = [b"HTTP/1.1 200 OK\r\n", *(f"Content-Length: {length}\r\n".encode() for length in lengths), b"\r\n"]
    assert representation_of(lines, "https://h/a", "HEAD").size == size


def test_an_empty_response_to_head_states_no_size():
    lines = [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 0\r\n", b"\r\n"]
    assert representation_of(lines, "https://h/a", "HEAD").size is None
    assert representation_of(lines, "https://h/a", "GET").size == 0
    no_content = [b"HTTP/1.1 204 No Content\r\n", b'ETag: "e"\r\n', b"\r\n"]
    assert representation_of(no_content, "https://h/a", "HEAD").size == 0
