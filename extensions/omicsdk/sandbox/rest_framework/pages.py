"""Lists in pages that have numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from omicsdk.sandbox.rest_framework.refusals import Refused
from omicsdk.sandbox.service import Call, Reply


def page(call: Call, count: int, read: Callable[[int, int], Sequence[Any]], size: int) -> Reply:
    """One page of a list, the one that `?page=` asks for.

    Args:
        call: The request.
        count: How many there are in all.
        read: Gives items by how many come before them, and how many are wanted.
        size: How many a page has.

    Raises:
        Refused: 404; there is no such page.
    """
    query = dict(call.query)
    last = max(1, -(-count // size))
    number = _number(query.get("page", "1"), last)
    if not 1 <= number <= last:
        raise Refused(404, "Invalid page.")
    items = list(read((number - 1) * size, size))
    return Reply(
        {
            "count": count,
            "next": page_url(call, query, number + 1) if number < last else None,
            "previous": page_url(call, query, number - 1) if number > 1 else None,
            "results": items,
        }
    )


def page_url(call: Call, query: Mapping[str, str], number: int) -> str:
    """Where a page is; the first has no number, and parameters stand in the order of their names."""
    kept = {name: value for name, value in query.items() if name != "page"}
    if number > 1:
        kept["page"] = str(number)
    text = urlencode(sorted(kept.items()))
    return call.service_url(call.path, {}) + (f"?{text}" if text else "")


def _number(text: str, last: int) -> int:
    if text == "last":
        return last
    try:
        return int(text)
    except ValueError:
        return 0
