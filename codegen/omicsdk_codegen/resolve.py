"""Step 3: every reference is found; what isn't a schema is put where it is used, schemas keep their names.

Nothing is inlined that has a name of its own: a schema that stands in another file, or somewhere inside the document,
is hoisted to where the document keeps its schemas, so circles survive and models are called what their authors call them.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .addresses import Refused
from .dialect import REFERABLE, Dialect, dialect_of, home_of, member_kind
from .faults import DocumentError, Fault, Kind, Note, Report
from .fetch import fetch as fetch_web
from .hoist import assign_names, name_parts
from .overlay import corrects
from .places import Places
from .source import Place, Source
from .targets import Fetch, Store, Target, locate
from .values import Json, Node, Object, escape, join, tokens, unescape

# Members beside `$ref` that change no shape: kept where the dialect would have them ignored, since no reader is misled.
_ANNOTATIONS = {
    "description",
    "summary",
    "title",
    "deprecated",
    "readOnly",
    "writeOnly",
    "externalDocs",
    "example",
    "examples",
}
# Parts that are flattened into their users; nothing else can reach them.
_SPENT = {
    "document": {"parameters", "responses"},
    "components": {
        "parameters",
        "headers",
        "responses",
        "requestBodies",
        "examples",
        "links",
        "callbacks",
        "pathItems",
        "mediaTypes",
    },
    "schema": {"$defs", "definitions"},
}


@dataclass(frozen=True, eq=False)
class Resolved:
    """A document in its own dialect, in one piece.

    Attributes:
        data: the only references left are schemas' to `home` + NAME. Parts may be shared between places.
        dialect: what it is written in.
        source: the document as the user gave it.
        places: where each part of `data` came from.
        report: what was repaired or left out.
    """

    data: Object
    dialect: Dialect
    source: Source
    places: Places
    report: Report


def resolve(
    root: Source,
    overlays: Sequence[Source] = (),
    *,
    allow_urls: Sequence[str] = (),
    refs: Path | None = None,
    missing_as_any: bool = False,
    fetch: Fetch | None = None,
    places: Places | None = None,
    report: Report | None = None,
) -> Resolved:
    """Find what every reference points at.

    Args:
        root: the document, its own overlays laid over it already.
        overlays: those of other files, laid over them when they are opened.
        allow_urls: web addresses that may be fetched, and what is below them.
        refs: folder of copies of web pages, DIR/<host>/<path>, looked at before the network.
        missing_as_any: take a schema that isn't there as any value, and report it.
        fetch: gets an allowed address; by default over HTTP.
        places: what is known of origins so far.
        report: takes the notes.

    Returns:
        The document in its own dialect, in one piece.

    Raises:
        DocumentError: with all faults: a reference to nothing, to itself, out of the document's folder or to the
            network unasked, a file that isn't a document, an overlay of a file that isn't part of the document.
    """
    if places is None:
        places = Places()
        places.adopt(root)

    def fetch_allowed(url: str) -> bytes:
        return fetch_web(url, allow_urls)

    about = [(corrects(overlay, root), overlay) for overlay in overlays]
    store = Store(root, about, places, allow_urls=allow_urls, refs=refs, fetch=fetch or fetch_allowed)
    resolver = _Resolver(root, dialect_of(root), store, places, report or Report(), missing_as_any)
    resolved = resolver.run()
    for uri, overlay in about:
        if uri not in store.uris:
            place = overlay.place("/extends")
            resolver.faults.append(
                place.fault(
                    "the file that it corrects isn't part of the document", "Drop the overlay, or correct extends."
                )
            )
    if resolver.faults:
        raise DocumentError(resolver.faults)
    return resolved


class _Broken(Exception):
    """A reference that leads nowhere good.

    Attributes:
        message: follows "it refers to X, ".
        remedy: what to do.
        missing: whether the thing just isn't there.
        faults: those of the file that it leads into, when that is no document.
    """

    def __init__(self, message: str, remedy: str, *, missing: bool = False, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.missing = missing
        self.faults = faults


class _Resolver:
    def __init__(
        self, root: Source, dialect: Dialect, store: Store, places: Places, report: Report, missing_as_any: bool
    ) -> None:
        assert isinstance(root.data, dict)
        self.faults: list[Fault] = []
        self._root = root
        self._data = root.data
        self._dialect: Dialect = dialect
        self._store = store
        self._places = places
        self._report = report
        self._missing_as_any = missing_as_any
        self._home = home_of(dialect)
        self._home_pointer = join("", *self._home)
        self._home_names = self._names_at_home()
        # Targets elsewhere whose home is an entry that refers to them, and those that have none yet.
        self._owners: dict[tuple[str, str], str] = {}
        self._hoists: dict[tuple[str, str], Target] = {}
        self._waiting: list[tuple[Object, str, tuple[str, str]]] = []
        self._flat: dict[tuple[str, str, str], Json] = {}
        self._active: set[tuple[str, str, str]] = set()
        self._missing: dict[str, tuple[str, list[Place]]] = {}

    def run(self) -> Resolved:
        self._find_owners()
        data = self._members("document", self._data, self._root)
        self._hoist_all(data)
        self._find_endless(data)
        self._tell_missing()
        return Resolved(data, self._dialect, self._root, self._places, self._report)

    # -- the document's own home of schemas

    def _names_at_home(self) -> list[str]:
        node: Json = self._data
        for key in self._home:
            node = node.get(key) if isinstance(node, dict) else None
        return list(node) if isinstance(node, dict) else []

    def _home_name(self, target: Target) -> str | None:
        if target.source is self._root or target.source.uri == self._root.uri:
            way = tokens(target.pointer)
            if tuple(way[:-1]) == self._home:
                return way[-1]
        return self._owners.get(target.key)

    def _find_owners(self) -> None:
        """An entry at home that only refers elsewhere gives its name to what it refers to."""
        for name in self._home_names:
            entry = self._entry(name)
            if not isinstance(entry, dict) or not self._is_bare(entry):
                continue
            try:
                target = self._follow(entry, self._root)
            except _Broken:
                continue
            if self._home_name(target) is None:
                self._owners[target.key] = name

    def _entry(self, name: str) -> Json:
        node: Json = self._data
        for key in (*self._home, name):
            node = node[key] if isinstance(node, dict) else None
        return node

    def _is_bare(self, node: Object) -> bool:
        """Whether a mapping is a reference and nothing else that counts."""
        if not isinstance(node.get("$ref"), str):
            return False
        return self._dialect != "3.1" or len(node) == 1

    # -- finding

    def _find(self, node: Object, source: Source) -> Target:
        """Find what one reference points at, which may be a reference itself."""
        reference = str(node["$ref"])
        try:
            return locate(self._store, source, reference)
        except Refused as error:
            meant = self._meant(reference) if source is self._root else None
            if meant is not None:
                self._note(node, "$ref", "repair", f"$ref: {reference}", meant)
                return locate(self._store, source, meant)
            missing = error.message == "which isn't there"
            raise _Broken(error.message, error.remedy, missing=missing) from error
        except DocumentError as error:
            raise _Broken("which is no document", "Mend that file.", faults=error.faults) from error
        except LookupError as error:
            raise _Broken("which isn't there", self._remedy(reference), missing=True) from error

    def _meant(self, reference: str) -> str | None:
        """A bare name, or a pointer without its `#`, that fits a schema at home can mean nothing else."""
        name = unescape(reference.removeprefix(f"{self._home_pointer}/"))
        return f"#{self._home_pointer}/{escape(name)}" if name in self._home_names else None

    def _follow(self, node: Object, source: Source) -> Target:
        """Find what a reference to a schema points at in the end: an entry at home, or something that is no bare reference."""
        target = self._find(node, source)
        seen: set[tuple[str, str]] = set()
        while isinstance(target.value, dict) and self._is_bare(target.value) and self._home_name(target) is None:
            if target.key in seen:
                raise _Broken("which leads back to itself", "State what it should be.")
            seen.add(target.key)
            target = self._find(target.value, target.source)
        return target

    def _remedy(self, reference: str) -> str:
        wanted = reference.rpartition("/")[2]
        close = difflib.get_close_matches(wanted, self._home_names, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        return f"{meant}Correct it, state it in an overlay, or take it as any value with --missing-as-any."

    def _tell(self, broken: _Broken, node: Object) -> None:
        place = self._place(node, "$ref")
        if broken.faults:
            self.faults.extend(broken.faults)
        elif broken.missing:
            self._missing.setdefault(str(node["$ref"]), (broken.remedy, []))[1].append(place)
        else:
            self.faults.append(place.fault(f"it refers to {node['$ref']}, {broken.message}", broken.remedy))

    def _tell_missing(self) -> None:
        """What isn't there is told once, however many refer to it."""
        for reference, (remedy, places) in self._missing.items():
            others = sorted(
                {place.line for place in places[1:] if place.file == places[0].file and place.line} - {places[0].line}
            )
            also = (
                f" (so does line {others[0]})"
                if len(others) == 1
                else f" (so do {len(others)} other lines)"
                if others
                else ""
            )
            self.faults.append(places[0].fault(f"it refers to {reference}, which isn't there{also}", remedy))

    def _place(self, node: Node, key: str | int | None = None) -> Place:
        return self._places.find(node, key) or self._root.place("")

    def _note(
        self, node: Node, key: str | int | None, kind: Kind, before: str, after: str, *, certain: bool = True
    ) -> None:
        place = self._place(node, key)
        self._report.add(Note(place.pointer, place.file, place.line, kind, before, after, certain))

    # -- walking

    def _value(self, kind: str | None, value: Json, source: Source) -> Json:
        if kind is None:
            return value
        if kind[0] == "{":
            return self._mapping(kind[1:-1], value, source)
        if isinstance(value, list):
            items = [self._value(kind.strip("[]"), item, source) for item in value]
            self._places.link(items, value)
            return items
        return self._object(kind, value, source) if isinstance(value, dict) and kind[0] != "[" else value

    def _mapping(self, kind: str, value: Json, source: Source) -> Json:
        if not isinstance(value, dict):
            return value
        members = {key: self._value(kind, member, source) for key, member in value.items()}
        self._places.link(members, value)
        return members

    def _object(self, kind: str, value: Object, source: Source) -> Json:
        if not isinstance(value.get("$ref"), str):
            return self._members(kind, value, source)
        try:
            return self._schema_reference(value, source) if kind == "schema" else self._flatten(kind, value, source)
        except _Broken as broken:
            if broken.missing and kind == "schema" and self._missing_as_any:
                self._note(
                    value,
                    "$ref",
                    "untyped",
                    f"a reference to {value['$ref']}, which isn't there",
                    "any value",
                    certain=False,
                )
            else:
                self._tell(broken, value)
            return {}

    def _members(self, kind: str, value: Object, source: Source) -> Object:
        members: Object = {}
        self._places.link(members, value)
        for key, member in value.items():
            if key in _SPENT.get(kind, ()):
                continue
            if key in ("description", "summary") and isinstance(member, dict) and isinstance(member.get("$ref"), str):
                members[key] = self._text(member, source)
            elif key == "discriminator" and kind == "schema" and isinstance(member, dict):
                members[key] = self._discriminator(member, source)
            elif ((key,) if kind == "document" else (kind, key)) == self._home:
                members[key] = self._home_schemas(member)
            else:
                members[key] = self._value(member_kind(kind, key), member, source)
        return members

    def _home_schemas(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return value
        members: Object = {}
        for name, entry in value.items():
            owned = self._owned(name, entry)
            members[name] = (
                self._value("schema", entry, self._root)
                if owned is None
                else self._value("schema", owned.value, owned.source)
            )
        self._places.link(members, value)
        return members

    def _owned(self, name: str, entry: Json) -> Target | None:
        if not isinstance(entry, dict) or not self._is_bare(entry):
            return None
        try:
            target = self._follow(entry, self._root)
        except _Broken:
            return None
        return target if self._owners.get(target.key) == name else None

    def _schema_reference(self, value: Object, source: Source) -> Object:
        target = self._follow(value, source)
        if not isinstance(target.value, (dict, bool)):
            raise _Broken("which is no schema", "Refer to a schema.")
        found: Object = {"$ref": ""}
        self._places.link(found, value)
        self._refer(found, "$ref", target)
        rest = {key: member for key, member in value.items() if key != "$ref"}
        if self._dialect == "3.1":
            found.update(self._members("schema", rest, source))
        else:
            self._annotations(found, value, rest)
        return found

    def _annotations(self, found: Object, value: Object, rest: Object) -> None:
        for key, member in rest.items():
            if key in _ANNOTATIONS or key.startswith("x-"):
                found[key] = member
            else:
                self._note(value, key, "omission", f"{key} beside a $ref", "left out: this version ignores it")

    def _refer(self, holder: Object, key: str, target: Target) -> None:
        """Let a member refer to a schema; one that needs a name gets it when all are known."""
        name = self._home_name(target)
        if name is not None:
            holder[key] = "#" + join(self._home_pointer, name)
        else:
            self._hoists.setdefault(target.key, target)
            self._waiting.append((holder, key, target.key))

    def _flatten(self, kind: str, value: Object, source: Source) -> Json:
        if kind not in REFERABLE:
            self._note(value, "$ref", "repair", f"a $ref in place of a {kind}", "what it refers to")
        target = self._find(value, source)
        if not isinstance(target.value, dict):
            raise _Broken(f"which is no {kind}", "Refer to one.")
        if kind in ("response", "requestBody") and self._home_name(target) is not None:
            return self._schema_of(kind, value, target)
        key = (kind, *target.key)
        if key in self._active:
            raise _Broken("which leads back to itself", "State what it should be.")
        if key not in self._flat:
            self._active.add(key)
            self._flat[key] = self._object(kind, target.value, target.source)
            self._active.remove(key)
        flat = self._flat[key]
        rest = {key: member for key, member in value.items() if key != "$ref"}
        if not rest or not isinstance(flat, dict):
            return flat
        found = dict(flat)
        self._places.link(found, flat)
        if kind == "pathItem" or kind not in REFERABLE:
            self._places.link(rest, value)
            found.update(self._members(kind, rest, source))
        else:
            self._annotations(found, value, rest)
        for member in rest:
            self._places.link_member(found, member, value, member)
        return found

    def _schema_of(self, kind: str, value: Object, target: Target) -> Object:
        """A response or body that refers to a schema can only mean one that has it."""
        self._note(value, "$ref", "repair", f"a $ref to a schema in place of a {kind}", f"a {kind} of that schema")
        schema: Object = {}
        self._refer(schema, "$ref", target)
        found: Object = {key: member for key, member in value.items() if key != "$ref"}
        found["schema"] = schema
        for part in (schema, found):
            self._places.link(part, value)
        return found

    def _discriminator(self, value: Object, source: Source) -> Object:
        mapping = value.get("mapping")
        if not isinstance(mapping, dict):
            return value
        found: Object = {}
        for tag, reference in mapping.items():
            if not isinstance(reference, str):
                continue
            if reference in self._home_names:
                found[tag] = "#" + join(self._home_pointer, reference)
                continue
            try:
                node: Object = {"$ref": reference}
                self._places.link(node, mapping)
                self._refer(found, tag, self._follow(node, source))
            except _Broken as broken:
                self._note(mapping, tag, "omission", f"{tag}: {reference}, {broken.message}", "left out", certain=False)
        self._places.link(found, mapping)
        members: Object = dict(value)
        members["mapping"] = found
        self._places.link(members, value)
        return members

    def _text(self, value: Object, source: Source) -> str:
        """A description may stand in a file of its own; no version says so, many tools read it."""
        self._note(value, "$ref", "repair", f"a $ref to the text {value['$ref']}", "the text")
        try:
            return self._store.text(source, str(value["$ref"]))
        except Refused as error:
            self._tell(_Broken(error.message, error.remedy), value)
        except DocumentError as error:
            self.faults.extend(error.faults)
        return ""

    # -- hoisting

    def _hoist_all(self, data: Object) -> None:
        walked: dict[tuple[str, str], Json] = {}
        while len(walked) < len(self._hoists):
            for key, target in [item for item in self._hoists.items() if item[0] not in walked]:
                walked[key] = self._value("schema", target.value, target.source)
        if not walked:
            return
        files = {key: self._store.portable(key[0]) for key in walked}
        words = {key: name_parts(files[key], key[1], key[0] == self._root.uri) for key in walked}
        names = assign_names(words, {key: f"{files[key]}#{key[1]}" for key in walked}, self._home_names)
        home = data
        for step in self._home:
            inner = home.setdefault(step, {})
            if not isinstance(inner, dict):
                raise DocumentError(
                    [self._root.place(self._home_pointer).fault("it isn't a mapping", "State schemas by name.")]
                )
            home = inner
        for key in sorted(walked, key=lambda key: names[key]):
            home[names[key]] = walked[key]
        for holder, member, key in self._waiting:
            holder[member] = "#" + join(self._home_pointer, names[key])

    def _find_endless(self, data: Object) -> None:
        """A schema that is itself, or is made of itself by allOf, has no shape."""
        home: Json = data
        for step in self._home:
            home = home.get(step) if isinstance(home, dict) else None
        if not isinstance(home, dict):
            return
        prefix = f"#{self._home_pointer}/"
        made_of = {
            name: {tokens(ref[1:])[-1] for ref in _parts(schema) if ref.startswith(prefix)}
            for name, schema in home.items()
        }
        for name in _circles(made_of):
            schema = home[name]
            assert isinstance(schema, dict)
            place = self._place(schema, "$ref" if "$ref" in schema else "allOf")
            self.faults.append(place.fault(f"the schema {name} is made of itself", "State what it should be."))


def _parts(schema: Json) -> list[str]:
    """The references that a schema is wholly made of."""
    if not isinstance(schema, dict):
        return []
    reference, parts = schema.get("$ref"), schema.get("allOf")
    found = [reference] if isinstance(reference, str) else []
    return found + [inner for part in (parts if isinstance(parts, list) else []) for inner in _parts(part)]


def _circles(edges: dict[str, set[str]]) -> list[str]:
    """The nodes that can reach themselves, in order: what is left when nodes without a way on are taken away, both ways."""
    left = {name: targets & edges.keys() for name, targets in edges.items()}
    while True:
        used = set[str]().union(*left.values())
        ends = [name for name, targets in left.items() if not targets or name not in used]
        if not ends:
            return list(left)
        for name in ends:
            del left[name]
        for targets in left.values():
            targets.difference_update(ends)
