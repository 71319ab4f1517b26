"""Requests that a service sends, webhooks and callbacks: their decoded bodies; of webhooks that it signs with a shared secret
(HMAC-SHA256), whether one is genuine, and which event it reports.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from omicsdk.core.bodies import plain
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import DecodeError, OmicsError, UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.model import Shape, check
from omicsdk.core.redaction import mask_text
from omicsdk.core.response import required_shape
from omicsdk.core.type_guards import is_list, is_mapping

T = TypeVar("T")
_WHAT = "the body"


def message(
    name: str,
    body: bytes | str | Mapping[str, Any] | Sequence[Any],
    decode: Callable[[Any], T],
    shape: Shape,
    *,
    strict: bool,
) -> T:
    """Decode the body of a request that a service sent, such as a webhook or callback.

    Args:
        name: The request's name, for errors: `webhook changed`.
        body: JSON text, or decoded JSON.
        decode: Converts JSON data to the message's type.
        shape: The expected shape.
        strict: Check every field; otherwise only check that a message that should be an object is one.

    Raises:
        DecodeError: The body is not JSON, or does not conform.
    """
    data = json_of(name, body) if isinstance(body, (bytes, bytearray, str)) else plain(body)
    check(name, "", data, required_shape(shape, strict=strict), what=_WHAT)
    return decode(data)


def json_of(name: str, body: bytes | bytearray | str) -> Any:
    """Return the decoded JSON of a body.

    Args:
        name: The request's name, for errors.
        body: JSON text.

    Raises:
        DecodeError: It is not JSON.
    """
    try:
        return decoded(body.encode() if isinstance(body, str) else bytes(body))
    except ValueError as error:
        text = body if isinstance(body, str) else body.decode(errors="replace")
        raise DecodeError(name, "", mask_text(text), expected="JSON", what=_WHAT) from error


#: Most seconds between the time of a signature and the receiver's clock.
TOLERANCE = 300.0

#: A shared secret: the text that the service issued, or the key itself.
Secret = str | bytes

# ASCII digits, at most 15: `int` raises an error for more than 4,300.
_NUMBER = re.compile(r"(?a)\d{1,15}")
_MILLISECONDS = 100_000_000_000  # seconds until the year 5138
_RAW = "await request.body() in Starlette and FastAPI, request.get_data() in Flask, request.body in Django"


class InvalidSignature(OmicsError):
    """A webhook is not from the service, was changed on its way, or was signed too long ago."""

    default_remedy = "Respond with 400. If the service did send it, check the secret, and that the body is passed as it was received."


class UnknownEvent(OmicsError):
    """A genuine webhook reports an event that the document does not have.

    Args:
        event: The event; empty if the webhook states none.
    """

    default_remedy = "Respond with 200 to ignore it, or generate the package from a newer document."

    def __init__(self, event: str) -> None:
        super().__init__(f"Unknown event {event[:200]!r}" if event else "The webhook does not state its event")
        self.event = event


@dataclass(frozen=True, slots=True)
class Signature:
    """How a service signs its webhooks.

    Attributes:
        header: The header with the signatures.
        encoding: How a signature is written.
        prefix: What precedes each signature in the header, such as `sha256=`; those with another one are ignored.
        separator: What separates several signatures; empty if there is only one.
        timestamp: The header with the time in seconds since 1970; if it ends with `=`, the field of `header` that begins so. Empty
            if no time is signed.
        id: The header with the webhook's id; empty if no id is signed.
        content: What is signed, with `{body}`, `{timestamp}` and `{id}`.
        key: What a secret is: the key as `text`, or in base64 after `whsec_`.
    """

    header: str
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    separator: str = ","
    timestamp: str = ""
    id: str = ""
    content: str = "{body}"
    key: Literal["text", "base64"] = "text"


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where a webhook states its event.

    Attributes:
        header: A header; empty if none contributes.
        field: A dotted key of the body; empty if none contributes. The event is the header's value followed by the field's.
    """

    header: str = ""
    field: str = ""


def verify(
    signature: Signature,
    body: bytes,
    headers: Mapping[str, str],
    secret: Secret | Sequence[Secret],
    *,
    tolerance: float = TOLERANCE,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Verify that a webhook is genuine.

    Args:
        signature: How the service signs.
        body: The body as received.
        headers: Its headers; names in any case.
        secret: The secret, or several while one is being replaced.
        tolerance: Most seconds between the signed time and the clock; a copy that is sent later is refused.
        clock: The source of time.

    Raises:
        InvalidSignature: It is not; the message states why.
        UsageError: The body is not bytes, or a secret is empty or malformed.
    """
    # The received bytes: JSON that is parsed and written again is not what was signed.
    raw = _raw(body)
    keys = [_key(item, signature.key) for item in _secrets_of(secret)]
    lowered = {name.lower(): value for name, value in headers.items()}
    sent = _required_header(lowered, signature.header)
    parts = [part.strip() for part in sent.split(signature.separator)] if signature.separator else [sent.strip()]
    timestamp = _timestamp(signature, lowered, parts)
    content = _content(signature, raw, timestamp, _required_header(lowered, signature.id) if signature.id else "")
    claims = [claim for part in parts for claim in _decoded(part, signature)]
    if not claims:
        raise InvalidSignature(f"The header {signature.header} has no signature of the form that the service uses")
    # While a secret is being replaced, services sign with both, and receivers accept both.
    expected = [hmac.new(key, content, hashlib.sha256).digest() for key in keys]
    # Each is compared, so that the time does not depend on which one is right.
    if not sum(hmac.compare_digest(claim, digest) for claim in claims for digest in expected):
        raise InvalidSignature("No signature of the webhook matches its body and the secret")
    # After the signature: the time in a forged webhook means nothing.
    if timestamp:
        _check_age(timestamp, clock.now(), tolerance)


def event_reader(
    events: Mapping[str, Callable[..., T]], event_place: EventPlace, body: bytes, headers: Mapping[str, str]
) -> Callable[..., T]:
    """Return the function that reads a webhook.

    Args:
        events: Functions by events, as `spelled` returns them.
        event_place: Where a webhook states its event.
        body: The body of a webhook.
        headers: Its headers.

    Raises:
        DecodeError: The body is not JSON.
        UnknownEvent: No function reads the event.
    """
    values: list[str] = []
    if event_place.header:
        values += [value for name, value in headers.items() if name.lower() == event_place.header.lower()]
    if event_place.field:
        value = json_of("webhook", body)
        for step in event_place.field.split("."):
            value = value.get(step) if is_mapping(value) else None
        values += [str(value)] if isinstance(value, (str, int)) else []
    event = ".".join(values)
    if (reader := events.get(spelled(event))) is None:
        raise UnknownEvent(event)
    return reader


def spelled(event: str) -> str:
    """Return an event's letters and digits: documents write its words apart in other ways than services."""
    return re.sub(r"[\W_]+", "", event).lower()


def _raw(body: object) -> bytes:
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    raise UsageError(
        f"The signature is that of the body's bytes, and the body is of type {type(body).__name__}: "
        "parsing and writing JSON changes them",
        remedy=f"Pass the bytes as received: {_RAW}.",
    )


def _secrets_of(secret: object) -> list[Any]:
    secrets = list(secret) if is_list(secret) else [secret]
    if not secrets or not all(isinstance(item, (str, bytes)) and item for item in secrets):
        # Everybody can sign with an empty secret.
        raise UsageError(
            "The secret of the webhooks is missing or empty", remedy="Pass the secret that the service issued."
        )
    return secrets


def _key(secret: Secret, form: str) -> bytes:
    if isinstance(secret, bytes):
        return secret
    if form == "text":
        return secret.encode()
    try:
        # Standard Webhooks marks its secrets by this prefix, which is not part of the key.
        key = _from_base64(secret.removeprefix("whsec_"))
    except ValueError:
        key = b""
    if not key:
        raise UsageError(
            "The secret of the webhooks is not in base64",
            remedy="Pass the secret that the service issued, which begins with whsec_, or the key as bytes.",
        )
    return key


def _required_header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name.lower())
    if not value:
        raise InvalidSignature(f"The webhook has no header {name}")
    return value


def _timestamp(signature: Signature, headers: Mapping[str, str], parts: Sequence[str]) -> str:
    """Return the time that is signed, as sent; empty if there is none."""
    where = signature.timestamp
    if not where:
        return ""
    if not where.endswith("="):
        timestamp = _required_header(headers, where)
    else:
        timestamp = next((part.removeprefix(where) for part in parts if part.startswith(where)), "")
    if not _NUMBER.fullmatch(timestamp):
        raise InvalidSignature(f"The time of the signature is {timestamp[:40]!r}, not a number of seconds")
    return timestamp


def _content(signature: Signature, body: bytes, timestamp: str, identifier: str) -> bytes:
    before, _, after = signature.content.partition("{body}")
    # Around the body, which is not formatted: JSON has braces.
    around = [text.format(timestamp=timestamp, id=identifier).encode(errors="replace") for text in (before, after)]
    return around[0] + body + around[1]


def _decoded(part: str, signature: Signature) -> Iterator[bytes]:
    """Yield the bytes of a signature in the header, unless it is of another form."""
    if not part.startswith(signature.prefix):
        return
    text = part[len(signature.prefix) :]
    try:
        yield bytes.fromhex(text) if signature.encoding == "hex" else _from_base64(text)
    except ValueError:
        return


def _from_base64(text: str) -> bytes:
    """Decode base64 of either alphabet, with or without padding; a ValueError if it is none."""
    digits = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)


def _check_age(timestamp: str, now: float, tolerance: float) -> None:
    signed = int(timestamp)
    # Some services sign milliseconds, which would be thousands of years ahead.
    age = now - (signed / 1000 if signed > _MILLISECONDS else signed)
    if abs(age) > tolerance:
        when = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s in the future"
        raise InvalidSignature(
            f"The webhook was signed {when}, and {tolerance:.0f} s are allowed",
            remedy="Respond with 400: it may be an old one that is sent again. If all are refused, set this machine's clock.",
        )
