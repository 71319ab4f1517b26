"""Operations of tasks: create, change, run, abort, clone, and what came of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.sb.apps import find_app, mapped, ports, split_id, steps_of
from omicsdk.sandbox.sb.responses import ordered, page_of, refuse, shown, times, view, when, within
from omicsdk.sandbox.sb.state import Sb, body_fields, filled, in_bulk, new_uuid, path_id
from omicsdk.sandbox.sb.task_runs import FINAL_STATES, GOING, KIND, abort, app_of, children, drop, put, run, validate
from omicsdk.sandbox.service import Call, JsonObject, Reply

_EDITABLE = "name description batch batch_by batch_input use_interruptible_instances execution_settings"
_ORDERS = {"created_time": "created", "start_time": "start", "end_time": "end"}
_CENTS_A_SECOND = 0.01
_INSTANCE = {"type": "c4.2xlarge", "provider": "AWS", "disk": {"size": 1024, "unit": "GB", "type": "EBS"}}


# -- finding


def _requested(sb: Sb, call: Call, needs: str = "read") -> JsonObject:
    return sb.part(call, KIND, call.arguments["task_id"], "project", needs)


def _draft(sb: Sb, call: Call, needs: str, code: int, advice: str) -> JsonObject:
    """The task that a request is about, which is a draft still."""
    task = _requested(sb, call, needs)
    if task["status"] != "DRAFT":
        raise refuse(409, code, f"Task {task['id']} is {task['status']}: {advice}")
    return task


def list_tasks(sb: Sb, call: Call) -> Reply:
    """GET /tasks, GET /projects/{owner}/{project}/tasks."""
    query = call.arguments
    project = path_id(call) if "owner" in query else query.get("project")
    projects = sb.projects_of(call, project)
    same = {name: query[name] for name in ("status", "batch", "origin_id") if query.get(name) is not None}
    spans = (("created", "created"), ("started", "start"), ("ended", "end"))
    tests = [within(query, name, key) for name, key in spans]
    matching = [
        task
        for task in _candidates(sb, query.get("parent"), projects)
        if all(task[name] == value for name, value in same.items()) and all(test(task) for test in tests)
    ]
    order = query.get("order_by") or "created_time"
    return page_of(call, ordered(matching, _ORDERS.get(order, order), query), lambda task: _show(sb, call, task))


list_project_tasks = list_tasks


def _candidates(sb: Sb, parent: str | None, projects: list[str]) -> list[JsonObject]:
    """The tasks of projects, or the children of a batch in one of them."""
    if parent is None:
        return [task for project in projects for task in sb.documents.listed(KIND, project)]
    batch = sb.documents.get(KIND, parent)
    return children(sb, batch) if batch is not None and batch["project"] in projects else []


def get_task(sb: Sb, call: Call) -> Reply:
    """GET /tasks/{task_id}."""
    return Reply(_show(sb, call, _requested(sb, call)))


def get_task_inputs(sb: Sb, call: Call) -> Reply:
    """GET /tasks/{task_id}/inputs."""
    return Reply(_values(sb, _requested(sb, call)["inputs"]))


def bulk_get_tasks(sb: Sb, call: Call) -> Reply:
    """POST /bulk/tasks/get."""
    return in_bulk(sb, call.body["task_ids"], lambda id: _show(sb, call, sb.part(call, KIND, id, "project")))


# -- making


def create_task_(sb: Sb, call: Call) -> Reply:
    """POST /tasks."""
    body: Mapping[str, Any] = call.body
    settings = sb.project(call, body["project"], "execute")["settings"]
    app = _app(sb, call, body["app"])
    task: JsonObject = {
        **_fresh(sb, call),
        "name": body.get("name") or f"{app['name']} run: {when(sb.now())}",
        "project": body["project"],
        **_runs(app),
        "batch": False,
        **{name: body.get(name) for name in ("batch_by", "batch_input", "execution_settings", "output_location")},
        **filled(body, description="", inputs={}),
        "use_interruptible_instances": settings["use_interruptible_instances"],
        **body_fields(call, "use_interruptible_instances"),
        "origin_id": None,
    }
    _check_batch(sb, task, divides=call.arguments.get("batch") is not False)
    return _made(sb, call, task)


def _fresh(sb: Sb, call: Call) -> JsonObject:
    """The fields of a draft before anything was done with it."""
    nothing = dict.fromkeys(("executed_by", "start", "end", "batch_group", "parent", "message"))
    draft = {"id": new_uuid(), "status": "DRAFT", "created_by": sb.user(call), "created": sb.now()}
    return {**draft, **nothing, "outputs": {}, "jobs": [], "left": 0}


def _made(sb: Sb, call: Call, task: JsonObject) -> Reply:
    """Keep a new task, and runs it where that is requested and nothing is wrong with it."""
    validate(sb, task)
    put(sb, task)
    if call.arguments.get("action") == "run" and not task["errors"]:
        run(sb, task, sb.user(call))
    return Reply(_show(sb, call, task))


def _app(sb: Sb, call: Call, text: str) -> JsonObject:
    if not text:
        raise refuse(400, 7015, "A task runs an app: give its identity, owner/project/app")
    id, revision = split_id(text)
    sb.project(call, id.rpartition("/")[0])
    return find_app(sb, id, revision)


def _runs(app: JsonObject) -> JsonObject:
    """The fields of a task that name its app."""
    return {"app": f"{app['id']}/{app['revision']}", "steps": steps_of(app["raw"])}


def _check_batch(sb: Sb, task: JsonObject, *, divides: bool) -> None:
    """Make a task a batch when it states how to divide which input."""
    batch_by, batch_input = task["batch_by"], task["batch_input"]
    task["batch"] = divides and bool(batch_by and batch_input)
    if bool(batch_by) != bool(batch_input):
        raise refuse(400, 7023, "A batch takes both batch_by and batch_input")
    if not batch_by:
        return
    if str(batch_by.get("type")).upper() != "ITEM" and not batch_by.get("criteria"):
        raise refuse(400, 7019, "A batch is by item, or takes criteria such as metadata.sample_id")
    if batch_input not in {port.id for port in ports(app_of(sb, task), "inputs")}:
        raise refuse(400, 7018, f"The app has no input {batch_input!r} that a batch could divide")


def clone_task_(sb: Sb, call: Call) -> Reply:
    """POST /tasks/{task_id}/actions/clone."""
    task = _requested(sb, call, "execute")
    return _made(sb, call, {**task, **_fresh(sb, call), "origin_id": task["id"]})


# -- changing


def update_task(sb: Sb, call: Call) -> Reply:
    """PATCH /tasks/{task_id}."""
    task, body = _requested(sb, call, "write"), call.body
    if task["status"] != "DRAFT" and (more := set(body) - {"name"}):
        message = f"Task {task['id']} is {task['status']}: only a draft can be changed, others can be renamed"
        raise refuse(409, 7026, f"{message}, so not {', '.join(sorted(more))}")
    task.update(body_fields(call, _EDITABLE))
    if "app" in body:
        task.update(_runs(_app(sb, call, body["app"])))
    task["inputs"] = {**task["inputs"], **(body.get("inputs") or {})}
    if task["status"] == "DRAFT":
        divides = bool({"batch_by", "batch_input"} & set(body))
        _check_batch(sb, task, divides=body.get("batch", task["batch"] or divides))
        validate(sb, task)
    put(sb, task)
    return Reply(_show(sb, call, task))


def update_task_inputs(sb: Sb, call: Call) -> Reply:
    """PATCH /tasks/{task_id}/inputs."""
    task = _draft(sb, call, "write", 7026, "only a draft can be changed")
    task["inputs"] = {**task["inputs"], **call.body}
    validate(sb, task)
    put(sb, task)
    return Reply(_values(sb, task["inputs"]))


def run_task(sb: Sb, call: Call) -> Reply:
    """POST /tasks/{task_id}/actions/run."""
    task = _draft(sb, call, "execute", 7007, "only a draft can be run, or a clone of it")
    validate(sb, task)
    if task["errors"]:
        raise refuse(400, 7024, "; ".join(error["message"] for error in task["errors"]))
    run(sb, task, sb.user(call))
    return Reply(_show(sb, call, task))


def abort_task(sb: Sb, call: Call) -> Reply:
    """POST /tasks/{task_id}/actions/abort."""
    task = _requested(sb, call, "execute")
    abort(sb, task)
    return Reply(_show(sb, call, task))


def delete_task(sb: Sb, call: Call) -> Reply:
    """DELETE /tasks/{task_id}."""
    task = _requested(sb, call, "write")
    if task["status"] in GOING:
        raise refuse(409, 7011, f"Task {task['id']} is {task['status']}: abort it before deleting it")
    drop(sb, task)
    return Reply(status=204)


# -- showing


def _show(sb: Sb, call: Call, task: JsonObject) -> JsonObject:
    """All fields of a task."""
    fields = {
        **task,
        "type": "v2",
        "created_time": when(task["created"]),
        **times(task),
        "inputs": _values(sb, task["inputs"]),
        "outputs": _values(sb, task["outputs"]),
        "price": _price(task),
        "execution_status": _execution_status(sb, task),
    }
    return view(call, KIND, fields)


def _values(sb: Sb, values: Mapping[str, Any]) -> JsonObject:
    """Inputs or outputs as responses have them: each file with its present name and what belongs to it."""

    def with_details(value: JsonObject) -> JsonObject:
        record = sb.files.get(str(value.get("path")))
        details: JsonObject = {"class": value["class"], "path": value.get("path")}
        if record is None:
            return details
        # What was sent with the value has precedence; else the platform's own facts on the file.
        present = [{"class": "File", "path": id} for id in record.secondary]
        secondary: Sequence[JsonObject] = value.get("secondaryFiles") or present
        more = {"secondaryFiles": [with_details(file) for file in secondary]} if secondary else {}
        return {**details, "name": record.name, **more}

    return mapped(dict(values), with_details)


def _price(task: JsonObject) -> JsonObject | None:
    if task["status"] not in FINAL_STATES or task["start"] is None:
        return None
    amount = round((task["end"] - task["start"]) * _CENTS_A_SECOND / 100, 4)
    breakdown = {"storage": "0.0", "computation": str(amount), "data_transfer": "0.0"}
    return {"currency": "USD", "amount": amount, "breakdown": breakdown}


def _execution_status(sb: Sb, task: JsonObject) -> JsonObject:
    if task["batch"]:
        states = [child["status"] for child in children(sb, task)]
        names = ("queued", "running", "completed", "failed", "aborted")
        return {name: states.count(name.upper()) for name in names}
    steps, is_over = len(task["steps"]), task["start"] and task["end"]
    ran = int(1000 * (task["end"] - task["start"])) if is_over else None
    return {
        "steps_completed": steps if task["status"] == "COMPLETED" else 0,
        "steps_total": steps,
        "message": task["message"],
        **dict.fromkeys(("running_duration", "execution_duration"), ran),
    }


def get_task_execution_details(sb: Sb, call: Call) -> Reply:
    """GET /tasks/{task_id}/execution_details."""
    task = _requested(sb, call)
    jobs = [
        {
            **{name: job[name] for name in ("name", "status", "command_line")},
            **times(task),
            "retried": False,
            "instance": {"id": f"i-{task['id'][:8]}", **_INSTANCE},
            "docker": {"checksum": None},
            "logs": {name: call.service_url(f"/files/{id}/download_info", {}) for name, id in job["logs"].items()},
        }
        for job in task["jobs"]
    ]
    fields = {**times(task), "status": task["status"], "message": task["message"], "jobs": jobs}
    return Reply(shown(call, fields, "tasks", task["id"], "execution_details"))
