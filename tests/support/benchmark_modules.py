"""The benchmarks' modules, importable in tests."""

import sys
from pathlib import Path

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
