"""Arborist as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.auth import Caller
from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.arborist import people, policies, questions, resources
from omicsdk.sandbox.gen3.arborist.answers import error_body
from omicsdk.sandbox.gen3.gateway import HOME, TrailingSlashes
from omicsdk.sandbox.service import Service, by_name

_MODULES = (questions, resources, policies, people)


def arborist_service(access: Access, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: People and their tokens.
        document: Arborist's OpenAPI 3.1 document.
    """
    handlers = by_name((function for module in _MODULES for function in module.HANDLERS), access)
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
