"""Bodies of every kind as they are sent, and answers that may be one of several models."""

import importlib
import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from recording_network import RecordingNetwork
from small_documents import content, document, object_of, operation, query
from small_documents import reference as _ref

BINARY = {"type": "string", "format": "binary"}
CAT = {"type": "object", "required": ["type"], "properties": {"type": {"const": "cat"}, "claws": {"type": "integer"}}}
DOG = {"type": "object", "required": ["type"], "properties": {"type": {"const": "dog"}, "tricks": {"type": "array"}}}
FISH = {"type": "object", "required": ["water"], "properties": {"water": {"type": "string"}}}


def _operation(
    name: str, schema: Any = None, media: str = "application/json", required: bool = True, **more: Any
) -> Any:
    body = {"requestBody": {"required": required, **content(schema, media)}} if schema is not None else {}
    return {"post": operation(operationId=name, status=204, **body, **more)}


def _answering(schema: Any) -> Any:
    return {"get": operation(schema)}


def _typed_parts() -> Any:
    names = dict.fromkeys(("picture", "table"), BINARY) | {"note": {"type": "string"}, "label": {"type": "string"}}
    made = _operation("typed_parts", {"type": "object", "properties": names}, "multipart/form-data")
    made["post"]["requestBody"]["content"]["multipart/form-data"]["encoding"] = {
        "picture": {"contentType": "image/png, image/jpeg"},
        "table": {"contentType": "text/*"},
        "note": {"contentType": "text/markdown"},
        "label": {"contentType": "application/json"},
    }
    return made


FORM = object_of("a", n={"type": "integer"})
ALIKE = {
    "Numbered": object_of(id={"type": "integer"}),
    "Named": object_of("id"),
    "Listed": object_of(id={"type": ["array", "null"], "items": {"type": "string"}}),
}
DOCUMENT = document(
    {
        "/json": _operation("json_list", {"type": "array", "items": _ref("Cat")}),
        "/optional": _operation("optional", FORM, required=False),
        "/form": _operation("form", FORM, "application/x-www-form-urlencoded"),
        "/whole": _operation("whole_form", {"type": "object"}, "application/x-www-form-urlencoded", required=False),
        "/files": _operation("files", object_of("note", file=BINARY), "multipart/form-data"),
        "/typed": _typed_parts(),
        "/bytes": _operation("raw_bytes", BINARY, "application/zip"),
        "/text": _operation("text", {"type": "string"}, "text/csv"),
        "/fixed path/{request}?action=run": _operation(
            "awkward",
            parameters=[
                {"name": "request", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "deep", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
                {"name": "as json", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
                {"name": "joined", "in": "query", "style": "pipeDelimited", "schema": {"type": "array"}},
                *query(build={"type": "boolean"}),
                {"name": "crumb", "in": "cookie", "schema": {"type": "string"}},
            ],
        ),
        "/tagged": _answering({"oneOf": [_ref("Cat"), _ref("Dog")], "discriminator": {"propertyName": "type"}}),
        "/untagged": _answering({"type": "array", "items": {"anyOf": [_ref("Cat"), _ref("Fish"), {"type": "string"}]}}),
        "/alike": _answering({"type": "array", "items": {"oneOf": [_ref("Numbered"), _ref("Named"), _ref("Listed")]}}),
        "/maps": _answering({"type": "object", "additionalProperties": {"type": "array", "items": _ref("Fish")}}),
        "/nested": _answering({"type": "array", "items": {"type": "array", "items": {"type": ["integer", "null"]}}}),
    },
    {"Cat": CAT, "Dog": DOG, "Fish": FISH, **ALIKE},
    servers=[{"url": "https://kinds.example"}],
)


@pytest.fixture
def sent(package: ModuleType) -> Any:
    network = RecordingNetwork()
    client = package.ThingApi(transport=network)

    def call(name: str, **arguments: Any) -> httpx.Request:
        assert getattr(client, name)(**arguments) is None
        return network.requests[-1]

    return call


def _answered(package: ModuleType, name: str, data: Any) -> Any:
    return getattr(package.ThingApi(transport=RecordingNetwork(200, json=data)), name)()


def test_a_list_of_models_and_dicts(package: ModuleType, sent: Any) -> None:
    cat = importlib.import_module(f"{package.__name__}.models").Cat(type="cat", claws=3)
    request = sent("json_list", body=[cat, {"type": "cat"}])
    assert json.loads(request.content) == [{"type": "cat", "claws": 3}, {"type": "cat"}]


def test_a_body_that_may_be_left_out_is_left_out(sent: Any) -> None:
    assert "content-type" not in sent("optional").headers
    assert json.loads(sent("optional", n=1).content) == {"n": 1}


def test_forms(sent: Any) -> None:
    request = sent("form", a="x y", n=2)
    assert request.content == b"a=x+y&n=2"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent("whole_form", body={"k": "v"}).content == b"k=v"
    assert "content-type" not in sent("whole_form").headers


def test_files_from_memory_disk_and_streams(sent: Any, tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(b"on disk")
    for file, name, expected in (
        (b"memory", "file", b"memory"),
        (path, "data.bin", b"on disk"),
        (io.BytesIO(b"s"), "file", b"s"),
    ):
        content = sent("files", file=file, note="a note").content
        assert f'filename="{name}"'.encode() in content
        assert expected in content
        assert b"a note" in content


@pytest.mark.parametrize(
    ("arguments", "head"),
    [
        ({"picture": b"..."}, b'name="picture"; filename="picture"\r\ncontent-type: image/png\r\n\r\n...'),
        ({"picture": ("a.jpg", b"...")}, b'name="picture"; filename="a.jpg"\r\ncontent-type: image/jpeg\r\n\r\n...'),
        ({"table": ("a.csv", b"a,b")}, b'name="table"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\na,b'),
        ({"table": b"?"}, b'name="table"; filename="table"\r\ncontent-type: application/octet-stream\r\n\r\n?'),
        ({"note": "# a"}, b'name="note"\r\ncontent-type: text/markdown\r\n\r\n# a'),
        ({"label": "a"}, b'name="label"\r\ncontent-type: application/json\r\n\r\n"a"'),
    ],
)
def test_parts_say_the_media_types_that_the_document_states(sent: Any, arguments: dict[str, Any], head: bytes) -> None:
    assert head in sent("typed_parts", **arguments).content


def test_bytes_and_text(sent: Any) -> None:
    assert sent("raw_bytes", body=b"zip").headers["content-type"] == "application/zip"
    request = sent("text", body="a,b\né")
    assert (request.content, request.headers["content-type"]) == ("a,b\né".encode(), "text/csv")


def test_awkward_parameters_are_in_their_places(sent: Any) -> None:
    request = sent(
        "awkward", request="r/1", deep={"k": 1}, as_json={"a": [1]}, joined=["x", "y"], build=True, crumb="c d"
    )
    assert request.url.raw_path.partition(b"?")[0] == b"/fixed%20path/r%2F1"
    assert dict(request.url.params) == {
        "action": "run", "deep[k]": "1", "as json": '{"a":[1]}', "joined": "x|y", "build": "true",
    }  # fmt: skip
    assert request.headers["cookie"] == "crumb=c%20d"


def test_a_discriminator_chooses_the_model(package: ModuleType) -> None:
    assert type(_answered(package, "get_tagged", {"type": "dog", "claws": 1})).__name__ == "Dog"
    assert type(_answered(package, "get_tagged", {"type": "cat"})).__name__ == "Cat"
    assert type(_answered(package, "get_tagged", {"claws": 1})).__name__ == "Cat"


def test_without_one_the_model_that_fits_best_is_chosen(package: ModuleType) -> None:
    data = [{"water": "salt"}, {"type": "cat"}, "text", None, 7]
    response = _answered(package, "get_untagged", data)
    assert [type(item).__name__ for item in response] == ["Fish", "Cat", "str", "NoneType", "int"]
    assert [item.to_dict() for item in response[:2]] == data[:2]


def test_types_of_fields_tell_apart_models_that_fit_alike(package: ModuleType) -> None:
    """dataclasses-json pull 511, openapi-python-client issue 219: the first one was returned, with values of other types."""
    data = [{"id": "a"}, {"id": ["a"]}, {"id": 1}, {"id": None}, {"id": {}}, {}]
    names = [type(item).__name__ for item in _answered(package, "get_alike", data)]
    assert names == ["Named", "Listed", "Numbered", "Numbered", "Numbered", "Numbered"]


def test_models_in_maps_and_lists(package: ModuleType) -> None:
    response = _answered(package, "get_maps", {"a": [{"water": "x"}], "b": "odd"})
    assert (response["a"][0].water, response["b"]) == ("x", "odd")
    assert _answered(package, "get_nested", [[1, None], []]) == [[1, None], []]
