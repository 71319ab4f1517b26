"""The seam to the file system: what it makes, follows, and makes durable."""

import errno
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from breakable import Response
from omicsdk.core import NotWritable
from omicsdk.transfer import checksums as hashing
from omicsdk.transfer import download
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads import files, transitions


def test_new_files_have_the_permissions_that_are_requested(server: Any, target: Path) -> None:
    download([server.item("d/one", b"1", "md5"), server.item("two", b"2")], target, disk=Disk(0o600)).raise_if_failed()
    files = [path for path in target.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


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
        found = real(path, **how)
        return os.stat_result([*found[:2], found.st_dev + 1, *found[3:]]) if str(path) == str(target) else found

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
        found = real(*arguments)
        (target / "one").write_bytes(b"other bytes".ljust(len(body)))
        os.utime(target / "one", ns=(1, 1))  # another time, however coarse the clock of the file system
        return found

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
