"""`omics sandbox` without a server: how documents are explained, what is printed at the start, and which folders failed."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.commands.sandbox import explain, load, reset, seed, up
from omicsdk.cli.output import Console
from omicsdk.core import ConfigError, SomeFailed, UsageError
from omicsdk.sandbox.engine import Explanation

READ = {"responses": {"200": {"description": "Read."}}}
ADD = {"responses": {"201": {"description": "Added."}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {"get": {"operationId": "listPets", **READ}, "post": {"operationId": "pets", **ADD}},
        "/pets/{id}": {"get": {"operationId": "getPet", "parameters": [], **READ}},
    },
}


class StandIn:
    """A sandbox of two services that serves nothing."""

    def __init__(self, folder: Path | None = None, *_: object, **options: object) -> None:
        self.folder, self.options, self.url, self.engines = folder, options, "http://127.0.0.1:1", ()

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, *_: object) -> None: ...

    def explain(self) -> dict[str, list[Explanation]]:
        return {
            name: [Explanation("GET", "/a", "handler", "", "", f"of {name}")]
            for name in ("trs", "dss", "gen3", "indexd")
        }

    def environment(self) -> dict[str, str]:
        return {"OMICS_SANDBOX_URL": self.url, "OMICS_DSS_TOKEN": "a b"}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Sandboxes are stand-ins, and a file and folders are in the working folder."""
    monkeypatch.setattr("omicsdk.sandbox.Sandbox", StandIn)
    monkeypatch.chdir(tmp_path)
    Path("pets.json").write_text(json.dumps(DOCUMENT))
    for name in ("one", "two", "three", "state"):
        Path(name).mkdir()


def console() -> tuple[Console, io.StringIO]:
    stderr = io.StringIO()
    return Console(stderr=stderr), stderr


@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        (None, ["GET /pets", "POST /pets", "GET /pets/{id}"]),
        ("getPet", ["GET /pets/{id}"]),
        ("pets", ["POST /pets"]),
        ("/pets", ["GET /pets", "POST /pets", "GET /pets/{id}"]),
        ("{id}", ["GET /pets/{id}"]),
    ],
)
def test_operations_are_chosen_by_name_or_else_by_path(operation: str | None, shown: list[str]):
    rows = explain("pets.json", operation=operation)
    assert [f"{row['method']} {row['path']}" for row in rows] == shown


def test_an_operation_or_document_that_does_not_exist_is_named():
    with pytest.raises(UsageError, match=r"pets\.json has no operation getCat"):
        explain("pets.json", operation="getCat")
    with pytest.raises(UsageError, match="nothing is neither a file nor a platform: dss, gen3, indexd, trs"):
        explain("nothing")


@pytest.mark.parametrize(("spec", "name"), [("dss", "dss"), ("gen3", "gen3"), ("gen3/indexd", "indexd")])
def test_a_platform_is_explained_by_its_name(spec: str, name: str):
    assert [row["operation"] for row in explain(spec)] == [f"of {name}"]


def test_a_folder_is_not_taken_for_a_document():
    Path("dss").mkdir()
    assert [row["operation"] for row in explain("dss")] == ["of dss"]


def test_variables_are_printed_and_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("omicsdk.sandbox.serve", lambda sandbox, ready: ready(sandbox))
    messages, stderr = console()
    up(dir="state", host="127.0.0.1", console=messages)
    lines = capsys.readouterr().out
    assert lines == "export OMICS_SANDBOX_URL=http://127.0.0.1:1\nexport OMICS_DSS_TOKEN='a b'\n"
    assert Path("state", "environment.sh").read_text() == lines
    assert "sandbox at http://127.0.0.1:1, state in state; Ctrl-C ends it" in stderr.getvalue()
    assert "warning" not in stderr.getvalue()


def test_folders_that_were_not_added_are_named(monkeypatch: pytest.MonkeyPatch):
    def seeded(_: object, source: dict[str, Any]) -> dict[str, Any]:
        if "two" in source.get("folder", "two"):
            raise ValueError("no such content")
        return {"bundle": Path(source["folder"]).name}

    monkeypatch.setattr("omicsdk.sandbox.control.seeded", seeded)
    messages, stderr = console()
    with pytest.raises(SomeFailed, match=r"^1 of 3 folders not added\.") as caught:
        seed(["one", "two", "three"], dir="state", console=messages)
    assert [str(error) for error in caught.value.errors] == [f"{Path('two').absolute()}: no such content"]
    assert caught.value.others == 2
    assert stderr.getvalue() == "omics: made bundle one\nomics: made bundle three\n"
    with pytest.raises(UsageError, match=r"two: no such content$"):
        seed(["two"], dir="state", console=messages)
    with pytest.raises(UsageError, match=r"^no such content$"):
        seed(exchanges="pets.json", dir="state", console=messages)
    with pytest.raises(UsageError, match=r"--service(.|\n)*with --exchanges\b"):
        seed(exchanges="pets.json", service="dss", dir="state", console=messages)


def test_a_folder_that_is_no_sandboxs_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise ValueError("state is not a sandbox's folder")

    monkeypatch.setattr("omicsdk.sandbox.Sandbox", refuse)
    with pytest.raises(ConfigError, match="nothing is added: state is not a sandbox's folder"):
        seed(["one"], dir="state", console=console()[0])


def test_a_state_is_loaded_where_up_starts_by_default(monkeypatch: pytest.MonkeyPatch):
    started: list[Path] = []
    monkeypatch.setattr("omicsdk.sandbox.serve", lambda sandbox, _: started.append(sandbox.folder.absolute()))
    monkeypatch.setattr("omicsdk.sandbox.load_snapshot", lambda *_, **options: options)
    messages, stderr = console()
    up(console=messages)
    assert load("pets.json", console=messages) == {"folder": str(started[0]), "replace": False}
    assert stderr.getvalue() == "omics: to start it: omics sandbox up --dir omics-sandbox\n"


def test_the_next_command_quotes_the_folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("omicsdk.sandbox.load_snapshot", lambda *_, **options: options)
    monkeypatch.setattr("omicsdk.sandbox.state.folder.empty", lambda _: None)
    messages, stderr = console()
    Path("my state").mkdir()
    load("pets.json", dir="my state", console=messages)
    reset(dir="my state", console=messages)
    assert stderr.getvalue() == "omics: to start it: omics sandbox up --dir 'my state'\n" * 2
