"""A file of text that appears whole or not at all, however long it takes to write."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress

from omicsdk.transfer.writing import write_error


def write_whole(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Writes a file as it is told, and puts it in its place when all of it is on disk.

    Args:
        path: The file; what is there is replaced.
        lines: Its text in pieces, with their line ends; written as UTF-8.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be written; what was there still is.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    part = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(4)}.part")
    try:
        try:
            with open(part, "x", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise
    except OSError as error:
        raise write_error(error, os.fspath(path)) from error
