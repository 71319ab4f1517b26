"""Exchanges are performed side by side, and their results come in order; the network is scripted, and so is time."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.core import ConnectFailed, ConnectionLost, Interrupted, ManualClock, OmicsError, ServerError
from omicsdk.transfer import Control, TransferOptions
from omicsdk.transfer.network.wire import Ended
from omicsdk.transfer.s3.exchanges import Request, Response, WireFailure, perform, perform_all

LARGEST_BODY = 100


@pytest.fixture(autouse=True)
def small_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk.transfer.s3.exchanges.LARGEST_BODY", LARGEST_BODY)


class Wire:
    """Answers each request with its URL, the latest first; URLs that contain `refused` or `lost` fail."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.flying: list[Any] = []
        self.most = self.started = 0
        self.is_closed = False
        self.sent: list[Any] = []

    def start(self, ask: Any, receiver: Any) -> None:
        if "refused" in ask.url:
            raise ConnectFailed("refused")
        self.sent.append(ask)
        self.flying.append((ask, receiver))
        self.most = max(self.most, len(self.flying))

    def poll(self, seconds: float) -> Iterator[Ended]:
        ask, receiver = self.flying.pop()
        receiver.lines += [b"HTTP/1.1 200 OK\r\n", b"x-url: " + ask.url.encode() + b"\r\n"]
        pieces = [b"x" * (LARGEST_BODY - 1), b"yz", b"!"] if "large" in ask.url else [b"a", b"b"]
        is_cut = any(receiver.take(piece) == 0 for piece in pieces)
        lost = ConnectionLost("lost") if "lost" in ask.url or is_cut else None
        yield Ended(receiver, lost, lasting="lost" in ask.url)

    def wake(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True


class Pool:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.wire = Wire(self.clock)
        self.sizes: list[int] = []

    def new_wire(self, most: int) -> Wire:
        self.sizes.append(most)
        return self.wire

    @contextmanager
    def get(self, url: str, headers: Any, *, method: str, body: Any) -> Generator[Any]:
        if "refused" in url:
            raise WireFailure(ConnectFailed("refused"), is_sent=False, lasting=True)
        self.wire.sent.append((method, url, headers, body))
        pieces = [b"x" * LARGEST_BODY, b"!"] if "large" in url else [b"a", b"b"]
        yield SimpleNamespace(status=200, headers={"x-url": url}, pieces=lambda: iter(pieces))


def request(url: str, method: str = "GET") -> Request:
    return Request(method, url, {"authorization": "secret"}, b"body")


def exchange(url: str, waits: float = 0) -> Generator[Any, Any, str]:
    """Two requests, the second after a wait; the result is the URL that the response states, and its body's length."""
    try:
        first: Response = yield request(f"{url}/1")
        if waits:
            yield waits
        second: Response = yield request(f"{url}/2")
    except WireFailure as failure:
        return f"{url}: {failure.error.message}, sent: {failure.is_sent}, lasting: {failure.lasting}"
    return f"{first.headers['x-url']} {second.headers['x-url']} {len(second.body)}"


def failing(error: OmicsError) -> Generator[Any, Any, str]:
    yield request("https://s3.test/first")
    raise error


def test_headers_are_not_shown() -> None:
    assert repr(request("https://s3.test/x?X-Amz-Signature=secret")) == "<Request GET>"


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("https://a", "https://a/1 https://a/2 2"),
        ("https://refused", "https://refused: refused, sent: False, lasting: True"),
        ("https://large", f"https://large/1 https://large/2 {LARGEST_BODY}"),
    ],
)
def test_an_exchange_is_performed(url: str, result: str) -> None:
    pool: Any = Pool()
    assert perform(exchange(url, 2.5), pool, pool.clock) == result
    assert pool.clock.slept == ([] if "refused" in url else [2.5])


@pytest.mark.parametrize(("connections", "most", "size"), [(3, 3, 3), (1, 1, 1), (None, 16, 16)])
def test_exchanges_run_side_by_side_and_end_in_order(connections: int | None, most: int, size: int) -> None:
    pool: Any = Pool()
    urls = [f"https://{number}" for number in range(40)]
    options = TransferOptions(connections=connections)
    results = list(perform_all(map(exchange, urls), pool, pool.clock, options))
    assert results == [f"{url}/1 {url}/2 2" for url in urls]
    assert (pool.sizes, pool.wire.most, pool.wire.is_closed) == ([size], most, True)
    assert pool.clock.slept == []


def test_failures_are_those_of_their_exchanges() -> None:
    pool: Any = Pool()
    error = ServerError("later", status=503)
    exchanges = [
        exchange("https://a"),
        exchange("https://refused"),
        failing(error),
        exchange("https://lost"),
        exchange("https://large"),
    ]
    first, refused, failed, lost, large = perform_all(exchanges, pool, pool.clock, TransferOptions())
    assert first == "https://a/1 https://a/2 2"
    assert refused == "https://refused: refused, sent: False, lasting: True"
    assert failed is error
    assert lost == "https://lost: lost, sent: True, lasting: True"
    assert large == f"https://large/1 https://large/2 {LARGEST_BODY + 1}"  # the rest is left


def test_waits_of_exchanges_pass_together_in_ticks() -> None:
    pool: Any = Pool()
    waits = [3.0, 1.0, 2.0]
    results = list(
        perform_all([exchange(f"https://{wait}", wait) for wait in waits], pool, pool.clock, TransferOptions())
    )
    assert results == [f"https://{wait}/1 https://{wait}/2 2" for wait in waits]
    assert round(sum(pool.clock.slept), 3) == 3
    assert max(pool.clock.slept) <= 0.1


@pytest.mark.parametrize("stopped_after", [0, 1, 3])
def test_a_stop_ends_those_that_have_no_result(stopped_after: int) -> None:
    pool: Any = Pool()
    control = Control()
    if not stopped_after:
        control.stop()
    results = perform_all(
        map(exchange, ["https://a"] * 5), pool, pool.clock, TransferOptions(control=control, connections=1)
    )
    ends: list[Any] = []
    for result in results:
        ends.append(result)
        if len(ends) == stopped_after:
            control.stop()
    assert [isinstance(end, Interrupted) for end in ends] == [False] * stopped_after + [True] * (5 - stopped_after)
    assert pool.wire.is_closed


def test_results_that_wait_for_an_earlier_one_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk.transfer.s3.exchanges.MOST_RESULTS", 4)
    pool: Any = Pool()
    begun: list[int] = []

    def begin(number: int) -> Callable[[], Any] | Any:
        begun.append(number)
        return exchange(f"https://{number}", 5 if number == 0 else 0)

    results = perform_all(map(begin, range(20)), pool, pool.clock, TransferOptions(connections=2))
    assert next(results) == "https://0/1 https://0/2 2"
    assert len(begun) == 5  # the first, and as many as wait for it
    assert len(list(results)) == 19
