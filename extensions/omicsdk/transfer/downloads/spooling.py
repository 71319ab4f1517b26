"""Downloads into a store: the target folder is a spool then, and files are put from it instead of getting a final name."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from logging import getLogger

from omicsdk.core.errors import OmicsError, TransferError
from omicsdk.transfer.downloads.commit import Landing
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.hashing import Stopped
from omicsdk.transfer.items import Item
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.stores.store import Store, There
from omicsdk.transfer.threads import Inbox, Pool

#: How many objects are asked for at once.
LOOKS = 16
#: Seconds that running puts have when a transfer ends; those that take longer end by themselves, unrecorded.
GRACE = 10.0
#: So many when somebody waits for the end.
HURRY = 0.5

_log = getLogger("omicsdk.transfer")


class Spool:
    """Does for a store what the committer does for a folder, and looks for what is there. In the engine's thread.

    Args:
        store: The store.
        journal: Where done-records go.
        inbox: Where results go.
    """

    def __init__(self, store: Store, journal: Journal, inbox: Inbox) -> None:
        self._store = store
        self._journal = journal
        self._looks = Pool("omicsdk-look", LOOKS, inbox)
        self._puts = Pool("omicsdk-put", store.target.puts, inbox)
        self._closed = False
        self._words = dict[str, str]()  # of files that are there and whose outcome hasn't been told

    def has_room(self, jobs: Collection[Job]) -> bool:
        """Tells whether another file may be begun.

        Args:
            jobs: Those that are under way.
        """
        target = self._store.target
        return len(jobs) < target.spool_files and sum(job.size or 0 for job in jobs) < target.spool_bytes

    def look(self, item: Item, found: Callable[[There | None], None], failed: Callable[[OmicsError], None]) -> None:
        """Asks the store whether it has a file already.

        Args:
            item: The file.
            found: Is told what is there, None for nothing that could be kept.
            failed: Is told why the store can't be asked.
        """
        recorded = self._journal.done(item.name)

        def look() -> There | None:
            there = self._store.there(item, recorded, lambda: self._closed)
            if there is not None and there.fresh is not None:
                self._journal.finish([(item.name, there.fresh)])
            return there

        def looked(there: There | None) -> None:
            if there is None and recorded is not None:
                try:
                    self._journal.forget(item.name)
                except OmicsError as error:
                    failed(error)
                    return
            if there is not None:
                self._words[item.name] = "read again" if there.fresh is not None else "unchanged since it was written"
            found(there)

        def not_looked(error: Exception) -> None:
            if isinstance(error, OSError):
                failed(TransferError(f"{self._journal.path} cannot be written: {error.strerror}", name=item.name))
            elif isinstance(error, OmicsError):
                failed(error)
            elif not isinstance(error, Stopped):
                raise error

        self._looks.submit(look, looked, not_looked)

    def land(self, landing: Landing) -> None:
        """Has a verified file put."""

        def failed(error: Exception) -> None:
            if not isinstance(error, TransferError):
                raise error
            landing.landed(error)

        def done(held: str) -> None:
            self._words[landing.name] = held
            landing.landed(None)

        self._puts.submit(lambda: self._put(landing), done, failed)

    def words(self, name: str) -> str:
        """Says what the object in the store was held against; once for each file."""
        return f"in the store: {self._words.pop(name, 'nothing')}"

    def push(self, *, now: bool) -> None:
        """Does nothing: files are put as soon as they are verified."""

    def close(self, *, hurry: bool = False) -> None:
        """Ends the threads; what nobody has begun to put stays in the spool folder for the next run.

        Args:
            hurry: To wait for running puts for a moment only.
        """
        self._closed = True
        self._looks.close(0.1)
        self._puts.close(HURRY if hurry else GRACE)

    def _put(self, landing: Landing) -> str:
        state, held = self._store.put(landing.name, landing.part or landing.final, landing.size, landing.checksums)
        try:
            self._journal.finish([(landing.name, state)])
        except OSError as error:
            raise TransferError(
                f"{landing.name} was written, but cannot be recorded in {self._journal.path}: {error.strerror}",
                name=landing.name,
                remedy="Make the journal writable; the next run checks the file again.",
            ) from error
        if landing.part is not None:
            try:
                os.unlink(landing.part)
            except OSError as error:  # the file is where it belongs; its copy only takes room
                _log.warning("%s cannot be removed: %s", landing.part, error.strerror)
        return held
