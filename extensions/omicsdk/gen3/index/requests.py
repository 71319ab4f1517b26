"""What requests to the index say, made of the documented arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omicsdk.core.errors import NotFound
from omicsdk.gen3.index_records import records_of

#: URLs on a page of a search.
URLS_PAGE = 1000


class Document(dict[str, Any]):
    """A record of the index: a plain dict, whose members are attributes, too.

    Raises:
        AttributeError: The record has no such member.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the record has no {name!r}") from None

    def to_json(self) -> dict[str, Any]:
        """The record as a dict."""
        return dict(self)


def first_of(page: Any, params: Mapping[str, Any], endpoint: str) -> dict[str, Any]:
    """The first record of a page.

    Raises:
        NotFound: There is none.
    """
    records = records_of(page)
    if not records:
        asked = ", ".join(f"{name}={value}" for name, value in params.items()) or "no criteria"
        raise NotFound(
            f"No record has {asked}",
            status=404,
            url=endpoint,
            operation="get_with_params",
            remedy="Check the criteria.",
        )
    return records[0]


def in_order(versions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The versions of a record, oldest first; the index numbers them."""
    return [versions[number] for number in sorted(versions, key=int)]
