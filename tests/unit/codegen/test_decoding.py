"""The code that decodes JSON, by what it returns when it runs, and the shapes that strict clients compare JSON with."""

from datetime import date
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from omicsdk.core.model import Model, problem_of
from omicsdk_codegen.decoding import Decoding, typed
from omicsdk_codegen.imports import Imports
from omicsdk_codegen.shapes import (
    ANY,
    BOOLEAN,
    BYTES,
    DATE,
    DATE_TIME,
    FORMATS,
    INTEGER,
    STRING,
    Array,
    Map,
    Ref,
    Scalar,
    Tuple,
    Type,
    Union,
)


class Cat(Model):
    """A model, as generated modules have them."""

    name: str

    @classmethod
    def from_dict(cls, data: Any) -> Any:
        return f"cat {data['name']}"


DAY = date(2026, 1, 2)
UUID_TEXT = "00000000-0000-0000-0000-000000000001"
CAT, TEXT = {"name": "a"}, "2026-01-02"


def run(code: str, imports: Imports, **values: object) -> Any:
    """Evaluate generated code under the names that it imports; names of models are those that it may use."""
    names = dict[str, Any]()
    for line in imports.lines():
        _, module, _, imported = line.split(maxsplit=3)
        names |= {name: getattr(import_module(module), name) for name in imported.split(", ")}
    return eval(code, names | {"Cat": Cat} | values)


def decoding() -> tuple[Decoding, Imports]:
    imports = Imports()
    return Decoding({"cat": "Cat"}, imports, lambda _: None), imports


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (STRING, TEXT, TEXT),
        (DATE, TEXT, DAY),
        (FORMATS["uuid"], UUID_TEXT, UUID(UUID_TEXT)),
        (Ref("cat"), CAT, "cat a"),
        (Ref("cat"), "other", "other"),
        (Array(Ref("cat")), [CAT, 5], ["cat a", 5]),
        (Array(Array(Array(DATE))), [[[TEXT]], []], [[[DAY]], []]),
        (Map(Map(Map(DATE))), {"a": {"b": {"c": TEXT}}}, {"a": {"b": {"c": DAY}}}),
        (Array(Map(Array(Ref("cat")))), [{"a": [CAT]}], [{"a": ["cat a"]}]),
        (Tuple((STRING, DATE), None, 0), [TEXT, TEXT], (TEXT, DAY)),
        (Tuple((STRING,), DATE, 0), [TEXT, TEXT, TEXT], (TEXT, DAY, DAY)),
        (Tuple((DATE,), None, 0), [TEXT, TEXT], (DAY, TEXT)),
        (Tuple((Tuple((Array(DATE),), None, 0),), None, 0), [[[TEXT]]], (([DAY],),)),
        (Tuple((STRING,), None, 0), [TEXT], (TEXT,)),
        (Tuple((STRING,), None, 0), TEXT, TEXT),
        (Union((STRING, Ref("cat"))), CAT, "cat a"),
        (Union((STRING, Ref("cat"))), TEXT, TEXT),
        (Union((Ref("cat"), DATE)), TEXT, DAY),
        (Union((DATE, FORMATS["uuid"])), UUID_TEXT, UUID(UUID_TEXT)),
        (Union((INTEGER, Array(DATE))), [TEXT], [DAY]),
        (Union((INTEGER, Tuple((DATE,), None, 0))), [TEXT], (DAY,)),
        (Union((INTEGER, Map(DATE))), {"a": TEXT}, {"a": DAY}),
    ],
)
def test_decoded_values_are_those_of_their_types(type_: Type, value: object, expected: object) -> None:
    writer, imports = decoding()
    result = run(writer.expression(type_, "v", "Owner.field"), imports, v=value)
    assert (result, type(result) is tuple) == (expected, type(expected) is tuple)


@pytest.mark.parametrize("type_", [STRING, Array(INTEGER), Union((Array(STRING), Map(INTEGER), STRING))])
def test_what_json_has_already_is_not_copied(type_: Type) -> None:
    assert decoding()[0].expression(type_, "v", "Owner.field") == "v"


@pytest.mark.parametrize(
    ("type_", "right", "wrong"),
    [
        (BOOLEAN, True, 1),
        (DATE, TEXT, "today"),
        (DATE_TIME, "2026-01-02T03:04:05Z", TEXT),
        (FORMATS["uuid"], UUID_TEXT, "no UUID"),
        (Scalar("number", (1.5,)), 1.5, 2.5),
        (Array(INTEGER), [1], ["1"]),
        (Map(INTEGER), {"a": 1}, {"a": "1"}),
        (Tuple((STRING, INTEGER), None, 0), ["a"], ["a", "b"]),
        (Tuple((STRING,), INTEGER, 0), ["a", 1, 2], ["a", 1, "b"]),
        (Tuple((STRING,), ANY, 2), ["a", "b"], ["a"]),
        (Union((STRING, Array(INTEGER))), [1], [""]),
    ],
)
def test_shapes_fit_values_of_their_types_alone(type_: Type, right: object, wrong: object) -> None:
    writer, imports = decoding()
    shape = run(writer.shape(type_), imports)
    assert problem_of("$", right, shape) is None
    assert problem_of("$", wrong, shape) is not None
    assert problem_of("$", None, shape) is not None
    shape = run(writer.shape(type_, nullable=True), imports)
    assert problem_of("$", None, shape) is None


@pytest.mark.parametrize("type_", [BYTES, ANY])
def test_a_strict_client_accepts_any_value_without_a_type(type_: Type) -> None:
    writer, imports = decoding()
    assert problem_of("$", 5, run(writer.shape(type_), imports)) is None


@pytest.mark.parametrize(
    ("code", "type_", "is_cast"),
    [
        ("Cat.from_dict(data)", "Cat", False),
        ("fitting(data, Cat, Dog).from_dict(data)", "Cat | Dog", True),
        ("as_tuple(data)", "tuple[str]", True),
        ("as_it_came", "Cat", True),
        ("as_tuple(data)", "Any", False),
    ],
)
def test_results_have_a_type_where_checkers_would_see_any(code: str, type_: str, is_cast: bool) -> None:
    imports = Imports()
    assert typed(code, type_, imports) == (f"cast('{type_}', {code})" if is_cast else code)
    assert imports.lines() == (["from typing import cast"] if is_cast else [])
