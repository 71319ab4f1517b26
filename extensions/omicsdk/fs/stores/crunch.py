"""Files of a crunch site's datasets: `crunch://project/dataset/path/in/dataset`."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, cast

from omicsdk_api.crunch.models.dataset import Dataset

from omicsdk.core.consistency import checked_list
from omicsdk.core.errors import NotFound, OmicsError, UnsafePath
from omicsdk.core.platform import unbound
from omicsdk.crunch.client import Crunch
from omicsdk.crunch.datasets import folder_of, storage_of
from omicsdk.crunch.storage import Storage, StorageMissing
from omicsdk.crunch.storage.base import BuiltinStorage, Stored, joined
from omicsdk.crunch.storage.files import stored_below
from omicsdk.crunch.storage.folder import FolderStorage
from omicsdk.crunch.storage.fsspec import FsspecStorage
from omicsdk.crunch.storage.s3 import S3Storage
from omicsdk.fs.errors import NotAFolder, PathError, PathNotFound, WrongUri
from omicsdk.fs.store import ClientStore, Entry, Features
from omicsdk.transfer import Location


class CrunchStore(ClientStore[Crunch]):
    """Projects and datasets of a site, by their slugs, and the datasets' files in its storage. Read-only.

    A dataset is named by the end of its slug, `reads` for `my-project:reads`; the whole slug is accepted too. Files in
    a folder of this machine, or in a store without URLs, are opened directly.

    Args:
        url: The site's URL; by default OMICS_CRUNCH_URL, else CRUNCH_URL.
        token: The token of a user of the site; by default OMICS_CRUNCH_TOKEN, else CRUNCH_TOKEN.
        storage_settings: The storage of datasets' files: Django's settings as a mapping or a .toml or .json file, or a
            storage (`omicsdk.crunch.storage`); by default the file that CRUNCH_STORAGE_SETTINGS names.
        client: An existing client, in place of `url` and `token`; it is not closed.
    """

    scheme: ClassVar[str] = "crunch"
    features: ClassVar[Features] = Features(
        alternative="Run the dataset to write its files: omics crunch run.", shared_paths=True
    )

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        storage_settings: Mapping[str, Any] | str | os.PathLike[str] | Storage | None = None,
        client: Crunch | None = None,
    ) -> None:
        super().__init__(client, partial(Crunch, unbound(url), credentials=token))
        self._settings = storage_settings
        self._opened: Storage | None = None
        self._lock = threading.Lock()

    @property
    def storage(self) -> Storage:
        """The storage of the datasets' files.

        Raises:
            ConfigError: None is configured, or its settings are invalid.
        """
        with self._lock:
            if self._opened is None:
                self._opened = storage_of(self.client, self._settings)
            return self._opened

    # -- looking

    def _stat(self, path: str) -> Entry:
        project, dataset, inner = _parts(path)
        with self._asking(path):
            if not dataset:
                if project:
                    self.client.get_project(slug=project)
                return Entry(path, "folder")
            found_dataset = self._dataset(path, project, dataset)
            if not inner:
                return Entry(path, "folder", details={"storage": found_dataset.base_file_path})
            name = joined(folder_of(found_dataset), inner)
            stored = _stat_file(self.storage, name)
        return Entry(path, "folder") if stored is None else _entry(path, name, stored)

    def _stat_folder(self, path: str) -> Entry:
        entry = self._stat(path)
        is_both = not entry.is_folder and isinstance(self.storage, S3Storage) and any(self._entries(path))
        return Entry(path, "folder") if is_both else entry

    def _dataset(self, path: str, project: str, name: str) -> Dataset:
        api = self.client
        try:
            dataset = api.get_dataset(slug=f"{project}:{name}")
        except NotFound:
            dataset = api.get_dataset(slug=name)
        if dataset.parent != project:
            raise PathNotFound(self.uri(path), f"not found: {dataset.slug} belongs to the project {dataset.parent}")
        return dataset

    def _entries(self, path: str) -> Iterator[Entry]:
        project, dataset, inner = _parts(path)
        if not dataset:
            yield from self._projects_or_datasets(path, project)
            return
        is_there = not inner  # nothing may have been put into the dataset yet
        with self._asking_for_files(path) as base:
            for item in _contents(self.storage, base):
                is_there = True
                if isinstance(item, str):
                    yield Entry(f"{path}/{item}", "folder")
                else:
                    yield _entry(f"{path}/{item.name}", joined(base, item.name), item)
        # In a bucket nothing begins with the path of a file, which is no error there.
        if not is_there and not self.stat(path).is_folder:
            raise NotAFolder(self.uri(path), "is a file")

    def _projects_or_datasets(self, path: str, project: str) -> Iterator[Entry]:
        """All projects, or the datasets of one."""
        api = self.client
        with self._asking(path):
            if not project:
                for listed_project in checked_list(api.list_projects, "count", "slug"):
                    yield Entry(listed_project.slug, "folder", details={"name": listed_project.name})
                return
            api.get_project(slug=project)
            for dataset in checked_list(api.list_datasets, "count", "slug"):
                if dataset.parent == project:
                    name = dataset.slug.removeprefix(f"{project}:")
                    yield Entry(f"{path}/{name}", "folder", details={"name": dataset.name, "id": dataset.id})

    def _below(self, path: str) -> Iterator[Entry]:
        """Yield all files below a folder; those of a dataset by a single listing, if the storage supports it."""
        _, dataset, _ = _parts(path)
        if not dataset:
            for folder in self.entries(path):
                yield from self.below(folder.path)
            return
        with self._asking_for_files(path) as base:
            for stored in stored_below(self.storage, base):
                yield _entry(f"{path}/{stored.name}", joined(base, stored.name), stored)

    @contextmanager
    def _asking_for_files(self, path: str) -> Generator[str]:
        """Give the name in the storage of a dataset, or of a folder in one, to a block that lists it; a dataset may have no folder yet."""
        project, dataset, inner = _parts(path)
        with self._asking(path):
            base = joined(folder_of(self._dataset(path, project, dataset)), inner)
            try:
                yield base
            except FileNotFoundError:
                if inner:
                    raise
                if not self.storage.exists(""):
                    raise StorageMissing(f"{self.storage!r} does not exist") from None

    # -- bytes

    def open(self, entry: Entry) -> BinaryIO | None:
        name = self.handle_of(entry)
        with self._asking(entry.path):
            if _address(self.storage, name) is not None:
                return None
            return cast("BinaryIO", self.storage.open(name, "rb"))

    def location(self, entry: Entry) -> Location:
        """Return the location of a file: a signed URL, or a file:// one of this machine, which only `open` reads."""
        name, storage = self.handle_of(entry), self.storage
        with self._asking(entry.path):
            if isinstance(storage, FolderStorage):
                return Location(Path(storage.path(name)).as_uri())
            address = _address(storage, name)
        if address is None:
            raise PathError(self.uri(entry.path), "has no URL", remedy="Open it with the store.")
        return address

    @contextmanager
    def _asking(self, path: str) -> Generator[None]:
        """Raise errors of the site, the storage and the system about missing files as ours."""
        try:
            yield
        # Some are FileNotFoundErrors or NotADirectoryErrors, too.
        except PathError:
            raise
        except NotADirectoryError as error:
            raise NotAFolder(self.uri(path), "is a file") from error
        except (NotFound, FileNotFoundError) as error:
            raise PathNotFound(self.uri(path), "not found") from error
        except UnsafePath as error:
            raise WrongUri(f"{self.uri(path)} is a broken link: {error.message}", remedy=error.remedy) from error
        except OmicsError:  # one of the site may be an OSError too: requests' errors are
            raise
        except OSError as error:
            raise PathError(self.uri(path), f"cannot be read: {error.strerror or error}") from error


def _parts(path: str) -> tuple[str, str, str]:
    """Project, dataset, and the path in the dataset; empty if there is none."""
    project, _, rest = path.partition("/")
    dataset, _, inner = rest.partition("/")
    return project, dataset, inner


def _entry(path: str, name: str, stored: Stored) -> Entry:
    version = stored.etag or (f"{stored.modified}-{stored.size}" if stored.modified is not None else "")
    return Entry(path, "file", stored.size, modified=stored.modified, version=version, handle=name)


def _stat_file(storage: Storage, name: str) -> Stored | None:
    """Return the file of a name.

    Returns:
        The file; None if it is a folder.

    Raises:
        FileNotFoundError: Nothing has it.
        OmicsError: The storage cannot be read.
    """
    if isinstance(storage, BuiltinStorage):
        return storage.stat(name)
    above, _, base_name = name.rstrip("/").rpartition("/")
    try:
        folders, files = storage.listdir(above)
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from error
    if base_name in files:
        return Stored(name, storage.size(name))
    if base_name in folders or not base_name:
        return None
    raise FileNotFoundError(2, "No such file or directory", name)


def _contents(storage: Storage, path: str) -> Iterator[Stored | str]:
    """Return the contents of a folder: files, and folders by their names only.

    Raises:
        OSError: There is no such folder, and the storage knows folders.
        OmicsError: The storage cannot be read.
    """
    if isinstance(storage, BuiltinStorage):
        yield from storage.contents(path)
        return
    folders, files = storage.listdir(path)
    yield from folders
    yield from (Stored(name, storage.size(joined(path, name))) for name in files)


def _address(storage: Storage, name: str) -> Location | None:
    """Where a file is fetched; None if it has to be opened.

    Raises:
        OmicsError: An address cannot be signed.
    """
    if isinstance(storage, S3Storage):
        return None if storage.has_own_way else storage.location(name)
    url = storage.url(name) if isinstance(storage, FsspecStorage) else ""
    return Location(url) if url.startswith(("http://", "https://")) else None
