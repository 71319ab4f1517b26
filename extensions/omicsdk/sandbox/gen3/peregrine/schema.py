"""The GraphQL schema of a dictionary."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLFieldResolver,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    build_schema,
)

from omicsdk.sandbox.gen3.peregrine.reading import SYSTEM, Info, QueryError, Reader, cut, ordered
from omicsdk.sandbox.gen3.records.dictionary import Dictionary, Node
from omicsdk.sandbox.gen3.records.store import SUCCEEDED, Record, Transaction, moment

DATA_FILE = "data_file"
"""The category of the node types that are data nodes."""
_ORDERS = frozenset({"id", "type", "role", "state", "program", "project", "submitter", "is_dry_run", "closed"})
_PER_TRANSACTION = 1_000_000  # snapshots are numbered through all transactions
_FIXED = build_schema(
    """
    type TransactionResponseEntityRelatedEntity { id: String type: String }
    type TransactionResponseError {
        keys: [String] dependents: [TransactionResponseEntityRelatedEntity] message: String type: String
    }
    type TransactionResponseEntity {
        valid: Boolean action: String type: String id: String unique_keys: String
        errors: [TransactionResponseError] warnings: String
    }
    type TransactionResponse {
        transaction_id: String success: Boolean entity_error_count: Int transactional_error_count: Int code: Int
        message: String transactional_errors: String created_entity_count: Int updated_entity_count: Int
        deleted_entity_count: Int dependent_ids: String entities: [TransactionResponseEntity]
    }
    type TransactionDocument {
        id: ID name: String doc: String doc_size: Int doc_format: String type: String
        response: TransactionResponse response_json: String
    }
    type TransactionSnapshot { id: ID transaction_id: Int action: String }
    type TransactionLog {
        id: ID is_dry_run: Boolean closed: Boolean committable: Boolean state: String committed_by: ID
        submitter: String role: String program: String project: String project_id: String created_datetime: String
        type: String canonical_type: String quick_search: Float documents: [TransactionDocument]
        snapshots: [TransactionSnapshot] related_cases: [String]
    }
    type NodeType {
        id: String title: String category: String program: String project: String submittable: Boolean
        description: String systemProperties: [String] required: [String] uniqueKeys: [[String]]
    }
    """
)
_LOG = cast("GraphQLObjectType", _FIXED.type_map["TransactionLog"])
_NODE_TYPE = cast("GraphQLObjectType", _FIXED.type_map["NodeType"])


def resolve(source: Record | Node | Mapping[str, Any], info: Info) -> Any:
    """What answers fields that have nothing of their own to do it: a property of a record or node type, or a member.

    Of a list come the values as texts, numbers too; a list where a text may stand comes as Python writes it, as by the
    service.
    """
    if isinstance(source, Node):
        return _node_type_value(source, info.field_name)
    if not isinstance(source, Record):
        return source.get(info.field_name)
    value = info.context.records.value(source, info.field_name)
    if isinstance(info.return_type, GraphQLList):
        return [str(each) for each in cast("list[object]", value)] if isinstance(value, list) else None
    return str(value) if info.return_type is GraphQLString and value is not None else value


# -- arguments of fields


Arguments = dict[str, GraphQLArgument]
_Types = Mapping[str, Any]
"""Input types by name; the library's own union leaves parameters open."""
_ORDERING = dict.fromkeys(("order_by_asc", "order_by_desc"), GraphQLString)
_KEYS: _Types = {
    "id": GraphQLString,
    "submitter_id": GraphQLList(GraphQLString),
    "ids": GraphQLList(GraphQLString),
    "quick_search": GraphQLString,
    "first": GraphQLInt,
    "offset": GraphQLInt,
    **{f"{what}_{when}": GraphQLString for what in ("created", "updated") for when in ("before", "after")},
    **_ORDERING,
}
_LINKS: _Types = {name: GraphQLList(GraphQLString) for name in ("with_links", "with_links_any", "without_links")}
_LOGS: _Types = {
    "id": GraphQLID,
    "type": GraphQLString,
    "quick_search": GraphQLID,
    "project_id": GraphQLList(GraphQLString),
    "project": GraphQLString,
    "program": GraphQLString,
    **_ORDERING,
    "related_cases": GraphQLList(GraphQLString),
    "first": GraphQLInt,
    "last": GraphQLInt,
    "offset": GraphQLInt,
    "entities": GraphQLList(GraphQLString),
    "is_dry_run": GraphQLBoolean,
    "closed": GraphQLBoolean,
    "committable": GraphQLBoolean,
    "state": GraphQLString,
    "committed_by": GraphQLID,
}


def _scalar_of(node: Node, name: str) -> GraphQLScalarType:
    """The type of a property's single value: numbers are Float, also whole ones."""
    stated = node.properties[name].get("type", "string")
    kinds = [stated] if isinstance(stated, str) else list(stated)
    if "string" in kinds:
        return GraphQLString
    return {"integer": GraphQLFloat, "number": GraphQLFloat, "boolean": GraphQLBoolean}.get(kinds[0], GraphQLString)


def _made(types: _Types) -> Arguments:
    return {name: GraphQLArgument(each) for name, each in types.items()}


_PROJECTS: _Types = {"project_id": GraphQLList(GraphQLString)}
_CATEGORY: _Types = {"category": GraphQLString}
_LOG_ARGUMENTS = _made(_LOGS)
_ANY_ARGUMENTS = _made({**_KEYS, **_PROJECTS, **_CATEGORY})
_NODE_ARGUMENTS = _made({**_KEYS, **_PROJECTS, **_CATEGORY, "of_type": GraphQLList(GraphQLString)})
_NODE_TYPE_ARGUMENTS = _made(
    {"id": GraphQLString, "category": GraphQLString, "first": GraphQLInt, "offset": GraphQLInt, **_ORDERING}
)


class _NodeArguments:
    """The arguments of the node types' fields.

    Args:
        dictionary: The dictionary.
    """

    def __init__(self, dictionary: Dictionary) -> None:
        self._path: GraphQLList[Any] = GraphQLList(GraphQLInputObjectType("WithPathToInput", _path_fields(dictionary)))
        self._made: dict[str, Arguments] = {}
        self._unwanted = {
            node.name: GraphQLInputObjectType(f"NotPropertiesInput_{node.name}", _unwanted_fields(node))
            for node in dictionary.nodes.values()
        }

    def of(self, node: Node) -> Arguments:
        """The arguments of fields that give records of a node type."""
        if node.name not in self._made:
            paths = dict.fromkeys(("with_path_to", "with_path_to_any", "without_path_to"), self._path)
            own = {
                name: GraphQLList(_scalar_of(node, name))
                for name in node.stored
                if name not in ("id", "submitter_id", "type")
            }
            unwanted = GraphQLList(self._unwanted[node.name])
            self._made[node.name] = _made({**_KEYS, **_LINKS, **paths, **_PROJECTS, **own, "not": unwanted})
        return self._made[node.name]


def _path_fields(dictionary: Dictionary) -> Callable[[], dict[str, GraphQLInputField]]:
    def make() -> dict[str, GraphQLInputField]:
        own = {name: _scalar_of(node, name) for node in dictionary.nodes.values() for name in node.stored}
        fields = {name: GraphQLInputField(each) for name, each in own.items()}
        return {
            **fields,
            "id": GraphQLInputField(GraphQLString),
            "type": GraphQLInputField(GraphQLNonNull(GraphQLString)),
        }

    return make


def _unwanted_fields(node: Node) -> dict[str, GraphQLInputField]:
    return {name: GraphQLInputField(GraphQLList(_scalar_of(node, name))) for name in node.stored}


# -- transactions


def _found_logs(reader: Reader, arguments: Mapping[str, Any], about: str | None = None) -> list[Transaction]:
    """The transactions that fit arguments, all of them.

    Args:
        reader: Who reads.
        arguments: The arguments.
        about: The id of a record that they have to be about; None for any.

    Raises:
        QueryError: An argument makes no sense.
    """
    found = [each for each in reader.transactions if _fits(each, arguments)]
    if about is not None:
        found = [each for each in found if any(entity["id"] == about for entity in _entities(each))]
    return ordered(found, arguments, _ORDERS, "transaction_log", lambda each, name: getattr(each, name))


def _fits(each: Transaction, arguments: Mapping[str, Any]) -> bool:
    texts = {"id": str(each.id), "committed_by": None if each.committed_by is None else str(each.committed_by)}
    for name in ("id", "committed_by"):
        if arguments.get(name) is not None and arguments[name] != texts[name]:
            return False
    for name in ("type", "project", "program", "state", "is_dry_run", "closed"):
        if arguments.get(name) is not None and arguments[name] != getattr(each, name):
            return False
    if arguments.get("project_id") is not None and each.project_id not in arguments["project_id"]:
        return False
    if arguments.get("committable") is not None and arguments["committable"] != _is_committable(each):
        return False
    if arguments.get("quick_search") is not None and arguments["quick_search"] not in str(each.id):
        return False
    if (cases := arguments.get("related_cases")) is not None and not {*_cases(each)} & {*cases}:
        return False
    wanted = _numbers(arguments.get("entities"))
    return wanted is None or any(int(snapshot["id"]) in wanted for snapshot in _snapshots(each))


def _numbers(texts: list[str] | None) -> set[int] | None:
    for text in texts or ():
        if not text.isdecimal():
            raise QueryError(f'invalid input syntax for type integer: "{text}"')
    return None if texts is None else {int(text) for text in texts}


def _log_page(found: list[Transaction], arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As many transactions as arguments ask for, as the schema's values."""
    last = arguments.get("last")
    return [_told(each) for each in (cut(found, arguments) if last is None else found[-last:] if last > 0 else [])]


def _told(each: Transaction) -> dict[str, Any]:
    names = ("id", "is_dry_run", "closed", "state", "committed_by", "submitter", "role", "program", "project", "type")
    return {
        **{name: getattr(each, name) for name in (*names, "project_id")},
        "canonical_type": each.type,
        "committable": _is_committable(each),
        "created_datetime": moment(each.created).replace("T", " "),
        "documents": [_document(each)] if each.response is not None and "entities" in each.response else [],
        "snapshots": _snapshots(each),
        "related_cases": _cases(each),
    }


def _document(each: Transaction) -> dict[str, Any]:
    sent, response = each.document, each.response or {}
    entities = [
        {**entity, "unique_keys": json.dumps(entity["unique_keys"]), "warnings": json.dumps(entity["warnings"])}
        for entity in _entities(each)
    ]
    errors = json.dumps(response.get("transactional_errors", []))
    return {
        "id": each.id,
        "name": None if sent is None else sent.name,
        "doc": None if sent is None else sent.text,
        "doc_size": 0 if sent is None else len(sent.text.encode()),
        "doc_format": "json" if sent is None else sent.format,
        "type": each.type,
        "response": {**response, "entities": entities, "transactional_errors": errors},
        "response_json": json.dumps(response),
    }


def _is_committable(each: Transaction) -> bool:
    return each.is_dry_run and not each.closed and each.state == SUCCEEDED and each.committed_by is None


def _entities(each: Transaction) -> list[dict[str, Any]]:
    return list((each.response or {}).get("entities", []))


def _snapshots(each: Transaction) -> list[dict[str, Any]]:
    if each.state != SUCCEEDED or each.is_dry_run:
        return []
    return [
        {"id": each.id * _PER_TRANSACTION + number, "transaction_id": each.id, "action": entity["action"]}
        for number, entity in enumerate(_entities(each), 1)
    ]


def _cases(each: Transaction) -> list[str]:
    cases = (entity for entity in _entities(each) if entity["type"] == "case")
    return [key["submitter_id"] for case in cases for key in case["unique_keys"] if key.get("submitter_id")]


def _logs(source: object, info: Info, **arguments: Any) -> list[dict[str, Any]]:
    """The transactions of a field: those about a record, or all."""
    return _log_page(_found_logs(info.context, arguments, _about(source)), arguments)


def _count_logs(source: object, info: Info, **arguments: Any) -> int:
    return len(_found_logs(info.context, arguments, _about(source)))


def _about(source: object) -> str | None:
    return source.id if isinstance(source, Record) else None


# -- the schema


class SchemaOf:
    """Makes the schema of a dictionary.

    Args:
        dictionary: The dictionary.
    """

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._nodes = dictionary.nodes
        self._arguments = _NodeArguments(dictionary)
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
        fields["_transaction_logs_count"] = GraphQLField(GraphQLInt, _LOG_ARGUMENTS, _count_logs)
        fields["_transaction_logs"] = GraphQLField(GraphQLList(_LOG), _LOG_ARGUMENTS, _logs)
        fields["_links"] = GraphQLField(GraphQLList(self._interface), _ANY_ARGUMENTS, self._neighbours)
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
            "transaction_log": GraphQLField(GraphQLList(_LOG), _LOG_ARGUMENTS, _logs),
            "_transaction_log_count": GraphQLField(GraphQLInt, _LOG_ARGUMENTS, _count_logs),
            "node": GraphQLField(GraphQLList(self._interface), _NODE_ARGUMENTS, self._any),
        }
        for name, node in self._nodes.items():
            own = self._arguments.of(node)
            fields[name] = GraphQLField(GraphQLList(self._types[name]), own, _of_type(node))
            fields[f"_{name}_count"] = GraphQLField(GraphQLInt, own, _of_type(node, count=True))
        if self._data_nodes:
            properties = {name: _scalar_of(node, name) for node in self._data_nodes for name in node.stored}
            own = _made({**properties, **_KEYS, **_PROJECTS})
            fields["datanode"] = GraphQLField(GraphQLList(self._data_node), own, self._files)
        fields["_node_type"] = GraphQLField(GraphQLList(_NODE_TYPE), _NODE_TYPE_ARGUMENTS, self._node_types)
        return fields

    @cached_property
    def _data_node(self) -> GraphQLObjectType:
        fields = {name: _property_field(node, name) for node in self._data_nodes for name in node.stored}
        return GraphQLObjectType("DataNode", {**fields, **_system_fields()})

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
        told = ordered(found, stated, frozenset(_NODE_TYPE.fields), "_node_type", _node_type_value)
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


def _system_fields() -> GraphQLFieldMap:
    return {name: GraphQLField(GraphQLID if name == "id" else GraphQLString) for name in SYSTEM}


def _property_field(node: Node, name: str) -> GraphQLField:
    is_list = node.properties[name].get("type") in ("array", ["array"])
    return GraphQLField(GraphQLList(GraphQLString) if is_list else _scalar_of(node, name))


def _node_type_value(node: Node, name: str) -> Any:
    return node.name if name == "id" else node.schema.get(name)
