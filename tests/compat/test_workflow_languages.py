"""The CWL tool and the WDL task of the manual's page on pipelines, run with cwltool and miniwdl, and workflows of a registry."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from manual import CHECKOUT, blocks
from omicsdk.sandbox import Sandbox

PEERS = CHECKOUT / ".peers"
WITHOUT_CONTAINERS = """
import subprocess, sys
from WDL.CLI import main
from WDL.runtime import task_container

class Local(task_container.TaskContainer):
    def __init__(self, settings, run_id, host_dir):
        super().__init__(settings, run_id, host_dir)
        self.container_dir = host_dir

    @classmethod
    def global_init(cls, settings, logger):
        pass

    @classmethod
    def detect_resource_limits(cls, settings, logger):
        return {"cpu": 1, "mem_bytes": 1 << 30}

    def _run(self, logger, terminating, command):
        with open(self.host_stdout_txt(), "w") as out, open(self.host_stderr_txt(), "w") as err:
            return subprocess.run(["bash", "-c", command], cwd=self.host_work_dir(), stdout=out, stderr=err).returncode

task_container._backends["local"] = Local
sys.exit(main(sys.argv[1:]))
"""
WORKFLOW = """
cwlVersion: v1.2
class: Workflow
inputs: {file: File}
outputs: {lines: {type: File, outputSource: count/lines}}
steps: {count: {run: tools/count.cwl, in: {file: file}, out: [lines]}}
"""
TOOL = """
cwlVersion: v1.2
class: CommandLineTool
baseCommand: [wc, -l]
inputs: {file: {type: stdin}}
outputs: {lines: {type: stdout}}
stdout: lines.txt
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Run:
    """Run a program in a folder with the page's files, where `omics` is this checkout's and waits for nothing."""
    for block in blocks(CHECKOUT / "docs" / "pipelines.md"):
        if block.title in ("fetch.cwl", "fetch.wdl"):
            (tmp_path / block.title).write_text(block.text)
    (tmp_path / "sleep").write_text("#!/bin/sh\necho $1 >> $HOME/slept\n")
    (tmp_path / "sleep").chmod(0o755)
    environment = {
        **os.environ,
        **sandbox.environment(),
        "PATH": os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "OMICS_STATE_DIR": str(tmp_path / "state"),
        "MINIWDL__SCHEDULER__CONTAINER_BACKEND": "local",
    }

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [*map(str, words)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)

    return run


@pytest.fixture
def bundle(sandbox: Sandbox, tmp_path: Path) -> str:
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "links.json").write_text('{"links": []}')
    return f"dss://aws/{sandbox.seed(tmp_path / 'seed')['bundle_uuid']}"


@pytest.mark.compat("cwltool")
def test_the_documented_tool_brings_a_file_of_a_platform_into_a_workflow(run: Run, bundle: str) -> None:
    cwltool = (PEERS / "cwltool" / "bin" / "cwltool", "--preserve-entire-environment", "--outdir", "out", "fetch.cwl")
    ran = run(*cwltool, "--uri", f"{bundle}/links.json")
    assert ran.returncode == 0, ran.stderr
    assert Path(json.loads(ran.stdout)["file"]["path"]).read_text() == '{"links": []}'
    assert run(*cwltool, "--uri", f"{bundle}/missing.json").returncode != 0


@pytest.mark.compat("cwltool")
def test_a_workflow_of_a_registry_runs_by_its_url(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    tool = "#workflow/example.org/ada/count"
    sandbox.ga4gh.trs.add(tool, "v1", "CWL", {"main.cwl": WORKFLOW, "tools/count.cwl": TOOL})
    url = f"{sandbox.trs_url}/tools/{quote(tool, safe='')}/versions/v1/PLAIN_CWL/descriptor/main.cwl"
    (tmp_path / "reads.txt").write_text("A\nC\n")
    ran = run(PEERS / "cwltool" / "bin" / "cwltool", "--outdir", "out", url, "--file", "reads.txt")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / "lines.txt").read_text().split() == ["2"]


@pytest.mark.compat("miniwdl")
def test_the_documented_task_brings_a_file_of_a_platform_into_a_workflow(run: Run, bundle: str, tmp_path: Path) -> None:
    python = PEERS / "miniwdl" / "bin" / "python"
    words = (python, "-c", WITHOUT_CONTAINERS, "run", "--dir", "runs", "--no-color", "fetch.wdl")
    ran = run(*words, f"uri={bundle}/links.json")
    assert ran.returncode == 0, ran.stderr
    assert Path(json.loads(ran.stdout)["outputs"]["fetch.file"]).read_text() == '{"links": []}'
    assert not (tmp_path / "slept").exists()
    assert run(*words, f"uri={bundle}/missing.json").returncode != 0
    assert (tmp_path / "slept").read_text().split() == ["60", "60"]
    assert run(*words, "uri=none://host/a").returncode != 0
    assert (tmp_path / "slept").read_text().split() == ["60", "60"]  # a usage error is not repeated
