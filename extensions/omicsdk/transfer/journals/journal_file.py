"""The file under a journal: locked, appended to in whole lines, read line by line, replaced whole. Knows no records."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from omicsdk.core.errors import FolderBusy
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.journals.journal_lines import LONGEST_LINE, is_sound, record_of
from omicsdk.transfer.journals.locking import holder, locked, try_lock
from omicsdk.transfer.names import WORK_FOLDER

# Bytes that are read at once for a line that is looked up, and where lines are looked up in their order.
_LINE = 1024
_BLOCK = 16 * 1024


class JournalFile:
    """An open file, locked unless it is only looked at. All methods raise OSError as the system does.

    Args:
        path: The file; its folder is made.
        wait: Is called while another process holds it; returns False to give up.
        disk: Where changes go.
        look: Only look: nothing is made or locked.

    Attributes:
        end: Where the next line will be, in bytes from the file's beginning; whoever reads the file sets it.

    Raises:
        FolderBusy: Another process holds it and `wait` gave up.
    """

    def __init__(self, path: Path, wait: Callable[[], bool], disk: Disk, *, look: bool) -> None:
        self._path = path
        self._disk = disk
        if look:
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        else:
            disk.make_folders(os.path.abspath(path.parent))
            self._descriptor = _open_locked(path, wait, disk)
        self.end = 0
        self._torn = False  # what stands behind the end has to be cut off before the next append
        self._named = False  # whether its name is durable
        self._lost: OSError | None = None  # why nothing that is appended can be promised any longer
        self._block, self._block_start = b"", 0

    def append(self, lines: Sequence[bytes]) -> None:
        """Writes lines, all of them or none."""
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

    def append_for_good(self, lines: Sequence[bytes]) -> None:
        """Writes lines and returns when they and all before them are durable, and so is the file's name."""
        if self._lost is not None:
            raise self._lost
        self.append(lines)
        try:
            self.sync()
            if not self._named:
                self._disk.sync_folders([os.path.dirname(os.path.abspath(self._path))])
                self._named = True
        except OSError as error:  # lines may be missing on the disk now: what stands behind them would never be read
            self._lost = error
            raise

    def replay(self, head: bytes, take: Callable[[list[Any], int], None]) -> None:
        """Goes through the records behind a head, as far as they are sound; what is torn off behind them is cut away.

        Args:
            head: The first line; without it the file is begun anew.
            take: Is given each record, and where its line begins.
        """
        with self.reader() as file:
            if file.read(len(head)) == head:
                self.end = len(head)
                for line in lines_of(file):
                    if not is_sound(line):
                        break
                    take(record_of(line), self.end)
                    self.end += len(line)
        self.cut_off()
        if self.end == 0:
            self.append([head])

    def sync(self) -> None:
        """Returns when the lines are durable; the file's name may not be."""
        self._disk.sync(self._descriptor)

    def cut_off(self) -> None:
        """Cuts off what stands behind the end."""
        if os.fstat(self._descriptor).st_size != self.end:
            self._disk.truncate(self._descriptor, self.end)

    def reader(self) -> BinaryIO:
        """Gives the file for reading it whole; closing that leaves this open."""
        file = open(self._descriptor, "rb", closefd=False)  # noqa: SIM115 - whoever asks for it closes it
        file.seek(0)
        return file

    def line_at(self, offset: int) -> tuple[bytes, int, int]:
        """Reads a line.

        Args:
            offset: Where it begins.

        Returns:
            Some bytes of the file, and where in them the line begins and ends.
        """
        start = offset - self._block_start
        end = self._block.find(b"\n", start) if start >= 0 else -1
        if end < 0:
            ahead = 0 <= start <= len(self._block)  # in the order of the lines: the next ones will be asked for, too
            for length in (_BLOCK if ahead else _LINE, LONGEST_LINE):
                self._block, self._block_start, start = _read_at(self._descriptor, length, offset), offset, 0
                end = self._block.find(b"\n")
                if end >= 0:
                    break
        return self._block, start, end + 1

    def replace(self, lines: Iterable[bytes]) -> bool:
        """Puts a new file with other lines in this one's place, locked before it is visible.

        Args:
            lines: What to write.

        Returns:
            Whether it was done; False when somebody else is at it.
        """
        new = str(self._path) + ".new"
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
            self._disk.sync(descriptor)
            self._disk.rename(new, str(self._path))
        except BaseException:
            self._disk.close(descriptor)
            with suppress(OSError):
                self._disk.unlink(new)
            raise
        old, self._descriptor = self._descriptor, descriptor
        self._disk.close(old)
        self._block, self._block_start = b"", 0
        self._named = False
        return True

    def remove(self) -> None:
        """Remove the file while it is locked, so that a process that waits for it makes a new one, and close it."""
        try:
            self._path.unlink(missing_ok=True)
            self.close()
        except PermissionError:  # Windows removes no file that is open
            self.close()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file and lets go of the lock. Closing twice does nothing."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            self._disk.close(descriptor)


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; what is too long for one comes in pieces without an end."""
    return iter(partial(file.readline, LONGEST_LINE), b"")


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
