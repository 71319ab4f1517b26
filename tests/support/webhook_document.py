"""A document with webhooks and callbacks, and the package that is generated from it."""

import sys
from types import ModuleType
from typing import Any

import pytest
from generated_package import Generate
from small_documents import document, list_of, object_of, operation, reference

RUN = object_of("id", required=("id",), size={"type": "integer"})


def _sent(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return operation(body=schema, **more)


def _starting(name: str) -> dict[str, Any]:
    progress = {"{$request.body#/url}": {"post": _sent(reference("Run"))}}
    callbacks = {"progress": progress, "ended": progress if name == "start" else {}}
    return operation(operationId=name, status=204, callbacks=callbacks)


DOCUMENT = document(
    {"/start": {"post": _starting("start")}, "/restart": {"post": _starting("restart")}},
    {"Run": RUN},
    webhooks={
        "newRun": {"post": _sent(reference("Run"), summary="A run was made.")},
        "runs": {"post": _sent({"type": "array", "items": reference("Run")})},
        "items": {"post": _sent(list_of(RUN))},
        "either": {
            "post": _sent({"oneOf": [reference("Run"), {"type": "string"}]}),
            "put": _sent({"type": ["integer", "null"]}),
        },
    },
)


@pytest.fixture(scope="module")
def package(generate: Generate) -> ModuleType:
    return generate(DOCUMENT)


@pytest.fixture(scope="module")
def webhooks(package: ModuleType) -> Any:
    __import__(f"{package.__name__}.webhooks")
    return sys.modules[f"{package.__name__}.webhooks"]
