"""A user without settings of their own, and the sandbox's site."""

from collections.abc import Generator

import pytest
from crunch_environment import nothing_around as nothing_around
from omicsdk.compat.crunch.client.connections import Connection
from omicsdk.sandbox import Sandbox


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_server: Sandbox) -> Sandbox:
    """The sandbox, as it starts: its site has the project `sandbox` with the dataset `sandbox:example-reads`."""
    _server.reset()
    return _server


@pytest.fixture
def connection(sandbox: Sandbox) -> Generator[Connection]:
    """The administrator's connection to it."""
    with Connection(sandbox.crunch_url, sandbox.crunch_token) as opened:
        yield opened
