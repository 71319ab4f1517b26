"""Files that commands are told to write."""

from __future__ import annotations

from pathlib import Path

from omicsdk.core.errors import UsageError


def check_folder_of(option: str, file: str | None) -> None:
    """Checks before anything is asked for that a file can be put where it is to be.

    Args:
        option: What named it, such as --out.
        file: The file; None where none was named.

    Raises:
        UsageError: Its folder isn't there.
    """
    if file is not None and not (folder := Path(file).absolute().parent).is_dir():
        raise UsageError(
            f"{option} {file}: there is no folder {folder}", remedy="Name a file in a folder that is there."
        )
