"""A document becomes an imported package, once a session."""

from collections.abc import Callable
from types import ModuleType

import pytest
from generated_package import generate as generate


@pytest.fixture(scope="module")
def package(generate: Callable[..., ModuleType], request: pytest.FixtureRequest) -> ModuleType:
    """The package of the module's DOCUMENT."""
    return generate(request.module.DOCUMENT)
