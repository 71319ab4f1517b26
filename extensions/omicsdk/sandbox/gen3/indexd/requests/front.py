"""What the service's web framework does before routes: slashes at the ends of paths, HEAD, and its own refusals."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.app import response
from omicsdk.sandbox.gen3.indexd.refusals import page

_COLLECTIONS = {
    "/index": "/index",
    "/index/blank": "/index/blank",
    "/bundle": "/bundle",
    "/urls": "/urls",
    "/alias": "/alias/",
    "/bulk/documents": "/bulk/documents",
}
"""Paths that are taken with and without a slash at the end; how the document has them. Elsewhere a slash is part of a GUID."""
_ALIASES = "/aliases/"


class Front:
    """Stands before the routes.

    Args:
        app: The routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root, path = scope.get("root_path", ""), scope["path"]
        inside = stated(path.removeprefix(root))
        # The server leaves out what a HEAD is answered.
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        try:
            await self._app({**scope, "path": root + inside, "method": method}, receive, send)
        except HTTPException as error:
            answer = response(page(error.status_code), {})
            await answer(scope, receive, send)


def stated(path: str) -> str:
    """A path as the document has it.

    Args:
        path: The path below the service's place.
    """
    if path.rstrip("/") in _COLLECTIONS:
        return _COLLECTIONS[path.rstrip("/")]
    if path.startswith("/index/") and path.endswith(_ALIASES):
        return path.rstrip("/")
    return path
