"""The report of a transfer: made, written as JSON lines, and read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TextIO, TypeVar, cast

from omicsdk.core.errors import Interrupted, NotWritable, SomeFailed, UsageError, first_of
from omicsdk.core.files import in_place_of
from omicsdk.core.version import __version__
from omicsdk.transfer.disk import write_error
from omicsdk.transfer.reports.outcomes import (
    STATES,
    VERIFICATIONS,
    Outcome,
    Outcomes,
    ReportedError,
    State,
    Verification,
    verification_words,
    without_secrets,
)
from omicsdk.transfer.reports.progress import Throughput


def write_whole(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Writes a file as it is told, and puts it in its place when all of it is on disk.

    Args:
        path: The file; what is there is replaced. Where it is a link, what it points at is.
        lines: Its text in pieces, with their line ends; written as UTF-8.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be written, or is no file, such as /dev/null; what was there still is.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise NotWritable(os.fspath(path), "it is not a regular file", remedy="Name a file.")
    try:
        with in_place_of(target) as file:
            file.writelines(line.encode() for line in lines)
    except OSError as error:
        raise write_error(error, os.fspath(path)) from error


#: What the first line names the form of the others; a reader of another number refuses.
FORMAT = 1

T = TypeVar("T")
_Told = Mapping[str, Any]
_JSON = json.JSONEncoder(separators=(",", ":"))  # escapes all beyond ASCII, halves of surrogate pairs too


class TransferReport:
    """What a whole transfer did.

    Args:
        outcomes: What became of each item, in the items' order.
        seconds: How long it took.
        throughput: How fast bytes came over the time.
        began: When it began, in seconds since 1970-01-01T00:00Z; None when nobody looked.
        title: What it was, in words for people.
        why_stopped: Why it ended before its end, in words; "" when it didn't.

    Attributes:
        outcomes: One for each item, in the items' order; whatever their number, few are in memory.
        seconds: How long it took.
        throughput: How fast bytes came over the time.
        began: When it began, in seconds since 1970-01-01T00:00Z.
        title: What it was, in words for people.
        why_stopped: Why it ended before its end, in words; "" when it didn't.
    """

    def __init__(
        self,
        outcomes: Iterable[Outcome] = (),
        seconds: float = 0.0,
        *,
        throughput: Throughput | None = None,
        began: float | None = None,
        title: str = "",
        why_stopped: str = "",
    ) -> None:
        self.outcomes = outcomes if isinstance(outcomes, Outcomes) else Outcomes(outcomes)
        self.seconds = seconds
        self.throughput = throughput or Throughput()
        self.began = began
        self.title = title
        self.why_stopped = why_stopped

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` says what is known of their bytes."""
        return self.outcomes.ok and not self.why_stopped

    @property
    def failed(self) -> Sequence[Outcome]:
        """The files that failed."""
        return self.outcomes.of("failed")

    @property
    def stopped(self) -> Sequence[Outcome]:
        """The files that were stopped before their end."""
        return self.outcomes.of("stopped")

    @property
    def counts(self) -> dict[State, int]:
        """How many files are in each state; planned is named only after a dry run."""
        return {state: count for state, count in self.outcomes.counts.items() if count or state != "planned"}

    @property
    def verification(self) -> dict[Verification, int]:
        """How many of the files that are done or skipped are verified, by their size only, or not at all."""
        return dict(self.outcomes.verification)

    @property
    def bytes_fetched(self) -> int:
        """Bytes that came over the network."""
        return self.outcomes.bytes_fetched

    def with_outcomes(
        self,
        outcomes: Iterable[Outcome],
        *,
        seconds: float | None = None,
        title: str | None = None,
        why_stopped: str | None = None,
    ) -> TransferReport:
        """Return the same report of other outcomes.

        Args:
            outcomes: One for each item.
            seconds: How long it took, where that differs.
            title: Its title, likewise.
            why_stopped: Why it ended before its end, likewise.
        """
        return TransferReport(
            outcomes,
            self.seconds if seconds is None else seconds,
            throughput=self.throughput,
            began=self.began,
            title=self.title if title is None else title,
            why_stopped=self.why_stopped if why_stopped is None else why_stopped,
        )

    def with_rerun(self, numbers: Sequence[int], again: TransferReport) -> TransferReport:
        """Return the report of this run and a second one of some of its files.

        Args:
            numbers: The numbers of those files, from 0.
            again: The report of the second run; its outcomes take the place of the first ones.
        """
        better = dict(zip(numbers, again.outcomes, strict=True))
        return self.with_outcomes(
            (better.get(number, outcome) for number, outcome in enumerate(self.outcomes)),
            seconds=self.seconds + again.seconds,
            why_stopped=again.why_stopped or self.why_stopped,
        )

    def raise_if_failed(self) -> None:
        """Raises when a file failed or was stopped before its end.

        Raises:
            OmicsError: The error of the only one that failed.
            SomeFailed: Several did; `errors` has those of the first 1,000.
            Interrupted: None failed, but some were stopped; says why, and how to go on.
        """
        count = self.outcomes.counts["failed"]
        errors = [outcome.error for outcome in self.outcomes.failures if outcome.error is not None]
        if count == 1 and errors:
            raise errors[0]
        if count:
            raise SomeFailed(f"{count} of {len(self.outcomes)} files failed: {first_of(errors, count)}", errors)
        if not self.ok:
            counts = self.counts
            there = f"{counts['done'] + counts['skipped']} of {len(self.outcomes)} files are complete"
            raise Interrupted(f"The transfer ended early: {self.why_stopped or 'it was stopped'}; {there}")

    def summary(self) -> dict[str, object]:
        """Gives plain values for JSON: what all files together came to."""
        return {
            "title": self.title,
            "ok": self.ok,
            "why_stopped": self.why_stopped,
            "files": len(self.outcomes),
            "counts": self.counts,
            "verification": self.verification,
            "bytes_fetched": self.bytes_fetched,
            "bytes_kept": self.outcomes.bytes_kept,
            "attempts": self.outcomes.attempts,
            "retries": self.outcomes.retries,
            "began": self.began,
            "seconds": round(self.seconds, 3),
            "throughput": self.throughput.to_dict(),
        }

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON, all files in one list; see `write_jsonl` for very many."""
        summary = self.summary()
        told = {name: summary[name] for name in ("ok", "counts", "verification", "bytes_fetched", "seconds")}
        return {**told, "files": [outcome.to_dict() for outcome in self.outcomes]}

    def write_jsonl(self, path: str | os.PathLike[str]) -> None:
        """Writes it as JSON lines: one that sums up, then one a file; `read_jsonl` reads them.

        The first has record "summary" and what `summary` gives; the others record "file" and what `Outcome.to_dict` gives.
        No URL in them has a query.

        Args:
            path: The file; it appears when it is whole.

        Raises:
            DiskFull: There is no room.
            NotWritable: It can't be written.
        """
        write_whole(path, self._lines())

    def write_html(self, path: str | os.PathLike[str]) -> None:
        """Writes it as one page that needs nothing else: totals, throughput over time, failures first.

        Args:
            path: The file; it appears when it is whole.

        Raises:
            DiskFull: There is no room.
            NotWritable: It can't be written.
        """
        from omicsdk.transfer.reports.page import page_of

        write_whole(path, [page_of(self.summary(), self.outcomes, self.throughput)])

    def _lines(self) -> Iterator[str]:
        first = {"record": "summary", "format": FORMAT, "omicsdk": __version__, **self.summary()}
        files = ({"record": "file", **outcome.to_dict()} for outcome in self.outcomes)
        yield from (f"{_JSON.encode(line)}\n" for line in chain([first], files))

    def __repr__(self) -> str:
        said = verification_words(self.verification)
        return f"<TransferReport: {self.outcomes!r}{f' ({said})' if said else ''}, {self.seconds:.3g} s>"

    def _repr_html_(self) -> str:
        from omicsdk.core.display import MOST_ROWS, escape, html_table
        from omicsdk.transfer.reports.progress import size_words, time_words

        stated = {
            "files": ", ".join(f"{count:,} {state}" for state, count in self.counts.items() if count) or "none",
            "verification": verification_words(self.verification),
            "fetched": size_words(self.bytes_fetched),
            "time": time_words(self.seconds),
            "stopped": self.why_stopped,
        }
        rows = [(name, escape(text)) for name, text in stated.items() if text]
        failures = [
            (escape(outcome.name), escape(without_secrets(str(outcome.error))))
            for outcome in islice(self.outcomes.failures, MOST_ROWS)
        ]
        if failures:
            count = self.outcomes.counts["failed"]
            more = f"<p>{count - len(failures):,} more</p>" if count > len(failures) else ""
            rows.append(("failures", html_table("", failures, ("file", "error")) + more))
        return html_table(self.title or "Transfer", rows)


#: The name that it has where nothing else is called a report.
Report = TransferReport


def read_jsonl(path: str | os.PathLike[str]) -> TransferReport:
    """Reads what `TransferReport.write_jsonl` wrote; its lines are never all in memory.

    Args:
        path: The file.

    Returns:
        The report; its errors are `ReportedError`, which have the words of those that were raised.

    Raises:
        UsageError: It isn't such a file, or not a whole one.
        OSError: It can't be read.
    """
    with _opened(path) as file:
        report, outcomes = _read(path, file)
        return report.with_outcomes(outcomes)


def outcomes_in(path: str | os.PathLike[str]) -> Iterator[Outcome]:
    """Reads the outcomes of such a file one by one.

    Args:
        path: The file.

    Raises:
        UsageError: It isn't such a file, or not a whole one; that is known at its end.
        OSError: It can't be read.
    """
    with _opened(path) as file:
        yield from _read(path, file)[1]


def _opened(path: str | os.PathLike[str]) -> TextIO:
    return open(path, encoding="utf-8", errors="surrogateescape")


def _read(path: str | os.PathLike[str], file: TextIO) -> tuple[TransferReport, Iterator[Outcome]]:
    """The report without its outcomes, and these as they are read."""
    stated, report = _decoded(path, 1, file.readline(), "summary", _summary)

    def outcomes() -> Iterator[Outcome]:
        number = 1
        for number, line in enumerate(file, 2):
            yield _decoded(path, number, line, "file", _outcome)
        if stated != number - 1:
            raise _not_a_report(path, 1, f"it states {stated} files, but {number - 1} follow")

    return report, outcomes()


def _decoded(path: str | os.PathLike[str], line: int, text: str, kind: str, decode: Callable[[_Told], T]) -> T:
    """What a line has that should be a record of some kind."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_a_report(path, line, "it is not JSON, or was cut") from error
    told = cast("_Told", value)
    if not isinstance(value, dict) or told.get("record") != kind:
        raise _not_a_report(path, line, f"it has no {kind} record")
    if kind == "summary" and told.get("format") != FORMAT:
        raise UsageError(
            f"{os.fspath(path)} is a report of format {told.get('format')!r}, this version reads {FORMAT}",
            remedy="Read it with the version of omicsdk that wrote it, or a newer one.",
        )
    try:
        return decode(told)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _not_a_report(path, line, f"{type(error).__name__}: {error}") from error


def _summary(told: _Told) -> tuple[int, TransferReport]:
    began, curve = told["began"], told["throughput"]
    steps = [_number(count) for count in curve["bytes"]]
    return told["files"], TransferReport(
        seconds=_number(told["seconds"]),
        throughput=Throughput.of(_number(curve["step"]), steps, _number(curve["seconds"])),
        began=None if began is None else _number(began),
        title=str(told["title"]),
        why_stopped=str(told["why_stopped"]),
    )


def _outcome(told: _Told) -> Outcome:
    state, verification = told["state"], told.get("verification") or "unverified"
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}")
    if verification not in VERIFICATIONS:
        raise ValueError(f"unknown verification {verification!r}")
    name, size, error = str(told["name"]), told["size"], told.get("error")
    if error is not None:
        error = ReportedError(str(error["type"]), str(error["message"]), remedy=str(error["remedy"]), name=name)
    return Outcome(
        name=name,
        state=state,
        size=None if size is None else _whole(size),
        **{field: _whole(told[field]) for field in ("bytes_fetched", "bytes_kept", "attempts", "retries")},
        checksums={str(algorithm): str(value) for algorithm, value in told["checksums"].items()},
        verified=str(told["verified"]),
        seconds=_number(told["seconds"]),
        error=error,
        plan=str(told.get("plan", "")),
        label=str(told.get("label", "")),
        verification=verification,
    )


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def _not_a_report(path: str | os.PathLike[str], line: int, why: str) -> UsageError:
    return UsageError(
        f"{os.fspath(path)}, line {line}: not a transfer's report: {why}",
        remedy="Give a file that write_jsonl (or --report FILE.jsonl) wrote.",
    )
