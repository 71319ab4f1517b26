"""A server that gives the responses which a real one gave: recordings, served on loopback."""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loopback import Head, LoopbackServer

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"


def exchanges(service: str, first: str = "", last: str = "") -> list[dict[str, Any]]:
    """The recorded exchanges of a server.

    Args:
        service: The server's name; the file is `recordings/<service>.recording.jsonl.gz`.
        first: The step that is the first one of them; by default the file's first.
        last: The last one; by default the file's.
    """
    lines = gzip.decompress((RECORDINGS / f"{service}.recording.jsonl.gz").read_bytes()).splitlines()
    rows = [json.loads(line) for line in lines]
    steps = [row["step"] for row in rows]
    return rows[steps.index(first) if first else 0 : steps.index(last) + 1 if last else None]


def body_of(request: Mapping[str, Any]) -> bytes:
    """The body that was sent with a recorded request; of parts of an upload the sum alone is recorded."""
    body = request["body"]
    if isinstance(body, dict) and "$length" in body:
        made = (bytes([value]) * body["$length"] for value in (1, 2))
        return next(content for content in made if hashlib.sha256(content).hexdigest() == body["$sha256"])
    return _bytes_of(body)


def _bytes_of(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, dict) and "$base64" in body:
        return base64.b64decode(body["$base64"])
    return (body if isinstance(body, str) else json.dumps(body)).encode()


class RecordedServer(LoopbackServer):
    """Answers requests that were recorded as they were answered, and notes the others, which get 501.

    A recorded request is the same if its method, path, query in any order, body and headers are; Accept is compared
    where it is in `by`.

    Args:
        recorded: The exchanges.
        by: Headers that decide, besides those of recorded requests for the same path.
        defaults: Parameters of queries, such as `format=BAM`, that a recorded request may lack.

    Attributes:
        requests: Method and path of each request, and its Accept header.
        unknown: The requests among them that were not recorded.
    """

    def __init__(
        self, recorded: Sequence[dict[str, Any]], by: Sequence[str] = (), defaults: Sequence[str] = ()
    ) -> None:
        self._recorded = recorded
        self._defaults = set(defaults)
        self._by = by
        self.requests: list[tuple[str, str, str]] = []
        self.unknown: list[tuple[str, str, str]] = []
        super().__init__()

    def respond(self, connection: Any, reader: Any, head: Head) -> bool:
        body = reader.read(int(head.headers.get("content-length", 0)))
        path = f"/{head.path}" + (f"?{head.query}" if head.query else "")
        request = (head.method, path, head.headers.get("accept", ""))
        self.requests.append(request)
        response = self.response(head, path, json.loads(body) if body else None)
        if response is None:
            self.unknown.append(request)
            response = {"status": 501, "headers": {}, "body": f"{head.method} {path} was not recorded"}
        content = _bytes_of(response["body"]).replace(b"{server}", f"127.0.0.1:{self.port}".encode())
        kept = {
            name: value
            for name, value in response["headers"].items()
            if name not in ("content-length", "transfer-encoding")
        }
        lines = [
            f"HTTP/1.1 {response['status']} Recorded",
            *(f"{name}: {self._here(value)}" for name, value in kept.items()),
        ]
        if "transfer-encoding" in response["headers"]:
            lines.append("transfer-encoding: chunked")
            content = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
        else:
            lines.append(f"content-length: {len(content)}")
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + (b"" if head.method == "HEAD" else content))
        return True

    def response(self, head: Head, path: str, body: Any) -> dict[str, Any] | None:
        """The recorded response to a request; None if there is none."""
        target = (head.method, self._target(path), body)
        pairs = [(row["request"], row["response"]) for row in self._recorded]
        same = [pair for pair in pairs if (pair[0]["method"], self._target(pair[0]["path"]), pair[0]["body"]) == target]
        names = {name for request, _ in same for name in request["headers"]} - {"accept", "content-type"} | {*self._by}
        for request, response in same:
            if all(request["headers"].get(name) == head.headers.get(name) for name in names):
                return response
        return None

    def _target(self, path: str) -> tuple[str, frozenset[str]]:
        base, _, query = path.partition("?")
        return base, frozenset(query.split("&")) - {"", *self._defaults}

    def _here(self, text: str) -> str:
        return text.replace("{server}", f"127.0.0.1:{self.port}")
