"""What is known of a file that is there, or of the part of one: by the journal, and in the words of its outcome."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk.transfer.items import Item
from omicsdk.transfer.journals.journal import Journal, PartState
from omicsdk.transfer.reports.outcomes import Outcome, verification_of
from omicsdk.transfer.requests import is_strong, validator_words


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


def words(checksums: Mapping[str, str], validator: str | None, *, size: int | None, open_ended: bool = False) -> str:
    """Says what a file's bytes were compared with.

    Args:
        checksums: What the platform states.
        validator: The ETag or date that the server told, as in a verdict, "" when it told none; None when it wasn't asked.
        size: The size that the platform states, None when it doesn't.
        open_ended: Whether the server told no length either.
    """
    if checksums:
        return ", ".join(checksums)
    compared = ["size" if size is not None else "end of the body" if open_ended else "length of the answer"]
    if validator:
        compared.append(validator_words(validator).partition(" ")[2])
    lacking = "no checksum" if size is not None else "neither size nor checksum"
    told = ", and the server neither ETag nor date" if validator == "" else ""
    return f"{' and '.join(compared)} only: the platform states {lacking}{told}"


def skipped(item: Item, size: int, known: Mapping[str, str]) -> Outcome:
    """The outcome of a file that is at its target already and recorded.

    Args:
        item: The file.
        size: Its size in bytes.
        known: The checksums that were verified when it came.
    """
    return Outcome(
        item.name,
        "skipped",
        size,
        checksums=known,
        verified=words(known, None, size=item.size),
        verification=verification_of(known, item.size),
    )
