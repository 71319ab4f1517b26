"""Jobs that wait for a connection: a line for each server, so that nobody waits behind a server that isn't asked now."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Ready(Generic[T]):
    """Lines of jobs."""

    def __init__(self) -> None:
        self._lines = dict[str, deque[T]]()  # the server whose turn is farthest back comes first

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def put(self, server: str, job: T, *, first: bool = False) -> None:
        """Lines a job up.

        Args:
            server: Whom it will ask.
            job: The job.
            first: Whether before all others.
        """
        line = self._lines.get(server)
        if line is None:
            line = self._lines[server] = deque()
        if first:
            line.appendleft(job)
        else:
            line.append(job)

    def servers(self) -> tuple[str, ...]:
        """The servers that somebody waits for, in the order of their turns."""
        return tuple(self._lines)

    def line(self, server: str) -> deque[T]:
        """The line for a server that somebody waits for; it may be changed."""
        return self._lines[server]

    def served(self, server: str) -> None:
        """Puts a server behind the others: it had its turn."""
        line = self._lines.pop(server)
        if line:
            self._lines[server] = line
