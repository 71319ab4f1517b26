"""Datasets' files in file systems of fsspec, also in those that list from caches, sign addresses and move to free names only."""

from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from omicsdk.core import TransferError
from omicsdk.crunch.storage import open_storage
from omicsdk.crunch.storage.fsspec import FsspecStorage
from omicsdk.transfer import FsspecTarget


class ObjectStore(MemoryFileSystem):
    """Remembers listings, has markers of folders, keeps less than it was given if it cuts, and moves no new file if it breaks."""

    protocol = "cut"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    remembered: ClassVar[dict[str, Any]] = {}
    cuts = breaks = False

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        self.pipe_file(rpath, Path(lpath).read_bytes()[: -1 if ObjectStore.cuts else None])

    def mv(self, path1: str, path2: str, **_: Any) -> None:
        if self.exists(path2):
            raise FileExistsError(path2)
        if self.breaks and path1.endswith(".part"):
            raise ConnectionResetError("no connection")
        super().mv(path1, path2)

    def info(self, path: str, **_: Any) -> Any:
        return self.remembered.setdefault(f"info {path}", super().info(path))

    def ls(self, path: str, detail: bool = True, refresh: bool = False, **_: Any) -> Any:
        if refresh:
            self.remembered.clear()
        return self.remembered.setdefault(f"ls {path} {detail}", super().ls(path, detail=detail))

    def find(self, path: str, *_: Any, **options: Any) -> Any:
        entries = self.remembered.setdefault(f"find {path} {options}", super().find(path, **options))
        return {f"{path}/": {"size": 0}, f"{path}/deep/": {"size": 0}, **entries}

    def invalidate_cache(self, path: str | None = None) -> None:
        self.remembered.clear()

    def sign(self, path: str, expiration: int = 100, **_: Any) -> str:
        return f"https://signed.example.org{path}"


@pytest.fixture(params=["objects", "file"])
def storage(request: Any, tmp_path: Path) -> FsspecStorage:
    """An empty storage of each kind."""
    fs: Any = ObjectStore() if request.param == "objects" else fsspec.filesystem("file")
    return FsspecStorage(FsspecTarget(fs, str(tmp_path / "root")))


def test_files_are_listed_replaced_and_removed(storage: FsspecStorage, tmp_path: Path):
    file = tmp_path / "file"
    for content in (b"alpha", b"beta"):
        for name in ("d/a.txt", "d/deep/er/b"):
            file.write_bytes(content)
            storage.put(name, file)
        looked = storage.stat("d/a.txt")
        assert looked is not None
        assert (looked.name, looked.size, storage.size("d/a.txt")) == ("d/a.txt", len(content), len(content))
        assert {stored.name: stored.size for stored in storage.stored("d")} == dict.fromkeys(
            ("a.txt", "deep/er/b"), len(content)
        )
        assert storage.listdir("") == (["d"], [])
        assert storage.listdir("d") == (["deep"], ["a.txt"])
        with storage.open("d/a.txt") as opened:
            assert opened.read() == content
    for _ in range(2):
        storage.delete("d/a.txt")
        assert storage.listdir("d") == (["deep"], [])
    assert [stored.name for stored in storage.stored("d")] == ["deep/er/b"]
    storage.delete("d/deep/er/b")
    assert list(storage.stored("d")) == []
    assert storage.stat("d") is None
    with pytest.raises(FileNotFoundError):
        list(storage.stored("none"))
    assert storage.at_once == FsspecTarget(ObjectStore(), "").puts


def test_a_file_is_not_put_into_a_folder_of_its_name(tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(b"alpha")
    storage = FsspecStorage(FsspecTarget(fsspec.filesystem("file"), str(tmp_path / "root")))
    storage.put("d/a", file)
    with pytest.raises(IsADirectoryError):
        storage.put("d", file)
    assert [stored.name for stored in storage.stored("")] == ["d/a"]


def test_a_file_that_is_being_written_is_not_listed(tmp_path: Path, monkeypatch: Any):
    fs: Any = fsspec.filesystem("file")
    storage, put_file = FsspecStorage(FsspecTarget(fs, str(tmp_path / "root"))), fs.put_file

    def listed(source: str, target: str) -> None:
        put_file(source, target)  # what a kill leaves now
        assert [stored.name for stored in storage.stored("")] == []
        assert storage.listdir("d") == ([], [])

    monkeypatch.setattr(fs, "put_file", listed)
    (tmp_path / "file").write_bytes(b"alpha")
    storage.put("d/a", tmp_path / "file")
    assert [stored.name for stored in storage.stored("")] == ["d/a"]


def test_addresses_of_fsspec(tmp_path: Path):
    storage = open_storage({"FSSPEC_URL": "memory://root"})
    storage.save("a.txt", b"x")
    assert storage.url("a.txt") == "memory:///root/a.txt"
    with pytest.raises(NotImplementedError):
        storage.path("a.txt")
    assert fsspec.open("memory://root/a.txt").open().read() == b"x"
    assert open_storage({"FSSPEC_URL": f"file://{tmp_path}"}).path("a.txt") == f"{tmp_path}/a.txt"
    assert FsspecStorage(FsspecTarget(ObjectStore(), "/r")).url("a") == "https://signed.example.org/r/a"


@pytest.mark.parametrize(
    ("fault", "message"),
    [("cuts", "6 bytes were written, but the storage has 5"), ("breaks", "no connection")],
)
def test_a_file_system_that_fails_keeps_the_old_file(tmp_path: Path, monkeypatch: Any, fault: str, message: str):
    storage = FsspecStorage(FsspecTarget(ObjectStore(), "/cut"))
    (tmp_path / "file").write_bytes(b"first")
    storage.put("a.txt", tmp_path / "file")
    (tmp_path / "file").write_bytes(b"second")
    monkeypatch.setattr(ObjectStore, fault, True)
    with pytest.raises((TransferError, OSError), match=message):
        storage.put("a.txt", tmp_path / "file")
    assert [stored.name for stored in storage.stored("")] == ["a.txt"]
    with storage.open("a.txt") as file:
        assert file.read() == b"first"
