"""Counting while a transfer runs: files, bytes, rates."""

from __future__ import annotations

from collections import deque

from omicsdk.transfer.reports.outcomes import Outcome
from omicsdk.transfer.reports.progress import Phase, Progress, Throughput

#: Seconds between two calls of a progress function.
WORD = 0.1
#: Seconds over which the rate that users see is taken.
_WINDOW = 5.0


class Tally:
    """Counters of a run.

    Args:
        files: How many files there are; None when they come one by one, each told by `expect`.
        size: The stated sizes of all files together, in bytes.
        now: The clock at the start.
        period: Seconds that a sample of the rate covers.
        unsized: How many of the files state no size.

    Attributes:
        fetched: Bytes of requests that have ended.
        throughput: How fast bytes came over time.
        next_word: When a progress function is to be called next.
    """

    def __init__(self, files: int | None, size: int, now: float, period: float, unsized: int = 0) -> None:
        self.fetched = 0
        self.next_word = now
        self.throughput = Throughput(period)
        self._files = files or 0
        self._all_seen = files is not None
        self._size = size
        self._unsized = unsized
        self._period = period
        self._began = now
        self._done = 0
        self._failed = 0
        self._retries = 0
        self._bytes_done = 0
        self._sampled = (now, 0)
        self._history = deque([(now, 0)])

    def expect(self, stated: int | None) -> None:
        """Counts a file that its source has just told of.

        Args:
            stated: Its size in bytes, None when it is unknown.
        """
        self._files += 1
        if stated is None:
            self._unsized += 1
        else:
            self._size += stated

    def all_seen(self) -> None:
        """Notes that the source of files has come to its end."""
        self._all_seen = True

    def count(self, outcome: Outcome, stated: int | None) -> None:
        """Counts a file that has come to its end.

        Args:
            outcome: Its outcome.
            stated: The size that it was counted with before, None when it was unknown.
        """
        if stated is None:
            self._unsized = max(0, self._unsized - 1)
        else:
            self._size -= stated
        if outcome.state in ("done", "skipped"):
            self._done += 1
            self._bytes_done += outcome.size or 0
            self._size += outcome.size or 0
        elif outcome.state == "failed":
            self._failed += 1

    def count_retry(self) -> None:
        """Counts that something is tried again after a failure."""
        self._retries += 1

    def due(self, now: float) -> bool:
        """Tells whether it is time to `record`.

        Args:
            now: The clock.
        """
        return now - self._sampled[0] >= self._period

    def record(self, now: float, received: int) -> None:
        """Adds to the curve what came since the last sample; once more at the end, for what came after it.

        Args:
            now: The clock.
            received: Bytes that have come, those of requests in flight too.
        """
        _, before = self._sampled
        self.throughput.record(now - self._began, max(0, received - before))
        self._sampled = (now, received)

    def progress(
        self, now: float, received: int, present: int, *, final: bool, connections: int = 0, phase: Phase = "moving"
    ) -> Progress:
        """Describes how far it is.

        Args:
            now: The clock.
            received: Bytes that have come over the network.
            present: Bytes that are there of files that haven't come to their end.
            final: Whether it is over.
            connections: Requests that are under way.
            phase: What it is at.
        """
        self.next_word = now + WORD
        self._history.append((now, received))
        while len(self._history) > 2 and self._history[0][0] < now - _WINDOW:
            self._history.popleft()
        since, before = self._history[0]
        done = self._bytes_done + present
        return Progress(
            files=self._files if self._all_seen or final else None,
            files_done=self._done,
            files_failed=self._failed,
            bytes=max(self._size, done),
            bytes_done=done,
            bytes_fetched=received,
            rate=max(0, received - before) / (now - since) if now > since else 0.0,
            seconds=now - self._began,
            final=final,
            unsized=self._unsized,
            retries=self._retries,
            connections=connections,
            phase=phase,
        )
