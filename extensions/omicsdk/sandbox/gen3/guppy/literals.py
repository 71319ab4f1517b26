"""Values that stand in a query itself, as JSON."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)


def literal(node: ValueNode, variables: Mapping[str, Any] | None = None) -> Any:
    """The value of a node; bare words such as `asc` are texts.

    Args:
        node: The node.
        variables: The values of the query's variables.
    """
    match node:
        case StringValueNode() | BooleanValueNode() | EnumValueNode():
            return node.value
        case IntValueNode():
            return int(node.value)
        case FloatValueNode():
            return float(node.value)
        case ListValueNode():
            return [literal(each, variables) for each in node.values]
        case ObjectValueNode():
            return {each.name.value: literal(each.value, variables) for each in node.fields}
        case VariableNode():
            return (variables or {}).get(node.name.value)
        case _:
            return None
