"""Folders of one command among the journals: they go with it, and when it was killed, with the next one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

from omicsdk.core.files import lock_now
from omicsdk.transfer.scale.shard import make_folders
from omicsdk.transfer.writing import write_error

_NAME = re.compile(r".+\.[0-9a-f]{12}(\.[a-z]+)?\Z")
_HELD = ".held"


@dataclass(slots=True)
class HeldFolder:
    """A folder of one command.

    Attributes:
        path: Where it is.
        stays: Whether it is left in the end, and by later commands too.
    """

    path: str
    stays: bool = False


@contextmanager
def held_folder(journals: str, name: str, suffix: str = "") -> Generator[HeldFolder]:
    """Makes a folder of its own for one command, and removes it in the end; those of commands that were killed go first.

    Args:
        journals: The folder where the shards' journals are.
        name: What its name begins with.
        suffix: What its name ends with: a dot and small letters, or nothing.

    Yields:
        The folder.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be made.
    """
    folder = HeldFolder(os.path.join(journals, f"{name}.{uuid4().hex[:12]}{suffix}"))
    make_folders(folder.path)
    sign = os.path.join(folder.path, _HELD)
    try:
        held = os.open(sign, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise write_error(error, sign) from error
    try:
        with suppress(OSError):  # without locks on this file system nobody removes what isn't his own
            lock_now(held)
        _sweep(journals, folder.path)
        yield folder
    finally:
        os.close(held)
        if folder.stays:
            with suppress(OSError):
                os.unlink(sign)
        else:
            shutil.rmtree(folder.path, ignore_errors=True)


def _sweep(journals: str, own: str) -> None:
    """Removes folders whose command is gone: the system has let go of its lock."""
    for name in os.listdir(journals):
        folder = os.path.join(journals, name)
        if not _NAME.match(name) or folder == own:
            continue
        try:
            held = os.open(os.path.join(folder, _HELD), os.O_RDWR)
        except OSError:  # just made, just removed, or left on purpose
            continue
        try:
            lock_now(held)
        except OSError:
            continue
        finally:
            os.close(held)
        shutil.rmtree(folder, ignore_errors=True)
