"""Servers on this machine that answer from a script, for what only real sockets show."""

import socket
import threading
from collections.abc import Callable

import pytest


class Wire:
    """A server of raw bytes: each connection is handed to a function, and what it read is kept.

    Args:
        talk: Gets the connection and its number from 0; what it raises ends the connection.
    """

    def __init__(self, talk: Callable[[socket.socket, int], None]) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self._talk = talk
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            number, self.connections = self.connections, self.connections + 1
            thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.settimeout(60)
        with connection:
            try:
                self._talk(connection, number)
            except OSError:
                return

    def head(self, connection: socket.socket) -> bytes:
        """Reads a request's head, and its body if it states a length; empty when the peer has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    if not (piece := connection.recv(65536)):
                        return b""
                    body += piece
        self.heads.append(head)
        return head

    def refuse(self) -> None:
        """Refuses further connections."""
        if self._socket.fileno() >= 0:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._accepting.join(5)

    def close(self) -> None:
        self.refuse()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def wire():
    """Starts servers that end with the test."""
    started: list[Wire] = []

    def start(talk: Callable[[Wire, socket.socket, int], None]) -> Wire:
        server = Wire(lambda connection, number: talk(server, connection, number))
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()
