"""Files of multipart bodies in all of their shapes, and operations whose body has several media types."""

import asyncio
import inspect
import io
import json
import re
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import UsageError
from recording_network import RecordingNetwork
from small_documents import document, object_of, operation

TEXT = {"type": "string"}
BINARY = {"type": "string", "format": "binary"}
FILES = object_of(required=("file",), file=BINARY, more={"type": "array", "items": BINARY}, note=TEXT, label=TEXT)
ENCODING = {
    "file": {
        "contentType": "image/png, image/jpeg",
        "headers": {"X-Kind": {"schema": {"type": "string", "const": "scan"}}, "X-Own": {"schema": TEXT}},
    },
    "note": {"contentType": "text/markdown", "headers": {"X-Version": {"schema": {"type": "integer", "default": 2}}}},
}
SAMPLE = object_of("name", required=("name",), reads={"type": "integer"})
PATCH: dict[str, Any] = {"type": "object"}


def _operation(name: str, content: Any, required: bool = True) -> Any:
    body = {"required": required, "content": content}
    return {"post": operation(operationId=name, requestBody=body, status=204)}


def _types(name: str, *kinds: tuple[str, Any], required: bool = True) -> Any:
    return _operation(name, {kind: {"schema": schema} for kind, schema in kinds}, required)


DOCUMENT = document(
    {
        "/upload": _operation("upload", {"multipart/form-data": {"schema": FILES, "encoding": ENCODING}}),
        "/related": _types(
            "related", ('multipart/related; type="application/json"; boundary=x', object_of(meta={"type": "object"}))
        ),
        "/whole": _types("whole", ("multipart/form-data", {**FILES, "additionalProperties": TEXT})),
        "/patch": _types(
            "patch", ("application/merge-patch+json", PATCH), ("application/json-patch+json", PATCH)
        ),
        "/apply": _types("apply", ("application/json", PATCH), ("application/apply+yaml", PATCH)),
        "/message": _types("message", ("application/json", SAMPLE), ("multipart/form-data", {**SAMPLE, "properties": {
            **SAMPLE["properties"], "kind": TEXT, "files": {"type": "array", "items": BINARY}}})),
        "/import": _types("import_runs", ("application/json", SAMPLE), ("text/csv", TEXT), ("application/zip", BINARY)),
        "/same": _types(
            "same", ("application/json", SAMPLE), ("application/x-www-form-urlencoded", SAMPLE),
            ("multipart/form-data", SAMPLE), ("application/xml", SAMPLE),
        ),
        "/optional": _types("optional", ("application/json", SAMPLE), ("text/csv", TEXT), required=False),
        "/avatar": _types("avatar", *((kind, {**FILES, "required": []}) for kind in ("application/json", "multipart/form-data"))),
        "/wholes": _types(
            "wholes", *((kind, {**FILES, "additionalProperties": TEXT}) for kind in ("application/json", "multipart/form-data"))
        ),
        "/range": _types("range", ("*/*", SAMPLE), ("multipart/form-data", SAMPLE)),
        "/anything": _types("anything", ("*/*", BINARY)),
        "/anything/text": _types("any_text", ("text/*", TEXT)),
        "/named": _types(
            "named",
            ("application/json", {"type": "object", "properties": {"content_type": TEXT}}),
            ("text/csv", TEXT),
        ),
    },
)  # fmt: skip


@pytest.fixture(params=["sync", "async"])
def sent(package: ModuleType, request: pytest.FixtureRequest) -> Any:
    network = RecordingNetwork()

    def call(name: str, /, **arguments: Any) -> httpx.Request:
        if request.param == "sync":
            getattr(package.ThingApi("https://t.example", transport=network), name)(**arguments)
        else:
            asyncio.run(getattr(package.AsyncThingApi("https://t.example", transport=network), name)(**arguments))
        return network.requests[-1]

    return call


def _parts(request: httpx.Request) -> list[tuple[Message, bytes]]:
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    parsed = BytesParser().parsebytes(head + request.content)
    return [(part, part.get_payload(decode=True)) for part in parsed.get_payload()]


def test_a_multipart_body_has_the_documents_media_type_and_a_boundary_of_its_own(sent: Any) -> None:
    request = sent("related", meta={"a": 1})
    assert re.fullmatch(
        r'multipart/related; type="application/json"; boundary=[0-9a-f]{32}', request.headers["content-type"]
    )
    assert [body for _, body in _parts(request)] == [b'{"a": 1}']


def test_a_file_in_each_shape(sent: Any, tmp_path: Path) -> None:
    path = tmp_path / "on-disk.png"
    path.write_bytes(b"disk")
    with path.open("rb") as opened:
        shapes: list[tuple[Any, str, str, bytes]] = [
            (b"memory", "file", "image/png", b"memory"),
            (opened, "on-disk.png", "image/png", b"disk"),
            (path, "on-disk.png", "image/png", b"disk"),
            (("a.jpg", b"x"), "a.jpg", "image/jpeg", b"x"),
            (("a.jpg", io.BytesIO(b"x"), "image/webp"), "a.jpg", "image/webp", b"x"),
            (("a", path, "", {}), "a", "image/png", b"disk"),
        ]
        for file, name, kind, content in shapes:
            ((part, payload),) = _parts(sent("upload", file=file))
            assert (part.get_filename(), part["content-type"], payload) == (name, kind, content)
            assert (part["x-kind"], part["x-own"]) == ("scan", None)
    ((part, _),) = _parts(sent("upload", file=("a", b"x", "image/png", {"X-Own": "mine", "X-Kind": "photo"})))
    assert part.items()[1:] == [("content-type", "image/png"), ("X-Kind", "photo"), ("X-Own", "mine")]


@pytest.mark.parametrize("pack", [list, tuple])
def test_files_of_an_array_are_parts_of_one_name(sent: Any, pack: Any) -> None:
    parts = _parts(sent("upload", file=b"1", more=pack([b"2", ("b.bam", b"3", "application/x-bam")]), note="# a"))
    assert [part.get_param("name", header="content-disposition") for part, _ in parts] == [
        "file", "more", "more", "note",
    ]  # fmt: skip
    assert [content for _, content in parts] == [b"1", b"2", b"3", b"# a"]
    assert [part.get_filename() for part, _ in parts] == ["file", "more", "b.bam", None]
    assert (parts[2][0]["content-type"], parts[3][0]["content-type"]) == ("application/x-bam", "text/markdown")
    assert parts[3][0]["x-version"] == "2"


def test_one_named_file_may_stand_for_an_array_of_one(sent: Any) -> None:
    assert [part.get_filename() for part, _ in _parts(sent("upload", file=b"1", more=("b", b"2")))] == ["file", "b"]


WRONG: list[tuple[Any, str]] = [
    ("path/as/text.png", "it is str, no file"),
    (("a.png", "text"), "it is str, no file"),
    (("a", b"1", "b", {}, 5), "it is tuple, no file"),
    ((1, 2), "it is int, no file"),
    (("a", b"", "image/png\r\nX-Evil: 1"), "content-type"),
    (("a", b"", "image/png", {"X-A": "1\nX-Evil: 1"}), "X-A"),
    (("a", b"", "image/png", {"X A": "1"}), "X A"),
]


@pytest.mark.parametrize(("file", "wrong"), WRONG)
def test_a_file_in_another_shape_is_refused_before_sending(sent: Any, file: Any, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        sent("upload", file=file)


def test_files_of_a_body_that_is_one_argument(sent: Any, package: ModuleType) -> None:
    parts = _parts(sent("whole", body={"file": ("a.csv", b"a", "text/csv"), "more": (b"1", b"2"), "other": "o"}))
    assert [(part.get_filename(), part["content-type"]) for part, _ in parts] == [
        ("a.csv", "text/csv"), ("more", "application/octet-stream"), ("more", "application/octet-stream"), (None, None),
    ]  # fmt: skip
    assert _signature(package, "whole")["body"].endswith("| Mapping[str, Any]")


def _signature(package: ModuleType, name: str) -> dict[str, Any]:
    parameters = inspect.signature(getattr(package.ThingApi("https://t.example"), name)).parameters
    return {key: parameter.annotation for key, parameter in parameters.items()}


def test_files_are_typed_with_their_shapes(package: ModuleType) -> None:
    signature = _signature(package, "upload")
    assert (signature["file"], signature["more"]) == ("bytes | MultipartFile", "Sequence[bytes | MultipartFile] | Omit")


def test_types_of_one_form_are_selected_by_an_argument(sent: Any, package: ModuleType) -> None:
    assert sent("patch", body={"a": 1}).headers["content-type"] == "application/merge-patch+json"
    request = sent("patch", body={"a": 1}, content_type="application/json-patch+json")
    assert (request.headers["content-type"], json.loads(request.content)) == ("application/json-patch+json", {"a": 1})
    assert _signature(package, "patch")["content_type"] == (
        "Literal['application/merge-patch+json', 'application/json-patch+json']"
    )


def test_a_text_of_the_same_object_is_sent_as_it_is(sent: Any) -> None:
    request = sent("apply", body=b"a: 1")
    assert (request.content, request.headers["content-type"]) == (b"a: 1", "application/apply+yaml")
    assert sent("apply", body={"a": 1}).headers["content-type"] == "application/json"
    assert sent("apply", body=b"{}", content_type="application/apply+yaml").content == b"{}"
    with pytest.raises(UsageError, match="in one body"):
        sent("apply", body=b"{}", content_type="application/json")


def test_the_arguments_select_the_type(sent: Any) -> None:
    assert json.loads(sent("message", name="a", reads=1).content) == {"name": "a", "reads": 1}
    parts = _parts(sent("message", name="a", files=[b"1", ("2.txt", b"2")], kind="k"))
    assert [content for _, content in parts] == [b"a", b"k", b"1", b"2"]
    request = sent("message", name="a", content_type="multipart/form-data")
    assert [content for _, content in _parts(request)] == [b"a"]
    request = sent("import_runs", body="a,b\n")
    assert (request.content, request.headers["content-type"]) == (b"a,b\n", "text/csv")
    request = sent("import_runs", body=b"PK", content_type="application/zip")
    assert (request.content, request.headers["content-type"]) == (b"PK", "application/zip")
    assert json.loads(sent("import_runs", name="a").content) == {"name": "a"}


@pytest.mark.parametrize("file", [b"1", ("a.png", b"1"), [("a.png", b"1")]])
def test_files_are_not_sent_as_json(sent: Any, package: ModuleType, file: Any) -> None:
    for request in (sent("avatar", more=file), sent("wholes", body={"more": file})):
        assert [content for _, content in _parts(request)] == [b"1"]
    assert json.loads(sent("wholes", body={"note": "n"}).content) == {"note": "n"}
    assert _signature(package, "wholes")["body"].endswith("| Mapping[str, Any]")


def test_a_command_takes_paths_of_files_where_json_is_stated_too(package: ModuleType) -> None:
    rows = json.loads(Path(str(package.__file__)).with_name("commands.json").read_text())
    (avatar,) = (row for row in rows if row["name"] == "avatar")
    kinds = {parameter["name"]: (parameter["type"], parameter.get("items")) for parameter in avatar["parameters"]}
    assert (kinds["file"], kinds["more"], kinds["note"]) == (("file", None), ("array", "file"), ("string", None))


def test_a_call_states_a_media_type_of_a_range(sent: Any, package: ModuleType) -> None:
    assert sent("anything", body=b"\x89PNG").headers["content-type"] == "application/octet-stream"
    assert sent("anything", body=b"\x89PNG", content_type="image/png").headers["content-type"] == "image/png"
    assert sent("any_text", body="a").headers["content-type"] == "text/plain"
    assert sent("any_text", body="a", content_type="text/csv").headers["content-type"] == "text/csv"
    assert _signature(package, "anything")["content_type"] == "str"
    assert "Media type of the body. Optional" in str(package.ThingApi("https://t.example").anything.__doc__)


def test_a_media_type_that_is_named_precedes_a_range(sent: Any) -> None:
    assert [content for _, content in _parts(sent("range", name="a"))] == [b"a"]


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        ("import_runs", {}, r"import_runs\(\) misses 'name' for a body of application/json"),
        ("import_runs", {"reads": 1}, "misses 'name'"),
        ("import_runs", {"name": "a", "body": "b"}, "cannot send body and name in one body.*text/csv: body"),
        ("import_runs", {"name": "a", "content_type": "text/csv"}, "cannot send name in one body"),
        ("import_runs", {"name": "a", "content_type": "text/xml"}, "no body of the type 'text/xml'.*application/zip"),
        ("message", {"name": "a", "files": [b""], "content_type": "application/json"}, "cannot send files and name"),
    ],
)
def test_arguments_of_no_type_are_refused_before_sending(
    sent: Any, name: str, arguments: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(UsageError, match=wrong):
        sent(name, **arguments)


def test_a_body_that_may_be_left_out(sent: Any) -> None:
    assert "content-type" not in sent("optional").headers
    assert sent("optional", body="a").headers["content-type"] == "text/csv"


def test_another_encoding_of_the_same_arguments_is_no_choice(package: ModuleType, sent: Any) -> None:
    assert list(_signature(package, "same")) == ["name", "reads"]
    assert sent("same", name="a").headers["content-type"] == "application/json"


def test_a_field_may_have_the_name_of_the_argument(package: ModuleType, sent: Any) -> None:
    assert list(_signature(package, "named")) == ["content_type", "body", "content_type_"]
    assert sent("named", body="a", content_type_="text/csv").headers["content-type"] == "text/csv"
