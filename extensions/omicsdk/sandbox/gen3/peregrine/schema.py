"""The GraphQL schema of a dictionary; runs queries, whose errors are texts."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Protocol, cast

import graphql

from omicsdk.sandbox.gen3.peregrine.views import DATA_FILE, Reader
from omicsdk.sandbox.gen3.queries import run
from omicsdk.sandbox.gen3.records.dictionary import Dictionary, Node
from omicsdk.sandbox.gen3.records.store import Record

_FIXED = graphql.build_schema(resources.files(__package__ or "").joinpath("fixed.graphql").read_text(encoding="utf-8"))
_FIELDS = cast("graphql.GraphQLObjectType", _FIXED.query_type).fields
_INTERFACE = cast("graphql.GraphQLInterfaceType", _FIXED.type_map["Node"])
_LOG, _LOG_COUNT = _FIELDS["transaction_log"], _FIELDS["_transaction_log_count"]


@lru_cache(maxsize=4)
def schema_of(dictionary: Dictionary) -> graphql.GraphQLSchema:
    """The schema of a dictionary."""
    nodes = dictionary.nodes
    everything = {name: _scalar_of(node, name) for node in nodes.values() for name in node.stored}
    text = graphql.GraphQLString
    paths: dict[str, Any] = {**everything, "id": text, "type": graphql.GraphQLNonNull(text)}
    path = _input("WithPathToInput", paths)
    arguments = {name: _node_arguments(node, path) for name, node in nodes.items()}

    def fields(node: Node) -> graphql.GraphQLFieldMap:
        ways = {edge: other for edge, (other, _) in dictionary.ways[node.name].items()}.items()
        return {
            **_INTERFACE.fields,
            **_property_fields(node),
            **{edge: graphql.GraphQLField(graphql.GraphQLList(types[other]), arguments[other]) for edge, other in ways},
            **{f"_{edge}_count": graphql.GraphQLField(graphql.GraphQLInt, arguments[other]) for edge, other in ways},
            "_transaction_logs_count": _LOG_COUNT,
            "_transaction_logs": _LOG,
            "_links": _FIELDS["_links"],
        }

    types = {
        name: graphql.GraphQLObjectType(name, lambda node=node: fields(node), interfaces=[_INTERFACE])
        for name, node in nodes.items()
    }
    root = {name: _FIELDS[name] for name in ("transaction_log", "_transaction_log_count", "node")}
    for name, node_arguments in arguments.items():
        root[name] = graphql.GraphQLField(graphql.GraphQLList(types[name]), node_arguments)
        root[f"_{name}_count"] = graphql.GraphQLField(graphql.GraphQLInt, node_arguments)
    if files := [node for node in nodes.values() if node.category == DATA_FILE]:
        stored = {name: type_ for node in files for name, type_ in _property_fields(node, every=True).items()}
        scalars = _arguments({name: _scalar_of(node, name) for node in files for name in node.stored})
        node_arguments = {**scalars, **_FIELDS["keys"].args, "project_id": _LOG.args["project_id"]}
        root["datanode"] = graphql.GraphQLField(
            graphql.GraphQLList(graphql.GraphQLObjectType("DataNode", {**stored, **_INTERFACE.fields})), node_arguments
        )
    root["_node_type"] = _FIELDS["_node_type"]
    viewer = graphql.GraphQLField(graphql.GraphQLObjectType("Viewer", dict(root)))
    return graphql.GraphQLSchema(graphql.GraphQLObjectType("Root", {**root, "viewer": viewer}), types=[*types.values()])


def _node_arguments(node: Node, path: graphql.GraphQLInputObjectType) -> dict[str, graphql.GraphQLArgument]:
    """The arguments of fields that give records of a node type."""
    lists = {name: graphql.GraphQLList(_scalar_of(node, name)) for name in node.stored}
    return {
        **_FIELDS["keys"].args,
        **_FIELDS["links"].args,
        **_arguments(dict.fromkeys(("with_path_to", "with_path_to_any", "without_path_to"), graphql.GraphQLList(path))),
        "project_id": _LOG.args["project_id"],
        **_arguments({name: type_ for name, type_ in lists.items() if name not in ("id", "submitter_id", "type")}),
        "not": graphql.GraphQLArgument(graphql.GraphQLList(_input(f"NotPropertiesInput_{node.name}", lists))),
    }


def _arguments(types: Mapping[str, Any]) -> dict[str, graphql.GraphQLArgument]:
    return {name: graphql.GraphQLArgument(type_) for name, type_ in types.items()}


def _input(name: str, types: Mapping[str, Any]) -> graphql.GraphQLInputObjectType:
    return graphql.GraphQLInputObjectType(
        name, {field_name: graphql.GraphQLInputField(kind) for field_name, kind in types.items()}
    )


def _property_fields(node: Node, *, every: bool = False) -> graphql.GraphQLFieldMap:
    """The fields of a node type's properties, by default without those that every record has."""
    lists = {name for name in node.stored if node.properties[name].get("type") in ("array", ["array"])}
    return {
        name: graphql.GraphQLField(
            graphql.GraphQLList(graphql.GraphQLString) if name in lists else _scalar_of(node, name)
        )
        for name in node.stored
        if every or name not in _INTERFACE.fields
    }


def _scalar_of(node: Node, name: str) -> graphql.GraphQLScalarType:
    """The type of a property's single value: numbers are Float, also integers."""
    declared_type = node.properties[name].get("type", "string")
    kinds = [declared_type] if isinstance(declared_type, str) else list(declared_type)
    if "string" in kinds:
        return graphql.GraphQLString
    return {"integer": graphql.GraphQLFloat, "number": graphql.GraphQLFloat, "boolean": graphql.GraphQLBoolean}.get(
        kinds[0], graphql.GraphQLString
    )


# -- queries


class _Info(Protocol):
    """The part of the library's information on a field that is used; the library leaves its types open."""

    field_name: str
    return_type: object
    context: Reader


def _resolve(source: Any, info: _Info, **arguments: Any) -> Any:
    """Resolve every field: the root's are of the reader, others of a record, a node type, or a transaction's values.

    Of a list come the values as texts, numbers too; a list where a text may be comes as Python writes it, as by the
    service.
    """
    reader, name = info.context, info.field_name
    if isinstance(source, Node):
        return source.value(name)
    if isinstance(source, dict):
        value: object = cast("dict[str, object]", source).get(name)
        value = value() if callable(value) else value
        is_json = info.return_type is graphql.GraphQLString and isinstance(value, dict | list)
        return json.dumps(value) if is_json else cast("Any", value)
    if source is reader and name == "viewer":
        return reader
    record = source if isinstance(source, Record) else None
    if record is None or reader.leads_on(record, name):
        counted = name.startswith("_") and name.endswith("_count")
        result = reader.matches(record, name[1:-6] if counted else name, arguments)
        return len(result.items) if counted else result.page(arguments)
    value = reader.records.value(record, name)
    if isinstance(info.return_type, graphql.GraphQLList):
        return [str(item) for item in cast("list[object]", value)] if isinstance(value, list) else None
    return str(value) if info.return_type is graphql.GraphQLString and value is not None else value


def _type_of(record: Record, *_: object) -> str:
    return record.type


class _NoNulls(graphql.Visitor):
    """Refuses `null`: the service's language is older, it is no value there."""

    def enter_null_value(self, node: graphql.NullValueNode, *_: object) -> None:
        if node.loc:
            raise graphql.GraphQLSyntaxError(node.loc.source, node.loc.start, 'Unexpected Name "null"')


def response(reader: Reader, text: str, variables: dict[str, Any]) -> tuple[Any, list[str]]:
    """The response to a query.

    Args:
        reader: The reader.
        text: The query.
        variables: The values of its variables.

    Returns:
        What was requested, and what is wrong.
    """
    # The operation's name is not passed on, as by the service.
    stage, data, errors = run(
        schema_of(reader.records.dictionary),
        text,
        reader,
        variables,
        checks=(_NoNulls(),),
        context_value=reader,
        field_resolver=_resolve,
        type_resolver=_type_of,
    )
    messages = [error.message for error in errors]
    if stage == "validated":  # the service has other quotation marks than the library
        messages = [message.replace("'", '"') for message in messages]
    return data, messages
