"""The services that have the files of a lock: items of a download, and what a service states of a file now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace

from omicsdk.core.errors import ChecksumMismatch, OmicsError, SourceChanged
from omicsdk.locks.lockfile import LockedFile, differences
from omicsdk.portals.sources import SourceOptions, Sources
from omicsdk.transfer import Item, Location


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
