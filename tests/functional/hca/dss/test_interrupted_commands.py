"""Ctrl-C in the middle of `omics dss` commands that move files: the report is written, and the same command continues."""

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from fork_server import forked
from interrupting import interrupted
from omicsdk.sandbox import Rule

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals"),
]
OMICS = str(Path(sys.executable).with_name("omics"))


@pytest.fixture
def environment(omics_sandbox: Any, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMICS_", "HCA_"))}
    return {**kept, **omics_sandbox.environment(), "OMICS_STATE_DIR": str(tmp_path / "state")}


def lines(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text().splitlines()]


def test_an_upload_continues_after_ctrl_c(
    omics_sandbox: Any, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source, report = tmp_path / "source", tmp_path / "report.jsonl"
    source.mkdir()
    for number in range(40):
        (source / f"{number}.txt").write_text(f"{number}")
    command = [OMICS, "dss", "upload", "--src-dir", str(source), "--replica", "aws", "--report", str(report)]
    command += ["--staging-bucket", omics_sandbox.staging_bucket]
    omics_sandbox.add_faults(Rule("stall", path="/dss/v1/files/*", method="PUT", nth=10, times=1))
    code, out, err = interrupted(omics_sandbox, command, environment)
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "omics: interrupted."
    assert "Traceback" not in err
    assert {line["state"] for line in lines(report) if "state" in line} <= {"done", "stopped"}
    again = forked.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert again.returncode == 0, again.stderr
    assert len(json.loads(again.stdout)["files"]) == 40
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    s3: Any = boto3.client("s3")
    keys = s3.list_objects_v2(Bucket=omics_sandbox.staging_bucket)["Contents"]
    assert len(keys) == 40  # what the first run had staged has its place in the second


def test_a_download_states_in_its_report_what_ctrl_c_left(
    omics_sandbox: Any, environment: dict[str, str], tmp_path: Path
):
    source, report = tmp_path / "source", tmp_path / "report.jsonl"
    source.mkdir()
    (source / "reads.bin").write_bytes(random.Random(1).randbytes(6 << 20))
    bundle = omics_sandbox.seed(source)
    command = [OMICS, "dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws"]
    command += ["--download-dir", str(tmp_path / "there"), "--report", str(report)]
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=5 << 20))
    code, out, err = interrupted(omics_sandbox, command, environment)
    assert (code, out) == (130, "")
    assert f"report written to {report}" in err
    assert [line["state"] for line in lines(report) if "state" in line] == ["stopped"]
