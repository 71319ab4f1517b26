"""Runs over the rows of a manifest: several at once, in bounded memory, what becomes of each in the rows' order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from omicsdk.core.errors import AuthError, ConfigError, ConnectFailed, Interrupted, OmicsError, SomeFailed, UsageError
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.manifests.faults import Fault
from omicsdk.gen3.manifests.outputs import NOTED_ROWS, Outputs, line_of
from omicsdk.transfer.workers import Workers

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
