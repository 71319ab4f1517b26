"""A document with dates, and the package that is generated from it."""

from types import ModuleType
from typing import Any

import pytest
from omicsdk_codegen.options import DATES, TypeOptions

MOMENT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}
NANO = "2024-01-02T03:04:05.123456789Z"

EVENT = {
    "type": "object",
    "additionalProperties": True,
    "required": ["at", "date", "either"],
    "properties": {
        "at": MOMENT,
        "date": DAY,
        "either": {"anyOf": [MOMENT, {"type": "integer"}, DAY]},
        "datetime": {"type": ["string", "null"], "format": "date-time"},
        "word": {"anyOf": [DAY, {"enum": ["never", "today"]}]},
        "many": {"type": "array", "items": MOMENT},
        "named": {"type": "object", "additionalProperties": {"type": "array", "items": DAY}},
        "inner": {"$ref": "#/components/schemas/Date"},
        "later": {"oneOf": [MOMENT, {"$ref": "#/components/schemas/DateTime"}]},
    },
}


def _parameter(name: str, place: str, schema: Any, **more: Any) -> Any:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


def _response(schema: Any) -> Any:
    return {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}


def _json(schema: Any) -> Any:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Dates", "version": "1"},
    "servers": [{"url": "https://dates.example"}],
    "paths": {
        "/days/{day}": {
            "get": {
                "operationId": "date",
                "parameters": [
                    _parameter("day", "path", DAY),
                    _parameter("since", "query", MOMENT),
                    _parameter("days", "query", {"type": "array", "items": DAY}, style="pipeDelimited", explode=False),
                    _parameter("span", "query", {"type": "object", "additionalProperties": MOMENT}, style="deepObject"),
                    _parameter("datetime", "header", MOMENT),
                    _parameter("either", "query", {"anyOf": [MOMENT, {"type": "integer"}]}),
                ],
                "responses": _response(MOMENT),
            }
        },
        "/events": {
            "post": {
                "operationId": "datetime",
                "requestBody": _json({"$ref": "#/components/schemas/Event"}),
                "responses": _response({"$ref": "#/components/schemas/Event"}),
            },
            "put": {
                "operationId": "put_events",
                "requestBody": _json({"type": "array", "items": {"$ref": "#/components/schemas/Event"}}),
                "responses": _response({"type": "array", "items": DAY}),
            },
        },
        "/form": {
            "post": {
                "operationId": "form",
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {"type": "object", "properties": {"at": MOMENT}}
                        }
                    }
                },
                "responses": {"204": {"description": ""}},
            }
        },
    },
    "components": {
        "schemas": {
            "Event": EVENT,
            "Date": {"type": "object", "properties": {"year": {"type": "integer"}, "on": DAY}},
            "DateTime": {"type": "object", "properties": {"moment": MOMENT}},
        }
    },
}


@pytest.fixture(scope="module")
def dates(generate: Any) -> ModuleType:
    return generate(DOCUMENT, types=TypeOptions(DATES))
