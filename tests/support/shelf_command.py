"""The `omics` command beside a store in memory."""

import json

import pytest
from omicsdk.cli.main import main
from shelf_store import shelf as shelf


@pytest.fixture
def omics(capfdbinary, shelf, tmp_path, monkeypatch):
    """Runs a command: exit code, what it printed (parsed where it is JSON), what it reported."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = main(list(words))
        out, err = capfdbinary.readouterr()
        return code, json.loads(out) if out[:1] in (b"[", b"{") else out, err.decode()

    return run


@pytest.fixture
def reads(shelf):
    shelf.files.update({"p/a.txt": b"1", "p/deep/b.csv": b"22"})
    return shelf
