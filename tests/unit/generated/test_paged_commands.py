"""The command line of a generated package prints all pages, however its document has them, and streams as they arrive."""

import importlib
import json
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.cli.package import PackageProgram
from small_documents import content, document, list_of, object_of, operation

TEXT: dict[str, Any] = {"type": ["string", "null"]}
ITEM = object_of(name=TEXT)
PAGE = list_of(ITEM, next_after=TEXT, total={"type": "integer"})
SEARCH = operation(PAGE, operationId="search", requestBody=content(object_of(q=TEXT, after=TEXT)))
SERVERS = [{"url": "https://things.example.org"}]
DOCUMENT = document({"/search": {"post": SEARCH}}, servers=SERVERS)
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
    seen: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json=PAGES[seen[-1].get("after")])

    package = generate(DOCUMENT)
    (command,) = json.loads((Path(str(package.__file__)).parent / "commands.json").read_text(encoding="utf-8"))
    assert command["paged"] == "items?"
    assert _program(package, respond, monkeypatch).run(["search", "--q", "x", *words]) == 0
    out = capfd.readouterr().out
    assert (json.loads(out) if isinstance(printed, dict) else out) == printed
    assert [body["q"] for body in seen] == ["x"] * requests


def _program(
    package: ModuleType, respond: Callable[[httpx.Request], httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> PackageProgram:
    module: Any = importlib.import_module(f"{package.__name__}.client")

    init = partialmethod(module.ThingApi.__init__, transport=httpx.MockTransport(respond))
    monkeypatch.setattr(module, "ThingApi", type("Things", (module.ThingApi,), {"__init__": init}))
    folder, client = str(Path(str(package.__file__)).parent), f"{package.__name__}.client:ThingApi"
    return PackageProgram("things", "Things.", "1", folder, client, servers=[], credentials=[])


STREAM = {"200": {"description": "ok", **content(ITEM, "text/event-stream")}}
EVENTS = document({"/events": {"get": {"operationId": "listen", "responses": STREAM}}}, servers=SERVERS)
EVENT = 'id: {0}\ndata: {{"name": "{0}"}}\n\n'
LINE = '{{"data": {{"name": "{0}"}}, "event": "message", "id": "{0}", "retry": null}}\n'


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ([], EVENT),
        (["--output", "jsonl"], LINE),
        (["--output", "jsonl", "--columns", "data.name"], '{{"data.name": "{0}"}}\n'),
    ],
)
def test_events_are_printed_as_they_arrive(
    generate: Callable[[dict[str, Any]], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    printed: str,
) -> None:
    before_the_last: list[str] = []

    class Arriving(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield EVENT.format("a").encode()
            before_the_last.append(capfd.readouterr().out)
            yield EVENT.format("b").encode()

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Arriving())

    assert _program(generate(EVENTS), respond, monkeypatch).run(["listen", *words]) == 0
    assert [*before_the_last, capfd.readouterr().out] == [printed.format("a"), printed.format("b")]
