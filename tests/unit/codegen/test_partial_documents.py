"""Documents with one broken reference: the client is that of the whole document but for what depends on it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from omicsdk_codegen.faults import DocumentError
from omicsdk_codegen.generate import GeneratedPackage, make_package


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Partial", "version": "1"},
    "paths": {
        "/one": {
            "get": {
                "operationId": "one",
                "parameters": [_ref("parameters", "Limit")],
                "responses": {"200": _ref("responses", "Thing"), "404": _ref("responses", "Problem")},
            }
        },
        "/two/{id}": {
            "parameters": [_ref("parameters", "Id")],
            "post": {
                "operationId": "two",
                "requestBody": _ref("requestBodies", "Thing"),
                "responses": {"201": {"description": "", "headers": {"X-Total": _ref("headers", "Total")}}},
                "callbacks": {"called": _ref("callbacks", "Called")},
            },
        },
        "/three": _ref("pathItems", "Three"),
        "/four": {"get": {"operationId": "four", "responses": {"200": {"description": "", "content": _json({"type": "array", "items": _ref("schemas", "Other")})}}}},
    },
    "components": {
        "parameters": {
            "Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}},
            "Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        },
        "headers": {"Total": {"schema": {"type": "integer"}}},
        "responses": {
            "Thing": {"description": "", "content": _json(_ref("schemas", "Thing"))},
            "Problem": {"description": "", "content": _json({"type": "object", "properties": {"title": {"type": "string"}}})},
        },
        "requestBodies": {"Thing": {"required": True, "content": _json(_ref("schemas", "Thing"))}},
        "callbacks": {"Called": {"{$request.body#/url}": {"post": {"requestBody": {"content": _json(_ref("schemas", "Other"))}, "responses": {}}}}},
        "pathItems": {"Three": {"get": {"operationId": "three", "responses": {"200": _ref("responses", "Thing")}}}},
        "schemas": {
            "Thing": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "inner": _ref("schemas", "Inner")}},
            "Inner": {"type": "object", "properties": {"a": {"type": "integer"}}},
            "Other": {"type": "object", "properties": {"b": {"type": "string"}}},
        },
    },
}  # fmt: skip
# The operations whose code may depend on a reference, by its pointer.
DEPENDING = {
    "/paths/~1one/get/parameters/0": {"one"},
    "/paths/~1one/get/responses/200": {"one"},
    "/paths/~1one/get/responses/404": {"one"},
    "/paths/~1two~1{id}/parameters/0": {"two"},
    "/paths/~1two~1{id}/post/requestBody": {"two"},
    "/paths/~1two~1{id}/post/responses/201/headers/X-Total": {"two"},
    "/paths/~1two~1{id}/post/callbacks/called": set[str](),
    "/paths/~1three": {"three"},
    "/paths/~1four/get/responses/200/content/application~1json/schema/items": {"four"},
    "/components/responses/Thing/content/application~1json/schema": {"one", "three"},
    "/components/requestBodies/Thing/content/application~1json/schema": {"two"},
    "/components/callbacks/Called/{$request.body#~1url}/post/requestBody/content/application~1json/schema": set[str](),
    "/components/pathItems/Three/get/responses/200": {"three"},
    "/components/schemas/Thing/properties/inner": {"two"},
}


def _references(node: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield pointer, node
        for key, member in node.items():
            yield from _references(member, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, member in enumerate(node):
            yield from _references(member, f"{pointer}/{index}")


def _made(folder: Path, document: dict[str, Any], *, strict: bool = False) -> GeneratedPackage:
    (folder / "api.json").write_text(json.dumps(document, indent=1))
    return make_package(folder / "api.json", (), "partial", origin="Generated for a test.", strict=strict)


def test_every_reference_is_tried() -> None:
    assert [pointer for pointer, _ in _references(DOCUMENT)] == list(DEPENDING)


@pytest.mark.parametrize("pointer", DEPENDING)
def test_what_does_not_depend_on_a_broken_reference_is_unchanged(tmp_path: Path, pointer: str) -> None:
    whole = _made(tmp_path, DOCUMENT)
    assert not whole.report.faults
    broken = json.loads(json.dumps(DOCUMENT))
    dict(_references(broken))[pointer]["$ref"] = "#/components/nothing"
    made = _made(tmp_path, broken)
    (fault,) = made.report.faults
    assert fault.pointer == f"{pointer}/$ref"
    assert fault.line
    assert [note.pointer for note in made.report.notes if note.kind == "fault"] == [f"{pointer}/$ref"]
    modules = [path for path in whole.files if path.startswith("operations/") and not path.endswith("__init__.py")]
    changed = {Path(path).stem for path in modules if made.files.get(path) != whole.files[path]}
    assert changed <= DEPENDING[pointer]
    assert {draft.name for draft in made.package.drafts} == {"one", "two", "three", "four"} - (
        {"three"} if pointer == "/paths/~1three" else set[str]()
    )
    for path, text in made.files.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
    with pytest.raises(DocumentError) as caught:
        _made(tmp_path, broken, strict=True)
    (refused,) = caught.value.faults
    assert fault == replace(refused, message=fault.message)
    assert fault.message.startswith(f"{refused.message}; ")
