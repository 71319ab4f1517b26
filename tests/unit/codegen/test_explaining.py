"""Explanations of how an operation is generated, with the places of their causes."""

import json
from pathlib import Path

import pytest
from omicsdk_codegen.explaining import UnknownOperation, as_json, as_text, explain
from omicsdk_codegen.generate import Planned, plan_package

DOCUMENT = """\
openapi: 3.0.3
info: {title: Thing, version: "1"}
paths:
  /things/<int:id>:
    get:
      operationId: getThing
      parameters:
        - {name: fields, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: str}}}
        - {name: mode, in: query, schema: {type: string, nullable: true, enum: [a, b]}}
      responses:
        200: {description: One., content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
    post:
      requestBody: {content: {application/json: {schema: {type: array, items: {type: string}}}}}
      responses: {204: {description: Done.}}
  /others:
    get: {operationId: getThing, tags: [others], responses: {}}
components:
  schemas:
    Thing: {type: object, properties: {inner: {$ref: "#/components/schemas/Inner"}}}
    Inner: {type: object, properties: {odd: {type: float}}}
"""
OVERLAY = """\
overlay: 1.0.0
info: {title: t, version: "1"}
actions:
- target: $.paths["/others"].get
  update:
    x-omics-name: other_things
"""


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    monkeypatch.chdir(tmp_path)
    Path("thing.yaml").write_text(DOCUMENT)
    Path("overlay.yaml").write_text(OVERLAY)
    return plan_package(Path("thing.yaml"), [Path("overlay.yaml")], "client")


def test_an_operation_is_reported_with_its_places(planned: Planned) -> None:
    text = as_text(explain(planned, "get_thing"))
    assert text.startswith(
        "get_thing: GET /things/{id}\n  stated at thing.yaml:5\n  named by operationId getThing\n"
        "  in its group things.get: path /things; get_thing without things\n"
        "  operations/get_thing.py\n  on the command line: things get, get-thing\n"
    )
    for line in (
        "  id      int, required, path parameter id  (thing.yaml:5)",
        "  fields  list[str], optional, query parameter fields, joined by |  (thing.yaml:8)",
        "  mode    Literal['a', 'b'] | None, optional, query parameter mode  (thing.yaml:9)",
        "  200  Thing  (thing.yaml:11)",
        "  Inner  models/inner.py  (thing.yaml:20)",
        "  repaired: 'str' -> string  (thing.yaml:8)",
        "  repaired: 'float' -> number  (thing.yaml:20)",
        "  repaired: /things/<int:id> -> /things/{id}  (thing.yaml:4)",
    ):
        assert line in text.splitlines(), text


@pytest.mark.parametrize("name", ["other_things", "other-things", "others.other_things", "GET /others", "get /others"])
def test_an_operation_goes_by_several_names(planned: Planned, name: str) -> None:
    explanation = explain(planned, name)
    assert explanation.name == "other_things"
    assert [(wish.name, wish.what, wish.place) for wish in explanation.wishes] == [
        ("x-omics-name", '"other_things"', "overlay.yaml:6")
    ]


def test_without_an_operation_id_method_and_path_name_it(planned: Planned) -> None:
    explanation = explain(planned, "POST /things/{id}")
    assert explanation.named == "method and path, for it has no operationId"
    assert [(part.name, part.what) for part in explanation.arguments] == [
        ("id", "int, required, path parameter id"),
        ("body", "list[str], optional, the whole body as application/json"),
    ]


def test_json_holds_the_same(planned: Planned) -> None:
    explanation = explain(planned, "get_thing")
    data = json.loads(as_json(explanation))
    assert data["arguments"][0] == {"name": "id", "what": "int, required, path parameter id", "place": "thing.yaml:5"}
    assert [note["kind"] for note in data["notes"]] == ["repair"] * len(explanation.notes)


def test_an_operation_that_does_not_exist_names_its_neighbours(planned: Planned) -> None:
    with pytest.raises(UnknownOperation, match="did you mean get_thing"):
        explain(planned, "get_thin")
    with pytest.raises(UnknownOperation, match="METHOD /path"):
        explain(planned, "zzz")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("getThin", "did you mean get_thing or other_things or things.get?"),
        ("other-thing", "did you mean other_things"),
        ("others.other_thing", "did you mean others.other_things"),
        ("GET /thing/{id}", "did you mean 'GET /things/{id}' or 'POST /things/{id}'"),
        ("PUT /things/{thing_id}", "did you mean 'POST /things/{id}' or 'GET /things/{id}'"),
        ("/others", "did you mean 'GET /others'"),
    ],
)
def test_what_comes_near_is_named_as_it_was_requested(planned: Planned, name: str, near: str) -> None:
    with pytest.raises(UnknownOperation) as caught:
        explain(planned, name)
    assert near in str(caught.value)


PAGED = """\
openapi: 3.0.3
info: {title: Samples, version: "1"}
paths:
  /samples:
    get:
      operationId: list_samples
      parameters: [{name: cursor, in: query, schema: {type: string}}]
      responses: {200: {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Page"}}}}}
  /files:
    get:
      operationId: list_files
      parameters: [{name: page, in: query, schema: {type: integer}}]
      responses: {200: {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Page"}}}}}
components:
  schemas:
    Page:
      type: object
      properties:
        samples: {type: array, items: {type: string}}
        next_cursor: {type: string, nullable: true}
"""


@pytest.fixture
def paged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    monkeypatch.chdir(tmp_path)
    Path("samples.yaml").write_text(PAGED)
    return plan_package(Path("samples.yaml"), [], "client")


def test_recognised_pages_are_explained_with_their_evidence(paged: Planned) -> None:
    lines = as_text(explain(paged, "list_samples")).splitlines()
    assert (
        "  pages  by token, recognised by the token of the next page: next_cursor of a response is the parameter cursor; "
        "iterate gives str of samples  (samples.yaml:20)"
    ) in lines
    assert (
        "  recognised: GET /samples by the token of the next page -> paged: style token, token cursor, next next_cursor, "
        "items samples?; next_cursor of a response is the parameter cursor (samples.yaml:20)  (samples.yaml:5)"
    ) in lines
    assert not any("/files" in line for line in lines)


def test_suggested_pages_are_explained_with_their_doubts(paged: Planned) -> None:
    text = as_text(explain(paged, "list_files"))
    assert "  pages  none; suggested by a page's number, uncertain: the number of all pages is not stated;" in text
    assert "  suggested: GET /files by a page's number -> not paged: style page, page page, items samples?" in text


def test_an_overlay_refuses_recognised_pages(paged: Planned, tmp_path: Path) -> None:
    overlay = tmp_path / "refusal.yaml"
    update = "update: {x-omics-pagination: false}"
    overlay.write_text(
        f'overlay: 1.0.0\ninfo: {{title: t, version: "1"}}\nactions: [{{target: "$.paths[\'/samples\'].get", {update}}}]\n'
    )
    assert paged.package.drafts[0].pages is not None
    refused = plan_package(Path("samples.yaml"), [overlay], "client")
    assert refused.package.drafts[0].pages is None
    assert [wish.what for wish in explain(refused, "list_samples").wishes] == ["false"]
    assert "pages" not in as_text(explain(refused, "list_samples")).replace("Page", "")


def test_retries_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs.yaml").write_text("""\
openapi: 3.0.3
info: {title: Runs, version: "1"}
paths:
  /runs:
    post:
      operationId: start
      parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
      responses: {204: {description: Done.}}
      x-fern-retries: {disabled: true}
    get: {operationId: list, responses: {204: {description: Done.}}}
""")
    runs = plan_package(Path("runs.yaml"), [], "runs")
    text = as_text(explain(runs, "start"))
    assert "Retries\n  key    a UUID for each call in the header idempotency-key  (runs.yaml:5)\n" in text
    assert "  retry  Retry(attempts=1)  (runs.yaml:5)" in text
    assert "Retries" not in as_text(explain(runs, "list"))
