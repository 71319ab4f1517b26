"""Names in a storage: where a dataset's folder is, and what lies below it."""

from __future__ import annotations

import posixpath

from omicsdk.core.errors import UnsafePath
from omicsdk.transfer.names import check_name

_REMEDY = "Correct the dataset's base_file_path on the crunch site."


def joined(base: str, name: str) -> str:
    """The name of a file of a dataset.

    Args:
        base: The dataset's folder; "" and "/" are the storage's root.
        name: The file's path within it; "" is the folder itself.
    """
    base = base.rstrip("/")
    return f"{base}/{name}" if base and name else base or name


def overlap(one: str, other: str) -> bool:
    """Tells whether two folders have files in common: they are the same, however they are written, or one is in the other.

    Args:
        one: A dataset's folder, as the site states it.
        other: Another dataset's.

    Raises:
        UnsafePath: One of them leads out of the storage.
    """
    here, there = (tuple(part for part in plain(each).split("/") if part) for each in (one, other))
    shorter = min(len(here), len(there))
    return here[:shorter] == there[:shorter]


def plain(name: str, *, windows: bool = False) -> str:
    """A name without "." and empty parts, relative to the storage's root.

    Args:
        name: As somebody gave it.
        windows: Whether it becomes a path of Windows, where backslashes and drive letters lead elsewhere too.

    Raises:
        UnsafePath: It leads out of the storage, has a NUL in it, or isn't allowed on Windows.
    """
    if "\0" in name:
        raise UnsafePath(name, "has a NUL in it", remedy=_REMEDY)
    if ".." in name.split("/"):
        raise UnsafePath(name, "has a '..' in it", remedy=_REMEDY)
    found = posixpath.normpath(name.lstrip("/")) if name.strip("/") else ""
    if found in ("", "."):
        return ""
    if windows:
        check_name(found, windows=True)
    return found
