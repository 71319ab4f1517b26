"""What `omics gen3 dictionary` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.gen3.dictionary import Dictionary, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.gen3.dictionary import Node


def dictionary_of(access: Access, arguments: Mapping[str, Any]) -> Dictionary:
    """The dictionary that --dictionary names, else that of the commons.

    Args:
        access: The commons.
        arguments: Those of the command.

    Raises:
        DictionaryError: The file is none.
        APIError: The commons doesn't give one.
    """
    named = arguments.get("dictionary")
    return Dictionary.of(access.commons) if named is None else read_dictionary(named)


def dictionary(access: Access, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics gen3 dictionary`: rows of nodes in the order of submission, or of one node's properties and links."""
    del console
    found, name = dictionary_of(access, arguments), arguments.get("node")
    if arguments.get("schema"):
        if name is None:
            return {each.name: each.schema for each in found}
        return found.node(name).schema
    return [_row(found.node(each)) for each in found.order()] if name is None else _properties(found.node(name))


def _row(node: Node) -> dict[str, Any]:
    return {
        "node": node.name,
        "category": node.category,
        "links": [link.target for link in node.links.values()],
        "required": list(node.required),
        "description": node.description,
    }


def _properties(node: Node) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = [
        {
            "property": link.name,
            "type": f"link to {link.target}",
            "required": link.required,
            "choices": [],
            "description": f"{link.label} ({link.multiplicity}), by {link.key} or id",
        }
        for link in node.links.values()
    ]
    own: list[dict[str, Any]] = [
        {
            "property": each.name,
            "type": " or ".join(each.kinds) or ("a choice" if each.choices else "anything"),
            "required": each.required,
            "choices": list(each.choices),
            "description": "set by the commons" if each.system else each.description,
        }
        for each in node.properties.values()
        if each.name not in node.links
    ]
    return links + sorted(own, key=lambda row: not row["required"])
