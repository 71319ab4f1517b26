"""A small document, and the package that is planned for it."""

from typing import Any

from omicsdk_codegen.document import Document
from omicsdk_codegen.faults import Report
from omicsdk_codegen.plan import Package, plan
from omicsdk_codegen.render import render_package
from omicsdk_codegen.source import Places
from small_documents import document, reference


def planned(data: dict[str, Any], name: str = "thing", report: Report | None = None, **options: Any) -> Package:
    """The package of a document; options are those of `plan`."""
    return plan(Document(data, "document.yaml", Places()), name, report or Report(), **options)


def files_of(data: dict[str, Any]) -> dict[str, str]:
    return render_package(planned(data), "Generated for a test.")


def json_response(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


INNER = {"type": "object", "properties": {"a": {"type": "string"}}}
DOCUMENT = document(
    {
        "/one/{id}": {
            "get": {
                "operationId": "getOne",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                **json_response({"type": "object", "properties": {"items": {"type": "array", "items": INNER}, "next": reference("Node")}}),
            }
        },
        "/two": {"post": {"requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "properties": {"about": INNER}}}}}, "responses": {}}},
        "/three": {"put": {"requestBody": {"content": {"application/json": {"schema": {
            "type": "array", "items": INNER}}}}, "responses": {}}},
    },
    {
        "Node": {"type": "object", "properties": {"edges": {"type": "array", "items": reference("Edge")}}},
        "Edge": {"type": "object", "properties": {"to": reference("Node"), "label": INNER}},
        "Pick": {"oneOf": [
            {"type": "object", "required": ["left"], "properties": {"left": {"type": "string"}}},
            {"type": "object", "title": "the right", "properties": {"right": {"type": "string"}}},
        ]},
    },
    info={"title": "Thing", "version": "1"},
)  # fmt: skip
RICH = {
    **DOCUMENT,
    "webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}, "responses": {}}}},
    "paths": {
        **DOCUMENT["paths"],
        "/four": {"post": {"tags": ["five"], "responses": {}}, "get": {"tags": ["four"], "parameters": [{"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}],
            "responses": {
                "200": {"description": "", "headers": {"X-Left": {"schema": {"type": "integer"}}}},
                "404": {"description": "", "content": {"application/json": {"schema": reference("Node")}}}}}},
    },
}  # fmt: skip
"""The document, with what makes a file of each other kind: webhooks, groups, choices, headers and errors."""
