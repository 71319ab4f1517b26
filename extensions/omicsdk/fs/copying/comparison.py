"""What differs between two trees of files. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from omicsdk.core.errors import UsageError
from omicsdk.fs.store import Entry

By = Literal["auto", "size", "checksum"]
"""What files are held against each other by."""

#: Checksums by how much they tell; an S3 ETag only does where both were made of parts of one size.
STRONGEST = ("sha256", "sha1", "md5", "crc32c", "s3_etag")

#: Files of a folder of which more than half aren't removed without being allowed to; fewer may all be replaced by others.
MANY = 10
#: Why a file is different that is so by its time alone.
CHANGED = "changed since"


State = Literal["verified", "size only", "unverified", "wrong", "missing", "failed"]

#: States that need no attention. A size alone proves little, but there is nothing better where no checksum is stated.
GOOD: frozenset[State] = frozenset({"verified", "size only"})


@dataclass(frozen=True, slots=True)
class Differences:
    """What it takes to make a target equal to a source.

    Attributes:
        copy: Names of files that the target lacks or has otherwise, each with the reason.
        remove: Names that only the target has.
        same: How many are equal.
    """

    copy: Mapping[str, str]
    remove: Sequence[str]
    same: int


class TooManyRemovals(UsageError):
    """More files would be removed than a copy of the source is likely to lack, or than was allowed.

    Args:
        target: The folder that they would be removed from.
        remove: How many files.
        there: How many files it has.
        most: How many were allowed to be removed; None where nothing was said.
    """

    def __init__(self, target: str, remove: int, there: int, most: int | None = None) -> None:
        why = "more than half" if most is None else f"more than the {most} of --max-delete"
        remedy = f"Nothing was copied or removed. Check the source; --max-delete {remove} allows it."
        super().__init__(f"{remove} of the {there} files of {target} would be removed, {why}", remedy=remedy)


def check_removals(target: str, remove: int, there: int, most: int | None = None) -> None:
    """Refuses to remove most of a folder because another one seems to lack it: that may have been listed wrong.

    Args:
        target: The folder.
        remove: How many of its files would be removed.
        there: How many files it has.
        most: How many may be removed at most; None allows any number from a folder of fewer than ten files, and half of a
            larger one.

    Raises:
        TooManyRemovals: More would be removed.
    """
    if remove > most if most is not None else there >= MANY and remove * 2 > there:
        raise TooManyRemovals(target, remove, there, most)


def stated(entry: Entry) -> Mapping[str, str]:
    """What is stated of a file's bytes: of an object that was put in one part, S3's ETag is its MD5.

    Args:
        entry: The file.
    """
    etag = entry.checksums.get("s3_etag", "-")
    return entry.checksums if "-" in etag or "md5" in entry.checksums else {**entry.checksums, "md5": etag}


def common_checksum(source: Entry, target: Entry) -> str:
    """The strongest algorithm that both state a checksum by; empty where there is none.

    Args:
        source: One file.
        target: Another one.
    """
    one, other = stated(source), stated(target)
    return next((name for name in STRONGEST if name in one and name in other), "")


def why_different(source: Entry, target: Entry, by: By = "auto") -> str:
    """Says why two files are different as far as what is stated of them tells; empty where they aren't.

    Args:
        source: The file that counts.
        target: The file that is to be equal.
        by: `size` looks at sizes alone; `checksum` needs a checksum of both; `auto` takes checksums where both have one, and
            otherwise sizes, and whether the source changed after the target did.
    """
    if source.size is not None and target.size is not None and source.size != target.size:
        return f"{source.size} bytes, not {target.size}"
    if by == "size":
        return "" if source.size is not None and target.size is not None else "its size isn't stated"
    algorithm = common_checksum(source, target)
    if algorithm:
        equal = stated(source)[algorithm] == stated(target)[algorithm]
        return "" if equal else f"another {algorithm}"
    if by == "checksum":
        return "no checksum of both is known"
    if source.size is None or target.size is None:
        return "its size isn't stated"
    if source.modified is not None and target.modified is not None and source.modified > target.modified:
        return CHANGED
    return ""


def differences(source: Mapping[str, Entry], target: Mapping[str, Entry], by: By = "auto") -> Differences:
    """Compares two trees.

    Args:
        source: Files by their names, of the tree that counts.
        target: Those of the tree that is to be equal.
        by: See `why_different`.
    """
    copy: dict[str, str] = {}
    for name, entry in source.items():
        reason = why_different(entry, target[name], by) if name in target else "isn't there"
        if reason:
            copy[name] = reason
    return Differences(copy, [name for name in target if name not in source], len(source) - len(copy))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a file.

    Attributes:
        name: Its path below what was verified.
        state: `verified` and `wrong` by a checksum (or a size that differs); `missing` in the copy; `size only` where sizes are
            equal and no checksum is stated; `unverified` where not even a size is, or ETags of S3 differ; `failed` where it
            couldn't be read.
        why: By what, or why not.
    """

    name: str
    state: State
    why: str

    @property
    def is_good(self) -> bool:
        """Whether it needs no attention."""
        return self.state in GOOD


def judge(name: str, source: Entry, copy: Entry | None) -> Verdict:
    """Says whether a copy is what its source states.

    Args:
        name: What to call it.
        source: The file that counts.
        copy: Its copy; None where there is none.
    """
    if copy is None:
        return Verdict(name, "missing", "isn't there")
    if source.size is not None and copy.size is not None and source.size != copy.size:
        return Verdict(name, "wrong", f"{copy.size} bytes, not {source.size}")
    if algorithm := common_checksum(source, copy):
        wanted, found = stated(source)[algorithm], stated(copy)[algorithm]
        if wanted == found:
            return Verdict(name, "verified", algorithm)
        # An ETag of other parts is another text for the same bytes: it proves that files are equal, not that they aren't.
        state: State = "unverified" if algorithm == "s3_etag" else "wrong"
        why = f"its {algorithm} is {found}, not {wanted}"
        return Verdict(name, state, f"{why}: other bytes, or other parts" if state == "unverified" else why)
    if source.size is None or copy.size is None:
        return Verdict(name, "unverified", "neither size nor checksum is stated")
    return Verdict(name, "size only", "no checksum is stated that could be compared")
