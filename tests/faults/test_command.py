"""The command `omics dss download` with a failing service."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Rule
from waiting import until

pytestmark = pytest.mark.sandbox

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SOME_FAILED = 3
RIGHT_READS = bytes(range(256)) * 20480
OBJECTS = "/_objects/*"


def download(omics: Run, bundle: Any, *more: str) -> "subprocess.CompletedProcess[str]":
    return omics("dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", *more)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Rule(*how, path=OBJECTS, each="path", **more), marks=pytest.mark.fault(name, ends="right file"))
        for name, how, more in [
            ("command: body cut short", ("cut",), {"times": 1, "at": 4_500_000}),
            ("command: body too short", ("short",), {"times": 1, "at": 4_500_000}),
            ("command: connection reset", ("reset",), {"times": 1, "at": 1_000_000}),
            ("command: 503 with Retry-After", ("status",), {"times": 2, "status": 503, "retry_after": 0}),
            ("command: 403, the presigned URL has expired", ("status",), {"times": 1, "status": 403}),
            ("command: wrong bytes, once", ("wrong",), {"times": 1, "at": 10, "length": 5}),
            ("command: no ranges", ("no_range",), {}),
        ]
    ],
)
def test_passing(trial: Any, omics: Run, omics_sandbox: Any, bundle: Any, folder: Path, rule: Rule) -> None:
    omics_sandbox.add_faults(rule)
    done = download(omics, bundle)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    (reads,) = folder.glob("*/reads.fastq")
    assert reads.read_bytes() == RIGHT_READS
    assert not list(folder.rglob("*.part"))
    trial.ended("right file")


@pytest.mark.fault("command: wrong bytes, always", ends="ChecksumMismatch")
def test_always_wrong(trial: Any, omics: Run, omics_sandbox: Any, bundle: Any, folder: Path) -> None:
    omics_sandbox.add_faults(Rule("wrong", path=OBJECTS, at=10, length=5))
    done = download(omics, bundle)
    assert done.returncode == SOME_FAILED, done.stderr
    assert "sha256" in done.stderr
    assert not list(folder.glob("*/reads.fastq"))
    trial.ended("ChecksumMismatch")
    omics_sandbox.fault_book.clear()
    assert download(omics, bundle).returncode == 0


@pytest.mark.fault("command: 404 for a file", ends="NotFound")
def test_lost(trial: Any, omics: Run, omics_sandbox: Any, bundle: Any, folder: Path) -> None:
    omics_sandbox.add_faults(Rule("status", path=OBJECTS, status=404))
    done = download(omics, bundle)
    assert done.returncode == SOME_FAILED, done.stderr
    assert "404" in done.stderr
    assert not list(folder.glob("*/reads.fastq"))
    trial.ended("NotFound")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
@pytest.mark.fault("command: kill -9, then the same command again", ends="right file")
def test_killed(trial: Any, start: Any, omics: Run, omics_sandbox: Any, bundle: Any, folder: Path) -> None:
    omics_sandbox.add_faults(Rule("stall", path=OBJECTS, at=4_500_000))
    process = start("dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws")
    until(lambda: omics_sandbox.stalled, process)
    process.kill()
    process.communicate()
    assert not list(folder.glob("*/reads.fastq"))
    omics_sandbox.fault_book.clear()
    omics_sandbox.release()
    assert download(omics, bundle).returncode == 0
    (reads,) = folder.glob("*/reads.fastq")
    assert reads.read_bytes() == RIGHT_READS
    trial.ended("right file")
