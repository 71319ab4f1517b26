"""The release commands' modules, importable in tests."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "release"


@pytest.fixture(scope="session", autouse=True)
def release_tools():
    sys.path.insert(0, str(TOOLS))
    yield
    sys.path.remove(str(TOOLS))
    for path in TOOLS.glob("*.py"):
        sys.modules.pop(path.stem, None)
