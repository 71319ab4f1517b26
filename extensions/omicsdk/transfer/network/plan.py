"""Cells, spans and parts: which bytes of a file are asked for next. Pure arithmetic.

A file lies on a fixed grid of cells of 4 MiB. A cell is the unit in which progress is remembered, so a part (what one
request asks for) begins on the grid, and at most one cell a connection is lost when the process dies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MIB = 1024 * 1024
#: The grid. Part of the journal's format: a journal with another grid isn't continued.
CELL = 4 * MIB
#: The largest part: larger ones lose at a file's tail, smaller ones cost round trips.
LARGEST_PART = 16 * MIB
#: Files up to this size are fetched with one plain request.
WHOLE = 16 * MIB

#: The largest file: 128 TiB, more than any store of objects takes. The grid of one takes 256 MiB of memory.
LARGEST = 1 << 47

#: Bytes a second of a bandwidth limit for each request for a part: a cell comes in 2 s then.
SHARE = 2 * MIB

#: Half-open: from the first byte to the one behind the last.
Span = tuple[int, int]


def requests_within(rate: float | None, most: int) -> int:
    """How many parts are asked for at once under a bandwidth limit.

    More would bring nothing sooner, and would have so many begun cells that a run of short budgets never ends one.

    Args:
        rate: The limit in bytes a second, None for none.
        most: How many there are without one, 1 or more.

    Returns:
        1 to most; 2 where that many may be, so that one that hangs doesn't hold up all.
    """
    return most if rate is None else min(most, max(2, int(min(rate, most * SHARE) // SHARE)))


def cell_count(size: int) -> int:
    """How many cells a file of this size has; the last may be short, an empty file has none."""
    return -(-size // CELL)


def cell_span(index: int, size: int) -> Span:
    """The bytes of a cell.

    Args:
        index: The cell's number, from 0.
        size: The file's size in bytes.
    """
    return index * CELL, min((index + 1) * CELL, size)


def next_boundary(position: int, size: int | None) -> int:
    """Where the cell that holds this position ends.

    Args:
        position: An offset in the file.
        size: The file's size, None when it isn't known yet.
    """
    end = (position // CELL + 1) * CELL
    return end if size is None else min(end, size)


def spans_of_cells(cells: Iterable[int], size: int) -> list[Span]:
    """Joins cells to as few spans as possible.

    Args:
        cells: Cell numbers, ascending.
        size: The file's size in bytes.

    Returns:
        Spans in order, none empty, no two touching.
    """
    spans: list[Span] = []
    for index in cells:
        start, end = cell_span(index, size)
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        elif start < end:
            spans.append((start, end))
    return spans


def missing_cells(have: Sequence[int], size: int) -> list[int]:
    """Which cells of a file aren't there.

    Args:
        have: The numbers of the cells that are there.
        size: The file's size in bytes.

    Returns:
        The others' numbers, ascending.
    """
    there = set(have)
    return [index for index in range(cell_count(size)) if index not in there]


def part_length(remaining: int, connections: int) -> int:
    """How many bytes the next request asks for.

    Large parts while there is much to do, smaller ones towards the end, so that all connections end together.

    Args:
        remaining: Bytes of the file that nobody has asked for yet.
        connections: How many connections share the work, 1 or more.

    Returns:
        A whole number of cells, from one cell to LARGEST_PART.
    """
    share = remaining // (2 * max(connections, 1))
    return max(CELL, min(LARGEST_PART, share // CELL * CELL))


def take(spans: list[Span], length: int) -> tuple[Span, list[Span]]:
    """Takes the next part off the front of what is missing.

    Args:
        spans: What is missing, in order; not empty.
        length: How much to take at most, a whole number of cells.

    Returns:
        The part, ending on the grid or where its span ends, and what stays missing.
    """
    (start, end), rest = spans[0], spans[1:]
    cut = min(end, (start // CELL) * CELL + length)
    return (start, cut), ([(cut, end), *rest] if cut < end else rest)


def total(spans: Iterable[Span]) -> int:
    """The bytes in all spans together."""
    return sum(end - start for start, end in spans)
