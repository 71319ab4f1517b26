"""Values that keep to schemas: stored objects as a response has them, and what nobody set, made from the schema."""

import hashlib
import math
import re
import string
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any, cast

from omicsdk.sandbox.document import EMPTY, Schema, as_mapping
from omicsdk.sandbox.engine.schemas import VOCABULARY, Schemas, words

# No value; null is a value.
ABSENT: Any = object()

# Names of fields that identify objects, the commonest first.
IDENTITIES = VOCABULARY["identities"]

# Gives the value of a property by its name and those around it, the outermost first, and its flat schema; or ABSENT.
Fill = Callable[[Sequence[str], Schema], Any]

_DEEPEST = 8
# Levels of an example that have their optional properties too.
_FULL = 3


def nothing(_place: Sequence[str], _schema: Schema) -> Any:
    """Fill no property."""
    return ABSENT


class Values:
    """Makes values for the schemas of one document, always the same ones.

    Args:
        schemas: The schemas.
        seed: Distinguishes the values of different sandboxes.
    """

    def __init__(self, schemas: Schemas, seed: str = "") -> None:
        self._schemas = schemas
        self._seed = seed

    # -- values from schemas alone

    def example(self, schema: object, place: str) -> Any:
        """Make a value with optional properties, from the document's examples where they keep to the schema.

        Args:
            schema: The schema.
            place: Names the value: the same place has the same value.
        """
        return self._made(schema, place, full=True)

    def made(self, schema: object, place: str) -> Any:
        """Make a value of what a schema requires; arguments are those of `example`."""
        return self._made(schema, place, full=False)

    def _made(self, schema: object, location: str, *, full: bool, depth: int = 0, within: tuple[int, ...] = ()) -> Any:
        flat = self._schemas.flat(schema)
        if "const" in flat:
            return flat["const"]
        example = self._documented_value(schema, flat, location)
        if example is not ABSENT:
            return example
        if isinstance(flat.get("enum"), list) and flat["enum"]:
            return next((choice for choice in flat["enum"] if choice is not None), None)
        if branches := self._schemas.branches(flat):
            inner = (*within, id(flat))
            real = [branch for branch in branches if not self._is_null(branch)] or list(branches)
            generated: list[Any] = []
            for branch in real if depth <= _DEEPEST else ():
                value = self._made(branch, location, full=full, depth=depth + 1, within=inner)
                # A value that fits several alternatives of oneOf is invalid.
                if "oneOf" not in flat or sum(self._schemas.is_valid(other, value) for other in branches) == 1:
                    return value
                generated.append(value)
            return generated[0] if generated else None
        kinds = self._schemas.kinds(flat)
        if "null" in kinds and (depth > _DEEPEST or id(flat) in within or not kinds - {"null"}):
            return None
        inner = (*within, id(flat))
        if "object" in kinds:
            return self._object(flat, location, full=full, depth=depth, within=inner)
        if "array" in kinds:
            least = int(flat.get("minItems", 0))
            usual = len(flat.get("prefixItems", ())) or (0 if flat.get("items") is False else 1)
            count = max(least, usual if full and depth < _FULL and id(flat) not in within else 0)
            if depth > _DEEPEST:
                return []
            return [
                self._made(_item(flat, number), f"{location}/{number}", full=full, depth=depth + 1, within=inner)
                for number in range(min(count, int(flat.get("maxItems", count))))
            ]
        return self._scalar(flat, kinds, location)

    def _documented_value(self, schema: object, flat: Schema, location: str) -> Any:
        """An example or default of the document that keeps to the schema."""
        examples = flat.get("examples")
        candidates = [flat[key] for key in ("example", "default") if key in flat]
        candidates[:0] = cast("list[Any]", examples)[:1] if isinstance(examples, list) else []
        for value in candidates:
            if value is None:
                continue
            if self._schemas.is_valid(schema, value):
                return value
            self._schemas.report(f"The example of {location.rpartition('/')[2]} breaks its schema and is not used")
        return ABSENT

    def _object(self, flat: Schema, location: str, *, full: bool, depth: int, within: tuple[int, ...]) -> Any:
        required = dict.fromkeys(flat.get("required", ()))  # in the document's order, which a set would lose
        fields: dict[str, Any] = {}
        if depth > _DEEPEST:
            return fields
        properties = self._schemas.properties(flat)
        for name, property_schema in properties.items():
            schema = self._schemas.flat(property_schema)
            is_wanted = name in required or (full and depth < _FULL and id(schema) not in within)
            if is_wanted and not schema.get("writeOnly"):
                fields[name] = self._made(
                    property_schema, f"{location}/{name}", full=full, depth=depth + 1, within=within
                )
        for name in (name for name in required if name not in properties):
            fields[name] = self._made(
                flat.get("additionalProperties"), f"{location}/{name}", full=False, depth=depth + 1
            )
        return fields

    def _random(self, location: str) -> Random:
        return Random(hashlib.sha256(f"{self._seed}:{location}".encode()).digest())  # noqa: S311 - the same each time

    def _scalar(self, flat: Schema, kinds: frozenset[str], location: str) -> Any:
        random = self._random(location)
        if "string" in kinds:
            return self._text(flat, location, random)
        if "integer" in kinds or "number" in kinds:
            return _number(flat, random, whole="integer" in kinds)
        return False if "boolean" in kinds else {}

    def _text(self, flat: Schema, location: str, random: Random) -> str:
        pattern, least, most = flat.get("pattern"), int(flat.get("minLength", 0)), flat.get("maxLength", math.inf)
        format_ = str(flat.get("format", ""))
        if isinstance(pattern, str):
            tries = (matching(pattern, random) for _ in range(20))
            matched = next((text for text in tries if text is not None and least <= len(text) <= most), None)
            if matched is not None:
                return matched
        digits = f"{random.getrandbits(128):032x}"
        # Names below .invalid have no address (RFC 2606): a client that follows such a URL fails at once and leaves no machine.
        formatted = {
            "uuid": str(uuid.UUID(digits)),
            "date-time": f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}T12:00:00Z",
            "date": f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
            "time": "12:00:00Z",
            "email": f"{digits[:8]}@example.org",
            "hostname": f"{digits[:8]}.invalid",
            "uri": f"https://sandbox.invalid/{digits[:8]}",
            "url": f"https://sandbox.invalid/{digits[:8]}",
            "ipv4": f"192.0.2.{random.randint(1, 254)}",
            "ipv6": f"2001:db8::{digits[:4]}",
            "byte": "AAAA",
            "duration": "PT1H",
        }.get(format_)
        if formatted is not None and least <= len(formatted) <= most:
            return formatted
        last = words(location.rpartition("/")[2]) or "text"
        text = f"{last}-{digits[:6]}" if len(last) + 7 <= most else digits[: int(min(most, 24))]
        return text.ljust(least, "x")

    # -- stored values as responses have them

    def fitted(self, schema: object, value: Any, place: str, fill: Fill = nothing) -> Any:
        """Make a value that keeps to a schema and has of a stored one what the schema has.

        Args:
            schema: The schema of a response.
            value: The stored value, or ABSENT.
            place: Names the value, for what is made.
            fill: Gives values of properties that are not stored.
        """
        fitted = self._fitted(schema, value, place, fill, 0)
        if self._schemas.is_valid(schema, fitted):
            return fitted
        if isinstance(fitted, dict):
            fitted = self._repaired(schema, cast("dict[str, Any]", fitted), place)
            if self._schemas.is_valid(schema, fitted):
                return fitted
        self._schemas.report(f"No value was found that keeps to the schema of {place.partition('?')[0]}")
        return fitted

    def _repaired(self, schema: object, fitted: dict[str, Any], location: str) -> Any:
        """Leave out, or make again, the properties of an object that break its schema."""
        required = self._schemas.flat(schema).get("required", ())
        properties = self._schemas.properties(schema)
        # All of them first: the validator iterates over the members, which change here.
        for error in list(self._schemas.errors(schema, fitted, sent=False)):
            name = str(error.absolute_path[0]) if error.absolute_path else ""
            if name in fitted:
                if name in required:
                    fitted[name] = self.made(properties.get(name), f"{location}/{name}")
                else:
                    del fitted[name]
        generated = self.made(schema, location)
        return {**as_mapping(generated), **fitted}

    def _fitted(self, schema: object, value: Any, location: str, fill: Fill, depth: int) -> Any:
        flat = self._schemas.flat(schema)
        kinds = self._schemas.kinds(flat)
        if "const" in flat:
            return flat["const"]
        if depth > 60 or (value is None and ("null" in kinds or not flat)):
            return None
        if value is ABSENT and fill is nothing:
            return self.made(schema, location)
        if branches := self._schemas.branches(flat):
            return self._fitted(self._branch(flat, branches, value), value, location, fill, depth + 1)
        if not isinstance(value, dict | list) and value is not ABSENT and self._schemas.is_valid(schema, value):
            return value
        if ("object" in kinds or not kinds) and (isinstance(value, dict) or (value is ABSENT and "object" in kinds)):
            return self._fitted_object(flat, cast("Any", {} if value is ABSENT else value), location, fill, depth)
        if "array" in kinds and value is not ABSENT and value is not None:
            values = cast("list[Any]", value if isinstance(value, list) else [value])
            return [
                self._fitted(_item(flat, number), item, f"{location}/{number}", fill, depth + 1)
                for number, item in enumerate(values)
            ]
        if "array" in kinds and fill is not nothing and isinstance(flat.get("items"), dict):
            return (
                [self._fitted(flat["items"], ABSENT, f"{location}/0", fill, depth + 1)] if flat.get("minItems") else []
            )
        if isinstance(value, list) and not kinds:
            return cast("Any", value)
        converted = _converted(value, kinds, flat)
        if converted is not ABSENT and self._schemas.is_valid(schema, converted):
            return self._fitted(schema, converted, location, fill, depth + 1) if "object" in kinds else converted
        if value is not ABSENT:
            name = location.rpartition("/")[2]
            self._schemas.report(f"A stored value of {name} breaks its schema, and another one is served in its place")
        return self.made(schema, location)

    def _is_null(self, schema: object) -> bool:
        kinds = self._schemas.kinds(schema)
        return "null" in kinds and len(kinds) == 1

    def _branch(self, flat: Schema, branches: tuple[Schema, ...], value: Any) -> Schema:
        """The alternative that suits a value best."""
        chosen = self._schemas.chosen(flat, value)
        if chosen is not None:
            return chosen
        for branch in branches:
            if value is not ABSENT and self._schemas.is_valid(branch, value):
                return branch
        real = [branch for branch in branches if not self._is_null(branch)] or list(branches)
        if not isinstance(value, dict):
            return real[0]
        keys = cast("dict[str, Any]", value).keys()

        def shared(branch: Schema) -> int:
            missing = frozenset(branch.get("required", ())) - keys
            return len(self._schemas.properties(branch).keys() & keys) * 2 - len(missing)

        return max(real, key=shared)

    def _fitted_object(self, flat: Schema, value: Mapping[str, Any], location: str, fill: Fill, depth: int) -> Any:
        required = dict.fromkeys(flat.get("required", ()))
        properties = self._schemas.properties(flat)
        fields: dict[str, Any] = {}
        spelled: dict[str, str] | None = None
        for name, property_schema in properties.items():
            field_value = value.get(name, ABSENT)
            if field_value is ABSENT and value:
                spelled = spelled or {words(key): key for key in value}
                field_value = value.get(spelled.get(words(name), ""), ABSENT)
            schema = self._schemas.flat(property_schema)
            if schema.get("writeOnly"):
                continue
            inside = f"{location}/{name}"
            if field_value is ABSENT and fill is not nothing:
                field_value = fill(inside.split("/")[1:], schema)
            if field_value is ABSENT and name not in required:
                continue
            # A null that the response's schema does not allow is left out where the field may be.
            if field_value is None and name not in required and "null" not in self._schemas.kinds(schema) and schema:
                continue
            fields[name] = self._fitted(property_schema, field_value, inside, fill, depth + 1)
        stated_other = flat.get("additionalProperties", True)
        other = as_mapping(stated_other)
        if other or (stated_other and not properties):
            rest = {name: member for name, member in value.items() if name not in properties}
            fields |= {
                name: self._fitted(other, member, f"{location}/{name}", fill, depth + 1)
                for name, member in rest.items()
            }
        for name in (name for name in required if name not in fields and name not in properties):
            fields[name] = value.get(name, self.made(other, f"{location}/{name}"))
        return fields


def _item(flat: Schema, number: int) -> object:
    """The schema of an array's item."""
    first = flat.get("prefixItems", ())
    return first[number] if number < len(first) else flat.get("items", EMPTY)


def _converted(value: Any, kinds: frozenset[str], flat: Schema) -> Any:
    """A value as another type: a number written as a text, an object for the identity that refers to it, and the reverse."""
    if isinstance(value, dict):
        stored = cast("dict[str, Any]", value)
        value = next((stored[name] for name in IDENTITIES if name in stored), ABSENT)
    if value is ABSENT or value is None or isinstance(value, list):
        return ABSENT
    if "object" in kinds:
        properties = flat.get("properties", {})
        name = next((name for name in IDENTITIES if name in properties), None)
        return ABSENT if name is None else {name: value}
    if "string" in kinds and not isinstance(value, bool):
        return str(value)
    try:
        if "integer" in kinds:
            return int(value)
        return float(value) if "number" in kinds else ABSENT
    except (TypeError, ValueError):
        return ABSENT


def _number(flat: Schema, random: Random, *, whole: bool) -> int | float:
    least, most = flat.get("minimum"), flat.get("maximum")
    above, below = flat.get("exclusiveMinimum"), flat.get("exclusiveMaximum")
    step = flat.get("multipleOf", 1)
    if isinstance(above, int | float) and not isinstance(above, bool):
        least = above + (step if whole else 1e-6)
    if isinstance(below, int | float) and not isinstance(below, bool):
        most = below - (step if whole else 1e-6)
    if least is None:
        least = 0 if most is None or most >= 0 else most
    number = least + (random.randint(0, 9) * step if most is None else 0)
    if step and step != 1:
        exact = Fraction(str(step))
        number = float(math.ceil(Fraction(str(least)) / exact) * exact)
    return math.ceil(number) if whole else number


_Maker = Callable[[Random], str]

# Escapes, classes, beginnings of groups, repetitions, and then single characters.
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?.|[*+?][?+]?|\{\d+(?:,\d*)?\}[?+]?|.", re.DOTALL)
_MEMBER = re.compile(r"(\\.|[^\\])-(\\.|[^\\])|\\.|.", re.DOTALL)
_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": " ",
    "D": string.ascii_lowercase,
    "W": "-",
    "S": string.ascii_lowercase,
    **dict.fromkeys("bBAzZ", ""),
}
_ANY = string.ascii_lowercase + string.digits
# Repetitions more than the least number, and the largest least number.
_MOST = 3
_LARGEST = 5_000
_BOUNDS = {"*": (0, _MOST), "+": (1, 1 + _MOST), "?": (0, 1)}


def matching(pattern: str, random: Random) -> str | None:
    """Make a text that matches a pattern, of those that documents state: no lookaround, no references to groups.

    Args:
        pattern: The regular expression.
        random: Decides between its choices.

    Returns:
        The text; None for a pattern that is not understood.
    """
    try:
        text = _alternatives(deque(_TOKEN.findall(pattern)))(random)
        # A text that does not match shows that the pattern was misread.
        return text if re.search(pattern, text) else None
    except (IndexError, ValueError, re.error, OverflowError, RecursionError):
        return None


def _alternatives(tokens: deque[str]) -> _Maker:
    """Read up to the end of a group, or of the pattern."""
    branches = [_sequence(tokens)]
    while tokens and tokens[0] == "|":
        tokens.popleft()
        branches.append(_sequence(tokens))
    return lambda random: random.choice(branches)(random)


def _sequence(tokens: deque[str]) -> _Maker:
    parts: list[tuple[_Maker, tuple[int, int]]] = []
    while tokens and tokens[0] not in ("|", ")"):
        atom = _atom(tokens.popleft(), tokens)
        is_repeated = bool(tokens) and (tokens[0][0] in _BOUNDS or re.match(r"\{\d", tokens[0]) is not None)
        parts.append((atom, _bounds(tokens.popleft()) if is_repeated else (1, 1)))
    return lambda random: "".join(atom(random) for atom, bounds in parts for _ in range(random.randint(*bounds)))


def _bounds(token: str) -> tuple[int, int]:
    if token[0] in _BOUNDS:
        return _BOUNDS[token[0]]
    least, comma, most = token[1:].partition("}")[0].partition(",")
    if int(least) > _LARGEST:
        raise ValueError(token)
    return int(least), min(int(most or least) if most or not comma else int(least) + _MOST, int(least) + _MOST)


def _atom(token: str, tokens: deque[str]) -> _Maker:
    if token in ("(", "(?:"):
        group = _alternatives(tokens)
        tokens.popleft()
        return group
    if token.startswith("(?"):
        raise ValueError(token)
    characters = _members(token[1:-1]) if token.startswith("[") and len(token) > 1 else _characters(token)
    return lambda random: random.choice(characters) if characters else ""


def _characters(token: str) -> str:
    """The characters that a token may stand for; none for the places of a text."""
    if not token.startswith("\\"):
        return {"^": "", "$": "", ".": _ANY}.get(token, token)
    if token[1].isdigit() or token[1] in "pP":
        raise ValueError(token)
    return _CLASSES.get(token[1], token[1])


def _members(expression: str) -> str:
    """The characters of a class."""
    excluded = expression.startswith("^")
    characters = ""
    for match in _MEMBER.finditer(expression.removeprefix("^")):
        if match[1]:
            first, last = ord(match[1][-1]), ord(match[2][-1])
            # A range of Unicode may have a million characters.
            characters += "".join(map(chr, range(first, min(last, first + 127) + 1)))
        else:
            characters += _CLASSES.get(match[0][1], match[0][1]) if match[0].startswith("\\") else match[0]
    return "".join(character for character in _ANY if character not in characters) if excluded else characters
