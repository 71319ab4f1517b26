"""The routes of the pages. The modules that make them are imported when the first one is opened."""

import secrets
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from omicsdk.sandbox.live import LiveSandbox

if TYPE_CHECKING:
    from omicsdk.sandbox.pages.site import Site


def page_routes(sandbox: LiveSandbox) -> list[BaseRoute]:
    """The routes of a sandbox's pages."""
    form_token = secrets.token_urlsafe(32)

    @cache
    def site() -> "Site":
        from omicsdk.sandbox.pages.site import Site

        return Site(sandbox, form_token)

    def shown(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            return await site().response(name, request)

        return serve

    inner: list[BaseRoute] = [
        Route("/style.css", _file("style.css", "text/css"), methods=["GET"]),
        Route("/live.js", _file("live.js", "text/javascript"), methods=["GET"]),
        Route("/contents/{platform}/{listing}", shown("contents"), methods=["GET"]),
        Route("/requests", shown("requests"), methods=["GET"]),
    ]
    for name in ("faults", "settings", "tokens", "environment"):
        inner.append(Route(f"/{name}", shown(name), methods=["GET", "POST"]))
    return [Route("/", shown("overview"), methods=["GET"]), Mount("/_sandbox/pages", routes=inner)]


def _file(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        from omicsdk.sandbox.pages.site import static

        return static(files("omicsdk.sandbox.pages").joinpath(name).read_text(encoding="utf-8"), media_type)

    return serve
