"""The routes of the pages. The modules that make them are imported when the first one is opened."""

from functools import cached_property

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.live import LiveSandbox


class Pages:
    """The ASGI application of all pages.

    Args:
        sandbox: The sandbox that they show.
    """

    def __init__(self, sandbox: LiveSandbox) -> None:
        self._sandbox = sandbox

    @cached_property
    def _site(self) -> ASGIApp:
        from omicsdk.sandbox.pages.site import Site

        return Site(self._sandbox).router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page."""
        await self._site(scope, receive, send)


def page_routes(sandbox: LiveSandbox) -> list[BaseRoute]:
    """The routes of a sandbox's pages."""
    pages = Pages(sandbox)
    return [Route("/", pages, methods=["GET"]), Mount("/_sandbox/pages", app=pages)]
