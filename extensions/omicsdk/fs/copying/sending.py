"""Putting files with a journal: what only the journal says has arrived is looked for, since it may be gone or another since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from omicsdk.core.errors import Interrupted
from omicsdk.fs.copying.comparing import STRONGEST, stated
from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import PathNotFound
from omicsdk.fs.store import Put, PutOptions, Store
from omicsdk.transfer import TransferReport
from omicsdk.transfer.calls import never, side_by_side
from omicsdk.transfer.reports.outcome import Verification


class Arrival(NamedTuple):
    """What is known of a file that arrived.

    Attributes:
        size: Its bytes; None where they were never known.
        checksums: Those that were computed or compared on its way.
        where: Its URI where its platform gave it a place of its own; empty where it is what was asked for.
        verification: What it was verified by on its whole way.
    """

    size: int | None
    checksums: Mapping[str, str]
    where: str = ""
    verification: Verification = "unverified"


def put_for_good(store: Store, puts: Sequence[Put], options: PutOptions, *, differing: bool = False) -> TransferReport:
    """Puts files.

    Args:
        store: Where to.
        puts: What goes where.
        options: How. Its journal is removed where a file isn't known to be there that it has.
        differing: Whether all are known to be other there, or not there, whatever the journal says.

    Returns:
        The outcome of each file, in order.

    Raises:
        OmicsError: As `Store.put`.
    """
    report = store.put(puts, options)
    if options.journal is None or store.puts_whole_folders or not options.overwrite:
        return report
    outcomes = list(report.outcomes)
    doubtful = [number for number, outcome in enumerate(outcomes) if outcome.state == "skipped"]
    if not doubtful:
        return report
    known = [(puts[number].path, Arrival(outcomes[number].size, outcomes[number].checksums)) for number in doubtful]
    stopped = never if options.control is None else lambda: options.control is not None and options.control.stopped
    there = side_by_side(lambda each: not differing and is_there(store, *each), known, stopped)
    gone: list[int] = []
    for number, found in zip(doubtful, there, strict=True):
        if isinstance(found, Interrupted):
            outcomes[number] = outcomes[number]._replace(state="stopped")
        elif found is not True:  # it is another, or nobody can say
            gone.append(number)
    if not gone:
        return TransferReport(
            outcomes,
            report.seconds,
            throughput=report.throughput,
            began=report.began,
            title=report.title,
            why_stopped=report.why_stopped,
        )
    Path(options.journal).unlink(missing_ok=True)
    again = store.put([puts[number] for number in gone], options)
    for number, outcome in zip(gone, again.outcomes, strict=True):
        outcomes[number] = outcome
    return TransferReport(
        outcomes,
        report.seconds + again.seconds,
        throughput=again.throughput,
        began=report.began,
        why_stopped=again.why_stopped,
    )


def is_taken(store: Store, path: str) -> bool:
    """Whether anything is there, a file or a folder.

    Args:
        store: Where.
        path: Its path.

    Raises:
        OmicsError: The platform can't be asked.
    """
    try:
        store.look(path)
    except PathNotFound:
        return False
    return True


def is_there(store: Store, path: str, told: Arrival) -> bool:
    """Whether a file that arrived is there still, as far as its platform states what is there.

    Args:
        store: Where.
        path: Its path.
        told: What is known of it.

    Raises:
        OmicsError: The platform can't be asked.
    """
    try:
        return is_that(store.look(path), told)
    except PathNotFound:
        return False


def is_that(found: Entry, told: Arrival) -> bool:
    """Whether a file is the one that arrived, as far as its platform states it.

    Args:
        found: What is there.
        told: What is known of the one that arrived.
    """
    if found.is_folder or (None not in (found.size, told.size) and found.size != told.size):
        return False
    # An ETag of other parts is another text for the same bytes.
    both = [name for name in STRONGEST if name != "s3_etag" and name in told.checksums and name in stated(found)]
    return all(told.checksums[name] == stated(found)[name] for name in both)
