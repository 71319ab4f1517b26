"""What a project's README lists besides its operations, and the version of its distribution."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from omicsdk_codegen.project import distribution_version, files_around
from omicsdk_codegen.runtime import bound
from packaging.version import Version
from planned_documents import planned
from small_documents import document, operation

_DONE = operation(status=204)
_REGION = {"default": "us", "enum": ["us", "eu"], "description": "Where the data are"}
_FILES = [{"url": "https://files.example|x"}, {"url": "https://f.example"}]
DOCUMENT = document(
    {"/a": {"get": {"operationId": "a", **_DONE}}, "/b": {"get": {"operationId": "b", "servers": _FILES, **_DONE}}},
    openapi="3.2.0",
    info={"title": "Bank", "version": "1"},
    servers=[
        {"url": "https://{region}.example", "name": "live", "variables": {"region": _REGION}, "description": "Money"},
        {"url": "https://test.example", "name": "test"},
    ],
    security=[{"id": [], "secret": []}],
    components={
        "securitySchemes": {name: {"type": "apiKey", "in": "header", "name": name} for name in ("id", "secret")}
    },
)


def _around(data: dict[str, Any]) -> dict[str, str]:
    return files_around(planned(data, "bank"), "bank", Path("bank.yaml"))


def test_servers_are_listed_with_their_arguments() -> None:
    text = _around(DOCUMENT)["README.md"]
    assert "| `server='live'` | `https://{region}.example` | Money. The default. |" in text
    assert "| `server='test'` | `https://test.example` |" in text
    assert "| `servers={'https://f.example': ...}` | `https://f.example` | Of 1 operation. |" in text
    assert "| `region='us'` | `{region}` | Where the data are. One of us, eu. |" in text


def test_a_document_with_one_server_lists_none() -> None:
    text = _around({**DOCUMENT, "servers": [{"url": "https://a.example"}], "paths": {"/a": DOCUMENT["paths"]["/a"]}})
    assert "## Servers" not in text["README.md"]
    assert "OPTIONS: dict[str, Any] = {}" in text["tests/test_operations.py"]


@pytest.mark.parametrize(("url", "path"), [("/api/v3/", "/api/v3"), ("/", ""), ("{x}", ""), ("example.org", "")])
def test_a_path_without_a_host_is_named_where_a_base_url_is(url: str, path: str) -> None:
    data = {**DOCUMENT, "servers": [{"url": url}], "paths": {"/a": DOCUMENT["paths"]["/a"]}}
    assert f'base_url="https://...{path}"' in _around(data)["README.md"]
    server = f"nothing but its path, {path}" if path else "none"
    assert f"the document names {server}, so it must be given" in " ".join(planned(data, "bank").client_doc.split())


def test_what_is_sent_together_is_passed_together() -> None:
    around = _around(DOCUMENT)
    assert "with BankApi(credentials={'id': ..., 'secret': ...}) as client:" in around["README.md"]
    assert "Pass one, or several by their names in the document" in around["README.md"]
    assert "from omicsdk.core.credentials" not in around["README.md"]
    assert (
        "OPTIONS: dict[str, Any] = {'servers': {'https://f.example': 'http://localhost'}}"
        in around["tests/test_operations.py"]
    )


def test_a_project_has_tests_with_a_server() -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "query", "name": "key"},
        "login": {"type": "http", "scheme": "Basic"},
        "token": {"type": "oauth2", "flows": {}},
        "other": {"type": "http", "scheme": "Digest"},
        "certificate": {"type": "mutualTLS"},
    }
    paths = {"/a": {"get": {"security": [{name: []} for name in schemes], **_DONE}}}
    around = _around({"paths": paths, "components": {"securitySchemes": schemes}})
    tests = around["tests/test_server.py"]
    assert "credentials={'key': token, 'login': (\"user\", token), 'token': token}" in tests
    assert "from bank import BankApi\nfrom bank import APIError\n" in tests
    assert tomllib.loads(around["pyproject.toml"])["project"]["optional-dependencies"]["sandbox"] == [bound("sandbox")]
    assert bound("sandbox").startswith("omicsdk[sandbox]>=")
    assert "credentials=None" in _around({"paths": {"/a": {"get": _DONE}}})["tests/test_server.py"]


def test_bodies_of_errors_are_mentioned_where_there_are_some() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    error = {"description": "", "content": {"application/json": {"schema": schema}}}
    for responses, is_there in (({"404": error}, True), ({"404": {"description": ""}}, False)):
        made = _around({"paths": {"/a": {"get": {"responses": {"200": {"description": ""}, **responses}}}}})
        assert ("`except bank.NotFound as error`" in made["README.md"]) is is_there


def test_the_function_that_verifies_webhooks_is_named() -> None:
    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}, **_DONE}
    signed = {**body, "parameters": [{"name": "webhook-signature", "in": "header", "schema": {"type": "string"}}]}
    for ended, paused, text in (
        (
            signed,
            None,
            "`unwrap(body, headers, secret)` verifies a webhook's signature and returns its model, or raises ",
        ),
        (signed, body, "`verify(body, headers, secret)` verifies its signature, or raises InvalidSignature of "),
        (body, None, ""),
    ):
        hooks = {"ended": {"post": ended}, **({"paused": {"post": paused}} if paused else {})}
        made = _around({**DOCUMENT, "webhooks": hooks})["README.md"]
        assert "`parse_ended(body)`" in made
        assert text in made
        assert ("(body, headers, secret)" in made) is (text != "")


def test_the_example_is_an_operation_that_anyone_can_try() -> None:
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/a": {"post": {"operationId": "make", **_DONE}},
        "/a/{id}": {"get": {"operationId": "one", "parameters": [one], **_DONE}},
        "/b": {"get": {"operationId": "all_of", **_DONE}},
    }
    text = _around({"paths": paths})["README.md"]
    assert "    ...  # client.all_of()\n" in text
    assert "\n```sh\nbank all-of\nbank --help\n```\n" in text
    del paths["/b"]
    assert "    ...  # client.one(id=...)\n" in _around({"paths": paths})["README.md"]


# -- its version


@pytest.mark.parametrize(
    ("document_version", "version"),
    [
        ("1.2.0", "1.2.0"),
        ("v1", "1"),
        ("2026-11-07", "2026.11.7"),
        ("2026-11-07-preview", "2026.11.7rc0"),
        ("1.0.0-beta.2+build.7", "1.0.0b2"),
        ("2.0-RC1", "2.0rc1"),
        ("0.0.1-dev", "0.0.1.dev0"),
        ("1.2.0 (old)", None),
        ("latest", None),
        ("", None),
    ],
)
def test_a_documents_version_is_the_distributions(document_version: str, version: str | None) -> None:
    assert distribution_version(document_version) == version
    assert version is None or str(Version(version)) == version
