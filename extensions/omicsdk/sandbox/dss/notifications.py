"""Which subscriptions match an event, and the payload of each notification: pure functions over plain data."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from omicsdk.core.logs import logger
from omicsdk.sandbox.dss.store import Event
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.search import Predicate, QueryError, compile_query

_log = logger(__name__)

Subscription = Mapping[str, Any]
"""A subscription with the fields of PUT /subscriptions, and `uuid`."""

ATTACHMENT_LIMIT = 128 * 1024
"""Bytes that a notification's attachments may have in all, as JSON in UTF-8 (documented)."""


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


def wants(subscription: Subscription, event: Event) -> bool:
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


def payload_of(subscription: Subscription, event: Event, transaction_id: str) -> dict[str, Any]:
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
