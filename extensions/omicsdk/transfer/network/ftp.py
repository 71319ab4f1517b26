"""Files from FTP servers: what such a server says, told as the head of an HTTP answer, so that one engine takes both. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
