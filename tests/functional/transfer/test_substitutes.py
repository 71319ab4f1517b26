"""The wire whose requests a function answers."""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import cast

import pytest
from omicsdk.core import ConnectionLost, TimedOut
from omicsdk.core.sending.connections import Network
from omicsdk.transfer.network.requests import Patience
from omicsdk.transfer.network.substitutes import Answered, SubstituteWire
from omicsdk.transfer.network.wire import ABORT, Ask, Body, Ended

URL = "https://storage.example.org/a"


class Receiver:
    """Takes a response; ends it after so many bytes."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.lines: list[bytes] = []
        self.body, self.most = b"", most

    def take(self, chunk: bytes, /) -> int | None:
        assert len(chunk) <= 16 * 1024
        self.body += chunk
        return 0 if len(self.body) >= self.most else None


class Unreadable:
    """A body whose file cannot be read."""

    length = 5

    def read(self, size: int, /) -> bytes | int:
        del size
        return ABORT

    def seek(self, offset: int, /) -> None: ...


def answered(method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answered:
    assert (method, url, headers, content) == ("GET", URL, {"range": "bytes=0-"}, b"")
    return 206, {"ETag": '"e"'}, bytes(40_000)


@pytest.fixture
def make() -> Iterator[Callable[..., SubstituteWire]]:
    made: list[SubstituteWire] = []

    def making(answering: Callable[..., Answered] = answered) -> SubstituteWire:
        made.append(SubstituteWire(answering, 2, lambda _: Network(), Patience(), 2))
        return made[-1]

    yield making
    for wire in made:
        wire.close()


def ends(wire: SubstituteWire) -> list[Ended]:
    ended: list[Ended] = []
    while wire.flying:
        ended += wire.poll(10)
    return ended


ASK = Ask(URL, (("range", "bytes=0-"),))


def test_a_response_is_a_head_and_a_body(make: Callable[..., SubstituteWire]) -> None:
    wire, receiver = make(), Receiver()
    wire.start(ASK, receiver)
    assert list(wire.receivers()) == [receiver]
    assert ends(wire) == [(receiver, None, False)]
    assert receiver.lines == [b"HTTP/1.1 206\r\n", b"content-length: 40000\r\n", b'etag: "e"\r\n', b"\r\n"]
    assert receiver.body == bytes(40_000)


def test_a_receiver_may_end_its_request(make: Callable[..., SubstituteWire]) -> None:
    wire, receiver = make(), Receiver(most=1)
    wire.start(ASK, receiver)
    [ended] = ends(wire)
    assert isinstance(ended.error, ConnectionLost)
    assert len(receiver.body) == 16 * 1024


def test_a_body_that_cannot_be_read_ends_its_request(make: Callable[..., SubstituteWire]) -> None:
    wire = make()
    wire.start(Ask(URL, (), "PUT", cast("Body", Unreadable())), Receiver())
    [ended] = ends(wire)
    assert isinstance(ended.error, ConnectionLost)


def test_a_lost_response_is_the_end_of_its_request(make: Callable[..., SubstituteWire]) -> None:
    def lost(*_: object) -> Answered:
        raise TimedOut("no response", method="GET", url=URL)

    wire, receiver = make(lost), Receiver()
    wire.start(ASK, receiver)
    [ended] = ends(wire)
    assert isinstance(ended.error, TimedOut)
    assert not ended.lasting


def test_another_exception_is_the_end_of_the_transfer(make: Callable[..., SubstituteWire]) -> None:
    wire = make(lambda *_: 1 // 0)
    wire.start(ASK, Receiver())
    with pytest.raises(ZeroDivisionError):
        ends(wire)


@pytest.mark.parametrize("fails", [True, False])
def test_the_response_of_a_cancelled_request_is_ignored(make: Callable[..., SubstituteWire], fails: bool) -> None:
    go, receiver, other = threading.Event(), Receiver(), Receiver()

    def late(*arguments: object) -> Answered:
        assert go.wait(60)
        if fails:
            raise TimedOut("no response", method="GET", url=URL)
        return 200, {}, b"x"

    wire = make(late)
    for started in (receiver, other):
        wire.start(ASK, started)
    assert wire.cancel(lambda started: started is receiver) == [receiver]
    go.set()
    assert [ended.receiver for ended in ends(wire)] == [other]
    assert not receiver.lines
