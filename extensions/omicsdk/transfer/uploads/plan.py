"""How a file is cut for sending: one request, or parts within a platform's rules. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from omicsdk.core.checksums import ETAG_PART, ETAG_PARTS, MIB, etag_part_size

#: S3's limits, which other object stores share: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LEAST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB
MOST_PARTS = 10_000
#: The part size unless told otherwise: large enough to be cheap, small enough to be sent again.
PART_SIZE = 16 * MIB


@dataclass(frozen=True, slots=True)
class PartRules:
    """A platform's rules for parts, and what is wished within them.

    Attributes:
        least: The smallest part in bytes, the last one excepted; 1 or more.
        largest: The largest part in bytes, and the largest file in one request.
        parts: How many parts there may be, 1 or more.
        part_size: The wished size of parts in bytes, from `least` to `largest`; larger ones are taken where there
            would be too many.
        single: Files up to so many bytes go in one request where the platform has that, at most `largest`.

    Raises:
        ValueError: A number that contradicts another.
    """

    least: int = LEAST_PART
    largest: int = LARGEST_PART
    parts: int = MOST_PARTS
    part_size: int = PART_SIZE
    single: int = PART_SIZE

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.largest:
            raise ValueError(f"the smallest part is {self.least} bytes and the largest {self.largest}: no part fits")
        if self.parts < 1:
            raise ValueError(f"at most {self.parts} parts: there must be at least one")
        if not self.least <= self.part_size <= self.largest:
            raise ValueError(f"parts of {self.part_size} bytes: they may have {self.least} to {self.largest}")
        if not 0 <= self.single <= self.largest:
            raise ValueError(f"one request for up to {self.single} bytes: at most {self.largest} are allowed")


def etag_rules(size: int) -> PartRules:
    """Gives rules of S3 with which its ETag is the `s3_etag` that `omicsdk.core.checksums` computes.

    Args:
        size: The file's size in bytes.
    """
    return PartRules(part_size=etag_part_size(size), single=ETAG_PART, parts=ETAG_PARTS)


@dataclass(frozen=True, slots=True)
class Cut:
    """One part of a file.

    Attributes:
        number: Its number, from 1.
        start: Its first byte.
        length: Its length in bytes.
    """

    number: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class PartPlan:
    """How a file is cut.

    Attributes:
        size: The file's size in bytes.
        part_size: The size of every part but the last, in bytes; 1 or more.
        single: Whether one request for the whole is allowed.
    """

    size: int
    part_size: int
    single: bool = False

    @property
    def count(self) -> int:
        """How many parts there are; an empty file has one."""
        return max(1, -(-self.size // self.part_size))

    def cut(self, number: int) -> Cut:
        """Gives a part.

        Args:
            number: Its number, from 1 to `count`.
        """
        start = (number - 1) * self.part_size
        return Cut(number, start, min(self.part_size, self.size - start))

    @property
    def whole(self) -> Cut:
        """All of the file as one part."""
        return Cut(1, 0, self.size)


def plan_parts(size: int, rules: PartRules) -> PartPlan:
    """Cuts a file.

    Args:
        size: Its size in bytes, 0 or more.
        rules: The platform's rules.

    Returns:
        Parts of the wished size, or of the smallest whole number of MiB with which there aren't too many.

    Raises:
        ValueError: The file is larger than all parts together may be.
    """
    part_size = rules.part_size
    if size > rules.parts * part_size:
        part_size = -(-size // rules.parts)
        part_size = min(-(-part_size // MIB) * MIB, max(part_size, rules.largest))
    if part_size > rules.largest:
        raise ValueError(
            f"{size} bytes are more than {rules.parts} parts of {rules.largest} bytes can hold, the platform's limit"
        )
    return PartPlan(size, part_size, size <= rules.single)
