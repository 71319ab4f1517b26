"""The switches of a transfer, and what an engine does with them."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import Interrupted
from omicsdk.transfer import Control, Item, Location, download
from omicsdk.transfer.network.wire import Wire

MIB = 1024 * 1024


class Pausing:
    """A progress function that pauses when so many bytes have come, and resumes a few words later."""

    def __init__(self, control: Control, at: int, words: int = 3) -> None:
        self._control = control
        self._at = at
        self._words = words
        self.while_paused: list[int] = []

    def __call__(self, progress: Any) -> None:
        if self._control.paused:
            self.while_paused.append(progress.bytes_fetched)
            if len(self.while_paused) >= self._words:
                self._control.resume()
        elif not self.while_paused and progress.bytes_fetched >= self._at:
            self._control.pause()


def test_a_pause_costs_no_byte_and_no_try(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body, control = noise(20 * MIB), Control()
    item = server.item("one", body, "sha256", retries=0)
    server.fault("one", fault.cut(6 * MIB, stall=True))
    pausing = Pausing(control, 6 * MIB)
    download([item], target, connections=1, control=control, progress=pausing).raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert [request.first for request in server.of("one")][:2] == [0, 6 * MIB]
    assert server.sent("one") == len(body)
    assert set(pausing.while_paused) == {6 * MIB}


def test_a_pause_without_ranges_begins_the_file_again(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body, control = noise(9 * MIB), Control()
    item = server.item("one", body, "sha256", retries=0)
    server.ranges = False
    server.fault("one", fault.cut(5 * MIB, stall=True))
    download([item], target, control=control, progress=Pausing(control, 5 * MIB)).raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert server.sent("one") == 14 * MIB


def test_nothing_is_begun_while_paused(server: Any, target: Path, noise: Any) -> None:
    control = Control()
    control.pause()
    pausing = Pausing(control, 0)
    items = [server.item(f"f{n}", noise(1000, n), "md5") for n in range(5)]
    assert download(items, target, control=control, progress=pausing).counts["done"] == 5
    assert pausing.while_paused == [0, 0, 0]


def test_a_pause_of_an_hour_ends_no_file(server: Any, fault: Any, target: Path, noise: Any, clock: Any) -> None:
    """The URL that was given before has ended by then, and a server requested patience."""
    control, locations = Control(), list[str]()
    bodies = {"one": noise(6 * MIB), "later": noise(100, 2)}
    for name, body in bodies.items():
        server.put(name, body)

    def locate() -> Location:
        locations.append(f"n={len(locations)}")
        return Location(server.url("one", locations[-1]))

    def hour(progress: Any) -> None:
        if control.paused:
            clock.slept += 3600
            control.resume()
        elif clock.slept < 3600 and progress.bytes_fetched >= 5 * MIB:
            control.pause()

    server.fault("one", fault.cut(5 * MIB, stall=True), fault.status(403))
    server.fault("later", fault.status(503, {"Retry-After": "1800"}))
    items = [
        Item("one", locate, len(bodies["one"]), retries=0),
        Item("later", Location(server.url("later")), 100, retries=1),
    ]
    download(items, target, control=control, progress=hour, clock=clock).raise_if_failed()
    assert locations == ["n=0", "n=1"]
    assert {name: (target / name).read_bytes() for name in bodies} == bodies


def test_a_stopped_control_stops_the_next_transfer_too(server: Any, target: Path) -> None:
    control = Control()
    control.stop()
    report = download([server.item("one", b"1", "md5")], target, control=control)
    assert report.counts["stopped"] == 1
    assert server.requests == []


def test_a_budget_ends_a_transfer_and_the_next_continues(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any
) -> None:
    body, control = noise(20 * MIB), Control(budget=60)
    items = [server.item("small", b"1", "md5"), server.item("one", body, "md5")]
    server.fault("one", fault.cut(6 * MIB, stall=True))

    def late(progress: Any) -> None:
        if progress.files_done and progress.bytes_fetched > 6 * MIB:
            clock.slept += 61

    report = download(items, target, connections=1, control=control, progress=late, clock=clock)
    assert [outcome.state for outcome in report.outcomes] == ["done", "stopped"]
    assert (control.reason, report.ok) == ("budget", False)
    with pytest.raises(Interrupted, match=r"the time budget of 60 s is over; 1 of 2 files are complete\. Run the same"):
        report.raise_if_failed()
    report = download(items, target)
    assert [outcome.state for outcome in report.outcomes] == ["skipped", "done"]
    assert server.sent("one") < len(body) + 4 * MIB


def test_a_pause_sends_small_files_again_without_costing_a_try(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    control = Control()
    items = [server.item(f"f{n}", noise(5000, n), "md5", retries=0) for n in range(6)]
    server.fault("f2", fault.cut(100, stall=True))
    server.fault("f3", fault.cut(0, stall=True))
    pausing = Pausing(control, 4 * 5000 + 100)
    assert download(items, target, control=control, progress=pausing).counts["done"] == 6
    assert pausing.while_paused
    assert [len(server.of(f"f{n}")) for n in range(6)] == [1, 1, 2, 2, 1, 1]


def test_a_transfer_that_was_stopped_after_its_end_is_whole(server: Any, target: Path) -> None:
    control = Control()
    item = server.item("one", b"1", "md5")
    report = download([item], target, control=control, progress=lambda progress: progress.final and control.stop())
    assert (report.ok, report.why_stopped) == (True, "")


def test_a_pause_rests_though_a_retry_is_due(
    server: Any, fault: Any, target: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    control, waits = Control(), list[float]()
    item = server.item("one", b"1" * 1000, "md5", min_delay=30)
    server.fault("one", fault.status(500))
    poll = Wire.poll

    def watched(wire: Wire, timeout: float) -> Any:
        if control.paused:
            waits.append(timeout)
        return poll(wire, timeout)

    def pause(progress: Any) -> None:
        if len(waits) >= 3:
            control.resume()
        elif progress.retries and not waits:
            control.pause()
            clock.slept += 60

    monkeypatch.setattr(Wire, "poll", watched)
    download([item], target, control=control, progress=pause, clock=clock).raise_if_failed()
    assert min(waits) > 0


def test_a_pause_while_another_url_is_requested(server: Any, target: Path, noise: Any) -> None:
    """One request found the URL ended, and another is still under way when all are to end."""
    body, control, locations = noise(20 * MIB), Control(), list[str]()
    server.put("one", body)
    last_is_asked, resumes = threading.Event(), threading.Event()

    def breaks(_server: Any, request: Any, response: Any) -> Any:
        if len(locations) == 1 and request.first == 16 * MIB:
            last_is_asked.set()
            return replace(response, cut=MIB, length=len(response.body), stall=True)
        if len(locations) == 1 and request.first == 12 * MIB:
            assert last_is_asked.wait(30)
            return replace(response, status=403, headers={}, body=b"no")
        return response

    def locate() -> Location:
        locations.append(f"n={len(locations)}")
        assert len(locations) == 1 or resumes.wait(30)
        return Location(server.url("one", locations[-1]))

    def pause(_progress: Any) -> None:
        if control.paused:
            resumes.set()
            control.resume()
        elif len(locations) == 2 and not resumes.is_set():
            control.pause()

    server.always["one"] = breaks
    item = Item("one", locate, len(body), retries=0)
    download([item], target, connections=2, control=control, progress=pause).raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert locations == ["n=0", "n=1"]


def test_a_pause_when_only_the_end_of_the_response_is_missing(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    body, control = noise(5 * MIB), Control()
    item = server.item("one", body, "sha256", retries=0)
    server.fault("one", fault.changed(chunked=True, cut=len(body), stall=True))
    pausing = Pausing(control, len(body))
    download([item], target, control=control, progress=pausing).raise_if_failed()
    assert len(server.requests) == 1


def test_a_source_that_fails_leaves_nothing_behind(target: Path) -> None:
    control = Control()

    def items() -> Iterator[Item]:
        yield Item("one", Location("http://127.0.0.1:9/one"))
        raise LookupError("no such row")

    with pytest.raises(LookupError, match="no such row"):
        download(items(), target, control=control)
    assert not control.asking
