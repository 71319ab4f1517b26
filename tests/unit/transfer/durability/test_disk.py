"""The seam to the file system: what it makes, follows, and makes durable."""

import errno
import os
from pathlib import Path

import pytest
from omicsdk.transfer.disk import Disk


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
