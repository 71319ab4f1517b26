"""Single requests over kept connections: what has arrived is read, the rest is cut off, and a fork leaves its parent's alone."""

import gc
import os
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from omicsdk.core import ConnectionLost, Interrupted, TimedOut, Timeout, TransportError
from omicsdk.core.clock import TICK, stopping
from omicsdk.core.errors import ProxyLoginFailed
from omicsdk.core.sending.connections import WireFailure
from omicsdk.transfer.network.connection_pool import ConnectionPool, StreamedResponse, shared_pool
from omicsdk.transfer.network.wire import Ask, Ended

KIB = 1024
URL = "http://127.0.0.1:9/"
HEAD = (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", b"\r\n")
UNAUTHORIZED = (b"HTTP/1.1 401 No\r\n", b"\r\n")


class ScriptedWire:
    """libcurl's place: what each poll brings is lines of a head, chunks of a body, and the end with an error or None."""

    def __init__(self, *polls: tuple[bytes | TransportError | None, ...]) -> None:
        self._polls = list(polls)
        self._receiver: Any = None
        self.waits = list[float]()
        self.cut: object = None
        self.is_closed = False

    @property
    def polls_left(self) -> int:
        return len(self._polls)

    def start(self, ask: Ask, receiver: StreamedResponse) -> None:
        if ask.method == "BAD":
            raise TransportError("no such method")
        assert self._receiver is None
        self._receiver = receiver

    def poll(self, timeout: float) -> list[Ended]:
        self.waits.append(timeout)
        ends = list[Ended]()
        for part in self._polls.pop(0):
            if not isinstance(part, bytes):
                ends.append(Ended(self._receiver, part))
            elif part.endswith(b"\r\n"):
                self._receiver.lines.append(part)
            else:
                self.cut = self._receiver.take(part)
        return ends

    def cancel(self, unwanted: Callable[[object], bool]) -> None:
        if self._receiver is not None and unwanted(self._receiver):
            self._receiver = None

    def forget_routes(self) -> None: ...

    def close(self) -> None:
        self.is_closed = True


class Pool(ConnectionPool):
    """A pool that opens these connections, one after the other."""

    def __init__(self, *wires: ScriptedWire) -> None:
        super().__init__({})
        self._left = deque(wires)

    def new_wire(self, connections: int) -> Any:
        del connections
        return self._left.popleft()


def test_the_head_is_returned_while_the_body_is_in_transit() -> None:
    wire = ScriptedWire((*HEAD, b"ab", b"cd"), (b"ef", None))
    with Pool(wire).get(URL, ()) as response:
        assert (response.status, response.headers["x"], wire.polls_left) == (200, "y", 1)
        assert list(response.pieces()) == [b"abcd", b"ef"]
    assert max(wire.waits) <= 1


def test_a_piece_takes_a_mebibyte_of_memory_at_most() -> None:
    wire = ScriptedWire((*HEAD, *[b"a" * 16 * KIB] * 65, None))
    with Pool(wire).get(URL, ()) as response:
        assert [len(piece) // KIB for piece in response.pieces()] == [1024, 16]


@pytest.mark.parametrize(
    ("most", "size", "cut"), [(10, 64 * KIB + 10, None), (10, 64 * KIB + 11, 0), (None, 1024 * KIB, None)]
)
def test_a_body_that_exceeds_its_useful_bytes_by_far_is_cut_off(most: int | None, size: int, cut: int | None) -> None:
    wire = ScriptedWire((*HEAD, b"a" * (size - 1), b"a"))
    with Pool(wire).get(URL, (), most):
        assert wire.cut == cut


@pytest.mark.parametrize("error", [None, ConnectionLost("cut"), ProxyLoginFailed("it wants a login")])
def test_a_refused_login_is_the_servers_unless_its_end_says_otherwise(error: TransportError | None) -> None:
    pool = Pool(ScriptedWire((*UNAUTHORIZED, b"sorry"), (error,)))
    if isinstance(error, ProxyLoginFailed):
        with pytest.raises(WireFailure, match="it wants a login"), pool.get(URL, ()):
            pass
    else:
        with pool.get(URL, ()) as response:
            assert (response.status, response.refusal()) == (401, b"sorry")


def test_of_a_refusal_only_what_an_error_needs_is_read() -> None:
    wire = ScriptedWire((b"HTTP/1.1 500 Sorry\r\n", b"\r\n", b"a"), *[(b"a" * 64 * KIB,)] * 9)
    with Pool(wire).get(URL, ()) as response:
        assert len(response.refusal()) == 256 * KIB + 1


def test_a_request_without_a_response_fails_with_the_remedy_of_calls() -> None:
    error = TimedOut("silent", remedy="Use --stall-timeout.")
    pool = Pool(ScriptedWire((error,)), ScriptedWire())
    with pytest.raises(WireFailure) as caught, pool.get(URL, ()):
        pass
    assert (caught.value.is_sent, error.remedy) == (True, TimedOut.default_remedy)
    with (
        pytest.raises(WireFailure, match="no such method") as caught,
        Pool(ScriptedWire()).get(URL, (), method="BAD"),
    ):
        pass
    assert (caught.value.is_sent, caught.value.lasting) == (False, True)


def test_a_stop_ends_the_wait_but_not_what_has_arrived() -> None:
    stopped = list[bool]()
    wire = ScriptedWire((*HEAD, b"ab"), (), (b"never",))
    with stopping(lambda: bool(stopped)), Pool(wire).get(URL, ()) as response:
        pieces = response.pieces()
        stopped.append(True)
        assert next(pieces) == b"ab"
        with pytest.raises(Interrupted):
            next(pieces)
    assert set(wire.waits) == {TICK}


def test_at_most_sixteen_connections_are_kept_and_none_once_it_is_closed() -> None:
    wires = [ScriptedWire((*HEAD, b"a"), (*HEAD, b"b")) for _ in range(17)]
    pool = Pool(*wires)
    with ExitStack() as stack:
        for _ in wires:
            stack.enter_context(pool.get(URL, ()))
    assert [wire.is_closed for wire in wires] == [True, *[False] * 16]
    with pool.get(URL, ()) as response:  # what the first one left in transit is gone
        assert next(response.pieces()) == b"b"
        pool.close()
        assert sum(wire.is_closed for wire in wires) == 16
    assert all(wire.is_closed for wire in wires)


def test_a_fork_neither_uses_nor_closes_connections_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = [1]
    monkeypatch.setattr(os, "getpid", lambda: processes[-1])
    wires = [ScriptedWire((*HEAD, b"a"), (b"of the parent", None)) for _ in range(2)]
    parents = [weakref.ref(wire) for wire in wires]
    pool = Pool(*wires, ScriptedWire((*HEAD, b"of the child", None)))
    wires.clear()
    with pool.get(URL, ()):
        with pool.get(URL, ()):
            pass
        processes.append(2)
    with pool.get(URL, ()) as response:
        assert list(response.pieces()) == [b"of the child"]
    pool.close()
    del response
    gc.collect()
    assert [wire is not None and not wire.is_closed for wire in (parent() for parent in parents)] == [True, True]


@pytest.mark.parametrize(
    ("timeout", "limits"),
    [
        (Timeout(connect=3, read=7, body=5, least_rate=9), (3, 5, 9)),
        (Timeout(connect=None, read=None, body=None, least_rate=9), (1e6, 1e6, 0)),
        (None, (10, 60, Timeout().least_rate)),
    ],
)
def test_its_time_limits_are_those_of_requests(
    timeout: Timeout | None, limits: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[Any]()
    monkeypatch.setattr("omicsdk.transfer.network.wire.Wire", lambda *arguments, **_: made.append(arguments))
    ConnectionPool({}, timeout).new_wire(3)
    ((_, patience, connections),) = made
    assert (patience.connect, patience.silence, patience.least_rate, connections) == (*limits, 3)
    assert isinstance(shared_pool(), ConnectionPool)
