"""Step 4: one form of OpenAPI 3.1 from every dialect."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk_codegen.faults import DocumentError, Fault, Note, Report
from omicsdk_codegen.load import load_bytes
from omicsdk_codegen.resolve import resolve
from omicsdk_codegen.upgrade import Document, upgrade
from omicsdk_codegen.upgrade_paths import template
from omicsdk_codegen.values import Json, Object, at, join


def upgraded(text: str | Object, report: Report | None = None) -> Document:
    raw = text if isinstance(text, str) else json.dumps(text)
    source = load_bytes(raw.encode(), path=Path("api.yaml"), label="api.yaml", uri=Path("api.yaml").resolve().as_uri())
    resolved = resolve(source, report=report or Report())
    before = copy.deepcopy(resolved.data)
    document = upgrade(resolved)
    assert resolved.data == before
    return document


def noted(text: str) -> tuple[Object, list[Note]]:
    report = Report()
    return upgraded(text, report).data, list(report.notes)


def operation(body: str, version: str = "openapi: 3.0.3", path: str = "/a", rest: str = "") -> str:
    inner = "\n".join("      " + line for line in body.splitlines())
    return f"{version}\ninfo: {{title: t, version: '1'}}\npaths:\n  {path}:\n    get:\n{inner}\n{rest}"


SWAGGER = "swagger: '2.0'"
GET = "/paths/~1a/get"


def schema(text: str, version: str = "3.0.3") -> Json:
    return at(
        upgraded(
            f"openapi: {version}\npaths: {{}}\ncomponents: {{schemas: {{S: {text}, A: {{type: object}}}}}}\n"
        ).data,
        "/components/schemas/S",
    )


# -- schemas


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{type: string, nullable: true}", {"type": ["string", "null"]}),
        ("{type: string, nullable: false}", {"type": "string"}),
        ("{type: string, enum: [a], nullable: true}", {"type": ["string", "null"], "enum": ["a", None]}),
        ("{type: string, x-nullable: true}", {"type": ["string", "null"]}),
        ("{properties: {}, nullable: true}", {"properties": {}, "type": ["object", "null"]}),
        (
            "{allOf: [{$ref: '#/components/schemas/A'}], nullable: true, description: d}",
            {"description": "d", "anyOf": [{"allOf": [{"$ref": "#/components/schemas/A"}]}, {"type": "null"}]},
        ),
        ("{oneOf: [{type: string}], nullable: true}", {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        ("{nullable: true}", {}),
        ("{type: integer, minimum: 1, exclusiveMinimum: true}", {"type": "integer", "exclusiveMinimum": 1}),
        ("{type: integer, maximum: 1, exclusiveMaximum: false}", {"type": "integer", "maximum": 1}),
        ("{type: integer, exclusiveMinimum: 2}", {"type": "integer", "exclusiveMinimum": 2}),
        ("{type: integer, minimum: '3'}", {"type": "integer", "minimum": 3}),
        ("{type: number, minimum: '0.5', maximum: '1e3', multipleOf: nan}", {"type": "number", "minimum": 0.5, "maximum": 1000.0}),
        ("{type: number, multipleOf: 0}", {"type": "number"}),
        ("{type: integer, multipleOf: -2}", {"type": "integer"}),
        ("{type: string, example: e}", {"type": "string", "examples": ["e"]}),
        ("{type: string, contentMediaType: application/octet-stream}", {"type": "string", "contentMediaType": "application/octet-stream", "format": "binary"}),
        ("{contentMediaType: image/png}", {"contentMediaType": "image/png", "type": "string", "format": "binary"}),
        ("{type: string, contentMediaType: text/html}", {"type": "string", "contentMediaType": "text/html"}),
        ("{contentMediaType: application/json, contentSchema: {}}", {"contentMediaType": "application/json", "contentSchema": {}}),
        ("{type: file}", {"type": "string", "format": "binary"}),
        ("{type: int}", {"type": "integer"}),
        ("{type: Long}", {"type": "integer", "format": "int64"}),
        ("{type: datetime}", {"type": "string", "format": "date-time"}),
        ("{oneOf: [{type: text}, {type: uuid}, {type: None}]}", {"oneOf": [{"type": "string"}, {"type": "string", "format": "uuid"}, {"type": "null"}]}),
        ("{type: uri}", {"type": "string", "format": "uri"}),
        ("{type: boolean, enum: [true]}", {"type": "boolean", "enum": [True]}),
        ("{type: any}", {}),
        ("{type: nonsense}", {}),
        ("{type: [string, 'null', 'null']}", {"type": ["string", "null"]}),
        ("{type: [string]}", {"type": "string"}),
        ("{items: [{type: string}], additionalItems: false}", {"prefixItems": [{"type": "string"}], "items": False}),
        ("{items: true, additionalProperties: true, not: false}", {"items": {}, "additionalProperties": True, "not": {"not": {}}}),
        ("{unevaluatedProperties: {not: {}}}", {"unevaluatedProperties": False}),
        ("{prefixItems: [{type: string}], items: false}", {"prefixItems": [{"type": "string"}], "items": False}),
        ("{discriminator: kind}", {"discriminator": {"propertyName": "kind"}}),
        ("{allOf: {type: object}}", {"allOf": [{"type": "object"}]}),
        ("{schema: {type: string}}", {"type": "string"}),
        ("{required: [a, a, 1]}", {"required": ["a"]}),
        ("{properties: {a: {type: string, required: true}, b: {required: false}}, required: [c]}", {"properties": {"a": {"type": "string"}, "b": {}}, "required": ["a", "c"]}),
        ("{$id: x, $schema: y, $comment: z, x-keep: 1, nonsense: 2}", {"x-keep": 1}),
        ("{properties: {type: {type: string}, $ref: {type: string}, x-a: {type: string}}}", {"properties": {"type": {"type": "string"}, "$ref": {"type": "string"}, "x-a": {"type": "string"}}}),
        ("{title: 1, description: [1], deprecated: yes, maxLength: a, enum: 3, properties: [], oneOf: x}", {"title": "1", "properties": {}}),
        ("~", {}),
        ("{examples: [1], example: 2}", {"examples": [1]}),
        ("{examples: {a: {value: 1}, b: 2}}", {"examples": [1, 2]}),
        ("{maximum: true, exclusiveMaximum: x, discriminator: [1]}", {}),
        ("{oneOf: [{type: 'null'}], nullable: true}", {"oneOf": [{"type": "null"}]}),
        ("{anyOf: [{type: string, enum: [a]}, {nullable: true}]}", {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
    ],
)  # fmt: skip
def test_a_schema_takes_the_form_of_3_1(old: str, new: Json) -> None:
    assert schema(old) == new


@pytest.mark.parametrize(
    ("old", "kind", "certain"),
    [
        ("{type: int}", "repair", True),
        ("{type: nonsense}", "untyped", False),
        ("{nonsense: 1}", "omission", False),
        ("{$dynamicRef: '#x'}", "untyped", False),
        ("text", "untyped", False),
        ("{properties: {a: {required: true}}}", "repair", True),
        ("{type: [string]}", "repair", True),
        ("{items: {required: true}}", "omission", False),
        ("{enum: 3}", "omission", False),
        ("{type: file}", "repair", True),
        ("{schema: {type: string}}", "repair", True),
        ("{properties: []}", "omission", False),
    ],
)
def test_what_is_read_otherwise_is_reported_with_its_line(old: str, kind: str, certain: bool) -> None:
    _, (note,) = noted(
        f"openapi: 3.0.3\npaths: {{}}\ninfo: {{title: t, version: '1'}}\ncomponents:\n  schemas:\n    S: {old}\n"
    )
    assert (note.kind, note.certain, note.line, note.file) == (kind, certain, 6, "api.yaml")
    assert note.pointer.startswith("/components/schemas/S")


@pytest.mark.parametrize("reference", ["#", "x", "other.yaml#/A"])
def test_a_reference_that_was_not_resolved_is_any_value_and_reported(reference: str) -> None:
    """An object in the place of the list of allOf is no place of references."""
    data, notes = noted(
        f"openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{}}\ncomponents: {{schemas: {{S: {{allOf: {{$ref: '{reference}'}}}}}}}}\n"
    )
    assert at(data, "/components/schemas/S/allOf") == [{}]
    assert "untyped" in {note.kind for note in notes}


def test_words_of_3_0_in_a_document_of_3_1_are_reported() -> None:
    text = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents: {schemas: {S: {type: integer, nullable: true, minimum: 1, exclusiveMinimum: true}}}\n"
    data, notes = noted(text)
    assert at(data, "/components/schemas/S") == {"type": ["integer", "null"], "exclusiveMinimum": 1}
    assert [(note.kind, note.certain) for note in notes] == [("repair", True), ("repair", True)]


def test_what_is_right_is_not_reported() -> None:
    _, notes = noted(
        operation(
            "operationId: a\nresponses: {'200': {description: '', content: {application/json: {schema: {type: string, nullable: true, example: x}}}}}"
        )
    )
    assert notes == []


def test_a_schema_reached_through_a_shared_response_is_one_object() -> None:
    text = """openapi: 3.0.3
paths:
  /a: {get: {responses: {200: {$ref: '#/components/responses/R'}}}}
  /b: {get: {responses: {200: {$ref: '#/components/responses/R'}}}}
components: {responses: {R: {description: r, content: {application/json: {schema: {type: object}}}}}}
"""
    data = upgraded(text).data
    way = "/get/responses/200/content/application~1json/schema"
    assert at(data, "/paths/~1a" + way) is at(data, "/paths/~1b" + way)


def test_what_is_written_as_in_3_1_stays() -> None:
    info = {"title": "t", "version": "1", "description": "d", "summary": "s", "license": {"name": "MIT"}}
    header = {"description": "d", "required": True, "style": "simple", "explode": True, "schema": {"type": "string"}}
    encoding = {"a": {"contentType": "a/b", "style": "form", "explode": True, "allowReserved": True}}
    media = {"schema": {"type": "object"}, "encoding": encoding}
    response = {"description": "d", "headers": {"h": header}, "content": {"multipart/form-data": media}}
    get = {
        "operationId": "g",
        "description": "d",
        "externalDocs": {"url": "https://a.example/"},
        "responses": {"200": response},
    }
    document: Object = {"openapi": "3.1.0", "jsonSchemaDialect": "d", "info": info, "paths": {"/a": {"get": get}}}
    data, notes = noted(json.dumps(document))
    assert {key: data[key] for key in document} == document
    assert notes == []


# -- parameters


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{name: p, in: query, type: integer, default: 3, description: d}", {"description": "d", "schema": {"type": "integer", "default": 3}}),
        ("{name: p, in: query, type: array, items: {type: string}}", {"schema": {"type": "array", "items": {"type": "string"}}, "style": "form", "explode": False}),
        ("{name: p, in: query, type: array, items: {type: string}, collectionFormat: multi}", {"schema": {"type": "array", "items": {"type": "string"}}, "style": "form", "explode": True}),
        ("{name: p, in: query, type: array, items: {type: string}, collectionFormat: pipes}", {"schema": {"type": "array", "items": {"type": "string"}}, "style": "pipeDelimited", "explode": False}),
        ("{name: p, in: query, type: array, items: {type: string}, collectionFormat: ssv}", {"schema": {"type": "array", "items": {"type": "string"}}, "style": "spaceDelimited", "explode": False}),
        ("{name: p, in: query, type: array, items: {type: string}, collectionFormat: tsv}", {"schema": {"type": "array", "items": {"type": "string"}}, "style": "form", "explode": False, "x-omics-delimiter": "tab"}),
        ("{name: p, in: header, type: array, items: {type: string}, collectionFormat: pipes}", {"schema": {"type": "array", "items": {"type": "string"}}, "style": "simple", "explode": False, "x-omics-delimiter": "pipe"}),
        ("{name: p, in: header, type: array, items: {type: string}}", {"schema": {"type": "array", "items": {"type": "string"}}, "style": "simple", "explode": False}),
        ("{name: p, in: query, type: array, items: {type: array, collectionFormat: csv, items: {type: string}}}", {"schema": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, "style": "form", "explode": False}),
        ("{name: p, in: query, type: string, x-nullable: true, x-omics-name: q}", {"x-omics-name": "q", "schema": {"type": ["string", "null"]}}),
        ("{name: p, in: Query, required: true, type: string}", {"required": True, "schema": {"type": "string"}}),
        ("{name: p, in: query}", {"schema": {}}),
    ],
)  # fmt: skip
def test_a_parameter_of_swagger_has_a_schema(old: str, new: Object) -> None:
    parameter = at(upgraded(operation(f"parameters:\n- {old}", SWAGGER)).data, GET + "/parameters/0")
    place = "header" if "header" in old else "query"
    assert parameter == {"name": "p", "in": place, "required": False} | new


def test_a_parameter_of_3_stays_as_it_is() -> None:
    old = "{name: p, in: query, style: form, explode: false, allowReserved: true, schema: {type: array}, example: [1], deprecated: true}"
    parameter = at(upgraded(operation(f"parameters:\n- {old}")).data, GET + "/parameters/0")
    assert parameter == {"name": "p", "in": "query", "required": False, "style": "form", "explode": False, "allowReserved": True, "schema": {"type": "array"}, "example": [1], "deprecated": True}  # fmt: skip
    content = "{name: p, in: query, content: {application/json: {schema: {type: object}}}}"
    parameter = at(upgraded(operation(f"parameters:\n- {content}")).data, GET + "/parameters/0")
    assert parameter == {
        "name": "p",
        "in": "query",
        "required": False,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }


def test_parameters_of_the_path_item_are_the_operations_own() -> None:
    text = operation("parameters:\n- {name: p, in: query, schema: {type: integer}}\n- {name: p, in: query, schema: {}}")
    text += "    parameters: [{name: q, in: query, schema: {}}, {name: p, in: query, schema: {type: string}}, 3]\n"
    data, notes = noted(text)
    parameters = at(data, GET + "/parameters")
    assert [(p["name"], p["schema"]) for p in parameters] == [("q", {}), ("p", {"type": "integer"})]
    assert [note.kind for note in notes] == ["loss", "loss"]
    assert "parameters" not in at(data, "/paths/~1a")


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ("{in: query}", "a parameter has no name"),
        ("{name: p}", "has no valid `in`"),
        ("{name: p, in: nowhere}", "has no valid `in`"),
        ("{name: 'a[b]', in: header}", r"the name a\[b\] cannot be sent as a header"),
        ("{name: a b, in: header}", "the name a b cannot be sent as a header"),
        ("{name: a=b, in: cookie}", "the name a=b cannot be sent as a cookie"),
    ],
)
def test_a_parameter_that_cannot_be_sent_is_a_fault(old: str, expected: str) -> None:
    text = operation(f"parameters:\n- {old}\n- {{name: q, in: query, schema: {{}}}}")
    with pytest.raises(DocumentError, match=expected) as caught:
        upgraded(text, Report(strict=True))
    assert caught.value.faults[0].line == 7
    report = Report()
    assert [p["name"] for p in at(upgraded(text, report).data, GET + "/parameters")] == ["q"]
    ((kind, after),) = [(note.kind, note.after) for note in report.notes]
    assert kind == "fault"
    assert after.endswith("is left out")
    assert [fault.line for fault in report.faults] == [7]


# -- paths


@pytest.mark.parametrize(
    ("path", "key", "sent", "converters"),
    [
        ("/a/{id}", "/a/{id}", "/a/{id}", {}),
        ("/a/<id>/<int:n>", "/a/{id}/{n}", "/a/{id}/{n}", {"id": "string", "n": "int"}),
        ("/a/<path:p>", "/a/{p}", "/a/{p}", {"p": "path"}),
        ("/<any(x,y):p>", "/{p}", "/{p}", {"p": "any"}),
        ("a", "/a", "/a", {}),
        ("/a#post", "/a#post", "/a", {}),
        ("/a?x=1", "/a?x=1", "/a?x=1", {}),
        ("/a<b", "/a<b", "/a<b", {}),
        ("/{id:[0-9]{3}}/{ b }", "/{id}/{b}", "/{id}/{b}", {"id": "[0-9]{3}"}),
        ("/{proxy+}/{+up}/{*all}/{rest*}", "/{proxy}/{up}/{all}/{rest}", "/{proxy}/{up}/{all}/{rest}",
         {"proxy": "path", "up": "path", "all": "path", "rest": "path"}),
        ("/{a:.*}/{b:.+}", "/{a}/{b}", "/{a}/{b}", {"a": "path", "b": "path"}),
        ("/{file:path}", "/{file}", "/{file}", {"file": "path"}),
        ("/{name=projects/*}:stop", "/{name=projects/*}:stop", "/{name=projects/*}:stop", {"name=projects/*": "path"}),
        ("/a{?q,limit*}", "/a", "/a", {}),
        ("/a?x=1&y={y}#z", "/a?x=1&y={y}#z", "/a?x=1", {}),
    ],
)  # fmt: skip
def test_paths_have_one_form(path: str, key: str, sent: str, converters: dict[str, str]) -> None:
    path_template = template(path)
    assert (path_template.key, path_template.sent, path_template.converters) == (key, sent, converters)


@pytest.mark.parametrize(
    ("path", "parameter", "required"),
    [
        ("/a?x=1&why={y}", "{name: y, in: path, required: true, schema: {type: integer}}", True),
        ("/a?x=1&why={y}", "{name: why, in: query, required: true, schema: {type: integer}}", True),
        (
            "/a?x=1&why={y}",
            "{name: x, in: query, schema: {enum: ['1']}}, {name: why, in: query, schema: {type: integer}, required: true}",
            True,
        ),
        ("/a{?why}", "{name: why, in: query, schema: {type: integer}}", False),
        ("/a{?why*}", "{name: why, in: path, schema: {type: integer}}", False),
    ],
)
def test_a_variable_in_the_query_of_a_path_is_a_query_parameter(path: str, parameter: str, required: bool) -> None:
    data = upgraded(operation(f"parameters: [{parameter}]", path=f"'{path}'")).data
    item = next(iter(data["paths"].values()))
    expected = [{"name": "why", "in": "query", "required": required, "schema": {"type": "integer"}}]
    assert item["get"]["parameters"] == expected


def test_an_undescribed_variable_in_the_query_of_a_path() -> None:
    data, notes = noted(operation("summary: s", path="'/a{?q}'"))
    assert at(data, GET + "/parameters") == [
        {"name": "q", "in": "query", "required": False, "schema": {"type": "string"}}
    ]
    assert [note.kind for note in notes] == ["repair", "repair"]


def test_a_part_with_a_colon_is_a_variable_where_a_parameter_is_called_so() -> None:
    data, notes = noted(operation("parameters: [{name: id, in: path, required: true, schema: {}}]", path="/:id/:stop"))
    assert at(data, "/paths/~1{id}~1:stop/get/parameters/0/in") == "path"
    assert [(note.before, note.after) for note in notes] == [("/:id/:stop", "/{id}/:stop")]


def test_flask_variables_become_parameters() -> None:
    data, notes = noted(
        operation("parameters: [{name: s, in: path, type: string}]", SWAGGER, "/a/<s>/<int:n>/<path:p>")
    )
    assert at(data, "/paths/~1a~1{s}~1{n}~1{p}/get/parameters") == [
        {"name": "s", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "n", "in": "path", "required": True, "schema": {"type": "integer"}},
        {"name": "p", "in": "path", "required": True, "schema": {"type": "string"}, "x-omics-raw-path": True},
    ]
    assert {note.kind for note in notes} == {"repair"}


def test_slashes_of_a_path_parameter_are_kept_where_the_document_wants_no_encoding() -> None:
    members = "name: s, required: true, type: string, x-ms-skip-url-encoding: true"
    data = upgraded(operation(f"parameters: [{{in: path, {members}}}, {{in: query, {members}}}]", SWAGGER, "/{s}")).data
    parameters = at(data, "/paths/~1{s}/get/parameters")
    assert [parameter.get("x-omics-raw-path") for parameter in parameters] == [True, None]


def test_what_follows_a_hash_is_not_sent() -> None:
    item = at(upgraded(operation("summary: s", path="'/a#x'")).data, "/paths/~1a#x")
    assert item["x-omics-sent-path"] == "/a"


def test_a_path_parameter_under_another_name_is_the_variable_that_is_left() -> None:
    data, notes = noted(operation("parameters: [{name: uuid, in: path, required: true, schema: {}}]", path="/a/{id}"))
    assert at(data, "/paths/~1a~1{id}/get/parameters/0/name") == "id"
    assert [(note.kind, note.certain, note.line) for note in notes] == [("repair", False, 6)]


def test_a_path_parameter_that_the_path_has_not_goes_to_the_query() -> None:
    data, _ = noted(operation("parameters: [{name: expand, in: path, required: false, schema: {}}]"))
    assert at(data, GET + "/parameters/0") == {"name": "expand", "in": "query", "required": False, "schema": {}}


def test_a_path_parameter_of_the_longer_path_is_none_of_the_shorter() -> None:
    both = "[{name: a, in: path, required: true, schema: {type: string}}, {name: b, in: query, schema: {type: string}}]"
    get = f"{{get: {{parameters: {both}, responses: {{}}}}}}"
    data, notes = noted(f"openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths: {{/o: {get}, '/o/{{a}}': {get}}}\n")
    shorter, longer = (at(data, f"/paths/{path}/get/parameters") for path in ("~1o", "~1o~1{a}"))
    assert isinstance(longer, list)
    assert shorter == longer[1:]
    assert [(note.before, note.after) for note in notes] == [("a path parameter a", "none: of /o/{a}")]


def test_two_paths_that_are_one_are_merged_and_what_is_in_both_is_a_fault() -> None:
    text = (
        "openapi: 3.0.0\npaths:\n  '/a/{id}': {summary: A, get: {operationId: first}}\n"
        "  '/a/<int:id>': {summary: B, x-team: labs, get: {}, put: {}}\n"
    )
    with pytest.raises(DocumentError, match=r"get of the path /a/<int:id> is the same as that of /a/\{id\}"):
        upgraded(text, Report(strict=True))
    report = Report()
    paths = upgraded(text, report).data["paths"]
    assert isinstance(paths, dict)
    assert list(paths) == ["/a/{id}"]
    assert at(paths, "/~1a~1{id}/get/operationId") == "first"
    assert "put" in at(paths, "/~1a~1{id}")
    assert at(paths, "/~1a~1{id}/x-team") == "labs"
    after = "summary is left out: the path /a/<int:id> is the same as /a/{id}, which has another"
    assert [note.line for note in report.notes if (note.kind, note.after) == ("omission", after)] == [4]
    assert [(fault.line, fault.remedy) for fault in report.faults] == [(4, "Put their operations under one.")]


def test_additional_operations_of_two_paths_that_are_one_are_merged() -> None:
    text = (
        "openapi: 3.2.0\npaths:\n  '/a/{id}': {get: {}}\n  '/a/<int:id>': {additionalOperations: {COPY: {}}}\n"
        "  '/a/<id>': {additionalOperations: {MOVE: {}}}\n"
    )
    report = Report()
    added = at(upgraded(text, report).data, "/paths/~1a~1{id}/additionalOperations")
    assert isinstance(added, dict)
    assert list(added) == ["COPY", "MOVE"]
    assert report.faults == []


def test_paths_that_differ_in_the_names_of_variables_are_both_called_and_reported() -> None:
    report = Report()
    text = "openapi: 3.0.0\npaths:\n  '/a/{id}': {get: {}}\n  '/a/{name}': {get: {}}\n  '/a/{id}/b': {}\n"
    paths = upgraded(text, report).data["paths"]
    assert isinstance(paths, dict)
    assert list(paths) == ["/a/{id}", "/a/{name}", "/a/{id}/b"]
    remedies = [(note.line, note.before, note.remedy) for note in report.notes if note.remedy]
    assert remedies == [(4, "the path /a/{name} is the same as /a/{id}", "State one path, with one name.")]


def test_methods_servers_and_extensions() -> None:
    text = """openapi: 3.0.3
paths:
  x-all: 1
  /a:
    summary: s
    x-item: 2
    servers: [{url: https://a/}]
    GET: {x-op: 3, operationId: g, deprecated: true, security: [], callbacks: {c: {'{$u}': {post: {responses: {200: {}}}}}}}
    post: {servers: [{url: https://b/}], requestBody: {$ref: '#/components/requestBodies/B'}}
    nonsense: {}
components: {requestBodies: {B: {required: true, content: {text/plain: {}}}}, x-c: 4}
"""
    data, notes = noted(text)
    assert data["paths"] == {
        "x-all": 1,
        "/a": {
            "summary": "s",
            "x-item": 2,
            "get": {
                "x-op": 3,
                "operationId": "g",
                "security": [],
                "deprecated": True,
                "responses": {},
                "servers": [{"url": "https://a/"}],
                "callbacks": {"c": {"{$u}": {"post": {"responses": {"200": {"description": ""}}}}}},
            },
            "post": {
                "requestBody": {"required": True, "content": {"text/plain": {}}},
                "responses": {},
                "servers": [{"url": "https://b/"}],
            },
        },
    }
    assert data["components"] == {"x-c": 4, "schemas": {}, "securitySchemes": {}}
    assert sorted((note.kind, note.line) for note in notes if note.line and note.line > 1) == [
        ("loss", 10),
        ("repair", 8),
    ]


# -- bodies and responses


def test_a_body_parameter_becomes_a_request_body() -> None:
    body = "consumes: [application/json, text/csv]\nparameters: [{name: thing, in: body, required: true, description: d, schema: {$ref: '#/definitions/T'}}]"
    data = upgraded(operation(body, SWAGGER, rest="definitions: {T: {type: object}}\n")).data
    media = {"schema": {"$ref": "#/components/schemas/T"}}
    assert at(data, GET + "/requestBody") == {
        "required": True,
        "description": "d",
        "x-body-name": "thing",
        "content": {"application/json": media, "text/csv": media},
    }
    assert "parameters" not in at(data, GET)


@pytest.mark.parametrize(
    ("consumes", "fields", "kinds"),
    [
        ("[]", "{name: a, in: formData, type: string}", ["application/x-www-form-urlencoded"]),
        ("[application/json]", "{name: a, in: formData, type: string}", ["application/x-www-form-urlencoded"]),
        ("[multipart/form-data]", "{name: a, in: formData, type: string}", ["multipart/form-data"]),
        ("[application/x-www-form-urlencoded]", "{name: a, in: formData, type: file}", ["multipart/form-data"]),
        ("[]", "{name: a, in: formData, type: array, items: {type: file}}", ["multipart/form-data"]),
    ],
)
def test_a_form_becomes_an_object(consumes: str, fields: str, kinds: list[str]) -> None:
    data = upgraded(operation(f"consumes: {consumes}\nparameters: [{fields}]", SWAGGER)).data
    content = at(data, GET + "/requestBody/content")
    assert list(content) == kinds


def test_a_forms_fields_keep_what_they_say() -> None:
    fields = (
        "{name: f, in: formData, type: file, required: true, description: d}, "
        "{name: l, in: formData, type: array, items: {type: string}, collectionFormat: multi}, "
        "{name: files, in: formData, type: array, items: {type: file}}"
    )
    data = upgraded(operation(f"parameters: [{fields}]", SWAGGER)).data
    assert at(data, GET + "/requestBody") == {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "f": {"type": "string", "format": "binary", "description": "d"},
                        "l": {"type": "array", "items": {"type": "string"}},
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                    "required": ["f"],
                },
                "encoding": {"l": {"style": "form", "explode": True}},
            }
        },
    }


def test_responses_of_swagger_have_content_by_what_is_produced() -> None:
    body = """produces: [application/json, text/csv]
responses:
  200: {description: ok, schema: {type: array, items: {type: string}}, examples: {text/csv: 'a,b'}, headers: {X-N: {type: array, items: {type: integer}, description: n}}}
  default: {description: none}
  201: {description: only an example, examples: {text/plain: x}}"""
    data = upgraded(operation(body, SWAGGER)).data
    media = {"schema": {"type": "array", "items": {"type": "string"}}}
    assert at(data, GET + "/responses") == {
        "200": {
            "description": "ok",
            "headers": {
                "X-N": {
                    "description": "n",
                    "schema": {"type": "array", "items": {"type": "integer"}},
                    "style": "simple",
                    "explode": False,
                }
            },
            "content": {"application/json": media, "text/csv": media | {"example": "a,b"}},
        },
        "default": {"description": "none"},
        "201": {"description": "only an example", "content": {"text/plain": {"example": "x"}}},
    }


def test_a_file_that_is_answered_is_bytes() -> None:
    data = upgraded(operation("responses: {200: {description: '', schema: {type: file, title: t}}}", SWAGGER)).data
    assert at(data, GET + "/responses/200/content") == {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary", "title": "t"}}
    }


@pytest.mark.parametrize(
    ("response", "content"),
    [
        ("{description: '', schema: {type: string}}", {"application/json": {"schema": {"type": "string"}}}),
        (
            "{description: '', type: array, items: {schema: {type: string}}}",
            {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}},
        ),
        ("{description: '', content: {' a/b ': {type: string}}}", {"a/b": {"schema": {"type": "string"}}}),
        ("{description: '', content: {a/b: ~}}", {"a/b": {}}),
    ],
)
def test_a_schema_astray_in_a_response_is_put_right(response: str, content: Object) -> None:
    data, notes = noted(operation(f"responses: {{200: {response}}}"))
    assert at(data, GET + "/responses/200/content") == content
    assert all(note.kind == "repair" and note.certain for note in notes)
    assert notes or content == {"a/b": {}}


@pytest.mark.parametrize(
    ("version", "content"),
    [
        ("openapi: 3.1.0", "content: {application/json: {schema: {type: object}}}"),
        ("openapi: 3.1.0", "content: {type: void}"),
        (SWAGGER, "schema: {type: object}"),
    ],
)
@pytest.mark.parametrize("status", ["204", "205", "304"])
def test_a_response_that_http_sends_without_content_has_none(version: str, content: str, status: str) -> None:
    data, notes = noted(operation(f"responses: {{{status}: {{{content}, description: d}}}}", version))
    assert at(data, f"{GET}/responses") == {status: {"description": "d"}}
    assert (f"content of a response {status}", "HTTP has none in it") in [(note.before, note.after) for note in notes]


def test_status_codes_have_one_spelling() -> None:
    data, notes = noted(
        operation("responses: {2xx: {}, 3XX: ~, 4xx: {description: a}, 5xX: {}, Default: {}, ok: {}, 600: {}, x-r: 1}")
    )
    named = {"2XX": "", "3XX": "", "4XX": "a", "5XX": "", "default": ""}
    described = {status: {"description": text} for status, text in named.items()}
    assert at(data, GET + "/responses") == {**described, "x-r": 1}
    repairs = [(note.before, note.after) for note in notes if note.kind == "repair"]
    assert repairs == [("2xx", "2XX"), ("4xx", "4XX"), ("5xX", "5XX"), ("Default", "default")]
    assert sorted(note.kind for note in notes if note.kind != "repair") == ["loss", "loss"]


def test_a_status_that_is_spelled_in_two_ways_has_the_response_of_the_right_one() -> None:
    for responses in ("4XX: {description: right}, 4xx: {}", "4xx: {}, 4XX: {description: right}"):
        data, notes = noted(operation(f"responses: {{{responses}}}"))
        assert at(data, GET + "/responses") == {"4XX": {"description": "right"}}
        assert [(note.kind, note.after) for note in notes] == [("loss", "4xx is left out: 4XX is stated too")]


# -- the document


@pytest.mark.parametrize(
    ("head", "servers"),
    [
        (SWAGGER, [{"url": "/"}]),
        (SWAGGER + "\nbasePath: v1/", [{"url": "/v1"}]),
        (SWAGGER + "\nhost: a.org", [{"url": "https://a.org"}]),
        (
            SWAGGER + "\nhost: a.org:8080\nbasePath: /v1\nschemes: [https, http]",
            [{"url": "https://a.org:8080/v1"}, {"url": "http://a.org:8080/v1"}],
        ),
        (SWAGGER + "\nhost: https://a.org/", [{"url": "https://a.org"}]),
        (SWAGGER + "\nhost: {{HOST}}\nbasePath: /v1", [{"url": "https://{{HOST}}/v1"}]),
        ("openapi: 3.0.0", [{"url": "/"}]),
        ("openapi: 3.0.0\nservers: []", [{"url": "/"}]),
        (
            "openapi: 3.0.0\nservers: [{url: v1, variables: {a: {default: b}}}]",
            [{"url": "v1", "variables": {"a": {"default": "b"}}}],
        ),
        ("openapi: 3.0.0\nservers: {url: v1}", [{"url": "v1"}]),
        ("openapi: 3.0.0\nservers: [v1, 1]", [{"url": "v1"}]),
    ],
)
def test_servers(head: str, servers: Json) -> None:
    assert upgraded(head + "\npaths: {}\n").data["servers"] == servers


def test_security_schemes_of_swagger() -> None:
    text = f"""{SWAGGER}
paths: {{}}
security: [{{o: [r]}}]
securityDefinitions:
  b: {{type: basic, description: d}}
  k: {{type: apiKey, in: header, name: X}}
  o: {{type: oauth2, flow: accessCode, authorizationUrl: https://a/, tokenUrl: https://t/, scopes: {{r: read}}, x-k: 1}}
  p: {{type: oauth2, flow: application, tokenUrl: https://t/}}
"""
    data = upgraded(text).data
    assert data["security"] == [{"o": ["r"]}]
    assert at(data, "/components/securitySchemes") == {
        "b": {"type": "http", "scheme": "basic", "description": "d"},
        "k": {"type": "apiKey", "in": "header", "name": "X"},
        "o": {
            "type": "oauth2",
            "x-k": 1,
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": "https://a/",
                    "tokenUrl": "https://t/",
                    "scopes": {"r": "read"},
                }
            },
        },
        "p": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://t/", "scopes": {}}}},
    }


def test_security_schemes_of_3_stay() -> None:
    schemes = {"a": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}, "b": {"type": "openIdConnect", "openIdConnectUrl": "https://x/"}, "c": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a/", "scopes": {}}}}}  # fmt: skip
    assert (
        at(
            upgraded({"openapi": "3.0.0", "paths": {}, "components": {"securitySchemes": schemes}}).data,
            "/components/securitySchemes",
        )
        == schemes
    )


def test_a_document_without_title_or_version_has_one() -> None:
    data, notes = noted("openapi: 3.0.0\npaths: {}\nx-root: 1\nnonsense: 2\n")
    assert data["info"] == {"title": "api", "version": "0"}
    assert data["x-root"] == 1
    assert sorted(note.kind for note in notes) == ["omission", "repair", "repair"]


def test_webhooks_and_additional_operations_are_kept() -> None:
    text = "openapi: 3.2.0\ninfo: {title: t, version: 1.10}\nwebhooks: {w: {post: {responses: {}}}}\npaths: {/a: {query: {responses: {}}, additionalOperations: {COPY: {responses: {}}}}}\n"
    data, notes = noted(text)
    assert data["openapi"] == "3.1.0"
    assert data["webhooks"] == {"w": {"post": {"responses": {}}}}
    assert data["paths"] == {"/a": {"query": {"responses": {}}, "additionalOperations": {"COPY": {"responses": {}}}}}
    assert notes == []


def test_webhooks_under_their_earlier_name_are_read() -> None:
    text = """openapi: 3.0.3
info: {title: t, version: '1'}
x-webhooks:
  ended:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
      parameters: [{name: webhook-id, in: header, type: string}]
      responses: {'200': {description: ''}}
components: {schemas: {S: {type: string, nullable: true}}}
"""
    report = Report()
    document = upgraded(text, report)
    assert "x-webhooks" not in document.data
    assert at(document.data, "/webhooks/ended/post/parameters/0/schema") == {"type": "string"}
    assert at(document.data, "/components/schemas/S/type") == ["string", "null"]
    assert document.origin("/webhooks/ended/post").pointer == "/x-webhooks/ended/post"
    assert document.origin("/webhooks").pointer == "/x-webhooks"
    with pytest.raises(DocumentError, match="there are no paths"):
        upgraded("openapi: 3.0.3\ninfo: {title: t, version: '1'}\n")


# -- whatever a document holds, it is read or refused with faults

WHOLE: list[Object] = [
    {
        "swagger": "2.0", "info": {"title": "t", "version": "1"}, "host": "a", "basePath": "/", "schemes": ["http"], "consumes": ["a/b"], "produces": ["a/b"],
        "securityDefinitions": {"o": {"type": "oauth2", "flow": "implicit", "scopes": {}}}, "security": [{"o": []}], "tags": [{"name": "t"}],
        "parameters": {"P": {"name": "p", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "csv"}},
        "responses": {"R": {"description": "d", "schema": {"$ref": "#/definitions/D"}, "headers": {"h": {"type": "string"}}, "examples": {"a/b": 1}}},
        "definitions": {"D": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/definitions/D"}}, "allOf": [{"type": "object"}], "discriminator": "a"}},
        "paths": {"/a/{i}": {"parameters": [{"name": "i", "in": "path", "required": True, "type": "string"}], "post": {
            "parameters": [{"$ref": "#/parameters/P"}, {"name": "f", "in": "formData", "type": "file"}], "responses": {"200": {"$ref": "#/responses/R"}}}}},
    },
    {
        "openapi": "3.0.3", "info": {"title": "t", "version": "1", "description": {"$ref": "x.md"}}, "servers": [{"url": "/"}],
        "paths": {"/a/<int:i>#x": {"get": {"operationId": "g", "parameters": [{"$ref": "#/components/parameters/P"}], "requestBody": {"$ref": "#/components/requestBodies/B"},
            "responses": {"2xx": {"$ref": "#/components/responses/R"}}, "callbacks": {"c": {"e": {"$ref": "#/paths/~1b"}}}, "servers": []}}, "/b": {"get": {"responses": {}}}},
        "components": {
            "parameters": {"P": {"name": "p", "in": "query", "schema": {"type": "string", "nullable": True}, "examples": {"e": {"$ref": "#/components/examples/E"}}}},
            "examples": {"E": {"value": 1}}, "headers": {"H": {"schema": {"type": "string"}}},
            "requestBodies": {"B": {"content": {"multipart/form-data": {"schema": {"type": "object"}, "encoding": {"a": {"headers": {"h": {"$ref": "#/components/headers/H"}}}}}}}},
            "responses": {"R": {"description": "d", "headers": {"h": {"$ref": "#/components/headers/H"}}, "content": {"a/b": {"schema": {"$ref": "#/components/schemas/S/properties/p"}}}}},
            "schemas": {"S": {"properties": {"p": {"oneOf": [{"$ref": "#/components/schemas/T"}], "discriminator": {"propertyName": "k", "mapping": {"t": "T"}}}}}, "T": {"type": "int", "items": {}}},
            "securitySchemes": {"o": {"type": "oauth2", "flows": {"implicit": {"scopes": {}}}}},
        },
    },
]  # fmt: skip


def pointers(value: Json, pointer: str = "") -> list[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer] + [inner for key, member in members for inner in pointers(member, join(pointer, key))]


PLACES = [(which, pointer) for which, document in enumerate(WHOLE) for pointer in pointers(document) if pointer]
ODD = st.sampled_from([None, True, False, 0, 1.5, "", "text", "#/definitions/D", [], [None], [[]], ["a"], [{}], {}, {"a": None}, {"$ref": "#/paths"}, {"$ref": 1}, {"$ref": "#/components/schemas/T"}, {"type": []}, {"": ""}])  # fmt: skip


def outcome(document: Object, report: Report) -> tuple[Document | None, tuple[Fault, ...]]:
    try:
        return upgraded(document, report), ()
    except DocumentError as error:
        return None, error.faults


@settings(max_examples=15 * settings().max_examples // 4, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
def test_a_damaged_document_is_read_or_refused_with_faults(damage: list[tuple[tuple[int, str], Json]]) -> None:
    which = damage[0][0][0]
    document = copy.deepcopy(WHOLE[which])
    for (index, pointer), value in damage:
        around, _, key = pointer.rpartition("/")
        try:
            container = at(document, around)
            at(document, pointer)
        except LookupError:
            continue
        if index == which and isinstance(container, dict):
            container[key.replace("~1", "/").replace("~0", "~")] = copy.deepcopy(value)
        elif index == which and isinstance(container, list):
            container[int(key)] = copy.deepcopy(value)
    report = Report()
    resolved, faults = outcome(document, report)
    if resolved is None:
        assert faults
        assert all(fault.message and fault.remedy and fault.file == "api.yaml" for fault in faults)
        return
    json.dumps(resolved.data)
    assert all(note.line for note in report.notes)
    for pointer in pointers(resolved.data):
        assert resolved.origin(pointer).file == "api.yaml"


def test_a_path_parameter_without_a_schema_is_text() -> None:
    data, notes = noted(operation("parameters: [{name: id, in: path}]", path="/a/{id}"))
    assert at(data, "/paths/~1a~1{id}/get/parameters") == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    assert sorted((note.before, note.certain) for note in notes) == [
        ("a path parameter that isn't required", True),
        ("neither schema nor type", False),
    ]


def test_a_body_parameter_of_swagger_in_a_document_of_3_is_a_request_body() -> None:
    data, notes = noted(operation("parameters: [{name: b, in: body, required: true, schema: {type: object}}]"))
    assert at(data, GET + "/requestBody/content") == {"application/json": {"schema": {"type": "object"}}}
    assert [note.kind for note in notes] == ["repair"]


def test_a_second_body_is_left_out_and_reported() -> None:
    data, notes = noted(
        operation(
            "parameters: [{name: a, in: body, schema: {}}, {name: b, in: body, schema: {}}, {name: c, in: formData, type: string}]",
            SWAGGER,
        )
    )
    assert at(data, GET + "/requestBody/x-body-name") == "a"
    assert [note.kind for note in notes] == ["loss", "loss"]


@pytest.mark.parametrize(
    ("body", "version", "pointer", "expected", "kinds"),
    [
        ("parameters: [{name: p, in: query, schema: {type: string}, type: integer}]", "openapi: 3.0.3", "/parameters/0/schema", {"type": "string"}, ["omission"]),
        ("parameters: [{name: p, in: query, type: integer}]", "openapi: 3.0.3", "/parameters/0/schema", {"type": "integer"}, ["repair"]),
        ("parameters: [{name: p, in: query, type: array, items: {type: array, collectionFormat: pipes, items: {}}}]", SWAGGER, "/parameters/0/schema/items", {"type": "array", "items": {}}, ["omission"]),
        ("parameters: [{name: p, in: header, schema: {}, allowReserved: true, allowEmptyValue: false}]", "openapi: 3.0.3", "/parameters/0", {"name": "p", "in": "header", "required": False, "schema": {}}, ["omission", "omission"]),
        ("parameters: [{name: p, in: body, type: string}]", SWAGGER, "/requestBody/content", {"application/json": {"schema": {"type": "string"}}}, ["repair"]),
        ("parameters: [{name: p, in: formData, schema: {type: string}}]", SWAGGER, "/requestBody/content/application~1x-www-form-urlencoded/schema/properties", {"p": {"type": "string"}}, []),
        ("parameters: [{name: p, in: body, schema: {}}]\nrequestBody: {content: {a/b: {}}}", "openapi: 3.0.3", "/requestBody/content", {"a/b": {}}, ["loss"]),
        ("requestBody: 3\nresponses: {200: {description: d}}", "openapi: 3.0.3", "/responses", {"200": {"description": "d"}}, ["omission"]),
        ("requestBody: {schema: {type: string}}", "openapi: 3.0.3", "/requestBody", {"required": False, "content": {"application/json": {"schema": {"type": "string"}}}}, ["repair"]),
        ("responses: {200: {schema: {}, content: {a/b: {}}, examples: {}}}", "openapi: 3.0.3", "/responses/200", {"description": "", "content": {"a/b": {}}}, ["omission", "omission"]),
        ("schemes: [http]", SWAGGER, "", {"responses": {}}, ["omission"]),
        ("servers: {url: v1}", "openapi: 3.0.3", "/servers", [{"url": "v1"}], ["repair"]),
        ("servers: [v1]", "openapi: 3.0.3", "/servers", [{"url": "v1"}], ["repair"]),
    ],
)  # fmt: skip
def test_what_stands_astray_is_moved_or_reported(
    body: str, version: str, pointer: str, expected: Json, kinds: list[str]
) -> None:
    data, notes = noted(operation(body, version))
    assert at(data, GET + pointer) == expected
    assert sorted(note.kind for note in notes) == kinds


def test_our_extensions_in_a_schema_are_a_fault() -> None:
    text = operation("parameters: [{in: query, name: a, schema: {x-omics-name: b}}]")
    report = Report()
    assert at(upgraded(text, report).data, GET + "/parameters/0/schema") == {}
    assert [fault.message for fault in report.faults] == ["x-omics-name has no effect in a schema; it is ignored"]


def test_a_form_field_without_a_name_is_a_fault() -> None:
    text = operation("parameters: [{in: formData, type: string}, {in: formData, name: a, type: string}]", SWAGGER)
    with pytest.raises(DocumentError, match="a form's field has no name"):
        upgraded(text, Report(strict=True))
    body = at(upgraded(text).data, GET + "/requestBody/content/application~1x-www-form-urlencoded/schema/properties")
    assert body == {"a": {"type": "string"}}
