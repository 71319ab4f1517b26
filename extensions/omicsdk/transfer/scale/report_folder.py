"""Where the shards of one command write what became of their files, until it is told as one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from uuid import uuid4

from omicsdk.core.files.system_lock import lock_now
from omicsdk.transfer.scale.shard import make_folders

_NAME = re.compile(r"transfer\.[0-9a-f]{12}\.reports\Z")
_HELD = ".held"


@contextmanager
def report_folder(journals: str) -> Generator[str]:
    """Makes a folder of its own for one command, and removes it in the end; those of commands that were killed go first.

    Args:
        journals: The folder where the shards' journals are.

    Yields:
        The folder.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be made.
    """
    folder = os.path.join(journals, f"transfer.{uuid4().hex[:12]}.reports")
    make_folders(folder)
    held = os.open(os.path.join(folder, _HELD), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with suppress(OSError):  # without locks on this file system nobody removes what isn't his own
            lock_now(held)
        _sweep(journals, folder)
        yield folder
    finally:
        os.close(held)
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(journals: str, own: str) -> None:
    """Removes folders whose command is gone: the system has let go of its lock."""
    for name in os.listdir(journals):
        folder = os.path.join(journals, name)
        if not _NAME.match(name) or folder == own:
            continue
        try:
            held = os.open(os.path.join(folder, _HELD), os.O_RDWR)
        except OSError:  # just made, or just removed
            continue
        try:
            lock_now(held)
        except OSError:
            continue
        finally:
            os.close(held)
        shutil.rmtree(folder, ignore_errors=True)
