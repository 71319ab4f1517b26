"""The outcome of each file, in bounded memory for any number, and the report of a transfer: created, written as JSON
lines, read.
"""

from __future__ import annotations

import json
import os
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal, Self, TextIO, TypeVar, cast, overload
from weakref import finalize

from omicsdk.core.errors import (
    APIError,
    Interrupted,
    OmicsError,
    SomeFailed,
    SourceChanged,
    TransferError,
    TransportError,
    UsageError,
    first_of,
)
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.late_names import LateModule
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_text
from omicsdk.core.version import __version__
from omicsdk.transfer.disk import write_all, write_whole
from omicsdk.transfer.reports.progress import Throughput
from omicsdk.transfer.reports.units import count_of, counted_words, time_words

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part
else:
    pandas = LateModule("pandas")

State = Literal["done", "skipped", "failed", "stopped", "planned"]

#: Every state, in the order of reports.
STATES: tuple[State, ...] = ("done", "skipped", "failed", "stopped", "planned")
#: The states of files that are at their target.
PRESENT: frozenset[State] = frozenset({"done", "skipped"})

#: How a file's bytes were verified: by a checksum that was stated or confirmed for them; by the stated size only; not
#: at all.
Verification = Literal["verified", "size only", "unverified"]

#: All of them, the best first.
VERIFICATIONS: tuple[Verification, ...] = ("verified", "size only", "unverified")

# The fields that every record of an outcome has, in this order.
_FIELDS = (
    *("name", "state", "size", "bytes_fetched", "bytes_kept", "checksums"),
    *("verification", "verified", "attempts", "retries", "seconds"),
)

_QUERY = r"(://[^\s?#\"'<>`\\]+)[?#][^\s\"'<>`\\]*"


def verification_of(checksums: Collection[str], size: int | None) -> Verification:
    """Return how a file was verified.

    Args:
        checksums: The stated checksums that its bytes were compared with.
        size: The stated size that they were compared with, None if none was stated. The length in the response's head
            does not count: a wrong file has the right one.
    """
    return "verified" if checksums else "size only" if size is not None else "unverified"


def recorded_verification(fields: Collection[object]) -> Verification:
    """Read the verification from the last fields of a record; those of earlier versions have none.

    Args:
        fields: The fields.
    """
    for kind in VERIFICATIONS:
        if any(field == kind for field in fields):
            return kind
    return "unverified"


def worse_of(first: Verification, second: Verification) -> Verification:
    """Return the verification of a file that was transferred twice, one after the other."""
    return first if VERIFICATIONS.index(first) > VERIFICATIONS.index(second) else second


class Outcome(NamedTuple):  # four times cheaper to create than a frozen dataclass, and there may be a million
    """The outcome of one file.

    Attributes:
        name: The file's path within the target folder.
        state: done (transferred), skipped (already at its target), failed (see error), stopped (before its end; the
            next run resumes it), planned (by a dry run).
        size: Its size in bytes, None if it never became known.
        bytes_fetched: Bytes received over the network for it, including those received twice.
        bytes_kept: Bytes that an earlier run had received.
        checksums: Its known checksums; of a download those that were verified, empty if the platform states none.
        verified: What its bytes were compared with, as text.
        attempts: Requests for its bytes; a large file takes several.
        seconds: From its first request to its last, or the duration of its check.
        error: Why it failed.
        retries: The number of retries after a failure.
        plan: What a dry run predicts for it, as text; "" in any other run.
        label: Its name in messages, if that is not its name.
        verification: Whether its bytes were compared with a checksum (verified), with the stated size only (size only),
            or with nothing (unverified). Meaningful for files that are done or skipped.
        warning: What is doubtful about a file that is at its target, as text; "" for most.
        source: Where its bytes come from, of a download: a URL or identifier without secrets; "" if that is not stated.
        server: The server that sent its bytes, such as "https://files.example.org:443"; "" if none did in this run.
        from_cache: Whether its bytes were taken from a cache.
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
    warning: str = ""
    source: str = ""
    server: str = ""
    from_cache: bool = False

    def __repr__(self) -> str:
        from omicsdk.core.display import short_repr

        usual = self._field_defaults
        return short_repr("Outcome", (field for field in self._asdict().items() if field[1] != usual.get(field[0])))

    @classmethod
    def of_error(cls, name: str, error: OmicsError, size: int | None = None) -> Self:
        """Return the outcome of a file that was not transferred: stopped if the error is Interrupted, else failed.

        Args:
            name: The file's name.
            error: Why it was not.
            size: Its size in bytes, if known.
        """
        return cls(name, "stopped" if isinstance(error, Interrupted) else "failed", size, error=error)

    @property
    def is_gone(self) -> bool:
        """Whether a storage does not provide the file, after all retries; there may be another copy."""
        # A platform that returns no URL makes no attempt: all copies were requested.
        return self.attempts > 0 and isinstance(self.error, APIError | SourceChanged | TransportError)

    @property
    def is_present(self) -> bool:
        """Whether the file is at its target: done or skipped."""
        return self.state in PRESENT

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON; the error as its type, message and remedy, without the query of any URL."""
        record: dict[str, object] = {name: getattr(self, name) for name in _FIELDS}
        record["checksums"], record["seconds"] = dict(self.checksums), round(self.seconds, 3)
        if not self.is_present:
            # Of a file that is not at its target nothing was verified.
            record["verification"] = None
        for name in ("label", "plan", "from_cache", "warning", "source", "server"):
            if value := getattr(self, name):
                record[name] = without_secrets(value) if name in ("label", "warning", "source") else value
        if self.error is not None:
            record["error"] = error_words(self.error)
        return record


class ReportedError(TransferError):
    """An error in a report that was read from a file.

    Args:
        kind: The name of the error's class.
        message: Its message.
        remedy: Its remedy.
        name: The file that it concerns.
    """

    def __init__(self, kind: str, message: str, *, remedy: str = "", name: str = "") -> None:
        super().__init__(message, remedy=remedy, name=name)
        self.kind = kind

    def __str__(self) -> str:
        return self.message


def without_secrets(text: str) -> str:
    """Remove the query of every URL in a text, and mask what else looks like a secret."""
    return mask_text(re.sub(_QUERY, r"\1", text))


def error_words(error: OmicsError) -> dict[str, str]:
    """Return an error's type, message (with the remedy) and remedy, without the query of any URL."""
    kind = error.kind if isinstance(error, ReportedError) else type(error).__name__
    return {"type": kind, "message": without_secrets(str(error)), "remedy": without_secrets(error.remedy)}


class Spool:
    """Records by number, in temporary files that are removed with the spool or at the end of the process; none is in
    memory.

    Args:
        folder: The folder of the files; by default the system's folder for temporary files.

    Raises:
        OSError: They cannot be created.
    """

    def __init__(self, folder: str | None = None) -> None:
        from tempfile import TemporaryFile  # an expensive import, and most transfers have fewer files

        def temporary_file() -> Any:
            # Unbuffered: a buffer that could not be written would disturb every later call.
            file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as the spool is
            finalize(self, file.close)
            return file

        self._records, self._places = temporary_file(), temporary_file()  # by number: offset and length of its record
        self._end = 0

    def add(self, records: Mapping[int, bytes]) -> None:
        """Write records.

        Args:
            records: Records by number; each number only once.

        Raises:
            OSError: The disk is full. Records added before are kept, and none of these are.
        """
        end, places = self._end, dict[int, bytes]()
        for number, record in records.items():
            # Positions of one length each, so that any record is found by its number without an index in memory.
            places[number] = (end << 32 | len(record)).to_bytes(_POSITION_SIZE, "big")
            end += len(record)
        # Records before their positions: after a full disk nothing refers to bytes that were not written.
        _write(self._records, self._end, b"".join(records.values()))
        # Consecutive numbers in one write: outcomes arrive nearly in the order of their items.
        run, first = bytearray(), 0
        for number in sorted(places):
            if number * _POSITION_SIZE != first * _POSITION_SIZE + len(run):
                _write(self._places, first * _POSITION_SIZE, bytes(run))
                run, first = bytearray(), number
            run += places[number]
        _write(self._places, first * _POSITION_SIZE, bytes(run))
        self._end = end

    def record(self, number: int) -> bytes:
        """Read a record that was added."""
        self._places.seek(number * _POSITION_SIZE)
        offset, length = divmod(int.from_bytes(self._places.read(_POSITION_SIZE), "big"), 1 << 32)
        self._records.seek(offset)
        return self._records.read(length)


# Bytes of a record's position: eight for its offset, four for its length.
_POSITION_SIZE = 12


def _write(file: Any, offset: int, data: bytes) -> None:
    file.seek(offset)
    write_all(file.fileno(), data)


#: Maximum number of outcomes in memory; more are written to a temporary file.
HELD = 16384
#: Maximum number of failures in memory with their original errors; others are restored by pickle.
KEPT_FAILURES = 1000

_log = logger("omicsdk.transfer")


class Outcomes(Sequence[Outcome]):
    """A sequence of outcomes in the order of their items, which may be added in any order.

    One thread adds outcomes; others may read the counts meanwhile, and everything once it has finished.

    Args:
        entries: Initial outcomes, numbered from 0.
        held: Maximum number of outcomes kept in memory; 1 or more.
        folder: The folder of the temporary file, which is needed above `held`; by default the system's folder.

    Attributes:
        counts: The number of outcomes in each state.
        verification: The number of done or skipped files that are verified, by their size only, or not at all.
        bytes_done: Bytes of the files that are done and whose size is known.
        unsized_done: How many done files have no known size.
        bytes_fetched: Bytes received over the network, of all together.
        bytes_kept: Bytes that earlier runs had received.
        bytes_planned: Bytes that a dry run predicts for its planned files of known size.
        unsized_planned: The number of planned files of unknown size.
        attempts: The number of requests.
        retries: The number of retries after a failure.
        warnings: The number of files with a warning.
        from_cache: The number of files that were taken from a cache.
        failures: The first KEPT_FAILURES that failed, in the order of their end.
    """

    def __init__(self, entries: Iterable[Outcome] = (), *, held: int = HELD, folder: str | None = None) -> None:
        self.counts: dict[State, int] = dict.fromkeys(STATES, 0)
        self.verification: dict[Verification, int] = dict.fromkeys(VERIFICATIONS, 0)
        self.bytes_done = 0
        self.unsized_done = 0
        self.bytes_fetched = 0
        self.bytes_kept = 0
        self.bytes_planned = 0
        self.unsized_planned = 0
        self.attempts = 0
        self.retries = 0
        self.warnings = 0
        self.from_cache = 0
        self.failures: list[Outcome] = []
        self._failed = dict[int, Outcome]()
        self._memory = dict[int, Outcome]()
        self._limit = held
        self._folder = folder
        self._spool: Spool | None = None
        self._states = bytearray()  # by number: the index of its state in STATES plus one; 0 without an outcome
        self._count = 0
        for number, outcome in enumerate(entries):
            self.put(number, outcome)

    def put(self, number: int, outcome: Outcome) -> None:
        """Add an outcome.

        Args:
            number: Its item's number, from 0; each only once.
            outcome: The outcome.
        """
        state = outcome.state
        self.counts[state] += 1
        if state in PRESENT:
            self.verification[outcome.verification] += 1
            if state == "done":
                self.unsized_done += outcome.size is None
                self.bytes_done += outcome.size or 0
        elif state == "planned":
            self.unsized_planned += outcome.size is None
            self.bytes_planned += 0 if outcome.size is None else outcome.size - outcome.bytes_kept
        self._count += 1
        self.bytes_fetched += outcome.bytes_fetched
        self.bytes_kept += outcome.bytes_kept
        self.attempts += outcome.attempts
        self.retries += outcome.retries
        self.warnings += outcome.warning != ""
        self.from_cache += outcome.from_cache
        if number >= len(self._states):
            self._states.extend(bytes(number + 1 - len(self._states)))
        self._states[number] = 1 + STATES.index(state)
        # With the errors as they were raised; pickle restores the others without their causes.
        if state == "failed" and len(self.failures) < KEPT_FAILURES:
            _free_frames(outcome.error)
            self.failures.append(outcome)
            self._failed[number] = outcome
        memory = self._memory
        memory[number] = outcome
        # Counts were made above, so that a spilled outcome is only read again for a report.
        if len(memory) >= self._limit:
            self._spill()

    def fill(self, names: Iterable[tuple[str, int | None] | tuple[str, int | None, str]]) -> None:
        """Add a stopped outcome for every item without one, which never started.

        Args:
            names: Name, size and, if there is one, label of every item, in order.
        """
        for number, (name, size, *label) in enumerate(names):
            if number >= len(self._states) or not self._states[number]:
                self.put(number, Outcome(name, "stopped", size, label="".join(label)))

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` states how their bytes were checked."""
        return not (self.counts["failed"] or self.counts["stopped"])

    def of(self, *states: State) -> Sequence[Outcome]:
        """Return the outcomes in some states, in the order of their items, read during iteration.

        Args:
            states: One state or more.
        """
        return _Chosen(self, states)

    def _outcome(self, number: int) -> Outcome:
        outcome = self._failed.get(number) or self._memory.get(number)
        if outcome is None:
            assert self._spool is not None
            import pickle

            outcome = Outcome(*pickle.loads(self._spool.record(number)))  # noqa: S301 - only this process could write it
        return outcome

    def _numbers(self, states: Collection[State] = STATES) -> Iterator[int]:
        """Iterate over the numbers of the items in some states, in order."""
        if not any(self.counts[state] for state in states):  # most transfers have no failed one
            return iter(())
        codes = bytes(1 + STATES.index(state) for state in states)
        return (number for number, state in enumerate(self._states) if state in codes)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._outcome, self._numbers())

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | Sequence[Outcome]:
        # A run that ended early has gaps.
        is_whole = self._count == len(self._states)
        numbers = range(self._count) if is_whole else array("Q", self._numbers())
        if isinstance(index, slice):
            return tuple(map(self._outcome, numbers[index]))
        try:
            return self._outcome(numbers[index])
        except IndexError:
            raise IndexError(f"no outcome has the index {index}: there are {self._count}") from None

    def __repr__(self) -> str:
        return f"<Outcomes: {', '.join(f'{count} {state}' for state, count in self.counts.items() if count) or 'none'}>"

    def __reduce__(self) -> tuple[Callable[..., Outcomes], tuple[object, ...]]:
        # A temporary file is not pickled: the unpickling process creates its own.
        return Outcomes, ([_portable(outcome) for outcome in self],)

    def _spill(self) -> None:
        """Move outcomes from memory to the temporary file; if the disk is full, keep them in memory."""
        try:
            if self._spool is None:
                self._spool = Spool(self._folder)
            self._spool.add({number: _packed(outcome) for number, outcome in self._memory.items()})
            # Only after the write: an outcome is in memory until it is in the file.
            self._memory.clear()
        except OSError as error:
            # Tried again when twice as many wait: no outcome may be lost, and each try writes all of them.
            self._limit *= 2
            _log.debug("no space for temporary files (%s); outcomes are kept in memory", error)


class _Chosen(Sequence[Outcome]):
    """The outcomes in some states."""

    def __init__(self, outcomes: Outcomes, states: Sequence[State]) -> None:
        self._counts = outcomes.counts
        self._states = states
        self._numbers, self._outcome = outcomes._numbers, outcomes._outcome  # pyright: ignore[reportPrivateUsage]

    def __len__(self) -> int:
        return sum(self._counts[state] for state in set(self._states))

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._outcome, self._numbers(self._states))

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | Sequence[Outcome]:
        numbers = array("Q", self._numbers(self._states))[index]
        return self._outcome(numbers) if isinstance(numbers, int) else tuple(map(self._outcome, numbers))

    def __repr__(self) -> str:
        return f"<{len(self)} outcomes: {', '.join(self._states)}>"


def _packed(outcome: Outcome) -> bytes:
    import pickle

    return pickle.dumps(tuple(_portable(outcome)), 5)


def _portable(outcome: Outcome) -> Outcome:
    """Return an outcome whose error another process can unpickle, at least its message."""
    if outcome.error is None:
        return outcome
    import pickle

    try:
        # Both ways: errors of other libraries may be pickled and fail when they are restored.
        pickle.loads(pickle.dumps(outcome.error))  # noqa: S301 - made a moment ago
    except Exception as problem:
        _log.debug("%s does not pickle: %r", type(outcome.error).__name__, problem)
        error = TransferError(f"{type(outcome.error).__name__}: {outcome.error.message}", remedy=outcome.error.remedy)
        return outcome._replace(error=error)
    return outcome


# inspect's CO_GENERATOR, CO_COROUTINE and CO_ASYNC_GENERATOR; its import takes a while.
_SUSPENDS = 0x20 | 0x80 | 0x200


def _free_frames(error: BaseException | None) -> None:
    """Release what the frames of a traceback reference (blocks of bytes, answers), but keep its lines."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        trace = error.__traceback__
        while trace is not None:  # as traceback.clear_frames, which cannot be imported where too many files are open
            # To clear the frame of a suspended generator or coroutine would end it: it may be what yields the outcomes.
            if not trace.tb_frame.f_code.co_flags & _SUSPENDS:
                with suppress(RuntimeError):  # a frame that still runs
                    trace.tb_frame.clear()
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


# -- the report

#: The number of the format in the first line; readers refuse other numbers.
FORMAT = 1

T = TypeVar("T")
_Record = Mapping[str, Any]
_JSON = json.JSONEncoder(separators=(",", ":"))  # escapes all beyond ASCII, including lone surrogates


class TransferReport:
    """The result of a whole transfer.

    Args:
        outcomes: The outcome of each item, in the items' order.
        seconds: The duration.
        throughput: The rate over time.
        began: When it began, in seconds since 1970-01-01T00:00Z; None if unknown.
        title: A description for users.
        why_stopped: Why it ended early, as text; "" if it did not.
        target: Folder or URI that the names of the outcomes are relative to; "" if there is none.
        services: The versions of the services that state one, by their names in the provenance of files.

    Attributes:
        outcomes: One for each item, in the items' order; for any number, few are in memory.
        seconds: The duration.
        throughput: The rate over time.
        began: When it began, in seconds since 1970-01-01T00:00Z.
        title: A description for users.
        why_stopped: Why it ended early, as text; "" if it did not.
        target: Folder or URI that the names of the outcomes are relative to; "" if there is none.
        services: The versions of the services that state one, by their names in the provenance of files.
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
        services: Mapping[str, str] | None = None,
    ) -> None:
        self.outcomes = outcomes if isinstance(outcomes, Outcomes) else Outcomes(outcomes)
        self.seconds = seconds
        self.throughput = throughput or Throughput()
        self.began = began
        self.title = title
        self.why_stopped = why_stopped
        self.target = target
        self.services = services or {}

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` states how their bytes were checked."""
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
        """The number of files in each state; planned is included only after a dry run."""
        return {state: count for state, count in self.outcomes.counts.items() if count or state != "planned"}

    @property
    def verification(self) -> dict[Verification, int]:
        """The number of done or skipped files that are verified, by their size only, or not at all."""
        return dict(self.outcomes.verification)

    @property
    def bytes_fetched(self) -> int:
        """Bytes received over the network."""
        return self.outcomes.bytes_fetched

    @property
    def from_cache(self) -> int:
        """The number of files that were taken from a cache."""
        return self.outcomes.from_cache

    @classmethod
    def of(cls, report: TransferReport) -> Self:
        """Return a report with the contents of another, to which a platform's subclass adds its own fields.

        Args:
            report: The other report.
        """
        result = cls.__new__(cls)  # its fields are those of the other; subclasses have defaults of theirs
        vars(result).update(vars(report))
        return result

    @property
    def files(self) -> Outcomes:
        """The outcome of each file, in the files' order; of any number, few are in memory."""
        return self.outcomes

    def details(self, number: int) -> Mapping[str, object]:
        """What a platform knows of a file beyond its outcome, as plain values; reports of platforms override it.

        Args:
            number: The file's number, from 0.
        """
        del number
        return {}

    def rows(self) -> Iterator[dict[str, object]]:
        """Yield plain values for each file, as they are read: those of its outcome, and what the platform adds."""
        for number, outcome in enumerate(self.outcomes):
            yield {**outcome.to_dict(), **self.details(number)}

    def to_frame(self) -> pandas.DataFrame:
        """Return a table with a row for each file and the values of `rows` as columns.

        Raises:
            MissingExtra: pandas is not installed.
        """
        from omicsdk.core.items import frame_of

        return frame_of(self.rows())

    def with_outcomes(
        self,
        outcomes: Iterable[Outcome],
        *,
        seconds: float | None = None,
        title: str | None = None,
        why_stopped: str | None = None,
        target: str | None = None,
    ) -> Self:
        """Return the same report with other outcomes.

        Args:
            outcomes: One for each item.
            seconds: The duration, if it differs.
            title: The title, if it differs.
            why_stopped: Why it ended early, if it differs.
            target: What the names of the outcomes are relative to, if it differs.
        """
        result = self.of(self)
        result.outcomes = outcomes if isinstance(outcomes, Outcomes) else Outcomes(outcomes)
        changed = {"seconds": seconds, "title": title, "why_stopped": why_stopped, "target": target}
        vars(result).update((name, value) for name, value in changed.items() if value is not None)
        return result

    def with_rerun(self, numbers: Sequence[int], again: TransferReport) -> Self:
        """Return the combined report of this run and a second one of some of its files.

        Args:
            numbers: The numbers of those files, from 0.
            again: The report of the second run; its outcomes replace the first ones.
        """
        better = dict(zip(numbers, again.outcomes, strict=True))
        outcomes = (better.get(number, outcome) for number, outcome in enumerate(self.outcomes))
        seconds, why = self.seconds + again.seconds, again.why_stopped or self.why_stopped
        return self.with_outcomes(outcomes, seconds=seconds, why_stopped=why)

    def raise_if_failed(self) -> None:
        """Raise an error if a file failed or was stopped early.

        Raises:
            TransferFailed: Some failed; `errors` has those of the first 1,000, `report` this report.
            Interrupted: None failed, but some were stopped; states why, and how to resume.
        """
        count, total = self.outcomes.counts["failed"], len(self.outcomes)
        errors = [outcome.error for outcome in self.outcomes.failures if outcome.error is not None]
        if count:
            raise self._failure(errors, count) from (errors[0] if count == 1 and errors else None)
        # A run that was stopped raises, too: half a download that looks complete is the worst outcome.
        if not self.ok:
            counts = self.counts
            completed = f"{counts['done'] + counts['skipped']} of {total} files are complete"
            error = Interrupted(f"The transfer ended early: {self.why_stopped or 'it was stopped'}; {completed}")
            error.report = self
            raise error

    def _failure(self, errors: Sequence[OmicsError], count: int) -> TransferFailed:
        """Return the error of files that failed; reports of platforms override it."""
        return TransferFailed(self, errors, count)

    def summary(self) -> dict[str, object]:
        """Return plain values for JSON: the totals of all files."""
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
            "warnings": self.outcomes.warnings,
            "from_cache": self.outcomes.from_cache,
            "began": self.began,
            "seconds": round(self.seconds, 3),
            "throughput": self.throughput.to_dict(),
            "services": self.services,
        }

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON, with all files in one list; see `write_jsonl` for very many."""
        summary = self.summary()
        record = {name: summary[name] for name in ("ok", "counts", "verification", "bytes_fetched", "seconds")}
        return {**record, "files": [outcome.to_dict() for outcome in self.outcomes]}

    def write_jsonl(self, path: str | os.PathLike[str]) -> None:
        """Write JSON lines: a summary, then one line per file; `read_jsonl` reads them.

        The first line has record "summary" and the values of `summary`; the others have record "file" and those of
        `Outcome.to_dict`. URLs of files, and those in errors, have no query.

        Args:
            path: The file; it appears once it is complete.

        Raises:
            DiskFull: The disk is full.
            NotWritable: It cannot be written.
        """
        write_whole(path, self._lines())

    def write_html(self, path: str | os.PathLike[str]) -> None:
        """Write one self-contained page of HTML: totals, throughput over time, failures first.

        Args:
            path: The file; it appears once it is complete.

        Raises:
            DiskFull: The disk is full.
            NotWritable: It cannot be written.
        """
        from omicsdk.transfer.reports.page import page_of

        write_whole(path, [page_of(self.summary(), self.outcomes, self.throughput)])

    def write_jsonld(self, path: str | os.PathLike[str]) -> None:
        """Write where the complete files come from as JSON-LD: an RO-Crate (Process Run Crate 0.5).

        Args:
            path: The file; it appears once it is complete.

        Raises:
            DiskFull: The disk is full.
            NotWritable: It cannot be written.
        """
        from omicsdk.transfer.reports.provenance import run_crate

        write_whole(path, (f"{line}\n" for line in run_crate(self)))

    def _lines(self) -> Iterator[str]:
        first = {"record": "summary", "format": FORMAT, "omicsdk": __version__, **self.summary()}
        files = ({"record": "file", **outcome.to_dict()} for outcome in self.outcomes)
        yield from (f"{_JSON.encode(line)}\n" for line in chain([first], files))

    def __repr__(self) -> str:
        files, checks = counted_words(self.counts) or "no files", counted_words(self.verification)
        return f"<{type(self).__name__}: {files}{f' ({checks})' if checks else ''}, {self.seconds:.3g} s>"

    def _repr_html_(self) -> str:
        from omicsdk.core.display import MOST_ROWS, escape, html_table
        from omicsdk.core.sizes import size_words

        planned = self.counts.get("planned")
        fields = {
            "files": counted_words(self.counts) or "none",
            "verification": counted_words(self.verification),
            "transferred": "" if planned else size_words(self.bytes_fetched),
            "to transfer": size_words(self.outcomes.bytes_planned) if planned else "",
            "unknown size": count_of(self.outcomes.unsized_planned, "file") if self.outcomes.unsized_planned else "",
            "time": "" if planned else time_words(self.seconds),
            "stopped": self.why_stopped,
        }
        rows = [(name, escape(text)) for name, text in fields.items() if text]
        failures = [
            (escape(outcome.name), escape(without_secrets(str(outcome.error))))
            for outcome in islice(self.outcomes.failures, MOST_ROWS)
        ]
        if failures:
            count = self.outcomes.counts["failed"]
            more = f"<p>{count - len(failures):,} more</p>" if count > len(failures) else ""
            rows.append(("failures", html_table("", failures, ("file", "error")) + more))
        return html_table(self.title or "Transfer", rows)


class TransferFailed(SomeFailed):
    """Files of a transfer failed; the others are complete.

    Args:
        report: The result of the transfer.
        errors: The errors, at most 1,000.
        count: The number of files that failed; by default that of the errors.

    Attributes:
        report: The result of the transfer, with the outcome of each file.
    """

    def __init__(self, report: TransferReport, errors: Sequence[OmicsError], count: int | None = None) -> None:
        count, total = len(errors) if count is None else count, max(len(report.outcomes), len(errors))
        if count == 1 and errors:  # its message and remedy say more than its number
            message, remedy = errors[0].summary, errors[0].remedy
        else:
            message, remedy = f"{count} of {total} files failed: {first_of(errors, count)}", None
        super().__init__(message, errors, others=total - count, remedy=remedy)
        self.report = report


def raise_failure(report: TransferReport) -> None:
    """Raise as `TransferReport.raise_if_failed`, but of a single failure its own error, as calls for one file do.

    Args:
        report: The result of the transfer.

    Raises:
        OmicsError: The error of the only file that failed.
        TransferFailed: Several failed.
        Interrupted: None failed, but some were stopped.
    """
    errors = [outcome.error for outcome in islice(report.outcomes.failures, 2)]
    if len(errors) == 1 and errors[0] is not None:
        raise errors[0]
    report.raise_if_failed()


#: The public name, used where the name is unambiguous.
Report = TransferReport


def read_jsonl(path: str | os.PathLike[str]) -> TransferReport:
    """Read a file that `TransferReport.write_jsonl` wrote; its lines are never all in memory.

    Args:
        path: The file.

    Returns:
        The report; its errors are `ReportedError`, with the messages of the original ones.

    Raises:
        UsageError: It is not such a file, or is incomplete.
        OSError: It cannot be read.
    """
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        report, outcomes = _read(path, file)
        return report.with_outcomes(outcomes)


def outcomes_in(path: str | os.PathLike[str]) -> Iterator[Outcome]:
    """Read the outcomes of such a file one by one.

    Args:
        path: The file.

    Raises:
        UsageError: It is not such a file, or is incomplete, which shows at its end.
        OSError: It cannot be read.
    """
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        yield from _read(path, file)[1]


def _read(path: str | os.PathLike[str], file: TextIO) -> tuple[TransferReport, Iterator[Outcome]]:
    """Return the report without its outcomes, and an iterator of these."""
    file_count, report = _decoded(path, 1, file.readline(), "summary", _summary)

    def outcomes() -> Iterator[Outcome]:
        number = 1
        for number, line in enumerate(file, 2):
            yield _decoded(path, number, line, "file", _outcome)
        if file_count != number - 1:
            raise _not_a_report(path, 1, f"it states {file_count} files, but {number - 1} follow")

    return report, outcomes()


def _decoded(path: str | os.PathLike[str], line: int, text: str, kind: str, decode: Callable[[_Record], T]) -> T:
    """Decode a line that should be a record of some kind."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_a_report(path, line, "it is not JSON, or is truncated") from error
    record = cast("_Record", value)
    if not isinstance(value, dict) or record.get("record") != kind:
        raise _not_a_report(path, line, f"it has no {kind} record")
    if kind == "summary" and record.get("format") != FORMAT:
        problem = f"{os.fspath(path)} is a report of format {record.get('format')!r}, this version reads {FORMAT}"
        raise UsageError(problem, remedy="Read it with the version of omicsdk that wrote it, or a newer one.")
    try:
        return decode(record)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _not_a_report(path, line, f"{type(error).__name__}: {error}") from error


def _summary(record: _Record) -> tuple[int, TransferReport]:
    start, curve = record["began"], record["throughput"]
    steps = [_number(count) for count in curve["bytes"]]
    return record["files"], TransferReport(
        seconds=_number(record["seconds"]),
        throughput=Throughput.of(_number(curve["step"]), steps, _number(curve["seconds"])),
        began=None if start is None else _moment(start),
        title=str(record["title"]),
        why_stopped=str(record["why_stopped"]),
        target=str(record.get("target", "")),
        services={str(service): str(version) for service, version in record.get("services", {}).items()},
    )


def _outcome(record: _Record) -> Outcome:
    state, verification = record["state"], record.get("verification") or "unverified"
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}")
    if verification not in VERIFICATIONS:
        raise ValueError(f"unknown verification {verification!r}")
    name, size, error = str(record["name"]), record["size"], record.get("error")
    if error is not None:
        error = ReportedError(str(error["type"]), str(error["message"]), remedy=str(error["remedy"]), name=name)
    counts: _Record = {field: _whole(record[field]) for field in ("bytes_fetched", "bytes_kept", "attempts", "retries")}
    texts: _Record = {field: str(record.get(field, "")) for field in ("plan", "warning", "source", "server", "label")}
    return Outcome(
        name=name,
        state=state,
        size=None if size is None else _whole(size),
        **counts,
        checksums={str(algorithm): str(value) for algorithm, value in record["checksums"].items()},
        verified=str(record["verified"]),
        seconds=_number(record["seconds"]),
        error=error,
        **texts,
        from_cache=record.get("from_cache") is True,
        verification=verification,
    )


_YEAR_10000 = 253_402_300_800
# More than any transfer has: sums and quotients of smaller numbers are finite, and NaN is below no bound.
_BOUND = 1 << 64


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= _BOUND:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _BOUND:
        raise TypeError(f"{value!r} is not a number")
    return value


def _moment(value: object) -> float:
    if not 0 <= (seconds := _number(value)) < _YEAR_10000:  # no date can state it
        raise ValueError(f"{value!r} is not a time in seconds since 1970")
    return seconds


def _not_a_report(path: str | os.PathLike[str], line: int, why: str) -> UsageError:
    problem = f"{os.fspath(path)}, line {line}: not a transfer's report: {why}"
    return UsageError(problem, remedy="Use a file that write_jsonl (or --report FILE.jsonl) wrote.")
