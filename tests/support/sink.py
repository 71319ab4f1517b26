"""A store on loopback that takes PUTs and breaks on demand: fixtures for the conftests that import them."""

import hashlib
import random
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from loopback import Head, LoopbackServer
from omicsdk.transfer import Location, MultipartStore, NoSuchUpload, PartRules, SentPart, Source
from omicsdk.transfer.uploads.store import Cut

MIB = 1024 * 1024


@dataclass
class Sent:
    """One request as it came in."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    size: int = 0
    md5: str = ""
    status: int = 0


@dataclass
class Reply:
    """How to answer, and where to break."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    read: int | None = None  # bytes of the body to read before the response
    reset: bool = False  # end with RST instead of a response
    close: bool = False  # end the connection after the response
    stall: bool = False  # wait until the server is closed instead of answering
    keep: bool = True  # whether the bytes are treated as stored
    pace: int = 0  # bytes a second at which the body is read
    raw: bytes | None = None  # these bytes instead of a response, and the end of the connection


Fault = Callable[[Sent], Reply | None]


class Sink(LoopbackServer):
    """A small store. Bodies are kept when they are small."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.requests: list[Sent] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.always: Fault | None = None
        self.largest_kept = 64 * MIB
        super().__init__()

    def fault(self, path: str, *faults: Fault) -> None:
        """The next requests for a path (with its query, when that has separate faults) go through these, one each."""
        self.faults.setdefault(path, deque()).extend(faults)

    def of(self, path: str) -> list[Sent]:
        return [request for request in self.requests if request.path == path]

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        request = Sent(*head)
        with self._guard:
            self.requests.append(request)
            queue = self.faults.get(f"{head.path}?{head.query}") or self.faults.get(head.path)
            fault = queue.popleft() if queue else self.always
        reply = (fault(request) if fault is not None else None) or self._stored_object(request) or Reply()
        return self._response(connection, reader, request, reply)

    def _stored_object(self, request: Sent) -> Reply | None:
        """The response to HEAD."""
        if request.method != "HEAD":
            return None
        data = self.stored.get(f"{request.path}?{request.query}" if request.query else request.path)
        return Reply(404) if data is None else Reply(headers={"Content-Length": str(len(data))}, keep=False)

    def _response(self, connection: socket.socket, reader: Any, request: Sent, reply: Reply) -> bool:
        left = int(request.headers.get("content-length", 0))
        remaining = left if reply.read is None else min(left, reply.read)
        kept, digest = bytearray(), hashlib.md5()
        while remaining:
            chunk = reader.read(min(remaining, 256 * 1024))
            if not chunk:
                return False
            remaining -= len(chunk)
            request.size += len(chunk)
            digest.update(chunk)
            if left <= self.largest_kept:
                kept += chunk
            if reply.pace:
                self.closing.wait(len(chunk) / reply.pace)
        request.md5 = digest.hexdigest()
        if reply.stall:
            while connection.recv(4096):  # until either side closes it
                pass
            return False
        if reply.raw is not None:
            connection.sendall(reply.raw)
        if reply.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if reply.raw is not None:
            return False
        request.status = reply.status
        headers = dict(reply.headers)
        if reply.status < 300 and request.size == left and reply.keep:
            with self._guard:
                self.stored[f"{request.path}?{request.query}" if request.query else request.path] = bytes(kept)
            headers.setdefault("ETag", f'"{_etag_of(request, kept)}"')
        headers.setdefault("Content-Length", str(len(reply.body)))
        head = f"HTTP/1.1 {reply.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(head.encode("latin-1") + b"\r\n" + reply.body)
        return not reply.close and request.size == left


def _etag_of(request: Sent, body: bytearray) -> str:
    """The MD5 of a request's file: of a form only the last part."""
    kind, _, boundary = request.headers.get("content-type", "").partition("; boundary=")
    if kind != "multipart/form-data":
        return request.md5
    last = bytes(body).removesuffix(f"\r\n--{boundary}--\r\n".encode()).rpartition(b'name="file"')[2]
    return hashlib.md5(last.partition(b"\r\n\r\n")[2]).hexdigest()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A store that breaks on demand."""
    running = Sink()
    yield running
    running.close()


class Parts(MultipartStore):
    """An object of the sink in parts; remembers what it was asked. Parts are tiny: the rules are the platform's."""

    def __init__(self, sink: Sink, name: str = "object", *, part_size: int = 1000, **rules: int) -> None:
        self.sink = sink
        self.name = name
        self.target = f"sink://{name}"
        self.rules = PartRules(**{"least": 10, "part_size": part_size, "single": 0} | rules)
        self.part_checksum = "crc32c"
        self.begun = 0
        self.signed: list[int] = []
        self.completed: list[tuple[Sequence[SentPart], Mapping[str, str]]] = []
        self.aborted: list[str] = []
        self.listed: dict[int, SentPart] | None = None
        self.gone: set[str] = set()
        self.response: Mapping[str, str] = {}

    def begin(self, source: Source) -> str:
        self.begun += 1
        return f"id{self.begun}"

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        self.signed.append(cut.number)
        query = f"part={cut.number}&upload={upload_id}&X-Amz-Signature=canary"
        return Location(self.sink.url(self.name, query), {"x-crc32c": checksums.get("crc32c", "")})

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        if upload_id in self.gone:
            raise NoSuchUpload("gone")
        self.completed.append((parts, checksums))
        return self.response

    def abort(self, upload_id: str) -> None:
        self.aborted.append(upload_id)

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        if upload_id in self.gone:
            raise NoSuchUpload("gone")
        return self.listed

    @property
    def body(self) -> bytes:
        """What the sink has of the last upload, its parts together."""
        pieces: dict[int, bytes] = {}
        for key, data in self.sink.stored.items():
            path, _, query = key.partition("?")
            if path == self.name and f"upload=id{self.begun}&" in query:
                pieces[int(query.partition("part=")[2].partition("&")[0])] = data
        return b"".join(pieces[number] for number in sorted(pieces))


@pytest.fixture
def store(sink: Sink) -> Parts:
    """An object in parts."""
    return Parts(sink)


@pytest.fixture
def parts() -> type[Parts]:
    """Objects in parts."""
    return Parts


@pytest.fixture
def reply() -> type[Reply]:
    """Responses of the sink."""
    return Reply


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file without a pattern, of ten and a half parts."""
    path = tmp_path / "reads.bin"
    path.write_bytes(random.Random(4).randbytes(10_500))
    return path
