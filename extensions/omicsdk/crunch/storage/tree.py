"""The tree of a storage's folders and files, and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from omicsdk.crunch.storage.base import Storage
from omicsdk.crunch.storage.files import stored_below
from omicsdk.crunch.storage.names import joined


@dataclass(slots=True)
class StorageFolder:
    """A folder of a storage.

    Attributes:
        name: Its name; of the first one the whole path.
        path: Its path in the storage.
        folders: What folders are in it, sorted by name.
        files: The names of its files, sorted.
    """

    name: str
    path: str
    folders: list[StorageFolder] = field(default_factory=list["StorageFolder"])
    files: list[str] = field(default_factory=list[str])

    def all_files(self) -> Iterator[str]:
        """The path in the storage of every file below it."""
        for folder in self.folders:
            yield from folder.all_files()
        yield from (joined(self.path, name) for name in self.files)

    def lines(self) -> Iterator[str]:
        """Draws it, a line a folder or file: folders first, as the published client draws them."""
        yield self.name
        yield from self._below("")

    def _below(self, margin: str) -> Iterator[str]:
        entries: list[StorageFolder | str] = [*self.folders, *self.files]
        for number, entry in enumerate(entries, 1):
            last = number == len(entries)
            branch, more = ("└── ", "    ") if last else ("├── ", "│   ")
            yield f"{margin}{branch}{entry if isinstance(entry, str) else entry.name}"
            if not isinstance(entry, str):
                yield from entry._below(margin + more)


def walk(storage: Storage, base: str = "") -> StorageFolder:
    """Reads the tree of a folder.

    Args:
        storage: The storage.
        base: The folder, such as a dataset's base_file_path; "" is the whole storage.

    Returns:
        The folder with all that is below it; folders without files aren't in it.

    Raises:
        FileNotFoundError: There is no such folder, and the storage knows folders.
        OmicsError: The storage can't be read.
    """
    top = StorageFolder(base or "/", base)
    known = {"": top}

    def folder_of(path: str) -> StorageFolder:
        if path not in known:
            above, _, name = path.rpartition("/")
            known[path] = StorageFolder(name, joined(base, path))
            folder_of(above).folders.append(known[path])
        return known[path]

    for file in stored_below(storage, base):
        above, _, name = file.name.rpartition("/")
        folder_of(above).files.append(name)
    for folder in known.values():
        folder.folders.sort(key=lambda entry: entry.name)
        folder.files.sort()
    return top
