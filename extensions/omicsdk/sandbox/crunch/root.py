"""The list of what the site has, at the root of its API."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from omicsdk.sandbox.crunch.values import KINDS
from omicsdk.sandbox.rest_framework.roots import METHODS, root_route

ROOT = "/api/"
LISTED = ("projects", "datasets", "items", *(f"attributes/{kind.path}" for kind in KINDS))
"""What takes the suffix, too."""

_SUFFIX = ".json"


def root_routes() -> list[Route]:
    """Routes of the root."""

    async def without_slash(request: Request) -> Response:
        return RedirectResponse(f"{request.url.path}/", 301)

    return [
        root_route(ROOT, {name: f"{name}/" for name in LISTED}),
        root_route(ROOT, {name: f"{name}{_SUFFIX}" for name in LISTED}, _SUFFIX),
        Route(ROOT.rstrip("/"), without_slash, methods=list(METHODS)),
    ]
