"""The data types of Guppy, and what queries of them mean, as one person sees the rows: rows, counts, downloads."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from omicsdk.sandbox.gen3.access import OPEN, Access, Person
from omicsdk.sandbox.gen3.guppy.rows import (
    NESTED,
    Fields,
    Row,
    WrongFilter,
    by_value,
    compiled,
    fields_of,
    names_of,
    orders,
    values,
)
from omicsdk.sandbox.gen3.service import as_list, is_texts
from omicsdk.sandbox.search import in_order, page
from omicsdk.sandbox.state.database import Database

RESOURCE = "auth_resource_path"
"""The field that states who may read a row."""
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
        stated = [{RESOURCE: _resource(row, authz), **row} for row in rows]
        fields_of([{type: None}, *stated])
        data = json.dumps(stated)
        self._database.execute("REPLACE INTO gen3_guppy VALUES (?, ?, ?)", (type, level, data))
        return _data_type(type, level, data)

    def types(self) -> list[DataType]:
        """All data types, by name."""
        rows = self._database.rows("SELECT type, level, data FROM gen3_guppy ORDER BY type")
        return [_data_type(*row) for row in rows]

    def get(self, type: str) -> DataType | None:
        """A data type by name; None when there is none."""
        return next((each for each in self.types() if each.name == type), None)


@lru_cache(maxsize=64)
def _data_type(name: str, level: str, data: str) -> DataType:
    """A data type as it is stored. Rows are read often and rarely replaced, so a text is decoded once."""
    rows: list[Row] = json.loads(data)
    return DataType(name, level, rows, fields_of(rows))


def _resource(row: Row, authz: str) -> Any:
    program, dash, project = str(row.get("project_id") or "").partition("-")
    return f"/programs/{program}/projects/{project}" if dash else authz


USUAL = 10
"""Number of rows in a response if the query states none."""
LONGEST = 10_000
"""Last row that a query reaches; more rows are downloaded."""
FEWEST = 1000
"""Smallest number of unreadable rows that counts include; the real service's default."""
HIDDEN = -1
"""Replaces a number that would reveal too much about rows that the caller may not read."""
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
        found = [row for row in type.rows if test(row)]
        wanted = type.level == "private" or accessibility == "accessible"
        if type.level == "libre" or not (wanted or accessibility == "unaccessible"):
            return found
        return [row for row in found if self._may(row) is wanted]

    def found(self, type: DataType, filter: Any, accessibility: str) -> list[Row]:
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

    def _ordered(self, type: DataType, stated: Mapping[str, Any]) -> list[Row]:
        found = self.found(type, stated.get("filter"), stated.get("accessibility") or "all")
        return in_order(found, orders(stated.get("sort"), type.fields))

    def page(self, type: DataType, stated: Mapping[str, Any]) -> list[Row]:
        """Some rows of a data type, in lists what may be several.

        Args:
            type: The data type.
            stated: Which: `filter`, `accessibility`; in which order: `sort`; how many to pass over: `offset`, and how many
                at most: `first`, by default 10.

        Raises:
            WrongFilter: An argument makes no sense, or the page ends after the 10,000th row; 401, they requested rows
                that they may not read.
        """
        start, size = stated.get("offset") or 0, stated.get("first")
        size = USUAL if size is None else size
        if start < 0 or size < 0:
            raise WrongFilter("offset and first can't be negative")
        if start + size > LONGEST:
            raise WrongFilter(
                f"Large graphql query forbidden for offset + size > {LONGEST}, offset = {start} and size = {size}, "
                "please use download endpoint for large data queries instead."
            )
        return [_listed(row, type.fields) for row in page(self._ordered(type, stated), start, size)]

    def download(self, type: DataType, stated: Mapping[str, Any]) -> list[Row]:
        """All rows of a data type that a filter finds.

        Args:
            type: The data type.
            stated: Which, as for `page`, and which `fields`, one or several, of nested ones `field.member`; by default all.

        Raises:
            WrongFilter: An argument makes no sense; 401, they requested rows that they may not read.
        """
        names: object = as_list(stated.get("fields") or [])
        if not is_texts(names):
            raise WrongFilter("fields is a list of names")
        known = {*names_of(type.fields), *type.fields}
        if unknown := [name for name in names if name not in known]:
            listed = '", "'.join(unknown)
            raise WrongFilter(f'Invalid fields: "{listed}"')
        found = self._ordered(type, stated)
        return [_cut(row, names) for row in found] if names else found


def _listed(row: Row, fields: Fields) -> Row:
    """A row with lists wherever rows of its type may have several values."""
    shown = dict(row)
    for name, field in fields.items():
        if row.get(name) is None or not (field.many or field.kind == NESTED):
            continue
        inside = [_listed(each, field.members) if field.kind == NESTED else each for each in values(row, name)]
        shown[name] = inside if field.many else inside[0]
    return shown


def _cut(row: Row, fields: Sequence[str]) -> Row:
    """A row with some of its fields; of nested ones whole or member by member."""
    wanted: dict[str, list[str]] = {}
    for name in fields:
        outer, _, inner = name.partition(".")
        wanted.setdefault(outer, []).append(inner)
    found: dict[str, Any] = {}
    for name in [each for each in wanted if each in row]:
        whole, inner = row[name], wanted[name]
        parts = [] if "" in inner else [_cut(each, inner) for each in values(row, name)]
        found[name] = whole if "" in inner else parts if isinstance(whole, list) else next(iter(parts), None)
    return found


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
        few = {each["key"] for each in by_value(unseen, name) if each["count"] < FEWEST}
        return [{**each, "count": HIDDEN} if each["key"] in few else each for each in by_value(rows, name)]

    total = HIDDEN if 0 < len(unseen) < FEWEST else len(rows)
    histograms = {name: partial(histogram, name=name) for name in type.fields}
    fields = {name: {"histogram": each, "asTextHistogram": each} for name, each in histograms.items()}
    return {"_totalCount": total, **fields}
