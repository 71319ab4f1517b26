"""Resolving references to their final targets, with the names that schemas have in the document's section of schemas."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from urllib.parse import unquote

from .addresses import Refused, spoken
from .dialect import TREE, Dialect, home_of
from .faults import DocumentError, Fault
from .source import Notes, Source
from .targets import Store, Target, locate, locate_through, reference_to
from .values import Json, Object, escape, join, object_at, tokens, unescape, value_at

Key = tuple[str, str]

# Names that are compared for suggestions: in a large document of which a part is missing, others would take minutes.
MAX_COMPARED = 30_000


class Broken(Exception):
    """A reference without a valid target.

    Attributes:
        message: follows "it refers to X, ".
        remedy: what to do.
        missing: whether the target is only missing.
        faults: those of the file that it leads into, when that is no document.
    """

    def __init__(self, message: str, remedy: str, *, missing: bool = False, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.missing = missing
        self.faults = faults


class Finder:
    """Follows the references of one document.

    Attributes:
        home: where the document keeps its schemas, as keys.
        home_pointer: the same as a pointer.
        home_names: the schemas there, in the order of the text.
    """

    def __init__(self, root: Source, dialect: Dialect, store: Store, notes: Notes) -> None:
        self.home = home_of(dialect)
        self.home_pointer = join("", *self.home)
        self._root = root
        self._dialect = dialect
        self._store = store
        self._notes = notes
        self._compared = 0
        self._targets: dict[Key, Target] = {}
        # Entries of this document that only refer to others give their names to their targets.
        self._owners: dict[Key, str] = {}
        self._entries = object_at(root.data, self.home_pointer)
        self.home_names: list[str] = list(self._entries)
        for name in self.home_names:
            target = self._in_other_file(name)
            if target is not None:
                # Of several entries for one target, the first names it; the others are aliases.
                self._owners.setdefault(target.key, name)

    def find(self, node: Object, source: Source) -> Target:
        """Find what one reference points at, which may be a reference itself.

        Args:
            node: a mapping with `$ref`.
            source: the file that contains it.

        Raises:
            Broken: it has no valid target.
        """
        key = (source.uri, str(node["$ref"]))
        if key not in self._targets:
            embedded = self._embedded(node, source)
            if embedded is not None:
                return embedded  # in another schema the same text means another definition
            self._targets[key] = self._find(node, source)
        return self._targets[key]

    def _embedded(self, node: Object, source: Source) -> Target | None:
        """Return the definition in the nearest schema around a reference that begins at that schema.

        Frameworks put JSON Schemas with definitions of their own into documents, where `#` means the document.
        """
        reference = str(node["$ref"])
        pointer = unquote(reference[1:])
        if not reference.startswith(("#/$defs/", "#/definitions/")) or value_at(source.data, pointer) is not None:
            return None
        around = tokens(self._notes.location(node, "$ref").pointer)
        for depth in range(len(around), 0, -1):
            inner = join("", *around[:depth]) + pointer
            if (value := value_at(source.data, inner)) is not None:
                self._notes.repair(node, "$ref", f"$ref: {reference}, of the schema around it", f"#{inner}")
                return Target(source, inner, value)
        return None

    def follow(self, node: Object, source: Source) -> Target:
        """Find what a reference to a schema means in the end: an entry at home, or what is not merely a reference.

        Raises:
            Broken: it leads nowhere good.
        """
        target = self.find(node, source)
        seen: set[Key] = set()
        while isinstance(target.value, dict) and self.is_bare(target.value) and self.home_name(target) is None:
            if target.key in seen:
                raise Broken("which is a circular reference", "Replace it by a definition.")
            seen.add(target.key)
            target = self.find(target.value, target.source)
        return target

    def home_name(self, target: Target) -> str | None:
        """The name that a schema has at home; None if it has none there."""
        if target.source.uri == self._root.uri:
            tokens_of_target = tokens(target.pointer)
            if tuple(tokens_of_target[:-1]) == self.home:
                return tokens_of_target[-1]
        return self._owners.get(target.key)

    def home_reference(self, name: str) -> str:
        """How a schema at home is referred to."""
        return "#" + join(self.home_pointer, name)

    def owned(self, name: str) -> Target | None:
        """Return the target of an entry at home that only refers elsewhere; None if it is a schema, or another's alias."""
        target = self._in_other_file(name)
        return target if target is not None and self._owners.get(target.key) == name else None

    def is_bare(self, node: Object) -> bool:
        """Whether a mapping is a reference without other relevant members."""
        return isinstance(node.get("$ref"), str) and (self._dialect != "3.1" or len(node) == 1)

    def _in_other_file(self, name: str) -> Target | None:
        entry = self._entries[name]
        if not isinstance(entry, dict) or not self.is_bare(entry):
            return None
        try:
            target = self.follow(entry, self._root)
        except Broken:
            return None  # reported when the entry is walked
        at_home = target.source.uri == self._root.uri and tuple(tokens(target.pointer)[:-1]) == self.home
        return None if at_home else target

    def spread(self, node: Object, source: Source) -> Object:
        """Spread a mapping that is a reference, see `maps.spread`.

        Raises:
            Broken: it leads nowhere good.
        """
        try:
            return spread(node, source, self._store, self._notes)
        except (Refused, DocumentError, LookupError) as error:
            raise self._broken(node, source, error) from error

    def _find(self, node: Object, source: Source) -> Target:
        reference = str(node["$ref"])
        try:
            return locate(self._store, source, reference)
        except Refused as error:
            # In other files a bare name is a file beside them.
            meant = self._meant(reference) if source is self._root else None
            if meant is None:
                raise self._broken(node, source, error) from error
            self._notes.repair(node, "$ref", f"$ref: {reference}", meant)
            return locate(self._store, source, meant)
        except LookupError as error:
            file, hash_, pointer = reference.partition("#")
            # `#components/schemas/X`, which many documents have: a pointer without its first slash.
            if hash_ and "/" in pointer and not pointer.startswith("/"):
                meant = f"{file}#/{pointer}"
                try:
                    target = locate(self._store, source, meant)
                except LookupError:
                    raise self._broken(node, source, error) from error
                self._notes.repair(node, "$ref", f"$ref: {reference}", meant)
                return target
            target = self._find_through(source, reference)
            if target is None:
                raise self._broken(node, source, error) from error
            self._notes.repair(node, "$ref", f"$ref: {reference}, over another $ref", "what is found there")
            return target
        except DocumentError as error:
            raise self._broken(node, source, error) from error

    def _find_through(self, source: Source, reference: str) -> Target | None:
        try:
            return locate_through(self._store, source, reference)
        except (LookupError, Refused, DocumentError):
            return None

    def _broken(self, node: Object, source: Source, error: Refused | DocumentError | LookupError) -> Broken:
        if isinstance(error, Refused):
            return Broken(error.message, error.remedy, missing=error.missing)
        if isinstance(error, DocumentError):
            return Broken("which is not a document", "Fix that file.", faults=error.faults)
        return Broken("which does not exist", self._remedy(node, source), missing=True)

    def _meant(self, reference: str) -> str | None:
        """A bare name, or a pointer without its `#`, that fits a schema at home can mean nothing else."""
        name = unescape(reference.removeprefix(f"{self.home_pointer}/"))
        return f"#{self.home_pointer}/{escape(name)}" if name in self._entries else None

    def _remedy(self, node: Object, source: Source) -> str:
        """Return what to do about a reference to nothing: a reference that has a target, if one is close."""
        reference = str(node["$ref"])
        file, hash_, pointer = reference.partition("#")
        try:
            target = locate(self._store, source, file or "#")
        except (LookupError, Refused, DocumentError):
            return "Correct the reference."
        is_compared = bool(hash_) and self._compared < MAX_COMPARED
        close = self._closest(target.value, unquote(pointer), node) if is_compared else None
        # Documents refer to sections of other versions: Fence's, of OpenAPI 3, to #/definitions.
        if close is None and source is self._root:
            file, close = "", self._of_section(*tokens(unquote(pointer))[-2:])
        meant = f"{file}#{close}"
        suggestion = f"Did you mean {meant}? " if close is not None and meant != reference else ""
        return f"{suggestion}Correct it, or state it in an overlay."

    def _closest(self, value: Json, pointer: str, node: Object) -> str | None:
        """Return the pointer with a target that differs from one without in the spelling of keys; None if none is close.

        Args:
            value: the document.
            pointer: the one without a target.
            node: the reference, which is no target of its own.
        """
        path = ""
        for token in tokens(pointer):
            members: Object = value if isinstance(value, dict) else {}
            key: str | None = token
            if members.get(token, node) is node:
                keys = [key for key, member in members.items() if member is not node]
                self._compared += len(keys)
                key = next(iter(difflib.get_close_matches(token, keys, 1)), None)
            if key is None:
                return None
            value, path = members[key], join(path, key)
        return path or None

    def _of_section(self, section: str = "", name: str = "") -> str | None:
        """Return the pointer of an object of the document in the section where its version has objects of this kind."""
        homes = (
            [self.home] if section in ("schemas", "definitions", "models") else [("components", section), (section,)]
        )
        for home in homes:
            if name in object_at(self._root.data, join("", *home)):
                return join("", *home, name)
        return None


# -- whole sections in separate files (`schemas: {$ref: schemas.yaml}`): invalid in all versions, but common

# References to references that are followed: more are taken for a circle.
_MAX_HOPS = 20


def spread(value: Object, source: Source, store: Store, notes: Notes) -> Object:
    """Replace a mapping that is a reference by a mapping of references, one for each member of its target.

    Args:
        value: has `$ref`; members beside it take precedence.
        source: the file that contains it.
        store: the files of the document.
        notes: receives a note of the correction.

    Raises:
        Refused, DocumentError, LookupError: it does not refer to a mapping (as `locate`).
    """
    reference = str(value["$ref"])
    target = _end(value, source, store)
    notes.repair(value, "$ref", f"a $ref to {spoken(reference)} in place of a mapping", "its members")
    members: Object = notes.record_origin({}, value)
    for name in target.value if isinstance(target.value, dict) else ():
        inner = Target(target.source, join(target.pointer, name), None)
        members[name] = notes.record_origin({"$ref": reference_to(store, source, inner)}, value)
    members.update({key: member for key, member in value.items() if key != "$ref"})
    return members


def _end(value: Object, source: Source, store: Store) -> Target:
    target = locate(store, source, str(value["$ref"]))
    for _ in range(_MAX_HOPS):
        if not isinstance(target.value, dict):
            raise LookupError(str(value["$ref"]))
        if not isinstance(target.value.get("$ref"), str):
            return target
        target = locate(store, target.source, str(target.value["$ref"]))
    raise LookupError(str(value["$ref"]))


def spread_sections(root: Source, store: Store, notes: Notes) -> Source:
    """Spread the sections of a document that are references, so that their members have pointers.

    A reference without a target stays, and is reported when it is walked.
    """
    assert isinstance(root.data, dict)
    data = _spread_members("document", root.data, root, store, notes)
    components = data.get("components")
    if isinstance(components, dict):
        sections = _spread_members("components", components, root, store, notes)
        if sections is not components:
            data = {**data}
            data["components"] = sections
    if data is root.data:
        return root
    return dataclasses.replace(root, data=notes.record_origin(data, root.data))


def _spread_members(kind: str, value: Object, root: Source, store: Store, notes: Notes) -> Object:
    members: dict[str, Json] = {}
    for key, inner in TREE[kind].items():
        member = value.get(key)
        section = inner[0] == "{" or inner in ("paths", "components")
        if section and isinstance(member, dict) and isinstance(member.get("$ref"), str):
            try:
                members[key] = spread(member, root, store, notes)
            except (Refused, DocumentError, LookupError):
                continue
    if not members:
        return value
    return notes.record_origin({**value, **members}, value)
