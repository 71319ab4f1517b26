"""Downloads of bundles and manifests: files go to the filestore, and bundles' folders link to them."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    ConnectFailed,
    OmicsError,
    TimedOut,
    TransferError,
    UsageError,
    first_of,
)
from omicsdk.core.logs import logger
from omicsdk.core.retry import NO_RETRY
from omicsdk.core.threads import Workers
from omicsdk.hca.dss.bundles import ALL, NONE, chosen, filters, folder_name, get_manifest, manifest_bytes
from omicsdk.hca.dss.client import Dss
from omicsdk.hca.dss.files import CONNECTIONS, DSSFile, Replica, fetch, link, name_in_store, store_bytes
from omicsdk.hca.dss.manifests import Manifest, ManifestError, ManifestFiles
from omicsdk.hca.services import INSTEAD, retirement
from omicsdk.transfer import (
    Item,
    Location,
    Outcome,
    SelectionOptionsDict,
    TransferFailed,
    TransferOptions,
    TransferReport,
)
from omicsdk.transfer import verify as compare
from omicsdk.transfer.disk import write_error
from omicsdk.transfer.names import check_links, check_names
from omicsdk.transfer.scale import worker_pool

if TYPE_CHECKING:
    from omicsdk.transfer.scale.workers import WorkerPool


_log = logger("omicsdk.hca.dss")

# Calls to the service that are under way at once.
API_CALLS = 16


@dataclass(frozen=True, slots=True)
class Bundle:
    """An available bundle.

    Attributes:
        manifest: Its manifest, all pages merged.
        files: The selected files.
    """

    manifest: dict[str, Any]
    files: list[DSSFile]

    @property
    def folder(self) -> str:
        """Its folder below the download folder."""
        return folder_name(self.manifest)


class Result(TransferReport):
    """The result of a download; what failed without being a file, such as a missing bundle, is the outcome of its name.

    Attributes:
        bundles: The bundles whose folders it made.
    """

    bundles: Sequence[Bundle] = ()

    def _failure(self, errors: Sequence[OmicsError], count: int) -> TransferFailed:
        return DownloadFailed(self, errors, count)

    def with_failed(self, failed: Sequence[Outcome]) -> Self:
        """Return the same result with further outcomes.

        Args:
            failed: They follow those of the files.
        """
        return self.with_outcomes(chain(self.outcomes, failed)) if failed else self


class DownloadFailed(TransferFailed, RuntimeError):
    """Some files of a download failed; all others are in place."""

    def __init__(self, report: TransferReport, errors: Sequence[OmicsError], count: int | None = None) -> None:
        super().__init__(report, errors, count)
        failed = len(errors) if count is None else count
        self.message = f"{failed} download task(s) failed: {first_of(errors, failed)}"
        self.remedy = self.default_remedy


class InvalidLayout(UsageError, ValueError):
    """An unknown layout, or flags that do not go with it."""


class RetiredService(TransferError):
    """A host of the Atlas that was switched off."""


def download_bundles(
    dss: Dss,
    bundles: Sequence[Bundle],
    folder: Path,
    options: TransferOptions,
    singles: Sequence[DSSFile] = (),
    failed: Sequence[Outcome] = (),
) -> Result:
    """Download the files of bundles and create their folders.

    Names are checked before a byte is fetched.

    Args:
        dss: The service.
        bundles: The bundles.
        folder: The download folder.
        options: The options of the transfer.
        singles: Files that belong to no bundle; their names are where they are linked below the download folder.
        failed: What failed before, such as bundles that do not exist.

    Raises:
        UnsafePath: A file's name would leave the download folder, or two would land on one path.
    """
    if not options.fit_all:
        bundles = [
            replace(bundle, files=[file for file in bundle.files if options.fits(file.name, file.size)])
            for bundle in bundles
        ]
        singles = [file for file in singles if options.fits(file.name, file.size)]
    linked = [(f"{bundle.folder}/{file.name}", file) for bundle in bundles for file in bundle.files]
    linked += [(file.name, file) for file in singles]
    names = [f"{bundle.folder}/bundle.json" for bundle in bundles] + [name for name, _ in linked]
    # Names that differ in case only are one file on disks of macOS and Windows.
    check_names(names, folds_case=True)
    check_links(names, str(folder))
    report = fetch(dss, [file for _, file in linked], folder, options, has_answered=True)
    present: Container[str] = {outcome.name for outcome in report.outcomes if outcome.is_present}
    unplaced: dict[str, OmicsError] = {}

    def place_file(file: DSSFile, name: str, content: bytes | None = None) -> None:
        if (error := placed(folder, file, name, content)) is not None:
            unplaced[name] = error

    for bundle in () if options.dry_run else bundles:
        content, identity = manifest_bytes(bundle.manifest), bundle.manifest["bundle"]
        manifest_file = DSSFile.for_bundle_manifest(content, identity["uuid"], identity["version"], "")
        place_file(manifest_file, f"{bundle.folder}/{manifest_file.name}", content)
    for name, file in () if options.dry_run else linked:
        if name_in_store(file.sha256) in present:
            place_file(file, name)
    # As the user finds them: a file of several bundles has the path in the first one.
    paths = {name_in_store(file.sha256): name for name, file in reversed(linked)}
    outcomes = list[Outcome]()
    for outcome in report.outcomes:
        name = paths[outcome.name]
        error = unplaced.pop(name, None)
        ended = outcome if error is None else outcome._replace(state="failed", error=error)
        outcomes.append(ended._replace(name=name))
    others = (Outcome.of_error(name, error) for name, error in unplaced.items())
    result = Result.of(report).with_outcomes([*outcomes, *others, *failed], target=str(folder))
    result.bundles = list(bundles)
    return result


def placed(folder: Path, file: DSSFile, name: str, content: bytes | None = None) -> OmicsError | None:
    """Link a file of the filestore to its place.

    Args:
        folder: The download folder.
        file: The file.
        name: Its path below the download folder.
        content: Its content, if that has to be put into the filestore first.

    Returns:
        Why it could not be linked, if so.
    """
    try:
        if content is not None:
            store_bytes(folder, file.sha256, content)
        link(folder, file.sha256, name)
    except OmicsError as error:
        return error
    except OSError as error:
        return write_error(error, str(folder / name), name)
    return None


def download_rows(
    dss: Dss,
    manifest: Manifest,
    replica: str,
    folder: Path,
    options: TransferOptions,
    pool: WorkerPool | None = None,
    addresses: Mapping[str, str] | None = None,
) -> Result:
    """Fetch a manifest's files into the filestore; layout `none`. Rows are read as they are needed."""
    # Workers read it from another working directory.
    files = ManifestFiles(replace(manifest, path=manifest.path.absolute()), replica)
    report = fetch(dss, files, folder, options, pool=pool, addresses=addresses)
    for outcome in report.outcomes.failures:
        if isinstance(outcome.error, ChecksumMismatch):
            # The bytes were compared with values from the user, not from the service.
            outcome.error.remedy = "Check file_sha256 in the manifest; if it is right, the platform's copy is damaged."
    return Result.of(report)


def download_rows_as_bundles(
    dss: Dss,
    manifest: Manifest,
    replica: str,
    folder: Path,
    options: TransferOptions,
    *,
    no_metadata: bool,
    no_data: bool,
) -> Result:
    """Fetch the data files that a manifest names and all metadata of their bundles; layout `bundle`."""
    requested: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in manifest.rows():
        sha256 = row["file_sha256"].lower()
        if requested[row["bundle_uuid"], row["bundle_version"]].setdefault(row["file_name"], sha256) != sha256:
            raise ManifestError(
                f"{manifest.path}: {row['file_name']} of bundle {row['bundle_uuid']} is listed with two checksums",
                remedy="Keep the correct row.",
            )

    def plan(named: tuple[tuple[str, str], dict[str, str]]) -> tuple[list[Bundle], list[Outcome]]:
        (uuid, version), rows = named
        try:
            response = get_manifest(dss, uuid, version, replica)
        except OmicsError as error:
            return [], [Outcome.of_error(f"{uuid}.{version}", error)]
        bundle, failed = bundle_of_rows(response, rows, replica, no_metadata=no_metadata, no_data=no_data)
        return [bundle], failed

    with Workers(API_CALLS, "dss-bundles") as pool:
        planned = list(pool.map(plan, requested.items()))
    bundles = [bundle for some, _ in planned for bundle in some]
    failed = [outcome for _, some in planned for outcome in some]
    return download_bundles(dss, bundles, folder, options, failed=failed)


def bundle_of_rows(
    manifest: Mapping[str, Any], rows: Mapping[str, str], replica: str, *, no_metadata: bool, no_data: bool
) -> tuple[Bundle, list[Outcome]]:
    """Return the part of a bundle that a manifest's rows select, and the failures of rows that contradict the bundle.

    Args:
        manifest: What get_bundle answers.
        rows: Checksums by the files' names, as the rows state them.
        replica: Where files are fetched from.
        no_metadata: Leave out metadata.
        no_data: Leave out data.
    """
    bundle = manifest["bundle"]
    where = f"bundle {bundle['uuid']} version {bundle['version']}"
    bundle_files = [DSSFile.from_dss_bundle_response(entry, replica) for entry in bundle["files"]]
    sums = {file.name: file.sha256 for file in bundle_files if isinstance(file.name, str)}  # pyright: ignore[reportUnnecessaryIsInstance] - not validated
    failed: list[Outcome] = []
    agreed: set[str] = set()
    for name, sha256 in rows.items():
        if sums.get(name) == sha256:
            agreed.add(name)
            continue
        if name not in sums:
            remedy = "Check the manifest's file_name."
            error: OmicsError = TransferError(f"{name}: {where} has no such file", remedy=remedy)
        else:
            remedy = "The manifest and the bundle disagree; check the manifest's file_sha256."
            error = ChecksumMismatch(
                f"{name} of {where}", algorithm="sha256", expected=sha256, actual=sums[name], remedy=remedy
            )
        failed.append(Outcome.of_error(f"{folder_name(manifest)}/{name}", error))
    every = chosen(manifest, replica, NONE if no_metadata else ALL, NONE if no_data else ALL)
    files = [file for file in every if file.name in agreed or (file.indexed and file.name not in rows)]
    return Bundle(dict(manifest), files), failed


@text_is_one_item
def download(
    dss: Dss,
    bundle_uuid: str,
    replica: Replica,
    *,
    version: str = "",
    download_dir: str | os.PathLike[str] = "",
    metadata_filter: str | Iterable[str] = ALL,
    data_filter: str | Iterable[str] = ALL,
    no_metadata: bool = False,
    no_data: bool = False,
    **options: Unpack[SelectionOptionsDict],
) -> Result:
    """Download a bundle into the folder `<download_dir>/<uuid>.<version>/`.

    Files are stored in the filestore `<download_dir>/.hca`, verified by SHA-256, and linked from the bundle's folder;
    bundle.json is the bundle's manifest. Files that are already present and verified are skipped.

    Args:
        bundle_uuid: UUID of the bundle.
        replica: Replica to download from, `aws` or `gcp`.
        version: Version of the bundle; by default the latest.
        download_dir: Folder to download into, created if missing; by default the current folder.
        metadata_filter: Shell patterns of metadata files (files with `indexed` set) to download. A pattern must match
            the whole name, in the same case.
        data_filter: Shell patterns of all other files to download.
        no_metadata: Skip all metadata files.
        no_data: Skip all data files.
        **options: See `omicsdk.transfer.TransferOptions`. The service states no times of change, so that `newer` and
            `older` select nothing.

    Returns:
        The outcome of each file, and the bundle: `bundles[0].manifest` and `.folder`.

    Raises:
        DownloadFailed: A file failed; a `TransferFailed`.
        UsageError: A filter and its flag are both given, or a number is negative.
        NotFound: There is no such bundle.
        UnsafePath: A file's name would leave the folder, or two files would land on one name.

    Example:
        client.download("5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", "aws", download_dir="bundles")
    """
    metadata, data = filters(metadata_filter, data_filter, no_metadata, no_data)
    settings = TransferOptions.of(options, connections=CONNECTIONS, selects=True)
    manifest = get_manifest(dss, bundle_uuid, version, replica)
    bundle = Bundle(manifest, chosen(manifest, replica, metadata, data))
    return settings.checked(download_bundles(dss, [bundle], Path(download_dir), settings))


def download_manifest(
    dss: Dss,
    manifest: str | os.PathLike[str],
    replica: Replica,
    *,
    layout: str = "none",
    no_metadata: bool = False,
    no_data: bool = False,
    download_dir: str | os.PathLike[str] = "",
    workers: int | None = None,
    scheduler: Any = None,
    **options: Unpack[SelectionOptionsDict],
) -> Result:
    """Download the files that a manifest lists.

    When all files are complete, a copy of the manifest with a column `file_path` is written into the current folder,
    under the manifest's name.

    Args:
        manifest: Table of tab-separated values with the columns bundle_uuid, bundle_version, file_name, file_uuid,
            file_sha256, file_size and optionally file_version. Files of a compact manifest of Azul, which has these
            columns, are fetched from Azul.
        replica: Replica to download from, `aws` or `gcp`.
        layout: `none` stores files in the filestore only; `bundle` also creates a folder for each bundle, with all of
            its metadata and the data files that the manifest lists.
        no_metadata: Skip metadata files (layout `bundle` only).
        no_data: Skip data files (layout `bundle` only).
        download_dir: Folder to download into, created if missing; by default the current folder.
        workers: Number of worker processes on this machine, 1 or more; by default this process downloads alone. Workers
            import the main module, so a script starts its work below `if __name__ == "__main__":`.
        scheduler: Dask cluster whose workers download instead: the scheduler's address (`tcp://HOST:8786`), a cluster,
            or a `distributed.Client`. Its workers must see the manifest, the folder and any credentials file under
            the same paths.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run uses no workers.

    Returns:
        The outcome of each file. With the layout `bundle`, `bundles` has the bundles.

    Raises:
        DownloadFailed: A file failed; a `TransferFailed`.
        ManifestError: The manifest cannot be worked from; nothing was fetched.
        UsageError: No such layout, flags that do not go with it, a number below its bound, or workers and a scheduler.
        MissingExtra: A scheduler is meant, and `distributed` is not installed.
        NoScheduler: Nothing that speaks Dask answers there.

    Example:
        client.download_manifest("manifest.tsv", "aws", layout="bundle", download_dir="bundles")
    """
    if layout not in ("none", "bundle"):
        raise InvalidLayout(f"Invalid layout {layout} not one of [none, bundle]", remedy="Use one of the two.")
    if layout == "none" and (no_metadata or no_data):
        raise InvalidLayout(
            "--no-metadata and --no-data are only compatible with the 'bundle' layout", remedy="Add --layout bundle."
        )
    pool = None if workers is scheduler is None else worker_pool(workers, scheduler)
    settings = TransferOptions.of(options, connections=CONNECTIONS, selects=True)
    table = Manifest.open(Path(manifest), None if settings.fit_all else settings.filters)
    folder = Path(download_dir)
    table.check()
    addresses = table.addresses()
    if addresses and (layout == "bundle" or pool is not None):
        raise UsageError(
            f"{table.path} is a manifest of Azul: the layout bundle and workers need the Data Store",
            remedy=f"Run: {INSTEAD} {table.path} --layout bundle",
        )
    if not addresses:
        _expect_response(dss, table)
    if layout == "none":
        result = download_rows(dss, table, replica, folder, settings, pool, addresses)
    else:
        result = download_rows_as_bundles(
            dss, table, replica, folder, settings, no_metadata=no_metadata, no_data=no_data
        )
    if result.ok and not settings.dry_run:
        target = Path.cwd() / table.path.name
        if target.exists():
            _log.warning("Overwriting manifest %s", target.name)
        try:
            lost = table.write_with_paths(target, os.fspath(download_dir), stored=layout == "none")
        except OmicsError as error:  # the files exist nevertheless
            lost = [error]
        result = result.with_failed(
            [Outcome.of_error(getattr(error, "name", "") or target.name, error) for error in lost]
        )
    return settings.checked(result)


def _expect_response(dss: Dss, manifest: Manifest) -> None:
    """Detect with one request whether a retired host responds: else each file of the manifest would be tried for minutes.

    Raises:
        RetiredService: It does not; the remedy is the command that downloads the same files from Azul.
    """
    uuid = next((row["file_uuid"] for row in manifest.rows()), "") if retirement(dss.base_url) else ""
    if not uuid:
        return
    try:
        dss.with_options(retry=NO_RETRY).head_file.raw(uuid=uuid, replica="aws")
    except APIError:
        return
    except (ConnectFailed, TimedOut) as error:
        raise RetiredService(
            f"The Human Cell Atlas has retired the Data Store at {dss.base_url}",
            remedy=f"The files are in Azul. Run: {INSTEAD} {manifest.path}",
        ) from error


@text_is_one_item
def verify(
    dss: Dss,
    bundle_uuid: str,
    replica: Replica,
    *,
    version: str = "",
    download_dir: str | os.PathLike[str] = "",
    metadata_filter: str | Iterable[str] = ALL,
    data_filter: str | Iterable[str] = ALL,
    no_metadata: bool = False,
    no_data: bool = False,
    stop: threading.Event | None = None,
) -> TransferReport:
    """Compare the files of a downloaded bundle with the sizes and checksums that the Data Store states.

    Args:
        bundle_uuid: UUID of the bundle.
        replica: Replica whose manifest is requested, `aws` or `gcp`.
        version: Version of the bundle; by default the latest.
        download_dir: The folder that it was downloaded into; by default the current folder.
        metadata_filter: Shell patterns; metadata whose name matches none of them are left out, as in `download`.
        data_filter: The same for all other files.
        no_metadata: Leave out all metadata.
        no_data: Leave out all data.
        stop: Stops the comparison when set.

    Returns:
        The outcome of each file, in the order of the bundle: done if it is right, failed if it is missing or differs.

    Raises:
        UsageError: A filter and its flag are both given.
        NotFound: There is no such bundle.
    """
    metadata, data = filters(metadata_filter, data_filter, no_metadata, no_data)
    bundle = get_manifest(dss, bundle_uuid, version, replica)
    folder = folder_name(bundle)
    items = [
        Item(f"{folder}/{file.name}", Location(dss.base_url), file.size, {"sha256": file.sha256})
        for file in chosen(bundle, replica, metadata, data)
    ]
    return compare(items, download_dir or os.curdir, stop=stop)
