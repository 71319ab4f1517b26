"""A place that fsspec opens (Google Cloud Storage, Azure, SFTP ...) as a storage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from errno import EISDIR
from pathlib import Path
from typing import Any, BinaryIO, cast

from omicsdk.core.files import unfinished_name
from omicsdk.crunch.hashing import is_no_data
from omicsdk.crunch.storage.base import BuiltinStorage, Stored, check_size, no_check, plain
from omicsdk.transfer import FsspecTarget
from omicsdk.transfer.downloads.targets import identity, move

#: Files that are moved at once by default: as many as `FsspecTarget` puts.
AT_ONCE = 4


class FsspecStorage(BuiltinStorage):
    """Files below a path of an fsspec file system, a synchronous one; it is used from several threads.

    Args:
        target: The place in the file system.
        at_once: How many files are moved at once, 1 or more; a file system over one connection (sftp) needs 1.
    """

    def __init__(self, target: FsspecTarget, at_once: int = AT_ONCE) -> None:
        self.at_once = at_once
        self._fs = cast("Any", target.fs)
        self._root = target.path
        self._whole = target.whole
        self._protocol = target.protocol

    def path(self, name: str) -> str:
        """Return the file's path, if the file system is this machine's; raise NotImplementedError otherwise."""
        if self._protocol == "file":
            return self._path(name)
        raise NotImplementedError(f"{self._path(name)} is not a file of this machine")

    def _path(self, name: str) -> str:
        name = plain(name)
        return f"{self._root}/{name}" if name else self._root

    def open(self, name: str, mode: str = "rb") -> BinaryIO:
        """Open a file.

        Raises:
            OSError: It cannot be opened.
        """
        return cast("BinaryIO", self._fs.open(self._path(name), mode))

    def put(self, name: str, path: Path, check: Callable[[], None] = no_check) -> None:
        """Write a file; arguments and errors are those of `BuiltinStorage.put`."""
        target = self._path(name)
        # A local file system moves a file into a folder of that name.
        if not self._whole and self._fs.isdir(target):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR), target)
        above, _, last = target.rpartition("/")
        self._fs.makedirs(above, exist_ok=True)
        # Objects appear whole; elsewhere an existing file is kept if this one fails, so it gets its name when it is complete.
        aside = target if self._whole else f"{above}/{unfinished_name(last)}"
        try:
            self._fs.put_file(os.fspath(path), aside)
            check()
            check_size(name, self._fs.size(aside), path.stat().st_size)
            if aside != target:
                move(self._fs, aside, target)
        except BaseException:
            if aside != target and self._fs.exists(aside):
                self._fs.rm_file(aside)
            raise

    def stat(self, name: str) -> Stored | None:
        """A file; None for a folder.

        Raises:
            FileNotFoundError: There is neither.
        """
        self._fs.invalidate_cache()
        info = cast("dict[str, Any]", self._fs.info(self._path(name)))
        return None if info.get("type") == "directory" else _stored(name, info)

    def contents(self, path: str) -> Iterator[Stored | str]:
        """List a folder: its files, and the names of its folders.

        Raises:
            FileNotFoundError: There is no such folder, and the file system knows folders.
        """
        directory = self._path(path)
        for entry in cast("list[dict[str, Any]]", self._fs.ls(directory, detail=True, refresh=True)):
            name = str(entry["name"]).rstrip("/").rpartition("/")[2]
            if str(entry["name"]).strip("/") != directory.strip("/") and not is_no_data(name):
                yield name if entry.get("type") == "directory" else _stored(name, entry)

    def stored(self, base: str) -> Iterator[Stored]:
        """Every file below a folder but what `is_no_data` names.

        Raises:
            FileNotFoundError: There is no such folder, and the file system knows folders.
        """
        self._fs.invalidate_cache()
        above = self._path(base).strip("/")
        if not self._fs.isdir(self._path(base)):
            raise FileNotFoundError(2, "No such file or directory", self._path(base))
        files_by_path = cast("dict[str, dict[str, Any]]", self._fs.find(self._path(base), detail=True))
        for path, info in files_by_path.items():
            name = path.strip("/")[len(above) :].removeprefix("/")
            if name and not path.endswith("/") and not is_no_data(name):
                yield _stored(name, info)

    def delete(self, name: str) -> None:
        """Remove a file; one that does not exist is no error."""
        try:
            self._fs.rm_file(self._path(name))
        except FileNotFoundError:
            return

    def size(self, name: str) -> int:
        """A file's length in bytes."""
        return int(self._fs.size(self._path(name)))

    def url(self, name: str) -> str:
        """Where a file can be fetched, as far as the file system can say; else its address in fsspec's words."""
        try:
            return str(self._fs.sign(self._path(name)))
        except NotImplementedError:
            return str(self._fs.unstrip_protocol(self._path(name)))

    def __repr__(self) -> str:
        return f"FsspecStorage({self._fs.unstrip_protocol(self._root)!r})"


def _stored(name: str, info: Mapping[str, Any]) -> Stored:
    return Stored(name, info.get("size"), identity(info))
