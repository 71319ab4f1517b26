"""A platform of the tests' own: files in memory, under the scheme `shelf`, that come and go as a store's do."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar

import pytest
from omicsdk.core import ServerError, TransferError
from omicsdk.fs import STORES, CopyOptions, Entry, Features, NotAFolder, PathNotFound, Put, Store
from omicsdk.transfer import Location, Outcome, TransferReport


class Shelf(Store):
    """Files by their paths. `broken` fail when they are opened or put; of `bare` no checksum is stated, of `unsized` no size
    either; `copies` records what was copied there."""

    scheme: ClassVar[str] = "shelf"
    files: ClassVar[dict[str, bytes]] = {}
    reported_sha256: ClassVar[dict[str, str]] = {}
    broken: ClassVar[set[str]] = set()
    bare: ClassVar[set[str]] = set()
    unsized: ClassVar[set[str]] = set()
    times: ClassVar[dict[str, float]] = {}
    copies: ClassVar[list[tuple[str, str]]] = []

    def __init__(self, *, copying: str = "", name: str = "") -> None:
        self.features = Features(writable=True, removal_batch=1, copies=bool(copying))
        self.name = name

    def _stat(self, path: str) -> Entry:
        if path in self.files:
            data = self.files[path]
            checksums = {"sha256": self.reported_sha256.get(path) or hashlib.sha256(data).hexdigest()}
            if path in self.bare | self.unsized:
                checksums = {}
            return Entry(
                path, "file", None if path in self.unsized else len(data), checksums, modified=self.times.get(path, 1e9)
            )
        if not path or any(name.startswith(f"{path}/") for name in self.files):
            return Entry(path, "folder")
        raise PathNotFound(self.uri(path), "not found")

    def _entries(self, path: str) -> Iterator[Entry]:
        if not self.stat(path).is_folder:
            raise NotAFolder(self.uri(path), "is a file")
        before = f"{path}/" if path else ""
        names = {name[len(before) :].partition("/")[0] for name in self.files if name.startswith(before)}
        for name in sorted(names):
            yield self.stat(f"{before}{name}")

    def location(self, entry: Entry) -> Location:
        raise AssertionError("its files are opened")

    def open(self, entry: Entry) -> BinaryIO | None:
        if entry.path in self.broken:
            raise ServerError(f"{entry.path} is out of reach")
        return io.BytesIO(self.files[entry.path])

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        return TransferReport([self._put(file, options) for file in files])

    def _put(self, file: Put, options: CopyOptions) -> Outcome:
        if file.path in self.broken:
            return Outcome(file.path, "failed", error=ServerError(f"{file.path} is refused"))
        if file.path in self.files and not options.overwrite:
            return Outcome(file.path, "skipped")
        try:
            self.files[file.path] = Path(file.source).read_bytes()
        except OSError as error:
            return Outcome(file.path, "failed", error=TransferError(f"{file.source} can't be read: {error.strerror}"))
        return Outcome(file.path, "done", len(self.files[file.path]))

    def check_removal(self, path: str) -> None:
        """Anything may be removed."""

    def remove(self, entry: Entry) -> None:
        if self.files.pop(entry.path, None) is None:  # a folder goes with its files
            raise PathNotFound(self.uri(entry.path), "not found")

    def copy(self, entry: Entry, path: str, *, overwrite: bool = True) -> bool:
        self.files[path] = self.files[entry.path]
        self.copies.append((entry.path, path))
        return True


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Shelf]:
    """The files of `shelf://`, to be filled; copies that are unfinished are remembered in a folder of the test's own."""
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setitem(STORES, "shelf", f"{Shelf.__module__}:Shelf")
    for kept in (
        Shelf.files,
        Shelf.reported_sha256,
        Shelf.broken,
        Shelf.bare,
        Shelf.unsized,
        Shelf.times,
        Shelf.copies,
    ):
        kept.clear()
    return Shelf
