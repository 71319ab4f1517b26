"""Requests with bodies on one wire and on several: each goes out whole, and has one end, whichever thread drives it."""

import random
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import TransportError
from omicsdk.core.sending.connections import Network
from omicsdk.transfer import Patience, Upload, upload
from omicsdk.transfer.engine import engine
from omicsdk.transfer.network.wire import ABORT, Ask, Body, Ended, Wire
from omicsdk.transfer.network.wires import Wires


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
    rows = [(request.method, request.path, request.size) for request in sink.requests]
    assert rows == [
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


class Zeros(Body):
    """A body in memory."""

    def __init__(self, length: int) -> None:
        self.length, self.at = length, 0
        self.thread = ""

    def read(self, size: int, /) -> bytes | int:
        self.thread = threading.current_thread().name
        count = min(size, self.length - self.at)
        self.at += count
        return bytes(count)

    def seek(self, offset: int, /) -> None:
        self.at = offset


def wire() -> Wire:
    return Wire(lambda _: Network(), Patience(), 4)


@pytest.fixture
def wires() -> Generator[Wires]:
    several = Wires(wire())
    several.add(wire())
    several.add(wire())
    yield several
    several.close()


def all_ended(wires: Wires) -> list[Ended]:
    ended: list[Ended] = []
    while wires.flying:
        ended += wires.poll(1.0)
    return ended


def test_requests_are_shared_among_the_threads(sink: Any, wires: Wires):
    bodies = [Zeros(100_000) for _ in range(9)]
    responses = [Response() for _ in bodies]
    for number, (body, response) in enumerate(zip(bodies, responses, strict=True)):
        wires.start(Ask(sink.url(f"f{number}"), (), "PUT", body), response)
    assert wires.flying == 9
    assert set(wires.receivers()) == set(responses)
    ended = all_ended(wires)
    assert sorted(map(id, responses)) == sorted(id(end.receiver) for end in ended)
    assert all(end.error is None for end in ended)
    assert sorted(sink.stored) == [f"f{number}" for number in range(9)]
    assert sum(body.thread == "omicsdk-wire" for body in bodies) == 6


def test_a_cancelled_request_has_no_other_end(sink: Any, wires: Wires, reply: Any):
    sink.always = lambda _: reply(stall=True)
    responses = [Response() for _ in range(6)]
    for number, response in enumerate(responses):
        wires.start(Ask(sink.url(f"f{number}"), (), "PUT", Zeros(10)), response)
    assert set(wires.cancel(lambda response: response in responses[:4])) == set(responses[:4])
    assert wires.flying == 2
    assert set(wires.cancel(lambda _: True)) == set(responses[4:])
    assert (wires.flying, wires.poll(0.0)) == (0, [])
    sink.always = None
    wires.start(Ask(sink.url("later"), (), "PUT", Zeros(10)), Response())
    assert [end.error for end in all_ended(wires)] == [None]


def test_an_invalid_url_is_reported_by_whichever_thread(wires: Wires, sink: Any):
    wires.start(Ask(sink.url("f"), (), "PUT", Zeros(10)), Response())
    wires.start(Ask("http://[broken", (), "PUT", Zeros(10)), Response())
    ended = {type(end.error): end for end in all_ended(wires)}
    assert "its URL is invalid" in str(ended[TransportError].error)
    assert ended[TransportError].lasting
    assert ended[type(None)].error is None


def test_a_fault_of_a_thread_is_raised_where_it_is_waited_for(wires: Wires, sink: Any):
    class Fault(Response):
        @property
        def lines(self) -> list[bytes]:
            raise ZeroDivisionError

        @lines.setter
        def lines(self, lines: list[bytes]) -> None:
            del lines

    wires.start(Ask(sink.url("f"), (), "PUT", Zeros(10)), Response())
    wires.start(Ask(sink.url("g"), (), "PUT", Zeros(10)), Fault())
    with pytest.raises(ZeroDivisionError):
        all_ended(wires)


@pytest.mark.parametrize("seed", range(4))
def test_files_arrive_whole_by_several_threads(
    sink: Any, parts: Any, tmp_path: Path, noise: Any, reply: Any, clock: Any, seed: int, monkeypatch: Any
):
    """Another thread is begun each time that the engine looks, whatever the rate, and every tenth request breaks."""
    for name, value in {"PERIOD": 0.0, "FAST": 0, "BUSY": 0.0, "CORES": 99, "THREADS": 3}.items():
        monkeypatch.setattr(engine, name, value)
    added: list[int] = []
    real = Wires.add
    monkeypatch.setattr(Wires, "add", lambda self, wire: (added.append(1), real(self, wire)))
    chance = random.Random(seed)
    sink.always = lambda _: reply(reset=True, read=chance.randrange(1000)) if chance.random() < 0.1 else None
    uploads: list[Upload] = []
    for number in range(10):
        path = tmp_path / str(number)
        path.write_bytes(noise(chance.randrange(30_000), number))
        uploads.append(Upload(path, parts(sink, f"p{number}", part_size=2000), checksums=["sha256"]))
    upload(uploads, connections=8, clock=clock).raise_if_failed()
    assert len(added) == 2
    for entry in uploads:
        assert entry.to.body == Path(entry.path).read_bytes()
