"""What report.json, the README and explanations state: contradictions, with their remedies, and streams."""

from pathlib import Path

import pytest
from omicsdk_codegen.explaining import as_text, explain
from omicsdk_codegen.generate import make_package, plan_package
from omicsdk_codegen.project import files_around

DOCUMENT = """\
openapi: 3.0.3
info: {title: Contradicting, version: "1"}
security: [{nowhere: []}]
paths:
  /a:
    get:
      operationId: getA
      security: [{}, {kye: [], gone: []}]
      parameters:
      - {name: i, in: query, schema: {type: integer, enum: [1, 2.0, b, c]}}
      - {name: n, in: query, schema: {type: string, nullable: true, enum: [a, null]}}
      - {name: s, in: query, schema: {type: strnig}}
      responses: {"204": {description: Done.}}
    post: {operationId: getA, security: [{key: []}], responses: {"204": {description: Done.}}}
  /a/{id}:
    get: {operationId: one, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
  /a/{name}:
    get: {operationId: two, parameters: [{name: name, in: path, required: true, schema: {type: string}}], responses: {}}
components: {securitySchemes: {key: {type: http, scheme: bearer}}}
"""

EXPECTED = [
    "3: the security scheme nowhere is not defined; how it is sent is unknown (/security/0/nowhere). Define it, or drop it.",
    "8: the security scheme kye is not defined; how it is sent is unknown (/paths/~1a/get/security/1/kye). "
    "Did you mean key? Define it, or drop it.",
    "8: the security scheme gone is not defined; how it is sent is unknown (/paths/~1a/get/security/1/gone). "
    "Define it, or drop it.",
    "10: enum has 'b', which is not of type integer; its values are used (/paths/~1a/get/parameters/0/schema/enum). "
    "Correct the type, or the values.",
    "12: 'strnig' is no type; any value (/paths/~1a/get/parameters/2/schema/type). Did you mean string? Types are null, "
    "boolean, integer, number, string, array, object.",
    "14: the operationId getA is that of GET /a too; they are called get_a_get_a and get_a_post_a "
    "(/paths/~1a/post/operationId). Use unique operationIds.",
    "17: the path /a/{name} is the same as /a/{id}; both are called (/paths/~1a~1{name}). State one path, with one name.",
]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "api.yaml"
    path.write_text(DOCUMENT)
    return path


def test_contradictions_are_reported_with_line_and_remedy(spec: Path) -> None:
    made = make_package(spec, (), "thing", origin="Generated for a test.")
    assert sorted(draft.name for draft in made.package.drafts) == ["get_a_get_a", "get_a_post_a", "one", "two"]
    lines = [
        f"{note.line}: {note.before}; {note.after} ({note.pointer}). {note.remedy}"
        for note in made.report.notes
        if note.remedy
    ]
    assert sorted(lines) == sorted(EXPECTED)
    assert {note.kind for note in made.report.notes if note.remedy} == {"repair", "untyped"}
    assert not made.report.faults


def test_a_function_of_fastapi_with_two_methods_has_each_in_a_name(tmp_path: Path) -> None:
    spec = tmp_path / "api.yaml"
    operation = "{operationId: multi_a__id__get, responses: {}}"
    path = f"/a/{{id}}: {{get: {operation}, post: {operation}}}"
    spec.write_text(f"openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths:\n  {path}\n")
    made = make_package(spec, (), "thing", origin="Generated for a test.")
    assert [draft.name for draft in made.package.drafts] == ["multi_a_id_get", "multi_a_id_post"]
    (note,) = [note for note in made.report.notes if note.remedy == "Use unique operationIds."]
    assert note.after == "they are called multi_a_id_get and multi_a_id_post"


def test_operations_that_an_overlay_names_do_not_share_an_operation_id(spec: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "- {target: \"$.paths['/a'].post\", update: {x-omics-name: add}}\n"
    )
    made = make_package(spec, (overlay,), "thing", origin="Generated for a test.")
    assert not [note for note in made.report.notes if "operationId" in note.before]
    overlay.write_text(f"{overlay.read_text()}- {{target: \"$.paths['/a'].get\", update: {{x-omics-name: add}}}}\n")
    made = make_package(spec, (overlay,), "thing", origin="Generated for a test.")
    (note,) = [note for note in made.report.notes if note.remedy == "Use unique names."]
    assert (Path(note.file).name, note.line) == ("overlay.yaml", 4)
    assert note.before == "the x-omics-name add is that of GET /a too"


# -- streams of typed items


STREAMING = """\
openapi: 3.0.3
info: {title: Stream, version: "1"}
paths:
  /lines:
    get:
      operationId: lines
      responses: {"200": {description: Rows., content: {application/x-ndjson: {schema: {$ref: "#/components/schemas/Row"}}}}}
  /events:
    get:
      operationId: events
      responses: {"200": {description: Rows., content: {text/event-stream: {schema: {$ref: "#/components/schemas/Row"}}}}}
  /text:
    get:
      operationId: text
      x-omics-stream: false
      responses: {"200": {description: Rows., content: {text/event-stream: {schema: {$ref: "#/components/schemas/Row"}}}}}
components: {schemas: {Row: {type: object, properties: {a: {type: string}}}}}
"""


@pytest.fixture
def streaming(tmp_path: Path) -> Path:
    path = tmp_path / "api.yaml"
    path.write_text(STREAMING)
    return path


def test_only_a_stream_that_is_read_as_text_is_untyped(streaming: Path) -> None:
    made = make_package(streaming, (), "thing", origin="Generated for a test.")
    assert [(note.kind, note.line) for note in made.report.notes] == [("untyped", 16)]
    readme = files_around(made.package, "thing", streaming)["README.md"]
    assert "- `lines()`: `GET /lines`, also `.iterate`, `.stream`.\n" in readme
    assert "- `events.iterate()`: `GET /events`, also `.stream`.\n" in readme
    assert "- `text()`: `GET /text`.\n" in readme


def test_the_items_of_a_stream_are_explained(streaming: Path) -> None:
    text = as_text(explain(plan_package(streaming, (), "client"), "events"))
    assert "  items   iterate gives events with Row as they arrive" in text
    assert "Models\n  Row  models/row.py" in text
