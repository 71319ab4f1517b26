"""The number of concurrent calls for URLs: that of the user, else the fastest one."""

import threading
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import RateLimited
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.downloads.engine import FIRST_CALLS, MOST_CALLS


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
            never.wait(0.02)  # the service's own time: nothing is waited for
            return Location(url)

    url = server.put("one", b"1")
    report = download((Item(f"{number}", locate, 1) for number in range(1500)), target)
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
