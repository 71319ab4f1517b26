"""Gathers what this machine has: room, links, limits, encodings."""

from __future__ import annotations

import locale
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

from omicsdk.cli.doctor.machine import Encodings, Room

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def folders(environ: Mapping[str, str]) -> list[tuple[str, Path]]:
    """The folders that omics writes into, each with what it is for.

    Args:
        environ: The environment's variables.
    """
    from pathlib import Path

    from omicsdk.core.files.state_folder import state_folder
    from omicsdk.core.token_file import token_file
    from omicsdk.hca.config import user_folder

    named = [
        ("here", Path.cwd()),
        ("settings", user_folder(environ)),
        ("tokens", token_file(environ).path.parent),
        ("state", state_folder()),
        ("temporary files", Path(tempfile.gettempdir())),
    ]
    cache = environ.get("PANGEA_API_CACHE_DIR")
    return [*named, ("cache", Path(cache))] if cache else named


def room(use: str, folder: Path) -> Room:
    """What is left for a folder, or where it would be made.

    Args:
        use: What it is for.
        folder: The folder.
    """
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        free = shutil.disk_usage(there).free
        inodes = None
        if sys.platform != "win32":
            counted = os.statvfs(there)
            inodes = counted.f_favail if counted.f_files else None
    except OSError as error:
        return Room(str(folder), use, error=f"can't be looked at: {error.strerror or error}")
    return Room(str(folder), use, free, inodes, writable=os.access(there, os.W_OK))


def link_error(folder: Path) -> str | None:
    """Makes a file and a second name for it, and takes both away.

    Args:
        folder: Where links are wanted; where temporary files lie on the same file system, it is tried among them.

    Returns:
        Why that didn't work; None where it did.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".omics-doctor-", dir=_beside(folder)) as made:
            first = os.path.join(made, "file")  # noqa: PTH118 - what os.link takes
            with open(first, "wb"):  # noqa: PTH123 - likewise
                pass
            os.link(first, f"{first}-again")
    except OSError as error:
        return error.strerror or str(error)
    return None


def _beside(folder: Path) -> str:
    """A folder on the same file system, by preference one where nobody minds what is made."""
    temporary = tempfile.gettempdir()
    return temporary if os.stat(temporary).st_dev == folder.stat().st_dev else str(folder)  # noqa: PTH116 - a text


def file_limits() -> tuple[int | None, int | None]:
    """How many files may be open, and how many the user may ask for; None for no limit."""
    if sys.platform == "win32":
        return None, None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return tuple(None if each == resource.RLIM_INFINITY else each for each in (soft, hard))  # pyright: ignore[reportReturnType] - two


def encodings() -> Encodings:
    """How texts become bytes in this process."""
    output = getattr(sys.stdout, "encoding", None) or ""
    return Encodings(sys.getfilesystemencoding(), locale.getpreferredencoding(False), output)
