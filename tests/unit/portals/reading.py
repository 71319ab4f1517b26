"""Lists that tests write, and what is read from them."""

import json
from collections import Counter
from pathlib import Path

from omicsdk.portals import FileList, Format, Head, ListedFile, Row, RowFault
from omicsdk.portals.formats import recognised


def put(path: Path, content: object) -> Path:
    """Write a list: bytes or a text as they are, and other values as JSON."""
    path.write_bytes(
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    return path


def opened(path: Path, base: str = "") -> tuple[Format, FileList]:
    """The format of a list, and the list for it."""
    return recognised(Head(path), path.name), FileList(path, path.name, base, (), Counter())


def files_of(format: Format, row: Row, listed: FileList) -> list[ListedFile]:
    if row.fault:
        raise RowFault(f"line {row.line}: {row.fault}")
    return list(format.files(row, listed))


def files_in(format: Format, listed: FileList) -> list[ListedFile]:
    """The files of all rows."""
    return [file for row in format.rows(listed) for file in files_of(format, row, listed)]
