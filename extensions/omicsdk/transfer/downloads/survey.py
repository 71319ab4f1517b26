"""The dry run: what a download would do with each file. Nothing is written, locked or asked of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from omicsdk.core.errors import ChecksumMissing, NotWritable, UnsafePath
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.downloads.known import recorded, skipped, usable
from omicsdk.transfer.downloads.room import bytes_needed, nearest_folder, no_room
from omicsdk.transfer.items import Item
from omicsdk.transfer.journals.journal import MISSING, Journal, PartState
from omicsdk.transfer.plan import cell_span
from omicsdk.transfer.reports.outcomes import Outcome, Outcomes


def survey(
    items: Iterable[Item],
    files: PartFiles,
    journal: Journal | None,
    folder: str,
    check: Callable[[str], None] | None = None,
    *,
    require_checksum: bool = False,
    unvalidated: bool = False,
) -> Outcomes:
    """Tells what would happen with each file.

    Args:
        items: The files, with names that were checked.
        files: Where files are.
        journal: What earlier runs left, None when there is nothing.
        folder: The target folder.
        check: Checks a name, where names come one by one.
        require_checksum: Whether a file fails that no checksum is stated for.
        unvalidated: As for `usable`.

    Returns:
        An outcome each: skipped (is there and recorded), planned (see its `plan`), or failed (something is in its way, or a
        checksum is required that isn't stated).

    Raises:
        NotWritable: Nothing can be written there.
        NoRoom: What is missing doesn't fit on the disk.
    """
    _check_folder(folder)
    outcomes, needed = Outcomes(), 0
    for number, item in enumerate(items):
        try:
            if check is not None:
                check(item.name)
            outcome = _foreseen(number, item, files, journal, unvalidated=unvalidated)
            if require_checksum and not (item.checksums or outcome.checksums):
                raise ChecksumMissing(item.title, name=item.name)
        except (UnsafePath, NotWritable, ChecksumMissing) as error:
            outcome = Outcome(item.name, "failed", item.size, error=error)
        if outcome.state == "planned":
            needed += bytes_needed(item, files)
        outcomes.put(number, outcome._replace(label=item.label))
    problem = no_room(needed, folder)
    if problem is not None:
        raise problem
    return outcomes


def _check_folder(folder: str) -> None:
    there = nearest_folder(folder)
    if os.path.lexists(folder) and there != folder:
        raise NotWritable(folder, "a file of that name exists")
    if not os.access(there, os.W_OK | os.X_OK):
        raise NotWritable(there, "this account cannot write there")


def _foreseen(number: int, item: Item, files: PartFiles, journal: Journal | None, *, unvalidated: bool) -> Outcome:
    """Follows the way of the verifier's look at what is there."""
    found = files.found(item.name)
    if found is not None and item.size in (None, found.st_size):
        known = recorded(journal, item, found) if journal is not None else None
        if known is not None:
            return skipped(item, found.st_size, known)
        if item.checksums:
            return Outcome(item.name, "planned", found.st_size, plan="check the existing file")
    record = usable(journal, item, unvalidated=unvalidated) if journal is not None else None
    job = Job(number, item, *files.paths(item.name))
    if record is not None and (files.part_length(job) is not None or (found and found.st_size == record.size)):
        kept = _kept(record)
        plan = f"resume: {kept:,} of {record.size:,} bytes are present"
        return Outcome(item.name, "planned", record.size, bytes_kept=kept, plan=plan)
    size = "a file of unknown size" if item.size is None else f"{item.size:,} bytes"
    instead = "" if found is None else ", replacing the existing file"
    return Outcome(item.name, "planned", item.size, plan=f"download {size}{instead}")


def _kept(record: PartState) -> int:
    spans = (cell_span(index, record.size) for index, crc in enumerate(record.cells) if crc != MISSING)
    return sum(end - start for start, end in spans)
