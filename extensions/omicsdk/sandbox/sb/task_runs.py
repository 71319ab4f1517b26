"""Runs of tasks by the sandbox's clock: queued, running, completed, failed or aborted; their batches, and their commands."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from omicsdk.core.logs import logger
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.sb import apps
from omicsdk.sandbox.sb.documents import FileRecord
from omicsdk.sandbox.sb.responses import refuse
from omicsdk.sandbox.sb.state import Course, Sb, new_uuid, wanted_failure
from omicsdk.sandbox.service import JsonObject

log = logger("omicsdk.sandbox")

KIND = "task"
FINAL_STATES = ("COMPLETED", "FAILED", "ABORTED")
GOING = ("QUEUED", "RUNNING")
# Extensions of the platform's own apps to CWL are accepted, and so are blanks in names of files.
_OPTIONS = ("--no-container", "--non-strict", "--skip-schemas", "--relax-path-checks", "--disable-color")
# A line of progress, and those of the command line below it.
_PROGRESS = re.compile(r"^(INFO|WARNING) .*\n?(    .*\n?)*", re.MULTILINE)
_MOST_SAID = 500
_UNCLEAR = "*?[$(/"  # characters of patterns, expressions and paths, which name no single file


@dataclass(frozen=True, slots=True)
class _Ending:
    """The end of an app's run.

    Attributes:
        failed: Why it failed; empty when it did not.
        log: The output of cwltool and the tool; None when no tool was run.
        keep: Makes the outputs files of the platform, and gives them by identity.
        not_run: Why nothing was run and outputs are placeholders; empty when the tool was run, or when the task failed.
    """

    failed: str
    log: str | None = None
    keep: Callable[[], JsonObject] = dict
    not_run: str = ""


def executed(sb: Sb, task: Mapping[str, Any], app: apps.CWL, folder: Path) -> _Ending:
    """Run a task's app.

    Nothing is written to the platform before `keep` is called: the task may be aborted while its tool runs.

    Args:
        sb: The platform.
        task: The task's document.
        app: The app's CWL.
        folder: Where the tool works; it must exist until `keep` was called.

    Raises:
        Problem: 7024; the tool's inputs do not exist. 9104 or 9103; they are on a volume that cannot be used.
    """
    if reason := wanted_failure(sb, task["name"]):
        return _Ending(reason)
    tool, why_not = _tool(sb, app)
    if tool is None:
        return _Ending("", None, lambda: _stand_ins(_Results(sb, task), app), why_not)
    return _run(sb, task, app, tool, folder)


def _make_jobs(sb: Sb, task: Mapping[str, Any], app: apps.CWL, ending: _Ending) -> list[JsonObject]:
    """The jobs of a task that has ended, with their logs as files that are in no folder.

    Returns:
        One object a step: name, command line, status, and the identities of its logs by name.
    """
    results, folder = _Results(sb, task, {}), f"logs:{task['id']}"
    steps = apps.steps_of(app)
    jobs: list[JsonObject] = []
    for number, step in enumerate(steps, 1):
        error = ending.failed if number == len(steps) else ""
        texts = {"stdout.log": f"{step} of {task['name']}\n", "stderr.log": ending.log or (error and f"{error}\n")}
        logs = {name: results.text(folder, f"{step}.{name}", text).id for name, text in texts.items()}
        status = "FAILED" if error else "COMPLETED"
        jobs.append({"name": step, "command_line": step, "status": status, "logs": logs})
    return jobs


class _Results:
    """Make a task's outputs files of the platform.

    Args:
        sb: The platform.
        task: The task's document.
        metadata: What the files get; None for the metadata in which all files that the task is given agree.
    """

    def __init__(self, sb: Sb, task: Mapping[str, Any], metadata: JsonObject | None = None) -> None:
        self._objects = sb.objects
        self.files = sb.files
        self.task = task
        self._metadata = self._inherited() if metadata is None else metadata

    def _inherited(self) -> JsonObject:
        records = [self.files.get(str(value.get("path"))) for value in apps.files_of(self.task["inputs"])]
        all_metadata = [record.metadata for record in records if record]
        first: Mapping[str, Any] = all_metadata[0] if all_metadata else {}
        return {key: value for key, value in first.items() if all(other.get(key) == value for other in all_metadata)}

    def root(self) -> str:
        """The folder of the task's files, whatever location was requested."""
        return self.files.root(self.task["project"])

    def add(self, folder: str, name: str, **stored: Any) -> FileRecord:
        """Make a file or a folder; a number goes before its name where that is taken."""
        task = self.task
        fields = {"project": task["project"], "parent": folder, "name": self.files.free_name(folder, name)}
        return self.files.add(**fields, task=task["id"], **stored)

    def text(self, folder: str, name: str, text: str) -> FileRecord:
        """Make a file of a text."""
        blob = self._objects.put_bytes(text.encode()).sha256
        return self.add(folder, name, blob=blob, size=len(text.encode()), metadata=self._metadata)

    def copy(self, folder: str, path: Path) -> FileRecord:
        """Make a file of one on the disk, or a folder of one there with all that is in it."""
        if not path.is_dir():
            blob = self._objects.put_file(path).sha256
            return self.add(folder, path.name, blob=blob, size=path.stat().st_size, metadata=self._metadata)
        new_folder = self.add(folder, path.name, type="folder")
        for child in sorted(path.iterdir()):
            self.copy(new_folder.id, child)
        return new_folder

    def value(self, record: FileRecord, secondary: list[JsonObject] | None = None) -> JsonObject:
        """A file or folder as the value of an output, with the files that belong to it."""
        kind = "Directory" if record.type == "folder" else "File"
        entry: JsonObject = {"class": kind, "path": record.id, "name": record.name}
        if secondary:
            self.files.change(record.id, secondary=[file["path"] for file in secondary])
            entry["secondaryFiles"] = secondary
        return entry


# -- placeholders


def _stand_ins(results: _Results, app: apps.CWL) -> JsonObject:
    """Outputs as the app's CWL states them; their bytes name their inputs, values that only the app could compute are null."""
    folder = results.root()
    return {port.id: _stand_in(results, port, folder) for port in apps.ports(app, "outputs")}


def _stand_in(results: _Results, port: apps.Port, folder: str) -> Any:
    if "File" in port.kinds:
        clear = port.glob and not any(sign in port.glob for sign in _UNCLEAR)
        task = results.task
        content = {"task": task["name"], "app": task["app"], "output": port.id, "inputs": task["inputs"]}
        text = json.dumps(content, indent=1, sort_keys=True) + "\n"
        record = results.text(folder, port.glob if clear else f"{port.id}.txt", text)
        names = [apps.secondary_name(record.name, pattern) for pattern in port.secondary]
        stand_in = results.value(record, [results.value(results.text(folder, name, text)) for name in names])
    elif "Directory" in port.kinds:
        stand_in = results.value(results.add(folder, port.id, type="folder"))
    else:
        return None if port.single else []
    return stand_in if port.single else [stand_in]


# -- cwltool


def _tool(sb: Sb, app: apps.CWL) -> tuple[str | None, str]:
    """cwltool as it is called, where it runs an app; else why nothing does."""
    if not sb.run_tools:
        return None, "the sandbox was started without --run-tools"
    main = apps.main_of(app)
    demanded = dict(apps.named(main.get("requirements"), "class"))
    if main.get("class") != "CommandLineTool" or "DockerRequirement" in demanded:
        return None, "the sandbox runs command line tools that demand no container"
    # On the PATH, or beside the Python that runs the sandbox.
    path = shutil.which("cwltool") or shutil.which("cwltool", path=str(Path(sys.executable).parent))
    return path, "" if path else "cwltool is not installed"


def _run(sb: Sb, task: Mapping[str, Any], app: apps.CWL, tool: str, folder: Path) -> _Ending:
    ports = {port.id for port in apps.ports(app, "inputs")}
    inputs = {id: value for id, value in task["inputs"].items() if id in ports}
    staged = apps.mapped(inputs, lambda value: _staged(sb, value, folder))
    (folder / "app.cwl").write_text(json.dumps(app), encoding="utf-8")
    (folder / "inputs.json").write_text(json.dumps(staged), encoding="utf-8")
    output_folder, temporary = folder / "out", folder / "tmp"
    output_folder.mkdir()
    temporary.mkdir()
    places = ["--outdir", str(output_folder)]
    places += ["--tmpdir-prefix", f"{temporary}/", "--tmp-outdir-prefix", f"{temporary}/"]
    longest = sb.number("tool_seconds")
    code, output, log = _called([tool, *_OPTIONS, *places, "app.cwl", "inputs.json"], folder, longest)
    if code is None:
        return _Ending(f"The tool didn't end within {longest:g} s (the setting sb.tool_seconds)", log)
    if code:
        return _Ending(f"cwltool ended with {code}: {_why(log)}", log)
    outputs = cast("JsonObject", json.loads(output or "{}"))
    return _Ending("", log, lambda: _stored_outputs(_Results(sb, task), outputs))


def _called(command: list[str], folder: Path, longest: float) -> tuple[int | None, str, str]:
    """Run a command; return its exit code, None when it took too long, and its standard output and error."""
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        # The tool is a child of cwltool's: it would continue without it, and both without the sandbox.
        end = partial(os.killpg, process.pid, signal.SIGKILL)
        atexit.register(end)
        try:
            output, log = process.communicate(timeout=longest)
            return process.returncode, output, log
        except subprocess.TimeoutExpired:
            end()
            return None, *process.communicate()
        finally:
            atexit.unregister(end)


def _why(log: str) -> str:
    """The part of a log beside cwltool's progress: the tool's output, or cwltool's error."""
    errors = _PROGRESS.sub("", log).strip() or log.strip()
    return errors[-_MOST_SAID:]


def _staged(sb: Sb, value: JsonObject, folder: Path) -> JsonObject:
    """A file or folder of the platform as one that cwltool finds on the disk, its secondary files beside it."""
    record = _record(sb, value)
    input_folder = folder / "in" / record.id
    input_folder.mkdir(parents=True, exist_ok=True)
    secondary: list[JsonObject] = value.get("secondaryFiles") or [{"path": id} for id in record.secondary]
    others = [_written(sb, _record(sb, file), input_folder) for file in secondary]
    staged = _written(sb, record, input_folder)
    return {**staged, "secondaryFiles": others} if others else staged


def _record(sb: Sb, value: JsonObject) -> FileRecord:
    gone = refuse(400, 7024, f"The file {value.get('path')} no longer exists")
    return or_raise(sb.files.get(str(value.get("path"))), gone)


def _written(sb: Sb, record: FileRecord, folder: Path) -> JsonObject:
    path = folder / record.name
    if record.type == "folder":
        path.mkdir()
        for child in sb.files.children(record.id):
            _written(sb, child, path)
        return {"class": "Directory", "path": str(path)}
    if record.volume:
        with path.open("wb") as target:
            target.writelines(sb.place(record.volume).read(record.location))
    else:
        shutil.copyfile(sb.objects.path(record.blob), path)
    return {"class": "File", "path": str(path)}


def _stored_outputs(results: _Results, outputs: JsonObject) -> JsonObject:
    """The outputs that cwltool reported, as files of the platform."""
    folder = results.root()

    def stored_file(value: JsonObject) -> JsonObject:
        where: str = value.get("path") or unquote(urlsplit(str(value["location"])).path)
        record = results.copy(folder, Path(where))
        return results.value(record, [stored_file(file) for file in value.get("secondaryFiles") or ()])

    return apps.mapped(outputs, stored_file)


# -- the states of tasks


def put(sb: Sb, task: JsonObject) -> None:
    """Keep a task; the newest comes first in lists, and children are with their batch only."""
    group = _batch(task["parent"]) if task["parent"] else task["project"]
    rank = task["created"] if task["parent"] else -task["created"]
    sb.documents.put(KIND, task["id"], task, group=group, rank=rank)


def _batch(id: str) -> str:
    return f"batch:{id}"


def app_of(sb: Sb, task: Mapping[str, Any]) -> apps.CWL:
    """The CWL of a task's app."""
    return apps.find_app(sb, *apps.split_id(task["app"]))["raw"]


def validate(sb: Sb, task: JsonObject) -> None:
    """Record the faults of a draft's inputs."""
    ports = apps.ports(app_of(sb, task), "inputs")
    split: str = task["batch_input"] if task["batch"] else ""
    errors = apps.faults(task["inputs"], ports)
    for value in apps.files_of(task["inputs"]):
        record = sb.files.get(str(value.get("path")))
        if record is None or not sb.may_copy(task["created_by"], record):
            errors.append(apps.fault(None, 5002, f"There is no file {value.get('path')} for the task"))
    items = task["inputs"].get(split)
    if split and not (isinstance(items, list) and items):
        message = f"Input {split!r} is divided by the batch, so it takes a list that isn't empty"
        errors.append(apps.fault(split, 7018, message))
    task["errors"], task["warnings"] = errors, []


# -- running


def run(sb: Sb, task: JsonObject, user: str) -> None:
    """Queue a draft without faults, or make the children of its batch and queue these."""
    task["status"], task["executed_by"] = "QUEUED", user
    put(sb, task)
    if not task["batch"]:
        sb.begin(TASKS, task, sb.now())
        return
    groups = _groups(sb, task)
    task["left"] = len(groups)
    put(sb, task)
    for group in groups:
        child = _child(sb, task, group)
        validate(sb, child)
        run(sb, child, user)


def _groups(sb: Sb, task: JsonObject) -> list[apps.Group]:
    def facts(value: JsonObject) -> Mapping[str, Any]:
        record = sb.files.get(str(value.get("path")))
        return {"name": record.name, "metadata": record.metadata} if record else {}

    return apps.divided(task["inputs"][task["batch_input"]], task["batch_by"], facts)


def _child(sb: Sb, task: JsonObject, group: apps.Group) -> JsonObject:
    port = next(port for port in apps.ports(app_of(sb, task), "inputs") if port.id == task["batch_input"])
    part = group.items[0] if group.single and port.single else list(group.items)
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


def _start(sb: Sb, task: JsonObject, at: float) -> None:
    task["start"] = at
    parent = _parent(sb, task)
    if parent is not None and parent["status"] == "QUEUED":
        put(sb, {**parent, "status": "RUNNING", "start": at})


def _end(sb: Sb, task: JsonObject, at: float) -> None:
    id, app = task["id"], app_of(sb, task)
    with tempfile.TemporaryDirectory(prefix="omics-sandbox-task-") as folder:
        try:
            ending = executed(sb, task, app, Path(folder))
        except Problem as problem:
            ending = _Ending(problem.title)
        except Exception:
            log.exception("task %s failed", id)
            ending = _Ending("The task failed in the sandbox: see its log")
        _finish(sb, id, at, app, ending)


TASKS = Course(KIND, {"QUEUED": "task_queue_seconds", "RUNNING": "task_seconds"}, _start, _end, slow=True)


def _finish(sb: Sb, id: str, at: float, app: apps.CWL, ending: _Ending) -> None:
    with sb.transaction():
        task = sb.documents.get(KIND, id)
        if task is None or task["status"] != "RUNNING":  # it was aborted while its tool ran
            return
        if ending.failed:
            task["errors"] = [apps.fault(None, 7024, ending.failed)]
        else:
            task["outputs"] = ending.keep()
        task["status"], task["end"] = "FAILED" if ending.failed else "COMPLETED", at
        stand_ins = f", but nothing was run ({ending.not_run}): its outputs are stand-ins" if ending.not_run else ""
        task["message"] = ending.failed or f"The task was completed{stand_ins}"
        task["jobs"] = _make_jobs(sb, task, app, ending)
        put(sb, task)
        _end_batch(sb, task, at)


def _end_batch(sb: Sb, child: JsonObject, at: float) -> None:
    """End a batch whose last child has ended."""
    parent = _parent(sb, child)
    if parent is None or parent["status"] in FINAL_STATES:
        return
    parent["left"] -= 1
    if not parent["left"]:
        states = {child["status"] for child in children(sb, parent)}
        # Of the ends that there are, the worst is that of the batch.
        parent["status"] = next(status for status in ("FAILED", "ABORTED", "COMPLETED") if status in states)
        parent["end"] = at
    put(sb, parent)


def abort(sb: Sb, task: JsonObject) -> None:
    """End a queued or running task, and the children of a batch.

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
    """Remove a task, with the children of a batch; the files that it made stay."""
    sb.documents.remove_group(KIND, _batch(task["id"]))
    sb.documents.remove(KIND, task["id"])


def drop_tasks(sb: Sb, project: str) -> None:
    """Remove the tasks of a project."""
    for task in sb.documents.listed(KIND, project):
        drop(sb, task)
