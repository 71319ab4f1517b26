"""The committer of transfers into stores: puts verified files from the spool folder, and records them."""

from __future__ import annotations

import os
from logging import getLogger

from omicsdk.core.errors import TransferError
from omicsdk.transfer.background import Inbox, Pool
from omicsdk.transfer.downloads.commit import Landing
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.stores.store import Store

_log = getLogger("omicsdk.transfer")

#: Seconds that running puts have when a transfer is stopped; those that take longer end by themselves, unrecorded.
GRACE = 1.0


class StoreCommitter:
    """Does for a store what `downloads.commit.Committer` does for a folder.

    Args:
        store: The store.
        journal: Where done-records go.
        inbox: Where results go.
    """

    def __init__(self, store: Store, journal: Journal, inbox: Inbox) -> None:
        self._store = store
        self._journal = journal
        self._pool = Pool("omicsdk-put", store.target.puts, inbox)

    def land(self, landing: Landing) -> None:
        """Has a verified file put; from the engine's thread."""

        def failed(error: Exception) -> None:
            if not isinstance(error, TransferError):
                raise error
            landing.landed(error)

        self._pool.submit(lambda: self._put(landing), lambda _: landing.landed(None), failed)

    def push(self, *, now: bool) -> None:
        """Does nothing: files are put as soon as they are there."""

    def close(self) -> None:
        """Ends the threads; what nobody has begun to put stays in the spool folder for the next run."""
        self._pool.close(GRACE)

    def _put(self, landing: Landing) -> None:
        state = self._store.put(landing.name, landing.part or landing.final, landing.size, landing.checksums)
        try:
            self._journal.finish([(landing.name, state)])
        except OSError as error:
            raise TransferError(
                f"{landing.name} is there, but can't be recorded in {self._journal.path}: {error.strerror}",
                name=landing.name,
                remedy="Make the journal writable; the next run checks the file again.",
            ) from error
        if landing.part is not None:
            try:
                os.unlink(landing.part)
            except OSError as error:  # the file is where it belongs; its copy only takes room
                _log.warning("%s can't be removed: %s", landing.part, error.strerror)
