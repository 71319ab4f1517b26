"""Counting while a transfer runs: files, bytes, rates."""

from __future__ import annotations

from collections import deque

from omicsdk.transfer.reports.outcome import Outcome
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.width import Sample

#: Seconds between two calls of a progress function.
WORD = 0.1
#: Seconds over which the rate that users see is taken.
_WINDOW = 5.0


class Tally:
    """Counters of a run.

    Args:
        files: How many files there are.
        size: The stated sizes of all files together, in bytes.
        now: The clock at the start.
        period: Seconds that a sample of the rate covers.
    """

    def __init__(self, files: int, size: int, now: float, period: float) -> None:
        self.fetched = 0
        self.next_word = now
        self._files = files
        self._size = size
        self._period = period
        self._began = now
        self._done = 0
        self._failed = 0
        self._bytes_done = 0
        self._sampled = (now, 0)
        self._busy = True
        self._trouble = False
        self._history = deque([(now, 0)])

    def count(self, outcome: Outcome, stated: int | None) -> None:
        """Counts a file that has come to its end.

        Args:
            outcome: Its outcome.
            stated: The size that it was counted with before, None when it was unknown.
        """
        if outcome.state in ("done", "skipped"):
            self._done += 1
            self._bytes_done += outcome.size or 0
            self._size += (outcome.size or 0) - (stated or 0)
        elif outcome.state == "failed":
            self._failed += 1

    def note_trouble(self) -> None:
        """Notes that a server is in trouble."""
        self._trouble = True

    def due(self, now: float, *, busy: bool) -> bool:
        """Tells whether it is time for a sample.

        Args:
            now: The clock.
            busy: Whether all connections that are allowed are at work.
        """
        self._busy = self._busy and busy
        return self._trouble or now - self._sampled[0] >= self._period

    def sample(self, now: float, received: int, connections: int) -> Sample:
        """Gives what was seen since the last sample.

        Args:
            now: The clock.
            received: Bytes that have come, those of requests in flight too.
            connections: How many connections are allowed.
        """
        began, before = self._sampled
        sample = Sample(connections, (received - before) / max(now - began, 1e-6), self._busy, self._trouble)
        self._sampled, self._busy, self._trouble = (now, received), True, False
        return sample

    def progress(self, now: float, received: int, present: int, *, final: bool) -> Progress:
        """Describes how far it is.

        Args:
            now: The clock.
            received: Bytes that have come over the network.
            present: Bytes that are there of files that haven't come to their end.
            final: Whether it is over.
        """
        self.next_word = now + WORD
        self._history.append((now, received))
        while len(self._history) > 2 and self._history[0][0] < now - _WINDOW:
            self._history.popleft()
        since, before = self._history[0]
        return Progress(
            files=self._files,
            files_done=self._done,
            files_failed=self._failed,
            bytes=self._size,
            bytes_done=self._bytes_done + present,
            bytes_fetched=received,
            rate=(received - before) / (now - since) if now > since else 0.0,
            seconds=now - self._began,
            final=final,
        )
