"""What cells mean, by what the dictionary says of the property that they are of."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from omicsdk.dtp.sds.cells import Cell, text_of
from omicsdk.gen3.dictionary import Property

NOT_THERE = "NA"
"""What texts are that each record of a node has and a sheet leaves out."""
_BREAK = re.compile(r"\r\n|\r|\n")
_INTEGER = re.compile(r"[+-]?\d{1,300}(\.0*)?", re.ASCII)


def reader_of(stated: Property) -> Callable[[Cell], Any]:
    """Gives what makes values of cells; what isn't as the dictionary wants it stays as it is, for validation to tell.

    Lines of a cell are a list where the property may be one, and one text with line breaks where it may not. Double quotes
    become single ones.

    Args:
        stated: The property.
    """
    kinds = stated.kinds
    if not kinds and stated.choices:
        choices = {str(choice): choice for choice in stated.choices}

        def chosen(cell: Cell) -> Any:
            return choices.get(text_of(cell), text_of(cell))

        return chosen
    if "array" in kinds:
        items, alone = stated.read_items_as, "string" not in kinds

        def listed(cell: Cell) -> Any:
            text = _plain(cell)
            if not alone and "\n" not in text:
                return text
            lines = [line.strip() for line in text.split("\n") if line.strip()]
            found = [_typed(line, items) for line in lines]
            return found if alone or len(found) > 1 else found[0]

        return listed
    if not kinds or "string" in kinds:
        return _plain
    kind = kinds[0]

    def typed(cell: Cell) -> Any:
        return _typed(cell, kind)

    return typed


def values_reader_of(stated: Property) -> Callable[[Sequence[Cell]], Any]:
    """Gives what makes a value of an element's cells, of which there is at least one.

    Args:
        stated: The property: a list has an item for each cell; of any other kind the cells are lines of one.
    """
    if "array" in stated.kinds:
        kind = stated.read_items_as
        return lambda cells: [_typed(cell, kind) for cell in cells]
    read = reader_of(stated)
    return lambda cells: read(cells[0]) if len(cells) == 1 else read("\n".join(text_of(cell) for cell in cells))


def absent(stated: Property) -> Any:
    """Gives the value of a required property that a sheet leaves out; None where there is none that would do.

    Args:
        stated: The property.
    """
    if not stated.kinds:
        return None if stated.choices else NOT_THERE
    if "string" in stated.kinds:
        return NOT_THERE
    return [] if "array" in stated.kinds else None


def _plain(cell: Cell) -> str:
    text = cell.strip() if isinstance(cell, str) else text_of(cell)
    if '"' in text:
        text = text.replace('"', "'")
    return _BREAK.sub("\n", text) if "\n" in text or "\r" in text else text


def _typed(cell: Cell, kind: str) -> Any:
    if kind == "boolean":
        return (
            cell if isinstance(cell, bool) else {"true": True, "false": False}.get(text_of(cell).lower(), text_of(cell))
        )
    if kind not in ("integer", "number"):
        return _plain(cell)
    text = text_of(cell)
    if _INTEGER.fullmatch(text):
        return int(text.partition(".")[0])
    try:
        number = float(text)
    except ValueError:
        return _plain(cell)
    return number if math.isfinite(number) else text
