"""Remains of an unfinished copy on this machine, a journal of its progress or a spool of files in transit, and the progress of
files whose bytes pass through it from one platform to another.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from omicsdk.core.checksums import text_digest
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.errors import ConfigError, FolderBusy, NotWritable
from omicsdk.core.files import current_folder, state_folder
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.logs import logger
from omicsdk.fs.copying.planning import Selected
from omicsdk.fs.store import Entry
from omicsdk.transfer import Outcome, Progress
from omicsdk.transfer.disk import Disk, space_of, write_errors
from omicsdk.transfer.journal import Journal, JournalFile, journal_for, line_of, remove_journal
from omicsdk.transfer.reports.progress import WORD, Counters
from omicsdk.transfer.reports.report import Verification, recorded_verification


class Unfinished:
    """The journal of one copy, in the user's state folder: the same copy finds it again, and it is removed when the
    copy is complete.

    Journals that were not resumed for a month are removed when another copy starts.

    Args:
        kind: The kind of copy, a word.
        what: Lines that identify it; relative paths mean those of the current folder.

    Attributes:
        path: The journal's file; None if the state folder is not writable, or the user has no home.
        keep: Whether it is still needed when the block ends; by default it is.
    """

    def __init__(self, kind: str, what: Iterable[str]) -> None:
        self.path = journal_for("copies", kind, current_folder(), *what)
        self.keep = True

    @property
    def is_there(self) -> bool:
        """Whether an earlier run left it, or another one uses it."""
        return self.path is not None and self.path.exists()

    def forget(self, names: Iterable[str]) -> None:
        """Remove files of an earlier run from the journal: they have changed at either end since.

        Args:
            names: Their names in the journal; not read if there is no journal.
        """
        if self.path is None or not self.is_there or not (name_list := list(names)):
            return
        with suppress(FolderBusy):  # another process makes the same copy, and is waited for
            journal = Journal(self.path, never)
            try:
                for name in name_list:
                    journal.forget(name)
            finally:
                journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.keep and self.is_there:
            remove_journal(self.path)


def is_newer(entry: Entry, copy: str) -> bool:
    """Whether a file changed after an earlier run had downloaded it; stated checksums are more reliable.

    Args:
        entry: The file.
        copy: The path of the downloaded file.
    """
    modified = None if entry.checksums else entry.modified
    try:
        return modified is not None and modified > Path(copy).stat().st_mtime
    except OSError:
        return False


class Arrival(NamedTuple):
    """The facts of a transferred file.

    Attributes:
        size: Its bytes; None if unknown.
        checksums: Checksums computed or compared during the transfer.
        where: Its URI if its platform assigned another one; empty if it is the requested one.
        verification: How it was verified over the whole transfer.
    """

    size: int | None
    checksums: Mapping[str, str]
    where: str = ""
    verification: Verification = "unverified"


#: Seconds after which the next copy that uses a spool removes files that were not resumed.
OLD = 7 * 86400.0

_HEAD: list[object] = ["omics-spool", 1]
_NAME = r"omics-[0-9a-f]{24}"
_JOURNAL = ".journal"

_log = logger("omicsdk.fs")


class Spool:
    """A folder for the files of one copy, locked in a `with` block. The same copy finds it again, however the last run
    ended.

    Only its owner can read it. Beside it is a journal, which records transferred files, and whose lock ends with the
    process.

    Args:
        root: The folder that it is in; None for the one in the user's state folder, else the system's temporary one.
        what: Lines that identify the copy.
        title: Where the files go, for messages.

    Attributes:
        files: The folder of the files, by names of the caller's.
        fetched: The journal of what comes into it.
        sent: The journal of what leaves it.
        arrivals: What earlier runs brought to its end, by the same names.
        keep: Whether it is still needed when the block ends; by default it is.

    Raises:
        FolderBusy: Another process makes the same copy.
        NotWritable: It cannot be made there, or belongs to another user.
        DiskFull: The disk is full for it.
    """

    def __init__(self, root: str | None, what: Iterable[str], title: str) -> None:
        base = Path(root).absolute() if root else _own_root()
        self._is_among_others = _is_open(base)
        # In a folder that others may write to, such as /tmp, a private one is made.
        self._root = base / f"omics-{_owner()}" if self._is_among_others else base
        self._folder = self._root / _name(what)
        self._title = title
        self.files = self._folder / "files"
        self.fetched, self.sent = self._folder / "fetched.journal", self._folder / "sent.journal"
        self.arrivals: dict[str, Arrival] = {}
        self.keep = True

    @property
    def is_there(self) -> bool:
        """Whether an earlier run left it, or another one uses it."""
        return self._folder.is_dir()

    def __enter__(self) -> Self:
        with write_errors(str(self._root)):
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Not `stat`: another user may have put a link there.
            status = self._root.lstat()
            if self._is_among_others and not (stat.S_ISDIR(status.st_mode) and str(status.st_uid) == _owner()):
                raise NotWritable(str(self._root), "it belongs to another user")
            self._log = self._locked()
            try:
                self._log.replay(line_of(_HEAD), self._replay)
                self._make()
            except BaseException:
                self._log.close()
                raise
        sweep(self._root, SYSTEM_CLOCK.now(), besides=self._folder.name)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.keep:
            _remove(self._folder, self._log)
            return
        self._log.close()
        if any(self.files.iterdir()):
            _log.info("Unfinished files are kept for %g days, to resume the same copy: %s", OLD / 86400, self._folder)

    def _locked(self) -> JournalFile:
        try:
            return JournalFile(_journal(self._folder), never, Disk(0o600), read_only=False)
        except FolderBusy:
            remedy = "Wait until it has ended, then run the same command to resume."
            raise FolderBusy(self._title, remedy=remedy) from None

    def _make(self) -> None:
        for folder in (self._folder, self.files):
            folder.mkdir(mode=0o700, exist_ok=True)
        for unfinished in self.files.glob(".*"):  # streams restart
            unfinished.unlink()

    def _replay(self, record: list[Any], _: int) -> None:
        match record:
            case ["arrived", name, size, checksums, where, *verification]:
                self.arrivals[name] = Arrival(size, checksums, where, recorded_verification(verification))
            case _:  # a record of a later version is ignored
                pass

    def note(self, arrivals: Mapping[str, Arrival]) -> None:
        """Record transferred files, and release their bytes.

        Args:
            arrivals: What is known of them, by name.

        Raises:
            NotWritable: That cannot be written.
            DiskFull: The disk is full for it.
        """
        lines = [
            line_of(["arrived", name, arrival.size, dict(arrival.checksums), arrival.where, arrival.verification])
            for name, arrival in arrivals.items()
        ]
        with write_errors(str(self._folder)):
            # Before their bytes are removed: a run that ends in between finds them there, and sends nothing twice.
            if lines:
                self._log.append_durably(lines)
        self.drop(arrivals)

    def drop(self, names: Collection[str]) -> None:
        """Remove files, complete or not; after the last one the journals are removed, too.

        Args:
            names: Their names.
        """
        left = False
        for path in list(self.files.iterdir()):
            if _file_of(path) in names:
                path.unlink(missing_ok=True)
            else:
                left = True
        if not left:
            # They are about files that do not exist any more, and would grow with every batch.
            self.fetched.unlink(missing_ok=True)
            self.sent.unlink(missing_ok=True)

    def keep_only(self, names: Collection[str]) -> None:
        """Remove all files but some.

        Args:
            names: Their names.
        """
        self.drop({_file_of(path) for path in self.files.iterdir()}.difference(names))

    def make_room(self, names: Collection[str], size: int, room: int) -> None:
        """Remove remains of failed files if they would exceed the limit together with new ones.

        Args:
            names: The names of the new files, of which parts may be there.
            size: The bytes of the new files.
            room: Maximum number of bytes stored here at a time.
        """
        others = [path for path in self.files.iterdir() if _file_of(path) not in names]
        if others and size + sum(path.stat().st_size for path in others) > room:
            self.keep_only(names)

    def room(self) -> int:
        """Bytes that its file system can hold for it, including those in it."""
        space = space_of(str(self.files))
        if space is None:
            return sys.maxsize
        return space[0] + sum(path.stat().st_size for path in self.files.iterdir())


def sweep(root: Path, now: float, *, besides: str = "") -> None:
    """Remove spools that no process uses and that no copy resumed for a week.

    Args:
        root: The folder that they are in.
        now: Seconds since 1970.
        besides: The name of one that stays.
    """
    names = {match[0] for path in root.iterdir() if (match := re.match(_NAME, path.name))}
    for folder in (root / name for name in sorted(names - {besides})):
        with suppress(OSError, FolderBusy):
            if now - _used(folder) > OLD:
                _remove(folder, JournalFile(_journal(folder), never, Disk(0o600), read_only=False))
                _log.info("%s is removed: an unfinished copy left it and was not resumed", folder)


def _used(folder: Path) -> float:
    """When something was done in a spool last."""
    times: list[float] = []
    for path in (_journal(folder), folder, *folder.glob("*"), *folder.glob("files/*")):
        with suppress(FileNotFoundError):
            times.append(path.lstat().st_mtime)
    return max(times)


def _remove(folder: Path, log: JournalFile) -> None:
    """Remove a spool that is locked, its journal last: as long as that exists, another process finds what is left."""
    from shutil import rmtree

    rmtree(folder, ignore_errors=True)
    log.remove()


def _own_root() -> Path:
    try:
        root = state_folder() / "spool"
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(root, os.W_OK):
            return root
    except (ConfigError, OSError):
        pass
    from tempfile import gettempdir  # few copies have no folder for their state

    return Path(gettempdir())


def _is_open(folder: Path) -> bool:
    """Whether other users may write to a folder."""
    with suppress(FileNotFoundError):
        return bool(_owner()) and bool(folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return False


def _owner() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else ""


def _journal(folder: Path) -> Path:
    return folder.with_name(folder.name + _JOURNAL)


def _name(what: Iterable[str]) -> str:
    text = "\n".join([_owner(), *what])
    return f"omics-{text_digest(text, 12)}"


def _file_of(path: Path) -> str:
    """The name of the file that a path is of, whole or a part of it."""
    return path.name.partition(".")[0]


def batches(files: Sequence[Selected], room: int) -> Iterator[list[Selected]]:
    """Split files into lists that need no more room than there is, a larger file for itself.

    Args:
        files: The files.
        room: Bytes; a file of unknown size is treated as the half.
    """
    batch: list[Selected] = []
    used = 0
    for file in files:
        size = file.entry.size if file.entry.size is not None else room // 2
        if batch and used + size > room:
            yield batch
            batch, used = [], 0
        batch.append(file)
        used += size
    if batch:
        yield batch


class RelayProgress:
    """The progress of files that some runs download to this machine, and others upload from it to their target.

    A byte counts half when it is here and whole when it is at the target, so that `bytes` is the size of the files and the
    time left covers both ways.

    Args:
        report: Called with the progress of all files; None to report nothing.
        sizes: Their sizes in bytes, None if unknown.
        clock: Measures the time.
    """

    def __init__(self, report: Callable[[Progress], None] | None, sizes: Sequence[int | None], clock: Clock) -> None:
        known_sizes = [size for size in sizes if size is not None]
        unsized = len(sizes) - len(known_sizes)
        self._counters = Counters(len(sizes), sum(known_sizes), clock.monotonic(), WORD, unsized)
        self._report, self._clock = report, clock
        self._waiting = 0  # bytes that are here, for the next upload
        self._ended = Progress()  # runs that ended: a store may make several of one download or upload

    def add_run(self, run: Progress) -> None:
        """Report, including the progress of a run.

        Args:
            run: The progress that its engine reports.
        """
        ended = self._ended
        state = Progress(
            files_done=ended.files_done + run.files_done,
            files_failed=ended.files_failed + run.files_failed,
            bytes_done=ended.bytes_done + run.bytes_done,
            bytes_fetched=ended.bytes_fetched + run.bytes_fetched,
            retries=ended.retries + run.retries,
            connections=run.connections,
            phase="finishing" if run.final else run.phase,
        )
        if run.final:
            self._ended = state
        self._show(state)

    def count_downloads(self, files: Iterable[tuple[Outcome, int | None]]) -> None:
        """Count files that were downloaded for the next upload, or failed.

        Args:
            files: Their outcomes, which also cover what no engine moved, and their stated sizes.
        """
        waiting = 0
        for outcome, size in files:
            if outcome.is_present:
                waiting += outcome.size or 0
            elif outcome.state == "failed":
                self._counters.count("failed", None, size)
        self._end_step(waiting)

    def count_uploads(self, files: Iterable[tuple[Outcome, int | None]]) -> None:
        """Count files that are at the target, or failed.

        Args:
            files: Their outcomes and stated sizes.
        """
        for outcome, size in files:
            if outcome.state != "stopped":
                self._counters.count(outcome.state, outcome.size, size)
        self._end_step(0)

    def end(self) -> None:
        """Report that nothing more is moved."""
        self._show(self._ended.replaced(phase="over"))

    def _end_step(self, waiting: int) -> None:
        """Drop what the runs reported of files that are counted by their outcomes now."""
        self._waiting = waiting
        self._ended = Progress(bytes_fetched=self._ended.bytes_fetched, retries=self._ended.retries)
        self._show(self._ended)

    def _show(self, runs: Progress) -> None:
        if self._report is None:
            return
        present = (self._waiting + runs.bytes_done) // 2
        state = self._counters.progress(
            self._clock.monotonic(), runs.bytes_fetched, present, runs.phase, runs.connections
        )
        # A file that was downloaded is done only when it is at the target.
        files_done = runs.files_done if self._waiting else 0
        self._report(
            state.replaced(
                files_done=state.files_done + files_done,
                files_failed=state.files_failed + runs.files_failed,
                rate=state.rate / 2,
                retries=runs.retries,
            )
        )
