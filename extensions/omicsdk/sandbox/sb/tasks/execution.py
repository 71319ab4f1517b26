"""What happens when a task's time is over: cwltool runs a small tool where that is allowed, else outputs are stand-ins."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from omicsdk.sandbox.sb.problems import refuse
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.sb.tasks.cwl import CWL, main_of, ports
from omicsdk.sandbox.sb.tasks.inputs import mapped
from omicsdk.sandbox.sb.tasks.outputs import inherited, make_outputs, output_folder, put_output

# What the platform's own apps have beside CWL is no reason to refuse them, nor are blanks in names of files.
_OPTIONS = ("--no-container", "--non-strict", "--skip-schemas", "--relax-path-checks", "--disable-color")
# A line of progress, and those of the command line below it.
_PROGRESS = re.compile(r"^(INFO|WARNING) .*\n?(    .*\n?)*", re.MULTILINE)
_MOST_SAID = 500
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ending:
    """How an app ended.

    Attributes:
        failed: Why it failed; empty when it didn't.
        log: What cwltool told, and the tool with it; None when no tool was run.
        keep: Makes the outputs files of the platform, and gives them by identity.
        not_run: Why nothing was run and outputs are stand-ins; empty when the tool was run, or when the task failed.
    """

    failed: str
    log: str | None
    keep: Callable[[], JsonObject]
    not_run: str = ""


@contextmanager
def executed(sb: Sb, task: Mapping[str, Any], app: CWL) -> Generator[Ending]:
    """Runs a task's app; what came of it is there until the block ends.

    Nothing is written to the platform before `keep` is called: the task may be aborted while its tool runs.

    Args:
        sb: The platform.
        task: The task's document.
        app: The app's CWL.

    Raises:
        Problem: 7024; the tool's inputs aren't there. 9104 or 9103; they are on a volume that can't be used.
    """
    tool, why_not = _tool(sb, app)
    if tool is None:
        yield Ending("", None, lambda: make_outputs(sb, task, app), why_not)
        return
    with tempfile.TemporaryDirectory(prefix="omics-sandbox-task-") as name:
        yield _run(sb, task, app, tool, Path(name))


def _tool(sb: Sb, app: CWL) -> tuple[str | None, str]:
    """cwltool as it is called, where it runs an app; else why nothing does."""
    if not sb.run_tools:
        return None, "the sandbox was started without --run-tools"
    if not _runs_here(app):
        return None, "the sandbox runs command line tools that demand no container"
    found = _cwltool()
    return found, "" if found else "cwltool is not installed"


def _cwltool() -> str | None:
    """cwltool as it is called: on the PATH, or beside the Python that runs the sandbox."""
    return shutil.which("cwltool") or shutil.which("cwltool", path=str(Path(sys.executable).parent))


def _runs_here(app: CWL) -> bool:
    """Whether an app is a tool that doesn't demand the image of a container."""
    main = main_of(app)
    return main.get("class") == "CommandLineTool" and "DockerRequirement" not in _classes(main.get("requirements"))


def _classes(stated: Any) -> set[str]:
    if isinstance(stated, dict):
        return set(cast("JsonObject", stated))
    listed = cast("list[Any]", stated) if isinstance(stated, list) else []
    return {str(cast("JsonObject", each).get("class")) for each in listed if isinstance(each, dict)}


def _run(sb: Sb, task: Mapping[str, Any], app: CWL, tool: str, folder: Path) -> Ending:
    known = {port.id for port in ports(app, "inputs")}
    inputs = {id: value for id, value in task["inputs"].items() if id in known}
    given = mapped(inputs, lambda value: _staged(sb, value, folder))
    (folder / "app.cwl").write_text(json.dumps(app), encoding="utf-8")
    (folder / "inputs.json").write_text(json.dumps(given), encoding="utf-8")
    made = folder / "out"
    for name in ("out", "tmp"):
        (folder / name).mkdir()
    places = (
        "--outdir",
        str(made),
        "--tmpdir-prefix",
        f"{folder / 'tmp'}/",
        "--tmp-outdir-prefix",
        f"{folder / 'tmp'}/",
    )
    longest = sb.grounds.settings.number("sb.tool_seconds")
    code, told, log = _called([tool, *_OPTIONS, *places, "app.cwl", "inputs.json"], folder, longest)
    if code is None:
        return Ending(f"The tool didn't end within {longest:g} s (the setting sb.tool_seconds)", log, dict)
    if code:
        return Ending(f"cwltool ended with {code}: {_why(log)}", log, dict)
    outputs = cast("JsonObject", json.loads(told or "{}"))
    return Ending("", log, lambda: _kept(sb, task, outputs))


def _called(command: list[str], folder: Path, longest: float) -> tuple[int | None, str, str]:
    """Its exit code, None when it took too long; its standard output and error."""
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
        try:
            told, log = process.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            # The tool is a child of cwltool's: it would go on without it.
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            told, log = process.communicate()
            return None, told, log
        return process.returncode, told, log


def _why(log: str) -> str:
    """What a log says beside cwltool's own progress: the tool's words, or what cwltool couldn't do."""
    said = _PROGRESS.sub("", log).strip() or log.strip()
    return said[-_MOST_SAID:]


# -- inputs


def _staged(sb: Sb, value: JsonObject, folder: Path) -> JsonObject:
    """A file or folder of the platform as one that cwltool finds on the disk, its secondary files beside it."""
    record = _record(sb, value)
    place = folder / "in" / record.id
    place.mkdir(parents=True, exist_ok=True)
    stated: list[JsonObject] = value.get("secondaryFiles") or [{"path": id} for id in record.secondary]
    others = [_written(sb, _record(sb, each), place) for each in stated]
    staged = _written(sb, record, place)
    return {**staged, "secondaryFiles": others} if others else staged


def _record(sb: Sb, value: JsonObject) -> FileRecord:
    found = sb.work.files.get(str(value.get("path")))
    if found is None:
        raise refuse(400, 7024, f"The file {value.get('path')} isn't there any more")
    return found


def _written(sb: Sb, record: FileRecord, folder: Path) -> JsonObject:
    path = folder / record.name
    if record.type == "folder":
        path.mkdir()
        for child in sb.work.files.children(record.id):
            _written(sb, child, path)
        return {"class": "Directory", "path": str(path)}
    source = sb.buckets.place(record.volume).open(record.location) if record.volume else sb.work.blobs.open(record.blob)
    with source, path.open("wb") as target:
        shutil.copyfileobj(source, target, _BLOCK)
    return {"class": "File", "path": str(path)}


# -- outputs


def _kept(sb: Sb, task: Mapping[str, Any], outputs: JsonObject) -> JsonObject:
    metadata = inherited(sb, task)
    folder = output_folder(sb, task)
    return {
        id: mapped(value, lambda each: _platform(sb, task, folder, each, metadata)) for id, value in outputs.items()
    }


def _platform(sb: Sb, task: Mapping[str, Any], folder: str, value: JsonObject, metadata: JsonObject) -> JsonObject:
    """A file or folder on the disk as one of the platform, with its secondary files."""
    where: str = value.get("path") or unquote(urlsplit(str(value["location"])).path)
    path = Path(where)
    if value["class"] == "Directory":
        return _folder(sb, task, folder, path, metadata)
    id, name = _file(sb, task, folder, path, metadata)
    kept: JsonObject = {"class": "File", "path": id, "name": name}
    others = [_platform(sb, task, folder, each, metadata) for each in value.get("secondaryFiles") or ()]
    if others:
        sb.work.files.change(id, secondary=[each["path"] for each in others])
        kept["secondaryFiles"] = others
    return kept


def _folder(sb: Sb, task: Mapping[str, Any], parent: str, path: Path, metadata: JsonObject) -> JsonObject:
    files = sb.work.files
    name = files.free_name(parent, path.name)
    made = files.add(project=task["project"], parent=parent, name=name, type="folder", task=task["id"])
    for child in sorted(path.iterdir()):
        if child.is_dir():
            _folder(sb, task, made.id, child, metadata)
        else:
            _file(sb, task, made.id, child, metadata)
    return {"class": "Directory", "path": made.id, "name": name}


def _file(sb: Sb, task: Mapping[str, Any], folder: str, path: Path, metadata: JsonObject) -> tuple[str, str]:
    blob = sb.work.blobs.put_file(path)
    record = put_output(sb, task, folder, path.name, blob, path.stat().st_size, metadata)
    return record.id, record.name
