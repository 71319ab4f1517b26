"""The progress of a transfer: the line on a terminal, and reports at an interval."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.logs import logger
from omicsdk.core.sizes import size_words
from omicsdk.transfer import Progress
from omicsdk.transfer.reports.units import time_words

# Time between two reports unless `--progress-every` is given.
EVERY_SECONDS = 60.0
_log = logger("omicsdk.cli")

# Columns of a progress line: minimum of the title, minimum and maximum of the bar, and the time left with its gap.
_LEAST_TITLE, _LEAST_BAR, _LONGEST_BAR, _TIME = 8, 10, 40, 14


def progress_line(title: str, state: Progress, width: int, *, plain: bool = False) -> str:
    """Format a transfer's progress: title, bar, bytes, rate, time left and files; bar and time are dropped first.

    Args:
        title: Title of the transfer.
        state: Its progress.
        width: Columns of the terminal.
        plain: Whether the terminal shows ASCII only.
    """
    total = state.bytes if state.files is not None and not state.unsized else 0
    numbers = [_sizes(state.bytes_done, total), f"{size_words(state.rate)}/s", _files(state)]
    room = width - sum(map(len, numbers)) - 2 * len(numbers)
    if total and room >= _LEAST_TITLE + _LEAST_BAR + _TIME:
        left = time_words((total - state.bytes_done) / state.rate) if state.rate else ""
        numbers.insert(2, f"{left:<{_TIME - 4}}")
        length = max(_LEAST_BAR, min(_LONGEST_BAR, room - _TIME - 2 - len(title)))
        filled = min(length, round(state.bytes_done / total * length))
        full, empty = "#-" if plain else "━╌"
        numbers.insert(0, full * filled + empty * (length - filled))
        room -= _TIME + length
    room = max(1, room)
    short_title = title if len(title) <= room else f"{title[: room - 1]}{'~' if plain else '…'}"
    return "  ".join([short_title, *numbers])[:width]


def _sizes(transferred: int, total: int) -> str:
    """Format transferred and total bytes, with a shared unit only once."""
    if not total:
        return size_words(transferred)
    number, unit = size_words(transferred).split(" ")
    size = size_words(total)
    return f"{number}/{size}" if size.endswith(f" {unit}") else f"{number} {unit}/{size}"


def _files(state: Progress) -> str:
    """Format files, failures, retries, and any phase but the usual one."""
    count = f"{state.files_done}" if state.files is None else f"{state.files_done}/{state.files}"
    parts = [f"{count} files"]
    if state.files_failed:
        parts.append(f"{state.files_failed} failed")
    if state.retries:
        parts.append(f"{state.retries} retries")
    if state.phase not in ("moving", "over"):
        parts.append(state.phase)
    return ", ".join(parts)


class ProgressReports:
    """Reports of a transfer's progress at an interval and when SIGUSR1 arrives.

    A thread makes them: also while the transfer plans, waits for a server or hashes, and at no cost for a file.

    Args:
        every: Seconds between two reports, 0 for none but those of the signal.
        report: Called in that thread with the progress, and whether the signal requested it.
        clock: Measures the rate, which is that since the last report.
    """

    def __init__(self, every: float, report: Callable[[Progress, bool], object], clock: Clock = SYSTEM_CLOCK) -> None:
        # A longer timeout would raise an OverflowError in `acquire`.
        self._every = min(every, threading.TIMEOUT_MAX / 2)
        self._report = report
        self._clock = clock
        # Released to wake the thread. A signal handler may do that: it does not wait. A queue takes 1 ms to import.
        self._asleep = threading.Lock()
        self._asleep.acquire()
        self._is_requested = self._is_over = False
        self._start_time = clock.monotonic()
        self._reported = self._start_time, 0
        # Replaced as a whole, since two threads use it: bytes of the transfers of the command that have ended, and the
        # progress of the current one.
        self._state = 0, Progress(files=None, phase="preparing")

    def __call__(self, state: Progress) -> None:
        """Note the progress; the transfer calls it about ten times a second."""
        ended, _ = self._state
        if state.final:  # checks and further transfers of the command may follow
            self._state = ended + state.bytes_fetched, state.replaced(bytes_fetched=0, final=False, phase="finishing")
        else:
            self._state = ended, state

    def total(self) -> Progress:
        """Return the progress, with the bytes of all transfers of the command, and the time since its start."""
        ended, state = self._state
        return state.replaced(
            bytes_fetched=ended + state.bytes_fetched, seconds=self._clock.monotonic() - self._start_time
        )

    def report(self, *, is_requested: bool = False) -> None:
        """Report the progress.

        Args:
            is_requested: Whether the signal requested it.
        """
        state, now, (then, before) = self.total(), self._clock.monotonic(), self._reported
        self._reported = now, state.bytes_fetched
        if now > then:
            state = state.replaced(rate=(state.bytes_fetched - before) / (now - then))
        self._report(state, is_requested)

    @contextmanager
    def running(self) -> Generator[None]:
        """Report while the block runs."""
        thread = threading.Thread(target=self._run, name="omics-progress", daemon=True)
        thread.start()
        try:
            with _on_request(self._request):
                yield
        finally:
            # In this order: the thread reads this after it was woken.
            self._is_over = True
            self._wake()
            thread.join()

    def _request(self) -> None:
        self._is_requested = True
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # it was woken already
            self._asleep.release()

    def _run(self) -> None:
        due = self._start_time + self._every
        while True:
            # -1 waits without a limit; 0 would return at once.
            wait = max(0.0, due - self._clock.monotonic()) if self._every else -1
            if not self._asleep.acquire(timeout=wait):
                # A late report does not make the next ones follow at once.
                due = max(due, self._clock.monotonic() - self._every) + self._every
            is_over = self._is_over  # read before requests: one may arrive just before the end
            is_requested, self._is_requested = self._is_requested, False
            try:
                if is_requested or not is_over:
                    self.report(is_requested=is_requested)
            except (OSError, ValueError):  # a closed or full stderr must not end the transfer
                _log.debug("cannot report the progress", exc_info=True)
            if is_over:
                return


@contextmanager
def _on_request(put: Callable[[], None]) -> Generator[None]:
    """Call a function when SIGUSR1 arrives within a block, unless the program handles or ignores it."""
    number = getattr(signal, "SIGUSR1", None)  # Windows has none
    is_main = threading.current_thread() is threading.main_thread()  # only the main thread may install handlers
    if number is None or not is_main or signal.getsignal(number) != signal.SIG_DFL:
        yield
        return
    # A handler runs between two instructions of the main thread, which may hold any lock: this one sets a flag and releases a lock.
    signal.signal(number, lambda _number, _frame: put())
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL)
