"""Notifications: which subscriptions match an event, the requests to subscribers, and the worker that repeats each until it is accepted."""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.http_signature import sign
from omicsdk.core.logs import logger
from omicsdk.core.redaction import without_query
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.search import Predicate, QueryError, compile_query
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database, Table

if TYPE_CHECKING:
    import httpx

    from omicsdk.sandbox.dss.state import Event

# A subscription with the fields of PUT /subscriptions, and `uuid`.
Subscription = Mapping[str, Any]

# Bytes that a notification's attachments may have in all, as JSON in UTF-8 (documented).
ATTACHMENT_LIMIT = 128 * 1024


def is_elasticsearch(subscription: Subscription) -> bool:
    """Whether a subscription is of the type elasticsearch: it is when it has an es_query."""
    return subscription.get("es_query") is not None


def check_subscription(subscription: Subscription) -> None:
    """Check what a document's schema cannot state about a subscription: its expressions, names and query.

    Raises:
        Problem: 400; with the platform's code and a message that names what is wrong.
    """
    if is_elasticsearch(subscription):
        try:
            _registered(subscription["es_query"])
        except QueryError as error:
            raise Problem(400, "elasticsearch_error", f"es_query can't be registered: {error}") from None
    elif subscription.get("jmespath_query"):
        _check_jmespath(subscription["jmespath_query"], "jmespath_query", "invalid_jmespath")
    if re.search(r'["\r\n]', subscription.get("hmac_key_id") or ""):
        raise Problem(400, "unprocessable", "hmac_key_id can't be sent in a header: it has quotes or line ends")
    attachments = cast("Mapping[str, Mapping[str, str]]", subscription.get("attachments") or {})
    for name, definition in attachments.items():
        if name.startswith("_"):
            problem = f"the attachment name {name!r} starts with an underscore; choose another"
            raise Problem(400, "invalid_attachment_name", problem)
        what = f"the expression of attachment {name!r}"
        _check_jmespath(definition["expression"], what, "invalid_attachment_expression")


def _registered(es_query: Mapping[str, Any]) -> Predicate:
    """Return what a subscription's query matches. Elasticsearch registers a request without `query` too, and it matches nothing."""
    return (lambda _: False) if es_query and "query" not in es_query else compile_query(es_query)


def _check_jmespath(expression: str, what: str, code: str) -> None:
    import jmespath

    try:
        jmespath.compile(expression)
    except (ValueError, RecursionError) as error:
        raise Problem(400, code, f"{what} can't be compiled: {one_line(error)}") from None


# A JMESPathError is a ValueError; Python's own TypeError is raised where a function gets types that do not match.
_FAILURES = (ValueError, TypeError, RecursionError)


def wants(subscription: Subscription, event: "Event") -> bool:
    """Whether a subscription matches an event.

    One by an Elasticsearch query matches the new versions that the query finds. One by JMESPath matches every event whose document
    gives a true value, where `event_type` is part of the document; without a query it matches all events.
    """
    if is_elasticsearch(subscription):
        return event.kind == "CREATE" and _registered(subscription["es_query"])(event.document)
    expression = subscription.get("jmespath_query")
    if not expression:
        return True
    import jmespath

    try:
        return bool(jmespath.search(expression, event.document))
    except _FAILURES as error:
        # An expression may compile and still not suit a document; the others' notifications continue.
        _log.warning("the query of subscription %s failed: %s", subscription["uuid"], one_line(error))
        return False


def attachments_of(definitions: Mapping[str, Mapping[str, str]], document: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a document that a subscription requests as attachments.

    Args:
        definitions: Name to `{"type": "jmespath", "expression": ...}`.
        document: The bundle's indexed metadata.

    Returns:
        Name to value. What failed is named under `_errors`; attachments over `ATTACHMENT_LIMIT` are left out
        altogether and `_errors` states the reason.
    """
    import jmespath

    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, definition in definitions.items():
        try:
            value = jmespath.search(definition["expression"], document)
            json.dumps(value)  # an expression such as `&name` gives a reference, which JSON does not have
        except _FAILURES as error:
            errors[name] = one_line(error)
        else:
            values[name] = value
    if errors:
        values["_errors"] = errors
    size = len(json.dumps(values).encode())
    return values if size <= ATTACHMENT_LIMIT else {"_errors": f"Attachments too large ({size} bytes)"}


def payload_of(subscription: Subscription, event: "Event", transaction_id: str) -> dict[str, Any]:
    """The message that a subscriber gets, in the documented format."""
    payload: dict[str, Any] = {"transaction_id": transaction_id, "subscription_id": subscription["uuid"]}
    match = {"bundle_uuid": event.uuid, "bundle_version": event.version}
    if is_elasticsearch(subscription):
        payload |= {"match": match, "es_query": subscription["es_query"]}
    else:
        payload |= {"event_type": event.kind, "match": match}
        if subscription.get("jmespath_query"):
            payload["jmespath_query"] = subscription["jmespath_query"]
    definitions = subscription.get("attachments")
    if definitions and event.kind == "CREATE":
        payload["attachments"] = attachments_of(definitions, event.document)
    return payload


def one_line(error: Exception) -> str:
    """An exception's message without line ends; its type when it has none."""
    return " ".join(str(error).split()) or type(error).__name__


_log = logger(__name__)

HOUR, DAY = 3600.0, 86400.0

# Seconds before each attempt, from the one before: at once, then a minute, ten minutes, an hour, six hours, the rest of
# the first day, and a day each until seven days are over. The Data Store's own deployment was set up so.
DELAYS: tuple[float, ...] = (0.0, 60.0, 600.0, HOUR, 6 * HOUR, DAY - 7 * HOUR - 660.0, *[DAY] * 6)

# Seconds within which a subscriber must answer; the Data Store's default.
TIMEOUT = 10.0


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


def build_request(
    subscription: Subscription, payload: Mapping[str, Any], secret: str | None, now: float
) -> "httpx.Request":
    """Build the HTTP request that delivers a payload, with the documented defaults filled in.

    Args:
        subscription: The subscription.
        payload: The message.
        secret: The secret to sign with; None leaves the request unsigned.
        now: Seconds since 1970, for the date of a signature.
    """
    import httpx

    method, url, text = subscription.get("method") or "POST", subscription["callback_url"], json.dumps(payload)
    headers = {"User-Agent": "omicsdk-sandbox"}
    if subscription.get("encoding") == "multipart/form-data":
        payload_field = subscription.get("payload_form_field") or "payload"
        fields: dict[str, str] = {**(subscription.get("form_fields") or {}), payload_field: text}
        parts = {name: (None, value) for name, value in fields.items()}
        request = httpx.Request(method, url, headers=headers, files=parts)
    else:
        request = httpx.Request(method, url, headers={**headers, "Content-Type": "application/json"}, content=text)
    if secret is not None:
        key_id = subscription.get("hmac_key_id") or f"hca-dss:{subscription['uuid']}"
        request.headers.update(sign(method, url, {}, request.read(), key_id=key_id, key=secret.encode(), now=now))
    return request


def status_of(request: "httpx.Request") -> int:
    """Send a request and return the status of its response."""
    import httpx

    # The proxies of the environment are not meant for a subscriber next door, which is what the sandbox serves.
    # Only the status is used, so the response's body is never read: it might be endless.
    with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
        response = client.send(request, stream=True, follow_redirects=False)
        response.close()
        return response.status_code


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
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        secret_of: Callable[[str], str | None],
        send: "Callable[[httpx.Request], int]" = status_of,
    ) -> None:
        self._clock = clock
        self._secret_of = secret_of
        self._send = send
        self._waiting = Table(database, "dss_waiting_deliveries", Delivery, key="transaction_id", indexes=("due",))
        self._delivering = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._woken = threading.Event()
        self._forget_clock = clock.on_change(self._woken.set)

    def notify(self, subscriptions: Iterable[Subscription], event: "Event") -> None:
        """Queue an event for the subscribers that match it and return at once.

        Subscriptions are read and their deliveries queued in one transaction of the caller's, so that a subscription
        that is deleted meanwhile gets nothing later.

        Args:
            subscriptions: Every subscription of the Data Store.
            event: The event.
        """
        for subscription in subscriptions:
            if wants(subscription, event):
                self.enqueue(subscription, payload_of(subscription, event, str(uuid.uuid4())))
                self.start()

    def enqueue(self, subscription: Subscription, payload: Mapping[str, Any]) -> None:
        """Queue a payload, whose first attempt is due at once."""
        id, now = payload["transaction_id"], self._clock.now()
        self._waiting.put(Delivery(id, subscription["uuid"], now + DELAYS[0], 0, subscription, payload))

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

    def run_due(self) -> None:
        """Attempt everything that is due now, once, after the attempts of other threads."""
        with self._delivering:
            for delivery in self._waiting.all("due <= ?", self._clock.now(), order="due, rowid"):
                self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        import httpx

        subscription, id, failed = delivery.subscription, delivery.transaction_id, delivery.failed + 1
        accepted = False
        try:
            secret = self._secret_of(delivery.subscription_id) if subscription.get("hmac_secret_key") else None
            if secret is None and subscription.get("hmac_secret_key"):
                raise ValueError("the sandbox was restarted and keeps no secrets: put the subscription again")
            status = self._send(build_request(subscription, delivery.payload, secret, self._clock.now()))
            accepted, result = 200 <= status < 300, f"HTTP {status}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            result = f"{type(error).__name__}: {one_line(error)}"
        if accepted or failed == len(DELAYS):
            self._waiting.remove(transaction_id=id)
        else:  # changes nothing when the delivery was cancelled while the request was under way
            self._waiting.change(id, due=self._clock.now() + DELAYS[failed], failed=failed)
        _log.info(
            "notification %s to %s, attempt %d: %s", id, without_query(subscription["callback_url"]), failed, result
        )

    def cancel(self, subscription_id: str) -> None:
        """Drop what waits for a subscription that was deleted."""
        self._waiting.remove(subscription_id=subscription_id)

    def clear(self) -> None:
        """Drop everything that waits."""
        self._waiting.remove()

    def close(self) -> None:
        """Stop delivering; what waits stays in the database."""
        self._forget_clock()
        with self._starting:
            self._closed = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
