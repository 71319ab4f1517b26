"""The public names. Adding or removing one is a decision that this table records."""

import importlib
import inspect
import re
import tomllib
import typing
from collections.abc import Callable, Iterator
from operator import itemgetter
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


def functions_of(public: object) -> Iterator[Callable[..., object]]:
    """A public function or class, its constructor, methods and operations, and what computes its properties."""
    if inspect.isclass(public):
        yield from (public, public.__init__)
        for name in (name for name in dir(public) if not name.startswith("_")):
            member = inspect.getattr_static(public, name)
            computing = getattr(member, "fget", None) or getattr(member, "func", None)
            yield from filter(inspect.isroutine, filter(callable, [computing or getattr(public, name, None)]))
    elif inspect.isroutine(public):
        yield public


def named_functions(module: str) -> list[tuple[str, Callable[..., object]]]:
    """What a public module has, each with a name."""
    public = importlib.import_module(module)
    return [
        (f"{name}: {getattr(function, '__name__', function)}", function)
        for name in SURFACE[module]
        for function in functions_of(getattr(public, name))
    ]


def parts_of(hint: object) -> Iterator[object]:
    """A type, and those within it."""
    yield hint
    for part in typing.get_args(hint):
        yield from parts_of(part)


@pytest.mark.parametrize("module", [module for module in SURFACE if "compat" not in module])
def test_programs_can_evaluate_annotations(module: str) -> None:  # as pydantic, FastAPI and beartype do
    def check(row: tuple[str, Callable[..., object]]) -> None:
        parameters = inspect.signature(row[1]).parameters if inspect.isfunction(row[1]) else {}
        annotated = {name for name, parameter in parameters.items() if parameter.annotation is not parameter.empty}
        assert annotated <= typing.get_type_hints(row[1]).keys()  # pydantic looks them up
        for hint in typing.get_type_hints(row[1]).values():
            for part in parts_of(hint):  # beartype refuses protocols that isinstance cannot check
                assert not getattr(part, "_is_protocol", False) or getattr(part, "_is_runtime_protocol", False), part

    check_each(named_functions(module), itemgetter(0), check)


# A section's heading that is no paragraph of its own at the margin, or an argument whose type continues in the next line.
UNREAD = re.compile(r"^ +(?:Args|Returns|Raises|Attributes|Example):$|^ +\w+ \([^)]*$", re.MULTILINE)


@pytest.mark.parametrize("module", [module for module in SURFACE if "compat" not in module])
def test_sphinx_and_editors_read_the_sections_of_documentation(module: str) -> None:
    def check(row: tuple[str, Callable[..., object]]) -> None:
        assert UNREAD.findall(inspect.getdoc(row[1]) or "") == []

    check_each(named_functions(module), itemgetter(0), check)
