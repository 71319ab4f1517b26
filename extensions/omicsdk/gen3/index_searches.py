"""Searches of a commons' index by criteria, as JSON: records, their URLs, and all that there are.

An index gives what comes after a GUID, a page at a time. GUIDs end in random UUIDs, so that a list can be cut where none has
been read yet. How an index sorts is its own business (its database may pass over hyphens): a stretch ends where the next
one's first record is met, not where this program believes it to end, and what is met twice is kept once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.core.bodies import Joined
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.paging import items_at
from omicsdk.core.request import Query, joined, request
from omicsdk.core.type_guards import is_mapping

if TYPE_CHECKING:
    from omicsdk_api.gen3.indexd import IndexdApi

PAGE = 1024
"""Records on a page, the most that an index gives."""
URLS_PAGE = 1000
"""URLs on a page of a search."""
Record = dict[str, Any]


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


def criteria(params: Mapping[str, Any]) -> Query:
    """The query of a search for records.

    Args:
        params: Criteria by name. `hashes` and `metadata` may be objects, `urls_metadata` and `negate_params` too; of a list
            each member is a criterion, but for `ids`, `acl` and `authz`, which are one.
    """
    return tuple(pair for name, value in params.items() for pair in _criterion(name, value))


def _criterion(name: str, value: Any) -> list[tuple[str, Any]]:
    if name in ("hash", "hashes", "metadata") and is_mapping(value):
        key = "hash" if name == "hashes" else name
        return [(key, f"{kind}:{each}") for kind, each in value.items()]
    if is_mapping(value):
        return [(name, json.dumps(value))]
    if name in ("ids", "acl", "authz") and isinstance(value, (list, tuple)):
        items = joined(value, ",")
        if isinstance(items, Joined):
            items.refuse_delimiters(name)  # indexd decodes before it splits: an encoded comma would separate too
        return [(name, items)]
    return [("hash" if name == "hashes" else name, value)]


def records_of(page: Any) -> list[Record]:
    """The records of a page.

    Raises:
        DecodeError: It has no list of them.
    """
    return items_at(page, "records", "list_records")


Page = Callable[[str], list[Record]]
"""Gives the records that come after a GUID; none after the last."""

#: Stretches that are read at the same time, at most.
MOST = 8
#: Pages that make it worth to begin another stretch.
PAGES = 4
_UUID = re.compile(r"(?P<prefix>.*?)(?P<place>[0-9a-f]{4})[0-9a-f]{4}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.DOTALL)
_PLACES = 1 << 16


def cuts(last: str) -> list[str]:
    """Where to cut what is left of a list.

    Args:
        last: The GUID of its first page's last record.

    Returns:
        What stretches begin after, the first one's left out; none where the list is short, or GUIDs tell nothing.
    """
    found = _UUID.fullmatch(last)
    if found is None:
        return []
    place = int(found["place"], 16) + 1
    pages_left = (_PLACES - place) / place
    count = min(MOST, int(pages_left / PAGES))
    width = (_PLACES - place) / count if count else 0
    return [f"{found['prefix']}{int(place + width * number):04x}" for number in range(1, count)]


def whole_list(page: Page, beginning: list[Record], size: int) -> list[Record]:
    """All records of a list.

    Args:
        page: Gives pages; it is called in several threads.
        beginning: The first page.
        size: How many records were asked for with a page; after fewer there is little left.

    Returns:
        The records, in the index's order.
    """
    if not beginning:
        return []
    last = beginning[-1]["did"]
    starts = [last, *(cuts(last) if len(beginning) >= size else ())]
    if len(starts) == 1:
        return beginning + _stretch(last, page, page(last), None, Event())
    stopped = Event()
    with ThreadPoolExecutor(len(starts), "gen3-index") as pool:
        firsts = [pool.submit(page, start) for start in starts]
        try:
            following: Sequence[Future[list[Record]] | None] = [*firsts[1:], None]
            reading = [
                pool.submit(_after_first, start, page, first, next_first, stopped)
                for start, first, next_first in zip(starts, firsts, following, strict=True)
            ]
            rest = [record for each in reading for record in each.result()]
        finally:
            stopped.set()
    return list({record["did"]: record for record in beginning + rest}.values())


def _after_first(
    start: str, page: Page, first: Future[list[Record]], following: Future[list[Record]] | None, stopped: Event
) -> list[Record]:
    beginning = following.result() if following is not None else []
    return _stretch(start, page, first.result(), beginning[0]["did"] if beginning else None, stopped)


def _stretch(start: str, page: Page, records: list[Record], end: str | None, stopped: Event) -> list[Record]:
    """The records from a page on, up to the one that the next stretch begins with."""
    found: list[Record] = []
    while records and records[-1]["did"] != start and not stopped.is_set():
        if end is not None:
            place = next((number for number, record in enumerate(records) if record["did"] == end), None)
            if place is not None:
                return found + records[:place]
        found += records
        start = records[-1]["did"]
        records = page(start)
    return found
