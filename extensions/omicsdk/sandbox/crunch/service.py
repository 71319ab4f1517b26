"""The site as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.document import operations
from omicsdk.sandbox.rest_framework.service import framework_service
from omicsdk.sandbox.service import Handler, Service


def crunch_service(crunch: Crunch, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        crunch: Its state.
        document: Its OpenAPI 3.1 document.
    """
    del crunch
    handlers: dict[str, Handler] = {}
    absent = {each.name: "it isn't built yet" for each in operations(document) if each.name not in handlers}
    return framework_service("crunch", document, handlers, absent=absent)
