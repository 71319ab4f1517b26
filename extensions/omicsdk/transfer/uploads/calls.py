"""Calls of stores in threads: what comes of one counts only while its job is what it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from omicsdk.core.errors import OmicsError
from omicsdk.transfer.threads import Pool
from omicsdk.transfer.uploads.job import Job
from omicsdk.transfer.uploads.store import NoSuchUpload

T = TypeVar("T")


class Calls:
    """Has threads make calls.

    Args:
        pool: The threads.
        gone: Is told that the platform doesn't know a job's upload.
        trouble: Decides after an error whether a call is made again.
    """

    def __init__(
        self,
        pool: Pool,
        gone: Callable[[Job, OmicsError], None],
        trouble: Callable[[Job, Exception, Callable[[], None]], None],
    ) -> None:
        self._pool = pool
        self._gone = gone
        self._trouble = trouble

    def make(self, job: Job, call: Callable[[], T], then: Callable[[T], None]) -> None:
        """Has a thread make a call, again after an error that passes.

        Args:
            job: Whom it is for.
            call: Runs in the thread.
            then: Is given its result, in the engine's thread.
        """
        epoch = job.epoch

        def done(result: T) -> None:
            if epoch == job.epoch:
                then(result)

        def failed(error: Exception) -> None:
            if epoch != job.epoch:
                return
            if isinstance(error, NoSuchUpload):
                self._gone(job, error)
            else:
                self._trouble(job, error, lambda: self.make(job, call, then))

        self._pool.submit(call, done, failed)
