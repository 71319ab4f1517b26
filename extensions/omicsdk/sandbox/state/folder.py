"""The folder of one sandbox: its lock, and the address of the sandbox that runs on it."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import write_private
from omicsdk.core.logs import logger
from omicsdk.sandbox.state.database import Database, make_private, opening

log = logger("omicsdk.sandbox")

# The database, in the folder.
STATE = "state.sqlite"
# The file whose lock reserves the folder for one sandbox.
LOCK = "lock.sqlite"
# Folders of contents, in the folder.
TREES = ("objects", "crunch-storage")
_WHERE = "running.json"


class FolderInUse(ConfigError):
    """Another sandbox is running on the folder."""

    default_remedy = "Stop that sandbox, or choose another folder."


def close_to_others(folder: Path) -> None:
    """Let only the owner into a sandbox's folder: its contents and keys are private.

    A folder that all users share, such as /tmp, is unchanged, and so is one of another owner, as a mounted volume can be:
    the database and the keys are the owner's alone in any case.
    """
    mode = folder.stat().st_mode
    if os.name == "nt" or not mode & 0o077:
        return
    if mode & stat.S_ISVTX:
        log.warning("%s is a folder of all users: they can see what is in it", folder)
        return
    try:
        folder.chmod(0o700)
    except PermissionError:
        log.warning("%s belongs to another user: others may see what is in it", folder)


class FolderLock:
    """A lock that reserves a folder for one sandbox; the system releases it when the process ends, however it ends.

    Args:
        folder: An existing folder.

    Raises:
        FolderInUse: Another process, or another sandbox of this one, holds it.
        OSError: The folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        # An exclusive SQLite transaction is a file lock that works the same on every system.
        path = folder / LOCK
        with opening(path):
            make_private(path)
            self._connection = sqlite3.connect(path, timeout=0.0, check_same_thread=False, isolation_level=None)
            try:
                self._connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                self._connection.close()
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                raise FolderInUse(f"another sandbox is already running on the folder {folder}") from error
        # The address of the sandbox before: one that was killed has left it.
        (folder / _WHERE).unlink(missing_ok=True)

    def release(self) -> None:
        """Let another sandbox use the folder."""
        self._connection.close()


def check_is_ours(folder: Path) -> None:
    """Check that a folder is a sandbox's.

    Raises:
        ValueError: It is not.
    """
    if not (folder / STATE).is_file():
        raise ValueError(f"{folder} is not a sandbox's folder: it has no {STATE}")


@contextmanager
def at_rest(folder: Path) -> Generator[Database]:
    """The state of a folder that no sandbox runs on, which none can take up meanwhile.

    Args:
        folder: The folder.

    Raises:
        FolderInUse: A sandbox runs on it.
        ValueError: It is not a sandbox's folder.
    """
    check_is_ours(folder)
    with ExitStack() as stack:
        stack.callback(FolderLock(folder).release)
        yield stack.enter_context(closing(Database(folder / STATE)))


def empty(folder: Path) -> None:
    """Remove the state that a sandbox of any release left in its folder; its keys stay, so that the next one has the same secrets.

    Args:
        folder: The folder; what else is in it stays.

    Raises:
        FolderInUse: A sandbox runs on it.
        ValueError: It is not a sandbox's folder.
        OSError: Something cannot be removed.
    """
    check_is_ours(folder)
    lock = FolderLock(folder)
    try:
        for tree in TREES:
            if (folder / tree).exists():
                shutil.rmtree(folder / tree)
        # The database is removed last: while it exists, this can be repeated.
        for end in ("-wal", "-shm", ""):
            (folder / f"{STATE}{end}").unlink(missing_ok=True)
    finally:
        lock.release()


def note_address(folder: Path, url: str) -> None:
    """Write the address of a folder's sandbox, for other processes; called with the lock."""
    # In one piece: a process that reads it meanwhile must not see half of it.
    write_private(folder / _WHERE, json.dumps({"url": url}))


def running_url(folder: Path | str) -> str | None:
    """The address of the sandbox that runs on a folder, for other processes.

    Args:
        folder: The sandbox's folder.

    Returns:
        Its URL; None when none is running there.

    Raises:
        FolderInUse: A command is using the folder, which no sandbox has run on.
    """
    folder = Path(folder)
    if not (folder / LOCK).is_file():
        return None
    try:
        FolderLock(folder).release()
    except FolderInUse:
        if not (folder / _WHERE).is_file():
            raise
        return json.loads((folder / _WHERE).read_text(encoding="utf-8"))["url"]
    return None
