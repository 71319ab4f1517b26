"""Guppy: queries over rows that were flattened out of records, with counts by value, and downloads of any length."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from typing import Any, cast

from omicsdk.sandbox.gen3.access import OPEN, Access, Person
from omicsdk.sandbox.gen3.service import as_list, as_text, is_texts
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.search import COMPARISONS, DEEPEST, Order, every, in_order, none, page, some
from omicsdk.sandbox.service import grouped
from omicsdk.sandbox.state.database import Database

TEXT = "text"
INTEGER = "integer"
NUMBER = "number"
NESTED = "nested"
# The key under which rows without a value are counted.
MISSING = "no data"

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
_NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
_INT32 = 2**31
_EQUAL = ("=", "eq", "in")
_SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


class WrongFilter(Problem):
    """A filter, or another argument of a query, that makes no sense; or, with 401, means rows that one may not read."""

    def __init__(self, title: str, status: int = 400) -> None:
        super().__init__(status, "illegal_arguments", title)

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True, slots=True)
class Field:
    """A field.

    Attributes:
        kind: text, integer, number, or nested for one that has fields itself.
        many: Whether rows may have several values of it.
        members: The fields of a nested one, by name.
    """

    kind: str
    many: bool = False
    members: "Mapping[str, Field]" = field(default_factory=dict[str, "Field"])

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in (INTEGER, NUMBER)


Fields = Mapping[str, Field]


def fields_of(rows: Iterable[Row]) -> dict[str, Field]:
    """The fields of rows, by name in alphabetical order.

    Args:
        rows: The rows.

    Raises:
        ValueError: A name cannot be one in GraphQL, or a field is nested in one row and a value in another.
    """
    columns: dict[str, list[Any]] = {}
    many: set[str] = set()
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).extend(values(row, name))
            if isinstance(value, list):
                many.add(name)
    return {name: _field(name, column, name in many) for name, column in sorted(columns.items())}


def names_of(fields: Mapping[str, Field], above: str = "") -> list[str]:
    """The names of all fields, of nested ones those of their members after a dot."""
    names: list[str] = []
    for name, column in fields.items():
        names += names_of(column.members, f"{above}{name}.") if column.kind == NESTED else [f"{above}{name}"]
    return names


def values(row: Row, name: str) -> list[Any]:
    """The values that a row has of a field, without nulls."""
    return [value for value in as_list(row.get(name)) if value is not None]


def _field(name: str, column: list[Any], many: bool) -> Field:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} can't be the name of a field: letters, digits and _ only, no digit first")
    kinds = {_kind(value) for value in column}
    if NESTED in kinds:
        if len(kinds) > 1:
            raise ValueError(f"{name!r} has fields of its own in one row and is a value in another")
        return Field(NESTED, many, fields_of(column))
    if len(kinds) == 1:
        return Field(kinds.pop(), many)
    return Field(NUMBER if kinds == {INTEGER, NUMBER} else TEXT, many)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return NESTED
    if isinstance(value, bool) or not isinstance(value, int | float):
        return TEXT
    # GraphQL's Int has 32 bits.
    return INTEGER if isinstance(value, int) and -_INT32 <= value < _INT32 else NUMBER


# -- filters: objects that select rows, compiled to a test of rows


def compiled(condition: Any, fields: Fields, depth: int = 0) -> Test:
    """A filter as a test.

    Args:
        condition: The filter; None or an empty object matches all rows.
        fields: The known fields.
        depth: The number of filters around it.

    Raises:
        WrongFilter: It cannot be understood.
    """
    if depth > DEEPEST:
        raise WrongFilter(f"Filters nest deeper than {DEEPEST}")
    if condition is None or condition == {}:
        return lambda _row: True
    # As in the real service only an object's first key is used.
    word, content = _first(condition)
    if word.lower() not in ("and", "or"):
        return _condition(word, *_first(content), fields)
    if not isinstance(content, list):
        raise WrongFilter(f'Please check your syntax for "{word}" in the filter argument')
    tests = [compiled(part, fields, depth + 1) for part in cast("list[Any]", content)]
    return some(tests) if tests and word.lower() == "or" else every(tests)


def _condition(word: str, name: str, value: Any, fields: Fields) -> Test:
    field = fields.get(name)
    if field is None or field.kind == NESTED:
        raise WrongFilter(f'Please check your syntax for input "filter" argument: there is no field "{name}"')
    sought = [_comparable(item, field) for item in as_list(value)]

    def among(row: Row) -> bool:
        return any(_comparable(value, field) in sought for value in values(row, name))

    lower = word.lower()
    if lower in _EQUAL:
        return among
    if lower == "!=":
        return none([among])
    compare = COMPARISONS.get(_SIGNS.get(lower, lower))
    if compare is None:
        raise WrongFilter(f'Invalid operation "{word}" in filter argument.')
    if not field.numeric or len(sought) != 1 or not isinstance(sought[0], int | float):
        raise WrongFilter(f'Invalid operation "{word}" for field "{name}" in filter argument')
    limit = sought[0]
    return lambda row: any(compare(value, limit) for value in values(row, name))


def _first(value: Any) -> tuple[str, Any]:
    if not isinstance(value, dict) or not value:
        raise WrongFilter('Please check your syntax for input "filter" argument')
    return next(iter(cast("dict[str, Any]", value).items()))


def _comparable(value: Any, field: Field) -> Any:
    """A value for comparison: numbers as numbers, everything else as text."""
    if not field.numeric:
        return as_text(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise WrongFilter(f"{value!r} isn't a number, as its field is") from None
    return value


# -- order


def orders(sort: Any, fields: Fields) -> list[Order[Row]]:
    """The sort key of rows; those without a value come last.

    Args:
        sort: Objects of a field and `asc` or `desc`, the most important first, or one object of them; None leaves them.
        fields: The known fields.

    Raises:
        WrongFilter: It cannot be understood.
    """

    def order(name: str, direction: str) -> Order[Row]:
        # As Elasticsearch orders rows with several values.
        pick = min if direction == "asc" else max
        key = partial(_sort_key, name=name, numeric=fields[name].numeric, pick=pick)
        return Order(key, reverse=direction == "desc")

    return [order(*key) for key in _keys(sort, fields)]


def _sort_key(row: Row, name: str, numeric: bool, pick: Callable[[list[Any]], Any]) -> Any:
    row_values = [value if numeric else str(value) for value in values(row, name)]
    return pick(row_values) if row_values else None


def _keys(sort: Any, fields: Fields) -> list[tuple[str, str]]:
    if sort is None:
        return []
    keys: list[tuple[str, str]] = []
    for unit in as_list(sort):
        if not isinstance(unit, dict) or (isinstance(sort, list) and len(cast("dict[str, Any]", unit)) != 1):
            raise WrongFilter("Invalid sort argument")
        keys += cast("dict[str, str]", unit).items()
    for name, direction in keys:
        if name not in fields or fields[name].kind == NESTED or direction not in ("asc", "desc"):
            raise WrongFilter("Invalid sort argument")
    return keys


# -- counts


def by_value(rows: Iterable[Row], name: str) -> list[dict[str, Any]]:
    """Rows by their value of a field, as key and count, the most frequent first; those without a value come last."""
    counts = Counter(text for row in rows for text in {as_text(value) for value in values(row, name)} or {MISSING})
    ordered = sorted(counts.items(), key=lambda pair: (pair[0] == MISSING, -pair[1], pair[0]))
    return [{"key": key, "count": count} for key, count in ordered]


# The field that states who may read a row.
RESOURCE = "auth_resource_path"
LEVELS = ("regular", "private", "libre")


@dataclass(frozen=True, slots=True, eq=False)
class DataType:
    """A data type; it equals no other object, so that what is made of it is found by it.

    Attributes:
        name: Its name, such as subject.
        level: The access level: in `regular` every user sees counts, and rows with permission; in `private`
            both need permission; in `libre` every user sees everything.
        rows: Its rows.
        fields: Their fields.
    """

    name: str
    level: str
    rows: list[Row]
    fields: Fields


class Guppy:
    """Guppy's state.

    Args:
        database: The sandbox's database.
        access: Users and their tokens.

    Attributes:
        access: Users and their tokens.
    """

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self.access = access
        database.define(gen3_guppy="type TEXT PRIMARY KEY, level TEXT NOT NULL, data TEXT NOT NULL")

    def put(self, type: str, rows: Iterable[Row], *, level: str = "regular", authz: str = OPEN) -> DataType:
        """Make a data type of rows, or replace it.

        Args:
            type: Its name, such as subject.
            rows: The rows. `auth_resource_path` states who may read one; where it is missing, the project of its
                `project_id`, and where that is missing too, `authz`.
            level: `regular`, `private` or `libre`.
            authz: The resource of rows that state none.

        Raises:
            ValueError: A name cannot be one in GraphQL, or there is no such level.
        """
        if level not in LEVELS:
            raise ValueError(f"{level!r} is no level: {', '.join(LEVELS)}")
        owned_rows = [{RESOURCE: _resource(row, authz), **row} for row in rows]
        # The type's own name has to be one in GraphQL, too.
        fields_of([{type: None}, *owned_rows])
        data = json.dumps(owned_rows)
        self._database.execute("REPLACE INTO gen3_guppy VALUES (?, ?, ?)", (type, level, data))
        return _data_type(type, level, data)

    def types(self) -> list[DataType]:
        """All data types, by name."""
        rows = self._database.rows("SELECT type, level, data FROM gen3_guppy ORDER BY type")
        return [_data_type(*row) for row in rows]

    def get(self, type: str) -> DataType | None:
        """A data type by name; None when there is none."""
        return next((type_ for type_ in self.types() if type_.name == type), None)


@lru_cache(maxsize=64)
def _data_type(name: str, level: str, data: str) -> DataType:
    """A data type as it is stored. Rows are read often and rarely replaced, so a text is decoded once."""
    rows: list[Row] = json.loads(data)
    return DataType(name, level, rows, fields_of(rows))


def _resource(row: Row, authz: str) -> Any:
    program, dash, project = str(row.get("project_id") or "").partition("-")
    return f"/programs/{program}/projects/{project}" if dash else authz


# Number of rows in a response if the query states none.
USUAL = 10
# Last row that a query reaches; more rows are downloaded.
LONGEST = 10_000
# Smallest number of unreadable rows that counts include; the real service's default.
FEWEST = 1000
# Replaces a number that would reveal too much about rows that the caller may not read.
HIDDEN = -1
_FORBIDDEN = (
    "You don't have access to all the data you are querying. Try using 'accessibility: accessible' in your query"
)


class RowAccess:
    """Row-level access: the rows that a user may see.

    `accessibility` states which rows of a data type are meant: `all`, `accessible` or `unaccessible`; it counts at
    the level `regular` only.

    Args:
        person: The user.
    """

    def __init__(self, person: Person) -> None:
        self._reads = cache(partial(person.may, "read", service="guppy"))

    def _may(self, row: Row) -> bool:
        return any(self._reads(str(resource)) for resource in values(row, RESOURCE))

    def counted(self, type: DataType, filter: Any, accessibility: str) -> list[Row]:
        """The rows that are counted for them, of those that a filter finds.

        Args:
            type: The data type.
            filter: Filter of the rows; None for all.
            accessibility: Accessibility of the rows.

        Raises:
            WrongFilter: The filter makes no sense.
        """
        test = compiled(filter, type.fields)
        matching = [row for row in type.rows if test(row)]
        is_restricted = type.level == "private" or accessibility == "accessible"
        if type.level == "libre" or not (is_restricted or accessibility == "unaccessible"):
            return matching
        return [row for row in matching if self._may(row) is is_restricted]

    def matching_rows(self, type: DataType, filter: Any, accessibility: str) -> list[Row]:
        """The rows that they get, of those that a filter finds.

        Args:
            type: The data type.
            filter: Filter of the rows; None for all.
            accessibility: Accessibility of the rows.

        Raises:
            WrongFilter: The filter makes no sense; 401, they requested rows that they may not read.
        """
        if type.level != "regular" or accessibility == "accessible":
            return self.counted(type, filter, accessibility)
        rows = self.counted(type, filter, "all")
        if not all(self._may(row) for row in rows):
            raise WrongFilter(_FORBIDDEN, 401)
        return [] if accessibility == "unaccessible" else rows

    def _ordered(self, type: DataType, arguments: Mapping[str, Any]) -> list[Row]:
        rows = self.matching_rows(type, arguments.get("filter"), arguments.get("accessibility") or "all")
        return in_order(rows, orders(arguments.get("sort"), type.fields))

    def page(self, type: DataType, parameters: Mapping[str, Any]) -> list[Row]:
        """Some rows of a data type, in lists what may be several.

        Args:
            type: The data type.
            parameters: Which: `filter`, `accessibility`; in which order: `sort`; how many to pass over: `offset`, and how many
                at most: `first`, by default 10.

        Raises:
            WrongFilter: An argument makes no sense, or the page ends after the 10,000th row; 401, they requested rows
                that they may not read.
        """
        start, size = parameters.get("offset") or 0, parameters.get("first")
        size = USUAL if size is None else size
        if start < 0 or size < 0:
            raise WrongFilter("offset and first can't be negative")
        if start + size > LONGEST:
            raise WrongFilter(
                f"Large graphql query forbidden for offset + size > {LONGEST}, offset = {start} and size = {size}, "
                "please use download endpoint for large data queries instead."
            )
        return [_listed(row, type.fields) for row in page(self._ordered(type, parameters), start, size)]

    def download(self, type: DataType, parameters: Mapping[str, Any]) -> list[Row]:
        """All rows of a data type that a filter finds.

        Args:
            type: The data type.
            parameters: Which, as for `page`, and which `fields`, one or several, of nested ones `field.member`; by default all.

        Raises:
            WrongFilter: An argument makes no sense; 401, they requested rows that they may not read.
        """
        names: object = as_list(parameters.get("fields") or [])
        if not is_texts(names):
            raise WrongFilter("fields is a list of names")
        known_names = {*names_of(type.fields), *type.fields}
        if unknown := [name for name in names if name not in known_names]:
            joined = '", "'.join(unknown)
            raise WrongFilter(f'Invalid fields: "{joined}"')
        rows = self._ordered(type, parameters)
        return [_cut(row, names) for row in rows] if names else rows


def _listed(row: Row, fields: Fields) -> Row:
    """A row with lists wherever rows of its type may have several values."""
    view = dict(row)
    for name, column in fields.items():
        if row.get(name) is None or not (column.many or column.kind == NESTED):
            continue
        inside = [_listed(value, column.members) if column.kind == NESTED else value for value in values(row, name)]
        view[name] = inside if column.many else inside[0]
    return view


def _cut(row: Row, fields: Sequence[str]) -> Row:
    """A row with some of its fields; of nested ones whole or member by member."""
    inner_names = grouped((outer, inner) for outer, _, inner in (name.partition(".") for name in fields))
    selected: dict[str, Any] = {}
    for name in [key for key in inner_names if key in row]:
        whole, inner = row[name], inner_names[name]
        parts = [] if "" in inner else [_cut(value, inner) for value in values(row, name)]
        selected[name] = whole if "" in inner else parts if isinstance(whole, list) else next(iter(parts), None)
    return selected


def counts(row_access: RowAccess, type: DataType, filter: Any = None, accessibility: str = "all") -> dict[str, Any]:
    """The counts of a data type's rows: their number, and by name of a field the rows by value.

    Args:
        row_access: The caller's access.
        type: The data type.
        filter: Filter of the rows; None for all.
        accessibility: Accessibility of the rows.
    """
    rows = row_access.counted(type, filter, accessibility)
    hides = type.level == "regular" and accessibility != "accessible"
    unseen = row_access.counted(type, filter, "unaccessible") if hides else []

    def histogram(_info: object, name: str) -> list[dict[str, Any]]:
        few = {bucket["key"] for bucket in by_value(unseen, name) if bucket["count"] < FEWEST}
        return [{**bucket, "count": HIDDEN} if bucket["key"] in few else bucket for bucket in by_value(rows, name)]

    total = HIDDEN if 0 < len(unseen) < FEWEST else len(rows)
    histograms = {name: partial(histogram, name=name) for name in type.fields}
    fields = {name: {"histogram": histogram, "asTextHistogram": histogram} for name, histogram in histograms.items()}
    return {"_totalCount": total, **fields}
