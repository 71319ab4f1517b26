"""Requests that a service sends, such as webhooks and callbacks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from omicsdk.core.bodies import plain
from omicsdk.core.errors import DecodeError
from omicsdk.core.json_coding import decoded
from omicsdk.core.model import Shape, check
from omicsdk.core.redaction import mask_text
from omicsdk.core.response import required_shape

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
