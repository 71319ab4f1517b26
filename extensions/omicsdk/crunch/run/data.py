"""A dataset's files between its storage and its folder: what setup brings and upload gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from omicsdk.core.errors import UnsafePath
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.crunch.comparison import compare
from omicsdk.crunch.errors import CrunchAPIException
from omicsdk.crunch.hashing import files_below, hash_file, hash_files, unchanged
from omicsdk.crunch.run import bookkeeping
from omicsdk.crunch.stamps import Hashed, clock_of, trusted
from omicsdk.crunch.storage.base import Sending, Storage, StorageMissing
from omicsdk.crunch.storage.files import fetch, md5s, same, send, stored_below
from omicsdk.crunch.storage.names import joined, overlap, plain

_DATASETS = "api/datasets/"


class SharedFolder(CrunchAPIException):
    """Another dataset has files in the same folder of the storage. Nothing was done, and nothing was told to the site.

    Attributes:
        others: The slugs of the other datasets.
    """

    default_remedy = (
        "Give each dataset a folder of its own: set its base_file_path on the site. To run it all the same, give "
        "allow_shared_folder=True (--allow-shared-folder)."
    )

    def __init__(self, slug: str, base: str, others: Sequence[str]) -> None:
        super().__init__(f"{shared_words(slug, base, others)}: a run of one would overwrite the other's files")
        self.others = tuple(others)


def shared_words(slug: str, base: str, others: Sequence[str]) -> str:
    """What is told of datasets whose files are in one folder.

    Args:
        slug: A dataset.
        base: Its folder in the storage.
        others: The others, at least one.
    """
    named = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if len(others) > NAMED else "")
    return f"The dataset {slug} shares the folder {base} of the storage with {named}"


class DatasetFolders:
    """The folders of all datasets of a site, read when they are first needed.

    They are read again for a dataset that they don't have as it is now. So of two datasets that share a folder the one that
    is run later is always noticed, even if it was made while others ran.

    Args:
        page: Gives a page by its address relative to the site: `connection.get_json_response`.
    """

    def __init__(self, page: Callable[[str], Mapping[str, Any]]) -> None:
        self._page = page
        self._folders: dict[str, str] = {}

    def shared_with(self, slug: str, base: str) -> list[str]:
        """Gives the other datasets that have files in a dataset's folder, or whose folder it is in.

        Args:
            slug: The dataset.
            base: Its folder in the storage, as the site states it.

        Raises:
            CrunchAPIException: The site doesn't list its datasets.
            UnsafePath: The folder leads out of the storage.
        """
        plain(base)
        if self._folders.get(slug) != base:
            self._folders = dict(self._read())
        return [other for other, folder in self._folders.items() if other != slug and _shares(base, folder)]

    def _read(self) -> Iterator[tuple[str, str]]:
        number = 1
        while True:
            page = self._page(f"{_DATASETS}?page={number}" if number > 1 else _DATASETS)
            found: object = page.get("results")
            if not is_array(found):
                raise CrunchAPIException("The site's list of datasets has no results", remedy="Check CRUNCH_URL.")
            for each in found:
                if is_object(each) and isinstance(each.get("slug"), str):
                    yield str(each["slug"]), str(each.get("base_file_path") or "")
            if not found or page.get("next") is None:
                return
            number += 1


def _shares(base: str, other: str) -> bool:
    if not other.strip("/"):  # which isn't run
        return False
    try:
        plain(other)
    except UnsafePath:  # likewise
        return False
    return overlap(base, other)


#: Datasets that a message names.
NAMED = 5


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
