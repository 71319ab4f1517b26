"""Files of this machine as a store."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from omicsdk.fs.copying.fetching import fetch
from omicsdk.fs.store import (
    AlreadyThere,
    CopyOptions,
    Entry,
    NotAFolder,
    PathError,
    PathNotFound,
    Put,
    ReadOnly,
    Store,
    Unsupported,
)
from omicsdk.transfer import Location, Outcome, TransferReport

_log = logging.getLogger("omicsdk.fs")

#: What a file of this machine states beside its size and time: one object for thousands of files.
_NOTHING: Mapping[str, Any] = {}


class LocalStore(Store):
    """Files of this machine. Links are followed, save those to a folder above, which would have no end.

    Args:
        within: The only folder with files: what is elsewhere is refused, and links out of it are left out with a warning.
    """

    scheme: ClassVar[str] = "file"
    writable: ClassVar[bool] = True

    def __init__(self, *, within: str | os.PathLike[str] | None = None) -> None:
        self._within = None if within is None else os.path.realpath(within)

    def _is_within(self, path: str) -> bool:
        if self._within is None:
            return True
        place = os.path.realpath(path)
        return place == self._within or place.startswith(self._within.rstrip(os.sep) + os.sep)

    def _check(self, path: str) -> None:
        if not self._is_within(path):
            raise PathError(
                path, "is out of the folder that files may be in", remedy=f"Use a path below {self._within}."
            )

    def _stat(self, path: str) -> Entry:
        self._check(path)
        try:
            found = os.stat(path)  # noqa: PTH116 - thousands of them
        except FileNotFoundError as error:
            raise PathNotFound(path, "not found") from error
        except NotADirectoryError as error:
            if Path(path).exists():
                raise NotAFolder(path, "is a file", remedy="Write it without the slash at its end.") from error
            raise PathNotFound(path, "not found") from error
        return _entry(path, found)

    def _entries(self, path: str) -> Iterator[Entry]:
        self._check(path)
        try:
            listed = sorted(os.scandir(path), key=lambda each: each.name)
        except FileNotFoundError as error:
            raise PathNotFound(path, "not found") from error
        except NotADirectoryError as error:
            raise NotAFolder(path, "is a file") from error
        for each in listed:
            if self._within is not None and each.is_symlink() and not self._is_within(each.path):
                _log.warning("%s is left out: it is a link out of the folder that files may be in", each.path)
                continue
            try:
                yield _entry(each.path, each.stat())
            except FileNotFoundError:
                if each.is_symlink():  # its target is missing, perhaps a disk that is not mounted: reading it raises
                    yield Entry(each.path, "file")

    def _compared(self, path: str, listed: Iterable[Entry]) -> Iterator[Entry]:
        del path
        return iter(listed)  # the system lists what is in a folder

    def _below(self, path: str, above: tuple[tuple[int, int], ...] = ()) -> Iterator[Entry]:
        found = os.stat(path)  # noqa: PTH116 - as above
        place = found.st_dev, found.st_ino
        if place in above:
            return
        for each in self._entries(path):
            if each.is_folder:
                yield from self._below(each.path, (*above, place))
            else:
                yield each

    def location(self, entry: Entry) -> Location:
        return Location(Path(entry.path).absolute().as_uri())

    def open(self, entry: Entry) -> BinaryIO | None:
        self._check(entry.path)
        try:
            return Path(entry.path).open("rb")
        except FileNotFoundError as error:
            raise PathNotFound(entry.path, "not found") from error
        except OSError as error:
            raise PathError(entry.path, f"cannot be read: {error.strerror or error}") from error

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        how = replace(options, journal=None)
        outcomes: list[Outcome] = []
        for file in files:
            target = Path(file.path)
            self._check(str(target.parent))
            if not options.overwrite and os.path.lexists(target):
                outcomes.append(Outcome.of_error(file.path, AlreadyThere(file.path)))
                continue
            report = fetch([(self.stat(file.source), target.name)], self, str(target.parent), how)
            outcomes.append(report.outcomes[0]._replace(name=file.path))
        return TransferReport(outcomes, title="Copies within this machine", why_stopped=options.control.why)

    def presign(self, entry: Entry, seconds: int | None = None) -> str:
        del seconds
        what = "cannot be signed: a file of this machine has no URL"
        raise Unsupported(self.uri(entry.path), what, remedy="Copy it to a platform first: omics cp.")

    def make_folder(self, path: str) -> None:
        self._check(path)
        try:
            Path(path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise NotAFolder(path, "is a file, or below one", remedy="Choose another name.") from error

    def check_removal(self, path: str) -> None:
        self._check(str(Path(path).parent))  # a link is removed itself
        if Path(path).resolve() in (Path.cwd(), *Path.cwd().parents):
            what = "is not removed: it is the current folder, or above it"
            raise ReadOnly(path, what, remedy="Change to another folder first.")

    def remove(self, entry: Entry) -> None:
        path = Path(entry.path)
        self._check(str(path.parent))
        path.rmdir() if entry.is_folder and not path.is_symlink() else path.unlink()

    def is_link(self, entry: Entry) -> bool:
        return Path(entry.path).is_symlink()

    def move(self, entry: Entry, path: str) -> bool:
        self._check(str(Path(path).parent))
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            Path(entry.path).replace(path)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise PathError(path, f"cannot be written: {error.strerror or error}") from error
        return True

    def uri(self, path: str) -> str:
        return path


def _entry(path: str, found: os.stat_result) -> Entry:
    if stat.S_ISDIR(found.st_mode):
        return Entry(path, "folder", modified=found.st_mtime)
    version = f"{found.st_mtime_ns}-{found.st_size}"
    return Entry(path, "file", found.st_size, _NOTHING, found.st_mtime, version, _NOTHING)
