"""The site as a service of the sandbox: which function answers which operation, and the list of what it has at the root."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from omicsdk.sandbox.crunch import items
from omicsdk.sandbox.crunch.items import KINDS, AttributesOfKind, Datasets, Items, Projects
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.rest_framework.service import METHODS, framework_service, root_route
from omicsdk.sandbox.service import Handler, Service, handlers_in, is_reading

ROOT = "/api/"
LISTED = ("projects", "datasets", "items", *(f"attributes/{kind.path}" for kind in KINDS))
"""Paths that take the suffix, too."""

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


def crunch_service(crunch: Crunch, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        crunch: Its state.
        document: Its OpenAPI 3.1 document.
    """
    handlers: dict[str, Handler] = handlers_in(document, crunch, items)
    kinds = [kind(crunch, crunch.tree.things) for kind in (Projects, Items, Datasets)]
    for resource in (*kinds, *(AttributesOfKind(crunch, kind) for kind in KINDS)):
        handlers |= resource.handlers()
    return framework_service(
        "crunch",
        document,
        handlers,
        check_access=lambda headers: crunch.people.authentication.need(headers.get("authorization")),
        suffixed=[f"{ROOT}{each}" for each in LISTED],
        pages=root_routes(),
        at_once=is_reading,
        # As the site does until a user deletes or locks the dataset whose project was deleted.
        crashes={"get_next_dataset": (500,), "get_next_dataset_of_project": (404, 500)},
    )
