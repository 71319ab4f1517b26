"""The `omics` command, called in process, and commands of a client that is generated for tests."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.cli.main import Omics, main
from omicsdk.core import OMIT, Request
from omicsdk.core.bodies import json_body
from omicsdk.core.client import Client
from omicsdk.core.model import ANY
from omicsdk.core.operation import Operation
from omicsdk.core.pages import PagedOperation
from omicsdk.core.request import OperationFacts, Paging, request, segment
from omicsdk.core.response import Response, as_it_came
from omicsdk.core.streaming import StreamOperation
from user_commands import Stream

UUID = {"name": "uuid", "python": "uuid", "in": "path", "required": True, "type": "string", "help": "Which widget."}

COMMANDS: list[dict[str, Any]] = [
    {
        "name": "get_widgets",
        "command": "get-widgets",
        "method": "GET",
        "path": "/widgets",
        "summary": "List widgets 100% of the time.",
        "description": "Each has a name.\n\n- one\n- two",
        "paged": "data.widgets",
        "parameters": [
            {"name": "per_page", "in": "query", "type": "integer", "default": 2, "help": "How many a page, %d."},
            {"name": "query", "in": "query", "type": "string", "help": "Words to look for."},
        ],
    },
    {
        "name": "get_widget",
        "command": "get-widget",
        "method": "GET",
        "path": "/widgets/{uuid}",
        "summary": "Give one widget.",
        "parameters": [
            UUID,
            {"name": "replica", "in": "query", "required": True, "type": "string", "choices": ["aws", "gcp"]},
            {"name": "presignedurls", "in": "query", "type": "boolean"},
            {"name": "version", "in": "query", "type": "string"},
            {"name": "token", "in": "query", "type": "string"},
        ],
    },
    {
        "name": "put_widget",
        "command": "put-widget",
        "method": "PUT",
        "path": "/widgets/{uuid}",
        "summary": "Make a widget.",
        "parameters": [
            UUID,
            {"name": "files", "in": "body", "required": True, "type": "array", "items": "object"},
            {"name": "tags", "in": "body", "type": "array", "items": "string"},
            {"name": "anything", "in": "body", "type": "array"},
            {"name": "details", "in": "body", "type": "object"},
            {"name": "size", "in": "body", "type": "integer"},
            {"name": "ratio", "in": "body", "type": "number"},
        ],
    },
    {
        "name": "delete_widget",
        "command": "delete-widget",
        "method": "DELETE",
        "path": "/widgets/{uuid}",
        "summary": "Remove a widget.",
        "parameters": [UUID, {"name": "reason", "in": "body", "required": True, "type": "string"}],
    },
    {
        "name": "head_widget",
        "command": "head-widget",
        "method": "HEAD",
        "path": "/widgets/{uuid}",
        "summary": "Give a widget's headers.",
        "headers": True,
        "parameters": [UUID],
    },
    {
        "name": "get_blob",
        "command": "get-blob",
        "method": "GET",
        "path": "/blobs/{uuid}",
        "summary": "Give bytes.",
        "streams": True,
        "parameters": [UUID],
    },
    {
        "name": "get_twice",
        "command": "get-twice",
        "method": "GET",
        "path": "/twice",
        "summary": "Takes one name in two places.",
        "parameters": [
            {"name": "id", "python": "id", "in": "query", "type": "string"},
            {"name": "id", "python": "body_id", "in": "body", "type": "integer"},
        ],
    },
    {
        "name": "get_clash",
        "command": "get-clash",
        "method": "GET",
        "path": "/clash",
        "summary": "Takes options that are named like everyone's.",
        "parameters": [
            {"name": name, "python": name.replace("-", "_"), "in": "query", "type": "string"}
            for name in ("help", "output", "debug", "yes", "access-token", "log-level")
        ],
    },
]


def _operation(command: dict[str, Any]) -> Any:
    items = command.get("paged")
    facts = OperationFacts(
        name=command["name"],
        method=command["method"],
        path=command["path"],
        streams=bool(command.get("streams")),
        paging=Paging("link", items) if items else None,
    )

    def build(**arguments: Any) -> Request:
        parameters = {p.get("python", p["name"]): p for p in command["parameters"]}
        assert arguments.keys() <= parameters.keys()
        path = command["path"].replace("{uuid}", segment("uuid", arguments.get("uuid", "-")))
        body = {n: v for n, v in arguments.items() if parameters[n]["in"] == "body"}
        query = [(parameters[n]["name"], v) for n, v in arguments.items() if parameters[n]["in"] == "query"]
        return request(facts, path, query=query, body=json_body(body or OMIT))

    if items:
        return PagedOperation(facts, build, plain, lambda page: page[items])
    return (StreamOperation if facts.streams else Operation)(facts, build, plain)


def plain(response: Response) -> Any:
    return response.json(as_it_came, ANY)


@dataclass
class Widgets:
    """What the fake service answers, and the requests to it."""

    response: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200, json={"ok": True})
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.response(request)


@pytest.fixture
def widgets(monkeypatch: pytest.MonkeyPatch) -> Widgets:
    """The service behind `omics widgets`."""
    service = Widgets()

    class WidgetsApi(Client):
        _default_base_url = "https://widgets.example/v1"

        def __init__(self, base_url: str | None = None, **options: Any) -> None:
            super().__init__(base_url, transport=httpx.MockTransport(service), **options)

    for command in COMMANDS:
        setattr(WidgetsApi, command["name"], _operation(command))
    module = ModuleType("omicsdk_api.widgets")
    module.WidgetsApi = WidgetsApi
    module.__all__ = ["AsyncWidgetsApi", "WidgetsApi"]
    monkeypatch.setitem(sys.modules, "omicsdk_api.widgets", module)
    for name in ("OMICS_WIDGETS_URL", "OMICS_WIDGETS_TOKEN", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return service


@pytest.fixture
def generated(tmp_path):
    """A folder of generated packages: widgets, and a service of two parts."""
    folder = tmp_path / "generated"
    for package in ("widgets", "store/shelves", "store/doors"):
        (folder / package).mkdir(parents=True)
        (folder / package / "commands.json").write_text(json.dumps(COMMANDS))
    listing = [[command["command"], command["summary"]] for command in COMMANDS]
    (folder / "index.json").write_text(
        json.dumps(
            {
                "widgets": {"title": "Widgets of the world", "commands": listing},
                "store/shelves": {"title": "Shelves", "commands": listing},
                "store/doors": {"title": "Doors", "commands": listing},
            }
        )
    )
    return folder


@pytest.fixture
def catalog(generated) -> Omics:
    """The commands of the fake service: `widgets` documented at the top, `store` not registered at all."""
    services: Any = {"widgets": {"title": "Widgets of the world", "documented": True, "index": "dss"}}
    return Omics(str(generated), services)


@dataclass
class Ran:
    """What a command line gave."""

    code: int
    stdout: bytes
    err: str

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def json(self) -> Any:
        assert self.stdout, self.err
        return json.loads(self.stdout)


@pytest.fixture
def omics(catalog: Omics, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Ran]]:
    """Runs `omics` in this process; `tty` makes its streams terminals, `typed` is what is typed."""

    def run(*words: str, tty: bool = False, typed: str = "", installed: bool = False) -> Ran:
        out, err = Stream(tty=tty), Stream(tty=tty)
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            patched.setattr(sys, "stdin", Stream(tty=tty, content=typed.encode()))
            code = main(words, catalog=None if installed else catalog)
        return Ran(code, out.content(), err.content().decode())

    return run


@pytest.fixture
def dss(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs `omics dss ...` in an empty folder, with the sandbox's address in its environment."""
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("OMICS_DSS_URL", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return lambda *words, **how: omics("dss", *words, installed=True, **how)
