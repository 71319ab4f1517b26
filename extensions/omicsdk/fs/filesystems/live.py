"""What file systems hold in one process: open stores, and the files that were read of late."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from omicsdk.fs.entry import Entry
from omicsdk.fs.filesystems.telling import key_of
from omicsdk.fs.reading.block_cache import BlockCache, CachedBytes
from omicsdk.fs.reading.file_bytes import FileBytes
from omicsdk.fs.schemes import open_store
from omicsdk.fs.store import Store

#: Files whose URL and ETag are remembered between reads of their parts.
REMEMBERED = 256

_stores: dict[tuple[int, str, frozenset[tuple[str, Any]]], Store] = {}
_lock = threading.Lock()


def shared_store(scheme: str, options: Mapping[str, Any]) -> Store:
    """Opens a store, or gives the one that this process has open with the same options.

    Args:
        scheme: As for `open_store`.
        options: As for `open_store`; where they can't be compared, the store is a new one.
    """
    try:
        key = os.getpid(), scheme, frozenset(options.items())
    except TypeError:
        return open_store(scheme, **options)
    store = _stores.get(key)
    if store is None:
        opened = open_store(scheme, **options)
        with _lock:
            store = _stores.setdefault(key, opened)
    return store


def _forked() -> None:
    global _lock
    _lock = threading.Lock()  # another thread may have held it, which isn't here to let it go


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class Live:
    """A store with the files that were read of late, in one process.

    Args:
        store: The store.
        blocks: Where blocks of files are kept, None for nowhere.
    """

    def __init__(self, store: Store, blocks: BlockCache | None = None) -> None:
        self.store = store
        self._blocks = blocks
        self.process = os.getpid()
        self._files: OrderedDict[str, tuple[Entry, FileBytes | CachedBytes]] = OrderedDict()
        self._lock = threading.Lock()

    def bytes_of(self, entry: Entry) -> FileBytes | CachedBytes:
        """Gives a file's bytes, by the URL that was asked for before where there is one.

        Args:
            entry: The file.

        Raises:
            IsFolder: It is a folder.
        """
        with self._lock:
            known = self._files.get(entry.path)
            if known is None or known[0] != entry:
                known = self._files[entry.path] = entry, self.new_bytes_of(entry)
            self._files.move_to_end(entry.path)
            while len(self._files) > REMEMBERED:
                self._files.popitem(last=False)
            return known[1]

    def new_bytes_of(self, entry: Entry, validators: Mapping[str, str] | None = None) -> FileBytes | CachedBytes:
        """Gives a file's bytes to a reader of its own, who is told when the file changes.

        Args:
            entry: The file.
            validators: What a reader that it takes the place of knew the file by; None where there was none.

        Raises:
            IsFolder: It is a folder.
        """
        found = FileBytes(self.store, entry, validators=validators)
        if self._blocks is None or not (entry.version or entry.checksums):
            return found  # nothing would tell its blocks from those of a later one
        uri = self.store.uri(entry.path)
        return self._blocks.over(found, key_of(entry, uri), lambda: key_of(self.store.look_now(entry.path), uri))

    def forget(self, path: str | None = None) -> None:
        """Forgets a file.

        Args:
            path: Its path; None for all.
        """
        with self._lock:
            if path is None:
                self._files.clear()
            else:
                self._files.pop(path, None)
