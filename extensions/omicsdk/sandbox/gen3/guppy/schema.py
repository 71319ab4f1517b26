"""The GraphQL schema of the data types; runs queries, and words their errors as Apollo's server does."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import graphql

from omicsdk.sandbox.gen3.graphql_runs import Stage, run
from omicsdk.sandbox.gen3.guppy.queries import Counts, DataType, RowAccess
from omicsdk.sandbox.gen3.guppy.rows import INTEGER, NESTED, NUMBER, TEXT, Fields, WrongFilter, names_of

_CODES = {Stage.PARSED: "GRAPHQL_PARSE_FAILED", Stage.VALIDATED: "GRAPHQL_VALIDATION_FAILED"}
_SCALARS: Mapping[str, str] = {INTEGER: "Int", NUMBER: "Float", TEXT: "String"}
_ROWS = "offset: Int, first: Int, filter: JSON, sort: JSON, accessibility: Accessibility = all, format: Format = json"
_COUNTS = "filter: JSON, filterSelf: Boolean = true, nestedAggFields: JSON, accessibility: Accessibility = all"
_FIXED = """
scalar JSON
enum Accessibility { all accessible unaccessible }
enum Format { json tsv csv }
type MatchedItem { field: String highlights: [String] }
type BucketsForString { key: String count: Int }
type BucketsForNestedMissingFields { field: String count: Int }
type BucketsForNestedTermsFields { field: String count: Int terms: [BucketsForString] }
type BucketsForNestedStringAgg {
    key: String
    count: Int
    missingFields: [BucketsForNestedMissingFields]
    termsFields: [BucketsForNestedTermsFields]
}
type BucketsForNestedNumberAgg {
    key: [Float]
    count: Int
    min: Float
    max: Float
    avg: Float
    sum: Float
    missingFields: [BucketsForNestedMissingFields]
    termsFields: [BucketsForNestedTermsFields]
}
type HistogramForString {
    _totalCount: Int
    _cardinalityCount(precision_threshold: Int = 3000): Int
    asTextHistogram: [BucketsForNestedStringAgg]
    histogram: [BucketsForNestedStringAgg]
}
type HistogramForNumber {
    _totalCount: Int
    _cardinalityCount(precision_threshold: Int = 3000): Int
    asTextHistogram: [BucketsForNestedStringAgg]
    histogram(rangeStart: Int, rangeEnd: Int, rangeStep: Int, binCount: Int): [BucketsForNestedNumberAgg]
}
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
    outcome = run(_schema(tuple(types)), query, _root(types, row_access), variables, operation_name=operation)
    if outcome.stage is not Stage.EXECUTED:
        return 400, {"errors": [_error(each, _CODES[outcome.stage]) for each in outcome.errors]}
    response: dict[str, Any] = {} if outcome.data is None else {"data": outcome.data}
    if outcome.errors:
        response = {"errors": [_error(each, _code(each)) for each in outcome.errors], **response}
    # What is wrong with variables or the operation's name is found before anything runs.
    return (400 if outcome.data is None and all(not each.path for each in outcome.errors) else 200), response


@lru_cache(maxsize=4)
def _schema(types: tuple[DataType, ...]) -> graphql.GraphQLSchema:
    return graphql.build_schema("\n".join([_FIXED, *_definitions(types)]))


def _definitions(types: Sequence[DataType]) -> Iterator[str]:
    """The types that depend on the data types."""
    for each in types:
        name = _title(each.name)
        yield from _of_fields(name, each.fields, "_matched: [MatchedItem]")
        yield from _of_fields(f"{name}Aggregation", each.fields, "_totalCount: Int", counts=True)
    rows = (f"{each.name}({_ROWS}): [{_title(each.name)}]" for each in types)
    yield _definition("Query", [*rows, "_aggregation: Aggregation", "_mapping: Mapping"])
    yield _definition("Aggregation", (f"{each.name}({_COUNTS}): {_title(each.name)}Aggregation" for each in types))
    yield _definition("Mapping", (f"{each.name}(searchInput: String): [String]" for each in types))


def _of_fields(above: str, fields: Fields, more: str = "", *, counts: bool = False) -> Iterator[str]:
    """The types of rows, or of counts of them, and of what is nested in them."""
    stated = [more]
    for name, each in fields.items():
        if each.kind == NESTED:
            kind = f"{above}_{name}"
            yield from _of_fields(kind, each.members, counts=counts)
        elif counts:
            kind = "HistogramForNumber" if each.numeric else "HistogramForString"
        else:
            kind = _SCALARS[each.kind]
        stated.append(f"{name}: [{kind}]" if each.many and not counts else f"{name}: {kind}")
    yield _definition(above, stated)


def _definition(name: str, fields: Iterable[str]) -> str:
    return f"type {name} {{ {' '.join(fields)} }}"


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


def _root(types: Sequence[DataType], row_access: RowAccess) -> dict[str, Any]:
    """The root value of a query: values by the names of fields, or functions of the arguments."""

    def rows(_info: object, type: DataType, **stated: Any) -> Any:
        return row_access.page(type, stated)  # `format` is taken and ignored, as by the real service

    def counts(_info: object, type: DataType, **stated: Any) -> Any:
        return Counts(row_access, type, **stated).to_dict()

    def names(_info: object, type: DataType, searchInput: str = "") -> list[str]:
        return [name for name in names_of(type.fields) if searchInput in name]

    return {
        **{each.name: partial(rows, type=each) for each in types},
        "_aggregation": {each.name: partial(counts, type=each) for each in types},
        "_mapping": {each.name: partial(names, type=each) for each in types},
    }


def _code(error: graphql.GraphQLError) -> str | int:
    cause = error.original_error
    if isinstance(cause, WrongFilter) and cause.status == 401:
        return 401
    return "BAD_USER_INPUT" if isinstance(cause, WrongFilter) or not error.path else "INTERNAL_SERVER_ERROR"


def _error(error: graphql.GraphQLError, code: str | int) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": code}}
