"""Real CWL tools, run by the real cwltool, which `make compat` installs apart."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox

Json = dict[str, Any]
Send = Callable[..., Json]
Run = Callable[[Json, Json], Json]

BIN = Path(__file__).parents[5] / ".peers/cwltool/bin"

pytestmark = [
    pytest.mark.compat,
    pytest.mark.skipif(not (BIN / "cwltool").exists(), reason="make compat installs cwltool, and it isn't there"),
]


@pytest.fixture(autouse=True)
def _run_tools(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sb, "run_tools", True)  # as the sandbox is started with run_tools=True
    monkeypatch.setenv("PATH", str(BIN), prepend=os.pathsep)


def tool(command: str, inputs: Json, outputs: Json, **more: Any) -> Json:
    """A tool that is a line of shell."""
    return {
        "class": "CommandLineTool",
        "cwlVersion": "v1.2",
        "baseCommand": ["sh", "-c"],
        "arguments": [command],
        "inputs": inputs,
        "outputs": outputs,
        **more,
    }


@pytest.fixture
def run(web: httpx.Client, project: str, sandbox: Sandbox) -> Run:
    """Installs a tool, runs a task with it and returns the task as it ended."""

    def to_its_end(raw: Json, inputs: Json) -> Json:
        assert web.post(f"/apps/{project}/tool/raw", json=raw).status_code == 200
        body = {"project": project, "app": f"{project}/tool", "inputs": inputs, "name": "Real"}
        task = web.post("/tasks", json=body, params={"action": "run"}).json()
        assert task["status"] == "QUEUED", task
        sandbox.finish()
        return web.get(f"/tasks/{task['id']}").json()

    return to_its_end


def file(made: Json, *others: Json) -> Json:
    value = {"class": "File", "path": made["id"]}
    return {**value, "secondaryFiles": [file(other) for other in others]} if others else value


def content(web: httpx.Client, value: Json) -> bytes:
    url = web.get(f"/files/{value['path']}/download_info").json()["url"]
    return httpx.get(url, trust_env=False).content


def logs(web: httpx.Client, task: Json) -> str:
    (job,) = web.get(f"/tasks/{task['id']}/execution_details").json()["jobs"]
    assert job["status"] == task["status"]
    url = web.get(job["logs"]["stderr.log"]).json()["url"]
    return httpx.get(url, trust_env=False).text


def test_secondary_files_and_folders_come_and_go(web: httpx.Client, send: Send, run: Run, project: str) -> None:
    folder = web.post("/files", json={"name": "refs", "type": "folder", "project": project}).json()
    send("chr1.fa", b"chr1\n", parent=folder["id"])
    bam, bai = send("a.bam", b"bam\n"), send("a.bam.bai", b"bai\n")
    command = (
        "cat $(inputs.bam.path) $(inputs.bam.path).bai $(inputs.refs.path)/chr1.fa > out.bam;"
        " echo index > out.bam.bai; mkdir -p d/e; echo x > d/e/x.txt"
    )
    indexed = {"type": "File", "secondaryFiles": [".bai"]}
    outputs = {
        "bam": {**indexed, "outputBinding": {"glob": "out.bam"}},
        "folder": {"type": "Directory", "outputBinding": {"glob": "d"}},
        "count": {"type": "int", "outputBinding": {"outputEval": "$(inputs.bam.size)"}},
    }
    raw = tool(command, {"bam": indexed, "refs": "Directory"}, outputs)
    refs = {"class": "Directory", "path": folder["id"]}
    task = run(raw, {"bam": file(bam, bai), "refs": refs})
    assert task["status"] == "COMPLETED", task["errors"]
    made = task["outputs"]
    (index,) = made["bam"]["secondaryFiles"]
    assert (made["bam"]["name"], content(web, made["bam"])) == ("out.bam", b"bam\nbai\nchr1\n")
    assert (index["name"], content(web, index)) == ("out.bam.bai", b"index\n")
    assert made["count"] == 4
    (inner,) = web.get(f"/files/{made['folder']['path']}/list").json()["items"]
    (innermost,) = web.get(f"/files/{inner['id']}/list").json()["items"]
    assert (inner["name"], innermost["name"], content(web, {"path": innermost["id"]})) == ("e", "x.txt", b"x\n")


def test_a_tool_that_fails_fails_its_task_and_its_words_are_kept(web: httpx.Client, run: Run) -> None:
    task = run(tool("echo partial > o.txt; echo no such reads >&2; exit 3", {}, {"out": "stdout"}), {})
    assert (task["status"], task["outputs"]) == ("FAILED", {})
    assert task["errors"][0]["message"] == "cwltool ended with 1: no such reads"
    assert task["execution_status"]["message"] == task["errors"][0]["message"]
    assert "exited with status: 3" in logs(web, task)


def test_files_on_volumes_are_read(web: httpx.Client, run: Run, project: str, bucket: Any, sandbox: Sandbox) -> None:
    bucket.put_object(Bucket="lab", Key="r.fq", Body=b"on a volume")
    service = {"type": "S3", "bucket": "lab", "credentials": {"access_key_id": "AK"}}
    volume = web.post("/storage/volumes", json={"name": "lab", "access_mode": "RO", "service": service}).json()["id"]
    body = {"source": {"volume": volume, "location": "r.fq"}, "destination": {"project": project}}
    started = web.post("/storage/imports", json=body).json()["id"]
    sandbox.finish()
    reads = web.get(f"/storage/imports/{started}").json()["result"]
    task = run(tool("cat $(inputs.reads.path)", {"reads": "File"}, {"out": "stdout"}), {"reads": file(reads)})
    assert content(web, task["outputs"]["out"]) == b"on a volume"


def test_a_tool_that_demands_an_image_is_not_run_here(web: httpx.Client, run: Run) -> None:
    raw = tool("exit 1", {}, {"out": "stdout"}, requirements=[{"class": "DockerRequirement", "dockerPull": "x/y:1"}])
    task = run(raw, {})
    assert (task["status"], task["outputs"]["out"]["name"]) == ("COMPLETED", "out.txt")
