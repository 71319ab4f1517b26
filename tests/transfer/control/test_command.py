"""`omics dss download`: the rate, the time, the dry run, and how SIGTERM ends it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.commands.transfers import control_of
from omicsdk.cli.demo.walk import hold_second_half
from omicsdk.core.errors import UsageError
from omicsdk.transfer import Patience

MIB = 1024 * 1024
OMICS = str(Path(sys.executable).with_name("omics.exe" if os.name == "nt" else "omics"))


@pytest.mark.parametrize(
    ("text", "rate"), [("500", 500), ("10K", 10240), ("1.5M", 1.5 * MIB), ("2g", 2 * 1024 * MIB), ("3MiB/s", 3 * MIB)]
)
def test_rates_are_read(text: str, rate: float) -> None:
    assert control_of({"limit_rate": text}).rate_limit == rate


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1.5s", 1.5), ("90m", 5400), ("2h30m", 9000), ("1h5s", 3605)]
)
def test_times_are_read(text: str, seconds: float) -> None:
    control = control_of({"time_budget": text})
    control.begin(0.0)
    assert not control.over(seconds - 0.01)
    assert control.over(seconds)


@pytest.mark.parametrize("text", ["", "fast", "0", "-5", "10X", "1e6"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--limit-rate"):
        control_of({"limit_rate": text})


@pytest.mark.parametrize("text", ["", "soon", "0", "0h", "-5", "5d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--time-budget"):
        control_of({"time_budget": text})


def test_what_is_unvalidated_is_resumed_when_it_is_said() -> None:
    assert not control_of({}).resume_unvalidated
    assert control_of({"resume_unvalidated": True}).resume_unvalidated


def test_how_long_servers_are_waited_for_is_said() -> None:
    assert control_of({}).patience is None
    said = {"min_rate": "2K", "stall_timeout": "5m", "renewals": 0, "max_wait": "10m"}
    assert control_of(said).patience == Patience(least_rate=2048, silence=300, renewals=0, retry_after=600)
    assert control_of({"min_rate": "0"}).patience == Patience(least_rate=0)
    with pytest.raises(UsageError, match="--stall-timeout soon"):
        control_of({"stall_timeout": "soon"})


@pytest.fixture
def start(omics_sandbox: Any, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts `omics dss download` for a bundle of one file of 24 MiB."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "reads.bin").write_bytes(bytes(range(256)) * 4096 * 24)
    uuid = omics_sandbox.seed(source)["bundle_uuid"]
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "SYSTEMROOT")}
    environ = {**kept, "HOME": str(tmp_path), **omics_sandbox.environment()}
    started = []

    def begin(*arguments: str) -> "subprocess.Popen[str]":
        command = [OMICS, "dss", "download", "--bundle-uuid", uuid, "--replica", "aws", *arguments]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.sandbox
@pytest.mark.sandbox
def test_a_dry_run_tells_and_touches_nothing(start: Any, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    told, errors = start("--dry-run", "--output", "json").communicate()
    answer = json.loads(told)
    assert (answer["counts"]["planned"], answer["bytes_to_fetch"]) == (1, 24 * MIB), errors
    assert answer["files"][0]["plan"] == f"download {24 * MIB:,} bytes"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.sandbox
@pytest.mark.sandbox
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_sigterm_ends_it_in_order(start: Any, omics_sandbox: Any, tmp_path: Path) -> None:
    sha256 = hashlib.sha256((tmp_path / "source/reads.bin").read_bytes()).hexdigest()
    hold_second_half(omics_sandbox, sha256, 24 * MIB)
    process = start()
    while not any(path.stat().st_size >= 4 * MIB for path in tmp_path.rglob("*.part")):
        assert process.poll() is None, process.communicate()
        threading.Event().wait(0.01)  # another process is at work
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    assert "Run the same command again to resume" in errors
    assert list(tmp_path.rglob("*.part"))


@pytest.mark.sandbox
@pytest.mark.sandbox
def test_a_time_budget_ends_it_in_order(start: Any, omics_sandbox: Any) -> None:
    process = start("--time-budget", "2s", "--limit-rate", "1M")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the time budget of 2 s is over; 0 of 1 files are complete" in errors
    assert "Run the same command again to resume" in errors
