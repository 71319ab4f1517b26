"""Which files of lists are downloaded: those that conditions select, the first ones, or a sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import blake2b
from heapq import heappush, heapreplace
from typing import NamedTuple

from omicsdk.core.archives import size_of
from omicsdk.core.errors import UsageError
from omicsdk.portals.lists import ListedFile
from omicsdk.transfer.engine.options import InvalidOption
from omicsdk.transfer.filters import regular_expression

_CONDITION = re.compile(
    r"\s*(?:([\"'])(?P<quoted>.+?)\1|(?P<field>[^\s<>=!~\"']+))\s*(?P<operator><=|>=|!=|!~|==|=|<|>|~)\s*"
    r"(?:(?P<quote>[\"'])(?P<text>.*?)(?P=quote)|(?P<word>\S+))(?:\s+(?P<join>and|or)(?=\s)|\s*\Z)",
    re.IGNORECASE,
)
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}
_GROUPING = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DIGITS = re.compile(r"(?a)\d+(?:\.\d+)?")
# Replaces slashes in texts that are no paths, and in patterns of them: to a pattern, slashes separate a path's names.
_SLASH = "\0"
_REMEDY = (
    "Write conditions such as 'name~*.bam and organism=\"Mus musculus\"': a column, < <= > >= = != ~ or !~, and a value, "
    "in quotes if it has a space, joined by and, or."
)


class Condition(NamedTuple):
    """A condition on a file.

    Attributes:
        field: `name`, `size`, or a column of its list in lower case.
        operator: How it is compared.
        value: What it is compared with.
        number: The value as a number, with K, M, G or T; None if it is none.
        pattern: Matches it, for `~` and `!~`: a name as `--include` does, another column only as a whole.
    """

    field: str
    operator: str
    value: str
    number: float | None
    pattern: re.Pattern[str] | None

    def fits(self, file: ListedFile, cells: Mapping[str, str]) -> bool:
        """Whether it is true of a file.

        Args:
            file: The file.
            cells: Its row, by column in lower case.

        Raises:
            UsageError: The list has no such column.
        """
        if self.field == "size":
            actual: str | None = None if file.size is None else str(file.size)
        elif self.field == "name":
            actual = file.name
        elif (actual := cells.get(self.field)) is None:
            fields = ", ".join(["name", "size", *cells][:20])
            raise UsageError(f"where: no column is called {self.field!r}", remedy=f"Use one of {fields}.")
        # A file of unknown size is not selected by any condition on it, not even `!=`.
        if actual is None:
            return False
        if self.pattern is not None:
            text = actual if self.field == "name" else actual.replace("/", _SLASH)
            return (self.pattern.search(text) is not None) == (self.operator == "~")
        if self.operator in _COMPARED:
            number = _number(actual)
            return number is not None and self.number is not None and _COMPARED[self.operator](number, self.number)
        is_equal = actual.strip() == self.value or _is_same_number(actual, self.value)
        if self.field == "size" and self.number is not None:
            is_equal = is_equal or _number(actual) == self.number
        return is_equal == (self.operator != "!=")


def _ungrouped(text: str) -> str:
    """A text without the commas of a number such as 1,000,000."""
    return _GROUPING.sub("", text.strip())


def _number(text: str) -> float | None:
    return size_of(_ungrouped(text))


def _is_same_number(text: str, other: str) -> bool:
    """Whether two texts are the same number, exactly: 35 is 35.0, but the well 1B is not 1, and long identifiers differ."""
    texts = _ungrouped(text), _ungrouped(other)
    return all(map(_DIGITS.fullmatch, texts)) and Decimal(texts[0]) == Decimal(texts[1])


def conditions_of(text: str) -> tuple[tuple[Condition, ...], ...]:
    """Read conditions; `and` binds more closely than `or`.

    Args:
        text: Such as `size<1G and name~*.bam`.

    Returns:
        Alternatives, of each of which all conditions have to be true.

    Raises:
        UsageError: They are malformed.
    """
    alternatives: list[list[Condition]] = [[]]
    at, joined = 0, "and"
    while joined:
        match = _CONDITION.match(text, at)
        if match is None:
            raise UsageError(f"where: {text[at:][:80]!r} is no condition", remedy=_REMEDY)
        operator = match["operator"]
        value = match["text"] if match["text"] is not None else match["word"]
        number = _number(value)
        if operator in _COMPARED and number is None:
            raise UsageError(f"where: {value!r} is not a number", remedy=_REMEDY)
        field = (match["quoted"] or match["field"]).lower()
        glob = value if field == "name" else value.replace("/", _SLASH)
        pattern = re.compile(regular_expression(glob)) if "~" in operator else None
        if joined == "or":
            alternatives.append([])
        alternatives[-1].append(Condition(field, operator, value, number, pattern))
        at, joined = match.end(), (match["join"] or "").lower()
    return tuple(map(tuple, alternatives))


class Selection:
    """Files that are selected.

    Args:
        where: Conditions, as `conditions_of` reads them; empty for none.
        limit: The most files; None for all.
        sample: The files of a sample; None for all.

    Raises:
        UsageError: A value is invalid.
    """

    def __init__(self, where: str = "", limit: int | None = None, sample: int | None = None) -> None:
        for name, value in (("limit", limit), ("sample", sample)):
            if value is not None and value < 1:
                raise InvalidOption(name, f"{value}: not a number of files", remedy="Use 1 or more.")
        self.limit, self.sample = limit, sample
        self.alternatives = conditions_of(where) if where.strip() else ()

    def fits(self, file: ListedFile, cells: Mapping[str, str]) -> bool:
        """Whether the conditions select a file.

        Args:
            file: The file.
            cells: Its row, by column.

        Raises:
            UsageError: The list has no such column.
        """
        if not self.alternatives:
            return True
        lower = {name.lower(): value for name, value in cells.items()}
        return any(all(condition.fits(file, lower) for condition in conditions) for conditions in self.alternatives)


NOTHING_LEFT_OUT = Selection()


class Sample:
    """Draws some files, the same ones in each run and whatever their order: those whose digests are the smallest.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: list[int] = []

    def add(self, file: str) -> None:
        """Take a file into account.

        Args:
            file: What identifies it.
        """
        # Negated: a heap has its smallest number in front, which is that of the largest digest then.
        digest = -_digest(file)
        if len(self._kept) < self._count:
            heappush(self._kept, digest)
        elif digest > self._kept[0]:
            heapreplace(self._kept, digest)

    def __len__(self) -> int:
        return len(self._kept)

    def has(self, file: str) -> bool:
        """Whether a file is drawn, once all have been added.

        Args:
            file: What identifies it.
        """
        return bool(self._kept) and -_digest(file) >= self._kept[0]


def _digest(file: str) -> int:
    return int.from_bytes(blake2b(file.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
