"""A user without settings of their own, and the sandbox's site."""

from collections.abc import Generator

import pytest
from omicsdk.compat.crunch.client.connections import Connection
from omicsdk.sandbox import Sandbox
from reset_sandbox import sandbox as sandbox
from reset_sandbox import sandbox_server as sandbox_server
from unsettled import nothing_around as nothing_around


@pytest.fixture
def connection(sandbox: Sandbox) -> Generator[Connection]:
    """The administrator's connection to it."""
    with Connection(sandbox.crunch_url, sandbox.crunch_token) as opened:
        yield opened
