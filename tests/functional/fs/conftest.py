"""Platforms in memory beside the real ones, and a server that breaks on demand."""

from collections.abc import Callable

import pytest
from breakable import clock as clock
from breakable import fault as fault
from breakable import noise as noise
from breakable import server as server
from command_line import Ran
from omicsdk.cli.main import main
from served_store import served as served
from shelf_store import shelf as shelf


@pytest.fixture
def omics(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Ran]:
    """Runs a command in this process."""

    def run(*words: str) -> Ran:
        code = main(list(words))
        out, err = capfdbinary.readouterr()
        return Ran(code, out, err.decode())

    return run
