"""Every operation of a document is generated, or the report states why not."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk_codegen.declarations import declared_operations, declared_webhooks, left_out
from omicsdk_codegen.document import read
from omicsdk_codegen.faults import Report
from omicsdk_codegen.generate import GeneratedPackage, make_package

DOCUMENT = """\
openapi: 3.2.0
info: {title: Thing, version: "1"}
servers: [{url: "https://thing.example"}]
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    query:
      operationId: askThing
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}}
      responses: {"200": {description: Found., content: {application/json: {schema: {
        type: object, properties: {inner: {type: object, properties: {a: {type: string}}}}}}}}}
    additionalOperations:
      LINK:
        operationId: linkThing
        responses: {"200": {description: Linked., content: {application/json: {schema: {
          type: object, properties: {other: {type: object, properties: {b: {type: string}}}}}}}}}
      "not a method": {responses: {"204": {description: No.}}}
    post:
      operationId: postThing
      servers: [{url: "https://other.example"}]
      callbacks:
        done: {"{$request.query.url}": {post: {responses: {"204": {description: Seen.}}}}}
      responses: {"204": {description: Done.}}
    get:
      operationId: getThing
      servers: [{url: "https://thing.example"}]
      responses: {"204": {description: Done.}}
webhooks:
  changed: {post: {operationId: changed, responses: {"204": {description: Seen.}}}}
"""


@pytest.fixture
def made(tmp_path: Path) -> GeneratedPackage:
    spec = tmp_path / "thing.yaml"
    spec.write_text(DOCUMENT)
    return make_package(spec, (), "thing", origin="Generated for a test.")


def test_methods_of_openapi_3_2_are_operations(made: GeneratedPackage) -> None:
    assert [operation.name for operation in made.package.operations] == [
        "ask_thing", "get_thing", "link_thing", "post_thing",
    ]  # fmt: skip
    assert {name for name in made.files if name.startswith("models/")} == {
        "models/__init__.py",
        *(f"models/{name}.py" for name in (
            "ask_thing_response", "ask_thing_response_inner", "link_thing_response", "link_thing_response_other",
        )),
    }  # fmt: skip


def test_what_no_client_calls_is_in_the_report(made: GeneratedPackage) -> None:
    rows = [(row["kind"], row["before"], row["line"]) for row in made.report.rows()]
    assert rows == [
        ("omission", "the method 'not a method' of /things/{id}", 17),
        ("omission", "POST of the callback done of POST /things/{id}", 22),
        ("omission", "POST of the webhook changed", 29),
    ]


def test_nothing_of_the_corpus_dialects_is_left_over(tmp_path: Path) -> None:
    spec = tmp_path / "thing.yaml"
    spec.write_text(DOCUMENT)
    data = read(spec, report=Report()).data
    written = sum(text.count("responses:") for text in DOCUMENT.splitlines())
    assert sum(len(list(listed(data))) for listed in (declared_operations, declared_webhooks, left_out)) == written


def test_operations_have_the_path_that_is_sent_and_their_own_method_in_a_shared_name() -> None:
    operation = {"operationId": "seen_a__id__get", "responses": {}}
    data: Any = {
        "paths": {
            "/a/{id}": {"x-omics-sent-path": "/sent", "get": operation, "head": operation},
            "/b": {"get": operation, "head": {"operationId": "other"}},
        }
    }
    rows = [(declared.sent, declared.method, declared.wish) for declared in declared_operations(data)]
    assert rows == [
        ("/sent", "GET", "seen_a__id__get"),
        ("/sent", "HEAD", "seen_a__id__head"),
        ("/b", "GET", "seen_a__id__get"),
        ("/b", "HEAD", "other"),
    ]


def test_extensions_among_webhooks_and_callbacks_are_none() -> None:
    item = {"post": {"responses": {}}}
    operation = {"callbacks": {"called": {"x-mine": item, "{$url}": item, "text": "none"}}}
    data: Any = {"webhooks": {"x-mine": item, "done": item, "text": "none"}, "paths": {"/a": {"get": operation}}}
    assert [webhook.what for webhook in declared_webhooks(data)] == [
        "POST of the webhook done",
        "POST of the callback called of GET /a",
    ]


def test_what_of_a_webhook_is_not_read_is_in_the_report(tmp_path: Path) -> None:
    spec = tmp_path / "thing.yaml"
    spec.write_text("""\
openapi: 3.1.0
info: {title: Thing, version: "1"}
webhooks:
  changed:
    post:
      parameters: [{name: X-Signature, in: header, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object}}, application/xml: {schema: {type: object}}}}
      responses: {}
  posted: {post: {requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object}}}}, responses: {}}}
""")
    made = make_package(spec, (), "thing", origin="Generated for a test.")
    assert [(row["kind"], row["before"], row["after"], row["line"]) for row in made.report.rows()] == [
        (
            *("omission", "header X-Signature of the webhook changed"),
            *("not verified: x-omics-webhook-signature can state how it is made", 6),
        ),
        ("omission", "POST of the webhook changed as application/xml", "application/json is read", 7),
        (
            *("omission", "POST of the webhook posted"),
            *("not generated: its body is application/x-www-form-urlencoded, no JSON", 9),
        ),
    ]
    assert "def parse_changed(" in made.files["webhooks.py"]


def test_they_are_sent_as_they_are_spelled(
    made: GeneratedPackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import import_module

    from omicsdk_codegen.write import write_files

    write_files(tmp_path / "of_3_2", made.files)
    monkeypatch.syspath_prepend(tmp_path)
    sent: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.method} {request.url.path} {request.content.decode()}")
        return httpx.Response(200 if len(sent) != 1 else 503, json={"other": {"b": "c"}, "inner": {"a": "b"}})

    api: Any = import_module("of_3_2").ThingApi
    from omicsdk.core import Retry

    with api(transport=httpx.MockTransport(response), retry=Retry(attempts=2, base=0)) as client:
        assert client.ask_thing(id="1", text="x").inner.a == "b"
        assert client.link_thing(id="1").other.b == "c"
    assert sent == ['QUERY /things/1 {"text":"x"}', 'QUERY /things/1 {"text":"x"}', "LINK /things/1 "]


def test_headers_of_parts_without_a_value_are_in_the_report(tmp_path: Path) -> None:
    spec = tmp_path / "parts.yaml"
    spec.write_text("""\
openapi: 3.1.0
info: {title: Parts, version: "1"}
components: {headers: {Part: {schema: {type: string}}}}
paths:
  /parts:
    post:
      operationId: sendParts
      requestBody: {content: {multipart/form-data: {
        schema: {type: object, properties: {picture: {type: string}}},
        encoding: {picture: {contentType: image/png, headers: {X-Part: {$ref: "#/components/headers/Part"}}}}}}}
      responses: {"204": {description: Done.}}
""")
    made = make_package(spec, (), "parts", origin="Generated for a test.")
    assert [(row["kind"], row["before"], row["line"]) for row in made.report.rows()] == [
        ("omission", "headers of the field 'picture'", 10)
    ]
