"""The log of requests; no secret of a request is in it."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from starlette.types import Scope

ENTRY = "omics.entry"
"""Where a request's scope has its entry in the log."""
_KEPT = 20_000
# Signatures, tickets and codes stand in these queries.
_SECRET_QUERIES = ("/_objects/", "/auth/consent", "/auth/echo", "/echo", "/gen3/_storage/", "/sb/_storage/")


@dataclass(slots=True)
class Entry:
    """One request in the log.

    Attributes:
        number: Counts from 1 since the last reset.
        at: When it came, in the sandbox's time.
        method: HTTP method.
        path: Path as sent.
        query: Query as sent; empty where it has a secret, as in presigned URLs.
        range: Its Range header.
        agent: Its User-Agent header.
        authorized: Whether it carried an Authorization header.
        status: The status that was answered; 0 when none was.
        sent: Bytes of the answer's body that were handed to the socket.
        done: Whether the answer was sent to its end.
        operation: Which operation of which service it was, such as `dss get_bundle`; empty for what no document states.
        validation: What came of holding it against the service's document; no value of the request is in it.
    """

    number: int
    at: float
    method: str
    path: str
    query: str
    range: str
    agent: str
    authorized: bool
    status: int = 0
    sent: int = 0
    done: bool = False
    operation: str = ""
    validation: str = "not an operation"


class RequestLog:
    """The last requests, newest at the end. Requests to the control API aren't in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._count = 0

    def begin(self, scope: Scope, now: float) -> Entry:
        """Enters a request."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        path: str = scope["raw_path"].decode("latin-1")
        entry = Entry(
            number=0,
            at=now,
            method=scope["method"],
            path=path,
            query="" if path.startswith(_SECRET_QUERIES) else scope["query_string"].decode("latin-1"),
            range=headers.get(b"range", ""),
            agent=headers.get(b"user-agent", ""),
            authorized=b"authorization" in headers,
        )
        with self._lock:
            self._count += 1
            entry.number = self._count
            self._entries.append(entry)
        return entry

    @property
    def count(self) -> int:
        """How many requests have come since the last reset."""
        return self._count

    def newest(self, path: str, start: int, most: int) -> tuple[int, list[Entry]]:
        """The entries whose path begins with a text, newest first.

        Args:
            path: How their paths begin.
            start: How many to leave out.
            most: How many at most.

        Returns:
            How many there are in all, and those.
        """
        with self._lock:
            found = [entry for entry in reversed(self._entries) if entry.path.startswith(path)]
        return len(found), found[start : start + most]

    def entries(self) -> list[dict[str, Any]]:
        """The entries as JSON values."""
        with self._lock:
            return [asdict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Empties the log."""
        with self._lock:
            self._entries.clear()
            self._count = 0
