"""A data dictionary: its nodes, and in which order they depend on each other."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from omicsdk.core.lazy import require
from omicsdk.core.type_guards import is_object
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.gen3.dictionary.node import BrokenReference, Link, Node, resolved
from omicsdk.gen3.errors import Gen3Error, Gen3UserError, choice

if TYPE_CHECKING:
    from omicsdk.gen3.client import Gen3


K = TypeVar("K", bound=Hashable)


def groups_in_order(needs: Mapping[K, Iterable[K]]) -> list[tuple[K, ...]]:
    """Put things behind what they need.

    Args:
        needs: What each thing needs; what isn't a thing itself is there already.

    Returns:
        Groups of things: one of its own for each, and one for all that need each other in a circle, in the order in which
        they were given. Each group needs only itself and those before it.
    """
    # Tarjan's strongly connected components, without recursion: a table's rows may be long chains.
    number: dict[K, int] = {}
    lowest: dict[K, int] = {}
    stack: list[K] = []
    on_stack: set[K] = set()
    position = {each: place for place, each in enumerate(needs)}
    found: list[tuple[K, ...]] = []
    for root in needs:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(needs[root]))]
        while work:
            node, following = work[-1]
            deeper = next(
                (each for each in following if each in needs and _unseen(each, node, number, lowest, on_stack)), None
            )
            if deeper is not None:
                number[deeper] = lowest[deeper] = len(number)
                stack.append(deeper)
                on_stack.add(deeper)
                work.append((deeper, iter(needs[deeper])))
                continue
            work.pop()
            if work:
                above = work[-1][0]
                lowest[above] = min(lowest[above], lowest[node])
            if lowest[node] == number[node]:
                members: list[K] = []
                while not members or members[-1] != node:
                    members.append(stack.pop())
                    on_stack.discard(members[-1])
                found.append(tuple(sorted(members, key=position.__getitem__)))
    return found


def _unseen(each: K, node: K, number: Mapping[K, int], lowest: dict[K, int], on_stack: set[K]) -> bool:
    if each not in number:
        return True
    if each in on_stack:
        lowest[node] = min(lowest[node], number[each])
    return False


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
    def of(cls, commons: Gen3) -> Dictionary:
        """Read the dictionary of a commons; no login is needed.

        Args:
            commons: The commons.

        Raises:
            APIError: It doesn't give one.
            TransportError: No answer came.
        """
        return cls(commons.sheepdog.get_dictionary_node(entry="_all"))

    def node(self, name: str) -> Node:
        """Return a node.

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
        """Return each link with the node that has it."""
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


_YAML = (".yaml", ".yml")
_SUFFIXES = (".json", *_YAML)
_REMEDY = "Give the dictionary as one JSON or YAML file, or as a folder with a JSON or YAML file for each node."


class DictionaryFileError(DictionaryError, Gen3UserError):
    """A file or folder that was named as a data dictionary is none, or can't be read."""


def read_dictionary(path: str | os.PathLike[str]) -> Dictionary:
    """Read a dictionary from a file or a folder.

    Args:
        path: A JSON file as a commons gives it under _dictionary/_all, or a folder with a file for each node, JSON or YAML,
            with _definitions beside them; YAML needs PyYAML.

    Raises:
        DictionaryError: It can't be read, or is no dictionary (a UsageError).
        MissingExtra: It is YAML, and PyYAML isn't installed.
    """
    place = Path(path)
    if place.is_dir():
        document = {each.stem: _document(each) for each in _files(place)}
    else:
        document = _document(place)
        # Compiled dictionaries have the names of their files as keys.
        document = {name.removesuffix(".yaml"): each for name, each in document.items()}
    try:
        return Dictionary(document)
    except DictionaryError as error:
        raise DictionaryFileError(f"{place}: {error.message}", remedy=error.remedy) from error


def _files(folder: Path) -> list[Path]:
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix in _SUFFIXES)
    except OSError as error:
        raise _unreadable(folder, error) from error
    if not files:
        raise _no_dictionary(folder, "no file in it ends in .json, .yaml or .yml")
    return files


def _document(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(file, error) from error
    except ValueError as error:  # bytes that are no text, or a NUL in the path
        raise _no_dictionary(file, "it isn't text in UTF-8") from error
    try:
        found = _of_yaml(text, file) if file.suffix in _YAML else json.loads(text)
    except json.JSONDecodeError as error:
        raise _no_dictionary(file, f"it isn't JSON: {error}") from error
    except RecursionError as error:
        raise _no_dictionary(file, "it is nested too deep") from error
    if not is_object(found):
        raise _no_dictionary(file, "it isn't an object of names and values")
    for name in cast("Iterable[object]", found):  # YAML has keys of other kinds, too
        if not isinstance(name, str):
            raise _no_dictionary(file, f"{name!r} in it is no text, so it names nothing")
    return found


def _of_yaml(text: str, file: Path) -> Any:
    require("yaml", "gen3", f"{file}, which is YAML")
    try:
        return read_yaml(text, dates=True)
    except YamlFault as error:
        raise _no_dictionary(file, str(error)) from error


def _unreadable(path: Path, error: OSError) -> DictionaryFileError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DictionaryFileError(f"There is no dictionary at {path}", remedy=f"Check the path. {_REMEDY}")
    return DictionaryFileError(
        f"The dictionary {path} can't be read: {error.strerror or error}",
        remedy="Give a file that you may read, or have its owner let you read it.",
    )


def _no_dictionary(path: Path, why: str) -> DictionaryFileError:
    return DictionaryFileError(f"{path} is no data dictionary: {why}", remedy=_REMEDY)
