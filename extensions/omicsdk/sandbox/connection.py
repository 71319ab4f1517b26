"""The HTTP/1.1 connections of the server, kept reachable so that a fault can reset one."""

import asyncio
import socket
import struct
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_transports: dict[tuple[int, str, int], asyncio.Transport] = {}


def _key(server_port: int | None, client: tuple[str, int] | None) -> tuple[int, str, int]:
    host, port = client or ("", 0)
    return (server_port or 0, host, port)


def _socket(transport: asyncio.Transport) -> socket.socket | None:
    return cast("socket.socket | None", transport.get_extra_info("socket"))


class Connection(H11Protocol):
    """uvicorn's protocol, entered in a table while it is open."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._entered_as = _key(self.server[1] if self.server else None, self.client)
        _transports[self._entered_as] = transport
        # asyncio does this only for sockets that were opened with the protocol's number; without it each answer
        # with a body waits 40 ms for the client's delayed acknowledgement of the headers.
        if raw := _socket(transport):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        _transports.pop(self._entered_as, None)
        super().connection_lost(exc)


def reset_connection(scope: Scope) -> None:
    """Resets the connection of a request: the client's next read or write fails at once."""
    transport = _transports.get(_key(scope["server"][1], scope["client"]))
    if transport is None:
        return
    if raw := _socket(transport):
        # Closing with a linger of 0 s sends RST; without it the client would see an orderly end.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
