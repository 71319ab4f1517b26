"""Puts verified files under their final names and makes them durable, many at once, in a thread of its own."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from logging import getLogger
from queue import Empty, SimpleQueue

from omicsdk.core.errors import TransferError
from omicsdk.transfer.background import Inbox
from omicsdk.transfer.journal import DoneState, Journal
from omicsdk.transfer.writing import write_error

#: At most so many files are synced together ...
BATCH = 256
#: ... and none waits longer than this, in seconds.
PATIENCE = 1.0
# Up to so many files are synced one by one: syncing the file system would wait for other processes' data too.
_FEW = 4
# Bytes that wait to be written, beyond our own, up to which syncing the file system is cheaper than syncing each file.
_FOREIGN = 64 * 1024 * 1024
# Seconds that syncing the file system may take before files are synced one by one.
_SLOW = 0.25

# So many files are handed over together, or those of so many seconds.
_PUSH = 64
_PUSH_AFTER = 0.05
# What file systems say that can't sync this; there is nothing better to be had from them.
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})
_FLUSH, _END = "flush", "end"

_log = getLogger("omicsdk.transfer")


@dataclass(frozen=True, slots=True)
class Landing:
    """A verified file on its way to its final name.

    Attributes:
        name: Its path within the target folder.
        part: Where it is; None when it already has its final name.
        final: Its final path.
        size: Its size.
        checksums: What was verified.
        landed: Is called in the engine's thread, with None when the file is durable and recorded, else the error.
    """

    name: str
    part: str | None
    final: str
    size: int
    checksums: Mapping[str, str]
    landed: Callable[[TransferError | None], None]


class Committer:
    """The thread that renames, syncs and records.

    Args:
        journal: Where done-records go.
        folder: The target folder.
        inbox: Where results go.
    """

    def __init__(self, journal: Journal, folder: str, inbox: Inbox) -> None:
        self._journal = journal
        self._folder = folder
        self._inbox = inbox
        self._waiting: list[Landing] = []
        self._since = 0.0
        self._queue = SimpleQueue[list[Landing] | str]()
        self._thread: threading.Thread | None = None
        self._syncs_whole = sys.platform == "linux"

    def land(self, landing: Landing) -> None:
        """Takes a file in; from the engine's thread. It is handed to the committer's with the next `push`."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(landing)

    def push(self, *, now: bool) -> None:
        """Hands what was taken in to the thread, many at once: waking it for each would cost more than its work.

        Args:
            now: Whether not to wait for more, and to sync at once.
        """
        due = len(self._waiting) >= _PUSH or time.monotonic() - self._since >= _PUSH_AFTER
        if self._waiting and (now or due):
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="omicsdk-commit", daemon=True)
                self._thread.start()
            self._queue.put(self._waiting)
            self._waiting = []
        if now and self._thread is not None:
            self._queue.put(_FLUSH)

    def close(self) -> None:
        """Syncs what was taken in and ends the thread."""
        self.push(now=True)
        if self._thread is not None:
            self._queue.put(_END)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        batch: list[tuple[Landing, DoneState]] = []
        due = 0.0
        message: list[Landing] | str = _FLUSH
        while message is not _END:
            try:
                message = self._queue.get(timeout=max(0.0, due - time.monotonic()) if batch else None)
            except Empty:
                message = _FLUSH
            if isinstance(message, list):
                due = due if batch else time.monotonic() + PATIENCE
                renamed = ((landing, self._rename(landing)) for landing in message)
                batch += [(landing, state) for landing, state in renamed if state is not None]
                if len(batch) < BATCH and time.monotonic() < due:
                    continue
            if batch:
                self._sync(batch)
                batch = []

    def _rename(self, landing: Landing) -> DoneState | None:
        try:
            if landing.part is not None:
                os.replace(landing.part, landing.final)
            found = os.stat(landing.final)
        except OSError as error:
            problem = write_error(error, landing.final, landing.name)
            self._inbox.put(lambda: landing.landed(problem))
            return None
        return DoneState(landing.size, found.st_mtime_ns, landing.checksums)

    def _sync(self, batch: list[tuple[Landing, DoneState]]) -> None:
        problem: OSError | None = None
        try:
            self._sync_files([landing.final for landing, _ in batch], sum(landing.size for landing, _ in batch))
        except OSError as error:
            problem = error
        else:
            try:
                self._journal.finish([(landing.name, state) for landing, state in batch])
            except OSError as error:  # the files are right and durable; the next run just has to check them again
                _log.warning("%s: %s; the next run checks these files again", self._journal.path, error.strerror)

        def landed() -> None:
            for landing, _ in batch:
                landing.landed(None if problem is None else write_error(problem, landing.final, landing.name))

        self._inbox.put(landed)

    def _sync_files(self, paths: list[str], size: int) -> None:
        if self._syncs_whole and len(paths) > _FEW and _dirty() <= size + _FOREIGN:
            began = time.monotonic()
            if _sync_file_system(self._folder):
                self._syncs_whole = time.monotonic() - began < _SLOW
                return
            self._syncs_whole = False
        for path in paths:
            _sync_one(path)
        for parent in {os.path.dirname(path) for path in paths}:
            _sync_folder(parent)


def _dirty() -> int:
    """Bytes that wait to be written on the whole machine; 0 where the system doesn't tell."""
    try:
        with open("/proc/meminfo", "rb") as file:
            told = dict(line.split(b":", 1) for line in file)
    except OSError:
        return 0
    return 1024 * sum(int(told.get(name, b"0").split()[0]) for name in (b"Dirty", b"Writeback"))


def _sync_file_system(folder: str) -> bool:
    syncfs = _libc_syncfs()
    if syncfs is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return syncfs(descriptor) == 0
    finally:
        os.close(descriptor)


@cache
def _libc_syncfs() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError):
        return None


def _sync_one(path: str) -> None:
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        _synced(getattr(os, "fdatasync", os.fsync), descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: str) -> None:
    if os.name == "nt":
        return  # Windows has no such call
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder that may be written but not read can't be synced
        return
    try:
        _synced(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _synced(sync: Callable[[int], None], descriptor: int) -> None:
    try:
        sync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
