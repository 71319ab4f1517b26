"""Data frames of what a listing yields."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.core.lazy import require
from omicsdk.core.rows import check_columns, columns_of, member
from omicsdk.core.type_guards import is_mapping

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part


def row_of(item: Any) -> dict[str, Any]:
    """Return an item's members by name, as plain data where it has a `to_dict`.

    Args:
        item: A model, a mapping, a dataclass or a named tuple. Any other value is the only member, `value`.
    """
    for method in ("to_dict", "_asdict"):
        if (as_dict := getattr(item, method, None)) is not None:
            return as_dict()
    if is_mapping(item):
        return dict(item)
    names: Mapping[str, Any] | None = getattr(item, "__dataclass_fields__", None)
    return {"value": item} if names is None else {name: getattr(item, name) for name in names}


def pandas_module() -> Any:
    """Return pandas.

    Raises:
        MissingExtra: It is not installed.
    """
    return require("pandas", "frames", "data frames")


def frame_of(
    rows: Iterable[dict[str, Any]], columns: str | Sequence[str] | None = None, declared: Sequence[str] = ()
) -> "pandas.DataFrame":
    """Return rows as a data frame.

    Args:
        rows: The rows; none is read if pandas is not installed.
        columns: Name, or names, of members, or dotted paths; by default all members, the declared ones first.
        declared: The columns that matter, the most important first. A frame without rows has these.

    Raises:
        MissingExtra: pandas is not installed.
        UsageError: No row has one of the chosen columns.
    """
    pandas = pandas_module()
    rows = list(rows)
    present = columns_of(rows) or list(declared)
    if isinstance(columns, str):
        columns = (columns,)
    if columns is None:
        columns = [*(name for name in declared if name in present), *(name for name in present if name not in declared)]
    elif rows:
        check_columns(columns, present, "columns")
    cells = [[member(row, name) for name in columns] for row in rows]
    frame = pandas.DataFrame(cells, columns=list(columns))
    for place, values in enumerate(zip(*cells, strict=True)):
        # With an absent one among them they would be floats, which round what is above 2**53.
        if set(map(type, values)) == {int, type(None)}:
            is_small = all(abs(value or 0) < 1 << 63 for value in values)
            frame.isetitem(place, pandas.array(values, dtype="Int64" if is_small else object))
    return frame
