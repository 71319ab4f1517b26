"""Values are written as the document says: forms with an encoding, models as parameters, lists in cookies."""

import importlib
import inspect
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

WORDS = {"type": "array", "items": {"type": "string"}}
BOX = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "tags": WORDS, "in": {"$ref": "#/components/schemas/Box"}},
}
REF = {"$ref": "#/components/schemas/Box"}
FILE = {"type": "string", "format": "binary"}
FILES = {
    "one": {"type": ["string", "null"], "format": "binary"},
    "several": {"anyOf": [{"type": "array", "items": FILE}, {"type": "null"}]},
    "listed": {"type": ["array", "null"], "items": FILE},
    "either": {"oneOf": [FILE, {"type": "string"}]},
}
ENCODING = {
    "comma": {"style": "form", "explode": False},
    "pipe": {"style": "pipeDelimited"},
    "deep": {"style": "deepObject", "explode": True},
    "again": {"style": "form", "explode": True},
}


def _form(name: str, media: str, required: bool = True) -> Any:
    schema = {"type": "object", "properties": {"comma": WORDS, "pipe": WORDS, "deep": REF, "again": WORDS, "free": REF}}
    body = {"required": required, "content": {media: {"schema": schema, "encoding": ENCODING}}}
    return {"post": {"operationId": name, "requestBody": body, "responses": {"204": {"description": ""}}}}


def _files(name: str, schema: Any) -> Any:
    body = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return {"post": {"operationId": name, "requestBody": body, "responses": {"204": {"description": ""}}}}


def _parameter(name: str, schema: Any, place: str = "query", **more: Any) -> Any:
    return {"name": name, "in": place, "schema": schema, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Ways", "version": "1"},
    "servers": [{"url": "https://ways.example"}],
    "paths": {
        "/form": _form("form", "application/x-www-form-urlencoded"),
        "/parts": _form("parts", "multipart/form-data", required=False),
        "/files": _files("files", {"type": "object", "properties": FILES}),
        "/any": _files("any_files", {"type": "object", "additionalProperties": FILE}),
        "/values/{box}": {
            "get": {
                "operationId": "values",
                "parameters": [
                    _parameter("box", REF, "path", required=True),
                    _parameter("deep", REF, style="deepObject", explode=True),
                    _parameter("members", REF),
                    _parameter("joined", REF, explode=False),
                    _parameter("crumbs", WORDS, "cookie"),
                    _parameter("X-Box", REF, "header"),
                ],
                "responses": {"204": {"description": ""}},
            }
        },
    },
    "components": {"schemas": {"Box": BOX}},
}


@pytest.fixture(scope="module")
def ways(generate: Any) -> ModuleType:
    return generate(DOCUMENT)


@pytest.fixture
def sent(ways: ModuleType) -> Any:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        return httpx.Response(204)

    client = ways.ThingApi(transport=httpx.MockTransport(answer))

    def call(name: str, **arguments: Any) -> httpx.Request:
        getattr(client, name)(**arguments)
        return seen[-1]

    return call


def test_a_form_is_written_in_the_styles_of_its_encoding(sent: Any) -> None:
    text = sent("form", comma=["a", "b"], pipe=["c", "d"], deep={"x": 1}, again=["e", "f"], free={"x": 2}).content
    assert unquote(text.decode()) == 'comma=a,b&pipe=c|d&deep[x]=1&again=e&again=f&free={"x":+2}'


def test_parts_are_written_in_the_styles_of_their_encoding(sent: Any) -> None:
    text = sent("parts", comma=["a", "b"], deep={"x": 1}).content.decode()
    assert 'name="comma"\r\n\r\na,b\r\n' in text
    assert 'name="deep[x]"\r\n\r\n1\r\n' in text
    assert sent("parts").content == b""


def test_an_object_that_is_a_part_says_that_it_is_json(sent: Any) -> None:
    text = sent("parts", free={"x": 1}).content.decode()
    assert 'name="free"\r\ncontent-type: application/json\r\n\r\n{"x": 1}\r\n' in text


def test_a_model_is_written_as_its_members(ways: ModuleType, sent: Any) -> None:
    box = importlib.import_module(f"{ways.__name__}.models").Box(x=1, tags=["a", "b"])
    for given in (box, {"x": 1, "tags": ["a", "b"]}):
        assert unquote(sent("values", box="b", deep=given).url.query.decode()) == "deep[x]=1&deep[tags]=a&deep[tags]=b"
        assert unquote(sent("values", box="b", members=given).url.query.decode()) == "x=1&tags=a&tags=b"
    box = importlib.import_module(f"{ways.__name__}.models").Box(x=1)
    assert unquote(sent("values", box="b", joined=box).url.query.decode()) == "joined=x,1"
    assert sent("values", box="b", x_box=box).headers["x-box"] == "x,1"
    assert unquote(sent("form", deep=box).content.decode()) == "deep[x]=1"


def test_what_lies_deeper_keeps_its_whole_name(sent: Any) -> None:
    assert unquote(sent("values", box="b", deep={"in": {"x": 2}}).url.query.decode()) == "deep[in][x]=2"


def test_a_model_in_a_path_is_written_as_its_members(ways: ModuleType, sent: Any) -> None:
    box = importlib.import_module(f"{ways.__name__}.models").Box(x=1)
    assert unquote(sent("values", box=box).url.path) == "/values/x,1"


def test_a_list_in_a_cookie_is_joined(sent: Any) -> None:
    assert sent("values", box="b", crumbs=["a", "b"]).headers["cookie"] == "crumbs=a%2Cb"


def _part(request: httpx.Request, name: str) -> list[bytes]:
    return [part for part in request.content.split(b"--") if f'name="{name}"'.encode() in part]


def test_files_that_may_be_null_or_something_else_are_sent_as_files(ways: ModuleType, sent: Any) -> None:
    request = sent("files", one=b"1", several=[b"2", b"3"], listed=[b"4"], either=b"5")
    for name, wanted in (("one", [b"1"]), ("several", [b"2", b"3"]), ("listed", [b"4"]), ("either", [b"5"])):
        parts = _part(request, name)
        assert [
            part.endswith(b"application/octet-stream\r\n\r\n" + held + b"\r\n")
            for part, held in zip(parts, wanted, strict=True)
        ] == [True] * len(wanted)
    assert _part(sent("files", either="text"), "either")[0].endswith(b'name="either"\r\n\r\ntext\r\n')
    assert _part(sent("any_files", body={"x": b"6"}), "x")[0].endswith(b"octet-stream\r\n\r\n6\r\n")


def test_arguments_for_files_are_typed_as_files(ways: ModuleType) -> None:
    files = inspect.signature(importlib.import_module(f"{ways.__name__}.operations.files").build).parameters
    assert {name: "bytes" in str(held.annotation) for name, held in files.items()} == dict.fromkeys(FILES, True)
    whole = inspect.signature(importlib.import_module(f"{ways.__name__}.operations.any_files").build).parameters
    assert "bytes" in str(whole["body"].annotation)
