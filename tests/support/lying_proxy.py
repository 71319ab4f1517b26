"""A proxy between a client and a server that lies: what it is told to change of an exchange reaches the client changed.

Real gateways ignore filters, caches return another object, captive portals return 200 with a page. The server behind it stays
right, so that a test sees there what a client did because of a lie.
"""

import json
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from quiet_server import QuietHandler

_OF_ONE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True)
class Request:
    """A request on its way to the server.

    Attributes:
        method: Its method.
        target: Its path and query, as it was sent.
        number: How many requests came before it.
    """

    method: str
    target: str
    number: int


@dataclass(frozen=True)
class Reply:
    """A response on its way to the client.

    Attributes:
        status: Its status.
        headers: Its headers; names are in lower case.
        body: Its body.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def data(self) -> Any:
        """Its JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def with_data(self, data: Any) -> "Reply":
        """The same response with other JSON."""
        return replace(self, body=json.dumps(data).encode())


@dataclass(frozen=True)
class Lie:
    """What a proxy changes.

    Attributes:
        name: What it is called.
        target: The path and query that the server gets in place of those of a request.
        reply: The response that the client gets.
        methods: Which requests it is about.
    """

    name: str
    target: Callable[[Request], str] = lambda request: request.target
    reply: Callable[[Request, Reply], Reply] = lambda _request, reply: reply
    methods: frozenset[str] = frozenset({"GET", "HEAD"})


class LyingProxy(ThreadingHTTPServer):
    """The proxy, to be run by `quiet_server.running`.

    Args:
        server: The URL of the server; only its host and port count.

    Attributes:
        lie: What is changed; None for nothing.
        only: The number of the one request that is lied about, among those that the lie is about; None for all.
        requests: The requests that a lie could be about, since `begin`.
    """

    def __init__(self, server: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        parts = urlsplit(server)
        assert parts.hostname
        assert parts.port
        self.upstream: tuple[str, int] = parts.hostname, parts.port
        self.begin()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let clients go: the traceback would stand among the messages of the command that is tried."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def origin(self) -> str:
        """Where clients reach it."""
        return f"http://127.0.0.1:{self.server_port}"

    def begin(self, lie: Lie | None = None, only: int | None = None) -> None:
        """Begin to lie, or to tell the truth, and forget the requests."""
        self.lie, self.only = lie, only
        self.requests: list[Request] = []
        self._lock = threading.Lock()

    def counted(self, method: str, target: str) -> tuple[Request, Lie | None]:
        """Count a request, and return what is changed of it."""
        with self._lock:
            request = Request(method, target, len(self.requests))
            methods = self.lie.methods if self.lie is not None else Lie("").methods
            if method not in methods:
                return request, None
            self.requests.append(request)
        return request, self.lie if self.only in (None, request.number) else None


class _Handler(QuietHandler):
    server: LyingProxy
    protocol_version = "HTTP/1.1"
    # A head and a body are two writes: the second would wait 40 ms for the client's delayed acknowledgement of the first.
    disable_nagle_algorithm = True

    def _forward(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = self._chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request, lie = self.server.counted(self.command, self.path)
        target = self.path if lie is None else lie.target(request)
        connection = HTTPConnection(*self.server.upstream, timeout=60)
        try:
            connection.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _OF_ONE_CONNECTION | {"accept-encoding", "expect"}:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            length = headers.get("content-length")
            reply = Reply(response.status, headers, response.read())
        finally:
            connection.close()
        changed = reply if lie is None else lie.reply(request, reply)
        self.send_response(changed.status)
        for name, value in changed.headers.items():
            if name not in _OF_ONE_CONNECTION:
                self.send_header(name, value)
        is_head = self.command == "HEAD" and changed.body == reply.body
        self.send_header("Content-Length", length or "0" if is_head else str(len(changed.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(changed.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward

    def _chunks(self) -> bytes:
        whole = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return whole


# -- lies

#: Keys and headers under which platforms state how many entries there are.
_COUNTS = frozenset({"count", "total", "KeyCount"})
_COUNT_HEADER = "x-total-matching-query"
_KEY_COUNT = re.compile(rb"(?<=<KeyCount>)\d+(?=</KeyCount>)")
_ENTRY = re.compile(rb"<Contents>.*?</Contents>|<CommonPrefixes>.*?</CommonPrefixes>", re.DOTALL)
#: Members that list entries.
_LISTS = frozenset({"items", "results", "hits", "files", "contents", "records", "bundles"})
PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Welcome to the hotel.</body></html>"


def walked(data: Any, change: Callable[[str, Any], Any]) -> Any:
    """JSON with each member's value changed, innermost first."""
    if isinstance(data, dict):
        return {key: change(key, walked(value, change)) for key, value in data.items()}
    if isinstance(data, list):
        return [walked(value, change) for value in data]
    return data


def _of_json(change: Callable[[str, Any], Any]) -> Callable[[Reply], Reply]:
    def changed(reply: Reply) -> Reply:
        data = reply.data
        return reply if data is None or reply.status >= 300 else reply.with_data(walked(data, change))

    return changed


def _count_changed(step: int) -> Callable[[Request, Reply], Reply]:
    def number(key: str, value: Any) -> Any:
        counts = key in _COUNTS and isinstance(value, int) and not isinstance(value, bool)
        return value + step if counts else value

    def changed(_request: Request, reply: Reply) -> Reply:
        reply = _of_json(number)(reply)
        body = _KEY_COUNT.sub(lambda match: b"%d" % (int(match[0]) + step), reply.body)
        headers = dict(reply.headers)
        if headers.get(_COUNT_HEADER, "").isdigit():
            headers[_COUNT_HEADER] = str(int(headers[_COUNT_HEADER]) + step)
        return replace(reply, headers=headers, body=body)

    return changed


def _emptied(_request: Request, reply: Reply) -> Reply:
    def no_entries(key: str, value: Any) -> Any:
        return [] if key in _LISTS and isinstance(value, list) else value

    reply = _of_json(no_entries)(reply)
    return replace(reply, body=_ENTRY.sub(b"", reply.body))


def _shortened(_request: Request, reply: Reply) -> Reply:
    def no_last(key: str, value: Any) -> Any:
        return value[:-1] if key in _LISTS and isinstance(value, list) else value

    reply = _of_json(no_last)(reply)
    last = list(_ENTRY.finditer(reply.body))[-1:]
    return replace(reply, body=reply.body.replace(last[0][0], b"", 1)) if last else reply


def _repeated(_request: Request, reply: Reply) -> Reply:
    def twice(key: str, value: Any) -> Any:
        return [*value, *value] if key in _LISTS and isinstance(value, list) else value

    reply = _of_json(twice)(reply)
    return replace(reply, body=_ENTRY.sub(lambda match: match[0] * 2, reply.body))


def _page(_request: Request, _reply: Reply) -> Reply:
    return Reply(200, {"content-type": "text/html; charset=utf-8"}, PAGE)


def without_filters(*names: str) -> Lie:
    """The server gets a query without some parameters: a gateway that ignores them.

    Args:
        names: The parameters.
    """
    pattern = re.compile(rf"(?<=[?&])(?:{'|'.join(map(re.escape, names))})=[^&]*&?")
    return Lie("filters are ignored", target=lambda request: pattern.sub("", request.target).rstrip("?&"))


def of_another(swaps: dict[str, str]) -> Lie:
    """The server is asked for something else: a cache that confuses its entries.

    Args:
        swaps: What stands in requests, and what the server gets in its place.
    """

    def target(request: Request) -> str:
        text = request.target
        for word, other in swaps.items():
            text = text.replace(word, other)
        return text

    return Lie("of another", target=target)


COUNTED_MORE = Lie("a count is too large", reply=_count_changed(1))
COUNTED_LESS = Lie("a count is too small", reply=_count_changed(-1))
EMPTIED = Lie("lists are empty", reply=_emptied)
SHORTENED = Lie("the last entry is missing", reply=_shortened)
REPEATED = Lie("entries are repeated", reply=_repeated)
HTML = Lie("200 with a page", reply=_page, methods=frozenset({"GET", "HEAD", "PUT", "POST"}))
LIES = (COUNTED_MORE, COUNTED_LESS, EMPTIED, SHORTENED, REPEATED, HTML)
