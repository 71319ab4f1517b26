"""Where a document's descriptions are in a package: each at one place, and nothing where the document has none."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk_codegen.descriptions import describe, facts_text
from omicsdk_codegen.plan import Package
from omicsdk_codegen.project import files_around
from omicsdk_codegen.render import render_package
from omicsdk_codegen.texts import beyond, summary
from planned_documents import planned
from small_documents import content, document, reference

STATUS = {"type": "string", "description": "Whether it was sequenced"}
SAMPLE: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "status": STATUS, "of": reference("Donor"), "any": {}},
}
DONOR: dict[str, Any] = {"type": "object", "description": "A person.", "properties": {"class": {"type": "string"}}}
HEADER = {"description": "What is left", "schema": {"type": "integer"}}
DONE = {"200": {"description": "", **content(reference("Sample"))}}
DOCUMENT = document(
    {
        "/bare/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "bare", "responses": {"200": {**DONE["200"], "headers": {"X-Left": HEADER}}}},
        },
        "/twice": {"get": {"operationId": "twice", "summary": "List all", "description": "List all.", "responses": DONE}},
        "/longer": {"get": {"operationId": "longer", "description": "Count them.\n\nFast.", "responses": DONE}},
    },
    {"Sample": SAMPLE, "Donor": DONOR},
    info={"title": "Samples", "version": "1", "description": "Samples. Of one laboratory."},
    webhooks={"done": {"post": {"requestBody": content(SAMPLE), "responses": {"200": {}}}}},
)  # fmt: skip


def _package(data: dict[str, Any] = DOCUMENT) -> Package:
    return planned(data, "samples")


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    package = _package()
    return {
        **render_package(package, "Generated for a test."),
        **files_around(package, "samples", Path("samples.yaml")),
    }


def _fields(text: str) -> dict[str, str | None]:
    """The annotated names of a module's classes, each with the docstring below it."""
    docstrings: dict[str, str | None] = {}
    for holder in ast.walk(ast.parse(text)):
        if isinstance(holder, ast.ClassDef):
            for statement, following in zip(holder.body, [*holder.body[1:], None], strict=True):
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                    docstrings[statement.target.id] = str(following.value.value) if is_text else None
    return docstrings


def test_descriptions_are_below_fields_and_nowhere_else(files: dict[str, str]) -> None:
    text = files["models/sample.py"]
    fields = _fields(text)
    assert fields["status"] == "Whether it was sequenced."
    assert [fields[name] for name in ("id", "any", "additional_properties")] == [None, None, None]
    assert text.count("Whether it was sequenced") == 1
    assert "Attributes:" not in "".join(files.values())


def test_a_field_of_another_name_states_that_of_the_document(files: dict[str, str]) -> None:
    assert _fields(files["models/donor.py"])["class_"] == "Its name in the document is class."


def test_headers_are_described_below_their_fields(files: dict[str, str]) -> None:
    assert _fields(files["headers.py"])["x_left"] == "X-Left. What is left."


def test_a_class_without_a_description_has_no_docstring(files: dict[str, str]) -> None:
    classes = {
        node.name: ast.get_docstring(node)
        for text in (files["models/sample.py"], files["models/donor.py"])
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }
    assert classes == {"Sample": None, "Donor": "A person."}


def test_an_argument_without_a_description_is_listed(files: dict[str, str]) -> None:
    assert "id (str): Required.\n" in files["operations/bare.py"]


def test_a_summary_is_not_repeated(files: dict[str, str]) -> None:
    commands = {row["name"]: row for row in json.loads(files["commands.json"])}
    assert (commands["twice"]["summary"], commands["twice"]["description"]) == ("List all", "")
    assert (commands["longer"]["summary"], commands["longer"]["description"]) == ("Count them.", "Fast.")
    assert files["operations/twice.py"].count("List all") == 2  # of the module and of the function
    assert "Samples.\n\n    Of one laboratory.\n" in files["client.py"]


def test_the_readme_has_no_line_twice(files: dict[str, str]) -> None:
    lines = [line for line in files["README.md"].splitlines() if line and not line.startswith("```")]
    assert len(set(lines)) == len(lines)
    assert "- `bare(*, id)`: `GET /bare/{id}`.\n" in files["README.md"]
    assert "- `twice()`: `GET /twice`. List all.\n" in files["README.md"]


@pytest.mark.parametrize(
    ("info", "beginning"),
    [
        ({"title": "Samples"}, "# Samples\n\nA typed client"),
        ({"title": "Samples", "description": "Samples."}, "# Samples\n\nA typed client"),
        ({"title": "Samples", "description": "Of a laboratory."}, "# Samples\n\nOf a laboratory.\n\nA typed client"),
    ],
)
def test_the_readme_does_not_repeat_its_title(info: dict[str, str], beginning: str) -> None:
    around = files_around(_package({**DOCUMENT, "info": info}), "samples", Path("samples.yaml"))
    assert beginning in around["README.md"]


@pytest.mark.parametrize("is_copy", [True, False])
def test_the_readme_imports_what_users_may_import(is_copy: bool) -> None:
    scheme = {"type": "http", "scheme": "bearer"}
    data = {
        **DOCUMENT,
        "security": [{"token": []}],
        "components": {**DOCUMENT["components"], "securitySchemes": {"token": scheme}},
    }
    text = files_around(_package(data), "samples", Path("samples.yaml"), "copy" if is_copy else "omicsdk")["README.md"]
    assert "_runtime" not in text
    assert ("from samples import BearerToken, SamplesApi\n" in text) is is_copy
    assert ("from omicsdk.core.credentials import BearerToken\n" in text) is not is_copy


@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        ({"summary": "ListThings", "description": "Things, by name. More."}, "Things, by name."),
        ({"summary": "List things", "description": "Things, by name."}, "Things, by name."),
        ({"summary": "List things"}, "List things"),
        ({"summary": "List all things", "description": "Things, by name."}, "List all things"),
    ],
)
def test_a_summary_that_is_the_name_gives_way_to_a_description(operation: dict[str, str], shown: str) -> None:
    data = {**DOCUMENT, "paths": {"/things": {"get": {"operationId": "listThings", "responses": DONE, **operation}}}}
    rendered = render_package(_package(data), "Generated for a test.")
    (command,) = json.loads(rendered["commands.json"])
    assert command["summary"] == shown
    assert rendered["operations/list_things.py"].splitlines()[1] == f'"""{shown}"""'
    assert (operation["summary"] in rendered["operations/list_things.py"]) is (operation["summary"] == shown)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("## Overview\n\nThe service. More.", "The service."),
        ("# Overview\nThe service.", "The service."),
        ("Overview\n========\n\n---\nThe service.", "The service."),
        ("# Overview", "Overview"),
        ("#1 of all", "#1 of all"),
        ("Title\n--\nText", "Title -- Text"),
    ],
)
def test_a_summary_is_no_heading(text: str, line: str) -> None:
    assert summary(text) == line


@pytest.mark.parametrize(
    ("headline", "text", "rest"),
    [
        ("List all", "List all.", ""),
        ("List all.", "list all", ""),
        ("List all", "List all things.", "List all things."),
        ("List all", "List all. Of a page.\nMore.", "Of a page.\nMore."),
        ("List all", "List\nall.\n\nOf a page.", "Of a page."),
        ("List all", "", ""),
        ("", "List all.", "List all."),
        ("All", "All.well", "All.well"),
    ],
)
def test_what_a_text_states_beyond_its_headline(headline: str, text: str, rest: str) -> None:
    assert beyond(headline, text) == rest


# -- bounds and defaults, as facts


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"minimum": 10, "maximum": 500, "default": 100}, "From 10 to 500. Default: 100."),
        ({"minimum": 1.0}, "At least 1."),
        ({"exclusiveMaximum": 5}, "Less than 5."),
        ({"format": "int32"}, ""),
        ({"format": "uuid", "pattern": "a+"}, "Format uuid. Matches `a+`."),
        ({"maxLength": 5}, "At most 5 characters."),
        ({"minItems": 1, "maxItems": 3, "uniqueItems": True}, "From 1 to 3 items. Items are unique."),
        ({"default": {"a": [1]}, "deprecated": True}, 'Default: {"a": [1]}. Deprecated.'),
        ({"default": ""}, "Default: ''."),
        ({"type": "string"}, ""),
    ],
)
def test_bounds_and_defaults_are_reported(schema: dict[str, Any], text: str) -> None:
    assert facts_text(schema) == text


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (
            {
                "description": "Matches on a page, from 10 to 500; 100 when omitted",
                "minimum": 10,
                "maximum": 500,
                "default": 100,
            },
            "Matches on a page, from 10 to 500; 100 when omitted.",
        ),
        (
            {"description": "Matches on a page", "minimum": 10, "default": 100},
            "Matches on a page. At least 10. Default: 100.",
        ),
        ({"description": "Of 1.5 or more", "minimum": 5}, "Of 1.5 or more. At least 5."),
        ({"format": "uuid", "description": "A uuid"}, "A uuid."),
        ({"description": ""}, ""),
    ],
)
def test_what_a_description_states_is_not_reported_twice(schema: dict[str, Any], text: str) -> None:
    assert describe(schema) == text
