"""Values that are made from schemas, and stored ones as a response's schema has them."""

from random import Random
from typing import Any

import pytest
from omicsdk.sandbox.engine.schemas import Schemas
from omicsdk.sandbox.engine.values import ABSENT, Values, matching
from small_documents import document, object_of

TEXT = {"type": "string"}
NODE = object_of("name", required=("name",), children={"type": "array", "items": {"$ref": "#/components/schemas/Node"}})
ENDLESS = object_of(required=("next",), next={"anyOf": [{"$ref": "#/components/schemas/Endless"}, {"type": "null"}]})
CAT = object_of(required=("type", "lives"), type=TEXT, lives={"type": "integer"})
DOG = object_of(required=("type", "tricks"), type=TEXT, tricks={"type": "array", "items": TEXT})
ANIMAL = {
    "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    "discriminator": {"propertyName": "type", "mapping": {"dog": "#/components/schemas/Dog"}},
}
SCHEMAS = {"Node": NODE, "Endless": ENDLESS, "Cat": CAT, "Dog": DOG, "Animal": ANIMAL}


def values(faults: list[str] | None = None) -> tuple[Schemas, Values]:
    schemas = Schemas(document({}, SCHEMAS), (faults if faults is not None else []).append)
    return schemas, Values(schemas)


@pytest.mark.parametrize("stored", [{}, {"d": "1"}])
def test_members_without_a_schema_are_in_the_order_of_the_document(stored: dict[str, str]) -> None:
    schema = {"type": "object", "required": ["d", "c", "b", "a"], "additionalProperties": TEXT}
    _, made = values()
    assert [*made.example(schema, "/x")] == [*made.fitted(schema, stored, "/x")] == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": "^SM[0-9a-fA-F]{32}$"},
        {"type": "string", "pattern": r"^(red|blue)-\d{2,4}(\.[a-z]+)?$"},
        {"type": "string", "minLength": 30.0},
        {"type": "string", "maxLength": 3},
        {"type": "integer", "minimum": 5, "maximum": 7},
        {"type": "integer", "exclusiveMinimum": 10, "multipleOf": 4},
        {"type": "number", "maximum": -1.5},
        {"type": "number", "minimum": 0.25, "multipleOf": 0.1},
        {"enum": ["a", "b"]},
        {"type": "array", "items": TEXT, "minItems": 3},
        {"type": "array", "items": TEXT, "maxItems": 0},
        {"type": "array", "items": False},
        {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False},
        {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": TEXT, "minItems": 3},
        {"allOf": [object_of("a", required=("a",)), object_of("b", required=("b",))]},
        {"$ref": "#/components/schemas/Node"},
        {"$ref": "#/components/schemas/Endless"},
        {"$ref": "#/components/schemas/Animal"},
        object_of(required=("name",)),
        {"type": ["string", "null"], "example": None},
        {},
    ],
)
def test_what_is_made_keeps_to_its_schema_and_is_the_same_each_time(schema: dict[str, Any]):
    schemas, made = values()
    for value in (made.made(schema, "place"), made.example(schema, "place")):
        assert [error.message for error in schemas.errors(schema, value, sent=False)] == []
    assert made.example(schema, "place") == values()[1].example(schema, "place")


@pytest.mark.parametrize(
    ("number", "is_valid"), [(4.02, True), (1.11, True), (600.03, True), (1e22, True), (4.025, False)]
)
def test_multiples_are_those_of_the_digits_that_json_states(number: float, is_valid: bool):
    schemas, _ = values()
    for sent in (True, False):
        assert (not list(schemas.errors({"type": "number", "multipleOf": 0.01}, number, sent=sent))) == is_valid


def test_examples_of_the_document_are_used_if_they_keep_to_the_schema():
    faults: list[str] = []
    _, made = values(faults)
    assert made.made({"type": "integer", "example": 7}, "x/count") == 7
    wrong = {"type": "integer", "example": "seven"}
    assert isinstance(made.made(wrong, "x/count"), int)
    made.made(wrong, "x/count")
    assert set(faults) == {"The example of count breaks its schema and is not used"}


@pytest.mark.parametrize(
    ("schema", "stored", "fitted"),
    [
        (object_of("a"), {"a": "1", "b": "2"}, {"a": "1"}),
        (object_of(secret={"type": "string", "writeOnly": True}), {"secret": "x"}, {}),
        (object_of("friendly_name"), {"FriendlyName": "x"}, {"friendly_name": "x"}),
        (object_of(n={"type": "integer"}), {"n": "12"}, {"n": 12}),
        (object_of(n=TEXT), {"n": 12}, {"n": "12"}),
        (object_of(owner=object_of("id", "name")), {"owner": "u1"}, {"owner": {"id": "u1"}}),
        (object_of(owner=TEXT), {"owner": {"id": "u1", "name": "Ann"}}, {"owner": "u1"}),
        (object_of("a"), {"a": None}, {}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"x": "1"}, {"x": 1}),
        ({"type": "object"}, {"x": "1"}, {"x": "1"}),
        ({"type": "array", "prefixItems": [TEXT, {"type": "integer"}]}, [1, "2", 3], ["1", 2, 3]),
        (
            {"$ref": "#/components/schemas/Animal"},
            {"type": "dog", "tricks": ["sit"]},
            {"type": "dog", "tricks": ["sit"]},
        ),
    ],
)
def test_a_stored_value_is_sent_as_the_schema_has_it(schema: dict[str, Any], stored: Any, fitted: Any):
    assert values()[1].fitted(schema, stored, "place") == fitted


def test_a_stored_value_that_the_document_no_longer_allows_is_reported():
    faults: list[str] = []
    _, made = values(faults)
    rows = {"type": "integer", "maximum": 16, "default": 12}
    assert made.fitted(object_of(rows=rows), {"rows": 20}, "lab/plates/1") == {"rows": 12}
    assert faults == ["A stored value of rows breaks its schema, and another one is served in its place"]


def test_what_nobody_set_is_made_where_it_is_required():
    schemas, made = values()
    schema = object_of("name", "note", required=("name", "id"), id={"type": "string", "format": "uuid"})
    fitted = made.fitted(schema, {"name": "x"}, "place")
    assert fitted.keys() == {"name", "id"}
    assert schemas.is_valid(schema, fitted)
    assert schemas.is_valid(schema, made.fitted(schema, ABSENT, "place"))


@pytest.mark.parametrize("form", ["uri", "url", "hostname"])
def test_a_made_address_is_that_of_no_machine(form: str):
    made = str(values()[1].example({"type": "string", "format": form}, "place"))
    assert made.removeprefix("https://").partition("/")[0].endswith(".invalid")


def test_several_members_that_break_a_schema_are_left_out():
    rule = {"patternProperties": {"^x": {"type": "integer"}}}
    schema = {"allOf": [object_of(), {"not": {"required": ["x1", "y"]}}], **rule}
    assert values()[1].fitted(schema, {"x1": "a", "x2": "b"}, "place") == {}


IF_A_THEN_B = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}


@pytest.mark.parametrize(
    ("parts", "valid", "invalid"),
    [
        ([IF_A_THEN_B, {"if": {"required": ["c"]}, "then": {"required": ["d"]}}], {"a": 1, "b": 1}, {"a": 1}),
        ([IF_A_THEN_B, {**IF_A_THEN_B, "then": {"required": ["c"]}}], {"a": 1, "b": 1, "c": 1}, {"a": 1, "c": 1}),
        ([IF_A_THEN_B, {"else": {"required": ["e"]}}], {"c": 1}, {"a": 1}),
        ([{"not": {"required": ["a"]}}, {"not": {"required": ["b"]}}], {"c": 1}, {"a": 1}),
        ([{"anyOf": [{"required": ["a"]}]}, {"anyOf": [{"required": ["b"]}]}], {"a": 1, "b": 1}, {"b": 1}),
        ([{"maxProperties": 1}, {"maxProperties": 2}], {"a": 1}, {"a": 1, "b": 1}),
        ([{"pattern": "^a"}, {"pattern": "b$"}], "ab", "cb"),
        ([{"contains": {"const": 1}, "maxContains": 1}, {"contains": {"const": 2}}], [1, 2, 2], [1, 1, 2]),
    ],
)
def test_all_parts_of_a_schema_apply(parts: list[Any], valid: Any, invalid: Any):
    schemas, _ = values()
    for schema in ({"allOf": parts}, {"allOf": parts[1:], **parts[0]}, {"allOf": [{"allOf": parts}]}):
        for either in (schema, schemas.flat(schema)):
            assert schemas.is_valid(either, valid)
            assert not schemas.is_valid(either, invalid)


def test_requests_leave_out_what_is_read_only_and_responses_what_is_write_only():
    schemas, _ = values()
    schema = {
        "allOf": [
            object_of(id={"type": "integer", "readOnly": True}, password={"type": "string", "writeOnly": True}),
            {"required": ["id", "password"]},
        ]
    }
    assert schemas.is_valid(schema, {"password": "x"}, sent=True)
    assert schemas.is_valid(schema, {"password": "x", "id": "ignored"}, sent=True)
    assert schemas.is_valid(schema, {"id": 1}, sent=False)
    assert not schemas.is_valid(schema, {"id": 1}, sent=True)


@pytest.mark.parametrize("pattern", ["a{4000000000}", "a{99999999999}", "(" * 999 + ")" * 999, r"\p{L}", "["])
def test_no_text_is_made_of_a_pattern_that_python_cannot_read_or_that_is_of_long_texts(pattern: str):
    assert matching(pattern, Random(1)) is None


def test_a_pattern_that_python_cannot_read_is_reported():
    faults: list[str] = []
    schemas, _ = values(faults)
    assert schemas.is_valid({"type": "string", "pattern": r"^\p{L}+$"}, "x1")
    names = {"patternProperties": {r"^\p{L}+$": {"type": "integer"}, "^x": {"type": "integer"}}}
    assert schemas.is_valid({**names, "additionalProperties": False}, {"a": "b", "x": 1})
    assert not schemas.is_valid({**names, "unevaluatedProperties": False}, {"a": "b", "x": "y"})
    assert set(faults) == {r"The pattern '^\\p{L}+$' is not checked: Python cannot read it"}
