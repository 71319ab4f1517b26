"""Waiting for another process that has the journal of the same transfer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from logging import getLogger
from typing import TypeVar

from omicsdk.core.clock import Clock
from omicsdk.core.errors import FolderBusy, Interrupted
from omicsdk.transfer.control import TICK, Control
from omicsdk.transfer.interrupts import Terminated

J = TypeVar("J")

_log = getLogger("omicsdk.transfer")


def opened(
    open_journal: Callable[[Callable[[], bool]], J],
    doing: str,
    stop: threading.Event | None,
    control: Control,
    clock: Clock,
    *,
    patient: bool,
) -> J:
    """Opens a journal; while another process has it, waits for that, and says so once.

    Args:
        open_journal: Opens it; calls its argument while it is busy, which waits a moment and returns False to give up.
        doing: What the other process is doing, in words.
        stop: Ends the waiting when it is set.
        control: So does this.
        clock: Waits.
        patient: Whether to wait at all.

    Returns:
        The journal.

    Raises:
        FolderBusy: Another process has it, and it isn't waited for.
        Interrupted: The waiting was stopped, or its time was over.
        KeyboardInterrupt: It was interrupted.
    """
    told = False

    def waits() -> bool:
        nonlocal told
        if not patient or control.over(clock.monotonic(), stop):
            return False
        if not told:
            told = True
            _log.warning("another process is %s, waiting for it to end", doing)
        clock.sleep(TICK)
        return True

    try:
        return open_journal(waits)
    except FolderBusy as error:
        if control.reason in ("interrupt", "terminate"):
            raise (KeyboardInterrupt if control.reason == "interrupt" else Terminated) from None
        if control.stopped:
            raise Interrupted(f"{error.message}, and {control.why} while waiting for its end") from error
        raise
