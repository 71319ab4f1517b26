"""Lists of what there is, at the roots of APIs; nobody has to log in for them."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from omicsdk.sandbox.app import origin

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""Methods that roots answer, all but the first with a refusal."""

_ALLOWED = {"Allow": "GET, HEAD, OPTIONS"}


def root_route(path: str, listed: Mapping[str, str], suffix: str = "") -> Route:
    """The route of a root.

    Args:
        path: The root, with a slash at its end.
        listed: What is listed, each with where it is below the root.
        suffix: What follows the root in the route's own path.
    """

    async def answer(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return JSONResponse({"detail": f'Method "{request.method}" not allowed.'}, 405, _ALLOWED)
        base = f"{origin(request)}{request.url.path.removesuffix(suffix)}"
        return JSONResponse({name: f"{base}{where}" for name, where in listed.items()}, headers=_ALLOWED)

    return Route(f"{path}{suffix}", answer, methods=list(METHODS))
