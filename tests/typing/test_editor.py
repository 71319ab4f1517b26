"""What editors show and where they lead, by pyright as a language server."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest

pytestmark = pytest.mark.types

PROGRAM = """import omicsdk

dss = omicsdk.Dss()
page = dss.get_bundle(uuid="a", replica="aws")
report = dss.download("a", replica="aws")
"""


class Editor:
    """An editor with one file open, which asks a language server."""

    def __init__(self, server: "subprocess.Popen[bytes]", file: Path) -> None:
        self._server, self._uri, self._numbers = server, file.as_uri(), count(1)
        folders = [{"uri": file.parent.as_uri(), "name": file.parent.name}]
        self._ask("initialize", {"processId": None, "workspaceFolders": folders, "capabilities": {}})
        self._send({"method": "initialized", "params": {}})
        document = {"uri": self._uri, "languageId": "python", "version": 1, "text": file.read_text()}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def at(self, text: str, method: str) -> Any:
        """What the server responds for the place after a text of the program."""
        before = PROGRAM[: PROGRAM.index(text) + len(text)]
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self._ask(f"textDocument/{method}", {"textDocument": {"uri": self._uri}, "position": position})

    def _ask(self, method: str, params: Mapping[str, object]) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while (message := _read(self._server.stdout)).get("id") != number or "method" in message:
            if "id" in message:  # the server's own request, for settings
                self._send({"id": message["id"], "result": None})
        return message["result"]

    def _send(self, message: Mapping[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._server.stdin.flush()


def _read(stream: IO[Any] | None) -> Any:
    assert stream is not None
    length = 0
    while header := stream.readline().strip().lower():
        if header.startswith(b"content-length:"):
            length = int(header.partition(b":")[2])
    return json.loads(stream.read(length))


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    file = tmp_path_factory.mktemp("project") / "program.py"
    file.write_text(PROGRAM)
    environment = Path(sys.prefix)
    settings = {"venvPath": str(environment.parent), "venv": environment.name}
    (file.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [str(Path(sys.executable).with_name("basedpyright-langserver")), "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=file.parent) as server:
        yield Editor(server, file)
        server.kill()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dss.get_b", ["uuid: str", "Literal['aws', 'gcp']", "Read the manifest of a bundle."]),
        ("dss.down", ["bundle_uuid: str", "-> Result", "Download a bundle into the folder"]),
        ("pag", ["BundlePage"]),
    ],
)
def test_an_editor_shows_arguments_and_documentation(editor: Editor, text: str, shown: list[str]) -> None:
    hover = editor.at(text, "hover")["contents"]["value"]
    assert [part for part in shown if part not in hover] == []


@pytest.mark.parametrize(("text", "shown"), [("get_bundle(", "uuid: str"), ("download(", "metadata_filter: str")])
def test_an_editor_shows_a_call_while_it_is_typed(editor: Editor, text: str, shown: str) -> None:
    (signature,) = editor.at(text, "signatureHelp")["signatures"]
    assert shown in signature["label"]


@pytest.mark.parametrize(
    ("text", "file", "line"),
    [
        ("dss.get_b", "omicsdk_api/dss/operations/get_bundle.py", "get_bundle = PagedOperation("),
        ("dss.down", "omicsdk/hca/dss/client.py", "    download = Workflow(downloads.download)"),
    ],
)
def test_an_editor_leads_to_readable_code(editor: Editor, text: str, file: str, line: str) -> None:
    (place,) = editor.at(text, "definition")
    assert place["uri"].endswith(file)
    lines = Path(place["uri"].removeprefix("file://")).read_text().splitlines()
    number: int = place["range"]["start"]["line"]
    assert lines[number].startswith(line)
