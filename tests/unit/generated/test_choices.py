"""The values of enums are constants; a value that was read becomes an argument by `of`."""

import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from omicsdk.core import UsageError
from omicsdk_codegen.options import TypeOptions
from recording_network import RecordingNetwork
from small_documents import document, operation, query, reference

STATUS = {"type": "string", "enum": ["queued", "running", "in-review", "IN_REVIEW", ""]}
SAMPLE = {
    "type": "object",
    "properties": {
        "status": reference("Status"),
        "kind": {"type": "string", "enum": ["dna", "rna"], "description": "What was sequenced."},
        "level": {"type": "integer", "enum": [-1, 0, 2]},
        "only": {"const": "sample"},
    },
}


ORDER = {"enum": ["up", "down"]}
AMONG = {"type": "array", "items": {"enum": ["x", "y"]}}
DOCUMENT = document(
    {
        "/samples": {
            "get": operation(
                reference("Sample"),
                operationId="find",
                parameters=query(status=reference("Status"), order=ORDER, among=AMONG),
            ),
            "head": operation(operationId="count", parameters=query(order=ORDER)),
        }
    },
    {"Status": STATUS, "Sample": SAMPLE},
    servers=[{"url": "https://samples.example"}],
)


@pytest.fixture(scope="module")
def choices(generate: Callable[[dict[str, Any]], ModuleType]) -> ModuleType:
    return importlib.import_module(f"{generate(DOCUMENT).__name__}.choices")


def test_enums_of_several_values_are_named_after_their_place(choices: ModuleType) -> None:
    classes = {name: cls for name, cls in vars(choices).items() if inspect.isclass(cls)}
    made = {name: cls.values() for name, cls in classes.items() if cls.__module__ == choices.__name__}
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
    network = RecordingNetwork(200, json={"status": "running", "kind": "protein"})
    client = package.ThingApi(transport=network)
    sample = client.find(order=choices.Order.UP)
    client.find(status=choices.Status.of(sample.status))
    assert [request.url.query for request in network.requests] == [b"order=up", b"status=running"]
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
