"""Streams of typed items, as report.json, the README and explanations state them."""

from pathlib import Path

import pytest
from omicsdk_codegen.explaining import as_text, explain
from omicsdk_codegen.generate import make_package, plan_package
from omicsdk_codegen.project import files_around

DOCUMENT = """\
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
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "api.yaml"
    path.write_text(DOCUMENT)
    return path


def test_only_a_stream_that_is_read_as_text_is_untyped(spec: Path) -> None:
    made = make_package(spec, (), "thing", origin="Generated for a test.")
    assert [(note.kind, note.line) for note in made.report.notes] == [("untyped", 16)]
    readme = files_around(made.package, "thing", spec)["README.md"]
    assert "- `lines()`: `GET /lines`, also `.iterate`, `.stream`.\n" in readme
    assert "- `events.iterate()`: `GET /events`, also `.stream`.\n" in readme
    assert "- `text()`: `GET /text`.\n" in readme


def test_the_items_of_a_stream_are_explained(spec: Path) -> None:
    text = as_text(explain(plan_package(spec, (), "client"), "events"))
    assert "  items   iterate gives events with Row as they arrive" in text
    assert "Models\n  Row  models/row.py" in text
