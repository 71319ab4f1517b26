"""Arguments, bodies and answers of operations."""

from typing import Any, cast

import pytest
from omicsdk_codegen.commands import commands
from omicsdk_codegen.declarations import declared_operations
from omicsdk_codegen.document import Document
from omicsdk_codegen.drafts import Drafter
from omicsdk_codegen.faults import Fault, Report
from omicsdk_codegen.groups import Groups
from omicsdk_codegen.normalise import Normaliser
from omicsdk_codegen.operations import Draft, name_operations
from omicsdk_codegen.shapes import ANY, BYTES, INTEGER, STRING, Array, Type
from omicsdk_codegen.source import Places

OBJECT = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}


class Drafted:
    """What becomes of one operation."""

    def __init__(self, operation: dict[str, Any], path: str = "/things", method: str = "post", **root: Any) -> None:
        data: dict[str, Any] = {"paths": {path: {method: {"responses": {}, **operation}}}, **root}
        document = Document(data, "document.yaml", Places())
        self.report = Report()
        self.faults: list[Fault] = []
        drafter = Drafter(document, Normaliser(document, self.report), self.report, self.faults)
        operations = list(declared_operations(data))
        names = name_operations(operations)
        self.draft: Draft = drafter.draft(operations[0], names[operations[0].key])
        self.arguments = {argument.python: argument for argument in self.draft.arguments}
        self.notes = [(note.kind, note.before, note.after) for note in self.report.notes]


def _body(schema: dict[str, Any], media_type: str = "application/json", *, required: bool = True) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {media_type: {"schema": schema}}}}


def _parameter(name: str, where: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": {"type": "string"}, **more}


def test_an_object_body_is_flattened() -> None:
    drafted = Drafted({**_body(OBJECT), "parameters": [_parameter("q")]})
    assert list(drafted.arguments) == ["a", "b", "q"]
    assert [argument.required for argument in drafted.draft.arguments] == [True, False, False]
    assert drafted.draft.body is not None
    assert not drafted.draft.body.whole


def test_fields_of_a_body_that_may_be_left_out_may_be_left_out() -> None:
    assert [argument.required for argument in Drafted(_body(OBJECT, required=False)).draft.arguments] == [False, False]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": OBJECT},
        {"type": "string"},
        {"type": "object"},
        {"type": ["object", "null"], "properties": {"a": {}}},
        {**OBJECT, "additionalProperties": {"type": "string"}},
        {**OBJECT, "additionalProperties": {}},
        {**OBJECT, "allOf": [{"type": "object", "unevaluatedProperties": {}}]},
        {"oneOf": [OBJECT, {"type": "string"}]},
        {"type": "object", "properties": {"q": {"type": "string"}, "z": {"type": "string"}}},
    ],
    ids=["array", "text", "free", "nullable", "open", "open to anything", "open in a part", "union", "taken name"],
)
def test_any_other_body_is_one_argument(schema: dict[str, Any]) -> None:
    drafted = Drafted({**_body(schema), "parameters": [_parameter("q")]})
    assert list(drafted.arguments) == ["body", "q"]
    assert drafted.arguments["body"].whole


def test_a_parameter_called_body_keeps_its_name() -> None:
    drafted = Drafted({**_body({"type": "string"}), "parameters": [_parameter("body")]})
    assert drafted.arguments["body"].position == "query"
    assert drafted.arguments["body_"].whole


def test_what_only_responses_have_is_no_argument() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}, "a": {"type": "string"}}}
    assert list(Drafted(_body(schema)).arguments) == ["a"]


def test_json_is_preferred_and_the_rest_is_reported() -> None:
    content = {"application/xml": {"schema": OBJECT}, "application/json": {"schema": OBJECT}}
    drafted = Drafted({"requestBody": {"content": content}})
    assert drafted.draft.body is not None
    assert drafted.draft.body.media_type == "application/json"
    assert drafted.notes == [("omission", "body as application/xml", "bodies are sent as application/json")]


def test_files_of_a_multipart_body_are_bytes() -> None:
    binary = {"type": "string", "format": "binary"}
    schema = {"properties": {"file": binary, "more": {"type": "array", "items": binary}, "name": {"type": "string"}}}
    drafted = Drafted(_body(schema, "multipart/form-data"))
    assert [argument.type for argument in drafted.draft.arguments] == [BYTES, Array(BYTES), STRING]


def test_an_object_in_an_octet_stream_is_json_and_reported() -> None:
    drafted = Drafted(_body(OBJECT, "application/octet-stream"))
    assert drafted.draft.body is not None
    assert (drafted.draft.body.form, drafted.draft.body.media_type) == ("json", "application/json")
    assert drafted.notes == [("repair", "an object as application/octet-stream", "JSON")]


def test_bytes_are_given_as_bytes() -> None:
    drafted = Drafted(_body({"type": "string", "format": "binary"}, "application/pdf"))
    assert drafted.arguments["body"].type == BYTES
    assert drafted.draft.body is not None
    assert drafted.draft.body.media_type == "application/pdf"


def test_a_placeholder_without_a_parameter_is_an_argument() -> None:
    drafted = Drafted({}, path="/things/{id}")
    assert drafted.arguments["id"].required
    assert drafted.notes[0][0] == "repair"


def test_headers_that_the_client_sends_by_itself_are_no_arguments() -> None:
    drafted = Drafted({"parameters": [_parameter("Authorization", "header"), _parameter("Api-Key", "header")]})
    assert list(drafted.arguments) == ["api_key"]
    assert drafted.notes[0][0] == "omission"


def test_one_name_in_two_places_is_distinguished_and_the_path_keeps_it() -> None:
    parameters = [_parameter("id"), _parameter("id", "header"), _parameter("id", "path", required=True)]
    drafted = Drafted({"parameters": parameters}, path="/things/{id}")
    assert {name: argument.position for name, argument in drafted.arguments.items()} == {
        "id_query": "query", "id_header": "header", "id": "path",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "how"),
    [
        ({}, "plain"),
        ({"explode": False}, "comma"),
        ({"style": "spaceDelimited"}, "space"),
        ({"style": "pipeDelimited", "explode": False}, "pipe"),
        ({"style": "deepObject", "explode": True}, "deep"),
    ],
)
def test_styles_of_the_query(more: dict[str, Any], how: str) -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    assert Drafted({"parameters": [_parameter("q", schema=schema, **more)]}).arguments["q"].how == how


@pytest.mark.parametrize(
    ("position", "more", "kind", "how"),
    [
        ("path", {}, "array", "plain"),
        ("path", {"style": "simple", "explode": True}, "array", "plain"),
        ("path", {"style": "simple", "explode": True}, "object", "simple*"),
        ("path", {"explode": False}, "object", "comma"),
        ("path", {"style": "label"}, "string", "label"),
        ("path", {"style": "label", "explode": True}, "array", "label*"),
        ("path", {"style": "matrix"}, "object", "matrix"),
        ("path", {"style": "matrix", "explode": True}, "array", "matrix*"),
        ("header", {"explode": True}, "array", "comma"),
        ("header", {"explode": True}, "object", "simple*"),
    ],
)
def test_styles_of_paths_and_headers(position: str, more: dict[str, Any], kind: str, how: str) -> None:
    parameter = {"name": "id", "in": position, "required": True, "schema": {"type": kind}, **more}
    drafted = Drafted({"parameters": [parameter]}, path="/things/{id}" if position == "path" else "/things")
    assert drafted.arguments["id"].how == how
    assert not drafted.report.notes


@pytest.mark.parametrize(("position", "style"), [("path", "form"), ("header", "matrix")])
def test_a_style_that_a_place_does_not_have_is_reported(position: str, style: str) -> None:
    parameter = {"name": "id", "in": position, "required": True, "schema": {"type": "string"}, "style": style}
    drafted = Drafted({"parameters": [parameter]}, path="/things/{id}" if position == "path" else "/things")
    assert [(note.before, note.certain) for note in drafted.report.notes] == [(f"style {style}", False)]


WORDS_BY_NAME = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}


def test_members_of_an_exploded_object_may_have_a_prefix() -> None:
    parameter = _parameter("metadata", schema=WORDS_BY_NAME, **{"x-omics-prefix": "metadata."})
    drafted = Drafted({"parameters": [parameter]})
    assert drafted.arguments["metadata"].prefix == "metadata."
    assert not drafted.notes


@pytest.mark.parametrize(
    ("where", "more"),
    [
        ("query", {"style": "deepObject"}),
        ("query", {"schema": {"type": "array", "items": {"type": "string"}}}),
        ("query", {"schema": {"type": "string"}}),
        ("header", {}),
    ],
)
def test_a_prefix_that_nothing_is_sent_with_is_reported(where: str, more: dict[str, Any]) -> None:
    parameter = _parameter("q", where, **{"schema": WORDS_BY_NAME, "x-omics-prefix": "q.", **more})
    drafted = Drafted({"parameters": [parameter]})
    assert drafted.arguments["q"].prefix == ""
    assert [(kind, what) for kind, what, _ in drafted.notes] == [("omission", "x-omics-prefix")]


def test_a_parameter_with_a_media_type_is_json() -> None:
    parameter = {"name": "q", "in": "query", "content": {"application/json": {"schema": OBJECT}}}
    assert Drafted({"parameters": [parameter]}).arguments["q"].how == "json"


def _responses(**kinds: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "json": {"content": {"application/json": {"schema": OBJECT}}},
        "list": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}},
        "text": {"content": {"text/plain": {"schema": {"type": "string"}}}},
        "bytes": {"content": {"image/png": {}}},
        "binary": {"content": {"application/json": {"schema": {"type": "string", "format": "binary"}}}},
        "none": {},
    }
    return {"responses": {status.lstrip("_"): content[kind] for status, kind in kinds.items()}}


@pytest.mark.parametrize(
    ("responses", "cases"),
    [
        (_responses(_200="json", _404="json", default="json"), [("json", ("200",))]),
        (_responses(_200="json", _206="json"), [("json", ("200", "206"))]),
        (_responses(_200="list", _202="none"), [("json", ("200",)), ("none", ("202",))]),
        (_responses(_204="none", _304="none"), [("none", ("204", "304"))]),
        (_responses(_200="text"), [("text", ("200",))]),
        (_responses(_200="bytes"), [("bytes", ("200",))]),
        (_responses(_200="binary"), [("bytes", ("200",))]),
        (_responses(default="json"), [("json", ("default",))]),
        (_responses(_2XX="json", _201="none"), [("none", ("201",)), ("json", ("2XX",))]),
        (_responses(_302="none", _404="json"), [("none", ())]),
    ],
)
def test_responses_are_read_by_status(responses: dict[str, Any], cases: list[Any]) -> None:
    assert [(case.kind, case.statuses) for case in Drafted(responses).draft.cases] == cases


def test_head_returns_headers() -> None:
    drafted = Drafted(_responses(_200="json"), method="head")
    assert [case.kind for case in drafted.draft.cases] == ["headers"]
    assert commands([drafted.draft], Groups())[0]["headers"] is True


@pytest.mark.parametrize(
    ("root", "security", "secured"),
    [
        ([{"key": []}], None, True),
        ([{"key": []}], [], False),
        (None, [{"key": []}], True),
        (None, [{}], False),
        (None, [{"key": []}, {}], False),
    ],
)
def test_whether_credentials_are_requested(root: Any, security: Any, secured: bool) -> None:
    operation = {} if security is None else {"security": security}
    assert Drafted(operation, security=root).draft.secured is secured


@pytest.mark.parametrize(
    ("wish", "public"),
    [({}, False), ({"x-omics-public": False}, False), ({"x-omics-public": True}, True), ({"security": []}, True)],
)
def test_what_takes_no_credentials_is_stated_of_the_operation(wish: Any, public: bool) -> None:
    assert Drafted(wish).draft.public is public


@pytest.mark.parametrize("place", ["page", "more.page", "free.any.where"])
def test_pages_may_be_requested_by_members_of_a_body(place: str) -> None:
    inner = {"type": "object", "properties": {"page": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"page": {"type": "integer"}, "more": inner, "free": {"type": "object"}}}
    wish = {"style": "page", "in": "body", "page": place, "items": ""}
    drafted = Drafted({**_responses(_200="list"), **_body(schema), "x-omics-pagination": wish})
    assert not drafted.faults
    assert drafted.draft.pages is not None
    assert drafted.draft.pages.in_body
    wrong = Drafted({**_responses(_200="list"), **_body(schema), "x-omics-pagination": {**wish, "page": "page.number"}})
    assert "names the member of the body 'page.number', which the operation hasn't" in wrong.faults[0].message


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"style": "link", "items": "nothing"}, "names 'nothing', and no response has such a list"),
        ({"style": "spiral", "items": "a"}, "needs style"),
        ({"style": ["page"], "items": "a"}, "needs style"),
        ({"style": "link"}, "needs style"),
        ({"style": "token", "items": "a", "token": "t"}, "needs next or header"),
        (
            {"style": "token", "items": "a", "token": "t", "next": "n", "header": "h"},
            "next and header, of which one is followed",
        ),
        ({"style": "page", "items": "a", "page": "p", "next": 1}, "has next, which is no text"),
        ({"style": "page", "items": "a", "page": "p", "first": "1"}, "has first, which is no whole number"),
        ({"style": "link", "items": "a", "first": 1}, "has first, which style link doesn't take"),
        ({"style": "page", "items": "a", "page": "p", "in": "header"}, "has in, which is neither query nor body"),
        ({"style": "page", "items": "a", "page": "p", "in": "body"}, "the operation has no JSON body"),
        (True, "x-omics-pagination of POST /things must be a dict"),
        ({"style": "offset", "items": "a", "offset": "start"}, "query parameter 'start', which the operation hasn't"),
        ({"style": "link", "items": "a", "next": "b"}, "has next, which style link doesn't take"),
        ("link", "x-omics-pagination of POST /things must be a dict"),
    ],
)
def test_a_wish_for_pages_that_cannot_be_met_is_a_fault(wish: Any, message: str) -> None:
    drafted = Drafted({**_responses(_200="json"), "x-omics-pagination": wish})
    assert any(message in fault.message for fault in drafted.faults)


def test_each_of_several_names_of_a_list_has_to_refer_to_one() -> None:
    listed = {"type": "object", "properties": {"old": {"type": "array", "items": {}}}}
    responses = {"200": {"content": {"application/json": {"schema": listed}}}}
    drafted = Drafted({"responses": responses, "x-omics-pagination": {"style": "link", "items": "old|new"}})
    assert any("names 'new', and no response has such a list" in fault.message for fault in drafted.faults)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"x-omics-paging": {}}, "x-omics-paging of POST /things must be one of x-omics-group, x-omics-hidden, "),
        ({"x-omics-stream": "yes"}, "x-omics-stream of POST /things must be a bool"),
        (
            {"parameters": [_parameter("q", **{"x-omics-raw": True})]},
            "x-omics-raw of parameter 'q' must be one of x-omics-delimiter, x-omics-idempotency-key, x-omics-prefix, x-omics-raw-path",
        ),
        *(
            (
                {"parameters": [_parameter("q", **{"x-omics-delimiter": wrong})]},
                "x-omics-delimiter of parameter 'q' must be one of pipe, space, tab",
            )
            for wrong in ("tabs", ["tab"])
        ),
    ],
)
def test_a_misspelt_wish_is_a_fault(operation: dict[str, Any], message: str) -> None:
    assert [fault.message.startswith(message) for fault in Drafted(operation).faults] == [True]


def test_operations_are_named_by_wish_id_or_path() -> None:
    data: dict[str, Any] = {
        "paths": {
            "/a/{id}": {
                "get": {"operationId": "readA"},
                "put": {"x-omics-name": "save", "operationId": "x"},
                "post": {},
            },
            "/b": {"get": {"operationId": "readA"}, "delete": {"operationId": "close"}},
            "/c": {"get": {"x-omics-name": "open_c_"}, "put": {"operationId": "put_c_"}},
            "/c/{id}": {"get": {}},  # get_c was that of /c before
        }
    }
    names = name_operations(list(declared_operations(data)))
    assert names == {
        "/paths/~1a~1{id}/get": "read_a_get_a",
        "/paths/~1a~1{id}/put": "save",
        "/paths/~1a~1{id}/post": "post_a",
        "/paths/~1b/get": "read_a_get_b",
        "/paths/~1b/delete": "close_",
        "/paths/~1c/get": "open_c_",
        "/paths/~1c/put": "put_c",
        "/paths/~1c~1{id}/get": "get_c_id",
    }


def test_options_of_every_command_are_not_hidden_by_parameters() -> None:
    drafted = Drafted({"parameters": [_parameter(name) for name in ("help", "output", "query")], **_responses()})
    (command,) = cast("Any", commands([drafted.draft], Groups()))
    options = {parameter["python"]: (parameter["name"], parameter["help"]) for parameter in command["parameters"]}
    assert options == {
        "help": ("param_help", ""),
        "output": ("output", "The general option --output goes before the command."),
        "query": ("query", ""),
    }
    assert ("repair", "the name help", "--param-help on the command line") in drafted.notes


def test_commands_state_what_the_command_line_needs() -> None:
    schema = {"type": "array", "items": {"enum": ["x", "y"]}, "default": ["x"], "description": "some words"}
    operation = {
        "x-omics-name": "get_jwks.json",
        "summary": "Keys.",
        "deprecated": True,
        "parameters": [_parameter("per-page", schema=schema)],
        **_responses(_200="bytes"),
    }
    assert commands([Drafted(operation).draft], Groups()) == [
        {
            "name": "get_jwks_json",
            "command": "get-jwks.json",
            "method": "POST",
            "path": "/things",
            "summary": "Keys.",
            "description": "",
            "parameters": [
                {
                    "name": "per-page",
                    "python": "per_page",
                    "in": "query",
                    "required": False,
                    "type": "array",
                    "choices": ["x", "y"],
                    "default": ["x"],
                    "help": 'some words. Default: ["x"].',
                    "items": "string",
                }
            ],
            "streams": True,
            "deprecated": True,
        }
    ]


def test_what_an_encoding_states_and_is_not_done_is_noted() -> None:
    words = {"type": "array", "items": {"type": "string"}}
    for form, schema in (({"a": words}, "flat"), ({"a": words, "q": words}, "whole")):
        body = _body({"type": "object", "properties": form}, "multipart/form-data")
        body["requestBody"]["content"]["multipart/form-data"]["encoding"] = {
            "a": {"headers": {"X-A": {"schema": {"type": "string"}}}, "style": "form", "explode": False}
        }
        drafted = Drafted({**body, "parameters": [_parameter("q")]})
        lost = "headers" if schema == "flat" else "explode, headers, style"
        assert drafted.notes == [("omission", f"{lost} of the field 'a'", "as is usual")]
    assert Drafted({**_body(OBJECT, "multipart/form-data")}).notes == []


@pytest.mark.parametrize(
    ("media_type", "kind"), [("image/png", BYTES), ("*/*", BYTES), ("application/json", ANY), ("text/csv", ANY)]
)
@pytest.mark.parametrize("is_list", [False, True])
def test_parts_of_any_value_are_files_if_their_media_type_is_of_bytes(
    media_type: str, kind: Type, *, is_list: bool
) -> None:
    value: dict[str, Any] = {"type": "array", "items": {}} if is_list else {}
    body = _body({"type": "object", "properties": {"a": value}}, "multipart/form-data")
    body["requestBody"]["content"]["multipart/form-data"]["encoding"] = {"a": {"contentType": media_type}}
    assert [argument.type for argument in Drafted(body).draft.arguments] == [Array(kind) if is_list else kind]


@pytest.mark.parametrize("schema", [OBJECT, {"type": "array", "items": OBJECT}])
def test_parts_of_xml_are_texts(schema: dict[str, Any]) -> None:
    body = _body({"type": "object", "properties": {"a": schema, "b": {"type": "integer"}}}, "multipart/form-data")
    kinds = {"a": {"contentType": "text/xml; charset=utf-8"}, "b": {"contentType": "application/xml"}}
    body["requestBody"]["content"]["multipart/form-data"]["encoding"] = kinds
    drafted = Drafted(body)
    types = [argument.type for argument in drafted.draft.arguments]
    assert types == [STRING if schema is OBJECT else Array(STRING), INTEGER]
    assert drafted.notes == [("untyped", "field 'a' as text/xml; charset=utf-8", "text as it is")]


@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "array", "items": {"type": "string"}}])
def test_a_form_that_is_no_object_is_noted(media_type: str, schema: dict[str, Any]) -> None:
    assert Drafted(_body(schema, media_type)).notes == [("untyped", "the body", "fields of any names")]


def _answered(media_type: str, schema: dict[str, Any]) -> Drafted:
    return Drafted({"responses": {"200": {"content": {media_type: {"schema": schema}}}}})


@pytest.mark.parametrize(("media_type", "kind"), [("application/xml", "text"), ("application/zip", "bytes")])
def test_a_schema_of_a_response_that_is_not_json_is_noted(media_type: str, kind: str) -> None:
    drafted = _answered(media_type, OBJECT)
    assert drafted.draft.cases[0].kind == kind
    assert drafted.notes == [("untyped", f"response 200 as {media_type}", f"{kind} as it comes")]
    assert _answered(media_type, {"type": "string"}).notes == []
    assert _answered(media_type, {}).notes == []


def test_events_can_be_read_while_they_come() -> None:
    drafted = _answered("text/event-stream", {"type": "string"})
    assert (drafted.draft.cases[0].kind, drafted.draft.streams) == ("text", True)
    assert not _answered("text/plain", {"type": "string"}).draft.streams


@pytest.mark.parametrize(
    ("kinds", "data"),
    [(["application/json"], "json"), (["text/plain"], "text"), (["text/plain", "application/problem+json"], "either")],
)
def test_data_of_events_that_is_not_json_is_text(kinds: list[str], data: str) -> None:
    content = [{"contentMediaType": kind, "contentSchema": {"type": "string"}} for kind in kinds]
    events = [
        {"properties": {"event": {"const": kind}, "data": of_kind}}
        for kind, of_kind in zip(kinds, content, strict=True)
    ]
    fields = {"event": {"type": "string"}, "data": {"type": "string"}}
    drafted = _answered("text/event-stream", {"type": "object", "properties": fields, "oneOf": events})
    assert drafted.draft.flow is not None
    assert drafted.draft.flow.data == data


TEXT = {"type": "string"}
FILE = {"type": "string", "format": "binary"}


@pytest.mark.parametrize(
    ("responses", "accept"),
    [
        ({"200": {"application/json": OBJECT, "text/csv": TEXT}}, "application/json"),
        ({"200": {"text/csv": TEXT, "application/json": OBJECT}}, "application/json"),
        ({"200": {"application/json": OBJECT}, "206": {"text/csv": TEXT}}, "application/json, text/csv;q=0.5"),
        ({"200": {"application/json": OBJECT}, "206": {"*/*": TEXT}}, "application/json"),
        ({"200": {"*/*": OBJECT}}, "application/json"),
        ({"200": {"application/*": OBJECT, "application/hal+json": OBJECT}}, "application/json, application/hal+json"),
        ({"200": {"text/csv": TEXT, "text/plain": TEXT}}, "text/csv, text/plain, */*;q=0.5"),
        ({"200": {"application/zip": TEXT}}, "application/zip, */*;q=0.5"),
        ({"200": {"application/json": FILE, "image/png": FILE}}, "image/png, */*;q=0.5"),
        ({"200": {"application/json": FILE}}, "application/json"),
        ({"200": {"": {"type": "string", "format": "binary"}}}, "*/*"),
        ({"200": {"*/*": TEXT}}, "*/*"),
        ({"204": {}}, "*/*"),
    ],
)
def test_no_more_is_requested_than_can_be_read(responses: dict[str, Any], accept: str) -> None:
    documented = {
        status: {"content": {name: {"schema": schema} for name, schema in content.items()}}
        for status, content in responses.items()
    }
    assert Drafted({"responses": documented}).draft.accept == accept


def test_another_spelling_of_the_same_is_not_requested_and_reported() -> None:
    content = {"application/json": {"schema": OBJECT}, "application/xml": {"schema": OBJECT}}
    drafted = Drafted({"responses": {"200": {"content": content}}})
    assert [(case.kind, case.media) for case in drafted.draft.cases] == [("json", ())]
    assert drafted.draft.accept == "application/json"
    assert [(row[0], row[-1]) for row in drafted.notes] == [("omission", "application/json is requested")]


def test_links_are_reported() -> None:
    responses = {"201": {"description": "", "links": {"next": {"operationId": "other"}, "self": {}}}}
    notes = Drafted({"responses": responses}).notes
    assert [note[1] for note in notes] == ["link next of response 201", "link self of response 201"]
