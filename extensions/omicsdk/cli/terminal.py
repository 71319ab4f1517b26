"""Terminal output: tables and facts."""

from __future__ import annotations

import os
from itertools import zip_longest
from unicodedata import category, east_asian_width

from omicsdk.cli.help import wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO


BOLD, DIM = "1", "2"
GAP = 3

# Minimum width of a narrowed column, in characters.
_LEAST = 4


def is_coloured(stream: TextIO) -> bool:
    """Return whether a stream takes bold and dim text: a terminal does, unless the user disabled it."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    # bixense.com/clicolors defines the second; other programs support the first.
    is_forced = os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0")
    return bool(is_forced) or stream.isatty()


def styled(text: str, style: str, *, coloured: bool) -> str:
    """Return a text in bold or dim, if the terminal supports it.

    Args:
        text: The text.
        style: BOLD or DIM.
        coloured: Whether it is supported.
    """
    return f"\x1b[{style}m{text}\x1b[0m" if coloured and text else text


def cells(text: str) -> int:
    """Return the width of a text in terminal columns: wide characters take two, combining and invisible ones none."""
    if text.isascii():
        return len(text)
    # Ambiguous widths (A in Unicode's annex 11) take one column outside of East Asian contexts.
    return sum(0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def folded(text: str, width: int) -> list[str]:
    """Split a text into pieces of at most `width` columns, between words if possible."""
    lines: list[str] = []
    for line in wrapped(text.split(" "), width) or [""]:
        piece = ""
        for character in line:
            if cells(piece + character) > width and piece:
                lines.append(piece)
                piece = ""
            piece += character
        lines.append(piece)
    return lines


def widths(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the widths of a table's columns, narrowed until they fit into a terminal.

    Args:
        names: The columns' names; empty for a table without names.
        rows: Texts of the cells; a row may have fewer.
        width: Columns of the terminal.
    """
    # At most `width` from the start: a cell of megabytes would be narrowed by a column at a time.
    columns, most = zip_longest(names, *rows, fillvalue=""), max(width, _LEAST)
    column_widths = [min(max(map(cells, column)), most) for column in columns]
    while sum(column_widths) + GAP * (len(column_widths) - 1) + 2 > width and max(column_widths, default=0) > _LEAST:
        column_widths[column_widths.index(max(column_widths))] -= 1
    return column_widths


def table(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    *,
    coloured: bool = False,
    rule: str = "─",
) -> list[str]:
    """Lay out a table: names, a line, rows; cells that do not fit are folded.

    Args:
        names: The columns' names; empty for a table without names.
        rows: Texts of the cells; a row may have fewer.
        widths: The columns' widths.
        coloured: Whether names are bold.
        rule: The character of the line.
    """
    body = [line for row_cells in rows for line in row(row_cells, widths)]
    if not names:
        return body
    line = rule * (sum(widths) + GAP * (len(widths) - 1) + 2)
    return [*(styled(text, BOLD, coloured=coloured) for text in row(names, widths)), line, *body]


def row(texts: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Lay out the cells of one row; those that do not fit are folded.

    Args:
        texts: The cells; there may be fewer than columns.
        widths: The columns' widths.
    """
    pieces = [folded(text, max(width, 1)) for text, width in zip(texts, widths, strict=False)]
    height = max(map(len, pieces), default=1)
    lines: list[str] = []
    for at in range(height):
        parts = [piece[at] if at < len(piece) else "" for piece in pieces]
        padded = [text + " " * (width - cells(text)) for text, width in zip(parts, widths, strict=False)]
        lines.append(f" {(' ' * GAP).join(padded)}".rstrip())
    return lines


def facts(named: Mapping[str, str], width: int, *, coloured: bool = False) -> list[str]:
    """Lay out names with their values, one per line; long values continue on the next line.

    Args:
        named: The values by their names.
        width: Columns of the terminal.
        coloured: Whether names are bold.
    """
    indent = max(map(cells, named), default=0) + 2
    lines: list[str] = []
    for name, value in named.items():
        first, *rest = folded(value, max(width - indent, _LEAST))
        head = styled(name, BOLD, coloured=coloured) + " " * (indent - cells(name))
        lines += [f"{head}{first}".rstrip(), *(" " * indent + line for line in rest)]
    return lines
