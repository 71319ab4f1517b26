"""A link of 100 KB/s a connection, in moved time: what arrived is kept by a stop, and nearly all of it by a kill."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omicsdk.transfer import Control, Item, TransferReport, download

RATE = 100_000
"""Bytes a second of each connection."""
STEP = 0.1
"""Seconds that pass once all that was sent has arrived."""
SIZES = [6_000_000] * 4 + [1_500_000] * 3 + [120_000] * 4 + [90_000] * 2


class SlowLink:
    """Lets each connection send as many bytes as its time allows; time passes when these have arrived."""

    def __init__(self, server: Any, clock: Any) -> None:
        self._server = server
        self._clock = clock
        self._over = threading.Event()
        self.arrived = 0
        self.step = STEP

    def response(self, _server: Any, _request: Any, response: Any) -> Any:
        response.headers["Content-Length"] = str(len(response.body))
        response.unsized, response.pieces = True, self._pieces(response.body)
        return response

    def _pieces(self, body: bytes) -> Iterator[bytes]:
        began, step = self._clock.monotonic(), int(RATE * self.step)
        for start in range(0, len(body), step):
            while self._clock.monotonic() < began + start / RATE and not self._over.wait(0.001):
                pass
            yield body[start : start + step]

    def pass_time(self, progress: Any) -> None:
        """Called by a transfer as its progress function."""
        self.arrived = progress.bytes_fetched
        if progress.phase != "over" and progress.bytes_fetched >= self._server.total:
            self._clock.sleep(self.step)

    def run(self, items: list[Item], target: Path, **how: Any) -> TransferReport:
        """Download over the link; it is fast again afterwards."""
        self._over.clear()
        for item in items:
            self._server.always[item.name] = self.response
        self._server.requests.clear()
        how = {"progress": self.pass_time} | how
        try:
            return download(items, target, connections=16, clock=self._clock, **how)
        finally:
            self._over.set()


@pytest.fixture
def link(server: Any, clock: Any) -> Iterator[SlowLink]:
    made = SlowLink(server, clock)
    yield made
    made._over.set()


def items_of(server: Any, noise: Any) -> list[Item]:
    return [server.item(f"f{n}", noise(size, n), "sha256") for n, size in enumerate(SIZES)]


def test_a_job_with_a_budget_gets_on_by_all_that_arrives(link: SlowLink, server: Any, target: Path, noise: Any) -> None:
    items, fetched, runs = items_of(server, noise), 0, 0
    link.step = 0.4  # what counts is exact, however coarse the time
    for _ in range(20):  # each gets on by about 13 s of the link
        report = link.run(items, target, control=Control(budget=13))
        kept = sum(outcome.bytes_kept for outcome in report.outcomes)
        present = sum(outcome.size for outcome in report.outcomes if outcome.state == "skipped")
        assert kept + present == fetched
        fetched += report.outcomes.bytes_fetched
        runs += 1
        if report.ok:
            break
        assert report.counts["failed"] == 0
    assert report.ok
    assert runs >= 3
    assert fetched == sum(SIZES)
    for n, size in enumerate(SIZES):
        assert (target / f"f{n}").read_bytes() == noise(size, n)


@pytest.mark.parametrize("seconds", [0.9, 1.4, 7.3, 11.5])
def test_a_kill_costs_what_arrived_in_a_second(
    link: SlowLink, server: Any, target: Path, tmp_path: Path, noise: Any, clock: Any, seconds: float
) -> None:
    """What a killed process leaves is the folder at that moment."""
    items, control, left = items_of(server, noise), Control(), tmp_path / "left"
    until, flying = clock.monotonic() + seconds, 0

    def kill(progress: Any) -> None:
        nonlocal flying
        if clock.monotonic() >= until and not left.exists():
            shutil.copytree(target, left)
            link.arrived, flying = progress.bytes_fetched, progress.connections
            control.stop()
        elif not left.exists():
            link.pass_time(progress)

    link.run(items, target, control=control, progress=kill)
    assert link.arrived > 0
    server.always.clear()
    report = download(items, left)
    report.raise_if_failed()
    lost = report.outcomes.bytes_fetched - (sum(SIZES) - link.arrived)
    # On a busy machine, a thread of the server that was late sends what it missed: the pieces of two more steps.
    assert 0 <= lost <= flying * RATE * (1 + 2 * STEP)
    for n, size in enumerate(SIZES):
        assert (left / f"f{n}").read_bytes() == noise(size, n)


def test_a_stall_costs_nothing(server: Any, fault: Any, clock: Any, target: Path, tmp_path: Path, noise: Any) -> None:
    """What arrived before a silence of seconds is on disk."""
    item, control, left = server.item("one", noise(3_000_000), "sha256"), Control(), tmp_path / "left"
    server.always["one"] = fault.cut(1_234_567, stall=True)
    arrived = 0

    def kill(progress: Any) -> None:
        nonlocal arrived
        if progress.bytes_fetched == 1_234_567:
            arrived += 1
            clock.sleep(STEP)
            if arrived == 15:
                shutil.copytree(target, left)
                control.stop()

    download([item], target, control=control, progress=kill, clock=clock)
    server.always.clear()
    assert download([item], left).outcomes[0].bytes_kept == 1_234_567
