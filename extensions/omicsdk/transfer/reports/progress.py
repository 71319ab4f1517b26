"""The progress of a transfer: counters, rates, and the bar in a notebook."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import accumulate, pairwise
from typing import Any, Literal, TypeVar

from omicsdk.core.clock import Clock
from omicsdk.core.errors import OmicsError
from omicsdk.core.frozen import Frozen
from omicsdk.core.logs import in_notebook, logger
from omicsdk.core.sizes import size_words
from omicsdk.transfer.reports.units import time_words

T = TypeVar("T")


def visible(text: str) -> str:
    """Escape characters that control a page or terminal: control and bidi characters, lone surrogates."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


#: The phases of a transfer: examining files and requesting URLs, moving bytes, waiting for a server, hashing and
#: placing received data, paused by its user, over.
Phase = Literal["preparing", "moving", "waiting", "finishing", "paused", "over"]


class Progress(Frozen):
    """The progress of a transfer.

    Attributes:
        files: The number of files; None until their source is exhausted.
        files_done: Files at their target, including skipped ones.
        files_failed: Files that failed.
        bytes: The known sizes of all files together, without those that failed; at least `bytes_done`.
        bytes_done: How many of these bytes are present.
        bytes_fetched: Bytes received over the network, including those received twice; of a verification, bytes read.
        rate: Bytes a second over the last seconds.
        seconds: Since the start.
        final: Whether this is the last call.
        unsized: Unfinished files without a stated size.
        retries: The number of retries.
        connections: Requests in flight.
        phase: The current phase.
    """

    files: int | None = 0
    files_done: int = 0
    files_failed: int = 0
    bytes: int = 0
    bytes_done: int = 0
    bytes_fetched: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    final: bool = False
    unsized: int = 0
    retries: int = 0
    connections: int = 0
    phase: Phase = "moving"

    @property
    def remaining(self) -> float | None:
        """Estimated seconds until the end, None if unknown.

        From the present rate; if sizes are unknown, from the number of files done so far.
        """
        if self.final:
            return 0.0
        if self.files is None:
            return None
        if not self.unsized:
            left = self.bytes - self.bytes_done
            return 0.0 if left <= 0 else left / self.rate if self.rate > 0 else None
        ended = self.files_done + self.files_failed
        return self.seconds * max(0, self.files - ended) / ended if ended else None

    @property
    def fraction(self) -> float | None:
        """The part that is done, 0 to 1, by bytes, or by files if sizes are unknown; None if unknown."""
        if self.files is None:
            return None
        if not self.unsized and self.bytes:
            return self.bytes_done / self.bytes
        return min(1.0, (self.files_done + self.files_failed) / self.files) if self.files else 1.0


def phase_of(*, paused: bool, connections: int, preparing: int, waiting: int) -> Phase:
    """Return the phase of a transfer that is not over.

    Args:
        paused: Whether its user paused it.
        connections: Requests in flight.
        preparing: Files being examined, or whose URLs are being requested.
        waiting: Files that wait for their server, or for a connection.
    """
    if paused:
        return "paused"
    if connections:
        return "moving"
    if preparing:
        return "preparing"
    return "waiting" if waiting else "finishing"


#: Maximum number of steps of a curve: more than a plot can show apart.
STEPS = 600


class Throughput:
    """Bytes over time, in steps whose length doubles when there are too many.

    Args:
        step: Seconds of the first steps; above 0.
        limit: Maximum number of steps; an even number from 2.

    Attributes:
        step: Seconds of a step.
        seconds: The time that it covers.
    """

    def __init__(self, step: float = 0.25, limit: int = STEPS) -> None:
        self.step = step
        self.seconds = 0.0
        self._limit = limit
        self._amounts: list[float] = []

    @classmethod
    def of(cls, step: float, amounts: Sequence[float], seconds: float) -> Throughput:
        """Restore a curve from `to_dict`.

        Args:
            step: Seconds of a step.
            amounts: Bytes of each.
            seconds: The time that it covers.

        Raises:
            ValueError: A step without a length.
        """
        if step <= 0:
            raise ValueError(f"a step cannot be {step} seconds long")
        curve = cls(step, max(STEPS, len(amounts) + len(amounts) % 2))
        curve.seconds = seconds
        curve._amounts = list(amounts)
        return curve

    def record(self, until: float, count: float) -> None:
        """Add bytes received since the time covered so far, spread evenly.

        Args:
            until: Seconds from the start to now; a time before the one covered is treated as that one.
            count: The bytes.
        """
        until = max(until, self.seconds)
        # A curve of any duration has the same number of steps: they become longer instead.
        while until > self._limit * self.step:
            self._merge()
        length = until - self.seconds
        index = min(int(self.seconds / self.step), self._limit - 1)
        last = min(int(until / self.step), self._limit - 1)
        while len(self._amounts) <= last:
            self._amounts.append(0.0)
        left = count
        while index < last:
            share = count * ((index + 1) * self.step - max(self.seconds, index * self.step)) / length
            self._amounts[index] += share
            left -= share
            index += 1
        # The remainder, not another share: so the sum is exact.
        self._amounts[last] += max(left, 0.0)
        self.seconds = until

    @property
    def total(self) -> float:
        """The total number of bytes."""
        return sum(self._amounts)

    @property
    def points(self) -> list[tuple[float, float]]:
        """Seconds from the start to the end of each step, and its bytes a second."""
        rates: list[tuple[float, float]] = []
        for index, amount in enumerate(self._amounts):
            end = min((index + 1) * self.step, self.seconds)
            length = end - index * self.step
            if length > self.step / 1000:  # bytes at the very beginning of a step belong to the one before
                rates.append((end, amount / length))
        return rates

    @property
    def peak(self) -> float:
        """The highest rate, in bytes a second."""
        return max((rate for _, rate in self.points), default=0.0)

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON, in whole bytes with the exact sum."""
        sums = [0, *map(round, accumulate(self._amounts))]
        amounts = [after - before for before, after in pairwise(sums)]
        return {"step": self.step, "seconds": round(self.seconds, 3), "bytes": amounts}

    def _merge(self) -> None:
        pairs = [*self._amounts, 0.0] if len(self._amounts) % 2 else self._amounts
        self._amounts = [first + second for first, second in zip(pairs[::2], pairs[1::2], strict=True)]
        self.step *= 2


#: Seconds between two calls of a progress function.
WORD = 0.1
#: Seconds that the displayed rate is taken over.
_WINDOW = 5.0


class Counters:
    """Counters of a run.

    Args:
        files: The number of files; None if they come one by one, each counted by `expect`.
        size: The stated sizes of all files together, in bytes.
        now: The clock at the start.
        period: Seconds of a sample of the rate.
        unsized: Files without a stated size.

    Attributes:
        fetched: Bytes of requests that have ended.
        throughput: The rate over time.
        next_sample: When to call `record` next.
        next_word: When to call a progress function next.
    """

    def __init__(self, files: int | None, size: int, now: float, period: float, unsized: int = 0) -> None:
        self.fetched = 0
        self.next_sample = now + period
        self.next_word = now
        self.throughput = Throughput(period)
        self._files = files or 0
        self._all_seen = files is not None
        self._size = size
        self._unsized = unsized
        self._period = period
        self._started_at = now
        self._files_done = 0
        self._failed = 0
        self._retries = 0
        self._bytes_done = 0
        self._received = 0  # at the last sample
        self._history = deque([(now, 0)])

    def expect(self, size: int | None) -> None:
        """Count a file that its source has just produced.

        Args:
            size: Its size in bytes, None if unknown.
        """
        self._files += 1
        if size is None:
            self._unsized += 1
        else:
            self._size += size

    def all_seen(self) -> None:
        """Note that the source of files is exhausted."""
        self._all_seen = True

    def count(self, state: str, size: int | None, expected_size: int | None, bytes_kept: int = 0) -> None:
        """Count a file that is finished.

        Args:
            state: The state of its outcome.
            size: Its size in bytes, None if unknown.
            expected_size: The size that it was counted with before, None if it was unknown.
            bytes_kept: Bytes of a stopped file that the next run resumes.
        """
        if expected_size is None:
            self._unsized = max(0, self._unsized - 1)
        elif state != "stopped":  # a stopped transfer is as far as it was
            self._size -= expected_size
        if state in ("done", "skipped"):
            self._files_done += 1
            self._bytes_done += size or 0
            self._size += size or 0
        elif state == "failed":
            self._failed += 1
        else:
            self._bytes_done += bytes_kept
            self._size += bytes_kept if expected_size is None else 0

    def count_retry(self) -> None:
        """Count a retry."""
        self._retries += 1

    def record(self, now: float, received: int) -> None:
        """Add what arrived since the last sample to the curve; called once more at the end, for the rest.

        Args:
            now: The clock.
            received: Bytes received, including those of requests in flight.
        """
        self.throughput.record(now - self._started_at, max(0, received - self._received))
        self._received = received
        self.next_sample = now + self._period

    def progress(self, now: float, received: int, present: int, phase: Phase, connections: int = 0) -> Progress:
        """Return the current progress.

        Args:
            now: The clock.
            received: Bytes received over the network.
            present: Present bytes of unfinished files.
            phase: The current phase.
            connections: Requests in flight.
        """
        final = phase == "over"
        self.next_word = now + WORD
        self._history.append((now, received))
        while len(self._history) > 2 and self._history[0][0] < now - _WINDOW:
            self._history.popleft()
        since, before = self._history[0]
        bytes_done = self._bytes_done + present
        return Progress(
            files=self._files if self._all_seen or final else None,
            files_done=self._files_done,
            files_failed=self._failed,
            bytes=max(self._size, bytes_done),
            bytes_done=bytes_done,
            bytes_fetched=received,
            rate=max(0, received - before) / (now - since) if now > since else 0.0,
            seconds=now - self._started_at,
            final=final,
            unsized=self._unsized,
            retries=self._retries,
            connections=connections,
            phase=phase,
        )


class FileProgress:
    """The progress of files that no engine moves: copied from a stream or within a platform, locked or verified.

    Args:
        report: Called about ten times a second; None to report nothing.
        clock: Measures the time.
        files: The number of files; None if it is not known.
        size: Their stated sizes together, in bytes.
        phase: The phase.
    """

    def __init__(
        self,
        report: Callable[[Progress], object] | None,
        clock: Clock,
        files: int | None = None,
        size: int = 0,
        *,
        phase: Phase = "moving",
    ) -> None:
        self._report, self._clock, self._phase = report, clock, phase
        self._files, self._size = files, size
        self._files_done = self._failed = self._present = self._bytes_read = 0
        self._started_at, self._due = clock.monotonic(), 0.0
        self._lock = threading.Lock()

    def add(self, size: int | None, count: int = 1, *, is_failed: bool = False) -> None:
        """Count files that are finished, and report.

        Args:
            size: Their stated size in bytes, None if unknown.
            count: Their number.
            is_failed: Whether they failed.
        """
        if is_failed:
            self._failed, self._size = self._failed + count, self._size - (size or 0)
        else:
            self._files_done, self._present = self._files_done + count, self._present + (size or 0)
        self.report()

    def add_bytes(self, count: int) -> None:
        """Count bytes that were read of a file; callable from any thread.

        Args:
            count: Their number.
        """
        with self._lock:
            self._bytes_read += count

    def report(self, *, final: bool = False) -> None:
        """Report, if it is due.

        Args:
            final: Whether it is over; it is reported in any case then.
        """
        now = self._clock.monotonic()
        if self._report is None or (now < self._due and not final):
            return
        self._due, seconds, read = now + WORD, now - self._started_at, self._bytes_read
        present = max(self._present, read)
        # Where no bytes are read here, the time left follows from the number of files: their bytes pass by.
        left = 0 if read or self._files is None else self._files - self._files_done - self._failed
        state = Progress(self._files, self._files_done, self._failed, max(self._size, present), present, read)
        rate = read / seconds if seconds else 0.0
        state = state.replaced(rate=rate, seconds=seconds, unsized=left, phase=self._phase)
        self._report(state.replaced(phase="over", final=True) if final else state)


def counted(
    results: Iterable[T], sizes: Sequence[int | None], report: Callable[[Progress], None] | None, clock: Clock
) -> Iterator[T]:
    """Yield results of copies within a platform, and report their number.

    Args:
        results: The results; an OmicsError for one that failed, None for one that is left to others.
        sizes: The files' sizes in bytes, None if unknown.
        report: Called about ten times a second; None to report nothing.
        clock: Measures the time.
    """
    progress = FileProgress(report, clock, len(sizes), sum(size or 0 for size in sizes))
    for size, result in zip(sizes, results, strict=True):
        if result is None:
            progress.report()
        else:
            progress.add(size, is_failed=isinstance(result, OmicsError))
        yield result


#: A transfer that ends before shows no bar.
FIRST_SECONDS = 0.5
EVERY_SECONDS = 0.25
_log = logger("omicsdk.transfer")


def notebook_progress() -> Callable[[Progress], None] | None:
    """Return a progress display for the notebook that this process is the kernel of; None outside a notebook."""
    return NotebookBar() if in_notebook() else None


class NotebookBar:
    """A bar that is displayed once the transfer has taken a while, and keeps its last state."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = FIRST_SECONDS
        self._is_broken = False

    def __call__(self, state: Progress) -> None:
        """Display a state."""
        is_due = self._handle is not None if state.final else state.seconds >= self._next
        if self._is_broken or not is_due:
            return
        self._next = state.seconds + EVERY_SECONDS
        try:
            display: Any = import_module("IPython.display")
            mime_bundle = {"text/plain": progress_words(state), "text/html": bar_html(state)}
            if self._handle is None:
                self._handle = display.display(mime_bundle, raw=True, display_id=True)
            else:
                self._handle.update(mime_bundle, raw=True)
        except Exception:  # of a front end: it must not end the transfer
            self._is_broken = True
            _log.debug("cannot display the progress in the notebook", exc_info=True)


def progress_words(state: Progress) -> str:
    """Format a state on one line: files, bytes, rate, time left, failures, retries, and any phase but the usual one.

    Args:
        state: The progress.
    """
    files = f"{state.files_done:,}" if state.files is None else f"{state.files_done:,} of {state.files:,}"
    size = size_words(state.bytes_done)
    parts = [f"{files} files"] if state.files_done or state.files else []
    if state.final:
        is_whole = state.bytes_done == state.bytes
        parts += [size if is_whole else f"{size} of {size_words(state.bytes)}", time_words(state.seconds)]
    elif state.bytes or state.phase == "moving":
        parts += [f"{size} of {size_words(state.bytes)}", f"{size_words(state.rate)}/s"]
        parts += [] if state.remaining is None else [f"{time_words(state.remaining)} left"]
    parts += [f"{state.files_failed:,} failed"] if state.files_failed else []
    parts += [f"{state.retries:,} retries"] if state.retries else []
    parts += [] if state.final or state.phase == "moving" else [state.phase]
    return ", ".join(parts)


def bar_html(state: Progress) -> str:
    """Render a state as HTML.

    Args:
        state: The progress.
    """
    value = "" if state.fraction is None else f' value="{state.fraction:.4f}"'
    from html import escape

    style = "vertical-align: middle; width: 20em"  # Jupyter aligns the bar with the top of the text
    return f'<progress max="1"{value} style="{style}"></progress> <small>{escape(progress_words(state))}</small>'
