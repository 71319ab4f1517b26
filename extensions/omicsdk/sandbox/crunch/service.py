"""The site as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.crunch import processing
from omicsdk.sandbox.crunch.attributes import AttributesOfKind
from omicsdk.sandbox.crunch.items import Datasets, Items, Projects
from omicsdk.sandbox.crunch.root import LISTED, ROOT, root_routes
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.crunch.values import KINDS
from omicsdk.sandbox.crunch.view_sets import six_operations
from omicsdk.sandbox.rest_framework.service import framework_service
from omicsdk.sandbox.service import Handler, Service, handlers_in


def crunch_service(crunch: Crunch, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        crunch: Its state.
        document: Its OpenAPI 3.1 document.
    """
    people, database = crunch.people, crunch.grounds.database
    handlers: dict[str, Handler] = handlers_in(document, crunch, processing)
    handlers |= six_operations(Projects(crunch), people, database)
    handlers |= six_operations(Items(crunch), people, database)
    handlers |= six_operations(Datasets(crunch), people, database)
    for kind in KINDS:
        handlers |= six_operations(AttributesOfKind(crunch, kind), people, database)
    return framework_service(
        "crunch",
        document,
        handlers,
        gate=lambda headers: people.askers.need(headers.get("authorization")),
        suffixed=[f"{ROOT}{each}" for each in LISTED],
        pages=root_routes(),
    )
