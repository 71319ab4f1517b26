"""The origin of each container of a document that is being changed.

Every step makes new containers and links each to the one that it was made of; a chain of links ends in a file.
"""

from __future__ import annotations

from .source import Source, SourceLocation
from .values import Json, Node, escape, tokens


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

    def link(self, new: Node, old: Node) -> None:
        """Record that a container was created from another. The first link of a container is used."""
        if new is not old:
            self._links.setdefault(id(new), (new, old))

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
            stack: list[tuple[Json, str]] = [(source.data, "")]
            while stack:
                node, pointer = stack.pop()
                if isinstance(node, dict):
                    self._roots[id(node)] = (source, pointer)
                    stack.extend((value, f"{pointer}/{escape(key)}") for key, value in node.items())
                elif isinstance(node, list):
                    self._roots[id(node)] = (source, pointer)
                    stack.extend((value, f"{pointer}/{index}") for index, value in enumerate(node))
        self._indexed = len(self._sources)
