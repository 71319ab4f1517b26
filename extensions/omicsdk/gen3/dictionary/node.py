"""A node of a dictionary: the properties that its records have, and what they link to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.dictionary.property import Property, shapes_of

PROGRAM, PROJECT = "program", "project"
"""The nodes that every dictionary has, and that nobody submits as records."""
_OWN_KEYS = {PROGRAM: "name", PROJECT: "code"}


def key_of(node: str) -> str:
    """The property by which a node's records are linked to, besides their ids."""
    return _OWN_KEYS.get(node, "submitter_id")


class Link(NamedTuple):
    """A link that records of a node have to others.

    Attributes:
        name: The property that states it.
        target: The node that it leads to.
        backref: What it is called from there.
        label: What it means, such as member_of.
        multiplicity: Such as many_to_one.
        required: Whether each record has it.
    """

    name: str
    target: str
    backref: str
    label: str
    multiplicity: str
    required: bool

    @property
    def to_one(self) -> bool:
        """Whether a record has one target at most."""
        return self.multiplicity.endswith("_to_one")

    @property
    def key(self) -> str:
        """The property that names a target, besides its id."""
        return key_of(self.target)


class LinkGroup(NamedTuple):
    """Links that are one requirement together.

    Attributes:
        links: Their names.
        required: Whether each record has at least one of them.
        exclusive: Whether a record has one of them at most.
    """

    links: tuple[str, ...]
    required: bool
    exclusive: bool


class Node:
    """A node of a dictionary.

    Args:
        name: Its name.
        schema: Its JSON schema with links, without references.

    Attributes:
        name: Its name.
        schema: Its JSON schema.
        title: Its name for readers.
        category: What kind of node it is, such as clinical or data_file.
        description: What it is, in the dictionary's words.
        links: Its links by their names, those of groups among them.
        groups: Links that are one requirement together.
        required: Names of the properties that each record has, links among them.
        system: Names of the properties that the commons sets.
        unique_keys: Properties that name a record together.
        additional: Whether records may have properties that aren't stated.
    """

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        self.name = name
        self.schema = schema
        self.title = str(schema.get("title") or name)
        self.category = str(schema.get("category") or "")
        self.description = str(schema.get("description") or "").strip()
        self.required = frozenset(_texts(schema.get("required")))
        self.system = frozenset(_texts(schema.get("systemProperties")))
        self.unique_keys = tuple(tuple(_texts(each)) for each in _listed(schema.get("uniqueKeys")))
        self.additional = schema.get("additionalProperties", True) is not False
        links, groups = _links(_listed(schema.get("links")))
        self.links: Mapping[str, Link] = {link.name: link for link in links}
        self.groups: tuple[LinkGroup, ...] = tuple(groups)

    @property
    def key(self) -> str:
        """The property that names a record within its project."""
        return key_of(self.name)

    @property
    def submitted(self) -> bool:
        """Whether its records are submitted to a project."""
        return self.name not in _OWN_KEYS and bool(self.schema.get("submittable", True)) and bool(self.links)

    @property
    def is_file(self) -> bool:
        """Whether its records stand for files."""
        return self.category.endswith("_file")

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """Its properties but the links, by their names, in the dictionary's order."""
        stated = self.schema.get("properties")
        return {
            name: Property(
                name=name,
                shapes=shapes_of(each),
                required=name in self.required,
                system=name in self.system,
                description=_description(each),
                default=each.get("default"),
            )
            for name, each in (stated.items() if is_object(stated) else ())
            if name not in self.links and is_object(each)
        }

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What a record may state: its properties without those that the commons sets, then its links."""
        return (*(name for name in self.properties if name not in self.system), *self.links)

    @cached_property
    def stated(self) -> tuple[str, ...]:
        """The properties that every record has to state, but its type and its links."""
        required = {*self.required, self.key} - {"type"} - self.system
        return tuple(name for name in self.properties if name in required)

    def __repr__(self) -> str:
        return f"<Node {self.name}>"


def _description(schema: Mapping[str, Any]) -> str:
    term = schema.get("term")
    told = schema.get("description") or (term.get("description") if is_object(term) else "") or ""
    return " ".join(str(told).split())


def _listed(stated: object) -> Sequence[Any]:
    return stated if is_array(stated) else ()


def _texts(stated: object) -> Iterator[str]:
    return (each for each in _listed(stated) if isinstance(each, str))


def _links(stated: Sequence[Any]) -> tuple[list[Link], list[LinkGroup]]:
    links: list[Link] = []
    groups: list[LinkGroup] = []
    for each in stated:
        if not is_object(each):
            continue
        if is_array(inner := each.get("subgroup")):
            found, deeper = _links(inner)
            links += found
            groups += deeper
            names = tuple(link.name for link in found)
            groups.append(LinkGroup(names, bool(each.get("required")), bool(each.get("exclusive"))))
        elif "name" in each and "target_type" in each:
            links.append(
                Link(
                    name=str(each["name"]),
                    target=str(each["target_type"]),
                    backref=str(each.get("backref") or ""),
                    label=str(each.get("label") or ""),
                    multiplicity=str(each.get("multiplicity") or "many_to_many"),
                    required=bool(each.get("required")),
                )
            )
    return links, groups
