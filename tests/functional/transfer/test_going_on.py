"""Interrupts, crashes and a second process: what was fetched stays fetched."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.disk import Disk
from waiting import until

MIB = 1024 * 1024
CELL = 4 * MIB
SCRIPT = """
import json, sys, logging
from omicsdk.transfer import Item, Location, download
logging.basicConfig(level="WARNING", stream=sys.stdout, force=True)
task = json.loads(sys.argv[1])
items = [Item(name, Location(url), size, sums) for name, url, size, sums in task["items"]]
report = download(items, task["folder"], connections=task["connections"])
print(json.dumps(report.to_dict()))
"""


@pytest.fixture
def start(target: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a download in a separate process."""
    started = []

    def run(items: list[Item], connections: int = 4) -> subprocess.Popen[str]:
        entries = [(item.name, item.locate.url, item.size, dict(item.checksums)) for item in items]
        task = {"items": entries, "folder": str(target), "connections": connections}
        process = forked.start(
            [sys.executable, "-c", SCRIPT, json.dumps(task)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_cells_that_reached_the_process_are_kept(server: Any, fault: Any, target: Path, noise: Any, start: Any) -> None:
    body = noise(34 * MIB)
    item = server.item("one", body, "sha256")
    # Only the first part is larger than a cell: its response stops in the middle of the second one.
    server.always["one"] = fault.cut(CELL + 2 * MIB, stall=True)
    process = start([item], 4)
    until(lambda: journalled(target) == 4 and begun(target).get(1) == 2 * MIB)
    process.kill()
    process.wait()
    server.always.clear()
    outcome = download([item], target).outcomes[0]
    assert outcome.bytes_kept == 4 * CELL + 2 * MIB
    assert outcome.bytes_kept + outcome.bytes_fetched == len(body)
    assert (target / "one").read_bytes() == body


def journalled(target: Path) -> int:
    journal = target / ".omics-transfer/transfer.journal"
    return journal.read_bytes().count(b'["cell"') if journal.exists() else 0


def begun(target: Path) -> dict[int, int]:
    """Bytes of begun cells, by cell, as far as the journal has them."""
    journal = target / ".omics-transfer/transfer.journal"
    lines = journal.read_text().splitlines() if journal.exists() else []
    records = [json.loads(line[9:]) for line in lines if '["begun"' in line and line.endswith("]")]
    return {position // CELL: position % CELL for _, _, position, _ in records}


def test_a_stop_leaves_the_rest_for_later(server: Any, fault: Any, target: Path, noise: Any, leftovers: Any) -> None:
    bodies = {"large": noise(30 * MIB), "small": noise(100), "slow": noise(200)}
    items = [server.item(name, body, "md5") for name, body in bodies.items()]
    server.always["slow"] = fault.cut(100, stall=True)
    stop = threading.Event()

    def seen(progress: Any) -> None:
        if progress.files_done == 2:
            stop.set()

    report = download(items, target, stop=stop, progress=seen)
    assert [outcome.state for outcome in report.outcomes] == ["done", "done", "stopped"]
    assert [name.partition(".")[0] for name in leftovers()] == ["slow"]
    server.always.clear()
    report = download(items, target)
    assert [outcome.state for outcome in report.outcomes] == ["skipped", "skipped", "done"]
    assert report.outcomes[2].bytes_kept == 100


def test_stopping_before_the_start_does_nothing(server: Any, target: Path) -> None:
    stop = threading.Event()
    stop.set()
    report = download([server.item("one", b"x")], target, stop=stop)
    assert report.outcomes[0].state == "stopped"
    assert not report.ok
    assert server.requests == []


def test_a_locator_that_hangs_does_not_hold_up_a_stop(target: Path) -> None:
    hanging, stop = threading.Event(), threading.Event()

    def locate() -> Location:
        stop.set()
        hanging.wait(60)
        return Location("http://127.0.0.1:1/")

    began = time.monotonic()
    report = download([Item("one", locate)], target, stop=stop)
    assert time.monotonic() - began < 30
    assert report.outcomes[0].state == "stopped"
    hanging.set()


def test_a_folder_that_another_process_filled_since_it_was_made_is_looked_into(server: Any, target: Path) -> None:
    items = [server.item(f"f{n}", b"%d" % n, "md5") for n in range(3)]
    slow = Disk()
    slow.make_folders(str(target))  # and before this one gets the journal, the other one has come and gone
    assert download(items, target).counts["done"] == 3
    assert download(items, target, disk=slow).counts["skipped"] == 3
    assert len(server.requests) == 3


def test_another_source_of_the_same_name_is_not_mixed_in(server: Any, fault: Any, target: Path, noise: Any) -> None:
    old, new = noise(20 * MIB, 1), noise(20 * MIB, 2)
    stop_after(server, fault, target, server.item("one", old, "sha256"))
    outcome = download([server.item("one", new, "sha256")], target).outcomes[0]
    assert (target / "one").read_bytes() == new
    assert outcome.bytes_kept == 0


def test_a_file_with_checksums_is_not_taken_for_another_source_without(server: Any, target: Path, noise: Any) -> None:
    first, other = server.item("one", noise(3000), "md5"), server.item("other", noise(3000, 2))
    download([first], target)
    assert download([first.replaced(checksums={})], target).counts["skipped"] == 1
    assert download([other.replaced(name="one")], target).counts["done"] == 1
    assert (target / "one").read_bytes() == noise(3000, 2)
    assert download([first], target).counts["done"] == 1
    assert download([first.replaced(locate=other.locate)], target).counts["skipped"] == 1


def test_a_source_without_checksum_is_resumed_by_its_etag(server: Any, fault: Any, target: Path, noise: Any) -> None:
    old, new = noise(20 * MIB, 1), noise(20 * MIB, 2)
    stop_after(server, fault, target, server.item("same", old))
    stop_after(server, fault, target, server.item("other", old))
    same = download([server.item("same", old)], target).outcomes[0]
    other = download([server.item("other", new)], target).outcomes[0]
    assert same.bytes_kept > 0
    assert (target / "same").read_bytes() == old
    assert (target / "other").read_bytes() == new
    assert (same.state, other.state) == ("done", "done")


def test_bytes_that_the_disk_changed_are_fetched_again_without_the_rest(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    body = noise(40 * MIB)
    real = os.pwritev
    damaged = []

    def pwritev(descriptor: int, buffers: Any, offset: int) -> int:
        written = real(descriptor, buffers, offset)
        if offset >= 9 * MIB and not damaged:
            damaged.append(os.pwrite(descriptor, b"\0\0\0\0", offset))
        return written

    monkeypatch.setattr(os, "pwritev", pwritev)
    outcome = download([server.item("one", body, "sha256")], target).outcomes[0]
    assert outcome.state == "done"
    assert (target / "one").read_bytes() == body
    assert len(body) < outcome.bytes_fetched <= len(body) + CELL


def stop_after(server: Any, fault: Any, target: Path, item: Item) -> None:
    """Fetches some cells of an item and stops."""
    stop = threading.Event()
    server.always[item.name] = fault.cut(CELL + MIB, stall=True)
    before = journalled(target)

    def seen(_progress: Any) -> None:
        if journalled(target) > before + 1:  # one that a test may damage, and another
            stop.set()

    report = download([item], target, stop=stop, progress=seen)
    assert report.outcomes[0].state == "stopped"
    server.always.clear()


def test_after_a_power_cut_a_final_name_is_checked_and_fixed(server: Any, target: Path, noise: Any) -> None:
    body = noise(40 * MIB)
    item = server.item("one", body, "sha256")
    assert download([item], target).ok
    journal = target / ".omics-transfer/transfer.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert b'["done"' in lines[-1]
    journal.write_bytes(b"".join(lines[:-1]))  # the record was not synced, and neither was all of the file
    with (target / "one").open("r+b") as file:
        file.seek(9 * MIB)
        file.write(bytes(5000))
    outcome = download([item], target).outcomes[0]
    assert outcome.state == "done"
    assert outcome.bytes_fetched == CELL
    assert (target / "one").read_bytes() == body


def test_a_redirect_that_refers_to_trouble_is_requested_again(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any
) -> None:
    places = iter(("bad", "good"))
    server.always["here"] = lambda server, request, response: fault.status(302, {"Location": "/" + next(places)})(
        server, request, response
    )
    server.always["bad"] = fault.status(503)
    server.put("good", noise(100))
    assert download([Item("one", Location(server.url("here")), 100)], target, clock=clock).ok
