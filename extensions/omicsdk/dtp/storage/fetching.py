"""A data set from its store into a folder: what is there and right stays, one file that fails doesn't stop the rest."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ChecksumMissing, OmicsError, UnsafePath
from omicsdk.dtp.storage.datasets import Dataset, Landed, StoredFile, Unlisted
from omicsdk.dtp.storage.landing import Landing
from omicsdk.dtp.storage.report import DatasetReport, Written
from omicsdk.dtp.storage.store import DataStore
from omicsdk.transfer import Outcome, Outcomes, Progress, TransferReport
from omicsdk.transfer.names import check_name
from omicsdk.transfer.reports.outcome import verification_of

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
        tally = _Tally(listed, progress, stop, clock)
        missing = list(_missing(listed, landing, tally, require_checksum=require_checksum))
        names = {each.name for each in listed if isinstance(each, StoredFile)}
        written = metadata(landing, names) if metadata is not None else ()
        if missing and not stop.is_set():
            store.fetch(missing, landing, tally.tell, stop)
        outcomes = tally.closed()
        if tally.problem is not None:
            raise tally.problem
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


class _Tally:
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
        self._progress = progress
        self._clock = clock
        self._began = clock.monotonic()
        self._guard = threading.Lock()
        self._outcomes = Outcomes()
        self._done = 0
        self._bytes = 0
        self._left = sum(each.size or 0 for each in listed if isinstance(each, StoredFile))
        self._unsized = sum(each.size is None for each in listed if isinstance(each, StoredFile))

    def put(self, number: int, outcome: Outcome) -> None:
        """Takes what became of a file, by its number in the list."""
        entry = self._listed[number]
        with self._guard:
            if isinstance(entry, StoredFile):
                self._left -= entry.size or 0
                self._unsized -= entry.size is None
            if outcome.state != "failed":
                self._done += 1
                self._bytes += outcome.size or 0
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
        seconds = self._clock.monotonic() - self._began
        fetched = self._outcomes.bytes_fetched
        told = Progress(
            files=len(self._listed),
            files_done=self._done,
            files_failed=self._outcomes.counts["failed"],
            bytes=self._bytes + self._left,
            bytes_done=self._bytes,
            bytes_fetched=fetched,
            rate=fetched / seconds if seconds > 0 else 0.0,
            seconds=seconds,
            final=final,
            unsized=self._unsized,
            phase="over" if final else "moving",
        )
        try:
            self._progress(told)
        except BaseException as error:  # raised here it would end in a thread of a library
            self.problem = error
            self._stop.set()


def _missing(listed: Sequence[F | Unlisted], landing: Landing, tally: _Tally, *, require_checksum: bool) -> Iterator[F]:
    """The files that are to be fetched; of all others, what became of them is told."""
    for number, each in enumerate(listed):
        if isinstance(each, Unlisted):
            tally.put(number, Outcome(each.name, "failed", error=each.error))
            continue
        try:
            landing.check(each.name)
        except UnsafePath as error:
            tally.put(number, Outcome(each.name, "failed", each.size, error=error))
            continue
        if require_checksum and not each.checksums:
            tally.put(number, Outcome(each.name, "failed", each.size, error=ChecksumMissing(each.name)))
            continue
        there = landing.found(each)
        if there is None:
            yield each
        else:
            tally.put(number, _outcome(each, "skipped", there))


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
