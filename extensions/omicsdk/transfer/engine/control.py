"""External control of a running transfer: stop, pause, resume, rate limit, also by the time of day and week (`08:00,10M 19:00,off`),
checksum policy; Ctrl-C, SIGTERM, SIGHUP and other processes.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from omicsdk.core.archives import size_of
from omicsdk.core.clock import SYSTEM_CLOCK, TICK, Clock
from omicsdk.core.errors import FolderBusy, Interrupted
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.logs import logger
from omicsdk.transfer.arguments import number
from omicsdk.transfer.network.limits import Throttle

if TYPE_CHECKING:
    from datetime import datetime

    from omicsdk.transfer.network.substitutes import Answering
    from omicsdk.transfer.reports.report import TransferReport

_ENTRY = r"(?:([A-Za-z]{3})-)?([01]?\d|2[0-3]):([0-5]\d),(\S+)\Z"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60


def rate_of(text: str) -> float | None:
    """Parse bytes a second: 500K, 10M, 10M/s; None if it is no rate.

    Args:
        text: The rate.
    """
    return size_of(text.strip().lower().removesuffix("/s"))


class Timetable(NamedTuple):
    """The rates of a week, in local time.

    Attributes:
        changes: Minutes since Monday 00:00 from which a rate is in effect, in order, each with bytes a second, None for
            no limit. Before the first one, the last one is in effect.
    """

    changes: tuple[tuple[int, float | None], ...]

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a timetable: entries `HH:MM,RATE` or `Mon-HH:MM,RATE`, separated by blanks; `off` is no limit.

        Args:
            text: The timetable.

        Returns:
            The timetable; None if it is malformed, has a rate of 0, or two rates from the same minute on.
        """
        changes: dict[int, float | None] = {}
        for entry in text.split():
            match = re.match(_ENTRY, entry)
            if match is None:
                return None
            day, hours, minutes, rate_text = match.groups()
            rate = None if rate_text.lower() == "off" else rate_of(rate_text)
            if (day or "mon").lower() not in _DAYS or (rate_text.lower() != "off" and not rate):
                return None
            for weekday in range(7) if day is None else (_DAYS.index(day.lower()),):
                minute = weekday * _DAY + int(hours) * 60 + int(minutes)
                if minute in changes:
                    return None
                changes[minute] = rate
        return cls(tuple(sorted(changes.items()))) if changes else None

    def rate_at(self, moment: datetime) -> float | None:
        """Return the rate at a moment, in bytes a second; None for no limit.

        Args:
            moment: The moment, in the zone that the timetable is for.
        """
        now = moment.weekday() * _DAY + moment.hour * 60 + moment.minute
        past = [rate for minute, rate in self.changes if minute <= now]
        return past[-1] if past else self.changes[-1][1]


#: Why a transfer ended early: `stop` was called, Ctrl-C, SIGTERM, SIGHUP, or its time budget is over.
Reason = Literal["asked", "interrupt", "terminate", "hangup", "budget"]

T = TypeVar("T")

#: Seconds between readings of the wall clock for a timetable: the clock may be set, or summer time begin, at any time.
_TIMETABLE_INTERVAL = 1.0
#: Least bytes read at once under a limit, and in seconds of the limit.
_LEAST, _STRIDE = 16 * 1024, 0.1
_REASONS = {
    None: "",
    "asked": "it was stopped",
    "interrupt": "it was interrupted",
    "terminate": "it was terminated",
    "hangup": "its terminal was closed",
}


class Control:
    """The switches of a transfer. One object may control several transfers, concurrently or one after the other.

    Args:
        budget: Seconds from the start of the first transfer until all are stopped, pauses included; None for no limit.
        rate_limit: Bytes a second for all transfers together, None for no limit; see `rate_limit`.

    Raises:
        ValueError: A budget or limit that is not above 0.

    Attributes:
        throttle: The bandwidth limit, for engines.
        substitute: Called at the start of a transfer; returns what answers its requests in place of the network, or None.
        asking: Whether the engine is waiting for the program's own iterator of items: Ctrl-C is raised there at once.
    """

    # No lock but for the list of watchers: a signal handler interrupts a thread anywhere and must not wait for it.

    def __init__(
        self,
        *,
        budget: float | None = None,
        rate_limit: float | None = None,
    ) -> None:
        if budget is not None:
            number("budget", budget, "seconds")
        if budget is not None and not budget > 0:
            raise ValueError(f"budget is {budget} seconds; it must be above 0")
        self.throttle = Throttle(rate_limit)
        self.asking = False
        self.substitute: Callable[[], Answering | None] | None = None
        self._budget = budget
        self._timetable: Timetable | None = None
        self._clock: Clock = SYSTEM_CLOCK
        self._next_look = 0.0
        self._deadline: float | None = None
        self._reason: Reason | None = None
        self._paused = False
        self._watchers: tuple[Callable[[], None], ...] = ()
        self._guard = threading.Lock()

    def __repr__(self) -> str:
        return "<Control>"  # in signatures and manuals, where an address would change with each build

    @property
    def stopped(self) -> bool:
        """Whether it was stopped, permanently."""
        return self._reason is not None

    @property
    def reason(self) -> Reason | None:
        """Why it was stopped, None if it was not."""
        return self._reason

    @property
    def why(self) -> str:
        """Why it was stopped, as text; "" if it was not."""
        if self._reason == "budget":
            return f"the time budget of {self._budget:g} s is over"
        return _REASONS[self._reason]

    @property
    def paused(self) -> bool:
        """Whether sending is paused."""
        return self._paused and self._reason is None

    @property
    def rate_limit(self) -> float | None:
        """Bytes a second for all transfers together, without headers; None for no limit. May be changed at any time."""
        return self.throttle.rate

    @rate_limit.setter
    def rate_limit(self, rate: float | None) -> None:
        self._timetable = None
        self._set_rate(rate)

    def _set_rate(self, rate: float | None) -> None:
        self.throttle.limit(rate)
        self._changed()

    @property
    def timetable(self) -> Timetable | None:
        """What changes `rate_limit` by the time of day, until it is set."""
        return self._timetable

    def limit(self, rate: float | Timetable | None, budget: float | None, clock: Clock = SYSTEM_CLOCK) -> None:
        """Set limits, as the options of a transfer do.

        Args:
            rate: Bytes a second, as for `rate_limit`, or a timetable of them; None leaves it as it is.
            budget: Seconds as for the argument `budget`; None leaves it as it is.
            clock: The wall clock of a timetable, which is in local time.
        """
        if isinstance(rate, Timetable):
            self._timetable, self._clock = rate, clock
            self._follow_timetable(rate)
        elif rate is not None:
            self.rate_limit = rate
        if budget is not None:
            self._budget = budget

    def _follow_timetable(self, timetable: Timetable) -> None:
        from datetime import datetime  # few transfers have a timetable

        rate = timetable.rate_at(datetime.fromtimestamp(self._clock.now()))
        if rate != self.throttle.rate:
            self._set_rate(rate)

    def stop(self, reason: Reason = "asked") -> None:
        """Stop the transfer cleanly within a second; received bytes are kept for the next run.

        Args:
            reason: Why; the first reason is kept.
        """
        # The first reason is the cause: an interrupt during a budget's stop does not make it an interrupted run.
        if self._reason is None:
            self._reason = reason
        self._changed()

    def pause(self) -> None:
        """End all requests until `resume`; their bytes are kept."""
        self._paused = True
        self._changed()

    def resume(self) -> None:
        """Resume after `pause`."""
        self._paused = False
        self._changed()

    def begin(self, now: float) -> None:
        """Start the time budget, unless it is running; called by transfers before they wait for anything.

        Args:
            now: Seconds by the transfer's monotonic clock.
        """
        # Once: all transfers of a control have one budget, from the first one's start.
        if self._budget is not None and self._deadline is None:
            self._deadline = now + self._budget

    def over(self, now: float, stop: threading.Event | None = None) -> bool:
        """Return whether the transfer has to end now; called by engines in each round.

        Args:
            now: Seconds by the transfer's monotonic clock.
            stop: Stops the transfer when set.
        """
        if stop is not None and stop.is_set():
            self.stop()
        if self._deadline is not None and now >= self._deadline:
            self.stop("budget")
        if self._timetable is not None and now >= self._next_look:
            self._next_look = now + _TIMETABLE_INTERVAL
            self._follow_timetable(self._timetable)
        return self._reason is not None

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C, SIGTERM or SIGHUP stopped it."""
        return self._reason in _ERRORS

    def ask(self, source: Iterator[T]) -> T | None:
        """Return the next item of the program's own iterator, None at its end; called by engines.

        Args:
            source: The iterator.
        """
        self.asking = True
        try:
            return next(source, None)
        finally:
            self.asking = False

    @contextmanager
    def watched(self, wake: Callable[[], None]) -> Generator[None]:
        """Call a function after each change while the block runs.

        Args:
            wake: Called from the thread that made the change, or a signal handler: it must neither wait nor raise.
        """
        with self._guard:
            # A new tuple each time: a signal handler may be iterating over the old one.
            self._watchers = (*self._watchers, wake)
        try:
            yield
        finally:
            with self._guard:
                rest = list(self._watchers)
                rest.remove(wake)
                self._watchers = tuple(rest)

    def _changed(self) -> None:
        for wake in self._watchers:
            wake()


#: How to resume a transfer that has a journal.
RESUMES = "repeat the call to resume"

_REPORT = "transfer_report"

_log = logger("omicsdk.transfer")


class Pace:
    """Applies a control to readers. Thread-safe.

    Args:
        control: Limits the rate, pauses and stops; bytes of engines under it count as well.
        stop: Ends all waits when set.
        clock: Measures time and waits.
    """

    def __init__(self, control: Control, stop: threading.Event | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._control = control
        self._stop = stop
        self._clock = clock

    def stride(self, most: int) -> int:
        """Return how many bytes to read at once.

        Args:
            most: The number without a limit.
        """
        rate = self._control.rate_limit
        return most if rate is None else min(most, max(_LEAST, int(rate * _STRIDE)))

    def passed(self, count: int) -> None:
        """Count bytes, and wait until more may pass, unless stopped.

        Args:
            count: The bytes.
        """
        self._control.over(self._clock.monotonic(), self._stop)  # also follows a timetable
        # Counted once, before the waits: bytes that have passed are a debt, whatever changes meanwhile.
        wait = self._control.throttle.take(count, self._clock.monotonic())
        while (wait > 0 or self._control.paused) and not self._control.over(self._clock.monotonic(), self._stop):
            # In short waits, so that a stop or a new limit is noticed.
            self._clock.sleep(min(wait, TICK) if wait > 0 else TICK)
            wait -= TICK


class Terminated(KeyboardInterrupt):
    """SIGTERM ended the program as Ctrl-C does.

    Attributes:
        exit_code: The process's exit code, as shells report a process that died of the signal.
        reason: Why a transfer ends with it.
    """

    exit_code = 128 + signal.SIGTERM
    reason: Reason = "terminate"


class HungUp(Terminated):
    """SIGHUP did: the terminal was closed, or the connection to it was lost."""

    exit_code = 128 + 1
    reason = "hangup"


#: The exceptions of signals that end a program: of schedulers, and of a terminal that is closed. Windows has no SIGHUP.
ENDING: dict[int, type[Terminated]] = {signal.SIGTERM: Terminated}
if hasattr(signal, "SIGHUP"):
    ENDING[signal.SIGHUP] = HungUp
_ERRORS: dict[Reason | None, type[KeyboardInterrupt]] = {
    "interrupt": KeyboardInterrupt,
    **{error.reason: error for error in ENDING.values()},
}


def reason_of(error: BaseException) -> Reason:
    """Return why a transfer ends with an exception of its program."""
    if isinstance(error, Terminated):
        return error.reason
    return "interrupt" if isinstance(error, KeyboardInterrupt) else "asked"


def report_of(error: KeyboardInterrupt) -> TransferReport | None:
    """Return the report of a transfer that Ctrl-C or a signal stopped cleanly; None for another cause.

    Args:
        error: The exception. It is KeyboardInterrupt itself: for a subclass, Python prints a traceback and the process
            does not end as an interrupted one.
    """
    return vars(error).get(_REPORT)


def keep_report(error: KeyboardInterrupt, report: TransferReport) -> None:
    """Make `report_of` return a report.

    Args:
        error: The exception.
        report: What was done until then.
    """
    vars(error)[_REPORT] = report


def interruption(control: Control, *messages: str, **facts: object) -> KeyboardInterrupt:
    """Return the exception for a transfer that Ctrl-C or a signal has stopped cleanly.

    Args:
        control: The control that was stopped.
        *messages: What was done, and how to resume.
        **facts: Attributes of the exception.
    """
    error = _ERRORS.get(control.reason, KeyboardInterrupt)(*messages)
    vars(error).update(facts)
    return error


def terminate(number: int, frame: FrameType | None) -> None:
    """Handle a signal: raise Terminated after running transfers have stopped cleanly. Programs may install it."""
    del frame
    raise ENDING.get(number, Terminated)(signal.Signals(number).name)


@contextmanager
def termination() -> Generator[None]:
    """Handle SIGTERM and SIGHUP by `terminate` within a block, except those that the program handles or ignores (nohup)."""
    is_main = threading.current_thread() is threading.main_thread()  # only the main thread may install handlers
    ours = [number for number in ENDING if is_main and signal.getsignal(number) == signal.SIG_DFL]
    for signum in ours:
        signal.signal(signum, terminate)
    try:
        yield
    finally:
        for signum in ours:
            signal.signal(signum, signal.SIG_DFL)


@contextmanager
def interrupts(control: Control) -> Generator[None]:
    """Stop a transfer cleanly on Ctrl-C: an exception inside a callback would be lost in libcurl.

    A second Ctrl-C is raised at once, as is the first while the program's own iterator of items runs. The same applies
    to signals that `terminate` handles. Other handlers that the program installed, and other threads, are unaffected.

    Args:
        control: The control that the engine reads.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {signal.SIGINT: signal.default_int_handler, **dict.fromkeys(ENDING, terminate)}
    ours = {number: handler for number, handler in usual.items() if signal.getsignal(number) is handler}

    has_come = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal has_come
        # Not by the control alone, which keeps the reason of an earlier stop, such as the budget's.
        again, has_come = has_come or control.interrupted, True
        control.stop(ENDING[number].reason if number in ENDING else "interrupt")
        if again or control.asking:
            ours[number](number, frame)

    for signum in ours:
        signal.signal(signum, interrupt)
    try:
        yield
    finally:
        for signum, handler in ours.items():
            signal.signal(signum, handler)


def report_stopped(control: Control, report: TransferReport, how: str = RESUMES) -> None:
    """Log that a transfer ended early and how to resume it.

    Args:
        control: The control that was stopped.
        report: What was done until then.
        how: How to resume.

    Raises:
        KeyboardInterrupt: After Ctrl-C, or Terminated after a signal; `report_of` returns the report.
    """
    if control.reason is None:
        return
    counts = report.counts
    complete = counts["done"] + counts["skipped"]
    summary = f"{control.why}; {complete} of {len(report.outcomes)} files are complete; {how}"
    if control.interrupted:
        raise interruption(control, summary, **{_REPORT: report})
    if report.why_stopped:  # the report says it; commands print it
        _log.debug("%s", summary)


J = TypeVar("J")


def opened(
    open_journal: Callable[[Callable[[], bool]], J],
    doing: str,
    stop: threading.Event | None,
    control: Control,
    clock: Clock,
    *,
    patient: bool,
) -> J:
    """Open a journal, waiting while another process uses it and logging that once.

    Args:
        open_journal: Opens it; while it is locked calls its argument, which waits a moment and returns False to stop waiting.
        doing: What the other process is doing, as text.
        stop: Ends the wait when set.
        control: Ends the wait when stopped.
        clock: Waits.
        patient: Whether to wait at all.

    Returns:
        The journal.

    Raises:
        FolderBusy: Another process uses it, and `patient` is False.
        Interrupted: The wait was stopped, or its time was over.
        KeyboardInterrupt: It was interrupted.
    """
    is_logged = False

    def waits() -> bool:
        nonlocal is_logged
        if not patient or control.over(clock.monotonic(), stop):
            return False
        if not is_logged:
            is_logged = True
            _log.warning("another process is %s, waiting for it to end", doing)
        clock.sleep(TICK)
        return True

    try:
        return open_journal(waits)
    except FolderBusy as error:
        if control.interrupted:
            raise interruption(control) from None
        if control.stopped:
            raise Interrupted(f"{error.message}, and {control.why} while waiting for its end") from error
        raise
