"""What holds of the parts of an upload: how large they are, how many, and whether they make up the file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MIB = 1024 * 1024
LEAST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB
USUAL_PART = 32 * MIB
LARGEST_FILE = 5 * 1024 * 1024 * MIB
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the storage has got.

    Attributes:
        number: Its number, from 1.
        size: Its length in bytes.
        etag: What the storage answered.
        apart: Whether it lies in a file of its own.
        reported: Whether the client has reported it.
    """

    number: int
    size: int
    etag: str
    apart: bool
    reported: bool


def choose_part_size(size: int, asked: int | None, *, least: int = LEAST_PART, most_parts: int = MOST_PARTS) -> int:
    """The size of parts that counts, whatever was asked for.

    Args:
        size: The file's length in bytes.
        asked: What the client wants; None leaves it to the platform.
        least: The smallest part but the last.
        most_parts: How many parts a file may have.

    Returns:
        The size in bytes: raised until the parts are few enough, in whole MiB when it had to be.
    """
    wanted = min(max(asked or USUAL_PART, least), LARGEST_PART)
    if math.ceil(size / wanted) <= most_parts:
        return wanted
    return math.ceil(size / most_parts / MIB) * MIB


def complaint(parts: Sequence[Part], size: int | None) -> str:
    """What keeps parts from being a file; an empty text when nothing does.

    Args:
        parts: The parts in the order of their numbers.
        size: How long the file shall be; None when nobody said.
    """
    if not parts:
        return "no part has been reported"
    numbers = [part.number for part in parts]
    if missing := sorted(set(range(1, numbers[-1] + 1)) - set(numbers)):
        return f"part {missing[0]} of {numbers[-1]} hasn't been reported"
    found = sum(part.size for part in parts)
    if size is not None and found != size:
        return f"the reported parts have {found} bytes together, the file has {size}"
    return ""


def regular(parts: Sequence[Part], part_size: int) -> bool:
    """Whether parts lie one after another where their numbers put them, so that nothing has to be copied."""
    whole = all(part.size == part_size for part in parts[:-1])
    return whole and not any(part.apart for part in parts)


def stated_etag(headers: Mapping[str, str]) -> str:
    """The ETag that a report of a part tells, without quotes; empty when there is none."""
    found = next((value for name, value in headers.items() if name.lower() == "etag"), "")
    return found.strip('"')
