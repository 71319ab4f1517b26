"""Step 3: every reference is resolved; schemas keep their names, and everything else is inlined.

A schema in another file, or nested in the document, is hoisted to the section where the document has
its schemas, so circles survive and models are called what their authors call them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from .addresses import Refused, spoken
from .addresses import fetch as fetch_web
from .dialect import ANNOTATIONS, REFERABLE, TREE, Dialect, dialect_of, member_kind
from .dynamic import bind_dynamic
from .faults import DocumentError, Report
from .finding import Broken, Finder, spread_sections
from .hoist import Hoists
from .overlay import corrects
from .progress import OnProgress, counted, silent
from .source import Notes, Places, Source, SourceLocation, is_of_3_2
from .targets import Ask, Fetch, Store, Target
from .values import Json, Object, list_in, object_at, reachable

# Members beside `$ref` that change no shape: kept in dialects that ignore them, since they do no harm.
_ANNOTATIONS = {*ANNOTATIONS, "summary", "example"}
# What a client does not need: it is left out if its reference is broken.
_DISPENSABLE = frozenset({"tag", "securityScheme", "example", "link"})
# What stands for a part whose reference is broken: nothing, or a value of any form. Other kinds are empty.
# Compared by identity: an empty object of the document is a value.
_LEFT_OUT: Object = {}
_LEFT_OUT_KINDS = frozenset({"parameter", "header", "pathItem", "operation", "callback", *_DISPENSABLE})
_PHRASES = {"requestBody": "request body", "pathItem": "path item", "mediaType": "media type"}
# Parts that are flattened into their users; nothing else can reach them.
_SPENT = {
    "document": {"parameters", "responses"},
    "components": TREE["components"].keys() - {"schemas", "securitySchemes"},
    "schema": {"$defs", "definitions"},
}


@dataclass(frozen=True, eq=False)
class Resolved:
    """A document in its own dialect, in one piece.

    Attributes:
        data: the only references left are schemas' to `home` + NAME. Parts may be shared between places.
        dialect: its version.
        source: the document as the user gave it.
        places: where each part of `data` came from.
        report: repairs and omissions.
    """

    data: Object
    dialect: Dialect
    source: Source
    places: Places
    report: Report


class ReadOptions(TypedDict, total=False):
    """How the parts of a document are found.

    Attributes:
        allow_urls: web addresses that may be fetched, with all below them; default none.
        refs: folder of copies of web pages (DIR/<host>/<path>), looked at before the network.
        missing_as_any: treat a schema that does not exist as any value, and report it; otherwise it is a fault.
        cache: folder that keeps pages fetched from the network; by default none are kept.
        folder: folder that referenced files must be in: that of the document, which is the default, or one above it.
        ask: called with the hosts of addresses that are not allowed, once for each; returns whether they are; None never asks.
    """

    allow_urls: Sequence[str]
    refs: Path | None
    missing_as_any: bool
    cache: Path | None
    folder: Path | None
    ask: Ask | None


def resolve(
    root: Source,
    overlays: Sequence[Source] = (),
    *,
    allow_urls: Sequence[str] = (),
    refs: Path | None = None,
    missing_as_any: bool = False,
    fetch: Fetch | None = None,
    cache: Path | None = None,
    places: Places | None = None,
    report: Report | None = None,
    folder: Path | None = None,
    ask: Ask | None = None,
    on_progress: OnProgress = silent,
) -> Resolved:
    """Resolve every reference.

    Args:
        root: the document, its own overlays laid over it already.
        overlays: those of other files, laid over them when they are opened.
        allow_urls: this and the other options are those of `ReadOptions`.
        fetch: gets an allowed address; by default over HTTP.
        places: the known origins.
        report: receives the notes.
        on_progress: called with the progress.

    Returns:
        The document in its own dialect, in one piece.

    Raises:
        DocumentError: an overlay of a file that is not part of the document. If the report is strict, also with the
            faults of references, which are in the report otherwise: one to nothing, to itself, out of the document's
            folder or to the network unasked, or to a file that is not a document. What depends on such a reference is
            left out or any value.
    """
    if places is None:
        places = Places()
        places.adopt(root)
    report = report or Report()

    allowed = list(allow_urls)

    def fetch_allowed(url: str) -> bytes:
        return fetch_web(url, allowed, cache)

    dialect = dialect_of(root)
    notes = Notes(root, places, report)
    about = [(corrects(overlay, root), overlay) for overlay in overlays]
    store = Store(
        root, about, places, allow_urls=allowed, refs=refs, fetch=fetch or fetch_allowed, ask=ask, folder=folder
    )
    root = spread_sections(root, store, notes)
    if dialect == "3.1":
        root = bind_dynamic(root, notes)
    # References to this document, from its other files too, find the members of spread sections.
    store.replace(root)
    data = _Walker(root, dialect, store, notes, missing_as_any=missing_as_any, on_progress=on_progress).run()
    for uri, overlay in about:
        if uri not in store.uris:
            message = "the file that it corrects isn't part of the document"
            notes.faults.append(overlay.location("/extends").fault(message, "Drop the overlay, or correct extends."))
    if notes.faults:
        raise DocumentError(notes.faults)
    return Resolved(data, dialect, root, places, report)


class _Walker:
    """Makes the resolved form of a document, part by part."""

    def __init__(
        self,
        root: Source,
        dialect: Dialect,
        store: Store,
        notes: Notes,
        *,
        missing_as_any: bool,
        on_progress: OnProgress,
    ) -> None:
        self._root = root
        self._dialect = dialect
        self._store = store
        self._notes = notes
        self._missing_as_any = missing_as_any
        self._on_progress = on_progress
        self._finder = Finder(root, dialect, store, notes)
        self._hoists = Hoists(root, self._finder, store)
        self._flat: dict[tuple[str, str, str], Json] = {}
        self._active: set[tuple[str, str, str]] = set()
        self._broken: dict[tuple[str, str], tuple[str, str, list[SourceLocation]]] = {}

    def run(self) -> Object:
        assert isinstance(self._root.data, dict)
        data = self._members("document", self._root.data, self._root)
        # Walks the schemas to move, whose references may be broken too: before they are reported.
        self._hoists.move(data, lambda target: self._value("schema", target.value, target.source))
        self._tell_broken()
        self._cut_endless(data)
        return data

    # -- walking

    def _value(self, kind: str | None, value: Json, source: Source) -> Json:
        if kind is None:
            return value
        if kind[0] == "{":
            return self._mapping(kind[1:-1], value, source)
        if isinstance(value, list):
            resolved = [self._value(kind.strip("[]"), item, source) for item in value]
            items = [item for item in resolved if item is not _LEFT_OUT]
            return self._notes.record_origin(items, value)
        return self._object(kind, value, source) if isinstance(value, dict) and kind[0] != "[" else value

    def _mapping(self, kind: str, value: Json, source: Source) -> Json:
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            try:
                value = self._finder.spread(value, source)
            except Broken as broken:
                self._tell(broken, value, "its members are left out")
                value = {key: member for key, member in value.items() if key != "$ref"}
        resolved = {key: self._value(kind, member, source) for key, member in value.items()}
        members = {key: member for key, member in resolved.items() if member is not _LEFT_OUT}
        return self._notes.record_origin(members, value)

    def _object(self, kind: str, value: Object, source: Source) -> Json:
        if not isinstance(value.get("$ref"), str):
            return self._members(kind, value, source)
        try:
            return self._schema_reference(value, source) if kind == "schema" else self._flatten(kind, value, source)
        except Broken as broken:
            return self._without(kind, value, source, broken)

    def _without(self, kind: str, value: Object, source: Source, broken: Broken) -> Object:
        """Return what stands for a part whose reference is broken."""
        before = f"a reference to {spoken(str(value['$ref']))}, {broken.message}"
        if kind in _DISPENSABLE:
            self._notes.note(value, "$ref", "omission", before, f"the {kind} is left out", certain=False)
            return _LEFT_OUT
        if broken.missing and kind == "schema" and self._missing_as_any:
            self._notes.note(value, "$ref", "untyped", before, "any value", certain=False)
            return {}
        rest = {key: member for key, member in value.items() if key != "$ref"}
        if kind == "pathItem" and rest:
            self._tell(broken, value, "what stands beside the reference is used alone")
            return self._members(kind, self._notes.record_origin(rest, value), source)
        if kind in _LEFT_OUT_KINDS:
            self._tell(broken, value, f"the {_PHRASES.get(kind, kind)} is left out")
            return _LEFT_OUT
        if kind == "schema":
            if broken.missing:
                broken.remedy += " --missing-as-any accepts any value."
            self._tell(broken, value, "it is taken as any value")
            return {}
        has_content = kind in ("requestBody", "response", "mediaType")
        after = f"the {_PHRASES.get(kind, kind)} is taken as any value" if has_content else "its members are left out"
        self._tell(broken, value, after)
        return self._any(kind, value) if has_content else {}

    def _any(self, kind: str, value: Object) -> Object:
        """A body, response or media type of any value."""
        schema: Object = self._notes.record_origin({}, value)
        media: Object = self._notes.record_origin({"schema": schema}, value)
        if kind == "mediaType" or self._dialect == "2.0":
            return media
        content: Object = self._notes.record_origin({"application/json": media}, value)
        return self._notes.record_origin({"content": content}, value)

    def _members(self, kind: str, value: Object, source: Source) -> Object:
        members: Object = self._notes.record_origin({}, value)
        items = counted(value.items(), "resolving paths", self._on_progress) if kind == "paths" else value.items()
        for key, member in items:
            if key in _SPENT.get(kind, ()):
                continue
            if key in ("description", "summary") and isinstance(member, dict) and isinstance(member.get("$ref"), str):
                members[key] = self._text(member, source)
            elif key == "discriminator" and kind == "schema" and isinstance(member, dict):
                members[key] = self._discriminator(member, source)
            elif ((key,) if kind == "document" else (kind, key)) == self._finder.home:
                members[key] = self._home_schemas(member)
            elif (resolved := self._value(member_kind(kind, key), member, source)) is not _LEFT_OUT:
                members[key] = resolved
        return members

    def _home_schemas(self, value: Json) -> Json:
        """Replace an entry that is only a reference by its target, if it gives the target its name."""
        if not isinstance(value, dict) or isinstance(value.get("$ref"), str):
            return self._mapping("schema", value, self._root)
        members: Object = {}
        for name, entry in counted(value.items(), "resolving schemas", self._on_progress):
            owned = self._finder.owned(name)
            members[name] = (
                self._value("schema", owned.value, owned.source) if owned else self._value("schema", entry, self._root)
            )
        return self._notes.record_origin(members, value)

    # -- references

    def _schema_reference(self, value: Object, source: Source) -> Object:
        target = self._finder.follow(value, source)
        if not isinstance(target.value, (dict, bool)):
            raise Broken("which is not a schema", "Refer to a schema.")
        result: Object = self._notes.record_origin({}, value)
        self._hoists.refer(result, "$ref", target)
        rest = {key: member for key, member in value.items() if key != "$ref"}
        if self._dialect == "3.1":
            # JSON Schema 2020-12 applies what is beside a $ref; earlier versions ignore it.
            result.update(self._members("schema", self._notes.record_origin(rest, value), source))
        else:
            self._annotations(result, value, rest)
        return result

    def _annotations(self, result: Object, value: Object, rest: Object) -> None:
        for key, member in rest.items():
            if key in _ANNOTATIONS or key.startswith("x-"):
                result[key] = member
            else:
                self._notes.note(value, key, "omission", f"{key} beside a $ref", "left out: this version ignores it")

    def _flatten(self, kind: str, value: Object, source: Source) -> Json:
        target = self._finder.find(value, source)
        if kind not in REFERABLE and not (kind == "mediaType" and is_of_3_2(self._root.data)):
            self._notes.repair(value, "$ref", f"a $ref in place of a {kind}", "what it refers to")
        if not isinstance(target.value, dict):
            raise Broken(f"which is not a {kind}", "Refer to one.")
        if kind in ("response", "requestBody") and self._finder.home_name(target) is not None:
            return self._of_schema(kind, value, target)
        key = (kind, *target.key)
        # Only schemas can contain themselves: all other parts are inlined, which would never end.
        if key in self._active:
            raise Broken("which is a circular reference", "Replace it by a definition.")
        if key not in self._flat:
            self._active.add(key)
            self._flat[key] = self._object(kind, target.value, target.source)
            self._active.remove(key)
        flat = self._flat[key]
        if flat is _LEFT_OUT:
            return flat
        rest = {member: inner for member, inner in value.items() if member != "$ref"}
        return self._beside(kind, flat, value, rest, source) if rest and isinstance(flat, dict) else flat

    def _beside(self, kind: str, flat: Object, value: Object, rest: Object, source: Source) -> Object:
        """Merge the members beside a reference into its target."""
        result = self._notes.record_origin(dict(flat), flat)
        # What an overlay adds beside the $ref of a path item applies to it, too.
        if kind == "pathItem" or kind not in REFERABLE:
            result.update(self._members(kind, self._notes.record_origin(rest, value), source))
        else:
            self._annotations(result, value, rest)
        for member in rest:
            self._notes.moved(result, member, value, member)
        return result

    def _of_schema(self, kind: str, value: Object, target: Target) -> Object:
        """A response or body that refers to a schema can only mean one that has it."""
        self._notes.repair(value, "$ref", f"a $ref to a schema in place of a {kind}", f"a {kind} of that schema")
        schema: Object = self._notes.record_origin({}, value)
        self._hoists.refer(schema, "$ref", target)
        rest = {key: member for key, member in value.items() if key != "$ref"}
        return self._notes.record_origin({**rest, "schema": schema}, value)

    def _discriminator(self, value: Object, source: Source) -> Object:
        mapping, default = value.get("mapping"), value.get("defaultMapping")
        if not isinstance(mapping, dict) and default is None:
            return value
        members = {key: member for key, member in value.items() if key != "defaultMapping"}
        if isinstance(mapping, dict):
            members["mapping"] = result = self._notes.record_origin({}, mapping)
            for tag, reference in mapping.items():
                self._map_tag(result, tag, reference, mapping, source)
        if default is not None:
            self._map_tag(members, "defaultMapping", default, value, source)
        return self._notes.record_origin(members, value)

    def _map_tag(self, result: Object, tag: str, reference: Json, around: Object, source: Source) -> None:
        """Find the schema that a discriminator maps a value to, by its name or a reference."""
        if not isinstance(reference, str):
            self._notes.note(around, tag, "omission", tag, "left out: it names no schema", certain=False)
        # A text such as `Cat` may be a name or a relative address: a schema of that name is meant (OpenAPI,
        # Discriminator Object).
        elif reference in self._finder.home_names:
            result[tag] = self._finder.home_reference(reference)
        else:
            node: Object = self._notes.record_origin({"$ref": reference}, around)
            try:
                self._hoists.refer(result, tag, self._finder.follow(node, source))
            except Broken as broken:
                before = f"{tag}: {spoken(reference)}, {broken.message}"
                self._notes.note(around, tag, "omission", before, "left out", certain=False)

    def _text(self, value: Object, source: Source) -> str:
        """Read a description from a separate file; no version allows that, but many tools do it."""
        text = f"a $ref to the text {spoken(str(value['$ref']))}"
        try:
            source_text = self._store.text(source, str(value["$ref"]))
        except (Refused, DocumentError) as error:  # a client does without
            why = error.message if isinstance(error, Refused) else "which is not text"
            self._notes.note(value, "$ref", "omission", f"{text}, {why}", "left out", certain=False)
            return ""
        self._notes.repair(value, "$ref", text, "the text")
        return source_text

    # -- faults

    def _tell(self, broken: Broken, node: Object, after: str) -> None:
        reference = spoken(str(node["$ref"]))
        before, remedy = f"a reference to {reference}, {broken.message}", broken.remedy
        self._notes.note(node, "$ref", "fault", before, after, certain=False, remedy=remedy)
        self._notes.without(broken.faults)
        if not broken.faults:
            origin = self._notes.location(node, "$ref")
            self._broken.setdefault((reference, broken.message), (remedy, after, []))[2].append(origin)

    def _tell_broken(self) -> None:
        """Report a reference once, however often it occurs."""
        for (reference, message), (remedy, after, places) in self._broken.items():
            first = places[0]
            others = sorted(
                {origin.line for origin in places if origin.file == first.file and origin.line} - {first.line}
            )
            also = f" (as does line {others[0]})" if others else ""
            also = f" (as do {len(others)} other lines)" if others[1:] else also
            self._notes.without(
                [first.fault(f"it refers to {reference}, {message}{also}{self._notes.consequence(after)}", remedy)]
            )

    def _cut_endless(self, data: Object) -> None:
        schemas = object_at(data, self._finder.home_pointer)
        for name in made_of_themselves(schemas, {self._finder.home_reference(name): name for name in schemas}):
            schema = schemas[name]
            key = "$ref" if isinstance(schema, dict) and "$ref" in schema else "allOf"
            assert isinstance(schema, dict)
            message = f"the schema {name} is made of itself"
            self._notes.leave_out(schema, key, message, "it is taken as any value", "Replace it by a definition.")
            schemas[name] = {}
            self._notes.moved(schemas, name, schema, key)


# -- schemas that consist of themselves, which no value can match


def made_of_themselves(schemas: Object, references: dict[str, str]) -> list[str]:
    """Name the schemas that are themselves, or are put together by allOf from what contains them.

    Args:
        schemas: by name, their references in one spelling.
        references: the name that each spelling of a reference means.

    Returns:
        In the order of the schemas.
    """
    made_of = {
        name: {references[part] for part in _parts(schema) if part in references} for name, schema in schemas.items()
    }
    return [name for name in schemas if name in reachable(made_of[name], lambda part: made_of.get(part, ()))]


def _parts(schema: Json) -> list[str]:
    """Return the references that a schema entirely consists of."""
    if not isinstance(schema, dict):
        return []
    reference = schema.get("$ref")
    references = [reference] if isinstance(reference, str) else []
    return references + [inner for part in list_in(schema, "allOf") for inner in _parts(part)]
