"""Files that commands are told to write: checked before anything is asked for, so that nothing is done in vain."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from omicsdk.core.errors import UsageError
from omicsdk.core.files import is_special

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from omicsdk.cli.console import Console
    from omicsdk.cli.output import Output

STDOUT = "-"
"""Stands for stdout in the place of a file that is written."""
_STRIDE = 1024 * 1024


def file_to_write(file: str) -> str:
    """Takes the name of a file that is written.

    Args:
        file: What was typed, or stands in the configuration.

    Returns:
        The name.

    Raises:
        UsageError: It is -, a folder or a socket, or its folder isn't there or can't be written.
    """
    if file == STDOUT:
        raise UsageError("- is stdout, and this has to be a file", remedy="Name a file; ./- is one that is called -.")
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
    return file if file == STDOUT else file_to_write(file)


def on_stdout(run: Callable[[str], Any], suffix: str, console: Console, output: Output) -> None:
    """Runs a command whose file goes to stdout, in the place of its result.

    The file is written whole first, so that a reader gets all of it or nothing, and that it may be gone over more than once.

    Args:
        run: Runs it with the name of a file to write, and gives its result, which is printed where it wrote none.
        suffix: What the name ends with.
        console: Where messages go, which call the file stdout.
        output: Where stdout is.

    Raises:
        UsageError: A query was given.
    """
    if output.query is not None:
        raise UsageError("--query picks from JSON, and - prints a file as it is", remedy="Leave one of them out.")
    with TemporaryDirectory(prefix="omics-") as folder:
        path = Path(folder, f"stdout{suffix}")
        console.called[str(path)] = "stdout"
        result: Any = None
        try:
            result = run(str(path))
        finally:
            if path.exists():
                with path.open("rb") as file:
                    output.chunks(iter(lambda: file.read(_STRIDE), b""))
            else:
                output.result(result)
