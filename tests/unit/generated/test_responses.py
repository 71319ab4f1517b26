"""A response is read as what came: by its status and by its media type."""

import inspect
from types import ModuleType
from typing import Any

import httpx
import pytest

TEXT = {"type": "string"}
OBJECT = {"type": "object", "properties": {"name": TEXT}}
SAMPLE = {"$ref": "#/components/schemas/Sample"}


def responses(**statuses: dict[str, Any]) -> dict[str, Any]:
    return {
        status.lstrip("s"): {
            "description": "",
            "content": {name: {"schema": schema} for name, schema in content.items()},
        }
        for status, content in statuses.items()
    }


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/table": {
            "get": {"operationId": "table", "responses": responses(s200={"text/csv": TEXT, "application/json": SAMPLE})}
        },
        "/two": {
            "get": {
                "operationId": "two",
                "responses": responses(
                    s200={"application/json": SAMPLE, "application/problem+json": {"type": "array", "items": TEXT}},
                    s202={"text/plain": TEXT},
                ),
            }
        },
        "/spelled": {
            "get": {
                "operationId": "spelled",
                "responses": responses(s200={"application/json": SAMPLE, "application/xml": SAMPLE}),
            }
        },
        "/stored": {
            "get": {"operationId": "stored", "responses": responses(s200={"application/octet-stream": OBJECT})}
        },
    },
    "components": {"schemas": {"Sample": OBJECT}},
}


@pytest.fixture(scope="module")
def package(generate: Any) -> ModuleType:
    return generate(DOCUMENT)


def client(package: ModuleType, status: int = 200, kind: str = "", content: bytes = b"", **options: Any) -> Any:
    headers = {"content-type": kind} if kind else {}
    network = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=content))
    return package.ThingApi("https://t.example", transport=network, **options)


@pytest.mark.parametrize("strict", [False, True])
def test_what_came_decides(package: ModuleType, strict: bool) -> None:
    def told(status: int, kind: str, content: bytes, operation: str) -> Any:
        return getattr(client(package, status, kind, content, strict=strict), operation)()

    assert told(200, "application/json", b'{"name": "a"}', "table").name == "a"
    assert told(200, "text/csv; charset=utf-8", b"name\na\n", "table") == "name\na\n"
    assert told(200, "application/json", b'{"name": "a"}', "two").name == "a"
    assert told(200, "application/problem+json", b'["a"]', "two") == ["a"]
    assert told(202, "text/plain", b"wait", "two") == "wait"


@pytest.mark.parametrize(
    ("operation", "returned"), [("table", "str | Sample"), ("two", "list[str] | Sample | str"), ("spelled", "Sample")]
)
def test_the_type_of_a_call_has_all_of_them(package: ModuleType, operation: str, returned: str) -> None:
    assert inspect.signature(getattr(client(package), operation)).return_annotation == returned


@pytest.mark.parametrize(
    ("kind", "content", "found"),
    [
        ("application/octet-stream", b' {"name": "a"}', {"name": "a"}),
        ("application/json", b'{"name": "a"}', {"name": "a"}),
        ("application/octet-stream", b"\x89PNG", b"\x89PNG"),
        ("image/png", b"", b""),
    ],
)
def test_bytes_may_come_where_an_object_is_stated_as_bytes(
    package: ModuleType, kind: str, content: bytes, found: Any
) -> None:
    told = client(package, 200, kind, content).stored()
    assert (told if isinstance(told, bytes) else told.to_dict()) == found
