"""What is saved, as a file of this machine: what moves bytes elsewhere wants a path, and takes only whole files."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from omicsdk.crunch.storage.files import STRIDE, Checked


@contextmanager
def as_file(content: Any) -> Generator[Path]:
    """Gives a file with the bytes that shall be saved.

    Args:
        content: A binary file that is open for reading, or bytes.

    Yields:
        The file that was opened, where nothing of it was read yet and it still has its name; else a temporary one, which is
        removed afterwards.

    Raises:
        OSError: The content can't be read, or the temporary file not be written.
    """
    path = _path_of(content)
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="omics-crunch-") as folder:
        spool = Path(folder) / "content"
        with spool.open("wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                shutil.copyfileobj(content, file, STRIDE)
        yield spool


def _path_of(content: object) -> Path | None:
    """Where a content lies; a name alone doesn't tell, since what unpacks a file has that file's name, too."""
    if isinstance(content, Checked):
        return Path(content.name)
    buffered = isinstance(content, io.BufferedReader)
    raw = cast("io.BufferedReader[io.RawIOBase]", content).raw if buffered else content
    if not isinstance(raw, io.FileIO) or not isinstance(raw.name, str) or cast("io.IOBase", content).tell():
        return None
    path = Path(raw.name)
    try:
        return path if os.path.samestat(os.fstat(raw.fileno()), path.stat()) else None
    except OSError:
        return None
