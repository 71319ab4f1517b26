"""Where a redirected request goes, and what it takes along (RFC 9110, section 15.4)."""

from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from omicsdk.core.origins import origin_of
from omicsdk.core.redaction import is_secret_name

#: Answers that send a request elsewhere.
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

#: Redirects in a row, waits not counted, after which a service is going round in circles; browsers stop at about 20.
REDIRECT_LIMIT = 30


@dataclass(frozen=True, slots=True)
class Hop:
    """One stop of a request on its way to the final answer.

    Attributes:
        method: HTTP method in upper case.
        url: Absolute URL.
        headers: Names and values, without those of credentials.
        has_content: Whether the request's body goes along.
        trusted: Whether credentials may go along: still at the origin that the request was meant for.
    """

    method: str
    url: str = field(repr=False)  # may be presigned
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    has_content: bool
    trusted: bool = True


def redirected(hop: Hop, status: int, location: str) -> Hop:
    """Gives the stop that follows a redirect.

    A redirect to another origin takes no secrets along, and what was left behind isn't picked up again when a later one
    leads back: whoever sent the request there chose the path.

    Args:
        hop: The stop that answered.
        status: Its answer, one of REDIRECT_STATUSES.
        location: The answer's Location, absolute or relative.

    Returns:
        The next stop.
    """
    url = urljoin(hop.url, location)
    if "#" not in location and "#" in hop.url:
        url += "#" + hop.url.partition("#")[2]
    to_get = (status == 303 and hop.method not in ("GET", "HEAD")) or (status in (301, 302) and hop.method == "POST")
    moved = replace(hop, url=url)
    if to_get:
        kept = tuple((name, value) for name, value in moved.headers if not name.lower().startswith("content-"))
        moved = replace(moved, method="GET", headers=kept, has_content=False)
    if origin_of(url) != origin_of(hop.url):
        moved = replace(moved, headers=for_strangers(moved.headers), trusted=False)
    return moved


def is_elsewhere(status: int, location: str | None) -> bool:
    """Tells whether an answer redirects to what isn't http, such as s3://bucket/key.

    Args:
        status: The answer's status.
        location: Its Location, if it has one.
    """
    scheme, colon, _ = (location or "").partition("://")
    return status in REDIRECT_STATUSES and bool(colon) and scheme.lower() not in ("http", "https")


def for_strangers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Gives the headers that may go to another origin than the one they were meant for.

    Args:
        headers: Names and values.

    Returns:
        Those that neither hold secrets nor name a host.
    """
    return tuple(pair for pair in headers if pair[0].lower() != "host" and not is_secret_name(pair[0]))
