"""Downloads from several servers at once: each has its own number of connections and its own trouble."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from breakable import Server
from omicsdk.transfer import Item, Location, download


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
    began = clock.monotonic()
    ends: dict[str, float] = {}

    def told(progress: Any) -> None:
        if progress.files_done == len(well):
            ends.setdefault("well", clock.monotonic() - began)

    report = download([*ill, *well], target, clock=clock, progress=told)
    states = {outcome.name: outcome.state for outcome in report.outcomes}
    assert all(states[item.name] == "done" for item in well)
    assert all(states[item.name] == "failed" for item in ill)
    assert ends["well"] < 20  # the first wait was not even over
    assert other.most_open <= 8  # four at once, and those of which a busy server still has to see that they ended


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
