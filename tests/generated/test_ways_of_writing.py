"""Values are written as the document says: forms with an encoding, models as parameters, lists in cookies."""

import importlib
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


def _parameter(name: str, schema: Any, place: str = "query", **more: Any) -> Any:
    return {"name": name, "in": place, "schema": schema, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Ways", "version": "1"},
    "servers": [{"url": "https://ways.example"}],
    "paths": {
        "/form": _form("form", "application/x-www-form-urlencoded"),
        "/parts": _form("parts", "multipart/form-data", required=False),
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
