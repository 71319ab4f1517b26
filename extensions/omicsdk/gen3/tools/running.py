"""How the documented coroutines run: the engine in a thread, stopped in order when its task is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import TypeVar

from omicsdk.core.errors import Interrupted

T = TypeVar("T")


async def in_thread(engine: Callable[[Event], T]) -> T:
    """Runs an engine in a thread.

    Args:
        engine: Takes what ends it, when that is set.

    Returns:
        What it gives.

    Raises:
        asyncio.CancelledError: The task was cancelled; the engine has ended then.
    """
    stop = Event()
    running = asyncio.ensure_future(asyncio.to_thread(engine, stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        with suppress(Interrupted):
            await running
        raise
