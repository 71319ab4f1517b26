"""A client shows the documentation of an operation's `build`: in help(), inspect, IPython and editors."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import omicsdk
import omicsdk_api
import pytest


class LanguageServer:
    """basedpyright's language server, asked of one program."""

    def __init__(self, folder: Path, program: str) -> None:
        server = Path(sysconfig.get_path("scripts")) / "basedpyright-langserver"
        self._process = subprocess.Popen([server, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._count = 0
        place = folder.as_uri()
        self._lines = program.splitlines()
        self._file = f"{place}/program.py"
        self._ask(
            "initialize",
            processId=os.getpid(),
            rootUri=place,
            capabilities={},
            workspaceFolders=[{"uri": place, "name": "program"}],
        )
        self._send(method="initialized", params={})
        document = {"uri": self._file, "languageId": "python", "version": 1, "text": program}
        self._send(method="textDocument/didOpen", params={"textDocument": document})

    def hover(self, line: int, word: str) -> str:
        """What an editor shows over the end of a word."""
        at = {"line": line, "character": self._lines[line].index(word) + len(word) - 1}
        result = self._ask("textDocument/hover", textDocument={"uri": self._file}, position=at)
        return result["contents"]["value"]

    def _ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        self._send(id=self._count, method=method, params=params)
        while True:
            message = self._read()
            if "method" in message and "id" in message:  # it requests settings, and does without
                self._send(id=message["id"], result=[{}] if message["method"] == "workspace/configuration" else None)
            elif message.get("id") == self._count:
                return message["result"]

    def _send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(self._process.stdout.read(length))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


PROGRAM = """\
from omicsdk_api.dss import AsyncDssApi, DssApi

DssApi().get_bundle(uuid="u", replica="aws")
DssApi().get_bundle.iterate(uuid="u", replica="aws")
DssApi.get_bundle
AsyncDssApi().get_file.stream(uuid="u", replica="aws")
DssApi().get_bundle(uuid="u", replica="aws").bundle.files[0].indexed
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    folder = tmp_path_factory.mktemp("program")
    (folder / "program.py").write_text(PROGRAM)
    for package in (omicsdk, omicsdk_api):
        (folder / package.__name__).symlink_to(Path(package.__path__[0]), target_is_directory=True)
    running = LanguageServer(folder, PROGRAM)
    yield running
    running.close()


@pytest.mark.types
@pytest.mark.parametrize(
    ("line", "word", "documentation"),
    [
        (2, "get_bundle", "Read the manifest of a bundle."),
        (3, "get_bundle", "Read the manifest of a bundle."),
        (3, "iterate", "Read the manifest of a bundle."),
        (4, "get_bundle", "Read the manifest of a bundle."),
        (5, "get_file", "Read the contents of a file."),
        (5, "stream", "Read the contents of a file."),
    ],
)
def test_an_editor_shows_the_documentation(server: LanguageServer, line: int, word: str, documentation: str) -> None:
    shown = server.hover(line, word)
    assert documentation in shown
    assert "Storage replica to read from" in shown
    assert "replica: Literal['aws', 'gcp']" in shown


@pytest.mark.types
def test_an_editor_shows_the_description_of_a_field(server: LanguageServer) -> None:
    shown = server.hover(6, "indexed")
    assert "indexed: bool" in shown
    assert "Whether the file is metadata" in shown
