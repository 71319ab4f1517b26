"""Schemas of a document: references followed, `allOf` merged, and values validated as requests or responses have them."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import cache, cached_property, partial
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, cast

from omicsdk.sandbox.document import EMPTY, Schema, as_list, as_mapping, read_table
from omicsdk.sandbox.problems import is_kept, whole_number

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_HOME = "#/components/schemas/"
_UNIONS = ("oneOf", "anyOf")
_OF_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_KINDS: Mapping[type, str] = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", type(None): "null",
}  # fmt: skip
# Keywords that limit the values of a type.
_LIMITS = frozenset(
    {"enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
     "exclusiveMaximum", "multipleOf", "not", "if", "allOf", *_UNIONS}
)  # fmt: skip
# The narrower of two limits applies.
_NARROWER = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
# Keywords that a schema has once, each with those that belong to it: those of a second part of `allOf` apply beside them.
_ONCE: Mapping[str, tuple[str, ...]] = {
    "if": ("if", "then", "else"), "contains": ("contains", "minContains", "maxContains"),
    **{key: (key,) for key in ("not", "pattern", "multipleOf", *_UNIONS)},
}  # fmt: skip


# The words by which parameters, fields and paths of any document are recognized.
VOCABULARY: Mapping[str, Sequence[str]] = read_table("engine/words.toml")
# The same where their order does not matter.
WORD_SETS = {name: frozenset(listed) for name, listed in VOCABULARY.items()}


def words(name: str) -> str:
    """Spell a name in small letters with `_` between its words, so that FriendlyName and friendly_name are alike."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


class Schemas:
    """The schemas of one document.

    Args:
        document: A resolved OpenAPI 3.1 document.
        report: Called with each fault of the document that changes how the sandbox reads it.
        formats: Checks of formats, which return something false, or raise ValueError, for a wrong value.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        report: Callable[[str], None] = lambda _fault: None,
        formats: Mapping[str, Callable[[Any], object]] = EMPTY,
    ) -> None:
        self.components: Mapping[str, Any] = document.get("components", {})
        self.report = report
        self._formats = formats
        # Schemas are known by their identity; each is kept beside its result, so that no other object gets its number.
        self._flat: dict[int, tuple[object, Schema]] = {}
        self._branches: dict[int, tuple[object, tuple[Schema, ...]]] = {}
        self._kinds: dict[int, tuple[object, frozenset[str]]] = {}
        self._plain: dict[int, tuple[object, tuple[tuple[type, ...], Callable[[Any], object] | None]]] = {}
        self._validators: dict[tuple[int, bool], tuple[object, Any]] = {}
        self._class = cache(partial(_validator_class, self))  # making one takes a millisecond

    @cached_property
    def _checker(self) -> Any:
        from jsonschema import FormatChecker  # when something is first validated: its import takes a while

        checker = FormatChecker(formats=())
        for name, check in self._formats.items():
            checker.checks(name, raises=ValueError)(_of_type(int if name == "int32" else str, check))
        return checker

    @property
    def known(self) -> int:
        """Number of schemas that were read: those of the document that requests have needed."""
        return len(self._flat)

    def target(self, reference: str) -> Schema:
        """The schema that a reference points at; an empty one for a reference to nothing."""
        name = reference.removeprefix(_HOME).replace("~1", "/").replace("~0", "~")
        return self.components.get("schemas", {}).get(name, EMPTY)

    def flat(self, schema: object) -> Schema:
        """A schema as one object: references followed, all parts of `allOf` merged into it. Alternatives are kept, and
        parts that cannot be merged, such as a second `not`, which are in `allOf`.
        """
        cached = self._flat.get(id(schema))
        if cached is None:
            if not isinstance(schema, Mapping):
                return EMPTY
            mapping = cast("Schema", schema)
            self._flat[id(mapping)] = (mapping, EMPTY)  # while it is read: references may lead in a circle
            # All references to a schema give the same object, by which recursion is recognised.
            is_reference = "$ref" in mapping and len(mapping) == 1
            flattened = (
                self.flat(self.target(str(mapping["$ref"]))) if is_reference else self._merged(mapping, frozenset())
            )
            cached = self._flat[id(mapping)] = (mapping, flattened)
            self._flat.setdefault(id(cached[1]), (cached[1], cached[1]))
        return cached[1]

    def _merged(self, schema: Schema, open_references: frozenset[str]) -> Schema:
        parts: list[Schema] = []
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in open_references:
            parts.append(self._merged(self.target(reference), open_references | {reference}))
        for part in schema.get("allOf", ()):
            if isinstance(part, Mapping):
                parts.append(self._merged(cast("Schema", part), open_references))
        own_keywords = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        if not parts:
            return own_keywords if len(own_keywords) < len(schema) else schema
        merged: dict[str, Any] = {}
        for part in parts:
            _add(merged, part)
        if merged.get("additionalProperties") is False and "allOf" in schema:
            del merged["additionalProperties"]  # of a part, which knows nothing of the others
        if "discriminator" in merged and not any(union in merged for union in _UNIONS):
            del merged["discriminator"]  # of a base, whose variants refer to it
        _add(merged, own_keywords)
        return merged

    def branches(self, schema: object) -> tuple[Schema, ...]:
        """The alternatives of a schema, each with what is common to all; none for a schema without alternatives."""
        flat = self.flat(schema)
        cached = self._branches.get(id(flat))
        if cached is None:
            union = next((union for union in _UNIONS if isinstance(flat.get(union), list)), None)
            base = {key: value for key, value in flat.items() if key not in (union, "discriminator")}
            alternatives: list[Any] = flat[union] if union else []
            merged = (self._merged({"allOf": [base, alternative]}, frozenset()) for alternative in alternatives)
            pairs = zip(alternatives, merged, strict=True)
            tagged = tuple(self._tagged(flat, alternative, branch) for alternative, branch in pairs)
            cached = self._branches[id(flat)] = (flat, tagged)
        return cached[1]

    def _tagged(self, flat: Schema, alternative: object, branch: Schema) -> Schema:
        """An alternative with the values that the discriminator has for it."""
        discriminator = as_mapping(flat.get("discriminator"))
        reference = str(as_mapping(alternative).get("$ref", ""))
        name, mapping = str(discriminator.get("propertyName", "")), as_mapping(discriminator.get("mapping"))
        if not name or not reference:
            return branch
        schema_name = reference.removeprefix(_HOME)
        tags = [tag for tag, target in mapping.items() if target in (reference, schema_name)] or [schema_name]
        properties = as_mapping(branch.get("properties"))
        tag = self.flat(properties.get(name))
        if "const" in tag or not set(tags) <= set(tag.get("enum", tags)):
            return branch
        return {**branch, "properties": {**properties, name: {**tag, "enum": tags}}}

    def chosen(self, schema: object, value: object) -> Schema | None:
        """The alternative that a value's discriminator names; None without one."""
        flat = self.flat(schema)
        discriminator = flat.get("discriminator")
        if not isinstance(discriminator, Mapping) or not isinstance(value, Mapping):
            return None
        definition = cast("Mapping[str, Any]", discriminator)
        tag = cast("Mapping[str, Any]", value).get(str(definition.get("propertyName")))
        alternatives = [as_mapping(alternative) for union in _UNIONS for alternative in as_list(flat.get(union))]
        references = [str(alternative.get("$ref", "")) for alternative in alternatives]
        target = str(cast("Mapping[str, Any]", definition.get("mapping") or {}).get(str(tag), tag))
        for reference in references:
            if reference and (reference == target or reference.removeprefix(_HOME) == target):
                return self.branches(flat)[references.index(reference)]
        return None

    def properties(self, schema: object) -> Mapping[str, Any]:
        """The properties of objects, those of all alternatives included."""
        merged: dict[str, Any] = {}
        for branch in self.branches(schema):
            for name, property_schema in self.properties(branch).items() if not self.branches(branch) else ():
                merged.setdefault(name, property_schema)
        return {**merged, **as_mapping(self.flat(schema).get("properties"))}

    def kinds(self, schema: object) -> frozenset[str]:
        """The types of JSON that a schema allows; none for any."""
        flat = self.flat(schema)
        cached = self._kinds.get(id(flat))
        if cached is None:
            cached = self._kinds[id(flat)] = (flat, self._kinds_of(flat))
        return cached[1]

    def identity(self, schema: object, text: str) -> int | str:
        """An identity of a path as its field has it: a number where that is one."""
        number = whole_number(text) if "integer" in self.kinds(schema) else None
        return text if number is None else number

    def _kinds_of(self, flat: Schema) -> frozenset[str]:
        declared_type = flat.get("type")
        if isinstance(declared_type, str):
            return frozenset({declared_type})
        if isinstance(declared_type, list):
            return frozenset(cast("list[str]", declared_type))
        if branches := self.branches(flat):
            kinds = [self.kinds(branch) if branch is not flat else frozenset[str]() for branch in branches]
            return frozenset[str]().union(*kinds) if all(kinds) else frozenset()
        if "properties" in flat or isinstance(flat.get("additionalProperties"), Mapping):
            return frozenset({"object"})
        if "items" in flat:
            return frozenset({"array"})
        values: list[object] = as_list(flat.get("enum")) or ([flat["const"]] if "const" in flat else [])
        return frozenset(_KINDS.get(type(value), "string") for value in values)  # others are dates of PyYAML

    def is_object(self, schema: object) -> bool:
        """Whether a schema is one of objects with properties."""
        return "object" in self.kinds(schema) and bool(self.properties(schema))

    def items(self, schema: object) -> Schema | None:
        """The schema of a list's items; None for what is no list."""
        flat = self.flat(schema)
        if "array" not in self.kinds(flat) or len(self.kinds(flat) - {"null"}) != 1:
            return None
        item_schema = flat.get("items")
        if item_schema is None and (lists := [branch for branch in self.branches(flat) if "items" in branch]):
            item_schema = lists[0]["items"]
        return cast("Schema", item_schema) if isinstance(item_schema, Mapping) else EMPTY

    def errors(self, schema: object, value: object, *, sent: bool) -> "Iterator[ValidationError]":
        """What of a value breaks a schema.

        Args:
            schema: The schema.
            value: Decoded JSON.
            sent: Whether it is of a request, which may leave out what is `readOnly`; a response what is `writeOnly`.
        """
        return self._validator(schema, sent=sent).iter_errors(value)

    def is_valid(self, schema: object, value: object, *, sent: bool = False) -> bool:
        """Whether a value keeps to a schema; arguments are those of `errors`."""
        flat = self.flat(schema)
        plain_types = self._plain.get(id(flat))
        types, fits = (plain_types or self._keep_plain(flat))[1]
        is_plain = type(value) in types and not (sent and isinstance(value, int) and not is_kept(value))
        if is_plain and (fits is None or fits(value)):
            return True
        return next(iter(self.errors(schema, value, sent=sent)), None) is None

    def _keep_plain(self, flat: Schema) -> tuple[object, tuple[tuple[type, ...], Callable[[Any], object] | None]]:
        """Keep the types of values that a schema allows, with its only limit; none for others. Most schemas need no validator."""
        kinds, limits = self.kinds(flat), [*_LIMITS.intersection(flat)]
        types = _OF_TYPES.get(next(iter(kinds)), ()) if len(kinds) == 1 else ()
        fits: Callable[[Any], object] | None = None
        if limits == ["enum"] and types == (str,):
            fits = flat["enum"].__contains__
        elif limits == ["pattern"] and types == (str,) and (pattern := _compiled(flat["pattern"])):
            fits = pattern.search
        elif limits:
            types = ()
        plain_types = self._plain[id(flat)] = flat, (types, fits)
        return plain_types

    def _validator(self, schema: object, *, sent: bool) -> Any:
        mapping = cast("Schema", schema) if isinstance(schema, Mapping) else EMPTY
        key = (id(mapping), sent)
        cached = self._validators.get(key)
        if cached is None:
            # Lookups of unevaluated properties need the components beside the schema.
            whole = {**mapping, "components": self.components}
            cached = self._validators[key] = (mapping, self._class(sent=sent)(whole, format_checker=self._checker))
        return cached[1]


def _both(first: object, second: object) -> Schema:
    """A field that two parts state: it is `readOnly` where both of them state that."""
    marks = {key: bool(as_mapping(first).get(key) and as_mapping(second).get(key)) for key in ("readOnly", "writeOnly")}
    return {"allOf": [first, second], **marks}


def _add(merged: dict[str, Any], part: Schema) -> None:
    """Merge the keywords of a part of `allOf` into the others; those that cannot be merged stay in an `allOf`."""
    for key, group in _ONCE.items():
        # Alternatives of a discriminator are those of the last part: the others' are often its own base.
        is_tagged = key in _UNIONS and "discriminator" in {**merged, **part}
        is_other = any(part.get(name) != merged.get(name) for name in group)
        if key in part and key in merged and is_other and not is_tagged:
            merged["allOf"] = [*merged.get("allOf", ()), {name: merged.pop(name) for name in group if name in merged}]
    for key, value in part.items():
        if key == "properties":
            present: dict[str, Any] = dict(as_mapping(merged.get("properties")))
            for name, property_schema in as_mapping(value).items():
                both = name in present and present[name] is not property_schema
                present[name] = _both(present[name], property_schema) if both else property_schema
            merged["properties"] = present
        elif key in ("then", "else") and "if" not in part:
            continue
        elif key == "allOf":
            merged["allOf"] = [*merged.get("allOf", ()), *value]
        elif key in _NARROWER and isinstance(merged.get(key), (int, float)):
            merged[key] = _NARROWER[key](merged[key], value)
        elif key == "required" and isinstance(value, list):
            merged["required"] = [*dict.fromkeys([*merged.get("required", ()), *cast("list[str]", value)])]
        else:
            merged[key] = value


# -- validation


def _validator_class(schemas: Schemas, *, sent: bool) -> Any:
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import ValidationError

    left_out = "readOnly" if sent else "writeOnly"
    types: Any = Draft202012Validator.TYPE_CHECKER
    if sent:
        types = types.redefine_many({kind: _kept(types, kind) for kind in ("integer", "number")})

    def reference(validator: Any, target: Any, instance: object, _schema: Schema) -> Iterator[ValidationError]:
        yield from validator.descend(instance, schemas.flat(schemas.target(target)))

    def parts(validator: Any, subschemas: Any, instance: object, schema: Schema) -> Iterator[ValidationError]:
        # Together: what one part requires may be `readOnly` in another.
        together = schemas.flat(schema)
        for part in subschemas if together is schema else (together,):
            yield from validator.descend(instance, part)

    def required(validator: Any, names: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
        if validator.is_type(instance, "object"):
            properties = as_mapping(schema.get("properties"))
            for name in names:
                if name not in instance and not schemas.flat(properties.get(name)).get(left_out):
                    yield ValidationError(f"{name!r} is a required property")

    def readable(text: Any) -> re.Pattern[str] | None:
        if (expression := _compiled(text)) is None:
            schemas.report(f"The pattern {text!r} is not checked: Python cannot read it")
        return expression

    def pattern(validator: Any, text: Any, instance: Any, _schema: Schema) -> Iterator[ValidationError]:
        if (expression := readable(text)) and validator.is_type(instance, "string") and not expression.search(instance):
            yield ValidationError(f"{instance!r} does not match {text!r}")

    def multiple(validator: Any, step: Any, instance: Any, _schema: Schema) -> Iterator[ValidationError]:
        # Of their digits in JSON: the float 4.02 is no multiple of the float 0.01.
        if validator.is_type(instance, "number") and Fraction(str(instance)) % Fraction(str(step)):
            yield ValidationError(f"{instance!r} is not a multiple of {step}")

    def names_by(keyword: str, validator: Any, value: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
        patterns = as_mapping(schema.get("patternProperties"))
        readable_patterns = {text: subschema for text, subschema in patterns.items() if readable(text)}
        if keyword == "patternProperties":
            value = readable_patterns
        # Whether a name is one of the others is unknown if one pattern is.
        if keyword == "patternProperties" or len(readable_patterns) == len(patterns):
            yield from Draft202012Validator.VALIDATORS[keyword](validator, value, instance, schema)

    def format_(validator: Any, format_name: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
        # Documents have uuids of 24 characters: the length is what their servers check.
        if format_name != "uuid" or schema.get("maxLength", 36) >= 36:
            yield from Draft202012Validator.VALIDATORS["format"](validator, format_name, instance, schema)

    def alternatives(validator: Any, subschemas: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
        # `oneOf` as `anyOf`: published documents have alternatives of which several fit.
        chosen = schemas.chosen(schema, instance)
        if chosen is not None:
            yield from validator.descend(instance, chosen)
            return
        all_errors: list[ValidationError] = []
        for index, alternative in enumerate(subschemas):
            errors = list(validator.descend(instance, alternative, schema_path=index))
            if not errors:
                return
            all_errors += errors
        yield ValidationError(f"{instance!r} is valid under none of the alternatives", context=all_errors)

    def properties(validator: Any, property_schemas: Any, instance: Any, _schema: Schema) -> Iterator[ValidationError]:
        if validator.is_type(instance, "object"):
            for name, schema in property_schemas.items():
                # A client may send back what it was given: what is `readOnly` is ignored.
                if name in instance and not (sent and schemas.flat(schema).get(left_out)):
                    yield from validator.descend(instance[name], schema, path=name, schema_path=name)

    keywords = {
        "properties": properties,
        "$ref": reference,
        "allOf": parts,
        "required": required,
        "pattern": pattern,
        "multipleOf": multiple,
        "format": format_,
        "oneOf": alternatives,
        "anyOf": alternatives,
        **{
            keyword: partial(names_by, keyword)
            for keyword in ("patternProperties", "additionalProperties", "unevaluatedProperties")
        },
    }
    return cast("Any", validators).extend(Draft202012Validator, keywords, type_checker=types)


def _kept(types: Any, kind: str) -> Callable[[object, object], bool]:
    """Take no number for one that the database cannot keep, wherever a document states a number."""

    def is_kept_number(_checker: object, value: object) -> bool:
        # A float that is whole counts as an integer.
        is_whole = isinstance(value, int) or (kind == "integer" and isinstance(value, float))
        return types.is_type(value, kind) and (not is_whole or is_kept(int(cast("float", value))))

    return is_kept_number


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def _of_type(kind: type, check: Callable[[Any], object]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, kind) or bool(check(value))


def _date_time(text: str) -> bool:
    pattern = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?"
    return bool(re.fullmatch(pattern, text) and datetime.fromisoformat(text.upper().replace("Z", "+00:00")))


def _base64(text: str) -> bool:
    base64.b64decode(text, validate=True)
    return True


# Checks of the formats that documents have in common.
FORMATS: Mapping[str, Callable[[Any], object]] = {
    "int32": lambda number: -(2**31) <= number < 2**31,
    "date": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text),
    "ipv4": IPv4Address,
    "ipv6": lambda text: not IPv6Address(text).scope_id,
    "date-time": _date_time,
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch,
    "email": re.compile(r"[^@\s]+@[^@\s]+").fullmatch,
    **dict.fromkeys(("uri", "url"), re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*").fullmatch),
    "byte": _base64,
}
