"""Examples of the page for those who come from sevenbridges-python: apps and tasks."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import omicsdk.compat.sevenbridges
import pytest
from omicsdk.sandbox import Sandbox
from sb_page import PROJECT

pytestmark = pytest.mark.sandbox

Run = Callable[..., SimpleNamespace]
TOOL: dict[str, Any] = {"cwlVersion": "v1.2", "class": "CommandLineTool", "baseCommand": "wc"}


def test_apps(run: Run, project):
    made = run("apps.py")
    assert (made.app.revision, made.first.revision, made.app.raw["label"]) == (1, 0, "Lines of reads")
    assert [app.id for app in made.apps] == [f"{PROJECT}/my-app"]


@pytest.fixture
def app(run: Run, project) -> omicsdk.compat.sevenbridges.App:
    """The app that the examples of tasks name; its tool is run by nobody."""
    return run("apps.py").app


@pytest.fixture
def reads(app, upload) -> list[Any]:
    return [upload(name, sample="some-sample") for name in ("a.fastq", "b.fastq")]


def test_a_task(run: Run, reads, capsys: pytest.CaptureFixture[str]):
    task = run("task.py").task
    assert "unable" not in capsys.readouterr().out
    assert sorted(file.id for file in task.inputs["FastQC-Reads"]) == sorted(file.id for file in reads)
    task.wait()
    assert (task.status, task.outputs["lines"].name) == ("COMPLETED", "lines.txt")


def test_a_draft(run: Run, api: omicsdk.compat.sevenbridges.Api, project, upload):
    upload("one_file.fa")
    inputs = {"read": {"type": "File"}}
    api.apps.install_app(f"{PROJECT}/my-other-app", {**TOOL, "inputs": inputs, "outputs": {}})
    task = run("draft.py").task
    assert (task.name, task.status, task.inputs["read"].name) == ("my-second-task", "QUEUED", "one_file.fa")


def test_a_batch(run: Run, reads, capsys: pytest.CaptureFixture[str]):
    task = run("batch.py").task
    assert "unable" not in capsys.readouterr().out
    assert (task.batch, task.status) == (True, "QUEUED")
    run("children.py", **{"task-identifier": task.id})
    children = [line.split() for line in capsys.readouterr().out.splitlines()[-2:]]
    assert {words[-1] for words in children} == {task.id}


def test_properties_of_tasks(run: Run, reads):
    task = run("task.py").task
    task.wait()
    made = run("task_properties.py", **{"task-identifier": task.id})
    assert [job.status for job in made.details.jobs] == ["COMPLETED"]
    assert made.task.status == "COMPLETED"


def test_an_abort(run: Run, reads):
    task = run("task.py").task
    run("abort.py", **{"task-identifier": task.id})
    assert task.reload().status == "ABORTED"


def test_files_that_belong_to_another_and_a_request_by_hand(
    run: Run, reads, omics_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
):
    index = omics_sandbox.sb.files.get(reads[1].id)
    assert index is not None
    omics_sandbox.sb.files.change(reads[0].id, secondary=[index.id])
    task = run("task.py").task
    capsys.readouterr()
    made = run("belonging.py", **{"task-identifier": task.id, "file-identifier": reads[1].id})
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines[:2]) == ["FastQC-Reads a.fastq ['b.fastq']", "FastQC-Reads b.fastq []"]
    assert lines[2:] == ["204"]
    assert made.response.status_code == 204
