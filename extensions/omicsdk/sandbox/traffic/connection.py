"""The HTTP/1.1 connections of the server, kept reachable so that a fault can end one."""

import asyncio
import socket
import struct
import sys
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_Key = tuple[int | None, str, int]


class Connection(H11Protocol):
    """uvicorn's protocol, entered in a table while it is open."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn has it
        super().connection_made(transport)
        host, port = self.client or ("", 0)
        self._key = (self.server[1] if self.server else None, host, port)
        _open[self._key] = self
        self.lost = asyncio.Event()
        # asyncio does this only for sockets that were opened with the protocol's number; without it each answer
        # with a body waits 40 ms for the client's delayed acknowledgement of the headers.
        if raw := self.socket:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        _open.pop(self._key, None)
        super().connection_lost(exc)
        self.lost.set()

    @property
    def socket(self) -> socket.socket | None:
        """The connection's socket."""
        return cast("socket.socket | None", self.transport.get_extra_info("socket"))


_open: dict[_Key, Connection] = {}


def _find(scope: Scope) -> Connection | None:
    host, port = scope["client"] or ("", 0)
    return _open.get((scope["server"][1], host, port))


async def reset_connection(scope: Scope) -> None:
    """Resets the connection of a request: the client's next read or write fails at once."""
    connection = _find(scope)
    if connection is None:
        return
    if raw := connection.socket:
        # Closing with a linger of 0 s sends RST; without it the client would see an orderly end.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.transport.abort()
    await connection.lost.wait()


async def close_connection(scope: Scope) -> None:
    """Closes the connection of a request when what was written has been sent, and waits for that."""
    connection = _find(scope)
    if connection is not None:
        connection.transport.close()
        await connection.lost.wait()
