"""Ctrl-C and SIGTERM while an engine runs, and what is said when a transfer was stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from logging import DEBUG, INFO, getLogger
from types import FrameType
from typing import TYPE_CHECKING

from omicsdk.transfer.control import Control

if TYPE_CHECKING:
    from omicsdk.transfer.reports.report import TransferReport

#: How to go on with a transfer that has a journal.
GOES_ON = "repeat the call to resume"

_REPORT = "transfer_report"

_log = getLogger("omicsdk.transfer")


class Terminated(KeyboardInterrupt):
    """SIGTERM ended the program, in the way that Ctrl-C does.

    Attributes:
        exit_code: What the process shall end with, as shells tell of a process that died of SIGTERM.
    """

    exit_code = 128 + signal.SIGTERM


def report_of(error: KeyboardInterrupt) -> TransferReport | None:
    """What was done until Ctrl-C or SIGTERM ended a transfer in order; None when that isn't what ended it.

    Args:
        error: What was raised. It is KeyboardInterrupt itself: of a subclass Python prints a traceback, and the process
            doesn't end as one that was interrupted.
    """
    return vars(error).get(_REPORT)


def terminate(number: int, frame: FrameType | None) -> None:
    """A handler for SIGTERM that programs may set: it is raised as Terminated, and running transfers end in order first."""
    del frame
    raise Terminated(signal.Signals(number).name)


@contextmanager
def termination(*signals: int) -> Generator[None]:
    """Handle signals by `terminate` for a while, except those for which the program has a handler, or which it ignores.

    Args:
        *signals: Their numbers; by default SIGTERM.
    """
    is_main = threading.current_thread() is threading.main_thread()  # only this thread may set handlers
    ours = [number for number in signals or (signal.SIGTERM,) if is_main and signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, terminate)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def interrupts(control: Control) -> Generator[None]:
    """Makes Ctrl-C end a transfer in order: an exception in the midst of a callback would be lost in libcurl.

    A second one is raised at once, and so is the first while the program's own iterator of items is asked. The same goes
    for SIGTERM where `terminate` handles it. Other handlers that the program set itself are left alone, and so are other
    threads.

    Args:
        control: What the engine asks.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: terminate}
    ours = {number: handler for number, handler in usual.items() if signal.getsignal(number) is handler}

    def interrupt(number: int, frame: FrameType | None) -> None:
        again = control.reason in ("interrupt", "terminate")
        control.stop("terminate" if number == signal.SIGTERM else "interrupt")
        if again or control.asking:
            ours[signal.Signals(number)](number, frame)

    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def say_stopped(control: Control, report: TransferReport, how: str = GOES_ON) -> None:
    """Says that a transfer ended before its end, and how to go on.

    Args:
        control: What stopped it.
        report: What was done until then.
        how: How to go on.

    Raises:
        KeyboardInterrupt: It was Ctrl-C, or Terminated when it was SIGTERM; `report_of` gives the report.
    """
    if control.reason is None:
        return
    counts = report.counts
    there = counts["done"] + counts["skipped"]
    told = f"{control.why}; {there} of {len(report.outcomes)} files are complete; {how}"
    if control.reason in ("interrupt", "terminate"):
        error = (KeyboardInterrupt if control.reason == "interrupt" else Terminated)(told)
        vars(error)[_REPORT] = report
        raise error
    if report.why_stopped:  # whoever stopped it himself knows
        _log.log(DEBUG if control.reason == "asked" else INFO, "%s", told)
