"""Benchmarks name modules and functions of omicsdk that exist; they themselves take minutes and are run on purpose."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
SCRIPTS = sorted(BENCHMARKS.rglob("*.py"))
_STATEMENT = re.compile(r'"from (omicsdk[\w.]*) import (\w+)"')
_PACKAGE = re.compile(r'Client\(\s*"(omicsdk[\w.]*)"|\("(omicsdk[\w.]*)", our_command')
_MODULE_OF = re.compile(r'f"\{package\}\.(\w+)"')


def _imported(script: Path) -> Iterator[tuple[str, str]]:
    """Modules of omicsdk with the names that a script takes from them, in its code and in code that it runs."""
    text = script.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("omicsdk"):
            yield from ((node.module or "", alias.name) for alias in node.names)
    yield from _STATEMENT.findall(text)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(BENCHMARKS).as_posix())
def test_a_benchmark_imports_what_exists(script: Path) -> None:
    missing = [
        f"{home}.{name}"
        for home, name in _imported(script)
        if not hasattr(import_module(home), name) and find_spec(f"{home}.{name}") is None
    ]
    assert missing == []


def test_the_faces_that_are_measured_have_the_modules_that_are_called() -> None:
    faces: dict[Path, str] = {}
    for script in SCRIPTS:
        for match in _PACKAGE.finditer(script.read_text()):
            faces[script.parent] = match[1] or match[2]
    assert len(faces) == 4
    for folder, face in faces.items():
        import_module(face)
        for worker in folder.glob("worker.py"):
            for name in _MODULE_OF.findall(worker.read_text()):
                import_module(f"{face}.{name}")
