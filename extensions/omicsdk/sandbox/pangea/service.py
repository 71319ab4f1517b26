"""Pangea as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.document import operations
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.rest_framework.service import framework_service
from omicsdk.sandbox.service import Handler, Service


def pangea_service(pangea: Pangea, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        pangea: Its state.
        document: Its OpenAPI 3.1 document.
    """
    del pangea
    handlers: dict[str, Handler] = {}
    absent = {each.name: "it isn't built yet" for each in operations(document) if each.name not in handlers}
    return framework_service("pangea", document, handlers, absent=absent)
