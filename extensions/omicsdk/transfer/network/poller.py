"""Waiting for sockets that come and go: what changes between two waits costs one system call, or none."""

from __future__ import annotations

import contextlib
import select
import selectors
from typing import TYPE_CHECKING

#: What a socket can be watched for, and be ready for.
READ, WRITE = 1, 2


class _Epoll:
    """Linux's way. Descriptors that were closed unseen are forgotten by the system itself."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._masks = (0, select.EPOLLIN, select.EPOLLOUT, select.EPOLLIN | select.EPOLLOUT)

    def watch(self, descriptor: int, what: int) -> None:
        try:
            self._epoll.modify(descriptor, self._masks[what])
        except FileNotFoundError:
            self._epoll.register(descriptor, self._masks[what])

    def forget(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):  # closed already
            self._epoll.unregister(descriptor)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        return [
            (descriptor, (READ if mask & ~select.EPOLLOUT else 0) | (WRITE if mask & ~select.EPOLLIN else 0))
            for descriptor, mask in self._epoll.poll(seconds)
        ]

    def close(self) -> None:
        self._epoll.close()


class _Selector:
    """Everybody else's way."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._watched = set[int]()

    def watch(self, descriptor: int, what: int) -> None:
        self.forget(descriptor)  # the number may be that of another socket by now
        self._selector.register(
            descriptor, (selectors.EVENT_READ if what & READ else 0) | (selectors.EVENT_WRITE if what & WRITE else 0)
        )
        self._watched.add(descriptor)

    def forget(self, descriptor: int) -> None:
        if descriptor in self._watched:
            self._watched.discard(descriptor)
            self._selector.unregister(descriptor)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        return [
            (key.fd, (READ if mask & selectors.EVENT_READ else 0) | (WRITE if mask & selectors.EVENT_WRITE else 0))
            for key, mask in self._selector.select(seconds)
        ]

    def close(self) -> None:
        self._selector.close()


if TYPE_CHECKING:
    _System = _Epoll | _Selector
_SYSTEM: type[_System] = _Epoll if hasattr(select, "epoll") else _Selector


class Poller:
    """The sockets that are waited for.

    A request's end and the next one's start on the same connection look like a socket that goes and comes: nothing is
    told to the system before the next wait.
    """

    def __init__(self) -> None:
        self._system = _SYSTEM()
        self._told = dict[int, int]()
        self._changed = dict[int, int]()

    def watch(self, descriptor: int, what: int) -> None:
        """Watches a socket for this from now on.

        Args:
            descriptor: The socket's number.
            what: READ, WRITE, both together, or 0 to forget it.
        """
        self._changed[descriptor] = what

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Waits until a socket is ready.

        Args:
            seconds: How long at most.

        Returns:
            The sockets that are ready, and for what; errors and ends count as ready for both.
        """
        if self._changed:
            for descriptor, what in self._changed.items():
                if what:  # also when it was told before: a new socket may have the number of one that was closed
                    self._system.watch(descriptor, what)
                    self._told[descriptor] = what
                elif self._told.pop(descriptor, 0):
                    self._system.forget(descriptor)
            self._changed.clear()
        return self._system.wait(seconds)

    def close(self) -> None:
        """Lets go of the system's part; the sockets stay open."""
        self._system.close()
