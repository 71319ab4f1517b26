"""What requests to the metadata service say, made of the documented arguments."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from omicsdk.core.errors import APIError
from omicsdk.core.request import Query

#: Documents that are asked for at once, the most that a commons gives.
PAGE = 2000


def search(query: str | None, full: bool, limit: int | None, offset: int | None, further: Mapping[str, Any]) -> Query:
    """The query of a search.

    Args:
        query: Conditions as they stand in a URL: KEY=VALUE, with & between.
        full: Whether documents are wanted, or GUIDs alone.
        limit: How many at most.
        offset: How many are passed over.
        further: Further query parameters.
    """
    conditions = parse_qsl((query or "").lstrip("?"), keep_blank_values=True)
    return (*conditions, ("data", full), ("limit", limit), ("offset", offset), *further.items())


@contextmanager
def after(done: str) -> Generator[None]:
    """Says what is there already when the second of two requests fails.

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
