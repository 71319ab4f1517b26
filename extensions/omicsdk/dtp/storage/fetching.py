"""A data set from its store into a folder: complete files stay, and one that fails does not stop the others."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from time import monotonic, time
from typing import Any, Literal, TypeVar

from omicsdk.core.checksums import first_difference
from omicsdk.core.clock import never
from omicsdk.core.closing import Closing
from omicsdk.core.errors import (
    ChecksumMismatch,
    ChecksumMissing,
    Interrupted,
    OmicsError,
    TruncatedTransfer,
    UnsafePath,
)
from omicsdk.core.files import make_durable, put_in_place
from omicsdk.core.logs import logger
from omicsdk.dtp.storage.datasets import Dataset, DatasetReport, DataStore, FetchJob, MetadataFile, StoredFile, Unlisted
from omicsdk.transfer import Outcome, Outcomes, Progress, TransferOptions
from omicsdk.transfer.checksums import Stopped, checksums_of
from omicsdk.transfer.disk import Disk, write_errors
from omicsdk.transfer.items import guard_of
from omicsdk.transfer.journal import DoneState, Journal
from omicsdk.transfer.names import WORK_FOLDER, check_name, journal_path
from omicsdk.transfer.reports.progress import Counters
from omicsdk.transfer.reports.report import verification_of

#: The checksum by which a file is recognized where its store states none.
DEFAULT_CHECKSUM = "sha256"
#: The key, among a file's checksums in the journal, of the time of its change in the store.
_CHANGED = "changed"
#: Files whose records are synced together, at most.
GROUP = 64
#: Options of transfers that cannot be followed.
REFUSED = (
    *("connections", "retries", "min_delay", "limit_rate", "min_rate", "stall_timeout", "renewals", "max_wait"),
    *("resume_unvalidated", "cache", "link"),
)

_log = logger("omicsdk.dtp")


class DatasetFolder(Closing):
    """The folder that a data set is downloaded into. Thread-safe; close it, or use it in a `with` block.

    Args:
        path: The data set's folder; it is created if it does not exist.

    Attributes:
        path: The data set's folder.
        partial: The folder of incomplete files, within it.

    Raises:
        FolderBusy: Another process downloads into it.
        NotWritable: The folder cannot be written.
        DiskFull: The disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partial = path / WORK_FOLDER / "dtp"
        self._disk = Disk()
        self._guard = threading.Lock()
        self._waiting: list[tuple[str, DoneState]] = []
        with write_errors(str(self.partial)):
            self._disk.make_folders(str(self.partial))
        self._names = guard_of(str(path))
        self._journal = Journal(journal_path(path, "dtp"), never, self._disk)

    def check(self, name: str) -> None:
        """Check a name alone and against those that were checked before.

        Args:
            name: A path within the folder.

        Raises:
            UnsafePath: It points out of the folder.
            NameClash: It is another file's.
        """
        self._names.check(name)

    def existing(self, file: StoredFile, stopped: Callable[[], bool] = never) -> Outcome | None:
        """Return the outcome of a file that is complete already.

        Args:
            file: The file. Its bytes are compared with the store's checksums, and if there are none with those of its
                download; they are not read where its size and modification time are those of the download. A file that
                the store has changed since is incomplete.
            stopped: Returns whether to read no further.

        Returns:
            A skipped file; None if it is missing or differs, or `stopped` returned True.
        """
        path = self.path / file.name
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(status.st_mode) or (file.size is not None and status.st_size != file.size):
            return None
        record = self._journal.done_state(file.name)
        if record is not None and (
            record.size != status.st_size or record.checksums.get(_CHANGED, file.changed) != file.changed
        ):
            record = None
        sums = {} if record is None else {name: value for name, value in record.checksums.items() if name != _CHANGED}
        unread = record is not None and record.mtime_ns == status.st_mtime_ns
        if unread and all(sums.get(name) == value for name, value in file.checksums.items()):
            return _outcome(file, "skipped", status.st_size, sums, "unchanged since it was downloaded")
        sums_to_verify = file.checksums or sums
        if not sums_to_verify:
            return None
        try:
            actual = checksums_of(str(path), sums_to_verify, status.st_size, stopped)
        except Stopped:
            return None
        except OSError as error:
            _log.info("%s cannot be read (%s); downloading it again", path, error.strerror)
            return None
        if first_difference(sums_to_verify, actual) is not None:
            return None
        self._record(file, DoneState(status.st_size, status.st_mtime_ns, actual))
        return _outcome(file, "skipped", status.st_size, actual, ", ".join(["size", *sums_to_verify]))

    def part(self, *facts: str) -> Path:
        """Return the path of a file's bytes until it is complete; they stay there for the next run.

        Args:
            *facts: What distinguishes the file from all others, and from its earlier versions.
        """
        digest = blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        return self.partial / f"{digest}.bytes"

    def complete(
        self, file: StoredFile, part: Path, *, verified: str = "", fetched: int = 0, resumed: int = 0, attempts: int = 1
    ) -> Outcome:
        """Verify the bytes of a file against what its store states, and give it its name.

        Args:
            file: The file.
            part: The path of its bytes.
            verified: What they were compared with already, as text.
            fetched: How many of them came over the network in this run.
            resumed: How many an earlier run had fetched.
            attempts: The requests that were made for them.

        Returns:
            A file that is done.

        Raises:
            TruncatedTransfer: It has another size than stated; its bytes are removed.
            ChecksumMismatch: It has another checksum than stated; its bytes are removed.
            NotWritable: It cannot be put in place.
            DiskFull: The disk is full.
        """
        with write_errors(str(self.path / file.name), file.name):
            size = part.stat().st_size
            if file.size is not None and size != file.size:
                part.unlink()
                raise TruncatedTransfer(file.name, expected=file.size, received=size)
            actual = checksums_of(str(part), tuple(file.checksums) or (DEFAULT_CHECKSUM,), size)
            differs = first_difference(file.checksums, actual)
            if differs is not None:
                part.unlink()
                expected = file.checksums[differs]
                raise ChecksumMismatch(file.name, algorithm=differs, expected=expected, actual=actual[differs])
            target = self.path / file.name
            self._disk.make_folders(str(target.parent))
            with part.open("rb+") as written:
                # On the disk before it has its name, which means that it is complete.
                make_durable(written.fileno())
            # Before the bytes change: a record of earlier ones would be believed after a crash.
            self._journal.forget(file.name)
            put_in_place(part, target)
            status = target.stat()
        self._record(file, DoneState(size, status.st_mtime_ns, actual))
        by = [*([verified] if verified else []), *(["size"] if file.size is not None else []), *file.checksums]
        outcome = _outcome(file, "done", size, actual, ", ".join(by))
        return outcome._replace(bytes_fetched=fetched, bytes_kept=resumed, attempts=attempts)

    def close(self) -> None:
        """Record the complete files, and release the folder."""
        try:
            with self._guard:
                self._flush()
        finally:
            self._journal.close()

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


def _outcome(
    file: StoredFile, state: Literal["done", "skipped"], size: int, checksums: Mapping[str, str], verified: str
) -> Outcome:
    verification = verification_of(file.checksums, file.size)
    return Outcome(file.name, state, size, checksums=checksums, verified=verified, verification=verification)


A = TypeVar("A")
F = TypeVar("F", bound=StoredFile)
#: Writes a data set's metadata, given its folder and the names of the store's files.
MetadataWriter = Callable[[Path, Collection[str]], Sequence[MetadataFile]]


def call_in_threads(call: Callable[[A], Any], arguments: Iterable[A], threads: int, stop: threading.Event) -> None:
    """Call a function for each of several arguments, and wait for all calls.

    Args:
        call: The function; an exception sets `stop`, and is raised when the other calls have ended.
        arguments: Its arguments.
        threads: Calls at once.
        stop: Stops the transfer when set.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="dtp") as pool:
        try:
            for future in as_completed([pool.submit(call, argument) for argument in arguments]):
                future.result()
        except BaseException:
            stop.set()
            raise


def fetch_dataset(
    store: DataStore[F],
    dataset: Dataset,
    dest: str | os.PathLike[str],
    *,
    options: TransferOptions | None = None,
    metadata: MetadataWriter | None = None,
) -> DatasetReport:
    """Fetch a data set into a folder of its name.

    A file gets its name only when it is complete and verified. Files of an earlier run are compared with what the store
    states, or with their state after that download, and are not fetched again. A name that points out of the folder
    fails alone.

    Args:
        store: The store of the files.
        dataset: The data set.
        dest: The folder in which the data set's folder is created.
        options: The options of the transfer; see `REFUSED`. `progress` is called for each file that has ended, by any thread but
            by one at a time, and once at the end; an exception that it raises ends the transfer cleanly and is raised then.
        metadata: Writes the metadata beside the files.

    Returns:
        The result for each file, and for metadata that could not be written.

    Raises:
        UnknownDataset: The store has no such data set; nothing was written.
        UnsafePath: The data set's name cannot be that of a folder.
        AuthError: The store refuses this user.
        ConfigError: The store is configured otherwise than the settings say.
        TransportError: It cannot be reached.
        FolderBusy: Another process downloads into the same folder.
        NotWritable: The folder cannot be written.
    """
    check_name(dataset.id)
    if "/" in dataset.id or "\\" in dataset.id:
        raise UnsafePath(dataset.id, "contains a slash", remedy="Use the data set's name.")
    options = options or TransferOptions()
    options.control.begin(monotonic())
    start, clock, stop = time(), monotonic(), _Stop(options)
    entries = list(store.files(dataset))
    path = Path(dest).absolute() / dataset.id
    title = f"Data set {dataset.id} from {store.title} to {path}"
    report = DatasetReport(began=start, title=title, target=str(path))
    report.folder = path
    if options.dry_run:
        check = guard_of(str(path), read_only=True).check
        files = [_checked(entry, check, options) for entry in entries]
        planned = [file if isinstance(file, Outcome) else _planned(file, path) for file in files]
        return report.with_outcomes(planned, seconds=monotonic() - clock)
    with DatasetFolder(path) as folder:
        results = _Results(entries, options.progress, stop)
        missing: list[F] = []
        for number, entry in enumerate(entries):
            file = _checked(entry, folder.check, options)
            if isinstance(file, Outcome):
                results.put(number, file)
            elif (outcome := folder.existing(file, stop.is_set)) is not None:
                results.put(number, outcome)
            else:
                missing.append(file)
        names = {entry.name for entry in entries if isinstance(entry, StoredFile)}
        written = metadata(path, names) if metadata is not None else ()
        if missing and not stop.is_set():
            store.fetch(FetchJob(missing, folder, results.report, stop))
        outcomes = results.closed()
        if results.problem is not None:
            raise results.problem
        lost = [Outcome(file.name, "failed", file.size, error=file.error) for file in written if file.error is not None]
        report = report.with_outcomes(chain(outcomes, lost) if lost else outcomes, seconds=monotonic() - clock)
        report.metadata = tuple(written)
        report.why_stopped = (options.control.why or "it was stopped") if outcomes.counts["stopped"] else ""
        if report.ok:
            shutil.rmtree(folder.partial, ignore_errors=True)  # nothing is left to resume
    return report


class _Stop(threading.Event):
    """Is set also when the options of the transfer stop it, or its time is over."""

    def __init__(self, options: TransferOptions) -> None:
        super().__init__()
        self._options = options

    def is_set(self) -> bool:
        if not super().is_set() and self._options.stopped:
            self.set()
        return super().is_set()


def _planned(entry: StoredFile, folder: Path) -> Outcome:
    """The outcome of a file in a dry run."""
    plan = "check the existing file" if os.path.lexists(folder / entry.name) else "download"
    return Outcome(entry.name, "planned", entry.size, checksums=entry.checksums, plan=plan)


def _checked(entry: F | Unlisted, check: Callable[[str], None], options: TransferOptions) -> F | Outcome:
    """The file, or the outcome of an entry that cannot be fetched: it could not be listed, or is refused."""
    if isinstance(entry, Unlisted):
        return Outcome(entry.name, "failed", error=entry.error)
    try:
        check(entry.name)
        if options.require_checksum and not entry.checksums:
            raise ChecksumMissing(entry.name)
    except (UnsafePath, ChecksumMissing) as error:
        if isinstance(error, UnsafePath):
            error.remedy = "The other files are not affected. Rename it in the store."
        return Outcome(entry.name, "failed", entry.size, error=error)
    return entry


class _Results:
    """The outcomes of a data set's files so far.

    Args:
        entries: The store's list.
        progress: Called for each outcome.
        stop: Is set when `progress` raises an exception.

    Attributes:
        problem: The exception of `progress`.
    """

    def __init__(
        self,
        entries: Sequence[StoredFile | Unlisted],
        progress: Callable[[Progress], None] | None,
        stop: threading.Event,
    ) -> None:
        self.problem: BaseException | None = None
        self._stop = stop
        self._entries = [(entry.name, entry.size if isinstance(entry, StoredFile) else 0) for entry in entries]
        self._numbers = dict[str, int]()
        for number, entry in enumerate(entries):
            if isinstance(entry, StoredFile):
                self._numbers.setdefault(entry.name, number)  # another file of that name is refused, not fetched
        sizes = [size for _, size in self._entries]
        self._counters = Counters(
            len(entries), sum(size or 0 for size in sizes), monotonic(), 1.0, unsized=sizes.count(None)
        )
        self._progress = progress
        self._guard = threading.Lock()
        self._outcomes = Outcomes()

    def put(self, number: int, outcome: Outcome) -> None:
        """Take the outcome of a file, by its number in the list."""
        with self._guard:
            self._counters.count(outcome.state, outcome.size, self._entries[number][1])
            self._outcomes.put(number, outcome)
            self._show(final=False)

    def report(self, file: StoredFile, result: Outcome | OmicsError) -> None:
        """Take the outcome of a file that was fetched, or its error; an interrupted one is treated as stopped."""
        if isinstance(result, Interrupted):
            return
        if isinstance(result, OmicsError):
            result = Outcome(file.name, "failed", file.size, error=result, attempts=1)
        self.put(self._numbers[file.name], result)

    def closed(self) -> Outcomes:
        """Return all outcomes; files without one were stopped."""
        with self._guard:
            self._outcomes.fill(self._entries)
            self._show(final=True)
        return self._outcomes

    def _show(self, *, final: bool) -> None:
        if self._progress is None or self.problem is not None:
            return
        phase = "over" if final else "moving"
        now = self._counters.progress(monotonic(), self._outcomes.bytes_fetched, 0, phase)
        try:
            self._progress(now)
        except BaseException as error:  # raised here it would end in a thread of a library
            self.problem = error
            self._stop.set()
