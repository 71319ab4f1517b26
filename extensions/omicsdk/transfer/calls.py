"""Calls to servers side by side, which a stop ends at once: nobody waits for a silent server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from typing import TypeVar

from omicsdk.core.errors import Interrupted, OmicsError
from omicsdk.transfer.control import TICK
from omicsdk.transfer.workers import Workers

A = TypeVar("A")
T = TypeVar("T")

AT_ONCE = 16
"""Calls that are under way at once."""


def never() -> bool:
    """Doesn't stop anything."""
    return False


def side_by_side(
    call: Callable[[A], T], arguments: Sequence[A], stopped: Callable[[], bool] = never
) -> Iterator[T | OmicsError]:
    """Makes a call for each of several arguments.

    Args:
        call: What is called.
        arguments: What with, one a call.
        stopped: Tells whether to stop; asked ten times a second.

    Yields:
        For each argument, in their order, the result, or the error that the call raised; Interrupted for those that a stop
        left out.
    """
    with Workers(min(AT_ONCE, len(arguments)), "calls") as pool:
        futures = [pool.submit(call, argument) for argument in arguments]
        futures.reverse()
        while futures:
            future = futures.pop()  # and its result with it, as soon as it is taken
            while not future.done() and not stopped():
                wait([future], TICK)
            if not future.done() or stopped():
                yield Interrupted("It was stopped before that was asked")
                continue
            try:
                yield future.result()
            except OmicsError as error:
                yield error
