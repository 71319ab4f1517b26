"""The documented TaskRunner: tasks in threads whose failures are told at the end."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

logger = logging.getLogger("omicsdk.hca.dss")


class TaskRunner:
    """Runs tasks in threads; tasks may submit further ones.

    Args:
        threads: How many run at once.
    """

    def __init__(self, threads: int = 2) -> None:
        self._executor = ThreadPoolExecutor(threads)
        self._futures: list[tuple[Any, Future[Any]]] = []
        self._errors = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()

    def submit(self, info: Any, task: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run a task.

        Args:
            info: What the task is about, for the log.
            task: What to call.
            args: Its positional arguments.
            kwargs: Its keyword arguments.
        """
        self._futures.append((info, self._executor.submit(task, *args, **kwargs)))

    def wait_for_futures(self) -> int:
        """Wait for all tasks, those that they submit too.

        Returns:
            How many failed so far.
        """
        while self._futures:
            info, future = self._futures.pop(0)
            error = future.exception()
            if error is not None:
                self._errors += 1
                logger.warning("Download task failed: %s: %s", info, error)
        return self._errors

    def raise_if_errors(self) -> None:
        """Wait for all tasks, and raise when any failed.

        Raises:
            RuntimeError: Saying how many.
        """
        if self.wait_for_futures():
            raise RuntimeError(f"{self._errors} download task(s) failed.")
