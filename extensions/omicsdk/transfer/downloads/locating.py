"""Asks where files are, ahead of their turn: in threads, for the answer may take a call to a service."""

from __future__ import annotations

from collections.abc import Callable
from logging import getLogger

from omicsdk.core.errors import OmicsError, TransferError
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.arguments import a
from omicsdk.transfer.background import Pool
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.items import Location

_log = getLogger("omicsdk.transfer")


class Locators:
    """The threads that ask.

    Args:
        pool: They.
        located: Is told of a job and where its file is.
        failed: Is told of a job whose file can't be located.
    """

    def __init__(
        self, pool: Pool, located: Callable[[Job, Location], None], failed: Callable[[Job, OmicsError], None]
    ) -> None:
        self._pool = pool
        self._told = located
        self._failed = failed

    @property
    def waiting(self) -> int:
        """How many answers are awaited."""
        return self._pool.waiting

    def locate(self, job: Job) -> None:
        """Finds out where a job's file is."""
        locate = job.item.locate
        if isinstance(locate, Location):
            self._located(job, locate)
            return
        job.locating = True
        self._pool.submit(
            locate, lambda location: self._located(job, location), lambda error: self._not_located(job, error)
        )

    def close(self, patience: float) -> None:
        """Ends the threads; see `Pool.close`."""
        self._pool.close(patience)

    def _located(self, job: Job, location: object) -> None:
        if job.over:
            return
        job.locating = False
        if isinstance(location, Location):
            self._told(job, location)
            return
        said = f"{job.item.title}: its locate gave {a(location)}, not a Location"
        self._failed(job, TransferError(said, name=job.item.name, remedy="Have it give a Location(url)."))

    def _not_located(self, job: Job, error: Exception) -> None:
        if job.over:
            return
        if not isinstance(error, OmicsError):
            _log.debug("%s: locate failed", job.item.title, exc_info=error)
            said = mask_text(repr(error))
            error = TransferError(f"{job.item.title}: asking for its URL failed: {said}", name=job.item.name)
        self._failed(job, error)
