"""Styles of path and header parameters, as they are sent."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest

LIST = {"type": "array", "items": {"type": "string"}}
POINT = {"$ref": "#/components/schemas/Point"}


def _operation(name: str, schema: Any, place: str = "path", **more: Any) -> Any:
    parameter = {"name": "a'b", "in": place, "required": True, "schema": schema, **more}
    return {"get": {"operationId": name, "parameters": [parameter], "responses": {"204": {"description": ""}}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Styles", "version": "1"},
    "servers": [{"url": "https://styles.example"}],
    "paths": {
        "/label/{a'b}": _operation("label", LIST, style="label", explode=True),
        "/matrix/{a'b}": _operation("matrix", LIST, style="matrix"),
        "/point/{a'b}": _operation("point", POINT, style="matrix", explode=True),
        "/simple/{a'b}/x": _operation("simple", POINT, explode=True),
        "/header": _operation("header", POINT, "header", explode=True),
    },
    "components": {"schemas": {"Point": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def styles(generate: Callable[[dict[str, Any]], ModuleType]) -> ModuleType:
    return generate(DOCUMENT)


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("label", ["b", "c d"], "/label/.b.c%20d"),
        ("point", {"x": 1, "y": 2}, "/point/;x=1;y=2"),
        ("simple", {"x": 1, "y": 2}, "/simple/x=1,y=2/x"),
    ],
)
def test_a_path_parameter_is_written_in_its_style(styles: ModuleType, name: str, value: Any, path: str) -> None:
    sent: list[str] = []
    response = httpx.MockTransport(lambda request: sent.append(request.url.raw_path.decode()) or httpx.Response(204))
    with styles.ThingApi(transport=response) as client:
        getattr(client, name)(a_b=value)
    assert sent == [path]


def test_a_model_is_written_in_its_style_too(styles: ModuleType) -> None:
    from importlib import import_module

    point = import_module(f"{styles.__name__}.models").Point(x=1, y=2)
    sent: list[httpx.Request] = []
    response = httpx.MockTransport(lambda request: sent.append(request) or httpx.Response(204))
    with styles.ThingApi(transport=response) as client:
        client.point(a_b=point)
        client.header(a_b=point)
        client.matrix(a_b=["b", "c"])
    assert sent[0].url.path == "/point/;x=1;y=2"
    assert sent[1].headers["a'b"] == "x=1,y=2"
    assert sent[2].url.path.endswith("=b,c")
