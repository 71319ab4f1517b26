"""A streamed body gives what arrived before it states of a broken connection."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from omicsdk.core import ConnectionLost
from omicsdk.core.streaming import AsyncBody, Body


def lost(_: Exception) -> ConnectionLost:
    return ConnectionLost("cut")


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"abc"
        yield b"de"
        raise httpx.ReadError("cut")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in (b"abc", b"de"):
            yield piece
        raise httpx.ReadError("cut")


def test_sync():
    body = Body(httpx.Response(200, stream=Cut()), lost)
    assert body.read(2) == b"ab"
    assert body.read(100) == b"cde"
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            body.read(100)


def test_chunks_come_before_the_error():
    chunks = Body(httpx.Response(200, stream=Cut()), lost).iter_bytes(4)
    assert [next(chunks), next(chunks)] == [b"abcd", b"e"]
    with pytest.raises(ConnectionLost):
        next(chunks)


def test_all_or_nothing_when_all_is_requested():
    body = Body(httpx.Response(200, stream=Cut()), lost)
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            body.read()


def test_async():
    async def run() -> bytes:
        body = AsyncBody(httpx.Response(200, stream=Cut()), lost)
        first = await body.read(100)
        with pytest.raises(ConnectionLost):
            await body.read(100)
        return first

    assert asyncio.run(run()) == b"abcde"
