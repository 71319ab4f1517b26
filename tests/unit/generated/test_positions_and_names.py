"""Lists with a type for each position are tuples, and members that a document does not name have the type that it states."""

import importlib
import inspect
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import DecodeError
from small_documents import document, operation, query, reference

POINT = reference("Point")
NUMBER = {"type": "number"}
SCHEMAS: dict[str, Any] = {
    "Point": {"type": "object", "required": ["x"], "properties": {"x": NUMBER}},
    "Pair": {"type": "array", "prefixItems": [{"type": "string"}, POINT], "minItems": 2, "maxItems": 2},
    "Row": {"type": "array", "prefixItems": [{"type": "string"}], "items": POINT},
    "Open": {"type": "array", "prefixItems": [{"type": "string"}, NUMBER]},
    "Closed": {"type": "array", "prefixItems": [{"type": "string"}, NUMBER], "items": False},
    "Nested": {"type": "array", "prefixItems": [reference("Pair"), {"type": "string"}], "items": False},
    "Board": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "pair": reference("Pair"),
            "rows": {"type": "array", "items": reference("Row")},
            "open": reference("Open"),
            "closed": {"oneOf": [reference("Closed"), {"type": "null"}]},
            "nested": reference("Nested"),
            "either": {"oneOf": [reference("Pair"), {"type": "array", "items": NUMBER}]},
        },
        "additionalProperties": POINT,
    },
    "Marks": {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "patternProperties": {"^n_": NUMBER, "^p_": POINT},
        "additionalProperties": False,
    },
}


def _put(name: str, schema: str) -> dict[str, Any]:
    return {"put": operation(reference(schema), reference(schema), operationId=name)}


BOX = query(box=SCHEMAS["Closed"])[0] | {"explode": False}
DOCUMENT = document(
    {
        "/boards": _put("put_board", "Board"),
        "/marks": _put("put_marks", "Marks"),
        "/pairs": _put("put_pair", "Pair"),
        "/find": {"get": operation(operationId="find", parameters=[BOX], status=204)},
    },
    SCHEMAS,
    servers=[{"url": "https://boards.example"}],
)
BOARD = {
    "name": "b",
    "pair": ["a", {"x": 1}],
    "rows": [["r", {"x": 1}, {"x": 2}], ["s"]],
    "open": ["a", 1, None],
    "closed": None,
    "nested": [["a", {"x": 1}], "c"],
    "either": [1, 2],
    "first": {"x": 3},
    "second": {"x": 4, "y": 5},
}


@pytest.fixture(scope="module")
def boards(generate: Callable[[dict[str, Any]], ModuleType]) -> ModuleType:
    package = generate(DOCUMENT)
    importlib.import_module(f"{package.__name__}.models")
    return package


@pytest.fixture
def client(boards: ModuleType) -> Any:
    return boards.ThingApi(transport=httpx.MockTransport(lambda request: httpx.Response(200, content=request.content)))


def test_positions_have_types(client: Any, boards: ModuleType) -> None:
    board = client.put_board(body=BOARD)
    point = boards.models.Point
    assert board.pair == ("a", point(1))
    assert board.rows == [("r", point(1), point(2)), ("s",)]
    assert (board.open, board.closed, board.nested) == (("a", 1, None), None, (("a", point(1)), "c"))
    assert board.either == [1, 2]
    assert client.put_pair(body=("a", point(1))) == ("a", point(1))


def test_members_without_a_name_have_the_stated_type(client: Any, boards: ModuleType) -> None:
    board = client.put_board(body=BOARD)
    assert {name: type(value) for name, value in board.additional_properties.items()} == {
        "first": boards.models.Point,
        "second": boards.models.Point,
    }
    assert board.to_dict() == BOARD
    marks = client.put_marks(body={"n_1": 5, "p_1": {"x": 1}})
    assert marks.additional_properties == {"n_1": 5, "p_1": boards.models.Point(1)}


def test_what_is_made_is_sent(client: Any, boards: ModuleType) -> None:
    models = boards.models
    made = models.Board("b", pair=("a", models.Point(1)), additional_properties={"more": models.Point(2)})
    sent = json.loads(client.put_board.raw(body=made).request.content)
    assert sent == {"name": "b", "pair": ["a", {"x": 1}], "more": {"x": 2}}
    assert client.find.raw(box=("a", 1)).request.url.query == b"box=a,1"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pair": ["a"]}, "pair"),
        ({"pair": ["a", {"x": 1}, 3]}, "pair"),
        ({"pair": [1, {"x": 1}]}, "pair[0]"),
        ({"rows": [["a", {"x": "1"}]]}, "rows[0][1].x"),
        ({"first": 3}, "first"),
        ({"first": {"x": "a"}}, "first.x"),
    ],
)
def test_a_strict_client_checks_positions_and_other_members(boards: ModuleType, change: Any, field: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=BOARD | change))
    with pytest.raises(DecodeError) as caught:
        boards.ThingApi(transport=transport, strict=True).put_board(body={})
    assert caught.value.field == field
    # Other clients keep what does not conform.
    assert boards.ThingApi(transport=transport).put_board(body={}).to_dict() == BOARD | change


def test_annotations_state_positions(boards: ModuleType) -> None:
    read = inspect.get_annotations(boards.models.Board)
    assert read["pair"] == "tuple[str, Point] | None"
    assert read["rows"] == "list[tuple[str, *tuple[Point, ...]]] | None"
    assert read["open"] == "tuple[str, float, *tuple[Any, ...]] | None"
    assert read["either"] == "list[str | Point] | list[float] | None"
    assert read["additional_properties"] == "dict[str, Point] | None"
