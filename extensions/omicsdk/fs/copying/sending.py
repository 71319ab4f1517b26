"""Files of this machine on their way to a platform, and what every copy has: options, and a record of what is unfinished."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from omicsdk.core.errors import FolderBusy, Interrupted
from omicsdk.fs.copying.comparison import STRONGEST, stated
from omicsdk.fs.copying.fetching import FetchOptions
from omicsdk.fs.store import Entry, Put, PutOptions, Store
from omicsdk.fs.uri import PathNotFound
from omicsdk.transfer import Control, Outcome, Progress, TransferReport
from omicsdk.transfer.calls import never, side_by_side
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.interrupts import report_of
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.journals.journal_file import JournalFile
from omicsdk.transfer.journals.places import journal_for
from omicsdk.transfer.reports.outcome import Verification

#: Bytes that lie on this machine at once on their way from one platform to another; a larger file is there alone.
SPOOL = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How files are copied.

    Attributes:
        overwrite: Whether what is at a target already is replaced.
        connections: Requests for bytes that run at once, at most.
        control: Stops, pauses, limits the rate, bounds the time.
        progress: Called a few times a second.
        stop: Set it to end within a second; the same copy goes on from there.
        spool: Folder for files on their way between platforms; by default one in the user's state folder.
        spool_bytes: How much lies there at once, at most; a larger file lies there alone.
    """

    overwrite: bool = True
    connections: int = 16
    control: Control = field(default_factory=Control)
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    spool: str | None = None
    spool_bytes: int = SPOOL

    @property
    def stopped(self) -> bool:
        """Whether it shall end."""
        return self.fetching().stopped

    def fetching(self, journal: Path | None = None, *, kept: bool = False) -> FetchOptions:
        """The same for what comes to this machine.

        Args:
            journal: The file that remembers how far it is; by default one in the folder.
            kept: As for `FetchOptions`.
        """
        return FetchOptions(self.connections, self.control, self.progress, self.stop, journal, kept)


def until_interrupted(step: Callable[[], TransferReport], names: Sequence[str], control: Control) -> TransferReport:
    """Makes a step of a copy.

    Args:
        step: The step; `control` governs it.
        names: The names of its outcomes.
        control: Is stopped when Ctrl-C has ended the step; whoever made the copy raises that at its end.

    Returns:
        The step's report; of one that was interrupted what it tells by these names, the others are stopped.

    Raises:
        KeyboardInterrupt: It ended the step somewhere else than in an engine.
    """
    try:
        return step()
    except KeyboardInterrupt as error:
        report = report_of(error)
        if report is None or not control.stopped:
            raise
        known = {outcome.name: outcome for outcome in report.outcomes}
        return report.with_outcomes(
            (known.get(name) or Outcome(name, "stopped") for name in names),
            why_stopped=report.why_stopped or control.why,
        )


class Unfinished:
    """The journal of one copy, in the user's state folder: the same copy finds it again, and it goes when the copy is done.

    Those that nobody went on with for a month are removed by whoever begins another copy.

    Args:
        way: What kind of copy it is, a word.
        what: What tells it from others, lines; relative paths mean those of the current folder.

    Attributes:
        path: The journal's file; None where the state folder can't be written, or there is none since the user has no home.
        keep: Whether it is still needed when the block ends; so it is until somebody says otherwise.
    """

    def __init__(self, way: str, what: Iterable[str]) -> None:
        self.path = journal_for("copies", way, str(Path.cwd()), *what)
        self.keep = True

    @property
    def is_there(self) -> bool:
        """Whether an earlier run left it, or another one uses it."""
        return self.path is not None and self.path.exists()

    def forget(self, names: Iterable[str]) -> None:
        """Has files fetched that an earlier run had brought: they changed since, here or there.

        Args:
            names: Their names in the journal; not gone through where there is none.
        """
        if self.path is None or not self.is_there or not (known := list(names)):
            return
        with suppress(FolderBusy):  # another process is at it, and is waited for
            journal = Journal(self.path, never)
            try:
                for name in known:
                    journal.forget(name)
            finally:
                journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.keep or self.path is None or not self.is_there:
            return
        with suppress(FolderBusy):  # another process goes on with it, and a third one has to find that it does
            remove_locked(self.path, JournalFile(self.path, never, Disk(0o600), look=False))


def remove_locked(path: Path, journal: JournalFile) -> None:
    """Removes a journal as long as it is locked, so that whoever waits for it makes a new one.

    Args:
        path: The file.
        journal: The same, open.
    """
    try:
        path.unlink(missing_ok=True)
        journal.close()
    except PermissionError:  # Windows removes no file that is open
        journal.close()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def is_newer(entry: Entry, copy: str) -> bool:
    """Whether a file changed after an earlier run had brought it; where checksums are stated, they say more.

    Args:
        entry: The file.
        copy: The path of what that run brought.
    """
    modified = None if entry.checksums else entry.modified
    try:
        return modified is not None and modified > Path(copy).stat().st_mtime
    except OSError:
        return False


class Arrival(NamedTuple):
    """What is known of a file that arrived.

    Attributes:
        size: Its bytes; None where they were never known.
        checksums: Those that were computed or compared on its way.
        where: Its URI where its platform gave it a place of its own; empty where it is what was asked for.
        verification: What it was verified by on its whole way.
    """

    size: int | None
    checksums: Mapping[str, str]
    where: str = ""
    verification: Verification = "unverified"


def put_for_good(store: Store, puts: Sequence[Put], options: PutOptions, *, differing: bool = False) -> TransferReport:
    """Puts files.

    Args:
        store: Where to.
        puts: What goes where.
        options: How. Its journal is removed where a file isn't known to be there that it has.
        differing: Whether all are known to be other there, or not there, whatever the journal says.

    Returns:
        The outcome of each file, in order.

    Raises:
        OmicsError: As `Store.put`.
    """
    report = store.put(puts, options)
    if options.journal is None or store.puts_whole_folders or not options.overwrite:
        return report
    outcomes = list(report.outcomes)
    doubtful = [number for number, outcome in enumerate(outcomes) if outcome.state == "skipped"]
    if not doubtful:
        return report
    known = [(puts[number].path, Arrival(outcomes[number].size, outcomes[number].checksums)) for number in doubtful]
    stopped = never if options.control is None else lambda: options.control is not None and options.control.stopped
    there = side_by_side(lambda each: not differing and is_there(store, *each), known, stopped)
    gone: list[int] = []
    for number, found in zip(doubtful, there, strict=True):
        if isinstance(found, Interrupted):
            outcomes[number] = outcomes[number]._replace(state="stopped")
        elif found is not True:  # it is another, or nobody can say
            gone.append(number)
    if not gone:
        return report.with_outcomes(outcomes)
    Path(options.journal).unlink(missing_ok=True)
    again = store.put([puts[number] for number in gone], options)
    for number, outcome in zip(gone, again.outcomes, strict=True):
        outcomes[number] = outcome
    return report.with_outcomes(outcomes, seconds=report.seconds + again.seconds, why_stopped=again.why_stopped)


def is_taken(store: Store, path: str) -> bool:
    """Whether anything is there, a file or a folder.

    Args:
        store: Where.
        path: Its path.

    Raises:
        OmicsError: The platform can't be asked.
    """
    try:
        store.look(path)
    except PathNotFound:
        return False
    return True


def is_there(store: Store, path: str, told: Arrival) -> bool:
    """Whether a file that arrived is there still, as far as its platform states what is there.

    Args:
        store: Where.
        path: Its path.
        told: What is known of it.

    Raises:
        OmicsError: The platform can't be asked.
    """
    try:
        return is_that(store.look(path), told)
    except PathNotFound:
        return False


def is_that(found: Entry, told: Arrival) -> bool:
    """Whether a file is the one that arrived, as far as its platform states it.

    Args:
        found: What is there.
        told: What is known of the one that arrived.
    """
    if found.is_folder or (None not in (found.size, told.size) and found.size != told.size):
        return False
    # An ETag of other parts is another text for the same bytes.
    both = [name for name in STRONGEST if name != "s3_etag" and name in told.checksums and name in stated(found)]
    return all(told.checksums[name] == stated(found)[name] for name in both)
