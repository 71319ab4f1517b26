"""What services have of a lock's files now: what its sources resolve to, merged with the lock, items of a download, and what a
service states of one file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from omicsdk.core.clock import Clock
from omicsdk.core.errors import (
    ChecksumMismatch,
    OmicsError,
    RateLimited,
    ServerError,
    SomeFailed,
    SourceChanged,
    TransferError,
    TransportError,
    UnsafePath,
    UsageError,
)
from omicsdk.core.likeness import did_you_mean
from omicsdk.locks.lockfile import (
    LOCK_FILE,
    SOURCES_FILE,
    Change,
    LockedFile,
    LockError,
    check_path,
    differences,
    is_mirror,
    paired,
    read_files,
    secret_in,
    sorted_files,
)
from omicsdk.locks.sources import LockSource, read_sources
from omicsdk.portals.downloads import planned
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.sources import SourceOptions, Sources
from omicsdk.transfer import Item, Location, Progress, TransferOptions
from omicsdk.transfer.reports.progress import FileProgress
from omicsdk.transfer.reports.units import count_of

MAX_FIRST = 20
"""Differences that a result lists; the others are counted."""
_MOST_ERRORS = 1000


@dataclass(slots=True)
class LockChanges:
    """The result of resolving the sources of a lock.

    Attributes:
        files: The number of files that the sources resolve to.
        counts: The number of differences from the lock, by state: added, removed, changed.
        first_changes: The first differences.
        unchecked: The number of files for which no checksum is stated.
        is_written: Whether the lock was written.
        is_refused: Whether it was left as it is, because files that it has differ.
    """

    files: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    first_changes: list[Change] = field(default_factory=list[Change])
    unchecked: int = 0
    is_written: bool = False
    is_refused: bool = False


class Resolution:
    """What the sources of a lock resolve to, merged with the lock.

    Args:
        folder: The folder of the lock.
        names: As for `Lock.update`.
        work: A folder for temporary files.
        on_message: Called with messages.
        clock: States the time of changes.
        progress: Called about ten times a second with the number of files that were found.

    Attributes:
        result: The differences, complete when all files were read.
        is_protected: Whether one of them is of a source that the lock has.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        work: Path,
        on_message: Callable[[str], object],
        clock: Clock,
        progress: Callable[[Progress], object] | None = None,
    ) -> None:
        self.result = LockChanges()
        self.is_protected = False
        self._folder = folder
        self._path = folder / LOCK_FILE
        self._work = work
        self._on_message = on_message
        self._clock = clock
        self._progress = FileProgress(progress, clock, phase="preparing")
        self._sources = read_sources(folder / SOURCES_FILE)
        self._locked_sources = {file.source for file in self._locked_files()}
        check_sources(names, self._sources, SOURCES_FILE)
        self._chosen = {
            name for name in self._sources if not names or name in names or name not in self._locked_sources
        }

    def files(self) -> Iterator[LockedFile]:
        """The files of the new lock, sorted by path."""
        for file, change in self.changes():
            if change is not None:
                self.result.counts[change.state] += 1
                if len(self.result.first_changes) < MAX_FIRST:
                    self.result.first_changes.append(change)
                self.is_protected |= change.old is not None or (
                    change.new is not None and change.new.source in self._locked_sources
                )
            if file is not None:
                self.result.files += 1
                self.result.unchecked += not file.checksums
                yield file

    def changes(self) -> Iterator[tuple[LockedFile | None, Change | None]]:
        """Each file of the new lock, None where the lock loses one, with how it differs, None if it does not.

        Raises:
            LockError: Two sources name one path.
        """
        since = datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        resolved = chain.from_iterable(map(self._resolved, (self._sources[name] for name in sorted(self._chosen))))
        new_files = _each_once(sorted_files(resolved, self._work))
        for old, new in paired(self._locked_files(), new_files):
            if old is not None and old.source in self._sources and old.source not in self._chosen:
                if new is not None:
                    raise _claimed(old, new)
                yield old, None
            elif new is None:
                yield None, Change(old, None)
            else:
                is_same = old is not None and new.has_content_of(old)
                new = new._replace(since=old.since if old is not None and is_same else since)
                yield new, None if new == old else Change(old, new)

    def _locked_files(self) -> Iterator[LockedFile]:
        return read_files(self._path) if self._path.exists() else iter(())

    def _resolved(self, source: LockSource) -> Iterator[LockedFile]:
        """The files that a source names now.

        Raises:
            SomeFailed: Some cannot be had, or cannot be locked.
        """
        chosen = TransferOptions.of(source.filters, connections=16, selects=True)
        locations = [self._word(word) for word in source.references]
        errors: list[OmicsError] = []
        failed = count = 0

        def on_message(message: str) -> None:
            self._on_message(f"{source.name}: {message}")

        def count_planned(files: int) -> None:
            self._progress.add(None, files)

        with planned(locations, chosen, on_message, on_planned=count_planned, **source.lists) as (plan, _, _):
            for file in plan.files():
                count += 1
                error = file.error or _not_lockable(file)
                try:
                    locked = None if error is not None else self._locked(source, file)
                except UnsafePath as unsafe:
                    locked, error = None, unsafe
                if locked is not None:
                    yield locked
                elif error is not None:
                    failed += 1
                    errors += [error] if len(errors) < _MOST_ERRORS else []
        if failed:
            problem = f"{source.name}: {count_of(failed, 'file')} of {count:,} cannot be locked"
            remedy = "Leave them out by `exclude` or `where`, or name another source."
            if all(isinstance(error, TransportError | ServerError | RateLimited) for error in errors):
                remedy = "Run `omics lock` again later."
            raise SomeFailed(problem, errors, others=count - failed, remedy=remedy)
        if not count:
            on_message("warning: it names no file")

    def _word(self, word: str) -> str:
        """Return a list by its path from here; anything else as it is."""
        path = self._folder / word
        return os.fspath(path) if os.path.lexists(path) else word

    @staticmethod
    def _locked(source: LockSource, file: ListedFile) -> LockedFile:
        path = f"{source.to}/{file.name}" if source.to else file.name
        check_path(path)
        mirrors = tuple(filter(is_mirror, file.mirrors))
        checksums = dict(sorted(file.checksums.items()))
        return LockedFile(path, source.name, file.size, checksums, file.kind, file.address, mirrors)


def _not_lockable(file: ListedFile) -> OmicsError | None:
    """Return why a file cannot be written into a lock; None if it can."""
    if secret_in(file.address):
        problem = f"{file.name}: its URL has credentials or a signature, which would expire and are not written down"
        return TransferError(problem, name=file.name, remedy="Name it by another URL, a URI or an identifier.")
    if file.headers:
        problem = f"{file.name}: its list states headers of requests, which are not written down"
        return TransferError(problem, name=file.name, remedy="Name it by a URI or an identifier, and log in.")
    return None


def _each_once(files: Iterable[LockedFile]) -> Iterator[LockedFile]:
    """Yield sorted files, of which no two have one path.

    Raises:
        LockError: Two files have one path.
    """
    before: LockedFile | None = None
    for file in files:
        if before is not None and before.path == file.path:
            raise _claimed(before, file)
        before = file
        yield file


def _claimed(file: LockedFile, other: LockedFile) -> LockError:
    """Return the error for a path that two files have."""
    if file.source == other.source:
        why = f"{file.path}: is that of two files of the source {file.source!r}: {file.address} and {other.address}"
        return LockError(why, remedy=f"Use layout = 'id' in {SOURCES_FILE}.")
    first, second = sorted((file.source, other.source))
    why = f"{file.path}: the sources {first!r} and {second!r} both have this path"
    remedy = f"Use another folder, `to`, for one of them in {SOURCES_FILE}."
    return LockError(why, remedy=remedy)


def check_sources(names: Sequence[str], sources: Iterable[str], where: str) -> None:
    """Check that sources exist.

    Args:
        names: Their names.
        sources: The names of all.
        where: The file that has them.

    Raises:
        UsageError: One does not exist.
    """
    source_names = sorted(sources)
    for name in names:
        if name not in source_names:
            remedy = did_you_mean(name, source_names, "{!r}") or f"It has {', '.join(source_names) or 'none'}."
            raise UsageError(f"{where} has no source {name!r}", remedy=remedy)


class Upstream(ExitStack):
    """The services of the locked files, opened for each list of preferred copies when they are first needed.

    Args:
        preferences: The preferred copies of each source that has some.
        stopped: Returns whether to stop.
        overwrite: Whether files that were edited here are replaced.
    """

    def __init__(
        self, preferences: Mapping[str, tuple[str, ...]], stopped: Callable[[], bool], *, overwrite: bool = False
    ) -> None:
        super().__init__()
        self._preferences = preferences
        self._stopped = stopped
        self._overwrite = overwrite
        self._open: dict[tuple[str, ...], Sources] = {}

    def sources(self, of: str = "") -> Sources:
        """The services, with the preferred copies of a source.

        Args:
            of: The source; by default one without preferences.
        """
        prefer = self._preferences.get(of, ())
        if prefer not in self._open:
            options = SourceOptions(prefer, os.environ, self._stopped)
            self._open[prefer] = self.enter_context(Sources(options))
        return self._open[prefer]

    def item(self, file: LockedFile, skip: int = 0) -> Item | None:
        """The item of a file, verified by the size and checksums of the lock, and by no others.

        Args:
            file: The file.
            skip: Copies that were tried before.

        Returns:
            The item; None where there is no further copy.
        """
        item = self.sources(file.source).of(file.kind).item(file.list_entry, skip)
        if item is None:
            return None
        has_source = bool(item.source) or isinstance(item.locate, Location)
        source = item.source if has_source else file.list_entry.source
        if (item.size, item.checksums, item.source, item.overwrite) == (
            file.size,
            file.checksums,
            source,
            self._overwrite,
        ):
            return item
        return replace(item, size=file.size, checksums=file.checksums, source=source, overwrite=self._overwrite)

    def current_state(self, file: LockedFile) -> LockedFile | OmicsError:
        """What the service of a file states of it now; the error if it cannot be asked.

        Args:
            file: The file.
        """
        bare = file.list_entry._replace(size=None, checksums={})
        try:
            candidates = self.sources(file.source).of(file.kind).complete([bare])[0]
        except OmicsError as error:
            return error
        name = file.path.rpartition("/")[2]  # a run has several files
        now = next((candidate for candidate in candidates if candidate.name.rpartition("/")[2] == name), bare)
        return now.error or file._replace(size=now.size, checksums=now.checksums)


class Copies:
    """The files of a lock as items; those of a million are made one by one.

    Args:
        files: Returns the files; called for each iteration.
        upstream: The services that have them.
    """

    def __init__(self, files: Callable[[], Iterable[LockedFile]], upstream: Upstream) -> None:
        self._files = files
        self._upstream = upstream

    def items(self) -> Iterable[Item]:
        return self

    def __iter__(self) -> Iterator[Item]:
        return (item for file in self._files() if (item := self._upstream.item(file)) is not None)

    def other_copies(self, numbers: Iterable[int], skip: int) -> dict[int, Item]:
        requested = frozenset(numbers)
        items: dict[int, Item] = {}
        for number, file in enumerate(self._files()):
            if number in requested and (item := self._upstream.item(file, skip)) is not None:
                items[number] = item
        return items


def changed_upstream(
    file: LockedFile, error: ChecksumMismatch | SourceChanged, upstream: Upstream | None
) -> ChecksumMismatch | SourceChanged:
    """Return the error of a file whose bytes are not those of the lock, with locked and present values.

    Args:
        file: The file.
        error: Why its download failed.
        upstream: Where to ask what it is now; None to go without.

    Returns:
        SourceChanged; or the error itself, if the service still states the locked checksums: then its copy is damaged.
    """
    now = None if upstream is None else upstream.current_state(file)
    if isinstance(now, LockedFile) and now.checksums and now.has_content_of(file):
        return error
    if isinstance(now, LockedFile) and (now.checksums or now.size not in (None, file.size)):
        what = differences(file, now)
    elif isinstance(error, ChecksumMismatch):
        what = f"{error.algorithm} {error.expected} -> {error.actual}"
    else:
        what = f"{file.described} is locked; {error.message}"
    problem = f"{file.path}: its content upstream is not the locked one: {what}"
    remedy = f"`omics lock {file.source}` shows what changed, and with --update takes it."
    return SourceChanged(problem, name=file.path, remedy=remedy)
