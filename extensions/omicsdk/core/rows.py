"""Members of rows: JSON objects that are the lines of a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from omicsdk.core.errors import UsageError
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def columns_of(rows: Iterable[Any]) -> list[str]:
    """Return the names of all members of the rows that are objects, in order of first appearance."""
    return list(dict.fromkeys(name for row in rows if is_object(row) for name in row))


def member(row: Any, name: str) -> Any:
    """Return a member of a row by its name, or by a dotted path; None if missing.

    Args:
        row: A JSON value.
        name: The name.
    """
    if not is_object(row):
        return None
    if name in row:
        return row[name]
    before, dot, after = name.partition(".")
    return member(row.get(before), after) if dot else None


def missing_columns(names: Iterable[str], present: Collection[str]) -> list[str]:
    """Return the chosen columns that no row has, neither as a member nor as a dotted path into one.

    Args:
        names: The chosen columns.
        present: The columns of all rows.
    """
    return [name for name in names if name not in present and name.partition(".")[0] not in present]


def check_columns(names: Sequence[str], present: Sequence[str], option: str = "--columns") -> None:
    """Check that rows have the chosen columns.

    Args:
        names: The chosen columns.
        present: The columns of all rows.
        option: What chose them.

    Raises:
        UsageError: One of them is in no row.
    """
    for name in missing_columns(names, present):
        choices = f"Choose from: {', '.join(present)}." if present else "The items are not objects: leave it out."
        raise UsageError(f"{option}: no item has {name!r}", remedy=choices)
