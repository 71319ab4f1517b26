"""The values of enums are constants; a value that was read becomes an argument by `of`."""

import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import UsageError
from omicsdk_codegen.options import TypeOptions

STATUS = {"type": "string", "enum": ["queued", "running", "in-review", "IN_REVIEW", ""]}
SAMPLE = {
    "type": "object",
    "properties": {
        "status": {"$ref": "#/components/schemas/Status"},
        "kind": {"type": "string", "enum": ["dna", "rna"], "description": "What was sequenced."},
        "level": {"type": "integer", "enum": [-1, 0, 2]},
        "only": {"const": "sample"},
    },
}


def _query(name: str, schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Samples", "version": "1"},
    "servers": [{"url": "https://samples.example"}],
    "paths": {
        "/samples": {
            "get": {
                "operationId": "find",
                "parameters": [
                    _query("status", {"$ref": "#/components/schemas/Status"}),
                    _query("order", {"enum": ["up", "down"]}),
                    _query("among", {"type": "array", "items": {"enum": ["x", "y"]}}),
                ],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sample"}}},
                    }
                },
            },
            "head": {
                "operationId": "count",
                "parameters": [_query("order", {"enum": ["up", "down"]})],
                "responses": {"200": {"description": ""}},
            },
        }
    },
    "components": {"schemas": {"Status": STATUS, "Sample": SAMPLE}},
}


@pytest.fixture(scope="module")
def choices(generate: Callable[[dict[str, Any]], ModuleType]) -> ModuleType:
    return importlib.import_module(f"{generate(DOCUMENT).__name__}.choices")


def test_enums_of_several_values_are_named_after_their_place(choices: ModuleType) -> None:
    classes = {name: held for name, held in vars(choices).items() if inspect.isclass(held)}
    made = {name: held.values() for name, held in classes.items() if held.__module__ == choices.__name__}
    assert made == {
        "Status": ("queued", "running", "in-review", "IN_REVIEW", ""),
        "SampleKind": ("dna", "rna"),
        "SampleLevel": (-1, 0, 2),
        "Order": ("up", "down"),
        "FindAmong": ("x", "y"),
    }
    assert choices.SampleKind.__doc__ == "What was sequenced."


def test_values_are_constants(choices: ModuleType) -> None:
    status, level = choices.Status, choices.SampleLevel
    assert (status.QUEUED, status.IN_DASH_REVIEW, status.IN_REVIEW, status.UNNAMED) == (
        "queued",
        "in-review",
        "IN_REVIEW",
        "",
    )
    assert (level.MINUS_1, level.N0, level.N2) == (-1, 0, 2)


def test_a_value_that_was_read_is_passed_on(choices: ModuleType) -> None:
    package = importlib.import_module(choices.__name__.rpartition(".")[0])
    sent: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"status": "running", "kind": "protein"})

    client = package.ThingApi(transport=httpx.MockTransport(response))
    sample = client.find(order=choices.Order.UP)
    client.find(status=choices.Status.of(sample.status))
    assert [request.url.query for request in sent] == [b"order=up", b"status=running"]
    with pytest.raises(UsageError, match="'protein' is no SampleKind") as caught:
        choices.SampleKind.of(sample.kind)
    assert caught.value.remedy == "Use one of 'dna', 'rna'."


@pytest.mark.parametrize(
    ("types", "annotation"),
    [
        (TypeOptions(), "Literal['up', 'down'] | Omit"),
        (TypeOptions(open_enums=True), "Literal['up', 'down'] | str | Omit"),
    ],
)
def test_arguments_are_closed_unless_enums_are_open(generate: Any, types: TypeOptions, annotation: str) -> None:
    package = generate(DOCUMENT, types=types)
    assert inspect.signature(package.ThingApi.count).parameters["order"].annotation == annotation


def test_a_document_without_enums_has_no_choices(generate: Any) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{generate({**DOCUMENT, 'paths': {}, 'components': {}}).__name__}.choices")
