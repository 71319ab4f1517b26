"""A file of text that appears whole or not at all, however long it takes to write."""

from __future__ import annotations

import os
from collections.abc import Iterable

from omicsdk.core.errors import NotWritable
from omicsdk.core.files import in_place_of
from omicsdk.transfer.writing import write_error


def write_whole(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Writes a file as it is told, and puts it in its place when all of it is on disk.

    Args:
        path: The file; what is there is replaced. Where it is a link, what it points at is.
        lines: Its text in pieces, with their line ends; written as UTF-8.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be written, or is no file, such as /dev/null; what was there still is.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise NotWritable(os.fspath(path), "it is not a regular file", remedy="Name a file.")
    try:
        with in_place_of(target) as file:
            file.writelines(line.encode() for line in lines)
    except OSError as error:
        raise write_error(error, os.fspath(path)) from error
