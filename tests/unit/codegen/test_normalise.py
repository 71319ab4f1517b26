"""Types of schemas, and bases with a discriminator."""

from collections.abc import Callable
from typing import Any

import pytest
from omicsdk_codegen.document import Document
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.flatten import MAX_PARTS, Flattener, Variants
from omicsdk_codegen.normalise import MAX_NESTING, MAX_TYPE, Normaliser
from omicsdk_codegen.shapes import (
    ANY,
    BYTES,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    Array,
    Enum,
    Map,
    Ref,
    Scalar,
    Tuple,
    Type,
    Union,
    is_larger,
)
from omicsdk_codegen.source import Places
from planned_documents import planned
from small_documents import reference as _ref

SCHEMAS: dict[str, Any] = {
    "Base": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "kind": {"type": "string"}},
    },
    "Child": {
        "allOf": [_ref("Base"), {"type": "object", "required": ["age"], "properties": {"age": {"type": "integer"}}}],
        "properties": {"kind": {"enum": ["child"]}},
    },
    "Text": {"type": "string", "description": "a text"},
    "Names": {"type": "array", "items": _ref("Text")},
    "Tree": {"type": "object", "properties": {"children": {"type": "array", "items": _ref("Tree")}}},
    "Binary": {"type": "string", "format": "binary"},
    "Maybe": {"type": ["object", "null"], "properties": {"next": _ref("Maybe")}},
    "Loop": {"type": "array", "items": _ref("Loop")},
    "Cat": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"const": "cat"}, "claws": {"type": "integer"}},
    },
    "Dog": {"type": "object", "required": ["type"], "properties": {"type": {"const": "dog"}}},
}


def settled(schema: Any, **options: bool) -> tuple[Type, Normaliser, Report]:
    report = Report()
    document = Document({"components": {"schemas": SCHEMAS}}, "document.yaml", Places())
    normaliser = Normaliser(document, report)
    return normaliser.type_of(schema, "/here", **options), normaliser, report


def _key(name: str) -> Ref:
    return Ref(f"/components/schemas/{name}")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, ANY),
        (True, ANY),
        ({"type": "string"}, STRING),
        ({"type": "string", "format": "date-time"}, STRING),
        ({"format": "date-time"}, STRING),
        ({"format": "jsonb", "description": "of PostgREST"}, ANY),
        ({"type": ["integer", "null"]}, Union((INTEGER, NULL))),
        ({"type": ["string", "number"]}, Union((STRING, NUMBER))),
        ({"type": "boolean", "enum": [True]}, Scalar("boolean", (True,))),
        ({"enum": ["b", "a", "b"]}, Enum(("b", "a"))),
        ({"enum": ["a", 1, None]}, Union((Enum(("a",)), Enum((1,)), NULL))),
        ({"type": "string", "enum": [1, 2]}, Enum(("1", "2"))),
        ({"type": ["string", "null"], "enum": [1, None]}, Union((Enum(("1",)), NULL))),
        ({"const": 3}, Enum((3,))),
        ({"enum": [1.5, 2]}, Union((Enum((2,)), Scalar("number", (1.5,))))),
        ({"type": "array"}, Array(ANY)),
        ({"items": {"type": "string"}}, Array(STRING)),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, Tuple((STRING, INTEGER), ANY, 0)),
        ({"prefixItems": [{"type": "string"}], "minItems": True, "maxItems": True}, Tuple((STRING,), ANY, 0)),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2},
            Tuple((STRING, INTEGER), None, 2),
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
            Tuple((STRING,), INTEGER, 0),
        ),
        ({"type": "object"}, Map(ANY)),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, Map(INTEGER)),
        ({"type": "object", "unevaluatedProperties": {"type": "integer"}}, Map(INTEGER)),
        ({"type": "object", "additionalProperties": {}, "unevaluatedProperties": {"type": "integer"}}, Map(ANY)),
        ({"type": "object", "patternProperties": {"^x": {"type": "string"}}}, Map(STRING)),
        (_ref("Text"), STRING),
        (_ref("Names"), Array(STRING)),
        (_ref("Base"), _key("Base")),
        ({**_ref("Base"), "description": "its own words"}, _key("Base")),
        ({"allOf": [_ref("Base")], "description": "its own words"}, _key("Base")),
        ({"allOf": [_ref("Base"), {"description": "words"}], "type": "object"}, _key("Base")),
        ({"allOf": [_ref("Base")], "type": ["object", "null"], "description": "words"}, Union((_key("Base"), NULL))),
        ({"allOf": [_ref("Text"), {"description": "words"}]}, STRING),
        ({"allOf": [{"type": "string"}, {"enum": ["a"]}]}, Enum(("a",))),
        ({"allOf": [{"enum": [1, 2]}, {"enum": [True, 2.0]}]}, Enum((2,))),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, INTEGER),
        ({"anyOf": [_ref("Base"), {"type": "null"}]}, Union((_key("Base"), NULL))),
        (
            {"oneOf": [{"type": "string"}, {"oneOf": [{"type": "integer"}, {"type": "string"}]}]},
            Union((STRING, INTEGER)),
        ),
        ({"oneOf": [{"format": "a"}, {"format": "b"}], "type": "string"}, STRING),
        ({"type": "string", "oneOf": [{"const": "a"}, {"const": "b"}]}, Union((Enum(("a",)), Enum(("b",))))),
        ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object"}, Map(ANY)),
        ({"anyOf": [{"type": "string"}, {}]}, ANY),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, Union((STRING, Map(ANY)))),
    ],
)
def test_a_schema_becomes_a_type(schema: Any, expected: Type) -> None:
    assert settled(schema)[0] == expected


def test_binary_text_is_bytes_in_bodies_only() -> None:
    binary = {"type": "string", "format": "binary"}
    assert settled(binary)[0] == STRING
    assert settled(binary, body=True)[0] == BYTES
    assert settled(_ref("Binary"), body=True)[0] == BYTES
    assert settled(_ref("Binary"))[0] == STRING


def test_all_of_is_one_model_with_the_fields_of_all() -> None:
    type_, normaliser, _ = settled(_ref("Child"))
    assert type_ == _key("Child")
    fields = {field.wire: field for field in normaliser.models["/components/schemas/Child"].fields}
    assert list(fields) == ["id", "age", "kind"]
    assert [fields[name].required for name in fields] == [True, True, False]
    assert fields["kind"].type == Enum(("child",))


def test_an_object_with_variants_is_one_model_with_the_fields_of_all() -> None:
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}},
        "oneOf": [
            {"required": ["a"], "properties": {"a": {"type": "integer"}}},
            {"properties": {"a": {"type": "string"}}},
        ],
    }
    type_, normaliser, _ = settled(schema)
    assert type_ == Ref("/here")
    fields = [(field.wire, field.type, field.required) for field in normaliser.models["/here"].fields]
    assert fields == [("id", STRING, True), ("a", Union((INTEGER, STRING)), False)]


def test_null_is_kept_apart_in_fields() -> None:
    schema = {"properties": {"a": {"type": ["string", "null"]}, "b": {"anyOf": [_ref("Base"), {"type": "null"}]}}}
    _, normaliser, _ = settled(schema)
    fields = [(field.type, field.nullable) for field in normaliser.models["/here"].fields]
    assert fields == [(STRING, True), (_key("Base"), True)]


def test_a_model_may_hold_itself() -> None:
    type_, normaliser, report = settled(_ref("Tree"))
    assert type_ == _key("Tree")
    assert normaliser.models["/components/schemas/Tree"].fields[0].type == Array(_key("Tree"))
    assert not report.notes


def test_a_model_that_may_be_null_may_be_so_wherever_it_stands() -> None:
    type_, normaliser, _ = settled(_ref("Maybe"))
    assert type_ == Union((_key("Maybe"), NULL))
    assert normaliser.models["/components/schemas/Maybe"].fields[0].nullable
    assert normaliser.type_of(_ref("Maybe"), "/there") == type_


def test_several_unions_that_hold_together_are_one_model() -> None:
    def either(*names: str) -> dict[str, Any]:
        return {"oneOf": [{"type": "object", "properties": {name: {"type": "string"}}} for name in names]}

    type_, normaliser, _ = settled({"allOf": [either("a", "b"), either("c", "d")]})
    assert type_ == Ref("/here")
    assert [field.wire for field in normaliser.models["/here"].fields] == ["a", "b", "c", "d"]


def test_a_list_that_holds_itself_is_reported() -> None:
    type_, _, report = settled(_ref("Loop"))
    assert type_ == Array(ANY)
    assert [(note.kind, note.pointer) for note in report.notes] == [("untyped", "/components/schemas/Loop")]


@pytest.mark.parametrize(
    ("first", "second", "contradiction"),
    [
        ("string", "integer", "string and integer"),
        (["integer", "number"], "string", "['integer', 'number'] and string"),
    ],
)
def test_a_contradiction_is_reported_and_any_value(first: Any, second: Any, contradiction: str) -> None:
    type_, _, report = settled({"allOf": [{"type": first}, {"type": second}]})
    assert type_ == ANY
    assert f"allOf wants both {contradiction}" in report.notes[0].before


def test_a_discriminator_selects_models_by_name_mapping_and_constant() -> None:
    members = [_ref("Cat"), _ref("Dog"), _ref("Base")]
    mapping = {"base": "#/components/schemas/Base", "other": "Base"}
    type_ = settled({"oneOf": members, "discriminator": {"propertyName": "type", "mapping": mapping}})[0]
    assert isinstance(type_, Union)
    assert type_.tag == "type"
    assert dict(type_.table) == {
        "base": "/components/schemas/Base",
        "other": "/components/schemas/Base",
        "Cat": "/components/schemas/Cat",
        "cat": "/components/schemas/Cat",
        "Dog": "/components/schemas/Dog",
        "dog": "/components/schemas/Dog",
    }


@pytest.mark.parametrize(
    ("beside", "table"),
    [
        ({}, {"A": "A", "B": "B", "Child": "Child"}),
        ({"propertyName": "type"}, {"A": "A", "B": "B", "Child": "Child"}),
        ({"propertyName": "type", "mapping": {"Child": "B"}}, {"A": "A", "Child": "B"}),
        ({"propertyName": "x"}, {"A": "A", "B": "B"}),
    ],
    ids=["inherited", "stated again", "another mapping", "another field"],
)
def test_variants_of_one_base_are_told_apart_by_its_discriminator(
    beside: dict[str, Any], table: dict[str, str]
) -> None:
    """Report 21337 of OpenAPI Generator: the variants have equal fields, so nothing but the rule of their base selects one."""
    base = {"type": "object", "discriminator": {"propertyName": "type"}, "properties": {"type": {"type": "string"}}}
    schemas: dict[str, Any] = {"Base": base, **{name: {"allOf": [_ref("Base"), OBJECT]} for name in "AB"}}
    schemas["Child"] = {"allOf": [_ref("A"), {"properties": {"y": {"type": "string"}}}]}
    normaliser = Normaliser(Document({"components": {"schemas": schemas}}, "document.yaml", Places()), Report())
    others = [{"type": "string"}, {"type": "null"}]
    schema = {"oneOf": [_ref("A"), _ref("B"), *others], **({"discriminator": beside} if beside else {})}
    type_ = normaliser.type_of(schema, "/here")
    assert isinstance(type_, Union)
    assert (type_.tag, {NULL, STRING} <= {*type_.members}) == (beside.get("propertyName", "type"), True)
    assert dict(type_.table) == {value: f"/components/schemas/{name}" for value, name in table.items()}


def test_variants_of_two_bases_have_no_common_discriminator() -> None:
    bases = {name: {"type": "object", "discriminator": {"propertyName": name}} for name in "ab"}
    schemas: dict[str, Any] = bases | {name: {"allOf": [_ref(name.lower()), OBJECT]} for name in "AB"}
    normaliser = Normaliser(Document({"components": {"schemas": schemas}}, "document.yaml", Places()), Report())
    type_ = normaliser.type_of({"oneOf": [_ref("A"), _ref("B")]}, "/here")
    assert isinstance(type_, Union)
    assert type_.tag is None


def test_a_schema_that_a_mapping_names_is_also_selected_by_the_values_that_it_states() -> None:
    mapping = {"kitty": "#/components/schemas/Cat"}
    type_ = settled(
        {"oneOf": [_ref("Cat"), _ref("Dog")], "discriminator": {"propertyName": "type", "mapping": mapping}}
    )[0]
    assert isinstance(type_, Union)
    cat, dog = "/components/schemas/Cat", "/components/schemas/Dog"
    assert dict(type_.table) == {"kitty": cat, "cat": cat, "Dog": dog, "dog": dog}


def test_nesting_without_end_is_cut_and_reported() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(MAX_NESTING + 5):
        schema = {"type": "array", "items": schema}
    type_, _, report = settled(schema)
    depth = 0
    while isinstance(type_, Array):
        type_, depth = type_.item, depth + 1
    assert (type_, depth) == (ANY, MAX_NESTING)
    assert report.notes[0].kind == "untyped"


def test_fields_whose_names_clash_all_have_one() -> None:
    words = ["a_b", "a-b", "aB", "AB", "", "é", "class", "from_dict", "__class__"]
    _, normaliser, _ = settled({"properties": {word: {"type": "string"} for word in words}})
    names = {field.wire: field.python for field in normaliser.models["/here"].fields}
    assert names["a_b"] == "a_b"
    assert names["from_dict"] == "from_dict_"
    assert len(set(names.values())) == len(words)


OBJECT = {"type": "object", "properties": {"x": {"type": "string"}}}
EITHER = {"oneOf": [{"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"b": {}}}]}


def _chain(first: Any, step: Callable[[Any], Any]) -> dict[str, Any]:
    return {"S0": first, **{f"S{number}": step(_ref(f"S{number - 1}")) for number in range(1, 31)}}


@pytest.mark.parametrize(
    "schemas",
    [
        pytest.param(_chain(OBJECT, lambda ref: {"allOf": [ref, ref]}), id="allOf"),
        pytest.param(_chain(OBJECT, lambda ref: {"allOf": [ref, {"allOf": [ref]}]}), id="allOf in allOf"),
        pytest.param(_chain(EITHER, lambda ref: {"allOf": [ref, ref]}), id="allOf of oneOf"),
        pytest.param(_chain(OBJECT, lambda ref: {"allOf": [ref, ref], "oneOf": [ref, ref]}), id="allOf and oneOf"),
        pytest.param(_chain(OBJECT, lambda ref: {"oneOf": [ref, {"type": "array", "items": ref}]}), id="oneOf"),
        pytest.param(
            _chain(OBJECT, lambda ref: {"allOf": [ref], "properties": {"x": {"allOf": [ref, ref]}, "y": ref}}),
            id="properties",
        ),
        pytest.param(
            _chain({"type": "string"}, lambda ref: {"anyOf": [{"type": "array", "items": ref},
                                                              {"type": "object", "additionalProperties": ref}]}),
            id="anyOf",
        ),
    ],
)  # fmt: skip
def test_what_doubles_at_each_level_is_settled_in_as_many_steps_as_it_has_levels(
    schemas: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def counted(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def count(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            assert steps < 100_000, "two to the power of thirty would follow"
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, count)

    counted(Flattener, "_flat")
    counted(Normaliser, "_type_of")
    document = Document({"components": {"schemas": schemas}}, "document.yaml", Places())
    types = Normaliser(document, Report()).components()
    assert not any(is_larger(type_, MAX_TYPE) for type_ in types.values())


def test_a_list_whose_items_refer_to_it_is_a_list() -> None:
    tag = {"type": "object", "properties": {"tags": _ref("Tags")}}
    schemas: dict[str, Any] = {"Tags": {"type": "array", "items": _ref("Tag")}, "Tag": tag}
    normaliser = Normaliser(Document({"components": {"schemas": schemas}}, "document.yaml", Places()), Report())
    types = normaliser.components()
    (model,) = normaliser.models.values()
    assert model.fields[0].type == types["Tags"] == Array(types["Tag"])


def test_files_are_found_in_unions_that_contain_each_other() -> None:
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    schemas: dict[str, Any] = {
        "A": {"anyOf": [{"type": "string"}, _ref("B")]},
        "B": {"oneOf": [_ref("A"), files, {"type": "integer"}]},
    }
    normaliser = Normaliser(Document({"components": {"schemas": schemas}}, "document.yaml", Places()), Report())
    (field,) = normaliser.fields_of(normaliser.flat({"properties": {"f": _ref("A")}}, "/here"), body=True)
    assert field.type == Union((STRING, Array(BYTES), INTEGER))


def test_a_schema_of_too_many_parts_is_refused_with_its_place() -> None:
    members: list[Any] = [{"properties": {"p": {}}}] * MAX_PARTS
    data: Any = {"openapi": "3.1.0", "components": {"schemas": {"Big": {"allOf": members}}}}
    Flattener({}).flat({"allOf": members[1:]}, "/here")
    with pytest.raises(DocumentError, match=r"composed of more than 10,000 parts \(/components/schemas/Big"):
        planned(data)


def test_a_merged_schema_has_the_keys_of_its_parts_and_the_place_of_each_property() -> None:
    added = {"type": "object", "properties": {"age": True, "kind": {"enum": ["a"], "description": "words"}}}
    schema = {**_ref("Base"), "allOf": [added], "oneOf": [{}], "type": ["object", "null"], "deprecated": True}
    flat = Flattener(SCHEMAS).flat(schema, "/here")
    kind = {"allOf": [{"type": "string"}, {"enum": ["a"], "description": "words"}], "description": "words"}
    assert flat.schema == {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "age": True, "kind": kind},
        "deprecated": True,
    }
    base = "/components/schemas/Base/properties/id"
    assert flat.pointers == {"id": base, "age": "/here/allOf/0/properties/age", "kind": "/here/properties/kind"}
    assert flat.unions == (([{}], "/here/oneOf"),)
    numbers: list[Any] = [{"type": ["number", "integer"]}, {"type": "integer"}]
    assert Flattener({}).flat({"allOf": numbers}, "").schema == {"type": "integer"}


def test_schemas_that_compose_each_other_have_the_members_of_all_whichever_is_merged_first() -> None:
    schemas: dict[str, Any] = {
        name: {"allOf": [_ref(other)], "properties": {name.lower(): {"type": "string"}}}
        for name, other in (("A", "B"), ("B", "C"), ("C", "A"))
    }
    flattener = Flattener(schemas)
    for name in ("A", "B", "C", "A"):
        assert set(flattener.flat(_ref(name), f"/{name}").pointers) == {"a", "b", "c"}


# -- bases with a discriminator: where one is referred to, an object is read as the variant that it names


BASE = {"type": "object", "discriminator": {"propertyName": "kind"}, "properties": {"kind": {"type": "string"}}}


def made_of(name: str, **properties: Any) -> dict[str, Any]:
    inline = [{"type": "object", "properties": properties}] if properties else []
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"}, *inline]}


@pytest.mark.parametrize(
    ("schemas", "expected"),
    [
        ({"A": BASE, "B": made_of("A", b={}), "C": made_of("A", c={})}, {"A": ("B", "C")}),
        ({"B": made_of("A", b={}), "A": BASE, "C": made_of("B", c={})}, {"B": ("C",), "A": ("B", "C")}),
        ({"A": {"type": "object"}, "B": made_of("A", b={})}, {}),
        ({"A": BASE}, {}),
        ({"A": {**BASE, "oneOf": [{}]}, "B": made_of("A", b={})}, {}),
        ({"A": {"allOf": [BASE]}, "B": made_of("A", b={})}, {"A": ("B",)}),
        ({"A": {**BASE, **made_of("B")}, "B": made_of("A", b={})}, {"A": ("B",), "B": ("A",)}),
        ({"A": {**BASE, **made_of("A")}, "B": True}, {}),
    ],
)
def test_bases_and_their_variants(schemas: dict[str, Any], expected: dict[str, tuple[str, ...]]) -> None:
    variants = Variants(schemas)
    assert {name: variants.of(name) for name in schemas if variants.of(name)} == expected


def test_the_documents_order_and_depth_change_nothing() -> None:
    schemas = {"S0": BASE} | {f"S{n}": made_of(f"S{n - 1}", x={}) for n in range(1, 3000)}
    assert Variants(schemas).of("S2998") == ("S2999",)
