"""The heads of answers: status and headers, where a redirect points, and what an FTP server's replies are as such a head."""

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


_RANGE = re.compile(r"bytes=(\d+)-(\d*)\Z")
#: Replies (RFC 959) and what they are in HTTP: no login, a busy server, a file that isn't there or may not be had.
_REFUSALS = {
    b"421": b"503 Service Unavailable",
    b"425": b"503 Service Unavailable",
    b"450": b"503 Service Unavailable",
    b"451": b"503 Service Unavailable",
    b"530": b"403 Forbidden",
    b"532": b"403 Forbidden",
    b"550": b"404 Not Found",
    b"553": b"404 Not Found",
}
_DATA_COMES = (b"125", b"150")
_UNKNOWN = (b"500", b"501", b"502", b"504")


def is_ftp(url: str) -> bool:
    """Whether a URL is one of a file on an FTP server.

    Args:
        url: The URL.
    """
    return url[:6].lower() == "ftp://"


def asked_range(headers: Iterable[tuple[str, str]]) -> str:
    """Gives the bytes that are asked for as libcurl wants them ("0-99", "5-"); empty for all.

    Args:
        headers: The request's headers, with lower-case names.
    """
    found = _RANGE.match(dict(headers).get("range", ""))
    return f"{found[1]}-{found[2]}" if found is not None else ""


def is_refusal(lines: Iterable[bytes]) -> bool:
    """Whether a server has said no before a byte came: that is an answer, where libcurl has an error.

    Args:
        lines: The head's lines, as `FtpReplies` gave them.
    """
    statuses = [line.split()[1] for line in lines if line.startswith(b"HTTP/")]
    return bool(statuses) and all(status >= b"400" for status in statuses)


class FtpReplies:
    """Takes the lines of a conversation as libcurl hands them over, and gives the head of an HTTP answer.

    Args:
        lines: Where the head's lines go.
        wanted: The bytes that are asked for, see `asked_range`.
    """

    def __init__(self, lines: list[bytes], wanted: str) -> None:
        self._lines = lines
        self._wanted = wanted
        self._size: int | None = None

    def take(self, line: bytes, /) -> None:
        """Takes a reply's line.

        Args:
            line: As it came.
        """
        code, rest = line[:3], line[4:].strip()
        if code == b"213" and rest.isdigit():
            self._size = int(rest)
        elif code in _REFUSALS:
            self._lines += [b"HTTP/1.1 " + _REFUSALS[code] + b"\r\n", b"\r\n"]
        elif code in _UNKNOWN and self._wanted:  # perhaps REST; if it was another command, the conversation goes on
            self._lines += [b"HTTP/1.1 416 Range Not Satisfiable\r\n", b"\r\n"]
        elif code in _DATA_COMES:
            self._lines += self._head()

    def _head(self) -> list[bytes]:
        if not self._wanted:
            length = [] if self._size is None else [f"Content-Length: {self._size}\r\n".encode()]
            return [b"HTTP/1.1 200 OK\r\n", *length, b"\r\n"]
        first, _, last = self._wanted.partition("-")
        told = ""  # nobody knows which bytes come: the whole file is asked for then
        if self._size is not None:
            end = min(int(last), self._size - 1) if last else self._size - 1
            told = f"Content-Range: bytes {first}-{end}/{self._size}\r\n"
        elif last:
            told = f"Content-Range: bytes {first}-{last}/*\r\n"
        return [b"HTTP/1.1 206 Partial Content\r\n", told.encode(), b"\r\n"]
