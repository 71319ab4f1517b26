"""A data set from its store into a folder: what is there and right stays, one file that fails doesn't stop the rest."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from logging import getLogger
from pathlib import Path
from typing import Literal, Self, TypeVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ChecksumMismatch, ChecksumMissing, OmicsError, TruncatedTransfer, UnsafePath
from omicsdk.core.files import put_in_place
from omicsdk.dtp.storage.datasets import Dataset, DatasetReport, DataStore, Landed, StoredFile, Unlisted, Written
from omicsdk.transfer import Outcome, Outcomes, Progress, TransferReport
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.wanted import guard_of
from omicsdk.transfer.hashing import checksums_of
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.journals.journal_lines import DoneState
from omicsdk.transfer.names import WORK_FOLDER, check_name
from omicsdk.transfer.reports.outcome import verification_of
from omicsdk.transfer.tally import Tally
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


F = TypeVar("F", bound=StoredFile)
Metadata = Callable[[Landing, Collection[str]], Sequence[Written]]
"""Writes a data set's metadata, given its folder and the names that its store has."""


def fetch_dataset(
    store: DataStore[F],
    dataset: Dataset,
    dest: str | os.PathLike[str],
    *,
    metadata: Metadata | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    clock: Clock = SYSTEM_CLOCK,
    require_checksum: bool = False,
) -> DatasetReport:
    """Fetches a data set into a folder of its name.

    A file has its name only when it is whole and right. What an earlier run fetched is held against what the store states,
    or what it was then, and isn't fetched again. Names that would lead out of the folder fail by themselves.

    Args:
        store: Where the files are.
        dataset: The data set.
        dest: The folder that the data set's folder is made in.
        metadata: Writes what is to stand beside the files.
        progress: Is called for each file that has come to its end, by any thread but by one at a time, and once at the end. What
            it raises ends the transfer in order and is raised then.
        stop: Ends it when it is set; it can be gone on with later.
        clock: Tells the time.
        require_checksum: Whether a file fails that the store states no checksum for, instead of being fetched.

    Returns:
        What became of each file.

    Raises:
        UnknownDataset: The store has no such data set; nothing was written.
        UnsafePath: The data set's name can't be that of a folder.
        AuthError: The store doesn't let this user in.
        ConfigError: The store is set up otherwise than the settings say.
        TransportError: It can't be reached.
        FolderBusy: Another process fetches into the same folder.
        NotWritable: The folder can't be written.
    """
    check_name(dataset.id)
    if "/" in dataset.id or "\\" in dataset.id:
        raise UnsafePath(dataset.id, "has a slash in it", remedy="Give the data set's name.")
    began, stop = clock.monotonic(), stop or threading.Event()
    listed = list(store.files(dataset))
    folder = Path(dest).absolute() / dataset.id
    with Landing(folder) as landing:
        results = _Results(listed, progress, stop, clock)
        missing = list(_missing(listed, landing, results, require_checksum=require_checksum))
        names = {each.name for each in listed if isinstance(each, StoredFile)}
        written = metadata(landing, names) if metadata is not None else ()
        if missing and not stop.is_set():
            store.fetch(missing, landing, results.tell, stop)
        outcomes = results.closed()
        if results.problem is not None:
            raise results.problem
        report = TransferReport(
            outcomes,
            clock.monotonic() - began,
            began=clock.now() - (clock.monotonic() - began),
            title=f"Data set {dataset.id} from {store.title} to {folder}",
            why_stopped="it was stopped" if outcomes.counts["stopped"] else "",
        )
        if report.ok:
            landing.tidy()
    return DatasetReport(folder, report, tuple(written))


class _Results:
    """What became of each file so far.

    Args:
        listed: What the store listed.
        progress: Is told of each.
        stop: Is set when `progress` raises.
        clock: Tells the time.

    Attributes:
        problem: What `progress` raised.
    """

    def __init__(
        self,
        listed: Sequence[StoredFile | Unlisted],
        progress: Callable[[Progress], None] | None,
        stop: threading.Event,
        clock: Clock,
    ) -> None:
        self.problem: BaseException | None = None
        self._stop = stop
        self._listed = listed
        self._numbers = dict[str, int]()
        for number, each in enumerate(listed):
            if isinstance(each, StoredFile):
                self._numbers.setdefault(each.name, number)  # a further one of that name isn't fetched
        sizes = [each.size for each in listed if isinstance(each, StoredFile)]
        self._tally = Tally(
            len(listed), sum(size or 0 for size in sizes), clock.monotonic(), 1.0, unsized=sizes.count(None)
        )
        self._progress = progress
        self._clock = clock
        self._guard = threading.Lock()
        self._outcomes = Outcomes()

    def put(self, number: int, outcome: Outcome) -> None:
        """Takes what became of a file, by its number in the list."""
        entry = self._listed[number]
        with self._guard:
            self._tally.count(outcome, entry.size if isinstance(entry, StoredFile) else 0)
            self._outcomes.put(number, outcome)
            self._show(final=False)

    def tell(self, file: StoredFile, result: Landed | OmicsError) -> None:
        """Takes what a store tells of a file."""
        if isinstance(result, OmicsError):
            outcome = Outcome(file.name, "failed", file.size, error=result, attempts=1)
        else:
            outcome = _outcome(file, "done", result)
        self.put(self._numbers[file.name], outcome)

    def closed(self) -> Outcomes:
        """All outcomes; what nothing was told of was stopped."""
        with self._guard:
            self._outcomes.fill(
                (each.name, each.size if isinstance(each, StoredFile) else None) for each in self._listed
            )
            self._show(final=True)
        return self._outcomes

    def _show(self, *, final: bool) -> None:
        if self._progress is None or self.problem is not None:
            return
        fetched, phase = self._outcomes.bytes_fetched, "over" if final else "moving"
        told = self._tally.progress(self._clock.monotonic(), fetched, 0, final=final, phase=phase)
        try:
            self._progress(told)
        except BaseException as error:  # raised here it would end in a thread of a library
            self.problem = error
            self._stop.set()


def _missing(
    listed: Sequence[F | Unlisted], landing: Landing, results: _Results, *, require_checksum: bool
) -> Iterator[F]:
    """The files that are to be fetched; of all others, what became of them is told."""
    for number, each in enumerate(listed):
        if isinstance(each, Unlisted):
            results.put(number, Outcome(each.name, "failed", error=each.error))
            continue
        try:
            landing.check(each.name)
        except UnsafePath as error:
            results.put(number, Outcome(each.name, "failed", each.size, error=error))
            continue
        if require_checksum and not each.checksums:
            results.put(number, Outcome(each.name, "failed", each.size, error=ChecksumMissing(each.name)))
            continue
        there = landing.found(each)
        if there is None:
            yield each
        else:
            results.put(number, _outcome(each, "skipped", there))


def _outcome(file: StoredFile, state: Literal["done", "skipped"], landed: Landed) -> Outcome:
    return Outcome(
        file.name,
        state,
        landed.size,
        bytes_fetched=landed.fetched,
        bytes_kept=landed.kept,
        checksums=landed.checksums,
        verified=landed.verified,
        attempts=landed.attempts,
        verification=verification_of(file.checksums, file.size),
    )
