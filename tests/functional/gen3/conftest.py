"""A commons without a network, a sandbox's commons, and a user without settings of their own."""

from collections.abc import Generator

import pytest
from gen3_environment import clock as clock
from gen3_environment import commons as commons
from gen3_environment import home as home
from gen3_environment import make_token as make_token
from gen3_environment import nothing_around as nothing_around
from omicsdk.sandbox import Sandbox


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_server: Sandbox) -> Sandbox:
    _server.reset()
    return _server
