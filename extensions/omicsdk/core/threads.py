"""Worker pools: daemon threads that make calls for a loop or for callers."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from omicsdk.core.clock import TICK, never
from omicsdk.core.closing import Closing
from omicsdk.core.errors import Interrupted, OmicsError

if TYPE_CHECKING:
    from concurrent.futures import Future
    from queue import SimpleQueue

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")


def usable_cores() -> int:
    """Return how many processors this process may use: `taskset`, Slurm and cpusets of containers allow some of the machine's."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class _Threads:
    """Threads that are started on demand."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._queue: SimpleQueue[Callable[[], None] | None] | None = None  # created for the first task
        self._threads: list[threading.Thread] = []

    def _put(self, task: Callable[[], None], thread_count: int) -> None:
        """Submit a task, starting threads as needed for a number of tasks."""
        if self._queue is None:
            from queue import SimpleQueue

            self._queue = SimpleQueue()
        # Daemon threads: a call that never returns must not keep the interpreter from exiting.
        if len(self._threads) < min(thread_count, self._limit):
            name = f"{self._name}-{len(self._threads)}"
            thread = threading.Thread(target=self._run, args=(self._queue,), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads: those that there are do it
                if not self._threads:
                    raise
            else:
                self._threads.append(thread)
        # With the context variables of the caller, such as the stop of its workflow.
        self._queue.put(partial(copy_context().run, task))

    def _end(self) -> None:
        """End the threads after the queued tasks."""
        if self._queue is not None:
            for _ in self._threads:
                self._queue.put(None)

    def _run(self, queue: SimpleQueue[Callable[[], None] | None]) -> None:
        while (task := queue.get()) is not None:
            task()


class Workers(_Threads, Closing):
    """Daemon threads that make calls; use it in a `with` block, at whose end they accept no more.

    Args:
        count: Maximum number of concurrent calls.
        name: The name of the threads.
    """

    def __init__(self, count: int, name: str) -> None:
        super().__init__(name, count)
        self._closed = False

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit a call.

        Args:
            function: The function.
            *args: Its arguments.
            **kwargs: Its keyword arguments.

        Returns:
            Its future; `result()` raises the call's exception. It is cancelled if the pool is closed.
        """
        from concurrent.futures import Future  # which imports logging: no small transfer needs it

        future = Future[T]()

        def run() -> None:
            # Queued calls are cancelled here, in their turn: their futures end, and nobody waits for them.
            if self._closed or not future.set_running_or_notify_cancel():
                future.cancel()
                return
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self._put(run, len(self._threads) + 1)
        if self._closed:  # the threads may have ended before they came to it
            future.cancel()
        return future

    def map(self, function: Callable[[A], T], arguments: Iterable[A]) -> Iterator[T]:
        """Call a function with each of several arguments.

        Args:
            function: The function.
            arguments: One argument per call.

        Returns:
            The results, in the order of the arguments.
        """
        futures = [self.submit(function, argument) for argument in arguments]
        return (future.result() for future in futures)

    def all_do(self, task: Callable[[], None]) -> None:
        """Have each thread do the same.

        Args:
            task: What they do; it raises nothing.
        """
        for number in range(self._limit):
            self._put(task, number + 1)

    def close(self) -> None:
        """Accept no more calls; queued ones are dropped, and running ones are not waited for."""
        self._closed = True
        self._end()


#: Most concurrent calls.
AT_ONCE = 16


def ended(call: Future[Any], stopped: Callable[[], bool]) -> bool:
    """Wait for the end of a call; a stop ends the wait.

    Args:
        call: The call.
        stopped: Returns whether to stop; called ten times a second.

    Returns:
        Whether the call has ended.
    """
    from concurrent.futures import wait

    while not call.done() and not stopped():
        wait([call], TICK)
    return call.done()


def _drained(waiting: deque[T]) -> Iterator[T]:
    """Take items until none is left; each goes to one of the threads that iterate over it."""
    # No future for each call: thousands of them cost more than the short calls that they represent.
    with suppress(IndexError):
        while True:
            yield waiting.popleft()


def side_by_side(
    call: Callable[[A], T], arguments: Sequence[A], stopped: Callable[[], bool] = never
) -> Iterator[T | OmicsError]:
    """Call a function with each of several arguments, concurrently.

    Args:
        call: The function.
        arguments: One argument per call.
        stopped: Returns whether to stop; called ten times a second.

    Yields:
        For each argument, in order, the result, or the error that the call raised; Interrupted for those that a stop
        skipped.
    """
    from queue import Empty, SimpleQueue

    left, results = deque(enumerate(arguments)), SimpleQueue[tuple[int, T | BaseException]]()
    by_number = dict[int, T | BaseException]()

    def work() -> None:
        for number, argument in _drained(left):
            try:
                end = call(argument)
            except BaseException as error:
                end = error
            results.put((number, end))

    try:
        # Results are read after the block: its end only says that no more calls are accepted.
        with Workers(min(AT_ONCE, len(arguments)), "calls") as pool:
            pool.all_do(work)  # the threads end after the last call, whether or not its result is read
        for number in range(len(arguments)):
            while number not in by_number and not stopped():
                with suppress(Empty):
                    position, end = results.get(timeout=TICK)
                    by_number[position] = end
            # A result that has arrived is dropped after a stop too: the caller gets one kind of error from here on.
            if number not in by_number or stopped():
                yield Interrupted("Stopped before this request")
                continue
            end = by_number.pop(number)
            if isinstance(end, BaseException) and not isinstance(end, OmicsError):
                raise end
            yield end
    finally:
        left.clear()  # no further call begins


def in_threads(function: Callable[[A], T], arguments: Sequence[A], threads: int, name: str = "calls") -> list[T]:
    """Call a function with each of several objects, concurrently.

    Args:
        function: The function; it may block.
        arguments: One argument per call.
        threads: Maximum number of concurrent calls; 1 or more.
        name: The name of the threads.

    Returns:
        The results, in the order of the objects.

    Raises:
        BaseException: The error of the first call that failed; no further call starts then, and running ones are waited
            for, except after Ctrl-C.
    """
    if len(arguments) < 2:
        return [function(argument) for argument in arguments]
    from concurrent.futures import wait

    waiting = deque(enumerate(arguments))
    results: dict[int, T] = {}
    failures: list[BaseException] = []

    def work() -> None:
        for number, argument in _drained(waiting):
            try:
                results[number] = function(argument)
            except BaseException as error:
                failures.append(error)
                waiting.clear()

    count = min(threads, len(arguments))
    with Workers(count, name) as pool:
        # Futures end only when all threads have: after a failure, running calls are awaited, and no further one begins.
        try:
            wait([pool.submit(work) for _ in range(count)])
        finally:
            waiting.clear()  # after Ctrl-C, too
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(arguments))]


class Inbox:
    """Messages from other threads to the engine's: functions that it calls in its next round.

    Args:
        wake: Ends the engine's wait; callable from any thread.

    Attributes:
        filled: Whether a message was put since the last delivery. It is set after the message, and the wake-up follows:
            an engine that reads False is woken for what it has missed.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._messages = deque[Callable[[], None]]()
        self.filled = False

    def put(self, message: Callable[[], None]) -> None:
        """Put a message; callable from any thread."""
        # Without a lock: `append` and `popleft` are atomic, and there is one reader.
        self._messages.append(message)
        if not self.filled:  # waking is a system call, and yields the interpreter
            self.filled = True
            self._wake()

    def deliver(self) -> None:
        """Call all messages; in the engine's thread."""
        self.filled = False  # before reading: a later message wakes again
        while self._messages:
            self._messages.popleft()()


def here(task: Callable[[], T], on_result: Callable[[T], None], on_error: Callable[[Exception], None]) -> None:
    """Run a task that takes less time than submitting it to a `Pool`; in the engine's thread.

    Args:
        task: The task; it must not block.
        on_result: Called with its result.
        on_error: Called with its exception.
    """
    try:
        result = task()
    except Exception as error:  # as of a task in a thread
        on_error(error)
    else:
        on_result(result)


class Pool(_Threads):
    """Threads that work for the engine's, as many as there is work for and as are allowed.

    Args:
        name: What the threads are called.
        threads: Maximum number of results, 1 or more.
        inbox: Where results go.

    Attributes:
        waiting: Tasks that were submitted and whose results have not been delivered.
    """

    def __init__(self, name: str, threads: int, inbox: Inbox) -> None:
        super().__init__(name, threads)
        self.waiting = 0
        self._inbox = inbox

    def submit(
        self, task: Callable[[], T], on_result: Callable[[T], None], on_error: Callable[[Exception], None]
    ) -> None:
        """Submit a task; from the engine's thread.

        Args:
            task: Runs in one of the threads.
            on_result: Called with its result in the engine's thread.
            on_error: Called with its exception in the engine's thread.
        """
        self.waiting += 1

        def run() -> None:
            try:
                notify = partial(on_result, task())
            except Exception as error:  # whatever it is, the engine decides, not this thread
                notify = partial(on_error, error)
            except BaseException as error:  # such as sys.exit() in a user's function: the engine would wait forever
                ended = RuntimeError(f"the call was ended by {error!r}")
                # Set here, since nothing is raised: the report still shows where the call ended.
                ended.__cause__ = error
                notify = partial(on_error, ended)

            def deliver() -> None:
                # In the engine's thread, like the count above it, so that it needs no lock.
                self.waiting -= 1
                notify()

            self._inbox.put(deliver)

        # As many threads as there are tasks without a delivered result, up to the limit.
        self._put(run, self.waiting)

    def close(self, patience: float) -> None:
        """End the threads after their current calls; calls that have not begun are dropped.

        Args:
            patience: Total seconds to wait for them; slower threads end in the background.
        """
        if self._queue is None:
            return
        from queue import Empty

        # What is queued is taken out first; otherwise the threads would run it before they meet the end.
        with suppress(Empty):
            while True:
                self._queue.get_nowait()
        self._end()
        for thread in self._threads:
            thread.join(patience)
            # One patience for all: after a thread that did not end in time, the others are not waited for.
            patience = 0.0 if thread.is_alive() else patience
