"""The fields of a data type, as its rows have them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

TEXT = "text"
INTEGER = "integer"
NUMBER = "number"
NESTED = "nested"

Row = Mapping[str, Any]
_NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
_INT32 = 2**31


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


def fields_of(rows: Iterable[Row]) -> dict[str, Field]:
    """The fields of rows, by name in alphabetical order.

    Args:
        rows: The rows.

    Raises:
        ValueError: A name can't be one in GraphQL, or a field is nested in one row and a value in another.
    """
    found: dict[str, list[Any]] = {}
    many: set[str] = set()
    for row in rows:
        for name, value in row.items():
            found.setdefault(name, []).extend(values(row, name))
            if isinstance(value, list):
                many.add(name)
    return {name: _field(name, each, name in many) for name, each in sorted(found.items())}


def names_of(fields: Mapping[str, Field], above: str = "") -> list[str]:
    """The names of all fields, of nested ones those of their members behind a dot."""
    found: list[str] = []
    for name, each in fields.items():
        found += names_of(each.members, f"{above}{name}.") if each.kind == NESTED else [f"{above}{name}"]
    return found


def values(row: Row, name: str) -> list[Any]:
    """The values that a row has of a field, without nulls."""
    value = row.get(name)
    stated = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [each for each in stated if each is not None]


def _field(name: str, found: list[Any], many: bool) -> Field:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} can't be the name of a field: letters, digits and _ only, no digit first")
    kinds = {_kind(value) for value in found}
    if NESTED in kinds:
        if len(kinds) > 1:
            raise ValueError(f"{name!r} has fields of its own in one row and is a value in another")
        return Field(NESTED, many, fields_of(found))
    if len(kinds) == 1:
        return Field(kinds.pop(), many)
    return Field(NUMBER if kinds == {INTEGER, NUMBER} else TEXT, many)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return NESTED
    if isinstance(value, bool) or not isinstance(value, int | float):
        return TEXT
    return INTEGER if isinstance(value, int) and -_INT32 <= value < _INT32 else NUMBER
