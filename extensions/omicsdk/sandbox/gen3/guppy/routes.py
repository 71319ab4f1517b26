"""Guppy's addresses."""

from typing import TYPE_CHECKING, Any, cast

from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from omicsdk.sandbox.gen3.guppy.queries import Sight
from omicsdk.sandbox.gen3.service import VERSION, Asked, as_object, json_answer, plain_routes
from omicsdk.sandbox.problems import Problem, bad_arguments

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

_ADMINISTRATION = "/guppy_admin"


def guppy_routes(gen3: "Gen3") -> list[BaseRoute]:
    """The routes.

    Args:
        gen3: The commons.
    """

    queries = plain_routes(gen3, {"POST /graphql": _graphql}, _refused_query)
    others = plain_routes(
        gen3,
        {
            "POST /download": _download,
            "GET /_status": _status,
            "GET /_version": lambda _gen3, _asked: json_answer({"version": VERSION, "commit": VERSION}),
            "POST /_refresh": _refresh,
        },
        _refused,
    )
    return [*queries, *others]


def _status(gen3: "Gen3", _asked: Asked) -> Response:
    told: dict[str, Any] = {
        each.name: {
            "aliases": {each.name: {}},
            "arrayFields": [name for name, field in each.fields.items() if field.many],
        }
        for each in gen3.guppy.types()
    }
    return json_answer({"statusCode": 200, "warnings": None, "indices": told})


def _refresh(gen3: "Gen3", asked: Asked) -> Response:
    missing = Problem(401, "unauthorized", "There is no token: only administrators refresh")
    if not gen3.access.somebody(asked.headers, missing).may("admin_access", _ADMINISTRATION, "guppy"):
        raise Problem(403, "forbidden", "Only administrators refresh")
    return PlainTextResponse("[Server] guppy refreshed successfully")


def _refused(problem: Problem) -> Response:
    """A refusal outside of GraphQL: its text."""
    return Response(problem.title, problem.status, media_type="text/html")


def _refused_query(problem: Problem) -> Response:
    """A refusal of a whole query."""
    told = {"message": problem.title, "extensions": {"code": problem.code}}
    return json_answer({"errors": [told]}, problem.status)


def _graphql(gen3: "Gen3", asked: Asked) -> Response:
    # graphql-core takes a while to import, and most sandboxes never see a query.
    from omicsdk.sandbox.gen3.guppy.schema import execute

    body = as_object(asked.json())
    query, variables = body.get("query"), body.get("variables")
    if not isinstance(query, str):
        message = "POST body missing, invalid Content-Type, or JSON object has no keys."
        raise Problem(
            400, "BAD_REQUEST", message if not body else "GraphQL operations must contain a non-empty `query`."
        )
    if variables is not None and not isinstance(variables, dict):
        raise Problem(400, "BAD_REQUEST", "`variables` in a POST body should be provided as an object.")
    sight = Sight(gen3.access.anyone(asked.headers))
    status, told = execute(
        gen3.guppy.types(), sight, query, cast("dict[str, Any] | None", variables), body.get("operationName")
    )
    return json_answer(told, status)


def _download(gen3: "Gen3", asked: Asked) -> Response:
    body = as_object(asked.json())
    type = gen3.guppy.get(str(body.get("type")))
    if type is None:
        raise bad_arguments(f'Invalid es type: "{body.get("type")}"')
    return json_answer(Sight(gen3.access.anyone(asked.headers)).download(type, body))
