"""Fence as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jsonschema import FormatChecker

from omicsdk.sandbox.auth import Caller
from omicsdk.sandbox.document import operations
from omicsdk.sandbox.gen3.fence import keys, people
from omicsdk.sandbox.gen3.fence.pages import with_pages
from omicsdk.sandbox.gen3.gateway import HOME, TrailingSlashes
from omicsdk.sandbox.service import Service, by_name

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

PREFIX = f"{HOME}/fence"
_MODULES = (keys, people)
_SYNONYMS = keys.SYNONYMS


def fence_service(gen3: "Gen3", document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Fence's OpenAPI 3.1 document.
    """
    handlers = by_name((function for module in _MODULES for function in module.HANDLERS), gen3)
    handlers |= {name: handlers[same] for name, same in _SYNONYMS.items()}
    absent = {each.name: "not yet" for each in operations(document) if each.name not in handlers}
    return Service(
        name="gen3/fence",
        prefix=PREFIX,
        document=document,
        document_path="/openapi.json",
        handlers={name: with_pages(handler) for name, handler in handlers.items()},
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        # Who asks is found by the handlers, so that their refusals are pages too.
        authenticate=lambda _headers: Caller("", frozenset()),
        request_id="",
        around=TrailingSlashes,
        checks=False,
        absent=absent,
    )
