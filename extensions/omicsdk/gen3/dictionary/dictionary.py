"""A data dictionary: its nodes, and in which order they depend on each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from omicsdk.core.narrowing import is_object
from omicsdk.gen3.dictionary.node import Link, Node
from omicsdk.gen3.dictionary.order import groups_in_order
from omicsdk.gen3.dictionary.references import BrokenReference, resolved
from omicsdk.gen3.errors import Gen3Error, Gen3UserError
from omicsdk.gen3.names import choice

if TYPE_CHECKING:
    from omicsdk.gen3.commons import Commons


class DictionaryError(Gen3Error):
    """A document is no data dictionary."""


class Dictionary:
    """A data dictionary. Reading it takes one request to the commons; keep it for as many rows as there are.

    Args:
        document: Nodes by their names, and what begins with `_` (definitions, settings, terms), as a commons gives it;
            references may be in it.

    Attributes:
        nodes: Its nodes by their names, in its order.

    Raises:
        DictionaryError: It is none: not an object of schemas, a link or reference that leads nowhere.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        try:
            parts = {name: resolved(each, document) for name, each in document.items() if _is_node(name, each)}
        except BrokenReference as error:
            raise DictionaryError(str(error), remedy="Give the whole dictionary, with its definitions.") from error
        self.nodes: Mapping[str, Node] = {name: Node(name, part) for name, part in parts.items()}
        if not self.nodes:
            raise DictionaryError("There is no node in the dictionary", remedy="Give what _dictionary/_all answers.")
        for node, link in self.links():
            if link.target not in self.nodes:
                raise DictionaryError(
                    f"The dictionary's {node.name} links by {link.name} to {link.target}, which it doesn't have",
                    remedy="Give the whole dictionary.",
                )

    @classmethod
    def of(cls, commons: Commons) -> Dictionary:
        """Reads the dictionary of a commons; no login is needed.

        Args:
            commons: The commons.

        Raises:
            APIError: It doesn't give one.
            TransportError: No answer came.
        """
        return cls(commons.sheepdog.get_dictionary_node(entry="_all"))

    def node(self, name: str) -> Node:
        """Gives a node.

        Args:
            name: Its name.

        Raises:
            Gen3UserError: There is none of that name; the nearest is named.
        """
        found = self.nodes.get(name)
        if found is None:
            raise Gen3UserError(f"The dictionary has no node {name!r}", remedy=choice(name, self.nodes))
        return found

    def links(self) -> Iterator[tuple[Node, Link]]:
        """Gives each link with the node that has it."""
        for node in self.nodes.values():
            for link in node.links.values():
                yield node, link

    @cached_property
    def backrefs(self) -> Mapping[str, Mapping[str, tuple[Node, Link]]]:
        """By node, the links that lead to it: the name of the way back, the node that has the link, and the link."""
        found: dict[str, dict[str, tuple[Node, Link]]] = {name: {} for name in self.nodes}
        for node, link in self.links():
            if link.backref:
                found[link.target][link.backref] = (node, link)
        return found

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The nodes in the order in which records can be submitted; nodes that link to each other in a circle together."""
        needs = {name: [link.target for link in node.links.values()] for name, node in self.nodes.items()}
        return tuple(groups_in_order(needs))

    @property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """The nodes that link to each other in a circle, and those that link to themselves: their rows decide the order."""
        return tuple(group for group in self.groups if self.is_cycle(group))

    def is_cycle(self, group: tuple[str, ...]) -> bool:
        """Tells whether records of a group may need others of the same group.

        Args:
            group: One of `groups`.
        """
        return any(link.target in group for name in group for link in self.nodes[name].links.values())

    def order(self, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """Gives nodes in the order in which records can be submitted: what they link to comes first.

        Args:
            names: The nodes; all by default.

        Raises:
            Gen3UserError: There is none of such a name.
        """
        every = tuple(name for group in self.groups for name in group)
        if names is None:
            return every
        wanted = {self.node(name).name for name in names}
        return tuple(name for name in every if name in wanted)

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"<Dictionary of {len(self.nodes)} nodes>"


def _is_node(name: str, part: object) -> bool:
    return not name.startswith("_") and name != "metaschema" and is_object(part) and "properties" in part
