"""The folder of one sandbox: who holds it, and where it answers."""

import json
import os
import sqlite3
from pathlib import Path

from omicsdk.sandbox.state.database import opening

STATE = "state.sqlite"
"""The database, in the folder."""
LOCK = "lock.sqlite"
"""What holds the folder for one sandbox."""
_WHERE = "running.json"


class FolderInUse(Exception):
    """Another sandbox is running on the folder."""


class FolderLock:
    """Holds a folder for one sandbox; the system lets go of it when the process ends, however it ends.

    Args:
        folder: An existing folder.

    Raises:
        FolderInUse: Another process, or another sandbox of this one, holds it.
        OSError: The folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        # An exclusive SQLite transaction is a file lock that works the same on every system.
        path = folder / LOCK
        with opening(path):
            self._connection = sqlite3.connect(path, timeout=0.0, check_same_thread=False, isolation_level=None)
            try:
                self._connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                self._connection.close()
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                raise FolderInUse(
                    f"a sandbox is already running on {folder}: stop it or name another folder"
                ) from error

    def release(self) -> None:
        """Lets another sandbox use the folder."""
        self._connection.close()


def check_is_ours(folder: Path) -> None:
    """Checks that a folder is a sandbox's.

    Raises:
        ValueError: It isn't.
    """
    if not (folder / STATE).is_file():
        raise ValueError(f"{folder} isn't a sandbox's folder: it has no {STATE}")


def note_address(folder: Path, url: str) -> None:
    """Writes down, for other processes, where the sandbox of a folder answers; for the one that holds the folder."""
    (folder / _WHERE).write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")


def running_url(folder: Path | str) -> str | None:
    """Where the sandbox of a folder answers, for other processes.

    Args:
        folder: The sandbox's folder.

    Returns:
        Its URL; None when none is running there.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return None
    try:
        FolderLock(folder).release()
    except FolderInUse:
        return json.loads((folder / _WHERE).read_text(encoding="utf-8"))["url"]
    return None
