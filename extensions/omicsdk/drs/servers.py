"""The servers that a set of identifiers leads to, each with the login that it wants."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.errors import OmicsError
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.resolution import Resolver
from omicsdk.drs.server import DrsServer

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials

CredentialsOf = Callable[[str], "Credentials | None"]
"""Gives the login for a host; None asks without one. What it raises fails the objects of that host; it isn't asked again."""


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
        self._places: dict[str, _Place] = {}

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
            place = self._places.setdefault(host, _Place())
        with place.lock:  # a login may take a while: other hosts don't wait for it
            if place.error is not None:
                raise copy.copy(place.error)
            if place.server is None:
                try:
                    login = self._credentials(host) if self._credentials is not None else None
                except OmicsError as error:
                    place.error = copy.copy(error)
                    raise
                place.server = DrsServer(host, login, **self._options)
            return place.server

    def close(self) -> None:
        """Closes the connections of all of them."""
        with self._lock:
            places, self._places = list(self._places.values()), {}
        for place in places:
            if place.server is not None:
                place.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Place:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.server: DrsServer | None = None
        self.error: OmicsError | None = None
