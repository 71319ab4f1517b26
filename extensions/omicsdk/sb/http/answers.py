"""Answers of the platform as scripts and error handlers see them, and the errors that they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import APIError
from omicsdk.core.redaction import mask_url
from omicsdk.sb.errors import NonJSONResponseError, SbgError, class_of

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.request import Request


class Response:
    """An answer, with the names that `requests` gave it.

    Attributes:
        status_code: HTTP status.
        headers: Headers, looked up without regard to case.
        content: The body's bytes.
        url: Where it came from, without secrets.
        request: What was asked, for `api.session.send`.
        error: What core made of it, where it is an error.
    """

    def __init__(
        self,
        status_code: int,
        headers: Mapping[str, str],
        content: bytes,
        url: str,
        request: Request,
        error: APIError | None = None,
    ) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content
        self.url = url
        self.request = request
        self.error = error

    @classmethod
    def of(cls, answer: httpx.Response, request: Request) -> Response:
        """Takes over a good answer.

        Args:
            answer: The answer, read.
            request: What was asked.
        """
        return cls(answer.status_code, answer.headers, answer.content, mask_url(str(answer.url)), request)

    @classmethod
    def of_error(cls, error: APIError, request: Request) -> Response:
        """Takes over an answer that was raised as an error.

        Args:
            error: The error; secrets in its body are masked.
            request: What was asked.
        """
        import httpx

        body = error.body if isinstance(error.body, str) else json.dumps(error.body) if error.body is not None else ""
        return cls(error.status, httpx.Headers(error.headers), body.encode(), error.url, request, error)

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def reason(self) -> str:
        """The status in words."""
        from http import HTTPStatus

        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It isn't JSON.
        """
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        """Raises the error that it stands for, if it is one.

        Raises:
            SbgError: The status is 400 or above.
        """
        if not self.ok:
            raise error_of(self)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


def content_of(response: Response) -> Any:
    """What a good answer says: a JSON value, None where it has no body.

    Raises:
        NonJSONResponseError: It isn't JSON.
    """
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise NonJSONResponseError(
            response.status_code, message=f"The answer of {response.url} isn't JSON: {response.text[:200]!r}"
        ) from None


def object_of(response: Response) -> dict[str, Any]:
    """What a good answer says that is an object; an empty one where it has no body.

    Raises:
        NonJSONResponseError: It is something else.
    """
    content = content_of(response)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise NonJSONResponseError(response.status_code, message=f"The answer of {response.url} isn't a JSON object")
    return cast("dict[str, Any]", content)


def error_of(response: Response) -> SbgError:
    """The error that an answer stands for, not raised yet."""
    try:
        told = response.json()
    except ValueError:
        told = None
    status = response.status_code
    if isinstance(told, dict):
        told = cast("dict[str, Any]", told)
        message = told.get("message") or response.reason or f"HTTP status {status}"
        error = class_of(status)(told.get("code"), message, told.get("more_info"), status=status)
    else:
        error = NonJSONResponseError(status, message=response.text.strip()[:500] or response.reason)
    if response.error is not None:  # where it came from, and what came, as core has it
        held = ("method", "url", "body", "operation", "retry_after", "headers")
        vars(error).update((name, getattr(response.error, name)) for name in held)
    error.request_id = response.headers.get("x-request-id")
    return error
