"""What the function of a command is called with."""

import io
from typing import Any

import pytest
from omicsdk.cli.invoke import called
from omicsdk.cli.output import Console


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
