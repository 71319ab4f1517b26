"""Calls to servers side by side, which a stop ends at once: nobody waits for a silent server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from typing import Any, TypeVar

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


def ended(call: Future[Any], stopped: Callable[[], bool]) -> bool:
    """Wait for the end of a call; a stop ends the wait.

    Args:
        call: The call.
        stopped: Whether to stop; asked ten times a second.

    Returns:
        Whether the call has ended.
    """
    while not call.done() and not stopped():
        wait([call], TICK)
    return call.done()


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
            if not ended(future, stopped) or stopped():
                yield Interrupted("It was stopped before that was asked")
                continue
            try:
                yield future.result()
            except OmicsError as error:
                yield error


def in_threads(function: Callable[[A], T], things: Sequence[A], threads: int, name: str = "calls") -> list[T]:
    """Call a function with each of several things, several at once.

    Args:
        function: What is called; it may block.
        things: What with.
        threads: How many at once, at most; 1 or more.
        name: The name of the threads.

    Returns:
        The results, in the order of the things.

    Raises:
        BaseException: What the first call that failed raised; no further one is begun then, and those under way are
            waited for. After Ctrl-C they aren't.
    """

    def called(thing: A) -> T:
        try:
            return function(thing)
        except BaseException:
            pool.close()  # before any worker takes the next one
            raise

    with Workers(min(threads, len(things)), name) as pool:
        calls = [pool.submit(called, thing) for thing in things]
        wait(calls, return_when=FIRST_EXCEPTION)
        # Only a failure leaves calls to cancel; those under way may be writing a file.
        begun = [call for call in calls if not call.cancel()]
        wait(begun)
        return [call.result() for call in begun]
