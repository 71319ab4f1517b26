"""The differences between two trees of files, and the verification of copies by their platform's checksums."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from omicsdk.core.checksums import first_difference, likely_etags
from omicsdk.core.clock import never
from omicsdk.core.errors import ChecksumMismatch, OmicsError
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.threads import side_by_side
from omicsdk.fs.copying.planning import Selected
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Entry, Store, strongest
from omicsdk.fs.uris import Uri
from omicsdk.transfer import Outcome
from omicsdk.transfer.names import WORK_FOLDER

if TYPE_CHECKING:
    from omicsdk.transfer import Item

#: What files are compared by.
By = Literal["auto", "size", "checksum"]

#: Resolutions of times of change, in seconds, and the finest one. A float of today's time is off by half of that at most.
_PRECISIONS, _FINEST = (1.0, 1e-3), 1e-6

#: Why a file is different that is so by its time alone.
CHANGED = "changed since"


State = Literal["verified", "size only", "unverified", "wrong", "missing", "failed"]

#: States that need no attention. A size alone proves little, but it is all there is without a stated checksum.
GOOD: frozenset[State] = frozenset({"verified", "size only"})


class Differences:
    """What is needed to make a target equal to a source.

    Attributes:
        copy: Files that the target lacks or that differ.
        reasons: Why, by name.
        remove: Files that only the target has.
        source_count: The number of the source's files.
        target_count: The number of the target's files.
        same: The number of equal files.
        newer: The number of files that differ, and are kept because the target's are newer.
    """

    def __init__(self) -> None:
        self.copy: list[Selected] = []
        self.reasons: dict[str, str] = {}
        self.remove: list[Selected] = []
        self.source_count = self.target_count = self.same = self.newer = 0


#: A file of a source, and the target's file of the same name.
Both = tuple[Selected, Selected]

# Files of which more facts are requested together.
_AT_ONCE = 1000


def stated_checksums(entry: Entry) -> Mapping[str, str]:
    """Return the stated checksums of a file's bytes; the S3 ETag of an object in one part is its MD5.

    Args:
        entry: The file.
    """
    etag = entry.checksums.get("s3_etag", "-")
    return entry.checksums if "-" in etag or "md5" in entry.checksums else {**entry.checksums, "md5": etag}


def common_checksum(source: Entry, target: Entry) -> str:
    """The strongest algorithm that both state a checksum by; empty if there is none.

    Args:
        source: One file.
        target: Another one.
    """
    source_checksums, target_checksums = stated_checksums(source), stated_checksums(target)
    return strongest(source_checksums.keys() & target_checksums.keys())


def _agree(algorithm: str, source: Entry, copy: Entry) -> bool:
    return first_difference({algorithm: stated_checksums(source)[algorithm]}, stated_checksums(copy)) is None


def modify_window(*times: float) -> float:
    """Return how far modification times may differ and still are treated as equal: platforms keep them to the second, or
    finer.

    Args:
        times: In seconds since 1970; a whole number is treated as one of a platform that keeps seconds only.
    """
    return max(
        next((step for step in _PRECISIONS if abs(time - round(time / step) * step) < _FINEST / 2), _FINEST)
        for time in times
    )


def why_different(source: Entry, target: Entry, by: By = "auto", *, keeps_times: bool = False) -> str:
    """Return why two files differ, from their stated facts; empty if they do not.

    Args:
        source: The source.
        target: The target.
        by: `size` looks at sizes alone; `checksum` needs a checksum of both; `auto` takes checksums where both have
            one, and otherwise sizes and times.
        keeps_times: Whether a copy has the time of its source, so that any other time means another file; else only a
            source that changed after the target did.
    """
    if source.size is not None and target.size is not None and source.size != target.size:
        return f"{source.size} bytes, not {target.size}"
    if by == "size":
        return "" if source.size is not None and target.size is not None else "its size is not stated"
    algorithm = common_checksum(source, target) if source.checksums and target.checksums else ""
    if algorithm:
        return "" if _agree(algorithm, source, target) else f"another {algorithm}"
    if by == "checksum":
        return "no common checksum is known"
    if source.size is None or target.size is None:
        return "its size is not stated"
    if keeps_times:
        return "" if source.modified == target.modified else CHANGED
    return CHANGED if changed_after(source, target) else ""


def changed_after(file: Entry, other: Entry) -> bool:
    """Whether a file changed after another one, if both times are known and precise enough.

    Args:
        file: A file.
        other: Another one.
    """
    if file.modified is None or other.modified is None or file.modified <= other.modified:
        return False
    return file.modified - other.modified >= modify_window(file.modified, other.modified)


def differences(
    pairs: Iterable[Both | tuple[Selected, None] | tuple[None, Selected]],
    by: By = "auto",
    *,
    update: bool = False,
    keeps_times: bool = False,
    settle: Callable[[Sequence[Both]], Iterable[tuple[Entry, Entry]]],
) -> Differences:
    """Compare two trees; equal files are not kept in memory.

    Args:
        pairs: The files of both by name, None where one lacks it; each name once.
        by: See `why_different`.
        update: Whether to keep files of the target that are newer.
        keeps_times: See `why_different`.
        settle: Requests more facts about files that differ in times only, or about all common files if checksums are
            compared.
    """
    result = Differences()
    different: dict[int, tuple[Selected, str]] = {}  # by number, since what was doubtful is known later
    doubtful: dict[int, Both] = {}

    def judge(number: int, file: Selected, other: Selected, why: str) -> None:
        if not why:
            result.same += 1
        elif update and changed_after(other.entry, file.entry):
            result.newer += 1
        else:
            different[number] = file, why

    def judge_doubtful() -> None:
        if doubtful:
            for (number, pair), facts in zip(doubtful.items(), settle(list(doubtful.values())), strict=True):
                judge(number, *pair, why_different(*facts, by, keeps_times=keeps_times))
            doubtful.clear()

    for number, (file, other) in enumerate(pairs):
        result.source_count += file is not None
        result.target_count += other is not None
        if file is not None and other is not None:
            why = why_different(file.entry, other.entry, by, keeps_times=keeps_times)
            # If only times differ, the bytes may not: checksums, which take a request or reading the file, settle it.
            if why != CHANGED and by != "checksum":
                judge(number, file, other, why)
                continue
            doubtful[number] = file, other
            # In batches, since all files of a large tree may differ in times only.
            if len(doubtful) == _AT_ONCE:
                judge_doubtful()
        elif file is not None:
            different[number] = file, "missing at the target"
        elif other is not None:
            result.remove.append(other)
    judge_doubtful()
    result.copy += [different[number][0] for number in sorted(different)]
    result.reasons |= {file.name: why for file, why in different.values()}
    return result


def joined(
    source: Mapping[str, Selected], target: Mapping[str, Selected]
) -> Iterator[Both | tuple[Selected, None] | tuple[None, Selected]]:
    """Pair the files of two trees.

    Args:
        source: The source's files by name.
        target: The target's files by name.
    """
    for name, file in source.items():
        other = target.get(name)
        yield (file, None) if other is None else (file, other)
    yield from ((None, other) for name, other in target.items() if name not in source)


def merged(
    source: Iterable[Selected], target: Iterable[Selected]
) -> Iterator[Both | tuple[Selected, None] | tuple[None, Selected]]:
    """Pair the files of two trees that are listed in the order of their names, while they are listed.

    Args:
        source: The source's files.
        target: The target's files.
    """
    files, others = iter(source), iter(target)
    file, other = next(files, None), next(others, None)
    while file is not None or other is not None:
        if file is not None and (other is None or file.name < other.name):
            yield file, None
            file = next(files, None)
        elif other is not None and (file is None or other.name < file.name):
            yield None, other
            other = next(others, None)
        elif file is not None and other is not None:
            yield file, other
            file, other = next(files, None), next(others, None)


class Verdict(NamedTuple):
    """The result for one file.

    Attributes:
        name: Its path below the verified folder.
        state: `verified` and `wrong` by a checksum (or a size that differs); `missing` in the copy; `size only` if
            sizes are equal and no checksum is stated; `unverified` if not even a size is, or ETags of S3 differ;
            `failed` if it could not be read.
        why: The checksum, or the reason.
    """

    name: str
    state: State
    why: str

    @property
    def is_good(self) -> bool:
        """Whether it needs no attention."""
        return self.state in GOOD


def judge(name: str, source: Entry, copy: Entry | None) -> Verdict:
    """Verify a copy by what its source states.

    Args:
        name: Its name in the result.
        source: The source.
        copy: Its copy; None if there is none.
    """
    if copy is None:
        return Verdict(name, "missing", "not found")
    if source.size is not None and copy.size is not None and source.size != copy.size:
        return Verdict(name, "wrong", f"{copy.size} bytes, not {source.size}")
    if algorithm := common_checksum(source, copy):
        if _agree(algorithm, source, copy):
            return Verdict(name, "verified", algorithm)
        # An ETag of other parts is another text for the same bytes: it proves that files are equal, not that they are not.
        state: State = "unverified" if algorithm == "s3_etag" else "wrong"
        why = f"its {algorithm} is {stated_checksums(copy)[algorithm]}, not {stated_checksums(source)[algorithm]}"
        return Verdict(name, state, f"{why}: other bytes, or other parts" if state == "unverified" else why)
    if source.version and source.version == stated_checksums(copy).get(
        "md5"
    ):  # the ETag of a list, which may be an MD5 or not
        return Verdict(name, "verified", "md5")
    if source.size is None or copy.size is None:
        return Verdict(name, "unverified", "neither size nor checksum is stated")
    return Verdict(name, "size only", "no checksum is stated that could be compared")


def verify_copies(
    source: Mapping[str, Selected],
    copies: Mapping[str, Selected],
    store_of: Callable[[Uri], Store],
    *,
    stopped: Callable[[], bool] = never,
) -> Iterator[Verdict]:
    """Verify copies by what their sources state; files on this machine are read, platforms' statements are trusted.

    Args:
        source: The sources, by name.
        copies: Their copies, by name.
        store_of: Returns the store of a file, which is asked if its listing states no checksum.
        stopped: Whether to stop; called ten times a second.

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
    for name, result in zip(names, side_by_side(verdict, names, stopped), strict=True):
        yield Verdict(name, "failed", str(result)) if isinstance(result, OmicsError) else result


def with_common_checksum(first: Selected, second: Selected, store_of: Callable[[Uri], Store]) -> tuple[Entry, Entry]:
    """Find checksums of the same algorithm for two files, unless their sizes differ.

    Platforms are asked for single files, of which many state more than in a listing; what is on this machine is read.

    Args:
        first: One file.
        second: Another one.
        store_of: Returns the store of a file.

    Returns:
        Both with the new facts; unchanged if one is on a platform that states no checksum.

    Raises:
        OmicsError: One of them cannot be read.
    """
    mine, other = first.entry, second.entry
    differ = mine.size is not None and other.size is not None and mine.size != other.size
    if differ or common_checksum(mine, other):
        return mine, other
    mine, other = (
        file.entry if file.uri.scheme == "file" else store_of(file.uri).stat(file.uri.path) for file in (first, second)
    )
    checksums = {**stated_checksums(mine), **stated_checksums(other)}
    algorithm = strongest(checksums)
    if not algorithm and first.uri.scheme == second.uri.scheme == "file":
        algorithm = "crc32c"
    if not algorithm:
        for file, entry, stored in ((first, mine, other), (second, other, mine)):
            etag = stored.version.strip('"')
            # How many parts it is of is known, and not their size: one that differs shows nothing.
            for name, value in _computed(file, entry, likely_etags(etag, entry.size or 0)).items():
                if value == etag:
                    return mine._replace(checksums={name: value}), other._replace(checksums={name: value})
    return _with(first, mine, algorithm), _with(second, other, algorithm)


def _with(file: Selected, entry: Entry, algorithm: str) -> Entry:
    missing = [algorithm] if algorithm and algorithm not in stated_checksums(entry) else []
    return entry._replace(checksums={**entry.checksums, **_computed(file, entry, missing)})


def _computed(file: Selected, entry: Entry, algorithms: Sequence[str]) -> Mapping[str, str]:
    """Return checksums of a file on this machine; none of others."""
    if not algorithms or file.uri.scheme != "file" or entry.size is None:
        return {}
    from omicsdk.transfer.checksums import checksums_of

    try:
        return checksums_of(file.uri.path, algorithms, entry.size)
    except OSError as error:
        raise OmicsError(f"{file.uri} cannot be read: {error.strerror or error}") from error


def recorded_items(path: str, files: Iterable[Selected]) -> list[Item]:
    """The files at or below a path on this machine that downloads recorded as complete, whether they still exist or not.

    Args:
        path: A file or folder.
        files: The files that exist there, in whose folders journals are looked for, as in those above.

    Returns:
        Their names below the path (its own name for a file), sizes and checksums.
    """
    from omicsdk.transfer import Item, Location
    from omicsdk.transfer.journal import Journal

    start = Path(path) if Path(path).is_dir() else Path(path).parent
    start, only = start.resolve(), "" if start == Path(path) else Path(path).name
    folders = {start, *(Path(file.uri.path).parent.resolve() for file in files)}
    folders.update(above for folder in list(folders) for above in folder.parents)
    items: dict[str, Item] = {}
    for folder in sorted(folders, key=lambda folder: len(folder.parts)):  # the nearest journal takes precedence
        for journal_file in (folder / WORK_FOLDER).glob("*.journal"):
            with closing(Journal(journal_file, never, read_only=True)) as journal:
                for recorded, state in journal.finished():
                    target = folder / recorded
                    if target.is_relative_to(start) and only in ("", target.name):
                        name = target.relative_to(start).as_posix()
                        items[name] = Item(name, Location(""), state.size, state.checksums)
    return [*items.values()]


def verify_bytes(
    files: Sequence[Selected],
    store: Store,
    options: CopyOptions,
    *,
    room: int,
) -> Iterator[Verdict]:
    """Fetch a platform's files and compare their bytes with what it states of them; nothing is kept.

    Args:
        files: The files.
        store: The store that has them.
        options: The options of the transfer, and the folder for the bytes.
        room: Bytes that may be stored on this machine at once; a larger file is stored there alone.

    Yields:
        A verdict for each file, in order.
    """
    if not files:
        return
    from omicsdk.fs.copying.fetching import fetch  # comparing needs no engine
    from omicsdk.fs.copying.spool import Spool, batches

    # A random name: what an earlier run left would not be fetched again.
    with Spool(options.spool, ["verify", os.urandom(12).hex()], str(files[0].uri)) as spool:
        spool.keep = False
        # Bytes of a cache would prove nothing about the platform's.
        chosen = options.replaced(journal=spool.fetched, cache=None)
        for batch in batches(files, min(room, spool.room())):
            named_entries = [(file.entry, str(number)) for number, file in enumerate(batch)]
            report = fetch(named_entries, store, str(spool.files), chosen)
            for file, outcome in zip(batch, report.outcomes, strict=True):
                yield _fetched(file, outcome)
            spool.keep_only(())


def _fetched(file: Selected, outcome: Outcome) -> Verdict:
    if isinstance(outcome.error, ChecksumMismatch):
        return Verdict(file.name, "wrong", str(outcome.error))
    if outcome.state != "done":
        return Verdict(file.name, "failed", str(outcome.error or "it was stopped"))
    if outcome.verification == "verified":
        return Verdict(file.name, "verified", ", ".join(outcome.checksums))
    return Verdict(file.name, outcome.verification, "no checksum is stated")
