"""What queries mean: rows, and counts of rows, of a data type, as one person sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from omicsdk.sandbox.gen3.guppy.counting import HIDDEN, Bucket, by_value, hidden, of_numbers
from omicsdk.sandbox.gen3.guppy.fields import Row, names_of, values
from omicsdk.sandbox.gen3.guppy.filters import WrongFilter, compiled, members, searched, searches
from omicsdk.sandbox.gen3.guppy.sight import Sight
from omicsdk.sandbox.gen3.guppy.sorting import LONGEST, in_order
from omicsdk.sandbox.gen3.guppy.store import DataType

USUAL = 10
"""How many rows a query answers that doesn't say it."""
FEWEST = 1000
"""Of how many rows, at least, that one may not read, counts tell; the real service's default."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        sight: What the person who asks may read.
    """

    sight: Sight

    def rows(
        self,
        type: DataType,
        offset: int | None = None,
        first: int | None = None,
        filter: Any = None,
        sort: Any = None,
        accessibility: str = "all",
        format: str = "json",
    ) -> list[Row]:
        """Rows of a data type.

        Args:
            type: The data type.
            offset: How many to pass over; none by default.
            first: How many at most; 10 by default.
            filter: Which; by default all.
            sort: In which order.
            accessibility: Which of those: `all`, `accessible` or `unaccessible`.
            format: Taken and ignored, as the real service does.

        Raises:
            WrongFilter: An argument makes no sense, or the page ends behind the 10,000th row.
            OutOfScope: They asked for rows that they may not read.
        """
        del format
        start, size = offset or 0, USUAL if first is None else first
        if start < 0 or size < 0:
            raise WrongFilter("offset and first can't be negative")
        if start + size > LONGEST:
            raise WrongFilter(
                f"Large graphql query forbidden for offset + size > {LONGEST}, offset = {start} and size = {size}, "
                "please use download endpoint for large data queries instead."
            )
        found = self._found(type, filter, accessibility)
        page = in_order(found, sort, type.fields)[start : start + size]
        wanted = [searched(each, type.fields) for each in searches(filter)]
        return [{**row, "_matched": _matched(row, wanted)} for row in page] if wanted else page

    def download(self, type: DataType, fields: Sequence[str], filter: Any, sort: Any, accessibility: str) -> list[Row]:
        """All rows of a data type that a filter finds.

        Args:
            type: The data type.
            fields: Which fields, of nested ones `field.member`; by default all.
            filter: Which rows; None for all.
            sort: In which order.
            accessibility: Which of those: `all`, `accessible` or `unaccessible`.

        Raises:
            WrongFilter: An argument makes no sense.
            OutOfScope: They asked for rows that they may not read.
        """
        known = {*names_of(type.fields), *type.fields}
        if unknown := [name for name in fields if name not in known]:
            listed = '", "'.join(unknown)
            raise WrongFilter(f'Invalid fields: "{listed}"')
        found = in_order(self._found(type, filter, accessibility), sort, type.fields)
        return [_cut(row, fields) for row in found] if fields else found

    def _found(self, type: DataType, filter: Any, accessibility: str) -> list[Row]:
        test = compiled(filter, type.fields)
        return self.sight.rows(type, (row for row in type.rows if test(row)), accessibility)

    def counted(
        self,
        type: DataType,
        filter: Any = None,
        filterSelf: bool = True,
        nestedAggFields: Any = None,
        accessibility: str = "all",
    ) -> "Counted":
        """Rows of a data type to count.

        Args:
            type: The data type.
            filter: Which; by default all.
            filterSelf: Whether conditions on a field count when rows are counted by this field.
            nestedAggFields: What is counted within each value: `termsFields` and `missingFields`, lists of fields.
            accessibility: Which of those: `all`, `accessible` or `unaccessible`.

        Raises:
            WrongFilter: `nestedAggFields` can't be understood.
        """
        return Counted(self.sight, type, filter, filterSelf, _inner(nestedAggFields), accessibility)


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows to count.

    Attributes:
        sight: What the person who asks may read.
        type: The data type.
        filter: Which rows.
        filter_self: Whether conditions on a field count when rows are counted by this field.
        inner: What is counted within each value.
        accessibility: Which of those.
        path: Within which nested fields.
        field: By which field.
    """

    sight: Sight
    type: DataType
    filter: Any
    filter_self: bool
    inner: Mapping[str, Sequence[str]]
    accessibility: str
    path: tuple[str, ...] = ()
    field: str = ""

    def within(self, name: str) -> "Counted":
        """What a nested field holds, to count."""
        return replace(self, path=(*self.path, name))

    def of(self, name: str) -> "Counted":
        """The same rows, by a field."""
        return replace(self, field=name)

    def total(self) -> int:
        """How many rows there are."""
        count = len(self._rows(self.accessibility))
        return HIDDEN if self._hides and 0 < len(self._rows("unaccessible")) < FEWEST else count

    def with_value(self) -> int:
        """How many rows have a value of the field."""
        return sum(bool(values(each, self.field)) for each in self._objects(self.accessibility))

    def cardinality(self) -> int:
        """How many values of the field there are."""
        return len({str(value) for each in self._objects(self.accessibility) for value in values(each, self.field)})

    def by_value(self) -> list[Bucket]:
        """Counts by the values of the field."""
        told = by_value(self._objects(self.accessibility), self.field, self.inner)
        if not self._hides:
            return told
        return hidden(told, by_value(self._objects("unaccessible"), self.field), FEWEST)

    def of_numbers(
        self,
        rangeStart: int | None = None,
        rangeEnd: int | None = None,
        rangeStep: int | None = None,
        binCount: int | None = None,
    ) -> list[Bucket]:
        """Statistics of the field's numbers.

        Raises:
            WrongFilter: The arguments make no sense.
        """
        return of_numbers(self._objects(self.accessibility), self.field, rangeStart, rangeEnd, rangeStep, binCount)

    @property
    def _hides(self) -> bool:
        return self.type.level == "regular" and self.accessibility != "accessible"

    def _objects(self, accessibility: str) -> list[Row]:
        return [each for row in self._rows(accessibility) for each in members(row, self.path)]

    def _rows(self, accessibility: str) -> list[Row]:
        test = compiled(self.filter, self.type.fields, "" if self.filter_self else self.field)
        return self.sight.counted(self.type, (row for row in self.type.rows if test(row)), accessibility)


def _inner(stated: Any) -> Mapping[str, Sequence[str]]:
    """What is counted within each value."""
    found = cast("dict[str, Any]", stated) if isinstance(stated, dict) else {}
    inner = {name: found[name] for name in ("termsFields", "missingFields") if found.get(name) is not None}
    for names in inner.values():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in cast("list[Any]", names)):
            raise WrongFilter("Invalid nestedAggFields argument: termsFields and missingFields are lists of fields")
    return inner


def _cut(row: Row, fields: Sequence[str]) -> Row:
    """A row with some of its fields; of nested ones whole or member by member."""
    found: dict[str, Any] = {}
    for name in fields:
        outer, dot, inner = name.partition(".")
        if outer not in row:
            continue
        if not dot:
            found[outer] = row[outer]
        else:
            below = [inner, *(each.partition(".")[2] for each in fields if each.startswith(f"{outer}."))]
            parts = [_cut(cast("Row", each), below) for each in values(row, outer)]
            found.setdefault(outer, parts if isinstance(row[outer], list) else parts[0] if parts else None)
    return found


def _matched(row: Row, wanted: Sequence[tuple[str, list[str]]]) -> list[dict[str, Any]]:
    """In which fields a row has what was searched for, and where."""
    told: list[dict[str, Any]] = []
    for keyword, names in wanted:
        for name in names:
            lit = [_highlighted(str(each), keyword) for each in values(row, name) if keyword in str(each).lower()]
            if lit:
                told.append({"field": name, "highlights": lit})
    return told


def _highlighted(text: str, keyword: str) -> str:
    start = text.lower().find(keyword)
    end = start + len(keyword)
    return f"{text[:start]}<em>{text[start:end]}</em>{text[end:]}"
