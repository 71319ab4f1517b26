"""The benchmarks' modules, importable in tests."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    yield
    for name in [
        name
        for name in sys.modules
        if name.split(".")[0]
        in (
            "answering",
            "counting",
            "file_access",
            "data_store",
            "data_commons",
            "measuring",
            "script",
            "seven_bridges",
            "transferring",
        )
    ]:
        del sys.modules[name]


def asked(server: Any, method: str, target: str, value: Any = None) -> tuple[int, Any]:
    """A server's response: its status and its JSON."""
    from answering import Request

    path, _, query = target.partition("?")
    body = json.dumps(value).encode() if value is not None else b""
    head = b"content-type: application/json\r\nhost: here"
    lines, _, content = server(Request(method, path, query, head, body)).partition(b"\r\n\r\n")
    return int(lines.split(b" ")[1]), json.loads(content) if content else None
