"""Operations of tasks: create, change, run, abort, clone, and what came of them."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.sandbox.sb.bulk import in_bulk
from omicsdk.sandbox.sb.problems import no_such, refuse
from omicsdk.sandbox.sb.requests.moments import span
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, new_uuid, path_id, when
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.tasks.apps import find_app, split_id
from omicsdk.sandbox.sb.tasks.cwl import ports, steps_of
from omicsdk.sandbox.sb.tasks.runs import GOING, KIND, abort, app_of, children, drop, put, run, validate
from omicsdk.sandbox.sb.tasks.views import details_json, task_json, values_json
from omicsdk.sandbox.service import Call, Reply

_EDITABLE = (
    "name",
    "description",
    "batch",
    "batch_by",
    "batch_input",
    "use_interruptible_instances",
    "execution_settings",
)


# -- finding


def _task(sb: Sb, call: Call, id: str, needs: str = "read") -> JsonObject:
    try:
        uuid.UUID(id)
    except ValueError as error:
        raise refuse(400, 7005, f"{id!r} is no task: identities of tasks are UUIDs") from error
    found = sb.documents.get(KIND, id)
    if found is None or not sb.may_see(sb.user(call), found["project"]):
        raise no_such("task", id)
    sb.project(call, found["project"], needs)
    return found


def _asked(sb: Sb, call: Call, needs: str = "read") -> JsonObject:
    return _task(sb, call, call.arguments["task_id"], needs)


def list_tasks(sb: Sb, call: Call) -> Reply:
    """GET /tasks."""
    if project := call.arguments.get("project"):
        sb.project(call, project, "read")
        return _page(sb, call, [project])
    return _page(sb, call, sb.projects_of(sb.user(call)))


def list_project_tasks(sb: Sb, call: Call) -> Reply:
    """GET /projects/{owner}/{project}/tasks."""
    project = path_id(call, "project")
    sb.project(call, project, "read")
    return _page(sb, call, [project])


def _page(sb: Sb, call: Call, projects: list[str]) -> Reply:
    given = call.arguments
    tests = [*_equal(given), *_spans(given)]
    found = [task for task in _candidates(sb, given.get("parent"), projects) if all(test(task) for test in tests)]
    key = _ORDERS[given.get("order_by") or "created_time"]
    # What has no such time yet stands at the end of an ascending list.
    found.sort(key=lambda task: (task[key] is None, task[key] or 0), reverse=given.get("order", "desc") == "desc")
    return page_of(call, found, lambda task: task_json(sb, call, task))


def _candidates(sb: Sb, parent: str | None, projects: list[str]) -> list[JsonObject]:
    """The tasks of projects, or the children of a batch in one of them."""
    if parent is None:
        return [task for each in projects for task in sb.documents.listed(KIND, each)]
    batch = sb.documents.get(KIND, parent)
    return children(sb, batch) if batch is not None and batch["project"] in projects else []


_ORDERS = {
    "created_time": "created",
    "start_time": "start",
    "end_time": "end",
    "name": "name",
    "created_by": "created_by",
}
Test = Callable[[JsonObject], bool]


def _equal(given: Mapping[str, Any]) -> list[Test]:
    wanted = {name: given[name] for name in ("status", "batch", "origin_id") if given.get(name) is not None}

    def test(task: JsonObject) -> bool:
        return all(task[name] == value for name, value in wanted.items())

    return [test]


def _spans(given: Mapping[str, Any]) -> list[Test]:
    return [
        _span(key, given.get(f"{name}_from"), given.get(f"{name}_to"))
        for name, key in (("created", "created"), ("started", "start"), ("ended", "end"))
        if given.get(f"{name}_from") or given.get(f"{name}_to")
    ]


def _span(key: str, first: str | None, last: str | None) -> Test:
    least, most = span(first, last)

    def test(task: JsonObject) -> bool:
        return task[key] is not None and least <= task[key] < most

    return test


def get_task(sb: Sb, call: Call) -> Reply:
    """GET /tasks/{task_id}."""
    return Reply(task_json(sb, call, _asked(sb, call)))


def get_task_inputs(sb: Sb, call: Call) -> Reply:
    """GET /tasks/{task_id}/inputs."""
    return Reply(values_json(sb, _asked(sb, call)["inputs"]))


def get_task_execution_details(sb: Sb, call: Call) -> Reply:
    """GET /tasks/{task_id}/execution_details."""
    return Reply(details_json(sb, call, _asked(sb, call)))


def bulk_get_tasks(sb: Sb, call: Call) -> Reply:
    """POST /bulk/tasks/get."""

    return in_bulk(sb, call.body["task_ids"], lambda id: task_json(sb, call, _task(sb, call, id)))


# -- making


def create_task_(sb: Sb, call: Call) -> Reply:
    """POST /tasks."""
    body: Mapping[str, Any] = call.body
    project: str = body["project"]
    found = sb.project(call, project, "execute")
    app = _app(sb, call, body["app"])
    settings: Mapping[str, Any] = found.get("settings") or {}
    task: JsonObject = {
        **_fresh(sb, call),
        "name": body.get("name") or f"{app['name']} run: {when(sb.now())}",
        "description": body.get("description") or "",
        "project": project,
        "app": f"{app['id']}/{app['revision']}",
        "steps": steps_of(app["raw"]),
        "batch": False,
        "batch_by": body.get("batch_by"),
        "batch_input": body.get("batch_input"),
        "inputs": body.get("inputs") or {},
        "execution_settings": body.get("execution_settings"),
        "output_location": body.get("output_location"),
        "use_interruptible_instances": body.get(
            "use_interruptible_instances", settings.get("use_interruptible_instances", False)
        ),
        "origin_id": None,
    }
    _check_batch(sb, task, wanted=call.arguments.get("batch") is not False)
    return _made(sb, call, task)


def _fresh(sb: Sb, call: Call) -> JsonObject:
    """What a draft has that nothing has been done with yet."""
    return {
        "id": new_uuid(),
        "status": "DRAFT",
        "created_by": sb.user(call),
        "executed_by": None,
        "created": sb.now(),
        "start": None,
        "end": None,
        "batch_group": None,
        "parent": None,
        "outputs": {},
        "message": None,
        "jobs": [],
        "left": 0,
    }


def _made(sb: Sb, call: Call, task: JsonObject) -> Reply:
    """Keeps a new task, and runs it where that is asked for and nothing is wrong with it."""
    validate(sb, task)
    put(sb, task)
    if call.arguments.get("action") == "run" and not task["errors"]:
        run(sb, task, sb.user(call))
    return Reply(task_json(sb, call, task))


def _app(sb: Sb, call: Call, text: str) -> JsonObject:
    if not text:
        raise refuse(400, 7015, "A task runs an app: give its identity, owner/project/app")
    id, revision = split_id(text)
    sb.project(call, id.rpartition("/")[0], "read")
    return find_app(sb, id, revision)


def _check_batch(sb: Sb, task: JsonObject, *, wanted: bool) -> None:
    """Makes a task a batch when it says how to divide which input."""
    batch_by, batch_input = task["batch_by"], task["batch_input"]
    task["batch"] = wanted and bool(batch_by and batch_input)
    if bool(batch_by) != bool(batch_input):
        raise refuse(400, 7023, "A batch takes both batch_by and batch_input")
    if not batch_by:
        return
    kind = str(batch_by.get("type")).upper()
    if kind not in ("ITEM", "CRITERIA"):
        raise refuse(400, 7020, f"A batch is by criteria or item, not by {batch_by.get('type')!r}")
    if kind == "CRITERIA" and not batch_by.get("criteria"):
        raise refuse(400, 7019, "A batch by criteria takes criteria, such as metadata.sample_id")
    if batch_input not in {port.id for port in ports(app_of(sb, task), "inputs")}:
        raise refuse(400, 7018, f"The app has no input {batch_input!r} that a batch could divide")


def clone_task_(sb: Sb, call: Call) -> Reply:
    """POST /tasks/{task_id}/actions/clone."""
    task = _asked(sb, call, "execute")
    return _made(sb, call, {**task, **_fresh(sb, call), "origin_id": task["id"]})


# -- changing


def update_task(sb: Sb, call: Call) -> Reply:
    """PATCH /tasks/{task_id}."""
    task = _asked(sb, call, "write")
    body: Mapping[str, Any] = call.body
    if task["status"] != "DRAFT" and (more := set(body) - {"name"}):
        said = f"Task {task['id']} is {task['status']}: only a draft can be changed, others can be renamed"
        raise refuse(409, 7026, f"{said}, so not {', '.join(sorted(more))}")
    task.update({name: body[name] for name in _EDITABLE if name in body})
    if "app" in body:
        app = _app(sb, call, body["app"])
        task["app"], task["steps"] = f"{app['id']}/{app['revision']}", steps_of(app["raw"])
    task["inputs"] = {**task["inputs"], **(body.get("inputs") or {})}
    if task["status"] == "DRAFT":
        divides = bool({"batch_by", "batch_input"} & set(body))
        _check_batch(sb, task, wanted=body.get("batch", task["batch"] or divides))
        validate(sb, task)
    if "project" in body and body["project"] != task["project"]:
        sb.project(call, body["project"], "execute")
        drop(sb, task)
        task["project"] = body["project"]
    put(sb, task)
    return Reply(task_json(sb, call, task))


def update_task_inputs(sb: Sb, call: Call) -> Reply:
    """PATCH /tasks/{task_id}/inputs."""
    task = _asked(sb, call, "write")
    if task["status"] != "DRAFT":
        raise refuse(409, 7026, f"Task {task['id']} is {task['status']}: only a draft can be changed")
    task["inputs"] = {**task["inputs"], **call.body}
    validate(sb, task)
    put(sb, task)
    return Reply(values_json(sb, task["inputs"]))


def run_task(sb: Sb, call: Call) -> Reply:
    """POST /tasks/{task_id}/actions/run."""
    task = _asked(sb, call, "execute")
    if task["status"] != "DRAFT":
        raise refuse(409, 7007, f"Task {task['id']} is {task['status']}: only a draft can be run, or a clone of it")
    if call.arguments.get("batch") is False:
        task["batch"] = False
    if (interruptible := call.arguments.get("use_interruptible_instances")) is not None:
        task["use_interruptible_instances"] = interruptible
    validate(sb, task)
    if task["errors"]:
        raise refuse(400, 7024, "; ".join(error["message"] for error in task["errors"]))
    run(sb, task, sb.user(call))
    return Reply(task_json(sb, call, task))


def abort_task(sb: Sb, call: Call) -> Reply:
    """POST /tasks/{task_id}/actions/abort."""
    task = _asked(sb, call, "execute")
    abort(sb, task)
    return Reply(task_json(sb, call, task))


def delete_task(sb: Sb, call: Call) -> Reply:
    """DELETE /tasks/{task_id}."""
    task = _asked(sb, call, "write")
    if task["status"] in GOING:
        raise refuse(409, 7011, f"Task {task['id']} is {task['status']}: abort it before deleting it")
    drop(sb, task)
    return Reply(status=204)
