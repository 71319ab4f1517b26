"""Lists, page by page: the next pages are on their way while one is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from omicsdk.core.narrowing import is_array
from omicsdk.pangea.asking.routes import page_of
from omicsdk.pangea.asking.values import Blob, object_of, unlike
from omicsdk.pangea.errors import PangeaGeneralError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from omicsdk.pangea.knex import Knex

AHEAD = 3
"""Pages that are asked for before they are wanted."""
_PAGE = re.compile(r"(?<=[?&]page=)\d+(?=&|$)")


def paginated_iterator(
    knex: Knex, initial_url: str, error_handler: Callable[[Exception], object] | None = None
) -> Iterator[Blob]:
    """Yields every item of every page of a list, as the pages arrive; nothing of it is kept in files.

    Args:
        knex: The server.
        initial_url: Where the first page is.
        error_handler: Is given the error when a page can't be had; the list ends there. Without it the error is raised.

    Raises:
        PangeaGeneralError: A page can't be had, and there is no error_handler.
    """
    pages = _pages(knex, initial_url)
    while True:
        try:
            page = next(pages, None)
        except PangeaGeneralError as error:
            if error_handler is None:
                raise
            error_handler(error)
            return
        if page is None:
            return
        yield from page["results"]


def _pages(knex: Knex, url: str) -> Iterator[Blob]:
    first = _page(knex, url)
    yield first
    if not first.get("next"):
        return
    from concurrent.futures import ThreadPoolExecutor  # most lists are of one page

    pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="omicsdk-pangea-pages")
    coming: dict[str, Future[Blob]] = {}
    read, page = {url}, first
    try:
        while page.get("next"):
            following = page_of(page["next"], knex.endpoint)
            if following in read:
                raise unlike(url, "next", page["next"], "a page that wasn't read yet")
            read.add(following)
            for each in _expected(following, first):
                if each not in coming:
                    coming[each] = pool.submit(_page, knex, each)
            page = coming.pop(following).result()
            yield page
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _page(knex: Knex, url: str) -> Blob:
    page = object_of(knex.get(url), url)
    if not is_array(page.get("results")):
        raise unlike(url, "results", page.get("results"), "a list")
    if not isinstance(page.get("next"), str | None):
        raise unlike(url, "next", page["next"], "a URL")
    if not isinstance(page.get("count"), int | None):
        raise unlike(url, "count", page["count"], "a number")
    return page


def _expected(url: str, first: Blob) -> list[str]:
    """A page and those that follow it, by the count of the first: a page that isn't there any more is never asked for in vain."""
    size, number = len(first["results"]), _PAGE.search(url)
    if number is None or not size:
        return [url]
    last = -(-(first.get("count") or 0) // size)
    begin = int(number[0])
    return [_PAGE.sub(str(page), url) for page in range(begin, max(begin, min(begin + AHEAD - 1, last)) + 1)]
