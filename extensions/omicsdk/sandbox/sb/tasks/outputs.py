"""What a task that was completed leaves behind: its outputs as files of the project, and its logs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.sb.tasks.cwl import CWL, Port, command_of, ports, secondary_name, steps_of
from omicsdk.sandbox.sb.tasks.inputs import files_of

_UNCLEAR = "*?[$("


def make_outputs(sb: Sb, task: Mapping[str, Any], app: CWL) -> JsonObject:
    """Makes a task's outputs as the app's CWL states them; their bytes tell what they were made from.

    Args:
        sb: The platform.
        task: The task's document.
        app: The app's CWL.

    Returns:
        Values by the output's identity; what only the app itself could compute is null.
    """
    folder = output_folder(sb, task)
    metadata = inherited(sb, task)
    return {port.id: _output(sb, task, port, folder, metadata) for port in ports(app, "outputs")}


def output_folder(sb: Sb, task: Mapping[str, Any]) -> str:
    """The folder of a task's files; those that its location names are made."""
    at = sb.work.files.root(task["project"])
    stated: JsonObject = task["output_location"] or {}
    location: str = stated.get("main_location") or ""
    if "://" in location:  # files go to the project here, whatever volume is named
        return at
    for name in (step for step in location.split("/") if step.strip() and step not in (".", "..")):
        there = sb.work.files.child(at, name)
        if there is None:
            there = sb.work.files.add(project=task["project"], parent=at, name=name, type="folder")
        elif there.type != "folder":
            break
        at = there.id
    return at


def inherited(sb: Sb, task: Mapping[str, Any]) -> JsonObject:
    """Metadata in which all files that a task is given agree."""
    given = [record for value in files_of(task["inputs"]) if (record := sb.work.files.get(str(value.get("path"))))]
    first, *others = given or [None]
    if first is None:
        return {}
    return {
        key: value
        for key, value in first.metadata.items()
        if all(each is not None and each.metadata.get(key) == value for each in others)
    }


def _output(sb: Sb, task: Mapping[str, Any], port: Port, folder: str, metadata: JsonObject) -> Any:
    if "File" in port.kinds:
        clear = port.glob and not any(sign in port.glob for sign in _UNCLEAR) and "/" not in port.glob
        name = port.glob if clear else f"{port.id}.txt"
        made = _file(sb, task, folder, name, _content(task, port.id), metadata, port.secondary)
    elif "Directory" in port.kinds:
        files = sb.work.files
        name = files.free_name(folder, port.id)
        record = files.add(project=task["project"], parent=folder, name=name, type="folder", task=task["id"])
        made = {"class": "Directory", "path": record.id, "name": record.name}
    else:
        return [] if port.many else None
    return made if port.single else [made]


def _file(
    sb: Sb,
    task: Mapping[str, Any],
    folder: str,
    name: str,
    text: str,
    metadata: JsonObject,
    patterns: Sequence[str],
) -> JsonObject:
    record = _put_text(sb, task, folder, name, text, metadata)
    secondary = [
        _put_text(sb, task, folder, secondary_name(record.name, pattern), text, metadata) for pattern in patterns
    ]
    value: JsonObject = {"class": "File", "path": record.id, "name": record.name}
    if secondary:
        sb.work.files.change(record.id, secondary=[each.id for each in secondary])
        value["secondaryFiles"] = [{"class": "File", "path": each.id, "name": each.name} for each in secondary]
    return value


def _put_text(sb: Sb, task: Mapping[str, Any], folder: str, name: str, text: str, metadata: JsonObject) -> FileRecord:
    content = text.encode()
    return put_output(sb, task, folder, name, sb.work.blobs.put_bytes(content), len(content), metadata)


def put_output(
    sb: Sb, task: Mapping[str, Any], folder: str, name: str, blob: str, size: int, metadata: JsonObject
) -> FileRecord:
    """Makes a file of a task.

    Args:
        sb: The platform.
        task: The task's document.
        folder: The folder that it goes to.
        name: Its name; a number goes before it where that is taken.
        blob: Its bytes.
        size: How many these are.
        metadata: Its metadata.
    """
    return sb.work.files.add(
        project=task["project"],
        parent=folder,
        name=sb.work.files.free_name(folder, name),
        size=size,
        blob=blob,
        metadata=metadata,
        task=task["id"],
    )


def _content(task: Mapping[str, Any], output: str) -> str:
    told = {"task": task["name"], "app": task["app"], "output": output, "inputs": task["inputs"]}
    return json.dumps(told, indent=1, sort_keys=True) + "\n"


def make_jobs(sb: Sb, task: Mapping[str, Any], app: CWL, failed: str, log: str | None = None) -> list[JsonObject]:
    """The jobs of a task that has ended, with their logs as files that stand in no folder.

    Args:
        sb: The platform.
        task: The task's document.
        app: The app's CWL.
        failed: What the last job died of; empty when it didn't.
        log: What the tool told while it ran; None when none was run.

    Returns:
        One object a job: name, command line, and the identities of its logs by name.
    """
    steps = steps_of(app)
    jobs: list[JsonObject] = []
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        said = failed if failed and last else ""
        logs = {"stdout.log": f"{step} of {task['name']}\n", "stderr.log": log or (said and f"{said}\n")}
        jobs.append(
            {
                "name": step,
                "command_line": command_of(app) or step,
                "status": "FAILED" if said else "COMPLETED",
                "logs": {
                    name: _put_text(sb, task, f"logs:{task['id']}", f"{step}.{name}", text, {}).id
                    for name, text in logs.items()
                },
            }
        )
    return jobs
