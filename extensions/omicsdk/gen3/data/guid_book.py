"""Which GUID a commons gave to a file whose upload has begun: a second try must not make a second record."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from logging import getLogger
from pathlib import Path

from omicsdk.core.errors import NotWritable
from omicsdk.core.narrowing import is_object

_log = getLogger("omicsdk.gen3")


class GuidBook:
    """GUIDs by file, in a file of one JSON object a line that is only ever added to. Thread-safe.

    A file that was changed since is another one: it gets another GUID.

    Args:
        path: The file; None keeps them for as long as the object lives. A last line that was cut off is passed over.

    Raises:
        NotWritable: The file is there, and can't be read.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._guids: dict[str, str] = {}
        self._is_torn = False
        if path is not None:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                return
            except OSError as error:
                raise NotWritable(str(path), error.strerror or str(error)) from error
            with suppress(OSError):  # it is as young as the journal that it belongs to
                os.utime(path)
            self._is_torn = bool(content) and not content.endswith(b"\n")
            for line in content.splitlines():
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
            self._write(key, guid)

    def drop(self, file: str, name: str) -> None:
        """Forgets the GUID of a file, whose record is gone.

        Args:
            file: Where it is.
            name: What the commons knows it as.
        """
        key = _key(file, name)
        with self._lock:
            if self._guids.pop(key, ""):
                self._write(key, "")

    def _write(self, key: str, guid: str) -> None:
        if self._path is None:
            return
        line = json.dumps({"file": key, "guid": guid}).encode() + b"\n"
        try:
            with open(self._path, "ab", opener=_private) as book:
                book.write(b"\n" + line if self._is_torn else line)
            self._is_torn = False
        except OSError as error:
            _log.warning("%s isn't written: %s", self._path, error)

    def forget(self) -> None:
        """Removes the file: everything is done."""
        if self._path is not None:
            with suppress(OSError):  # it is removed when it is old
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
