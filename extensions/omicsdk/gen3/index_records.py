"""Records of a commons' index: what requests for them state, and how a long list of them is read.

An index gives what comes after a GUID, a page at a time. GUIDs end in random UUIDs, so that a list can be cut where none has
been read yet. How an index sorts is its own business (its database may pass over hyphens): a stretch ends where the next
one's first record is met, not where this program believes it to end, and what is met twice is kept once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from omicsdk.core.bodies import Joined
from omicsdk.core.errors import Conflict
from omicsdk.core.narrowing import is_array, is_mapping, is_object
from omicsdk.core.paging import items_at
from omicsdk.core.request import Query, joined
from omicsdk.gen3.errors import Gen3UserError

PAGE = 1024
"""Records on a page, the most that an index gives."""


def stated(**fields: Any) -> dict[str, Any]:
    """Fields of a body, without those that weren't given."""
    return {name: value for name, value in fields.items() if value is not None}


def new_record(**fields: Any) -> dict[str, Any]:
    """The fields of a record that is created; its URLs may be none, but have to be stated.

    Raises:
        Gen3UserError: There are no hashes, or no size.
    """
    for name in ("hashes", "size"):
        if fields.get(name) is None:
            raise Gen3UserError(
                f"A record can't be created without {name}", remedy=f"Give {name}=, or make a blank record of the file."
            )
    return {"form": "object", **stated(**fields), "urls": fields.get("urls") or []}


def urls_left(record: Mapping[str, Any], given: Mapping[str, Any]) -> set[str] | None:
    """The URLs that an update leaves of a record, where it takes others away and doesn't say what metadata remain.

    Args:
        record: The record as it is.
        given: The fields that are to be changed.

    Returns:
        The URLs; None where the update takes none away, or states their metadata itself.
    """
    urls = record.get("urls")
    if "urls" not in given or "urls_metadata" in given or not is_array(urls):
        return None
    left = set(urls) & set(given["urls"])
    return None if left == set(urls) else left


def changes(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What an update has to send that takes URLs away.

    The index refuses to forget a URL of which metadata are left, so those of the others go with it.

    Args:
        stored: The record as it is stored. `get_record` doesn't give it so: the index adds where a URL is and whether it
            can be reached to its metadata (`available`, `cloud`, `region`), and these would become stored ones. `get` and
            lists add nothing.
        given: The fields that are to be changed.
    """
    held = stored.get("urls_metadata")
    if not is_object(held):
        return dict(given)
    return {**given, "urls_metadata": {url: about for url, about in held.items() if about and url in given["urls"]}}


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


def records_of(page: Any) -> list[dict[str, Any]]:
    """The records of a page.

    Raises:
        DecodeError: It has no list of them.
    """
    return items_at(page, "records", "list_records")


@contextmanager
def unless_changed(guid: str, rev: str) -> Generator[None]:
    """Says what to do when a record was changed since it was read.

    Args:
        guid: The record.
        rev: Its revision, as it was read.

    Raises:
        Conflict: It was.
    """
    try:
        yield
    except Conflict as error:
        error.remedy = (
            f"Somebody else has changed {guid} since its revision {rev} was read, and nothing was overwritten. "
            "Read it again, see what has changed, and repeat the call if it is still right."
        )
        raise


Record = dict[str, Any]
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
