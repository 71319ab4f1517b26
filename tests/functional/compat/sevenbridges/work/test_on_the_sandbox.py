"""Apps, tasks and automations from one end to the other, on the sandbox's platform and by its clock."""

import json
from collections.abc import Iterator

import pytest
from omicsdk.compat.sevenbridges import Api, Conflict, TaskValidationError
from omicsdk.sandbox import Sandbox
from sandbox_clock import SandboxClock

pytestmark = pytest.mark.sandbox

TOOL = {
    "cwlVersion": "v1.2",
    "class": "CommandLineTool",
    "baseCommand": ["cat"],
    "inputs": {"reads": {"type": "File[]"}, "n": {"type": "int?"}},
    "outputs": {"out": {"type": "File", "outputBinding": {"glob": "out.txt"}, "secondaryFiles": [".idx"]}},
    "stdout": "out.txt",
}
YAML = "\n".join(f"{name}: {json.dumps(value)}" for name, value in TOOL.items())


@pytest.fixture
def api(omics_sandbox: Sandbox) -> Iterator[Api]:
    api = Api(omics_sandbox.sb_url, omics_sandbox.sb_token, debug=True, clock=SandboxClock(omics_sandbox))
    yield api
    api.close()


@pytest.fixture
def project(api: Api):
    return api.projects.create("Work")


@pytest.fixture
def reads(api: Api, project, tmp_path) -> list:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
        api.files.upload(tmp_path / name, project=project)
    return list(api.files.query(project=project).all())


@pytest.fixture
def app(api: Api, project):
    return api.apps.install_app(f"{project.id}/cat", TOOL)


def test_a_task_runs_and_its_outputs_are_files(api, project, app, reads):
    task = api.tasks.create("one", project, app, inputs={"reads": reads, "n": 3}, run=True)
    assert task.status == "QUEUED"
    assert task.inputs["reads"] == reads
    task.wait(period=5, timeout=3600)
    assert task.status == "COMPLETED"
    out = task.outputs["out"]
    assert (out.name, [file.name for file in out.secondary_files]) == ("out.txt", ["out.txt.idx"])
    assert out.size > 0
    details = task.get_execution_details()
    assert [job.status for job in details.jobs] == ["COMPLETED"]
    logs = [details.jobs[0].logs[name] for name in details.jobs[0].logs]
    assert {log.name: log.size for log in logs} == {"main.stdout.log": 12, "main.stderr.log": 0}
    assert task.price.currency == "USD"


def test_a_task_without_its_input_is_a_draft_that_can_be_fixed(api, project, app, reads):
    with pytest.raises(TaskValidationError, match="reads") as raised:
        api.tasks.create("two", project, app, run=True)
    draft = raised.value.task
    draft.inputs["reads"] = reads[:1]
    draft.inputs["n"] = 1
    draft.save().inputs["reads"].append(reads[1])
    del draft.inputs["n"]
    draft.save()
    task = api.tasks.get(draft.id)
    assert task.inputs["reads"] == reads
    assert task.inputs["n"] is None
    assert draft.run().abort().status == "ABORTED"
    again = draft.clone()
    again.wait(timeout=3600)
    assert again.status == "COMPLETED"
    again.delete()
    assert [record.valid for record in api.tasks.bulk_get([draft, again])] == [True, False]


def test_a_batch_has_a_child_for_each_file(api, project, app, reads):
    batch = api.tasks.create(
        "batch", project, app, inputs={"reads": reads}, batch_input="reads", batch_by={"type": "item"}, run=True
    )
    batch.wait(timeout=3600)
    children = list(batch.get_batch_children(status="COMPLETED").all())
    assert len(children) == batch.execution_status.completed == 2
    assert sorted(child.batch_group.value for child in children) == ["a.txt", "b.txt"]
    assert [task.name for task in api.tasks.query(project=project)] == ["batch"]


def test_apps_in_revisions_and_copies(api, project, app):
    other = api.apps.install_app(f"{project.id}/cat-yaml", YAML)
    assert other.raw["class"] == "CommandLineTool"
    with pytest.raises(Conflict):
        api.apps.install_app(app.id, TOOL)
    revised = api.apps.create_revision(app, 1, {**TOOL, "label": "Better"})
    assert revised == app
    assert (revised.revision, api.apps.get(app.id).revision, api.apps.get_revision(app.id, 0).revision) == (1, 1, 0)
    assert {entry.id for entry in api.apps.query(project=project)} == {app.id, other.id}
    copy = app.copy(api.projects.create("Other"), name="copied")
    api.apps.create_revision(app, 2, TOOL)
    assert copy.sync().project == "sandbox-user/other"
    assert (copy.name, copy.raw["label"]) == ("copied", "Better")


def test_an_automation_runs_its_code(api, tmp_path):
    automation = api.automations.create("auto", description="d")
    (tmp_path / "code.zip").write_bytes(b"x" * 100)
    package = automation.add_package("1", tmp_path / "code.zip", {"inputs": []}, python="3.8")
    member = automation.add_member("ada", {"read": True, "write": False})
    member.permissions["write"] = True
    member.save()
    assert automation.get_member("ada").permissions["write"] is True
    automation.remove_member(member)
    run = api.automation_runs.create(package, inputs={"a": 1}, settings={"s": 2}, name="first")
    run.wait(timeout=3600)
    assert (run.status, run.package, run.automation.id) == ("FINISHED", package, automation.id)
    assert run.get_state()["main"]["inputs"] == {"a": 1}
    assert run.get_log_file().name
    again = api.automation_runs.rerun(run, inputs={"b": 2}, name="again")
    assert (again.name, again.inputs, again.settings) == ("again", {"a": 1, "b": 2}, {"s": 2})
    again.stop()
    again.wait(timeout=3600)
    assert again.status in ("ABORTED", "FINISHED")
    assert [run.name for run in automation.get_runs(package=package, order_by="name", order="asc")] == [
        "again",
        "first",
    ]
    assert package.archive().archived
    assert automation.archive().archived
    assert automation not in api.automations.query()
    assert automation in api.automations.query(include_archived=True)
    assert not automation.restore().archived
