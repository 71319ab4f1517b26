"""A client with groups: its attributes, what completion offers, and that groups belong to their client."""

import asyncio
import copy
import inspect
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core.errors import NotFound
from recording_network import RecordingNetwork
from small_documents import document, operation, query


def _operation(name: str, tag: str, *parameters: str, status: int = 200) -> dict[str, Any]:
    members = {"operationId": name, "summary": f"{name} does it.", "tags": [tag]}
    required = [parameter | {"required": True} for parameter in query(*parameters)]
    return operation(None if status == 204 else {}, status=status, parameters=required, **members)


DOCUMENT = document(
    {
        "/samples": {"get": _operation("list_samples", "Samples")},
        "/samples/one": {"get": _operation("get_sample", "Samples", "id")},
        "/boxes": {"get": _operation("list_sample_boxes", "Sample boxes")},
        "/runs": {"get": _operation("import_runs", "Runs"), "delete": _operation("delete_runs", "Runs", status=204)},
        "/health": {"get": _operation("health", "Health")},
    },
    openapi="3.2.0",
    servers=[{"url": "https://lab.example"}],
    tags=[{"name": "Samples", "description": "Tubes."}, {"name": "Sample boxes", "parent": "Samples"}],
)


def _response(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=f"{request.url.path}?{request.url.query.decode()}")


@pytest.fixture
def client(package: ModuleType) -> Any:
    return package.ThingApi(transport=httpx.MockTransport(_response))


def test_operations_are_called_by_their_groups_and_by_their_whole_names(package: ModuleType, client: Any) -> None:
    assert client.samples.list() == client.list_samples() == "/samples?"
    assert client.samples.get(id="a") == "/samples/one?id=a"
    assert client.samples.boxes.list() == "/boxes?"
    assert client.runs.import_() == "/runs?"
    assert client.samples.get.raw(id="a").status_code == 200
    assert client.samples.list.with_headers().value == "/samples?"

    async def called() -> Any:
        async with package.AsyncThingApi(transport=httpx.MockTransport(_response)) as other:
            return await other.samples.boxes.list(), await other.samples.list.raw()

    value, raw = asyncio.run(called())
    assert (value, raw.status_code) == ("/boxes?", 200)


def test_completion_offers_groups_in_place_of_their_operations(client: Any) -> None:
    def offered(instance: Any) -> list[str]:
        return [name for name in dir(instance) if not name.startswith("_")]

    assert offered(client) == ["base_url", "close", "health", "runs", "samples", "with_options"]
    assert offered(client.samples) == ["boxes", "get", "list"]
    assert offered(client.samples.list) == ["raw", "with_headers"]


def test_a_group_is_made_once_for_each_client(client: Any) -> None:
    assert client.samples is client.samples
    assert client.samples.list is client.samples.list
    clone = client.with_options(headers={"x": "1"})
    assert clone.samples is not client.samples
    assert clone.samples.list.raw().request.headers["x"] == "1"
    assert clone.samples.boxes.list.raw().request.headers["x"] == "1"
    assert "x" not in client.samples.list.raw().request.headers


def test_a_group_shows_what_it_is(package: ModuleType, client: Any) -> None:
    assert repr(client.samples) == "<SamplesGroup of <ThingApi https://lab.example>>"
    assert inspect.getdoc(client.samples) == "Tubes."
    assert inspect.getdoc(client.runs) == "Operations of runs."
    assert repr(client.samples.list) == "<operation samples.list: GET /samples>"
    assert repr(client.list_samples) == "<operation list_samples: GET /samples>"
    assert str(inspect.signature(client.samples.get)) == str(inspect.signature(client.get_sample))
    assert "list_samples does it." in (inspect.getdoc(client.samples.list) or "")
    assert package.ThingApi.samples.__name__ == "SamplesGroup"
    assert repr(package.ThingApi.samples.get) == "<operation samples.get>"
    with pytest.raises(AttributeError, match="'SamplesGroup' object has no attribute 'lst'"):
        client.samples.lst()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({}, r"samples.get\(\) missing required argument 'id'"),
        ({"ide": 1}, r"samples.get\(\) has no argument 'ide'. Did you mean 'id'\?"),
        ({"id": "a", "timeout": 1}, r"use client.with_options\(timeout=...\).samples.get\(...\)"),
    ],
)
def test_errors_name_an_operation_as_it_was_called(client: Any, keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        client.samples.get(**keywords)


def test_errors_of_the_service_name_the_operation(package: ModuleType) -> None:
    client = package.ThingApi(transport=RecordingNetwork(404, json={}))
    with pytest.raises(NotFound) as raised:
        client.samples.list()
    assert raised.value.operation == "list_samples"


def test_a_copy_of_a_group_is_of_the_same_client(client: Any) -> None:
    client.samples.list()
    made = copy.copy(client.samples)
    assert made.list() == "/samples?"
    assert made.list is not client.samples.list


def test_a_group_is_pickled_with_its_client_alone(package: ModuleType) -> None:
    kind = package.ThingApi.samples
    group = kind("a client")
    group.boxes  # noqa: B018 - makes the group below
    read = pickle.loads(pickle.dumps(group))
    assert vars(read) == {"_client": "a client"}


def test_a_subclass_replaces_operations_for_groups_too(package: ModuleType) -> None:
    class Own(package.ThingApi):
        def list_samples(self) -> str:
            return "own"

    client = Own(transport=httpx.MockTransport(_response))
    assert client.samples.list() == "own"
    assert "list_samples" not in dir(client)


def test_flat_clients_have_no_groups(generate: Callable[..., ModuleType]) -> None:
    client: Any = generate(DOCUMENT, flat=True).ThingApi(transport=httpx.MockTransport(_response))
    assert client.list_samples() == "/samples?"
    assert not hasattr(client, "samples")
    assert {"list_samples", "health", "import_runs"} <= {*dir(client)}
