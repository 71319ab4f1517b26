"""Queries: read, held against the schema, carried out; errors are texts."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from omicsdk.sandbox.gen3.peregrine.reading import Reader
from omicsdk.sandbox.gen3.peregrine.state import Commons
from omicsdk.sandbox.gen3.sheepdog.gate import refuse
from omicsdk.sandbox.gen3.sheepdog.tables import parsed_json
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLSchema


def reader_of(commons: Commons, call: Call) -> Reader | Reply:
    """Who reads; or the refusal of whom nothing is to be told.

    Raises:
        Problem: 401; the token isn't good.
    """
    try:
        person = commons.access.anyone(call.headers)
    except Problem as problem:
        raise refuse(problem.status, f"Authentication Error: {problem.title}") from problem
    reader = Reader(commons.records, person)
    return reader if reader.may_query else Reply({"data": {}, "errors": ["Unauthorized query."]}, 403)


def query(commons: Commons, call: Call) -> Reply:
    """POST /api/v0/submission/graphql."""
    reader = reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    stated = cast("object", parsed_json(call.content.decode("utf-8", "replace")))
    if not isinstance(stated, dict):
        raise refuse(400, "The body must be an object with the query")
    body = cast("Mapping[str, object]", stated)
    text, variables = body.get("query"), body.get("variables")
    if not isinstance(text, str):
        return _failed("The query must be a string")
    if isinstance(variables, str):
        try:
            variables = json.loads(variables)
        except ValueError as error:
            return _failed("Unable to parse variables", str(error))
    values = cast("dict[str, Any]", variables) if isinstance(variables, dict) else {}
    return _carried_out(commons.schema.of(commons.records.dictionary), text, values, reader)


def _carried_out(schema: "GraphQLSchema", text: str, variables: dict[str, Any], reader: Reader) -> Reply:
    import graphql

    try:
        document = graphql.parse(text)
        wrong = _nulls(document) or [_quoted(error.message) for error in graphql.validate(schema, document)]
    except RecursionError:
        return _failed("The query is nested too deeply")
    except graphql.GraphQLError as error:
        where = error.locations[0] if error.locations else None
        place = f" ({where.line}:{where.column})" if where else ""
        return _failed(error.message.replace("Syntax Error:", f"Syntax Error GraphQL{place}", 1))
    if wrong:
        return _failed(*wrong)
    # The operation's name isn't passed on, as by the service.
    result = graphql.execute_sync(schema, document, context_value=reader, variable_values=variables)  # pyright: ignore[reportUnknownMemberType] - the library leaves its types open
    if result.errors:
        errors = [error.message for error in result.errors]
        return Reply({"data": result.data, "errors": errors}, 400)
    return Reply({"data": result.data})


def _quoted(message: str) -> str:
    """A message with the quotation marks that the service has."""
    return message.replace("'", '"')


def _nulls(document: "DocumentNode") -> list[str]:
    """The service's language is older than `null`: it is no value there."""
    from graphql import NullValueNode, Visitor, visit

    found: list[str] = []

    class Nulls(Visitor):
        def enter_null_value(self, node: NullValueNode, *_: object) -> None:
            token = node.loc.start_token if node.loc else None
            place = f" ({token.line}:{token.column})" if token else ""
            found.append(f'Syntax Error GraphQL{place} Unexpected Name "null"')

    visit(document, Nulls())
    return found[:1]


def _failed(*errors: str) -> Reply:
    return Reply({"data": None, "errors": list(errors)}, 400)


def get_graphql_schema(commons: Commons, call: Call) -> Reply:
    """GET /api/v0/submission/getschema."""
    from graphql import introspection_from_schema

    del call
    schema = commons.schema.of(commons.records.dictionary)
    if commons.schema.introspection is None:
        # What later editions of the language tell besides isn't told by the service.
        told = introspection_from_schema(
            schema,
            specified_by_url=False,
            directive_is_repeatable=False,
            schema_description=False,
            input_value_deprecation=False,
        )
        commons.schema.introspection = json.dumps({"data": told})
    headers = {"Content-Type": "application/json", "Content-Disposition": "inline; filename=schema.json"}
    return Reply(text=commons.schema.introspection, headers=headers)
