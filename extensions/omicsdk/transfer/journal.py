"""The journal of a transfer: what is done, and how far the rest is. Append-only, a CRC a line, one writer at a time.

A line is eight hex digits (the CRC32C of what follows the blank), a blank and a JSON array. What is torn off at the end,
by a crash or a full disk, is cut away before the first append. Cells are hints, written without syncing: who continues
checks them. Only a done-record, synced after its file, promises anything. No URL is ever written.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from omicsdk.core.checksums import crc32c_extend
from omicsdk.core.errors import FolderBusy
from omicsdk.transfer.locking import locked, try_lock
from omicsdk.transfer.names import WORK_FOLDER
from omicsdk.transfer.plan import CELL, cell_count
from omicsdk.transfer.writing import write_all, write_error

#: The format's version; a journal of another version is begun anew.
VERSION = 1
#: What stands for a cell that isn't there.
MISSING = -1


@dataclass(slots=True)
class PartState:
    """How far an unfinished file is.

    Attributes:
        size: The file's size.
        validator: The source's ETag or date, "" when it told none.
        checksums: What the platform states.
        cells: The CRC32C of each cell, MISSING where it isn't there.
    """

    size: int
    validator: str
    checksums: Mapping[str, str]
    cells: array[int] = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, slots=True)
class DoneState:
    """A file that was verified and synced.

    Attributes:
        size: Its size.
        mtime_ns: Its time of change then.
        checksums: What was verified.
    """

    size: int
    mtime_ns: int
    checksums: Mapping[str, str]


class Journal:
    """An open, locked journal. Appending is safe from several threads.

    Args:
        path: The journal's file; its folder is made.
        wait: Is called while another process holds the journal; returns False to give up.

    Raises:
        FolderBusy: Another process holds it and `wait` gave up.
        NotWritable: The file can't be opened or written.
        DiskFull: There is no room.
    """

    def __init__(self, path: Path, wait: Callable[[], bool]) -> None:
        self.path = path
        self.parts = dict[str, PartState]()
        self._done = dict[bytes, int]()
        self._keys = dict[str, int]()
        self._next_key = 0
        self._lines = 0
        self._end = 0
        self._guard = threading.Lock()
        self._extend = crc32c_extend()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = _open_locked(path, wait)
        except OSError as error:
            raise write_error(error, str(path)) from error
        try:
            self._load()
        except OSError as error:
            os.close(self._descriptor)
            raise write_error(error, str(path)) from error

    def done(self, name: str) -> DoneState | None:
        """Gives what is recorded of a finished file.

        Args:
            name: Its path within the target folder.
        """
        offset = self._done.get(_digest(name))
        if offset is None:
            return None
        record = self._read(_line_at(self._descriptor, offset))
        if record is None or record[0] != "done" or record[1] != name:
            return None
        return DoneState(record[2], record[3], record[4])

    def begin(self, name: str, size: int, validator: str, checksums: Mapping[str, str]) -> PartState:
        """Records that a file is begun from nothing; what was known of it is forgotten.

        Args:
            name: Its path within the target folder.
            size: Its size.
            validator: The source's ETag or date, may be empty.
            checksums: What the platform states.

        Returns:
            Its state, without cells.
        """
        with self._guard:
            state = PartState(size, validator, dict(checksums), array("q", [MISSING]) * cell_count(size))
            self.parts[name] = state
            key = self._keys[name] = self._new_key()
            self._append(["part", key, name, size, validator, state.checksums])
            return state

    def cell(self, name: str, index: int, crc: int) -> None:
        """Records that a cell of a begun file was written.

        Args:
            name: The file.
            index: The cell's number.
            crc: Its CRC32C.
        """
        with self._guard:
            self.parts[name].cells[index] = crc
            self._append(["cell", self._keys[name], index, crc])

    def drop(self, name: str) -> None:
        """Records that an unfinished file was given up."""
        with self._guard:
            if self.parts.pop(name, None) is not None:
                self._append(["drop", self._keys.pop(name)])

    def finish(self, files: list[tuple[str, DoneState]]) -> None:
        """Records files as done and syncs the journal. The files themselves have to be synced before.

        Args:
            files: Names and what was verified.

        Raises:
            OSError: The journal couldn't be written.
        """
        with self._guard:
            lines: list[bytes] = []
            end = self._end
            for name, state in files:
                self.parts.pop(name, None)
                self._keys.pop(name, None)
                self._done[_digest(name)] = end
                lines.append(self._line(["done", name, state.size, state.mtime_ns, dict(state.checksums)]))
                end += len(lines[-1])
            self._write(lines)
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Closes the file and lets go of the lock. Closing twice does nothing."""
        with self._guard:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _new_key(self) -> int:
        self._next_key += 1
        return self._next_key

    def _append(self, record: list[object], *, hint: bool = True) -> None:
        try:
            self._write([self._line(record)])
        except OSError:
            if not hint:
                raise

    def _write(self, lines: list[bytes]) -> None:
        data = b"".join(lines)
        try:
            write_all(self._descriptor, data)
        except OSError:
            os.ftruncate(self._descriptor, self._end)  # half a line would hide all that follow it
            raise
        self._end += len(data)
        self._lines += len(lines)

    def _line(self, record: list[object]) -> bytes:
        body = json.dumps(record, separators=(",", ":")).encode()
        return b"%08x %b\n" % (self._extend(0, body), body)

    def _read(self, line: bytes) -> list[Any] | None:
        try:
            if line[-1:] != b"\n" or int(line[:8], 16) != self._extend(0, line[9:-1]):
                return None
            return cast("list[Any]", json.loads(line[9:]))
        except ValueError:
            return None

    def _load(self) -> None:
        keys = dict[int, str]()
        with open(self._descriptor, "rb", closefd=False) as file:
            file.seek(0)
            for number, line in enumerate(file):
                record = self._read(line)
                if record is None or (number == 0 and record != ["omics-transfer", VERSION, CELL]):
                    break
                self._replay(record, keys)
                self._end += len(line)
                self._lines += 1
        self._keys = {name: key for key, name in keys.items() if name in self.parts}
        os.ftruncate(self._descriptor, self._end)
        if self._end == 0:
            self._append(["omics-transfer", VERSION, CELL], hint=False)
        elif os.name == "posix" and self._lines > 1000 + 2 * self._live_lines():
            self._compact()

    def _replay(self, record: list[Any], keys: dict[int, str]) -> None:
        match record:
            case ["cell", key, index, crc]:
                self.parts[keys[key]].cells[index] = crc
            case ["done", name, *_]:
                self._done[_digest(name)] = self._end
                self.parts.pop(name, None)
            case ["part", key, name, size, validator, checksums]:
                keys[key] = name
                self._next_key = max(self._next_key, key)
                self.parts[name] = PartState(size, validator, checksums, array("q", [MISSING]) * cell_count(size))
            case ["drop", key]:
                self.parts.pop(keys[key], None)
            case _:  # a record of a later version of this format says nothing to this one
                pass

    def _live_lines(self) -> int:
        cells = sum(sum(crc != MISSING for crc in state.cells) for state in self.parts.values())
        return 1 + len(self._done) + len(self.parts) + cells

    def _compact(self) -> None:
        """Writes what still counts to a new file and puts it in the old one's place, locked before it is visible."""
        new = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | _CLOEXEC, 0o666)
        if not try_lock(descriptor):
            os.close(descriptor)
            return
        old, self._descriptor, old_done = self._descriptor, descriptor, self._done
        self._done, self._keys = dict[bytes, int](), dict[str, int]()
        self._end = self._lines = self._next_key = 0
        self._append(["omics-transfer", VERSION, CELL], hint=False)
        for digest, offset in old_done.items():
            line = _line_at(old, offset)
            write_all(descriptor, line)
            self._done[digest] = self._end
            self._end += len(line)
            self._lines += 1
        for name, state in self.parts.items():
            key = self._keys[name] = self._new_key()
            self._append(["part", key, name, state.size, state.validator, dict(state.checksums)], hint=False)
            for index, crc in enumerate(state.cells):
                if crc != MISSING:
                    self._append(["cell", key, index, crc], hint=False)
        os.fsync(descriptor)
        os.replace(new, self.path)
        os.close(old)


_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def _digest(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _line_at(descriptor: int, offset: int) -> bytes:
    """One line of a journal, without moving the position at which others read or append."""
    line = b""
    while b"\n" not in line:
        more = _read_at(descriptor, 512, offset + len(line))
        if not more:
            return line
        line += more
    return line[: line.index(b"\n") + 1]


def _read_at(descriptor: int, length: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)  # Windows; appends go to the end all the same
    return os.read(descriptor, length)


def _open_locked(path: Path, wait: Callable[[], bool]) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _CLOEXEC | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if locked(descriptor, wait):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
            else:
                raise FolderBusy(str(path.parent.parent if path.parent.name == WORK_FOLDER else path.parent))
        except FileNotFoundError:
            pass  # whoever held it removed it: make a new one
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
