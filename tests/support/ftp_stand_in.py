"""A small FTP server on loopback, for reading only: as much of RFC 959, 2428 and 3659 as clients need that fetch files."""

import contextlib
import socket
import threading
from collections import deque

COMMANDS = {"TYPE": "200 ok", "PWD": '257 "/" is here', "CWD": "250 ok", "NOOP": "200 ok", "SYST": "215 UNIX Type: L8"}


class FtpServer:
    """Serves files; `log` has every command. Begun in a `with` block.

    Attributes:
        files: Contents by path, without the slash in front.
        cuts: After so many bytes of data the next connections for data end.
        refusals: What the next logins are answered with.
        refused_files: What the next requests for a file are answered with.
        sizes: Whether it supports the command for sizes.
        rests: Whether it sends from anywhere but the beginning.
        date: When its files changed, as MDTM states it; without one it does not support the command.
        ready: Logins are answered when it is set.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cuts: deque[int] = deque()
        self.refusals: deque[str] = deque()
        self.refused_files: deque[str] = deque()
        self.sizes = True
        self.rests = True
        self.date = ""
        self.ready = threading.Event()
        self.ready.set()
        self.log: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    def url(self, path: str) -> str:
        return f"ftp://127.0.0.1:{self._listener.getsockname()[1]}/{path}"

    def __enter__(self) -> "FtpServer":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._converse, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _converse(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rwb", buffering=0) as talk:
            talk.write(b"220 here\r\n")
            passive: socket.socket | None = None
            start, folder = 0, ""
            while line := talk.readline().decode().strip():
                self.log.append(line)
                command, _, argument = line.partition(" ")
                path = f"{folder}{argument}".lstrip("/")
                response = COMMANDS.get(command.upper(), "502 no such command")
                match command.upper():
                    case "USER":
                        self.ready.wait(60)
                        response = self.refusals.popleft() if self.refusals else "230 logged in"
                    case "CWD":
                        folder = "" if argument == "/" else f"{folder}{argument.strip('/')}/"
                    case "EPSV":
                        if passive is not None:
                            passive.close()
                        passive = socket.create_server(("127.0.0.1", 0))
                        response = f"229 Entering (|||{passive.getsockname()[1]}|)"
                    case "SIZE" if self.sizes:
                        response = f"213 {len(self.files[path])}" if path in self.files else "550 no such file"
                    case "MDTM" if self.date:
                        response = f"213 {self.date}" if path in self.files else "550 no such file"
                    case "REST" if not self.rests:
                        response = "502 from the beginning only"
                    case "REST":
                        start, response = int(argument), "350 from there"
                    case "RETR" if self.refused_files:
                        response = self.refused_files.popleft()
                    case "RETR" if path in self.files and passive is not None:
                        talk.write(b"150 here it comes\r\n")
                        response = self._send(passive, self.files[path][start:])
                        start = 0
                    case "RETR":
                        response = "550 no such file"
                    case "QUIT":
                        break
                    case _:
                        pass
                talk.write(f"{response}\r\n".encode())
            if passive is not None:
                passive.close()

    def _send(self, passive: socket.socket, body: bytes) -> str:
        cut = self.cuts.popleft() if self.cuts else len(body)
        passive.settimeout(60)
        with passive, contextlib.suppress(OSError):
            data, _ = passive.accept()
            with data:
                data.sendall(body[:cut])
            if cut == len(body):
                return "226 that is all"
        return "426 the connection for data is gone"
