"""One function over many things in several threads, without a queue entry and a future for each."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

A = TypeVar("A")
T = TypeVar("T")

#: Threads for reading and hashing files: hashlib and the system's calls let other threads run meanwhile.
THREADS = max(2, min(8, os.cpu_count() or 2))


def in_threads(function: Callable[[A], T], things: Sequence[A], *, threads: int = THREADS) -> list[T]:
    """Calls a function with each of several things, several at once.

    Args:
        function: What is called; it may block.
        things: What with.
        threads: How many at once, at most; 1 or more.

    Returns:
        The results, in the order of the things.

    Raises:
        BaseException: What the first call that failed raised; no further one is begun then, and those under way are
            waited for. After Ctrl-C they aren't.
    """
    results = cast("list[T]", [None] * len(things))
    waiting = deque(range(len(things)))
    failures: list[BaseException] = []

    def work() -> None:
        while not failures:
            try:
                number = waiting.popleft()
            except IndexError:
                return
            try:
                results[number] = function(things[number])
            except BaseException as error:
                failures.append(error)

    workers = [
        threading.Thread(target=work, name=f"crunch-{number}", daemon=True)
        for number in range(min(threads, len(things)))
    ]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    except BaseException:
        waiting.clear()
        raise
    if failures:
        raise failures[0]
    return results
