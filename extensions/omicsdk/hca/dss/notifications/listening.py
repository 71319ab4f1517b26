"""Receiving the Data Store's notifications: a small HTTP server whose requests are handed to the program one by one.

    with Listener(port=8080, keys={"my-key": secret}) as listener:
        for notification in listener:
            print(notification.event_type, notification.bundle_uuid)

The Data Store is told that a notification arrived when the program has dealt with it; what fails comes again, by the
Data Store's own schedule, for seven days. It reaches loopback only unless `host` says otherwise: put a server that speaks
TLS in front of it.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from omicsdk.core.errors import TimedOut, UsageError
from omicsdk.core.http_signature import MOST_SKEW
from omicsdk.hca.dss.notifications.notification import PAYLOAD_FIELD, Notification, Refused, received
from omicsdk.hca.dss.notifications.server import NotificationServer

MOST_BYTES = 1024 * 1024
"""Bytes of a request's body, unless told otherwise: attachments have at most 128 KiB, forms and queries are small."""

ANSWER_WITHIN = 9.0
"""Seconds after which a request is put off: the Data Store waits for 10."""

WAITING = 64
"""Requests that are held at once; others are told to come again."""

LAST_ANSWERS = 5.0
"""Seconds that answers under way have when the listener is closed."""

REMEMBERED = 10_000
"""Notifications that are known as dealt with, so that one that comes twice is handed over once."""

Keys = Mapping[str, str | bytes] | Callable[[str], str | bytes | None] | str | bytes

logger = logging.getLogger("omicsdk.hca.dss")


class _Waiting:
    """A notification whose sender waits for an answer."""

    def __init__(self, notification: Notification) -> None:
        self.notification = notification
        self.over = threading.Event()
        self.done = False

    def end(self, *, done: bool) -> None:
        if not self.over.is_set():  # what the sender was told first counts
            self.done = done
            self.over.set()


class Listener:
    """Receives notifications. Use it in a `with` block: it listens from there to the block's end.

    Args:
        host: The address that it listens at; the default can be reached from this machine only.
        port: The TCP port, 0 to 65535; 0 takes a free one, which `url` tells.
        path: The path of the callback URL; other paths are answered with 404. By default any.
        keys: Secrets by the ids of keys (`hmac_key_id` of a subscription), or a function that gives them, or one secret for
            all ids. Requests that aren't signed with one of them are answered with 401. None takes everything.
        payload_field: The field of a form that holds the message (`payload_form_field` of a subscription).
        most_bytes: The largest body that is taken, in bytes, 1 or more; larger ones are answered with 413.
        most_skew: Seconds that a signature's date may be away from this machine's clock.
        now: Tells the time in seconds since 1970, for tests.

    Raises:
        UsageError: It can't listen there.
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
        self._key_of = _key_of(keys)
        self._payload_field = payload_field
        self._most_bytes = most_bytes
        self._most_skew = most_skew
        self._now = now
        self._queue = Queue[_Waiting](WAITING)
        self._lock = threading.Lock()
        self._waiting = dict[str, _Waiting]()
        self._handled = OrderedDict[str, None]()
        try:
            self._server = NotificationServer((host, port), self, most=2 * WAITING)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"can't listen at {host}:{port}: {reason}", remedy="Choose another port, or an address of this machine."
            ) from error
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{shown}:{port}{self._path or '/'}"

    def start(self) -> Self:
        """Begins to listen; returns at once."""
        if self._thread is None:
            serve = self._server.serve_forever
            self._thread = threading.Thread(target=serve, args=(0.1,), name="dss-listener", daemon=True)
            self._thread.start()
        return self

    def close(self) -> None:
        """Stops listening; senders that wait are told to come again, and answers under way are sent. Closing twice does nothing."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        with self._lock:
            for one in self._waiting.values():
                one.end(done=False)
        self._server.finish(LAST_ANSWERS)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def receive(self, timeout: float | None = None) -> Generator[Notification]:
        """Gives the next notification for the length of a `with` block; its sender is answered at the block's end.

        Args:
            timeout: Seconds to wait for one; by default for ever.

        Raises:
            TimedOut: None came in time.
        """
        try:
            # Waiting without end in steps: on Windows, Ctrl-C doesn't end a wait without one.
            one = self._next(timeout)
        except Empty:
            raise TimedOut(
                f"no notification came to {self.url} within {timeout:g} s",
                remedy="Allow more time, or check that the subscription's callback URL leads here.",
            ) from None
        try:
            yield one.notification
        except BaseException:
            self._end(one, done=False)
            raise
        self._end(one, done=True)

    def __iter__(self) -> Iterator[Notification]:
        """Every notification as it comes; a sender is answered when the next one is asked for, or the loop is left."""
        while True:
            one = self._next(None)
            try:
                yield one.notification
            finally:  # a loop that is left by `break` has dealt with it; one that fails is ended by `close` before this
                self._end(one, done=True)

    def _next(self, timeout: float | None) -> _Waiting:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 0.5 if until is None else min(0.5, until - time.monotonic())
            try:
                return self._queue.get(timeout=max(0.0, left))
            except Empty:
                if until is not None and time.monotonic() >= until:
                    raise

    def _end(self, one: _Waiting, *, done: bool) -> None:
        transaction = one.notification.transaction_id
        with self._lock:
            self._waiting.pop(transaction, None)
            if done:
                self._handled[transaction] = None
                while len(self._handled) > REMEMBERED:
                    self._handled.popitem(last=False)
        one.end(done=done)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Deals with a request, in a thread of its own: hands it over, and waits until the program is done with it.

        Args:
            method: Its method.
            target: Its path with the query.
            headers: Its headers, names in any case.
            body: Its body.

        Returns:
            A status and what to say.
        """
        try:
            self._check_path(target)
            notification = received(
                method,
                target,
                headers,
                body,
                key_of=self._key_of,
                now=self._now(),
                payload_field=self._payload_field,
                most_skew=self._most_skew,
            )
        except Refused as refused:
            logger.warning("a request was refused: %s", refused.reason)
            return refused.status, refused.reason
        with self._lock:
            if notification.transaction_id in self._handled:
                return 200, "known already"
            one = self._waiting.get(notification.transaction_id)
            if one is None:
                one = _Waiting(notification)
                try:
                    self._queue.put_nowait(one)
                except Full:
                    return 503, "too many notifications wait"
                self._waiting[notification.transaction_id] = one
        if not one.over.wait(ANSWER_WITHIN):
            return 503, "not dealt with yet"
        return (200, "received") if one.done else (503, "it wasn't dealt with")

    def check(self, target: str, length: int) -> None:
        """Looks at a request before its body is read.

        Args:
            target: Its path with the query.
            length: The bytes that its body has.

        Raises:
            Refused: Its body won't be read.
        """
        self._check_path(target)
        if length > self._most_bytes:
            raise Refused(413, f"a notification has at most {self._most_bytes} bytes")

    def _check_path(self, target: str) -> None:
        if self._path is not None and urlsplit(target).path != self._path:
            raise Refused(404, "nobody listens here")


def _key_of(keys: Keys | None) -> Callable[[str], str | bytes | None] | None:
    if keys is None or callable(keys):
        return keys
    if isinstance(keys, str | bytes):
        return lambda _: keys
    return keys.get
