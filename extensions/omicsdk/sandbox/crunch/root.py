"""The list of what the site has, at the root of its API."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from omicsdk.sandbox.app import origin
from omicsdk.sandbox.crunch.values import KINDS

ROOT = "/api/"
SUFFIX = ".json"
LISTED = ("projects", "datasets", "items", *(f"attributes/{kind.path}" for kind in KINDS))
"""What takes the suffix, too."""

_ALLOWED = {"Allow": "GET, HEAD, OPTIONS"}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def root_routes() -> list[Route]:
    """Routes of the root, which nobody has to log in for."""

    async def without_slash(request: Request) -> Response:
        return RedirectResponse(f"{request.url.path}/", 301)

    return [
        Route(ROOT, _listing("/"), methods=_METHODS),
        Route(f"{ROOT}{SUFFIX}", _listing(SUFFIX), methods=_METHODS),
        Route(ROOT.rstrip("/"), without_slash, methods=_METHODS),
    ]


def _listing(ending: str) -> Any:
    async def answer(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return JSONResponse({"detail": f'Method "{request.method}" not allowed.'}, 405, _ALLOWED)
        base = f"{origin(request)}{request.url.path.removesuffix(SUFFIX)}"
        return JSONResponse({name: f"{base}{name}{ending}" for name in LISTED}, headers=_ALLOWED)

    return answer
