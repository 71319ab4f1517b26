"""The data dictionary of a commons: node types with their properties, links, unique keys; and what keeps to it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# The two node types that every dictionary has, and that are not submitted as records.
PROGRAM, PROJECT = "program", "project"
# By which property a node type is linked to that has no submitter_id.
OWN_KEYS = {PROGRAM: "name", PROJECT: "code"}

# Defaults of a node type of the SPARC dictionary.
_EVERY_NODE: Mapping[str, Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "program": "*",
    "project": "*",
    "submittable": True,
    "additionalProperties": False,
    "validators": None,
    "uniqueKeys": [["id"], ["project_id", "submitter_id"]],
    "systemProperties": ["id", "project_id", "created_datetime", "updated_datetime", "state"],
}


# A fault of a record: `keys` of its properties, `message`, `type`.
Fault = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A link that records of a node type have to others.

    Attributes:
        name: The property that states it.
        target: The node type that it points to.
        backref: Its name on the other side.
        multiplicity: Such as many_to_one.
        required: Whether each record has it.
    """

    name: str
    target: str
    backref: str
    multiplicity: str
    required: bool

    @property
    def to_one(self) -> bool:
        """Whether a record has one target at most."""
        return self.multiplicity.endswith("_to_one")

    @property
    def from_one(self) -> bool:
        """Whether a target is linked to by one record at most."""
        return self.multiplicity.startswith("one_to_")

    @property
    def key(self) -> str:
        """The property that names a target besides its id."""
        return OWN_KEYS.get(self.target, "submitter_id")


@dataclass(frozen=True, slots=True)
class LinkGroup:
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
    """A node type.

    Args:
        name: Its name.
        schema: Its JSON schema with links, as the dictionary serves it.
    """

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        self.name = name
        self.schema = schema
        self.category: str = schema.get("category", "")
        links, groups = _links(schema.get("links") or ())
        self.links: Mapping[str, Link] = {link.name: link for link in links}
        self.groups: Sequence[LinkGroup] = groups
        self.required = frozenset[str](schema.get("required") or ())

    @property
    def is_file(self) -> bool:
        """Whether its records represent files, each with an index record."""
        return self.category.endswith("_file")

    @cached_property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The schemas of its properties, but not the links, by name."""
        properties: Mapping[str, Mapping[str, Any]] = self.schema.get("properties") or {}
        return {name: property_schema for name, property_schema in properties.items() if name not in self.links}

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """The names of the properties that records of it have, in alphabetical order."""
        return tuple(sorted(self.properties))

    @cached_property
    def submitted(self) -> tuple[str, ...]:
        """The names of the properties that users fill in: keys first, then required ones, then others."""
        if self.name in OWN_KEYS:
            keys = [OWN_KEYS[self.name]]
        else:
            keys = [name for name in ("project_id", "submitter_id") if name in self.properties]
        rest = sorted(set(self.properties) - {*(self.schema.get("systemProperties") or ()), *keys, "type"})
        return (*keys, *(n for n in rest if n in self.required), *(n for n in rest if n not in self.required))

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """Defaults of properties."""
        defaults = {name: self.properties[name].get("default") for name in self.stored}
        return {name: value for name, value in defaults.items() if value is not None}

    @cached_property
    def _validator(self) -> Any:
        from jsonschema import Draft4Validator, FormatChecker  # its import takes a while

        # Properties that are not required may be null, which clears them.
        properties: Mapping[str, Mapping[str, Any]] = self.schema.get("properties") or {}
        optional = properties.keys() - self.required - self.links.keys()
        schema = {
            "type": "object",
            "additionalProperties": self.schema.get("additionalProperties", True),
            "required": list(self.schema.get("required") or ()),
            "properties": {name: _or_null(part) if name in optional else part for name, part in properties.items()},
        }
        formats = FormatChecker(formats=())
        formats.checks("date-time")(_is_moment)
        return Draft4Validator(schema, format_checker=formats)

    def faults(self, document: Mapping[str, Any]) -> list[Fault]:
        """The faults of a record that is submitted; empty when there are none."""
        if self.is_file and isinstance(document.get("urls"), str):  # for the index; the dictionary does not have it
            document = {name: value for name, value in document.items() if name != "urls"}
        return [_fault(error) for error in self._validator.iter_errors(document)]

    def value(self, name: str) -> Any:
        """A value of its schema; its own name is the `id`."""
        return self.name if name == "id" else self.schema.get(name)


def _links(declarations: Sequence[Mapping[str, Any]]) -> tuple[list[Link], list[LinkGroup]]:
    links: list[Link] = []
    groups: list[LinkGroup] = []
    for declaration in declarations:
        if "subgroup" in declaration:
            inner, deeper = _links(declaration["subgroup"])
            links += inner
            groups += deeper
            names = tuple(link.name for link in inner)
            groups.append(LinkGroup(names, bool(declaration.get("required")), bool(declaration.get("exclusive"))))
        else:
            multiplicity, required = declaration.get("multiplicity", "many_to_many"), bool(declaration.get("required"))
            links.append(
                Link(declaration["name"], declaration["target_type"], declaration["backref"], multiplicity, required)
            )
    return links, groups


class Dictionary:
    """A data dictionary.

    Args:
        document: Node types by name, and what begins with `_` (definitions, settings, terms), as `_dictionary/_all` gives
            them; references to `_definitions` may be in it.

    Raises:
        ValueError: It has no program and project, or a link or a node type's reference points to nothing.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: Mapping[str, Any] = {
            name: _resolved(part, document, dangling=name.startswith("_")) if isinstance(part, dict) else part
            for name, part in document.items()
            if name != "metaschema"
        }
        self.nodes: Mapping[str, Node] = {
            name: Node(name, part) for name, part in self.document.items() if not name.startswith("_")
        }
        if missing := {PROGRAM, PROJECT} - set(self.nodes):
            raise ValueError(f"the dictionary has no node type {' and '.join(sorted(missing))}")
        for source, link in self._every_link():
            if link.target not in self.nodes:
                raise ValueError(
                    f"the dictionary's {source} links by {link.name} to {link.target}, which it doesn't have"
                )

    def _every_link(self) -> Iterator[tuple[str, Link]]:
        for name, node in self.nodes.items():
            for link in node.links.values():
                yield name, link

    @cached_property
    def ways(self) -> Mapping[str, Mapping[str, tuple[str, Link]]]:
        """By node type, its links and what points to it: name of the way, the node type there and the link."""
        backrefs = {
            name: {link.name: (link.target, link) for link in node.links.values()} for name, node in self.nodes.items()
        }
        for source, link in self._every_link():
            backrefs[link.target][link.backref] = (source, link)
        return backrefs


def _resolved(part: Any, document: Mapping[str, Any], depth: int = 0, *, dangling: bool) -> Any:
    """A part of the dictionary with its references replaced by what they point to; `dangling` ones may stay."""
    if depth > 100:
        raise ValueError("the dictionary's references form a circle")
    if isinstance(part, dict):
        mapping = cast("dict[str, Any]", part)
        if isinstance(reference := mapping.get("$ref"), str):
            siblings = {
                name: _resolved(member, document, depth + 1, dangling=dangling)
                for name, member in mapping.items()
                if name != "$ref"
            }
            try:
                target = _target(reference, document)
            except ValueError:
                # Published dictionaries have such a definition, which no node type uses, and Sheepdog serves it.
                if dangling:
                    return mapping
                raise
            return {**_resolved(target, document, depth + 1, dangling=dangling), **siblings}
        return {name: _resolved(member, document, depth + 1, dangling=dangling) for name, member in mapping.items()}
    if isinstance(part, list):
        return [_resolved(item, document, depth + 1, dangling=dangling) for item in cast("list[Any]", part)]
    return part


def _target(reference: str, document: Mapping[str, Any]) -> Any:
    """The target of a reference: `#/_definitions/state`, `_definitions.yaml#/state`, or `#/state` among definitions."""
    file, _, pointer = reference.partition("#")
    target: Any = document.get(file.removesuffix(".yaml"), {}) if file else document
    steps = [step for step in pointer.split("/") if step]
    if not file and steps and steps[0] not in document:
        target = document.get("_definitions", {})
    for step in steps:
        if not isinstance(target, dict) or step not in target:
            raise ValueError(f"the dictionary refers to {reference}, which does not exist")
        target = cast("dict[str, Any]", target)[step]
    return target


def sds_document() -> dict[str, Any]:
    """The dictionary of the SPARC Dataset Structure, with which a commons begins."""
    text = resources.files(__package__ or "").joinpath("sds.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return {
        name: part if name.startswith("_") else {**deepcopy(dict(_EVERY_NODE)), **part}
        for name, part in document.items()
    }


@cache
def sds_dictionary() -> Dictionary:
    """That dictionary, made once: a sandbox that is emptied for each test starts with it repeatedly."""
    return Dictionary(sds_document())


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def fault(kind: str, message: str, *keys: str) -> Fault:
    """The faults of a record.

    Args:
        kind: The service's word, such as INVALID_LINK.
        message: The fault.
        keys: The properties.
    """
    return {"keys": list(keys), "message": message, "type": kind}


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(schema)
    if "enum" in changed and None not in changed["enum"]:
        changed["enum"] = [*changed["enum"], None]
    if "type" in changed:
        kinds = [changed["type"]] if isinstance(changed["type"], str) else list(changed["type"])
        changed["type"] = kinds if "null" in kinds else [*kinds, "null"]
    for word in ("oneOf", "anyOf"):
        if word in changed and {"type": "null"} not in changed[word]:
            changed[word] = [*changed[word], {"type": "null"}]
    return changed


def _fault(error: "ValidationError") -> Fault:
    path = ".".join(str(step) for step in error.absolute_path)
    word = str(error.validator)
    if word == "required":
        missing = error.message.split("'")[1]
        return fault("MISSING_PROPERTY", error.message, f"{path}.{missing}" if path else missing)
    if word in ("anyOf", "oneOf"):
        reasons = " and ".join(cause.message for cause in error.context or ())
        return fault("INVALID_VALUE", f"{error.message}: {reasons}" if reasons else error.message, path)
    kind = "INVALID_VALUE" if word == "type" else "ERROR"
    return fault(kind, error.message, *([path] if path else []))
