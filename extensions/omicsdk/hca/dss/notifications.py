"""Notifications: subscribing, and a server that receives and verifies what the Data Store sends."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Full, Queue
from socketserver import TCPServer
from typing import Any, NamedTuple, Self, cast
from urllib.parse import urlsplit

from omicsdk.core.errors import DecodeError, TimedOut, UsageError
from omicsdk.core.http_signature import MOST_SKEW, SignatureError, verify_signature
from omicsdk.core.logs import logger
from omicsdk.core.type_guards import is_object

# The field of a form that holds the message, unless a subscription names another.
PAYLOAD_FIELD = "payload"


class Refused(Exception):
    """A request that is not a valid notification.

    Args:
        status: The status of the response.
        reason: Why, without anything secret.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification to a subscriber.

    Attributes:
        transaction_id: The same over all attempts to deliver it.
        subscription_id: The subscription that it was sent for.
        event_type: CREATE, TOMBSTONE or DELETE; None for a subscription by an Elasticsearch query.
        bundle_uuid: The bundle that it is about.
        bundle_version: Its version.
        attachments: The parts of the metadata that the subscription asked for, by name; `_errors` names what failed.
        payload: The whole message, unchanged.
        form_fields: The other fields of a form.
        key_id: The key that it was signed with; None when signatures are not checked.
    """

    transaction_id: str
    subscription_id: str
    event_type: str | None
    bundle_uuid: str
    bundle_version: str
    attachments: Mapping[str, Any]
    payload: Mapping[str, Any]
    form_fields: Mapping[str, str] = field(default_factory=dict[str, str])
    key_id: str | None = None


def received(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key_of: Callable[[str], str | bytes | None] | None,
    now: float,
    payload_field: str = PAYLOAD_FIELD,
    most_skew: float = MOST_SKEW,
) -> Notification:
    """Convert a request to a notification.

    Args:
        method: Its method.
        target: Its path with the query.
        headers: Its headers, names in any case.
        body: Its body.
        key_of: Returns the secret of a key's id, None if there is no such key; None takes what is not signed, too.
        now: Seconds since 1970; a signature's date must be near.
        payload_field: The field of a form that holds the message.
        most_skew: Seconds that a signature's date may be away from now.

    Raises:
        Refused: It is not signed as it should be, or is not a notification.
    """
    key_id = None
    if key_of is not None:
        try:
            key_id = verify_signature(method, target, headers, body, key_of=key_of, now=now, most_skew=most_skew)
        except SignatureError as error:
            raise Refused(401, str(error)) from error
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    media_type = kind.partition(";")[0].strip().lower()
    fields = dict[str, str]()
    text: str | bytes = body
    if media_type == "multipart/form-data":
        fields = _form(kind, body)
        text = fields.pop(payload_field, "")
        if not text:
            raise Refused(400, f"the form has no field {payload_field!r}")
    elif media_type != "application/json":
        raise Refused(415, "a notification is application/json or multipart/form-data")
    from omicsdk_api.dss.webhooks import parse_notification

    try:
        payload: object = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "the message is not JSON") from None
    if not is_object(payload):
        raise Refused(400, "the message is not a JSON object")
    try:
        message = parse_notification(payload)
    except DecodeError as error:
        raise Refused(400, error.message) from None
    match = message.match
    if not all((message.transaction_id, message.subscription_id, match.bundle_uuid, match.bundle_version)):
        members = "transaction_id, subscription_id, match.bundle_uuid and match.bundle_version"
        raise Refused(400, f"the message has an empty value in {members}")
    return Notification(
        transaction_id=message.transaction_id,
        subscription_id=message.subscription_id,
        event_type=message.event_type,
        bundle_uuid=match.bundle_uuid,
        bundle_version=match.bundle_version,
        attachments=message.attachments or {},
        payload=payload,
        form_fields=fields,
        key_id=key_id,
    )


def _form(kind: str, body: bytes) -> dict[str, str]:
    """The text fields of multipart/form-data (RFC 7578)."""
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    form = BytesParser(policy=HTTP).parsebytes(head + body)
    if not form.is_multipart() or form.defects:
        raise Refused(400, "the form cannot be read")
    fields = dict[str, str]()
    for part in cast("list[Message[str, str]]", form.get_payload()):
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            raise Refused(400, "the form has a field without a name")
        try:
            fields[name] = data.decode()
        except UnicodeDecodeError:
            raise Refused(400, f"the form's field {name!r} is not UTF-8") from None
    return fields


# Seconds that a connection may be silent.
PATIENCE = 10.0

_log = logger("omicsdk.hca.dss")


class NotificationServer(ThreadingHTTPServer):
    """The server: a thread for each request, up to a limit.

    Args:
        address: Where it listens.
        listener: What requests are given to.
        limit: Requests that are answered at once, 1 or more; further connections are closed.

    Raises:
        OSError: It cannot listen there.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], listener: Listener, *, limit: int) -> None:
        self.listener = listener
        self._limit = limit
        self._free = threading.Semaphore(limit)
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def finish(self, seconds: float) -> None:
        """Wait until all requests are answered.

        A process that ends cuts off what its threads are still sending, and a sender that gets half a response sends
        again what was handled.

        Args:
            seconds: For how long at most.
        """
        until = time.monotonic() + seconds
        for _ in range(self._limit):  # a caller with all of it knows that no other responses
            self._free.acquire(timeout=max(0.0, until - time.monotonic()))

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own method looks up this machine's name in the network
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request
        _log.debug("a connection from %s was lost", client_address, exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One connection, one request: senders are few, and none keeps a thread."""

    timeout = PATIENCE
    server: NotificationServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        listener = self.server.listener
        try:
            length = self._length()
            listener.check(self.path, length)
            body = self.rfile.read(length)
            if len(body) < length:
                raise Refused(400, "the body was truncated")
            status, problem = listener.response(self.command, self.path, dict(self.headers.items()), body)
        except Refused as refused:
            status, problem = refused.status, refused.reason
        except TimeoutError:
            status, problem = 408, "the body was not received"
        self._respond(status, problem)

    do_PUT = do_POST

    def do_GET(self) -> None:
        self._respond(405, "notifications are sent by POST or PUT")

    do_HEAD = do_DELETE = do_GET

    def _length(self) -> int:
        content_length = self.headers.get("content-length")
        if content_length is None or self.headers.get("transfer-encoding"):
            raise Refused(411, "the request has no Content-Length")
        if not (content_length.isascii() and content_length.isdigit() and len(content_length) < 20):
            raise Refused(400, "Content-Length is not a number")
        return int(content_length)

    def _respond(self, status: int, message: str) -> None:
        text = f"{message}\n".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        for name, value in _FURTHER.get(status, ()):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)


# Further headers of a response, by its status.
_FURTHER = {503: (("Retry-After", "60"),), 405: (("Allow", "POST, PUT"),)}

# Default limit of a request's body in bytes: attachments have at most 128 KiB, forms and queries are small.
MOST_BYTES = 1024 * 1024

# Seconds after which a request is answered with 503: the Data Store waits for 10.
RESPONSE_WITHIN = 9.0

# Requests that are held at once; others are answered with 503.
WAITING = 64

# Seconds that answers under way have when the listener is closed.
LAST_RESPONSES = 5.0

# Handled notifications that are remembered, so that one that comes twice is handed over once.
REMEMBERED = 10_000

Keys = Mapping[str, str | bytes] | Callable[[str], str | bytes | None] | str | bytes


class _Waiting(NamedTuple):
    """A notification whose sender waits for a response: whether it was handled."""

    notification: Notification
    handled: Future[bool]

    def end(self, *, is_handled: bool) -> None:
        if not self.handled.done():  # the sender has its response
            self.handled.set_result(is_handled)


class Listener:
    """Receives notifications. Use it in a `with` block: it listens from there to the block's end.

    Args:
        host: The address that it listens at; the default can be reached from this machine only.
        port: The TCP port, 0 to 65535; 0 takes a free one, which `url` has.
        path: The path of the callback URL; other paths are answered with 404. By default any.
        keys: Secrets by the ids of keys (`hmac_key_id` of a subscription), or a function that gives them, or one secret
            for all ids. Requests that are not signed with one of them are answered with 401. None takes everything.
        payload_field: The field of a form that holds the message (`payload_form_field` of a subscription).
        most_bytes: The largest body that is taken, in bytes, 1 or more; larger ones are answered with 413.
        most_skew: Seconds that a signature's date may be away from this machine's clock.
        now: Returns the time in seconds since 1970, for tests.

    Raises:
        UsageError: It cannot listen there.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: str | None = None,
        keys: Keys | None = None,
        payload_field: str = PAYLOAD_FIELD,
        most_bytes: int = MOST_BYTES,
        most_skew: float = MOST_SKEW,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._how: dict[str, Any] = {"key_of": _key_of(keys), "payload_field": payload_field, "most_skew": most_skew}
        self._most_bytes = most_bytes
        self._now = now
        self._queue = Queue[_Waiting](WAITING)
        self._lock = threading.Lock()
        self._waiting = dict[str, _Waiting]()
        self._handled = OrderedDict[str, None]()
        try:
            self._server = NotificationServer((host, port), self, limit=2 * WAITING)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"cannot listen at {host}:{port}: {reason}",
                remedy="Choose another port, or an address of this machine.",
            ) from error
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        host_text = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{host_text}:{port}{self._path or '/'}"

    def start(self) -> Self:
        """Begin to listen; returns at once."""
        if self._thread is None:
            serve = self._server.serve_forever
            self._thread = threading.Thread(target=serve, args=(0.1,), name="dss-listener", daemon=True)
            self._thread.start()
        return self

    def close(self) -> None:
        """Stop listening; waiting senders are answered with 503, and answers under way are sent. Closing twice does nothing."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        with self._lock:
            for waiting in self._waiting.values():
                waiting.end(is_handled=False)
        self._server.finish(LAST_RESPONSES)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def receive(self, timeout: float | None = None) -> Generator[Notification]:
        """Return the next notification within a `with` block; its sender is answered at the block's end.

        Args:
            timeout: Seconds to wait for one; by default without limit.

        Raises:
            TimedOut: None came in time.
        """
        try:
            waiting = self._next(timeout)
        except Empty:
            raise TimedOut(
                f"no notification was received at {self.url} within {timeout:g} s",
                remedy="Allow more time, or check that the subscription's callback URL points here.",
            ) from None
        is_handled = False
        try:
            yield waiting.notification
            is_handled = True
        finally:
            self._end(waiting, is_handled=is_handled)

    def __iter__(self) -> Generator[Notification]:
        """Every notification as it arrives; a sender is answered when the next one is requested.

        One at which the loop is left, by an error or `break`, is sent again: `receive` handles a single one.
        """
        while True:
            # An error in the loop closes this generator as `break` does: which of both is not visible here.
            with self.receive() as notification:
                yield notification

    def _next(self, timeout: float | None) -> _Waiting:
        # Without a limit it waits in steps: on Windows, Ctrl-C does not end a wait without one.
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 0.5 if until is None else min(0.5, until - time.monotonic())
            try:
                return self._queue.get(timeout=max(0.0, left))
            except Empty:
                if until is not None and time.monotonic() >= until:
                    raise

    def _end(self, waiting: _Waiting, *, is_handled: bool) -> None:
        transaction = waiting.notification.transaction_id
        with self._lock:
            self._waiting.pop(transaction, None)
            if is_handled:
                self._handled[transaction] = None
                while len(self._handled) > REMEMBERED:
                    self._handled.popitem(last=False)
            waiting.end(is_handled=is_handled)

    def response(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Respond to a request, in a separate thread: pass it on, and wait until the program has handled it.

        Args:
            method: Its method.
            target: Its path with the query.
            headers: Its headers, names in any case.
            body: Its body.

        Returns:
            A status and a text.
        """
        try:
            notification = received(method, target, headers, body, now=self._now(), **self._how)
        except Refused as refused:
            _log.warning("a request was refused: %s", refused.reason)
            return refused.status, refused.reason
        with self._lock:
            if notification.transaction_id in self._handled:
                return 200, "already received"
            # The service repeats what takes longer than 10 s: the second request waits for the same handling.
            waiting = self._waiting.get(notification.transaction_id)
            if waiting is None:
                waiting = _Waiting(notification, Future())
                try:
                    # With the lock: the program must not end it before it is among those that wait.
                    self._queue.put_nowait(waiting)
                except Full:
                    return 503, "too many notifications are waiting"
                self._waiting[notification.transaction_id] = waiting
        try:
            handled = waiting.handled.result(RESPONSE_WITHIN)
        except TimeoutError:
            return 503, "not processed yet"
        return (200, "received") if handled else (503, "it was not processed")

    def check(self, target: str, length: int) -> None:
        """Check a request before its body is read.

        Args:
            target: Its path with the query.
            length: The length of its body in bytes.

        Raises:
            Refused: Its body is not read.
        """
        if self._path is not None and urlsplit(target).path != self._path:
            raise Refused(404, "no listener at this path")
        if length > self._most_bytes:
            raise Refused(413, f"a notification has at most {self._most_bytes} bytes")


def _key_of(keys: Keys | None) -> Callable[[str], str | bytes | None] | None:
    if keys is None or callable(keys):
        return keys
    if isinstance(keys, str | bytes):
        return lambda _: keys
    return keys.get
