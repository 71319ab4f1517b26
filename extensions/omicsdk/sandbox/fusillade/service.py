"""Fusillade as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.fusillade import deciding, oauth, principals, resources
from omicsdk.sandbox.fusillade.pages import login_pages
from omicsdk.sandbox.fusillade.permissions import permitted
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Service, handlers_in

PREFIX = "/auth"


def fusillade_service(fusillade: Fusillade, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        fusillade: Its state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    handlers = handlers_in(document, fusillade, deciding, oauth, principals, resources)
    return Service(
        name="fusillade",
        prefix=PREFIX,
        document=document,
        document_path="/swagger.json",
        handlers=permitted(fusillade, handlers),
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        error_body=error_body,
        pages=login_pages(fusillade),
    )


def error_body(problem: Problem) -> dict[str, object]:
    """A refusal as the service says it (RFC 7807): what kind it is, and what happened."""
    title = problem.code if problem.code == "illegal_arguments" else HTTPStatus(problem.status).phrase
    return {"status": problem.status, "title": title, "detail": problem.title, "type": "about:blank"}
