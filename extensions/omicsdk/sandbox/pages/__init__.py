"""The sandbox's pages for browsers: its contents and requests, faults, tokens, lines for a shell.

They are plain HTML that the server writes; the script only refreshes and copies. Nothing here is imported before
a user opens a page.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox


def page_routes(sandbox: Sandbox) -> list[BaseRoute]:
    """The routes of a sandbox's pages."""

    @cache
    def site() -> ASGIApp:
        from omicsdk.sandbox.pages.site import Site

        return Site(sandbox).router()

    async def first(_request: Request) -> ASGIApp:
        return site()

    async def others(scope: Scope, receive: Receive, send: Send) -> None:
        await site()(scope, receive, send)

    return [Route("/", first, methods=["GET"]), Mount("/_sandbox/pages", app=others)]
