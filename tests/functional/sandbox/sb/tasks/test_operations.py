"""Tasks: drafts, runs by the sandbox's clock, batches, and what they leave behind."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from sb_responses import refused

Json = dict[str, Any]
Send = Callable[..., Json]
Clients = Callable[[str], httpx.Client]
Make = Callable[..., Json]
TOOL: Json = {
    "class": "CommandLineTool",
    "cwlVersion": "v1.2",
    "label": "align",
    "baseCommand": "align",
    "inputs": {"reads": "File", "threads": "int?", "note": {"type": "string", "default": "none"}},
    "outputs": {
        "bam": {"type": "File", "outputBinding": {"glob": "out.bam"}, "secondaryFiles": [".bai"]},
        "stats": "File[]",
        "score": "float",
    },
}
WORKFLOW: Json = {
    "class": "Workflow",
    "cwlVersion": "v1.2",
    "inputs": {"reads": "File[]"},
    "outputs": {"report": {"type": "File", "outputSource": "last/report"}},
    "steps": {"first": {"run": "a.cwl"}, "last": {"run": "b.cwl"}},
}


@pytest.fixture(autouse=True)
def _frozen(sandbox: Sandbox) -> None:
    """Time moves when a test moves it."""
    sandbox.clock.freeze()
    sandbox.settings.turn({"sb.task_queue_seconds": 10, "sb.task_seconds": 100})


@pytest.fixture
def make(web: httpx.Client, project: str) -> Make:
    """Makes a task; installs the app first when it does not exist."""

    def create(
        inputs: Json | None = None, *, app: str = "align", raw: Json = TOOL, action: str = "", **fields: Any
    ) -> Json:
        if web.get(f"/apps/{project}/{app}").status_code == 404:
            web.post(f"/apps/{project}/{app}/raw", json=raw)
        params = {name: fields.pop(name) for name in ("batch",) if name in fields}
        body = {"project": project, "app": f"{project}/{app}", "inputs": inputs or {}, "name": "Task", **fields}
        response = web.post("/tasks", json=body, params={**params, **({"action": action} if action else {})})
        assert response.status_code == 200, response.text
        return response.json()

    return create


def _file(made: Json) -> Json:
    return {"class": "File", "path": made["id"]}


def _status(web: httpx.Client, task: Json) -> str:
    return web.get(f"/tasks/{task['id']}").json()["status"]


def _bytes(web: httpx.Client, file: str) -> bytes:
    return httpx.get(web.get(f"/files/{file}/download_info").json()["url"]).content


def test_a_draft_waits_until_it_is_run(web: httpx.Client, make: Make, send: Send, project: str) -> None:
    reads = send("reads.fastq")
    task = make({"reads": _file(reads)}, description="why", execution_settings={"max_parallel_instances": 2})
    current = {
        name: task[name] for name in ("status", "app", "project", "batch", "parent", "errors", "outputs", "type")
    }
    assert current == {
        "status": "DRAFT",
        "app": f"{project}/align/0",
        "project": project,
        "batch": False,
        "parent": None,
        "errors": [],
        "outputs": {},
        "type": "v2",
    }
    assert task["inputs"] == {"reads": {"class": "File", "path": reads["id"], "name": "reads.fastq"}}
    assert (task["created_by"], task["executed_by"], task["start_time"]) == ("sandbox-user", None, None)
    assert web.get(f"/tasks/{task['id']}/inputs").json() == task["inputs"]
    assert web.get(f"/tasks/{task['id']}").json() == task


def test_a_run_passes_its_states_by_the_clock(web: httpx.Client, make: Make, send: Send, sandbox: Sandbox) -> None:
    task = make({"reads": _file(send("r"))})
    assert web.post(f"/tasks/{task['id']}/actions/run").json()["status"] == "QUEUED"
    states = [_status(web, task)]
    for seconds in (9, 2, 90, 10):
        sandbox.clock.advance(seconds)
        states.append(_status(web, task))
    assert states == ["QUEUED", "QUEUED", "RUNNING", "RUNNING", "COMPLETED"]
    current = web.get(f"/tasks/{task['id']}").json()
    assert current["executed_by"] == "sandbox-user"
    assert current["created_time"] < current["start_time"] < current["end_time"]
    assert current["price"]["amount"] > 0
    assert current["execution_status"]["steps_completed"] == 1
    assert current["execution_status"]["running_duration"] == 100_000


def test_outputs_are_files_of_the_project(
    web: httpx.Client, make: Make, send: Send, project: str, sandbox: Sandbox
) -> None:
    reads = send("r")
    web.patch(f"/files/{reads['id']}", json={"metadata": {"sample_id": "s1"}})
    send("out.bam")
    task = make({"reads": _file(reads)}, action="run")
    sandbox.finish()
    outputs = web.get(f"/tasks/{task['id']}").json()["outputs"]
    assert outputs["score"] is None
    assert [item["name"] for item in outputs["stats"]] == ["stats.txt"]
    bam = outputs["bam"]
    assert (bam["class"], bam["name"], [item["name"] for item in bam["secondaryFiles"]]) == (
        "File",
        "_1_out.bam",
        ["_1_out.bam.bai"],
    )
    stored = web.get(f"/files/{bam['path']}").json()
    assert (stored["origin"], stored["metadata"]) == ({"task": task["id"]}, {"sample_id": "s1"})
    assert stored["_secondary_files"] == [{"class": "File", "path": bam["secondaryFiles"][0]["path"]}]
    assert len(_bytes(web, bam["path"])) == stored["size"]
    listed = web.get("/files", params={"project": project, "origin.task": task["id"]}).json()["items"]
    assert [item["name"] for item in listed] == ["_1_out.bam", "_1_out.bam.bai", "stats.txt"]


def test_a_file_of_a_public_dataset_is_given_to_a_task(web: httpx.Client, make: Make) -> None:
    reference = web.get("/files", params={"dataset": "sandbox-user/reference-set"}).json()["items"][0]
    task = make({"reads": _file(reference)}, action="run")
    assert (task["status"], task["errors"], task["inputs"]["reads"]["name"]) == ("QUEUED", [], "reference.fasta")


def test_execution_details_have_logs_that_are_files(
    web: httpx.Client, make: Make, send: Send, project: str, sandbox: Sandbox
) -> None:
    task = make({"reads": [_file(send("r"))]}, app="flow", raw=WORKFLOW, action="run")
    path = f"/tasks/{task['id']}/execution_details"
    assert web.get(path).json()["jobs"] == []
    sandbox.finish()
    current = web.get(path).json()
    assert (current["status"], [job["name"] for job in current["jobs"]]) == ("COMPLETED", ["first", "last"])
    log = current["jobs"][0]["logs"]["stdout.log"]
    file = log.removesuffix("/download_info").rpartition("/")[2]
    assert web.get(f"/files/{file}").json()["name"] == "first.stdout.log"
    assert httpx.get(web.get(log).json()["url"]).text == "first of Task\n"
    names = [item["name"] for item in web.get("/files", params={"project": project}).json()["items"]]
    assert names == ["r", "report.txt"]


def test_tasks_fail_when_they_shall(web: httpx.Client, make: Make, send: Send, sandbox: Sandbox) -> None:
    sandbox.settings.turn({"sb.failing_tasks": "other, Ta*"})
    task = make({"reads": _file(send("r"))}, action="run")
    sandbox.finish()
    current = web.get(f"/tasks/{task['id']}").json()
    assert (current["status"], current["outputs"]) == ("FAILED", {})
    assert "sb.failing_tasks" in current["errors"][0]["message"]
    details = web.get(f"/tasks/{task['id']}/execution_details").json()
    assert _bytes(web, details["jobs"][0]["logs"]["stderr.log"].split("/")[-2]).startswith(b"The setting")


def test_a_run_needs_what_the_app_needs(web: httpx.Client, make: Make, send: Send) -> None:
    task = make({"threads": "many", "more": 1}, action="run")
    assert task["status"] == "DRAFT"
    assert [(item["id"], item["code"]) for item in task["errors"]] == [("reads", 7012), ("threads", 7024)]
    assert "reads" in refused(web.post(f"/tasks/{task['id']}/actions/run"), 400, 7024)
    fixed = web.patch(f"/tasks/{task['id']}", json={"inputs": {"reads": _file(send("r")), "threads": 2}}).json()
    assert (fixed["errors"], fixed["inputs"]["more"]) == ([], 1)
    assert web.post(f"/tasks/{task['id']}/actions/run").json()["status"] == "QUEUED"


def test_files_that_do_not_exist_are_errors(make: Make) -> None:
    assert [item["code"] for item in make({"reads": {"class": "File", "path": "none"}})["errors"]] == [5002]


def test_only_drafts_change_and_others_are_renamed(web: httpx.Client, make: Make, send: Send) -> None:
    task = make({"reads": _file(send("r"))}, action="run")
    path = f"/tasks/{task['id']}"
    refused(web.patch(path, json={"description": "new"}), 409, 7026)
    refused(web.patch(f"{path}/inputs", json={"threads": 1}), 409, 7026)
    assert web.patch(path, json={"name": "New"}).json()["name"] == "New"
    refused(web.post(f"{path}/actions/run"), 409, 7007)
    refused(web.delete(path), 409, 7011)
    draft = make({"reads": _file(send("q"))})
    assert web.patch(f"/tasks/{draft['id']}/inputs", json={"threads": 3}).json()["threads"] == 3
    assert web.delete(f"/tasks/{draft['id']}").status_code == 204
    refused(web.get(f"/tasks/{draft['id']}"), 404, 7002)


def test_aborting(web: httpx.Client, make: Make, send: Send, sandbox: Sandbox) -> None:
    task = make({"reads": _file(send("r"))})
    path = f"/tasks/{task['id']}/actions"
    refused(web.post(f"{path}/abort"), 409, 7008)
    web.post(f"{path}/run")
    sandbox.clock.advance(11)
    assert web.post(f"{path}/abort").json()["status"] == "ABORTED"
    sandbox.finish()
    assert _status(web, task) == "ABORTED"


def test_clones_are_new_drafts_of_the_same(web: httpx.Client, make: Make, send: Send, sandbox: Sandbox) -> None:
    task = make({"reads": _file(send("r"))}, action="run")
    sandbox.finish()
    clone = web.post(f"/tasks/{task['id']}/actions/clone").json()
    assert (clone["status"], clone["origin_id"], clone["outputs"]) == ("DRAFT", task["id"], {})
    assert clone["inputs"] == task["inputs"]
    running = web.post(f"/tasks/{task['id']}/actions/clone", params={"action": "run"}).json()
    assert running["status"] == "QUEUED"
    listed = web.get("/tasks", params={"origin_id": task["id"]}).json()["items"]
    assert {item["id"] for item in listed} == {clone["id"], running["id"]}


def test_what_cannot_be_created(web: httpx.Client, make: Make, project: str, client_of: Clients) -> None:
    task = make()

    def create(**body: Any) -> httpx.Response:
        return web.post("/tasks", json={"project": project, "app": f"{project}/align", **body})

    refused(create(app=""), 400, 7015)
    refused(create(app="align"), 400, 6011)
    refused(create(app=f"{project}/none"), 404, 6002)
    refused(create(app=f"{project}/align/9"), 404, 6002)
    refused(create(batch_input="reads"), 400, 7023)
    refused(create(batch_input="reads", batch_by={"type": "CRITERIA"}), 400, 7019)
    refused(create(batch_input="other", batch_by={"type": "ITEM"}), 400, 7018)
    refused(client_of("ada").get(f"/tasks/{task['id']}"), 404, 7002)
    web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": {"read": True}})
    body = {"project": project, "app": f"{project}/align"}
    refused(client_of("ada").post("/tasks", json=body), 403, 3001)


# -- batches


def _batch(make: Make, send: Send, web: httpx.Client, **fields: Any) -> Json:
    files = [send(name) for name in ("a", "b", "c")]
    for file, sample in zip(files, ("s1", "s2", "s1"), strict=True):
        web.patch(f"/files/{file['id']}", json={"metadata": {"sample_id": sample}})
    return make({"reads": [_file(item) for item in files]}, batch_input="reads", action="run", **fields)


def test_a_batch_by_item_has_a_child_for_each(web: httpx.Client, make: Make, send: Send, sandbox: Sandbox) -> None:
    batch = _batch(make, send, web, batch_by={"type": "item"})
    assert (batch["batch"], batch["status"], batch["execution_status"]["queued"]) == (True, "QUEUED", 3)
    children = web.get("/tasks", params={"parent": batch["id"], "order": "asc", "order_by": "name", "fields": "_all"})
    current = children.json()["items"]
    assert [item["batch_group"]["value"] for item in current] == ["a", "b", "c"]
    assert [item["inputs"]["reads"]["name"] for item in current] == ["a", "b", "c"]
    assert {(item["parent"], item["batch"]) for item in current} == {(batch["id"], False)}
    sandbox.clock.advance(11)
    assert _status(web, batch) == "RUNNING"
    sandbox.clock.advance(100)
    done = web.get(f"/tasks/{batch['id']}").json()
    assert (done["status"], done["execution_status"]["completed"]) == ("COMPLETED", 3)


def test_a_batch_by_criteria_groups_what_agrees(web: httpx.Client, make: Make, send: Send, sandbox: Sandbox) -> None:
    by = {"type": "CRITERIA", "criteria": ["metadata.sample_id"]}
    batch = _batch(make, send, web, batch_by=by, app="flow", raw=WORKFLOW)
    current = web.get("/tasks", params={"parent": batch["id"], "order": "asc", "fields": "_all"}).json()["items"]
    groups = {item["batch_group"]["value"]: [file["name"] for file in item["inputs"]["reads"]] for item in current}
    assert groups == {"s1": ["a", "c"], "s2": ["b"]}
    assert current[0]["batch_group"]["fields"].keys() == {"metadata.sample_id"}
    sandbox.settings.turn({"sb.failing_tasks": "* - s2"})
    sandbox.finish()
    done = web.get(f"/tasks/{batch['id']}").json()
    assert (done["status"], done["execution_status"]["failed"]) == ("FAILED", 1)


def test_a_batch_may_be_switched_off_aborted_and_deleted(
    web: httpx.Client, make: Make, send: Send, sandbox: Sandbox
) -> None:
    by = {"type": "ITEM"}
    plain = _batch(make, send, web, batch_by=by, batch=False, app="flow", raw=WORKFLOW)
    assert (plain["batch"], plain["status"]) == (False, "QUEUED")
    inputs = plain["inputs"]
    batch = make(inputs, batch_input="reads", batch_by=by, app="flow", action="run")
    assert web.post(f"/tasks/{batch['id']}/actions/abort").json()["status"] == "ABORTED"
    children = web.get("/tasks", params={"parent": batch["id"], "fields": "_all"}).json()["items"]
    assert {item["status"] for item in children} == {"ABORTED"}
    assert web.delete(f"/tasks/{batch['id']}").status_code == 204
    refused(web.get(f"/tasks/{children[0]['id']}"), 404, 7002)
    wrong = make({"reads": []}, batch_input="reads", batch_by=by, app="flow", action="run")
    assert (wrong["status"], wrong["errors"][0]["code"]) == ("DRAFT", 7018)


# -- lists


def test_lists_are_narrowed_and_ordered(
    web: httpx.Client, make: Make, send: Send, sandbox: Sandbox, project: str
) -> None:
    sandbox.clock.freeze(1_600_000_000)
    reads = _file(send("r"))
    first = make({"reads": reads}, name="b")
    sandbox.clock.advance(3600)
    second = make({"reads": reads}, name="a", action="run")
    batch = make({"reads": [reads]}, name="c", batch_input="reads", batch_by={"type": "ITEM"})

    def names_of(**params: Any) -> list[str]:
        response = web.get("/tasks", params={"project": project, **params})
        assert response.status_code == 200, response.text
        return [item["name"] for item in response.json()["items"]]

    assert names_of() in (["a", "c", "b"], ["c", "a", "b"])
    assert names_of(order_by="name", order="asc") == ["a", "b", "c"]
    assert names_of(status="DRAFT", order_by="name", order="asc") == ["b", "c"]
    assert names_of(batch=True) == ["c"]
    assert names_of(created_to="2020-09-13T12:30:00") == ["b"]
    assert names_of(created_from="2020-09-13T13:26:40", order_by="name") == ["c", "a"]
    assert names_of(started_from="2020-09-13T00:00:00") == []
    sandbox.clock.advance(11)
    assert names_of(started_from="2020-09-13T00:00:00") == ["a"]
    assert web.get(f"/projects/{project}/tasks").headers["X-Total-Matching-Query"] == "3"
    refused(web.get("/tasks", params={"created_from": "yesterday"}), 400, 90000)
    ids = [first["id"], "00000000-0000-4000-8000-000000000000", batch["id"]]
    items = web.post("/bulk/tasks/get", json={"task_ids": ids}).json()["items"]
    assert [item["error"] and item["error"]["code"] for item in items] == [None, 7002, None]
    assert second["status"] == "QUEUED"


def test_streams_are_files_that_are_called_as_the_tool_states(
    web: httpx.Client, make: Make, send: Send, sandbox: Sandbox
) -> None:
    raw = {
        **TOOL,
        "inputs": {"reads": "stdin"},
        "outputs": {"out": "stdout", "err": {"type": "stderr"}},
        "stdout": "o.txt",
    }
    task = make({"reads": _file(send("r"))}, raw=raw, action="run")
    sandbox.finish()
    current = web.get(f"/tasks/{task['id']}").json()
    assert current["errors"] == []
    assert {id: value["name"] for id, value in current["outputs"].items()} == {"out": "o.txt", "err": "err.txt"}


# -- tools


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Callable[[str], None]:
    """Puts a program in cwltool's place; `given` are its inputs, `out` is where its files go."""

    def install(program: str) -> None:
        tool = tmp_path / "cwltool"
        tool.write_text(
            f"#!{sys.executable}\n"
            "import json, pathlib, subprocess, sys, time, urllib.request\n"
            "out = pathlib.Path(sys.argv[sys.argv.index('--outdir') + 1])\n"
            "given = json.loads(pathlib.Path(sys.argv[-1]).read_text())\n" + program
        )
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(sandbox.sb, "run_tools", True)

    return install


def test_cwltool_runs_small_tools_where_it_is_installed(
    web: httpx.Client, make: Make, send: Send, sandbox: Sandbox, stand_in: Callable[[str], None]
) -> None:
    stand_in(
        "if given.get('threads') == 0: sys.exit('no threads')\n"
        "if given.get('threads') == 1: print('what is no JSON'); sys.exit()\n"
        "text = pathlib.Path(given['reads']['path']).read_text()\n"
        "(out / 'out.bam').write_text(text.upper())\n"
        "print(json.dumps({'bam': {'class': 'File', 'location': (out / 'out.bam').as_uri()}, 'score': 1.5}))\n"
    )
    reads = _file(send("r.fq", b"acgt"))
    task, failing, odd = (make({"reads": reads, **more}, action="run") for more in ({}, {"threads": 0}, {"threads": 1}))
    sandbox.finish()
    outputs = web.get(f"/tasks/{task['id']}").json()["outputs"]
    assert outputs["score"] == 1.5
    assert _bytes(web, outputs["bam"]["path"]) == b"ACGT"
    current = web.get(f"/tasks/{failing['id']}").json()
    assert (current["status"], "no threads" in current["errors"][0]["message"]) == ("FAILED", True)
    assert web.get(f"/tasks/{odd['id']}").json()["status"] == "FAILED"


def test_a_task_that_is_aborted_while_its_tool_runs_stays_aborted(
    web: httpx.Client, make: Make, send: Send, sandbox: Sandbox, project: str, stand_in: Callable[[str], None]
) -> None:
    stand_in(
        f"token = {sandbox.sb_token!r}\n"
        "asked = urllib.request.Request(given['note'], method='POST', headers={'X-SBG-Auth-Token': token})\n"
        "urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked).read()\n"
        "(out / 'out.bam').write_text('late')\n"
        "print(json.dumps({'bam': {'class': 'File', 'location': (out / 'out.bam').as_uri()}}))\n"
    )
    task = make({"reads": _file(send("r.fq", b"acgt"))})
    abort = f"{sandbox.sb_url}/tasks/{task['id']}/actions/abort"
    web.patch(f"/tasks/{task['id']}/inputs", json={"note": abort})
    web.post(f"/tasks/{task['id']}/actions/run")
    sandbox.finish()
    current = web.get(f"/tasks/{task['id']}").json()
    assert (current["status"], current["outputs"]) == ("ABORTED", {})
    names = [item["name"] for item in web.get("/files", params={"project": project}).json()["items"]]
    assert names == ["r.fq"]


def test_a_tool_that_takes_too_long_is_ended_with_what_it_started(
    web: httpx.Client, make: Make, send: Send, sandbox: Sandbox, stand_in: Callable[[str], None]
) -> None:
    stand_in("subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])\n")
    sandbox.settings.turn({"sb.tool_seconds": 0.3})
    task = make({"reads": _file(send("r.fq", b"acgt"))}, action="run")
    sandbox.finish()  # comes back only when nothing refers to the tool's output any more
    current = web.get(f"/tasks/{task['id']}").json()
    assert (current["status"], "0.3 s" in current["errors"][0]["message"]) == ("FAILED", True)


def test_tasks_go_with_their_project(web: httpx.Client, make: Make, send: Send, project: str) -> None:
    batch = _batch(make, send, web, batch_by={"type": "ITEM"})
    child = web.get("/tasks", params={"parent": batch["id"]}).json()["items"][0]
    assert web.delete(f"/projects/{project}").status_code == 204
    assert web.post("/projects", json={"name": "Pilot"}).json()["id"] == project
    assert [web.get(f"/tasks/{item['id']}").status_code for item in (batch, child)] == [404, 404]


def test_no_tool_is_run_unless_the_sandbox_was_started_so(
    web: httpx.Client, make: Make, send: Send, sandbox: Sandbox, stand_in: Callable[[str], None], tmp_path: Path
) -> None:
    stand_in(f"pathlib.Path({str(tmp_path / 'ran')!r}).touch(); print('{{}}')\n")
    sandbox.sb.run_tools = Sandbox().options.run_tools  # what it is unless it is requested
    with pytest.raises(ValueError, match=r"sb\.run_tools"):
        sandbox.settings.turn({"sb.run_tools": True})
    task = make({"reads": _file(send("r.fq", b"acgt"))}, action="run")
    sandbox.finish()
    stored = web.get(f"/tasks/{task['id']}").json()
    assert not (tmp_path / "ran").exists()
    assert stored["status"] == "COMPLETED"
    assert "nothing was run (the sandbox was started without --run-tools)" in stored["execution_status"]["message"]
    assert stored["outputs"]["bam"]["path"]
