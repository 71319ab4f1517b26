"""The site as a service of the sandbox: which function answers which operation, and the list of what it has at the root."""

import re
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.crunch import items
from omicsdk.sandbox.crunch.items import KINDS, AttributesOfKind, Datasets, Items, Projects
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.rest_framework.service import Paths, framework_service
from omicsdk.sandbox.service import Handler, Service, handlers_in, is_reading

_LISTED = ("projects", "datasets", "items", *(f"attributes/{kind.path}" for kind in KINDS))
"""Paths that take the suffix, too."""
_PAGES = re.compile(r"/[0-9A-Za-z_./-]*/")
"""The site manages its own pages below all paths of these characters that nothing else has."""


def crunch_service(crunch: Crunch, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        crunch: Its state.
        document: Its OpenAPI 3.1 document.
    """
    crunch.schemas = document["components"]["schemas"]
    handlers: dict[str, Handler] = handlers_in(document, crunch, items)
    kinds = [kind(crunch) for kind in (Projects, Items, Datasets)]
    for resource in (*kinds, *(AttributesOfKind(crunch, kind) for kind in KINDS)):
        handlers |= resource.handlers()
    return framework_service(
        "crunch",
        document,
        handlers,
        Paths(
            roots={"/api/": {name: name for name in _LISTED}},
            suffixed=("/api/.json", *(f"/api/{each}" for each in _LISTED)),
            pages=_PAGES,
            check_access=lambda headers: crunch.people.authentication.need(headers.get("authorization")),
        ),
        at_once=is_reading,
        # As the site does until a user deletes or locks the dataset whose project was deleted.
        crashes={"get_next_dataset": (500,), "get_next_dataset_of_project": (404, 500)},
    )
