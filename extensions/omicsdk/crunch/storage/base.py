"""The interface of a storage of datasets' files, that of Django's storages: a custom object may replace ours."""

from __future__ import annotations

import io
import posixpath
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

from omicsdk.core.errors import OmicsError, TransferError, UnsafePath
from omicsdk.crunch.hashing import Hashed, unchanged
from omicsdk.transfer import TransferOptions
from omicsdk.transfer.names import UNENCODABLE, check_name, has_characters_of_names

#: Bytes that are read at once.
STRIDE = 1024 * 1024
#: The methods that an object of the user's own must have to be taken as a storage.
METHODS = ("open", "save", "exists", "listdir", "delete", "size")


class StorageMissing(OmicsError):
    """The storage, or a dataset's folder in it, does not exist."""

    default_remedy = "Check the storage settings, that the storage is mounted, and the dataset's base_file_path."


@runtime_checkable
class Storage(Protocol):
    """Where datasets' files are stored. Names are relative to the storage's root, with "/" between their parts.

    A custom object needs `open`, `save`, `exists`, `listdir`, `delete` and `size`, which are called from several
    threads: as many as its attribute `at_once` states, if it has one.
    """

    def open(self, name: str, mode: str = "rb") -> AbstractContextManager[BinaryIO]:
        """Open a file for reading."""
        ...

    def save(self, name: str, content: Any) -> str:
        """Write a file from one that is open, or from bytes, in place of what has the name; return the name that it got."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is a file or folder of that name."""
        ...

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder; FileNotFoundError if there is none."""
        ...

    def delete(self, name: str) -> None:
        """Remove a file; one that does not exist is no error."""
        ...

    def size(self, name: str) -> int:
        """A file's length in bytes."""
        ...

    def url(self, name: str) -> str:
        """Where the file can be fetched."""
        ...

    def path(self, name: str) -> str:
        """The file's path on this machine; raises NotImplementedError if it is elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in a storage.

    Attributes:
        name: Its path within the listed folder, with "/" between its parts.
        size: Its length in bytes; None if the listing does not state it.
        etag: The storage's ETag, without quotes; may be empty.
        modified: Time of its last change, in seconds since 1970; None if the storage does not state it.
    """

    name: str
    size: int | None = None
    etag: str = ""
    modified: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sending:
    """A file to upload to a storage.

    Attributes:
        name: Its path within the dataset's folder.
        path: Its path on this machine.
        hashed: Its state when it was hashed.
    """

    name: str
    path: Path
    hashed: Hashed

    def check(self) -> None:
        """Raise SourceChanged if the file has changed since it was hashed."""
        unchanged(self.path, self.hashed)


#: Why files could not be moved, by name, where they are collected; otherwise the first error is raised.
Failures = dict[str, OmicsError]


@runtime_checkable
class Moves(Protocol):
    """A storage that moves many files together, instead of each through `open` and `save`."""

    def fetch(
        self, base: str, files: Sequence[Stored], folder: Path, options: TransferOptions, failed: Failures | None
    ) -> Mapping[str, Hashed]:
        """Download files into a folder; those that exist and are equal are left unchanged."""
        ...

    def send(
        self, base: str, files: Sequence[Sending], options: TransferOptions, failed: Failures | None
    ) -> Collection[str]:
        """Upload files below a folder of the storage, in place of what has their names; return the names of the sent."""
        ...


def check_size(name: str, stored: int | None, size: int) -> None:
    """Compare what a storage states of a written file with the file.

    Args:
        name: Its name in the storage.
        stored: The bytes that the storage states; None if it states none.
        size: The bytes that were written.

    Raises:
        TransferError: They differ.
    """
    if stored not in (None, size):
        problem = f"{name}: {size} bytes were written, but the storage has {stored}"
        raise TransferError(problem, name=name, remedy="Run the same command again; if it persists, check the storage.")


def no_check() -> None:
    """Check nothing."""


class BuiltinStorage(ABC):
    """The base of this package's storages: they state sizes, list whole trees, and replace what has the name of a saved file."""

    @abstractmethod
    def stat(self, name: str) -> Stored | None:
        """Return a file by its requested name; None for a folder. Raise FileNotFoundError if neither exists."""

    def exists(self, name: str) -> bool:
        """Return whether there is a file or folder of that name; errors are those of `stat`.

        Args:
            name: The name.
        """
        try:
            self.stat(name)
        except FileNotFoundError:
            return False
        return True

    @abstractmethod
    def contents(self, path: str) -> Iterator[Stored | str]:
        """Yield what is directly in a folder: files, and folders by their names alone; nothing or an error if there is
        none.
        """

    @abstractmethod
    def put(self, name: str, path: Path, check: Callable[[], None] = no_check) -> None:
        """Write a file from one of this machine, in place of what has the name.

        Args:
            name: The file's name; folders that are missing are made.
            path: The file on this machine.
            check: Called before the new file takes the place of the old one, as far as the storage has such a moment.

        Raises:
            SourceChanged: Of `check`.
            UnsafePath: The name leads out of the storage.
            OmicsError: It cannot be written.
            OSError: The same, or the file cannot be read.
        """

    def save(self, name: str, content: Any) -> str:
        """Write a file, in place of what has the name, and return the name; errors are those of `put`.

        Args:
            name: The file's name.
            content: A binary file that is open for reading, or bytes.
        """
        # Into a temporary file first: an object store that is written to in pieces keeps a part when the rest fails.
        with tempfile.TemporaryDirectory(prefix="omics-crunch-") as folder:
            spool = Path(folder) / "content"
            with spool.open("wb") as file:
                shutil.copyfileobj(io.BytesIO(content) if isinstance(content, bytes) else content, file, STRIDE)
            self.put(name, spool)
        return name

    @abstractmethod
    def stored(self, base: str) -> Iterator[Stored]:
        """Yield every file below a folder; FileNotFoundError if there is none."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder, sorted; errors are those of `contents`.

        Args:
            path: The folder.
        """
        entries = list(self.contents(path))
        folders = [entry for entry in entries if isinstance(entry, str)]
        return sorted(folders), sorted(entry.name for entry in entries if isinstance(entry, Stored))


# -- names

_REMEDY = "Correct the dataset's base_file_path on the crunch site."


def joined(base: str, name: str) -> str:
    """The name of a file of a dataset.

    Args:
        base: The dataset's folder; "" and "/" are the storage's root.
        name: The file's path within it; "" is the folder itself.
    """
    base = base.rstrip("/")
    return f"{base}/{name}" if base and name else base or name


def overlap(folder: str, other: str) -> bool:
    """Whether two folders have files in common: they are the same, however they are written, or one is in the other.

    Args:
        folder: A dataset's folder, as the site states it.
        other: Another dataset's.

    Raises:
        UnsafePath: One of them leads out of the storage.
    """
    here, parts_there = (tuple(part for part in plain(path).split("/") if part) for path in (folder, other))
    shorter = min(len(here), len(parts_there))
    return here[:shorter] == parts_there[:shorter]


def plain(name: str, *, windows: bool = False) -> str:
    """Return a name without "." and empty parts, relative to the storage's root.

    Args:
        name: The name, as given.
        windows: Whether it becomes a Windows path, where backslashes and drive letters are special, too.

    Raises:
        UnsafePath: It leads out of the storage, contains a NUL, or is not allowed on Windows.
    """
    if "\0" in name:
        raise UnsafePath(name, "contains a NUL", remedy=_REMEDY)
    if not has_characters_of_names(name):
        raise UnsafePath(name, UNENCODABLE, remedy=_REMEDY)
    if ".." in name.split("/"):
        raise UnsafePath(name, "contains '..'", remedy=_REMEDY)
    normal = posixpath.normpath(name.lstrip("/")) if name.strip("/") else ""
    if normal in ("", "."):
        return ""
    if windows:
        check_name(normal, windows=True)
    return normal
