"""Notes of what a commons has taken, in a file of one JSON object a line that is only ever added to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from omicsdk.core.type_guards import is_object


class NoteFile:
    """A file of notes. All methods raise OSError as the system does.

    A crash can cut off the last line: it is ignored when the file is read, and ended before the next one is added.

    Args:
        path: The file; it is created by the first `add`, readable by its owner alone.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_torn = False

    def read(self) -> Iterator[Mapping[str, Any]]:
        """Yield the notes; none where there is no file."""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            for line in file:
                self._is_torn = not line.endswith(b"\n")
                with suppress(ValueError):
                    if is_object(note := json.loads(line)):
                        yield note

    def add(self, *notes: Mapping[str, Any]) -> None:
        """Add notes, and hand them to the system, so that they outlive the process."""
        lines = b"".join(json.dumps(note).encode() + b"\n" for note in notes)
        with open(self.path, "ab", opener=_private) as file:
            file.write(b"\n" + lines if self._is_torn else lines)
        self._is_torn = False


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
