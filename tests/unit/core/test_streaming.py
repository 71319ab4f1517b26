"""A streamed body gives what arrived before it states of a broken connection."""

import asyncio

import httpx
import pytest
from body_in_pieces import Pieces
from omicsdk.core import ConnectionLost
from omicsdk.core.streaming import AsyncBody, Body


def lost(_: Exception) -> ConnectionLost:
    return ConnectionLost("cut")


def test_sync():
    body = Body(httpx.Response(200, stream=Pieces(b"abc", b"de", broken=True)), lost)
    assert body.read(2) == b"ab"
    assert body.read(100) == b"cde"
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            body.read(100)


def test_chunks_come_before_the_error():
    chunks = Body(httpx.Response(200, stream=Pieces(b"abc", b"de", broken=True)), lost).iter_bytes(4)
    assert [next(chunks), next(chunks)] == [b"abcd", b"e"]
    with pytest.raises(ConnectionLost):
        next(chunks)


def test_all_or_nothing_when_all_is_requested():
    body = Body(httpx.Response(200, stream=Pieces(b"abc", b"de", broken=True)), lost)
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            body.read()


def test_bytes_as_they_arrive_begin_with_those_that_a_read_left_over():
    body = Body(httpx.Response(200, stream=Pieces(b"abc", b"de", broken=True)), lost)
    assert body.read(2) == b"ab"
    pieces = body.arriving()
    assert [next(pieces), next(pieces)] == [b"c", b"de"]
    for read in (pieces.__next__, body.read, lambda: next(body.arriving())):
        with pytest.raises(ConnectionLost):
            read()


def test_asynchronous_bytes_as_they_arrive_begin_with_those_that_a_read_left_over():
    async def run() -> list[bytes]:
        body = AsyncBody(httpx.Response(200, stream=Pieces(b"abc", b"de", broken=True)), lost)
        pieces = body.arriving()
        received = [await body.read(2), await anext(pieces), await anext(pieces)]
        with pytest.raises(ConnectionLost):
            await anext(pieces)
        with pytest.raises(ConnectionLost):
            await body.read()
        return received

    assert asyncio.run(run()) == [b"ab", b"c", b"de"]


def test_async():
    async def run() -> bytes:
        body = AsyncBody(httpx.Response(200, stream=Pieces(b"abc", b"de", broken=True)), lost)
        first = await body.read(100)
        with pytest.raises(ConnectionLost):
            await body.read(100)
        return first

    assert asyncio.run(run()) == b"abcde"


@pytest.mark.parametrize("size", [0, -1])
def test_chunks_without_bytes_are_refused(size: int):
    def response() -> httpx.Response:
        return httpx.Response(200, stream=Pieces(b"abc"))

    async def read() -> None:
        await anext(AsyncBody(response(), lost).iter_bytes(size))

    for call in (lambda: next(Body(response(), lost).iter_bytes(size)), lambda: asyncio.run(read())):
        with pytest.raises(ValueError, match=rf"iter_bytes\({size}\): a chunk has at least one byte"):
            call()
