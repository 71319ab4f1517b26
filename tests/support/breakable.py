"""A server on loopback that breaks on demand, and a clock that tests move: fixtures for the conftests that import them."""

import functools
import random
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from loopback import Head, LoopbackServer
from omicsdk.core.checksums import digest
from omicsdk.transfer import Item, Location

MIB = 1024 * 1024


@dataclass
class Request:
    """What came in."""

    path: str
    query: str
    headers: dict[str, str]
    sent: int = 0
    status: int = 0
    method: str = "GET"

    @property
    def first(self) -> int:
        """The first byte that is requested."""
        return int(self.headers["range"].split("=")[1].split("-")[0]) if "range" in self.headers else 0

    @property
    def last(self) -> int | None:
        """The last byte that is requested."""
        text = self.headers.get("range", "-").rpartition("-")[2]
        return int(text) if text else None


@dataclass
class Response:
    """How to answer, and where to break."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None  # what Content-Length states, when it is not the body's length
    chunked: bool = False
    unsized: bool = False  # no length at all
    cut: int | None = None  # bytes after which the connection ends
    reset: bool = False  # ends it with RST
    stall: bool = False  # instead of ending it, waits until either side closes it
    pace: int = 0  # bytes a second
    version: str = "HTTP/1.1"
    raw: bytes | None = None  # these bytes instead of a response
    pieces: Iterator[bytes] | None = None  # the body as it is sent, piece by piece


Fault = Callable[["Server", Request, Response], Response | None]

LARGE, LARGEST = MIB, 24 * MIB
"""Between these sizes bodies are made, and their checksums computed, once for the tests that follow each other."""

_BLOCK, _TURN, _SHIFT = 8 * MIB, 1_000_003, 777_767
"""Bytes of a body's blocks, and how far those of one seed and the next, and one block and the next, are turned: odd, so no two
cells of a body are alike."""


@functools.cache
def _twice() -> memoryview:
    """What all bodies are cut from: to draw each one's bytes took longer than to send them."""
    return memoryview(random.Random(1).randbytes(_BLOCK) * 2)


def _bytes(size: int, seed: int) -> bytes:
    starts = ((seed * _TURN + number * _SHIFT) % _BLOCK for number in range(-(-size // _BLOCK)))
    blocks = (_twice()[start : start + min(_BLOCK, size - n * _BLOCK)] for n, start in enumerate(starts))
    return b"".join(blocks)


_large = functools.lru_cache(maxsize=4)(_bytes)
_large_digest = functools.lru_cache(maxsize=4)(digest)


def _digest(body: bytes, algorithm: str) -> str:
    return (_large_digest if LARGE <= len(body) <= LARGEST else digest)(body, algorithm)


class Server(LoopbackServer):
    """Serves files and ranges of them; at a port that is free, or a certain one."""

    def __init__(self, port: int = 0) -> None:
        self.files: dict[str, bytes] = {}
        self.right: dict[str, bytes] = {}  # what each item's file must hold in the end
        self.etags: dict[str, str] = {}
        self.dates: dict[str, str] = {}  # of the last change
        self.date = "Fri, 01 Jan 2027 08:00:00 GMT"  # its clock, where it states a date of change
        self.requests: list[Request] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.always: dict[str, Fault] = {}
        self.ranges = True
        super().__init__(port)

    @property
    def total(self) -> int:
        """Bytes of bodies that were sent."""
        return sum(request.sent for request in self.requests)

    def put(self, path: str, body: bytes, etag: str | None = "", date: str = "") -> str:
        if etag == "":
            etag = f'"{_digest(body, "md5")}"'
        with self._guard:  # no response may have the one's body and the other's tag
            self.files[path] = body
            if etag is not None:
                self.etags[path] = etag
            self.dates[path] = date
        return self.url(path)

    def fault(self, path: str, *faults: Fault) -> None:
        """The next requests for a path are answered through these, one each."""
        self.faults.setdefault(path, deque()).extend(faults)

    def of(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def sent(self, path: str) -> int:
        return sum(request.sent for request in self.of(path))

    def item(self, name: str, body: bytes, *algorithms: str, **more: Any) -> Item:
        """An item whose body this server has, with the named checksums stated; retries follow at once."""
        self.put(name, body)
        self.right[name] = body
        checksums = {algorithm: _digest(body, algorithm) for algorithm in algorithms}
        return Item(name, Location(self.url(name)), len(body), checksums, **{"min_delay": 0.01} | more)

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        request = Request(head.path, head.query, head.headers, method=head.method)
        with self._guard:
            self.requests.append(request)
            queue = self.faults.get(head.path)
            fault = queue.popleft() if queue else self.always.get(head.path)
        response = self._plain(request)
        if fault is not None:
            response = fault(self, request, response) or response
        request.status = response.status
        if head.method == "HEAD" and response.raw is None:
            length = len(response.body) if response.length is None else response.length
            is_unsized = response.unsized or response.chunked
            response = replace(response, length=length, body=b"", pieces=iter(()), unsized=is_unsized, chunked=False)
        return self._send(connection, request, response)

    def _plain(self, request: Request) -> Response:
        with self._guard:
            body, etag = self.files.get(request.path), self.etags.get(request.path)
            date = self.dates.get(request.path)
        if body is None:
            return Response(404, {}, b"nothing here")
        headers = {"ETag": etag} if etag else {}
        if date:
            headers |= {"Last-Modified": date, "Date": self.date}
        range_header = request.headers.get("range")
        if not range_header or not self.ranges or request.headers.get("if-range", etag) not in (etag, date):
            return Response(200, headers, body)
        first, last = request.first, request.last
        if first >= len(body):
            return Response(416, {"Content-Range": f"bytes */{len(body)}"})
        last = min(len(body) - 1, len(body) - 1 if last is None else last)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        return Response(206, headers, body[first : last + 1])

    def _send(self, connection: socket.socket, request: Request, response: Response) -> bool:
        if response.raw is not None:
            connection.sendall(response.raw)
            return False
        headers = dict(response.headers)
        if response.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif not response.unsized:
            headers["Content-Length"] = str(len(response.body) if response.length is None else response.length)
        head = f"{response.version} {response.status} X\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in headers.items()
        )
        connection.sendall(head.encode("latin-1") + b"\r\n")
        for piece in response.pieces or ():
            connection.sendall(piece)
            request.sent += len(piece)
        body = memoryview(b"" if response.pieces is not None else response.body)[: response.cut]
        step = min(64 * 1024, max(1, response.pace // 20)) if response.pace else 64 * 1024
        for start in range(0, len(body), step):
            chunk = body[start : start + step]
            connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk) if response.chunked else chunk)
            request.sent += len(chunk)
            if response.pace:
                self.closing.wait(len(chunk) / response.pace)
        if response.stall:
            while connection.recv(4096):  # until either side closes it
                pass
            return False
        if response.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if response.cut is not None or response.unsized:
            return False
        if (response.length or 0) > len(response.body) and request.method != "HEAD":
            return False
        if response.chunked:
            connection.sendall(b"0\r\n\r\n")
        return True


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that breaks on demand."""
    running = Server()
    yield running
    running.close()


class MovedClock:
    """A clock whose waits take no time, and whose wall time may jump.

    Who waits until a moment sleeps for what a slow machine has left of the time until then: `slept` is at most what was to
    be waited for, `passed` at least.
    """

    def __init__(self) -> None:
        self.slept = 0.0
        self._made = time.monotonic()
        self.jumped = 0.0  # seconds that the wall clock was put forward

    def now(self) -> float:
        return time.time() + self.slept + self.jumped

    def monotonic(self) -> float:
        return time.monotonic() + self.slept

    @property
    def passed(self) -> float:
        return self.monotonic() - self._made

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.slept += seconds


def stating(**headers: str) -> Callable[[Any, Any, Response], Response]:
    """Answers as usual, with further headers."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _, request, response: replace(response, headers=response.headers | names)


@pytest.fixture
def clock() -> MovedClock:
    """A clock whose waits take no time."""
    return MovedClock()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where to download to."""
    return tmp_path / "target"


@pytest.fixture
def noise() -> Callable[..., bytes]:
    """Make bytes without a pattern, the same each time."""
    return lambda size, seed=1: (_large if LARGE <= size <= LARGEST else _bytes)(size, seed)


@pytest.fixture
def leftovers(target: Path) -> Callable[[], list[str]]:
    """List the files in the target that are neither final nor a journal."""
    return lambda: sorted(path.name for path in target.rglob("*.part"))


@pytest.fixture
def fault() -> type["Faults"]:
    """Ways to break a response."""
    return Faults


class Faults:
    """Ways to break a response, for `server.fault` and `server.always`."""

    @staticmethod
    def cut(at: int, **how: Any) -> Fault:
        return lambda _server, _request, response: replace(response, cut=at, length=len(response.body), **how)

    @staticmethod
    def status(status: int, headers: dict[str, str] | None = None, body: bytes = b"no") -> Fault:
        return lambda _server, _request, _response: Response(status, headers or {}, body)

    @staticmethod
    def flip(at: int, bit: int = 0) -> Fault:
        """Turn over one bit of the file's byte at an offset, when it is in the response."""

        def flipped(_server: Server, request: Request, response: Response) -> Response:
            place = at - (request.first if response.status == 206 else 0)
            if not 0 <= place < len(response.body):
                return response
            body = bytearray(response.body)
            body[place] ^= 1 << bit
            return replace(response, body=bytes(body))

        return flipped

    @staticmethod
    def whole(server: Server, request: Request, response: Response) -> Response:
        """Ignore the range."""
        return Response(200, {"ETag": server.etags.get(request.path, "")}, server.files[request.path])

    @staticmethod
    def fine(_server: Server, _request: Request, response: Response) -> Response:
        """Is none."""
        return response

    @staticmethod
    def changed(**what: Any) -> Fault:
        """Change fields of the response; headers are added to those that exist."""

        def change(_server: Server, _request: Request, response: Response) -> Response:
            headers = response.headers | what.get("headers", {})
            return replace(response, **what | {"headers": headers})

        return change
