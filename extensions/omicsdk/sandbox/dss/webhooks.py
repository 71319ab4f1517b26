"""Webhooks: requests to subscribers, and the thread that sends them again until they are taken."""

import json
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from omicsdk.core.http_signature import sign
from omicsdk.core.redaction import without_query
from omicsdk.sandbox.dss.notifications import LOST, Event, Notification, Subscription, notifications_of, one_line
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database, Table

_log = logging.getLogger(__name__)

HOUR, DAY = 3600.0, 86400.0

DELAYS: tuple[float, ...] = (0.0, 60.0, 600.0, HOUR, 6 * HOUR, DAY - 7 * HOUR - 660.0, *[DAY] * 6)
"""Seconds before each attempt, from the one before: at once, then a minute, ten minutes, an hour, six hours, the rest
of the first day, and a day each until seven days are over. The Data Store's own deployment was set up so."""

TIMEOUT = 10.0
"""Seconds that a subscriber has to answer in; the Data Store's default."""

LONGEST_HISTORY = 1000
"""Attempts that a deliverer remembers."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An HTTP request, ready to be sent.

    Attributes:
        method: POST or PUT.
        url: Where it goes.
        headers: All that are ours to set.
        body: The whole body.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one attempt at a delivery.

    Attributes:
        transaction_id: The notification's.
        subscription_id: The subscription's.
        event_type: What happened to the bundle; None for a subscription by an Elasticsearch query.
        url: The receiver, without the query.
        number: 1 for the first attempt.
        at: Seconds since 1970.
        status: The receiver's HTTP status; None when there was no answer.
        error: Why there was no answer.
        next_at: When the next attempt is due; None when there is none.
    """

    transaction_id: str
    subscription_id: str
    event_type: str | None
    url: str
    number: int
    at: float
    status: int | None
    error: str | None
    next_at: float | None

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it: any status from 200 to 299."""
        return self.status is not None and 200 <= self.status < 300


class DeliveryError(Exception):
    """A receiver that couldn't be reached, or didn't answer in time."""


Send = Callable[[WebhookRequest], int]
"""Sends a request, follows no redirect, and returns the status; raises DeliveryError when there is none."""


def build_request(notification: Notification, now: float, boundary: str) -> WebhookRequest:
    """The HTTP request that delivers a notification.

    Args:
        notification: What to deliver.
        now: Seconds since 1970, for the date of a signature.
        boundary: Parts the fields of a form; letters and digits that don't occur in any of them.
    """
    text = json.dumps(notification.payload)
    if notification.encoding == "multipart/form-data":
        body = encode_form({**notification.form_fields, notification.payload_form_field: text}, boundary)
        content_type = f"multipart/form-data; boundary={boundary}"
    else:
        body, content_type = text.encode(), "application/json"
    headers = {"Content-Type": content_type, "Content-Length": str(len(body)), "User-Agent": "omicsdk-sandbox"}
    if notification.hmac_secret_key is not None:
        headers |= sign(
            notification.method,
            notification.url,
            headers,
            body,
            key_id=notification.hmac_key_id,
            key=notification.hmac_secret_key.encode(),
            now=now,
        )
    return WebhookRequest(notification.method, notification.url, headers, body)


def encode_form(fields: Mapping[str, str], boundary: str) -> bytes:
    """Text fields as multipart/form-data (RFC 7578)."""
    escape = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(escape)}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def due_after(failed: int, at: float, delays: Sequence[float] = DELAYS) -> float | None:
    """When to try again.

    Args:
        failed: Attempts that failed so far.
        at: When the last of them was, or the event when there was none.
        delays: Seconds before each attempt.

    Returns:
        Seconds since 1970; None when all attempts are spent.
    """
    return at + delays[failed] if failed < len(delays) else None


def send_by_httpx(request: WebhookRequest) -> int:
    """Send a request over the network; see `Send`."""
    import httpx

    try:
        # The proxies of the environment aren't meant for a subscriber next door, which is what the sandbox serves.
        # Only the status counts, so the answer's body is never read: it might have no end.
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(request.method, request.url, headers=dict(request.headers), content=request.body) as answer,
        ):
            return answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise DeliveryError(f"{type(error).__name__}: {one_line(error)}") from error


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A notification that is not delivered yet, as it is kept.

    Attributes:
        transaction: The notification's transaction.
        subscription: Whose subscription it is for.
        due: When the next attempt is due, in seconds since 1970.
        failed: How many attempts failed.
        notification: The notification, without its secret.
    """

    transaction: str
    subscription: str
    due: float
    failed: int
    notification: Mapping[str, Any]


class Deliverer:
    """The queue of notifications, which survives a restart: delivers what is due, and tries again what failed.

    Nothing happens by itself: somebody calls `run_due`, at `next_due` or more often. All methods are thread-safe;
    what waits may be cancelled while a request is under way.

    Args:
        database: Where waiting notifications are kept.
        clock: Tells the time.
        send: Sends one request.
        delays: Seconds before each attempt; their number is the most attempts.
    """

    def __init__(
        self, database: Database, clock: Clock, send: Send = send_by_httpx, delays: Sequence[float] = DELAYS
    ) -> None:
        if not delays:
            raise ValueError("a deliverer needs at least one delay, that of the first attempt")
        self._clock = clock
        self._send = send
        self._delays = tuple(delays)
        self._waiting = Table(database, "dss_deliveries", _Waiting, indexes=("due",))
        self._secrets = dict[str, str]()  # by transaction; they are never written
        self._cancelled = set[str]()
        self._history = deque[Attempt](maxlen=LONGEST_HISTORY)
        self._running = threading.Lock()

    def enqueue(self, notification: Notification) -> None:
        """Add a notification; its first attempt is due after the first delay, which is none by default."""
        if notification.subscription_id in self._cancelled:
            return
        transaction, secret = notification.transaction_id, notification.hmac_secret_key
        if secret is not None:
            self._secrets[transaction] = secret
            notification = replace(notification, hmac_secret_key=LOST)
        due = self._clock.now() + self._delays[0]
        self._waiting.put(_Waiting(transaction, notification.subscription_id, due, 0, asdict(notification)))

    def next_due(self) -> float | None:
        """When the next attempt is due, in seconds since 1970; None when nothing waits."""
        first = self._waiting.first(order="due")
        return None if first is None else first.due

    def run_due(self) -> list[Attempt]:
        """Try everything that is due now, once.

        Returns:
            The attempts, in their order.
        """
        with self._running:
            return [self._try(each) for each in self._waiting.all("due <= ?", self._clock.now(), order="due, rowid")]

    def _try(self, waiting: _Waiting) -> Attempt:
        notification = Notification(**waiting.notification)
        status: int | None = None
        problem: str | None = None
        try:
            if notification.hmac_secret_key is not None:
                secret = self._secrets.get(waiting.transaction)
                if secret is None:
                    raise DeliveryError("the sandbox was restarted and keeps no secrets: put the subscription again")
                notification = replace(notification, hmac_secret_key=secret)
            status = self._send(build_request(notification, self._clock.now(), secrets.token_hex(16)))
        except (DeliveryError, ValueError) as error:
            problem = one_line(error)
        at, failed = self._clock.now(), waiting.failed + 1
        attempt = Attempt(
            transaction_id=waiting.transaction,
            subscription_id=waiting.subscription,
            event_type=notification.payload.get("event_type"),
            url=without_query(notification.url),
            number=failed,
            at=at,
            status=status,
            error=problem,
            next_at=None if status is not None and 200 <= status < 300 else due_after(failed, at, self._delays),
        )
        self._history.append(attempt)
        if attempt.next_at is None:
            self._waiting.remove(transaction=waiting.transaction)
            self._secrets.pop(waiting.transaction, None)
        else:  # a row that is gone was cancelled while the request was under way: nobody waits for another attempt
            self._waiting.change(waiting.transaction, due=attempt.next_at, failed=failed)
        _log.info(
            "notification %s to %s, attempt %d: %s",
            attempt.transaction_id,
            attempt.url,
            attempt.number,
            problem or f"HTTP {status}",
        )
        return attempt

    def cancel(self, subscription_id: str) -> int:
        """Drop what waits for a subscription that was deleted.

        Returns:
            How many notifications were dropped.
        """
        self._cancelled.add(subscription_id)
        return self._waiting.remove(subscription=subscription_id)

    def clear(self) -> None:
        """Drop everything that waits, and the history."""
        self._waiting.remove()
        self._secrets.clear()
        self._cancelled.clear()
        self._history.clear()

    def history(self) -> list[Attempt]:
        """The latest attempts, oldest first, at most `LONGEST_HISTORY`."""
        return list(self._history)


class Courier(Deliverer):
    """A deliverer that the sandbox's clock drives, in a thread.

    Args:
        database: Where waiting notifications are kept.
        clock: The sandbox's time; moving it makes retries due.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._changed = threading.Condition()
        self._dirty = False
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._forget_clock = clock.on_change(self._wake)
        if self.next_due() is not None:
            self._start()

    def tell(self, subscriptions: Iterable[Subscription], event: Event) -> None:
        """Sends an event to the subscribers that want it; returns at once."""
        notifications = notifications_of(subscriptions, event)
        for notification in notifications:
            self.enqueue(notification)
        if notifications:
            self._start()

    def _start(self) -> None:
        # Most sandboxes never deliver anything, so the thread comes with the first notification.
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="omics-sandbox-courier", daemon=True)
                self._thread.start()
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._dirty = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._dirty and not self._closed and not self._due():
                    self._changed.wait(self._until_due())
                if self._closed:
                    return
                self._dirty, self._busy = False, True
            try:
                self.run_due()
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _due(self) -> bool:
        due = self.next_due()
        return due is not None and due <= self._clock.now()

    def _until_due(self) -> float | None:
        due = self.next_due()
        if due is None or self._clock.state()["frozen"]:
            return None
        return max(0.0, due - self._clock.now())

    def settle(self, seconds: float = 30.0) -> bool:
        """Waits until everything that is due was tried.

        Args:
            seconds: How long at most, in real time.

        Returns:
            Whether nothing is due any more.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not (self._busy or self._dirty or self._due()), seconds)

    def close(self) -> None:
        """Stops delivering; what waits stays in the database."""
        self._forget_clock()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
