"""A small DRS server on loopback: objects, bundles, access URLs and bytes, with what goes wrong at real ones."""

import hashlib
import json
import re
import socket
from typing import Any
from urllib.parse import quote, unquote

from loopback import Head, LoopbackServer

API = "ga4gh/drs/v1/objects"


class DrsHost(LoopbackServer):
    """One server with its storage."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, dict[str, Any]] = {}
        self.bytes: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.bulk = True
        self.alone: set[str] = set()  # objects whose URLs do not come with others
        self.validates = True  # whether its storage states ETags
        self.token = ""
        self.login = "authorization"  # the header that the token is in
        self.passports: set[str] = set()  # those that are good instead of the token
        self.responses: dict[str, list[tuple[int, dict[str, str], Any]]] = {}  # by path, before the usual response

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, id: str, content: bytes, *, ways: tuple[str, ...] = ("s3",), **more: Any) -> str:
        """Add a file; return its DRS URI."""
        self.bytes[id] = content
        self.objects[id] = {
            "id": id,
            "name": f"{id.rpartition('/')[2]}.bin",
            "size": len(content),
            "checksums": [{"type": "sha-256", "checksum": hashlib.sha256(content).hexdigest()}],
            "access_methods": [
                {"type": way, "access_id": way, "access_url": {"url": f"{way}://b/{id}"}} for way in ways
            ],
        } | more
        return f"drs://{self.name}/{id}"

    def bundle(self, id: str, *members: dict[str, Any], name: str = "") -> str:
        self.objects[id] = {"id": id, "name": name or id, "checksums": [], "contents": list(members)}
        return f"drs://{self.name}/{id}"

    def count(self, start: str) -> int:
        return sum(path.startswith(start) for _, path, _ in self.requests)

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        body = reader.read(int(head.headers.get("content-length", 0)))
        path = unquote(head.path)
        with self._guard:
            self.requests.append((head.method, path, head.headers))
            waiting = self.responses.get(path)
            status, headers, content = waiting.pop(0) if waiting else self._response(head, path, body)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\n{lines}\r\n".encode() + raw)
        return True

    def _response(self, head: Head, path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        if path.startswith("storage/"):
            return self._stored(head, path.split("/", 2)[2])
        expected = f"Bearer {self.token}" if self.login == "authorization" else self.token
        shown = json.loads(body).get("passports") if body else None
        if shown and "authorization" in head.headers:
            return 400, {}, {"msg": "passports and a token"}
        credentials = re.sub("^bearer ", "Bearer ", head.headers.get(self.login, ""))
        if self.token and credentials != expected and not self.passports.intersection(shown or ()):
            return 401, {}, {"msg": "no token"}
        if path == API and head.method == "POST":
            if not self.bulk:
                return 404, {}, {"msg": "no such route"}
            ids = json.loads(body)["bulk_object_ids"]
            return (
                200,
                {},
                {"resolved_drs_object": [self.objects[object_id] for object_id in ids if object_id in self.objects]},
            )
        if path == f"{API}/access":
            if not self.bulk:
                return 404, {}, {"msg": "no such route"}
            urls = [
                {
                    "drs_object_id": request["bulk_object_id"],
                    "drs_access_id": way,
                    "url": self._url(way, request["bulk_object_id"]),
                }
                for request in json.loads(body)["bulk_object_access_ids"]
                for way in request["bulk_access_ids"]
                if request["bulk_object_id"] not in self.alone
            ]
            return 200, {}, {"resolved_drs_object_access_urls": urls}
        id, access, way = path.removeprefix(f"{API}/").partition("/access/")
        if id not in self.objects:
            return 404, {}, {"msg": "no record found", "status_code": 404}
        if not access:
            return 200, {}, self.objects[id]
        return 200, {}, {"url": self._url(way, id)}

    def _url(self, way: str, id: str) -> str:
        return self.url(f"storage/{way}/{quote(id)}", "signature=secret")

    def _stored(self, head: Head, id: str) -> tuple[int, dict[str, str], Any]:
        content = self.bytes.get(id)
        if content is None or self.login in head.headers:
            return 404 if content is None else 400, {}, b"<Error/>"
        headers = {"ETag": f'"{hashlib.md5(content).hexdigest()}"'} if self.validates else {}
        range_header = head.headers.get("range", "")
        first, _, last = range_header.removeprefix("bytes=").partition("-")
        if not range_header:
            return 200, headers, content
        end = min(int(last), len(content) - 1) if last else len(content) - 1
        piece = content[int(first) : end + 1]
        return 206, {**headers, "Content-Range": f"bytes {first}-{end}/{len(content)}"}, piece
