"""Runs over the rows of a manifest: several at once, in bounded memory, resumed, their outputs written in the rows' order."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, NamedTuple, Self, TypeVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import (
    APIError,
    AuthError,
    ConfigError,
    ConnectFailed,
    Interrupted,
    OmicsError,
    SomeFailed,
    TransferError,
    TransportError,
    UsageError,
)
from omicsdk.core.files.atomic_file import is_special, put_in_place
from omicsdk.core.files.file_lock import locked
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.redaction import mask_text
from omicsdk.core.retry import RETRIED_STATUSES, Retry
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.transfer.workers import Workers
from omicsdk.transfer.writing import write_error

#: Rows after which what is done is noted, at most; so many may be looked up after an interrupt.
NOTED_ROWS = 1000
PART, JOURNAL = ".part", ".journal"


def line_of(cells: Sequence[object], delimiter: str) -> str:
    """Cells as a line of a table."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue()


def delimiter_for(path: Path, given: str | None = None) -> str:
    """What separates the cells of a table that is written: tabs where its name ends in .tsv, else commas."""
    return given or ("\t" if path.suffix.lower() == ".tsv" else ",")


def identity_of(path: Path, **settings: object) -> dict[str, Any]:
    """What a run must have in common with one that it goes on with: the manifest as it is, and its settings.

    Raises:
        ManifestError: It isn't there.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ManifestError(path, error.strerror or str(error), remedy="Give the path of a manifest.") from error
    return {"manifest": str(path.resolve()), "size": status.st_size, "changed": status.st_mtime_ns, **settings}


class _Done(NamedTuple):
    """How far a run has come: rows, how long the files were then, what became of the rows, and where it was."""

    rows: int
    lengths: tuple[int, ...]
    counts: dict[str, int]
    place: str


class Outputs:
    """Files that a run writes beside their names, with a journal of how far it has come. A context manager.

    When its block ends well and `finish` was called, the files have their names and the journal is gone; otherwise a run of the
    same identity goes on where this one has noted it last.

    Args:
        paths: The files, the first of which the journal is named after.
        identity: What tells that it is the same run.
        noted_rows: Rows after which what is done is noted, at most.

    Attributes:
        resumed: Whether an earlier run was interrupted; what it has done after its last note isn't known.
        rows: Rows that were done before, and are skipped.
        counts: What became of them, by the words for it.
        place: Where the run is, in words of its own; noted with the rows.
        ahead: How many rows earlier runs had under way at once, at most.
    """

    def __init__(self, paths: Sequence[Path], identity: Mapping[str, Any], noted_rows: int = NOTED_ROWS) -> None:
        self._noted_rows = noted_rows
        self._paths = [path.absolute() for path in paths]
        self._parts = [path.with_name(path.name + PART) for path in self._paths]
        self._journal_path = self._paths[0].with_name(self._paths[0].name + JOURNAL)
        self._identity = json.loads(json.dumps(dict(identity)))
        self._open = ExitStack()
        self._files: list[IO[bytes]] = []
        self._journal: IO[bytes] | None = None
        self._noted = 0
        self._lengths = [0] * len(self._paths)
        self._done = _Done(0, tuple(self._lengths), {}, "")
        self._whole: list[bool] = []
        self._whole_lines = 0
        self.resumed = False
        self.rows = 0
        self.place = ""
        self.ahead = 0
        self.counts = Counter[str]()

    def __enter__(self) -> Self:
        try:
            self._open.enter_context(locked(self._journal_path, patience=0))
            lengths = self._earlier()
            for part, length in zip(self._parts, lengths or [0] * len(self._parts), strict=True):
                file = self._open.enter_context(part.open("r+b" if part.exists() else "w+b"))
                file.truncate(length)
                file.seek(0, os.SEEK_END)
                self._files.append(file)
            self._lengths = list(lengths or self._lengths)
            self._journal = self._open.enter_context(self._journal_path.open("r+b" if lengths else "wb"))
            if lengths:  # what was torn off would spoil the next line
                self._journal.truncate(self._whole_lines)
                self._journal.seek(0, os.SEEK_END)
            if not lengths:
                self._journal.write(_line({"of": self._identity}))
                self._journal.flush()
        except OSError as error:
            self._open.close()
            raise write_error(error, str(self._paths[0])) from error
        except BaseException:
            self._open.close()
            raise
        return self

    @property
    def fresh(self) -> bool:
        """Whether nothing is written yet."""
        return not any(self._lengths)

    def write(self, place: int, text: str) -> None:
        """Writes to a file.

        Args:
            place: Which, by its place among the paths.
            text: What.
        """
        data = text.encode()
        try:
            self._files[place].write(data)
        except OSError as error:
            raise write_error(error, str(self._paths[place])) from error
        self._lengths[place] += len(data)

    def done(self, rows: int) -> None:
        """Says that so many more rows are done, and all that is to be written of them was."""
        self._done = _Done(self._done.rows + rows, tuple(self._lengths), dict(self.counts), self.place)
        if self._done.rows - self._noted >= self._noted_rows:
            self._note()

    def begin(self, ahead: int) -> None:
        """Notes how many rows may be under way at once, for the run that has to look which of them are done.

        Args:
            ahead: How many, at most.
        """
        if self._journal is not None and ahead > self.ahead:
            try:
                self._journal.write(_line({"ahead": ahead}))
                self._journal.flush()
            except OSError as error:
                raise write_error(error, str(self._paths[0])) from error

    def finish(self, named: Sequence[bool] | None = None) -> None:
        """Gives the files their names.

        Args:
            named: Which of them; the others are removed, with what had their names before. All by default.
        """
        self._whole = list(named or [True] * len(self._paths))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if not self._whole or error is not None:
                with suppress(TransferError):  # a hint for the next run; what went wrong is told
                    self._note()
                return
            self._name()
        except OSError as problem:
            raise write_error(problem, str(self._paths[0])) from problem
        finally:
            with suppress(OSError):  # what can't be written any more was told
                self._open.close()

    def _name(self) -> None:
        """Gives the files their names."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        for part, path, whole in zip(self._parts, self._paths, self._whole, strict=True):
            if whole:
                put_in_place(part, path)
            else:
                part.unlink()
                if not is_special(path):
                    path.unlink(missing_ok=True)
        if self._journal is not None:
            self._journal.close()
        self._journal_path.unlink()

    def _note(self) -> None:
        if self._journal is None:
            return
        done = {
            "rows": self._done.rows,
            "bytes": self._done.lengths,
            "counts": self._done.counts,
            "at": self._done.place,
        }
        try:
            for file in self._files:
                file.flush()
                os.fsync(file.fileno())
            self._journal.write(_line(done))
            self._journal.flush()
            os.fsync(self._journal.fileno())
        except OSError as error:
            raise write_error(error, str(self._paths[0])) from error
        self._noted = self._done.rows

    def _earlier(self) -> list[int] | None:
        """How long the files were when an earlier run of the same identity noted it last; None where there was none."""
        lines, self._whole_lines = _lines(self._journal_path)
        if not lines or lines[0].get("of") != self._identity:
            return None
        self.resumed = True
        self.ahead = max(int(line.get("ahead", 0)) for line in lines)
        sizes = [part.stat().st_size if part.exists() else -1 for part in self._parts]
        for line in reversed(lines[1:]):
            lengths = line.get("bytes")
            if is_array(lengths) and all(length <= size for length, size in zip(lengths, sizes, strict=False)):
                self._noted = self.rows = int(line["rows"])
                self.counts.update(line["counts"])
                self.place = str(line["at"])
                self._done = _Done(self.rows, tuple(lengths), dict(self.counts), self.place)
                return lengths
        return [0] * len(self._parts)


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The whole lines of a journal, and their length in bytes; what was torn off at its end isn't one."""
    found, length = list[dict[str, Any]](), 0
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            try:
                value = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                value = None
            if not is_object(value):
                break
            found.append(value)
            length += len(line)
    return found, length


#: How often it is tried.
ATTEMPTS = 4
_PAUSES = Retry(attempts=ATTEMPTS)


def pause(attempt: int, clock: Clock = SYSTEM_CLOCK) -> None:
    """Waits before a further try.

    Args:
        attempt: How many have failed, from 1.
        clock: What waits.
    """
    clock.sleep(_PAUSES.pause(attempt, random.random()))  # noqa: S311 - jitter


def made_once(make: Callable[[], str], look: Callable[[], str | None], *, clock: Clock = SYSTEM_CLOCK) -> str:
    """Makes something by a request that isn't to be sent twice when it has arrived.

    Args:
        make: Sends the request, and gives the identifier of what was made.
        look: Looks for what was made; gives its identifier, or None.
        clock: What waits between two tries.

    Returns:
        The identifier.

    Raises:
        OmicsError: It can't be made; what `make` raised.
    """
    failure: OmicsError | None = None
    for attempt in range(ATTEMPTS):
        if failure is not None and (found := look()):
            return found
        if attempt:
            pause(attempt, clock)
        try:
            return make()
        except ConnectFailed:  # nothing was sent, and the client has tried again itself
            raise
        except (TransportError, APIError) as error:
            if isinstance(error, APIError) and error.status not in RETRIED_STATUSES:
                raise
            failure = error
    if found := look():
        return found
    assert failure is not None
    raise failure


#: KiB of the database that are held in memory.
CACHE_KIB = 20 * 1024


@contextmanager
def scratch_database() -> Generator[sqlite3.Connection]:
    """An empty database for a block. Nothing of it outlives the block, so nothing is synced or kept for a rollback."""
    with (
        TemporaryDirectory(prefix="omicsdk-gen3-", ignore_cleanup_errors=True) as folder,
        closing(sqlite3.connect(Path(folder) / "rows", isolation_level=None)) as database,
    ):
        for setting in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", f"cache_size=-{CACHE_KIB}"):
            database.execute(f"PRAGMA {setting}")
        yield database


T = TypeVar("T")
R = TypeVar("R")

FAILED = "failed"
#: Rows of which a commons is asked at once, where it takes several.
BATCH = 100
#: Batches that are under way or wait for those before them, a thread.
AHEAD = 3
#: Failures whose words a summary holds; all of them are in the file of failures.
SHOWN = 100
_GOES_ON = "The same call goes on where it was."
_COLUMNS = ("line", "guid", "error")
_STOPS = (AuthError, ConfigError, ConnectFailed, Interrupted)
"""What befalls every row alike: the run ends, and goes on later where it was."""


class Outcome(NamedTuple):
    """What became of a row.

    Attributes:
        line: Where the row stands in the manifest.
        guid: The file's GUID; empty where there is none.
        state: A word for it, such as created, updated, same, failed.
        text: What is written of it.
        error: Why it failed.
        row: The row as its manifest has it, for the manifest of those that failed.
    """

    line: int
    guid: str
    state: str
    text: str = ""
    error: str = ""
    row: str = ""


class Summary(NamedTuple):
    """What a run over a manifest came to.

    Attributes:
        rows: Rows of the manifest.
        counts: What became of them, by the words for it.
        output: The file that was written.
        failures: The file with what went wrong, one line a row; None where nothing did.
        errors: The first of the failures.
        failed_rows: The manifest of the rows that failed, which can be worked from by itself; None where there is none.
    """

    rows: int
    counts: dict[str, int]
    output: Path
    failures: Path | None
    errors: tuple[str, ...]
    failed_rows: Path | None = None

    @property
    def failed(self) -> int:
        """Rows that failed."""
        return self.counts.get(FAILED, 0)

    def raise_failed(self, what: str) -> Summary:
        """Gives itself back, unless rows failed.

        Args:
            what: What was to be done, as it reads after "rows couldn't be".

        Raises:
            SomeFailed: Some did.
        """
        if self.failed:
            first = f"; the first: {self.errors[0]}" if self.errors else ""
            raise SomeFailed(
                f"{self.failed} of {self.rows} rows couldn't be {what}{first}",
                [UsageError(error) for error in self.errors],
                remedy=self.remedy,
            )
        return self

    @property
    def remedy(self) -> str:
        """Where the failures are, and what to do about them."""
        alone = f" {self.failed_rows} is a manifest of these rows alone." if self.failed_rows else ""
        return f"All of them are in {self.failures}. Correct their cause, and run the same again.{alone}"


def in_order(
    items: Iterable[T], work: Callable[[T], R], threads: int, stop: threading.Event | None = None
) -> Iterator[R]:
    """Does work on items in several threads, and gives the results in the items' order.

    Args:
        items: The items; taken as they are needed.
        work: What is done.
        threads: How many at once, from 1.
        stop: Ends it between two items when it is set.

    Raises:
        Interrupted: `stop` was set.
    """
    waiting: deque[Future[R]] = deque()
    source = iter(items)
    with Workers(max(1, threads), "gen3-manifest") as workers:
        try:
            while True:
                for item in islice(source, max(1, threads) * AHEAD - len(waiting)):
                    waiting.append(workers.submit(work, item))
                if stop is not None and stop.is_set():
                    raise Interrupted("The run over the manifest was stopped", remedy=_GOES_ON)
                if not waiting:
                    return
                yield waiting.popleft().result()
        except (Exception, GeneratorExit):  # a person who interrupts isn't kept waiting
            wait([future for future in waiting if not future.cancel()])
            raise


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Rows in lists of so many; the last may be shorter."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def run(
    rows: Iterator[T | Fault],
    work: Callable[[Sequence[T], bool], Sequence[Outcome]],
    outputs: Outputs,
    paths: Sequence[Path],
    *,
    threads: int,
    batch: int = BATCH,
    header: str = "",
    columns: str = "",
    stop: threading.Event | None = None,
) -> Summary:
    """Does work on the rows of a manifest and writes what becomes of them.

    Args:
        rows: The rows, in the place of each that is wrong what is wrong with it.
        work: What is done with several rows, told whether an earlier run may have done it already; gives as many outcomes.
        outputs: What is written to: the output, the failures, and perhaps the manifest of the rows that failed.
        paths: Their names.
        threads: How many batches are under way at once.
        batch: Rows of a batch.
        header: What the output begins with.
        columns: What the manifest of the rows that failed begins with.
        stop: Ends it when it is set.

    Returns:
        What it came to.

    Raises:
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
        Interrupted: `stop` was set.
    """
    if outputs.fresh:
        outputs.write(0, header)
        outputs.write(1, line_of(_COLUMNS, "\t"))
        if len(paths) > 2:
            outputs.write(2, columns)
    ahead = batch * (max(1, threads) * AHEAD + 1)
    # So many rows may have been done by an earlier run, which may have had more threads, without its having noted it.
    uncertain = NOTED_ROWS + max(ahead, outputs.ahead) if outputs.resumed else 0
    outputs.begin(ahead)
    errors = list[str]()
    numbered = enumerate(batches(islice(rows, outputs.rows, None), batch))

    def done(item: tuple[int, list[T | Fault]]) -> list[Outcome]:
        return _outcomes(item[1], work, item[0] * batch < uncertain)

    total = outputs.rows
    for outcomes in in_order(numbered, done, threads, stop):
        for outcome in outcomes:
            outputs.counts[outcome.state] += 1
            outputs.write(0, outcome.text)
            if outcome.state == FAILED:
                outputs.write(1, line_of((outcome.line, outcome.guid, outcome.error), "\t"))
                if len(paths) > 2:
                    outputs.write(2, outcome.row)
                if len(errors) < SHOWN:
                    errors.append(f"line {outcome.line}: {outcome.error}")
        total += len(outcomes)
        outputs.done(len(outcomes))
    failed = outputs.counts[FAILED] > 0
    outputs.finish([True, *[failed] * (len(paths) - 1)])
    told = [path if failed else None for path in paths[1:]]
    return Summary(total, dict(outputs.counts), paths[0], told[0], tuple(errors), *told[1:])


def _outcomes(
    batch: Sequence[T | Fault],
    work: Callable[[Sequence[T], bool], Sequence[Outcome]],
    uncertain: bool,
) -> list[Outcome]:
    rows = [row for row in batch if not isinstance(row, Fault)]
    worked = iter(work(rows, uncertain) if rows else ())
    found = list[Outcome]()
    for row in batch:
        if isinstance(row, Fault):
            found.append(Outcome(row.line, "", FAILED, error=row.words))
        else:
            found.append(next(worked))
    return found


def attempted(line: int, guid: str, work: Callable[[], Outcome]) -> Outcome:
    """The outcome of a row, which failed where the service refuses it.

    Args:
        line: Where the row stands.
        guid: The file's GUID.
        work: What is done.

    Raises:
        AuthError: The commons doesn't know who asks; it befalls all rows, as ConfigError, ConnectFailed and Interrupted do.
    """
    try:
        return work()
    except _STOPS:
        raise
    except OmicsError as error:
        return Outcome(line, guid, FAILED, error=mask_text(str(error)))


def failures_beside(output: Path) -> Path:
    """The file of failures that goes with an output."""
    return output.with_name(f"{output.stem}.failures.tsv")


def failed_rows_beside(output: Path) -> Path:
    """The manifest of the rows that failed that goes with an output."""
    return output.with_name(f"{output.stem}.failed-rows.tsv")
