"""The servers that a set of identifiers leads to, each with the login that it wants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.resolution import Resolver
from omicsdk.drs.server import DrsServer

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials

CredentialsOf = Callable[[str], "Credentials | None"]
"""Gives the login for a host; None asks without one. What it raises fails the objects of that host."""


class Servers:
    """Servers by host, made when they are first needed. Thread-safe; close it, or use it in a `with` block.

    Args:
        resolver: Finds the hosts of identifiers.
        credentials: Gives the login for a host; by default nobody logs in.
        **options: Of every server: `retry`, `timeout`, `clock`, `environ`, `transport`.

    Attributes:
        resolver: Finds the hosts of identifiers.
    """

    def __init__(self, resolver: Resolver, credentials: CredentialsOf | None = None, **options: Any) -> None:
        self.resolver = resolver
        self._credentials = credentials
        self._options = options
        self._lock = threading.Lock()
        self._servers: dict[str, DrsServer] = {}

    def of(self, identifier: DrsId) -> DrsServer:
        """The server that has an object.

        Args:
            identifier: Its identifier.

        Raises:
            UnknownPrefix: Nobody knows which one it is.
            AuthError: There is no login for it, where one is needed.
        """
        return self.at(self.resolver.host(identifier))

    def at(self, host: str) -> DrsServer:
        """The server of a host.

        Args:
            host: Its name, with a port where it has one.

        Raises:
            AuthError: There is no login for it, where one is needed.
        """
        with self._lock:
            found = self._servers.get(host)
            if found is None:
                credentials = self._credentials(host) if self._credentials is not None else None
                found = self._servers[host] = DrsServer(host, credentials, **self._options)
            return found

    def close(self) -> None:
        """Closes the connections of all of them."""
        with self._lock:
            while self._servers:
                self._servers.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
