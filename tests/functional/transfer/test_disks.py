"""Disks that are full, read-only, or changed by others meanwhile."""

import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from disk_space import stating
from omicsdk.core import DiskFull, NotWritable
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.disk import RESERVE, Disk

MIB = 1024 * 1024


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_in_a_folder_is_not_replaced(server: Any, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    os.mkfifo(target / "one")
    report = download([server.item("one", b"1"), server.item("two", b"2")], target)
    assert "a device, FIFO or socket of that name exists" in str(report.outcomes[0].error)
    assert report.outcomes[1].state == "done"
    assert (target / "one").is_fifo()


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5", "crc32c"])
def test_who_writes_into_a_part_meanwhile_is_seen_by_what_is_computed_from_the_disk(
    server: Any, fault: Any, target: Path, noise: Any, algorithm: str
) -> None:
    body = noise(9 * MIB)

    def spoils(_server: Any, _request: Any, response: Any) -> Any:
        (part,) = target.glob("*.part")
        with part.open("r+b") as file:
            file.write(b"another program's")
        return response

    server.fault("one", fault.cut(5 * MIB), spoils)
    (outcome,) = download([server.item("one", body, algorithm)], target).outcomes
    assert outcome.state == "done"
    # CRC32C is computed from what came: what docs/reliability.md states is not covered.
    assert ((target / "one").read_bytes() == body) == (algorithm != "crc32c")


def test_the_part_is_cut_short_meanwhile(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body = noise(9 * MIB)

    def shortens(_server: Any, _request: Any, response: Any) -> Any:
        (part,) = target.glob("*.part")
        os.truncate(part, 1000)
        return response

    server.fault("one", fault.cut(5 * MIB), shortens)
    (outcome,) = download([server.item("one", body, "sha256")], target).outcomes
    assert outcome.state == "done"
    assert (target / "one").read_bytes() == body


def test_a_file_is_made_as_others_are(server: Any, target: Path) -> None:
    before = os.umask(0o027)
    try:
        download([server.item("one", b"1", "md5")], target)
    finally:
        os.umask(before)
    assert (target / "one").stat().st_mode & 0o777 == 0o640


def test_a_disk_that_fails_to_sync_is_an_error(server: Any, target: Path) -> None:
    class Broken(Disk):
        def sync_files(self, paths: Sequence[str]) -> None:
            raise OSError(5, "Input/output error")

    report = download([server.item("one", b"1", "md5")], target, disk=Broken())
    assert isinstance(report.outcomes[0].error, NotWritable)
    assert "Input/output error" in str(report.outcomes[0].error)
    assert b'["done"' not in (target / ".omics-transfer/transfer.journal").read_bytes()
    assert [path.name for path in target.iterdir()] == [".omics-transfer"]


def test_many_files_are_synced_without_the_systems_call_for_all(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("omicsdk.transfer.disk._libc", lambda name: None)
    items = [server.item(f"d{n % 3}/f{n}", noise(n), "md5") for n in range(100)]
    assert download(items, target).counts["done"] == 100
    assert download(items, target).counts["skipped"] == 100


def test_records_that_find_no_room_cost_nothing_but_a_check(
    server: Any, target: Path, monkeypatch: Any, caplog: Any
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    item = server.item("one", b"1", "md5")
    with monkeypatch.context() as patch:
        patch.setattr("omicsdk.transfer.journal.Journal.finish", full)
        assert download([item], target).ok
    assert "No space left on device; the next run checks these files again" in caplog.text
    assert download([item], target).counts["skipped"] == 1
    assert len(server.requests) == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may look everywhere")
def test_a_folder_that_cannot_be_looked_into_fails_its_file_only(server: Any, target: Path) -> None:
    (target / "closed").mkdir(parents=True)
    (target / "closed").chmod(0)
    report = download([server.item("closed/one", b"1", "md5"), server.item("two", b"2", "md5")], target)
    (target / "closed").chmod(0o700)
    assert isinstance(report.outcomes[0].error, NotWritable)
    assert report.outcomes[1].state == "done"


def test_a_place_that_cannot_be_examined_fails_its_file_only(server: Any, target: Path, monkeypatch: Any) -> None:
    real = os.lstat

    def lstat(path: Any, **more: Any) -> os.stat_result:
        if str(path).endswith("/one"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, **more)

    target.mkdir()  # in a new one there is nothing to look at
    monkeypatch.setattr(os, "lstat", lstat)
    report = download([server.item("one", b"1", "md5"), server.item("two", b"2", "md5")], target)
    assert isinstance(report.outcomes[0].error, NotWritable)
    assert "Permission denied" in str(report.outcomes[0].error)
    assert report.outcomes[1].state == "done"


def test_a_file_system_that_cannot_sync_is_taken_as_it_is(server: Any, target: Path, monkeypatch: Any) -> None:
    def unsupported(_descriptor: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", unsupported)
    assert download([server.item("one", b"1", "md5")], target).ok


def test_others_unwritten_data_is_not_waited_for(server: Any, target: Path, noise: Any, monkeypatch: Any) -> None:
    class Never(Disk):
        def sync_file_system(self, folder: str) -> bool:
            raise OSError(5, "the whole file system was synced")

    files = "omicsdk.transfer.downloads.files"
    monkeypatch.setattr(f"{files}._dirty", lambda: 10**9)
    monkeypatch.setattr(f"{files}._is_in_memory", lambda _: False)
    assert download([server.item(f"f{n}", noise(n), "md5") for n in range(20)], target, disk=Never()).ok


GIB = 1024 * MIB


@pytest.mark.parametrize("size", [None, 10_000_000])
def test_a_body_without_an_end_stops_before_the_disk_is_full(
    server: Any, noise: Any, fault: Any, leftovers: Any, target: Path, monkeypatch: pytest.MonkeyPatch, size: int | None
) -> None:
    """The space is what the test states: no disk is filled."""
    body = noise(10_000_000)

    def space() -> tuple[int, int]:
        return RESERVE + 2_000_000 - sum(path.stat().st_size for path in target.rglob("*.part")), 100 * GIB

    monkeypatch.setattr(os, "statvfs", stating(space))
    server.put("one", body, None)
    server.always["one"] = fault.changed(headers={"Connection": "close"}, unsized=True, cut=len(body))
    report = download([Item("one", Location(server.url("one")), size), server.item("two", noise(100), "md5")], target)
    assert report.outcomes[1].state == "done"
    if size is not None:  # it is known that it fits, reserve or not
        assert report.outcomes[0].state == "done"
        return
    error = report.outcomes[0].error
    assert isinstance(error, DiskFull)
    assert "its size is unknown" in str(error)
    assert "Free disk space" in error.remedy
    assert report.outcomes[0].bytes_fetched < 5_000_000
    assert leftovers() == []
    assert not (target / "one").exists()
    assert len(server.of("one")) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_after_a_refused_write_no_further_file_is_requested(
    server: Any, target: Path, noise: Any, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Full(Disk):
        def write_at(self, descriptor: int, buffers: Sequence[bytes], offset: int) -> int:
            raise OSError(number, os.strerror(number))

    items = [server.item(f"f{n:03}", noise(50_000, n), "md5") for n in range(400)]
    report = download(items, target, disk=Full(), connections=1)
    assert report.counts["failed"] == len(items)
    assert len(server.requests) < 100
    assert ": 50,000 more bytes are needed" in report.outcomes[0].error.message
    assert "only 0 are left" in report.outcomes[-1].error.message
    assert download(items, target).ok


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no open file")
def test_a_file_that_is_removed_meanwhile_is_not_received_to_its_end(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    item = server.item("one", noise(40 * MIB), "sha256")

    def removes(progress: Any) -> None:
        if progress.bytes_fetched > MIB:
            shutil.rmtree(target, ignore_errors=True)

    server.always["one"] = fault.changed(pace=20 * MIB)
    (outcome,) = download([item], target, connections=1, progress=removes).outcomes
    assert "No such file or directory" in str(outcome.error)
    assert "run the same command again" in outcome.error.remedy
    assert outcome.bytes_fetched < 30 * MIB
    server.always.clear()
    assert download([item], target).ok
