"""A document with dates, and the package that is generated from it."""

from types import ModuleType
from typing import Any

import pytest
from omicsdk_codegen.options import DATES, TypeOptions
from small_documents import content, document, object_of, operation, reference

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
        "inner": reference("Date"),
        "later": {"oneOf": [MOMENT, reference("DateTime")]},
    },
}


def _parameter(name: str, place: str, schema: Any, **more: Any) -> Any:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


DOCUMENT = document(
    {
        "/days/{day}": {
            "get": operation(
                MOMENT,
                operationId="date",
                parameters=[
                    _parameter("day", "path", DAY),
                    _parameter("since", "query", MOMENT),
                    _parameter("days", "query", {"type": "array", "items": DAY}, style="pipeDelimited", explode=False),
                    _parameter("span", "query", {"type": "object", "additionalProperties": MOMENT}, style="deepObject"),
                    _parameter("datetime", "header", MOMENT),
                    _parameter("either", "query", {"anyOf": [MOMENT, {"type": "integer"}]}),
                ],
            )
        },
        "/events": {
            "post": operation(reference("Event"), reference("Event"), operationId="datetime"),
            "put": operation(
                {"type": "array", "items": DAY},
                {"type": "array", "items": reference("Event")},
                operationId="put_events",
            ),
        },
        "/form": {
            "post": operation(
                operationId="form",
                requestBody=content(object_of(at=MOMENT), "application/x-www-form-urlencoded"),
                status=204,
            )
        },
    },
    {
        "Event": EVENT,
        "Date": object_of(year={"type": "integer"}, on=DAY),
        "DateTime": object_of(moment=MOMENT),
    },
    servers=[{"url": "https://dates.example"}],
)


@pytest.fixture(scope="module")
def dates(generate: Any) -> ModuleType:
    return generate(DOCUMENT, types=TypeOptions(DATES))
