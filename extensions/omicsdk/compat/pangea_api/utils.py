"""Lists, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from omicsdk.compat.pangea_api.knex import Knex, PangeaGeneralError, documented_errors
from omicsdk.compat.pangea_api.routes import page_of
from omicsdk.pangea.listings import prefetched_pages


def paginated_iterator(
    knex: Knex, initial_url: str, error_handler: Callable[[Exception], object] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages of a list as they arrive, without caching.

    Args:
        error_handler: Receives the error when a page cannot be read; the list ends there. Without it the error is raised.
    """
    try:
        with documented_errors():
            # Next pages are requested from the same server: one behind a proxy may state a wrong scheme and name.
            for page in prefetched_pages(knex.get, initial_url, partial(page_of, endpoint=knex.endpoint)):
                yield from page["results"]
    except PangeaGeneralError as error:
        if error_handler is None:
            raise
        error_handler(error)
