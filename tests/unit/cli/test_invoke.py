"""What the function of a command is called with."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.cli.invoke import called, work
from omicsdk.cli.output import Console
from omicsdk.cli.program import CommandNode


@pytest.mark.parametrize("verbose", [True, False])
def test_a_function_gets_its_arguments_and_what_it_is_supplied_with(monkeypatch: Any, verbose: bool):
    passed: dict[str, Any] = {}
    monkeypatch.setattr("omicsdk.cli.invoke.loaded", lambda _: passed.update)
    console = Console(stderr=(err := io.StringIO()))
    command: Any = {
        "command": "list",
        "run": "module:function",
        "given": {"kind": "a"},
        "own": ("verbose", "progress_every"),
        "parameters": [{"name": "files", "positional": True}, {"name": "limit"}],
        "supplied": ("console", "on_message", "on_more", "progress"),
    }
    called(command, {"files": ["x", "y"], "limit": 2, "verbose": verbose, "progress_every": 5.0}, console)
    assert sorted(passed) == ["console", "files", "kind", "limit", "on_message", "on_more", "progress"]
    assert (passed["kind"], passed["console"], passed["on_message"] == console.message) == ("a", console, verbose)
    assert (passed["progress"].args, passed["progress"].keywords["every"]) == (("list x y",), 5.0)
    passed["on_more"]()
    assert "--limit" in err.getvalue()


@pytest.mark.parametrize("kind", ["bare", "offline"])
def test_a_command_without_a_service_writes_its_file_to_stdout(
    monkeypatch: Any, capfdbinary: Any, tmp_path: Path, kind: str
):
    names: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("omicsdk.cli.variables.misspelled", lambda found, _: names.extend(found) or ())
    monkeypatch.setattr("omicsdk.cli.invoke.loaded", lambda _: lambda report: Path(report).write_text("rows"))
    for name in ("GEN3_X", "DRS_X"):
        monkeypatch.setenv(name, "1")
    command: Any = {
        "command": "list",
        "run": "module:function",
        "given": {"report": "-"},
        "parameters": [{"name": "report", "stdout": ".csv"}],
        kind: True,
    }
    catalog: Any = SimpleNamespace(registered={}, services=list)
    work(CommandNode(Any, ["plain", "list"], None, command), {}, {}, catalog, Console(stderr=io.StringIO()))
    assert capfdbinary.readouterr().out == b"rows"
    assert {"GEN3_X", "DRS_X"} <= {*names}
