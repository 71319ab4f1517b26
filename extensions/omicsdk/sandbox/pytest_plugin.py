"""A pytest plugin: the fixture `omics_sandbox`, a sandbox that is empty at the start of each test.

    def test_listing(omics_sandbox):
        omics_sandbox.seed("my-bundle")
        ...  # point a client at omics_sandbox.swagger_url

`dss_sandbox`, `sb_sandbox` and the like (omicsdk.testing.fixtures) have clients as well. The server runs once in each test process. pytest loads this module in every run, so it imports nothing of weight.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

# The platforms' fixtures, which have clients; the sandbox itself knows none.
pytest_plugins = ["omicsdk.testing.fixtures"]


@pytest.fixture(scope="session")
def _omics_sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> "Generator[Sandbox]":  # pyright: ignore[reportUnusedFunction] - pytest finds it
    try:
        from omicsdk.sandbox.server import Sandbox
    except ImportError as error:
        raise RuntimeError(f"omics_sandbox needs {error.name}: pip install 'omicsdk[sandbox]'") from error
    with Sandbox(tmp_path_factory.mktemp("omics-sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def omics_sandbox(_omics_sandbox_server: "Sandbox") -> "Sandbox":
    """A running sandbox without any contents, in real time, without faults."""
    _omics_sandbox_server.reset()
    return _omics_sandbox_server
