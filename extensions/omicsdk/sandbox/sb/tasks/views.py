"""A task, and how it was run, as the platform's answers have them."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.sb.state import Sb, when, when_known
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.tasks.cwl import steps_of
from omicsdk.sandbox.sb.tasks.inputs import mapped
from omicsdk.sandbox.sb.tasks.runs import ENDS, app_of, children
from omicsdk.sandbox.service import Call

_CENTS_A_SECOND = 0.01
_INSTANCE = "c4.2xlarge"


def task_json(sb: Sb, call: Call, task: JsonObject) -> JsonObject:
    """All fields of a task.

    Args:
        sb: The platform.
        call: The request.
        task: The task's document.
    """
    plain = (
        "id",
        "name",
        "status",
        "description",
        "project",
        "app",
        "created_by",
        "executed_by",
        "batch",
        "batch_by",
        "batch_group",
        "batch_input",
        "parent",
        "errors",
        "warnings",
        "execution_settings",
        "output_location",
        "use_interruptible_instances",
        "origin_id",
    )
    return {
        "href": call.service_url(f"/tasks/{task['id']}", {}),
        **{name: task[name] for name in plain},
        "type": "v2",
        "created_time": when(task["created"]),
        "start_time": when_known(task["start"]),
        "end_time": when_known(task["end"]),
        "inputs": values_json(sb, task["inputs"]),
        "outputs": values_json(sb, task["outputs"]),
        "price": _price(task),
        "execution_status": _execution_status(sb, task),
    }


def values_json(sb: Sb, values: Mapping[str, Any]) -> JsonObject:
    """Inputs or outputs as answers have them: each file with its present name and what belongs to it."""

    def shown(value: JsonObject) -> JsonObject:
        record = sb.work.files.get(str(value.get("path")))
        told: JsonObject = {"class": value["class"], "path": value.get("path")}
        if record is None:
            return told
        told["name"] = record.name
        # What was said with the value counts; else what the platform knows of the file.
        secondary: Sequence[JsonObject] = value.get("secondaryFiles") or [
            {"class": "File", "path": id} for id in record.secondary
        ]
        if secondary:
            told["secondaryFiles"] = [shown(each) for each in secondary]
        return told

    return mapped(dict(values), shown)


def _price(task: JsonObject) -> JsonObject | None:
    if task["status"] not in ENDS or task["start"] is None:
        return None
    amount = round((task["end"] - task["start"]) * _CENTS_A_SECOND / 100, 4)
    breakdown = {"storage": "0.0", "computation": str(amount), "data_transfer": "0.0"}
    return {"currency": "USD", "amount": amount, "breakdown": breakdown}


def _execution_status(sb: Sb, task: JsonObject) -> JsonObject:
    if task["batch"]:
        states = [child["status"] for child in children(sb, task)]
        names = ("queued", "running", "completed", "failed", "aborted")
        return {name: states.count(name.upper()) for name in names}
    steps = len(task["steps"])
    waited = None if task["start"] is None else int(1000 * (task["start"] - task["created"]))
    ran = None if None in (task["start"], task["end"]) else int(1000 * (task["end"] - task["start"]))
    return {
        "steps_completed": steps if task["status"] == "COMPLETED" else 0,
        "steps_total": steps,
        "message": task["message"],
        "message_code": None,
        "queued_duration": waited,
        "running_duration": ran,
        "execution_duration": ran,
        "duration": None if task["end"] is None else int(1000 * (task["end"] - task["created"])),
    }


def details_json(sb: Sb, call: Call, task: JsonObject) -> JsonObject:
    """How a task was run, step by step."""
    return {
        "href": call.service_url(f"/tasks/{task['id']}/execution_details", {}),
        "start_time": when_known(task["start"]),
        "end_time": when_known(task["end"]),
        "status": task["status"],
        "message": task["message"],
        "jobs": [_job_json(call, task, job) for job in _jobs(sb, task)],
    }


def _jobs(sb: Sb, task: JsonObject) -> list[JsonObject]:
    if task["status"] == "RUNNING" and not task["batch"]:
        return [
            {"name": name, "command_line": None, "status": "RUNNING", "logs": {}} for name in steps_of(app_of(sb, task))
        ]
    return task["jobs"]


def _job_json(call: Call, task: JsonObject, job: JsonObject) -> JsonObject:
    return {
        "name": job["name"],
        "start_time": when_known(task["start"]),
        "end_time": when_known(task["end"]),
        "status": job["status"],
        "command_line": job["command_line"],
        "retried": False,
        "instance": {
            "id": f"i-{task['id'][:8]}",
            "type": _INSTANCE,
            "provider": "AWS",
            "disk": {"size": 1024, "unit": "GB", "type": "EBS"},
        },
        "docker": {"checksum": None},
        "logs": {name: call.service_url(f"/files/{file}/download_info", {}) for name, file in job["logs"].items()},
    }
