"""The public names. Adding or removing one is a decision that this table records."""

import importlib
import inspect
import tomllib
import typing
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


# Their annotations name what is imported late: APIs of a commons, models of responses, targets, httpx.
LATE = {
    *("omicsdk.AsyncGen3", "omicsdk.Gen3", "omicsdk.core.AsyncTransport", "omicsdk.core.Transport"),
    *("omicsdk.transfer.download", "omicsdk.transfer.download_async"),
    *("omicsdk.hca.upload.AreaFile", "omicsdk.sb.Entry"),
}


@pytest.mark.parametrize("module", [module for module in SURFACE if "compat" not in module])
def test_programs_can_evaluate_annotations(module: str) -> None:  # as pydantic, FastAPI and beartype do
    def check(name: str) -> None:
        public = getattr(importlib.import_module(module), name)
        functions = [public] if inspect.isroutine(public) else []
        for annotated in [public, public.__init__] if inspect.isclass(public) else functions:
            typing.get_type_hints(annotated)

    check_each([name for name in SURFACE[module] if f"{module}.{name}" not in LATE], str, check)
