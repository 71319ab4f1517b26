"""Ctrl-C while an engine runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from omicsdk.transfer.control import Control


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
