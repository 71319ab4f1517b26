"""Files that commands are told to write."""

from __future__ import annotations

import os
from pathlib import Path

from omicsdk.core.errors import UsageError


def check_output(option: str, file: str | None) -> None:
    """Checks before anything is asked for that a file can be put where it is to be.

    Args:
        option: What named it, such as --out.
        file: The file; None where none was named.

    Raises:
        UsageError: It is a folder, or its folder isn't there or can't be written.
    """
    if file is None:
        return
    path = Path(file).absolute()
    if path.is_dir():
        raise UsageError(f"{option} {file}: it is a folder", remedy="Name a file.")
    if not path.parent.is_dir():
        raise UsageError(
            f"{option} {file}: there is no folder {path.parent}", remedy="Name a file in a folder that is there."
        )
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{option} {file}: its folder can't be written", remedy="Choose another folder.")
