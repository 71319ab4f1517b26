"""Makes the error of an HTTP answer, whatever shape the service gives its complaints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from omicsdk.core.errors import BODY_LIMIT, APIError, error_class, shortened
from omicsdk.core.redaction import mask_json, mask_text, mask_url

#: Bytes of a body that are looked at; an error's own words are never longer.
READ_LIMIT = 1 << 20

#: Headers in which services name a request, the most particular first.
REQUEST_ID_HEADERS = ("x-aws-request-id", "x-request-id", "x-amzn-requestid", "x-amz-request-id", "x-correlation-id")

#: Fields that hold a message in the error bodies of services, the most telling first (RFC 9457 has title and detail).
_MESSAGE_FIELDS = (
    "message",
    "title",
    "error_description",
    "detail",
    "msg",
    "description",
    "reason",
    "non_field_errors",
)
_CODE_FIELDS = ("code", "error_code", "errorCode")


def api_error(
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes | str = b"",
    method: str = "",
    url: str = "",
    operation: str = "",
    reason: str = "",
    retry_after: float | None = None,
) -> APIError:
    """Makes the error of an answer.

    Args:
        status: The answer's HTTP status.
        headers: Its headers; names are compared without case.
        body: What came as its body; bytes are read as UTF-8, with what isn't UTF-8 replaced.
        method: The request's method.
        url: The request's URL; it is masked here.
        operation: The operation's name.
        reason: The status' reason phrase, used when the body says nothing.
        retry_after: Seconds that the service asked to wait, already read from its header.

    Returns:
        An error of the class that stands for the status, not raised yet.
    """
    body = body[:READ_LIMIT]
    text = (body.decode("utf-8", "replace") if isinstance(body, bytes) else body).strip()
    value = _json_or_none(text) if text[:1] in ("{", "[", '"') else None
    message, code = _said(value) if value is not None else ("" if _is_markup(text) else text, None)
    lowered = {name.lower(): content for name, content in headers.items()}
    request_id = next((lowered[name] for name in REQUEST_ID_HEADERS if lowered.get(name)), None)
    kept: object = mask_json(value) if value is not None else (mask_text(shortened(text, BODY_LIMIT)) or None)
    return error_class(status)(
        mask_text(shortened(message, BODY_LIMIT)) or reason or _phrase(status),
        status=status,
        code=code,
        request_id=request_id,
        method=method,
        url=mask_url(url),
        body=kept,
        operation=operation,
        retry_after=retry_after,
    )


def _said(value: object, depth: int = 0) -> tuple[str, str | None]:
    """Finds the message and the code in a JSON error body, whatever its shape."""
    if isinstance(value, str):
        return value, None
    if depth > 5:  # no service hides its words deeper, and a hostile body must not end in RecursionError
        return "", None
    if isinstance(value, list):
        items = cast("list[object]", value)[:10]
        return "; ".join(filter(None, (_said(item, depth + 1)[0] for item in items))), None
    if not isinstance(value, dict):
        return "", None
    fields = cast("dict[str, object]", value)
    code = next((str(fields[name]) for name in _CODE_FIELDS if isinstance(fields.get(name), str | int)), None)
    message = next((found for name in _MESSAGE_FIELDS if (found := _said(fields.get(name), depth + 1)[0])), "")
    detail = fields.get("detail")
    if message == fields.get("title") and isinstance(detail, str) and detail.strip() and detail not in message:
        # RFC 9457: the title is the same for all problems of a kind, and the detail says which one this is.
        message = f"{message.rstrip(' .:')}: {detail.strip()}"
    for name in ("error", "errors"):
        inner = fields.get(name)
        if isinstance(inner, str) and message and code is None:
            code = inner  # OAuth 2.0 (RFC 6749, 5.2): error is the code, error_description the text
        elif not message:
            message, inner_code = _said(inner, depth + 1)
            code = code if code is not None else inner_code
    if not message and code is None:
        # A form's complaints: {"name": ["This field is required."]}
        lists = [(name, cast("object", item)) for name, item in fields.items() if isinstance(item, list)]
        complaints = ((name, _said(item, depth + 1)[0]) for name, item in lists)
        message = "; ".join(f"{name}: {text}" for name, text in complaints if text)
    return message, code


def _json_or_none(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_markup(text: str) -> bool:
    return text[:1] == "<"


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
