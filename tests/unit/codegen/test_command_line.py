"""The options of a package's command line for its servers and credentials."""

import ast
from typing import Any

from omicsdk.cli.arguments import general_options
from omicsdk.cli.package import BASE_URL, OUTPUT_FILE
from omicsdk_codegen.command_line import command_line, credential_options
from omicsdk_codegen.naming import GENERAL_OPTIONS
from omicsdk_codegen.plan import Package
from omicsdk_codegen.texts import Code
from planned_documents import planned
from small_documents import document
from small_documents import operation as operation_of

KEY = {"type": "apiKey", "in": "header", "name": "x-key"}


def _package(schemes: dict[str, Any] | None = None, **more: Any) -> Package:
    data = document(
        {"/a": {"get": operation_of(operationId="getA", status=204)}},
        components={"securitySchemes": schemes or {}},
        security=[{name: []} for name in schemes or {}],
    )
    return planned({**data, **more}, "a")


def _module(package: Package) -> dict[str, Any]:
    tree = ast.parse(command_line(package, "a_b", "1.0", Code("made for a test")))
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.keywords) == 2)
    return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}


def test_the_general_options_are_known() -> None:
    names = {option["name"] for option in [*general_options(), OUTPUT_FILE]} | {BASE_URL, "server", "servers"}
    assert {name.replace("-", "_") for name in names} <= GENERAL_OPTIONS


def test_options_are_named_after_schemes() -> None:
    schemes = {
        "OAuth2Security": {"type": "oauth2", "flows": {}},
        "bearerAuth": {"type": "http", "scheme": "bearer", "description": "From the *settings* page."},
        "X-API-Key": KEY,
        "basic": {"type": "http", "scheme": "Basic"},
        "open": {"type": "openIdConnect", "openIdConnectUrl": "https://a.example/"},
        "files": {"type": "mutualTLS"},
    }
    options = credential_options(_package(schemes))
    assert {option["type"] for option in options} == {"string"}
    help_ = [
        (option["name"], option["python"], option["metavar"], str(option["help"]).partition(" of the")[0])
        for option in options
    ]
    assert help_ == [
        ("oauth2-security", "OAuth2Security", "TOKEN", "Token"),
        ("bearer-auth", "bearerAuth", "TOKEN", "Token"),
        ("x-api-key", "X-API-Key", "KEY", "Key"),
        ("basic", "basic", "USER:PASSWORD", "User name and password"),
        ("open", "open", "TOKEN", "Token"),
        ("files", "files", "CERTIFICATE,KEY", "Files"),
    ]
    assert "settings" in str(options[1]["help"])


def test_a_scheme_does_not_take_the_name_of_another_option() -> None:
    names = [option["name"] for option in credential_options(_package({"output": KEY, "server": KEY, "key": KEY}))]
    assert names == ["output-credentials", "server-credentials", "key"]


def test_schemes_that_differ_in_signs_only_have_two_options() -> None:
    names = [option["name"] for option in credential_options(_package({"api-key": KEY, "api_key": KEY}))]
    assert len(set(names)) == 2


def test_texts_of_a_document_are_literals() -> None:
    odd = '"""\'; import os {{ x }} \\'
    package = _package({odd: {**KEY, "description": odd}}, info={"title": odd, "version": "1", "description": odd})
    (option,) = _module(package)["credentials"]
    assert option["python"] == odd


def test_servers_are_options() -> None:
    stage = {"default": "v1", "enum": ["v1", "v2"], "description": "Which."}
    variables = {"stage": stage, "data_center": {"default": "eu"}}
    servers = [
        {"url": "https://a.example/{stage}/{data_center}", "variables": variables, "description": "Live."},
        {"url": "https://b.example", "description": "Test."},
    ]
    operation = {"operationId": "a", "servers": [{"url": "https://c.example"}], "responses": {}}
    package = _package(servers=servers, paths={"/a": {"get": operation}})
    choices = {server["name"]: server for server in _module(package)["servers"]}
    assert choices["server"]["choices"] == ["https://a.example/{stage}/{data_center}", "https://b.example"]
    assert choices["server"]["default"] == choices["server"]["choices"][0]
    assert "https://b.example: Test)" in choices["server"]["help"]
    assert (choices["stage"]["choices"], choices["stage"]["default"]) == (["v1", "v2"], "v1")
    assert choices["servers"]["type"] == "object"
    assert "https://c.example" in choices["servers"]["help"]
    assert choices["data-center"] == {
        "name": "data-center",
        "python": "data_center",
        "type": "string",
        "choices": None,
        "default": "eu",
        "help": "The variable data_center of the server's URL.",
    }
    assert _module(_package())["servers"] == []


def test_a_variable_of_a_server_does_not_take_the_name_of_another_option() -> None:
    variables = {name: {"default": "a"} for name in ("version", "output", "stage")}
    package = _package(
        {"server_version": KEY},
        servers=[{"url": "https://a.example/{version}/{output}/{stage}", "variables": variables}],
    )
    names = {option["python"]: option["name"] for option in _module(package)["servers"]}
    assert names == {"version": "server-version", "output": "server-output", "stage": "stage"}
    assert [option["name"] for option in credential_options(package)] == ["server-version-credentials"]
