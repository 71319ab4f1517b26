"""GraphQL in a commons: runs of queries for Guppy and Peregrine; the schema of Guppy's data types, whose errors are as of Apollo's server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Literal, cast

import graphql

from omicsdk.sandbox.gen3.guppy import INTEGER, NESTED, NUMBER, TEXT, DataType, Fields, RowAccess, WrongFilter, counts

# Longest query, in tokens.
MOST_TOKENS = 20_000


# The last stage that a query reached.
Stage = Literal["parsed", "validated", "executed"]


def run(
    schema: graphql.GraphQLSchema,
    text: str,
    root: object,
    variables: Mapping[str, Any] | None,
    *,
    checks: Sequence[graphql.Visitor] = (),
    **options: Any,
) -> tuple[Stage, Any, Sequence[graphql.GraphQLError]]:
    """Parse, validate and execute a query.

    Args:
        schema: The schema.
        text: The query.
        root: What the fields of the root are resolved from.
        variables: The values of its variables.
        checks: Visitors of the parsed query that raise on what the service's language does not have.
        options: Further arguments of graphql-core's execution.

    Returns:
        The last stage that the query reached, the requested data, None before it was executed, and the errors of that stage.
    """
    try:
        document = graphql.parse(text, max_tokens=MOST_TOKENS)
        for check in checks:
            graphql.visit(document, check)
        if errors := graphql.validate(schema, document):
            return "validated", None, errors
    except RecursionError:
        return "parsed", None, [graphql.GraphQLError("The query nests too deep")]
    except graphql.GraphQLError as error:
        return "parsed", None, [error]
    execution: Any = graphql.execution  # its stubs leave types open
    result = execution.execute_sync(schema, document, root, variable_values=dict(variables or {}), **options)
    return "executed", result.data, cast("list[graphql.GraphQLError]", result.errors or [])


_CODES = {"parsed": "GRAPHQL_PARSE_FAILED", "validated": "GRAPHQL_VALIDATION_FAILED"}
_SCALARS: Mapping[str, str] = {INTEGER: "Int", NUMBER: "Float", TEXT: "String"}
_ROWS = "offset: Int, first: Int, filter: JSON, sort: JSON, accessibility: Accessibility = all, format: Format = json"
_COUNTS = "filter: JSON, accessibility: Accessibility = all"
_FIXED = """
scalar JSON
enum Accessibility { all accessible unaccessible }
enum Format { json tsv csv }
type Bucket { key: String count: Int }
type HistogramForString { histogram: [Bucket] asTextHistogram: [Bucket] }
type HistogramForNumber { asTextHistogram: [Bucket] }
"""


def execute(
    types: Sequence[DataType],
    row_access: RowAccess,
    query: str,
    variables: Mapping[str, Any] | None,
    operation: str | None,
) -> tuple[int, dict[str, Any]]:
    """Run a query.

    Args:
        types: The data types.
        row_access: The caller's access.
        query: The query.
        variables: The values of its variables.
        operation: Which of its operations to run; None when it has one.

    Returns:
        The HTTP status and the body of the response.
    """
    if not types:
        return 400, {"errors": [_error(graphql.GraphQLError("There are no data types: put rows first"), "BAD_REQUEST")]}
    schema, root = _schema(tuple(types)), _root(types, row_access)
    stage, data, errors = run(schema, query, root, variables, operation_name=operation)
    if stage != "executed":
        return 400, {"errors": [_error(error, _CODES[stage]) for error in errors]}
    response: dict[str, Any] = {} if data is None else {"data": data}
    if errors:
        response = {"errors": [_error(error, _code(error)) for error in errors], **response}
    # What is wrong with variables or the operation's name is found before anything runs.
    return (400 if data is None and all(not error.path for error in errors) else 200), response


@lru_cache(maxsize=4)
def _schema(types: tuple[DataType, ...]) -> graphql.GraphQLSchema:
    return graphql.build_schema("\n".join([_FIXED, *_definitions(types)]))


def _definitions(types: Sequence[DataType]) -> Iterator[str]:
    """The types that depend on the data types."""
    for type_ in types:
        yield from _of_rows(_title(type_.name), type_.fields)
        histograms = (
            f"{name}: HistogramFor{'Number' if field.numeric else 'String'}"
            for name, field in type_.fields.items()
            if field.kind != NESTED
        )
        yield _definition(f"{_title(type_.name)}Aggregation", ["_totalCount: Int", *histograms])
    rows = (f"{type_.name}({_ROWS}): [{_title(type_.name)}]" for type_ in types)
    yield _definition("Query", [*rows, "_aggregation: Aggregation"])
    yield _definition("Aggregation", (f"{type_.name}({_COUNTS}): {_title(type_.name)}Aggregation" for type_ in types))


def _of_rows(above: str, fields: Fields) -> Iterator[str]:
    """The types of rows, and of what is nested in them."""
    definitions: list[str] = []
    for name, field in fields.items():
        kind = f"{above}_{name}" if field.kind == NESTED else _SCALARS[field.kind]
        if field.kind == NESTED:
            yield from _of_rows(kind, field.members)
        definitions.append(f"{name}: [{kind}]" if field.many else f"{name}: {kind}")
    yield _definition(above, definitions)


def _definition(name: str, fields: Iterable[str]) -> str:
    return f"type {name} {{ {' '.join(fields)} }}"


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


def _root(types: Sequence[DataType], row_access: RowAccess) -> dict[str, Any]:
    """The root value of a query: values by the names of fields, or functions of the arguments."""

    def rows(_info: object, type: DataType, **arguments: Any) -> Any:
        return row_access.page(type, arguments)  # `format` is taken and ignored, as by the real service

    def counted(_info: object, type: DataType, **arguments: Any) -> Any:
        return counts(row_access, type, **arguments)

    aggregation = {type_.name: partial(counted, type=type_) for type_ in types}
    return {**{type_.name: partial(rows, type=type_) for type_ in types}, "_aggregation": aggregation}


def _code(error: graphql.GraphQLError) -> str | int:
    cause = error.original_error
    if isinstance(cause, WrongFilter) and cause.status == 401:
        return 401
    return "BAD_USER_INPUT" if isinstance(cause, WrongFilter) or not error.path else "INTERNAL_SERVER_ERROR"


def _error(error: graphql.GraphQLError, code: str | int) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": code}}
