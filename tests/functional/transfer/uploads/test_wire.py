"""Requests with bodies share the multi with those without."""

import random
from typing import Any

import pytest
from omicsdk.core.sending.connections import Network
from omicsdk.transfer import Patience
from omicsdk.transfer.network.wire import ABORT, Ask, Body, Ended, Wire


class Bytes(Body):
    """A body in memory."""

    def __init__(self, data: bytes) -> None:
        self.data, self.length, self.at = data, len(data), 0

    def read(self, size: int, /) -> bytes | int:
        piece = self.data[self.at : self.at + size]
        self.at += len(piece)
        return piece

    def seek(self, offset: int, /) -> None:
        self.at = offset


class Broken(Bytes):
    def read(self, size: int, /) -> bytes | int:
        return ABORT


class Response:
    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.body = b""

    def take(self, chunk: bytes, /) -> None:
        self.body += chunk


def run(*asks: Ask) -> list[Ended]:
    wire = Wire(lambda _: Network(), Patience(), 4)
    for ask in asks:
        wire.start(ask, Response())
    ended: list[Ended] = []
    while wire.flying:
        ended += wire.poll(1.0)
    wire.close()
    return ended


def test_a_body_goes_out_whole_and_with_its_length(sink: Any):
    data = random.Random(1).randbytes(3_000_000)
    (ended,) = run(Ask(sink.url("a"), (("x-own", "1"),), "PUT", Bytes(data)))
    assert ended.error is None
    assert sink.stored["a"] == data
    (request,) = sink.requests
    assert request.headers["content-length"] == "3000000"
    assert request.headers["x-own"] == "1"
    assert "expect" not in request.headers
    assert "transfer-encoding" not in request.headers


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_empty_body_is_sent_as_one(sink: Any, method: str):
    run(Ask(sink.url("a"), (), method, Bytes(b"")))
    assert (sink.requests[0].method, sink.requests[0].headers["content-length"]) == (method, "0")


def test_methods_take_turns_on_one_wire_without_leaving_traces(sink: Any):
    wire = Wire(lambda _: Network(), Patience(), 1)
    asks = [
        Ask(sink.url("a"), (), "PUT", Bytes(b"one")),
        Ask(sink.url("b"), ()),
        Ask(sink.url("c"), (), "POST", Bytes(b"three")),
        Ask(sink.url("d"), (), "DELETE"),
        Ask(sink.url("e"), (), "PUT", Bytes(b"five")),
        Ask(sink.url("f"), ()),
    ]
    for ask in asks:
        wire.start(ask, Response())
        while wire.flying:
            assert all(ended.error is None for ended in wire.poll(1.0))
    wire.close()
    told = [(request.method, request.path, request.size) for request in sink.requests]
    assert told == [
        ("PUT", "a", 3),
        ("GET", "b", 0),
        ("POST", "c", 5),
        ("DELETE", "d", 0),
        ("PUT", "e", 4),
        ("GET", "f", 0),
    ]


def test_a_body_that_cannot_be_read_ends_its_request(sink: Any):
    (ended,) = run(Ask(sink.url("a"), (), "PUT", Broken(b"data")))
    assert ended.error is not None
    assert ended.error.method == "PUT"
