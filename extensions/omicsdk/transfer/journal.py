"""The journal of a transfer: what is done, and how far the rest is. Append-only, a CRC a line, one writer at a time.

What is torn off at the end, by a crash or a full disk, is cut away before the first append. Cells are hints, written
without syncing: who continues checks them. Only a done-record, synced after its file, promises anything. No URL is ever
written. `journal_lines` has the format.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from logging import getLogger
from pathlib import Path
from typing import Any, BinaryIO

from omicsdk.core.errors import FolderBusy, NotWritable
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.done_index import DoneIndex
from omicsdk.transfer.journal_lines import (
    HEADER,
    LONGEST_LINE,
    DoneState,
    done_key,
    done_line,
    done_state,
    is_done_line,
    is_sound,
    key_of,
    line_of,
    may_be_ours,
    record_of,
)
from omicsdk.transfer.locking import holder, locked, try_lock
from omicsdk.transfer.names import WORK_FOLDER
from omicsdk.transfer.plan import cell_count
from omicsdk.transfer.writing import write_error

#: What stands for a cell that isn't there.
MISSING = -1
# A journal is written anew when it has more lines than this, and twice as many as still count.
_COMPACT_FROM = 1000
# Bytes that are read at once for a line that is looked up, and where lines are looked up in their order.
_LINE = 1024
_BLOCK = 16 * 1024

_log = getLogger("omicsdk.transfer")


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


class Journal:
    """An open, locked journal. Appending is safe from several threads; `done` belongs to one thread.

    Args:
        path: The journal's file; its folder is made.
        wait: Is called while another process holds the journal; returns False to give up.
        disk: Where changes go; by default one of its own.
        look: Only look: nothing is made, locked, mended or written.

    Attributes:
        path: The journal's file.
        parts: How far unfinished files are, by name.

    Raises:
        FolderBusy: Another process holds it and `wait` gave up.
        NotWritable: The file can't be opened or written, or it is something else.
        DiskFull: There is no room.
    """

    def __init__(self, path: Path, wait: Callable[[], bool], disk: Disk | None = None, *, look: bool = False) -> None:
        self.path = path
        self.parts = dict[str, PartState]()
        self._disk = disk or Disk()
        self._keys = dict[str, int]()
        self._next_key = 0
        self._lines = 0
        self._end = 0
        self._torn = False  # what stands behind the end has to be cut off before the next append
        self._named = False  # whether its name is durable
        self._lost: OSError | None = None  # why nothing that is appended can be promised any longer
        self._block, self._block_start = b"", 0
        self._guard = threading.Lock()
        try:
            if look:
                self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
            else:
                self._disk.make_folders(os.path.abspath(path.parent))
                self._descriptor = _open_locked(path, wait, self._disk)
        except OSError as error:
            raise write_error(error, str(path)) from error
        try:
            self._load()
            if not look:
                self._mend()
        except OSError as error:
            self._disk.close(self._descriptor)
            raise write_error(error, str(path)) from error
        except NotWritable:
            self._disk.close(self._descriptor)
            raise

    def done(self, name: str) -> DoneState | None:
        """Gives what was recorded of a finished file when the journal was opened; what was recorded since isn't looked at.

        Args:
            name: Its path within the target folder.
        """
        key = key_of(name)
        offset = self._done.get(key)
        if offset is None:
            return None
        start, end = self._line_at(offset)
        return done_state(self._block[start:end], key)

    def forget(self, name: str) -> None:
        """Makes sure that a done-record counts no longer, whatever happens: its file is about to be written to.

        Args:
            name: The file.

        Raises:
            DiskFull: There is no room.
            NotWritable: The journal can't be written.
        """
        key = key_of(name)
        if self._done.get(key) is None:
            return
        with self._guard:
            try:
                self._write([line_of(["undone", name])])
                self._sync()
            except OSError as error:
                raise write_error(error, str(self.path), name) from error
            self._done.remove(key)

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
            self._hint(["part", key, name, size, validator, state.checksums])
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
            self._hint(["cell", self._keys[name], index, crc])

    def drop(self, name: str) -> None:
        """Records that an unfinished file was given up."""
        with self._guard:
            if self.parts.pop(name, None) is not None:
                self._hint(["drop", self._keys.pop(name)])

    def finish(self, files: Sequence[tuple[str, DoneState]]) -> None:
        """Records files as done and syncs the journal. The files themselves have to be synced before.

        Args:
            files: Names and what was verified.

        Raises:
            OSError: The journal couldn't be written; nothing is promised of these files.
        """
        lines = [done_line(name, state) for name, state in files]
        with self._guard:
            if self.parts:
                for name, _ in files:
                    self.parts.pop(name, None)
                    self._keys.pop(name, None)
            if self._lost is not None:
                raise self._lost
            self._write(lines)
            self._sync()

    def close(self) -> None:
        """Closes the file and lets go of the lock. Closing twice does nothing."""
        with self._guard:
            if self._descriptor >= 0:
                self._disk.close(self._descriptor)
                self._descriptor = -1

    # -- appending

    def _new_key(self) -> int:
        self._next_key += 1
        return self._next_key

    def _hint(self, record: list[object]) -> None:
        try:
            self._write([line_of(record)])
        except OSError as error:  # a full disk costs the next run some bytes, this one nothing
            _log.debug("%s: %s", self.path, error.strerror)

    def _write(self, lines: Sequence[bytes]) -> None:
        data = b"".join(lines)
        if self._torn:
            self._disk.truncate(self._descriptor, self._end)
        self._torn = True  # half a line would hide all that follow it
        try:
            self._disk.append(self._descriptor, data)
        except OSError:
            self._disk.truncate(self._descriptor, self._end)
            self._torn = False
            raise
        self._torn = False
        self._end += len(data)
        self._lines += len(lines)

    def _sync(self) -> None:
        try:
            self._disk.sync(self._descriptor)
            if not self._named:
                self._disk.sync_folders([os.path.dirname(os.path.abspath(self.path))])
                self._named = True
        except OSError as error:  # lines may be missing on the disk now: what stands behind them would never be read
            self._lost = error
            raise

    # -- opening

    def _mend(self) -> None:
        """Makes a journal that was read ready for more."""
        if self._end and os.name == "posix" and self._lines > _COMPACT_FROM + 2 * self._live_lines():
            self._compact()
        if os.fstat(self._descriptor).st_size != self._end:
            self._disk.truncate(self._descriptor, self._end)
        if self._end == 0:
            self._write([line_of(HEADER)])

    def _load(self) -> None:
        """Reads the whole journal, as far as it is sound."""
        self.parts.clear()
        self._keys.clear()
        self._block, self._block_start = b"", 0
        self._end = self._lines = self._next_key = 0
        names = dict[int, str]()
        header = line_of(HEADER)
        with open(self._descriptor, "rb", closefd=False) as file:
            self._done = DoneIndex(_count_done(file), file.tell(), self._is_at)
            put, parts = self._done.put, self.parts
            file.seek(0)
            for line in _lines(file):
                if not is_sound(line) or (self._end == 0 and line != header):
                    break
                key = done_key(line)
                if key is None:
                    self._replay(record_of(line), names)
                else:
                    put(key, self._end)
                    if parts:
                        self._over(record_of(line)[1], names)
                self._end += len(line)
                self._lines += 1
        if self._end == 0 and not may_be_ours(_read_at(self._descriptor, 64, 0)):
            remedy = "Name another file as the journal."
            raise NotWritable(str(self.path), "it is no journal of a transfer", remedy=remedy)

    def _replay(self, record: list[Any], names: dict[int, str]) -> None:
        match record:
            case ["cell", int(key), int(index), int(crc)]:
                state = self.parts.get(
                    names.get(key, "")
                )  # without its beginning, which found no room, a cell says nothing
                if state is not None and 0 <= index < len(state.cells):
                    state.cells[index] = crc
            case ["part", int(key), str(name), int(size), str(validator), {**checksums}]:
                self._over(name, names)
                names[key], self._keys[name] = name, key
                self._next_key = max(self._next_key, key)
                self.parts[name] = PartState(size, validator, checksums, array("q", [MISSING]) * cell_count(size))
            case ["drop", int(key)]:
                self._over(names.get(key, ""), names)
            case ["undone", str(name)]:
                self._done.remove(key_of(name))
            case _:  # a record of a later version of this format says nothing to this one
                pass

    def _over(self, name: str, names: dict[int, str]) -> None:
        if self.parts.pop(name, None) is not None:
            del names[self._keys.pop(name)]

    def _live_lines(self) -> int:
        cells = sum(sum(crc != MISSING for crc in state.cells) for state in self.parts.values())
        return 1 + len(self._done) + len(self.parts) + cells

    # -- reading single lines

    def _is_at(self, offset: int, key: bytes) -> bool:
        start, _ = self._line_at(offset)
        return is_done_line(self._block, start, key)

    def _line_at(self, offset: int) -> tuple[int, int]:
        """Where in the block that is in memory a line begins and ends."""
        start = offset - self._block_start
        end = self._block.find(b"\n", start) if start >= 0 else -1
        if end < 0:
            ahead = 0 <= start <= len(self._block)  # in the order of the lines: the next ones will be asked for, too
            for length in (_BLOCK if ahead else _LINE, LONGEST_LINE):
                self._block, self._block_start, start = _read_at(self._descriptor, length, offset), offset, 0
                end = self._block.find(b"\n")
                if end >= 0:
                    break
        return start, end + 1

    # -- writing it anew

    def _compact(self) -> None:
        """Puts a new file with what still counts in the old one's place, locked before it is visible."""
        new = str(self.path) + ".new"
        descriptor = -1
        try:
            descriptor = self._disk.open_log(new)
            if not try_lock(descriptor):
                self._disk.close(descriptor)
                return
            self._disk.truncate(descriptor, 0)
            block = bytearray()
            for line in self._live():
                block += line
                if len(block) >= _BLOCK:
                    self._disk.append(descriptor, bytes(block))
                    block.clear()
            self._disk.append(descriptor, bytes(block))
            self._disk.sync(descriptor)
            self._disk.rename(new, str(self.path))
        except OSError as error:  # the old one is as good, only longer
            _log.info("%s can't be written anew: %s", self.path, error.strerror)
            if descriptor >= 0:
                self._disk.close(descriptor)
            return
        old, self._descriptor = self._descriptor, descriptor
        self._disk.close(old)
        self._load()

    def _live(self) -> Iterator[bytes]:
        yield line_of(HEADER)
        with open(self._descriptor, "rb", closefd=False) as file:
            file.seek(0)
            offset = 0
            for line in _lines(file):
                if offset >= self._end:
                    break
                key = done_key(line)
                if key is not None and self._done.get(key) == offset:
                    yield line
                offset += len(line)
        for number, (name, state) in enumerate(self.parts.items(), 1):
            yield line_of(["part", number, name, state.size, state.validator, dict(state.checksums)])
            for index, crc in enumerate(state.cells):
                if crc != MISSING:
                    yield line_of(["cell", number, index, crc])


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; what is too long for one comes in pieces without an end."""
    return iter(partial(file.readline, LONGEST_LINE), b"")


def _count_done(file: BinaryIO) -> int:
    """How many done-records a journal has, at most; reads it to its end."""
    count = 0
    file.seek(0)
    while block := file.read(1024 * 1024):
        count += block.count(b' ["done",')
        if block[-1:] != b"\n":
            count += 1  # one may lie across the end of the block
    return count


def _read_at(descriptor: int, length: int, offset: int) -> bytes:
    """Reads without moving the position at which others read or append."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, offset)
    place = os.lseek(descriptor, 0, os.SEEK_CUR)  # Windows
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)
    finally:
        os.lseek(descriptor, place, os.SEEK_SET)


def _open_locked(path: Path, wait: Callable[[], bool], disk: Disk) -> int:
    while True:
        descriptor = disk.open_log(str(path))
        try:
            if locked(descriptor, wait):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
            else:
                process = holder(descriptor)
                remedy = f"Wait until process {process} has ended, or choose another folder." if process else None
                folder = path.parent.parent if path.parent.name == WORK_FOLDER else path.parent
                raise FolderBusy(str(folder), remedy=remedy)
        except FileNotFoundError:
            pass  # whoever held it removed it: make a new one
        except BaseException:
            disk.close(descriptor)
            raise
        disk.close(descriptor)
