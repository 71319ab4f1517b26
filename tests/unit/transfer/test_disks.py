"""Disks that are full, read-only, or changed by others meanwhile; what the seam to the file system makes, follows, and makes durable."""

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DiskFull, NotWritable, TransferError
from omicsdk.transfer.disk import (
    RESERVE,
    Disk,
    DiskSpace,
    Growth,
    lacks_space,
    scratch_database,
    space_of,
    spare_bytes,
    write_at,
    write_error,
)

MIB = 1024 * 1024


def test_writing_without_the_systems_vectors(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("omicsdk.transfer.disk._HAS_PWRITEV", False)
    with (tmp_path / "x").open("w+b") as file:
        assert write_at(file.fileno(), [b"ab", b"cd"], 3) == 4
        assert write_at(file.fileno(), [b"xyz"], 0) == 3
    assert (tmp_path / "x").read_bytes() == b"xyzabcd"


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (errno.EDQUOT, DiskFull, "Free disk space"),
        (errno.EFBIG, DiskFull, "The limit on the size of files was reached while writing d/X:1.bam. FAT allows 4 GiB"),
        (errno.EINVAL, NotWritable, "Windows shares allow none of"),
        (errno.EACCES, NotWritable, "Check the folder's permissions"),
        (errno.EISDIR, NotWritable, "Is a directory. Remove or rename it"),  # as reported for syncs of rclone
        (errno.ENOTDIR, NotWritable, "Not a directory. Remove or rename it"),
        (errno.EEXIST, NotWritable, "a file of that name exists. Remove or rename it"),
    ],
)
def test_an_error_of_the_file_system_has_the_remedy_of_its_cause(
    number: int, kind: type[TransferError], text: str
) -> None:
    error = write_error(OSError(number, os.strerror(number)), "d/X:1.bam")
    assert isinstance(error, kind)
    assert text in str(error)
    assert lacks_space(error) == (number == errno.EDQUOT)
    assert "Check the folder's permissions" in str(write_error(OSError(errno.EINVAL, "Invalid argument"), "d:/1.bam"))


GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("free", "total", "spare"),
    [
        (0, GIB, 0),
        (GIB, 100 * GIB, 0),
        (GIB + 1, 100 * GIB, 1),
        (50 * GIB, 100 * GIB, 49 * GIB),
        (MIB, 20 * MIB, 0),  # of a small disk a twentieth is left
        (MIB + 7, 20 * MIB, 7),
        (20 * MIB, 20 * MIB, 19 * MIB),
    ],
)
def test_a_file_of_unknown_size_leaves_a_reserve(free: int, total: int, spare: int) -> None:
    assert spare_bytes(free, total) == spare


class Space:
    """A file system of which only the numbers are there."""

    def __init__(self, free: int, total: int) -> None:
        self.free, self.total, self.looks = free, total, 0

    def __call__(self, _: str) -> tuple[int, int] | None:
        self.looks += 1
        return self.free, self.total


def test_space_is_assigned_once_and_not_after_a_write_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    space = Space(1000, 2000)
    monkeypatch.setattr("omicsdk.transfer.disk.space_of", space)
    disk = DiskSpace("/data", unwritten=lambda: 300)

    def fits(needed: int, now: float) -> bool:
        return disk.claim(needed, now) is None

    assert [fits(601, 1), fits(600, 1), fits(1, 1.9), fits(1, 2)] == [False, True, False, True]
    disk.refused(5)
    assert [fits(1, 5.9), fits(1, 6)] == [False, True]
    space.free = 0
    assert [fits(1000, 8), fits(0, 8)] == [False, True]


@given(st.integers(0, 400 * GIB), st.integers(1, 400 * GIB), st.sampled_from([128 * 1024, MIB, 7 * MIB, 40 * MIB]))
def test_growth_ends_at_the_reserve_and_not_before(free: int, total: int, step: int) -> None:
    free = min(free, total)
    reserve = min(RESERVE, total // 20)
    free = min(free, reserve + 2 * GIB)
    space = Space(free, total)
    growth = Growth("/data/one.part", "one", space=space)

    def grow() -> None:
        while True:
            growth.expect(step)
            space.free -= step
            assert space.free >= reserve

    with pytest.raises(DiskFull, match=r"/data/one\.part"):
        grow()
    assert space.free - step < reserve


def test_space_is_not_examined_for_each_write() -> None:
    space = Space(50 * GIB, 100 * GIB)
    growth = Growth("/data/one.part", space=space)
    for _ in range(8 * 128):
        growth.expect(128 * 1024)
        space.free -= 128 * 1024
    assert space.looks <= 128 // 16 + 1


def test_space_that_others_take_is_seen() -> None:
    space = Space(50 * GIB, 100 * GIB)
    growth = Growth("/data/one.part", space=space)
    growth.expect(MIB)
    space.free = 0

    def grow() -> None:
        for _ in range(17):
            growth.expect(MIB)

    with pytest.raises(DiskFull):
        grow()


def test_a_system_that_does_not_state_its_space_is_written_to(tmp_path: Path) -> None:
    growth = Growth("/data/one.part", space=lambda _: None)
    for _ in range(100):
        growth.expect(GIB)
    assert space_of(str(tmp_path / "not" / "there")) is None
    space = space_of(str(tmp_path / "new"))
    assert space is not None
    assert 0 < space[0] <= space[1]


# -- scratch databases: what a full folder of temporary files raises, and that nothing is left


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path))
    return tmp_path


def test_rows_that_do_not_fit_the_disk(temporary: Path):
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of files")

    def fill() -> None:
        with scratch_database() as database:
            database.execute("CREATE TABLE rows (row BLOB)")
            database.executemany("INSERT INTO rows VALUES (?)", ((bytes(1 << 20),) for _ in range(30)))

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(NotWritable, match=r"Cannot write .*: .+\. Free disk space there, or .* TMPDIR"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in temporary.iterdir() if path.name.startswith("omicsdk-")] == []


def test_an_error_of_the_block_is_raised_as_it_is(temporary: Path):
    with pytest.raises(ZeroDivisionError), scratch_database():
        raise ZeroDivisionError
    assert [path.name for path in temporary.iterdir() if path.name.startswith("omicsdk-")] == []


def test_a_new_file_takes_the_place_of_what_has_its_name(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    for number, make in enumerate((Path.symlink_to, Path.hardlink_to)):
        path = tmp_path / f"new{number}"
        make(path, precious)
        descriptor = Disk().create(str(path))
        Disk().write_at(descriptor, [b"new"], 0)
        os.close(descriptor)
        assert path.read_bytes() == b"new"
        assert not path.is_symlink()
    assert precious.read_bytes() == b"precious"


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"directory|permitted"):
        Disk().create(str(tmp_path))
    assert tmp_path.is_dir()


def test_only_regular_files_are_opened_again(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    for name in ("link", "pipe", "nothing"):
        with pytest.raises(OSError, match=r"symbolic|regular|No such") as caught:
            Disk().reopen(str(tmp_path / name))
        assert name in str(caught.value)
    os.close(Disk().reopen(str(tmp_path / "file")))


class Folders(Disk):
    """Notes which folders are synced."""

    def __init__(self) -> None:
        super().__init__()
        self.synced: list[str] = []

    def _sync_folder(self, path: str) -> None:
        super()._sync_folder(path)
        self.synced.append(path)


def test_folders_are_made_and_synced_with_those_above(tmp_path: Path) -> None:
    disk = Folders()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for _ in range(2):
        disk.make_folders(str(tmp_path / "link/a/b"))
    assert (tmp_path / "real/a/b").is_dir()
    disk.sync_folders([str(tmp_path / "link/a/b")])
    assert sorted(disk.synced) == [str(tmp_path / "link" / rest) for rest in ("", "a", "a/b")]
    disk.sync_folders([])
    assert len(disk.synced) == 3


def test_a_folder_that_is_made_during_a_sync_is_synced_by_the_next(tmp_path: Path) -> None:
    class Busy(Folders):
        def _sync_folder(self, path: str) -> None:
            super()._sync_folder(path)
            self.make_folders(str(tmp_path / "b"))

    disk = Busy()
    disk.make_folders(str(tmp_path / "a"))
    disk.sync_folders([])
    disk.sync_folders([])
    assert disk.synced == [str(tmp_path)] * 2


def test_a_sync_that_fails_is_repeated(tmp_path: Path) -> None:
    class Failing(Folders):
        def _sync_folder(self, path: str) -> None:
            super()._sync_folder(path)
            if len(self.synced) == 1:
                raise OSError(5, "Input/output error")

    disk = Failing()
    disk.make_folders(str(tmp_path / "a"))
    with pytest.raises(OSError, match="Input/output"):
        disk.sync_folders([])
    disk.sync_folders([])
    assert disk.synced == [str(tmp_path)] * 2


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "nowhere").symlink_to(tmp_path / "nothing")
    for name, error in (("file", FileExistsError), ("nowhere", FileExistsError), ("file/a/b", NotADirectoryError)):
        with pytest.raises(error):
            Disk().make_folders(str(tmp_path / name))


def test_a_folder_that_a_system_of_files_refuses_as_if_nothing_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mkdir(path: str) -> None:  # as below /proc
        raise FileExistsError(path) if Path(path).is_dir() else FileNotFoundError(path)

    monkeypatch.setattr("omicsdk.transfer.disk.os.mkdir", mkdir)
    with pytest.raises(FileNotFoundError):
        Disk().make_folders(str(tmp_path / "a/b"))


def test_a_folder_that_was_made_and_is_gone_needs_no_sync(tmp_path: Path) -> None:
    disk = Folders()
    disk.make_folders(str(tmp_path / "a/b"))
    (tmp_path / "a/b").rmdir()
    (tmp_path / "a").rmdir()
    disk.sync_folders([])
    assert disk.synced == [str(tmp_path)]
    with pytest.raises(FileNotFoundError):
        disk.sync_folders([str(tmp_path / "a")])


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell what is open")
def test_syncing_many_files_leaves_none_open(tmp_path: Path) -> None:
    paths = [str(tmp_path / f"f{number}") for number in range(150)]
    for path in paths[:-1]:
        Path(path).write_bytes(b"x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    Disk().sync_files(paths[:-1])
    with pytest.raises(FileNotFoundError):
        Disk().sync_files(paths)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_files_are_synced_one_by_one_where_no_more_may_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(tmp_path / f"f{number}") for number in range(70)]
    for path in paths:
        Path(path).write_bytes(b"x")
    now_open, synced, most = set[int](), set[str](), 5
    really_open, really_close = os.open, os.close

    def limited(path: str, flags: int) -> int:
        if len(now_open) == most:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        now_open.add(descriptor := really_open(path, flags))
        synced.add(path)
        return descriptor

    def close(descriptor: int) -> None:
        now_open.discard(descriptor)
        really_close(descriptor)

    monkeypatch.setattr("omicsdk.transfer.disk.os.open", limited)
    monkeypatch.setattr("omicsdk.transfer.disk.os.close", close)
    Disk().sync_files(paths)
    assert synced == set(paths)
    assert not now_open
    most = 0
    with pytest.raises(OSError, match="Too many open files"):
        Disk().sync_files(paths)
