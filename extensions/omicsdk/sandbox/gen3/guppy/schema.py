"""The GraphQL schema of the data types, and what answers its fields."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLInt,
    GraphQLList,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from omicsdk.sandbox.gen3.guppy.fields import INTEGER, NESTED, NUMBER, Field, Row, names_of, values
from omicsdk.sandbox.gen3.guppy.literals import literal
from omicsdk.sandbox.gen3.guppy.queries import Counted, Request
from omicsdk.sandbox.gen3.guppy.store import DataType

GraphQLFields = dict[str, GraphQLField]
Resolve = Callable[..., Any]


def _as_it_is(value: Any) -> Any:
    return value


JSON = GraphQLScalarType("JSON", parse_value=_as_it_is, parse_literal=literal)
_SCALARS: Mapping[str, GraphQLScalarType] = {INTEGER: GraphQLInt, NUMBER: GraphQLFloat}
_ACCESSIBILITY = GraphQLEnumType(
    "Accessibility", {name: GraphQLEnumValue(name) for name in ("all", "accessible", "unaccessible")}
)
_FORMAT = GraphQLEnumType("Format", {name: GraphQLEnumValue(name) for name in ("json", "tsv", "csv")})
_MATCHED = GraphQLObjectType(
    "MatchedItem", {"field": GraphQLField(GraphQLString), "highlights": GraphQLField(GraphQLList(GraphQLString))}
)


def _buckets(name: str, key: "GraphQLScalarType | GraphQLList[Any]", more: GraphQLFields) -> GraphQLObjectType:
    return GraphQLObjectType(name, {"key": GraphQLField(key), "count": GraphQLField(GraphQLInt), **more})


_MISSING = GraphQLObjectType(
    "BucketsForNestedMissingFields", {"field": GraphQLField(GraphQLString), "count": GraphQLField(GraphQLInt)}
)
_TERMS = GraphQLObjectType(
    "BucketsForNestedTermsFields",
    {
        "field": GraphQLField(GraphQLString),
        "count": GraphQLField(GraphQLInt),
        "terms": GraphQLField(GraphQLList(_buckets("BucketsForString", GraphQLString, {}))),
    },
)
_INSIDE = {
    "missingFields": GraphQLField(GraphQLList(_MISSING)),
    "termsFields": GraphQLField(GraphQLList(_TERMS)),
}
_STATISTICS = {name: GraphQLField(GraphQLFloat) for name in ("min", "max", "avg", "sum")}
_TEXT_BUCKETS = GraphQLList(_buckets("BucketsForNestedStringAgg", GraphQLString, _INSIDE))
_NUMBER_BUCKETS = GraphQLList(
    _buckets("BucketsForNestedNumberAgg", GraphQLList(GraphQLFloat), {**_STATISTICS, **_INSIDE})
)


def _told(method: Callable[[Counted], Any]) -> Resolve:
    def resolve(counted: Counted, _info: "GraphQLResolveInfo[Any]", **_stated: Any) -> Any:
        return method(counted)

    return resolve


def _of_numbers(counted: Counted, _info: "GraphQLResolveInfo[Any]", **stated: int) -> Any:
    return counted.of_numbers(**stated)


def _nothing(_root: object, _info: "GraphQLResolveInfo[Any]") -> dict[str, Any]:
    return {}


_COMMON = {
    "_totalCount": GraphQLField(GraphQLInt, resolve=_told(Counted.with_value)),
    "_cardinalityCount": GraphQLField(
        GraphQLInt,
        {"precision_threshold": GraphQLArgument(GraphQLInt, default_value=3000)},
        resolve=_told(Counted.cardinality),
    ),
    "asTextHistogram": GraphQLField(_TEXT_BUCKETS, resolve=_told(Counted.by_value)),
}
_OF_TEXT = GraphQLObjectType(
    "HistogramForString", {**_COMMON, "histogram": GraphQLField(_TEXT_BUCKETS, resolve=_told(Counted.by_value))}
)
_OF_NUMBERS = GraphQLObjectType(
    "HistogramForNumber",
    {
        **_COMMON,
        "histogram": GraphQLField(
            _NUMBER_BUCKETS,
            {name: GraphQLArgument(GraphQLInt) for name in ("rangeStart", "rangeEnd", "rangeStep", "binCount")},
            resolve=_of_numbers,
        ),
    },
)


def schema_of(types: Iterable[DataType]) -> GraphQLSchema:
    """The schema of data types.

    Args:
        types: The data types, at least one.
    """
    known = list(types)
    mapping = GraphQLObjectType("Mapping", {each.name: _mapping(each) for each in known})
    aggregation = GraphQLObjectType("Aggregation", {each.name: _aggregation(each) for each in known})
    return GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                **{each.name: _rows(each) for each in known},
                "_aggregation": GraphQLField(aggregation, resolve=_nothing),
                "_mapping": GraphQLField(mapping, resolve=_nothing),
            },
        )
    )


def _rows(type: DataType) -> GraphQLField:
    def resolve(_root: object, info: "GraphQLResolveInfo[Any]", **stated: Any) -> Any:
        return cast("Request", info.context).rows(type, **stated)

    arguments = {
        "offset": GraphQLArgument(GraphQLInt),
        "first": GraphQLArgument(GraphQLInt),
        "filter": GraphQLArgument(JSON),
        "sort": GraphQLArgument(JSON),
        "accessibility": GraphQLArgument(_ACCESSIBILITY, default_value="all"),
        "format": GraphQLArgument(_FORMAT, default_value="json"),
    }
    fields = {**_fields(_title(type.name), type.fields), "_matched": GraphQLField(GraphQLList(_MATCHED))}
    return GraphQLField(GraphQLList(GraphQLObjectType(_title(type.name), fields)), arguments, resolve=resolve)


def _fields(above: str, fields: Mapping[str, Field]) -> GraphQLFields:
    return {name: _field(above, name, each) for name, each in fields.items()}


def _field(above: str, name: str, field: Field) -> GraphQLField:
    kind: GraphQLScalarType | GraphQLObjectType = _SCALARS.get(field.kind, GraphQLString)
    if field.kind == NESTED:
        kind = GraphQLObjectType(f"{above}_{name}", _fields(f"{above}_{name}", field.members))
    if not field.many:
        return GraphQLField(kind)

    def resolve(row: Row, _info: "GraphQLResolveInfo[Any]") -> list[Any] | None:
        return None if row.get(name) is None else values(row, name)

    return GraphQLField(GraphQLList(kind), resolve=resolve)


def _aggregation(type: DataType) -> GraphQLField:
    def resolve(_root: object, info: "GraphQLResolveInfo[Any]", **stated: Any) -> Any:
        return cast("Request", info.context).counted(type, **stated)

    arguments = {
        "filter": GraphQLArgument(JSON),
        "filterSelf": GraphQLArgument(GraphQLBoolean, default_value=True),
        "nestedAggFields": GraphQLArgument(JSON),
        "accessibility": GraphQLArgument(_ACCESSIBILITY, default_value="all"),
    }
    name = f"{_title(type.name)}Aggregation"
    fields = {
        "_totalCount": GraphQLField(GraphQLInt, resolve=_told(Counted.total)),
        **_histograms(name, type.fields),
    }
    return GraphQLField(GraphQLObjectType(name, fields), arguments, resolve=resolve)


def _histograms(above: str, fields: Mapping[str, Field]) -> GraphQLFields:
    return {name: _histogram(above, name, each) for name, each in fields.items()}


def _histogram(above: str, name: str, field: Field) -> GraphQLField:
    def of_field(counted: Counted, _info: "GraphQLResolveInfo[Any]") -> Counted:
        return counted.of(name)

    def within(counted: Counted, _info: "GraphQLResolveInfo[Any]") -> Counted:
        return counted.within(name)

    if field.kind == NESTED:
        inner = GraphQLObjectType(f"{above}_{name}", _histograms(f"{above}_{name}", field.members))
        return GraphQLField(inner, resolve=within)
    return GraphQLField(_OF_NUMBERS if field.numeric else _OF_TEXT, resolve=of_field)


def _mapping(type: DataType) -> GraphQLField:
    names = names_of(type.fields)

    def resolve(_root: object, _info: "GraphQLResolveInfo[Any]", searchInput: str = "") -> list[str]:
        return [name for name in names if searchInput in name]

    return GraphQLField(GraphQLList(GraphQLString), {"searchInput": GraphQLArgument(GraphQLString)}, resolve=resolve)


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]
