"""Clients of the services of TypeSpec's http-specs: a mock server checks their requests, and what they read is what it sent."""

import base64
import importlib
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx
import pytest
from claimed_ports import free_port
from omicsdk.core import ApiKey, BearerToken, Retry
from omicsdk.core.errors import OmicsError
from omicsdk.core.events import Event
from omicsdk_codegen.generate import make_package
from omicsdk_codegen.naming import package_name
from omicsdk_codegen.options import AS_TEXT, NATIVE, TypeOptions
from omicsdk_codegen.write import write_files
from real_servers import node, peer, running

TOKEN = BearerToken("https://security.microsoft.com/.default")
RECORD = {"a": 1, "b": 2}
# Arguments that scenarios do not state as a client has them: styles of paths and queries, empty bodies, a type of bytes.
CALLS: dict[str, dict[str, Any]] = {
    **{
        f"Routes_PathParameters_{style}Expansion_{form}_{kind}": {"param": value}
        for style in ("Simple", "Label", "Matrix")
        for form in ("Standard", "Explode")
        for kind, value in (("primitive", "a"), ("array", ["a", "b"]), ("record", RECORD))
    },
    "Routes_QueryParameters_QueryExpansion_Explode_record": {"param": RECORD},
    "Routes_QueryParameters_QueryExpansion_Explode_model": {"param": {"field": "status", "value": "active"}},
    "Type_File_Body_uploadFileDefaultContentType": {"content_type": "image/png"},
    "Type_Model_Visibility_getModel": {"body": {}},
    "Type_Model_Visibility_headModel": {"body": {}},
    "Type_Model_Visibility_putReadOnlyModel": {"body": {}},
}
# What a user states of a call besides its arguments; a scenario is called once with each.
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "Authentication_ApiKey_valid": [{"credentials": ApiKey("valid-key", header="x-ms-api-key")}],
    "Authentication_ApiKey_invalid": [{"credentials": {"ApiKeyAuth": "invalid-key"}}],
    "Authentication_Http_Custom_valid": [{"credentials": ApiKey("valid-key", header="authorization", prefix="SharedAccessKey ")}],
    "Authentication_Http_Custom_invalid": [{"credentials": ApiKey("invalid-key", header="authorization", prefix="SharedAccessKey ")}],
    "Authentication_OAuth2_valid": [{"credentials": TOKEN}],
    "Authentication_Union_validKey": [{"credentials": {"ApiKeyAuth": "valid-key"}}],
    "Authentication_Union_validToken": [{"credentials": {"OAuth2Auth": TOKEN}}],
    "Authentication_Noauth_Union_validToken": [{"credentials": TOKEN}],
    "Streaming_Sse_Protocol_reconnect": [{}, {"headers": {"Last-Event-ID": "event-1"}}],
}  # fmt: skip
# OpenAPI does not state how pages are requested.
DRIVEN = "/payload/pageable/server-driven-pagination"
PAGES = {
    f"{DRIVEN}/link-string": {"style": "continuation", "next": "next", "items": "pets"},
    f"{DRIVEN}/nested-link": {"style": "continuation", "next": "nestedNext.next", "items": "nestedItems.pets"},
    **{
        f"{DRIVEN}/continuationtoken/request-query-{place}": {"style": "token", "token": "token", **options}
        for place, options in {
            "response-body": {"next": "nextToken", "items": "pets"},
            "nested-response-body": {"next": "nestedNext.nextToken", "items": "nestedItems.pets"},
            "response-header": {"header": "next-token", "items": "pets"},
        }.items()
    },
}
# Scenarios that are not fulfilled, and why.
ARGUED: dict[tuple[str, ...], str] = {
    (
        "Routes_PathParameters_ReservedExpansion_*", "Routes_PathParameters_PathExpansion_*",
        "Routes_QueryParameters_QueryContinuation_*", "Parameters_Path_optional",
    ): "OpenAPI has no reserved characters, slashes and queries in paths, nor a path without its value",
    ("Payload_Pageable_ServerDrivenPagination_AlternateInitialVerb_post",): "a linked page is requested as the first one was",
    ("Payload_Pageable_XmlPagination_listWithNextLink",): "XML is text",
    ("Payload_ContentNegotiation_DifferentBody",): "the JSON of a status is read, and nothing else that it has",
    ("Payload_MultiPart_FormData_HttpParts_jsonArrayAndFileArray",): "each item of a list is a part of a form",
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A client, and the operations of its document.

    Attributes:
        client: The client.
        commands: What the package states of its operations.
        prefix: The path of the client's server.
    """

    client: Any
    commands: list[dict[str, Any]]
    prefix: str

    def operation(self, scenario: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]] | None:
        """The operation of a scenario, and its arguments in the path."""
        for command in self.commands:
            pieces = re.split(r"\{(.+?)\}", self.prefix + command["path"].rstrip("/"))
            pattern = "(.*)".join(re.escape(text) for text in pieces[::2])
            # Express needs an escape before a colon.
            match = re.fullmatch(pattern, scenario["uri"].replace("\\", ""))
            if match and command["method"].lower() == scenario["method"]:
                return command, dict(zip(pieces[1::2], match.groups(), strict=True))
        return None


class Driver:
    """Calls the operation of each scenario.

    Attributes:
        outcomes: What the calls of a scenario returned or raised, in their order.
        differences: What is not as the scenario states it: a status, or a value.
        results: What the server reports of each scenario.
    """

    def __init__(self, url: str, suite: Path, folder: Path, version: str, types: TypeOptions) -> None:
        self.outcomes: dict[str, list[Any]] = defaultdict(list)
        self.differences: list[tuple[str, Any, Any]] = []
        self.results: dict[str, str] = {}
        self._url, self._suite, self._folder, self._version, self._types = url, suite, folder, version, types

    def run(self, service: str, scenarios: list[dict[str, Any]]) -> None:
        """Generate the packages of a service's versions, and call the operations of its scenarios."""
        with ExitStack() as stack:
            documents = sorted((self._suite / "documents").glob(f"{service}@*{self._version}.json"))
            clients = [self._served(document, stack) for document in documents]
            for scenario in scenarios:
                matches = [(served, match) for served in clients if (match := served.operation(scenario))]
                # None is that of a linked page, or one that OpenAPI cannot describe.
                if matches:
                    served, (command, path) = matches[-1]
                    self._call(served.client, command, path, scenario)

    def _served(self, document: Path, stack: ExitStack) -> Served:
        content = json.loads(document.read_text())
        overlay = self._folder / "overlay.json"
        actions = [
            {"target": f"$.paths['{path}'].get", "update": {"x-omics-pagination": pages}}
            for path, pages in PAGES.items()
            if path in content["paths"]
        ]
        overlay.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "", "version": ""}, "actions": actions}))
        name = package_name(f"{self._folder.name} {document.stem}")
        overlays = [overlay] if actions else []
        made = make_package(document, overlays, name, origin="Generated for a test.", types=self._types, flat=True)
        write_files(self._folder / name, made.files)
        package = importlib.import_module(name)
        (of_client,) = (name for name in dir(package) if name.endswith("Api") and not name.startswith("Async"))
        server = (content.get("servers") or [{"url": self._url}])[0]
        version = document.stem.split("@")[1]
        variables = {name: self._url if name == "endpoint" else version for name in server.get("variables") or {}}
        client = getattr(package, of_client)(
            None if variables else self._url,
            **{re.sub("(?=[A-Z])", "_", name).lower(): value for name, value in variables.items()},
            retry=Retry(attempts=1),
            timeout=10,
        )
        prefix = httpx.URL(server["url"].format(**variables)).path.rstrip("/")
        return Served(stack.enter_context(client), json.loads(made.files["commands.json"]), prefix)

    def _call(self, client: Any, command: dict[str, Any], path: dict[str, str], scenario: dict[str, Any]) -> None:
        name, sent = scenario["name"], scenario["sent"]
        accept = {"headers": {"accept": sent["headers"]["accept"]}} if "accept" in sent["headers"] else {}
        for options in OPTIONS.get(name, [accept]):
            responses: list[httpx.Response] = []
            operation = getattr(client.with_options(after_response=responses.append, **options), command["name"])
            method = operation.iterate if hasattr(operation, "iterate") else operation
            try:
                outcome = method(**_arguments(command, path, sent) | CALLS.get(name, {}))
                outcome = list(outcome) if method is not operation else outcome
                # Of other pages, and of the rest of a stream, the scenario states nothing.
                if not hasattr(operation, "pages") and "Last-Event-ID" not in options.get("headers", {}):
                    expected = _expected(outcome, responses[-1], scenario)
                    if _plain(outcome) != expected:
                        self.differences.append((name, outcome, expected))
            except OmicsError as error:
                outcome = error
                if getattr(error, "status", None) != scenario["received"]["status"]:
                    self.differences.append((name, error, scenario["received"]["status"]))
            self.outcomes[name].append(outcome)


def _arguments(command: dict[str, Any], path: dict[str, str], sent: dict[str, Any]) -> dict[str, Any]:
    """What the request of a scenario has, as arguments."""
    body = _content(sent.get("body"))
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    arguments: dict[str, Any] = {}
    for parameter in command["parameters"]:
        name, kind = parameter["name"], parameter["type"]
        if parameter["python"] == "body" and body is not None:
            arguments["body"] = body
        elif parameter["in"] == "body" and isinstance(body, dict) and name in body:
            value = body[name]
            is_file = isinstance(value, list) and isinstance(value[0], tuple) and kind != "array"
            arguments[parameter["python"]] = value[0] if is_file else value
        else:
            values = {"path": path, "query": sent["query"], "header": headers}.get(parameter["in"], {})
            value = values.get(name.lower() if parameter["in"] == "header" else name)
            if value is None and parameter["required"] and len(parameter["choices"] or ()) == 1:
                value = parameter["choices"][0]
            if value is not None:
                arguments[parameter["python"]] = _typed(value, kind, parameter.get("items"))
    return arguments


def _typed(value: Any, kind: str, items: str | None) -> Any:
    """A text of a URL or a header as a value of a type."""
    if kind == "array":
        values = value if isinstance(value, list) else re.split(r"[,|\n\t ]|%20", value)
        return [_typed(item, items or "any", None) for item in values]
    return json.loads(value) if kind in ("boolean", "integer", "number") and isinstance(value, str) else value


def _content(body: dict[str, Any] | None) -> Any:
    """The content of a body of a scenario: JSON, text, bytes, or the fields of a form."""
    if body is None:
        return None
    if body["type"] == "multipart/form-data":
        fields = dict(body.get("parts", {}))
        for file in body.get("files", []):
            name, value = file["fieldname"], (file["originalname"], _content_of(file["content"]), file["mimetype"])
            fields[name] = [*fields.get(name, ()), value]
        return fields
    content = _content_of(body["content"])
    return json.loads(content) if body["type"].endswith("json") else content


def _content_of(content: Any) -> Any:
    return base64.b64decode(content["base64"]) if isinstance(content, dict) else content


def _expected(outcome: Any, response: httpx.Response, scenario: dict[str, Any]) -> Any:
    """What a call should have returned."""
    kind = response.headers.get("content-type", "")
    if scenario["method"] == "head":
        return outcome
    if "event-stream" in kind or "jsonl" in kind:
        content = _content_of(scenario["received"]["body"]["content"])
        text = content.decode() if isinstance(content, bytes) else content
        texts = re.findall(r"(?m)^data: (?!\[DONE\])(.*)$", text) if "event-stream" in kind else text.splitlines()
        is_text = [isinstance(item.data if isinstance(item, Event) else item, str) for item in outcome]
        return [text if is_plain else json.loads(text) for is_plain, text in zip(is_text, texts, strict=True)]
    if type(outcome) is bytes:
        return response.content
    return (response.json() if "json" in kind else response.text) if response.content else None


def _plain(value: Any) -> Any:
    """A value as JSON has it: models and values of native types state the text that was received."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, Event):
        return _plain(value.data)
    return value.to_dict() if hasattr(value, "to_dict") else getattr(value, "text", value)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    tools = Path(peer("typespec", "node_modules/@typespec"))
    folder = tmp_path_factory.mktemp("typespec")
    port = free_port()
    url = f"http://localhost:{port}"  # as its links have it
    git = folder / "git"  # which the server asks for the revision of its scenarios
    git.write_text("#!/bin/sh\n")
    git.chmod(0o700)
    serve = [node(), tools / "spector/dist/src/cli/cli.js", "serve", tools / "http-specs/specs", "--port", str(port)]
    environ = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    with running([*serve, "--coverageFile", folder / "coverage.json"], f"{url}/.coverage", folder, environ):
        yield url


@pytest.fixture(scope="module", params=[("3.2.0", AS_TEXT), ("3.0.0", TypeOptions(NATIVE))], ids=["3.2", "3.0-native"])
def driver(request: pytest.FixtureRequest, server: str, tmp_path_factory: pytest.TempPathFactory) -> Driver:
    suite, folder = Path(peer("typespec", "")), tmp_path_factory.mktemp("typespec")
    driver = Driver(server, suite, folder, *request.param)
    sys.path.insert(0, str(folder))
    scenarios = json.loads((suite / "scenarios.json").read_text().replace("{url}", server))
    for service in sorted({scenario["service"] for scenario in scenarios}):
        driver.run(service, [scenario for scenario in scenarios if scenario["service"] == service])
    sys.path.remove(str(folder))
    (coverage,) = httpx.get(f"{server}/.coverage", trust_env=False).json()
    driver.results = coverage["results"]
    return driver


def _argued(name: str) -> bool:
    return any(fnmatch(name, pattern) for patterns in ARGUED for pattern in patterns)


def test_all_scenarios_are_fulfilled_but_those_that_are_argued(driver: Driver) -> None:
    missing = {name for name, result in driver.results.items() if result != "pass"}
    assert [name for name in missing if not _argued(name)] == []
    assert [name for name in driver.results if _argued(name) and name not in missing] == []
    assert (len(driver.results), len(missing)) == (797, 19)


def test_statuses_and_values_are_those_of_the_responses(driver: Driver) -> None:
    assert [difference for difference in driver.differences if not _argued(difference[0])] == []


@pytest.mark.parametrize(
    "scenario",
    [
        "link", "linkString", "nestedLink", "ContinuationToken_requestQueryResponseBody",
        "ContinuationToken_requestQueryNestedResponseBody", "ContinuationToken_requestQueryResponseHeader",
    ],
)  # fmt: skip
def test_pages_are_followed_to_the_last(driver: Driver, scenario: str) -> None:
    first, *_ = driver.outcomes[f"Payload_Pageable_ServerDrivenPagination_{scenario}"]
    assert [item.id for item in first] == ["1", "2", "3", "4"]


def test_an_event_stream_is_resumed_after_an_event(driver: Driver) -> None:
    first, rest = driver.outcomes["Streaming_Sse_Protocol_reconnect"]
    assert [event.id for event in (*first, *rest)] == ["event-1", "event-2"]
