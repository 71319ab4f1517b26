"""The result for each file, in bounded memory for any number; and the report of a transfer: made, written as JSON lines, read."""

from __future__ import annotations

import json
import os
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Literal, NamedTuple, Self, TextIO, TypeVar, cast, overload
from weakref import finalize

from omicsdk.core.errors import APIError, Interrupted, OmicsError, SomeFailed, TransferError, UsageError, first_of
from omicsdk.core.lazy import logger
from omicsdk.core.redaction import mask_text
from omicsdk.core.version import __version__
from omicsdk.transfer.disk import write_all, write_whole
from omicsdk.transfer.reports.progress import Throughput, counted_words

State = Literal["done", "skipped", "failed", "stopped", "planned"]

#: Every state, in the order that reports name them.
STATES: tuple[State, ...] = ("done", "skipped", "failed", "stopped", "planned")
#: The states of files that are at their target.
PRESENT: frozenset[State] = frozenset({"done", "skipped"})

#: What is known of a file's bytes: a checksum that was stated or confirmed for them is theirs; only the stated size is; nothing
#: was stated that they could be compared with.
Verification = Literal["verified", "size only", "unverified"]

#: Each of them, the best first.
VERIFICATIONS: tuple[Verification, ...] = ("verified", "size only", "unverified")

# The fields of an outcome that every record of it has, in this order.
_STATED = (
    *("name", "state", "size", "bytes_fetched", "bytes_kept", "checksums"),
    *("verification", "verified", "attempts", "retries", "seconds"),
)

_QUERY = re.compile(r"(://[^\s?#\"'<>`\\]+)[?#][^\s\"'<>`\\]*")


def verification_of(checksums: Collection[str], size: int | None) -> Verification:
    """Names what a file was verified by.

    Args:
        checksums: The stated checksums that its bytes were compared with.
        size: The stated size that they were compared with, None when none was stated. The length in the head of the answer
            that brings the bytes is no such size: a wrong file has the right one.
    """
    return "verified" if checksums else "size only" if size is not None else "unverified"


def recorded_verification(fields: Collection[object]) -> Verification:
    """Reads one from the last fields of a record; those of earlier versions have none.

    Args:
        fields: The fields.
    """
    for kind in VERIFICATIONS:
        if any(field == kind for field in fields):
            return kind
    return "unverified"


def worse_of(one: Verification, other: Verification) -> Verification:
    """What is known of a file that went two ways, one after the other."""
    return one if VERIFICATIONS.index(one) > VERIFICATIONS.index(other) else other


class Outcome(NamedTuple):  # four times cheaper to make than a frozen dataclass, and there may be a million
    """What became of one file.

    Attributes:
        name: The file's path within the target folder.
        state: done (transferred), skipped (was at its target already), failed (see error), stopped (before its end;
            the next run goes on), planned (by a dry run).
        size: Its size in bytes, None when it never became known.
        bytes_fetched: Bytes that came over the network for it, those that came twice included.
        bytes_kept: Bytes that an earlier run had fetched.
        checksums: Its checksums as far as they are known; of a download those that were verified, empty when the platform
            states none.
        verified: What its bytes were compared with, in words.
        attempts: Requests that were made for its bytes; a large file takes several.
        seconds: From its first request to its last, or the time that checking it took.
        error: Why it failed.
        retries: How often it was tried again after a failure.
        plan: What a dry run says would happen with it, in words; "" in any other run.
        label: What messages call it, where that isn't its name.
        verification: Whether its bytes were compared with a checksum (verified), with the stated size only (size only), or
            with nothing (unverified). It counts for files that are done or skipped.
    """

    name: str
    state: State
    size: int | None = None
    bytes_fetched: int = 0
    bytes_kept: int = 0
    checksums: Mapping[str, str] = {}
    verified: str = ""
    attempts: int = 0
    seconds: float = 0.0
    error: OmicsError | None = None
    retries: int = 0
    plan: str = ""
    label: str = ""
    verification: Verification = "unverified"

    def __repr__(self) -> str:
        from omicsdk.core.display import short_repr

        usual = self._field_defaults
        return short_repr("Outcome", (each for each in self._asdict().items() if each[1] != usual.get(each[0])))

    @classmethod
    def of_error(cls, name: str, error: OmicsError, size: int | None = None) -> Self:
        """Return the outcome of a file that was not transferred: stopped where the error is Interrupted, else failed.

        Args:
            name: The file's name.
            error: Why it was not.
            size: Its size in bytes, where it is known.
        """
        return cls(name, "stopped" if isinstance(error, Interrupted) else "failed", size, error=error)

    @property
    def is_gone(self) -> bool:
        """Whether a storage answered that it lacks the file, of which there may be another copy."""
        # A platform that gives no URL at all makes no attempt: it was asked for all copies.
        return self.attempts > 0 and isinstance(self.error, APIError) and self.error.status in (403, 404, 410)

    @property
    def is_present(self) -> bool:
        """Whether the file is at its target: done or skipped."""
        return self.state in PRESENT

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON; the error as its type, message and remedy, without the query of any URL."""
        told: dict[str, object] = {name: getattr(self, name) for name in _STATED}
        told["checksums"], told["seconds"] = dict(self.checksums), round(self.seconds, 3)
        if not self.is_present:
            told["verification"] = None
        if self.label:
            told["label"] = without_secrets(self.label)
        if self.plan:
            told["plan"] = self.plan
        if self.error is not None:
            told["error"] = error_words(self.error)
        return told


class ReportedError(TransferError):
    """An error as a report tells it, when the report has been read from a file.

    Args:
        kind: The name of the class that it was.
        message: What that one said.
        remedy: What to do.
        name: The file that it is about.
    """

    def __init__(self, kind: str, message: str, *, remedy: str = "", name: str = "") -> None:
        super().__init__(message, remedy=remedy, name=name)
        self.kind = kind

    def __str__(self) -> str:
        return self.message


def without_secrets(text: str) -> str:
    """Remove the query of every URL in a text, and mask what else looks like a secret."""
    return mask_text(_QUERY.sub(r"\1", text))


def error_words(error: OmicsError) -> dict[str, str]:
    """Gives an error's type, message (with the remedy) and remedy, without the query of any URL."""
    kind = error.kind if isinstance(error, ReportedError) else type(error).__name__
    return {"type": kind, "message": without_secrets(str(error)), "remedy": without_secrets(error.remedy)}


class Spool:
    """Records by number, in temporary files that are gone with the spool, or with the process; none of them is in memory.

    Args:
        folder: Where its files lie; by default the system's folder for temporary files.

    Raises:
        OSError: They can't be made.
    """

    def __init__(self, folder: str | None = None) -> None:
        from tempfile import TemporaryFile  # it brings much, and most transfers have fewer files

        def made() -> Any:
            # Unbuffered: a buffer that could not be written would be in the way of every later call.
            file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as the spool is
            finalize(self, file.close)
            return file

        self._records, self._places = made(), made()  # by number: where its record begins, and how long it is
        self._end = 0

    def add(self, records: Mapping[int, bytes]) -> None:
        """Write records.

        Args:
            records: By their numbers, each of which comes only once.

        Raises:
            OSError: There is no room. What was added before is still there, and of these nothing.
        """
        end, places = self._end, dict[int, bytes]()
        for number, record in records.items():
            places[number] = (end << 32 | len(record)).to_bytes(_PLACE, "big")
            end += len(record)
        _write(self._records, self._end, b"".join(records.values()))
        run, first = bytearray(), 0
        for number in sorted(places):
            if number * _PLACE != first * _PLACE + len(run):
                _write(self._places, first * _PLACE, bytes(run))
                run, first = bytearray(), number
            run += places[number]
        _write(self._places, first * _PLACE, bytes(run))
        self._end = end

    def record(self, number: int) -> bytes:
        """Return a record that was added."""
        self._places.seek(number * _PLACE)
        place, length = divmod(int.from_bytes(self._places.read(_PLACE), "big"), 1 << 32)
        self._records.seek(place)
        return self._records.read(length)


# Bytes that tell where a record is: eight for its beginning, four for its length.
_PLACE = 12


def _write(file: Any, place: int, data: bytes) -> None:
    file.seek(place)
    write_all(file.fileno(), data)


#: Outcomes that are held in memory, at most; more go to a temporary file.
HELD = 4096
#: Failures that stay in memory with their errors as they were raised; the others are told from what pickle keeps.
KEPT_FAILURES = 1000

_log = logger("omicsdk.transfer")


class Outcomes(Sequence[Outcome]):
    """A sequence of outcomes in the order of their items, that comes to be in any order.

    One thread puts; others may read the counts meanwhile, and everything once it has ended.

    Args:
        entries: Outcomes to begin with, numbered from 0.
        held: How many are held in memory, at most; 1 or more.
        folder: Where the temporary file lies, which there is above `held`; by default the system's folder.

    Attributes:
        counts: How many there are in each state.
        verification: How many of those that are done or skipped are verified, by their size only, or not at all.
        bytes_fetched: Bytes that came over the network, of all together.
        bytes_kept: Bytes that earlier runs had fetched.
        attempts: Requests that were made.
        retries: How often something was tried again after a failure.
        failures: The first KEPT_FAILURES that failed, as they came.
    """

    def __init__(self, entries: Iterable[Outcome] = (), *, held: int = HELD, folder: str | None = None) -> None:
        self.counts: dict[State, int] = dict.fromkeys(STATES, 0)
        self.verification: dict[Verification, int] = dict.fromkeys(VERIFICATIONS, 0)
        self.bytes_fetched = 0
        self.bytes_kept = 0
        self.attempts = 0
        self.retries = 0
        self.failures: list[Outcome] = []
        self._failed = dict[int, Outcome]()
        self._memory = dict[int, Outcome]()
        self._limit = held
        self._folder = folder
        self._spool: Spool | None = None
        self._states = bytearray()  # by number: that of its state in STATES, and one; 0 where there is no outcome yet
        self._count = 0
        for number, outcome in enumerate(entries):
            self.put(number, outcome)

    def put(self, number: int, outcome: Outcome) -> None:
        """Takes an outcome.

        Args:
            number: Its item's number, from 0; each only once.
            outcome: What became of it.
        """
        state = outcome.state
        self.counts[state] += 1
        if state in PRESENT:
            self.verification[outcome.verification] += 1
        self._count += 1
        self.bytes_fetched += outcome.bytes_fetched
        self.bytes_kept += outcome.bytes_kept
        self.attempts += outcome.attempts
        self.retries += outcome.retries
        if number >= len(self._states):
            self._states.extend(bytes(number + 1 - len(self._states)))
        self._states[number] = 1 + STATES.index(state)
        if state == "failed" and len(self.failures) < KEPT_FAILURES:
            _free_frames(outcome.error)
            self.failures.append(outcome)
            self._failed[number] = outcome
        memory = self._memory
        memory[number] = outcome
        if len(memory) >= self._limit:
            self._spill()

    def fill(self, names: Iterable[tuple[str, int | None] | tuple[str, int | None, str]]) -> None:
        """Tells as stopped every item that nothing was put for: those that were never begun.

        Args:
            names: Name, size and, where there is one, label of every item, in their order.
        """
        for number, (name, size, *label) in enumerate(names):
            if number >= len(self._states) or not self._states[number]:
                self.put(number, Outcome(name, "stopped", size, label="".join(label)))

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` says what is known of their bytes."""
        return not (self.counts["failed"] or self.counts["stopped"])

    def of(self, *states: State) -> Sequence[Outcome]:
        """Gives those in some states, in the order of their items; read when it is gone through.

        Args:
            states: One state or more.
        """
        return _Chosen(self, states)

    def _one(self, number: int) -> Outcome:
        found = self._failed.get(number) or self._memory.get(number)
        if found is None:
            assert self._spool is not None
            import pickle

            found = Outcome(*pickle.loads(self._spool.record(number)))  # noqa: S301 - only this process could write it
        return found

    def _numbers(self, states: Collection[State] = STATES) -> Iterator[int]:
        """Go through the numbers of the items in some states, in their order."""
        if not any(self.counts[state] for state in states):  # most have no failed one
            return iter(())
        wanted = bytes(1 + STATES.index(state) for state in states)
        return (number for number, state in enumerate(self._states) if state in wanted)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._one, self._numbers())

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | Sequence[Outcome]:
        # A run that ended before all had an outcome has gaps.
        is_whole = self._count == len(self._states)
        numbers = range(self._count) if is_whole else array("Q", self._numbers())
        if isinstance(index, slice):
            return tuple(map(self._one, numbers[index]))
        try:
            return self._one(numbers[index])
        except IndexError:
            raise IndexError(f"there are {self._count} outcomes, none has the index {index}") from None

    def __repr__(self) -> str:
        return f"<Outcomes: {', '.join(f'{count} {state}' for state, count in self.counts.items() if count) or 'none'}>"

    def __reduce__(self) -> tuple[Callable[..., Outcomes], tuple[object, ...]]:
        # A temporary file doesn't travel: whoever unpickles it makes its own.
        return Outcomes, ([_portable(outcome) for outcome in self],)

    def _spill(self) -> None:
        """Moves what is in memory to the temporary file; without room for it, it stays, for nothing may be lost."""
        try:
            if self._spool is None:
                self._spool = Spool(self._folder)
            self._spool.add({number: _packed(outcome) for number, outcome in self._memory.items()})
            self._memory.clear()
        except OSError as error:
            self._limit *= 2
            _log.debug("no space for temporary files (%s); outcomes are kept in memory", error)


class _Chosen(Sequence[Outcome]):
    """Those outcomes that are in some states."""

    def __init__(self, outcomes: Outcomes, states: Sequence[State]) -> None:
        self._counts = outcomes.counts
        self._states = states
        self._numbers, self._one = outcomes._numbers, outcomes._one  # pyright: ignore[reportPrivateUsage]

    def __len__(self) -> int:
        return sum(self._counts[state] for state in set(self._states))

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._one, self._numbers(self._states))

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | Sequence[Outcome]:
        numbers = array("Q", self._numbers(self._states))[index]
        return self._one(numbers) if isinstance(numbers, int) else tuple(map(self._one, numbers))

    def __repr__(self) -> str:
        return f"<{len(self)} outcomes: {', '.join(self._states)}>"


def _packed(outcome: Outcome) -> bytes:
    import pickle

    return pickle.dumps(tuple(_portable(outcome)), 5)


def _portable(outcome: Outcome) -> Outcome:
    """The same with an error that another process can read, at least its words."""
    if outcome.error is None:
        return outcome
    import pickle

    try:
        pickle.loads(pickle.dumps(outcome.error))  # noqa: S301 - made a moment ago
    except Exception as problem:
        _log.debug("%s does not pickle: %r", type(outcome.error).__name__, problem)
        told = TransferError(f"{type(outcome.error).__name__}: {outcome.error.message}", remedy=outcome.error.remedy)
        return outcome._replace(error=told)
    return outcome


def _free_frames(error: BaseException | None) -> None:
    """Frees what the frames of a traceback hold (blocks of bytes, answers), but not its lines."""
    import traceback

    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


# -- the report

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
        target: Folder or URI that the names of the outcomes are relative to; "" if there is none.

    Attributes:
        outcomes: One for each item, in the items' order; whatever their number, few are in memory.
        seconds: How long it took.
        throughput: How fast bytes came over the time.
        began: When it began, in seconds since 1970-01-01T00:00Z.
        title: What it was, in words for people.
        why_stopped: Why it ended before its end, in words; "" when it didn't.
        target: Folder or URI that the names of the outcomes are relative to; "" if there is none.
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
        target: str = "",
    ) -> None:
        self.outcomes = outcomes if isinstance(outcomes, Outcomes) else Outcomes(outcomes)
        self.seconds = seconds
        self.throughput = throughput or Throughput()
        self.began = began
        self.title = title
        self.why_stopped = why_stopped
        self.target = target

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
        target: str | None = None,
    ) -> TransferReport:
        """Return the same report of other outcomes.

        Args:
            outcomes: One for each item.
            seconds: How long it took, where that differs.
            title: Its title, likewise.
            why_stopped: Why it ended before its end, likewise.
            target: What the names of the outcomes are relative to, likewise.
        """
        return TransferReport(
            outcomes,
            self.seconds if seconds is None else seconds,
            throughput=self.throughput,
            began=self.began,
            title=self.title if title is None else title,
            why_stopped=self.why_stopped if why_stopped is None else why_stopped,
            target=self.target if target is None else target,
        )

    def with_rerun(self, numbers: Sequence[int], again: TransferReport) -> TransferReport:
        """Return the report of this run and a second one of some of its files.

        Args:
            numbers: The numbers of those files, from 0.
            again: The report of the second run; its outcomes take the place of the first ones.
        """
        better = dict(zip(numbers, again.outcomes, strict=True))
        outcomes = (better.get(number, outcome) for number, outcome in enumerate(self.outcomes))
        seconds, why = self.seconds + again.seconds, again.why_stopped or self.why_stopped
        return self.with_outcomes(outcomes, seconds=seconds, why_stopped=why)

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
            "target": self.target,
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
        said = counted_words(self.verification)
        return f"<TransferReport: {self.outcomes!r}{f' ({said})' if said else ''}, {self.seconds:.3g} s>"

    def _repr_html_(self) -> str:
        from omicsdk.core.display import MOST_ROWS, escape, html_table
        from omicsdk.transfer.reports.progress import size_words, time_words

        stated = {
            "files": counted_words(self.counts) or "none",
            "verification": counted_words(self.verification),
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
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
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
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        yield from _read(path, file)[1]


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
        said = f"{os.fspath(path)} is a report of format {told.get('format')!r}, this version reads {FORMAT}"
        raise UsageError(said, remedy="Read it with the version of omicsdk that wrote it, or a newer one.")
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
        target=str(told.get("target", "")),
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
    said = f"{os.fspath(path)}, line {line}: not a transfer's report: {why}"
    return UsageError(said, remedy="Give a file that write_jsonl (or --report FILE.jsonl) wrote.")
