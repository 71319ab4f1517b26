"""Runs queries, and tells what comes of them as Apollo's server does."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, GraphQLSyntaxError, execution, parse, validate

from omicsdk.sandbox.gen3.guppy.filters import WrongFilter
from omicsdk.sandbox.gen3.guppy.queries import Request
from omicsdk.sandbox.gen3.guppy.schema import schema_of
from omicsdk.sandbox.gen3.guppy.sight import OutOfScope
from omicsdk.sandbox.gen3.guppy.store import DataType

MOST_TOKENS = 20_000
"""Longest query, in tokens."""


def execute(
    types: Sequence[DataType],
    request: Request,
    query: str,
    variables: Mapping[str, Any] | None,
    operation: str | None,
) -> tuple[int, dict[str, Any]]:
    """Runs a query.

    Args:
        types: The data types that there are.
        request: Who asks.
        query: The query.
        variables: The values of its variables.
        operation: Which of its operations to run; None when it has one.

    Returns:
        The HTTP status and the body of the answer.
    """
    if not types:
        return 400, {"errors": [_told(GraphQLError("There are no data types: put rows first"), "BAD_REQUEST")]}
    try:
        document = parse(query, max_tokens=MOST_TOKENS)
    except GraphQLSyntaxError as error:
        return 400, {"errors": [_told(error, "GRAPHQL_PARSE_FAILED")]}
    except RecursionError:
        return 400, {"errors": [_told(GraphQLError("The query nests too deep"), "GRAPHQL_PARSE_FAILED")]}
    schema = _schema(tuple(types))
    if errors := validate(schema, document):
        return 400, {"errors": [_told(each, "GRAPHQL_VALIDATION_FAILED") for each in errors]}
    result: ExecutionResult = cast("Any", execution).execute_sync(  # its stubs leave types open
        schema, document, context_value=request, variable_values=dict(variables or {}), operation_name=operation
    )
    told: dict[str, Any] = {} if result.data is None else {"data": result.data}
    if result.errors:
        told = {"errors": [_told(each, _code(each)) for each in result.errors], **told}
    # What is wrong with variables or the operation's name is found before anything runs.
    return (400 if result.data is None and all(not each.path for each in result.errors or ()) else 200), told


@lru_cache(maxsize=4)
def _schema(types: tuple[DataType, ...]) -> GraphQLSchema:
    return schema_of(types)


def _code(error: GraphQLError) -> str | int:
    cause = error.original_error
    if isinstance(cause, OutOfScope):
        return 401
    if isinstance(cause, WrongFilter) or not error.path:
        return "BAD_USER_INPUT"
    return "INTERNAL_SERVER_ERROR"


def _told(error: GraphQLError, code: str | int) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": code}}
