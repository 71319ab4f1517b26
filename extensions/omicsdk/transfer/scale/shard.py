"""A shard: a part of a plan that one worker runs, and that another can go on with."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import TypedDict

from omicsdk.core.clock import Clock
from omicsdk.core.errors import OmicsError, SomeFailed, TransferError
from omicsdk.core.sending.connections import Network
from omicsdk.transfer.control import Control
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.downloading import download
from omicsdk.transfer.items import Item
from omicsdk.transfer.reports.outcome import Outcome
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.retrying import Patience
from omicsdk.transfer.scale.repeats import first_of_each, name_of
from omicsdk.transfer.scale.results import KEPT, ShardResult
from omicsdk.transfer.scale.sharing import shard_of
from omicsdk.transfer.stores.target import FsspecTarget
from omicsdk.transfer.writing import write_error

Source = Sequence[Item] | Callable[[], Iterable[Item]]
Opening = Callable[[Iterable[Item]], AbstractContextManager[Iterable[Item]]]


class Options(TypedDict, total=False):
    """What a shard passes on to `download`; see there."""

    connections: int
    locators: int | None
    environ: Mapping[str, str] | None
    route: Callable[[str], Network] | None
    patience: Patience | None
    clock: Clock
    mode: int
    resume_unvalidated: bool


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a plan. Running it twice does no harm: the second time finds what the first one left.

    Attributes:
        index: Its number, from 0.
        of: How many shards the plan was cut into.
        source: Its own items, or what gives the items of the whole plan, of which it takes those that are its own.
        folder: The target folder, absolute; or a place in a file system of fsspec.
        name: What keeps its journal apart from those of the other shards.
        files: How many files it has.
        size: Their stated sizes together, in bytes.
        journals: The folder of its journal; None for the one in the target folder.
        reports: The folder for its JSONL report; None for no report.
        rate_limit: Bytes a second, None for no limit.
        options: How to transfer.
        repeats: Whether names may stand in the source several times, and mean one file each time.
        opening: Gives a context with what is fetched, of the shard's items; None where these are it.
        kept: How many failures its result carries, with their errors.
        require_checksum: Whether a file fails that no checksum is stated for; see `Control`.
    """

    index: int
    of: int
    source: Source = field(repr=False)
    folder: str | FsspecTarget
    name: str
    files: int
    size: int
    journals: str | None = None
    reports: str | None = None
    rate_limit: float | None = None
    options: Options = field(default_factory=Options, repr=False)
    repeats: bool = False
    opening: Opening | None = field(default=None, repr=False)
    kept: int = KEPT
    require_checksum: bool = False

    def items(self) -> Iterable[Item]:
        """Gives its items: a sequence, or an iterator that reads them as it comes to them."""
        if callable(self.source):
            own = (item for item in self.source() if shard_of(item.name, self.of) == self.index)
            return first_of_each(own, name_of) if self.repeats else own
        return self.source

    def run(
        self, *, progress: Callable[[Progress], None] | None = None, stop: threading.Event | None = None
    ) -> ShardResult:
        """Fetches what isn't there yet.

        While another process has this shard's journal, it is waited for: two workers never write the same files. The
        lock of a dead process is free at once, on this machine and on network file systems that know locks.

        Args:
            progress: Is called about ten times a second.
            stop: Ends it when it is set; it can be gone on with later.

        Returns:
            What came of it; files that fail don't raise.

        Raises:
            UnsafePath: A folder on the way is a link that leads out of the target folder.
            NotWritable: The folder can't be written.
            DiskFull: There isn't even room for the journal.
            Interrupted: It was stopped while another process had the journal.
            TransferError: Its source gave less than when the plan was made; what it gave was fetched.
            KeyboardInterrupt: It was interrupted.
        """
        if not self.files:
            return ShardResult(self.index, self.of, worker=worker_name())
        own = self.items()
        with nullcontext(own) if self.opening is None else self.opening(own) as items:
            report = download(
                items,
                self.folder,
                run=self.name,
                journal=None if self.journals is None else os.path.join(self.journals, f"{self.name}.journal"),
                progress=progress,
                stop=stop,
                control=Control(rate_limit=self.rate_limit, require_checksum=self.require_checksum),
                **self.options,
            )
        path = None
        if self.reports is not None:
            if report.why_stopped:
                report.outcomes.fill((item.name, item.size, item.label) for item in self.items())
            make_folders(self.reports)
            path = os.path.join(self.reports, f"{self.name}.jsonl")
            report.write_jsonl(path)
        counts = report.counts
        if stop is not None and stop.is_set():  # items that weren't reached are in no report
            counts["stopped"] = self.files - sum(count for state, count in counts.items() if state != "stopped")
        elif (less := self.files - sum(counts.values())) > 0:  # what this worker doesn't see would be in no report
            said = "one file fewer" if less == 1 else f"{less} files fewer"
            raise TransferError(
                f"Shard {self.index} of {self.of}: the source gave {said} than when the plan was made",
                remedy="Check that all workers read the same list, and create the plan again: finished files are kept.",
            )
        return ShardResult(
            self.index,
            self.of,
            counts=counts,
            bytes_fetched=report.bytes_fetched,
            seconds=report.seconds,
            failures=tuple(_alone(outcome) for outcome in islice(report.failed, self.kept)),
            worker=worker_name(),
            report=path,
            verification=report.verification,
        )


def _alone(outcome: Outcome) -> Outcome:
    """A failure without what its error was raised from.

    Causes may hold presigned URLs, and Dask has them pickled, too, with every exception that it found when it was imported.
    """
    waiting: list[OmicsError] = [] if outcome.error is None else [outcome.error]
    while waiting:
        error = waiting.pop()
        error.__cause__ = error.__context__ = error.__traceback__ = None
        if isinstance(error, SomeFailed):
            waiting += error.errors
    return outcome


def make_folders(path: str) -> None:
    """Makes a folder and those above it, where they aren't there.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be made.
    """
    try:
        Disk().make_folders(path)
    except OSError as error:
        raise write_error(error, path) from error


def worker_name() -> str:
    """Tells which process this is, as host:pid."""
    return f"{socket.gethostname()}:{os.getpid()}"
