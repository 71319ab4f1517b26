"""A small document, and the command that generates a package from it."""

from pathlib import Path

import pytest
from omicsdk.cli.main import main

DOCUMENT = """\
openapi: 3.0.3
info: {title: "Small <b>one</b>", version: "1.2", description: "What it \\"does\\"."}
servers: [{url: "https://small.example"}]
paths:
  /a/{id}:
    get:
      operationId: getA
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: fine, content: {application/json: {schema: {allOf: [{type: string}, {type: integer}]}}}}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(DOCUMENT)
    return path


def run_codegen(*words: object, debug: bool = False) -> int:
    return main(["codegen", *map(str, words), *(["--debug"] if debug else [])])
