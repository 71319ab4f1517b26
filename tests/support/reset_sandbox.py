"""A sandbox that is started once for a folder's tests, and reset before each of them."""

from collections.abc import Generator

import pytest
from omicsdk.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_server: Sandbox) -> Sandbox:
    """The sandbox, as it starts."""
    sandbox_server.reset()
    return sandbox_server
