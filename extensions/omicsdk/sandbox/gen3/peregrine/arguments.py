"""The arguments of the schema's fields."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
)

from omicsdk.sandbox.gen3.records.dictionary import Dictionary, Node

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


def scalar_of(node: Node, name: str) -> GraphQLScalarType:
    """The type of a property's single value: numbers are Float, also whole ones."""
    stated = node.properties[name].get("type", "string")
    kinds = [stated] if isinstance(stated, str) else list(stated)
    if "string" in kinds:
        return GraphQLString
    return {"integer": GraphQLFloat, "number": GraphQLFloat, "boolean": GraphQLBoolean}.get(kinds[0], GraphQLString)


def log_arguments() -> Arguments:
    """Those of transactions."""
    return _made(_LOGS)


def any_arguments() -> Arguments:
    """Those of records of any node type."""
    return _made({**_KEYS, "project_id": GraphQLList(GraphQLString), "category": GraphQLString})


def root_node_arguments() -> Arguments:
    """Those of `node`."""
    return _made(
        {
            **_KEYS,
            "project_id": GraphQLList(GraphQLString),
            "category": GraphQLString,
            "of_type": GraphQLList(GraphQLString),
        }
    )


def data_node_arguments(nodes: Iterable[Node]) -> Arguments:
    """Those of `datanode`: properties of files take one value."""
    own = {name: scalar_of(node, name) for node in nodes for name in node.stored}
    return _made({**own, **_KEYS, "project_id": GraphQLList(GraphQLString)})


def node_type_arguments() -> Arguments:
    """Those of `_node_type`."""
    return _made(
        {"id": GraphQLString, "category": GraphQLString, "first": GraphQLInt, "offset": GraphQLInt, **_ORDERING}
    )


def _made(types: _Types) -> Arguments:
    return {name: GraphQLArgument(each) for name, each in types.items()}


class NodeArguments:
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
                name: GraphQLList(scalar_of(node, name))
                for name in node.stored
                if name not in ("id", "submitter_id", "type")
            }
            project = {"project_id": GraphQLList(GraphQLString)}
            unwanted = GraphQLList(self._unwanted[node.name])
            self._made[node.name] = _made({**_KEYS, **_LINKS, **paths, **project, **own, "not": unwanted})
        return self._made[node.name]


def _path_fields(dictionary: Dictionary) -> Callable[[], dict[str, GraphQLInputField]]:
    def make() -> dict[str, GraphQLInputField]:
        own = {name: scalar_of(node, name) for node in dictionary.nodes.values() for name in node.stored}
        fields = {name: GraphQLInputField(each) for name, each in own.items()}
        return {
            **fields,
            "id": GraphQLInputField(GraphQLString),
            "type": GraphQLInputField(GraphQLNonNull(GraphQLString)),
        }

    return make


def _unwanted_fields(node: Node) -> dict[str, GraphQLInputField]:
    return {name: GraphQLInputField(GraphQLList(scalar_of(node, name))) for name in node.stored}
