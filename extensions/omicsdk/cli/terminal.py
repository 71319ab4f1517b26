"""Terminal output: tables, facts and a progress line."""

from __future__ import annotations

import os
from unicodedata import combining, east_asian_width

from omicsdk.cli.help import wrapped
from omicsdk.transfer.reports.units import size_words, time_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from omicsdk.transfer import Progress

BOLD, DIM = "1", "2"
GAP = 3
"""Characters between two columns of a table."""

_LEAST = 4
"""Minimum width of a narrowed column, in characters."""
_LEAST_TITLE, _LEAST_BAR, _LONGEST_BAR, _TIME = 8, 10, 40, 14
"""Columns of a progress line: minimum of the title, minimum and maximum of the bar, and the time left with its gap."""


def is_coloured(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether a stream takes bold and dim text: a terminal does, unless the user disabled it.

    Args:
        stream: The stream.
        environ: The environment's variables; by default those of the process.
    """
    known = os.environ if environ is None else environ
    if known.get("NO_COLOR") or known.get("TERM") == "dumb":
        return False
    # bixense.com/clicolors defines the second; other programs support the first.
    is_forced = known.get("FORCE_COLOR") or known.get("CLICOLOR_FORCE", "0") not in ("", "0")
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
    """Return the width of a text in terminal columns: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


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
    count = max((len(each) for each in (names, *rows)), default=0)
    found = [max((cells(row[at]) for row in (names, *rows) if at < len(row)), default=0) for at in range(count)]
    while sum(found) + GAP * (count - 1) + 2 > width and max(found, default=0) > _LEAST:
        widest = found.index(max(found))
        found[widest] -= 1
    return found


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
    body = [line for each in rows for line in row(each, widths)]
    if not names:
        return body
    line = rule * (sum(widths) + GAP * (len(widths) - 1) + 2)
    return [*(styled(each, BOLD, coloured=coloured) for each in row(names, widths)), line, *body]


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
        parts = [each[at] if at < len(each) else "" for each in pieces]
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


def progress_line(title: str, state: Progress, width: int, *, plain: bool = False) -> str:
    """Format a transfer's progress: title, bar, bytes, rate, time left and files; bar and time are dropped first.

    Args:
        title: Title of the transfer.
        state: Its progress.
        width: Columns of the terminal.
        plain: Whether the terminal shows ASCII only.
    """
    total = state.bytes if state.files is not None and not state.unsized else 0
    numbers = [_sizes(state.bytes_done, total), f"{size_words(state.rate)}/s", _files(state)]
    room = width - sum(map(len, numbers)) - 2 * len(numbers)
    if total and room >= _LEAST_TITLE + _LEAST_BAR + _TIME:
        left = time_words((total - state.bytes_done) / state.rate) if state.rate else ""
        numbers.insert(2, f"{left:<{_TIME - 4}}")
        length = max(_LEAST_BAR, min(_LONGEST_BAR, room - _TIME - 2 - len(title)))
        filled = min(length, round(state.bytes_done / total * length))
        full, empty = "#-" if plain else "━╌"
        numbers.insert(0, full * filled + empty * (length - filled))
        room -= _TIME + length
    room = max(1, room)
    shown = title if len(title) <= room else f"{title[: room - 1]}{'~' if plain else '…'}"
    return "  ".join([shown, *numbers])[:width]


def _sizes(done: int, total: int) -> str:
    """Format transferred and total bytes, with a shared unit only once."""
    if not total:
        return size_words(done)
    number, unit = size_words(done).split(" ")
    return (
        f"{number}/{size_words(total)}"
        if size_words(total).endswith(f" {unit}")
        else f"{number} {unit}/{size_words(total)}"
    )


def _files(state: Progress) -> str:
    """Format files, failures, retries, and any phase but the usual one."""
    count = f"{state.files_done}" if state.files is None else f"{state.files_done}/{state.files}"
    parts = [f"{count} files"]
    if state.files_failed:
        parts.append(f"{state.files_failed} failed")
    if state.retries:
        parts.append(f"{state.retries} retries")
    if state.phase not in ("moving", "over"):
        parts.append(state.phase)
    return ", ".join(parts)
