"""Step 4, schemas: those of Swagger 2.0 and OpenAPI 3.0 are converted to 3.1 (JSON Schema 2020-12)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Final

from .dialect import ANNOTATIONS, TREE
from .source import brief
from .upgrade_context import Context
from .values import Json, Node, Object, list_in, schema_pointer, tokens

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
# Common words for types, and the format of each; compared without case.
_MEANT: Final[dict[str, tuple[str, str | None]]] = {
    **{name: (name, None) for name in TYPES},
    **dict.fromkeys(("int", "int32"), ("integer", None)),
    **dict.fromkeys(("long", "int64"), ("integer", "int64")),
    **dict.fromkeys(("float", "decimal"), ("number", None)),
    "double": ("number", "double"),
    **dict.fromkeys(("str", "text", "enum"), ("string", None)),
    "uuid": ("string", "uuid"),
    "uri": ("string", "uri"),
    "date": ("string", "date"),
    **dict.fromkeys(("datetime", "date-time", "timestamp"), ("string", "date-time")),
    **dict.fromkeys(("file", "binary"), ("string", "binary")),
    "bool": ("boolean", None),
    **dict.fromkeys(("list", "tuple", "set"), ("array", None)),
    **dict.fromkeys(("dict", "map", "hash", "json"), ("object", None)),
    "none": ("null", None),
}
_COUNTS = {f"{bound}{counted}" for bound in ("max", "min") for counted in ("Length", "Items", "Properties", "Contains")}
_NUMBERS = {"multipleOf", "maximum", "minimum"}
_TEXTS = {"title", "description", "format", "pattern", "contentMediaType", "contentEncoding"}
_FLAGS = {"deprecated", "readOnly", "writeOnly", "uniqueItems"}
_PLAIN = {"const", "default", "xml", "externalDocs", "dependentRequired", *_COUNTS, *_NUMBERS, *_TEXTS, *_FLAGS}
# Of JSON Schema's own bookkeeping: nothing that a reader of values needs.
_SPENT = {"$schema", "$id", "id", "$comment", "$anchor", "$vocabulary", "$dynamicAnchor", "$recursiveAnchor"}
# Keywords that identify a schema directly in an object that has none of these.
SCHEMA_WORDS = (
    frozenset(_PLAIN | TREE["schema"].keys())
    | {"type", "enum", "exclusiveMinimum", "exclusiveMaximum", "collectionFormat", "nullable", "x-nullable"}
) - {"description", "deprecated", "title", "xml", "externalDocs", "schema"}


class Schemas:
    """Upgrades schemas; a schema that is used in several places stays one schema."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._upgraded: dict[int, Object] = {}
        self._fields: set[int] = set()

    def schema(self, value: Json, around: Node, key: str | int) -> Object:
        """Upgrade one schema.

        Args:
            value: the schema; true is any value, false none.
            around: the container that has it.
            key: its key or index there.
        """
        if value is True:
            return {}
        if value is False:
            return {"not": {}}
        if not isinstance(value, dict):
            self._context.note(around, key, "untyped", brief(value), "any value: it isn't a schema", certain=False)
            return {}
        if (
            isinstance(value.get("schema"), dict)
            and not TREE["schema"].keys() & value.keys() - {"schema"}
            and "type" not in value
        ):
            self._context.repair(value, "schema", "a schema straight in a schema", "the inner one")
            return self.schema(value["schema"], value, "schema")
        # A resolved document shares parts between places: upgraded once, they stay shared.
        if id(value) not in self._upgraded:
            self._upgraded[id(value)] = new = self._context.record_origin({}, value)
            self._fill(new, value)
        return self._upgraded[id(value)]

    def _fill(self, new: Object, old: Object) -> None:
        for key, value in old.items():
            if key in _PLAIN:
                self._plain(new, key, value, old)
            elif key in TREE["schema"] and key != "schema":
                self._parts(new, key, value, old)
            elif key.startswith("x-omics-"):
                remedy = "Extensions of omicsdk are for operations, parameters, tags and the document."
                self._context.leave_out(old, key, f"{key} has no effect in a schema", "it is ignored", remedy)
            elif key.startswith("x-"):
                if key != "x-nullable":
                    new[key] = value
            elif key not in _SPENT and not self._special(new, key, value, old):
                self._context.omit(old, key, "it doesn't belong here")
        # After all members: a flag of 3.0 moves the bound, which may come later in the document.
        self._exclusive(new, old, "exclusiveMinimum", "minimum")
        self._exclusive(new, old, "exclusiveMaximum", "maximum")
        if "examples" not in new and "example" in old:
            new["examples"] = [old["example"]]
        # Without a type, OpenAPI 3.1 has it for what 3.0 called binary: of any media type, as TypeSpec writes it.
        if not {"contentEncoding", "contentSchema", "format"} & old.keys() and (
            old.get("contentMediaType") == "application/octet-stream"
            or ("contentMediaType" in old and not {"type", "enum", "const"} & old.keys())
        ):
            new["format"] = "binary"
            new.setdefault("type", "string")
        if old.get("nullable") is True or old.get("x-nullable") is True:
            if self._context.dialect == "3.1":
                self._context.repair(old, None, "nullable, which is 3.0's", "null among the types")
            self._allow_null(new)
        for choice in (*list_in(old, "oneOf"), *list_in(old, "anyOf")):
            if choice == {"nullable": True}:  # zod's null in 3.0; any value would make the other choices void
                self._context.repair(old, None, "a choice that is nullable alone", "null")
                self._upgraded[id(choice)]["type"] = "null"
        self._compare_enum(new, old)

    def _compare_enum(self, new: Object, old: Object) -> None:
        """Note values of an enum that are of another type than the schema."""
        type_name, values = new.get("type"), new.get("enum")
        types = type_name if isinstance(type_name, list) else [type_name]
        if type_name is None or not isinstance(values, list):
            return
        other = next(
            (value for value in values if value is not None and _types_of(value).isdisjoint(map(str, types))), None
        )
        if other is not None:
            before = f"enum has {brief(other)}, which is not of type {' or '.join(map(str, types))}"
            remedy = "Correct the type, or the values."
            self._context.note(old, "enum", "repair", before, "its values are used", certain=False, remedy=remedy)

    def _special(self, new: Object, key: str, value: Json, old: Object) -> bool:
        match key:
            case "$ref" if isinstance(value, str) and value.startswith("#/"):
                new["$ref"] = self.reference(value)
            case "$ref":  # not resolved: an object is in the place of a list, such as allOf
                self._context.note(old, key, "untyped", brief(value), "any value: not a reference", certain=False)
            case "type":
                self._type(new, value, old)
            case "enum":
                values = self._context.items(value, old, key)
                if values:
                    new["enum"] = list(values)
            case "required":
                self._required(new, value, old)
            case "discriminator":
                self._discriminator(new, value, old)
            case "examples" if isinstance(value, list):
                new["examples"] = value
            case "examples" if isinstance(value, dict):
                new["examples"] = [
                    item.get("dataValue", item.get("value", item)) if isinstance(item, dict) else item
                    for item in value.values()
                ]
            case "$dynamicRef" | "$recursiveRef":
                after = "any value: no $dynamicAnchor of this document, or several, may be meant"
                self._context.note(old, key, "untyped", brief(value), after, certain=False)
            case "nullable" | "example" | "exclusiveMinimum" | "exclusiveMaximum":
                pass
            case _:
                return False
        return True

    def reference(self, value: str) -> str:
        """Turn a reference of a resolved document into one of the upgraded document."""
        return schema_pointer(tokens(value[1:])[-1])

    def _plain(self, new: Object, key: str, value: Json, old: Object) -> None:
        """Take over a member whose value fits; a number written as text is read."""
        if key in _COUNTS | _NUMBERS:
            number = _number(value)
            if number is None:
                return self._context.omit(old, key, "it isn't a number")
            if key == "multipleOf" and number <= 0:
                return self._context.omit(old, key, "it isn't greater than 0")
            new[key] = number
        elif key in _TEXTS and not isinstance(value, str):
            if value is not None and not isinstance(value, (dict, list)):
                new[key] = str(value)
            elif value is not None:
                self._context.omit(old, key, "it isn't text")
        elif key in _FLAGS and not isinstance(value, bool):
            self._context.omit(old, key, "it is neither true nor false")
        else:
            new[key] = value
        return None

    def _parts(self, new: Object, key: str, value: Json, old: Object) -> None:
        kind = TREE["schema"][key]
        if key == "items" and isinstance(value, list):
            self._tuple(new, value, old)
        elif key in ("additionalItems", "$defs", "definitions"):
            return
        elif kind[0] == "{":
            self._mapping(new, key, value, old)
        elif kind[0] == "[":
            self._list(new, key, value, old)
        elif key in ("additionalProperties", "unevaluatedProperties", "unevaluatedItems") and (
            isinstance(value, bool) or value == {"not": {}}
        ):
            new[key] = value is True
        elif key == "items" and (value is False or value == {"not": {}}):  # after `prefixItems` nothing may follow
            new[key] = False
        else:
            new[key] = self.schema(value, old, key)

    def _list(self, new: Object, key: str, value: Json, old: Object) -> None:
        if isinstance(value, dict):
            self._context.repair(old, key, "a mapping", "a list of it")
            new[key] = [self.schema(value, old, key)]
        elif isinstance(value, list) and value:
            upgraded: list[Json] = [self.schema(part, value, index) for index, part in enumerate(value)]
            new[key] = self._context.record_origin(upgraded, value)
        elif value is not None and not isinstance(value, list):
            self._context.omit(old, key, "it isn't a list")

    def _mapping(self, new: Object, key: str, value: Json, old: Object) -> None:
        members: Object = self._context.record_origin({}, value)
        source = self._context.mapping(value, old, key)
        for name, member in source.items():
            if key == "properties":
                # Before its upgrade, which reports `required: true` anywhere but in a field.
                self._fields.add(id(member))
            members[name] = self.schema(member, source, name)
            if key == "properties" and isinstance(member, dict) and isinstance(member.get("required"), bool):
                self._lift_required(new, name, member, old)
        new[key] = members

    def _lift_required(self, new: Object, name: str, member: Object, old: Object) -> None:
        """`required: true` on a field is what JSON Schema's draft 3 had for a list around it."""
        names = old.get("required")
        if member["required"] is True and not (isinstance(names, list) and name in names):
            self._context.repair(member, "required", "required: true", f"{name} in the list of required fields")
            required = new.setdefault("required", [])
            assert isinstance(required, list)
            required.append(name)

    def _required(self, new: Object, value: Json, old: Object) -> None:
        if isinstance(value, bool):
            if id(old) not in self._fields:
                self._context.omit(old, "required", "only a field of an object can be required")
            return
        names: Sequence[Json] = [value] if isinstance(value, str) else self._context.items(value, old, "required")
        required = new.setdefault("required", [])
        assert isinstance(required, list)
        required.extend(name for name in names if isinstance(name, str) and name not in required)

    def _tuple(self, new: Object, value: list[Json], old: Object) -> None:
        prefix: list[Json] = [self.schema(part, value, index) for index, part in enumerate(value)]
        if prefix:
            new["prefixItems"] = self._context.record_origin(prefix, value)
        rest = old.get("additionalItems")
        if rest is not None:
            new["items"] = rest if isinstance(rest, bool) else self.schema(rest, old, "additionalItems")

    def _type(self, new: Object, value: Json, old: Object) -> None:
        names = value if isinstance(value, list) else [value]
        type_names: list[Json] = []
        for name in names:
            lowered = name.strip().lower() if isinstance(name, str) else "null" if name is None else ""
            if lowered in ("any", "mixed", "*", "object|array", "undefined"):
                self._context.repair(old, "type", brief(name), "any value")
                return
            if lowered not in _MEANT:
                meant = get_close_matches(lowered, TYPES, 1)
                remedy = f"Did you mean {meant[0]}? " if meant else ""
                before, after = f"{brief(name)} is no type", "any value"
                remedy += f"Types are {', '.join(TYPES)}."
                self._context.note(old, "type", "untyped", before, after, certain=False, remedy=remedy)
                return
            type_, form = _MEANT[lowered]
            if type_ != name:
                if not (name == "file" and self._context.dialect == "2.0"):
                    self._context.repair(old, "type", brief(name), type_)
                if form and "format" not in old:
                    new["format"] = form
            if type_ not in type_names:
                type_names.append(type_)
        if isinstance(value, list) and self._context.dialect != "3.1":
            self._context.repair(old, "type", "a list of types, which is 3.1's", "the same")
        if type_names:
            new["type"] = type_names[0] if len(type_names) == 1 else type_names

    def _exclusive(self, new: Object, old: Object, key: str, bound: str) -> None:
        value = old.get(key)
        if isinstance(value, bool) and self._context.dialect == "3.1":
            self._context.repair(old, key, f"{key}: {str(value).lower()}, which is 3.0's", f"of {bound}")
        if value is True and bound in new:
            new[key] = new.pop(bound)
        elif value is not None and not isinstance(value, bool):
            number = _number(value)
            if number is None:
                self._context.omit(old, key, "it isn't a number")
            else:
                new[key] = number

    def _discriminator(self, new: Object, value: Json, old: Object) -> None:
        if isinstance(value, str):
            new["discriminator"] = {"propertyName": value}
        elif isinstance(value, dict) and isinstance(value.get("propertyName"), str):
            upgraded: Object = self._context.record_origin(dict(value), value)
            mapping = value.get("mapping")
            if isinstance(mapping, dict):
                renamed: Object = {tag: self.reference(ref) for tag, ref in mapping.items() if isinstance(ref, str)}
                upgraded["mapping"] = self._context.record_origin(renamed, mapping)
            if isinstance(default := value.get("defaultMapping"), str):
                upgraded["defaultMapping"] = self.reference(default)
            new["discriminator"] = upgraded
        else:
            self._context.omit(old, "discriminator", "it names no property")

    def _allow_null(self, new: Object) -> None:
        """Convert `nullable` of 3.0 to the null type of 3.1."""
        kind, values = new.get("type"), new.get("enum")
        # An enum excludes what it does not list, whatever the type allows.
        if isinstance(values, list) and None not in values:
            values.append(None)
        if kind is not None:
            kinds: list[Json] = kind if isinstance(kind, list) else [kind]
            new["type"] = kinds if "null" in kinds else [*kinds, "null"]
        elif "properties" in new or "additionalProperties" in new:
            new["type"] = ["object", "null"]
        elif any(word in new for word in ("$ref", "allOf", "oneOf", "anyOf")):
            self._choose_null(new)

    def _choose_null(self, new: Object) -> None:
        nothing: Object = {"type": "null"}
        # Another choice suffices, except beside allOf or $ref, which would exclude null.
        for word in ("oneOf", "anyOf"):
            choices = new.get(word)
            if isinstance(choices, list) and "allOf" not in new and "$ref" not in new:
                if nothing not in choices:
                    choices.append(nothing)
                return
        inner: Object = self._context.record_origin({}, new)
        for key in [key for key in new if key not in (*ANNOTATIONS, "default") and not key.startswith("x-")]:
            inner[key] = new.pop(key)
        new["anyOf"] = [inner, nothing]


def _types_of(value: Json) -> set[str]:
    """Return the types of JSON Schema that a value has."""
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, (int, float)):
        return {"number", "integer"} if isinstance(value, int) or value.is_integer() else {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"}


def _number(value: Json) -> int | float | None:
    if isinstance(value, (int, float)):
        return None if isinstance(value, bool) else value
    if isinstance(value, str):
        with suppress(ValueError):
            return int(value)
        with suppress(ValueError):
            return number if math.isfinite(number := float(value)) else None
    return None
