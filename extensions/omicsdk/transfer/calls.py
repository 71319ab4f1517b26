"""Calls to servers side by side, which a stop ends at once: nobody waits for a silent server."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
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
                yield Interrupted("It was stopped before this request")
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

    waiting = deque(enumerate(things))
    results: dict[int, T] = {}
    failures: list[BaseException] = []

    def work() -> None:
        # A future a thread and not one a thing: thousands of futures cost more than the short calls that they stand for.
        while waiting and not failures:
            try:
                number, thing = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[number] = function(thing)
            except BaseException as error:
                failures.append(error)

    count = min(threads, len(things))
    with Workers(count, name) as pool:
        try:
            wait([pool.submit(work) for _ in range(count)])
        finally:
            waiting.clear()  # after Ctrl-C, too
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(things))]
