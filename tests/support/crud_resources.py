"""CRUD resources of a published document, and bodies for them, read from its text alone.

Neither the generator nor the sandbox is used, so that a mistake of theirs in recognising a resource is not made here too.
"""

import base64
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from client_checker import media_kind, media_rank
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from raw_document import Body, Node, Operation, RawDocument

_ITEM = re.compile(r"(?P<collection>.+)/(?:\{(?P<braces>[^{}/]+)\}|<(?:\w+:)?(?P<angles>[^<>/]+)>)")
_UPDATES = ("PATCH", "PUT", "POST")
_DEEPEST = 8
_QUICK = settings(
    database=None, max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


# -- resources


@dataclass(frozen=True)
class Resource:
    """A collection with its items.

    Attributes:
        collection: Path of the collection, as `bare` has it.
        parameter: The parameter that names an item.
        create: POST on the collection.
        list_: GET on the collection.
        get: GET on an item.
        delete: DELETE on an item.
        update: PATCH, PUT or POST on an item, the first of these that has a body with fields, else the first; None without any.
    """

    collection: str
    parameter: str
    create: Operation
    list_: Operation
    get: Operation
    delete: Operation
    update: Operation | None


def bare(path: str) -> str:
    """Return a path without what frameworks append to every path: a slash, or the name of a format."""
    return path.partition("?")[0].partition("#")[0].rstrip("/").removesuffix(".json")


def item_of(path: str) -> tuple[str, str] | None:
    """Return the collection of an item's path and the parameter that names the item; None for any other path."""
    match = _ITEM.fullmatch(bare(path))
    return match and (match["collection"], match["braces"] or match["angles"])


def operations_of(document: RawDocument) -> dict[tuple[str, str], Operation]:
    """Return the operations by method and path."""
    return {(operation.method, bare(operation.path)): operation for operation in document.operations()}


def resources(document: RawDocument) -> Iterator[Resource]:
    """Find the resources: POST and GET on the collection, GET and DELETE on the item."""
    operations = operations_of(document)
    for (method, path), delete in operations.items():
        item = item_of(path) if method == "DELETE" else None
        if item is None:
            continue
        collection, parameter = item
        create, list_ = operations.get(("POST", collection)), operations.get(("GET", collection))
        get = operations.get(("GET", path))
        if create and list_ and get:
            updates = [operations[update, path] for update in _UPDATES if (update, path) in operations]
            update = next(
                (candidate for candidate in updates if fields_of(document, candidate.body)), next(iter(updates), None)
            )
            yield Resource(collection, parameter, create, list_, get, delete, update)


def media_of(document: RawDocument, body: Body) -> tuple[str, str]:
    """Return the media type that a client prefers of those of a body, and how it is written."""

    def kind(name: str) -> str:
        is_json = media_kind(name) == "bytes" and bool(document.facts(body.content[name][0]).get("properties"))
        return "json" if is_json else media_kind(name)

    name = min(body.content, key=lambda name: media_rank(kind(name), name))
    return name, kind(name)


def fields_of(document: RawDocument, body: Body | None) -> Mapping[str, Node]:
    """Return the fields of a body that is an object, as far as its schema states them."""
    if body is None:
        return {}
    return Values(document).facts(body.content[media_of(document, body)[0]][0])["properties"]


# -- values


def _number(facts: Mapping[str, Any], number: int, *, whole: bool) -> int | float:
    low, high = facts.get("minimum"), facts.get("maximum")
    if (above := facts.get("exclusiveMinimum")) not in (None, False):
        low = (low if above is True else above) + (1 if whole else 0.5)
    if (below := facts.get("exclusiveMaximum")) not in (None, False):
        high = (high if below is True else below) - (1 if whole else 0.5)
    step = facts.get("multipleOf") or 1
    value = number % 100 + 1
    if low is not None and value < low:
        value = low + (number % (int(min(high, low + 50) - low) + 1) if high is not None else number % 50)
    if high is not None and value > high:
        value = high if low is None or low > high - 1 else low + number % (int(min(high - low, 50)) + 1)
    value = -(-value // step) * step if step != 1 else value
    return int(value) if whole else value


_FORMATS: dict[str, Callable[[int], str]] = {
    "uuid": lambda number: str(uuid.UUID(int=0x5E1F0A3C2B644C1E9D570A4C8A1B0000 + number)),
    "date": lambda number: f"2024-02-{number % 28 + 1:02}",
    "date-time": lambda number: f"2024-02-29T12:{number // 60 % 60:02}:{number % 60:02}Z",
    "time": lambda number: f"12:{number // 60 % 60:02}:{number % 60:02}Z",
    "duration": lambda number: f"P{number}D",
    "email": lambda number: f"person{number}@example.org",
    "uri": lambda number: f"https://example.org/{number}",
    "url": lambda number: f"https://example.org/{number}",
    "uri-reference": lambda number: f"/{number}",
    "hostname": lambda number: f"host{number}.example.org",
    "ipv4": lambda number: f"192.0.2.{number % 254 + 1}",
    "ipv6": lambda number: f"2001:db8::{number + 1:x}",
    "byte": lambda number: base64.b64encode(f"bytes {number}".encode()).decode(),
    "int64": str,
    "int32": str,
}


@cache
def _matching(pattern: str, least: int, most: int | None) -> list[str]:
    """Return some texts that match a pattern."""
    distinct: dict[str, None] = {}
    texts = st.from_regex(re.compile(pattern, re.ASCII)).filter(
        lambda text: text.isprintable() and least <= len(text) <= (len(text) if most is None else most)
    )

    @settings(_QUICK, phases=[Phase.generate])
    @given(texts)
    def collect(text: str) -> None:
        distinct[text] = None

    with suppress(HypothesisException):  # too few of them
        collect()
    return list(distinct)


def _text(facts: Mapping[str, Any], number: int) -> str | bytes:
    if facts.get("type") == "file" or facts.get("format") == "binary":
        return f"bytes {number}".encode()
    least, most = facts.get("minLength") or 0, facts.get("maxLength")
    made = _FORMATS.get(str(facts.get("format")), lambda number: f"text-{number}")(number)
    pattern = facts.get("pattern")
    if pattern is None:
        made = made.ljust(least, "x")
        return made if most is None or len(made) <= most else made[-most:] if most else ""
    try:
        if re.search(pattern, made) and least <= len(made) <= (most or len(made)):
            return made
        texts = _matching(pattern, least, most)
        return texts[number % len(texts)] if texts else str(facts.get("example", made))
    except re.error:  # another dialect
        return str(facts.get("example", made))


class Values:
    """Values of schemas.

    Args:
        document: The document.
        number: Values of another number differ, where their schemas allow that.
    """

    def __init__(self, document: RawDocument, number: int = 0) -> None:
        self._document = document
        self._number = number

    def facts(self, node: Node) -> dict[str, Any]:
        """Return a schema's keywords; of alternatives, which are merged, those of the first that is not null."""
        facts = self._document.facts(node)
        facts.setdefault("properties", {})
        facts.setdefault("required", [])
        choices = [*facts.pop("oneOf", ()), *facts.pop("anyOf", ())]
        choices.sort(
            key=lambda choice: self._document.facts(choice).get("format") != "binary"
        )  # one file, not a list of them
        for choice in () if facts.keys() & {"const", "enum"} else choices:
            inner = self._document.facts(choice)
            if inner.get("type") == "null":
                continue
            inner = self.facts(choice)
            reference = choice.value.get("$ref") if isinstance(choice.value, dict) else None
            facts = {
                **facts,
                **inner,
                "properties": {**facts["properties"], **inner["properties"]},
                "required": [*facts["required"], *inner["required"]],
                "tag": self._tag(facts, reference) or inner.get("tag"),
            }
            break
        return facts

    @staticmethod
    def _tag(facts: Mapping[str, Any], reference: str | None) -> tuple[str, str] | None:
        """Return the field and the value by which a service distinguishes an alternative."""
        rule = facts.get("discriminator")
        if not isinstance(rule, dict) or not reference:
            return None
        name = reference.rpartition("/")[2]
        mapping = rule.get("mapping") or {}
        return rule["propertyName"], next((key for key, at in mapping.items() if at in (reference, name)), name)

    def value(self, node: Node, *, fields: frozenset[str] = frozenset(), depth: int = 0) -> Any:
        """Make a value.

        Args:
            node: The schema.
            fields: Fields that are included though they are optional; with dots, fields of fields.
            depth: How deep the value is nested.
        """
        facts = self.facts(node)
        if "const" in facts:
            return facts["const"]
        for choice in facts.get("enum") or ():
            if choice is not None:
                return choice
        types = facts.get("type")
        kind = (
            next((type_name for type_name in types if type_name != "null"), None) if isinstance(types, list) else types
        )
        if kind == "object" or (kind is None and facts["properties"]):
            return self._object(facts, fields, depth)
        if kind == "array" or (kind is None and "items" in facts):
            count = max(1, facts.get("minItems") or 0) if facts.get("maxItems") != 0 and "items" in facts else 0
            items = [Values(self._document, self._number + at) for at in range(count)] if depth < _DEEPEST else []
            return [values.value(facts["items"], depth=depth + 1) for values in items]
        if kind in ("integer", "number"):
            return _number(facts, self._number, whole=kind == "integer")
        return True if kind == "boolean" else _text(facts, self._number)

    def _object(self, facts: Mapping[str, Any], fields: frozenset[str], depth: int) -> dict[str, Any]:
        tag = facts.get("tag")
        made: dict[str, Any] = {}
        inner = {
            name: frozenset(field.partition(".")[2] for field in fields if field.startswith(f"{name}."))
            for name in facts["properties"]
        }
        optional = [name for name in facts["properties"] if name in fields or inner[name]]
        for name in dict.fromkeys([*facts["required"], *optional]):
            schema = facts["properties"].get(name)
            if schema is None or self._document.facts(schema).get("readOnly") is True or depth >= _DEEPEST:
                continue
            made[name] = self.value(schema, fields=inner[name], depth=depth + 1)
        if tag and tag[0] in facts["properties"]:
            allowed = self.facts(facts["properties"][tag[0]]).get("enum")
            made[tag[0]] = tag[1] if not allowed or tag[1] in allowed else allowed[0]
        for name, schema in facts["properties"].items():
            if len(made) < (facts.get("minProperties") or 0):
                made.setdefault(name, self.value(schema, depth=depth + 1))
        return made


# -- bodies that a service has to refuse


class Wrong(NamedTuple):
    """A wrong value in a body.

    Attributes:
        kind: `missing`, `type` or `value`.
        field: Its field.
        body: The whole body.
    """

    kind: str
    field: str
    body: dict[str, Any]


def wrong_bodies(document: RawDocument, schema: Node, body: Mapping[str, Any], *, is_json: bool) -> Iterator[Wrong]:
    """Spoil a body in three ways, as far as its schema excludes them: a field is missing, has another type, or a bad value.

    Args:
        document: The document.
        schema: The schema of the body.
        body: A valid body.
        is_json: Whether its values have types; those of forms are texts.
    """
    facts = document.facts(schema)  # alternatives exclude less than each of them
    required = [name for name in facts.get("required", ()) if name in body]
    inner = facts.get("properties", {}).get(required[0]) if len(required) == 1 and len(body) == 1 else None
    if inner is not None and isinstance(body[required[0]], dict) and body[required[0]]:  # {"data": {...}}
        for wrong in wrong_bodies(document, inner, body[required[0]], is_json=is_json):
            yield Wrong(wrong.kind, f"{required[0]}.{wrong.field}", {required[0]: wrong.body})
        return
    if required:
        rest = {name: value for name, value in body.items() if name != required[0]}
        others = [name for name in facts["properties"] if name != required[0]]
        if not rest and not is_json and others:  # an empty form is the same as none, which may be allowed
            rest = {others[0]: Values(document).value(facts["properties"][others[0]])}
        if rest or is_json:
            yield Wrong("missing", required[0], rest)
    kinds = {name: _plain_facts(document, node) for name, node in facts.get("properties", {}).items()}
    for name in sorted(kinds, key=lambda name: name not in body):
        wrong = _of_another_type(kinds[name], is_json=is_json)
        if wrong is not None:
            yield Wrong("type", name, {**body, name: wrong})
            break
    for name in sorted(kinds, key=lambda name: name not in body):
        wrong = _outside(kinds[name])
        if wrong is not None:
            yield Wrong("value", name, {**body, name: wrong})
            break


def _plain_facts(document: RawDocument, node: Node) -> dict[str, Any]:
    """Keywords of a schema that every value of it fulfils: nothing for alternatives, and for what no client sends."""
    facts = document.facts(node)
    return {} if facts.keys() & {"oneOf", "anyOf"} or facts.get("readOnly") is True else facts


def _of_another_type(facts: Mapping[str, Any], *, is_json: bool) -> Any:
    kind = facts.get("type")
    if not is_json:
        return "text" if kind in ("integer", "number") else None
    if kind in ("object", "array"):
        return "text"
    return (
        {"not": "this"}
        if kind in ("string", "integer", "number", "boolean") and facts.get("format") != "binary"
        else None
    )


_NO_FORMAT = {
    "uuid": "no-uuid",
    "date": "2024-02-30",
    "date-time": "yesterday",
    "ipv4": "192.0.2.256",
    "email": "nobody",
}


def _outside(facts: Mapping[str, Any]) -> Any:
    kind = facts.get("type")
    if kind == "string" and facts.get("enum"):
        return "none-of-these"
    if kind in ("integer", "number"):
        if facts.get("maximum") is not None:
            return int(facts["maximum"]) + 1
        return None if facts.get("minimum") is None else int(facts["minimum"]) - 1
    if kind != "string":
        return None
    if facts.get("maxLength"):
        return "x" * (facts["maxLength"] + 1)
    return _NO_FORMAT.get(str(facts.get("format")))
