"""Loaded files: the place of each value in the text, the origin of what is made of it, and notes on its faults and corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from urllib.parse import urldefrag, urljoin, urlsplit

from .faults import Fault, Kind, Note, Report
from .values import Json, Node, Object, escape, placed, tokens

AnyNode = TypeVar("AnyNode", Object, list[Json], Node)


def is_of_3_2(data: Json) -> bool:
    """Whether a document is one of OpenAPI 3.2."""
    return isinstance(data, dict) and str(data.get("openapi")).startswith("3.2")


@dataclass(frozen=True)
class SourceLocation:
    """A published place: file (as the user would name it), line from 1, pointer in that file."""

    file: str
    line: int | None
    pointer: str

    @property
    def short(self) -> str:
        """Return the file's name and the line, which are the same on every machine."""
        name = self.file.replace("\\", "/").rpartition("/")[2]
        return name if self.line is None else f"{name}:{self.line}"

    def fault(self, message: str, remedy: str) -> Fault:
        """Make a fault of this place."""
        return Fault(message, remedy, self.file, self.line, self.pointer)

    def note(self, kind: Kind, before: str, after: str, *, certain: bool = True, remedy: str = "") -> Note:
        """Make a note on this place; the arguments are those of `faults.Note`."""
        return Note(self.pointer, self.file, self.line, kind, before, after, certain, remedy)


@dataclass(frozen=True, eq=False)
class Source:
    """One file's value, read-only.

    Attributes:
        path: its file (for a document of the network: the copy, or its address as a path).
        label: how messages name it.
        uri: its address: file:///... or http(s)://...
        data: dict, list, str, int, float, bool or None; each container occurs in one place only.
        lines_of: reads the text once more and returns pointer -> line.
    """

    path: Path
    label: str
    uri: str
    data: Json
    lines_of: Callable[[], Mapping[str, int]]

    @cached_property
    def base(self) -> str:
        """The base of its references: the `$self` of OpenAPI 3.2, itself relative to the uri, else the uri."""
        declared_uri = self.data.get("$self") if isinstance(self.data, dict) else None
        if not isinstance(declared_uri, str) or not is_of_3_2(self.data):
            return self.uri
        try:
            return urldefrag(urljoin(self.uri, declared_uri) if not urlsplit(declared_uri).scheme else declared_uri)[0]
        except ValueError:
            return self.uri

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return self.lines_of()

    def line(self, pointer: str) -> int | None:
        """The line of a pointer, counted from 1; that of the nearest enclosing object when it is not in the text."""
        while pointer and pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(pointer)

    def location(self, pointer: str) -> SourceLocation:
        """A pointer of this file as a place."""
        return SourceLocation(self.label, self.line(pointer), pointer)


# -- the origin of each container of a document that is being changed
#
# Every step makes new containers and links each to the one that it was made of; a chain of links ends in a file.


class Places:
    """The links of one document, through all steps."""

    def __init__(self) -> None:
        self._sources: list[Source] = []
        self._indexed = 0
        self._roots: dict[int, tuple[Source, str]] = {}
        # The containers are stored with their links: an id is only valid while its owner lives.
        self._links: dict[int, tuple[Node, Node]] = {}
        self._members: dict[tuple[int, str], tuple[Node, Node, str]] = {}

    def adopt(self, source: Source) -> None:
        """Register the containers of a file as origins."""
        self._sources.append(source)

    def link(self, new: AnyNode, old: Json) -> AnyNode:
        """Record that a container was created from another, and return it. The first link of a container is used."""
        if new is not old and isinstance(old, (dict, list)):
            self._links.setdefault(id(new), (new, old))
        return new

    def link_member(self, new: Node, key: str | int, old: Node, old_key: str | int) -> None:
        """Record that one member of a container has another origin than the container."""
        self._members[(id(new), str(key))] = (new, old, str(old_key))

    def move_member(self, node: Node, key: str | int, old_key: str | int) -> None:
        """State that a member of a container had another key in it before."""
        moved = self._members.pop((id(node), str(old_key)), None)
        if moved is None and id(node) in self._links:
            old = self._links[id(node)][1]
            moved = (node, old, str(old_key))
        if moved is not None:
            self._members[(id(node), str(key))] = moved

    def find(self, node: Node, key: str | int | None = None) -> SourceLocation | None:
        """Return the place of a container, or of one member of it; None if its origin is unknown."""
        if key is not None:
            return self._find_member(node, str(key))
        self._index()
        while id(node) not in self._roots:
            if id(node) not in self._links:
                return None
            node = self._links[id(node)][1]
        source, pointer = self._roots[id(node)]
        return source.location(pointer)

    def _find_member(self, node: Node, key: str) -> SourceLocation | None:
        while True:
            if (id(node), key) in self._members:
                _, node, key = self._members[(id(node), key)]
            elif id(node) in self._links:
                node = self._links[id(node)][1]
            else:
                break
        around = self.find(node)
        if around is None:
            return None
        source, pointer = self._roots[id(node)]
        if (isinstance(node, dict) and key in node) or isinstance(node, list):
            return source.location(f"{pointer}/{escape(key)}")
        return around

    def follow(self, data: Node, pointer: str) -> SourceLocation | None:
        """Return the place of a pointer into a changed document: that of the nearest container with a known origin."""
        chain: list[tuple[Node, str]] = []
        node: Json = data
        for token in tokens(pointer):
            if isinstance(node, dict) and token in node:
                chain.append((node, token))
                node = node[token]
            elif isinstance(node, list) and token.isdigit() and int(token) < len(node):
                chain.append((node, token))
                node = node[int(token)]
            else:
                break
        if isinstance(node, (dict, list)) and (origin := self.find(node)):
            return origin
        for container, token in reversed(chain):
            if origin := self.find(container, token):
                return origin
        return None

    def _index(self) -> None:
        for source in self._sources[self._indexed :]:
            nodes = ((pointer, node) for pointer, node in placed(source.data) if isinstance(node, (dict, list)))
            self._roots |= {id(node): (source, pointer) for pointer, node in nodes}
        self._indexed = len(self._sources)


class Notes:
    """The notes of one step on a document.

    Attributes:
        faults: what keeps the document from being read, in the order of finding; for a strict report the faults of
            parts too.
    """

    def __init__(self, source: Source, places: Places, report: Report) -> None:
        self.faults: list[Fault] = []
        self._source = source
        self._places = places
        self._report = report

    def record_origin(self, new: AnyNode, old: Json) -> AnyNode:
        """State what a container was created from, if that is one, and return it."""
        return self._places.link(new, old)

    def moved(self, new: Node, key: str, old: Node, old_key: str) -> None:
        """State which member of an older container a member was created from."""
        self._places.link_member(new, key, old, old_key)

    def location(self, node: Node, key: str | int | None = None) -> SourceLocation:
        """Return the published place of a container, or of a member of it."""
        return self._places.find(node, key) or self._source.location("")

    def fault(self, node: Node, key: str | int | None, message: str, remedy: str) -> None:
        """Note what keeps the document from being read."""
        self.faults.append(self.location(node, key).fault(message, remedy))

    def without(self, faults: Iterable[Fault]) -> None:
        """Note faults of a part that the rest of the document can be read without."""
        (self.faults if self._report.strict else self._report.faults).extend(faults)

    def leave_out(self, node: Node, key: str | int | None, message: str, after: str, remedy: str) -> None:
        """Note a fault of a part, and what the document is read with instead."""
        self.note(node, key, "fault", message, after, certain=False, remedy=remedy)
        self.without([self.location(node, key).fault(f"{message}{self.consequence(after)}", remedy)])

    def consequence(self, after: str) -> str:
        """Return what follows a fault's message: nothing for a strict report, which refuses the document."""
        return "" if self._report.strict else f"; {after}"

    def note(
        self,
        node: Node,
        key: str | int | None,
        kind: Kind,
        before: str,
        after: str,
        *,
        certain: bool = True,
        remedy: str = "",
    ) -> None:
        """Note something that is read differently from how it is written.

        Args:
            node: the container that has it.
            key: its key there; None is the container itself.
            kind: as in `faults.Note`.
            before: the present value.
            after: its replacement.
            certain: whether its author can have meant nothing else.
            remedy: as in `faults.Note`.
        """
        self._report.add(self.location(node, key).note(kind, before, after, certain=certain, remedy=remedy))

    def repair(self, node: Node, key: str | int | None, before: str, after: str, *, certain: bool = True) -> None:
        """Add a note of a correction."""
        self.note(node, key, "repair", before, after, certain=certain)

    def omit(self, node: Node, key: str, why: str, kind: Kind = "omission") -> None:
        """Note a member that is not taken over."""
        before = brief(node[key]) if isinstance(node, dict) else ""
        self.note(node, key, kind, before, f"{key} is left out: {why}", certain=False)


def brief(value: Json) -> str:
    """Describe a value in a few words."""
    if isinstance(value, dict):
        return "a mapping of " + ", ".join(list(value)[:5])
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value)[:60]
