"""The shared folder of downloaded files: downloads into it and links from it, in the layout of all clients of the Data
Store.

A file is stored once, under its SHA-256: `.hca/v2/files_2_4/<first 2>/<next 4>/<sha256>`. Folders of bundles hold hard
links to it, or copies where the file system has none.
"""

from __future__ import annotations

import errno
import logging
import os
import pickle
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from omicsdk.core.credentials import ANONYMOUS
from omicsdk.core.errors import TransferError
from omicsdk.core.files import in_place_of
from omicsdk.hca.dss.bundles import ROOT, DSSFile, name_in_store
from omicsdk.hca.dss.files import Locate, Locator
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.names import first_of_each

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.core.credentials import Credentials
    from omicsdk.hca.dss.client import Dss
    from omicsdk.transfer import TransferOptions, TransferReport
    from omicsdk.transfer.scale.workers import WorkerPool

_NO_LINKS = frozenset({errno.EMLINK, errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

logger = logging.getLogger("omicsdk.hca.dss")


def filestore_path(sha256: str) -> str:
    """A file's path below the download folder, with `/` between folders."""
    return f"{ROOT}/{name_in_store(sha256)}"


def store_bytes(folder: Path, sha256: str, content: bytes) -> None:
    """Store content under its checksum, atomically."""
    path = folder / filestore_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == content:
        return
    with in_place_of(path) as file:
        file.write(content)


def link(folder: Path, sha256: str, name: str) -> None:
    """Give a stored file a second name below the same folder.

    Args:
        folder: The download folder.
        sha256: The file's checksum.
        name: The new name, relative to the folder, already checked for safety.

    Raises:
        TransferError: Another file has that name.
    """
    stored, path = folder / filestore_path(sha256), folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(stored, path)
    except FileExistsError:
        if not same_content(stored, path):
            raise TransferError(
                f"{path} already exists, with different contents than {name}",
                remedy="Move it away, or download to another folder.",
            ) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        logger.warning("%s: no hard link (%s); copied", path, error.strerror)
        with in_place_of(path, durable=False) as file, stored.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)


def same_content(stored: Path, path: Path) -> bool:
    """True for two names of one file, and for a copy that is equal byte by byte."""
    first, second = stored.stat(), path.stat(follow_symlinks=False)
    if (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino):
        return True
    if path.is_symlink() or first.st_size != second.st_size:
        return False
    with stored.open("rb") as one, path.open("rb") as other:
        while piece := one.read(1 << 20):
            if piece != other.read(1 << 20):
                return False
    return True


# -- fetching into it

CONNECTIONS = 64
"""Concurrent requests for files at most: to the service, which takes its time, and to the storage that it redirects to."""


def fetch(
    dss: Dss,
    files: Iterable[DSSFile],
    folder: Path,
    options: TransferOptions,
    *,
    known: bool = False,
    pool: WorkerPool | None = None,
    addresses: Mapping[str, str] | None = None,
) -> TransferReport:
    """Fetch files into the filestore, each checksum once.

    Checksums are distinguished by 63 bits of a keyed digest, in eight bytes of memory each: among a million, two are treated as
    one once in twenty million transfers. `missing` finds what was left out.

    Args:
        dss: The service.
        files: The files: a list, or what can be iterated over again, by workers too, and may name a file several times.
        folder: The download folder.
        options: The options of the transfer.
        known: Whether the service has answered this client before.
        pool: The workers that fetch; None if this process does. A dry run uses none of them.
        addresses: Where files are, by their SHA-256; empty if the Data Store is asked.
    """
    # The engine's journals are in its target folder: inside the filestore they are out of the user's sight.
    target = folder / ROOT
    if pool is not None and not options.dry_run:
        from omicsdk.transfer.scale.workers import download_by

        is_list = isinstance(files, list)
        return download_by(
            pool,
            list(items_of(_each_once(files))) if is_list else partial(items_of, files),
            target,
            opening=SameService.of(dss),
            repeats=not is_list,
            options=options,
        )
    place = _at(addresses) if addresses else Locator(dss, known=known).place
    return download(items_of(_each_once(files), place), target, options=options)


def _at(addresses: Mapping[str, str]) -> Callable[[DSSFile], tuple[Locate | Location, Locate | None]]:
    """Return a function that locates files at known addresses, by their SHA-256."""

    def place(file: DSSFile) -> tuple[Locate | Location, Locate | None]:
        address = addresses.get(file.sha256)
        return (Location(address) if address else partial(_without_address, file)), None

    return place


def _without_address(file: DSSFile) -> Never:
    raise TransferError(f"{file.name} cannot be downloaded: the manifest has no address", name=file.name)


def _each_once(files: Iterable[DSSFile]) -> Iterator[DSSFile]:
    return first_of_each(files, lambda file: file.sha256)


@dataclass(frozen=True, slots=True)
class _Unlocated:
    """Takes the place of a file's location until there is a client to locate it."""

    file: DSSFile

    def __call__(self) -> Never:
        raise RuntimeError(f"{self.file.name} was located before its worker opened a client")


def unlocated(file: DSSFile) -> tuple[_Unlocated, None]:
    """Raise: a placeholder for a file's location until there is a client to locate it."""
    return _Unlocated(file), None


def items_of(
    files: Iterable[DSSFile],
    place: Callable[[DSSFile], tuple[Locate | Location, Locate | None]] = unlocated,
) -> Iterator[Item]:
    """Yield what the engine fetches.

    Args:
        files: The files.
        place: Returns an item's `locate` and `renew`; by default what has to be located before it is fetched, to be counted,
            shared out and sent to workers.
    """
    for file in files:
        locate, renew = place(file)
        yield Item(
            name=name_in_store(file.sha256),
            locate=locate,
            size=file.size,
            checksums={"sha256": file.sha256},
            label=f"{file.name} (file {file.uuid}{f' version {file.version}' if file.version else ''})",
            renew=renew,
        )


def _located(item: Item, locator: Locator) -> Item:
    assert isinstance(item.locate, _Unlocated)
    locate, renew = locator.place(item.locate.file)
    return replace(item, locate=locate, renew=renew)


# -- fetching by workers


@dataclass(frozen=True, slots=True)
class SameService:
    """Opens a client of the same service in another process.

    Attributes:
        client: The client's class: called with the URL and the credentials.
        base_url: The URL of the service.
        credentials: The credentials as they were given.
        finds_credentials: Whether the other process finds them itself, in its environment and its user's files.
    """

    client: Callable[..., AbstractContextManager[DssApi]]
    base_url: str
    credentials: Credentials | None = field(default=None, repr=False)
    finds_credentials: bool = False

    @classmethod
    def of(cls, dss: Dss) -> SameService:
        """What opens a client like one of this process, as the same user."""
        held = dss.credentials
        finds = dss.finds_credentials and not can_travel(held)
        return cls(type(dss), dss.base_url, None if finds else held, finds)

    @contextmanager
    def __call__(self, items: Iterable[Item]) -> Generator[Iterable[Item]]:
        """Open a client for a shard.

        Args:
            items: The shard's items, as `items_of` gives them.

        Yields:
            The same items, located.
        """
        given: dict[str, Any] = {} if self.finds_credentials else {"credentials": self.credentials or ANONYMOUS}
        with self.client(self.base_url, **given) as api:
            locator = Locator(api, known=False)
            yield (_located(item, locator) for item in items)


def can_travel(credentials: Credentials | None) -> bool:
    """Whether credentials can be sent to another process; those that are renewed by a function of this one cannot.

    Args:
        credentials: The credentials.
    """
    try:
        pickle.dumps(credentials)
    except (pickle.PicklingError, TypeError, AttributeError):
        return False
    return True
