"""Exchanges with a store: which requests are sent, apart from what sends them, one by one or many concurrently in one thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar, cast

from omicsdk.core.clock import TICK, Clock
from omicsdk.core.errors import Interrupted, OmicsError, TransportError
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.sending.connections import WireFailure
from omicsdk.core.threads import AT_ONCE
from omicsdk.transfer.network.connection_pool import BodyInMemory, ConnectionPool
from omicsdk.transfer.network.requests import parse_head

if TYPE_CHECKING:
    from omicsdk.transfer.engine.options import TransferOptions
    from omicsdk.transfer.network.wire import Ended

T = TypeVar("T")

#: Maximum number of results that wait for that of an earlier exchange: without it, one slow exchange would fill the memory with
#: the results of millions.
MOST_RESULTS = 10_000
#: Bytes of a body after which the rest is left: pages of lists have a few megabytes. A server may send an object in the place of a
#: document, or of the one byte that shows why its headers are refused.
LARGEST_BODY = 64 * 1024 * 1024


class Request(NamedTuple):
    """A request.

    Attributes:
        method: Its HTTP method.
        url: Its URL.
        headers: Its headers, signed.
        body: Its body.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Request {self.method}>"  # its headers may contain credentials


class Response(NamedTuple):
    """A response.

    Attributes:
        status: Its HTTP status.
        headers: Its headers, names in lower case.
        body: Its body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


#: Yields requests, and receives the response to each, or WireFailure is raised there; or yields seconds to wait.
#: Returns its result.
Exchange = Generator[Request | float, Response, T]


def _body_of(request: Request) -> BodyInMemory | None:
    return BodyInMemory(request.body) if request.method in ("PUT", "POST") else None


def _next_step(exchange: Exchange[T], received: Response | WireFailure | None) -> Request | float:
    if received is None:
        return next(exchange)
    return exchange.throw(received) if isinstance(received, WireFailure) else exchange.send(received)


def perform(exchange: Exchange[T], pool: ConnectionPool, clock: Clock) -> T:
    """Send the requests of an exchange, and return its result.

    Args:
        exchange: The exchange.
        pool: Sends the requests.
        clock: Waits.
    """
    received: Response | WireFailure | None = None
    while True:
        try:
            step = _next_step(exchange, received)
        except StopIteration as end:
            return end.value
        if not isinstance(step, Request):
            clock.sleep(step)
            received = None
            continue
        try:
            sent = tuple(step.headers.items())
            with pool.get(step.url, sent, method=step.method, body=_body_of(step)) as response:
                body = bytearray()
                for piece in response.pieces():
                    body += piece
                    if len(body) >= LARGEST_BODY:
                        break
                received = Response(response.status, response.headers, bytes(body))
        except WireFailure as failure:
            received = failure


class _Receiver:
    """Receives the response to a request of an exchange."""

    __slots__ = ("_chunks", "_left", "exchange", "lines", "number")

    def __init__(self, number: int, exchange: Exchange[Any]) -> None:
        self.number, self.exchange = number, exchange
        self.lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._left = LARGEST_BODY

    def take(self, chunk: bytes, /) -> int | None:
        self._chunks.append(chunk)
        self._left -= len(chunk)
        return None if self._left > 0 else 0

    def received(self, ended: Ended) -> Response | WireFailure:
        if ended.error is not None and self._left > 0:
            return WireFailure(ended.error, is_sent=True, lasting=ended.lasting)
        return Response(*parse_head(self.lines), b"".join(self._chunks))


def perform_all(
    exchanges: Iterable[Exchange[T]], pool: ConnectionPool, clock: Clock, options: TransferOptions
) -> Iterator[T | OmicsError]:
    """Perform exchanges concurrently in this thread: of threads for them, most time would go to passing on the interpreter.

    Args:
        exchanges: The exchanges; each begins when there is a connection for it.
        pool: Makes the connections.
        clock: Measures time and waits.
        options: States how many run at once, and whether to stop. Ctrl-C in the main thread does.

    Yields:
        For each exchange, in order, its result, or the error that it raised; Interrupted for those that a stop ended.
    """
    from omicsdk.transfer.engine.control import interrupts  # single requests need neither
    from omicsdk.transfer.network.wire import Ask

    source, results, more = enumerate(exchanges), dict[int, T | OmicsError](), True
    ready = deque[tuple[int, Exchange[T], Response | WireFailure | None]]()
    waiting: list[tuple[float, int, Exchange[T]]] = []
    most, started, yielded = options.connections or AT_ONCE, 0, 0
    wire = pool.new_wire(most)
    with closing(wire), options.control.watched(wire.wake), interrupts(options.control):
        while True:
            now = clock.monotonic()
            while waiting and waiting[0][0] <= now:
                ready.append((*heappop(waiting)[1:], None))
            while ready:
                number, exchange, received = ready.popleft()
                try:
                    step = _next_step(exchange, received)
                except StopIteration as end:
                    results[number] = end.value
                    continue
                except OmicsError as error:
                    results[number] = error
                    continue
                if not isinstance(step, Request):
                    heappush(waiting, (now + step, number, exchange))
                    continue
                ask = Ask(step.url, tuple(step.headers.items()), step.method, _body_of(step))
                try:
                    wire.start(ask, _Receiver(number, exchange))
                except TransportError as error:
                    ready.append((number, exchange, WireFailure(error, is_sent=False, lasting=True)))
            while yielded in results:
                # In the order of the exchanges, as soon as none before is missing.
                yield results.pop(yielded)
                yielded += 1
            if options.stopped:  # after what has arrived was counted
                break
            while more and started - yielded - len(results) < most and len(results) < MOST_RESULTS:
                if (following := next(source, None)) is None:
                    more = False
                else:
                    ready.append((*following, None))
                    started += 1
            if ready:
                continue
            if yielded == started:
                break
            pause = min(TICK, max(0.0, waiting[0][0] - now)) if waiting else TICK
            # Nothing is in flight, so that the clock is waited on, which tests move, and not sockets.
            if not wire.flying:
                clock.sleep(pause)
                continue
            for ended in wire.poll(pause):
                receiver = cast("_Receiver", ended.receiver)
                ready.append((receiver.number, receiver.exchange, receiver.received(ended)))
    stopped = Interrupted("Stopped before this request")
    for number in range(yielded, started):
        yield results.pop(number, stopped)
    for _ in source:
        yield stopped
