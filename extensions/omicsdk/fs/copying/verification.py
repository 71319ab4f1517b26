"""Whether copies are what their platform states, and whether a platform's own bytes are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from omicsdk.core.errors import ChecksumMismatch, OmicsError
from omicsdk.fs.copying.across import Spool, batches
from omicsdk.fs.copying.comparison import STRONGEST, Verdict, common_checksum, judge, stated
from omicsdk.fs.copying.fetching import FetchOptions, fetch
from omicsdk.fs.copying.planning import Selected
from omicsdk.fs.store import Entry, Store
from omicsdk.fs.uri import Uri
from omicsdk.transfer import Control, Outcome, Progress
from omicsdk.transfer.calls import side_by_side
from omicsdk.transfer.hashing import checksums_of


def verify_copies(
    source: Mapping[str, Selected],
    copies: Mapping[str, Selected],
    store_of: Callable[[Uri], Store],
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Verdict]:
    """Holds copies against what is stated of their sources; files of this machine are read, platforms are believed.

    Args:
        source: The files that count, by name.
        copies: Their copies, by name.
        store_of: Gives the store of a file, which is asked where its listing states no checksum.
        stopped: Tells whether to stop; asked ten times a second.

    Yields:
        A verdict for each file of the source, in order.
    """

    def verdict(name: str) -> Verdict:
        copy = copies.get(name)
        return (
            judge(name, source[name].entry, None)
            if copy is None
            else judge(name, *with_common_checksum(source[name], copy, store_of))
        )

    names = list(source)
    for name, found in zip(names, side_by_side(verdict, names, stopped), strict=True):
        yield Verdict(name, "failed", str(found)) if isinstance(found, OmicsError) else found


def with_common_checksum(first: Selected, second: Selected, store_of: Callable[[Uri], Store]) -> tuple[Entry, Entry]:
    """Gives two files a checksum of one kind, unless they differ in size anyway.

    Platforms are asked for single files, of which many tell more than of those that they list; what is on this machine is read.

    Args:
        first: One file.
        second: Another one.
        store_of: Gives the store of a file.

    Returns:
        Both as they are known then; as they were where one is elsewhere and states no checksum.

    Raises:
        OmicsError: One of them can't be read.
    """
    mine, other = first.entry, second.entry
    differ = mine.size is not None and other.size is not None and mine.size != other.size
    if differ or common_checksum(mine, other):
        return mine, other
    mine, other = (
        file.entry if file.uri.scheme == "file" else store_of(file.uri).look(file.entry.path)
        for file in (first, second)
    )
    known = {**stated(mine), **stated(other)}
    algorithm = next((name for name in STRONGEST if name in known), "")
    if not algorithm and first.uri.scheme == second.uri.scheme == "file":
        algorithm = "crc32c"
    return _with(first, mine, algorithm), _with(second, other, algorithm)


def _with(file: Selected, entry: Entry, algorithm: str) -> Entry:
    if not algorithm or algorithm in stated(entry) or file.uri.scheme != "file" or entry.size is None:
        return entry
    try:
        found = checksums_of(file.uri.path, [algorithm], entry.size)
    except OSError as error:
        raise OmicsError(f"{file.uri} can't be read: {error.strerror or error}") from error
    return replace(entry, checksums={**entry.checksums, **found})


def verify_bytes(
    files: Sequence[Selected],
    store: Store,
    *,
    room: int,
    spool: str | None = None,
    control: Control | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[Verdict]:
    """Fetches a platform's files and holds their bytes against what it states of them; nothing stays.

    Args:
        files: The files.
        store: The store that has them.
        room: Bytes that may lie on this machine at once; a larger file lies there alone.
        spool: The folder for them; by default one in the user's state folder.
        control: Stops, limits the rate, bounds the time.
        progress: Called a few times a second.

    Yields:
        A verdict for each file, in order.
    """
    if not files:
        return
    with Spool(spool, ["verify", os.urandom(12).hex()], str(files[0].uri)) as place:
        place.keep = False
        options = FetchOptions(control=control or Control(), progress=progress, journal=place.fetched)
        for batch in batches(files, min(room, place.room())):
            wanted = [(file.entry, str(number)) for number, file in enumerate(batch)]
            report = fetch(wanted, store, str(place.files), options)
            for file, outcome in zip(batch, report.outcomes, strict=True):
                yield _fetched(file, outcome)
            place.keep_only(())


def _fetched(file: Selected, outcome: Outcome) -> Verdict:
    if isinstance(outcome.error, ChecksumMismatch):
        return Verdict(file.name, "wrong", str(outcome.error))
    if outcome.state != "done":
        return Verdict(file.name, "failed", str(outcome.error or "it was stopped"))
    if outcome.verification == "verified":
        return Verdict(file.name, "verified", ", ".join(outcome.checksums))
    return Verdict(file.name, outcome.verification, "no checksum is stated")
