"""What a journal knows of a file that is there, or of the part of one."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk.transfer.items import Item
from omicsdk.transfer.journals.journal import Journal, PartState
from omicsdk.transfer.requests import is_strong


def recorded(journal: Journal, item: Item, found: os.stat_result) -> Mapping[str, str] | None:
    """Tells whether a journal knows a file that is there as done.

    Args:
        journal: The journal.
        item: What is wanted.
        found: What is there under its name.

    Returns:
        The checksums that were verified then; None when it isn't known, isn't the same, or more is stated by now.
    """
    done = journal.done(item.name)
    same = (
        done is not None
        and (item.size is None or done.size == item.size)
        and (done.size, done.mtime_ns) == (found.st_size, found.st_mtime_ns)
        and item.checksums.items() <= done.checksums.items()
    )
    return done.checksums if done is not None and same else None


def usable(journal: Journal, item: Item, *, unvalidated: bool) -> PartState | None:
    """What a journal has of a file's cells, where it is of the same source.

    Args:
        journal: The journal.
        item: What is wanted.
        unvalidated: Whether it is taken for that where nothing shows that it isn't; else a checksum or a strong validator has
            to tell.
    """
    record = journal.parts.get(item.name)
    if record is None or item.size not in (None, record.size) or dict(record.checksums) != dict(item.checksums):
        return None
    return record if unvalidated or is_strong(record.validator) or record.checksums else None
