"""Files of this machine, so that commands need not tell them from others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import NotAFolder, PathNotFound
from omicsdk.fs.store import Store
from omicsdk.transfer import Location


class LocalStore(Store):
    """Files of this machine. What is put here is copied by `omicsdk.fs.copying`, which has no network to go through."""

    scheme: ClassVar[str] = "file"
    writable: ClassVar[bool] = True

    def look(self, path: str) -> Entry:
        try:
            found = os.stat(path)  # noqa: PTH116 - thousands of them
        except FileNotFoundError as error:
            raise PathNotFound(path, "isn't there") from error
        return _entry(path, found)

    def entries(self, path: str) -> Iterator[Entry]:
        try:
            listed = sorted(os.scandir(path), key=lambda each: each.name)
        except FileNotFoundError as error:
            raise PathNotFound(path, "isn't there") from error
        except NotADirectoryError as error:
            raise NotAFolder(path, "is a file") from error
        for each in listed:
            try:
                yield _entry(each.path, each.stat())
            except FileNotFoundError:
                continue  # removed since, or a link that leads nowhere

    def location(self, entry: Entry) -> Location:
        return Location(Path(entry.path).absolute().as_uri())

    def make_folder(self, path: str) -> None:
        Path(path).mkdir(parents=True, exist_ok=True)

    def remove(self, entry: Entry) -> None:
        Path(entry.path).rmdir() if entry.is_folder else Path(entry.path).unlink()

    def uri(self, path: str) -> str:
        return path


def _entry(path: str, found: os.stat_result) -> Entry:
    if stat.S_ISDIR(found.st_mode):
        return Entry(path, "folder", modified=found.st_mtime)
    return Entry(path, "file", found.st_size, modified=found.st_mtime, version=f"{found.st_mtime_ns}-{found.st_size}")
