"""The layer between the socket and the services: the log of requests, and faults."""

import asyncio
import json
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.traffic.faults import S3_PREFIX, FaultBook, Rule

_Key = tuple[int | None, str, int]


class Connection(H11Protocol):
    """uvicorn's protocol, entered in a table while it is open."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn has it
        super().connection_made(transport)
        host, port = self.client or ("", 0)
        self._key = (self.server[1] if self.server else None, host, port)
        _open[self._key] = self
        self.lost = asyncio.Event()
        # asyncio does this only for sockets that were opened with the protocol's number; without it each response
        # with a body waits 40 ms for the client's delayed acknowledgement of the headers.
        if raw := self.socket:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        _open.pop(self._key, None)
        super().connection_lost(exc)
        self.lost.set()

    @property
    def socket(self) -> socket.socket | None:
        """The connection's socket."""
        return cast("socket.socket | None", self.transport.get_extra_info("socket"))


_open: dict[_Key, Connection] = {}


def _find(scope: Scope) -> Connection | None:
    host, port = scope["client"] or ("", 0)
    return _open.get((scope["server"][1], host, port))


async def reset_connection(scope: Scope) -> None:
    """Reset the connection of a request: the client's next read or write fails at once."""
    connection = _find(scope)
    if connection is None:
        return
    if raw := connection.socket:
        # Closing with a linger of 0 s sends RST; without it the client would see an orderly end.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.transport.abort()
    await connection.lost.wait()


async def close_connection(scope: Scope) -> None:
    """Close the connection of a request when what was written has been sent, and wait for that."""
    connection = _find(scope)
    if connection is not None:
        connection.transport.close()
        await connection.lost.wait()


# Key of a request's scope for its entry in the log.
ENTRY = "omics.entry"
_MAX_ENTRIES = 20_000
_STORES = ("/_objects/", "/gen3/_storage/", "/sb/_storage/")
# Signatures, tickets and codes are in these queries.
_SECRET_QUERIES = (*_STORES, "/auth/consent", "/auth/echo", "/echo")


@dataclass(slots=True)
class Entry:
    """One request in the log.

    Attributes:
        number: Counts from 1 since the last reset.
        at: When it came, in the sandbox's time.
        method: HTTP method.
        path: Path as sent.
        query: Query as sent; empty where it has a secret, as in presigned URLs.
        range: Its Range header.
        agent: Its User-Agent header.
        authorized: Whether it carried an Authorization header.
        status: The status that was answered; 0 when none was.
        sent: Bytes of the response's body that were handed to the socket.
        done: Whether the response was sent to its end.
        operation: Its service and operation, such as `dss get_bundle`, or of which object store, such as
            `objects GET`; empty for what neither has.
        validation: Result of its validation against the service's document; no value of the request is in it.
    """

    number: int
    at: float
    method: str
    path: str
    query: str
    range: str
    agent: str
    authorized: bool
    operation: str
    validation: str
    status: int = 0
    sent: int = 0
    done: bool = False


class RequestLog:
    """The last requests, newest at the end. Requests to the control API are not in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_MAX_ENTRIES)
        self._count = 0

    def begin(self, method: str, path: str, query: str, headers: Mapping[str, str], now: float) -> Entry:
        """Enter a request, whose path and query are as they were sent."""
        is_secret = path.startswith(_SECRET_QUERIES) or (path.startswith(S3_PREFIX) and "ignature=" in query)
        store = "s3" if path.startswith(S3_PREFIX) else "objects" if path.startswith(_STORES) else ""
        entry = Entry(
            number=0,
            at=now,
            method=method,
            path=path,
            query="" if is_secret else query,
            range=headers.get("range", ""),
            agent=headers.get("user-agent", ""),
            authorized="authorization" in headers,
            operation=f"{store} {method}" if store else "",
            validation="an object store's own rules" if store else "not an operation",
        )
        with self._lock:
            self._count += 1
            entry.number = self._count
            self._entries.append(entry)
        return entry

    @property
    def count(self) -> int:
        """Number of requests since the last reset."""
        return self._count

    def newest(self, path: str, start: int, most: int) -> tuple[int, list[Entry]]:
        """The entries whose path begins with a text, newest first.

        Args:
            path: Prefix of their paths.
            start: Number of items to skip.
            most: Largest number of items.

        Returns:
            The number of all entries, and the requested ones.
        """
        with self._lock:
            matching = [entry for entry in reversed(self._entries) if entry.path.startswith(path)]
        return len(matching), matching[start : start + most]

    def entries(self) -> list[dict[str, Any]]:
        """The entries as JSON values."""
        with self._lock:
            return [asdict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Empty the log."""
        with self._lock:
            self._entries.clear()
            self._count = 0


CONTROL_PREFIX = "/_sandbox"
_THROTTLED_CHUNK = 64 * 1024  # what a throttled response sends at once


class _ClientGone(BaseException):  # not an Exception: it is no crash of a service, and none may answer it
    """The connection was closed on purpose; nothing more can be sent."""


class Stalls:
    """Responses that wait to be released."""

    def __init__(self) -> None:
        self._released = asyncio.Event()
        self.waiting = 0

    def release(self) -> None:
        """Release those that wait now; later ones wait again."""
        self._released.set()
        # A new event: a task that has not begun to wait yet would miss one that is set and cleared at once.
        self._released = asyncio.Event()

    async def wait(self, client_left: asyncio.Event) -> None:
        """Wait for the release, or until the client has gone."""
        self.waiting += 1
        waits = [asyncio.create_task(self._released.wait()), asyncio.create_task(client_left.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.waiting -= 1
            for task in waits:
                task.cancel()


class Wire:
    """The outermost ASGI application: logs each request, applies the faults, passes it on.

    Args:
        app: The services.
        log: The request log.
        book: The faults in force.
        clock: The sandbox's time.
        stalls: The stalled responses.
    """

    def __init__(self, app: ASGIApp, log: RequestLog, book: FaultBook, clock: Clock, stalls: Stalls) -> None:
        self._app = app
        self._log = log
        self._book = book
        self._clock = clock
        self._stalls = stalls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        # A fault on every path must not block the page that ends it.
        if scope["type"] != "http" or path in ("/", CONTROL_PREFIX) or path.startswith(CONTROL_PREFIX + "/"):
            await self._app(scope, receive, send)
            return
        raw, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        entry = self._log.begin(scope["method"], raw, query, headers_of(scope), self._clock.now())
        scope[ENTRY] = entry
        acting = self._book.act(scope["method"], path, query)
        counting = _counted(send, entry)
        if not acting:
            await self._app(scope, receive, counting)
            return
        try:
            await self._misbehave(acting, entry.at, scope, receive, counting)
        except _ClientGone:
            await close_connection(scope)

    async def _misbehave(self, acting: Sequence[Rule], due: float, scope: Scope, receive: Receive, send: Send) -> None:
        # Waits are measured from the arrival of the request: measured from their own start, a test that moves time could end them too early.
        body: bytes | None = await _whole_body(receive)
        # ASGI reports a disconnect only after the body, which is therefore read first and replayed to the service.
        disconnected = asyncio.Event()
        watcher = asyncio.create_task(_watch(receive, disconnected))
        try:
            for rule in acting:
                if rule.action == "delay":
                    due += rule.seconds
                    await self._clock.sleep_until(due)
                elif rule.action == "stall" and rule.at == 0:
                    await self._stalls.wait(disconnected)
                elif rule.action == "reset" and rule.at == 0:
                    await reset_connection(scope)
                    return
                elif rule.action == "no_range":
                    scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"range"]}
                elif rule.action == "status":
                    await _response(rule, scope, receive, send)
                    return
                else:
                    send = self._spoiled(rule, due, scope, send, disconnected)

            async def replay() -> Message:
                nonlocal body
                if body is not None:
                    message: Message = {"type": "http.request", "body": body, "more_body": False}
                    body = None
                    return message
                await disconnected.wait()
                return {"type": "http.disconnect"}

            await self._app(scope, replay, send)
        finally:
            watcher.cancel()

    def _spoiled(self, rule: Rule, due: float, scope: Scope, send: Send, disconnected: asyncio.Event) -> Send:
        sent, ended = 0, False

        async def spoil(message: MutableMapping[str, Any]) -> None:
            nonlocal sent, ended, due
            if ended:
                return
            if message["type"] == "http.response.start":
                await send(_shortened(message, rule.at) if rule.action == "short" else message)
                return
            body: bytes = message.get("body", b"")
            if rule.action == "throttle":
                due = await self._slowly(message, body, rule.rate, due, send)
                return
            start, sent = sent, sent + len(body)
            if rule.action == "wrong":
                await send({**message, "body": _flipped(body, rule.at - start, rule.length)})
            elif (sent <= rule.at and not (rule.action == "short" and sent == rule.at)) or start > rule.at:
                await send(message)
            else:
                head, tail = body[: rule.at - start], body[rule.at - start :]
                if rule.action == "short":
                    # The response is complete: its connection stays open, as for any other.
                    await send({"type": "http.response.body", "body": head, "more_body": False})
                    ended = True
                    return
                if head:
                    await send({"type": "http.response.body", "body": head, "more_body": True})
                if rule.action == "stall":
                    await self._stalls.wait(disconnected)
                    if disconnected.is_set():  # or what no client reads any more would be counted as sent
                        raise _ClientGone
                    await send({**message, "body": tail})
                    return
                if rule.action == "reset":
                    await reset_connection(scope)
                raise _ClientGone

        return spoil

    async def _slowly(
        self, message: MutableMapping[str, Any], body: bytes, rate: float, due: float, send: Send
    ) -> float:
        """Send a piece of a body in small chunks; return the time at which the last one was due."""
        more: bool = message.get("more_body", False)
        for start in range(0, max(len(body), 1), _THROTTLED_CHUNK):
            chunk = body[start : start + _THROTTLED_CHUNK]
            due += len(chunk) / rate
            await self._clock.sleep_until(due)
            await send({**message, "body": chunk, "more_body": more or start + _THROTTLED_CHUNK < len(body)})
        return due


def _counted(send: Send, entry: Entry) -> Send:
    async def counting(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            entry.status = message["status"]
        await send(message)
        if message["type"] == "http.response.body":
            entry.sent += len(message.get("body", b""))
            entry.done = not message.get("more_body", False)

    return counting


async def _whole_body(receive: Receive) -> bytes:
    blocks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":  # the service would store a part as the whole
            raise _ClientGone
        blocks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(blocks)


async def _watch(receive: Receive, disconnected: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    disconnected.set()


async def _response(rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
    message, kind = "A requested fault", "application/problem+json"
    body: dict[str, object] = {"status": rule.status, "code": rule.code, "title": message}
    # The codes of Seven Bridges are numbers, in an error of another form.
    if rule.code.isdecimal():
        body = {"status": rule.status, "code": int(rule.code), "message": message, "more_info": ""}
        kind = "application/json"
    content = json.dumps(body).encode()
    all_headers = {"content-type": kind, "content-length": len(content)}
    all_headers |= {"retry-after": rule.retry_after, "location": rule.location}
    headers = {name: str(value) for name, value in all_headers.items() if value is not None}
    await Response(b"" if scope["method"] == "HEAD" else content, rule.status, headers)(scope, receive, send)


def _shortened(message: MutableMapping[str, Any], length: int) -> Message:
    def shorter(name: bytes, value: bytes) -> tuple[bytes, bytes]:
        return (name, str(min(length, int(value))).encode()) if name == b"content-length" else (name, value)

    return {**message, "headers": [shorter(*pair) for pair in message["headers"]]}


def _flipped(body: bytes, start: int, length: int) -> bytes:
    begin, end = (min(max(position, 0), len(body)) for position in (start, start + length))
    return body[:begin] + bytes(byte ^ 0xFF for byte in body[begin:end]) + body[end:]
