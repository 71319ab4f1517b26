"""The GraphQL schema of a dictionary."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLFieldResolver,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from omicsdk.sandbox.gen3.peregrine import arguments
from omicsdk.sandbox.gen3.peregrine.log_types import LOG, count_logs, resolve_logs
from omicsdk.sandbox.gen3.peregrine.reading import SYSTEM, Info, cut, ordered
from omicsdk.sandbox.gen3.records.dictionary import Dictionary, Node
from omicsdk.sandbox.gen3.records.store import Record

DATA_FILE = "data_file"
"""The category of the node types that are data nodes."""


class SchemaOf:
    """Makes the schema of a dictionary.

    Args:
        dictionary: The dictionary.
    """

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._nodes = dictionary.nodes
        self._arguments = arguments.NodeArguments(dictionary)
        self._interface = GraphQLInterfaceType("Node", _system_fields(), resolve_type=_type_name)
        self._types = {name: self._type_of(node) for name, node in self._nodes.items()}
        self._data_nodes = [node for node in self._nodes.values() if node.category == DATA_FILE]

    def schema(self) -> GraphQLSchema:
        """The schema."""
        root = self._root_fields()
        viewer = GraphQLObjectType("Viewer", self._root_fields())
        root["viewer"] = GraphQLField(viewer, resolve=_nothing)
        return GraphQLSchema(GraphQLObjectType("Root", root), types=[*self._types.values()])

    def _type_of(self, node: Node) -> GraphQLObjectType:
        return GraphQLObjectType(node.name, lambda: self._fields(node), interfaces=[self._interface])

    # -- fields of a node type

    def _fields(self, node: Node) -> GraphQLFieldMap:
        fields = _system_fields()
        fields |= {name: _property_field(node, name) for name in node.stored if name not in fields}
        ways: dict[str, Node] = {name: self._nodes[link.target] for name, link in node.links.items()}
        ways |= {name: self._nodes[source] for name, (source, _) in self._dictionary.backrefs[node.name].items()}
        for name, other in ways.items():
            fields[name] = GraphQLField(
                GraphQLList(self._types[other.name]), self._arguments.of(other), _linked(node, name, other)
            )
        for name, other in ways.items():
            fields[f"_{name}_count"] = GraphQLField(
                GraphQLInt, self._arguments.of(other), _linked(node, name, other, count=True)
            )
        fields["_transaction_logs_count"] = GraphQLField(GraphQLInt, arguments.log_arguments(), count_logs)
        fields["_transaction_logs"] = GraphQLField(GraphQLList(LOG), arguments.log_arguments(), resolve_logs)
        fields["_links"] = GraphQLField(GraphQLList(self._interface), arguments.any_arguments(), self._neighbours)
        return fields

    def _neighbours(self, source: Record, info: Info, **stated: Any) -> list[Record]:
        reader = info.context
        found = reader.neighbours(source)
        if stated.get("category") is not None:
            found = [record for record in found if self._nodes[record.type].category == stated["category"]]
        return reader.any_page(found, stated)

    # -- fields of the root

    def _root_fields(self) -> GraphQLFieldMap:
        fields: GraphQLFieldMap = {
            "transaction_log": GraphQLField(GraphQLList(LOG), arguments.log_arguments(), _logs_of_all),
            "_transaction_log_count": GraphQLField(GraphQLInt, arguments.log_arguments(), _count_of_all),
            "node": GraphQLField(GraphQLList(self._interface), arguments.root_node_arguments(), self._any),
        }
        for name, node in self._nodes.items():
            own = self._arguments.of(node)
            fields[name] = GraphQLField(GraphQLList(self._types[name]), own, _of_type(node))
            fields[f"_{name}_count"] = GraphQLField(GraphQLInt, own, _of_type(node, count=True))
        if self._data_nodes:
            own = arguments.data_node_arguments(self._data_nodes)
            fields["datanode"] = GraphQLField(GraphQLList(self._data_node), own, self._files)
        fields["_node_type"] = GraphQLField(GraphQLList(_NODE_TYPE), arguments.node_type_arguments(), self._node_types)
        return fields

    @property
    def _data_node(self) -> GraphQLObjectType:
        if not hasattr(self, "_made_data_node"):
            fields = {name: _property_field(node, name) for node in self._data_nodes for name in node.stored}
            self._made_data_node = GraphQLObjectType("DataNode", {**fields, **_system_fields()})
        return self._made_data_node

    def _any(self, _source: object, info: Info, **stated: Any) -> list[Record]:
        reader = info.context
        kinds, category = stated.get("of_type"), stated.get("category")
        nodes = [
            node
            for node in self._nodes.values()
            if (kinds is None or node.name in kinds) and (category is None or node.category == category)
        ]
        return reader.anything(nodes, stated)

    def _files(self, _source: object, info: Info, **stated: Any) -> list[Record]:
        reader = info.context
        found = [
            record
            for node in self._data_nodes
            for record in reader.chosen(node, reader.of_type(node.name, stated.get("project_id")), stated)
        ]
        allowed = frozenset(name for node in self._data_nodes for name in node.stored)
        return cut(ordered(found, stated, allowed, "datanode", reader.records.value), stated)

    def _node_types(self, _source: object, _info: Info, **stated: Any) -> list[Node]:
        found = [
            node
            for node in self._nodes.values()
            if stated.get("id") in (None, node.name) and stated.get("category") in (None, node.category)
        ]
        told = ordered(found, stated, frozenset(_NODE_TYPE_FIELDS), "_node_type", _node_type_value)
        return cut(told, stated)


def _nothing(_source: object, _info: Info) -> dict[str, object]:
    return {}


def _type_name(record: Record, _info: object, _type: object) -> str:
    return record.type


def _of_type(node: Node, *, count: bool = False) -> GraphQLFieldResolver:
    def resolve(_source: object, info: Info, **stated: Any) -> object:
        reader = info.context
        candidates = reader.of_type(node.name, stated.get("project_id"))
        return len(reader.chosen(node, candidates, stated)) if count else reader.page(node, candidates, stated)

    return resolve


def _linked(node: Node, name: str, other: Node, *, count: bool = False) -> GraphQLFieldResolver:
    def resolve(source: Record, info: Info, **stated: Any) -> object:
        reader = info.context
        candidates = reader.linked(node, source, name)
        return len(reader.chosen(other, candidates, stated)) if count else reader.page(other, candidates, stated)

    return resolve


def _logs_of_all(_source: object, info: Info, **stated: Any) -> list[dict[str, Any]]:
    return resolve_logs(None, info, **stated)


def _count_of_all(_source: object, info: Info, **stated: Any) -> int:
    return count_logs(None, info, **stated)


def _system_fields() -> GraphQLFieldMap:
    return {
        name: GraphQLField(GraphQLID if name == "id" else GraphQLString, resolve=_value_of(name)) for name in SYSTEM
    }


def _value_of(name: str) -> GraphQLFieldResolver:
    def resolve(record: Record, info: Info) -> Any:
        reader = info.context
        return reader.records.value(record, name)

    return resolve


def _property_field(node: Node, name: str) -> GraphQLField:
    kind = node.properties[name].get("type")
    if kind == "array" or kind == ["array"]:
        return GraphQLField(GraphQLList(GraphQLString), resolve=_texts_of(name))
    scalar = arguments.scalar_of(node, name)
    return GraphQLField(scalar, resolve=_text_of(name) if scalar is GraphQLString else _value_of(name))


def _texts_of(name: str) -> GraphQLFieldResolver:
    """A list's values as texts, numbers too, as by the service."""

    def resolve(record: Record, info: Info) -> list[str] | None:
        reader = info.context
        value = reader.records.value(record, name)
        return [str(each) for each in cast("list[object]", value)] if isinstance(value, list) else None

    return resolve


def _text_of(name: str) -> GraphQLFieldResolver:
    """A text; a list where a text may stand comes as Python writes it, as by the service."""

    def resolve(record: Record, info: Info) -> str | None:
        reader = info.context
        value = reader.records.value(record, name)
        return None if value is None else str(value)

    return resolve


_NODE_TYPE_FIELDS: Mapping[str, Any] = {
    "id": GraphQLString,
    "title": GraphQLString,
    "category": GraphQLString,
    "program": GraphQLString,
    "project": GraphQLString,
    "submittable": GraphQLBoolean,
    "description": GraphQLString,
    "systemProperties": GraphQLList(GraphQLString),
    "required": GraphQLList(GraphQLString),
    "uniqueKeys": GraphQLList(GraphQLList(GraphQLString)),
}


def _node_type_value(node: Node, name: str) -> Any:
    return node.name if name == "id" else node.schema.get(name)


def _node_type_fields(names: Iterable[str]) -> GraphQLFieldMap:
    def of(name: str) -> GraphQLFieldResolver:
        def resolve(node: Node, _info: Info) -> Any:
            return _node_type_value(node, name)

        return resolve

    return {name: GraphQLField(_NODE_TYPE_FIELDS[name], resolve=of(name)) for name in names}


_NODE_TYPE = GraphQLObjectType("NodeType", _node_type_fields(_NODE_TYPE_FIELDS))
