"""Modules are called as in sevenbridges-python; none needs itself in a roundabout way when it is imported."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import omicsdk.compat.sevenbridges
import pytest
from omicsdk.compat.differences import differences

PACKAGE = "omicsdk.compat.sevenbridges"
ROOT = Path(omicsdk.compat.sevenbridges.__file__).parent
PUBLISHED = Path(__file__).parents[4] / "specs" / "sb" / "published-names.json"
FOLDERS = {"http", "meta", "models", "transfer"}


def sources() -> dict[str, str]:
    """The text of each module, by its name."""
    modules: dict[str, str] = {}
    for file in ROOT.rglob("*.py"):
        parts = file.relative_to(ROOT).with_suffix("").parts
        modules[".".join((PACKAGE, *(part for part in parts if part != "__init__")))] = file.read_text("utf-8")
    return modules


def imported(body: Iterable[ast.stmt]) -> Iterator[str]:
    """What is imported when a module is: not what its functions import, and not what is there for types only."""
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)
        elif isinstance(statement, ast.If):
            for_types = isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
            yield from imported([*([] if for_types else statement.body), *statement.orelse])
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):  # the body of a class is run
            for part in ("body", "orelse", "finalbody", "handlers"):
                yield from imported(getattr(statement, part, ()))


def needs(modules: Mapping[str, str]) -> dict[str, set[str]]:
    """Which modules each one imports, of these."""
    imports: dict[str, set[str]] = {}
    for name, text in modules.items():
        imports[name] = set()
        for other in imported(ast.parse(text).body):
            while other and other not in modules:
                other = other.rpartition(".")[0]
            imports[name] |= {other} - {name, "", PACKAGE}  # the package itself imports lazily
    return imports


def folder_of(module: str) -> str:
    first = module.removeprefix(f"{PACKAGE}.").partition(".")[0]
    return first if first in FOLDERS else module


def test_no_module_needs_itself():
    graph = needs(sources())
    assert sum(map(len, graph.values())) > 100
    tuple(TopologicalSorter(graph).static_order())


def test_no_folder_needs_itself():
    graph: dict[str, set[str]] = {}
    for name, others in needs(sources()).items():
        graph.setdefault(folder_of(name), set()).update({folder_of(other) for other in others} - {folder_of(name)})
    assert graph.keys() >= FOLDERS
    tuple(TopologicalSorter(graph).static_order())


def test_a_circle_would_be_seen():
    inside = "def f():\n    import omicsdk.compat.sevenbridges.a\n"
    modules = {
        f"{PACKAGE}.a": "from omicsdk.compat.sevenbridges.b import x",
        f"{PACKAGE}.b": "try:\n    from omicsdk.compat.sevenbridges import c\nexcept ImportError:\n    pass",
        f"{PACKAGE}.c": f"if TYPE_CHECKING:\n    import omicsdk.compat.sevenbridges.a\n{inside}",
    }
    assert list(TopologicalSorter(needs(modules)).static_order()) == [f"{PACKAGE}.{name}" for name in "cba"]
    modules[f"{PACKAGE}.c"] = "class C:\n    from omicsdk.compat.sevenbridges.a import y"
    with pytest.raises(CycleError):
        tuple(TopologicalSorter(needs(modules)).static_order())


def published() -> Iterator[tuple[str, str]]:
    """The names of each published module that is here under its own name."""
    table = differences("sevenbridges")
    for module, names in json.loads(PUBLISHED.read_text("utf-8"))["modules"].items():
        if module not in table.moved and not table.reason(module):
            yield from ((module, name) for name in names if not table.reason(f"{module}.{name}"))


@pytest.mark.parametrize(("module", "name"), list(published()))
def test_names_are_imported_from_the_modules_that_the_published_package_has(module, name):
    here = importlib.import_module(module.replace("sevenbridges", PACKAGE, 1))
    assert getattr(getattr(here, name), "__name__", name) == name
