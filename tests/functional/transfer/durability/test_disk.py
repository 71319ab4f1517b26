"""Disks: full, read-only, slow, or changed by others; what is made, followed and made durable."""

import errno
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from breakable import Response
from disk_space import stating
from omicsdk.core import DiskFull, NotWritable
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer import checksums as hashing
from omicsdk.transfer.disk import RESERVE, Disk
from omicsdk.transfer.downloads import files, transitions

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
    others = [server.item(f"f{n:03}", noise(100), "md5") for n in range(300)]  # more than are planned ahead
    report = download([Item("one", Location(server.url("one")), size), *others], target, connections=1)
    assert {outcome.state for outcome in report.outcomes[1:]} == {"done"}
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
def test_after_a_refused_write_no_further_file_is_requested(server: Any, target: Path, noise: Any, number: int) -> None:
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


def test_a_folder_that_may_be_written_but_not_read_is_synced_as_far_as_it_goes(
    server: Any, target: Path, monkeypatch: Any
) -> None:
    real = os.open

    def refusing(path: Any, flags: int, mode: int = 0o777, **how: Any) -> int:
        if str(path) == str(target):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, flags, mode, **how)

    monkeypatch.setattr(files, "_FEW", 0)
    monkeypatch.setattr(files, "_dirty", lambda: 0)
    monkeypatch.setattr(os, "open", refusing)
    items = [server.item(f"f{number}", bytes([number]) * 100, "md5") for number in range(6)]
    download(items, target).raise_if_failed()
    assert download(items, target).counts["skipped"] == 6


@pytest.mark.parametrize("few", [0, 1000])
def test_a_file_that_another_process_removes_before_it_is_durable_fails_alone(
    server: Any, target: Path, monkeypatch: Any, few: int
) -> None:
    class Removing(Disk):
        def sync_files(self, paths: Sequence[str]) -> None:
            (target / "f3").unlink(missing_ok=True)
            super().sync_files(paths)

        def sync_file_system(self, folder: str) -> bool:
            return False

    monkeypatch.setattr(files, "_FEW", few)
    items = [server.item(f"f{number}", bytes([number]) * 100, "md5") for number in range(6)]
    outcomes = download(items, target, disk=Removing()).outcomes
    assert [outcome.state == "done" for outcome in outcomes] == [number != 3 for number in range(6)]
    assert "No such file" in str(outcomes[3].error)
    assert download(items, target).counts["done"] == 1


def test_files_on_another_file_system_are_synced_one_by_one(server: Any, target: Path, monkeypatch: Any) -> None:
    synced: list[str] = []

    class Telling(Disk):
        def sync_files(self, paths: Sequence[str]) -> None:
            synced.extend(paths)

        def sync_file_system(self, folder: str) -> bool:
            raise OSError(errno.EIO, "the whole file system was synced")

    real = os.stat
    monkeypatch.setattr(files, "_FEW", 0)
    monkeypatch.setattr(files, "_dirty", lambda: 0)

    def elsewhere(path: Any, **how: Any) -> os.stat_result:
        status = real(path, **how)
        return os.stat_result([*status[:2], status.st_dev + 1, *status[3:]]) if str(path) == str(target) else status

    monkeypatch.setattr(os, "stat", elsewhere)
    items = [server.item(f"f{number}", bytes([number]) * 100, "md5") for number in range(6)]
    download(items, target, disk=Telling()).raise_if_failed()
    assert len(synced) == 6


@pytest.mark.skipif(not os.path.ismount("/dev/shm"), reason="no file system in memory")
def test_files_in_memory_are_not_synced_one_by_one(server: Any, monkeypatch: Any) -> None:
    class Telling(Disk):
        def sync_files(self, paths: Sequence[str]) -> None:
            raise OSError(errno.EIO, "files were synced one by one")

    monkeypatch.setattr(files, "_FEW", 0)
    monkeypatch.setattr(files, "_dirty", lambda: 10**12)
    items = [server.item(f"f{number}", bytes([number]) * 100, "md5") for number in range(6)]
    with TemporaryDirectory(dir="/dev/shm") as folder:
        download(items, folder, disk=Telling()).raise_if_failed()


def test_a_disk_that_is_slow_for_its_data_is_not_synced_whole_again(
    server: Any, target: Path, monkeypatch: Any
) -> None:
    whole: list[str] = []

    class Slow(Disk):
        def sync_file_system(self, folder: str) -> bool:
            whole.append(folder)
            return True

    monkeypatch.setattr(files, "_FEW", 0)
    monkeypatch.setattr(files, "_SLOW", -1.0)
    monkeypatch.setattr(files, "BATCH", 1)
    monkeypatch.setattr(files, "_dirty", lambda: 0)
    items = [server.item(f"f{number}", bytes([number]) * 100, "md5") for number in range(6)]
    download(items, target, disk=Slow(), connections=1).raise_if_failed()
    assert len(whole) == 1


def test_what_changed_between_check_and_name_gets_no_name(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    real = transitions.first_difference

    def checked(expected: Any, actual: Any) -> Any:
        for part in target.glob("*.part"):
            os.truncate(part, 10)
        return real(expected, actual)

    monkeypatch.setattr(transitions, "first_difference", checked)
    (outcome,) = download([server.item("one", noise(300_000), "md5")], target).outcomes
    assert isinstance(outcome.error, NotWritable)
    assert "another program changed it" in str(outcome.error)
    assert not (target / "one").exists()


def test_what_changed_while_it_was_checked_is_checked_again_by_the_next_run(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    body = noise(300_000)
    item = server.item("one", body, "md5")
    target.mkdir()
    (target / "one").write_bytes(body)
    real = hashing.checksums_of

    def changed(*arguments: Any) -> Any:
        checksums = real(*arguments)
        (target / "one").write_bytes(b"other bytes".ljust(len(body)))
        os.utime(target / "one", ns=(1, 1))  # another time, however coarse the clock of the file system
        return checksums

    with monkeypatch.context() as patch:
        patch.setattr(hashing, "checksums_of", changed)
        download([item], target).raise_if_failed()
    download([item], target).raise_if_failed()
    assert (target / "one").read_bytes() == body


class Making(Disk):
    """A disk on which a part is looked for just when it is made again."""

    def __init__(self) -> None:
        super().__init__()
        self.gone, self.looked = threading.Event(), threading.Event()

    def create(self, path: str) -> int:
        if os.path.lexists(path):
            self.unlink(path)
            self.gone.set()
            assert self.looked.wait(30)
        return super().create(path)


def test_a_part_that_is_made_again_while_its_old_version_is_hashed_fails_nothing(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    old, new = noise(40 * 1024 * 1024, 1), noise(40 * 1024 * 1024, 2)
    item = server.item("one", new, "sha256")
    server.put("one", old)
    disk, real, changed = Making(), hashing.follow, threading.Event()

    def only_its_beginning_is_old(_server: Any, request: Any, response: Any) -> Any:
        if not request.first:
            return response
        assert changed.wait(30)
        return Response(200, {"ETag": server.etags["one"]}, new)

    def later(path: str, *arguments: Any) -> int:
        if disk.looked.is_set():
            return real(path, *arguments)
        server.put("one", new)
        changed.set()
        assert disk.gone.wait(30)
        try:
            return real(path, *arguments)
        finally:
            disk.looked.set()

    monkeypatch.setattr(hashing, "follow", later)
    server.always["one"] = only_its_beginning_is_old
    download([item], target, disk=disk, connections=1).raise_if_failed()
    assert (target / "one").read_bytes() == new
