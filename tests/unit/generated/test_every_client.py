"""Each generated client works by itself: every operation is callable, sync and async, and sends what its document states."""

import asyncio
import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import omicsdk_api
import pytest
from omicsdk.core import NO_RETRY, BearerToken, DecodeError
from omicsdk.core.page_items import with_items
from recording_network import RecordingNetwork

ROOT = Path(omicsdk_api.__file__).parent
SERVICES = sorted(json.loads((ROOT / "index.json").read_text()))
VALUES: dict[str, Any] = {"string": "x", "integer": 1, "number": 1.5, "boolean": True, "array": ["x"], "object": {}}


def package_of(service: str) -> Any:
    return importlib.import_module("omicsdk_api." + service.replace("/", "."))


def clients_of(service: str) -> tuple[Any, Any]:
    package = package_of(service)
    synchronous, asynchronous = sorted((name for name in package.__all__ if name.endswith("Api")), key=len)
    assert asynchronous == f"Async{synchronous}"
    return getattr(package, synchronous), getattr(package, asynchronous)


def operations_of(service: str) -> list[dict[str, Any]]:
    return json.loads((ROOT / service / "commands.json").read_text())


def arguments_of(call: Any, command: dict[str, Any]) -> dict[str, Any]:
    """A value for each argument that a call demands."""
    kinds = {row["python"]: row for row in command["parameters"]}
    arguments: dict[str, Any] = {}
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            kind = kinds.get(name, {"type": "object"})
            arguments[name] = (kind.get("choices") or [VALUES.get(kind["type"], "x")])[0]
    return arguments


def path_fits(template: str, url: httpx.URL) -> bool:
    sent = template.split("#")[0].partition("?")[0]
    pattern = re.sub(r"\\\{.*?\\\}|<.*?>", ".+", re.escape(sent))
    return re.fullmatch(rf"/base{pattern}", unquote(url.raw_path.decode().partition("?")[0])) is not None


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_sent(service: str):
    network, (client_class, _) = RecordingNetwork(200, json={}), clients_of(service)
    commands = operations_of(service)
    token = BearerToken("t")
    with client_class("https://api.example.org/base", credentials=token, retry=NO_RETRY, transport=network) as client:
        for command in commands:
            operation = getattr(client, command["name"])
            operation.raw(**arguments_of(operation.raw, command))
            request = network.requests[-1]
            assert request.method == command["method"], command["name"]
            assert path_fits(command["path"], request.url), (command["name"], command["path"], str(request.url))
            sent = None if operation.facts.public else "Bearer t"
            assert request.headers.get("authorization") == sent, command["name"]
    assert len(network.requests) == len(commands)


@pytest.mark.parametrize("service", SERVICES)
def test_every_response_is_parsed_sync_and_async(service: str):
    client_class, async_class = clients_of(service)
    payloads: list[Any] = [{}]
    network = httpx.MockTransport(lambda _: httpx.Response(200, json=payloads[-1]))

    def page(operation: Any) -> Any:
        paging = operation.facts.paging
        return {} if paging is None else with_items({}, paging.items, [])

    async def run() -> None:
        async with async_class("https://api.example.org/base", transport=network) as client:
            for command in operations_of(service):
                operation = getattr(client, command["name"])
                payloads.append(page(operation))
                await operation(**arguments_of(operation, command))

    with client_class("https://api.example.org/base", transport=network) as client:
        for command in operations_of(service):
            operation = getattr(client, command["name"])
            payloads.append(page(operation))
            operation(**arguments_of(operation, command))
            if operation.facts.paging is not None:
                payloads.append({})
                with pytest.raises(DecodeError, match=f"{operation.facts.name}: .*, not a list"):
                    operation(**arguments_of(operation, command))
    asyncio.run(run())


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_its_module_and_every_model_imports(service: str):
    for path in sorted((ROOT / service).rglob("*.py")):
        relative = path.relative_to(ROOT).with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        importlib.import_module(".".join(("omicsdk_api", *parts)))
    documented = json.loads((ROOT / service / "openapi.json").read_text())["paths"]
    methods = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
    count = sum(len(methods & set(item)) for item in documented.values())
    assert count == len(operations_of(service))
