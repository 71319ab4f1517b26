"""The data dictionary of a commons: its nodes, their properties and links, and the order in which they depend."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from omicsdk.core.batches import repeated
from omicsdk.core.checked_json import checked_json
from omicsdk.core.lazy import require
from omicsdk.core.model import ANY, mapping
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.gen3.errors import Gen3Error, Gen3UserError, choice

if TYPE_CHECKING:
    from omicsdk.gen3.client import Gen3


__all__ = ["Dictionary", "DictionaryError", "Link", "LinkGroup", "Node", "Property", "Shape", "read_dictionary"]

#: References that may follow each other; more of them are a circle.
REFERENCE_DEPTH = 100
#: Values that a part may expand to with its references written out; nodes of published dictionaries have some thousands.
MOST_VALUES = 100_000


class BrokenReference(Exception):
    """A reference has no target, or is circular, or references multiply without end."""


def resolved(part: Any, document: Mapping[str, Any]) -> Any:
    """Return a part of a dictionary with its references replaced by their targets.

    Args:
        part: The part.
        document: The whole dictionary; parts are keys, with or without the suffix .yaml.

    Raises:
        BrokenReference: A reference has no target, or is circular, or the part expands to more than `MOST_VALUES` values.
    """
    values = 0

    def written_out(part: Any, depth: int) -> Any:
        nonlocal values
        values += 1
        if depth > REFERENCE_DEPTH:
            raise BrokenReference("The dictionary's references are circular")
        if values > MOST_VALUES:
            raise BrokenReference(f"The dictionary's references expand to more than {MOST_VALUES:,} values in one node")
        if is_object(part):
            if isinstance(reference := part.get("$ref"), str):
                local = {name: written_out(value, depth + 1) for name, value in part.items() if name != "$ref"}
                referenced = written_out(_target(reference, document), depth + 1)
                return {**referenced, **local} if is_object(referenced) else referenced
            return {name: written_out(value, depth + 1) for name, value in part.items()}
        if is_array(part):
            return [written_out(member, depth + 1) for member in part]
        return part

    return written_out(part, 0)


def _target(reference: str, document: Mapping[str, Any]) -> Any:
    """The target of a reference: `_definitions.yaml#/state`, `#/_definitions/state`, or `#/state` among definitions."""
    file, _, pointer = reference.partition("#")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/") if step]
    target: Any = document
    if file:
        target = document.get(file.removesuffix(".yaml"), document.get(file))
    # A reference within _definitions.yaml is to that file, which is one member of the whole dictionary.
    elif steps and steps[0] not in document:
        target = document.get("_definitions")
    for step in steps:
        if not is_object(target) or step not in target:
            raise BrokenReference(f"The dictionary refers to {reference}, which does not exist")
        target = target[step]
    if target is None:
        raise BrokenReference(f"The dictionary refers to {reference}, which does not exist")
    return target


#: Maximum number of levels of nested schemas that values are checked in.
DEPTH = 20


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of a valid value.

    Attributes:
        kinds: Its JSON types; any if empty.
        choices: Its allowed values; any if None.
        pattern: A regular expression that a text must contain, as in JSON Schema; None for any text.
        format: Such as date-time; empty if there is none.
        minimum: The least number; None if there is none.
        maximum: The greatest number; None if there is none.
        items: What each value of a list may be; anything if there is none.
        keys: Names that an object must have.
    """

    kinds: tuple[str, ...] = ()
    choices: tuple[Any, ...] | None = None
    pattern: re.Pattern[str] | None = None
    format: str = ""
    minimum: float | None = None
    maximum: float | None = None
    items: tuple[Shape, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Property:
    """A property of a node.

    Attributes:
        name: Its name.
        shapes: The forms of its value; any if empty.
        required: Whether each record must have it.
        system: Whether the commons sets it.
        description: The dictionary's description; may be empty.
        default: The default value; None if there is none.
    """

    name: str
    shapes: tuple[Shape, ...]
    required: bool = False
    system: bool = False
    description: str = ""
    default: Any = field(default=None, hash=False)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Types of JSON that it may have, each once, without null."""
        kinds = dict.fromkeys(kind for shape in self.shapes for kind in shape.kinds)
        return tuple(kind for kind in kinds if kind != "null")

    @cached_property
    def choices(self) -> tuple[Any, ...]:
        """Its allowed values, if it is chosen from a list; otherwise empty."""
        if any(shape.choices is None and shape.kinds != ("null",) for shape in self.shapes):
            return ()
        choices = (value for shape in self.shapes for value in shape.choices or ())
        return tuple(value for value in dict.fromkeys(choices) if value is not None)

    @cached_property
    def takes_any_text(self) -> bool:
        """Whether every text is a valid value."""
        free = Shape(kinds=("string",))
        return not self.shapes or any(
            replace(shape, kinds=free.kinds) == free for shape in self.shapes if "string" in shape.kinds
        )

    @cached_property
    def read_as(self) -> str:
        """The JSON type that a table's cell is read as: the first that the dictionary states; string by default."""
        return next(iter(self.kinds), "string")

    @cached_property
    def read_items_as(self) -> str:
        """The JSON type that each text of a list in a cell is read as; string by default."""
        kinds = (kind for shape in self.shapes for inner in shape.items for kind in inner.kinds if kind != "null")
        return next(kinds, "string")


def shapes_of(schema: Mapping[str, Any], depth: int = 0) -> tuple[Shape, ...]:
    """Return the forms of a valid value; none if any value is valid.

    Args:
        schema: A JSON schema without references; keywords that are not supported allow everything.
        depth: How many schemas it is nested in.
    """
    # No form means any value: the commons checks what is not checked here.
    if depth > DEPTH:
        return ()
    for word in ("anyOf", "oneOf"):
        if is_array(alternatives := schema.get(word)):
            alternative_shapes = [
                shapes_of(schema_below, depth + 1) if is_object(schema_below) else () for schema_below in alternatives
            ]
            return (
                ()
                if any(not shapes for shapes in alternative_shapes)
                else tuple(shape for shapes in alternative_shapes for shape in shapes)
            )
    kinds, choices = _kinds(schema.get("type")), schema.get("enum")
    if not kinds and not is_array(choices):
        return ()
    items = schema.get("items")
    return (
        Shape(
            kinds=kinds,
            choices=tuple(_hashable(choices)) if is_array(choices) else None,
            pattern=_pattern(schema.get("pattern")),
            format=schema["format"] if isinstance(schema.get("format"), str) else "",
            minimum=_number(schema.get("minimum")),
            maximum=_number(schema.get("maximum")),
            items=shapes_of(items, depth + 1) if is_object(items) else (),
            keys=tuple(_texts(schema.get("required"))),  # in older drafts a property states `required: true`
        ),
    )


def _kinds(type_names: object) -> tuple[str, ...]:
    if isinstance(type_names, str):
        return (type_names,)
    return tuple(name for name in type_names if isinstance(name, str)) if is_array(type_names) else ()


def _hashable(choices: Sequence[Any]) -> list[Any]:
    return [choice for choice in choices if choice is None or isinstance(choice, str | int | float)]


def _number(number: object) -> float | None:
    return number if isinstance(number, int | float) and not isinstance(number, bool) else None


def _pattern(pattern: object) -> re.Pattern[str] | None:
    if not isinstance(pattern, str):
        return None
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):  # of another dialect: left to the commons
        return None


# The nodes that every dictionary has, and that are not submitted as records.
PROGRAM, PROJECT = "program", "project"
_OWN_KEYS = {PROGRAM: "name", PROJECT: "code"}


def key_of(node: str) -> str:
    """The property by which a node's records are linked to, besides their ids."""
    return _OWN_KEYS.get(node, "submitter_id")


class Link(NamedTuple):
    """A link that records of a node have to others.

    Attributes:
        name: The property that states it.
        target: The node that it points to.
        backref: Its name in the other direction.
        label: Its meaning, such as member_of.
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
        description: The dictionary's description.
        links: Its links by their names, those of groups among them.
        groups: Links that are one requirement together.
        required: Names of the properties that each record has, links among them.
        system: Names of the properties that the commons sets.
        unique_keys: Properties that identify a record together.
        additional: Whether records may have properties that are not stated.
    """

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        self.name = name
        self.schema = schema
        self.title = str(schema.get("title") or name)
        self.category = str(schema.get("category") or "")
        self.description = str(schema.get("description") or "").strip()
        self.required = frozenset(_texts(schema.get("required")))
        self.system = frozenset(_texts(schema.get("systemProperties")))
        self.unique_keys = tuple(tuple(_texts(keys)) for keys in _array(schema.get("uniqueKeys")))
        self.additional = schema.get("additionalProperties", True) is not False
        links, groups = _links(_array(schema.get("links")))
        self.links: Mapping[str, Link] = {link.name: link for link in links}
        self.groups: tuple[LinkGroup, ...] = tuple(groups)

    @property
    def key(self) -> str:
        """The property that names a record within its project."""
        return key_of(self.name)

    @property
    def submitted(self) -> bool:
        """Whether its records are submitted to a project."""
        # A record belongs to a project by its links: a node without any has no records to submit.
        return self.name not in _OWN_KEYS and bool(self.schema.get("submittable", True)) and bool(self.links)

    @property
    def is_file(self) -> bool:
        """Whether its records describe files."""
        return self.category.endswith("_file")

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """Its properties but the links, by their names, in the dictionary's order."""
        properties = self.schema.get("properties")
        return {
            name: Property(
                name=name,
                shapes=shapes_of(property_schema),
                required=name in self.required,
                system=name in self.system,
                description=_description(property_schema),
                default=property_schema.get("default"),
            )
            for name, property_schema in (properties.items() if is_object(properties) else ())
            if name not in self.links and is_object(property_schema)
        }

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names that a record may have: its properties without those that the commons sets, then its links."""
        return (*(name for name in self.properties if name not in self.system), *self.links)

    @cached_property
    def stated(self) -> tuple[str, ...]:
        """The properties that every record has to state, but its type and its links."""
        required = {*self.required, self.key} - {"type"} - self.system
        return tuple(name for name in self.properties if name in required)

    def to_dict(self) -> dict[str, Any]:
        """Return the node in short, as plain values for JSON."""
        return {
            "node": self.name,
            "category": self.category,
            "links": [link.target for link in self.links.values()],
            "required": sorted(self.required),
            "description": self.description,
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return its links and properties as rows of a table, required ones first."""
        links: list[dict[str, Any]] = [
            {
                "property": link.name,
                "type": f"link to {link.target}",
                "required": link.required,
                "choices": [],
                "description": f"{link.label} ({link.multiplicity}), by {link.key} or id",
            }
            for link in self.links.values()
        ]
        properties: list[dict[str, Any]] = [
            {
                "property": property_.name,
                "type": " or ".join(property_.kinds) or ("a choice" if property_.choices else "anything"),
                "required": property_.required,
                "choices": list(property_.choices),
                "description": "set by the commons" if property_.system else property_.description,
            }
            for property_ in self.properties.values()
            if property_.name not in self.links
        ]
        return links + sorted(properties, key=lambda row: not row["required"])

    def __repr__(self) -> str:
        return f"<Node {self.name}>"


def _description(schema: Mapping[str, Any]) -> str:
    term = schema.get("term")
    description = schema.get("description") or (term.get("description") if is_object(term) else "") or ""
    return " ".join(str(description).split())


def _array(value: object) -> Sequence[Any]:
    return value if is_array(value) else ()


def _texts(value: object) -> Iterator[str]:
    return (text for text in _array(value) if isinstance(text, str))


def _links(declared_links: Sequence[Any]) -> tuple[list[Link], list[LinkGroup]]:
    links: list[Link] = []
    groups: list[LinkGroup] = []
    for declaration in declared_links:
        if not is_object(declaration):
            continue
        if is_array(inner := declaration.get("subgroup")):
            links_below, deeper = _links(inner)
            # A group's links are the node's own; the group only states how many of them a record has.
            links += links_below
            groups += deeper
            names = tuple(link.name for link in links_below)
            groups.append(LinkGroup(names, bool(declaration.get("required")), bool(declaration.get("exclusive"))))
        elif "name" in declaration and "target_type" in declaration:
            links.append(
                Link(
                    name=str(declaration["name"]),
                    target=str(declaration["target_type"]),
                    backref=str(declaration.get("backref") or ""),
                    label=str(declaration.get("label") or ""),
                    multiplicity=str(declaration.get("multiplicity") or "many_to_many"),
                    required=bool(declaration.get("required")),
                )
            )
    return links, groups


K = TypeVar("K", bound=Hashable)


def groups_in_order(needs: Mapping[K, Iterable[K]]) -> list[tuple[K, ...]]:
    """Sort items after those that they need.

    Args:
        needs: By item, the items that it needs; those that are no key themselves are ignored.

    Returns:
        Groups of items: one for each, and one for all that need each other in a cycle, in the given order. Each group
        needs only itself and those before it.
    """
    # Tarjan's strongly connected components, without recursion: a table's rows may be long chains.
    number: dict[K, int] = {}
    lowest: dict[K, int] = {}
    stack: dict[K, None] = {}
    position = {item: index for index, item in enumerate(needs)}
    groups: list[tuple[K, ...]] = []
    for root in needs:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        stack[root] = None
        work = [(root, iter(needs[root]))]
        while work:
            item, following = work[-1]
            for needed in following:
                if needed in needs and needed not in number:
                    number[needed] = lowest[needed] = len(number)
                    stack[needed] = None
                    work.append((needed, iter(needs[needed])))
                    break
                if needed in stack:
                    lowest[item] = min(lowest[item], number[needed])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[item])
                if lowest[item] == number[item]:
                    members: list[K] = []
                    while item in stack:
                        members.append(stack.popitem()[0])
                    groups.append(tuple(sorted(members, key=position.__getitem__)))
    return groups


class DictionaryError(Gen3Error):
    """A document is not a data dictionary."""


class Dictionary:
    """A data dictionary. Reading it takes one request to the commons: read it once for all rows.

    Args:
        document: Nodes by their names, and what begins with `_` (definitions, settings, terms), as a commons gives it;
            references may be in it.

    Attributes:
        nodes: Its nodes by their names, in its order.

    Raises:
        DictionaryError: It is invalid: not an object of schemas, or a link or reference has no target.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        try:
            parts = {name: resolved(schema, document) for name, schema in document.items() if _is_node(name, schema)}
        except BrokenReference as error:
            raise DictionaryError(str(error), remedy="Use the whole dictionary, with its definitions.") from error
        self.nodes: Mapping[str, Node] = {name: Node(name, part) for name, part in parts.items()}
        if not self.nodes:
            raise DictionaryError("The dictionary has no nodes", remedy="Use the response of _dictionary/_all.")
        for node, link in self.links():
            if link.target not in self.nodes:
                raise DictionaryError(
                    f"The dictionary's {node.name} links by {link.name} to {link.target}, which it does not have",
                    remedy="Use the whole dictionary.",
                )

    @classmethod
    def of(cls, commons: Gen3) -> Dictionary:
        """Read the dictionary of a commons; no login is needed.

        Args:
            commons: The commons.

        Raises:
            APIError: The commons returned none.
            TransportError: No response arrived.
        """
        response = commons.sheepdog.get_dictionary_node.raw(entry="_all")
        return cls(checked_json(response, "get_dictionary_node", mapping(ANY)))

    def node(self, name: str) -> Node:
        """Return a node.

        Args:
            name: Its name.

        Raises:
            Gen3UserError: There is none of that name; the nearest is named.
        """
        node = self.nodes.get(name)
        if node is None:
            raise Gen3UserError(f"The dictionary has no node {name!r}", remedy=choice(name, self.nodes))
        return node

    def links(self) -> Iterator[tuple[Node, Link]]:
        """Return each link with the node that has it."""
        for node in self.nodes.values():
            for link in node.links.values():
                yield node, link

    @cached_property
    def backrefs(self) -> Mapping[str, Mapping[str, tuple[Node, Link]]]:
        """By node, the links to it: the name of the way back, the node that has the link, and the link."""
        backrefs: dict[str, dict[str, tuple[Node, Link]]] = {name: {} for name in self.nodes}
        for node, link in self.links():
            if link.backref:
                backrefs[link.target][link.backref] = (node, link)
        return backrefs

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
        """Return whether records of a group may need others of the same group.

        Args:
            group: One of `groups`.
        """
        return any(link.target in group for name in group for link in self.nodes[name].links.values())

    def order(self, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return nodes in the order in which records can be submitted: what they link to comes first.

        Args:
            names: The nodes; all by default.

        Raises:
            Gen3UserError: There is none of such a name.
        """
        every = tuple(name for group in self.groups for name in group)
        if names is None:
            return every
        requested = {self.node(name).name for name in names}
        return tuple(name for name in every if name in requested)

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"<Dictionary of {len(self.nodes)} nodes>"


def _is_node(name: str, part: object) -> bool:
    # The metaschema of nodes is in the whole dictionary (`_dictionary/_all`), and is none of them.
    return not name.startswith("_") and name != "metaschema" and is_object(part) and "properties" in part


_YAML = (".yaml", ".yml")
_SUFFIXES = (".json", *_YAML)
_REMEDY = "Use the dictionary as one JSON or YAML file, or as a folder with a JSON or YAML file for each node."


class DictionaryFileError(DictionaryError, Gen3UserError):
    """A file or folder that was named as a data dictionary is none, or cannot be read."""


def read_dictionary(path: str | os.PathLike[str]) -> Dictionary:
    """Read a dictionary from a file or a folder.

    Args:
        path: A JSON file as a commons gives it under _dictionary/_all, or a folder with a file for each node, JSON or
            YAML, with _definitions beside them; YAML needs PyYAML.

    Raises:
        DictionaryError: It cannot be read, or is not a dictionary (a UsageError).
        MissingExtra: It is YAML, and PyYAML is not installed.
    """
    source = Path(path)
    if source.is_dir():
        document = {file.stem: _document(file) for file in _files(source)}
    else:
        document = _document(source)
        # Compiled dictionaries have the names of their files as keys.
        document = {name.removesuffix(".yaml"): schema for name, schema in document.items()}
    try:
        return Dictionary(document)
    except DictionaryError as error:
        raise DictionaryFileError(f"{source}: {error.message}", remedy=error.remedy) from error


def _files(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
    except OSError as error:
        raise _unreadable(folder, error) from error
    if not files:
        raise _no_dictionary(folder, "no file in it ends in .json, .yaml or .yml")
    for node in repeated(file.stem for file in files):
        raise _no_dictionary(folder, f"two files in it are of the node {node}")
    return files


def _document(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(file, error) from error
    except ValueError as error:  # bytes that are no text, or a NUL in the path
        raise _no_dictionary(file, "it is not text in UTF-8") from error
    try:
        content = _of_yaml(text, file) if file.suffix in _YAML else json.loads(text)
    except ValueError as error:
        raise _no_dictionary(file, f"it is not JSON: {error}") from error
    except RecursionError as error:
        raise _no_dictionary(file, "it is nested too deep") from error
    if not is_object(content):
        raise _no_dictionary(file, "it is not an object of names and values")
    for name in cast("Iterable[object]", content):  # YAML has keys of other kinds, too
        if not isinstance(name, str):
            raise _no_dictionary(file, f"{name!r} in it is not text")
    return content


def _of_yaml(text: str, file: Path) -> Any:
    require("yaml", "gen3", f"{file}, which is YAML")
    try:
        return read_yaml(text, as_pyyaml=True)  # as Gen3's services do
    except YamlFault as error:
        raise _no_dictionary(file, str(error)) from error


def _unreadable(path: Path, error: OSError) -> DictionaryFileError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DictionaryFileError(f"No dictionary found at {path}", remedy=f"Check the path. {_REMEDY}")
    return DictionaryFileError(
        f"The dictionary {path} cannot be read: {error.strerror or error}",
        remedy="Use a readable file, or ask its owner for permission.",
    )


def _no_dictionary(path: Path, why: str) -> DictionaryFileError:
    return DictionaryFileError(f"{path} is not a data dictionary: {why}", remedy=_REMEDY)
