"""Dry runs: what would happen is reported, and nothing is touched. Room on the disk, and permissions, before and after."""

import logging
import os
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from disk_space import stating
from omicsdk.core import DiskFull, NotWritable
from omicsdk.transfer import Control, Item, Location, download
from omicsdk.transfer.disk import JOURNAL_RESERVE, RESERVE_PER_FILE
from omicsdk.transfer.journal import Journal

MIB = 1024 * 1024


def never() -> NoReturn:
    raise AssertionError("a dry run asks for no URL")


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def plans(report: Any) -> list[tuple[str, str, str]]:
    return [(outcome.name, outcome.state, outcome.plan) for outcome in report.outcomes]


def test_what_earlier_runs_left_is_reported_and_left(server: Any, fault: Any, target: Path, noise: Any) -> None:
    names = ("done", "begun", "right", "other", "folder")
    items = {
        name: server.item(name, noise(20 * MIB if name == "begun" else 5000, n), "sha256")
        for n, name in enumerate(names)
    }
    download([items["done"]], target)
    control = Control()
    server.fault("begun", fault.cut(6 * MIB, stall=True))

    def enough(progress: Any) -> None:
        if progress.bytes_fetched >= 6 * MIB:
            control.stop()

    download([items["begun"]], target, connections=1, control=control, progress=enough)
    (target / "right").write_bytes(noise(5000, 2))
    (target / "other").write_bytes(b"short")
    (target / "folder").mkdir()
    before, requests = tree(target), len(server.requests)
    with closing(Journal(target / ".omics-transfer/transfer.journal", lambda: False)):  # another process is at it
        report = download([replace(item, locate=never) for item in items.values()], target, dry_run=True)
    assert plans(report) == [
        ("done", "skipped", ""),
        ("begun", "planned", "resume: 6,291,456 of 20,971,520 bytes are present"),
        ("right", "planned", "check the existing file"),
        ("other", "planned", "download 5,000 bytes, replacing the existing file"),
        ("folder", "failed", ""),
    ]
    assert isinstance(report.failed[0].error, NotWritable)
    assert (tree(target), len(server.requests)) == (before, requests)


def test_it_foresees_what_the_run_does(server: Any, target: Path, noise: Any) -> None:
    items = [server.item(f"f{n}", noise(3000, n), "md5") for n in range(4)]
    download(items[:2], target)
    foreseen = download(items, target, dry_run=True).counts
    done = download(items, target).counts
    assert (foreseen["skipped"], foreseen["planned"]) == (done["skipped"], done["done"]) == (2, 2)


def test_what_exists_needs_no_room(server: Any, target: Path, noise: Any, monkeypatch: Any) -> None:
    items = [server.item(f"f{n}", noise(300_000, n), "md5") for n in range(3)]
    download(items[:2], target)
    monkeypatch.setattr(os, "statvfs", stating(lambda: (300_000, 10**9)))
    assert download(items, target, dry_run=True).ok


@pytest.mark.parametrize("once", [False, True], ids=["counted", "one by one"])
def test_files_that_fit_come_and_the_others_are_not_requested(
    server: Any, target: Path, noise: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture, once: bool
) -> None:
    sizes = {"a": 100_000, "large": 3 * MIB, "b": 200_000, "small": 600_000, "last": 50}
    items = [server.item(name, noise(size), "md5") for name, size in sizes.items()]
    kept = JOURNAL_RESERVE + (0 if once else 5 * RESERVE_PER_FILE)

    def space() -> tuple[int, int]:
        there = (path for path in target.rglob("*") if path.is_file() and ".omics-transfer" not in path.parts)
        return kept + 901_000 - sum(path.stat().st_size for path in there), 10**9

    monkeypatch.setattr(os, "statvfs", stating(space))
    with caplog.at_level(logging.WARNING, "omicsdk.transfer"):
        report = download(iter(items) if once else items, target)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed", "done", "done", "done"]
    assert isinstance(report.outcomes[1].error, DiskFull)
    assert "large: 3,145,728 more bytes are needed in" in str(report.outcomes[1].error)
    assert server.of("large") == []
    assert once or "more bytes are needed" in caplog.text


def test_a_partial_file_needs_only_what_is_missing(
    server: Any, fault: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    item = server.item("one", noise(9 * MIB), "md5")
    server.fault("one", fault.cut(8 * MIB + 5, stall=True))
    control = Control()

    def look(progress: Any) -> None:
        if progress.bytes_fetched > 8 * MIB:
            control.stop()

    download([item], target, control=control, progress=look)
    monkeypatch.setattr(os, "statvfs", stating(lambda: (JOURNAL_RESERVE + RESERVE_PER_FILE + 2 * MIB, 10**9)))
    assert download([item], target).ok


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_files_may_be_kept_to_their_owner_from_the_first_byte(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    large, small = server.item("large", noise(9 * MIB), "md5"), server.item("small", b"1", "md5")
    server.fault("large", fault.cut(5 * MIB, stall=True))
    control, seen = Control(), []

    def look(progress: Any) -> None:
        if progress.bytes_fetched > 5 * MIB and not seen:
            seen.extend(stat.S_IMODE(path.stat().st_mode) for path in target.glob("*.part"))
            control.pause()
        elif control.paused:
            control.resume()

    download([large, small], target, mode=0o600, control=control, progress=look).raise_if_failed()
    assert seen == [0o600]
    made = [path for path in target.rglob("*") if path.is_file()]
    assert {path.name for path in made} == {"large", "small", "transfer.journal"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}


def test_a_location_is_no_reason_to_ask(server: Any, target: Path) -> None:
    download([Item("one", Location(server.url("one")), 5)], target, dry_run=True)
    assert server.requests == []
