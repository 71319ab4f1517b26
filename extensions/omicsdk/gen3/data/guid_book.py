"""Which GUID a commons gave to a file whose upload has begun: a second try must not make a second record."""

from __future__ import annotations

import json
import os
import threading
from logging import getLogger
from pathlib import Path

from omicsdk.core.narrowing import is_object

_log = getLogger("omicsdk.gen3")


class GuidBook:
    """GUIDs by file, in a file of one JSON object a line that is only ever added to. Thread-safe.

    A file that was changed since is another one: it gets another GUID.

    Args:
        path: The file; None keeps them for as long as the object lives. A last line that was cut off is passed over.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._guids: dict[str, str] = {}
        if path is not None and path.exists():
            for line in path.read_bytes().splitlines():
                self._take(line)

    def find(self, file: str, name: str) -> str:
        """The GUID of a file; empty when it has none yet.

        Args:
            file: Where it is.
            name: What the commons knows it as.
        """
        with self._lock:
            return self._guids.get(_key(file, name), "")

    def keep(self, file: str, name: str, guid: str) -> None:
        """Writes down the GUID of a file, before a byte of it is sent.

        Args:
            file: Where it is.
            name: What the commons knows it as.
            guid: Its GUID.
        """
        key = _key(file, name)
        with self._lock:
            if self._guids.get(key) == guid:
                return
            self._guids[key] = guid
            if self._path is None:
                return
            try:
                with open(self._path, "ab", opener=_private) as book:
                    book.write(json.dumps({"file": key, "guid": guid}).encode() + b"\n")
            except OSError as error:
                _log.warning("%s isn't written: %s", self._path, error)

    def forget(self) -> None:
        """Removes the file: everything is done."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _take(self, line: bytes) -> None:
        try:
            entry: object = json.loads(line)
        except ValueError:
            return
        if is_object(entry) and isinstance(entry.get("file"), str) and isinstance(entry.get("guid"), str):
            self._guids[entry["file"]] = entry["guid"]


def _key(file: str, name: str) -> str:
    try:
        found = Path(file).stat()
    except OSError:
        return f"{file}\0{name}"
    return f"{Path(file).absolute()}\0{name}\0{found.st_size}\0{found.st_mtime_ns}"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
