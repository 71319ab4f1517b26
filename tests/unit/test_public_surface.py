"""The public names. Adding or removing one is a decision that this table records."""

import importlib
import tomllib
from pathlib import Path

import pytest
from public_names import SURFACE
from rows import check_each

ROOT = Path(importlib.import_module("omicsdk").__file__ or "").parent
LAZY = sorted(
    ".".join(("omicsdk", *file.parent.relative_to(ROOT).parts))
    for file in ROOT.rglob("__init__.py")
    if "lazy_package(" in file.read_text()
)


@pytest.mark.parametrize("module", SURFACE)
def test_the_public_names_are_these(module):
    assert sorted(importlib.import_module(module).__all__) == sorted(SURFACE[module])


@pytest.mark.parametrize("module", SURFACE)
def test_every_public_name_is_there(module):
    package = importlib.import_module(module)

    def check(name: str) -> None:
        assert getattr(package, name) is not None
        assert name in dir(package)
        assert getattr(package, name) is getattr(package, name)

    check_each(SURFACE[module], str, check)


@pytest.mark.parametrize("module", SURFACE)
def test_other_names_are_not(module):
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nothing'"):
        _ = importlib.import_module(module).nothing


def test_the_version_is_stated_once():
    import omicsdk

    project = Path(__file__).parents[2] / "pyproject.toml"
    assert tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] == omicsdk.__version__


@pytest.mark.parametrize("package", LAZY)
def test_each_lazy_name_exists(package: str):
    module = importlib.import_module(package)
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert missing == []
