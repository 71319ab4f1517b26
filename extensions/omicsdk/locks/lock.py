"""A data lock: its files are resolved from sources, compared, pulled and verified."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple, Self, Unpack

import omicsdk.transfer
from omicsdk.core.arguments import stating_keywords, text_is_one_item
from omicsdk.core.batches import batches
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.errors import (
    ChecksumMismatch,
    FolderBusy,
    Gone,
    NameClash,
    NotFound,
    OmicsError,
    SourceChanged,
    TransferError,
    UnsafePath,
    UsageError,
)
from omicsdk.core.files import expanded, in_place_of, locked, remove_unfinished, target_of
from omicsdk.core.items import Items
from omicsdk.core.threads import side_by_side
from omicsdk.fs.errors import PathNotFound
from omicsdk.locks.exports import exported, write_bag
from omicsdk.locks.lockfile import (
    LOCK_FILE,
    SOURCES_FILE,
    LockedFile,
    LockError,
    opened,
    paired,
    read_files,
    write_files,
)
from omicsdk.locks.resolution import Copies, LockChanges, Resolution, Upstream, changed_upstream, check_sources
from omicsdk.locks.sources import LockSource, read_sources
from omicsdk.portals.downloads import fetched, missing_logins, without_pages
from omicsdk.transfer import Item, Outcome, Outcomes, Progress, TransferOptions, TransferOptionsDict, TransferReport
from omicsdk.transfer.checksums import check_file
from omicsdk.transfer.disk import write_errors
from omicsdk.transfer.items import check_all
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.names import UNFINISHED, journal_path
from omicsdk.transfer.reports.progress import FileProgress

# Files that are looked at together.
_AT_ONCE = 1000
# Failed files of which the service is asked what they are now, one after the other.
_MOST_LOOKED_UP = 100

State = Literal["missing", "changed", "unverified", "foreign", "added upstream", "removed upstream", "changed upstream"]


class FileState(NamedTuple):
    """A file that is not as the lock states it.

    Attributes:
        path: Its path below the folder of the lock.
        state: `missing`; `changed`, so its size, record or content differs; `unverified`, because nothing here recorded
            its content; `foreign`, because the lock lacks it; or what differs upstream.
        why: The difference, with locked and present values.
    """

    path: str
    state: State
    why: str


class Lock:
    """The data lock of a folder: its sources in omics.toml, and their files in omics.lock.

    Args:
        folder: The folder of both, below which the files are.
        clock: States the time of changes.
    """

    def __init__(self, folder: str | os.PathLike[str] = ".", *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._folder = expanded(folder).absolute()
        self._clock = clock

    @property
    def folder(self) -> Path:
        """The folder, relative to the current one if it is this or below it; it stays the same if that changes."""
        current = Path.cwd()
        return self._folder.relative_to(current) if self._folder.is_relative_to(current) else self._folder

    @property
    def path(self) -> Path:
        """The file omics.lock."""
        return self.folder / LOCK_FILE

    @classmethod
    def load(cls, folder: str | os.PathLike[str] = ".") -> Self:
        """Open the lock of a folder.

        Args:
            folder: The folder with omics.toml or omics.lock.

        Raises:
            LockError: It has neither.
        """
        lock = cls(folder)
        if not (lock.path.exists() or (lock.folder / SOURCES_FILE).exists()):
            why = f"{lock._folder} has neither {SOURCES_FILE} nor {LOCK_FILE}"
            raise LockError(why, remedy="Name data by `omics add`, or name the folder of a lock.")
        return lock

    def __repr__(self) -> str:
        return f"Lock({str(self.folder)!r})"

    def sources(self) -> dict[str, LockSource]:
        """The sources, by name.

        Raises:
            LockError: omics.toml is missing or invalid.
        """
        return read_sources(self.folder / SOURCES_FILE)

    @text_is_one_item
    def files(self, names: str | Sequence[str] = ()) -> Items[LockedFile]:
        """The locked files, sorted by path, read one by one.

        Args:
            names: Sources whose files are returned; by default all.

        Raises:
            LockError: The lock is missing, or a line is invalid.
            UsageError: A source is unknown.
        """
        if names:
            check_sources(names, {file.source for file in self._files()}, LOCK_FILE)
        return Items(self._files(names), "Lock.files")

    def _files(self, names: Sequence[str] = ()) -> Iterator[LockedFile]:
        return (file for file in read_files(self._folder / LOCK_FILE) if not names or file.source in names)

    # -- resolved

    @text_is_one_item
    def update(
        self,
        names: str | Sequence[str] = (),
        *,
        accept: bool = False,
        on_message: Callable[[str], object] | None = None,
        progress: Callable[[Progress], object] | None = None,
    ) -> LockChanges:
        """Resolve the sources and write the lock.

        A file keeps its time unless its size or checksums changed. The lock is replaced as a whole: readers and a
        crash find the old one or the new one.

        Args:
            names: Sources to resolve, beside those that the lock lacks; the files of the others stay as they are. By
                default all.
            accept: Whether files of the lock may change. By default a lock that would lose or change a file, or get a
                further one of a source that it has, is left as it is, and `is_refused` of the result is true.
            on_message: Called with messages.
            progress: Called about ten times a second with the number of files that were found.

        Returns:
            The differences from the lock before.

        Raises:
            LockError: A file is invalid, or two files have one path.
            UsageError: A source is unknown.
            SomeFailed: Files cannot be had, or cannot be locked; the lock is as it was.
            ConfigError: Another process is writing the lock.
        """
        waiting = locked(self.path, patience=1, clock=self._clock.monotonic, sleep=self._clock.sleep)
        with waiting, tempfile.TemporaryDirectory(prefix="omics-") as work:
            remove_unfinished(target_of(self.path), 0)
            resolution = Resolution(self.folder, names, Path(work), on_message or _silent, self._clock, progress)
            try:
                with (draft := Path(work, "made")).open("wb") as out:
                    write_files(resolution.files(), out)
                self._check_paths(draft, on_message or _silent)
                changes = resolution.result
                if not accept and resolution.is_protected:
                    changes.is_refused = True
                elif changes.counts or not self.path.exists():
                    replacement = in_place_of(self.path, through_links=True)
                    with write_errors(str(self.path)), replacement as out, draft.open("rb") as whole:
                        shutil.copyfileobj(whole, out, 1 << 20)
                    changes.is_written = True
            except OmicsError as error:
                error.remedy = f"The lock is as it was. {error.remedy}".rstrip()
                raise
        return changes

    def _check_paths(self, draft: Path, on_message: Callable[[str], object]) -> None:
        """Check all paths against each other as a download does, and warn of those that clash on other systems."""
        try:
            clash = check_all(_Paths(draft), str(self._folder), None)
            if clash is not None:
                why = "another file has this path on macOS and Windows, which ignore case and Unicode form"
                on_message(
                    f"warning: {clash.name}: {why}: the lock cannot be pulled there (only the first such path is named)"
                )
        except UnsafePath as error:
            if isinstance(error, NameClash):  # of sources, which a setting keeps apart
                remedy = "Use another folder, `to`, for one of the sources, or layout = 'id'."
                raise LockError(error.message, remedy=remedy) from error
            error.remedy = "Rename the file in its list, or leave it out by `exclude`."
            raise

    # -- pulled

    @stating_keywords
    @text_is_one_item
    def pull(
        self,
        names: str | Sequence[str] = (),
        *,
        overwrite: bool = False,
        on_message: Callable[[str], object] | None = None,
        **options: Unpack[TransferOptionsDict],
    ) -> TransferReport:
        """Fetch exactly what the lock has, verified by its sizes and checksums.

        Files that are complete are skipped, and those of an older lock are replaced. A file with other content that no
        pull put there, or that was edited since, is left, and fails with LocalChange. Run it again to resume.

        Args:
            names: Sources whose files are fetched; by default all.
            overwrite: Replace such files, too.
            on_message: Called with messages.
            **options: See `omicsdk.transfer.TransferOptions`.

        Returns:
            The outcome of each file, in the order of the lock.

        Raises:
            LockError: The lock is missing or invalid; nothing was fetched.
            UsageError: A source is unknown.
            TransferFailed: A file failed; the others are complete. Its error is SourceChanged if its content upstream
                is no longer that of the lock.
            UnsafePath: A path would leave the folder; nothing was fetched.
            FolderBusy: Another process is fetching into the folder.
            NotWritable: The folder cannot be written.
        """
        chosen, on_message = TransferOptions.of(options, connections=16), on_message or _silent
        services = Upstream(self._preferences(), lambda: chosen.stopped, overwrite=overwrite)
        with self._chosen(names, on_message) as files, services as upstream:

            def fetch(items: Iterable[Item]) -> TransferReport:
                return omicsdk.transfer.download(items, self.folder, options=chosen, wait=False)

            try:
                report = fetched(Copies(files, upstream), fetch, dry_run=chosen.dry_run)
            except FolderBusy as busy:
                busy.remedy = "Run `omics pull` again when it has ended."
                raise
            if not chosen.dry_run:
                report = without_pages(report, os.fspath(self.folder), on_message)
            if report.failed and not chosen.dry_run:
                report = report.with_outcomes(_explained(files(), report.outcomes, upstream))
                for note in missing_logins(files(), upstream.sources(), report):
                    on_message(note)
        return chosen.checked(report)

    def _report_unlocked(
        self, on_message: Callable[[str], object], locked: set[str], names: Sequence[str] = ()
    ) -> None:
        """Report sources of omics.toml that the lock has no file of, such as those that were added since."""
        for name in self.sources() if (self.folder / SOURCES_FILE).exists() else ():
            if name not in locked and (not names or name in names):
                on_message(f"{LOCK_FILE} has no file of the source {name}: run `omics lock` if it is new")

    def _preferences(self) -> dict[str, tuple[str, ...]]:
        """The preferred copies of each source. A lock is enough for a pull: without omics.toml there are none."""
        if not (self.folder / SOURCES_FILE).exists():
            return {}
        return {name: source.options.get("prefer", ()) for name, source in self.sources().items()}

    # -- compared

    def status(
        self,
        *,
        verify: bool = False,
        upstream: bool = False,
        on_message: Callable[[str], object] | None = None,
        progress: Callable[[Progress], object] | None = None,
    ) -> Items[FileState]:
        """Find what differs from the lock: missing, changed and foreign files, sorted by path.

        A present file is compared by its size, and with what the download recorded of it.

        Args:
            verify: Also read each file and compare its checksums.
            upstream: Also resolve the sources, and compare what they state now; these differences follow.
            on_message: Called with messages.
            progress: Called about ten times a second with the files and bytes that were read, and then with the number
                of files that were found upstream.

        Returns:
            Each file that is not as the lock states it, found when it is needed.

        Raises:
            LockError: The lock is missing, or a line is invalid.
        """
        return Items(self._differences(verify, upstream, on_message or _silent, progress), "Lock.status")

    def _differences(
        self,
        verify: bool,
        upstream: bool,
        on_message: Callable[[str], object],
        progress: Callable[[Progress], object] | None,
    ) -> Iterator[FileState]:
        locked_sources = set[str]()
        path = Path(journal_path(self.folder))
        opening = closing(Journal(path, never, read_only=True)) if path.exists() else nullcontext()
        verified = self._verification((), progress) if verify else None
        with opening as journal:
            pairs = paired(self.files(), self._present())
            for some in batches(pairs, _AT_ONCE):
                present = [file for file, _ in some if file is not None]
                locked_sources.update(file.source for file in present)
                states = iter(self._states(present, journal, verified))
                for file, existing in some:
                    state = next(states) if file is not None else None
                    if state is not None:
                        yield state
                    elif file is None and existing is not None:
                        yield FileState(existing.path, "foreign", "the lock has no such file")
        self._report_unlocked(on_message, locked_sources)
        if upstream:
            with tempfile.TemporaryDirectory(prefix="omics-") as work:
                resolution = Resolution(self.folder, (), Path(work), on_message, self._clock, progress)
                state_names: dict[str, State] = {
                    "added": "added upstream",
                    "removed": "removed upstream",
                    "changed": "changed upstream",
                }
                for _, change in resolution.changes():
                    if change is not None:
                        yield FileState(change.path, state_names[change.state], change.why)

    def _states(
        self, files: Sequence[LockedFile], journal: Journal | None, progress: FileProgress | None
    ) -> Iterator[FileState | None]:
        """The states of some files; None of those that are as the lock states. With a progress, each file is read."""
        outcomes = [None] * len(files) if progress is None else self._verified(files, progress)
        for file, outcome in zip(files, outcomes, strict=True):
            if outcome is None:
                yield self._state(file, journal)
            elif isinstance(outcome, ChecksumMismatch):
                yield FileState(
                    file.path, "changed", f"{outcome.algorithm} {outcome.expected} is locked, {outcome.actual} is here"
                )
            elif isinstance(outcome, OmicsError):
                is_missing = not os.path.lexists(self._folder / file.path)
                yield FileState(file.path, "missing" if is_missing else "changed", _in_words(outcome, is_missing))
            else:
                is_proven = outcome.verification == "verified"
                yield None if is_proven else FileState(file.path, "unverified", "the lock has no checksum of it")

    def _verification(self, names: Sequence[str], report: Callable[[Progress], object] | None) -> FileProgress:
        """The progress of reading all files of some sources."""
        count = size = 0
        for file in self._files(names) if report is not None else ():
            count, size = count + 1, size + (file.size or 0)
        return FileProgress(report, self._clock, count, size)

    def _verified(
        self, files: Sequence[LockedFile], progress: FileProgress, stopped: Callable[[], bool] = never
    ) -> Iterator[Outcome | OmicsError]:
        """Read files and compare them with the lock; Interrupted for those that a stop skipped."""
        folder = os.fspath(self._folder)
        items = [Item(file.path, _nowhere, file.size, file.checksums) for file in files]

        def is_stopped() -> bool:  # called ten times a second: also while one large file is read
            progress.report()
            return stopped()

        results = side_by_side(lambda item: check_file(folder, item, progress.add_bytes), items, is_stopped)
        for item, result in zip(items, results, strict=True):
            progress.add(item.size, is_failed=isinstance(result, OmicsError))
            yield result

    def _state(self, file: LockedFile, journal: Journal | None) -> FileState | None:
        try:
            stat = (self._folder / file.path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return FileState(file.path, "missing", file.described)
        except OSError as error:
            return FileState(file.path, "changed", f"it cannot be read: {error.strerror or error}")
        if file.size is not None and stat.st_size != file.size:
            return FileState(file.path, "changed", f"{file.size:,} bytes are locked, {stat.st_size:,} are here")
        record = None if journal is None else journal.done_state(file.path)
        if record is None:
            return FileState(file.path, "unverified", "it was not pulled here")
        for name in file.checksums.keys() & record.checksums.keys():
            if file.checksums[name] != record.checksums[name]:
                why = f"{name} {file.checksums[name]} is locked, {record.checksums[name]} is here"
                return FileState(file.path, "changed", why)
        if (record.size, record.mtime_ns) != (stat.st_size, stat.st_mtime_ns):
            return FileState(file.path, "changed", "it was written to since it was pulled")
        return None

    @stating_keywords
    @text_is_one_item
    def verify(self, names: str | Sequence[str] = (), **options: Unpack[TransferOptionsDict]) -> TransferReport:
        """Read every file and compare it with the lock, without a request.

        Args:
            names: Sources whose files are compared; by default all.
            **options: See `omicsdk.transfer.TransferOptions`; those of requests have no effect.

        Returns:
            The outcome of each file; failed where it is missing or differs.

        Raises:
            TransferFailed: A file is missing or differs.
            LockError: The lock is missing, or a line is invalid.
            UsageError: A source is unknown.
        """
        chosen = TransferOptions.of(options)
        files = self.files(names)
        start, clock, outcomes = self._clock.now(), self._clock.monotonic(), Outcomes()
        progress = self._verification(names, chosen.progress)
        for some in batches(files, _AT_ONCE):
            if chosen.stopped:
                outcomes.fill((file.path, file.size) for file in self._files(names))
                break
            for file, outcome in zip(some, self._verified(some, progress, lambda: chosen.stopped), strict=True):
                ended = Outcome.of_error(file.path, outcome, file.size) if isinstance(outcome, OmicsError) else outcome
                outcomes.put(len(outcomes), ended)
        seconds = self._clock.monotonic() - clock
        return chosen.checked(TransferReport(outcomes, seconds, began=start, title="Verification of the lock"))

    def _present(self) -> Iterator[_DiskFile]:
        """The files below the folders of the sources, sorted by path; none without omics.toml."""
        if not (self.folder / SOURCES_FILE).exists():
            return iter(())
        targets = sorted({f"{source.to}/".lstrip("/") for source in self.sources().values()})
        outer = [to for to in targets if not any(to != other and to.startswith(other) for other in targets)]
        return chain.from_iterable(_walked(self._folder, to) for to in outer)

    @text_is_one_item
    def export(
        self,
        format: str,
        names: str | Sequence[str] = (),
        *,
        on_message: Callable[[str], object] | None = None,
    ) -> Iterator[str]:
        """The lines of the lock in the format of another program; paths are relative to the folder of the lock.

        Args:
            format: An algorithm of checksums such as "sha256", for the list that sha256sum checks; or "nextflow",
                "ro-crate" or "snakemake".
            names: Sources whose files are exported; by default all.
            on_message: Called with what the format cannot state.

        Raises:
            LockError: The lock is missing or invalid, or lacks what the format needs.
            UsageError: The format or a source is unknown.
        """
        with self._chosen(names) as files:
            yield from exported(files, format, on_message or _silent)

    @text_is_one_item
    def write_bag(self, folder: str | os.PathLike[str], names: str | Sequence[str] = ()) -> None:
        """Write a bag (BagIt, BDBag) whose payload is fetched later, from the URLs of the lock.

        Args:
            folder: The folder of the bag, which must not exist.
            names: Sources whose files are in it; by default all.

        Raises:
            LockError: The lock is missing or invalid, or a file has no URL or no checksum that bags have.
            UsageError: The folder exists, or a source is unknown.
            NotWritable: It cannot be written.
        """
        with self._chosen(names) as files:
            write_bag(files, Path(folder))

    @contextmanager
    def _chosen(
        self, names: Sequence[str], on_message: Callable[[str], object] | None = None
    ) -> Generator[Callable[[], Iterator[LockedFile]]]:
        """Open the lock, for the files of some sources; all lines are read, so that a fault in the last one is found first.

        Raises:
            UsageError: It has no such source.
        """
        with opened(self.path) as all_files:
            locked_sources = {file.source for file in all_files()}
            if on_message is not None:
                self._report_unlocked(on_message, locked_sources, names)
            check_sources(names, locked_sources, LOCK_FILE)
            yield lambda: (file for file in all_files() if not names or file.source in names)


def _explained(files: Iterable[LockedFile], outcomes: Iterable[Outcome], upstream: Upstream) -> Iterator[Outcome]:
    """The outcomes, with the locked and the present content of files that changed upstream."""
    looked_up = 0
    for file, outcome in zip(files, outcomes, strict=True):
        if isinstance(outcome.error, ChecksumMismatch | SourceChanged):
            looked_up += 1
            lookup = upstream if looked_up <= _MOST_LOOKED_UP else None
            yield outcome._replace(error=changed_upstream(file, outcome.error, lookup))
        else:
            if isinstance(outcome.error, NotFound | Gone | PathNotFound):
                outcome.error.remedy = f"It existed when it was locked. If it was moved, correct the source {file.source!r} in {SOURCES_FILE}."
            yield outcome


def _silent(message: str) -> None:
    del message


def _nowhere() -> omicsdk.transfer.Location:
    raise UsageError("a file that is only compared has no location")


def _in_words(error: OmicsError, is_missing: bool) -> str:
    return "it does not exist" if is_missing else error.message


class _Paths(Iterable[str]):
    """The paths of a lock; iterated as often as needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[str]:
        return (file.path for file in read_files(self._path))


# -- the disk


class _DiskFile(NamedTuple):
    """A file that exists."""

    path: str


_NOT_FOREIGN = frozenset({SOURCES_FILE, LOCK_FILE})


def _walked(folder: Path, below: str) -> Iterator[_DiskFile]:
    """The files below a folder, sorted by path; without those of transfers, hidden folders and those of the lock.

    A folder is sorted as its name with a slash: so the paths of all files are, without keeping more than its entries.
    """
    try:
        with os.scandir(folder / below) as entries:
            names = sorted(f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise TransferError(f"cannot list {folder / below}: {error.strerror or error}") from error
    for name in names:
        if name.endswith("/"):
            if not name.startswith("."):
                yield from _walked(folder, below + name)
        elif not re.search(UNFINISHED, name) and (below or name not in _NOT_FOREIGN):
            yield _DiskFile(below + name)
