"""Fetching files into the filestore, by this process or by workers."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from omicsdk.core.credentials import ANONYMOUS
from omicsdk.core.errors import OmicsError, TransferError, UsageError
from omicsdk.hca.dss.bundles import DSSFile
from omicsdk.hca.dss.files import Locator
from omicsdk.hca.dss.filestore import ROOT, name_in_store
from omicsdk.hca.dss.manifests import Manifest
from omicsdk.transfer import Control, Item, Location, Progress, Report, TransferReport, download
from omicsdk.transfer.scale.repeats import first_of_each

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.core.credentials import Credentials
    from omicsdk.transfer.scale.crew import Crew


@dataclass(frozen=True, slots=True)
class SameService:
    """Makes a client of the same service in another process.

    Attributes:
        client: The client's class: called with the URL and the credentials.
        base_url: Where the service is.
        credentials: What proves who asks, as it was given.
        finds_credentials: Whether the other process finds that itself, in its environment and its user's files.
    """

    client: Callable[..., AbstractContextManager[DssApi]]
    base_url: str
    credentials: Credentials | None = field(default=None, repr=False)
    finds_credentials: bool = False

    @contextmanager
    def __call__(self, items: Iterable[Item]) -> Generator[Iterable[Item]]:
        """Opens a client for a shard.

        Args:
            items: The shard's items, as `bare_items` gives them.

        Yields:
            The same items with what finds them.
        """
        given: dict[str, Any] = {} if self.finds_credentials else {"credentials": self.credentials or ANONYMOUS}
        with self.client(self.base_url, **given) as api:
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


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How persistently files are fetched, and who watches.

    Attributes:
        num_retries: Failures in a row that end a file; 0 for none. It rises again with what arrives.
        min_delay_seconds: Least wait before a retry.
        progress: Called a few times a second.
        stop: Set it to end the transfer within a second; what arrived is kept for the next run.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would happen with each file; nothing is written.
        shared: The workers that fetch; None where this process does. A dry run asks none of them.

    Raises:
        InvalidOption: A number is negative.
    """

    num_retries: int = 10
    min_delay_seconds: float = 0.25
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    control: Control | None = None
    dry_run: bool = False
    shared: Shared | None = None

    def __post_init__(self) -> None:
        if self.num_retries < 0:
            raise InvalidOption(f"num_retries is {self.num_retries}", remedy="Give 0 (none) or more.")
        if not 0 <= self.min_delay_seconds < float("inf"):
            raise InvalidOption(f"min_delay_seconds is {self.min_delay_seconds}", remedy="Give 0 or more seconds.")


def check_layout(layout: str, no_metadata: bool, no_data: bool) -> None:
    """Refuse a layout that isn't one, and flags that don't go with it.

    Raises:
        InvalidLayout: As said.
    """
    if layout not in ("none", "bundle"):
        raise InvalidLayout(f"Invalid layout {layout} not one of [none, bundle]", remedy="Give one of the two.")
    if layout == "none" and (no_metadata or no_data):
        raise InvalidLayout(
            "--no-metadata and --no-data are only compatible with the 'bundle' layout", remedy="Add --layout bundle."
        )


class InvalidLayout(UsageError, ValueError):
    """A layout that isn't one, or flags that don't go with it."""


class InvalidOption(UsageError, ValueError):
    """An option of a download that can't be meant."""


CONNECTIONS = 64
"""Requests for files that are under way at once, at most: to the service, which takes its time, and to where it sends us."""


def fetch(api: DssApi, files: Iterable[DSSFile], folder: Path, options: FetchOptions, *, known: bool = False) -> Report:
    """Fetch files into the filestore, each checksum once.

    Checksums are told apart by 63 bits of a keyed digest, in eight bytes of memory each: among a million, two are taken for
    one once in twenty million transfers. `missing` finds what was left out.

    Args:
        api: The service.
        files: What to fetch.
        folder: The download folder.
        options: How.
        known: Whether the service has answered this client before.
    """
    if options.shared is not None and not options.dry_run:
        listed = files if isinstance(files, ManifestFiles) else list(files)
        return fetch_shared(options.shared, listed, folder / ROOT, options, CONNECTIONS)
    locator = Locator(api, known=known)
    items = (
        item_of(file, *locator.place(file), options.num_retries, options.min_delay_seconds)
        for file in first_of_each(files, sha256_of)
    )
    # The engine's journals stand in its target folder: inside the filestore they are out of the user's sight.
    return download(
        items,
        folder / ROOT,
        progress=options.progress,
        stop=options.stop,
        control=options.control,
        dry_run=options.dry_run,
        connections=CONNECTIONS,
    )


def fetch_shared(
    shared: Shared,
    files: ManifestFiles | Sequence[DSSFile],
    folder: str | os.PathLike[str],
    options: FetchOptions,
    connections: int,
) -> TransferReport:
    """Has workers fetch files into the filestore, each checksum once.

    Args:
        shared: Who fetches.
        files: What to fetch; a manifest is read by each shard, so that nobody holds it.
        folder: The filestore.
        options: How.
        connections: Requests for files that each worker has under way at once, at most.
    """
    from omicsdk.transfer.scale.sharded import download_by

    how = (options.num_retries, options.min_delay_seconds)
    source = (
        partial(bare_items, files.absolute(), *how)
        if isinstance(files, ManifestFiles)
        else list(bare_items(first_of_each(files, sha256_of), *how))
    )
    return download_by(
        shared.crew,
        source,
        folder,
        opening=shared.service,
        repeats=isinstance(files, ManifestFiles),
        connections=connections,
        progress=options.progress,
        stop=options.stop,
        control=options.control,
    )


def missing(manifest: Manifest, folder: Path) -> list[OmicsError]:
    """Looks for rows whose files aren't in the filestore, after a transfer that failed for none."""
    start = str(folder / ROOT)
    return [
        TransferError(f"{row['file_name']}: its file isn't in the filestore", remedy="Download it by itself.")
        for row in manifest.rows()
        if not os.path.exists(f"{start}/{name_in_store(row['file_sha256'])}")  # noqa: PTH110 - a Path costs more
    ]


def sha256_of(file: DSSFile) -> str:
    """A file's SHA-256, by which it is told from others in the filestore."""
    return file.sha256
