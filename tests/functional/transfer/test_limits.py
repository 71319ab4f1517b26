"""Bandwidth limits of downloads and uploads: the rate, few requests at once, stalls, stops."""

import time
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from omicsdk.transfer import Control, Location, PartRules, Patience, PutTo, Upload, download, upload

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


def test_a_limited_download_requests_few_parts_at_once(server: Any, target: Path, noise: Any) -> None:
    item = server.item("one", noise(40 * MIB), "crc32c")
    control, flying, lifted = Control(rate_limit=4 * MIB), list[int](), list[int]()

    def look(progress: Any) -> None:
        (lifted if control.rate_limit is None else flying).append(progress.connections)
        if len(flying) == 3:
            control.rate_limit = None

    download([item], target, control=control, progress=look).raise_if_failed()
    assert max(flying) <= 2


def test_a_limited_download_requests_small_files_as_before(server: Any, target: Path, noise: Any) -> None:
    together = Barrier(4)  # no request is answered before four have arrived
    items = [server.item(f"f{n}", noise(20_000, n), "crc32c") for n in range(4)]
    for item in items:
        server.always[item.name] = lambda *_: (together.wait(30), None)[1]
    download(items, target, control=Control(rate_limit=4 * MIB)).raise_if_failed()
    assert not together.broken


def test_a_limited_upload_sends_few_parts_at_once(store: Any, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(30 * MIB))
    store.rules = PartRules(part_size=5 * MIB, single=0)
    control, flying = Control(rate_limit=4 * MIB), list[int]()

    def watch(progress: Any) -> None:
        flying.append(progress.connections)
        if len(flying) == 4:
            control.rate_limit = None

    upload([Upload(path, store)], control=control, progress=watch).raise_if_failed()
    assert max(flying[:4]) <= 1


def test_a_limited_upload_sends_small_files_as_before(sink: Any, tmp_path: Path) -> None:
    together = Barrier(4)  # no request is answered before four have arrived
    sink.always = lambda _: (together.wait(30), None)[1]
    uploads = []
    for number in range(4):
        path = tmp_path / str(number)
        path.write_bytes(bytes(50_000))
        uploads.append(Upload(path, PutTo(Location(sink.url(str(number))))))
    upload(uploads, control=Control(rate_limit=4 * MIB)).raise_if_failed()
    assert not together.broken
