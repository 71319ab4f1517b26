"""A pause of the cyclic garbage collector while one large answer is decoded.

Collector passes are two thirds of the time of decoding many small objects, none of which is garbage. A pause is
process-wide, so the pauses of all threads are counted, and the last one restores what the first one found.
"""

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

PAUSE_FROM = 1 << 18
"""Bytes of a body from which on a pause pays: pages of a thousand records are that long."""

enabled = True
"""Set to False to never pause."""

_lock = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def paused_for(size: int) -> Generator[None]:
    """Pause the collector for a body of `size` bytes, if that pays."""
    if not enabled or size < PAUSE_FROM:
        yield
        return
    global _pauses, _was_enabled
    with _lock:
        if _pauses == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                _settle()
                gc.enable()


def _settle() -> None:
    """Count what was made during the pause among the old objects, or the next young pass would walk through all of it.

    Freezing and thawing moves lists, not objects. Where somebody froze objects for good, nothing is thawed.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
