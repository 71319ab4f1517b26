"""The checker of generated clients: a client that does what its document states has no problems, any other has."""

import importlib
import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import define, field
from client_checker import check, main, model_nulls
from small_document import run_codegen

DOCUMENT = """\
openapi: 3.1.0
info: {title: Checked, version: "1"}
servers: [{url: "https://checked.example/{version}", variables: {version: {default: v1}}}]
security: [{key: []}]
paths:
  /items/{id}/{tags}:
    parameters:
    - {name: id, in: path, required: true, schema: {type: string}}
    - {name: tags, in: path, required: true, style: matrix, explode: true, schema: {type: array, items: {type: string}}}
    get:
      operationId: getItem
      parameters:
      - {name: limit, in: query, schema: {type: integer}}
      - {name: words, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: string}}}
      - {name: filter, in: query, style: deepObject, schema: {type: object, properties: {a: {type: string}, b: {type: integer}}}}
      - {name: json, in: query, content: {application/json: {schema: {type: object, properties: {a: {type: string}}}}}}
      - {name: X-Trace, in: header, schema: {type: string, enum: [on, off]}}
      - {name: crumb, in: cookie, schema: {type: string}}
      - {name: crumbs, in: cookie, schema: {type: array, items: {type: string}}}
      responses: {"200": {description: One., content: {application/json: {schema: {type: object, additionalProperties: {type: [string, "null"]}}}}}}
    patch:
      operationId: changeItem
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Change"}}}}
      responses:
        "204": {description: Done.}
        "404": {description: None., content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}}
        "409": {description: Changed., content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Problem"}}}}}
        default: {description: Wrong., content: {application/json: {schema: {$ref: "#/components/schemas/Problem"}}}}
  /form:
    post:
      operationId: sendForm
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Change"}}}}
      responses: {"200": {description: Text., content: {text/plain: {schema: {type: string}}}}}
  /files:
    post:
      operationId: sendFile
      requestBody: {content: {multipart/form-data: {schema: {type: object, properties: {file: {type: string, format: binary}, name: {type: string}}}}}}
      responses: {"201": {description: Made., content: {application/json: {schema: {type: array, items: {type: integer}}}}}}
    put:
      operationId: putFile
      requestBody: {required: true, content: {application/octet-stream: {schema: {type: string, format: binary}}}}
      responses: {"204": {description: Done.}}
  /fields:
    put:
      operationId: putFields
      requestBody: {required: true, content: {application/octet-stream: {schema: {$ref: "#/components/schemas/Change"}}}}
      responses: {"204": {description: Done.}}
    post:
      operationId: postFields
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Change"}}
          application/octet-stream: {schema: {$ref: "#/components/schemas/Change"}}
          application/xml: {schema: {type: object, properties: {name: {type: string}}}}
      responses: {"204": {description: Done.}}
    patch:
      operationId: patchFields
      requestBody:
        required: true
        content:
          application/merge-patch+json: {schema: {$ref: "#/components/schemas/Change"}}
          application/json-patch+json: {schema: {type: array, items: {type: object}}}
          text/csv: {schema: {type: string}}
      responses: {"204": {description: Done.}}
  /elsewhere:
    servers: [{url: "https://elsewhere.example"}]
    get: {operationId: getElsewhere, responses: {"204": {description: Done.}}}
  /beside:
    get: {operationId: getBeside, servers: [{url: "https://checked.example/beside"}], responses: {"204": {description: Done.}}}
  /events:
    post:
      operationId: postEvents
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {stream: {type: boolean}}}}}}
      responses:
        "200":
          description: Events.
          content:
            application/json: {schema: {type: object, properties: {a: {type: string}}}}
            text/event-stream: {schema: {type: object, properties: {a: {type: string}}}}
  /typed-events:
    get:
      operationId: getTypedEvents
      responses:
        "200":
          description: Events.
          content:
            text/event-stream:
              schema:
                type: object
                required: [event, data]
                properties:
                  event: {type: string, enum: [made]}
                  data: {type: string, contentMediaType: application/json, contentSchema: {type: object, properties: {a: {type: string}}}}
  /a%20b?kind=lines:
    get:
      operationId: getLines
      parameters: [{name: kind, in: query, required: true, schema: {enum: [lines]}}]
      responses: {"200": {description: Lines., content: {application/x-ndjson: {schema: {type: object, properties: {a: {type: string}}}}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Change:
      type: object
      required: [name]
      properties:
        name: {type: string}
        note: {type: [string, "null"]}
        number: {type: integer, readOnly: true}
        parts: {type: array, items: {type: string}}
    Problem: {type: object, required: [title], properties: {title: {type: string}, token: {type: string}, more: {type: object}}}
"""
SWAGGER = """\
swagger: "2.0"
info: {title: Checked, version: "1"}
host: checked.example
basePath: /v2
consumes: [application/json]
produces: [application/json]
paths:
  /a/<int:number>:
    get:
      operationId: getA
      parameters:
      - {name: number, in: path, required: true, type: integer}
      - {name: many, in: query, type: array, collectionFormat: multi, items: {type: string}}
      - {name: piped, in: query, type: array, collectionFormat: pipes, items: {type: string}}
      - {name: spaced, in: query, type: array, collectionFormat: ssv, items: {type: string}}
      responses: {200: {description: One., schema: {type: array, items: {type: string}}}}
    post:
      operationId: postA
      consumes: [multipart/form-data]
      parameters:
      - {name: number, in: path, required: true, type: integer}
      - {name: upload, in: formData, required: true, type: file}
      - {name: words, in: formData, type: array, items: {type: string}}
      responses: {204: {description: Done.}}
    put:
      operationId: putA
      parameters:
      - {name: number, in: path, required: true, type: integer}
      - {name: thing, in: body, required: true, schema: {type: object, properties: {a: {type: string}}}}
      responses: {204: {description: Done.}}
"""
SEVERAL_FILES = {
    "several.yaml": """\
openapi: 3.0.3
info: {title: Several, version: "1"}
servers: [{url: "https://several.example"}]
security: [{key: []}]
paths: {$ref: paths.yaml}
components: {$ref: "parts.yaml#/components"}
""",
    "paths.yaml": """\
/pets:
  post:
    operationId: addPet
    parameters: [{$ref: "parts.yaml#/others/parameters/limit"}]
    requestBody: {required: true, content: {application/json: {schema: {$ref: parts/Pet.yaml}}}}
    responses: {"204": {description: Done.}}
""",
    "parts.yaml": """\
components: {securitySchemes: {key: {$ref: "#/schemes/key"}}}
schemes: {key: {type: apiKey, in: header, name: X-Key}}
others: {$ref: parts/others.yaml}
""",
    "parts/others.yaml": "parameters: {limit: {name: limit, in: query, required: true, schema: {type: integer}}}",
    "parts/Pet.yaml": "{oneOf: [{$ref: ./Cat.yaml}, {$ref: ./Dog.yaml}], discriminator: {propertyName: kind}}",
    "parts/Cat.yaml": "{type: object, required: [kind], properties: {kind: {type: string}, a: {type: string}}}",
    "parts/Dog.yaml": "{type: object, required: [kind], properties: {kind: {type: string}, b: {type: string}}}",
}
NAMES = ("new", "old", "several")
_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("checked")
    for name, text in {"new.yaml": DOCUMENT, "old.yaml": SWAGGER, **SEVERAL_FILES}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    for name in NAMES:
        assert run_codegen(folder / f"{name}.yaml", "--name", f"checked_{name}", "--out", folder / name) == 0
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def _changed(folder: Path, name: str, module: str, old: str, new: str) -> ModuleType:
    """Import a copy of a generated package in which a text is replaced."""
    package = folder / f"changed_{next(_NUMBERS)}"
    # Without compiled modules: one of the same second and size would be taken for the changed text's.
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(folder / name / "src" / f"checked_{name}", package, ignore=ignored)
    text = (package / module).read_text()
    assert old in text
    (package / module).write_text(text.replace(old, new))
    importlib.invalidate_caches()
    return importlib.import_module(package.name)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_does_what_its_document_states(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder / f"{name}.yaml", _changed(folder, name, "client.py", "", "")) == []
    assert main(str(folder / f"{name}.yaml"), str(folder / name)) == 0
    assert capsys.readouterr().out == "0 problems: \n"


GET, PATCH, FIELDS = (f"operations/{name}.py" for name in ("get_item", "change_item", "patch_fields"))
ERRORS = "errors.py"


@pytest.mark.parametrize(
    ("name", "module", "old", "new", "kind"),
    [
        ("new", GET, 'method="GET"', 'method="PUT"', "method"),
        ("new", GET, 'f"/items/', 'f"/item/', "path"),
        ("new", GET, "'matrix', explode=True", "'matrix', explode=False", "path"),
        ("new", GET, '("limit", limit)', '("limits", limit)', "query"),
        ("new", GET, '"|"', '","', "query"),
        ("new", GET, '*deep_object("filter", filter)', '("filter", filter)', "query"),
        ("new", GET, "json_text(json)", '"{}"', "query"),
        ("new", GET, '"X-Trace"', '"X-Race"', "header"),
        ("new", GET, '("crumb", crumb)', '("crumbs", crumb)', "cookie"),
        ("new", GET, 'method="GET"', 'method="GET", accept="text/csv"', "accept"),
        ("new", GET, 'method="GET"', 'method="GET", public=True', "security"),
        ("new", GET, "response.json(", "[] and response.json(", "response"),
        ("new", GET, "    id: str,", "    more: str,\n    id: str,", "call"),
        ("new", PATCH, '"name": name', '"nom": name', "body"),
        ("new", PATCH, '"note": note', '"note": OMIT if note is None else note', "null"),
        ("new", PATCH, "bodies import json_body", "forms import form_body as json_body", "media type"),
        ("new", "operations/send_form.py", '"parts": as_list(parts)', '"parts": str(parts)', "body"),
        ("new", "operations/send_file.py", '"file": file', '"fil": file', "body"),
        ("new", "operations/put_file.py", "raw_body(body)", 'raw_body(b"")', "body"),
        ("new", "client.py", '("v1",)', '("v2",)', "server"),
        ("new", "commands.json", "/form", "/from", "missing"),
        ("new", "client.py", '_error_module = f"{__package__}.errors"', '_error_module = ""', "error"),
        ("new", ERRORS, "class NotFound(_NotFound, APIError)", "class NotFound(_Gone, APIError)", "error"),
        ("new", ERRORS, "class NotFound(_NotFound, APIError)", "class NotFound(_NotFound)", "error"),
        ("new", ERRORS, "return response.model(Problem)", "return response.model(Problem).title", "error"),
        (
            "new",
            ERRORS,
            "return response.model(Problem)",
            "return response.json(lambda data: data, model(lambda: Problem))",
            "error",
        ),
        ("new", ERRORS, '"Conflict": _read_', '"Gone": _read_', "error"),
        ("new", "models/problem.py", 'made.title = data["title"]', 'made.title = ""', "error"),
        ("new", GET, '("crumbs", joined(', '("crumb", joined(', "cookie"),
        ("new", GET, 'as_list(crumbs), ","', 'as_list(crumbs), "|"', "cookie"),
        ("new", "operations/put_fields.py", "as_list(parts)})", 'as_list(parts)}, "text/csv")', "media type"),
        ("new", FIELDS, 'json_body(body, "application/json-patch+json")', "json_body(body)", "media type"),
        ("new", FIELDS, 'BodyChoice(("text/csv",)', 'BodyChoice(("text/plain",)', "media type"),
        ("new", FIELDS, 'raw_body(body, "text/csv")', 'raw_body("", "text/csv")', "body"),
        ("new", "operations/get_elsewhere.py", 'server="https://elsewhere.example",', "", "server"),
        ("new", "operations/get_elsewhere.py", 'server="https://elsewhere.example",', "", "base url"),
        (
            "new",
            "client.py",
            '(Server("https://checked.example/beside")',
            '(Server("https://elsewhere.example")',
            "base url",
        ),
        ("new", "_runtime/servers.py", "return self.mapped[key]", "return base_url", "base url"),
        ("new", "operations/post_events.py", 'switch=("stream",)', "switch=()", "stream"),
        (
            "new",
            "operations/get_typed_events.py",
            "response.model(GetTypedEventsResponseData)",
            "response.text()",
            "stream",
        ),
        ("new", "operations/get_lines.py", '"application/x-ndjson")', '"application/jsonl")', "stream"),
        ("new", "_runtime/events.py", 'fields.get("id")', "None", "stream"),
        ("old", "operations/get_a.py", '"|"', '","', "query"),
        ("old", "operations/put_a.py", '"a": a', '"b": a', "body"),
        ("old", "client.py", "/v2", "", "server"),
        ("several", "operations/add_pet.py", '("limit", limit)', '("limits", limit)', "query"),
        ("several", "operations/add_pet.py", 'method="POST"', 'method="POST", public=True', "security"),
    ],
)
def test_what_a_client_does_otherwise_is_found(
    folder: Path, name: str, module: str, old: str, new: str, kind: str
) -> None:
    problems = check(folder / f"{name}.yaml", _changed(folder, name, module, old, new))
    assert kind in {problem.kind for problem in problems}


@define
class Dropping:
    """A model that treats None as absent."""

    a: str | None = field(default="x")

    def to_dict(self) -> dict[str, Any]:
        return {} if self.a is None else {"a": self.a}


@define
class Keeping(Dropping):
    """A model that sends None as null."""

    def to_dict(self) -> dict[str, Any]:
        return {"a": self.a}


def test_a_model_that_drops_none_is_found() -> None:
    assert [kind for kind, _ in model_nulls(Dropping())] == ["model null"]
    assert list(model_nulls(Keeping())) == []
