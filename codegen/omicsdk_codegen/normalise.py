"""Step 5: a document's schemas become shapes: models with fields, and types that consist of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from .document import Document
from .faults import Report
from .flatten import Flat, Flattener, Variants, parts_of
from .limits import MAX_MODELS, TooManyModels
from .naming import field_name_request, settle
from .options import AS_TEXT, TypeOptions
from .progress import OnProgress, counted, silent
from .shapes import (
    ANY,
    BOOLEAN,
    BYTES,
    FORMATS,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    Array,
    Enum,
    Field,
    Map,
    Model,
    Ref,
    Scalar,
    Tags,
    Tuple,
    Type,
    Union,
    is_larger,
    split_null,
    union_of,
)
from .values import Json, Object, join, list_in, object_in, schema_name, schema_pointer

# Types nest as deep as their schemas; the steps that follow, and Python's parser, go down by recursion.
MAX_NESTING = 40
# Parts that a type may be written with: lists in unions in lists double at each level.
MAX_TYPE = 2_000

_SCALARS: dict[str, Type] = {
    "string": STRING, "integer": INTEGER, "number": NUMBER, "boolean": BOOLEAN, "null": NULL,
    "int": INTEGER, "float": NUMBER, "double": NUMBER, "long": INTEGER, "bool": BOOLEAN, "str": STRING,
}  # fmt: skip
# Members without a name in the document; with allOf, only the second one excludes those of the other parts.
OTHER_MEMBERS = ("additionalProperties", "unevaluatedProperties")
_OBJECT_KEYS = (*OTHER_MEMBERS, "properties", "required", "patternProperties", "minProperties", "maxProperties")


class Normaliser:
    """Determines types of one document.

    Attributes:
        schemas: the document's named schemas.
        models: the models that the settled types are made of, by key.
        lost: pointers of schemas that were replaced by any value, for the report.

    Args:
        document: the upgraded document.
        report: receives a note of each lost type.
        types: how types are written, where there is a choice.
    """

    def __init__(self, document: Document, report: Report, *, types: TypeOptions = AS_TEXT) -> None:
        self._document = document
        self._report = report
        self._formats = {form: type_ for form, type_ in FORMATS.items() if form in types.formats}
        self.schemas = object_in(document.data.get("components"), "schemas")
        self.models: dict[str, Model] = {}
        self.lost: set[str] = set()
        self._named: dict[str, Type] = {}
        self._flattener = Flattener(self.schemas)
        self._variants = Variants(self.schemas)
        self._open: list[str] = []
        self._depth = 0
        self._unfilled: deque[tuple[Model, Flat]] = deque()

    def components(self, on_progress: OnProgress = silent) -> dict[str, Type]:
        """Determine the types of all of the document's named schemas, used or not, reporting progress."""
        return {name: self.named(name) for name in counted(self.schemas, "settling the types of schemas", on_progress)}

    def named(self, name: str) -> Type:
        """Return the type of a named schema. One that is not a model and contains itself is any value in the inner
        place.
        """
        if name in self._named:
            return self._named[name]
        pointer = schema_pointer(name)[1:]
        # Python has no name for a list or union within itself; models end the recursion by their keys.
        if name in self._open:
            return self._lost(pointer, f"schema {name}, which is made of itself", "a list or union can't hold itself")
        self._open.append(name)
        type_ = self.type_of(self.schemas.get(name, True), pointer)
        self._open.pop()
        self._named[name] = type_
        return type_

    def type_of(self, schema: Json, pointer: str, *, body: bool = False) -> Type:
        """Determine a schema's type.

        Args:
            schema: the schema, with references and allOf.
            pointer: its JSON pointer; models defined at this place have it as their key.
            body: whether it is a body, a response or a part of a multipart body, where binary text is bytes.
        """
        if not isinstance(schema, dict):
            return ANY
        # Compared with the nesting within one model: fields of models are settled from a queue, at depth 1 again.
        if self._depth >= MAX_NESTING:
            return self._lost(pointer, f"a schema nested deeper than {MAX_NESTING} levels", "give inner parts names")
        self._depth += 1
        type_ = self._type_of(schema, pointer, body)
        if is_larger(type_, MAX_TYPE):
            type_ = self._lost(pointer, f"a type of more than {MAX_TYPE:,} parts", "no type checker bears it")
        self._depth -= 1
        if not self._depth:
            self._fill_models()
        return type_

    def _fill_models(self) -> None:
        """Settle the fields of the models that were met, one after the other: chains of models may be long."""
        # A model may refer to itself: only references that are still open because of lists and unions are a cycle.
        waiting, self._open = self._open, []
        self._depth = 1
        while self._unfilled:
            model, flat = self._unfilled.popleft()
            model.fields = self.fields_of(flat)
            model.extra = self._extra(flat, model.key)
        self._depth = 0
        self._open = waiting

    def _type_of(self, schema: Object, pointer: str, body: bool) -> Type:
        if body and self._is_binary(schema):
            return union_of([BYTES, NULL]) if _allows_null(self.facts_of(schema)) else BYTES
        parts = parts_of(schema, pointer)
        nullable = _allows_null(schema)
        if not parts:
            type_ = Map(ANY) if schema.get("type") is not None else ANY
        elif len(parts) == 1 and "$ref" in parts[0][0]:
            type_ = self._referred(parts[0][0])
        elif len(parts) == 1 and parts[0][1] != pointer:
            type_ = self.type_of(*parts[0], body=body)
        else:
            type_ = self._flat(self.flat(schema, pointer), pointer, body)
        return union_of([type_, NULL]) if nullable and type_ != ANY else type_

    def _referred(self, schema: Object) -> Type:
        name = schema_name(str(schema["$ref"]))
        pointer = schema_pointer(name)[1:]
        if name in self._named or pointer not in self.models:
            return self._with_variants(name, self.named(name))
        # A model in progress is known by its key: cycles of models end here.
        type_ = union_of([Ref(pointer), NULL]) if _allows_null(self.facts_of(schema)) else Ref(pointer)
        return self._with_variants(name, type_)

    def is_base(self, schema: Json) -> bool:
        """Whether a schema refers to one whose discriminator may select a more specific type."""
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        return isinstance(reference, str) and bool(self._variants.of(schema_name(reference)))

    def _with_variants(self, name: str, base: Type) -> Type:
        """Return the type of a reference to a base: an object may be any of the models that extend it by allOf."""
        type_, nullable = split_null(base)
        pointer = schema_pointer(name)[1:]
        variants = self._variants.of(name)
        if not variants or type_ != Ref(pointer):
            return base
        whole = [variant for variant in variants if variant not in self._open and self._is_model(variant)]
        # A variant that adds nothing to the base is read as that.
        keys = dict.fromkeys((name, *variants), pointer) | {variant: schema_pointer(variant)[1:] for variant in whole}
        tag, table = self._tags(self.facts_of(self.schemas[name]).get("discriminator"), name, keys)
        models: list[Type] = [type_, *(Ref(schema_pointer(variant)[1:]) for variant in whole)]
        return union_of([*models, NULL] if nullable else models, tag, table)

    def _tags(self, discriminator: Json, base: str, keys: Mapping[str, str]) -> tuple[str | None, Tags]:
        """Return the member that distinguishes variants, and its values with models' keys."""
        tag = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
        if not isinstance(tag, str) or not isinstance(discriminator, dict):
            return None, ()
        named = {value: _target_name(str(at)) for value, at in object_in(discriminator, "mapping").items()}
        table = {value: keys[name] for value, name in named.items() if name in keys}
        common = self._tag_values(base, tag)
        for name, key in keys.items():
            # What a variant inherits does not distinguish it.
            values = [value for value in self._tag_values(name, tag) if value not in common]
            # Without an entry in the mapping, the schema's name is its value: OpenAPI, Discriminator Object.
            if name not in named.values():
                values.append(name)
            for value in values:
                table.setdefault(value, key)
        default = _target_name(str(discriminator.get("defaultMapping")))
        return tag, (*table.items(), *([(None, keys[default])] if default in keys else []))

    def _is_model(self, name: str) -> bool:
        schema = self.schemas[name]
        pointer = schema_pointer(name)[1:]
        return isinstance(schema, dict) and len(parts_of(schema, pointer)) > 1 and self.named(name) == Ref(pointer)

    def _flat(self, flat: Flat, pointer: str, body: bool) -> Type:
        if flat.conflict is not None:
            return self._lost(pointer, flat.conflict, "no value can be both")
        schema = flat.schema
        if "const" in schema:
            return _choices([schema["const"]], schema)
        values = schema.get("enum")
        if isinstance(values, list) and values:
            return _choices(values, schema)
        if flat.unions:
            return self._union(flat, pointer, body)
        type_name = schema.get("type")
        names = (
            [str(name) for name in type_name] if isinstance(type_name, list) else [str(type_name)] if type_name else []
        )
        kinds = [self._of_name(name, flat, pointer) for name in names or _implied(schema)]
        return union_of(kinds) if kinds else ANY

    def _is_binary(self, schema: Object) -> bool:
        facts = self.facts_of(schema)
        names = _names(facts) - {"null"}
        return names == {"file"} or (names == {"string"} and facts.get("format") == "binary")

    def _of_name(self, name: str, flat: Flat, pointer: str) -> Type:
        if name == "array":
            return self._array(flat.schema, pointer)
        if name == "object":
            return self._object(flat, pointer)
        scalar = _SCALARS.get(name)
        if scalar == STRING:
            format_ = str(flat.schema.get("format"))
            form = "byte" if "base64" in (flat.schema.get("contentEncoding"), format_) else format_
            return self._formats.get(form, STRING)
        if scalar == NUMBER and flat.schema.get("format") == "int64" and "int64" in self._formats:
            return INTEGER
        return scalar if scalar is not None else self._lost(pointer, f"type {name}", "it is no type of JSON Schema")

    def _array(self, schema: Object, pointer: str) -> Type:
        items = schema.get("items", True)
        rest = self.type_of(items, join(pointer, "items"))
        members = schema.get("prefixItems")
        if not isinstance(members, list) or not members:
            return Array(rest)
        most, least = schema.get("maxItems"), schema.get("minItems")
        closed = items is False or (type(most) is int and most <= len(members))
        return Tuple(
            tuple(self.type_of(member, join(pointer, "prefixItems", at)) for at, member in enumerate(members)),
            None if closed else rest,
            least if type(least) is int else 0,
        )

    def _object(self, flat: Flat, pointer: str) -> Type:
        properties = flat.schema.get("properties")
        if isinstance(properties, dict) and properties:
            return self._model(flat, pointer)
        return Map(self._extra(flat, pointer))

    def _extra(self, flat: Flat, pointer: str) -> Type:
        """The type of an object's members without a name in the document."""
        keyword = next((key for key in OTHER_MEMBERS if key in flat.schema), "")
        extra = flat.schema.get(keyword)
        patterns = flat.schema.get("patternProperties")
        pattern_pointer = join(pointer, "patternProperties")
        kinds = (
            [self.type_of(value, join(pattern_pointer, key)) for key, value in patterns.items()]
            if isinstance(patterns, dict)
            else []
        )
        if isinstance(extra, dict):
            kinds.append(self.type_of(extra, join(pointer, keyword)))
        return union_of(kinds) if kinds else ANY

    def _model(self, flat: Flat, pointer: str) -> Type:
        if pointer not in self.models:
            if len(self.models) == MAX_MODELS:
                raise TooManyModels
            # Entered before its fields are known: a field may refer to the model itself.
            self.models[pointer] = Model(pointer, flat.schema)
            self._unfilled.append((self.models[pointer], flat))
        return Ref(pointer)

    def fields_of(self, flat: Flat, *, body: bool = False) -> list[Field]:
        """The fields of a merged object schema, required ones first."""
        members = object_in(flat.schema, "properties")
        required = set(map(str, list_in(flat.schema, "required")))
        # All at once: the names of fields must not depend on their order.
        names = settle(map(field_name_request, members))
        fields: list[Field] = []
        for wire, schema in members.items():
            type_, nullable = split_null(self._field_type(schema, flat.pointers[wire], body))
            facts = self.facts_of(schema)
            fields.append(Field(wire, names[wire], type_, wire in required, nullable, facts))
        return sorted(fields, key=lambda field: not field.required)

    def _field_type(self, schema: Json, pointer: str, body: bool) -> Type:
        if not body:
            return self.type_of(schema, pointer)
        flat = self.flat(schema, pointer)
        names, items = _names(flat.schema), flat.schema.get("items")
        if (
            names - {"null"} == {"array"}
            and isinstance(items, dict)
            and self.type_of(items, join(pointer, "items"), body=True) == BYTES
        ):
            return union_of([Array(BYTES), NULL]) if "null" in names else Array(BYTES)
        types = [self._field_type(member, member_pointer, body) for member, member_pointer in self._alternatives(flat)]
        return union_of(types) if Array(BYTES) in types else self.type_of(schema, pointer, body=True)

    def _alternatives(self, flat: Flat) -> Iterator[tuple[Json, str]]:
        """The members of a union and of the unions in it, which may contain each other."""
        waiting, met = deque(flat.members), set[str]()
        while waiting:
            member, pointer = waiting.popleft()
            inner = self.flat(member, pointer).members
            if not inner:
                yield member, pointer
            elif pointer not in met:
                met.add(pointer)
                waiting += inner

    def flat(self, schema: Json, pointer: str) -> Flat:
        """A schema with all that it is composed of merged into one."""
        return self._flattener.flat(schema, pointer) if isinstance(schema, dict) else Flat({}, {}, ())

    def facts_of(self, schema: Json) -> Object:
        """Return what the document states about a value besides its type; its own text precedes that of its reference."""
        return self.flat(schema, "").schema if isinstance(schema, dict) else {}

    def _union(self, flat: Flat, pointer: str, body: bool) -> Type:
        members = flat.members
        whole = [(member, member_pointer) for member, member_pointer in members if not _only_constrains(member)]
        if not whole:
            return self._flat(Flat(flat.schema, flat.pointers, ()), pointer, body)
        objects = [
            (member, member_pointer)
            for member, member_pointer in whole
            if self.flat(member, member_pointer).schema.get("properties")
        ]
        # Each of several oneOf that apply together adds fields to the same object.
        if flat.schema.get("properties") or (len(flat.unions) > 1 and len(objects) == len(whole)):
            return self._folded(flat, objects, pointer)
        type_name = flat.schema.get("type")
        types = [
            self.type_of(_with_type(member, type_name), member_pointer, body=body) for member, member_pointer in whole
        ]
        tag, table = self._discriminator(
            flat.schema.get("discriminator") or self._inherited_discriminator(whole), whole
        )
        variants = [pair for type_ in types if isinstance(type_, Union) and type_.tag == tag for pair in type_.table]
        return union_of(types, tag, tuple(dict([*variants, *table]).items()))

    def _inherited_discriminator(self, members: Iterable[tuple[Json, str]]) -> Json:
        """The discriminator of the base that all variants of an object extend, if they extend the same one."""
        facts = [self.facts_of(member) for member, _ in members]
        rules = [schema.get("discriminator") for schema in facts if "object" in (_names(schema) or {"object"})]
        return rules[0] if rules and all(rule == rules[0] for rule in rules) else None

    def _folded(self, flat: Flat, members: list[tuple[Json, str]], pointer: str) -> Type:
        """Merge an object with fields and variants into one model, in which the variants' fields are
        optional.
        """
        properties: Object = {}
        pointers: dict[str, str] = {}
        for member, member_pointer in members:
            variant = self.flat(member, member_pointer)
            for name, schema in object_in(variant.schema, "properties").items():
                # Variants may state one field differently: the model accepts either form.
                if name in properties and properties[name] != schema:
                    both: list[Json] = [properties[name], schema]
                    either: Json = {"anyOf": both}
                    schema = either
                    pointers[name] = join(pointer, "properties", name)
                properties[name] = schema
                pointers.setdefault(name, variant.pointers[name])
        folded: Object = {**flat.schema, "properties": {**properties, **object_in(flat.schema, "properties")}}
        return self._model(Flat(folded, {**pointers, **flat.pointers}, ()), pointer)

    def _discriminator(self, discriminator: Json, members: Iterable[tuple[Json, str]]) -> tuple[str | None, Tags]:
        tag = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
        if not isinstance(tag, str) or not isinstance(discriminator, dict):
            return None, ()
        references = [str(member["$ref"]) for member, _ in members if isinstance(member, dict) and "$ref" in member]
        names = [name for name in map(schema_name, references) if isinstance(self.named(name), Ref)]
        table: dict[str, str] = {}
        for value, target in object_in(discriminator, "mapping").items():
            name = _target_name(str(target))
            if name in names:
                table[value] = schema_pointer(name)[1:]
        mapped = set(table.values())
        for name in names:
            key = schema_pointer(name)[1:]
            # A value that the schema itself states is its own, too, where the mapping has another one for it.
            for value in (*([] if key in mapped else [name]), *self._tag_values(name, tag)):
                table.setdefault(value, key)
        default = _target_name(str(discriminator.get("defaultMapping")))
        return tag, (*table.items(), *([(None, schema_pointer(default)[1:])] if default in names else []))

    def _tag_values(self, name: str, tag: str) -> list[str]:
        facts = self.facts_of(object_in(self.facts_of(self.schemas[name]), "properties").get(tag))
        choices = facts.get("enum")
        values = choices if isinstance(choices, list) else [facts.get("const")]
        microsoft_value = self.facts_of(self.schemas[name]).get("x-ms-discriminator-value")
        return [value for value in (microsoft_value, *values) if isinstance(value, str)]

    def _lost(self, pointer: str, before: str, reason: str) -> Type:
        self.lost.add(pointer)
        self._report.add(self._document.origin(pointer).note("untyped", before, f"any value: {reason}"))
        return ANY


def _with_type(member: Json, type_name: Json) -> Json:
    """Return a variant whose type is beside the oneOf."""
    if (
        type_name is None
        or not isinstance(member, dict)
        or not {"type", "$ref", "allOf", "oneOf", "anyOf"}.isdisjoint(member)
    ):
        return member
    return {"type": type_name, **member}


def _target_name(target: str) -> str:
    return schema_name(target) if target.startswith("#/components/schemas/") else target


def _names(schema: Object) -> set[str]:
    """The types that a schema states."""
    type_name = schema.get("type")
    return (
        {str(name) for name in type_name} if isinstance(type_name, list) else {str(type_name)} if type_name else set()
    )


def _allows_null(schema: Object) -> bool:
    type_name = schema.get("type")
    return isinstance(type_name, list) and "null" in type_name


def _only_constrains(member: Json) -> bool:
    """Whether variants only state required members, such as `{required: [a]}`, not shapes."""
    return isinstance(member, dict) and bool(member) and set(member) <= {"required", "not", "type", "description"} and (
        "required" in member or "not" in member
    )  # fmt: skip


def _implied(schema: Object) -> list[str]:
    if any(key in schema for key in _OBJECT_KEYS):
        return ["object"]
    if any(key in schema for key in ("items", "prefixItems", "minItems", "maxItems")):
        return ["array"]
    if schema.get("format") in ("json", "jsonb"):  # what PostgREST states of columns of any value
        return []
    if any(key in schema for key in ("pattern", "minLength", "maxLength", "format")):
        return ["string"] if schema.get("format") not in ("int32", "int64", "float", "double") else ["number"]
    return []


def _choices(values: list[Json], schema: Object) -> Type:
    if _names(schema) - {"null"} == {"string"}:  # YAML reads an unquoted 1 as a number; on the wire it is text
        values = [
            str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value for value in values
        ]
    kinds: list[Type] = []
    texts = tuple(dict.fromkeys(value for value in values if isinstance(value, str)))
    numbers = tuple(dict.fromkeys(v for v in values if isinstance(v, int) and not isinstance(v, bool)))
    if texts:
        kinds.append(Enum(texts))
    if numbers:
        kinds.append(Enum(numbers))
    switches = tuple(dict.fromkeys(value for value in values if isinstance(value, bool)))
    fractions = tuple(dict.fromkeys(value for value in values if isinstance(value, float)))
    if switches:
        kinds.append(BOOLEAN if len(switches) == 2 else Scalar("boolean", switches))
    if fractions:
        kinds.append(Scalar("number", fractions))
    if any(isinstance(value, (dict, list)) for value in values):
        return ANY
    if None in values:
        kinds.append(NULL)
    return union_of(kinds)
