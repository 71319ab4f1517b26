"""Which subscriptions an event concerns and what they are told: pure functions over plain data."""

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.search import QueryError, compile_query

_log = logging.getLogger(__name__)

EventType = Literal["CREATE", "TOMBSTONE", "DELETE"]
Subscription = Mapping[str, Any]
"""A subscription with the fields of PUT /subscriptions, and `uuid`."""

ATTACHMENT_LIMIT = 128 * 1024
"""Bytes that a notification's attachments may have in all, as JSON in UTF-8 (documented)."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a bundle.

    Attributes:
        event_type: CREATE for a new version, TOMBSTONE for one that was marked deleted, DELETE for one that is gone.
        bundle_uuid: The bundle.
        bundle_version: Its version, in DSS_VERSION format.
        document: The bundle's indexed metadata, or for a deletion what is known of it; queries look at it.
    """

    event_type: EventType
    bundle_uuid: str
    bundle_version: str
    document: Mapping[str, Any]


LOST = ""
"""In place of a secret that the sandbox had before it was started anew: it keeps none."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one subscriber, complete, so that it can wait in a queue or in a file.

    Attributes:
        transaction_id: Stays the same over all attempts, so that a receiver can tell duplicates.
        subscription_id: Whose subscription it is for.
        url: Where it goes.
        method: POST or PUT.
        encoding: application/json or multipart/form-data.
        payload: The message.
        form_fields: Further fields of a form, sent before the payload.
        payload_form_field: The form's field that holds the payload.
        hmac_key_id: Names the secret to the receiver.
        hmac_secret_key: The secret to sign with; None sends it unsigned, and `LOST` isn't sent.
    """

    transaction_id: str
    subscription_id: str
    url: str
    method: str
    encoding: str
    payload: Mapping[str, Any]
    form_fields: Mapping[str, str]
    payload_form_field: str
    hmac_key_id: str
    hmac_secret_key: str | None = field(default=None, repr=False)


def is_elasticsearch(subscription: Subscription) -> bool:
    """Whether a subscription is of the type elasticsearch: it is when it has an es_query."""
    return subscription.get("es_query") is not None


def check_subscription(subscription: Subscription) -> None:
    """Check what a document's schema can't say about a subscription: its expressions, names and query.

    Raises:
        Problem: 400; with the platform's code and a message that names what is wrong.
    """
    if is_elasticsearch(subscription):
        try:
            compile_query(subscription["es_query"])
        except QueryError as error:
            raise Problem(400, "elasticsearch_error", f"es_query can't be registered: {error}") from None
    elif subscription.get("jmespath_query"):
        problem = _jmespath_problem(subscription["jmespath_query"])
        if problem:
            raise Problem(400, "invalid_jmespath", f"jmespath_query can't be compiled: {problem}")
    if re.search(r'["\r\n]', subscription.get("hmac_key_id") or ""):
        raise Problem(400, "unprocessable", "hmac_key_id can't be sent in a header: it has quotes or line ends")
    attachments = cast("Mapping[str, Mapping[str, str]]", subscription.get("attachments") or {})
    for name, definition in attachments.items():
        if name.startswith("_"):
            raise Problem(
                400,
                "invalid_attachment_name",
                f"the attachment name {name!r} starts with an underscore; choose another",
            )
        problem = _jmespath_problem(definition["expression"])
        if problem:
            raise Problem(
                400,
                "invalid_attachment_expression",
                f"the expression of attachment {name!r} can't be compiled: {problem}",
            )


def _jmespath_problem(expression: str) -> str | None:
    import jmespath

    try:
        jmespath.compile(expression)
    except (ValueError, RecursionError) as error:
        return one_line(error)
    return None


# A JMESPathError is a ValueError; it lets Python's own TypeError pass where a function gets types that don't go together.
_FAILURES = (ValueError, TypeError, RecursionError)


def wants(subscription: Subscription, event: Event) -> bool:
    """Whether a subscriber is to be told of an event.

    A subscription by an Elasticsearch query hears of new versions that match it. One by JMESPath hears of every event
    whose document gives a true value, where `event_type` is part of the document; without a query it hears of all.
    """
    if is_elasticsearch(subscription):
        return event.event_type == "CREATE" and compile_query(subscription["es_query"])(event.document)
    expression = subscription.get("jmespath_query")
    if not expression:
        return True
    import jmespath

    try:
        return bool(jmespath.search(expression, _searched(event)))
    except _FAILURES as error:
        # An expression may compile and still not suit a document; the others' notifications go on.
        _log.warning("the query of subscription %s failed: %s", subscription["uuid"], one_line(error))
        return False


def _searched(event: Event) -> dict[str, Any]:
    return {**event.document, "event_type": event.event_type}


def attachments_of(definitions: Mapping[str, Mapping[str, str]], document: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a document that a subscription wants to have attached.

    Args:
        definitions: Name to `{"type": "jmespath", "expression": ...}`.
        document: The bundle's indexed metadata.

    Returns:
        Name to value. What failed is named under `_errors`; attachments over `ATTACHMENT_LIMIT` are left out
        altogether and `_errors` says so.
    """
    import jmespath

    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, definition in definitions.items():
        try:
            value = jmespath.search(definition["expression"], document)
        except _FAILURES as error:
            errors[name] = one_line(error)
            continue
        if _is_json(value):
            values[name] = value
        else:
            errors[name] = "the expression's value isn't JSON"
    if errors:
        values["_errors"] = errors
    size = len(json.dumps(values).encode())
    return values if size <= ATTACHMENT_LIMIT else {"_errors": f"Attachments too large ({size} bytes)"}


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, RecursionError):  # an expression such as `&name` gives a reference
        return False
    return True


def payload_of(subscription: Subscription, event: Event, transaction_id: str) -> dict[str, Any]:
    """The message that a subscriber gets, in the documented format."""
    payload: dict[str, Any] = {"transaction_id": transaction_id, "subscription_id": subscription["uuid"]}
    match = {"bundle_uuid": event.bundle_uuid, "bundle_version": event.bundle_version}
    if is_elasticsearch(subscription):
        payload |= {"match": match, "es_query": subscription["es_query"]}
    else:
        payload |= {"event_type": event.event_type, "match": match}
        if subscription.get("jmespath_query"):
            payload["jmespath_query"] = subscription["jmespath_query"]
    definitions = subscription.get("attachments")
    if definitions and event.event_type == "CREATE":
        payload["attachments"] = attachments_of(definitions, _searched(event))
    return payload


def notification_of(subscription: Subscription, event: Event, transaction_id: str) -> Notification:
    """The notification of one event for one subscription, with the documented defaults filled in."""
    return Notification(
        transaction_id=transaction_id,
        subscription_id=subscription["uuid"],
        url=subscription["callback_url"],
        method=subscription.get("method") or "POST",
        encoding=subscription.get("encoding") or "application/json",
        payload=payload_of(subscription, event, transaction_id),
        form_fields=dict(subscription.get("form_fields") or {}),
        payload_form_field=subscription.get("payload_form_field") or "payload",
        hmac_key_id=subscription.get("hmac_key_id") or f"hca-dss:{subscription['uuid']}",
        hmac_secret_key=subscription.get("hmac_secret_key"),
    )


def notifications_of(
    subscriptions: Iterable[Subscription], event: Event, new_id: Callable[[], object] = uuid.uuid4
) -> list[Notification]:
    """The notifications that an event causes.

    Args:
        subscriptions: Every subscription of the replica that the event happened in.
        event: What happened.
        new_id: Makes transaction ids.
    """
    return [notification_of(each, event, str(new_id())) for each in subscriptions if wants(each, event)]


def one_line(error: Exception) -> str:
    """What an exception says, without line ends, and its type when it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
