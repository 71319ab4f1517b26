"""A notification as the Data Store sends it: from a request to a checked message. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, cast

from omicsdk.core.errors import DecodeError
from omicsdk.core.http_signature import MOST_SKEW, SignatureError, verify_signature
from omicsdk.core.narrowing import is_object

PAYLOAD_FIELD = "payload"
"""The field of a form that the message stands in, unless a subscription names another."""


class Refused(Exception):
    """A request that is no notification for us.

    Args:
        status: What it is answered with.
        reason: Why, without anything secret.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Notification:
    """What a subscriber is told.

    Attributes:
        transaction_id: The same over all attempts to deliver it.
        subscription_id: The subscription that it was sent for.
        event_type: CREATE, TOMBSTONE or DELETE; None for a subscription by an Elasticsearch query.
        bundle_uuid: The bundle that it is about.
        bundle_version: Its version.
        attachments: The parts of the metadata that the subscription asked for, by name; `_errors` names what failed.
        payload: The whole message as it came.
        form_fields: The other fields of a form.
        key_id: The key that it was signed with; None when signatures aren't checked.
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
    """Makes a notification of a request.

    Args:
        method: Its method.
        target: Its path with the query.
        headers: Its headers, names in any case.
        body: Its body.
        key_of: Gives the secret of a key's id, None where there is no such key; None takes what isn't signed, too.
        now: Seconds since 1970; a signature's date must be near.
        payload_field: The field of a form that holds the message.
        most_skew: Seconds that a signature's date may be away from now.

    Raises:
        Refused: It isn't signed as it should be, or isn't a notification.
    """
    key_id = None
    if key_of is not None:
        try:
            key_id = verify_signature(method, target, headers, body, key_of=key_of, now=now, most_skew=most_skew)
        except SignatureError as error:
            raise Refused(401, str(error)) from error
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    fields = dict[str, str]()
    text: str | bytes = body
    if kind.partition(";")[0].strip().lower() == "multipart/form-data":
        fields = _form(kind, body)
        text = fields.pop(payload_field, "")
        if not text:
            raise Refused(400, f"the form has no field {payload_field!r}")
    elif kind.partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "a notification is application/json or multipart/form-data")
    return _notification(_decoded(text), fields, key_id)


def _decoded(text: str | bytes) -> dict[str, Any]:
    try:
        payload: object = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "the message isn't JSON") from None
    if not is_object(payload):
        raise Refused(400, "the message isn't a JSON object")
    return payload


def _notification(payload: dict[str, Any], fields: dict[str, str], key_id: str | None) -> Notification:
    from omicsdk_api.dss.webhooks import parse_notification

    try:
        message = parse_notification(payload)
    except DecodeError as error:
        raise Refused(400, error.message) from None
    match = message.match
    if not all((message.transaction_id, message.subscription_id, match.bundle_uuid, match.bundle_version)):
        wanted = "transaction_id, subscription_id, match.bundle_uuid and match.bundle_version"
        raise Refused(400, f"the message has an empty one of {wanted}")
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
        raise Refused(400, "the form can't be read")
    fields = dict[str, str]()
    for part in cast("list[Message[str, str]]", form.get_payload()):
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            raise Refused(400, "the form has a field without a name")
        try:
            fields[name] = data.decode()
        except UnicodeDecodeError:
            raise Refused(400, f"the form's field {name!r} isn't UTF-8") from None
    return fields
