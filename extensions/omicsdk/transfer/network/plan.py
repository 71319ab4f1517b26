"""Cells, spans and parts: which bytes of a file to request next. Pure arithmetic.

A file is divided into a fixed grid of cells of 4 MiB. Progress is recorded per cell, with the position within a begun
one, so a part (the bytes of one request) begins on the grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MIB = 1024 * 1024
#: The cell size. Part of the journal's format: a journal with another grid cannot be resumed.
CELL = 4 * MIB
#: Bytes collected for one write, after which the position is recorded: with one more chunk of libcurl's, 16 KiB, at most a MiB
#: per connection is lost when the process dies. Each write, CRC, hash and record lets other threads take the interpreter and
#: waits for it again: 200 files of 5 MB took 2 to 4 % more CPU seconds with 256 KiB.
BATCH = MIB - 16 * 1024
#: The largest part: larger ones make the end of a file slower, smaller ones cost round trips.
LARGEST_PART = 16 * MIB
#: Files up to this size are downloaded in a single plain request.
WHOLE = 16 * MIB

#: The largest file: 128 TiB, more than any object store accepts. Its grid takes 256 MiB of memory.
LARGEST = 1 << 47

#: Bytes a second of a bandwidth limit for each concurrent part: a cell then arrives in 2 s.
SHARE = 2 * MIB

#: Half-open: from the first byte to the offset after the last.
Span = tuple[int, int]


def requests_within(rate: float | None, most: int) -> int:
    """Return how many parts to request at once under a bandwidth limit.

    More connections would finish nothing sooner.

    Args:
        rate: The limit in bytes a second, None for none.
        most: The number without a limit, 1 or more.

    Returns:
        1 to most; 2 if most allows it, so that one stalled request does not block everything.
    """
    return most if rate is None else min(most, max(2, int(min(rate, most * SHARE) // SHARE)))


def cell_count(size: int) -> int:
    """The number of cells of a file of this size; the last may be short, an empty file has none."""
    return -(-size // CELL)


def cell_span(index: int, size: int) -> Span:
    """The bytes of a cell.

    Args:
        index: The cell's number, from 0.
        size: The file's size in bytes.
    """
    return index * CELL, min((index + 1) * CELL, size)


def next_boundary(position: int, size: int | None) -> int:
    """Return where the cell that contains a position ends.

    Args:
        position: An offset in the file.
        size: The file's size, None if unknown.
    """
    end = (position // CELL + 1) * CELL
    return end if size is None else min(end, size)


def spans_of_cells(cells: Iterable[int], size: int) -> list[Span]:
    """Join cells to as few spans as possible.

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
    """Return which cells of a file are missing.

    Args:
        have: The numbers of the present cells.
        size: The file's size in bytes.

    Returns:
        The other numbers, ascending.
    """
    present = set(have)
    return [index for index in range(cell_count(size)) if index not in present]


def part_length(remaining: int, connections: int) -> int:
    """Return how many bytes the next request asks for.

    Parts are large while much is missing and smaller towards the end, so that all connections end together.

    Args:
        remaining: Unclaimed bytes of the file.
        connections: How many connections share the work, 1 or more.

    Returns:
        A whole number of cells, from one cell to LARGEST_PART.
    """
    share = remaining // (2 * max(connections, 1))
    return max(CELL, min(LARGEST_PART, share // CELL * CELL))


def take(spans: list[Span], length: int) -> tuple[Span, list[Span]]:
    """Take the next part off the front of the missing spans.

    Args:
        spans: The missing spans, in order; not empty.
        length: Maximum bytes to take, a whole number of cells.

    Returns:
        The part, ending on the grid or where its span ends, and the remaining spans.
    """
    (start, end), rest = spans[0], spans[1:]
    cut = min(end, (start // CELL) * CELL + length)
    return (start, cut), ([(cut, end), *rest] if cut < end else rest)


def total(spans: Iterable[Span]) -> int:
    """The number of bytes in all spans."""
    return sum(end - start for start, end in spans)
