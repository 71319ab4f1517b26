"""Trials against a server that breaks on demand, and the installed command as a process, against a sandbox."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from breakable import clock as clock
from breakable import fault as fault
from breakable import leftovers as leftovers
from breakable import noise as noise
from breakable import server as server
from breakable import target as target
from certificates import certificate as certificate
from fault_results import OPTION, Results
from fork_server import forked
from lied_stores import opened_proxies as opened_proxies
from lied_stores import own_environ as own_environ
from lied_stores import world as world
from sink import file as file
from sink import reply as reply
from sink import sink as sink
from sink import store as store
from small_cells import small_cells as small_cells
from small_cells import usual_cells as usual_cells
from trials import nothing_left as nothing_left
from trials import trial as trial
from user_commands import run_here

OMICS = [str(Path(sys.executable).with_name("omics.exe" if os.name == "nt" else "omics"))]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Lets `make reliability` say where the counts go."""
    parser.addoption(OPTION, type=Path, default=None, help="write what became of each fault to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Counts, when it was requested, in the process that sees all tests."""
    file = config.getoption(OPTION, default=None)
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results(file), "fault-results")


@pytest.fixture(scope="session", autouse=True)
def forking() -> None:
    """Begin what forks programs, which lasts, before a test is checked for what it leaves."""
    forked.run([sys.executable, "-c", ""], check=True)


@pytest.fixture(autouse=True)
def in_order(request: pytest.FixtureRequest) -> None:
    """Check that a test leaves no thread or open file; threads of the sandbox are allowed."""
    if request.node.get_closest_marker("sandbox") is None:
        request.getfixturevalue("nothing_left")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The command's current folder."""
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.fixture
def environ(omics_sandbox: Any, tmp_path: Path) -> dict[str, str]:
    """The environment of a user of the sandbox, without a trace of this process's own settings."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")}
    return {**kept, "HOME": str(tmp_path), **omics_sandbox.environment()}


@pytest.fixture
def start(folder: Path, environ: dict[str, str]) -> Callable[..., "subprocess.Popen[str]"]:
    """Starts `omics` with some arguments."""

    def begin(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
        return forked.start(
            [*OMICS, *arguments],
            cwd=folder,
            env={**environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


@pytest.fixture
def omics(
    folder: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs `omics` with some arguments to its end, in this process."""

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        monkeypatch.chdir(folder)
        return run_here({**environ, **variables}, *arguments)

    return run


@pytest.fixture
def bundle(omics_sandbox: Any, tmp_path: Path) -> Any:
    """A bundle of one metadata file and one of 5 MiB."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "cell_0.json").write_text('{"organ": "brain"}')
    (source / "reads.fastq").write_bytes(bytes(range(256)) * 20480)
    return omics_sandbox.seed(source)
