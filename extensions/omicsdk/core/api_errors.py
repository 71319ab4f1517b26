"""Makes the error of an HTTP answer: of a refusal, whatever shape the service gives its complaints, and of what is no JSON."""

from __future__ import annotations

from collections.abc import Mapping

from omicsdk.core.complaints import complaint_of, page_title
from omicsdk.core.errors import BODY_LIMIT, APIError, NotJson, error_class, shortened
from omicsdk.core.redaction import is_secret_name, mask_json, mask_text, mask_url, without_query

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
    said = complaint_of(body)
    lowered = {name.lower(): content for name, content in headers.items()}
    request_id = next((lowered[name] for name in REQUEST_ID_HEADERS if lowered.get(name)), said.request_id)
    kept: object = (
        mask_json(said.value) if said.value is not None else (mask_text(shortened(said.text, BODY_LIMIT)) or None)
    )
    return error_class(status)(
        mask_text(shortened(said.message, BODY_LIMIT)) or reason or _phrase(status),
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
        The error; it tells a web page by its title.
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


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
