"""Common parts of test servers: sockets on loopback, one thread per connection, request heads, and shutdown."""

import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, NamedTuple


class Head(NamedTuple):
    """How a request begins."""

    method: str
    path: str  # without the slash before it
    query: str
    headers: dict[str, str]  # by name in small letters


class LoopbackServer:
    """A small HTTP/1.1 server over sockets; what is answered is its subclasses' business.

    Args:
        port: Where it listens; 0 for a port that is free.
    """

    def __init__(self, port: int = 0) -> None:
        self.tls: ssl.SSLContext | None = None
        self.open = 0  # requests that are being answered
        self.most_open = 0
        self.closing = threading.Event()
        self._guard = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self) -> int:
        """How many connections stand."""
        return len(self._sockets)

    def url(self, path: str, query: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}" + (f"?{query}" if query else "")

    def close(self) -> None:
        self.closing.set()
        with suppress(OSError):  # closing alone does not wake who accepts; some systems refuse this
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for connection in self._sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        """Answer one request; state whether the connection may be used again."""
        raise NotImplementedError

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._guard:
                self._sockets.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as reader:
                while (
                    not self.closing.is_set() and (head := _head_of(reader)) and self._counted(connection, reader, head)
                ):
                    pass
        except (OSError, ValueError, IndexError):  # it went, or speaks something else
            return
        finally:
            connection.close()
            with self._guard:
                self._sockets.discard(connection)

    def _counted(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        with self._guard:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            return self.respond(connection, reader, head)
        finally:
            with self._guard:
                self.open -= 1


def _head_of(reader: Any) -> Head | None:
    first = reader.read(1)
    if not first.isalpha():  # nothing more, or TLS, whose bytes may have no line's end
        return None
    line = first + reader.readline()
    method, target = line.split()[:2]
    path, _, query = target.decode().lstrip("/").partition("?")
    headers: dict[str, str] = {}
    while (field_line := reader.readline()) not in (b"\r\n", b""):
        name, _, value = field_line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Head(method.decode(), path, query, headers)
