"""Searches of a commons' index by criteria, as JSON: records, their URLs, and all that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.paging import items_at
from omicsdk.core.request import request
from omicsdk.gen3.index_records import PAGE, Record, criteria, records_of, whole_list

if TYPE_CHECKING:
    from omicsdk_api.gen3.indexd import IndexdApi

URLS_PAGE = 1000
"""URLs on a page of a search."""


def all_records(indexd: IndexdApi, *, page: int | None = None) -> list[Record]:
    """Read all records of an index as its JSON, several stretches of a long list at the same time.

    Args:
        indexd: The index.
        page: Records on a page, at most PAGE, which is the default.

    Returns:
        The records, in the index's order.
    """
    size = min(page or PAGE, PAGE)

    def after(start: str | Omit) -> list[Record]:
        return records_of(json_of(indexd.list_records.raw(limit=size, start=start)))

    return whole_list(after, after(OMIT), size)


def search_page(indexd: IndexdApi, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of the records that meet all criteria, as its JSON.

    Args:
        indexd: The index.
        params: The criteria, as in `criteria`, with `limit` and `start`.
    """
    # The operation's own pages would follow it, and take no criteria as objects.
    listing = indexd.list_records
    return json_of(next(listing.answers(request(listing.facts, "/index", query=criteria(params)))))


def matching_records(indexd: IndexdApi, params: Mapping[str, Any], *, page: int = PAGE) -> Iterator[Record]:
    """Read all records that meet criteria as its JSON, in the order of their GUIDs, a page at a time.

    Args:
        indexd: The index.
        params: The criteria, as in `criteria`.
        page: Records on a page.
    """
    start: dict[str, Any] = {}
    while records := records_of(search_page(indexd, {**params, "limit": page, **start})):
        yield from records
        if len(records) < min(page, PAGE):  # an index refuses longer pages than it returns
            return
        start = {"start": records[-1]["did"]}


def urls_of(indexd: IndexdApi, guids: Sequence[str] | None, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the URLs of records, all of them, each `url` with its `metadata`.

    Args:
        indexd: The index.
        guids: The GUIDs of the records; None for those that meet the criteria.
        params: Criteria: `size` and `hashes`.
    """
    asked = {**params, **({} if guids is None else {"ids": guids}), "limit": PAGE}
    listing = indexd.get_urls
    answer = json_of(next(listing.answers(request(listing.facts, "/urls", query=criteria(asked)))))
    urls: list[dict[str, Any]] = items_at(answer, "urls", "get_urls")
    if len(urls) < PAGE:
        return urls
    # There may be more, and no next page: the index does not sort them, and releases differ in what they count.
    records: Iterable[Record]
    if guids is None:
        records = matching_records(indexd, params)
    else:
        records = items_at(json_of(indexd.get_records.raw(body=list(guids))), "", "get_records")
    return [{"url": url, "metadata": metadata} for record in records for url, metadata in _stated_urls(record)]


def _stated_urls(record: Record) -> Iterator[tuple[str, Any]]:
    """The URLs of a record, each with its metadata as they are stored."""
    metadata: dict[str, Any] = record.get("urls_metadata") or {}
    for url in record.get("urls") or ():
        yield url, metadata.get(url, {})


def records_by_url(indexd: IndexdApi, pattern: str) -> list[dict[str, Any]]:
    """List the records that have a text in one of their URLs, each `did` with its `urls`.

    Args:
        indexd: The index.
        pattern: The text, a part of a URL.
    """
    asking, found = indexd.query_urls, list[dict[str, Any]]()
    for answer in asking.answers(asking.build(include=pattern, limit=URLS_PAGE)):
        page = items_at(json_of(answer), "", "query_urls")
        found += page
        if len(page) < URLS_PAGE:  # an index refuses longer pages than it returns
            break
    return found
