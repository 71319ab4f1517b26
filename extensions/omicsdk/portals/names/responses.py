"""Responses of archives: the lines and rows of streamed texts, none of which is lost silently, and files at their addresses."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import DecodeError
from omicsdk.core.tables import LONGEST_RECORD, rows_of
from omicsdk.portals.cells import file_at
from omicsdk.portals.lists import FAULT, ListedFile, RowFault

if TYPE_CHECKING:
    from omicsdk.core.streaming import Body


def lines_in(body: Body, operation: str, errors: str = "strict") -> Iterator[str]:
    """Yield the lines of a response as they arrive, with their ends.

    Args:
        body: The response.
        operation: What errors call it.
        errors: How bytes are decoded that are not UTF-8, as in bytes.decode.

    Raises:
        DecodeError: A line is not UTF-8, or longer than 16 MiB.
        TransportError: The connection broke.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors)
    pieces, length = list[str](), 0  # of the line that has not ended
    try:
        for chunk in body.arriving():
            first, *others = decoder.decode(chunk).split("\n")
            pieces.append(first)
            length += len(first)
            if others:
                # Joined once: a long line arrives in a thousand chunks.
                yield "".join(pieces) + "\n"
                yield from (f"{line}\n" for line in others[:-1])
                pieces, length = [others[-1]], len(others[-1])
            if length > LONGEST_RECORD:
                start = "".join(pieces)[:80]
                raise DecodeError(operation, "", start, expected=f"lines of at most {LONGEST_RECORD >> 20} MiB")
        pieces.append(decoder.decode(b"", final=True))
    except UnicodeDecodeError as error:
        raise DecodeError(operation, "", error.object[error.start :][:20], expected="UTF-8") from None
    if any(pieces):
        yield "".join(pieces)


def stated_file(url: str, operation: str, field: str, **fields: Any) -> ListedFile:
    """Return a file at an address that a response states; one whose address is none has an error.

    Args:
        url: The address.
        operation: What errors call the response.
        field: The address's field in it.
        **fields: Further arguments of `file_at`.
    """
    try:
        return file_at(url, **fields)
    except RowFault as fault:
        error = DecodeError(operation, field, url, expected="the address of a file")
        return ListedFile(FAULT, url, fields.get("name") or f"{fields['folder']}: {fault}", error=error)


def table_rows(body: Body, operation: str, first: str, delimiter: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table by column; none for an empty response.

    Args:
        body: The response.
        operation: What errors call it.
        first: A column that every such table has.
        delimiter: The separator of cells.

    Raises:
        DecodeError: It is another text, such as a page; or it ends within a row.
        TransportError: The connection broke.
    """
    last = "\n"

    def noted() -> Iterator[str]:
        nonlocal last
        for line in lines_in(body, operation):
            last = line
            yield line

    columns: list[str] = []
    for number, cells in rows_of(noted(), delimiter, quoted=delimiter == ",", longest=LONGEST_RECORD):
        if not any(cells):
            continue
        if not columns or cells == columns:  # each page of NCBI's has the header
            if first not in cells:
                raise DecodeError(operation, "", delimiter.join(cells)[:200], expected=f"a table with a column {first}")
            columns = cells
            continue
        if len(cells) != len(columns):
            expected = f"{len(columns)} cells: the list is incomplete"
            raise DecodeError(operation, f"line {number}", delimiter.join(cells)[:100], expected=expected)
        yield dict(zip(columns, cells, strict=True))
    if not last.endswith("\n"):
        raise DecodeError(operation, "", last[-100:], expected="a table whose last line is complete")
