"""What a crunch site's storage holds, whichever kind it is; a storage of the user's own is asked by the methods that all have."""

from __future__ import annotations

from collections.abc import Iterator

from omicsdk.crunch.storage import Storage
from omicsdk.crunch.storage.anywhere import FsspecStorage
from omicsdk.crunch.storage.base import Looks, Stored
from omicsdk.crunch.storage.names import joined
from omicsdk.crunch.storage.s3 import S3Storage
from omicsdk.transfer import Location


def looked(storage: Storage, name: str) -> Stored | None:
    """What has a name.

    Args:
        storage: The storage.
        name: The name.

    Returns:
        The file; None where it is a folder.

    Raises:
        FileNotFoundError: Nothing has it.
        OmicsError: The storage can't be read.
    """
    if isinstance(storage, Looks):
        return storage.look(name)
    above, _, own = name.rstrip("/").rpartition("/")
    try:
        folders, files = storage.listdir(above)
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from error
    if own in files:
        return Stored(name, storage.size(name))
    if own in folders or not own:
        return None
    raise FileNotFoundError(2, "No such file or directory", name)


def contents(storage: Storage, path: str) -> Iterator[Stored | str]:
    """What is directly in a folder: files, and folders by their names alone.

    Args:
        storage: The storage.
        path: The folder.

    Raises:
        OSError: There is no such folder, and the storage knows folders.
        OmicsError: The storage can't be read.
    """
    if isinstance(storage, Looks):
        yield from storage.contents(path)
        return
    folders, files = storage.listdir(path)
    yield from folders
    yield from (Stored(name, storage.size(joined(path, name))) for name in files)


def address(storage: Storage, name: str) -> Location | None:
    """Where a file is fetched; None where it has to be opened.

    Args:
        storage: The storage.
        name: The file.

    Raises:
        OmicsError: An address can't be signed.
    """
    if isinstance(storage, S3Storage):
        return None if storage.has_own_way else storage.location(name)
    url = storage.url(name) if isinstance(storage, FsspecStorage) else ""
    return Location(url) if url.startswith(("http://", "https://")) else None
