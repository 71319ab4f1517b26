"""Finding lists in a recording that a client can follow from page to page."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from matching import Call
from omicsdk.core import NO_RETRY, OmicsError
from recording import HOST

Found = Sequence[tuple[Call, Mapping[str, Any]]]
"""Calls and the exchanges that they make, in the order of the recording."""

NEAR = 60
"""Exchanges within which the pages of one list stand: later ones were asked for when the list was another."""


def key_of(method: str, url: str) -> tuple[object, ...]:
    """What a request requests; the order of its query does not matter."""
    parts = urlsplit(url)
    return method, parts.path, *sorted(parse_qsl(parts.query, keep_blank_values=True))


def walk(client_class: Any, exchanges: Found, start: int) -> list[int]:
    """The exchanges, by place, that iterating over a list plays.

    Args:
        client_class: The generated client.
        exchanges: The recording.
        start: The place of the first page.

    Returns:
        Places of all pages; empty when one of them is not recorded nearby.
    """
    near = range(start, min(start + NEAR, len(exchanges)))
    places: dict[tuple[object, ...], int] = {}
    for place in near:
        method, url, content = exchanges[place][0].sent
        if not content:
            places.setdefault(key_of(method, url), place)
    played: list[int] = []

    def play(request: httpx.Request) -> httpx.Response:
        place = places[key_of(request.method, str(request.url))]
        played.append(place)
        response = exchanges[place][1]["response"]
        return httpx.Response(response["status"], json=response["body"])

    call = exchanges[start][0]
    with client_class(HOST + call.base, transport=httpx.MockTransport(play), retry=NO_RETRY) as client:
        try:
            for _ in getattr(client, call.operation).iterate(**call.arguments):
                pass
        except (KeyError, OmicsError):
            return []
    return played
