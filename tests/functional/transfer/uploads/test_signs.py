"""A PUT counts by the store's own sign: nothing that a proxy, a captive portal or another store answers counts as stored.

The responses are those of real servers: S3, Azure and Google as their references show them, Apache's WebDAV, moto.
"""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ChecksumMismatch, SourceChanged
from omicsdk.transfer import Form, Location, PutTo, Upload, upload
from omicsdk.transfer.uploads.sending import FileBody
from omicsdk.transfer.uploads.store import Unconfirmed

PAGE = b"<!DOCTYPE html><html><body>Welcome to Airport WiFi. Log in.</body></html>"
FOREIGN = {
    "a login page": {"headers": {"Content-Type": "text/html"}, "body": PAGE},
    "a login page with an ETag": {
        "headers": {"Content-Type": "text/html; charset=utf-8", "ETag": '"5f3-1"'},
        "body": PAGE,
    },
    "a login page of no type": {"headers": {"ETag": '"x"'}, "body": b"\n <HTML><head></head></HTML>"},
    "nothing at all": {"headers": {"ETag": ""}},
    "JSON of a proxy": {"headers": {"Content-Type": "application/json", "ETag": ""}, "body": b'{"ok": true}'},
}


def error_of(report: Any) -> Any:
    (outcome,) = report.failed
    return outcome.error


@pytest.mark.parametrize("response", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("whole", [True, False])
def test_a_success_without_a_sign_of_the_store_is_not_stored(
    sink: Any, store: Any, file: Path, send: Any, reply: Any, response: Any, whole: bool
):
    sink.always = lambda _: reply(**response, keep=False)  # to HEAD, too
    error = error_of(send(file, PutTo(lambda _: Location(sink.url("a"))) if whole else store))
    assert isinstance(error, Unconfirmed)
    assert "network" in error.remedy
    assert store.completed == []
    assert len(sink.requests) <= (2 if whole else 22)


@pytest.mark.parametrize("whole", [True, False])
def test_the_etag_of_a_page_is_no_sign_of_the_store(
    sink: Any, store: Any, file: Path, send: Any, reply: Any, whole: bool
):
    """Apache's mod_dav describes in a page what it created; a proxy may do so, too."""
    page = reply(201, {"Content-Type": "text/html", "ETag": '"5f3-1"'}, b"<html>201 Created</html>")
    sink.always = lambda request: reply(403) if request.method == "HEAD" else page
    assert isinstance(error_of(send(file, PutTo(Location(sink.url("a"))) if whole else store)), Unconfirmed)
    assert store.completed == []


def test_a_store_that_fails_while_it_is_asked_for_the_size_is_asked_again(sink: Any, file: Path, send: Any, reply: Any):
    heads = iter([reply(503), reply(headers={"Content-Length": "10500"}, keep=False)])
    sink.always = lambda request: next(heads) if request.method == "HEAD" else reply(headers={"ETag": ""})
    (outcome,) = send(file, PutTo(Location(sink.url("a")))).outcomes
    assert (outcome.state, outcome.verification) == ("done", "size only")


@pytest.mark.parametrize(
    ("etag", "more"),
    [
        ('"0x8DC1F0A1B2C3D4E"', {}),  # Azure without Content-MD5
        ('"6f1c9a3e5b7d2f408a6c1e3b5d7f9021"', {"x-amz-server-side-encryption": "aws:kms"}),
        ('"6f1c9a3e5b7d2f408a6c1e3b5d7f9021"', {"x-amz-server-side-encryption-customer-algorithm": "AES256"}),
        ("", {}),
    ],
)
@pytest.mark.parametrize("size", ["right", "wrong", "missing", "refused"])
def test_an_etag_that_proves_nothing_leaves_the_size_to_head(
    sink: Any, file: Path, send: Any, reply: Any, etag: str, more: dict[str, str], size: str
):
    heads = {
        "right": reply(headers={"Content-Length": "10500"}, keep=False),
        "wrong": reply(headers={"Content-Length": "10499"}, keep=False),
        "missing": reply(404),
        "refused": reply(403),
    }
    sink.always = lambda request: heads[size] if request.method == "HEAD" else reply(headers={"ETag": etag, **more})
    report = send(file, PutTo(Location(sink.url("a"))))
    (outcome,) = report.outcomes
    if size == "right":
        assert (outcome.state, outcome.verification, outcome.verified) == ("done", "size only", "size")
    elif size == "refused" and etag:  # URLs that are signed for PUT are not valid for HEAD
        assert (outcome.state, outcome.verification, outcome.verified) == ("done", "unverified", "")
    else:
        assert isinstance(outcome.error, Unconfirmed)
    assert [request.method for request in sink.requests] == ["PUT", "HEAD"]


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"0x8DC"', "Content-MD5": "{md5}"},  # Azure
        {"ETag": '"cf"', "x-goog-hash": "crc32c=AAAAAA==,md5={md5}"},  # Google
        {"ETag": '"{hex}"', "Content-Type": "text/html; charset=utf-8"},  # moto's type for an empty body
        {"ETag": "{hex}"},  # without quotes
    ],
)
def test_signs_of_real_stores_are_checksums(sink: Any, file: Path, send: Any, reply: Any, headers: dict[str, str]):
    digest = hashlib.md5(file.read_bytes())
    checksums = {"md5": base64.b64encode(digest.digest()).decode(), "hex": digest.hexdigest()}
    sink.always = lambda _: reply(headers={name: value.format(**checksums) for name, value in headers.items()})
    (outcome,) = send(file, PutTo(Location(sink.url("a")))).outcomes
    assert (outcome.state, outcome.verification, outcome.verified) == ("done", "verified", "md5")
    assert len(sink.requests) == 1


def test_a_page_that_describes_what_was_created_is_followed_by_head(sink: Any, file: Path, send: Any, reply: Any):
    page = b"<!DOCTYPE HTML PUBLIC><html><head><title>201 Created</title></head></html>"  # Apache's mod_dav
    sink.fault("a", lambda _: reply(201, {"Content-Type": "text/html; charset=ISO-8859-1", "ETag": ""}, page))
    (outcome,) = send(file, PutTo(Location(sink.url("a")))).outcomes
    assert (outcome.state, outcome.verification) == ("done", "size only")


def test_an_etag_of_s3_express_is_no_md5(sink: Any, file: Path, send: Any, reply: Any, store: Any):
    from omicsdk.core.sending.connections import Network

    url = "http://b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/a"
    sink.always = lambda request: (
        reply(headers={"Content-Length": "10500", "ETag": f'"{"7" * 32}"'}, keep=False)
        if request.method == "HEAD"
        else reply(headers={"ETag": f'"{"7" * 32}"'})
    )
    to = PutTo(Location(url), route=lambda _: Network(proxy=f"http://127.0.0.1:{sink.port}"))
    (outcome,) = send(file, to).outcomes
    assert (outcome.state, outcome.verification) == ("done", "size only")


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("checksum", ["crc32c", None])
def test_another_etag_than_the_md5_is_never_stored(
    sink: Any, store: Any, file: Path, send: Any, reply: Any, whole: bool, checksum: Any
):
    store.part_checksum = checksum
    sink.always = lambda _: reply(headers={"ETag": f'"{"0" * 32}"'})
    error = error_of(send(file, PutTo(Location(sink.url("a"))) if whole else store, connections=1))
    assert isinstance(error, ChecksumMismatch)
    assert error.algorithm == "md5"
    assert store.completed == []


@pytest.mark.parametrize("checksum", ["crc32c", None, "md5"])
def test_a_flipped_bit_in_a_part_is_sent_anew(sink: Any, store: Any, file: Path, send: Any, reply: Any, checksum: Any):
    store.part_checksum = checksum
    flipped = bytes([file.read_bytes()[0] ^ 1, *file.read_bytes()[1:1000]])
    sink.fault("object", lambda _: reply(headers={"ETag": f'"{hashlib.md5(flipped).hexdigest()}"'}, keep=False))
    report = send(file, store)
    assert (report.ok, report.outcomes[0].attempts) == (True, 12)
    assert store.body == file.read_bytes()


def test_a_store_that_confirms_its_own_checksum_costs_no_md5(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    from omicsdk.core.checksums import base64_of, digest

    data, number = file.read_bytes(), lambda request: int(request.query.partition("=")[2].partition("&")[0])

    def confirm(request: Any) -> Any:
        at = 1000 * (number(request) - 1)
        value = base64_of(digest(data[at : at + 1000], "crc32c"))
        return reply(headers={"ETag": '"opaque"', "x-amz-checksum-crc32c": value})

    sink.always = confirm
    (outcome,) = send(file, store, connections=1).outcomes
    assert (outcome.verification, outcome.verified) == ("verified", "crc32c of every part")
    assert sum("md5" in part.checksums for part in store.completed[0][0]) < 11


# -- a file that changes


@pytest.mark.parametrize("size", [200_000, 3_000_000])
@pytest.mark.parametrize("form", [False, True])
def test_a_file_that_changes_while_it_is_sent_whole_leaves_nothing(
    sink: Any, tmp_path: Path, send: Any, noise: Any, monkeypatch: pytest.MonkeyPatch, size: int, form: bool
):
    path = tmp_path / "growing"
    path.write_bytes(noise(size))
    plain = FileBody.read

    def read(self: Any, length: int) -> bytes | int:
        with path.open("r+b") as other:
            other.seek(size - 10)
            other.write(b"other")
        os.utime(path, ns=(1, 1))
        return plain(self, length)

    def locate(_: Any) -> Location:
        url = sink.url("a")
        return Form(url, fields={"key": "a"}, file_name="a") if form else Location(url)

    monkeypatch.setattr(FileBody, "read", read)
    error = error_of(send(path, PutTo(locate)))
    assert isinstance(error, SourceChanged)
    assert sink.stored == {}


def test_a_single_put_announces_its_md5(sink: Any, file: Path, send: Any):
    send(
        file, PutTo(Location(sink.url("a", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host")))
    ).raise_if_failed()
    expected = base64.b64encode(hashlib.md5(file.read_bytes()).digest()).decode()
    assert sink.requests[0].headers["content-md5"] == expected


@pytest.mark.parametrize("query", ["AWSAccessKeyId=a&Signature=b&Expires=1", "GoogleAccessId=a&Expires=1&Signature=b"])
def test_signatures_of_version_2_cover_that_header_so_it_is_left_out(sink: Any, file: Path, send: Any, query: str):
    send(file, PutTo(Location(sink.url("a", query)))).raise_if_failed()
    assert "content-md5" not in sink.requests[0].headers


@pytest.mark.parametrize(
    "words",
    [
        "<Error><Code>AccessDenied</Code><Message>There were headers present in the request which were not signed</Message></Error>",
        "<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message></Error>",
    ],
)
def test_a_store_that_refuses_the_header_gets_the_file_without_it(
    sink: Any, file: Path, send: Any, reply: Any, words: str
):
    sink.always = lambda request: reply(403, {}, words.encode()) if "content-md5" in request.headers else None
    assert send(file, PutTo(Location(sink.url("a")))).ok
    assert sink.stored["a"] == file.read_bytes()


def test_a_refused_checksum_is_a_damage(sink: Any, file: Path, send: Any, reply: Any):
    sink.always = lambda _: reply(
        400, {}, b"<Error><Code>BadDigest</Code><Message>Content-MD5 differs.</Message></Error>"
    )
    error = error_of(send(file, PutTo(Location(sink.url("a")))))
    assert isinstance(error, ChecksumMismatch)
    assert len(sink.requests) == 2


def test_the_journal_keeps_how_a_file_was_confirmed(sink: Any, file: Path, send: Any, reply: Any, tmp_path: Path):
    sink.always = lambda request: reply(403) if request.method == "HEAD" else reply(headers={"ETag": '"0x8D"'})
    for state in ("done", "skipped"):
        (outcome,) = upload([Upload(file, PutTo(Location(sink.url("a"))))], journal=tmp_path / "journal").outcomes
        assert (outcome.state, outcome.verification) == (state, "unverified")
