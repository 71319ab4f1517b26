"""What stands before every page: what a form may do, and what a browser may do with the answer."""

import hmac
import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from omicsdk.sandbox.pages.html import element
from omicsdk.sandbox.pages.layout import Page, written
from omicsdk.sandbox.problems import Problem

_MOST = 64 * 1024  # bytes of a form; ours have some hundred
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser would hide the origin of our own forms as well.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Fields = Mapping[str, str]
Answer = Page | str
"""A page, or where to go on."""


class Gate:
    """Lets requests for pages through.

    Args:
        form_token: What forms have to send along.
    """

    def __init__(self, form_token: str) -> None:
        self._form_token = form_token

    async def page(self, request: Request, answer: Callable[[Request], Answer]) -> Response:
        """Answers a GET.

        Args:
            request: The request.
            answer: Makes the page; it runs in a thread.
        """
        return await self._answered(lambda: answer(request))

    async def change(self, request: Request, answer: Callable[[Request, Fields], Answer]) -> Response:
        """Answers a POST of one of our own forms.

        Args:
            request: The request.
            answer: Does what the form says; it runs in a thread. A ValueError of it is told to the user.
        """
        content = await _form(request)
        return await self._answered(lambda: answer(request, self._own(content)))

    async def _answered(self, answer: Callable[[], Answer]) -> Response:
        try:
            found = await run_in_threadpool(answer)
        except Problem as problem:
            found = _refused(problem.status, problem.title)
        except ValueError as error:
            found = _refused(400, str(error))
        if isinstance(found, str):
            return RedirectResponse(found, 303, headers=_HEADERS)
        content = written(found).encode()
        return Response(content, found.status, {"Content-Type": "text/html; charset=utf-8", **_HEADERS})

    def _own(self, content: bytes) -> Fields:
        """The fields of a form, once it is sure that one of our pages sent it."""
        try:
            fields = dict(parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=1000))
        except ValueError as error:
            raise Problem(400, "illegal_arguments", "The form cannot be read. Nothing was changed.") from error
        sent = fields.pop("form_token", "")
        if not hmac.compare_digest(sent.encode(), self._form_token.encode()):
            raise Problem(403, "Forbidden", "The page is older than this server: load it again. Nothing was changed.")
        return fields


async def _form(request: Request) -> bytes:
    content = b""
    async for block in request.stream():
        content += block
        if len(content) > _MOST:
            return b""  # which has no token
    return content


def _refused(status: int, title: str) -> Page:
    return Page("This cannot be done", element("p", title, role="alert", class_="refused"), "", status=status)


def static(content: str, media_type: str) -> Response:
    """A file of the pages' own."""
    return Response(content, 200, {"Content-Type": f"{media_type}; charset=utf-8", **_HEADERS})


def readable(value: object) -> str:
    """A JSON value as people read it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
