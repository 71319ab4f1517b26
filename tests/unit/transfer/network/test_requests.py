"""Locations: headers that cannot be sent, redirects, and what their repr shows."""

import time
from collections.abc import Iterator

import pytest
from omicsdk.core.errors import TooManyRedirects
from omicsdk.core.retry import REDIRECT_LIMIT
from omicsdk.transfer import Location
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
