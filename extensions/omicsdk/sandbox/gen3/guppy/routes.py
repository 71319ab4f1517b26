"""Guppy's addresses."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount

from omicsdk.sandbox.gen3.gateway import HOME
from omicsdk.sandbox.gen3.guppy.filters import WrongFilter
from omicsdk.sandbox.gen3.guppy.queries import Request
from omicsdk.sandbox.gen3.guppy.sight import OutOfScope, Sight
from omicsdk.sandbox.gen3.guppy.store import DataType
from omicsdk.sandbox.gen3.plain_routes import Asked, json_answer, plain_route
from omicsdk.sandbox.problems import Problem, bad_arguments

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

VERSION = "sandbox"
_ADMINISTRATION = "/guppy_admin"


def guppy_routes(gen3: "Gen3") -> list[BaseRoute]:
    """The routes.

    Args:
        gen3: The commons.
    """

    def graphql(asked: Asked) -> Response:
        return _graphql(gen3, asked)

    def download(asked: Asked) -> Response:
        return _download(gen3, asked)

    def status(asked: Asked) -> Response:
        del asked
        told: dict[str, Any] = {
            each.name: {"aliases": {each.name: {}}, "arrayFields": _lists(each)} for each in gen3.guppy.types()
        }
        return json_answer({"statusCode": 200, "warnings": None, "indices": told})

    def version(asked: Asked) -> Response:
        del asked
        return json_answer({"version": VERSION, "commit": VERSION})

    def refresh(asked: Asked) -> Response:
        person = gen3.access.bearer(asked.headers)
        if person is None:
            raise Problem(401, "unauthorized", "There is no token: only administrators refresh")
        if not person.may("admin_access", _ADMINISTRATION, "guppy"):
            raise Problem(403, "forbidden", "Only administrators refresh")
        return PlainTextResponse("[Server] guppy refreshed successfully")

    return [
        Mount(
            f"{HOME}/guppy",
            routes=[
                plain_route("/graphql", graphql, _refused_query, ["POST"]),
                plain_route("/download", download, _refused, ["POST"]),
                plain_route("/_status", status, _refused),
                plain_route("/_version", version, _refused),
                plain_route("/_refresh", refresh, _refused, ["POST"]),
            ],
        )
    ]


def _refused(problem: Problem) -> Response:
    """A refusal outside of GraphQL: its text."""
    return Response(problem.title, problem.status, media_type="text/html")


def _refused_query(problem: Problem) -> Response:
    """A refusal of a whole query."""
    told = {"message": problem.title, "extensions": {"code": problem.code}}
    return json_answer({"errors": [told]}, problem.status)


def _graphql(gen3: "Gen3", asked: Asked) -> Response:
    # graphql-core takes a while to import, and most sandboxes never see a query.
    from omicsdk.sandbox.gen3.guppy.execution import execute

    sent = asked.json()
    body = cast("dict[str, Any]", sent) if isinstance(sent, dict) else {}
    query, variables = body.get("query"), body.get("variables")
    if not isinstance(query, str):
        message = "POST body missing, invalid Content-Type, or JSON object has no keys."
        raise Problem(
            400, "BAD_REQUEST", message if not body else "GraphQL operations must contain a non-empty `query`."
        )
    if variables is not None and not isinstance(variables, dict):
        raise Problem(400, "BAD_REQUEST", "`variables` in a POST body should be provided as an object.")
    request = Request(Sight(gen3.access.anyone(asked.headers)))
    status, told = execute(
        gen3.guppy.types(), request, query, cast("dict[str, Any] | None", variables), body.get("operationName")
    )
    return json_answer(told, status)


def _download(gen3: "Gen3", asked: Asked) -> Response:
    sent = asked.json()
    body: Mapping[str, Any] = cast("dict[str, Any]", sent) if isinstance(sent, dict) else {}
    type = gen3.guppy.get(str(body.get("type")))
    if type is None:
        raise bad_arguments(f'Invalid es type: "{body.get("type")}"')
    fields: Any = body.get("fields") or ()
    names = [fields] if isinstance(fields, str) else fields
    if not isinstance(names, list | tuple) or not all(isinstance(each, str) for each in cast("list[Any]", names)):
        raise bad_arguments("fields is a list of names")
    sight = Sight(gen3.access.anyone(asked.headers))
    try:
        rows = Request(sight).download(
            type,
            cast("Sequence[str]", names),
            body.get("filter"),
            body.get("sort"),
            str(body.get("accessibility") or "all"),
        )
    except WrongFilter as error:
        raise bad_arguments(str(error)) from error
    except OutOfScope as error:
        raise Problem(401, "unauthorized", str(error)) from error
    return json_answer(rows)


def _lists(type: DataType) -> list[str]:
    return [name for name, each in type.fields.items() if each.many]
