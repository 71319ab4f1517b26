"""A folder of this machine as a storage: what Django's FileSystemStorage reads and writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO, cast
from urllib.parse import quote

from omicsdk.core.errors import UnsafePath
from omicsdk.core.files import expanded, in_place_of
from omicsdk.crunch.hashing import is_no_data, status_of
from omicsdk.crunch.storage.base import STRIDE, BuiltinStorage, StorageMissing, Stored, no_check, plain

#: Default permissions of files in the storage: Django's own default.
FILE_MODE = 0o644


class FolderStorage(BuiltinStorage):
    """Files below a folder. A saved file replaces an existing one atomically.

    Args:
        location: The folder (MEDIA_ROOT); it must exist when a file is saved, since a missing one may be a disk that is
            not mounted.
        base_url: Prefix of names for `url` (MEDIA_URL); "" for file:// addresses.
        file_mode: Permissions of saved files.
        folder_mode: Permissions of new folders; None leaves them to the process's umask.
    """

    def __init__(
        self,
        location: str | os.PathLike[str],
        *,
        base_url: str = "",
        file_mode: int = FILE_MODE,
        folder_mode: int | None = None,
    ) -> None:
        self.location = expanded(location).absolute()
        self._prefix = os.fspath(self.location).rstrip(os.sep) + os.sep
        self._base_url = base_url
        self._file_mode = file_mode
        self._folder_mode = folder_mode

    def path(self, name: str) -> str:
        """Return the path of a file.

        Args:
            name: Its name; one that begins with "/" must lead into the folder.

        Raises:
            UnsafePath: It leads out of the folder.
        """
        if name.startswith("/") and Path(name).is_relative_to(self.location):
            name = Path(name).relative_to(self.location).as_posix()
        elif name.startswith("/") and name.strip("/"):
            raise UnsafePath(name, f"is absolute, and not below {self.location}")
        # Not by `/`: this runs for each file, and creating a Path takes longer than examining a small file.
        below = plain(name, windows=os.name == "nt").replace("/", os.sep)
        return self._prefix + below if below else os.fspath(self.location)

    def open(self, name: str, mode: str = "rb") -> BinaryIO:
        """Open a file.

        Raises:
            UnsafePath: As `path`.
            OSError: It cannot be opened.
        """
        return cast("BinaryIO", Path(self.path(name)).open(mode))

    def put(self, name: str, path: Path, check: Callable[[], None] = no_check) -> None:
        """Write a file; arguments and errors are those of `BuiltinStorage.put`.

        Raises:
            StorageMissing: The storage's folder does not exist.
        """
        target = Path(self.path(name))
        if not self.location.is_dir():
            raise StorageMissing(f"The storage does not exist: {self.location} is not a folder")
        if not target.parent.is_dir():
            self._make(target.parent)
        with path.open("rb", buffering=0) as source, in_place_of(target, mode=self._file_mode, durable=False) as file:
            shutil.copyfileobj(source, file, STRIDE)
            check()

    def _make(self, folder: Path) -> None:
        if self._folder_mode is None:
            folder.mkdir(parents=True, exist_ok=True)
            return
        for missing in [*reversed(folder.parents), folder]:
            if not missing.is_dir():
                missing.mkdir(exist_ok=True)
                missing.chmod(self._folder_mode)

    def stat(self, name: str) -> Stored | None:
        """A file; None for a folder.

        Raises:
            FileNotFoundError: There is neither.
            UnsafePath: As `path`.
        """
        try:
            status = Path(self.path(name)).stat()
        except NotADirectoryError as error:
            raise FileNotFoundError(*error.args) from error
        return None if S_ISDIR(status.st_mode) else _stored(name, status)

    def contents(self, path: str) -> Iterator[Stored | str]:
        """List a folder: its files, and the names of its folders.

        Raises:
            FileNotFoundError: There is no such folder.
            NotADirectoryError: It is a file.
            UnsafePath: As `path`.
        """
        for entry, status in _entries(self.path(path)):
            if S_ISDIR(status.st_mode):
                yield entry.name
            elif not is_no_data(entry.name):
                yield _stored(entry.name, status)

    def stored(self, base: str) -> Iterator[Stored]:
        """Every file below a folder but what `is_no_data` names; links are followed, but not in a circle.

        Args:
            base: The folder.

        Raises:
            FileNotFoundError: There is no such folder.
            UnsafePath: As `path`.
        """
        waiting: list[tuple[str, str, frozenset[tuple[int, int]]]] = [("", self.path(base), frozenset())]
        while waiting:
            above, directory, seen = waiting.pop()
            status = Path(directory).stat()
            here = (status.st_dev, status.st_ino)
            if here in seen:
                continue
            for entry, status in _entries(directory):
                if S_ISDIR(status.st_mode):
                    waiting.append((f"{above}{entry.name}/", entry.path, seen | {here}))
                elif not is_no_data(path := f"{above}{entry.name}"):
                    yield _stored(path, status)

    def delete(self, name: str) -> None:
        """Remove a file, or an empty folder; one that does not exist is no error.

        Raises:
            UnsafePath: As `path`.
            OSError: It cannot be removed.
        """
        if not name:
            raise ValueError("delete() needs the name of a file")
        path = Path(self.path(name))
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)

    def size(self, name: str) -> int:
        """A file's length in bytes.

        Raises:
            FileNotFoundError: There is no such file.
            UnsafePath: As `path`.
        """
        return Path(self.path(name)).stat().st_size

    def url(self, name: str) -> str:
        """Return the URL of a file: below MEDIA_URL if configured, else a file:// address.

        Raises:
            UnsafePath: As `path`.
        """
        path = Path(self.path(name))
        if not self._base_url:
            return path.as_uri()
        return f"{self._base_url.rstrip('/')}/{quote(os.fsencode(path.relative_to(self.location).as_posix()))}"

    def __repr__(self) -> str:
        return f"FolderStorage({os.fspath(self.location)!r})"


def _entries(directory: str) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    """Yield the folders and files in a folder, and what they are; without broken links."""
    with os.scandir(directory) as entries:
        for entry in entries:
            status = status_of(entry)
            if status and (S_ISDIR(status.st_mode) or S_ISREG(status.st_mode)):
                yield entry, status


def _stored(name: str, status: os.stat_result) -> Stored:
    return Stored(name, status.st_size, modified=status.st_mtime)
