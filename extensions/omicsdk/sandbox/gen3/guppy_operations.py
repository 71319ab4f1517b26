"""Guppy's operations: queries and downloads of its rows."""

import sys
from typing import Any, cast

from omicsdk.sandbox.gen3.guppy import Guppy, RowAccess
from omicsdk.sandbox.gen3.service import VERSION, as_object, document_of, gen3_service, refusing
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

_QUERY = "query"
_DOCUMENT = document_of({"POST /graphql": _QUERY, "POST /download": "download", "GET /_version": "get_version"})


def guppy_service(guppy: Guppy) -> Service:
    """The service.

    Args:
        guppy: Its state.
    """
    handlers = handlers_in(_DOCUMENT, guppy, sys.modules[__name__])
    query = handlers.pop(_QUERY)
    return gen3_service(
        "guppy",
        _DOCUMENT,
        {**refusing(handlers, _refused), **refusing({_QUERY: query}, _refused_query)},
        responses={"get_version": Reply({"version": VERSION, "commit": VERSION})},
    )


def _refused(problem: Problem) -> Reply:
    """A refusal outside of GraphQL: its text."""
    return Reply(text=problem.title, status=problem.status, headers={"Content-Type": "text/html; charset=utf-8"})


def _refused_query(problem: Problem) -> Reply:
    """A refusal of a whole query."""
    response = {"message": problem.title, "extensions": {"code": problem.code}}
    return Reply({"errors": [response]}, problem.status)


def query(guppy: Guppy, call: Call) -> Reply:
    """POST /graphql."""
    # graphql-core is slow to import, and most sandboxes never receive a query.
    from omicsdk.sandbox.gen3.guppy_schema import execute

    body = as_object(call.body)
    text, variables = body.get("query"), body.get("variables")
    if not isinstance(text, str) or not isinstance(variables, dict | None):
        raise Problem(
            400, "BAD_REQUEST", "The body must be an object with a query, and an object of variables if it has any"
        )
    row_access = RowAccess(guppy.access.anyone(call.headers))
    values = cast("dict[str, Any] | None", variables)
    status, response = execute(guppy.types(), row_access, text, values, body.get("operationName"))
    return Reply(response, status)


def download(guppy: Guppy, call: Call) -> Reply:
    """POST /download."""
    body = as_object(call.body)
    type = guppy.get(str(body.get("type")))
    if type is None:
        raise bad_arguments(f'Invalid es type: "{body.get("type")}"')
    return Reply(RowAccess(guppy.access.anyone(call.headers)).download(type, body))
