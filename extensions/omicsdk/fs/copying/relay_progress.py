"""The progress of a copy between two platforms, whose bytes pass through this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from omicsdk.core.clock import Clock
from omicsdk.transfer import Outcome, Progress
from omicsdk.transfer.reports.progress import WORD, Counters


class RelayProgress:
    """The progress of files that some runs download to this machine, and others upload from it to their target.

    A byte counts half when it is here and whole when it is at the target, so that `bytes` is the size of the files and the
    time left covers both ways.

    Args:
        report: Called with the progress of all files; None to report nothing.
        sizes: Their sizes in bytes, None if unknown.
        clock: Measures the time.
    """

    def __init__(self, report: Callable[[Progress], None] | None, sizes: Sequence[int | None], clock: Clock) -> None:
        known_sizes = [size for size in sizes if size is not None]
        unsized = len(sizes) - len(known_sizes)
        self._counters = Counters(len(sizes), sum(known_sizes), clock.monotonic(), WORD, unsized)
        self._report, self._clock = report, clock
        self._waiting = 0  # bytes that are here, for the next upload
        self._ended = Progress()  # runs that ended: a store may make several of one download or upload

    def add_run(self, run: Progress) -> None:
        """Report, including the progress of a run.

        Args:
            run: The progress that its engine reports.
        """
        ended = self._ended
        state = Progress(
            files_done=ended.files_done + run.files_done,
            files_failed=ended.files_failed + run.files_failed,
            bytes_done=ended.bytes_done + run.bytes_done,
            bytes_fetched=ended.bytes_fetched + run.bytes_fetched,
            retries=ended.retries + run.retries,
            connections=run.connections,
            phase="finishing" if run.final else run.phase,
        )
        if run.final:
            self._ended = state
        self._show(state)

    def count_downloads(self, files: Iterable[tuple[Outcome, int | None]]) -> None:
        """Count files that were downloaded for the next upload, or failed.

        Args:
            files: Their outcomes, which also cover what no engine moved, and their stated sizes.
        """
        waiting = 0
        for outcome, size in files:
            if outcome.is_present:
                waiting += outcome.size or 0
            elif outcome.state == "failed":
                self._counters.count("failed", None, size)
        self._end_step(waiting)

    def count_uploads(self, files: Iterable[tuple[Outcome, int | None]]) -> None:
        """Count files that are at the target, or failed.

        Args:
            files: Their outcomes and stated sizes.
        """
        for outcome, size in files:
            if outcome.state != "stopped":
                self._counters.count(outcome.state, outcome.size, size)
        self._end_step(0)

    def end(self) -> None:
        """Report that nothing more is moved."""
        self._show(self._ended.replaced(phase="over"))

    def _end_step(self, waiting: int) -> None:
        """Drop what the runs reported of files that are counted by their outcomes now."""
        self._waiting = waiting
        self._ended = Progress(bytes_fetched=self._ended.bytes_fetched, retries=self._ended.retries)
        self._show(self._ended)

    def _show(self, runs: Progress) -> None:
        if self._report is None:
            return
        present = (self._waiting + runs.bytes_done) // 2
        state = self._counters.progress(
            self._clock.monotonic(), runs.bytes_fetched, present, runs.phase, runs.connections
        )
        # A file that was downloaded is done only when it is at the target.
        files_done = runs.files_done if self._waiting else 0
        self._report(
            state.replaced(
                files_done=state.files_done + files_done,
                files_failed=state.files_failed + runs.files_failed,
                rate=state.rate / 2,
                retries=runs.retries,
            )
        )
