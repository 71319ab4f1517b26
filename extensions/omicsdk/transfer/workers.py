"""Calls to a service in threads that nobody waits for when a workflow is stopped.

The standard library's executor is waited for when the interpreter ends: Ctrl-C would last as long as a silent server is
listened to.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Daemon threads that make calls; use it in a `with` block, at whose end they take no more.

    Args:
        count: How many calls are under way at once.
        name: What the threads are called.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._queue = SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]()
        self._threads = 0
        self._closed = False

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Has a call made.

        Args:
            function: What is called.
            *args: Its arguments.
            **kwargs: Those that it takes by name.

        Returns:
            Its future; what the call raises is raised by `result()`.
        """
        future = Future[T]()
        self._queue.put((future, partial(function, *args, **kwargs)))
        if self._threads < self._count:
            self._threads += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        return future

    def map(self, function: Callable[[A], T], arguments: Iterable[A]) -> Iterator[T]:
        """Makes a call for each of several arguments.

        Args:
            function: What is called.
            arguments: What with, one a call.

        Returns:
            The results, in the order of the arguments.
        """
        futures = [self.submit(function, argument) for argument in arguments]
        return (future.result() for future in futures)

    def close(self) -> None:
        """Takes no more calls; those that haven't begun never do, and those under way aren't waited for."""
        self._closed = True
        for _ in range(self._threads):
            self._queue.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            future, call = entry
            if self._closed or not future.set_running_or_notify_cancel():
                future.cancel()
                continue
            try:
                result = call()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
