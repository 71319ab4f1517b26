"""Schemas outside a document's schema section, which are moved there under separate names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from .dialect import SCHEMA_LISTS, SCHEMA_MAPS
from .finding import Finder
from .source import Source
from .targets import Store, Target
from .values import Json, Object, grouped, tokens

Key = TypeVar("Key")

# Members whose own members are names; the words between names are ignored.
_NAMING = {*SCHEMA_MAPS, "schemas", "responses", "parameters", "headers", "requestBodies"}
_STRUCTURE = {
    *(*_NAMING, *SCHEMA_LISTS, "components", "paths", "content", "schema", "items", "not"),
    *("additionalProperties", "unevaluatedProperties"),
}


def name_parts(file: str, pointer: str, inside_root: bool) -> tuple[str, ...]:
    """Return the words that could name a schema, from its place, the nearest last.

    Args:
        file: its file as the document's folder or the network names it, with `/`.
        pointer: its JSON pointer in the file.
        inside_root: whether that file is the document itself, whose name is not used.
    """
    steps = tokens(pointer)
    name_parts = [
        token
        for before, token in zip(["", *steps], steps, strict=False)
        if before in _NAMING or not (token in _STRUCTURE or token.isdigit() or before == "content")
    ]
    if inside_root and name_parts:
        return _clean(name_parts)
    folders, _, last = file.rpartition("/")
    return _clean([*folders.split("/"), last.split(".")[0], *name_parts])


def _clean(name_parts: Collection[str]) -> tuple[str, ...]:
    """Reduce a text to the characters of a component's name: letters of ASCII, digits, `.`, `-` and `_` (OpenAPI 3.1.0,
    4.8.7.1).
    """
    cleaned = (re.sub(r"[^A-Za-z0-9._-]+", "_", word).strip("_") for word in name_parts)
    return tuple(word for word in cleaned if word) or ("Schema",)


def assign_names(
    parts: Mapping[Key, tuple[str, ...]], places: Mapping[Key, str], reserved: Collection[str]
) -> dict[Key, str]:
    """Name each schema by its last word, and by as many before it as make it unique.

    The names do not depend on the order, so they do not change when an unrelated schema is added or removed.

    Args:
        parts: the words of each schema.
        places: file and pointer of each, the same on every machine; hashed where the words do not suffice.
        reserved: names that are unchanged.
    """
    lengths = dict.fromkeys(parts, 1)

    def name(key: Key) -> str:
        name_parts, length = parts[key], lengths[key]
        if length <= len(name_parts):
            return "_".join(name_parts[-length:])
        return f"{name_parts[-1]}_{hashlib.sha256(places[key].encode(errors='surrogatepass')).hexdigest()[:8]}"

    while True:
        names = {key: name(key) for key in parts}
        users = grouped((candidate, key) for key, candidate in names.items())
        clashing = [key for candidate, keys in users.items() if len(keys) > 1 or candidate in reserved for key in keys]
        longer = [key for key in clashing if lengths[key] <= len(parts[key])]
        if not longer:
            return names
        for key in longer:
            lengths[key] += 1


class Hoists:
    """Collects the schemas to move, and keeps references to them until they have names."""

    def __init__(self, root: Source, finder: Finder, store: Store) -> None:
        self._root = root
        self._finder = finder
        self._store = store
        self._targets: dict[tuple[str, str], Target] = {}
        self._waiting: list[tuple[Object, str, tuple[str, str]]] = []

    def refer(self, holder: Object, key: str, target: Target) -> None:
        """Make a member a reference to a schema; one that needs a name gets it when all are known."""
        name = self._finder.home_name(target)
        if name is not None:
            holder[key] = self._finder.home_reference(name)
        else:
            holder[key] = ""
            self._targets.setdefault(target.key, target)
            self._waiting.append((holder, key, target.key))

    def move(self, data: Object, walk: Callable[[Target], Json]) -> None:
        """Put all of them into a document's home of schemas.

        Args:
            data: the document; its home is made if it has none.
            walk: resolves a schema; what that refers to is moved as well.
        """
        walked: dict[tuple[str, str], Json] = {}
        # Walking a schema can add targets.
        while len(walked) < len(self._targets):
            for key in [key for key in self._targets if key not in walked]:
                walked[key] = walk(self._targets[key])
        files = {key: self._store.portable(key[0]) for key in walked}
        parts = {key: name_parts(files[key], key[1], key[0] == self._root.uri) for key in walked}
        places = {key: f"{files[key]}#{key[1]}" for key in walked}
        names = assign_names(parts, places, set(self._finder.home_names))
        home: Object = data
        for step in self._finder.home if walked else ():
            inner = home.get(step)
            home[step] = inner = inner if isinstance(inner, dict) else {}
            home = inner
        for key in sorted(walked, key=lambda key: names[key]):
            home[names[key]] = walked[key]
        for holder, member, key in self._waiting:
            holder[member] = self._finder.home_reference(names[key])
