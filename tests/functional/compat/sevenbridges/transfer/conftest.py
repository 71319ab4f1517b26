"""A small platform on loopback: uploads in parts, a storage behind presigned URLs, files and folders."""

import hashlib
import json
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from loopback import Head, LoopbackServer
from omicsdk.compat.sevenbridges.api import Api
from omicsdk.core import ManualClock
from sb_state_folder import state as state

MIB = 1024 * 1024
TOKEN = "f00df00df00df00df00df00df00df00d"


@dataclass
class Request:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


Response = tuple[int, dict[str, str], bytes]
Fault = Callable[[Request], Response | None]


def of_json(value: Any, status: int = 200, **headers: str) -> Response:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def of_error(status: int, code: int = 0, message: str = "no") -> Response:
    return of_json({"status": status, "code": code, "message": message, "more_info": ""}, status)


class Platform(LoopbackServer):
    """What a test sees of it: requests, files, uploads; and where it breaks."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.aborted: list[str] = []
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.chosen: int | None = None  # the size of parts that it insists on
        self.report: dict[str, Any] | None = {"success_codes": [200], "headers": ["ETag", "X-Place"]}
        self.gate = threading.Event()  # bytes go in and out while it is set
        self.gate.set()
        self.waiting = threading.Event()  # set when something waits for the gate
        self.tickets = 0
        self._upload_numbers, self._file_numbers = count(1), count(1)  # requests come from several threads
        super().__init__()

    def fault(self, path: str, *faults: Fault) -> None:
        """The next requests for a path ("METHOD path") go through these, one each."""
        self.faults.setdefault(path, deque()).extend(faults)

    def of(self, method: str, pattern: str) -> list[Request]:
        return [
            request for request in self.requests if request.method == method and re.fullmatch(pattern, request.path)
        ]

    def add(self, name: str, content: bytes | None = None, parent: str = "me/project", **more: Any) -> str:
        """Adds a file, or a folder when it has no content; gives its id."""
        kind = "folder" if content is None else "file"
        identity = f"{kind}-{next(self._file_numbers)}"
        place = {"project": parent} if "/" in parent else {"parent": parent}
        entry = {"id": identity, "href": self.url(f"v2/files/{identity}"), "name": name, "type": kind, **place, **more}
        if content is not None:
            self.contents[identity] = content
            entry = {"size": len(content), "metadata": {}} | entry
        self.files[identity] = entry
        return identity

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        body = reader.read(int(head.headers.get("content-length", 0)))
        parameters = parse_qs(head.query)
        query = {name: "\n".join(values) if name == "name" else values[-1] for name, values in parameters.items()}
        request = Request(head.method, head.path, query, head.headers, body)
        with self._guard:
            self.requests.append(request)
            queue = self.faults.get(f"{head.method} {head.path}")
            fault = queue.popleft() if queue else None
        status, headers, content = (fault(request) if fault is not None else None) or self.response(request)
        length = headers.pop("Content-Length", str(len(content)))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {length}\r\n\r\n".encode() + content
        connection.sendall(whole)
        return length == str(len(content))

    def response(self, request: Request) -> Response:
        kind, _, rest = request.path.partition("/")
        if kind == "storage":
            return self.stored(request)
        if kind == "bytes":
            return self.file_content(request, rest)
        if request.headers.get("x-sbg-auth-token") != TOKEN:
            return of_error(401)
        for pattern, response in ROUTES:
            match = re.fullmatch(pattern, f"{request.method} {rest}")
            if match:
                return response(self, request, *match.groups())
        return of_error(404, 5002, f"no {request.method} {request.path}")

    # -- the storage

    def pass_gate(self) -> None:
        if not self.gate.is_set():
            self.waiting.set()
            while not (self.gate.wait(0.05) or self.closing.is_set()):
                pass

    def stored(self, request: Request) -> Response:
        self.pass_gate()
        _, upload_id, number = request.path.split("/")
        if request.headers.get("x-kind") != "part" or "x-sbg-auth-token" in request.headers:
            return 403, {}, b""
        etag = hashlib.md5(request.body).hexdigest()
        upload = self.uploads.get(upload_id)
        if upload is None:
            return 404, {}, b"<Error><Code>NoSuchUpload</Code></Error>"
        upload["bytes"][int(number)] = request.body
        return 200, {"ETag": f'"{etag}"', "X-Place": "here"}, b""

    def file_content(self, request: Request, identity: str) -> Response:
        self.pass_gate()
        if "x-sbg-auth-token" in request.headers:
            return 400, {}, b"tokens don't belong here"
        content = self.contents[identity]
        etag = {"ETag": f'"{hashlib.md5(content).hexdigest()}"', "Accept-Ranges": "bytes"}
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if match is None:
            return 200, etag, content
        start, end = int(match[1]), min(int(match[2] or len(content)), len(content) - 1)
        span = {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
        return 206, etag | span, content[start : end + 1]

    # -- uploads

    def started(self, request: Request) -> Response:
        upload_id = f"up{next(self._upload_numbers)}"
        upload = request.json
        part_size = self.chosen or upload["part_size"]
        self.uploads[upload_id] = {**upload, "part_size": part_size, "bytes": {}, "parts": {}, "query": request.query}
        return of_json({"upload_id": upload_id, "part_size": part_size})

    def looked_at(self, request: Request, upload_id: str) -> Response:
        upload = self.uploads.get(upload_id)
        if upload is None:
            return of_error(404, 8001)
        parts = [{"part_number": n, "response": {"headers": headers}} for n, headers in upload["parts"].items()]
        assert request.query == {"list_parts": "true"}
        return of_json({"upload_id": upload_id, "part_size": upload["part_size"], "parts": parts})

    def part_url(self, request: Request, upload_id: str, number: str) -> Response:
        if upload_id not in self.uploads:
            return of_error(404, 8001)
        with self._guard:
            self.tickets += 1
        url = self.url(f"storage/{upload_id}/{number}", f"signature=canary{self.tickets}")
        return of_json({"method": "PUT", "url": url, "headers": {"x-kind": "part"}, "report": self.report})

    def reported(self, request: Request, upload_id: str) -> Response:
        upload, report = self.uploads.get(upload_id), request.json
        if upload is None:  # it was given up while the part was on its way
            return of_error(404, 8001)
        upload["parts"][report["part_number"]] = report["response"]["headers"]
        return 200, {}, b""

    def completed(self, request: Request, upload_id: str) -> Response:
        upload = self.uploads.pop(upload_id, None)
        if upload is None:
            return of_error(404, 8001)
        assert sorted(upload["parts"]) == sorted(upload["bytes"])
        content = b"".join(upload["bytes"][number] for number in sorted(upload["bytes"]))
        identity = self.add(upload["name"], content, upload.get("project") or upload.get("parent") or "automation")
        return of_json(self.files[identity])

    def ended(self, request: Request, upload_id: str) -> Response:
        if self.uploads.pop(upload_id, None) is None:
            return of_error(404, 8001)
        self.aborted.append(upload_id)
        return 204, {}, b""

    # -- files

    def listed(self, request: Request, parent: str = "") -> Response:
        parent = parent or request.query.get("parent") or request.query["project"]
        items = [entry for entry in self.files.values() if parent in (entry.get("parent"), entry.get("project"))]
        if "name" in request.query:
            items = [entry for entry in items if entry["name"] in request.query["name"].split("\n")]
        page = {"href": self.url(request.path), "items": items, "links": []}
        return of_json(page, **{"X-Total-Matching-Query": str(len(items))})

    def folder_made(self, request: Request) -> Response:
        folder = request.json
        assert folder["type"] == "folder"
        return of_json(self.files[self.add(folder["name"], None, folder.get("project") or folder["parent"])], 201)

    def project(self, _: Request, identity: str) -> Response:
        return of_json({"id": identity, "href": self.url(f"v2/projects/{identity}"), "name": "project"})

    def file_info(self, request: Request, identity: str) -> Response:
        return of_json(self.files[identity]) if identity in self.files else of_error(404, 5002)

    def located(self, request: Request, identity: str) -> Response:
        with self._guard:
            self.tickets += 1
        return of_json({"url": self.url(f"bytes/{identity}", f"signature=canary{self.tickets}")})


_UPLOAD = r"(?:upload/multipart|automation/upload)"
ROUTES: list[tuple[str, Callable[..., Response]]] = [
    (rf"POST {_UPLOAD}", Platform.started),
    (rf"GET {_UPLOAD}/([^/]+)", Platform.looked_at),
    (rf"DELETE {_UPLOAD}/([^/]+)", Platform.ended),
    (rf"GET {_UPLOAD}/([^/]+)/part/(\d+)", Platform.part_url),
    (rf"POST {_UPLOAD}/([^/]+)/part/", Platform.reported),
    (rf"POST {_UPLOAD}/([^/]+)/complete", Platform.completed),
    (r"GET projects/(me/project)", Platform.project),
    (r"GET files", Platform.listed),
    (r"POST files", Platform.folder_made),
    (r"GET files/([^/]+)/list", Platform.listed),
    (r"GET files/([^/]+)/download_info", Platform.located),
    (r"GET files/([^/]+)", Platform.file_info),
]


@pytest.fixture
def platform() -> Iterator[Platform]:
    running = Platform()
    yield running
    running.close()


@pytest.fixture
def api(platform: Platform, clock: ManualClock) -> Iterator[Api]:
    made = Api(platform.url("v2"), TOKEN, debug=True, clock=clock)
    yield made
    made.close()


@pytest.fixture
def error() -> Callable[..., Response]:
    """Makes a response of the platform's that is an error."""
    return of_error


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of three parts of 5 MiB, the last of one byte."""
    path = tmp_path / "large.bin"
    path.write_bytes(b"a" * (5 * MIB) + b"b" * (5 * MIB) + b"c")
    return path
