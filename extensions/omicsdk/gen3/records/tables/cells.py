"""A table's header and the cells below it, whatever kind of file they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time

from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.finding import Finding, shown
from omicsdk.gen3.records.row import Place, Row

SEPARATORS: Mapping[str, str] = {"tsv": ",", "csv": "#", "xlsx": ","}
"""What stands between the values of a list in one cell, by the kind of the table."""


def columns_of(header: Sequence[str], place: Place) -> list[str]:
    """Gives the names of columns.

    Args:
        header: The cells of the first row; stars before names (which templates have before what is required) go.
        place: Where it stands.

    Returns:
        The names; empty ones for columns without one.

    Raises:
        Gen3UserError: Two columns have the same name.
    """
    names = [name.strip().lstrip("*").strip() for name in header]
    twice = next((name for place_of, name in enumerate(names) if name and name in names[:place_of]), None)
    if twice is not None:
        where = Finding("", "", file=place.file, sheet=place.sheet, row=place.row).where
        raise Gen3UserError(f"{where}: two columns are called {twice}", remedy="Rename or remove one of them.")
    return names


def text_of(value: object) -> str:
    """Gives a cell's value as a table of text would have it.

    Args:
        value: The value: of a workbook or a data frame. What is missing, or not a number, is empty.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(getattr(value, "text", value))  # a formula of an array is an object


def row_of(columns: Sequence[str], cells: Sequence[str], place: Place, kind: str) -> Row | None:
    """Gives a row.

    Args:
        columns: The names of the columns.
        cells: The texts of its cells; those that are missing at the end are empty.
        place: Where it stands.
        kind: What the table is.

    Returns:
        The row; None where it is empty.
    """
    texts = [cell.strip() for cell in cells]
    if not any(texts):
        return None
    values = {name: text for name, text in zip(columns, texts, strict=False) if name}
    for name in columns[len(texts) :]:
        if name:
            values[name] = ""
    return Row(values, place, SEPARATORS[kind], tuple(_beside(columns, texts, place)))


def _beside(columns: Sequence[str], texts: Sequence[str], place: Place) -> Iterator[Finding]:
    if len(texts) <= len(columns) and "" not in columns:
        return
    for number, text in enumerate(texts, 1):
        if text and (number > len(columns) or not columns[number - 1]):
            yield Finding(
                "cell-without-column",
                f"{shown(text)} stands in column {number}, which has no name",
                "Give the column a name, or empty the cell; a tab or comma within a cell needs quotes around it.",
                file=place.file,
                sheet=place.sheet,
                row=place.row,
                column=str(number),
                value=text,
            )
