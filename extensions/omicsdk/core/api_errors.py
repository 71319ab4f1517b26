"""Errors for responses: the message in an error's body, and the exception for its status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import cast

from omicsdk.core.errors import BODY_LIMIT, APIError, NotJson, error_class, shortened
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.redaction import is_secret_name, mask_json, mask_text, mask_url, masked_excerpt, without_query
from omicsdk.core.type_guards import is_list

#: Bytes of a body that are read; error messages are never longer.
READ_LIMIT = 1 << 20
#: Characters of an HTML page that are read; its message is at the beginning.
PAGE_LIMIT = 1 << 16

#: Fields with a message in the error bodies of services, the most specific first (RFC 9457 has title and detail, AWS
#: Chalice Code and Message).
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
#: Members beside a message that state what is wrong with which value, as frameworks call them.
_DETAIL_FIELDS = ("errors", "detail", "details", "extra", "validation")
#: Members with the place of the value that an item of these is about.
_LOCATION_FIELDS = ("loc", "path", "key", "field", "location")
#: Members that hold the message or details, in bodies that otherwise look like the errors of a form.
_WRAPPERS = {"message", "error", "htsget", *_DETAIL_FIELDS}
#: Names in place of a field's, for what is wrong with several: of Django and marshmallow.
_NO_FIELDS = ("non_field_errors", "__all__", "_schema")

# Characters of pictures, archives and compressed bodies, never of a message.
_BINARY = re.compile(r"[\0-\x08\x0e-\x1a]")

_PROXY_REMEDY = (
    "Check the URL's host. If your network's proxy denies it, name the host in NO_PROXY, or ask the proxy's operators."
)


class ErrorBody(NamedTuple):
    """The content of an error's body.

    Attributes:
        message: Its message, not masked; "" if there is none for users.
        code: The service's error code, None if there is none.
        request_id: The request's id, None if the body does not state it.
        value: The body as a JSON value, None if it is not JSON.
        text: The body as text.
    """

    message: str
    code: str | None
    request_id: str | None
    value: object
    text: str


def error_body_of(body: bytes | str, content_type: str = "") -> ErrorBody:
    """Read the body of an error.

    Args:
        body: The body; bytes are read as UTF-8, or else in the charset of `content_type`, with invalid bytes replaced.
            At most READ_LIMIT bytes are read.
        content_type: The response's Content-Type.
    """
    body = body[:READ_LIMIT]
    # A byte order mark, with which some servers begin, would hide what the text is.
    text = (_text_of(body, content_type) if isinstance(body, bytes) else body).removeprefix("\ufeff").strip()
    # By its beginning, not its Content-Type, which is often that of a proxy or missing.
    value = _json_or_none(text) if text[:1] in ("{", "[", '"') else None
    if value is not None:
        return ErrorBody(*_in_json(value), None, value, text)
    if text[:1] == "<":
        message, code, request_id = (_element(text, name) for name in ("Message", "Code", "RequestId"))
        if not message:
            message, identifier = _in_page(text)
            request_id = request_id or identifier
        return ErrorBody(message.partition("\nRequestId:")[0], code, request_id, None, text)  # which Azure adds
    # Frameworks that show developers more: a traceback ends with the error, and Django begins with it.
    is_traceback = text.startswith("Traceback (most recent call last):")
    message = text.rpartition("\n")[2] if is_traceback else text.partition("\n\nRequest Method: ")[0]
    return ErrorBody("" if _BINARY.search(text) else message, None, None, None, text)


def _text_of(body: bytes, content_type: str) -> str:
    from omicsdk.core.json_coding import charset_in

    for charset in ("utf-8", charset_in(content_type)):
        try:
            return body.decode(charset)
        except (UnicodeError, LookupError):
            pass
    return body.decode("utf-8", "replace")


def _element(text: str, name: str) -> str | None:
    """Return the text of an element of S3's error documents, which have no attributes and no repeated elements."""
    start = text.find(f"<{name}>")
    end = text.find(f"</{name}>", start)
    if start < 0 or end < 0:
        return None
    from html import unescape

    return unescape(text[start + len(name) + 2 : end]).strip() or None


def _in_page(text: str) -> tuple[str, str | None]:
    """Return the message and the request id of an HTML page, the only place where Gen3's Fence states its reason.

    Older releases have the message as first paragraph, newer ones label it and an identifier by paragraphs of their own.
    """
    if not re.match(r"<(!doctype html|html)\b", text, re.IGNORECASE):
        return "", None
    from html import unescape
    from itertools import pairwise

    if raised := re.search(r'<pre class="exception_value">([^<]*)', text[:PAGE_LIMIT]):  # Django's page for developers
        return f"{page_title(text)}: {unescape(raised[1])}", None
    # Up to the next tag of a paragraph: a page with many unclosed ones, or tags, would be searched to its end for each.
    matches = re.findall(r"<p\b[^<>]*>((?:(?!</?p\b).)*)", text[:PAGE_LIMIT], re.IGNORECASE | re.DOTALL)
    paragraphs = list(
        filter(None, (" ".join(unescape(re.sub(r"<[^<>]*>", " ", paragraph)).split()) for paragraph in matches))
    )
    labeled = dict(pairwise(paragraphs))
    identifier = labeled.get("Error Identifier:")
    return labeled.get("Error Message:") or ("" if identifier else next(iter(paragraphs), "")), identifier


# Comments and a declaration may come first. A comment ends at its first end: otherwise backtracking over many of them
# would not end in any useful time.
_PAGE = r"(?is)(?:<!--(?:(?!-->).)*-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|meta\s+http-equiv)\b"


def page_title(text: str) -> str | None:
    """Return the title of an HTML page, empty if it has none; None for any other text."""
    page = text[:PAGE_LIMIT].lstrip("\ufeff \t\r\n")
    if not re.match(_PAGE, page):
        return None
    match = re.search(r"<title\b[^<>]*>([^<]*)", page, re.IGNORECASE)
    if match is None:
        return ""
    from html import unescape

    return " ".join(unescape(match[1]).split())


def _of_fields(value: object, depth: int, *places: str) -> Iterator[str]:
    """Yield the messages about the fields of a form: of a field, of a list's item or of an object in it."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        if places and _is_message(fields):
            yield f"{'.'.join(places)}: {_in_json(fields, depth + 1)[0]}"
            return
        items = fields.items()
    elif is_list(value):
        if texts := [item for item in islice(value, 10) if isinstance(item, str) and item]:
            yield ": ".join(filter(None, (".".join(places), "; ".join(texts))))
        items = ((str(index), item) for index, item in enumerate(value))
    else:
        return
    for name, item in islice(items, 10 if depth < 5 else 0):
        yield from _of_fields(item, depth + 1, *places, *(() if name in _NO_FIELDS else (name,)))


def _is_message(fields: Mapping[str, object]) -> bool:
    return any(isinstance(fields.get(name), str) for name in _MESSAGE_FIELDS)


def _details(fields: Mapping[str, object], depth: int) -> str:
    """Return what the members beside a message state about single values; "" if nothing."""
    names = (
        name for name in _DETAIL_FIELDS if name != "validation" or is_list(fields.get(name))
    )  # hapi's is an object
    value = next((fields[name] for name in names if isinstance(fields.get(name), dict | list)), None)
    if is_list(value):
        return _in_json(value, depth)[0] if any(isinstance(item, dict) for item in value) else ""
    errors = cast("dict[str, object]", (value if value is fields.get("errors") else None) or {})
    texts = [f"{name}: {text}" for name, text in errors.items() if isinstance(text, str)]
    return "; ".join([*texts, *_of_fields(value, depth)][:10])


def _in_json(value: object, depth: int = 0, *, is_item: bool = False) -> tuple[str, str | None]:
    """Find the message and the code in a JSON error body, whatever its shape."""
    if isinstance(value, str):
        return value, None
    if depth > 5:  # no service nests its message deeper, and a hostile body must not cause a RecursionError
        return "", None
    if isinstance(value, list):
        items = cast("list[object]", value)[:10]
        return "; ".join(filter(None, (_in_json(item, depth + 1, is_item=True)[0] for item in items))), None
    if not isinstance(value, dict):
        return "", None
    fields = cast("dict[str, object]", value)
    code = next((str(fields[name]) for name in _CODE_FIELDS if isinstance(fields.get(name), str | int)), None)
    if all(isinstance(item, list | dict) for item in fields.values()) and not _WRAPPERS & fields.keys():
        # Errors of a form: {"name": ["This field is required."], "tags": {"0": ["Too short."]}}
        return "; ".join(_of_fields(fields, depth)), code
    message = next((text for name in _MESSAGE_FIELDS if (text := _in_json(fields.get(name), depth + 1)[0])), "")
    location = next((fields[name] for name in _LOCATION_FIELDS if fields.get(name)), None) if is_item else None
    if message and location is not None:
        # FastAPI and pydantic: {"loc": ["body", "volume"], "msg": "Field required"}
        message = f"{'.'.join(map(str, location)) if is_list(location) else location}: {message}"
    detail = fields.get("detail")
    if message == fields.get("title") and isinstance(detail, str) and detail.strip() and detail not in message:
        # RFC 9457: the title is the same for all problems of a kind, and the detail distinguishes this one.
        message = f"{message.rstrip(' .:')}: {detail.strip()}"
    if _is_message(fields) and (details := _details(fields, depth + 1)) and details not in message:
        # {"message": "Validation failed", "errors": {"name": ["This field is required."]}}
        message = f"{message.rstrip(' .:')}: {details}"
    for name in ("error", "errors", "htsget"):
        inner = fields.get(name)
        if isinstance(inner, str) and message and code is None:
            code = inner  # OAuth 2.0 (RFC 6749, 5.2): error is the code, error_description the text
        elif not message:
            message, inner_code = _in_json(inner, depth + 1)
            code = code if code is not None else inner_code
    if not message and code is None:
        message = "; ".join(_of_fields(fields, depth))
    return message, code


def _json_or_none(text: str) -> object:
    from omicsdk.core.json_coding import decoded

    try:
        return decoded(text)
    except ValueError:
        return None


#: Headers with a service's request id, the most specific first.
REQUEST_IDS = "x-aws-request-id x-request-id x-amzn-requestid x-amz-request-id x-correlation-id x-ms-request-id"


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
    """Create the error for a response.

    Args:
        status: The response's HTTP status.
        headers: Its headers; names are case-insensitive.
        body: Its body, as for `error_body_of`.
        method: The request's method.
        url: The request's URL; it is masked here.
        operation: The operation's name.
        reason: The status's reason phrase, used if the body has no message.
        retry_after: Seconds that the service requested to wait, from its header.

    Returns:
        An error of the status's class, not raised.
    """
    lowered = {name.lower(): content for name, content in headers.items()}
    error_body = error_body_of(body, lowered.get("content-type", ""))
    request_id = next((lowered[name] for name in REQUEST_IDS.split() if lowered.get(name)), error_body.request_id)
    value = error_body.value
    if value is None and "json" in lowered.get("content-type", ""):
        # A number alone is JSON only if the Content-Type states it; `error_body_of` reads it as text.
        value = _json_or_none(error_body.text)
    # The first paragraph of a proxy's pages is the same for each of its errors, and reads as if a server had sent it.
    squid = lowered.get("x-squid-error", "").partition(" ")[0]
    # Traffic Server writes its name over that of the server whose response it passes on; its own pages have the other fields, too.
    is_own = lowered.get("cache-control") == "no-store" and "content-language" in lowered
    proxy = "Squid" if squid else "Traffic Server" if is_own and lowered.get("server", "").startswith("ATS/") else ""
    report = squid or (page_title(error_body.text) if proxy else error_body.message) or ""
    message = masked_excerpt(report, BODY_LIMIT) or reason or phrase_of(status)
    return error_class(status)(
        f"A {proxy} proxy on the way reports {message}" if proxy else message,
        status=status,
        code=error_body.code or lowered.get("x-ms-error-code"),
        request_id=request_id,
        method=method,
        url=mask_url(url),
        body=mask_json(value) if value is not None else masked_excerpt(error_body.text, BODY_LIMIT) or None,
        operation=operation,
        retry_after=retry_after,
        headers={name: mask_text(content) for name, content in lowered.items() if not is_secret_name(name)},
        remedy=_PROXY_REMEDY if proxy else None,
    )


def not_json(operation: str, url: str, text: str, why: str = "", *, expected: str = "JSON") -> NotJson:
    """Create the error for a response that should be JSON, without raising it.

    Args:
        operation: The operation; empty if unknown.
        url: The URL; secrets in it are masked here.
        text: The response's text; secrets in it are masked here.
        why: The decoder's message.
        expected: What was expected, as text.

    Returns:
        The error; a web page is named by its title.
    """
    where = f" of {without_query(url)}" if url else ""
    title = page_title(text)
    excerpt = masked_excerpt(" ".join(text.split()), 200)
    error = NotJson(operation, "the body", excerpt, expected=expected)
    about = f"{operation}: " if operation else ""
    if title is not None:
        named = f" titled {masked_excerpt(title, 80)!r}" if title else ""
        message = f"{about}the response{where} is a web page{named}, not {expected}"
        error.remedy = "Check the service's URL (base_url); a login page, a proxy or a network's portal may have responded instead."
    elif not text:
        message = f"{about}the response{where} is empty, not {expected}"
    elif text.startswith(("data:", "event:", "id:", "retry:")):
        message = f"{about}the response{where} is a stream of events, not {expected}"
        error.remedy = "State text/event-stream for the response in the document, or read it with .raw()."
    elif "nested" in why:
        message = f"{about}the response{where} is nested too deeply to be read"
    else:
        message = f"{about}the response{where} is {shortened(repr(excerpt), 120)}, not {expected}"
    error.message, error.args = message, (message,)
    return error


def phrase_of(status: int) -> str:
    """Return the reason phrase of a status; empty if HTTP has none for it."""
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
