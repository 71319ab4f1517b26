"""Responses about which a document says nothing, as frameworks describe those of handlers without types."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from generated_package import Generate
from omicsdk_codegen.document import read
from omicsdk_codegen.faults import Report
from omicsdk_codegen.plan import plan
from small_documents import content, document, operation

OK: dict[str, Any] = {"description": "OK"}
DOCUMENT = document(
    {
        "/nothing": {"get": {"responses": {}}},  # quart-schema
        "/described": {"get": operation()},  # django-ninja, NestJS, Fastify, and documents of SmartAPI
        "/default": {"get": {"responses": {"default": OK}}},  # Sanic
    },
    servers=[{"url": "https://frameworks.example"}],
)


@pytest.fixture(scope="module")
def package(generate: Generate) -> ModuleType:
    return generate(DOCUMENT)


@pytest.mark.parametrize("name", ["get_nothing", "get_described", "get_default"])
@pytest.mark.parametrize(
    ("response", "value"),
    [
        (httpx.Response(200, json={"a": [1]}), {"a": [1]}),
        (httpx.Response(200, content=b"3", headers={"content-type": "application/vnd.x+json"}), 3),
        (httpx.Response(200, text="häuser"), "häuser"),
        (httpx.Response(200, content=b"[\xff", headers={"content-type": "image/png"}), b"[\xff"),
        (httpx.Response(200, content=b"[1]"), b"[1]"),
        (httpx.Response(204), None),
        (httpx.Response(200, headers={"content-type": "application/json"}), None),
    ],
)
def test_a_body_is_read_by_its_content_type(
    package: ModuleType, name: str, response: httpx.Response, value: Any
) -> None:
    transport = httpx.MockTransport(lambda _: response)
    with package.ThingApi(strict=True, transport=transport) as client:
        assert getattr(client, name)() == value


@pytest.mark.parametrize(
    ("version", "responses", "type_"),
    [
        ("3.0.3", {"200": OK}, "Any"),
        ("3.0.3", {"201": OK, "404": OK}, "Any"),
        ("3.0.3", {"404": OK}, "Any"),
        ("3.0.3", {"200": OK, "204": OK}, "Any"),
        ("3.0.3", {"204": OK}, "None"),
        ("3.0.3", {"302": OK}, "None"),
        ("3.0.3", {"200": {**OK, **content({"type": "integer"})}, "202": OK}, "int | None"),
        ("2.0", {"200": OK}, "None"),  # "If this field does not exist, it means no content is returned", of schema
        ("2.0", {}, "Any"),
    ],
)
def test_what_a_document_says_is_heeded(tmp_path: Path, version: str, responses: Any, type_: str) -> None:
    spec = tmp_path / "api.json"
    stated = {"swagger" if version == "2.0" else "openapi": version}
    spec.write_text(
        json.dumps({**stated, "info": DOCUMENT["info"], "paths": {"/a": {"get": {"responses": responses}}}})
    )
    (operation_of_path,) = plan(read(spec), "thing", Report()).operations
    assert operation_of_path.response == type_
