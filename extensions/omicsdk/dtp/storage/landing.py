"""The folder of a data set: files get their names when they are whole and right, and are known again by the next run."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Callable, Mapping
from hashlib import blake2b
from logging import getLogger
from pathlib import Path
from typing import Self

from omicsdk.core.errors import ChecksumMismatch, TruncatedTransfer
from omicsdk.core.files.atomic_file import put_in_place
from omicsdk.dtp.storage.datasets import Landed, StoredFile
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.wanted import guard_of
from omicsdk.transfer.hashing import checksums_of
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.journals.journal_lines import DoneState
from omicsdk.transfer.names import WORK_FOLDER
from omicsdk.transfer.writing import write_error

#: What a file is known again by where its store states no checksum.
OWN = "sha256"
#: Stands beside a file's checksums in the journal: when its store says that it was changed.
_CHANGED = "changed"
#: Files whose records are synced together, at most.
GROUP = 64

_log = getLogger("omicsdk.dtp")


class Landing:
    """The folder that a data set is put into. Threads may land files at once; close it, or use it in a `with` block.

    Args:
        folder: The data set's folder; it is made when it isn't there.
        wait: Is called while another process has it; returns False to give up.

    Attributes:
        folder: The data set's folder.
        aside: Where files are until they are whole, within the folder.

    Raises:
        FolderBusy: Another process fetches into it and `wait` gave up.
        NotWritable: The folder can't be written.
        DiskFull: There is no room.
    """

    def __init__(self, folder: Path, wait: Callable[[], bool] = lambda: False) -> None:
        self.folder = folder
        self.aside = folder / WORK_FOLDER / "dtp"
        self._disk = Disk()
        self._guard = threading.Lock()
        self._waiting: list[tuple[str, DoneState]] = []
        self._make(self.aside)
        self._journal = Journal(folder / WORK_FOLDER / "dtp.journal", wait, self._disk)
        try:
            self._names = guard_of(str(folder))
        except BaseException:
            self._journal.close()
            raise

    def check(self, name: str) -> None:
        """Checks a name by itself and against those that were checked before.

        Args:
            name: A path within the folder.

        Raises:
            UnsafePath: It would lead out of the folder.
            NameClash: It is another file's.
        """
        self._names.check(name)

    def found(self, file: StoredFile) -> Landed | None:
        """Tells whether a file is there and what it was.

        Args:
            file: The file. Its bytes are held against the store's checksums, and where there are none against what they
                were when they were fetched; they aren't read where their size and time of change are those of then. What
                the store has changed since is something else.

        Returns:
            What it is held against; None where there is nothing, or something else.
        """
        path = self.folder / file.name
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(status.st_mode) or (file.size is not None and status.st_size != file.size):
            return None
        known = self._journal.done(file.name)
        if known is not None and (
            known.size != status.st_size or known.checksums.get(_CHANGED, file.changed) != file.changed
        ):
            known = None
        sums = {} if known is None else {name: value for name, value in known.checksums.items() if name != _CHANGED}
        if known is not None and known.mtime_ns == status.st_mtime_ns and _agree(file.checksums, sums):
            return Landed(known.size, sums, "what it was when it was fetched", attempts=0)
        wanted = file.checksums or sums
        if not wanted:
            return None
        try:
            actual = checksums_of(str(path), wanted, status.st_size)
        except OSError as error:
            _log.info("%s can't be read (%s) and is fetched again", path, error.strerror)
            return None
        if not _agree(wanted, actual):
            return None
        self._record(file, DoneState(status.st_size, status.st_mtime_ns, actual))
        return Landed(status.st_size, actual, ", ".join(["size", *wanted]), attempts=0)

    def part(self, *facts: str) -> Path:
        """Where the bytes of a file are collected; they stay there for the next run.

        Args:
            *facts: What tells the file from all others, and from what it was before it was changed.
        """
        digest = blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        return self.aside / f"{digest}.bytes"

    def land(
        self, file: StoredFile, part: Path, *, verified: str = "", fetched: int = 0, kept: int = 0, attempts: int = 1
    ) -> Landed:
        """Holds the bytes of a file against what its store states, and gives it its name.

        Args:
            file: The file.
            part: Where its bytes are.
            verified: What they were held against already, in words.
            fetched: How many of them came over the network in this run.
            kept: How many were there before.
            attempts: How often it was asked for.

        Returns:
            What it is.

        Raises:
            TruncatedTransfer: It has another size than stated.
            ChecksumMismatch: It has other bytes than stated; they are removed.
            NotWritable: It can't be put there.
            DiskFull: There is no room.
        """
        try:
            size = part.stat().st_size
            if file.size is not None and size != file.size:
                part.unlink()
                raise TruncatedTransfer(file.name, expected=file.size, received=size)
            names = tuple(file.checksums) or (OWN,)
            actual = checksums_of(str(part), names, size)
            for name, expected in file.checksums.items():
                if actual[name] != expected:
                    part.unlink()
                    raise ChecksumMismatch(file.name, algorithm=name, expected=expected, actual=actual[name])
            target = self.folder / file.name
            self._make(target.parent)
            _sync(part)
            self._journal.forget(file.name)
            put_in_place(part, target)
            status = target.stat()
        except OSError as error:
            raise write_error(error, str(self.folder / file.name), file.name) from error
        self._record(file, DoneState(size, status.st_mtime_ns, actual))
        told = [verified] if verified else []
        told += ["size"] if file.size is not None else []
        told += file.checksums
        return Landed(size, actual, ", ".join(told), fetched, kept, attempts)

    def write(self, name: str, write: Callable[[Path], None]) -> None:
        """Writes a file of our own, whole or not at all.

        Args:
            name: Its path within the folder.
            write: Writes it to the path that it is given.

        Raises:
            NotWritable: It can't be written.
            DiskFull: There is no room.
        """
        part = self.aside / f"{os.urandom(6).hex()}{Path(name).suffix}"
        try:
            write(part)
            _sync(part)
            part.replace(self.folder / name)
        except OSError as error:
            raise write_error(error, str(self.folder / name), name) from error
        finally:
            part.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Removes what was only there for going on; all files are there."""
        shutil.rmtree(self.aside, ignore_errors=True)

    def close(self) -> None:
        """Records what has landed, and lets others fetch into the folder."""
        try:
            with self._guard:
                self._flush()
        finally:
            self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make(self, folder: Path) -> None:
        try:
            self._disk.make_folders(str(folder))
        except OSError as error:
            raise write_error(error, str(folder)) from error

    def _record(self, file: StoredFile, state: DoneState) -> None:
        if file.changed:
            state = state._replace(checksums={**state.checksums, _CHANGED: file.changed})
        with self._guard:
            self._waiting.append((file.name, state))
            if len(self._waiting) >= GROUP:
                self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._journal.finish(self._waiting)
            self._waiting = []


def _agree(wanted: Mapping[str, str], actual: Mapping[str, str]) -> bool:
    return all(actual.get(name) == value for name, value in wanted.items())


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
