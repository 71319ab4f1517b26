"""The moment in which a task's outputs come about: cwltool runs a small tool where it is installed, else they are made up."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from omicsdk.sandbox.sb.cwl import CWL, main_of
from omicsdk.sandbox.sb.problems import refuse
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.task_inputs import mapped
from omicsdk.sandbox.sb.task_outputs import make_outputs, output_folder, put_output

JsonObject = dict[str, Any]
_LONGEST = 60.0


def execute(sb: Sb, task: Mapping[str, Any], app: CWL) -> JsonObject:
    """Runs a task's app.

    Args:
        sb: The platform.
        task: The task's document.
        app: The app's CWL.

    Returns:
        The outputs by identity.

    Raises:
        Problem: 7024; the tool failed.
    """
    tool = shutil.which("cwltool") if sb.grounds.settings.flag("sb.run_tools") else None
    if tool is None or main_of(app).get("class") != "CommandLineTool":
        return make_outputs(sb, task, app)
    with tempfile.TemporaryDirectory(prefix="omics-sandbox-task-") as name:
        return _run(sb, task, app, tool, Path(name))


def _run(sb: Sb, task: Mapping[str, Any], app: CWL, tool: str, folder: Path) -> JsonObject:
    given = mapped(task["inputs"], lambda value: _staged(sb, value, folder))
    (folder / "app.cwl").write_text(json.dumps(app), encoding="utf-8")
    (folder / "inputs.json").write_text(json.dumps(given), encoding="utf-8")
    (folder / "out").mkdir()
    command = [tool, "--quiet", "--no-container", "--outdir", str(folder / "out"), "app.cwl", "inputs.json"]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_LONGEST, check=False)
    except subprocess.TimeoutExpired as error:
        raise refuse(400, 7024, f"cwltool didn't end within {_LONGEST:.0f} s") from error
    if ran.returncode:
        raise refuse(400, 7024, f"cwltool ended with {ran.returncode}: {ran.stderr.strip()[-500:]}")
    told = cast("JsonObject", json.loads(ran.stdout or "{}"))
    at = output_folder(sb, task)
    return {id: mapped(value, lambda each: _kept(sb, task, at, each)) for id, value in told.items()}


def _staged(sb: Sb, value: JsonObject, folder: Path) -> JsonObject:
    """A file of the platform as one that cwltool finds on the disk."""
    record = sb.work.files.get(str(value.get("path")))
    if record is None or record.type != "file" or not record.blob:
        raise refuse(400, 7024, f"{value.get('path')} has no bytes that a tool could read here")
    place = folder / "in" / record.id
    place.mkdir(parents=True, exist_ok=True)
    with sb.work.blobs.open(record.blob) as source, (place / record.name).open("wb") as target:
        shutil.copyfileobj(source, target, 1024 * 1024)
    return {"class": "File", "path": str(place / record.name)}


def _kept(sb: Sb, task: Mapping[str, Any], folder: str, value: JsonObject) -> JsonObject:
    """A file on the disk as one of the platform."""
    if value["class"] != "File":
        raise refuse(400, 7024, "cwltool made a folder, which the sandbox doesn't keep")
    location: str = value.get("location") or ""
    where: str = value.get("path") or unquote(urlsplit(location).path)
    path = Path(where)
    record = put_output(sb, task, folder, path.name, path.read_bytes(), {})
    return {"class": "File", "path": record.id, "name": record.name}
