"""Whatever a document calls its things and states of them, the package compiles and none of it runs."""

import ast
import json
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from omicsdk_codegen.naming import DEVICES
from omicsdk_codegen.project import files_around
from omicsdk_codegen.render import render_package
from planned_documents import planned

TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
EVIL = '"""\n\'\'\'{{ 7*7 }}{% raw %}\\N{BULLET}{__import__("os")}\r\x00\u202e\ud800'
NAMES = TEXT | st.sampled_from([
    EVIL, "self", "cls", "None", "class", "import", "__init__", "from_dict", "list", "str", "field", "model", "build", "parse",
    "items", "request", "con", "Aux", "", "é", "a-b", "a_b", "aB", "types", "Any", "importlib", "a" * 300, "../../x", "\u2028",
])  # fmt: skip


def document(names: list[str], text: str, default: Any) -> dict[str, Any]:
    """A document in which every name and text is one of those given."""
    first, *others = names
    schemas: dict[str, Any] = {
        name: {
            "type": "object",
            "title": text,
            "description": text,
            "required": [first],
            "properties": {other: {"type": "string", "description": text, "default": default} for other in names}
            | {"self": {"$ref": "#/components/schemas/" + others[0].replace("~", "~0").replace("/", "~1")}},
        }
        for name in others
    }
    parameters = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string", "enum": [text, name, "x"]}}
        for name in names
    ]
    key = "".join(char for char in first if char not in "{}#?")
    variable = {"default": "v", "enum": ["v", text], "description": text}
    server = {"url": f"https://{{{key}}}.example", "name": text, "description": text, "variables": {key: variable}}
    flow = {"tokenUrl": text, "refreshUrl": text, "deviceAuthorizationUrl": text, "scopes": {text: text}}
    schemes = {
        name: {"type": "apiKey", "in": "header", "name": text, "description": text}
        if number % 2
        else {"type": "oauth2", "flows": {"clientCredentials": flow}, "description": text}
        for number, name in enumerate(names)
    }
    paths: dict[str, Any] = {
        f"/{number}/{key}/{{{key}}}": {
            "post": {
                "operationId": name,
                "x-fern-idempotent": True,
                "tags": [names[number - 1]],
                "x-speakeasy-name-override": names[number - 2],
                "summary": text,
                "description": text,
                "deprecated": True,
                "parameters": [*parameters, {"name": key, "in": "path", "required": True, "schema": {"type": "string"}}],
                "servers": [server],
                "security": [{name: [text]}],
                "requestBody": {"content": {f"application/{text}+json": {"schema": {"type": "object", "properties": {
                    other: {"type": "string", "default": default} for other in names}}}}},
                "responses": {
                    "200": {"description": text, "content": {f"application/{text}+json": {"schema": {"oneOf": [
                        {"$ref": "#/components/schemas/" + other.replace("~", "~0").replace("/", "~1")} for other in others
                    ], "discriminator": {"propertyName": text}}}}},
                    "404": {"description": text},
                },
            }
        }
        for number, name in enumerate(names)
    }  # fmt: skip
    signed = [{"name": header, "in": "header", "schema": {}} for header in ("svix-signature", text, f"{text}signature")]
    webhooks = {
        name: {
            "post": {
                "parameters": signed,
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object", "properties": {"type": {"const": name}, first: {"const": f"{name}{text}"}}}}}},
            }
        }
        for name in names
    }  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": text, "version": text, "description": text},
        "servers": [{"url": text}, server],
        "tags": [{"name": name, "description": text, "parent": first} for name in others],
        "paths": paths,
        "webhooks": webhooks,
        "x-speakeasy-retries": {"strategy": "backoff", "statusCodes": [text, "5XX"], "backoff": {"exponent": text}},
        "x-fern-idempotency-headers": [{"header": f"{text}idempotency-key"}, {"header": "idempotency-key"}],
        "x-retries": text,
        "components": {"schemas": schemas, "securitySchemes": schemes},
        "security": [{name: [text] for name in names}],
    }


@settings(max_examples=5 * settings().max_examples // 8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NAMES, min_size=2, max_size=5, unique=True), TEXT | st.just(EVIL), st.none() | TEXT)
@example(["x", "y"], EVIL, EVIL)
@example(["build", "parse", "request", "field", "model"], EVIL, None)
@example([EVIL, "../../x"], "}}\n#", "{0}")
@example(["", EVIL], "0", None)
def test_every_text_stays_a_text(names: list[str], text: str, default: str | None) -> None:
    data = document(names, text, default)
    package = planned(data, "evil")
    files = render_package(package, f"Generated from {text}.")
    for path, source in files.items():
        assert path.isascii()
        assert not {".."} & set(path.split("/"))
        assert path.rpartition("/")[2].partition(".")[0].lower() not in DEVICES
        if path.endswith(".py"):
            _holds_no_foreign_calls(compile(source, path, "exec", ast.PyCF_ONLY_AST))
        elif path.endswith(".json"):
            json.loads(source)
    assert len({path.lower() for path in files}) == len(files)
    around = files_around(package, "evil", Path(f"{text}.yaml"))
    for source in around.values():
        assert all(char.isprintable() or char == "\n" for char in source)
    _calls_are_plain_values(around["tests/test_operations.py"], len(names))
    tomllib.loads(around["pyproject.toml"])
    assert len(package.operations) == len(names)
    assert sum(len(module.classes) for module in package.models) >= len(names) - 1


def _calls_are_plain_values(source: str, count: int) -> None:
    """A project's tests hold nothing of a document but literals."""
    (calls,) = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CALLS"
    ]
    assert isinstance(calls, ast.List)
    assert len(calls.elts) == count
    for call in calls.elts:
        assert isinstance(call, ast.Call)
        assert ast.unparse(call.func) == "Call"
        for keyword in call.keywords:
            ast.literal_eval(keyword.value)


ALLOWED = {
    "AttributeError", "Field", "OperationFacts", "Paging", "TypedDict", "array", "as_it_came", "cls", "define",
    "fitting", "frozenset", "get", "getattr", "given", "globals", "json_body", "literal", "mapping", "model", "model_of",
    "otherwise_typed", "request", "segment", "sorted", "tagged", "tagged_union", "union", "build",
    "import_module", "issuperset", "text", "raw_body", "form_body", "multipart_body", "members", "json_text", "from_dict", "json", "items", "values", "vars", "update", "late_names", "LateModule", "late_operations", "grouped_operations", "late_groups",
    "all", "blank", "rest_of", "locals", "_assign", "cast",
    "Server", "DocumentServers", "Scheme", "Security", "Flow", "chosen", "super", "__init__",
    "Repetition", "Retry", "range", "Signature", "EventPlace", "event_reader", "message", "read", "verify",
}  # fmt: skip


def _holds_no_foreign_calls(tree: ast.Module) -> None:
    # Of a document's only webhook the function is called by its name, which the document gave.
    allowed = {
        name.lstrip("_") for name in ALLOWED | {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = (
                function.id
                if isinstance(function, ast.Name)
                else function.attr
                if isinstance(function, ast.Attribute)
                else ""
            )
            assert name.lstrip("_") in allowed or name.endswith("Operation"), ast.dump(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or node.names[0].name
            assert module.split(".")[0] in {
                "__future__", "httpx", "attrs", "collections", "importlib", "omicsdk", "os", "typing",
            } or getattr(node, "level", 0), ast.dump(node)  # fmt: skip
