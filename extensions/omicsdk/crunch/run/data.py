"""A dataset's files between its storage and its folder: what setup brings and upload gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from omicsdk.crunch.comparison import compare
from omicsdk.crunch.hashing import files_below, hash_file, hash_files, unchanged
from omicsdk.crunch.run import bookkeeping
from omicsdk.crunch.stamps import Hashed, clock_of, trusted
from omicsdk.crunch.storage.base import Sending, Storage, StorageMissing
from omicsdk.crunch.storage.files import fetch, md5s, same, send, stored_below
from omicsdk.crunch.storage.names import joined


class DataFiles:
    """The files of one dataset.

    Args:
        storage: Where they lie.
        base: The dataset's folder there.
        folder: The dataset's folder here.
    """

    def __init__(self, storage: Storage, base: str, folder: Path) -> None:
        self._storage = storage
        self._base = base
        self._folder = folder
        self._kept = folder / bookkeeping.FOLDER
        self._brought: Mapping[str, Hashed] = {}
        self._known: Mapping[str, Hashed] = {}
        self._stored_bookkeeping: frozenset[str] = frozenset()
        self._was_there = False

    def bring(self) -> None:
        """Copies the files of the storage that aren't here and equal, and writes their checksums.

        The table has the storage's files only: what an earlier run left here beside them counts as new, so that it is
        uploaded.

        Raises:
            StorageMissing: The dataset has no folder in the storage.
            OmicsError: The storage can't be read, a name isn't safe, or there is no room.
            OSError: The same, or the folder can't be written.
        """
        try:
            stored = list(stored_below(self._storage, self._base))
        except FileNotFoundError as error:
            raise StorageMissing(f"The storage has no folder for the dataset: {error}") from error
        self._was_there = bool(stored)
        self._stored_bookkeeping = frozenset(file.name for file in stored if bookkeeping.is_bookkeeping(file.name))
        data = [file for file in stored if file.name not in self._stored_bookkeeping]
        self._brought = fetch(self._storage, self._base, data, self._folder)
        bookkeeping.write(self._kept / bookkeeping.SETUP_MD5, _table(md5s(self._brought)))

    def remember(self) -> None:
        """Keeps in mind what the files are, at the end of setup, so that those that stay needn't be read again.

        Raises:
            OSError: The folder can't be written.
        """
        self._known = trusted(self._brought, clock_of(self._kept))

    def give_back(self) -> None:
        """Uploads what is new or modified, the data first and the table of checksums last, and writes what was deleted.

        Raises:
            SourceChanged: A file changed while it was hashed or uploaded.
            StorageMissing: The storage isn't there any longer.
            OmicsError: The storage can't be written, or there is no room.
            OSError: The same, or the folder can't be read.
        """
        files = {name: path for name, path in files_below(self._folder) if name not in bookkeeping.NOT_LISTED}
        hashed = hash_files(files, self._known)
        before = md5s(self._brought) or bookkeeping.read_table(self._kept / bookkeeping.SETUP_MD5)
        changes = compare(before, md5s(hashed))
        self._kept.mkdir(exist_ok=True)  # the workflow may have removed it
        bookkeeping.write(self._kept / bookkeeping.UPLOAD_MD5, _table(md5s(hashed)))
        bookkeeping.write(self._kept / bookkeeping.DELETED, "\n".join(changes.deleted))
        if self._was_there and not self._storage.exists(self._base):
            raise StorageMissing(f"The storage's folder {self._base} was there at setup and isn't any longer")
        changed = sorted((*changes.new, *changes.modified))
        self._send([name for name in changed if not bookkeeping.is_bookkeeping(name)], hashed)
        self._send([name for name in changed if bookkeeping.is_bookkeeping(name) and self._differs(name)], hashed)
        for name in (bookkeeping.DELETED, bookkeeping.UPLOAD_MD5):
            name = f"{bookkeeping.FOLDER}/{name}"
            if self._differs(name):
                self._send([name], {name: hash_file(self._folder / name)})

    def _differs(self, name: str) -> bool:
        """Whether the storage may have a file of bookkeeping otherwise."""
        if name not in self._stored_bookkeeping:
            return True
        return not same(self._storage, joined(self._base, name), self._folder / name)

    def _send(self, names: Sequence[str], hashed: Mapping[str, Hashed]) -> None:
        sendings = list[Sending]()
        for name in names:
            path = self._folder / name
            sendings.append(Sending(name, path, partial(unchanged, path, hashed[name])))
        send(self._storage, self._base, sendings)


def _table(checksums: Mapping[str, str]) -> str:
    return bookkeeping.json_text(dict(sorted(checksums.items())))
