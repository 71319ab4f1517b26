"""The pages by path, the checks of their forms, and the headers of their responses."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router

from omicsdk.sandbox.pages import forms, overview
from omicsdk.sandbox.pages.layout import Fields, Page, element, written
from omicsdk.sandbox.problems import Problem

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

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

Show = Callable[["Sandbox", Request], Page]
# Carries out a form, and returns a page or the address to continue at; a ValueError is shown to the user.
Change = Callable[["Sandbox", Fields], Page | str]

_PAGES: dict[str, tuple[Show, Change | None]] = {
    "/": (overview.overview, None),
    "/contents/{platform}/{listing}": (overview.contents, None),
    "/requests": (overview.requests, None),
    "/faults": (forms.faults, forms.change_faults),
    "/settings": (forms.settings, forms.change_settings),
    "/tokens": (forms.tokens, forms.make_token),
    "/environment": (forms.environment, forms.make_lines),
}
_FILES = {"style.css": "text/css", "live.js": "text/javascript"}


class Site:
    """The pages of one sandbox.

    Args:
        sandbox: The sandbox.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        # Forms send it, so that no other page can send them.
        self._form_token = secrets.token_urlsafe(32)

    def router(self) -> Router:
        """The routes of the pages, and of the files that they load."""
        routes = [
            Route(path, partial(self._response, show, change), methods=["GET", "POST"] if change else ["GET"])
            for path, (show, change) in _PAGES.items()
        ]
        return Router(
            [*routes, *(Route(f"/{name}", _file(name, kind), methods=["GET"]) for name, kind in _FILES.items())]
        )

    async def _response(self, show: Show, change: Change | None, request: Request) -> Response:
        content = await _form(request) if request.method == "POST" else b""
        try:
            if change is None or request.method != "POST":
                page = await run_in_threadpool(show, self._sandbox, request)
            else:
                page = await run_in_threadpool(change, self._sandbox, self._own_fields(content))
        except Problem as problem:
            page = _refused(problem.status, problem.title)
        except ValueError as error:
            page = _refused(400, str(error))
        if isinstance(page, str):
            return RedirectResponse(page, 303, headers=_HEADERS)
        return _sent(written(page, self._form_token), "text/html", page.status)

    def _own_fields(self, content: bytes) -> Fields:
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


def _file(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return _sent(files("omicsdk.sandbox.pages").joinpath(name).read_text(encoding="utf-8"), media_type)

    return serve


def _sent(content: str, media_type: str, status: int = 200) -> Response:
    return Response(content, status, {"Content-Type": f"{media_type}; charset=utf-8", **_HEADERS})
