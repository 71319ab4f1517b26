"""All records of a long list: several stretches of it are read at the same time.

An index gives what comes after a GUID, a page at a time. GUIDs end in random UUIDs, so that a list can be cut where none has
been read yet. How an index sorts is its own business (its database may pass over hyphens): a stretch ends where the next
one's first record is met, not where this program believes it to end, and what is met twice is kept once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

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
