"""Pages of the platform's lists: items, their links, and how many there are on all pages."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

LONGEST = 100
"""What is asked for beyond isn't given, nor refused."""
_DEFAULT = 50
_TOTAL = "X-Total-Matching-Query"
_T = TypeVar("_T")


def window(call: Call) -> tuple[int, int]:
    """Which part of a list is asked for.

    Returns:
        How many items to leave out at its beginning, and how many to give at most.
    """
    return call.arguments.get("offset", 0), min(call.arguments.get("limit", _DEFAULT), LONGEST)


def page(call: Call, items: Sequence[object], total: int) -> Reply:
    """A page.

    Args:
        call: The request, with `offset` and `limit`.
        items: What stands on the page.
        total: How many there are on all pages.
    """
    offset, limit = window(call)
    links: list[JsonObject] = []
    if offset + limit < total:
        links.append(_link(call, "next", offset=offset + limit, limit=limit))
    if offset > 0:
        links.append(_link(call, "prev", offset=max(offset - limit, 0), limit=limit))
    return _reply(call, items, links, total)


def page_of(call: Call, everything: Sequence[_T], show: Callable[[_T], object]) -> Reply:
    """A page of a list that is there as a whole.

    Args:
        call: The request.
        everything: The list.
        show: An item as it stands on the page.
    """
    offset, limit = window(call)
    return page(call, [show(each) for each in everything[offset : offset + limit]], len(everything))


def scroll_page(call: Call, items: Sequence[object], token: str | None, total: int) -> Reply:
    """A page that a token follows.

    Args:
        call: The request, with `token`.
        items: What stands on the page.
        token: What leads to the next one; None on the last.
        total: How many there are on all pages.
    """
    return _reply(call, items, [] if token is None else [_link(call, "next", token=token)], total)


def address(call: Call, **changes: str | int) -> str:
    """The request's own URL with some query parameters replaced or added; lists keep all their values."""
    kept = [(name, value) for name, value in call.query if name not in changes]
    query = urlencode([*kept, *((name, str(value)) for name, value in changes.items())])
    return f"{call.origin}{call.prefix}{quote(call.path)}" + (f"?{query}" if query else "")


def _link(call: Call, rel: str, **changes: str | int) -> JsonObject:
    return {"href": address(call, **changes), "rel": rel, "method": "GET"}


def _reply(call: Call, items: Sequence[object], links: Sequence[JsonObject], total: int) -> Reply:
    body = {"href": address(call), "items": list(items), "links": list(links)}
    return Reply(body, headers={_TOTAL: str(total)})
