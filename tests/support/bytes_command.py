"""The `omics` command in this process, whose output is bytes."""

from collections.abc import Callable

import pytest
from omicsdk.cli.main import main


@pytest.fixture
def omics(capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[int, bytes, str]]:
    """Runs a command: its exit code, what it printed, what it reported."""

    def run(*words: str) -> tuple[int, bytes, str]:
        code = main(words)
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run
