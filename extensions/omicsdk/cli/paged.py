"""Lists that are printed as their rows arrive, such as the pages of an operation."""

from __future__ import annotations

from functools import partial
from itertools import chain
from operator import itemgetter

from omicsdk.core.items import at_page_breaks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    import httpx

    from omicsdk.cli.printing import Printer, Writer


# Rows that are written at once where no page ends before.
PAGE = 1000


def print_pages(
    responses: Iterable[httpx.Response], items: str, operation: str, output: Printer, declared: Sequence[str]
) -> None:
    """Print the items of a service's pages as they arrive, within the first page where the format has place for it.

    Args:
        responses: The pages.
        items: Dotted key of their list; empty if they are the list.
        operation: The operation, for errors.
        output: Prints them.
        declared: Columns of their table, the one that matters most first.

    Raises:
        UsageError: A column of --columns is missing.
    """
    from omicsdk.core.page_items import with_items  # of models, which lists of files do without

    pages = map(partial(_page, items, operation), responses)
    first, key, page_items = next(pages)
    put = partial(with_items, first, key)
    if output.needs_all:
        whole = [*chain(page_items, *map(itemgetter(2), pages))]
        output.result(put(whole), whole, declared)
        return
    # The facts beside the list are printed first, with a placeholder whose rows follow page by page.
    if output.form == "table" and not output.columns:
        placeholder: list[Any] = [{}]
        output.tables(put(placeholder), declared, besides=placeholder)
    writer = output.writer(declared, put)
    # Each before the next one is requested, so that an error of that leaves these rows printed.
    for rows in chain([page_items], map(itemgetter(2), pages)):
        if rows:
            writer.add(rows)
            output.flush()
    writer.end()


def page_rows(response: httpx.Response, items: str, operation: str) -> list[Any]:
    """Return the items of one page; a page without its list is an error, not an empty list."""
    return _page(items, operation, response)[2]


def _page(items: str, operation: str, response: httpx.Response) -> tuple[Any, str, list[Any]]:
    """Return a decoded page, the key of its list, and the list."""
    from omicsdk.core.page_items import CONTENT_KEY_HEADER, items_at
    from omicsdk.core.response import json_of

    key = response.headers.get(CONTENT_KEY_HEADER) or items
    page = json_of(response, operation)
    return page, key, items_at(page, key, operation)


def print_rows(rows: Iterable[Any], writer: Writer, flush: Callable[[], None]) -> None:
    """Write rows, at the latest when their page ends; what came before an error is written.

    Args:
        rows: The rows.
        writer: Writes them.
        flush: Has the reader of the output see them.
    """
    batch: list[Any] = []

    def write() -> None:
        if batch:
            new_rows, batch[:] = batch.copy(), []
            writer.add(new_rows)
            flush()

    try:
        with at_page_breaks(write):
            for row in rows:
                batch.append(row)
                if len(batch) == PAGE:
                    write()
    # Also after an error: the rows that arrived are printed before its message.
    finally:
        write()
    writer.end()
