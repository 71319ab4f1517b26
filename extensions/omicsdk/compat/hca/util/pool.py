"""`ThreadPool`, a pool of threads of which the end of all tasks can be awaited."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from omicsdk.compat.hca.util import DEFAULT_THREAD_COUNT


class ThreadPool:
    """Pool of threads.

    Args:
        num_threads: How many tasks run at once.

    Attributes:
        thread_failure: The exception of a task that failed; None without one.
    """

    def __init__(self, num_threads: int = DEFAULT_THREAD_COUNT) -> None:
        self._executor = ThreadPoolExecutor(num_threads)
        self._futures: list[Future[Any]] = []
        self.thread_failure: BaseException | None = None

    def add_task(self, func: Callable[..., Any], *args: Any, **kargs: Any) -> None:
        """Run a function in a thread."""
        self._futures.append(self._executor.submit(func, *args, **kargs))

    def wait_for_completion(self) -> None:
        """Wait for all tasks, including those that they add."""
        while self._futures:
            self.thread_failure = self._futures.pop(0).exception() or self.thread_failure
