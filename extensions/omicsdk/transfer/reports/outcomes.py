"""The outcomes of any number of files in bounded memory."""

from __future__ import annotations

import pickle
import traceback
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from logging import getLogger
from typing import overload

from omicsdk.core.errors import TransferError
from omicsdk.transfer.reports.outcome import PRESENT, STATES, VERIFICATIONS, Outcome, State, Verification
from omicsdk.transfer.reports.spool import Spool

#: Outcomes that are held in memory, at most; more go to temporary files.
HELD = 4096
#: Failures that stay in memory with their errors as they were raised; the others are told from what pickle keeps.
KEPT_FAILURES = 1000

_TAG = {state: tag for tag, state in enumerate(STATES, 1)}
_READ_AHEAD = 1024

_log = getLogger("omicsdk.transfer")


class Outcomes(Sequence[Outcome]):
    """A sequence of outcomes in the order of their items, that comes to be in any order.

    One thread puts; others may read the counts meanwhile, and everything once it has ended.

    Args:
        entries: Outcomes to begin with, numbered from 0.
        held: How many are held in memory, at most; 1 or more.
        folder: Where the temporary files lie, of which there are none up to `held`; by default the system's folder.

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
        self._end = 0  # the highest number and one
        self._count = 0
        self._places: Sequence[int] | None = None
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
        if number >= self._end:
            self._end = number + 1
        self._places = None
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
            if number >= self._end or not self._has(number):
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

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Outcome]:
        return self._read(self._numbers())

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | Sequence[Outcome]:
        numbers = self._numbers()
        if isinstance(index, slice):
            return tuple(self._one(number) for number in numbers[index])
        try:
            return self._one(numbers[index])
        except IndexError:
            raise IndexError(f"there are {self._count} outcomes, none has the index {index}") from None

    def __repr__(self) -> str:
        return f"<Outcomes: {', '.join(f'{count} {state}' for state, count in self.counts.items() if count) or 'none'}>"

    def __reduce__(self) -> tuple[Callable[..., Outcomes], tuple[object, ...]]:
        # Temporary files don't travel: whoever unpickles it makes its own.
        return Outcomes, ([_portable(outcome) for outcome in self],)

    def _in_states(self, states: Sequence[State]) -> Iterator[Outcome]:
        tags = {_TAG[state] for state in states}
        held = sorted(number for number, outcome in self._memory.items() if outcome.state in states)
        if self._spool is None:
            return self._read(held)
        spooled = (number for number, tag in self._spool.tags(self._end) if tag in tags)
        return self._read(merge(spooled, held))

    def _numbers(self) -> Sequence[int]:
        """The numbers in order: all up to the last, but for a run that ended before some had an outcome."""
        if self._places is None:
            if self._count == self._end:
                self._places = range(self._end)
            else:
                held = sorted(self._memory)
                spooled = self._spool.tags(self._end) if self._spool is not None else ()
                self._places = array("Q", merge((number for number, _ in spooled), held))
        return self._places

    def _has(self, number: int) -> bool:
        return number in self._memory or (self._spool is not None and self._spool.tag(number) != 0)

    def _one(self, number: int) -> Outcome:
        found = self._failed.get(number) or self._memory.get(number)
        if found is None:
            assert self._spool is not None
            found = _unpacked(self._spool.record(number))
        return found

    def _read(self, numbers: Iterable[int]) -> Iterator[Outcome]:
        numbers = iter(numbers)
        while block := list(islice(numbers, _READ_AHEAD)):
            away = [number for number in block if number not in self._memory and number not in self._failed]
            records = self._spool.read(away) if self._spool is not None else {}
            for number in block:
                record = records.get(number)
                yield self._one(number) if record is None else _unpacked(record)

    def _spill(self) -> None:
        """Moves what is in memory to the temporary files; without room for them it stays, for nothing may be lost."""
        try:
            if self._spool is None:
                self._spool = Spool(self._folder)
            entries = sorted(self._memory.items())
            self._spool.add([(number, _TAG[outcome.state], _packed(outcome)) for number, outcome in entries])
            self._memory.clear()
        except OSError as error:
            self._limit *= 2
            _log.debug("no space for temporary files (%s); outcomes are kept in memory", error)


class _Chosen(Sequence[Outcome]):
    """Those outcomes that are in some states."""

    def __init__(self, outcomes: Outcomes, states: Sequence[State]) -> None:
        self._outcomes = outcomes
        self._states = states

    def __len__(self) -> int:
        return sum(self._outcomes.counts[state] for state in set(self._states))

    def __iter__(self) -> Iterator[Outcome]:
        return self._outcomes._in_states(self._states)  # pyright: ignore[reportPrivateUsage]

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | Sequence[Outcome]:
        if isinstance(index, slice):
            return tuple(self)[index]
        place = index + len(self) if index < 0 else index
        found = next(islice(self, place, None), None) if place >= 0 else None
        if found is None:
            raise IndexError(f"there are {len(self)} of them, none has the index {index}")
        return found

    def __repr__(self) -> str:
        return f"<{len(self)} outcomes: {', '.join(self._states)}>"


def _packed(outcome: Outcome) -> bytes:
    return pickle.dumps(tuple(_portable(outcome)), 5)


def _unpacked(record: bytes) -> Outcome:
    return Outcome(*pickle.loads(record))  # noqa: S301 - from a file that only this process could write


def _portable(outcome: Outcome) -> Outcome:
    """The same with an error that another process can read, at least its words."""
    if outcome.error is None:
        return outcome
    try:
        pickle.loads(pickle.dumps(outcome.error))  # noqa: S301 - made a moment ago
    except Exception as problem:
        _log.debug("%s does not pickle: %r", type(outcome.error).__name__, problem)
        told = TransferError(f"{type(outcome.error).__name__}: {outcome.error.message}", remedy=outcome.error.remedy)
        return outcome._replace(error=told)
    return outcome


def _free_frames(error: BaseException | None) -> None:
    """Frees what the frames of a traceback hold (blocks of bytes, answers), but not its lines."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
