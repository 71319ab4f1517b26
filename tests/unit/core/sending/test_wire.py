"""Bodies of responses as they arrive in pieces, in threads and on an event loop alike: decoded, bounded, measured and logged."""

import asyncio
import gzip
import logging
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest
from omicsdk.core import NO_RETRY, AsyncTransport, BearerToken, ManualClock, NotJson, Request, Transport, errors

GET = Request("GET", "/x", (), None, True, False, "get_x")


class InPieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, each of which takes some seconds; counts those that were read."""

    def __init__(self, pieces: Sequence[bytes], clock: ManualClock, seconds: float = 0.0) -> None:
        self._pieces, self._clock, self._seconds = pieces, clock, seconds
        self.read_count, self.closed_count = 0, 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._clock.advance(self._seconds)
            self.read_count += 1
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed_count += 1

    async def aclose(self) -> None:
        self.closed_count += 1


class Exchange:
    """Requests whose responses have a body in pieces."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.clock = ManualClock()
        self.bodies = list[InPieces]()

    def send(
        self,
        *responses: tuple[int, Mapping[str, str], Sequence[bytes]],
        seconds: float = 0.0,
        stream: bool = False,
        **options: Any,
    ) -> httpx.Response:
        script = iter(responses)

        def respond(_: httpx.Request) -> httpx.Response:
            status, headers, pieces = next(script)
            self.bodies.append(InPieces(pieces, self.clock, seconds))
            return httpx.Response(status, headers=dict(headers), stream=self.bodies[-1])

        options = {"transport": httpx.MockTransport(respond), "clock": self.clock, "environ": {}} | options
        if self._kind == "threads":
            return Transport("https://h.example", **options).send(GET, stream=stream)
        return asyncio.run(AsyncTransport("https://h.example", **options).send(GET, stream=stream))


@pytest.fixture(params=["threads", "asyncio"])
def exchange(request: pytest.FixtureRequest) -> Exchange:
    return Exchange(request.param)


TEXT = b"words of several members"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT[:5], mtime=0) + gzip.compress(TEXT[5:], mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0) + bytes(9)),  # and padding
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),  # without its header, as some servers send it
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_an_encoded_body_is_decoded_wherever_it_is_parted(
    exchange: Exchange, coding: str, body: bytes, size: int
) -> None:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    assert exchange.send((200, {"content-encoding": coding}, pieces)).content == TEXT
    assert exchange.bodies[0].closed_count == 1


@pytest.mark.parametrize(
    ("coding", "body", "problem"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)[:-1], "ends early"),
        ("deflate", zlib.compress(TEXT)[:-1], "ends early"),
        ("gzip", b"no gzip", "incorrect header"),
        ("gzip, gzip", b"", "encoded as gzip, gzip, which was not requested"),
        ("br", b"", "encoded as br, which was not requested"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_a_lost_connection(
    exchange: Exchange, coding: str, body: bytes, problem: str
) -> None:
    with pytest.raises(errors.ConnectionLost, match=problem):
        exchange.send((200, {"content-encoding": coding}, [body]), retry=NO_RETRY)


@pytest.mark.parametrize(
    ("headers", "pieces", "read_count"),
    [
        ({"content-length": "11"}, [b"x" * 11], 0),
        ({}, [b"x" * 6, b"x" * 5, b"x"], 2),
        ({"content-encoding": "gzip"}, [gzip.compress(b"x" * 11, mtime=0)], 1),
    ],
)
def test_a_body_above_the_limit_is_refused_at_once(
    exchange: Exchange, headers: dict[str, str], pieces: list[bytes], read_count: int
) -> None:
    with pytest.raises(errors.ResponseTooLarge, match=r"larger than 10 bytes \(response_limit\)"):
        exchange.send((200, headers, pieces), response_limit=10)
    assert [(body.read_count, body.closed_count) for body in exchange.bodies] == [(read_count, 1)]


def test_a_body_at_the_limit_is_whole_and_an_error_above_it_is_cut(exchange: Exchange) -> None:
    assert exchange.send((200, {}, [b"x" * 6, b"y" * 4]), response_limit=10).content == b"x" * 6 + b"y" * 4
    with pytest.raises(errors.NotFound) as caught:
        exchange.send((404, {}, [b"sorry,", b" no x here"]), response_limit=10)
    assert "sorry, no" in str(caught.value)
    assert "here" not in str(caught.value)


def test_of_an_error_before_a_body_that_is_streamed_the_beginning_is_read(exchange: Exchange) -> None:
    busy = (503, {}, [b"x" * (1 << 16)] * 20)
    assert exchange.send(busy, (200, {}, [b"ok"]), stream=True).status_code == 200
    assert [(body.read_count, body.closed_count) for body in exchange.bodies] == [(4, 1), (0, 0)]


def test_of_a_response_that_is_retried_no_more_is_read_than_its_message_may_need(exchange: Exchange) -> None:
    busy = (503, {}, [b"x" * (1 << 19)] * 20)
    assert exchange.send(busy, (200, {}, [b"ok"])).content == b"ok"
    assert [(body.read_count, body.closed_count) for body in exchange.bodies] == [(3, 1), (1, 1)]


def test_an_error_before_a_body_that_is_streamed_is_decoded(exchange: Exchange) -> None:
    with pytest.raises(errors.NotFound, match="sorry"):
        exchange.send((404, {"content-encoding": "gzip"}, [gzip.compress(b"sorry")]), stream=True)


def test_a_body_that_is_too_slow_is_given_up(exchange: Exchange) -> None:
    assert exchange.send((200, {}, [b"x"] * 20), seconds=0.01).content == b"x" * 20
    with pytest.raises(errors.TimedOut, match="too slow"):
        exchange.send((200, {}, [b"x"] * 200), seconds=2.0, retry=NO_RETRY)


@pytest.mark.parametrize(
    ("body", "problem"), [(b"[" * 200_000, "is nested too deeply to be read"), (b"<html>", "is a web page, not JSON")]
)
def test_a_body_that_is_no_json_is_reported_with_the_cause(exchange: Exchange, body: bytes, problem: str) -> None:
    with pytest.raises(NotJson) as caught:
        exchange.send((200, {}, [body])).json()
    assert problem in str(caught.value)


def test_an_exchange_is_logged_with_its_headers_and_without_its_login(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "omicsdk.http")
    exchange.send((200, {"x-id": "7"}, [b"ok"]), credentials=BearerToken("canary"), headers={"x-team": "t"})
    (text,) = [record.getMessage() for record in caplog.records if record.name == "omicsdk.http"]
    lines = text.splitlines()
    assert lines[0] == "> GET https://h.example/x"
    assert {"> x-team: t", "< 200 OK", "< x-id: 7"} <= set(lines)
    assert "canary" not in text
