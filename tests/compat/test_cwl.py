"""The CWL tool of the manual's page on pipelines, run with the real cwltool."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from manual import CHECKOUT, blocks
from omicsdk.sandbox import Sandbox

pytestmark = pytest.mark.compat("cwltool")

CWLTOOL = CHECKOUT / ".peers" / "cwltool" / "bin" / "cwltool"


def test_the_documented_tool_brings_a_file_of_a_platform_into_a_workflow(sandbox: Sandbox, tmp_path: Path) -> None:
    (tool,) = (block for block in blocks(CHECKOUT / "docs" / "pipelines.md") if block.title == "fetch.cwl")
    (tmp_path / "fetch.cwl").write_text(tool.text)
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "links.json").write_text('{"links": []}')
    bundle = sandbox.seed(tmp_path / "seed")["bundle_uuid"]
    environment = {
        **os.environ,
        **sandbox.environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "OMICS_STATE_DIR": str(tmp_path / "state"),
    }

    def run(name: str) -> subprocess.CompletedProcess[str]:
        words = ["--preserve-entire-environment", "--outdir", "out", "fetch.cwl", "--uri", f"dss://aws/{bundle}/{name}"]
        command = [str(CWLTOOL), *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)

    ran = run("links.json")
    assert ran.returncode == 0, ran.stderr
    assert Path(json.loads(ran.stdout)["file"]["path"]).read_text() == '{"links": []}'
    assert run("missing.json").returncode != 0
