"""The bandwidth limit: its arithmetic, who waits, and what a real transfer makes of it."""

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from omicsdk.transfer import Control, Patience, download

MIB = 1024 * 1024


@pytest.mark.parametrize("count", [1, 200])
def test_a_real_transfer_keeps_to_the_limit(server: Any, target: Path, noise: Any, count: int) -> None:
    """20 MB/s over loopback, which gives a hundred times as much: in one file, and in many that come with one look."""
    items = [server.item(f"f{n}", noise(20_000_000 // count, n), "crc32c") for n in range(count)]
    began = time.monotonic()
    download(items, target, control=Control(rate_limit=20_000_000)).raise_if_failed()
    assert time.monotonic() - began > 0.9


def test_a_limit_is_no_stall(server: Any, target: Path, noise: Any) -> None:
    """The server waits for us much longer than we would wait for it."""
    items = [server.item(name, noise(400_000, n), "md5", retries=0) for n, name in enumerate("abcd")]
    control = Control(rate_limit=400_000)
    words = []

    def impatient(progress: Any) -> None:
        words.append((progress.seconds, progress.bytes_fetched))
        if progress.seconds > 2.5:
            control.rate_limit = None

    patience = Patience(connect=1.0, silence=1.0, least_rate=1000)
    report = download(items, target, connections=4, control=control, patience=patience, progress=impatient)
    report.raise_if_failed()
    assert [outcome.attempts for outcome in report.outcomes] == [1, 1, 1, 1]
    assert all(fetched < 400_000 * (seconds + 1) for seconds, fetched in words if seconds < 2.5)


def test_a_limit_does_not_hide_a_stall(server: Any, fault: Any, target: Path, noise: Any) -> None:
    one = server.item("one", noise(300_000), "md5")
    server.fault("one", fault.cut(100_000, stall=True))
    patience = Patience(silence=1.0, least_rate=1000)
    report = download([one], target, control=Control(rate_limit=1_000_000), patience=patience)
    report.raise_if_failed()
    assert report.outcomes[0].attempts == 2


def test_a_limit_may_come_and_go_while_bytes_move(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body, control = noise(12 * MIB), Control()
    item = server.item("one", body, "sha256")
    server.always["one"] = fault.changed(pace=40 * MIB)
    turns = []

    def turn(progress: Any) -> None:
        turns.append((progress.seconds, progress.bytes_fetched))
        control.rate_limit = 2 * MIB if len(turns) == 2 else None if len(turns) == 6 else control.rate_limit

    download([item], target, connections=2, control=control, progress=turn).raise_if_failed()
    assert (target / "one").read_bytes() == body
    # What lay in the sockets' buffers comes at once; the debt is paid by pausing.
    steps = [(later - now, after - before) for (now, before), (later, after) in pairwise(turns[2:6])]
    assert min(gained - 2 * MIB * seconds for seconds, gained in steps) < MIB / 2


def test_stopping_does_not_wait_for_the_limit(server: Any, target: Path, noise: Any) -> None:
    item = server.item("one", noise(9 * MIB), "md5")
    control = Control(rate_limit=1000)
    began = time.monotonic()
    report = download([item], target, control=control, progress=lambda _: control.stop())
    assert report.counts["stopped"] == 1
    assert time.monotonic() - began < 60
