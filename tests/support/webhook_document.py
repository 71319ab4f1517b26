"""A document with webhooks and callbacks, and the package that is generated from it."""

import sys
from types import ModuleType
from typing import Any

import pytest
from generated_package import Generate

RUN = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "size": {"type": "integer"}},
}


def _sent(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body, "responses": {"200": {"description": "Seen."}}, **more}


def _starting(name: str) -> dict[str, Any]:
    progress = {"{$request.body#/url}": {"post": _sent({"$ref": "#/components/schemas/Run"})}}
    return {
        "operationId": name,
        "responses": {"204": {"description": "Done."}},
        "callbacks": {"progress": progress, "ended": progress if name == "start" else {}},
    }


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Runs", "version": "1"},
    "paths": {"/start": {"post": _starting("start")}, "/restart": {"post": _starting("restart")}},
    "webhooks": {
        "newRun": {"post": _sent({"$ref": "#/components/schemas/Run"}, summary="A run was made.")},
        "runs": {"post": _sent({"type": "array", "items": {"$ref": "#/components/schemas/Run"}})},
        "items": {"post": _sent({"type": "object", "properties": {"items": {"type": "array", "items": RUN}}})},
        "either": {
            "post": _sent({"oneOf": [{"$ref": "#/components/schemas/Run"}, {"type": "string"}]}),
            "put": _sent({"type": ["integer", "null"]}),
        },
    },
    "components": {"schemas": {"Run": RUN}},
}


@pytest.fixture(scope="module")
def package(generate: Generate) -> ModuleType:
    return generate(DOCUMENT)


@pytest.fixture(scope="module")
def webhooks(package: ModuleType) -> Any:
    __import__(f"{package.__name__}.webhooks")
    return sys.modules[f"{package.__name__}.webhooks"]
