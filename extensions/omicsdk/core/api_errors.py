"""Errors for answers: what a refusal says in its body, and the exception of its status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, cast

from omicsdk.core.errors import BODY_LIMIT, APIError, NotJson, error_class, shortened
from omicsdk.core.redaction import is_secret_name, mask_json, mask_text, mask_url, without_query

#: Bytes of a body that are looked at; an error's own words are never longer.
READ_LIMIT = 1 << 20
#: Characters of a page for people that are looked at; its words stand at its beginning.
PAGE_LIMIT = 1 << 16

#: Fields that hold a message in the error bodies of services, the most telling first (RFC 9457 has title and detail,
#: AWS Chalice Code and Message).
_MESSAGE_FIELDS = (
    "message",
    "title",
    "error_description",
    "detail",
    "msg",
    "description",
    "reason",
    "non_field_errors",
    "Message",
)
_CODE_FIELDS = ("code", "error_code", "errorCode", "Code")


class Complaint(NamedTuple):
    """What the body of a refusal says.

    Attributes:
        message: Its words, not masked; "" when it has none for people.
        code: The service's own code for what went wrong, None when it gave none.
        request_id: What it calls the request, None when the body doesn't say.
        value: The body as a JSON value, None when it isn't one.
        text: The body as text.
    """

    message: str
    code: str | None
    request_id: str | None
    value: object
    text: str


def complaint_of(body: bytes | str) -> Complaint:
    """Read the body of a refusal.

    Args:
        body: What came; bytes are read as UTF-8, with what isn't UTF-8 replaced. No more than READ_LIMIT is looked at.
    """
    body = body[:READ_LIMIT]
    text = (body.decode("utf-8", "replace") if isinstance(body, bytes) else body).strip()
    value = _json_or_none(text) if text[:1] in ("{", "[", '"') else None
    if value is not None:
        return Complaint(*_in_json(value), None, value, text)
    if text[:1] == "<":
        message, code, request_id = (_element(text, name) for name in ("Message", "Code", "RequestId"))
        return Complaint(message or _in_page(text), code, request_id, None, text)
    return Complaint(text, None, None, None, text)


def _element(text: str, name: str) -> str | None:
    """The text of an element of S3's error documents, which have no attributes and hold nothing twice."""
    start = text.find(f"<{name}>")
    end = text.find(f"</{name}>", start)
    if start < 0 or end < 0:
        return None
    from html import unescape

    return unescape(text[start + len(name) + 2 : end]).strip() or None


def _in_page(text: str) -> str:
    """What a page for people says: its first paragraph with words, the only place where Gen3's Fence says why it refused."""
    if not re.match(r"<(!doctype html|html)\b", text, re.IGNORECASE):
        return ""
    # Up to the last end: else each of many paragraphs without one would be looked through up to the page's own.
    page = "".join(text[:PAGE_LIMIT].rpartition("</p>")[:2])
    for paragraph in re.findall(r"<p\b[^>]*>(.*?)</p>", page, re.IGNORECASE | re.DOTALL):
        from html import unescape

        if words := " ".join(unescape(re.sub(r"<[^>]*>", " ", paragraph)).split()):
            return words
    return ""


# Comments and a declaration may come first. A comment ends at its first end: else many of them could be divided in more ways than
# there is time to try.
_PAGE = r"(?is)(?:<!--(?:(?!-->).)*-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)\b"


def page_title(text: str) -> str | None:
    """The title of a page for people, empty where it has none; None of any other text."""
    page = text[:PAGE_LIMIT].lstrip("\ufeff \t\r\n")
    if not re.match(_PAGE, page):
        return None
    found = re.search(r"<title\b[^>]*>([^<]*)", page, re.IGNORECASE)
    if found is None:
        return ""
    from html import unescape

    return " ".join(unescape(found[1]).split())


def _in_json(value: object, depth: int = 0) -> tuple[str, str | None]:
    """Find the message and the code in a JSON error body, whatever its shape."""
    if isinstance(value, str):
        return value, None
    if depth > 5:  # no service hides its words deeper, and a hostile body must not end in RecursionError
        return "", None
    if isinstance(value, list):
        items = cast("list[object]", value)[:10]
        return "; ".join(filter(None, (_in_json(item, depth + 1)[0] for item in items))), None
    if not isinstance(value, dict):
        return "", None
    fields = cast("dict[str, object]", value)
    code = next((str(fields[name]) for name in _CODE_FIELDS if isinstance(fields.get(name), str | int)), None)
    message = next((found for name in _MESSAGE_FIELDS if (found := _in_json(fields.get(name), depth + 1)[0])), "")
    detail = fields.get("detail")
    if message == fields.get("title") and isinstance(detail, str) and detail.strip() and detail not in message:
        # RFC 9457: the title is the same for all problems of a kind, and the detail says which one this is.
        message = f"{message.rstrip(' .:')}: {detail.strip()}"
    for name in ("error", "errors", "htsget"):
        inner = fields.get(name)
        if isinstance(inner, str) and message and code is None:
            code = inner  # OAuth 2.0 (RFC 6749, 5.2): error is the code, error_description the text
        elif not message:
            message, inner_code = _in_json(inner, depth + 1)
            code = code if code is not None else inner_code
    if not message and code is None:
        # A form's complaints: {"name": ["This field is required."]}
        lists = [(name, cast("object", item)) for name, item in fields.items() if isinstance(item, list)]
        complaints = ((name, _in_json(item, depth + 1)[0]) for name, item in lists)
        message = "; ".join(f"{name}: {text}" for name, text in complaints if text)
    return message, code


def _json_or_none(text: str) -> object:
    import json  # most calls end well

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


#: Headers in which services name a request, the most particular first.
REQUEST_ID_HEADERS = ("x-aws-request-id", "x-request-id", "x-amzn-requestid", "x-amz-request-id", "x-correlation-id")


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
    """Make the error of an answer.

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
        An error of the status's class, not raised yet.
    """
    said = complaint_of(body)
    lowered = {name.lower(): content for name, content in headers.items()}
    request_id = next((lowered[name] for name in REQUEST_ID_HEADERS if lowered.get(name)), said.request_id)
    kept: object = (
        mask_json(said.value) if said.value is not None else (mask_text(shortened(said.text, BODY_LIMIT)) or None)
    )
    return error_class(status)(
        mask_text(shortened(said.message, BODY_LIMIT)) or reason or phrase_of(status),
        status=status,
        code=said.code,
        request_id=request_id,
        method=method,
        url=mask_url(url),
        body=kept,
        operation=operation,
        retry_after=retry_after,
        headers={name: mask_text(content) for name, content in lowered.items() if not is_secret_name(name)},
    )


def not_json(operation: str, url: str, text: str, why: str = "", *, expected: str = "JSON") -> NotJson:
    """Make the error of an answer that should be JSON, not raised yet.

    Args:
        operation: Whose answer it is; empty where that isn't known.
        url: Where it came from; secrets are taken out of it here.
        text: What came; secrets are masked here.
        why: What the decoder says of it.
        expected: What should have come, in words.

    Returns:
        The error; a web page is named by its title.
    """
    where = f" of {without_query(url)}" if url else ""
    title = page_title(text)
    shown = mask_text(shortened(" ".join(text.split()), 200))
    error = NotJson(operation, "the body", shown, expected=expected)
    about = f"{operation}: " if operation else ""
    if title is not None:
        named = f" titled {mask_text(shortened(title, 80))!r}" if title else ""
        message = f"{about}the answer{where} is a web page{named}, not {expected}"
        error.remedy = "Check the service's address (base_url); a login page, a proxy or a network's portal may have answered instead."
    elif not text:
        message = f"{about}the answer{where} is empty, not {expected}"
    elif "nested" in why:
        message = f"{about}the answer{where} is nested too deeply to be read"
    else:
        message = f"{about}the answer{where} is {shortened(repr(shown), 120)}, not {expected}"
    error.message, error.args = message, (message,)
    return error


def phrase_of(status: int) -> str:
    """A status in words; empty where HTTP has none for it."""
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
