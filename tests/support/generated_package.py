"""A package that is generated from a test's document and imported, once a session."""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from omicsdk_codegen.options import AS_TEXT, TypeOptions
from omicsdk_codegen.render import render_package
from omicsdk_codegen.write import write_files
from planned_documents import planned

Generate = Callable[..., ModuleType]

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def generate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generate]:
    """Generate a package from an OpenAPI 3.1 document without references out of it, and import it."""
    root = tmp_path_factory.mktemp("packages")
    sys.path.insert(0, str(root))

    def generated(data: dict[str, Any], *, types: TypeOptions = AS_TEXT, flat: bool = False) -> ModuleType:
        name = f"generated_{next(_NUMBERS)}"
        package = planned(data, types=types, flat=flat)
        write_files(root / name, render_package(package, "Generated for a test."))
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield generated
    sys.path.remove(str(root))
