"""Recording of a real service: a proxy on this machine writes what a client and the service say to each other."""

import json
import socket
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from os import O_CREAT, O_TRUNC, O_WRONLY, fdopen
from os import open as open_descriptor
from pathlib import Path
from typing import IO
from urllib.parse import SplitResult, urlsplit

import httpx
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from werkzeug.http import is_hop_by_hop_header

from omicsdk.core.files import PRIVATE
from omicsdk.core.redaction import mask_json, mask_url
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.traffic.server_thread import LOOPBACK, ServerThread, closed_to_sites, url_of

# Headers that the proxy states itself, beside those of its connections (RFC 9110, 7.6.1).
_OURS = ("proxy-connection", "host", "accept-encoding", "content-length")
_TIMEOUT = 60.0


def _is_passed(header: str) -> bool:
    return header not in _OURS and not is_hop_by_hop_header(header)


@contextmanager
def recording(server: str, file: Path) -> Generator[str]:
    """Record the exchanges of clients and a real service while the block runs.

    Bodies in JSON are written with secrets masked; headers, and bodies of other kinds, are passed on and not written. Each
    exchange is in the file before its response goes out.

    Args:
        server: The base URL of the service.
        file: Where the exchanges go, one line of JSON each; replaced if it exists, readable by its owner only.

    Yields:
        The base URL to give to the client in place of the service's.

    Raises:
        ValueError: The base URL is not one, or no exchange was recorded; the message states why.
        OSError: The file cannot be written.
    """
    base = _base_of(server)
    with (
        fdopen(open_descriptor(file, O_WRONLY | O_CREAT | O_TRUNC, PRIVATE), "w", encoding="utf-8") as lines,
        httpx.Client(cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])), timeout=_TIMEOUT) as client,
        socket.create_server((LOOPBACK, 0), backlog=128) as listening,
    ):
        proxy_url = url_of(LOOPBACK, listening.getsockname()[1])
        url = proxy_url + base.path.rstrip("/")
        proxy = _Proxy(client, f"{base.scheme}://{base.netloc}", proxy_url, lines)
        serving = ServerThread(closed_to_sites(proxy, ()), listening)
        serving.begin()
        try:
            yield url
        finally:
            serving.end()
    if not file.stat().st_size:
        unused = f"no request came to {url}. Give the client this URL in place of the service's."
        raise ValueError(f"no exchange recorded: {proxy.failure or unused}")


def _base_of(server: str) -> SplitResult:
    with suppress(ValueError):
        parts = urlsplit(server)
        if parts.hostname and parts.scheme in ("http", "https") and not (parts.username or parts.query):
            return parts
    raise ValueError(f"{mask_url(server)} is no base URL of a service: give one such as https://host/api")


@dataclass(slots=True)
class _Proxy:
    """The ASGI application that passes requests on.

    Attributes:
        client: Sends them; it stores no cookies, since several users may send requests.
        origin: Scheme, host and port of the service.
        own: Those that the client has in their place.
        lines: The open file for the exchanges.
        failure: Why the service did not answer the latest request that it did not respond; empty without one.
    """

    client: httpx.Client
    origin: str
    own: str
    lines: IO[str]
    failure: str = ""
    _guard: threading.Lock = field(default_factory=threading.Lock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        request = Request(scope, receive)
        response = await run_in_threadpool(self._response, request, await request.body())
        await response(scope, receive, send)

    def _response(self, request: Request, content: bytes) -> Response:
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        headers = [(name, value) for name, value in request.headers.items() if _is_passed(name)]
        # A response that is not compressed can be read as it passes by.
        headers.append(("accept-encoding", "identity"))
        try:
            sent = self.client.build_request(request.method, self.origin + path, headers=headers, content=content)
            response = self.client.send(sent, stream=True)
            if "json" not in response.headers.get("content-type", ""):
                self._write(request.method, path, content, response.status_code, b"")
                return self._passed_on(response, response.iter_raw())
            body = response.read()
            response.headers.pop("content-encoding", None)  # the body is decoded
        except httpx.HTTPError as error:
            # An exception without a text, as of a timeout, has a name at least.
            reason = f"{mask_url(self.origin + path)} did not respond: {str(error) or type(error).__name__}"
            self.failure = f"{reason}. Check the service's base URL."
            return Response(json.dumps(Problem(502, "bad_gateway", reason).body()), 502, media_type="application/json")
        self._write(request.method, path, content, response.status_code, body)
        return self._passed_on(response, (body.replace(self.origin.encode(), self.own.encode()),))

    def _passed_on(self, response: httpx.Response, blocks: Iterable[bytes]) -> Response:
        """The service's response; links to the service, as of a next page, point to the proxy, or they would not be written."""
        passed = StreamingResponse(blocks, response.status_code, background=BackgroundTask(response.close))
        passed_headers = [(name, value) for name, value in response.headers.multi_items() if _is_passed(name)]
        passed.raw_headers = [
            (name.encode("latin-1"), value.replace(self.origin, self.own).encode("latin-1"))
            for name, value in passed_headers
        ]
        return passed

    def _write(self, method: str, path: str, sent: bytes, status: int, body: bytes) -> None:
        line = {
            "request": {"method": method, "path": mask_url(path), "body": _shown(sent)},
            "response": {"status": status, "body": _shown(body)},
        }
        with self._guard:
            self.lines.write(f"{json.dumps(line)}\n")
            self.lines.flush()


def _shown(content: bytes) -> object:
    """A body for the recording: decoded, with secrets masked; None where it is not JSON."""
    try:
        return mask_json(json.loads(content))
    except (ValueError, RecursionError):
        return None
