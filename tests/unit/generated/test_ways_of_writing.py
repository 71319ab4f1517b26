"""Values are written as the document states: forms with an encoding, models as parameters, lists in cookies."""

import functools
import importlib
import inspect
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, unquote_plus

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk_codegen.load import load_bytes
from omicsdk_codegen.resolve import resolve
from omicsdk_codegen.upgrade import upgrade
from recording_network import RecordingNetwork
from small_documents import content, document, operation, reference

WORDS = {"type": "array", "items": {"type": "string"}}
BOX = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "tags": WORDS, "in": reference("Box")},
}
REF = reference("Box")
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
    return {"post": operation(operationId=name, requestBody=body, status=204)}


def _files(name: str, schema: Any) -> Any:
    body = {"required": True, **content(schema, "multipart/form-data")}
    return {"post": operation(operationId=name, requestBody=body, status=204)}


def _parameter(name: str, schema: Any, place: str = "query", **more: Any) -> Any:
    return {"name": name, "in": place, "schema": schema, **more}


SERVERS = [{"url": "https://ways.example"}]
DOCUMENT = document(
    {
        "/form": _form("form", "application/x-www-form-urlencoded"),
        "/parts": _form("parts", "multipart/form-data", required=False),
        "/files": _files("files", {"type": "object", "properties": FILES}),
        "/any": _files("any_files", {"type": "object", "additionalProperties": FILE}),
        "/values/{box}": {
            "get": operation(
                operationId="values",
                parameters=[
                    _parameter("box", REF, "path", required=True),
                    _parameter("deep", REF, style="deepObject", explode=True),
                    _parameter("members", REF),
                    _parameter("joined", REF, explode=False),
                    _parameter("crumbs", WORDS, "cookie"),
                    _parameter("X-Box", REF, "header"),
                ],
                status=204,
            )
        },
    },
    {"Box": BOX},
    servers=SERVERS,
)


def _calls(package: ModuleType) -> Any:
    """A function that calls an operation, and returns the request that it sent."""
    network = RecordingNetwork()
    client = package.ThingApi(transport=network)

    def call(name: str, /, **arguments: Any) -> httpx.Request:
        getattr(client, name)(**arguments)
        return network.requests[-1]

    return call


@pytest.fixture
def sent(package: ModuleType) -> Any:
    return _calls(package)


def test_a_form_is_written_in_the_styles_of_its_encoding(sent: Any) -> None:
    text = sent("form", comma=["a", "b"], pipe=["c", "d"], deep={"x": 1}, again=["e", "f"], free={"x": 2}).content
    assert unquote(text.decode()) == 'comma=a,b&pipe=c|d&deep[x]=1&again=e&again=f&free={"x":+2}'


def test_parts_are_written_in_the_styles_of_their_encoding(sent: Any) -> None:
    text = sent("parts", comma=["a", "b"], deep={"x": 1}).content.decode()
    assert 'name="comma"\r\n\r\na,b\r\n' in text
    assert 'name="deep[x]"\r\n\r\n1\r\n' in text
    assert sent("parts").content == b""


def test_an_object_that_is_a_part_states_that_it_is_json(sent: Any) -> None:
    text = sent("parts", free={"x": 1}).content.decode()
    assert 'name="free"\r\ncontent-type: application/json\r\n\r\n{"x": 1}\r\n' in text


def test_a_model_is_written_as_its_members(package: ModuleType, sent: Any) -> None:
    box = importlib.import_module(f"{package.__name__}.models").Box(x=1, tags=["a", "b"])
    for value in (box, {"x": 1, "tags": ["a", "b"]}):
        assert unquote(sent("values", box="b", deep=value).url.query.decode()) == "deep[x]=1&deep[tags]=a&deep[tags]=b"
        assert unquote(sent("values", box="b", members=value).url.query.decode()) == "x=1&tags=a&tags=b"
    box = importlib.import_module(f"{package.__name__}.models").Box(x=1)
    assert unquote(sent("values", box="b", joined=box).url.query.decode()) == "joined=x,1"
    assert sent("values", box="b", x_box=box).headers["x-box"] == "x,1"
    assert unquote(sent("form", deep=box).content.decode()) == "deep[x]=1"


def test_what_lies_deeper_keeps_its_whole_name(sent: Any) -> None:
    assert unquote(sent("values", box="b", deep={"in": {"x": 2}}).url.query.decode()) == "deep[in][x]=2"


def test_a_model_in_a_path_is_written_as_its_members(package: ModuleType, sent: Any) -> None:
    box = importlib.import_module(f"{package.__name__}.models").Box(x=1)
    assert unquote(sent("values", box=box).url.path) == "/values/x,1"


def test_a_list_in_a_cookie_is_joined(sent: Any) -> None:
    assert sent("values", box="b", crumbs=["a", "b,c"]).headers["cookie"] == "crumbs=a,b%2Cc"


# Every style that a parameter may have: place, style, explode, what separates items, what begins the value.
STYLES: list[tuple[str, str, bool]] = [
    *[("path", style, explode) for style in ("simple", "label", "matrix") for explode in (False, True)],
    *[("query", style, False) for style in ("spaceDelimited", "pipeDelimited")],
    *[(place, "form", explode) for place in ("query", "body") for explode in (False, True)],
    ("query", "deepObject", True),
    ("header", "simple", False),
    ("header", "simple", True),
    ("cookie", "form", False),
    ("body", "pipeDelimited", False),
]
KINDS: dict[str, Any] = {"list": WORDS, "object": {"type": "object", "additionalProperties": {"type": "string"}}}


def _styled_name(place: str, style: str, explode: bool, kind: str) -> str:
    return f"{place}_{style.lower()}_{'exploded' if explode else 'whole'}_{kind}"


def _styled_operation(place: str, style: str, explode: bool, kind: str) -> tuple[str, Any]:
    name = _styled_name(place, style, explode, kind)
    how = {"style": style, "explode": explode}
    operation_ = operation(operationId=name, status=204)
    if place == "body":
        schema = {"type": "object", "properties": {"v": KINDS[kind]}}
        media = {"schema": schema, "encoding": {"v": how}}
        return f"/{name}", {
            "post": {**operation_, "requestBody": {"content": {"application/x-www-form-urlencoded": media}}}
        }
    required = {"required": True} if place == "path" else {}
    operation_["parameters"] = [_parameter("v", KINDS[kind], place, **how, **required)]
    return f"/{name}/{{v}}" if place == "path" else f"/{name}", {"get": operation_}


CASES = [
    (place, style, explode, kind)
    for place, style, explode in STYLES
    for kind in KINDS
    if (style != "deepObject" or kind == "object")
    and not (style == "form" and explode and kind == "object" and place == "body")
]


@pytest.fixture(scope="module")
def every_style(generate: Any) -> Any:
    return _calls(generate(document(dict(_styled_operation(*case) for case in CASES), servers=SERVERS)))


def _received(request: httpx.Request, place: str, style: str, explode: bool, kind: str) -> Any:
    """What a server reads that splits before it decodes, as RFC 6570 and OpenAPI want it."""
    if place == "header":
        text = request.headers.get("v")
        pieces = [] if text is None else text.split(",")
        decode = str
    elif place == "path":
        text = request.url.raw_path.decode().removeprefix(f"/{_styled_name(place, style, explode, kind)}/")
        first = {"simple": "", "label": ".", "matrix": ";" if explode else ";v"}[style]
        assert text.startswith(first)
        between = {"simple": ",", "label": "." if explode else ",", "matrix": ";" if explode else ","}[style]
        text = text.removeprefix(first)
        # In a matrix an empty value has no equals sign (RFC 6570, section 3.2.7).
        pieces = (text.removeprefix("=") if first == ";v" else text).split(between)
        if style == "matrix" and explode and kind == "list":
            assert all(piece.partition("=")[0] == "v" for piece in pieces)
            pieces = [piece.partition("=")[2] for piece in pieces]
        decode = unquote
    else:
        cookie = request.headers.get("cookie", "")
        query = request.content.decode() if place == "body" else request.url.query.decode()
        decode = unquote if place != "body" else unquote_plus
        pairs = [pair.split("=") for pair in (cookie if place == "cookie" else query).split("&") if pair]
        if style == "deepObject":
            names = [unquote(name) for name, _ in pairs]
            assert all(name[:2] == "v[" and name[-1] == "]" for name in names)
            return {name[2:-1]: decode(text) for name, (_, text) in zip(names, pairs, strict=True)}
        if explode and kind == "object":
            return {decode(name): decode(text) for name, text in pairs}
        assert all(name == "v" for name, _ in pairs)
        if explode:
            return [decode(text) for _, text in pairs]
        between = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, ",")
        pieces = [piece for _, text in pairs for piece in text.split(between)]
    if kind == "object" and explode:
        return dict([decode(part) for part in piece.partition("=")[::2]] for piece in pieces)
    items = [decode(piece) for piece in pieces]
    return items if kind == "list" else dict(zip(items[::2], items[1::2], strict=True))


# A path and query: segments of pchar, then pchar, `/` and `?` (RFC 3986, sections 3.3 and 3.4).
RFC_3986 = re.compile(
    rb"(/(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)+(\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*)?", re.ASCII
)
SIGNS = 'a,;.=&|%+ /?#[]"é\U0001f9ec:~'


def _items(place: str, style: str, least: int = 0) -> st.SearchStrategy[str]:
    """What a style has a way to write."""
    if place == "header":  # nothing is encoded there, and httpx sends ASCII
        signs = "".join(sign for sign in SIGNS if sign.isascii() and sign not in ",=")
        return st.text(signs, min_size=least, max_size=5).filter(lambda text: text == text.strip())
    never = {"spaceDelimited": " ", "pipeDelimited": "|", "deepObject": "[]"}.get(style, "")
    return st.text("".join(sign for sign in SIGNS if sign not in never), min_size=least, max_size=5)


@functools.cache
def _values(place: str, style: str, kind: str) -> st.SearchStrategy[Any]:
    item, name = _items(place, style), _items(place, style, least=1)
    return st.lists(item, min_size=1) if kind == "list" else st.dictionaries(name, item, min_size=1)


@pytest.mark.parametrize(("place", "style", "explode", "kind"), CASES, ids=["-".join(map(str, case)) for case in CASES])
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
def test_a_server_reads_the_items_that_were_given(
    every_style: Any, place: str, style: str, explode: bool, kind: str, data: st.DataObject
) -> None:
    value = data.draw(_values(place, style, kind))
    if place == "path" and style in ("simple", "label") and value in ([""], ["."], [".."], ["", ""]):
        return  # a path that ends in nothing or in dots is another path: refused, see test_request
    request = every_style(_styled_name(place, style, explode, kind), v=value)
    assert _received(request, place, style, explode, kind) == value
    assert RFC_3986.fullmatch(request.url.raw_path)
    assert place != "body" or RFC_3986.fullmatch(b"/?" + request.content)


@pytest.mark.parametrize(
    ("place", "style", "item", "message"),
    [
        ("header", "simple", "a,b", "v cannot be sent: its item 'a,b' contains ','"),
        ("header", "simple", " a", "v cannot be sent: an item begins or ends with a space"),
        ("query", "spaceDelimited", "a b", "v cannot be sent: its item 'a b' contains ' '"),
        ("query", "pipeDelimited", "a|b", r"v cannot be sent: its item 'a\|b' contains '\|'"),
        ("body", "pipeDelimited", "a|b", r"v cannot be sent: its item 'a\|b' contains '\|'"),
    ],
)
def test_an_item_that_its_style_can_not_write_is_refused_by_name(
    every_style: Any, place: str, style: str, item: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        every_style(_styled_name(place, style, False, "list"), v=[item, "c"])


def test_a_part_has_no_encoding_for_a_delimiter(sent: Any) -> None:
    with pytest.raises(UsageError, match="comma cannot be sent: its item 'a,b' contains ','"):
        sent("parts", comma=["a,b"])


def _part(request: httpx.Request, name: str) -> list[bytes]:
    return [part for part in request.content.split(b"--") if f'name="{name}"'.encode() in part]


def test_files_that_may_be_null_or_something_else_are_sent_as_files(package: ModuleType, sent: Any) -> None:
    request = sent("files", one=b"1", several=[b"2", b"3"], listed=[b"4"], either=b"5")
    for name, contents in (("one", [b"1"]), ("several", [b"2", b"3"]), ("listed", [b"4"]), ("either", [b"5"])):
        parts = _part(request, name)
        assert [
            part.endswith(b"application/octet-stream\r\n\r\n" + content + b"\r\n")
            for part, content in zip(parts, contents, strict=True)
        ] == [True] * len(contents)
    assert _part(sent("files", either="text"), "either")[0].endswith(b'name="either"\r\n\r\ntext\r\n')
    assert _part(sent("any_files", body={"x": b"6"}), "x")[0].endswith(b"octet-stream\r\n\r\n6\r\n")


def test_arguments_for_files_are_typed_as_files(package: ModuleType) -> None:
    files = inspect.signature(importlib.import_module(f"{package.__name__}.operations.files").build).parameters
    assert {name: "MultipartFile" in str(parameter.annotation) for name, parameter in files.items()} == dict.fromkeys(
        FILES, True
    )
    whole = inspect.signature(importlib.import_module(f"{package.__name__}.operations.any_files").build).parameters
    assert "MultipartFile" in str(whole["body"].annotation)


FORMATS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}


def test_lists_of_swagger_are_written_in_their_collection_formats(generate: Any) -> None:
    def parameter(place: str, form: str) -> dict[str, Any]:
        name = f"{place[0]}-{form}"
        listed = {"type": "array", "items": {"type": "string"}, "collectionFormat": form}
        return {"name": name, "in": place, "required": place == "path", **listed}

    parameters = [parameter(place, form) for place in ("path", "query", "header", "formData") for form in FORMATS]
    path = "/" + "/".join(f"{{p-{form}}}" for form in FORMATS)
    paths = {path: {"post": operation(operationId="lists", parameters=parameters, status=204)}}
    swagger = {"swagger": "2.0", "info": {"title": "Lists", "version": "1"}, "host": "x.example", "paths": paths}
    source = load_bytes(json.dumps(swagger).encode(), path=Path("a.json"), label="a.json", uri="file:///a.json")
    network = RecordingNetwork()
    client = generate(upgrade(resolve(source)).data).ThingApi("https://x.example", transport=network)
    client.lists(**{f"{place}_{form}": ["a", "b"] for place in "pqhf" for form in FORMATS})
    (request,) = network.requests
    texts = {form: f"a{separator}b" for form, separator in FORMATS.items()}
    assert unquote(request.url.raw_path.decode().partition("?")[0]) == "/" + "/".join(texts.values())
    assert dict(request.url.params) == {f"q-{form}": text for form, text in texts.items()}
    assert {form: request.headers[f"h-{form}"] for form in FORMATS} == texts
    fields = dict(httpx.QueryParams(request.content.decode()))
    assert fields == {f"f-{form}": text for form, text in texts.items()}
    with pytest.raises(UsageError, match="q_tsv cannot be sent: <built-in function print>"):
        client.lists(**{f"p_{form}": ["a"] for form in FORMATS}, q_tsv=[print])
    with pytest.raises(UsageError, match="q-tsv cannot be sent"):
        client.lists(**{f"p_{form}": ["a"] for form in FORMATS}, q_tsv=["a\tb", "c"])
