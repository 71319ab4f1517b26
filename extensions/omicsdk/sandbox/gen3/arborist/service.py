"""Arborist as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jsonschema import FormatChecker

from omicsdk.sandbox.auth import Caller
from omicsdk.sandbox.gen3.arborist import people, policies, questions, resources
from omicsdk.sandbox.gen3.arborist.answers import error_body
from omicsdk.sandbox.gen3.gateway import HOME, TrailingSlashes
from omicsdk.sandbox.service import Service, by_name

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

_MODULES = (questions, resources, policies, people)


def arborist_service(gen3: "Gen3", document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Arborist's OpenAPI 3.1 document.
    """
    handlers = by_name((function for module in _MODULES for function in module.HANDLERS), gen3)
    handlers |= {name: handlers[same] for name, same in {**policies.SYNONYMS, **people.SYNONYMS}.items()}
    return Service(
        name="gen3/arborist",
        prefix=f"{HOME}/arborist",
        document=document,
        document_path="/openapi.json",
        handlers=handlers,
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        authenticate=lambda _headers: Caller("", frozenset()),  # the handlers find out who asks
        error_body=error_body,
        error_type="application/json",
        request_id="",
        around=TrailingSlashes,
        checks=False,
        absent={"update_user": "names of users stay, since their tokens and uploads carry them"},
    )
