"""A shard: a part of a plan that one worker runs and another can resume, its result, and the cleanup after it."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from logging import getLogger
from pathlib import Path
from typing import TypedDict, cast

from omicsdk.core.clock import Clock
from omicsdk.core.display import Displayed
from omicsdk.core.errors import Interrupted, OmicsError, SomeFailed, TransferError, first_of
from omicsdk.core.sending.connections import Network
from omicsdk.transfer.disk import Disk, write_errors
from omicsdk.transfer.downloads.downloading import download
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.targets import FsspecTarget
from omicsdk.transfer.engine.control import Control
from omicsdk.transfer.items import Item
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.names import WORK_FOLDER, first_of_each
from omicsdk.transfer.network.requests import Patience
from omicsdk.transfer.reports.outcomes import STATES, VERIFICATIONS, Outcome, State, Verification, error_words
from omicsdk.transfer.reports.progress import Progress, Throughput


def shard_of(name: str, shards: int) -> int:
    """Gives the shard of a file by its name alone, for those who see the files one after the other.

    Args:
        name: The file's name.
        shards: How many shards there are, 1 or more.

    Returns:
        A shard from 0; the same in every process, as Python's own hash isn't.
    """
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") % shards


#: A result carries so many failures by default; its JSONL report has all of them.
KEPT = 20


@dataclass(frozen=True, slots=True, repr=False)
class ShardResult(Displayed):
    """What one shard did.

    Attributes:
        index: The shard's number, from 0.
        of: How many shards there are.
        counts: How many files are in each state.
        bytes_fetched: Bytes that came over the network, in the attempt that ended.
        seconds: How long that attempt took.
        failures: The first files that failed, as many as the plan says, with their errors.
        worker: Host and process that ran it.
        report: The path of its JSONL report, None when none was asked for.
        error: Why the shard as a whole came to no end, None when it did.
        verification: How many of its files that are done or skipped are verified, by their size only, or not at all.
    """

    index: int
    of: int
    counts: Mapping[State, int] = field(default_factory=dict[State, int])
    bytes_fetched: int = 0
    seconds: float = 0.0
    failures: tuple[Outcome, ...] = ()
    worker: str = ""
    report: str | None = None
    error: OmicsError | None = None
    verification: Mapping[Verification, int] = field(default_factory=dict[Verification, int])

    @property
    def ok(self) -> bool:
        """Whether every file of it is at its target."""
        return self.error is None and not self.counts.get("failed") and not self.counts.get("stopped")

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON."""
        told: dict[str, object] = {
            "index": self.index,
            "of": self.of,
            "ok": self.ok,
            "counts": dict(self.counts),
            "verification": dict(self.verification),
            "bytes_fetched": self.bytes_fetched,
            "seconds": round(self.seconds, 3),
            "failures": [outcome.to_dict() for outcome in self.failures],
            "worker": self.worker,
            "report": self.report,
        }
        if self.error is not None:
            told["error"] = error_words(self.error)
        return told


@dataclass(frozen=True, slots=True, repr=False)
class ShardsReport(Displayed):
    """What all shards of a plan did.

    Attributes:
        results: One for each shard, in their order.
        seconds: How long it took.
        lost: How often a shard was begun again, because its worker was lost or it ended with an unforeseen error.
        why_stopped: Why it ended before its end, in words; "" when it didn't.
        throughput: How fast bytes came over the time, as far as the workers told.
    """

    results: tuple[ShardResult, ...]
    seconds: float = 0.0
    lost: int = 0
    why_stopped: str = ""
    throughput: Throughput = field(default_factory=Throughput, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` says what is known of their bytes."""
        return all(result.ok for result in self.results)

    @property
    def open(self) -> tuple[int, ...]:
        """The shards that came to no end: to be run again."""
        return tuple(result.index for result in self.results if result.error or result.counts.get("stopped"))

    @property
    def counts(self) -> dict[State, int]:
        """How many files are in each state."""
        return {state: sum(result.counts.get(state, 0) for result in self.results) for state in STATES}

    @property
    def verification(self) -> dict[Verification, int]:
        """How many of the files that are done or skipped are verified, by their size only, or not at all."""
        return {kind: sum(result.verification.get(kind, 0) for result in self.results) for kind in VERIFICATIONS}

    @property
    def bytes_fetched(self) -> int:
        """Bytes that came over the network; without those of lost workers."""
        return sum(result.bytes_fetched for result in self.results)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The first failures of each shard."""
        return tuple(outcome for result in self.results for outcome in result.failures)

    def raise_if_failed(self) -> None:
        """Raises when a file or a shard failed, or it was stopped.

        Raises:
            OmicsError: The only error that there is.
            SomeFailed: There are several; `errors` has the first of each shard.
            Interrupted: It ended before its end.
        """
        errors = [result.error for result in self.results if result.error is not None]
        count = len(errors) + self.counts["failed"]
        errors += [outcome.error for outcome in self.failures if outcome.error is not None]
        if count == 1 and errors:
            raise errors[0]
        if errors:
            raise SomeFailed(f"{count} errors in {len(self.results)} shards: {first_of(errors, count)}", errors)
        if not self.ok:
            why = self.why_stopped or "it was stopped"
            raise Interrupted(f"{why}; shards {numbers(self.open)} of {len(self.results)} are open")

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON."""
        return {
            "ok": self.ok,
            "counts": self.counts,
            "verification": self.verification,
            "bytes_fetched": self.bytes_fetched,
            "seconds": round(self.seconds, 3),
            "lost": self.lost,
            "why_stopped": self.why_stopped,
            "shards": [result.to_dict() for result in self.results],
        }


class ShardsOpen(SomeFailed):
    """The executor broke, and shards are left that nobody runs.

    Args:
        report: What the others did.
        reason: Why, in words.
    """

    default_remedy = (
        "Run the same shards again: finished files are skipped. Give a function that creates an executor "
        "to have a broken executor replaced."
    )

    def __init__(self, report: ShardsReport, reason: str) -> None:
        errors = [result.error for result in report.results if result.error is not None]
        super().__init__(f"{numbers(report.open)} of {len(report.results)} shards are open: {reason}", errors)
        self.report = report
        self.reason = reason
        self.open = report.open


def numbers(shards: Sequence[int]) -> str:
    """Names shards in words: the first ten of them."""
    shown = ", ".join(map(str, shards[:10]))
    return f"{shown} and {len(shards) - 10} more" if len(shards) > 10 else shown


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
            return first_of_each(own, lambda item: item.name) if self.repeats else own
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
    with write_errors(path):
        Disk().make_folders(path)


def worker_name() -> str:
    """Tells which process this is, as host:pid."""
    return f"{socket.gethostname()}:{os.getpid()}"


_NAME = re.compile(r"(.+)-\d{4,}-of-(\d{4,})\Z")
_log = getLogger("omicsdk.transfer")


def journals_in(folder: str | FsspecTarget, journals: str | None) -> str:
    """Gives the folder where journals are.

    Args:
        folder: The target folder.
        journals: Where they are when they aren't in it; always given for a store.
    """
    return journals or os.path.join(cast("str", folder), WORK_FOLDER)


def earlier_journals(folder: str, run: str) -> Iterator[tuple[str, int]]:
    """Looks for the journals of a plan's shards.

    Args:
        folder: The folder where they are; it needn't be there.
        run: The plan's name.

    Yields:
        Their paths, and into how many shards the plan was cut.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        stem, suffix = os.path.splitext(name)
        found = _NAME.match(stem)
        if found and suffix == ".journal" and found[1] == run:
            yield os.path.join(folder, name), int(found[2])


def sweep(shards: Sequence[Shard]) -> None:
    """Removes unfinished files and journals of the same plan cut otherwise; they hold nothing that is needed any more.

    Args:
        shards: All shards of the plan, all of whose files are there.
    """
    first = shards[0]
    named = _NAME.match(first.name)
    assert named is not None
    for path, count in earlier_journals(journals_in(first.folder, first.journals), named[1]):
        if count != first.of:
            try:
                _remove(path, first.folder)
            except (TransferError, OSError) as error:  # somebody is using it, or guards it: it may stay
                _log.info("%s stays: %s", path, error)


def _remove(path: str, target: str | FsspecTarget) -> None:
    folder = target.spool_for(path) if isinstance(target, FsspecTarget) else target
    with closing(Journal(Path(path), lambda: False)) as journal:
        parts = PartFiles(folder, os.path.relpath(path, folder), Disk())
        for name in journal.parts:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(parts.paths(name)[1])
        os.unlink(path)
