"""Arguments and bodies of requests are read as the document states them."""

from datetime import date
from typing import Any

import pytest
from omicsdk.sandbox.document import FORM, Content, operations
from omicsdk.sandbox.engine.requests import Reader, Received
from omicsdk.sandbox.engine.schemas import FORMATS, Schemas
from omicsdk.sandbox.problems import Refused
from small_documents import document, object_of, operation

INTEGER = {"type": "integer"}


def parameter(name: str, schema: dict[str, Any], place: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, **more}


NUMBERS = {"type": "array", "items": INTEGER}


@pytest.mark.parametrize(
    ("declared", "query", "value"),
    [
        (parameter("n", INTEGER), [("n", "7")], 7),
        (parameter("n", {"anyOf": [INTEGER, {"type": "null"}]}), [("n", "7")], 7),
        (parameter("n", {"type": ["boolean", "null"]}), [("n", "true")], True),
        (parameter("n", {"type": "string"}), [("n", "7")], "7"),
        (parameter("n", {"anyOf": [{"type": "number"}, {"enum": ["a", "b"]}]}), [("n", "0.5")], 0.5),
        (parameter("n", {"enum": [1, 2]}), [("n", "2")], 2),
        (parameter("n", {"enum": ["a", None]}), [("n", "null")], None),
        (parameter("n", {"enum": ["null", None]}), [("n", "null")], "null"),
        (parameter("n", NUMBERS), [("n", "1"), ("n", "2")], [1, 2]),
        (parameter("n", NUMBERS), [("n[]", "1"), ("n[]", "2")], [1, 2]),
        (parameter("n", NUMBERS, explode=False), [("n", "1,2")], [1, 2]),
        (parameter("n", NUMBERS, style="pipeDelimited", explode=False), [("n", "1|2")], [1, 2]),
        (
            parameter("n", object_of("a", b=INTEGER), style="deepObject"),
            [("n[a]", "x"), ("n[b]", "2")],
            {"a": "x", "b": 2},
        ),
        (parameter("n", object_of("a", b=INTEGER)), [("a", "x"), ("b", "2")], {"a": "x", "b": 2}),
    ],
)
def test_arguments_of_each_style(declared: dict[str, Any], query: list[tuple[str, str]], value: object):
    described = document({"/things": {"get": operation(parameters=[declared])}})
    reader = Reader(operations(described)[0], Schemas(described))
    places, faults = reader.arguments([], query, {})
    assert (places["query"], faults) == ({"n": value}, [])


COLOURS = {"type": "object", "properties": dict.fromkeys("RGB", INTEGER)}


@pytest.mark.parametrize(
    ("place", "style", "is_exploded", "text", "listed", "members"),
    [
        ("path", "matrix", False, ";v=7", ";v=1,2", ";v=R,1,G,2"),
        ("path", "matrix", True, ";v=7", ";v=1;v=2", ";R=1;G=2"),
        ("path", "label", False, ".7", ".1,2", ".R,1,G,2"),
        ("path", "label", True, ".7", ".1.2", ".R=1.G=2"),
        ("path", "simple", False, "7", "1,2", "R,1,G,2"),
        ("path", "simple", True, "7", "1,2", "R=1,G=2"),
        ("header", "simple", False, "7", "1,2", "R,1,G,2"),
        ("header", "simple", True, "7", "1,2", "R=1,G=2"),
        ("cookie", "form", False, "7", "1,2", "R,1,G,2"),
        ("cookie", "form", True, "7", "1,2", "R,1,G,2"),
        ("query", "form", False, "7", "1,2", "R,1,G,2"),
        ("query", "spaceDelimited", False, "7", "1 2", "R 1 G 2"),
        ("query", "pipeDelimited", False, "7", "1|2", "R|1|G|2"),
    ],
)
def test_each_style_of_the_specification_is_read(place, style, is_exploded, text, listed, members):
    for schema, sent, value in ((INTEGER, text, 7), (NUMBERS, listed, [1, 2]), (COLOURS, members, {"R": 1, "G": 2})):
        declared = parameter("v", schema, place, required=place == "path", style=style, explode=is_exploded)
        described = document(
            {"/things/{v}" if place == "path" else "/things": {"get": operation(parameters=[declared])}}
        )
        reader = Reader(operations(described)[0], Schemas(described))
        headers = {"v": sent} if place == "header" else {"cookie": f"v={sent}"} if place == "cookie" else {}
        places, faults = reader.arguments([sent] if place == "path" else [], [("v", sent)], headers)
        assert (places[place], faults) == ({"v": value}, [])


def test_what_is_wrong_with_arguments_is_reported_together():
    declared = [parameter("n", INTEGER), parameter("x-key", {"type": "string"}, "header", required=True)]
    described = document(
        {"/things/{id}": {"get": operation(parameters=[*declared, parameter("id", INTEGER, "path", required=True)])}}
    )
    _, faults = Reader(operations(described)[0], Schemas(described)).arguments(["me"], [("n", "many")], {})
    assert [(fault.place, fault.field, fault.rule) for fault in faults] == [
        ("query", ("n",), "type"),
        ("header", ("x-key",), "required"),
        ("path", ("id",), "type"),
    ]


def test_forms_have_lists_and_nested_fields():
    schema = object_of(
        "name", tags={"type": "array", "items": {"type": "string"}}, owner=object_of("name", age=INTEGER)
    )
    reader = Reader(operations(document({"/things": {"post": operation()}}))[0], Schemas(document({})))
    fields = [("name", "x"), ("tags[]", "a"), ("tags[]", "b"), ("owner[name]", "Ann"), ("owner[age]", "7")]
    value = reader.form(Content(FORM, schema, {}), fields)
    assert value == {"name": "x", "tags": ["a", "b"], "owner": {"name": "Ann", "age": 7}}


def test_a_form_has_lists_and_further_fields_as_the_document_states_them():
    schema = {**object_of(tags=NUMBERS), "additionalProperties": object_of("name")}
    reader = Reader(operations(document({"/things": {"post": operation()}}))[0], Schemas(document({})))
    content = Content(FORM, schema, {"encoding": {"tags": {"style": "form", "explode": False}}})
    value = reader.form(content, [("tags", "1,2"), ("other", '{"name": "x"}')])
    assert value == {"tags": [1, 2], "other": {"name": "x"}}


@pytest.mark.parametrize("body", [b'{"n": 1e999}', b'{"n": NaN}', b'{"other": 1e999}', b'{"n": 1e19}'])
def test_a_number_that_cannot_be_returned_is_refused(body: bytes):
    schema = object_of(n=INTEGER)
    described = document({"/things": {"post": operation(None, schema)}})
    reader = Reader(operations(described)[0], Schemas(described))
    with pytest.raises(Refused):
        reader.sent([], [], {"content-type": "application/json"}, Received(body))


@pytest.mark.parametrize(
    ("schema", "text"), [({"type": "number"}, "1e999"), ({**INTEGER, "format": "int32"}, "2147483648")]
)
def test_a_number_that_is_too_large_is_a_fault(schema: dict[str, Any], text: str):
    described = document({"/things": {"get": operation(parameters=[parameter("n", schema)])}})
    reader = Reader(operations(described)[0], Schemas(described, formats=FORMATS))
    assert reader.arguments([], [("n", text)], {})[1]


def test_a_choice_that_no_json_has_is_none_that_can_be_sent():
    schema = {"enum": [date(2022, 6, 28)]}  # PyYAML makes dates of such versions
    described = document({"/things": {"get": operation(parameters=[parameter("n", schema)])}})
    assert Reader(operations(described)[0], Schemas(described)).arguments([], [("n", "2022-06-28")], {})[1]
