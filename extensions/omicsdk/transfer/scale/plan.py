"""A plan: what to download and where to; its shards, one for each worker; their results and remains."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from heapq import heapify, heapreplace
from itertools import islice
from pathlib import Path
from typing import TypedDict, Unpack, cast

from omicsdk.core.clock import Clock, never
from omicsdk.core.display import Displayed
from omicsdk.core.errors import Interrupted, OmicsError, SomeFailed, TransferError, UsageError, first_of
from omicsdk.core.logs import logger
from omicsdk.core.sending.connections import Network
from omicsdk.transfer.arguments import instances, many, path, run_name, whole_number
from omicsdk.transfer.disk import Disk, make_folders
from omicsdk.transfer.downloads.downloading import download
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.targets import FsspecTarget
from omicsdk.transfer.engine.options import ContentCache, Link
from omicsdk.transfer.items import Item, check_all
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.names import ROOM, WORK_FOLDER, check_name, check_names, first_of_each, room_in
from omicsdk.transfer.network.requests import Patience
from omicsdk.transfer.reports.progress import Progress, Throughput
from omicsdk.transfer.reports.report import STATES, VERIFICATIONS, Outcome, State, Verification, error_words

#: Maximum number of failures in a result by default; its JSONL report has all of them.
KEPT = 20
#: Bytes added to a file's size: the round trips of a request, at the speed of a common link.
FILE_COST = 256 * 1024

_NAME = re.compile(r"(.+)-\d{4,}-of-(\d{4,})\Z")
_log = logger("omicsdk.transfer")


def balanced(files: Sequence[tuple[str, int | None]], shards: int) -> list[int]:
    """Distribute files so that all shards have about the same number of bytes: the largest first, onto the smallest
    shard.

    Args:
        files: Distinct names, and sizes in bytes. An unknown size is treated as the mean of the known ones.
        shards: The number of shards, 1 or more.

    Returns:
        The shard of each file, from 0. It does not depend on the files' order.
    """
    known_sizes = [size for _, size in files if size is not None]
    mean = sum(known_sizes) // len(known_sizes) if known_sizes else 0
    costs = [FILE_COST + (mean if size is None else size) for _, size in files]
    loads = [(0, shard) for shard in range(shards)]
    heapify(loads)
    assigned = [0] * len(files)
    # By size and then by name, so that every process divides the same files alike, in whatever order it has them.
    for index in sorted(range(len(files)), key=lambda position: (-costs[position], files[position][0])):
        load, shard = loads[0]
        assigned[index] = shard
        heapreplace(loads, (load + costs[index], shard))
    return assigned


def shard_of(name: str, shards: int) -> int:
    """Return the shard of a file by its name alone, if the files come one by one.

    Args:
        name: The file's name.
        shards: The number of shards, 1 or more.

    Returns:
        A shard from 0; the same in every process, unlike one from Python's own hash.
    """
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") % shards


class Plan:
    """A download for several workers.

    All workers must see the target folder under the same path: a disk of their machine, or a shared file system.

    Args:
        source: The items; or a function that returns a fresh iterator over them in each call, so that every shard reads
            a manifest of millions of rows and none stores it. For workers in other processes it must be picklable (a
            function of a module, or a functools.partial of one), and so must the items' `locate`.
        folder: The target folder; or a place in an fsspec file system or its URL, which requires `journals`, where the
            spool folders are, too.
        run: Names the plan's journals. Plans with different names into one folder do not wait for each other.
        journals: A folder for the journals, which all workers see; by default `.omics-transfer` in the target folder.
        reports: A folder for one JSONL report per shard; by default none is written.
        rate_limit: Bytes a second for each running shard, above 0; None for no limit.
        repeats: Whether a name may occur several times and means one file each time, as in a store whose names are
            checksums: the first is downloaded. Requires a function as source; each of its names is checked alone, not
            against others.
        opening: Called in the worker with a shard's items; returns a context manager with the items to download. A
            client that `locate` needs is opened and closed there. It must be picklable.
        kept: Maximum number of failures that the result of a shard contains, with their errors; 0 or more.
        require_checksum: Whether a file without a stated checksum fails; see `Control`.
        **options: Passed on to `download`, for each shard: connections, retries, min_delay, locators, environ, route,
            patience, clock, mode, resume_unvalidated, cache, link.

    Raises:
        UsageError: A remote target cannot be used or has no `journals`.
        ValueError: A number below its bound, an empty folder, a run that no file's name can have, or repeats with a list.
        TypeError: An argument of another type, an unknown option, or a source that can be read only once.
    """

    def __init__(
        self,
        source: Source,
        folder: str | os.PathLike[str] | FsspecTarget,
        *,
        run: str = "transfer",
        journals: str | os.PathLike[str] | None = None,
        reports: str | os.PathLike[str] | None = None,
        rate_limit: float | None = None,
        repeats: bool = False,
        opening: Opening | None = None,
        kept: int = KEPT,
        require_checksum: bool = False,
        **options: Unpack[Options],
    ) -> None:
        if isinstance(source, Iterator):
            problem = "a plan's source is read again by each shard, but this one can be read only once"
            raise TypeError(f"{problem}: pass a list, or the function that creates it")
        if not callable(source):
            many("source", source, Item)
            if repeats:
                raise ValueError("repeats requires a function as source; in a list, keep the first of each name")
        if unknown := [option for option in options if option not in Options.__annotations__]:
            option_names = ", ".join(Options.__annotations__)
            raise TypeError(f"a plan has no option {unknown[0]!r}; it has {option_names}")
        for name in ("connections", "locators"):
            if options.get(name) is not None:
                whole_number(name, options.get(name))
        self.source = source
        kinds = "a path, a URL or an FsspecTarget"
        self.folder = FsspecTarget.meant_by(folder) or os.path.abspath(path("folder", folder, kinds))
        if isinstance(self.folder, FsspecTarget) and journals is None:
            raise UsageError(f"journals= is missing: {self.folder.url()} cannot contain them; pass a local folder")
        self.run = run_name(run)
        self._journals = None if journals is None else os.path.abspath(journals)
        if rate_limit is not None and not rate_limit > 0:
            raise ValueError(f"rate_limit is {rate_limit} bytes a second; it must be above 0")
        self._repeats = repeats
        self._shard = partial(
            Shard,
            folder=self.folder,
            journals=self._journals,
            reports=None if reports is None else os.path.abspath(reports),
            rate_limit=rate_limit,
            options=options,
            repeats=repeats,
            opening=opening,
            kept=whole_number("kept", kept, 0),
            require_checksum=require_checksum,
        )
        self._checked = False

    @property
    def journals(self) -> str:
        """The folder where the shards' journals are."""
        return journals_in(self.folder, self._journals)

    def shards(self, n: int) -> list[Shard]:
        """Divide the plan into independent parts.

        Items in a sequence are distributed by size, those of a function by a digest of their names. Every item is in
        exactly one shard, and in the same one whenever the same plan is divided into as many parts. After a division
        into another number of parts, existing files are compared with their checksums and not downloaded again;
        unfinished files, and those without a checksum, are. Once everything is complete, such remains are removed.

        Args:
            n: The number of shards, 1 or more. There may be more than items; some have nothing to do then.

        Returns:
            The n shards.

        Raises:
            UnsafePath: A name leads out of the folder, or two to one path, even in different shards.
            ValueError: n is below 1.
            TypeError: n is not a whole number, or one of the items is not an Item.
        """
        n = whole_number("n", n)
        files, sizes = [0] * n, [0] * n
        by_shard: list[list[Item]] = [[] for _ in range(n)]
        self._check()
        room = ROOM if isinstance(self.folder, FsspecTarget) else room_in(self.folder)
        for item, index in self._placed(n):
            # Names that may repeat are not checked against each other in `_check`, so that each is checked alone here.
            if self._repeats:
                check_name(item.name, room=room)
            files[index] += 1
            sizes[index] += item.size or 0
            if not callable(self.source):
                by_shard[index].append(item)
        return [
            self._shard(
                index,
                n,
                source=self.source if callable(self.source) else tuple(by_shard[index]),
                name=f"{self.run}-{index:04d}-of-{n:04d}",
                files=files[index],
                size=sizes[index],
            )
            for index in range(n)
        ]

    def _placed(self, n: int) -> Iterator[tuple[Item, int]]:
        """Iterate over the items, with the shard of each."""
        if callable(self.source):
            items = instances(self.source(), Item)
            if self._repeats:
                items = first_of_each(items, lambda item: item.name)
            return ((item, shard_of(item.name, n)) for item in items)
        return zip(self.source, balanced([(item.name, item.size) for item in self.source], n), strict=True)

    def order(self, n: int) -> Iterator[tuple[str, int]]:
        """Iterate over the names in the source's order, with the shard of each when the plan has n shards.

        Args:
            n: The number of shards, 1 or more.
        """
        return ((item.name, index) for item, index in self._placed(n))

    def items_of(self, index: int, n: int) -> Iterator[Item]:
        """Iterate over the items of one shard, in the source's order.

        Args:
            index: The shard, from 0.
            n: The number of shards, 1 or more.
        """
        return (item for item, shard in self._placed(n) if shard == index)

    def earlier_shards(self) -> int | None:
        """Return the number of shards in an earlier run of this plan, None if there was none.

        With the same number, its workers resume unfinished files; of several numbers the largest is returned.
        """
        earlier = earlier_journals(self.journals, self.run)
        return max((count for _, count in earlier), default=None)

    def _check(self) -> None:
        """Check all names against each other, once: each shard sees only its own."""
        if self._checked or self._repeats:
            return
        names, folder = _Names(self.source), self.folder
        if isinstance(folder, FsspecTarget):
            check_names(names, folds_case=False)
        else:
            check_all(names, folder, lambda: make_folders(folder))
        self._checked = True


class _Names(Iterable[str]):
    """The names of a source, which can be iterated repeatedly."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __iter__(self) -> Iterator[str]:
        return (item.name for item in instances(self._source() if callable(self._source) else self._source, Item))


@dataclass(frozen=True, slots=True, repr=False)
class ShardResult(Displayed):
    """The result of one shard.

    Attributes:
        index: The shard's number, from 0.
        of: The number of shards.
        counts: The number of files in each state.
        bytes_fetched: Bytes received over the network, in the last attempt.
        seconds: The duration of that attempt.
        failures: The first files that failed, as many as the plan keeps, with their errors.
        worker: Host and process that ran it.
        report: The path of its JSONL report, None if none was requested.
        error: Why the shard as a whole did not finish, None if it did.
        verification: The number of its done or skipped files that are verified, by their size only, or not at all.
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
        """Whether all its files are at their target."""
        return self.error is None and not self.counts.get("failed") and not self.counts.get("stopped")

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        first = ("index", "of", "ok", "counts", "verification", "bytes_fetched", "seconds")
        record: dict[str, object] = {name: getattr(self, name) for name in (*first, "failures", "worker", "report")}
        record["seconds"] = round(self.seconds, 3)
        record["failures"] = [outcome.to_dict() for outcome in self.failures]
        if self.error is not None:
            record["error"] = error_words(self.error)
        return record


@dataclass(frozen=True, slots=True, repr=False)
class ShardsReport(Displayed):
    """The result of all shards of a plan.

    Attributes:
        results: One for each shard, in order.
        seconds: The duration.
        lost: How often a shard was restarted, because its worker was lost or it ended with an unexpected error.
        why_stopped: Why it ended early, as text; "" if it did not.
        throughput: The rate over time, as far as the workers reported it.
    """

    results: tuple[ShardResult, ...]
    seconds: float = 0.0
    lost: int = 0
    why_stopped: str = ""
    throughput: Throughput = field(default_factory=Throughput, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` states how their bytes were checked."""
        return all(result.ok for result in self.results)

    @property
    def open(self) -> tuple[int, ...]:
        """The shards that did not finish, to be run again."""
        return tuple(result.index for result in self.results if result.error or result.counts.get("stopped"))

    @property
    def counts(self) -> dict[State, int]:
        """The number of files in each state."""
        return {state: sum(result.counts.get(state, 0) for result in self.results) for state in STATES}

    @property
    def verification(self) -> dict[Verification, int]:
        """The number of done or skipped files that are verified, by their size only, or not at all."""
        return {kind: sum(result.verification.get(kind, 0) for result in self.results) for kind in VERIFICATIONS}

    @property
    def bytes_fetched(self) -> int:
        """Bytes received over the network, without those of lost workers."""
        return sum(result.bytes_fetched for result in self.results)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The first failures of each shard."""
        return tuple(outcome for result in self.results for outcome in result.failures)

    def raise_if_failed(self) -> None:
        """Raise an error if a file or a shard failed, or the run was stopped.

        Raises:
            OmicsError: The only error.
            SomeFailed: There are several, or the plan keeps none; `errors` has the first of each shard.
            Interrupted: It ended early.
        """
        errors = [result.error for result in self.results if result.error is not None]
        count = len(errors) + self.counts["failed"]
        errors += [outcome.error for outcome in self.failures if outcome.error is not None]
        if count == 1 and errors:
            raise errors[0]
        if count:
            # A plan that keeps no failures still counts them.
            reasons = f": {first_of(errors, count)}" if errors else ""
            problem = f"{count} error{'s' * (count != 1)} in {len(self.results)} shards{reasons}"
            raise SomeFailed(problem, errors)
        if not self.ok:
            why = self.why_stopped or "it was stopped"
            raise Interrupted(f"{why}; shards {numbers(self.open)} of {len(self.results)} are open")

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        first = ("ok", "counts", "verification", "bytes_fetched", "seconds", "lost", "why_stopped")
        record: dict[str, object] = {name: getattr(self, name) for name in first}
        record["seconds"] = round(self.seconds, 3)
        return {**record, "shards": [result.to_dict() for result in self.results]}


class ShardsOpen(SomeFailed):
    """The executor broke, and some shards did not run.

    Args:
        report: The results of the others.
        reason: Why, as text.
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
    """List shards in words: the first ten of them."""
    text = ", ".join(map(str, shards[:10]))
    return f"{text} and {len(shards) - 10} more" if len(shards) > 10 else text


Source = Sequence[Item] | Callable[[], Iterable[Item]]
Opening = Callable[[Iterable[Item]], AbstractContextManager[Iterable[Item]]]


class Options(TypedDict, total=False):
    """The arguments that a shard passes on to `download`."""

    connections: int
    retries: int
    min_delay: float
    locators: int | None
    environ: Mapping[str, str] | None
    route: Callable[[str], Network] | None
    patience: Patience | None
    clock: Clock
    mode: int
    resume_unvalidated: bool
    cache: ContentCache | None
    link: Link


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a plan. Running it twice does no harm: the second run finds the files of the first.

    Attributes:
        index: Its number, from 0.
        of: The number of shards in the plan.
        source: Its own items, or a function that returns the items of the whole plan, of which it takes its own.
        folder: The target folder, absolute; or a place in an fsspec file system.
        name: Distinguishes its journal from those of the other shards.
        files: The number of its files.
        size: Their stated sizes together, in bytes.
        journals: The folder of its journal; None for the one in the target folder.
        reports: The folder for its JSONL report; None for no report.
        rate_limit: Bytes a second, None for no limit.
        options: Arguments of `download`.
        repeats: Whether a name may occur several times in the source, and means one file each time.
        opening: Returns a context manager with what to download, from the shard's items; None for the items themselves.
        kept: Maximum number of failures that its result contains, with their errors.
        require_checksum: Whether a file without a stated checksum fails; see `Control`.
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

    def unbegun(self) -> ShardResult:
        """Return the result of a shard that was stopped before it started."""
        return ShardResult(self.index, self.of, counts={"stopped": self.files}, worker=worker_name())

    def items(self) -> Iterable[Item]:
        """Return the items: a sequence, or an iterator that reads them lazily."""
        if callable(self.source):
            selected = (item for item in self.source() if shard_of(item.name, self.of) == self.index)
            return first_of_each(selected, lambda item: item.name) if self.repeats else selected
        return self.source

    def run(
        self, *, progress: Callable[[Progress], None] | None = None, stop: threading.Event | None = None
    ) -> ShardResult:
        """Download the files that are missing.

        While another process has this shard's journal locked, wait for it: two workers never write the same files. The
        lock of a dead process is released at once, on this machine and on network file systems that support locks.

        Args:
            progress: Called about ten times a second.
            stop: Stops the shard when set; a later call resumes it.

        Returns:
            The result; files that fail do not raise.

        Raises:
            UnsafePath: A parent is a link that leads out of the target folder.
            NotWritable: The folder is not writable.
            DiskFull: There is no space for the journal.
            Interrupted: Stopped while another process had the journal.
            TransferError: Its source returned less than when the plan was made; those files were downloaded.
            KeyboardInterrupt: It was interrupted.
        """
        if not self.files:
            return ShardResult(self.index, self.of, worker=worker_name())
        own_items = self.items()
        with nullcontext(own_items) if self.opening is None else self.opening(own_items) as items:
            report = download(
                items,
                self.folder,
                run=self.name,
                journal=None if self.journals is None else os.path.join(self.journals, f"{self.name}.journal"),
                progress=progress,
                stop=stop,
                limit_rate=self.rate_limit,
                require_checksum=self.require_checksum,
                **self.options,
            )
        written = None
        if self.reports is not None:
            # Files that a stopped shard has not reached have no outcome yet, and the report must have all of them.
            if report.why_stopped:
                report.outcomes.fill((item.name, item.size, item.label) for item in self.items())
            make_folders(self.reports)
            written = os.path.join(self.reports, f"{self.name}.jsonl")
            report.write_jsonl(written)
        counts = report.counts
        if stop is not None and stop.is_set():  # items that were not reached are in no report
            counts["stopped"] = self.files - sum(count for state, count in counts.items() if state != "stopped")
        # items that this worker does not see would be in no report
        elif (less := self.files - sum(counts.values())) > 0:
            fewer = "one file fewer" if less == 1 else f"{less} files fewer"
            remedy = "Check that all workers read the same list, and create the plan again: finished files are kept."
            problem = f"Shard {self.index} of {self.of}: the source gave {fewer} than when the plan was made"
            raise TransferError(problem, remedy=remedy)
        return ShardResult(
            self.index,
            self.of,
            counts=counts,
            bytes_fetched=report.bytes_fetched,
            seconds=report.seconds,
            failures=tuple(_alone(outcome) for outcome in islice(report.failed, self.kept)),
            worker=worker_name(),
            report=written,
            verification=report.verification,
        )


def _alone(outcome: Outcome) -> Outcome:
    """Return a failure without its error's cause.

    Causes may contain presigned URLs, and Dask pickles them with every exception whose class existed when it was
    imported.
    """
    waiting: list[OmicsError] = [] if outcome.error is None else [outcome.error]
    while waiting:
        error = waiting.pop()
        error.__cause__ = error.__context__ = error.__traceback__ = None
        if isinstance(error, SomeFailed):
            waiting += error.errors
    return outcome


def worker_name() -> str:
    """Name this process, as host:pid."""
    return f"{socket.gethostname()}:{os.getpid()}"


def journals_in(folder: str | FsspecTarget, journals: str | None) -> str:
    """Return the folder of journals.

    Args:
        folder: The target folder.
        journals: Their folder if it is not in the target folder; always given for a store.
    """
    return journals or os.path.join(cast("str", folder), WORK_FOLDER)


def earlier_journals(folder: str, run: str) -> Iterator[tuple[str, int]]:
    """Find the journals of a plan's shards.

    Args:
        folder: Their folder; it need not exist.
        run: The plan's name.

    Yields:
        Their paths, and the number of shards that the plan had.
    """
    for journal in Path(folder).glob(f"{run}-*.journal"):
        match = _NAME.match(journal.stem)
        if match and match[1] == run:
            yield str(journal), int(match[2])


def sweep(shards: Sequence[Shard]) -> None:
    """Remove unfinished files and journals of the same plan in other divisions; they are no longer needed.

    Args:
        shards: All shards of the plan, whose files are complete.
    """
    first = shards[0]
    named = _NAME.match(first.name)
    assert named is not None
    for journal, count in earlier_journals(journals_in(first.folder, first.journals), named[1]):
        if count != first.of:
            try:
                _remove(journal, first.folder)
            except (TransferError, OSError) as error:  # in use, or protected: leave it
                _log.info("%s stays: %s", journal, error)


def _remove(journal: str, target: str | FsspecTarget) -> None:
    folder = target.spool_for(journal) if isinstance(target, FsspecTarget) else target
    with closing(Journal(Path(journal), never)) as opened:
        # As the run that wrote the journal named its parts: their names have a digest of its path.
        parts = PartFiles.of_journal(folder, journal, Disk())
        for name in opened.parts:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(parts.paths(name)[1])
        # Last: without the journal nothing would name the parts that remain.
        os.unlink(journal)
