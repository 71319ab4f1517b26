"""Servers that others wrote, started for these tests where they can be had; else the tests are skipped, with the reason."""

import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from command_line import Ran
from omicsdk.cli.main import main
from real_results import OPTION, Results
from unsettled import unsettled
from user_commands import Stream


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the file for docs/tested-with.md."""
    parser.addoption(OPTION, type=Path, help="write what was tried with which server here if all tests pass")


def pytest_configure(config: pytest.Config) -> None:
    """Note results where they are asked for: in each process that runs tests, and where their reports arrive."""
    file = config.getoption(OPTION, None)
    if file is not None:
        worker = hasattr(config, "workerinput")
        config.pluginmanager.register(Results(None if worker else file), "real-results")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """Runs `omics` in this process, in an empty folder and without settings."""
    unsettled(monkeypatch, tmp_path)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*words: str) -> Ran:
        out, err = Stream(), Stream()
        with monkeypatch.context() as patched:
            patched.setattr(boto3, "DEFAULT_SESSION", None)  # which keeps the credentials that it found first
            patched.setattr(sys, "stdin", Stream())
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = main(words)
        return Ran(code, out.content(), err.content().decode())

    return run
