"""Webhooks: the requests to subscribers, and the worker that repeats each of them until its receiver accepts it."""

import json
import secrets
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omicsdk.core.http_signature import sign
from omicsdk.core.logs import logger
from omicsdk.core.redaction import without_query
from omicsdk.sandbox.dss.notifications import Event, Subscription, one_line, payload_of, wants
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database, Table

_log = logger(__name__)

HOUR, DAY = 3600.0, 86400.0

DELAYS: tuple[float, ...] = (0.0, 60.0, 600.0, HOUR, 6 * HOUR, DAY - 7 * HOUR - 660.0, *[DAY] * 6)
"""Seconds before each attempt, from the one before: at once, then a minute, ten minutes, an hour, six hours, the rest
of the first day, and a day each until seven days are over. The Data Store's own deployment was set up so."""

TIMEOUT = 10.0
"""Seconds within which a subscriber must answer; the Data Store's default."""

LONGEST_HISTORY = 1000
"""Attempts that a worker remembers."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An HTTP request, ready to be sent.

    Attributes:
        method: POST or PUT.
        url: The receiver.
        headers: All headers that the worker sets.
        body: The whole body.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification that no receiver has accepted yet.

    Attributes:
        transaction_id: Stays the same over all attempts, so that a receiver can recognise duplicates.
        subscription_id: The subscription's uuid.
        due: When the next attempt is due, in seconds since 1970.
        failed: Number of failed attempts.
        subscription: The subscription as it was when the event happened, without its secret.
        payload: The message.
    """

    transaction_id: str
    subscription_id: str
    due: float
    failed: int
    subscription: Subscription
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of one attempt at a delivery.

    Attributes:
        transaction_id: The delivery's.
        url: The receiver, without the query.
        number: 1 for the first attempt.
        status: The receiver's HTTP status; None without a response.
        error: Why there was no response.
        next_at: When the next attempt is due, in seconds since 1970; None when there is none.
    """

    transaction_id: str
    url: str
    number: int
    status: int | None
    error: str | None
    next_at: float | None

    @property
    def delivered(self) -> bool:
        """Whether the receiver accepted it: any status from 200 to 299."""
        return _is_accepted(self.status)


def _is_accepted(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


class DeliveryError(Exception):
    """A receiver that could not be reached, or did not answer in time."""


Send = Callable[[WebhookRequest], int]
"""Send a request without following redirects, and return the status; raise DeliveryError when there is none."""


def build_request(
    subscription: Subscription, payload: Mapping[str, Any], secret: str | None, now: float, boundary: str
) -> WebhookRequest:
    """Build the HTTP request that delivers a payload, with the documented defaults filled in.

    Args:
        subscription: The subscription.
        payload: The message.
        secret: The secret to sign with; None leaves the request unsigned.
        now: Seconds since 1970, for the date of a signature.
        boundary: Separates the fields of a form; letters and digits that occur in none of them.
    """
    method, url = subscription.get("method") or "POST", subscription["callback_url"]
    text = json.dumps(payload)
    if subscription.get("encoding") == "multipart/form-data":
        payload_field = subscription.get("payload_form_field") or "payload"
        body = encode_form({**(subscription.get("form_fields") or {}), payload_field: text}, boundary)
        content_type = f"multipart/form-data; boundary={boundary}"
    else:
        body, content_type = text.encode(), "application/json"
    headers = {"Content-Type": content_type, "Content-Length": str(len(body)), "User-Agent": "omicsdk-sandbox"}
    if secret is not None:
        key_id = subscription.get("hmac_key_id") or f"hca-dss:{subscription['uuid']}"
        headers |= sign(method, url, headers, body, key_id=key_id, key=secret.encode(), now=now)
    return WebhookRequest(method, url, headers, body)


def encode_form(fields: Mapping[str, str], boundary: str) -> bytes:
    """Text fields as multipart/form-data (RFC 7578)."""
    escape = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(escape)}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def due_after(failed: int, at: float, delays: Sequence[float] = DELAYS) -> float | None:
    """When the next attempt is due.

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
        # The proxies of the environment are not meant for a subscriber next door, which is what the sandbox serves.
        # Only the status is used, so the response's body is never read: it might be endless.
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(request.method, request.url, headers=dict(request.headers), content=request.body) as response,
        ):
            return response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise DeliveryError(f"{type(error).__name__}: {one_line(error)}") from error


class DeliveryWorker:
    """The queue of notifications, which survives a restart, and the thread that delivers and repeats what is due.

    The thread starts with the first notification, or by `start`; without it a caller delivers by `run_due`. All methods
    are thread-safe; a delivery may be cancelled while its request is under way.

    Args:
        database: The sandbox's database.
        clock: The sandbox's time; moving it makes attempts due.
        secret_of: Gives the secret that a subscription's notifications are signed with, by its uuid; None where the
            sandbox no longer has it.
        send: Sends one request.
        delays: Seconds before each attempt; their number is the most attempts.

    Raises:
        ValueError: There are no delays.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        secret_of: Callable[[str], str | None],
        send: Send = send_by_httpx,
        delays: Sequence[float] = DELAYS,
    ) -> None:
        if not delays:
            raise ValueError("a delivery worker needs at least one delay, that of the first attempt")
        self._clock = clock
        self._secret_of = secret_of
        self._send = send
        self._delays = tuple(delays)
        self._waiting = Table(database, "dss_waiting_deliveries", Delivery, key="transaction_id", indexes=("due",))
        self._history = deque[Attempt](maxlen=LONGEST_HISTORY)
        self._delivering = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._woken = threading.Event()
        self._forget_clock = clock.on_change(self._woken.set)

    def notify(self, subscriptions: Iterable[Subscription], event: Event) -> None:
        """Queue an event for the subscribers that match it and return at once.

        Subscriptions are read and their deliveries queued in one transaction of the caller's, so that a subscription
        that is deleted meanwhile gets nothing later.

        Args:
            subscriptions: Every subscription of the Data Store.
            event: The event.
        """
        wanted = [each for each in subscriptions if wants(each, event)]
        for each in wanted:
            self.enqueue(each, payload_of(each, event, str(uuid.uuid4())))
        if wanted:
            self.start()

    def enqueue(self, subscription: Subscription, payload: Mapping[str, Any]) -> None:
        """Queue a payload; its first attempt is due after the first delay, which is none by default."""
        due = self._clock.now() + self._delays[0]
        self._waiting.put(Delivery(payload["transaction_id"], subscription["uuid"], due, 0, subscription, payload))

    def start(self) -> None:
        """Deliver in a thread what is due, now and later."""
        with self._starting:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="omics-sandbox-deliveries", daemon=True)
                self._thread.start()
        self._woken.set()

    def _run(self) -> None:
        while not self._closed:
            self._woken.clear()  # before the queue is read; otherwise entries queued in between would wait
            self.run_due()
            self._woken.wait(self._until_due())

    def _until_due(self) -> float | None:
        """Real seconds until the next attempt; None when only a call wakes the thread."""
        due = self.next_due()
        if due is None or self._clock.state()["frozen"]:
            return None
        return max(0.0, due - self._clock.now())

    def next_due(self) -> float | None:
        """When the next attempt is due, in seconds since 1970; None when nothing waits."""
        first = self._waiting.first(order="due")
        return None if first is None else first.due

    def run_due(self) -> list[Attempt]:
        """Attempt everything that is due now, once, after the attempts of other threads.

        Returns:
            The attempts, in their order.
        """
        with self._delivering:
            return [self._try(each) for each in self._waiting.all("due <= ?", self._clock.now(), order="due, rowid")]

    def _try(self, delivery: Delivery) -> Attempt:
        subscription = delivery.subscription
        status: int | None = None
        problem: str | None = None
        try:
            secret = self._secret_of(delivery.subscription_id) if subscription.get("hmac_secret_key") else None
            if secret is None and subscription.get("hmac_secret_key"):
                raise DeliveryError("the sandbox was restarted and keeps no secrets: put the subscription again")
            boundary = secrets.token_hex(16)
            status = self._send(build_request(subscription, delivery.payload, secret, self._clock.now(), boundary))
        except (DeliveryError, ValueError) as error:
            problem = one_line(error)
        failed = delivery.failed + 1
        next_at = None if _is_accepted(status) else due_after(failed, self._clock.now(), self._delays)
        url = without_query(subscription["callback_url"])
        attempt = Attempt(delivery.transaction_id, url, failed, status, problem, next_at)
        self._history.append(attempt)
        if next_at is None:
            self._waiting.remove(transaction_id=delivery.transaction_id)
        else:  # changes nothing when the delivery was cancelled while the request was under way
            self._waiting.change(delivery.transaction_id, due=next_at, failed=failed)
        result = problem or f"HTTP {status}"
        _log.info("notification %s to %s, attempt %d: %s", delivery.transaction_id, url, failed, result)
        return attempt

    def cancel(self, subscription_id: str) -> int:
        """Drop what waits for a subscription that was deleted.

        Returns:
            How many deliveries were dropped.
        """
        return self._waiting.remove(subscription_id=subscription_id)

    def clear(self) -> None:
        """Drop everything that waits, and the history."""
        self._waiting.remove()
        self._history.clear()

    def history(self) -> list[Attempt]:
        """The latest attempts, oldest first, at most `LONGEST_HISTORY`."""
        return list(self._history)

    def close(self) -> None:
        """Stop delivering; what waits stays in the database."""
        self._forget_clock()
        with self._starting:
            self._closed = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
