"""Several servers, and services that give URLs: each has its own number of connections and calls, and its own trouble."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from breakable import Server
from omicsdk.core import RateLimited, TransferError
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.engine import FIRST_CALLS, MOST_CALLS
from omicsdk.transfer.downloads.receiving import Small


@pytest.fixture
def other() -> Iterator[Server]:
    """A second server."""
    running = Server()
    yield running
    running.close()


def test_an_ill_server_keeps_nothing_from_the_others(
    server: Any, other: Server, target: Path, clock: Any, fault: Any
) -> None:
    """The failing server has more files than are examined ahead, and needs some time after each."""
    ill = [Item(f"ill/{n}", Location(other.url(f"ill/{n}")), 3, retries=0) for n in range(50)]
    well = [server.item(f"well/{n}", b"%d" % n, "md5") for n in range(100)]
    for item in ill:
        other.always[item.name] = fault.status(503, {"Retry-After": "20"})
    requests: list[int] = []

    def record_end(progress: Any) -> None:
        if progress.files_done == len(well):
            requests.append(len(other.requests))

    report = download([*ill, *well], target, clock=clock, progress=record_end)
    states = {outcome.name: outcome.state for outcome in report.outcomes}
    assert all(states[item.name] == "done" for item in well)
    assert all(states[item.name] == "failed" for item in ill)
    assert requests[0] <= Small.first  # the first wait was not even over
    assert other.most_open <= Small.first


def test_a_redirect_refers_to_the_other_servers_line(server: Any, other: Server, target: Path, fault: Any) -> None:
    items = [server.item(f"{n}", b"x%d" % n, "md5") for n in range(40)]
    for item in items:
        server.always[item.name] = fault.status(307, {"Location": other.url(item.name)})
        other.put(item.name, server.files[item.name])
    assert download(items, target).ok
    assert len(other.requests) == len(items)


def test_small_files_get_more_connections_when_that_pays(server: Any, target: Path, fault: Any) -> None:
    """Each response takes its time, so more at once are faster."""
    slow: Callable[..., Any] = fault.changed(pace=200_000)
    items = [server.item(f"{n}", bytes([n]) * 4000) for n in range(200)]
    for item in items:
        server.always[item.name] = slow
    assert download(items, target, connections=16).ok
    assert server.most_open > 8


class Service:
    """Gives URLs; each call waits until as many as are expected run at once, or all are that will come."""

    def __init__(self, expected: int) -> None:
        self.barrier = threading.Barrier(expected)
        self.most = self.now = 0
        self.guard = threading.Lock()

    def __enter__(self) -> None:
        with self.guard:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.guard:
            self.now -= 1


@pytest.mark.parametrize("calls", [1, 3, 24])
def test_as_many_calls_as_are_requested(server: Any, target: Path, calls: int) -> None:
    service = Service(calls)

    def locate() -> Location:
        with service:
            service.barrier.wait(30)
            return Location(url)

    url = server.put("one", b"1")
    items = [Item(f"{number}", locate, 1) for number in range(2 * calls)]
    assert download(items, target, locators=calls).ok
    assert service.most == calls


def test_more_calls_when_that_is_faster(server: Any, target: Path) -> None:
    """A service that takes its time, however many ask: only the number of calls makes it faster."""
    service = Service(2)
    never = threading.Event()

    def locate() -> Location:
        with service:
            never.wait(0.05)  # the service's own time, long beside what a busy machine adds: nothing is waited for
            return Location(url)

    url = server.put("one", b"1")
    report = download((Item(f"{number}", locate, 1) for number in range(1000)), target)
    assert report.ok
    assert FIRST_CALLS < service.most <= MOST_CALLS


def test_fewer_calls_when_the_service_has_enough(server: Any, target: Path, clock: Any) -> None:
    url = server.put("one", b"1")
    refused = threading.Event()
    guard = threading.Lock()
    running, after = 0, 0

    def locate() -> Location:
        nonlocal running, after
        with guard:
            running += 1
            after = max(after, running) if refused.is_set() else after
            first = not refused.is_set()
        try:
            if first:
                refused.set()
                raise RateLimited("too many", status=429, method="GET", url=url, retry_after=30.0)
            return Location(url)
        finally:
            with guard:
                running -= 1

    report = download([Item(f"{number}", locate, 1) for number in range(200)], target, clock=clock)
    assert [type(outcome.error) for outcome in report.failed] == [RateLimited]
    assert report.counts["done"] == 199
    assert clock.passed > 30  # what one call is reported holds for all


def test_a_locate_that_ends_the_thread_fails_its_file_alone(server: Any, target: Path) -> None:
    def locate() -> Location:
        sys.exit("no credentials")

    report = download([Item("one", locate), server.item("two", b"2", "md5")], target)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    with pytest.raises(TransferError, match=r"one: .*SystemExit\('no credentials'\)"):
        report.raise_if_failed()


def test_a_fault_of_the_committer_is_raised(server: Any, target: Path) -> None:
    class Faulty(Disk):
        def sync_files(self, paths: Sequence[str]) -> NoReturn:
            raise ZeroDivisionError(paths[0])

    with pytest.raises(ZeroDivisionError, match="one"):
        download([server.item("one", b"1", "md5")], target, disk=Faulty())


def test_what_a_locate_raises_is_reported_without_secrets(target: Path, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "dD4kJ8sQ2vX6zB1m"

    def locate() -> Location:
        raise LookupError(f"no response from https://host/one?X-Amz-Signature={canary}")

    report = download([Item("one", locate)], target)
    (outcome,) = report.outcomes
    assert "no response from https://host/one" in str(outcome.error)
    assert "in locate" in caplog.text
    for text in (str(outcome.error), caplog.text, *(repr(record.__dict__) for record in caplog.records)):
        assert canary not in text
