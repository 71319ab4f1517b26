"""The sandbox's pages as answers: what a form may do, how a page is written, and what a browser may do with it."""

import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages.views import FAULTS, FORMS, HOME, PAGES, SETTINGS, Fields, Page
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
_MENU = (
    ("/", "Contents"),
    (f"{HOME}/requests", "Requests"),
    (FAULTS, "Faults"),
    (SETTINGS, "Settings"),
    (f"{HOME}/tokens", "Tokens"),
    (f"{HOME}/environment", "Environment"),
)
_SHARED = {"home": HOME, "menu": _MENU, "faults_place": FAULTS, "settings_place": SETTINGS, "refresh": 0, "said": ""}
# Controls, bidirectional marks and half surrogates would change how the rest of a line reads, or can't be sent.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def visible(value: Any) -> Any:
    """A value as it stands in a page: characters that can't be seen are spelled out."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return value


def environment() -> Environment:
    """What pages are written with: every value is escaped unless a template made it."""
    made = Environment(
        loader=PackageLoader("omicsdk.sandbox.pages"),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(moment=_moment, many="{:,}".format)
    return made


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


class Site:
    """The pages of one sandbox.

    Args:
        sandbox: Whose.
        form_token: What its forms send along, so that no other page can send them.
    """

    def __init__(self, sandbox: LiveSandbox, form_token: str) -> None:
        self._sandbox = sandbox
        self._form_token = form_token
        self._environment = environment()

    async def answer(self, name: str, request: Request) -> Response:
        """Answers a request for a page of a name; a ValueError of what a form asks for is told to the user."""
        if request.method == "POST":
            content = await _form(request)
            return await self._answered(request, lambda: FORMS[name](self._sandbox, self._own(content)))
        query = {**request.query_params, **request.path_params}
        return await self._answered(request, lambda: PAGES[name](self._sandbox, query))

    async def _answered(self, request: Request, answer: Callable[[], Page | str]) -> Response:
        try:
            found = await run_in_threadpool(answer)
        except Problem as problem:
            found = Page("refused", {"why": problem.title}, problem.status)
        except ValueError as error:
            found = Page("refused", {"why": str(error)}, 400)
        if isinstance(found, str):
            return RedirectResponse(found, 303, headers=_HEADERS)
        content = await run_in_threadpool(self._written, found, request.url.path)
        return Response(content, found.status, {"Content-Type": "text/html; charset=utf-8", **_HEADERS})

    def _written(self, page: Page, place: str) -> bytes:
        template = self._environment.get_template(f"{page.template}.html")
        return template.render({**_SHARED, "place": place, "form_token": self._form_token, **page.values}).encode()

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


def static(content: str, media_type: str) -> Response:
    """A file of the pages' own."""
    return Response(content, 200, {"Content-Type": f"{media_type}; charset=utf-8", **_HEADERS})
