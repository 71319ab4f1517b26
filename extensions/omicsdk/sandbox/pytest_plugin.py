"""A pytest plugin: the fixture `omics_sandbox`, a sandbox that is empty at the start of each test.

    def test_listing(omics_sandbox):
        omics_sandbox.seed("my-bundle")
        ...  # point a client at omics_sandbox.swagger_url

`dss_sandbox`, `sb_sandbox` and the like (omicsdk.testing.fixtures) have clients as well. The server runs once in each test process. pytest loads this module in every run, so it imports nothing of weight.
"""

import sys
from collections.abc import Generator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from omicsdk.sandbox.engine.engine import Spec
    from omicsdk.sandbox.server import Sandbox

# The platforms' fixtures, which have clients; the sandbox itself has none.
pytest_plugins = ["omicsdk.testing.fixtures"]

OURS = frozenset({"omicsdk", "omicsdk_api", "omicsdk_codegen", "snakemake_storage_plugin_omics"})


class AsWritten:
    """Finds our packages' modules as Python does.

    pytest takes a plugin's whole distribution for tests, and recompiles each of a thousand modules for the sake of
    their asserts: seconds in every run that may not keep what it compiled.
    """

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec, or None for other packages."""
        return PathFinder.find_spec(fullname, path, target) if fullname.partition(".")[0] in OURS else None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Go before pytest's own finder until the run ends."""
    finder = AsWritten()
    sys.meta_path.insert(0, finder)
    early_config.add_cleanup(lambda: sys.meta_path.remove(finder))


@pytest.fixture(scope="session")
def omics_sandbox_specs() -> "Mapping[str, Spec] | Sequence[Spec]":
    """The OpenAPI documents that the sandbox serves, by name or as a list: none. A fixture of this name in conftest.py has others."""
    return ()


@pytest.fixture(scope="session")
def _omics_sandbox_server(
    tmp_path_factory: pytest.TempPathFactory, omics_sandbox_specs: "Mapping[str, Spec] | Sequence[Spec]"
) -> "Generator[Sandbox]":  # pyright: ignore[reportUnusedFunction] - pytest finds it
    try:
        from omicsdk.sandbox.server import Sandbox
    except ImportError as error:
        from omicsdk.core.errors import MissingExtra

        raise MissingExtra("sandbox", "the fixture omics_sandbox", module=error.name) from error
    with Sandbox(tmp_path_factory.mktemp("omics-sandbox"), specs=omics_sandbox_specs) as sandbox:
        yield sandbox


@pytest.fixture
def omics_sandbox(_omics_sandbox_server: "Sandbox") -> "Sandbox":
    """A running sandbox without any contents, in real time, without faults."""
    _omics_sandbox_server.reset()
    return _omics_sandbox_server
