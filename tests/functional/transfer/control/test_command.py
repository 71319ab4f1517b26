"""`omics dss download` in a terminal that is closed."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.demo.walk import hold_second_half
from waiting import until

MIB = 1024 * 1024
IN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
OMICS = str(Path(sys.executable).with_name("omics.exe" if os.name == "nt" else "omics"))


@pytest.fixture
def start(omics_sandbox: Any, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts `omics dss download` for a bundle of one file of 24 MiB."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "reads.bin").write_bytes(bytes(range(256)) * 4096 * 24)
    uuid = omics_sandbox.seed(source)["bundle_uuid"]
    environ = {**os.environ, "HOME": str(tmp_path), **omics_sandbox.environment()}
    started = []

    def begin(terminal: int, *through: str) -> "subprocess.Popen[bytes]":
        words = ["dss", "download", "--bundle-uuid", uuid, "--replica", "aws", "--limit-rate", "12M"]
        command = [sys.executable, "-c", IN_TERMINAL, *through, OMICS, *words]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
        process = subprocess.Popen(command, cwd=tmp_path, env=environ, start_new_session=True, **streams)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.sandbox
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")
@pytest.mark.parametrize(("through", "code"), [((), 129), (("nohup",), 0)])
def test_a_closed_terminal_ends_it_cleanly_unless_the_signal_is_ignored(
    start: Any, omics_sandbox: Any, tmp_path: Path, through: Sequence[str], code: int
) -> None:
    if not through:
        sha256 = hashlib.sha256((tmp_path / "source/reads.bin").read_bytes()).hexdigest()
        hold_second_half(omics_sandbox, sha256, 24 * MIB)
    ours, theirs = os.openpty()
    process = start(theirs, *through)
    os.close(theirs)
    until(lambda: any(path.stat().st_size >= 4 * MIB for path in tmp_path.rglob("*.part")), process)
    os.close(ours)
    assert process.wait(30) == code
    assert bool(list(tmp_path.rglob("*.part"))) is (code != 0)
