"""The installed command as a process, against a sandbox with one bundle."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OMICS = [str(Path(sys.executable).with_name("omics.exe" if os.name == "nt" else "omics"))]


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
        return subprocess.Popen(
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
def omics(start: Callable[..., "subprocess.Popen[str]"]) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs `omics` with some arguments to its end."""

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        process = start(*arguments, **variables)
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    return run


@pytest.fixture
def bundle(omics_sandbox: Any, tmp_path: Path) -> Any:
    """A bundle of one metadata file and one of 5 MiB."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "cell_0.json").write_text('{"organ": "brain"}')
    (source / "reads.fastq").write_bytes(bytes(range(256)) * 20480)
    return omics_sandbox.seed(source)
