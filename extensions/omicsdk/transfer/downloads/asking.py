"""What a request for bytes says. Pure."""

from __future__ import annotations

from omicsdk.core.origins import origin_of
from omicsdk.core.sending.user_agent import user_agent
from omicsdk.transfer.downloads.answers import Asked, is_weak
from omicsdk.transfer.items import Location

# Offsets and checksums are those of the bytes as they are stored.
_IDENTITY = {"accept-encoding": "identity"}
_PLAIN = {"accept": "*/*", "user-agent": user_agent()}
#: The headers of a request that needs none of its own: always the same object, which costs the wire nothing.
PLAIN = tuple((_PLAIN | _IDENTITY).items())


def headers_for(location: Location, asked: Asked | None = None) -> tuple[tuple[str, str], ...]:
    """Gives a request's headers.

    Args:
        location: Where it goes.
        asked: The bytes that it asks for, None for the whole file.

    Returns:
        Names in lower case and values.
    """
    ranged = asked is not None and asked.ranged
    if not (location.headers or ranged):
        return PLAIN
    headers = _PLAIN | {name.lower(): value for name, value in location.headers.items()} | _IDENTITY
    if asked is not None and ranged:
        headers["range"] = f"bytes={asked.start}-{'' if asked.end is None else asked.end - 1}"
        if asked.validator and not is_weak(asked.validator):
            headers["if-range"] = asked.validator
    return tuple(headers.items())


def followed(here: Location, there: str) -> Location:
    """Gives where a redirect leads, with the headers that may go along.

    Whoever sends us elsewhere must not learn there what we carry here; a redirect within the origin may.

    Args:
        here: Who was asked.
        there: The URL that was given instead.
    """
    same = bool(here.headers) and origin_of(there) == origin_of(here.url)
    return Location(there, here.headers if same else {})
