"""Whether copies are what their platform states, and whether a platform's own bytes are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from omicsdk.core.errors import ChecksumMismatch, OmicsError
from omicsdk.fs.comparing import STRONGEST, common_checksum
from omicsdk.fs.copying import batches
from omicsdk.fs.entry import Entry
from omicsdk.fs.selecting import Selected
from omicsdk.fs.store import Store
from omicsdk.transfer import Control, Outcome, Progress, download
from omicsdk.transfer.calls import side_by_side
from omicsdk.transfer.hashing import checksums_of

State = Literal["right", "wrong", "missing", "size only", "unknown", "failed"]

#: States that need no attention. A size alone proves little, but there is nothing better where no checksum is stated.
GOOD: frozenset[State] = frozenset({"right", "size only"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a file.

    Attributes:
        name: Its path below what was verified.
        state: `right` and `wrong` by a checksum (or a size that differs); `missing` in the copy; `size only` where sizes are
            equal and no checksum is stated; `unknown` where not even a size is; `failed` where it couldn't be read.
        why: By what, or why not.
    """

    name: str
    state: State
    why: str

    @property
    def is_good(self) -> bool:
        """Whether it needs no attention."""
        return self.state in GOOD


def judge(name: str, source: Entry, copy: Entry | None, computed: Mapping[str, str]) -> Verdict:
    """Says whether a copy is what its source states.

    Args:
        name: What to call it.
        source: The file that counts.
        copy: Its copy; None where there is none.
        computed: Checksums of the copy's bytes that were computed; what it states is taken beside them.
    """
    if copy is None:
        return Verdict(name, "missing", "isn't there")
    if source.size is not None and copy.size is not None and source.size != copy.size:
        return Verdict(name, "wrong", f"{copy.size} bytes, not {source.size}")
    both = {**copy.checksums, **computed}
    for algorithm in STRONGEST:
        if algorithm in source.checksums and algorithm in both:
            stated, found = source.checksums[algorithm], both[algorithm]
            if stated == found:
                return Verdict(name, "right", algorithm)
            if algorithm != "s3_etag":
                return Verdict(name, "wrong", f"its {algorithm} is {found}, not {stated}")
    if source.size is None or copy.size is None:
        return Verdict(name, "unknown", "neither size nor checksum is stated")
    return Verdict(name, "size only", "no checksum is stated that could be compared")


def verify_copies(
    source: Mapping[str, Selected],
    copies: Mapping[str, Selected],
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Verdict]:
    """Holds copies against what is stated of their sources; files of this machine are read, platforms are believed.

    Args:
        source: The files that count, by name.
        copies: Their copies, by name.
        stopped: Tells whether to stop; asked ten times a second.

    Yields:
        A verdict for each file of the source, in order.
    """

    def verdict(name: str) -> Verdict:
        wanted, copy = source[name].entry, copies.get(name)
        return judge(name, wanted, copy.entry if copy else None, _computed(wanted, copy))

    names = list(source)
    for name, found in zip(names, side_by_side(verdict, names, stopped), strict=True):
        yield Verdict(name, "failed", str(found)) if isinstance(found, OmicsError) else found


def _computed(source: Entry, copy: Selected | None) -> dict[str, str]:
    """The checksum of a copy's bytes that its source states, where they are on this machine and have the right size."""
    if copy is None or copy.uri.scheme != "file" or common_checksum(source, copy.entry):
        return {}
    algorithm = next((name for name in STRONGEST if name in source.checksums), "")
    if not algorithm or copy.entry.size is None or source.size not in (None, copy.entry.size):
        return {}
    try:
        return checksums_of(copy.uri.path, [algorithm], copy.entry.size)
    except OSError as error:
        raise OmicsError(f"{copy.uri} can't be read: {error.strerror or error}") from error


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
        spool: The folder for them; by default the system's temporary one.
        control: Stops, limits the rate, bounds the time.
        progress: Called a few times a second.

    Yields:
        A verdict for each file, in order.
    """
    for batch in batches(files, room):
        with tempfile.TemporaryDirectory(prefix="omics-", dir=spool) as folder:
            items = [store.item(file.entry, str(number)) for number, file in enumerate(batch)]
            report = download(items, Path(folder), control=control, progress=progress)
            for file, outcome in zip(batch, report.outcomes, strict=True):
                yield _fetched(file, outcome)


def _fetched(file: Selected, outcome: Outcome) -> Verdict:
    if isinstance(outcome.error, ChecksumMismatch):
        return Verdict(file.name, "wrong", str(outcome.error))
    if outcome.state != "done":
        return Verdict(file.name, "failed", str(outcome.error or "it was stopped"))
    if outcome.checksums:
        return Verdict(file.name, "right", ", ".join(outcome.checksums))
    return Verdict(file.name, "size only" if file.entry.size is not None else "unknown", "no checksum is stated")
