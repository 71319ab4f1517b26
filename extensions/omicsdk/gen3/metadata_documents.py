"""Documents of a commons' metadata service: searches of any length, and what a failure between two requests leaves."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from omicsdk.core.answer import json_of
from omicsdk.core.errors import APIError
from omicsdk.core.request import Query, Request, query_text, request

if TYPE_CHECKING:
    from omicsdk_api.gen3.metadata import MetadataApi

PAGE = 2000
"""Documents that are requested at once, the most that a commons returns."""


def with_query(request: Request, query: Query) -> Request:
    """Return a request with further query parameters; those that are None are not sent."""
    more = query_text(query)
    if not more:
        return request
    return request.at(f"{request.url}{'&' if '?' in request.url else '?'}{more}")


@contextmanager
def after(done: str) -> Generator[None]:
    """State what has been done already when the second of two requests fails.

    Args:
        done: What the first one did.

    Raises:
        APIError: The second one was answered with an error.
    """
    try:
        yield
    except APIError as error:
        error.remedy = f"{done}. {error.remedy}"
        raise


def query_documents(
    metadata: MetadataApi,
    conditions: str | None = None,
    *,
    full: bool = False,
    limit: int | None = None,
    offset: int = 0,
    further: Query = (),
) -> Any:
    """Search for documents by their values.

    Args:
        metadata: The metadata service.
        conditions: KEY=VALUE with & between, as in a URL. Different keys must all match, of a key that is stated twice any
            value; `*` is any value.
        full: Whether to return documents, or GUIDs alone.
        limit: How many at most. Above PAGE several pages are requested; None returns as many as the commons does by itself.
        offset: How many are passed over.
        further: Further query parameters.

    Returns:
        A list of GUIDs; with `full` the documents by GUID.
    """
    listing = metadata.query
    stated = (*parse_qsl((conditions or "").lstrip("?"), keep_blank_values=True), ("data", full))

    def page(length: int | None, begin: int) -> Any:
        query = (*stated, ("limit", length), ("offset", begin), *further)
        # One page alone: the operation's own pages would follow it.
        return json_of(next(listing.answers(request(listing.facts, "/metadata", query=query))))

    if limit is None or limit <= PAGE:
        return page(limit, offset)
    found: Any = {} if full else []
    begin, end = offset, offset + limit
    while begin < end and (part := page(min(end - begin, PAGE), begin)):
        found = {**found, **part} if full else [*found, *part]
        begin += len(part)
    return found
