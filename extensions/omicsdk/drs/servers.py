"""The servers of identifiers, each with its login."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from omicsdk.core.client import Client
from omicsdk.core.closing import Closing
from omicsdk.core.credentials import Credentials
from omicsdk.core.errors import OmicsError
from omicsdk.core.plain_client import network_of
from omicsdk.drs.credentials import Storage
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.resolution import ResolutionSettings, Resolver, server_url
from omicsdk.drs.server import PATH, DrsServer

CredentialsOf = Callable[[str], "Credentials | None"]
"""Returns the login for a host; None for none. What it raises fails the objects of that host, and it is not called again."""


class Servers(Closing):
    """Servers by host, created when they are first needed. Thread-safe; close it, or use it in a `with` block.

    Args:
        resolver: Finds the hosts of identifiers.
        credentials: Returns the credentials for a host; none by default.
        base_urls: By host, the base URLs that are not at the standard's path.
        client: Whose settings and connections every server uses.
        **options: Of every server: `explain`, and without a client `retry`, `timeout`, `clock`, `environ`, `transport`.

    Attributes:
        resolver: Finds the hosts of identifiers.
        client: Whose settings and connections every server uses; None if each has its own.
        storage: Locates objects that servers name by their storage.
    """

    def __init__(
        self,
        resolver: Resolver,
        credentials: CredentialsOf | None = None,
        base_urls: Mapping[str, str] | None = None,
        *,
        client: Client | None = None,
        **options: Any,
    ) -> None:
        self.resolver = resolver
        self.client = client
        self._credentials = credentials
        self._base_urls = dict(base_urls or {})
        environ = options.get("environ") if client is None else network_of(client)[0]
        self.storage = Storage(environ)
        self._options: dict[str, Any] = {**options, "client": client, "storage": self.storage}
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}

    def of(self, identifier: DrsId) -> DrsServer:
        """Return the server of an object.

        Args:
            identifier: Its identifier.

        Raises:
            UnknownPrefix: No resolver knows which one it is.
            AuthError: There is no login for it, where one is needed.
        """
        return self.at(self.resolver.host(identifier))

    def base_url(self, identifier: DrsId) -> str:
        """Return the URL of an object's server, without logging in there.

        Args:
            identifier: Its identifier.

        Raises:
            UnknownPrefix: No resolver knows which one it is.
        """
        host = self.resolver.host(identifier)
        return self._base_urls.get(host) or f"{server_url(host)}{PATH}"

    def at(self, host: str) -> DrsServer:
        """Return the server of a host.

        Args:
            host: Its name, with a port if it has one.

        Raises:
            AuthError: There is no login for it, where one is needed.
        """
        with self._lock:
            slot = self._slots.setdefault(host, _Slot())
        with slot.lock:  # a login may be slow: other hosts do not wait for it
            if slot.error is not None:
                raise copy.copy(slot.error)
            if slot.server is None:
                try:
                    login = self._credentials(host) if self._credentials is not None else None
                except OmicsError as error:
                    slot.error = copy.copy(error)
                    raise
                slot.server = DrsServer(self._base_urls.get(host, host), login, **self._options)
                # Closed while the login was requested, as by a stop: `close` did not wait for it, and saw no server.
                if self._slots.get(host) is not slot:
                    slot.server.close()
            return slot.server

    def close(self) -> None:
        """Close the connections of all of them."""
        with self._lock:
            slots, self._slots = list(self._slots.values()), {}
        for slot in slots:
            if slot.server is not None:
                slot.server.close()


@runtime_checkable
class HasServers(Protocol):
    """A client with access to servers: `Drs`, or `Gen3`, whose login extends to other commons."""

    def servers(self, settings: ResolutionSettings | None = None) -> Servers:
        """Open the servers of identifiers for a block.

        Args:
            settings: How prefixes are resolved; by default from the environment.
        """
        ...


class _Slot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.server: DrsServer | None = None
        self.error: OmicsError | None = None
