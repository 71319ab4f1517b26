"""Middleware of the commons and its services: paths that are rewritten, and refusals of what is not routed."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.problems import Problem


class Middleware:
    """Middleware that rewrites requests, and words refusals of unknown routes.

    Args:
        app: The routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def rewritten(self, scope: Scope) -> Scope:
        """The request as the routes get it; a Problem that this raises is a refusal."""
        return scope

    def refused(self, refusal: HTTPException | Problem) -> ASGIApp:
        """The response when no route has the path or method, or `rewritten` raised."""
        raise refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(self.rewritten(scope), receive, send)
        except (HTTPException, Problem) as refusal:
            await self.refused(refusal)(scope, receive, send)


class TrailingSlashes(Middleware):
    """Takes paths with and without a slash at their end, as the web frameworks of the services do.

    Args:
        app: The service's routes.
        slashed: Paths, as the router sees them, that end in a slash in the service's document.
    """

    def __init__(self, app: ASGIApp, slashed: tuple[str, ...] = ("/",)) -> None:
        super().__init__(app)
        self._slashed = slashed

    def rewritten(self, scope: Scope) -> Scope:
        """The request with a normalised path."""
        root = scope.get("root_path", "")
        bare = scope["path"].removeprefix(root).rstrip("/")
        return {**scope, "path": root + (f"{bare}/" if f"{bare}/" in self._slashed else bare)}
