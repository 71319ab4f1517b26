"""Responses of the platform for scripts and error handlers, and the matching errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from html import unescape
from typing import TYPE_CHECKING, Any, cast

from omicsdk.compat.responses import DocumentedBody, DocumentedReply, refused_body
from omicsdk.compat.sevenbridges.errors import NonJSONResponseError, SbgError, as_ours, as_sbg, class_of
from omicsdk.core.api_errors import PAGE_LIMIT, error_body_of, page_title
from omicsdk.core.errors import MESSAGE_LIMIT, APIError, DecodeError, NotJson, OmicsError, shortened
from omicsdk.core.page_items import items_at
from omicsdk.core.redaction import mask_text, mask_url
from omicsdk.core.streaming import Body, transport_error
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.request import Request

#: Characters of a good response that is not JSON that are shown.
_MAX_LENGTH = 200
#: Parts of an HTML page that are not its text: code, the head without its title, and the tags. One without an end is that up to the
#: page's end, as in browsers: sought from each of thousands, the end takes seconds.
_MARKUP = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)


class Response(DocumentedReply):
    """Response with the attributes of `requests.Response`; `url` is without secrets.

    Attributes:
        request: The request, for `api.session.send`.
        error: The error of core, of an error response.
        response: The response of core; None of an error, and of one that an error handler has made.
    """

    request: Request
    error: APIError | None = None
    response: httpx.Response | None = None

    @classmethod
    def of(cls, response: httpx.Response, request: Request) -> Response:
        """Create from a successful response that was read."""
        instance = cls(response.status_code, response.headers, mask_url(str(response.url)), request, response.content)
        instance.response = response
        return instance

    @classmethod
    def of_error(cls, error: APIError, request: Request) -> Response:
        """Create from a response that was raised as an error; secrets in its body are masked."""
        import httpx

        instance = cls(error.status, httpx.Headers(error.headers), error.url, request, refused_body(error))
        instance.error = error
        return instance

    def raise_for_status(self) -> None:
        """Raise the SbgError of a response with a status of 400 or above."""
        if not self.ok:
            raise error_of(self)


class StreamedResponse(DocumentedBody, Response):
    """Streamed successful response, open."""

    def __init__(self, response: httpx.Response, request: Request) -> None:
        body = Body(response, lambda error: transport_error(error, request, response))
        super().__init__(body, response.close, request, _documented)
        self.url = mask_url(self.url)


def _documented(error: Exception) -> Exception:
    return as_sbg(error) if isinstance(error, OmicsError) else error


def content_of(response: Response) -> Any:
    """Return the JSON value of a successful response; None without a body, a NonJSONResponseError for other bodies."""
    if not response.content:
        return None
    try:
        return response.json()
    except NotJson as error:
        page_text = shortened(_plain_text(response), _MAX_LENGTH) if page_title(response.text) is not None else ""
        message = f"{error.message}: {page_text!r}" if page_text else error.message
        raise NonJSONResponseError(response.status_code, message=message) from None


def object_of(response: Response) -> dict[str, Any]:
    """Return the JSON object of a successful response; empty without a body, a NonJSONResponseError for other values."""
    content = content_of(response)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise NonJSONResponseError(response.status_code, message=f"The response of {response.url} is not a JSON object")
    return cast("dict[str, Any]", content)


def items_of(content: Mapping[str, Any], response: Response, field: str = "items") -> list[dict[str, Any]]:
    """Return the list of a response that is a page.

    A missing list, or one of other values than objects, is an SbgError and a DecodeError: deletions may rest on an empty one.
    """
    operation = response.request.operation
    with as_ours():
        items = items_at(content, field, operation)
        for number, item in enumerate(items):
            if not is_object(item):
                raise DecodeError(operation, f"{field}[{number}]", item, expected="an object")
    return items


def error_of(response: Response) -> SbgError:
    """Return the error of a response, without raising it."""
    status, payload = response.status_code, None
    with suppress(ValueError):
        payload = response.json()
    if is_object(payload):
        message = payload.get("message") or response.reason or f"HTTP status {status}"
        error = class_of(status)(payload.get("code"), message, payload.get("more_info"), status=status)
    else:
        # As in the published client, whatever the status.
        error = NonJSONResponseError(status, message=shortened(_plain_text(response), MESSAGE_LIMIT) or response.reason)
    if response.error is not None:  # the request and the response, as in core's error
        names = ("method", "url", "body", "operation", "retry_after", "headers")
        vars(error).update((name, getattr(response.error, name)) for name in names)
    error.request_id = response.headers.get("x-request-id")
    return error


def _plain_text(response: Response) -> str:
    """Return the text of a response that is not a JSON object, without HTML markup and secrets."""
    error_body = error_body_of(response.content)
    if not error_body.message and error_body.text.startswith("<"):
        return mask_text(" ".join(unescape(_MARKUP.sub(" ", error_body.text[:PAGE_LIMIT])).split()))
    return mask_text(error_body.message)
