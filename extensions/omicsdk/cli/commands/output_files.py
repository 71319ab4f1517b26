"""Files that commands are told to write: checked before anything is asked for, so that nothing is done in vain."""

from __future__ import annotations

import os
from pathlib import Path

from omicsdk.core.errors import UsageError
from omicsdk.core.files.atomic_file import is_special


def file_to_write(file: str) -> str:
    """Takes the name of a file that is written.

    Args:
        file: What was typed, or stands in the configuration.

    Returns:
        The name.

    Raises:
        UsageError: It is a folder or a socket, or its folder isn't there or can't be written.
    """
    path = Path(file).absolute()
    if path.is_dir():
        raise UsageError(f"{file!r} is a folder", remedy="Name a file.")
    try:
        if is_special(path):  # written into where it is: its folder needn't be one that can be written
            return file
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", remedy="Name a file, a device or a FIFO.") from error
    if not path.parent.is_dir():
        raise UsageError(f"{file}: there is no folder {path.parent}", remedy="Name a file in a folder that is there.")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{file}: its folder can't be written", remedy="Choose another folder.")
    return file


def file_or_stdout(file: str) -> str:
    """Takes the name of a file that is written, or - for stdout; errors as those of `file_to_write`."""
    return file if file == "-" else file_to_write(file)
