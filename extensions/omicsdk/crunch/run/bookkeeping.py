"""The files of `.crunch` in a dataset's folder: what is kept of a run beside the data."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import ConfigError
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.crunch.enums import WorkflowType
from omicsdk.crunch.storage.files import room_for

FOLDER = ".crunch"
"""The folder, within the dataset's; what lies in it is never data of the dataset."""
DATASET = "dataset.json"
PROJECT = "project.json"
SETUP_MD5 = "setup_md5_checksums.json"
UPLOAD_MD5 = "upload_md5_checksums.json"
DELETED = "deleted.txt"
LOG = "workflow.log"
"""What the workflow wrote, both streams as they came; it stays on this machine."""
WORKFLOWS: Mapping[WorkflowType, str] = {WorkflowType.snakemake: "Snakefile", WorkflowType.script: "script.sh"}

#: What `setup` makes anew, so that nothing of an earlier run in the same folder is taken for this one's.
MADE = (DATASET, PROJECT, SETUP_MD5, UPLOAD_MD5, DELETED, LOG, *WORKFLOWS.values())
#: What isn't in the table of `upload`: what it writes itself, and what isn't uploaded.
NOT_LISTED = frozenset(f"{FOLDER}/{name}" for name in (UPLOAD_MD5, DELETED, LOG))


def is_bookkeeping(name: str) -> bool:
    """Whether a file isn't data.

    Args:
        name: Its path within the dataset's folder.
    """
    return name.startswith(f"{FOLDER}/")


def json_text(value: object) -> str:
    """JSON as the published client writes it: four blanks, letters as they are, no line end behind.

    Args:
        value: What shall stand there.
    """
    return json.dumps(value, ensure_ascii=False, indent=4)


def write(path: Path, text: str) -> None:
    """Writes a file, whole or not at all.

    Args:
        path: The file.
        text: What shall stand in it, in UTF-8; half characters of broken file names are written as the bytes that they were.

    Raises:
        DiskFull: There is no room.
        OSError: It can't be written.
    """
    with room_for(path), in_place_of(path, durable=False) as file:
        file.write(os.fsencode(text) if os.name != "nt" else text.encode("utf-8", "surrogatepass"))


def write_workflow(text: str, folder: Path, kind: WorkflowType) -> Path:
    """Writes a project's workflow.

    Args:
        text: What the project says; its line ends become line feeds.
        folder: The folder `.crunch`.
        kind: What it is; a script may be run by its owner.

    Returns:
        The file.

    Raises:
        ConfigError: The project says nothing.
        OSError: It can't be written.
    """
    if not text.strip():
        raise ConfigError(
            "The project has no workflow",
            remedy="Give the project one on the site, or name a file: workflow_path, --path.",
        )
    path = folder / WORKFLOWS[kind]
    write(path, text.replace("\r\n", "\n"))
    if kind is WorkflowType.script:
        path.chmod(path.stat().st_mode | 0o100)
    return path


def read_table(path: Path) -> dict[str, str]:
    """Reads a table of checksums.

    Args:
        path: The file.

    Returns:
        From name to MD5; empty when there is no such file.

    Raises:
        ConfigError: It isn't one.
        OSError: It can't be read.
    """
    try:
        found: Any = json.loads(os.fsdecode(path.read_bytes()) if os.name != "nt" else path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ConfigError(f"{path} can't be understood: {error}", remedy="Run the setup stage again.") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path} has no table of checksums", remedy="Run the setup stage again.")
    return cast("dict[str, str]", found)


def clear(folder: Path, keep: Path | None) -> None:
    """Removes what an earlier run in the same folder left.

    Args:
        folder: The folder `.crunch`.
        keep: A file of it that stays: the workflow, where the user named one of these files.

    Raises:
        OSError: It can't be removed.
    """
    kept = None if keep is None else keep.resolve()
    for name in MADE:
        path = folder / name
        if path.resolve() != kept:
            path.unlink(missing_ok=True)
