"""Ctrl-C while an engine runs, and what is said when a transfer was stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from logging import getLogger
from types import FrameType
from typing import TYPE_CHECKING

from omicsdk.transfer.control import Control

if TYPE_CHECKING:
    from omicsdk.transfer.reports.report import TransferReport

#: How to go on with a transfer that has a journal.
GOES_ON = "the same call goes on where this one ended"

_log = getLogger("omicsdk.transfer")


@contextmanager
def interrupts(control: Control) -> Generator[None]:
    """Makes Ctrl-C end a transfer in order: an exception in the midst of a callback would be lost in libcurl.

    A second one is raised at once. Handlers that the program set itself are left alone, and so are other threads.

    Args:
        control: What the engine asks.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if control.reason == "interrupt":
            signal.default_int_handler(number, frame)
        control.stop("interrupt")

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def say_stopped(control: Control, report: TransferReport, how: str = GOES_ON) -> None:
    """Says that a transfer ended before its end, and how to go on.

    Args:
        control: What stopped it.
        report: What was done until then.
        how: How to go on.

    Raises:
        KeyboardInterrupt: It was Ctrl-C.
    """
    if control.reason is None:
        return
    counts = report.counts
    there = counts["done"] + counts["skipped"]
    told = f"{control.why}; {there} of {len(report.outcomes)} files are there; {how}"
    if control.reason == "interrupt":
        raise KeyboardInterrupt(told)
    if report.why_stopped:
        _log.info(told)
