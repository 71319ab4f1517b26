"""Files of the Data Store for workers: what is sent to them, and the client that each opens for itself."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Never

from omicsdk.hca.dss.files import DSSFile
from omicsdk.hca.dss.filestore import name_in_store
from omicsdk.hca.dss.locating import Locator
from omicsdk.hca.dss.manifest import Manifest
from omicsdk.transfer import Item, Location

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.core.credentials import Credentials
    from omicsdk.hca.config import HCAConfig
    from omicsdk.transfer.scale.crew import Crew


@dataclass(frozen=True, slots=True)
class SameService:
    """Makes a client of the same service in another process.

    Attributes:
        client: The client's class: called with the URL, the credentials and the configuration.
        base_url: Where the service is.
        credentials: What proves who asks, as it was given.
        finds_credentials: Whether the other process finds that itself, in its environment and its user's files.
        config: The HCA configuration; None for that of the user's files.
    """

    client: Callable[..., AbstractContextManager[DssApi]]
    base_url: str
    credentials: Credentials | None = field(default=None, repr=False)
    finds_credentials: bool = False
    config: HCAConfig | None = field(default=None, repr=False)

    @contextmanager
    def __call__(self, items: Iterable[Item]) -> Generator[Iterable[Item]]:
        """Opens a client for a shard.

        Args:
            items: The shard's items, as `bare_items` gives them.

        Yields:
            The same items with what finds them.
        """
        given: dict[str, Any] = {} if self.finds_credentials else {"credentials": self.credentials}
        with self.client(self.base_url, config=self.config, **given) as api:
            locator = Locator(api, known=False)
            yield (_placed(item, locator) for item in items)


def can_travel(credentials: Credentials | None) -> bool:
    """Whether credentials can be sent to another process; those that are renewed by a function of this one can't.

    Args:
        credentials: What proves who asks.
    """
    try:
        pickle.dumps(credentials)
    except (pickle.PicklingError, TypeError, AttributeError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Shared:
    """A download that several workers share.

    Attributes:
        crew: Who they are.
        service: Makes their clients.
    """

    crew: Crew
    service: SameService


@dataclass(frozen=True, slots=True)
class ManifestFiles(Iterable[DSSFile]):
    """The files that a manifest lists, read anew each time that they are gone through.

    Attributes:
        manifest: The manifest.
        replica: Where they are fetched from, `aws` or `gcp`.
    """

    manifest: Manifest
    replica: str

    def __iter__(self) -> Iterator[DSSFile]:
        return (DSSFile.from_manifest_row(row, self.replica) for row in self.manifest.rows())

    def absolute(self) -> ManifestFiles:
        """The same for processes that stand in another folder."""
        return replace(self, manifest=replace(self.manifest, path=self.manifest.path.absolute()))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What stands for a file's place until a worker has opened its client."""

    file: DSSFile

    def __call__(self) -> Never:
        raise RuntimeError(f"{self.file.name} was asked for before its worker opened a client")


def item_of(
    file: DSSFile,
    locate: Callable[[], Location] | Location,
    renew: Callable[[], Location] | None,
    retries: int,
    min_delay: float,
) -> Item:
    """What the engine fetches for a file.

    Args:
        file: The file.
        locate: Tells where it is.
        renew: Tells so when that isn't accepted any longer.
        retries: Failures in a row that end it.
        min_delay: Seconds before the first retry.
    """
    return Item(
        name=name_in_store(file.sha256),
        locate=locate,
        renew=renew,
        size=file.size,
        checksums={"sha256": file.sha256},
        label=f"{file.name} (file {file.uuid}{f' version {file.version}' if file.version else ''})",
        retries=retries,
        min_delay=min_delay,
    )


def bare_items(files: Iterable[DSSFile], retries: int, min_delay: float) -> Iterator[Item]:
    """The same without what finds them: to be counted, shared out and sent to workers.

    Args:
        files: The files.
        retries: Failures in a row that end one.
        min_delay: Seconds before the first retry.
    """
    return (item_of(file, _Waiting(file), None, retries, min_delay) for file in files)


def _placed(item: Item, locator: Locator) -> Item:
    waiting = item.locate
    assert isinstance(waiting, _Waiting)
    return item_of(waiting.file, *locator.place(waiting.file), item.retries, item.min_delay)
