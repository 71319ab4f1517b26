"""The figures of published documents in the sandbox."""

import json
from pathlib import Path

import pytest

from tests.compat import sandbox_cycles

DOCUMENT = """\
openapi: 3.1.0
info: {title: "A | registry", version: "1"}
paths:
  /samples:
    get:
      parameters: [{name: limit, in: query, schema: {type: integer}}, {name: cursor, in: query, schema: {type: string}}]
      responses:
        "200":
          description: A page.
          content:
            application/json:
              schema:
                type: object
                required: [samples]
                properties:
                  samples: {type: array, items: {$ref: "#/components/schemas/Sample"}}
                  next_cursor: {type: string, description: Absent on the last page.}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Sample"}}}}
      responses: {"201": {description: Made., content: {application/json: {schema: {$ref: "#/components/schemas/Sample"}}}}}
  /samples/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: One., content: {application/json: {schema: {$ref: "#/components/schemas/Sample"}}}}}}
    delete: {responses: {"204": {description: Done.}}}
components:
  schemas:
    Sample:
      type: object
      required: [id, name]
      properties: {id: {type: string, readOnly: true}, name: {type: string, maxLength: 30}}
"""


@pytest.mark.sandbox
@pytest.mark.timeout(300)
def test_a_document_is_served_and_driven(tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(DOCUMENT)
    (tmp_path / "package").mkdir()
    row = sandbox_cycles.tried(tmp_path / "registry.yaml", tmp_path / "package")
    assert row["incomplete"] == {}
    assert (row["document"], row["resources"], row["complete"], row["paged"], row["updated"]) == (
        "A | registry",
        1,
        1,
        1,
        0,
    )
    assert row["wrong_bodies"] == {"missing": [1, 1], "type": [1, 1], "value": [1, 1]}


def test_kept_results_reach_the_goal() -> None:
    rows = json.loads(sandbox_cycles.RESULTS.read_text(encoding="utf-8")).values()
    assert sum(row["complete"] for row in rows) >= sandbox_cycles.GOAL * sum(row["resources"] for row in rows)
