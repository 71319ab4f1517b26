"""The pages by name, the checks of their forms, and the headers of their responses."""

import hmac
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages import environment, faults, overview, requests, settings, tokens
from omicsdk.sandbox.pages.html import element
from omicsdk.sandbox.pages.layout import Fields, Page, written
from omicsdk.sandbox.problems import Problem

_MOST = 64 * 1024  # bytes of a form; those of the pages have some hundred
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser would hide the origin of the pages' forms as well.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_PAGES: dict[str, Callable[[LiveSandbox, Request], Page]] = {
    "overview": overview.overview,
    "contents": overview.contents,
    "requests": requests.requests,
    "faults": faults.faults,
    "settings": settings.settings,
    "tokens": tokens.tokens,
    "environment": environment.environment,
}
# Each carries out a form, and returns a page or the address to continue at; a ValueError is shown to the user.
_CHANGES: dict[str, Callable[[LiveSandbox, Fields], Page | str]] = {
    "faults": faults.change,
    "settings": settings.change,
    "tokens": tokens.make,
    "environment": environment.make,
}


class Site:
    """The pages of one sandbox.

    Args:
        sandbox: The sandbox.
        form_token: Token that its forms send, so that no other page can send them.
    """

    def __init__(self, sandbox: LiveSandbox, form_token: str) -> None:
        self._sandbox = sandbox
        self._form_token = form_token

    async def response(self, name: str, request: Request) -> Response:
        """Response a request for a page, or one of its forms."""
        content = await _form(request) if request.method == "POST" else None
        try:
            found = await run_in_threadpool(self._made, name, request, content)
        except Problem as problem:
            found = _refused(problem.status, problem.title)
        except ValueError as error:
            found = _refused(400, str(error))
        if isinstance(found, str):
            return RedirectResponse(found, 303, headers=_HEADERS)
        return Response(
            written(found, self._form_token).encode(),
            found.status,
            {"Content-Type": "text/html; charset=utf-8", **_HEADERS},
        )

    def _made(self, name: str, request: Request, content: bytes | None) -> Page | str:
        if content is None:
            return _PAGES[name](self._sandbox, request)
        return _CHANGES[name](self._sandbox, self._own(content))

    def _own(self, content: bytes) -> Fields:
        """The fields of a form, once it is sure that one of our pages sent it."""
        try:
            fields = dict(parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=1000))
        except ValueError as error:
            raise Problem(400, "illegal_arguments", "The form cannot be read. Nothing was changed.") from error
        sent = fields.pop("form_token", "")
        if not hmac.compare_digest(sent.encode(), self._form_token.encode()):
            raise Problem(403, "Forbidden", "The page is older than this server. Nothing was changed. Reload the page.")
        return fields


async def _form(request: Request) -> bytes:
    content = b""
    async for block in request.stream():
        content += block
        if len(content) > _MOST:
            return b""  # which has no token
    return content


def _refused(status: int, title: str) -> Page:
    return Page("Request refused", element("p", title, role="alert", class_="refused"), "", status=status)


def static(content: str, media_type: str) -> Response:
    """A file of the pages' own."""
    return Response(content, 200, {"Content-Type": f"{media_type}; charset=utf-8", **_HEADERS})
