"""The journal of a transfer: what is done, and how far the rest is. Append-only, a CRC a line, one writer at a time.

What is torn off at the end, by a crash or a full disk, is cut away before the first append. Cells are hints, written
without syncing: a resumed run checks them. Only a done-record, synced after its file, promises anything. No URL is ever
written. `file` has the format.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from logging import getLogger
from pathlib import Path
from typing import Any, BinaryIO

from omicsdk.core.errors import NotWritable
from omicsdk.transfer.disk import Disk, write_error
from omicsdk.transfer.journal.file import (
    HEADER,
    DoneState,
    JournalFile,
    done_key,
    done_line,
    done_state,
    is_done_line,
    is_sound,
    key_of,
    line_of,
    lines_of,
    may_be_ours,
    record_of,
)
from omicsdk.transfer.network.plan import cell_count

# Offset of a record that counts no longer; at 0 stands the journal's header.
_GONE = 0


class DoneIndex:
    """From a key to the offset of its line.

    Args:
        count: How many keys there will be at most, 0 or more; room is made for them at once.
        length: The journal's length in bytes; no offset reaches it.
        confirmed: Tells whether the line at an offset is that of a key.
    """

    def __init__(self, count: int, length: int, confirmed: Callable[[int, bytes], bool]) -> None:
        slots = 8
        while slots * 2 < count * 3:
            slots *= 2
        self._mask = slots - 1
        self._marks = bytearray(slots)  # 0 where nothing is, else eight bits of the key's hash
        self._offsets = array("I" if length <= 0xFFFFFFFF else "Q", [0]) * slots
        self._confirmed = confirmed
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, key: bytes, offset: int) -> None:
        """Sets the offset of a key, in the place of an earlier one.

        Args:
            key: The key.
            offset: The offset of its line, more than 0.
        """
        slot, found = self._slot(key)
        if not found:
            self._count += 1
            self._marks[slot] = _mark(hash(key))
        self._offsets[slot] = offset

    def get(self, key: bytes) -> int | None:
        """The offset of a key's line, None when it has none."""
        slot, found = self._slot(key)
        return self._offsets[slot] if found else None

    def remove(self, key: bytes) -> None:
        """Forgets a key, if it is there."""
        slot, found = self._slot(key)
        if found:
            self._count -= 1
            self._offsets[slot] = _GONE

    def _slot(self, key: bytes) -> tuple[int, bool]:
        """Where a key is, or where it may be put."""
        marks, mask = self._marks, self._mask
        value = hash(key)  # of bytes: differs from process to process, and nobody can choose names that meet
        mark = _mark(value)
        slot = value & mask
        while there := marks[slot]:
            if there == mark and (offset := self._offsets[slot]) != _GONE and self._confirmed(offset, key):
                return slot, True
            slot = (slot + 1) & mask
        return slot, False


def _mark(value: int) -> int:
    return (value >> 40 & 0xFF) or 1


#: What stands for a cell that isn't there.
MISSING = -1
# A journal is written anew when it has more lines than this, and twice as many as still count.
_COMPACT_FROM = 1000
# Seconds that closing waits for a thread that records something.
_MOMENT = 0.1

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
        fresh: Whether nothing was in it.

    Raises:
        FolderBusy: Another process holds it and `wait` gave up.
        NotWritable: The file can't be opened or written, or it is something else.
        DiskFull: There is no room.
    """

    def __init__(self, path: Path, wait: Callable[[], bool], disk: Disk | None = None, *, look: bool = False) -> None:
        self.path = path
        self.parts = dict[str, PartState]()
        self._keys = dict[str, int]()
        self._next_key = 0
        self._lines = 0
        self._closing = False
        self._guard = threading.Lock()
        try:
            self._file = JournalFile(path, wait, disk or Disk(), look=look)
        except OSError as error:
            raise write_error(error, str(path)) from error
        try:
            self._load()
            self.fresh = self._file.end == 0
            if not look:
                self._mend()
        except OSError as error:
            self._file.close()
            raise write_error(error, str(path)) from error
        except BaseException:  # Ctrl-C too: whoever tries again in this process must find it unlocked
            self._file.close()
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
        block, start, end = self._file.line_at(offset)
        return done_state(block[start:end], key)

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
                self._file.append_for_good([line_of(["undone", name])])
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
            try:
                self._file.append_for_good(lines)
            finally:
                if self._closing:
                    self._file.close()

    def close(self) -> None:
        """Closes the file and lets go of the lock. Closing twice does nothing.

        A disk that takes long to sync isn't waited for: the thread that is at it closes the file when it has done.
        """
        self._closing = True
        if self._guard.acquire(timeout=_MOMENT):
            try:
                self._file.close()
            finally:
                self._guard.release()

    # -- appending

    def _new_key(self) -> int:
        self._next_key += 1
        return self._next_key

    def _hint(self, record: list[object]) -> None:
        try:
            self._append([line_of(record)])
        except OSError as error:  # a full disk costs the next run some bytes, this one nothing
            _log.debug("%s: %s", self.path, error.strerror)

    def _append(self, lines: Sequence[bytes]) -> None:
        self._file.append(lines)
        self._lines += len(lines)

    # -- opening

    def _mend(self) -> None:
        """Makes a journal that was read ready for more."""
        if self._file.end and os.name == "posix" and self._lines > _COMPACT_FROM + 2 * self._live_lines():
            self._compact()
        self._file.cut_off()
        if self._file.end == 0:
            self._append([line_of(HEADER)])

    def _load(self) -> None:
        """Reads the whole journal, as far as it is sound."""
        self.parts.clear()
        self._keys.clear()
        self._file.end = self._lines = self._next_key = 0
        self._done = DoneIndex(0, 0, self._is_at)  # an old one makes room before there is a new one
        names = dict[int, str]()
        header = line_of(HEADER)
        end = 0
        with self._file.reader() as file:
            self._done = DoneIndex(_count_done(file), file.tell(), self._is_at)
            put, parts = self._done.put, self.parts
            file.seek(0)
            for line in lines_of(file):
                if not is_sound(line) or (end == 0 and line != header):
                    break
                key = done_key(line)
                if key is None:
                    self._replay(record_of(line), names)
                else:
                    put(key, end)
                    if parts:
                        self._over(record_of(line)[1], names)
                end += len(line)
                self._lines += 1
            file.seek(0)
            if end == 0 and not may_be_ours(file.read(64)):
                remedy = "Name another file as the journal."
                raise NotWritable(str(self.path), "it is not a journal of a transfer", remedy=remedy)
        self._file.end = end

    def _replay(self, record: list[Any], names: dict[int, str]) -> None:
        match record:
            case ["cell", int(key), int(index), int(crc)]:
                # without its beginning, which found no room, a cell says nothing
                state = self.parts.get(names.get(key, ""))
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

    def _is_at(self, offset: int, key: bytes) -> bool:
        block, start, _ = self._file.line_at(offset)
        return is_done_line(block, start, key)

    def _compact(self) -> None:
        """Writes what still counts to a new file, when there is much that doesn't."""
        try:
            replaced = self._file.replace(self._live())
        except OSError as error:  # the old one is as good, only longer
            _log.info("%s cannot be rewritten: %s", self.path, error.strerror)
        else:
            if replaced:
                self._load()

    def _live(self) -> Iterator[bytes]:
        yield line_of(HEADER)
        with self._file.reader() as file:
            offset = 0
            for line in lines_of(file):
                if offset >= self._file.end:
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


def _count_done(file: BinaryIO) -> int:
    """How many done-records a journal has, at most; reads it to its end."""
    count = 0
    file.seek(0)
    while block := file.read(1024 * 1024):
        count += block.count(b' ["done",')
        if block[-1:] != b"\n":
            count += 1  # one may lie across the end of the block
    return count
