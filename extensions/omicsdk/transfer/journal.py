"""The journal of a transfer: which files are done, and how far the others are. Append-only, one CRC per line, one
writer at a time.

A line that a crash or a full disk cut off at the end is removed before the first append. Cells, whole or begun, are
hints, written without syncing: a resumed run checks them. Only a done-record, synced after its file, is a promise. No
URL is ever written.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import lru_cache, partial
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from omicsdk.core.checksums import crc32c_extend, text_digest
from omicsdk.core.clock import never
from omicsdk.core.errors import ConfigError, FolderBusy, NotWritable
from omicsdk.core.files import LOCKED_ERRNOS, REMOVED_ERRNOS, lock_now, state_folder
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.logs import logger
from omicsdk.transfer.disk import Disk, read_at, write_errors
from omicsdk.transfer.names import WORK_FOLDER
from omicsdk.transfer.network.plan import CELL, cell_count

if TYPE_CHECKING:
    from pathlib import Path

_log = logger("omicsdk.transfer")

#: The first record of a journal, with the format's version; a journal of another version is restarted.
HEADER: list[object] = ["omics-transfer", 1, CELL]
#: Maximum bytes of a line: enough for a path of 4,096 characters that are all escaped.
LONGEST_LINE = 64 * 1024

_PREFIX = 9  # hex digits and a space
_DONE = b'["done",'
_NAME = _PREFIX + len(_DONE)
_OURS = b'["omics-transfer",'
_decode = json.JSONDecoder().raw_decode


class DoneState(NamedTuple):
    """A file that was verified and synced.

    Attributes:
        size: Its size in bytes.
        mtime_ns: Its modification time then, in nanoseconds.
        checksums: The verified checksums.
        source: The `source_digest` of its item; "" if that has none.
    """

    size: int
    mtime_ns: int
    checksums: Mapping[str, str]
    source: str = ""


# Its key among the checksums of a done-record, where older versions do not stumble over it.
_SOURCE = "source"


# `json.dumps` makes an encoder for each call that names separators.
_encode = json.JSONEncoder(separators=(",", ":")).encode


def line_of(record: list[object]) -> bytes:
    """Format a record as a line."""
    return _line(_encode(record).encode())


def done_line(name: str, state: DoneState) -> bytes:
    """Format the record of a file that is done."""
    checksums = {**state.checksums, _SOURCE: state.source} if state.source else state.checksums
    sums = ",".join(f"{_quoted(key)}:{_quoted(value)}" for key, value in checksums.items())
    return _line(f'["done",{_quoted(name)},{state.size:d},{state.mtime_ns:d},{{{sums}}}]'.encode())


# Formatted here: there is one for each MiB, and making an encoder takes longer than the rest of it.


def _cell_line(key: int, index: int, crc: int) -> bytes:
    return _line(b'["cell",%d,%d,%d]' % (key, index, crc))


def _begun_line(key: int, position: int, crc: int) -> bytes:
    return _line(b'["begun",%d,%d,%d]' % (key, position, crc))


def key_of(name: str) -> bytes:
    """Return a name as a done-record contains it."""
    return _quoted(name).encode()


def is_sound(line: bytes) -> bool:
    """Return whether a line is complete and its CRC right."""
    try:
        return line[-1:] == b"\n" and int(line[:8], 16) == crc32c_extend()(0, line[_PREFIX:-1])
    except ValueError:
        return False


def done_key(line: bytes) -> bytes | None:
    """Return the key of a done-record, None for another record.

    Args:
        line: A sound line.
    """
    if line[_PREFIX:_NAME] != _DONE:
        return None
    end = line.find(b'",', _NAME)
    # Only a name that was escaped has to be decoded: most keys are compared as the line has them.
    if line[end - 1] == 0x5C:  # a quotation mark within the name, or a backslash at its end
        return key_of(_decode(line[_NAME:].decode())[0])
    return line[_NAME : end + 1]


def _done_state(size: int, mtime_ns: int, checksums: dict[str, str]) -> DoneState:
    source = checksums.pop(_SOURCE, "")
    return DoneState(size, mtime_ns, checksums, source)


def record_of(line: bytes) -> list[Any]:
    """Parse a sound line; an empty list if it is not a record."""
    try:
        record: object = json.loads(line[_PREFIX:])
    except ValueError:
        return []
    return cast("list[Any]", record) if isinstance(record, list) else []


def may_be_ours(start: bytes) -> bool:
    """Return whether a file may be a journal, or the beginning of one that a crash left.

    Args:
        start: The file's first 27 bytes or more; fewer if the file is shorter.
    """
    if not start.strip(b"\0"):
        return True
    digits, rest = start[:8], start[8 : _PREFIX + len(_OURS)]
    return all(digit in b"0123456789abcdef" for digit in digits) and (b" " + _OURS).startswith(rest)


def _line(body: bytes) -> bytes:
    return b"%08x %b\n" % (crc32c_extend()(0, body), body)


def try_lock(descriptor: int) -> bool:
    """Take the lock if it is free.

    Args:
        descriptor: An open file.

    Returns:
        Whether this process has it now; also True on file systems without locks.

    Raises:
        OSError: The system refused for another reason.
    """
    try:
        lock_now(descriptor)
    except OSError as error:
        if error.errno in LOCKED_ERRNOS:
            return False
        if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            _warn_once("this file system has no locks: simultaneous transfers into one folder cannot be detected")
            return True
        raise
    return True


def holder(descriptor: int) -> int | None:
    """Return the process that has the lock.

    Args:
        descriptor: An open file.

    Returns:
        Its id, None if unknown: only Linux reports it, for processes of this machine.
    """
    try:
        status = os.fstat(descriptor)
        identity = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        with open("/proc/locks", encoding="ascii") as file:
            locks = [fields for line in file if (fields := line.split())[1:2] == ["FLOCK"] and identity in fields]
        return next((int(fields[4]) for fields in locks if int(fields[4]) > 0), None)
    except (OSError, ValueError, IndexError, AttributeError):
        return None


#: Seconds after which an unused journal is removed.
OLD = 30 * 86400.0
# Bytes that the disk must have free, or nothing is recorded.
_SPACE = 64 * 1024


def journal_for(kind: str, *facts: str) -> Path | None:
    """Return the path of a transfer's journal: the same one for the same transfer.

    Args:
        kind: The kind of transfer, as the name of a folder below the user's state folder, such as "gen3/uploads".
        *facts: What distinguishes the transfer from all others.

    Returns:
        The path; None, with a warning, if the folder cannot be written, or is full and has no such journal.
    """
    digest = text_digest("\0".join(facts), 12)
    try:
        folder = state_folder() / kind
    except ConfigError as error:
        _log.warning("unfinished transfers are not recorded: %s", error)
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in folder.glob("*.journal*"):
            with suppress(FileNotFoundError):  # another process removes old journals, too
                if time.time() - old.stat().st_mtime > OLD:
                    old.unlink()
        if not os.access(folder, os.W_OK):
            raise PermissionError(0, "this account cannot write there")
        path = folder / f"{digest}.journal"
        if not path.exists():  # a full disk, or a quota that is used up, still takes names, and no bytes
            probe = folder / f"{path.name}.probe"
            try:
                probe.write_bytes(bytes(_SPACE))
            finally:
                probe.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        problem = "%s cannot be written (%s): unfinished transfers are not recorded there. Set OMICS_STATE_DIR to another folder"
        _warn_once(problem, str(folder), str(reason))
        return None
    return path


@lru_cache(maxsize=64)
def _warn_once(problem: str, *args: str) -> None:
    """Log a warning, once in a process: a copy has several journals."""
    _log.warning(problem, *args)


# Bytes read at once to look up a line, and to look up lines in their order.
_LINE = 1024
_BLOCK = 16 * 1024


class JournalFile:
    """An open file, locked unless it is only read. All methods raise OSError as the system does.

    Args:
        path: The file; its folder is created.
        wait: Called while another process has it locked; returns False to stop waiting.
        disk: Makes the changes.
        read_only: Whether nothing is created and locked.

    Attributes:
        end: The offset of the next line in bytes; set by the reader of the file.

    Raises:
        FolderBusy: Another process has it locked and `wait` gave up.
    """

    def __init__(self, path: str | os.PathLike[str], wait: Callable[[], bool], disk: Disk, *, read_only: bool) -> None:
        path = os.fspath(path)
        self._path = path
        self._disk = disk
        if read_only:
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        else:
            disk.make_folders(os.path.dirname(os.path.abspath(path)))
            self._descriptor = _open_locked(path, wait, disk)
        self.end = 0
        self._torn = False  # whether bytes after the end have to be removed before the next append
        self._named = False  # whether its name is durable
        self._lost: OSError | None = None  # the error after which appended lines are no longer durable
        self._block, self._block_start = b"", 0

    def append(self, lines: Sequence[bytes]) -> None:
        """Append lines, all of them or none."""
        data = b"".join(lines)
        if self._torn:
            self._disk.truncate(self._descriptor, self.end)
        self._torn = True  # half a line would hide all that follow it
        try:
            self._disk.append(self._descriptor, data)
        except OSError:
            self._disk.truncate(self._descriptor, self.end)
            self._torn = False
            raise
        self._torn = False
        self.end += len(data)

    def append_durably(self, lines: Sequence[bytes], guard: AbstractContextManager[Any] | None = None) -> None:
        """Append lines and return once they and all before them are durable, and so is the file's name.

        Args:
            lines: The lines.
            guard: Entered while they are appended, but not while they become durable, when other threads append.
        """
        if self._lost is not None:
            raise self._lost
        with guard or nullcontext():
            self.append(lines)
        try:
            self.sync()
            if not self._named:
                self._disk.sync_folders([os.path.dirname(os.path.abspath(self._path))])
                self._named = True
        except OSError as error:  # lines may be missing on the disk now: what follows them would never be read
            self._lost = error
            raise

    def sound_lines(self, head: bytes) -> Iterator[bytes]:
        """Iterate over the sound lines after a head; `end` is the offset of each, and finally their end.

        Args:
            head: The first line; without it the file has no sound lines.
        """
        self.end = 0
        with self.reader() as file:
            # Compared as bytes: the records of another version, or of cells of another size, mean something else.
            if file.read(len(head)) == head:
                self.end = len(head)
                for line in lines_of(file):
                    if not is_sound(line):
                        return
                    yield line
                    self.end += len(line)

    def replay(self, head: bytes, take: Callable[[list[Any], int], None]) -> None:
        """Iterate over the sound records after a head, and truncate the file after them.

        Args:
            head: The first line; without it the file is restarted.
            take: Called with each record and the offset of its line.
        """
        for line in self.sound_lines(head):
            take(record_of(line), self.end)
        self.start(head)

    def start(self, head: bytes) -> None:
        """Prepare a file that was read for appending: truncate it after its sound lines, and write the head if
        missing.
        """
        if os.fstat(self._descriptor).st_size != self.end:
            self._disk.truncate(self._descriptor, self.end)
        if self.end == 0:
            self.append([head])

    def sync(self) -> None:
        """Return once the lines are durable; the file's name may not be."""
        self._disk.sync(self._descriptor)

    def reader(self) -> BinaryIO:
        """Open the file for reading; closing the result leaves this open."""
        file = open(self._descriptor, "rb", closefd=False)  # noqa: SIM115 - the caller closes it
        file.seek(0)
        return file

    def line_at(self, offset: int) -> tuple[bytes, int, int]:
        """Read a line.

        Args:
            offset: Where it begins.

        Returns:
            Some bytes of the file, and the line's beginning and end in them.
        """
        start = offset - self._block_start
        end = self._block.find(b"\n", start) if start >= 0 else -1
        if end < 0:
            # lookups follow the order of the lines: the next ones will be needed, too
            ahead = 0 <= start <= len(self._block)
            for length in (_BLOCK if ahead else _LINE, LONGEST_LINE):
                self._block, self._block_start, start = read_at(self._descriptor, length, offset), offset, 0
                end = self._block.find(b"\n")
                if end >= 0:
                    break
        return self._block, start, end + 1

    def replace(self, lines: Iterable[bytes]) -> bool:
        """Replace the file by a new one with other lines, locked before it is visible.

        Args:
            lines: The new content.

        Returns:
            Whether it was replaced; False if another process is doing so.
        """
        new = self._path + ".new"
        descriptor = self._disk.open_log(new)
        try:
            if not try_lock(descriptor):
                self._disk.close(descriptor)
                return False
            self._disk.truncate(descriptor, 0)
            block = bytearray()
            for line in lines:
                block += line
                if len(block) >= _BLOCK:
                    self._disk.append(descriptor, bytes(block))
                    block.clear()
            self._disk.append(descriptor, bytes(block))
            # Before the rename: after a power cut the name must not be that of a file without its lines.
            self._disk.sync(descriptor)
            self._disk.rename(new, self._path)
        except BaseException:
            self._disk.close(descriptor)
            with suppress(OSError):
                self._disk.unlink(new)
            raise
        # The old lock is released last: who waits for it finds by `samestat` that the name is another file's, and opens
        # that.
        old, self._descriptor = self._descriptor, descriptor
        self._disk.close(old)
        self._block, self._block_start = b"", 0
        # The new name is durable with the folder only, which the next `append_durably` syncs.
        self._named = False
        return True

    def remove(self) -> None:
        """Remove the file while it is locked, so that a waiting process creates a new one, and close it."""
        try:
            with suppress(FileNotFoundError):
                os.unlink(self._path)
            self.close()
        except PermissionError:  # Windows cannot remove an open file
            self.close()
            with suppress(OSError):
                os.unlink(self._path)

    def close(self) -> None:
        """Close the file and release the lock. Closing twice does nothing."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            self._disk.close(descriptor)


def remove_journal(path: Path | None, *others: Path | None) -> bool:
    """Remove the journal of a transfer that is over, unless another process has resumed it since.

    Args:
        path: The journal; nothing is removed if it is None.
        *others: Files of the same transfer, removed while the journal is locked.

    Returns:
        Whether no journal is left. One that is in use or cannot be removed is removed when it is old.
    """
    if path is None:
        return True
    try:
        file = JournalFile(path, never, Disk(0o600), read_only=False)
    except (FolderBusy, OSError) as error:
        _log.debug("%s is not removed: %s", path, error)
        return False
    with suppress(OSError):
        for other in filter(None, others):
            other.unlink(missing_ok=True)
    with suppress(OSError):
        file.remove()
    return not path.exists()


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Iterate over the lines of a file; one that exceeds the limit comes in pieces without an end."""
    return iter(partial(file.readline, LONGEST_LINE), b"")


def _open_locked(path: str, wait: Callable[[], bool], disk: Disk) -> int:
    while True:
        descriptor = disk.open_log(path)
        try:
            while not try_lock(descriptor):
                if not wait():
                    process = holder(descriptor)
                    remedy = f"Wait until process {process} has ended, or choose another folder." if process else None
                    folder = os.path.dirname(path)
                    if os.path.basename(folder) == WORK_FOLDER:
                        folder = os.path.dirname(folder)
                    raise FolderBusy(folder, remedy=remedy)
            # While this process waited for the lock, its owner may have removed the file or replaced it by another one.
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except BaseException as error:
            disk.close(descriptor)
            # The previous owner removed it: create a new one.
            if not (isinstance(error, OSError) and error.errno in REMOVED_ERRNOS):
                raise
        else:
            disk.close(descriptor)


class DoneIndex:
    """A map from keys to offsets of lines, with 10 bytes of memory per key.

    Keys are compared by their hash, which differs between processes, so that no client can choose colliding names.
    Among a million keys, two collide in one of a thousand processes: readers of a line compare its key.

    Args:
        count: Maximum number of keys, 0 or more; memory for them is allocated at once.
        length: The journal's length in bytes; all offsets are smaller.
    """

    def __init__(self, count: int, length: int) -> None:
        # A fifth of the slots stays free: a search ends at the first free one.
        slots = count + count // 4 + 8
        self._marks = array("I", [0]) * slots  # bits of the key's hash, 0 for a free slot
        self._offsets = array("I" if length <= 0xFFFFFFFF else "Q", [0]) * slots  # 0, the place of the header, for none

    def __len__(self) -> int:
        return sum(map(bool, self._offsets))

    def put(self, key: bytes, offset: int) -> None:
        """Set the offset of a key, more than 0, replacing an earlier one."""
        slot, mark = self._slot(key)
        self._marks[slot], self._offsets[slot] = mark, offset

    def get(self, key: bytes) -> int | None:
        """Return the offset of a key's line, None if it has none."""
        return self._offsets[self._slot(key)[0]] or None

    def remove(self, key: bytes) -> None:
        """Forget a key, if it exists."""
        # The mark stays: keys that had to take a later slot because of it are found only past it.
        self._offsets[self._slot(key)[0]] = 0

    def _slot(self, key: bytes) -> tuple[int, int]:
        """Return a key's slot, or a free one for it, and its mark."""
        marks, value = self._marks, hash(key)
        # The lowest bit is set, since 0 is the mark of a free slot.
        mark = value >> 32 & 0xFFFFFFFF | 1
        slot = value % len(marks)
        while (slot_mark := marks[slot]) and slot_mark != mark:
            slot = (slot + 1) % len(marks)
        return slot, mark


#: Value of a missing cell.
MISSING = -1
# A journal is rewritten if it has more lines than this, and twice as many as still apply.
_COMPACT_FROM = 1000
# Seconds that closing waits for a thread that records something.
_MOMENT = 0.1


class PartState:
    """The progress of an unfinished file.

    Attributes:
        size: The file's size.
        validator: The source's ETag or date, "" if it sent none.
        checksums: The checksums that the platform states.
        cells: The CRC32C of each cell, MISSING if it is not present.
        beginnings: For cells of which the first bytes are present, by number: where in the file they end, and their CRC32C.
    """

    def __init__(self, size: int, validator: str, checksums: Mapping[str, str], cells: array[int]) -> None:
        self.size, self.validator, self.checksums, self.cells = size, validator, checksums, cells
        self.beginnings: dict[int, tuple[int, int]] = {}


class Journal:
    """An open, locked journal. Appending is safe from several threads; `done_state` must be called from a single one.

    Args:
        path: The journal's file; its folder is created.
        wait: Called while another process has the journal locked; returns False to stop waiting.
        disk: Makes the changes; by default a new `Disk`.
        read_only: Whether nothing is created, locked, repaired and written.

    Attributes:
        path: The journal's file.
        parts: The progress of unfinished files, by name.
        fresh: Whether it was empty.

    Raises:
        FolderBusy: Another process has it locked and `wait` gave up.
        NotWritable: The file cannot be opened or written, or is not a journal.
        DiskFull: The disk is full.
    """

    def __init__(
        self, path: str | Path, wait: Callable[[], bool], disk: Disk | None = None, *, read_only: bool = False
    ) -> None:
        self.path = path
        self.parts = dict[str, PartState]()
        self._keys = dict[str, int]()
        self._next_key = 0
        self._closing = False
        self._guard = threading.Lock()  # of appending, which never waits for a sync
        self._syncing = threading.Lock()
        with write_errors(str(path)):
            self._file = JournalFile(path, wait, disk or Disk(), read_only=read_only)
            try:
                self._load()
                self.fresh = self._file.end == 0
                if not read_only:
                    self._mend()
            except BaseException:  # Ctrl-C too: a later try in this process must find it unlocked
                self._file.close()
                raise

    def done_state(self, name: str) -> DoneState | None:
        """Return the record of a finished file from when the journal was opened; later records are not considered.

        Args:
            name: Its path within the target folder.
        """
        key = key_of(name)
        offset = self._done_index.get(key)
        if offset is None:
            return None
        block, start, end = self._file.line_at(offset)
        line = block[start:end]
        # The index compares hashes alone: the line may be that of another name.
        if not (line.startswith(_DONE, _PREFIX) and line.startswith(key, _NAME)):
            return None
        size, mtime_ns, checksums = line[_NAME + len(key) + 1 : -2].decode().split(",", 2)
        return _done_state(int(size), int(mtime_ns), _decode(checksums)[0])

    def finished(self) -> Iterator[tuple[str, DoneState]]:
        """Iterate over the finished files from when the journal was opened, in the order in which they ended."""
        for line in self._done_lines():
            _, name, size, mtime_ns, checksums = record_of(line)
            yield name, _done_state(size, mtime_ns, checksums)

    def forget(self, name: str) -> None:
        """Invalidate a done-record durably: its file is about to be written to.

        Args:
            name: The file.

        Raises:
            DiskFull: The disk is full.
            NotWritable: The journal cannot be written.
        """
        key = key_of(name)
        if self._done_index.get(key) is None:
            return
        with self._syncing, write_errors(str(self.path), name):
            self._file.append_durably([line_of(["undone", name])], self._guard)
            self._done_index.remove(key)

    def begin(self, name: str, size: int, validator: str, checksums: Mapping[str, str]) -> PartState:
        """Record that a file is started from nothing, discarding earlier records of it.

        Args:
            name: Its path within the target folder.
            size: Its size.
            validator: The source's ETag or date, may be empty.
            checksums: The checksums that the platform states.

        Returns:
            Its state, without cells.
        """
        with self._guard:
            state = PartState(size, validator, dict(checksums), array("q", [MISSING]) * cell_count(size))
            self.parts[name] = state
            self._next_key += 1
            self._keys[name] = self._next_key
            self._hint(line_of(["part", self._next_key, name, size, validator, state.checksums]))
            return state

    def cell(self, name: str, index: int, crc: int) -> None:
        """Record that a cell of a started file was written.

        Args:
            name: The file.
            index: The cell's number.
            crc: Its CRC32C.
        """
        with self._guard:
            self.parts[name].cells[index] = crc
            self._hint(_cell_line(self._keys[name], index, crc))

    def cell_aside(self, name: str, index: int, crc: int) -> None:
        """Append the record alone of a cell; nothing if the file is not started any more.

        Args:
            name: The file.
            index: The cell's number.
            crc: Its CRC32C.
        """
        with self._guard:
            key = self._keys.get(name)
            if key is not None:
                self._hint(_cell_line(key, index, crc))

    def cell_begun(self, name: str, position: int, crc: int) -> None:
        """Record how far a cell of a started file was written; nothing if the file is not started any more.

        Args:
            name: The file.
            position: The offset in the file up to which it is written, within the cell.
            crc: The CRC32C of the cell up to there.
        """
        with self._guard:
            key = self._keys.get(name)
            if key is not None:
                self._hint(_begun_line(key, position, crc))

    def drop(self, name: str) -> None:
        """Record that an unfinished file was abandoned."""
        with self._guard:
            if self.parts.pop(name, None) is not None:
                self._hint(line_of(["drop", self._keys.pop(name)]))

    def finish(self, files: Sequence[tuple[str, DoneState]]) -> None:
        """Record files as done and sync the journal. The files themselves have to be synced before.

        Args:
            files: Names and records.

        Raises:
            OSError: The journal could not be written; these files are not recorded.
        """
        lines = [done_line(name, state) for name, state in files]
        with self._syncing:
            # Before the lines are appended: hints of threads that are late are ignored from now on, see `cell_aside`.
            if self.parts:
                with self._guard:
                    for name, _ in files:
                        self.parts.pop(name, None)
                        self._keys.pop(name, None)
            try:
                self._file.append_durably(lines, self._guard)
            finally:
                # `close` did not wait for this sync.
                if self._closing:
                    self._file.close()

    def close(self) -> None:
        """Close the file and release the lock. Closing twice does nothing.

        A slow sync is not waited for: the thread that runs it closes the file afterwards.
        """
        self._closing = True
        if self._syncing.acquire(timeout=_MOMENT):
            try:
                self._file.close()
            finally:
                self._syncing.release()

    # -- appending

    def _hint(self, line: bytes) -> None:
        try:
            # Not synced: the append costs next to nothing, its sync a quarter of a millisecond.
            self._file.append([line])
        except OSError as error:  # a full disk costs the next run some bytes, but not this one
            _log.debug("%s: %s", self.path, error.strerror)

    # -- opening

    def _mend(self) -> None:
        """Prepare a journal that was read for appending; rewrite it if many of its lines no longer apply."""
        # Only where an open file can be replaced.
        if self._file.end and os.name == "posix" and self._lines > _COMPACT_FROM + 2 * self._live_lines():
            try:
                replaced = self._file.replace(self._live())
            except OSError as error:  # the old one is as good, only longer
                _log.info("%s cannot be rewritten: %s", self.path, error.strerror)
            else:
                if replaced:
                    self._load()
        self._file.start(line_of(HEADER))

    def _load(self) -> None:
        """Read the journal's sound lines."""
        self.parts.clear()
        self._keys.clear()
        # The header is a line.
        self._lines, self._next_key = 1, 0
        self._done_index = DoneIndex(0, 0)  # an old index is freed before there is a new one
        names = dict[int, str]()
        with self._file.reader() as file:
            self._done_index = DoneIndex(count_done(file), file.tell())
            file.seek(0)
            begins = file.read(64)
        put, parts = self._done_index.put, self.parts
        for line in self._file.sound_lines(line_of(HEADER)):
            key = done_key(line)
            if key is None:
                self._replay(record_of(line), names)
            else:
                # The last record of a name applies.
                put(key, self._file.end)
                if parts:
                    self._over(record_of(line)[1], names)
            self._lines += 1
        if self._file.end == 0 and not may_be_ours(begins):
            remedy = "Name another file as the journal."
            raise NotWritable(str(self.path), "it is not a journal of a transfer", remedy=remedy)

    def _replay(self, record: list[Any], names: dict[int, str]) -> None:
        match record:
            case ["cell", int(key), int(index), int(crc)]:
                # without the part's first record, for which there was no space, a cell has no meaning
                state = self.parts.get(names.get(key, ""))
                if state is not None and 0 <= index < len(state.cells):
                    state.cells[index] = crc
                    # One that remains is newer than the cell's CRC: the cell was found damaged, and downloaded again so far.
                    state.beginnings.pop(index, None)
            case ["begun", int(key), int(position), int(crc)]:
                state = self.parts.get(names.get(key, ""))
                if state is not None and 0 < position < state.size:
                    state.beginnings[position // CELL] = position, crc
            case ["part", int(key), str(name), int(size), str(validator), {**checksums}]:
                self._over(name, names)
                names[key], self._keys[name] = name, key
                # Parts that this run resumes keep their keys, from which those of new parts must differ.
                self._next_key = max(self._next_key, key)
                self.parts[name] = PartState(size, validator, checksums, array("q", [MISSING]) * cell_count(size))
            case ["drop", int(key)]:
                self._over(names.get(key, ""), names)
            case ["undone", str(name)]:
                self._done_index.remove(key_of(name))
            case _:  # a record of a later version of this format is ignored
                pass

    def _over(self, name: str, names: dict[int, str]) -> None:
        if self.parts.pop(name, None) is not None:
            del names[self._keys.pop(name)]

    def _live_lines(self) -> int:
        parts = self.parts.values()
        cells = sum(sum(crc != MISSING for crc in state.cells) + len(state.beginnings) for state in parts)
        return 1 + len(self._done_index) + len(self.parts) + cells

    def _done_lines(self) -> Iterator[bytes]:
        with self._file.reader() as file:
            offset = 0
            for line in lines_of(file):
                if offset >= self._file.end:
                    break
                key = done_key(line)
                # The index has the last line of each name: earlier ones, and names that were undone since, have another offset or none.
                if key is not None and self._done_index.get(key) == offset:
                    yield line
                offset += len(line)

    def _live(self) -> Iterator[bytes]:
        yield line_of(HEADER)
        yield from self._done_lines()
        for number, (name, state) in enumerate(self.parts.items(), 1):
            yield line_of(["part", number, name, state.size, state.validator, dict(state.checksums)])
            for index, crc in enumerate(state.cells):
                if crc != MISSING:
                    yield _cell_line(number, index, crc)
            for position, crc in state.beginnings.values():
                yield _begun_line(number, position, crc)


def count_done(file: BinaryIO) -> int:
    """Count the done-records of a journal (an upper bound) by reading it to its end."""
    count = 0
    file.seek(0)
    while block := file.read(1024 * 1024):
        count += block.count(b' ["done",')
        if block[-1:] != b"\n":
            count += 1  # one may cross the end of the block
    return count
