"""Bodies: JSON, forms, and forms in parts, as one mapping of fields."""

import json
from collections.abc import Iterable, Mapping
from email import message_from_bytes
from email.message import Message
from typing import Any, Never, cast
from urllib.parse import parse_qs

from omicsdk.sandbox.rest_framework.refusals import NO_FIELD, Invalid, Refused
from omicsdk.sandbox.service import Call

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"
DEEPEST = 500
"""How deeply JSON may be nested: what is read has to be written into answers, with more around it."""


class Form(dict[str, Any]):
    """The fields of a form: all of them texts, absent ones of which may mean something else than in JSON."""


def fields_of(call: Call) -> Mapping[str, Any]:
    """The fields that a request sends, a `Form` where it is one; of what comes twice in a form, the last.

    Raises:
        Refused: 400 or 415; the body can't be read.
        Invalid: It is JSON, but no object.
    """
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not call.content:
        return Form() if kind in (FORM, PARTS) else {}
    match kind:
        case "application/json":
            return _object(_json(call.content))
        case "application/x-www-form-urlencoded":
            texts = parse_qs(call.content.decode("utf-8", "replace"), keep_blank_values=True)
            return Form({name: values[-1] for name, values in texts.items()})
        case "multipart/form-data":
            return _parts(call.headers.get("content-type", ""), call.content)
        case _:
            raise Refused(415, f'Unsupported media type "{call.headers.get("content-type", "")}" in request.')


def _json(content: bytes) -> object:
    def no_constant(name: str) -> Never:
        raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")

    try:
        value: object = json.loads(content.decode(), parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"JSON parse error - {error}") from error
    if content.count(b"[") + content.count(b"{") > DEEPEST and is_too_deep(value):
        raise Refused(400, f"JSON parse error - nested more than {DEEPEST} deep")
    return value


def is_too_deep(value: object) -> bool:
    """Whether more lists and objects are in one another than answers can be written with."""
    level = _nesting([value])
    for _ in range(DEEPEST):
        if not level:
            return False
        level = [inner for each in level for inner in _nesting(each.values() if isinstance(each, dict) else each)]
    return bool(level)


def _nesting(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    """The lists and objects among values."""
    return [cast("dict[str, Any] | list[Any]", each) for each in values if isinstance(each, dict | list)]


def _object(value: object) -> Mapping[str, Any]:
    if value is None:
        raise Invalid({NO_FIELD: ["No data provided"]})
    if not isinstance(value, dict):
        raise Invalid({NO_FIELD: [f"Invalid data. Expected a dictionary, but got {type(value).__name__}."]})
    return cast("dict[str, Any]", value)


def _parts(content_type: str, content: bytes) -> Form:
    message = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + content)
    if not message.is_multipart():
        raise Refused(400, "Multipart form parse error - Invalid boundary in multipart: None")
    found = Form()
    for part in cast("list[Message]", message.get_payload()):
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            payload = part.get_payload(decode=True)
            found[name] = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return found
