"""Generated clients with json-server, whose pages are recognised in documents of it."""

import asyncio
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from claimed_ports import free_port
from generated_package import generate as generate
from real_servers import Server, peer, program, running

NAMES = [f"sample-{number:02}" for number in range(23)]
COUNT: dict[str, Any] = {"type": "integer"}
SAMPLE = {"type": "object", "properties": {"id": {}, "name": {"type": "string"}}, "required": ["name"]}
SAMPLES = {"type": "array", "items": SAMPLE}
# Version 0 has arrays with a Link header, version 1 objects with the number of the next page.
PAGE = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": SAMPLES, "next": {"type": ["integer", "null"]}, "pages": COUNT, "items": COUNT},
}


def document(page: dict[str, Any], size: str, headers: dict[str, Any], base_url: str) -> dict[str, Any]:
    parameters = [{"name": name, "in": "query", "schema": COUNT} for name in ("_page", size)]
    response = {"description": "ok", "headers": headers, "content": {"application/json": {"schema": page}}}
    operation = {"operationId": "list_samples", "parameters": parameters, "responses": {"200": response}}
    info = {"title": "Samples", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": base_url}], "paths": {"/samples": {"get": operation}}}


@contextmanager
def json_server(name: str, script: str, folder: Path) -> Generator[Server]:
    package = Path(peer(name, "node_modules/json-server"))
    samples = [{"id": str(number), "name": name} for number, name in enumerate(NAMES)]
    (folder / "db.json").write_text(json.dumps({"samples": samples}))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [program("node"), str(package / script), "db.json", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, url, folder):
        yield Server(name, json.loads((package / "package.json").read_text())["version"], url, folder)


@pytest.fixture(scope="module", params=["json-server", "json-server-1"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    script = "lib/cli/bin.js" if request.param == "json-server" else "lib/bin.js"
    with json_server(request.param, script, tmp_path_factory.mktemp("json-server")) as started:
        yield started


@pytest.mark.tried("pages that are recognised: by a Link header, and by the number of the next page")
@pytest.mark.parametrize("size", [1, 5, 22, 23, 24])
def test_all_items_are_read_page_by_page(
    server: Server, generate: Callable[[dict[str, Any]], ModuleType], size: int
) -> None:
    is_first = server.name == "json-server"
    headers = {"Link": {"schema": {"type": "string"}}} if is_first else {}
    data = document(SAMPLES if is_first else PAGE, "_limit" if is_first else "_per_page", headers, server.url)
    package = generate(data)
    requests: list[httpx.Request] = []

    class Counted(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return super().handle_request(request)

    arguments = {"page": 1, ("limit" if is_first else "per_page"): size}
    with package.ThingApi(transport=Counted()) as client:
        assert [sample.name for sample in client.list_samples.iterate(**arguments)] == NAMES
        pages = -(-len(NAMES) // size)
        assert len(requests) == pages
        assert len(list(client.list_samples.pages(**arguments))) == pages
        assert [sample.name for sample in client.list_samples.iterate(**{**arguments, "page": pages})] == NAMES[
            (pages - 1) * size :
        ]

    async def read() -> list[str]:
        async with package.AsyncThingApi() as client:
            return [sample.name async for sample in client.list_samples.iterate(**arguments)]

    assert asyncio.run(read()) == NAMES
