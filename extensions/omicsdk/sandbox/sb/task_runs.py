"""How tasks come to their end: queued, running, completed, failed or aborted, by the sandbox's clock; and their batches."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.apps import find_app, split_id
from omicsdk.sandbox.sb.cwl import CWL, Group, divided, faults, files_of, ports, unknown
from omicsdk.sandbox.sb.documents import JsonObject
from omicsdk.sandbox.sb.executions import Ending, executed, make_jobs
from omicsdk.sandbox.sb.problems import refuse
from omicsdk.sandbox.sb.state import Sb, new_uuid, wanted_failure

log = logging.getLogger("omicsdk.sandbox")

KIND = "task"
ENDS = ("COMPLETED", "FAILED", "ABORTED")
GOING = ("QUEUED", "RUNNING")
_START, _END = "task-start", "task-end"


def attach(sb: Sb) -> None:
    """Says what to do when a task's turn comes, and when its time is over."""
    sb.jobs.on(_START, lambda id, at: _start(sb, id, at))
    sb.jobs.on(_END, lambda id, at: _end(sb, id, at), slow=True)


def put(sb: Sb, task: JsonObject) -> None:
    """Keeps a task; the newest comes first in lists, and children stand with their batch only."""
    group = _batch(task["parent"]) if task["parent"] else task["project"]
    rank = task["created"] if task["parent"] else -task["created"]
    sb.documents.put(KIND, task["id"], task, group=group, rank=rank)


def _batch(id: str) -> str:
    return f"batch:{id}"


def app_of(sb: Sb, task: Mapping[str, Any]) -> CWL:
    """The CWL of a task's app."""
    return find_app(sb, *split_id(task["app"]))["raw"]


def validate(sb: Sb, task: JsonObject) -> None:
    """Notes what is wrong with a draft's inputs, and what may be."""
    stated = ports(app_of(sb, task), "inputs")
    split: str = task["batch_input"] if task["batch"] else ""
    found = faults(task["inputs"], stated, split)
    for value in files_of(task["inputs"]):
        record = sb.work.files.get(str(value.get("path")))
        if record is None or not sb.may_copy(task["created_by"], record):
            found.append({"id": None, "code": 5002, "message": f"There is no file {value.get('path')} for the task"})
        elif (record.type == "folder") != (value["class"] == "Directory"):
            found.append({"id": None, "code": 7024, "message": f"{record.name!r} is a {record.type}"})
    if split:
        items = task["inputs"].get(split)
        if not isinstance(items, list) or not items:
            message = f"Input {split!r} is divided by the batch, so it takes a list that isn't empty"
            found.append({"id": split, "code": 7018, "message": message})
    task["errors"] = found
    task["warnings"] = unknown(task["inputs"], stated)


# -- running


def run(sb: Sb, task: JsonObject, user: str) -> None:
    """Queues a draft without faults, or makes its batch and queues that."""
    task["status"], task["executed_by"] = "QUEUED", user
    put(sb, task)
    if not task["batch"]:
        sb.jobs.schedule(_START, task["id"], sb.now() + sb.number("task_queue_seconds"))
        return
    groups = _groups(sb, task)
    task["left"] = len(groups)
    put(sb, task)
    for group in groups:
        child = _child(sb, task, group)
        validate(sb, child)
        run(sb, child, user)


def _groups(sb: Sb, task: JsonObject) -> list[Group]:
    def facts(value: JsonObject) -> Mapping[str, Any]:
        record = sb.work.files.get(str(value.get("path")))
        return {"name": record.name, "metadata": record.metadata} if record else {}

    return divided(task["inputs"][task["batch_input"]], task["batch_by"], facts)


def _child(sb: Sb, task: JsonObject, group: Group) -> JsonObject:
    port = next((each for each in ports(app_of(sb, task), "inputs") if each.id == task["batch_input"]), None)
    one = group.single and (port is None or port.single)
    part = group.items[0] if one else list(group.items)
    return {
        **task,
        **dict.fromkeys(("batch_by", "batch_input")),
        "id": new_uuid(),
        "batch": False,
        "left": 0,
        "name": f"{task['name']} - {group.value}" if group.value else task["name"],
        "batch_group": {"value": group.value, "fields": group.fields},
        "parent": task["id"],
        "inputs": {**task["inputs"], task["batch_input"]: part},
        "created": sb.now(),
    }


def children(sb: Sb, task: Mapping[str, Any]) -> list[JsonObject]:
    """The children of a batch in the order in which they were made."""
    return sb.documents.listed(KIND, _batch(task["id"]))


def _parent(sb: Sb, child: JsonObject) -> JsonObject | None:
    return sb.documents.get(KIND, child["parent"]) if child["parent"] else None


def _start(sb: Sb, id: str, at: float) -> None:
    task = _in_state(sb, id, "QUEUED")
    if task is None:
        return
    sb.jobs.schedule(_END, id, at + sb.number("task_seconds"))
    for each in (task, _parent(sb, task)):
        if each is not None and each["status"] == "QUEUED":
            each["status"], each["start"] = "RUNNING", at
            put(sb, each)


def _in_state(sb: Sb, id: str, status: str) -> JsonObject | None:
    task = sb.documents.get(KIND, id)
    return task if task is not None and task["status"] == status else None


def _end(sb: Sb, id: str, at: float) -> None:
    task = _in_state(sb, id, "RUNNING")
    if task is None:
        return
    app = app_of(sb, task)
    try:
        with _ending(sb, task, app) as ending:
            _finish(sb, id, at, app, ending)
    except Problem as problem:
        _finish(sb, id, at, app, Ending(problem.title))
    except Exception:
        log.exception("task %s failed", id)
        _finish(sb, id, at, app, Ending("The task failed in the sandbox: see its log"))


def _ending(sb: Sb, task: JsonObject, app: CWL) -> AbstractContextManager[Ending]:
    wanted = wanted_failure(sb, task["name"])
    return nullcontext(Ending(wanted)) if wanted else executed(sb, task, app)


def _finish(sb: Sb, id: str, at: float, app: CWL, ending: Ending) -> None:
    with sb.transaction():
        task = _in_state(sb, id, "RUNNING")
        if task is None:  # it was aborted while its tool ran
            return
        if ending.failed:
            task["errors"] = [{"id": None, "code": 7024, "message": ending.failed}]
        else:
            task["outputs"] = ending.keep()
        task["status"], task["end"] = "FAILED" if ending.failed else "COMPLETED", at
        task["message"] = ending.failed or _completed(ending)
        task["jobs"] = make_jobs(sb, task, app, ending)
        put(sb, task)
        _end_batch(sb, task, at)


def _completed(ending: Ending) -> str:
    if not ending.not_run:
        return "The task was completed"
    return f"The task was completed, but nothing was run ({ending.not_run}): its outputs are stand-ins"


def _end_batch(sb: Sb, child: JsonObject, at: float) -> None:
    """Ends a batch whose last child has ended."""
    parent = _parent(sb, child)
    if parent is None or parent["status"] in ENDS:
        return
    parent["left"] -= 1
    if not parent["left"]:
        states = {each["status"] for each in children(sb, parent)}
        # Of the ends that there are, the worst is that of the batch.
        parent["status"] = next(each for each in ("FAILED", "ABORTED", "COMPLETED") if each in states)
        parent["end"] = at
    put(sb, parent)


def abort(sb: Sb, task: JsonObject) -> None:
    """Ends a queued or running task, and the children of a batch.

    Raises:
        Problem: 7008; it is neither.
    """
    if task["status"] not in GOING:
        raise refuse(409, 7008, f"Task {task['id']} is {task['status']}: only a queued or running one can be aborted")
    task["status"], task["end"], task["message"] = "ABORTED", sb.now(), "The task was aborted"
    put(sb, task)
    for child in children(sb, task) if task["batch"] else ():
        if child["status"] in GOING:
            abort(sb, child)
    _end_batch(sb, task, sb.now())


def drop(sb: Sb, task: Mapping[str, Any]) -> None:
    """Removes a task, with the children of a batch; the files that it made stay."""
    sb.documents.remove_group(KIND, _batch(task["id"]))
    sb.documents.remove(KIND, task["id"])


def drop_tasks(sb: Sb, project: str) -> None:
    """Removes the tasks of a project."""
    for task in sb.documents.listed(KIND, project):
        drop(sb, task)
