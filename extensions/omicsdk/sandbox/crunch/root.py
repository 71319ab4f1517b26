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
            told = {"detail": f'Method "{request.method}" not allowed.'}
            return JSONResponse(told, 405, {"Allow": "GET, HEAD, OPTIONS"})
        base = f"{origin(request)}{request.url.path.removesuffix(SUFFIX)}"
        return JSONResponse({name: f"{base}{name}{ending}" for name in LISTED})

    return answer
