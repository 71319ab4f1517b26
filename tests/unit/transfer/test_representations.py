"""What headers of a response state of a file: sizes, names and checksums."""

import base64
import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.checksums import crc32c
from omicsdk.transfer.names import wrong_with
from omicsdk.transfer.network.representations import (
    disposition_name,
    joined_headers,
    representation_of,
    stated_checksums,
    url_name,
)

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
