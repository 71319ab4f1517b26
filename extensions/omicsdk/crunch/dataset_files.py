"""A dataset's files between its storage and its folder: downloaded by setup, uploaded afterwards, and records of the
run.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import ConfigError
from omicsdk.crunch.datasets import check_stop
from omicsdk.crunch.hashing import Hashed, clock_of, files_below, hash_file, hash_files, trusted
from omicsdk.crunch.statuses import WorkflowType
from omicsdk.crunch.storage.base import Sending, Storage, StorageMissing, joined
from omicsdk.crunch.storage.files import fetch, md5s, same, send, stored_below
from omicsdk.transfer import TransferOptions
from omicsdk.transfer.disk import make_folders, output_file

# The folder, within the dataset's; its content is never data of the dataset.
FOLDER = ".crunch"
DATASET = "dataset.json"
PROJECT = "project.json"
SETUP_MD5 = "setup_md5_checksums.json"
UPLOAD_MD5 = "upload_md5_checksums.json"
DELETED = "deleted.txt"
# What the workflow wrote, both streams as they came; it stays on this machine.
LOG = "workflow.log"
WORKFLOWS: Mapping[WorkflowType, str] = {WorkflowType.snakemake: "Snakefile", WorkflowType.script: "script.sh"}

#: Files that `setup` recreates, so that a run does not use those of an earlier run in the same folder.
SETUP_FILES = (DATASET, PROJECT, SETUP_MD5, UPLOAD_MD5, DELETED, LOG, *WORKFLOWS.values())
#: Files excluded from the table of `upload`: those that it writes itself, and those that are not uploaded.
NOT_LISTED = frozenset(f"{FOLDER}/{name}" for name in (UPLOAD_MD5, DELETED, LOG))


# How Python decodes names of files that are not UTF-8. Not os.fsencode: its encoding is that of the locale.
_UNDECODABLE = "surrogatepass" if os.name == "nt" else "surrogateescape"


def is_bookkeeping(name: str) -> bool:
    """Whether a file is not data.

    Args:
        name: Its path within the dataset's folder.
    """
    return name.startswith(f"{FOLDER}/")


def json_text(value: object) -> str:
    """Return JSON as the published client writes it: indented by four, letters unescaped, no line end.

    Args:
        value: The value to write.
    """
    return json.dumps(value, ensure_ascii=False, indent=4)


def write(path: Path, text: str) -> None:
    """Write a file atomically.

    Args:
        path: The file.
        text: Its content, in UTF-8; lone surrogates of undecodable file names are written as their original bytes.

    Raises:
        DiskFull: The disk is full.
        NotWritable: It cannot be written.
    """
    with output_file(path, durable=False) as file:
        file.write(text.encode("utf-8", _UNDECODABLE))


def write_workflow(text: str, folder: Path | str, kind: WorkflowType) -> Path:
    """Write a project's workflow.

    Args:
        text: The project's workflow; its line ends become line feeds.
        folder: The folder `.crunch`.
        kind: The kind of the workflow; a script is executable by its owner.

    Returns:
        The file.

    Raises:
        ConfigError: The project has no workflow.
        TransferError: It cannot be written.
    """
    if not text.strip():
        raise ConfigError(
            "The project has no workflow",
            remedy="Add one to the project on the site, or name a file: workflow_path, --path.",
        )
    path = Path(folder) / WORKFLOWS[kind]
    write(path, text.replace("\r\n", "\n"))
    if kind is WorkflowType.script:
        path.chmod(path.stat().st_mode | 0o100)
    return path


def read_table(path: Path) -> dict[str, str]:
    """Read a table of checksums.

    Args:
        path: The file.

    Returns:
        From name to MD5; empty if there is no such file.

    Raises:
        ConfigError: It is invalid.
        OSError: It cannot be read.
    """
    try:
        table: Any = json.loads(path.read_text("utf-8", _UNDECODABLE))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be parsed: {error}", remedy="Run the setup stage again.") from error
    if not isinstance(table, dict):
        raise ConfigError(f"{path} has no table of checksums", remedy="Run the setup stage again.")
    return cast("dict[str, str]", table)


def clear(folder: Path, keep: Path | None) -> None:
    """Remove what an earlier run in the same folder left.

    Args:
        folder: The folder `.crunch`.
        keep: A file to keep: the workflow, if the user named one of these files.

    Raises:
        OSError: It cannot be removed.
    """
    kept_file = None if keep is None else keep.resolve()
    for name in SETUP_FILES:
        path = folder / name
        if path.resolve() != kept_file:
            path.unlink(missing_ok=True)


class DataFiles:
    """The files of one dataset.

    Args:
        storage: Where they are stored.
        base: The dataset's folder there.
        folder: The dataset's folder here.
    """

    def __init__(self, storage: Storage, base: str, folder: Path) -> None:
        self._storage = storage
        self._base = base
        self._folder = folder
        self._bookkeeping = folder / FOLDER
        self._brought: Mapping[str, Hashed] = {}
        self._trusted: Mapping[str, Hashed] = {}
        self._stored_bookkeeping: frozenset[str] = frozenset()
        self._was_there = False

    def bring(self, stop: threading.Event | None = None) -> None:
        """Download the storage's files that are missing here or differ, and write their checksums.

        The table contains the storage's files only: files of an earlier run are treated as new, so that they are uploaded.

        Args:
            stop: Stops it before the next file when set.

        Raises:
            Interrupted: It was stopped.
            StorageMissing: The dataset has no folder in the storage.
            OmicsError: The storage cannot be read, a name is not safe, or the disk is full.
            OSError: The same, or the folder is not writable.
        """
        try:
            stored = list(stored_below(self._storage, self._base))
        except FileNotFoundError as error:
            raise StorageMissing(f"The storage has no folder for the dataset: {error}") from error
        self._was_there = bool(stored)
        self._stored_bookkeeping = frozenset(file.name for file in stored if is_bookkeeping(file.name))
        data = [file for file in stored if file.name not in self._stored_bookkeeping]
        self._brought = fetch(self._storage, self._base, data, self._folder, TransferOptions(stop=stop))
        check_stop(stop)
        write(self._bookkeeping / SETUP_MD5, _table(md5s(self._brought)))

    def remember(self) -> None:
        """Remember the files at the end of setup, so that those that stay the same need not be read again.

        Raises:
            OSError: The folder cannot be written.
        """
        self._trusted = trusted(self._brought, clock_of(self._bookkeeping))

    def give_back(self) -> None:
        """Upload new and modified files, the data first and the table of checksums last, and list deleted ones.

        Raises:
            SourceChanged: A file changed while it was hashed or uploaded.
            StorageMissing: The storage no longer exists.
            OmicsError: The storage is not writable, or its disk is full.
            OSError: The same, or the folder cannot be read.
        """
        files = {name: path for name, path in files_below(self._folder) if name not in NOT_LISTED}
        hashed = hash_files(files, self._trusted)
        before, after = md5s(self._brought) or read_table(self._bookkeeping / SETUP_MD5), md5s(hashed)
        changed = sorted(name for name, md5 in after.items() if before.get(name) != md5)  # new ones too
        make_folders(str(self._bookkeeping))  # the workflow may have removed it
        write(self._bookkeeping / UPLOAD_MD5, _table(after))
        write(self._bookkeeping / DELETED, "\n".join(sorted(before.keys() - after.keys())))
        if self._was_there and not self._storage.exists(self._base):
            raise StorageMissing(f"The storage's folder {self._base} existed at setup and no longer does")
        self._send([name for name in changed if not is_bookkeeping(name)], hashed)
        self._send([name for name in changed if is_bookkeeping(name) and self._differs(name)], hashed)
        for name in (DELETED, UPLOAD_MD5):
            name = f"{FOLDER}/{name}"
            if self._differs(name):
                self._send([name], {name: hash_file(self._folder / name)})

    def _differs(self, name: str) -> bool:
        """Whether the storage may have a file of bookkeeping otherwise."""
        if name not in self._stored_bookkeeping:
            return True
        return not same(self._storage, joined(self._base, name), self._folder / name)

    def _send(self, names: Sequence[str], hashed: Mapping[str, Hashed]) -> None:
        send(self._storage, self._base, [Sending(name, self._folder / name, hashed[name]) for name in names])


def _table(checksums: Mapping[str, str]) -> str:
    return json_text(dict(sorted(checksums.items())))


def md5_table(folder: Path) -> dict[str, str]:
    """The MD5 of every file below a folder, by its path in it.

    Args:
        folder: The folder.

    Raises:
        OSError: A file cannot be read.
        SourceChanged: A file changes while it is read.
    """
    return md5s(hash_files(dict(files_below(folder))))
