"""Bringing files into the filestore, by this process or by workers, and looking what isn't there."""

import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError, TransferError
from omicsdk.hca.dss.downloads.options import FetchOptions
from omicsdk.hca.dss.files import DSSFile
from omicsdk.hca.dss.filestore import ROOT, name_in_store
from omicsdk.hca.dss.locating import Locator
from omicsdk.hca.dss.manifest import Manifest
from omicsdk.hca.dss.sharded_manifest import ManifestFiles, Shared, bare_items, item_of
from omicsdk.transfer import Report, TransferReport, download
from omicsdk.transfer.scale.repeats import first_of_each

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

CONNECTIONS = 64
"""Requests for files that are under way at once, at most: to the service, which takes its time, and to where it sends us."""


def fetch(
    api: "DssApi", files: Iterable[DSSFile], folder: Path, options: FetchOptions, *, known: bool = False
) -> Report:
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
