"""The heads of answers: status and headers, and where a redirect leads. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urljoin

#: Characters that stay as they are when a URL is written for the wire; what is escaped already is left alone.
URL_SAFE = "%/:?#[]@!$&'()*+,;=~-._"

# A URL that is fit for the wire as it is; one with dots for a segment is worked out first.
_ABSOLUTE = re.compile(r"https?://(?!.*/\.)[A-Za-z0-9%/:?@!$&'()*+,;=~._-]+\Z")

_BLANK = frozenset({b"\r\n", b"\n"})
_INTERIM = re.compile(rb"HTTP/\S+\s+1")


def is_whole(lines: Sequence[bytes]) -> bool:
    """Whether the head of a final answer ends where it should, with a blank line.

    libcurl takes the end of the connection for the end of the head, too: what it then calls an answer may have lost its
    Location, size or ETag.

    Args:
        lines: Status and header lines as they came; of a chunked body the trailers follow.
    """
    ended = False
    for line in reversed(lines):
        if line.startswith(b"HTTP/"):
            return ended and _INTERIM.match(line) is None
        ended |= line in _BLANK
    return False


def parse_head(lines: Iterable[bytes], wanted: Mapping[bytes, str] | None = None) -> tuple[int, dict[str, str]]:
    """Reads the last of the heads that a request was answered with (there may be 100s before).

    Args:
        lines: Status and header lines as they came.
        wanted: The headers to read, from their names in lower case to what to call them; the rest isn't even decoded.
            None for all.

    Returns:
        The status, 0 when there is none, and the headers with lower-case names; of a repeated one the last.
    """
    status, headers = 0, dict[str, str]()
    for line in lines:
        if line.startswith(b"HTTP/"):  # before a colon is looked for: the server's words may have one
            fields = line.split(None, 2)
            status, headers = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0, {}
            continue
        field, colon, value = line.partition(b":")
        if colon:
            field = field.strip().lower()
            name = field.decode("latin-1") if wanted is None else wanted.get(field)
            if name:
                headers[name] = value.decode("latin-1").strip()
    return status, headers


def redirected(url: str, location: str) -> str | None:
    """Gives where a redirect leads.

    Args:
        url: Who sent it.
        location: The header, as `parse_head` read it.

    Returns:
        The URL, None when it makes no sense.
    """
    if _ABSOLUTE.match(location):
        return location
    try:
        # Headers are read as Latin-1, which gives back the very bytes that came.
        found = quote(urljoin(quote(url, safe=URL_SAFE), location).encode("latin-1"), safe=URL_SAFE)
    except ValueError:
        return None
    return found if found[:8].lower().startswith(("http://", "https://")) else None


def server_of(url: str) -> str:
    """Scheme and authority as a URL has them: cheaper than its origin, and two spellings of one do no harm."""
    end = url.find("/", url.find("//") + 2)
    server = url if end < 0 else url[:end]
    return server.partition("?")[0] if "?" in server else server
