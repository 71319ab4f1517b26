"""What a commons has taken, kept in a file, so that a submission that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from omicsdk.core.errors import ConfigError
from omicsdk.core.narrowing import is_object
from omicsdk.gen3.records.project import Project


def digest_of(record: Mapping[str, Any]) -> str:
    """A short text that tells a record from every other.

    Args:
        record: The record, as JSON has it.
    """
    told = json.dumps(record, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(told.encode(errors="surrogatepass"), digest_size=16).hexdigest()


class Journal:
    """Notes which records a commons has taken; use it in a `with` block.

    Args:
        path: The file; it is made, or continued. A line that was cut short by a crash is passed over.
        endpoint: The commons.
        project: The project. What another commons or project has taken doesn't count.

    Raises:
        ConfigError: It can't be read or written.
    """

    def __init__(self, path: str | os.PathLike[str], endpoint: str, project: Project) -> None:
        self._path = Path(path)
        self._where = f"{endpoint} {project.id}"
        self._ids: dict[str, str | None] = {}
        self._latest: dict[str, str] = {}
        try:
            ended = self._read()
            self._file = self._path.open("ab")
            if not ended:
                self._file.write(b"\n")
        except OSError as error:
            raise ConfigError(
                f"The journal {path} can't be written: {error.strerror}", remedy="Check its folder and permissions."
            ) from error

    def _read(self) -> bool:
        """Reads what was noted; tells whether the last line has its end."""
        ended = True
        if not self._path.exists():
            return ended
        with self._path.open("rb") as file:
            for line in file:
                ended = line.endswith(b"\n")
                with suppress(ValueError):
                    note: Any = json.loads(line)
                    if is_object(note) and note.get("commons") == self._where and isinstance(note.get("record"), str):
                        self._take(note["record"], note.get("id"))
        return ended

    def _take(self, digest: str, given: str | None) -> None:
        self._ids[digest] = given
        if isinstance(given, str):
            # What was taken of a record before isn't what the commons has any more.
            if (before := self._latest.get(given, digest)) != digest:
                self._ids.pop(before, None)
            self._latest[given] = digest

    def has(self, record: Mapping[str, Any]) -> bool:
        """Whether the commons has taken a record as it is."""
        return digest_of(record) in self._ids

    def id_of(self, record: Mapping[str, Any]) -> str | None:
        """The id that the commons gave a record that it has taken."""
        return self._ids.get(digest_of(record))

    def note(self, record: Mapping[str, Any], given: str | None) -> None:
        """Notes that the commons has taken a record.

        Args:
            record: The record.
            given: The id that it gave it.
        """
        digest = digest_of(record)
        self._take(digest, given)
        line = {"commons": self._where, "record": digest, "id": given}
        self._file.write(json.dumps(line).encode() + b"\n")

    def flush(self) -> None:
        """Hands what was noted to the system, so that it outlives the process."""
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
