"""Styles of path and header parameters, as they are sent."""

from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from recording_network import RecordingNetwork
from small_documents import document, object_of, operation, reference

LIST = {"type": "array", "items": {"type": "string"}}
POINT = reference("Point")


def _operation(name: str, schema: Any, place: str = "path", **more: Any) -> Any:
    parameter = {"name": "a'b", "in": place, "required": True, "schema": schema, **more}
    return {"get": operation(operationId=name, parameters=[parameter], status=204)}


DOCUMENT = document(
    {
        "/label%2f%C3%A9 b/{a'b}": _operation("label", LIST, style="label", explode=True),
        "/matrix/{a'b}": _operation("matrix", LIST, style="matrix"),
        "/each/{a'b}": _operation("each", LIST, style="matrix", explode=True),
        "/point/{a'b}": _operation("point", POINT, style="matrix", explode=True),
        "/simple/{a'b}/x": _operation("simple", POINT, explode=True),
        "/header": _operation("header", POINT, "header", explode=True),
    },
    {"Point": object_of(x={"type": "integer"}, y={"type": "integer"})},
    servers=[{"url": "https://styles.example"}],
)


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("label", ["b", "c d"], "/label%2F%C3%A9%20b/.b.c%20d"),
        ("matrix", [""], "/matrix/;a%27b"),
        ("matrix", ["", "b"], "/matrix/;a%27b=,b"),
        ("matrix", ["b", "c"], "/matrix/;a%27b=b,c"),
        ("each", ["b", ""], "/each/;a%27b=b;a%27b"),
        ("point", {"x": 1, "y": 2}, "/point/;x=1;y=2"),
        ("point", {"x": "", "y": 2}, "/point/;x;y=2"),
        ("simple", {"x": 1, "y": 2}, "/simple/x=1,y=2/x"),
    ],
)
def test_a_path_parameter_is_written_in_its_style(package: ModuleType, name: str, value: Any, path: str) -> None:
    network = RecordingNetwork()
    with package.ThingApi(transport=network) as client:
        getattr(client, name)(a_b=value)
    assert [request.url.raw_path.decode() for request in network.requests] == [path]


def test_a_model_is_written_in_its_style_too(package: ModuleType) -> None:
    point = import_module(f"{package.__name__}.models").Point(x=1, y=2)
    network = RecordingNetwork()
    with package.ThingApi(transport=network) as client:
        client.point(a_b=point)
        client.header(a_b=point)
    path, header = network.requests
    assert path.url.path == "/point/;x=1;y=2"
    assert header.headers["a'b"] == "x=1,y=2"
