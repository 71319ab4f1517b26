"""The command line of a generated package prints all pages, by whatever way its document has them."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.cli.package import PackageProgram

TEXT: dict[str, Any] = {"type": ["string", "null"]}
ITEM = {"type": "object", "properties": {"name": TEXT}}
PAGE = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": ITEM}, "next_after": TEXT, "total": {"type": "integer"}},
}
SEARCH = {"type": "object", "properties": {"q": TEXT, "after": TEXT}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://things.example.org"}],
    "paths": {
        "/search": {
            "post": {
                "operationId": "search",
                "requestBody": {"content": {"application/json": {"schema": SEARCH}}},
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": PAGE}}}},
            }
        }
    },
}
# The first page has no items, and lacks their list.
PAGES: dict[str | None, Any] = {
    None: {"total": 3, "next_after": "1"},
    "1": {"items": [{"name": "a"}, {"name": "b"}], "next_after": "2"},
    "2": {"items": [{"name": "c"}], "next_after": None},
}


@pytest.mark.parametrize(
    ("words", "printed", "requests"),
    [
        (["--output", "jsonl"], '{"name": "a"}\n{"name": "b"}\n{"name": "c"}\n', 3),
        (
            ["--output", "json"],
            {"total": 3, "next_after": "1", "items": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
            3,
        ),
        (["--output", "tsv"], "name\na\nb\nc\n", 3),
        (["--output", "json", "--no-paginate"], {"total": 3, "next_after": "1"}, 1),
    ],
)
def test_all_pages_of_a_search_are_printed(
    generate: Callable[[dict[str, Any]], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    printed: object,
    requests: int,
) -> None:
    package = generate(DOCUMENT)
    module = importlib.import_module(f"{package.__name__}.client")
    seen: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json=PAGES[seen[-1].get("after")])

    class Things(module.ThingApi):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "transport": httpx.MockTransport(respond)})

    monkeypatch.setattr(module, "ThingApi", Things)
    folder = Path(str(package.__file__)).parent
    (command,) = json.loads((folder / "commands.json").read_text(encoding="utf-8"))
    assert command["paged"] == "items?"
    program = PackageProgram(
        "things", "Things.", "1", str(folder), f"{package.__name__}.client:ThingApi", servers=[], credentials=[]
    )
    assert program.run(["search", "--q", "x", *words]) == 0
    out = capfd.readouterr().out
    assert (json.loads(out) if isinstance(printed, dict) else out) == printed
    assert [body["q"] for body in seen] == ["x"] * requests
