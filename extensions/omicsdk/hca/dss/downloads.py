"""Downloads of bundles and manifests: files go to the filestore, and bundles' folders link to them."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.display import Displayed
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    ConnectFailed,
    OmicsError,
    SomeFailed,
    TimedOut,
    TransferError,
    UsageError,
    first_of,
)
from omicsdk.core.retry import NO_RETRY
from omicsdk.core.text_arguments import text_is_one_item
from omicsdk.core.threads import Workers
from omicsdk.hca.dss.bundles import ALL, NONE, DSSFile, chosen, filters, folder_name, manifest_bytes, name_in_store
from omicsdk.hca.dss.files import get_manifest
from omicsdk.hca.dss.filestore import FetchOptions, fetch, link, store_bytes
from omicsdk.hca.dss.manifests import Manifest, ManifestError, ManifestFiles
from omicsdk.hca.retirement import INSTEAD, retirement
from omicsdk.transfer import Item, Location, Report, TransferReport
from omicsdk.transfer import verify as compare
from omicsdk.transfer.disk import write_error
from omicsdk.transfer.names import check_links, check_names
from omicsdk.transfer.scale import worker_pool

if TYPE_CHECKING:
    from omicsdk.hca.dss.bundles import Replica
    from omicsdk.hca.dss.client import Dss
    from omicsdk.transfer import Control, Progress


logger = getLogger("omicsdk.hca.dss")

API_CALLS = 16
"""Calls to the service that are under way at once."""


class DownloadFailed(SomeFailed, RuntimeError):
    """Some files of a download failed; `errors` has each, all others are in place."""


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


@dataclass(slots=True, repr=False)
class Result(Displayed):
    """The result of a download.

    Attributes:
        bundles: The bundles whose folders it made.
        report: The transfer's report on the files of the filestore.
        errors: Everything that failed.
    """

    bundles: list[Bundle] = field(default_factory=list[Bundle])
    report: Report = field(default_factory=lambda: Report(()))
    errors: list[OmicsError] = field(default_factory=list[OmicsError])

    def raise_if_failed(self) -> None:
        """Raise when anything failed.

        Raises:
            DownloadFailed: Naming the first three; `errors` has all.
        """
        if self.report.stopped and not self.errors:
            raise DownloadStopped(
                f"{len(self.report.stopped)} of {len(self.report.outcomes)} files were not finished"
                + (f": {self.report.why_stopped}" if self.report.why_stopped else ""),
                remedy="Repeat the call to resume.",
            )
        if self.errors:
            raise DownloadFailed(f"{len(self.errors)} download task(s) failed: {first_of(self.errors)}", self.errors)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON data: counts, folders, failures."""
        summary = self.report.summary()
        return {
            "ok": self.report.ok and not self.errors,
            **{name: summary[name] for name in ("counts", "verification", "bytes_fetched", "seconds")},
            "bundles": [bundle.folder for bundle in self.bundles],
            "errors": [str(error) for error in self.errors],
        }


class InvalidLayout(UsageError, ValueError):
    """An unknown layout, or flags that do not go with it."""


class RetiredService(TransferError):
    """A host of the Atlas that was switched off."""


class DownloadStopped(TransferError):
    """A download was stopped from outside; what arrived is kept."""


def errors_of(report: Report) -> list[OmicsError]:
    """The errors of the files that failed."""
    return [outcome.error for outcome in report.failed if outcome.error is not None]


def download_bundles(
    dss: Dss, bundles: Sequence[Bundle], folder: Path, options: FetchOptions, singles: Sequence[DSSFile] = ()
) -> Result:
    """Download the files of bundles and create their folders.

    Names are checked before a byte is fetched.

    Args:
        dss: The service.
        bundles: The bundles.
        folder: The download folder.
        options: How.
        singles: Files that belong to no bundle; their names are where they are linked below the download folder.

    Raises:
        UnsafePath: A file's name would leave the download folder, or two would land on one path.
    """
    linked = [(f"{bundle.folder}/{file.name}", file) for bundle in bundles for file in bundle.files]
    linked += [(file.name, file) for file in singles]
    names = [f"{bundle.folder}/bundle.json" for bundle in bundles] + [name for name, _ in linked]
    check_names(names, folds_case=True)
    check_links(names, str(folder))
    report = fetch(dss, [file for _, file in linked], folder, options, known=True)
    present: Container[str] = {outcome.name for outcome in report.outcomes if outcome.is_present}
    # As the user finds them: a file of several bundles has the path in the first one.
    paths = {name_in_store(file.sha256): name for name, file in reversed(linked)}
    found = (outcome._replace(name=paths[outcome.name]) for outcome in report.outcomes)
    result = Result(list(bundles), report.with_outcomes(found, target=str(folder)), errors_of(report))
    if options.dry_run:
        return result
    for bundle in bundles:
        content, identity = manifest_bytes(bundle.manifest), bundle.manifest["bundle"]
        own = DSSFile.for_bundle_manifest(content, identity["uuid"], identity["version"], "")
        result.errors += placed(folder, own, f"{bundle.folder}/{own.name}", content)
    for name, file in linked:
        if name_in_store(file.sha256) in present:
            result.errors += placed(folder, file, name)
    return result


def placed(folder: Path, file: DSSFile, name: str, content: bytes | None = None) -> list[OmicsError]:
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
        return [error]
    except OSError as error:
        return [write_error(error, str(folder / name), name)]
    return []


def download_rows(dss: Dss, manifest: Manifest, replica: str, folder: Path, options: FetchOptions) -> Result:
    """Fetch a manifest's files into the filestore; layout `none`. Rows are read as they are needed."""
    # Workers read it from another working directory.
    listed = ManifestFiles(replace(manifest, path=manifest.path.absolute()), replica)
    report = fetch(dss, listed, folder, options)
    errors = errors_of(report)
    for error in errors:
        if isinstance(error, ChecksumMismatch):
            # The bytes were compared with values from the user, not from the service.
            error.remedy = "Check file_sha256 in the manifest; if it is right, the platform's copy is damaged."
    return Result(report=report, errors=errors)


def download_rows_as_bundles(
    dss: Dss, manifest: Manifest, replica: str, folder: Path, options: FetchOptions, *, no_metadata: bool, no_data: bool
) -> Result:
    """Fetch the data files that a manifest names and all metadata of their bundles; layout `bundle`."""
    wanted: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in manifest.rows():
        sha256 = row["file_sha256"].lower()
        if wanted[row["bundle_uuid"], row["bundle_version"]].setdefault(row["file_name"], sha256) != sha256:
            raise ManifestError(
                f"{manifest.path}: {row['file_name']} of bundle {row['bundle_uuid']} is listed with two checksums",
                remedy="Keep the correct row.",
            )

    def plan(named: tuple[tuple[str, str], dict[str, str]]) -> tuple[list[Bundle], list[OmicsError]]:
        (uuid, version), rows = named
        try:
            answer = get_manifest(dss, uuid, version, replica)
        except OmicsError as error:
            return [], [error]
        bundle, errors = bundle_of_rows(answer, rows, replica, no_metadata=no_metadata, no_data=no_data)
        return [bundle], errors

    with Workers(API_CALLS, "dss-bundles") as pool:
        planned = list(pool.map(plan, wanted.items()))
    result = download_bundles(dss, [bundle for bundles, _ in planned for bundle in bundles], folder, options)
    result.errors[:0] = [error for _, errors in planned for error in errors]
    return result


def bundle_of_rows(
    manifest: Mapping[str, Any], rows: Mapping[str, str], replica: str, *, no_metadata: bool, no_data: bool
) -> tuple[Bundle, list[OmicsError]]:
    """Return the part of a bundle that a manifest's rows select, and the rows that contradict the bundle.

    Args:
        manifest: What get_bundle answers.
        rows: Checksums by the files' names, as the rows state them.
        replica: Where files are fetched from.
        no_metadata: Leave out metadata.
        no_data: Leave out data.
    """
    bundle = manifest["bundle"]
    where = f"bundle {bundle['uuid']} version {bundle['version']}"
    listed = [DSSFile.from_dss_bundle_response(entry, replica) for entry in bundle["files"]]
    stated = {file.name: file.sha256 for file in listed if isinstance(file.name, str)}  # pyright: ignore[reportUnnecessaryIsInstance] - not validated
    errors: list[OmicsError] = []
    agreed: set[str] = set()
    for name, sha256 in rows.items():
        if stated.get(name) == sha256:
            agreed.add(name)
        elif name not in stated:
            errors.append(TransferError(f"{name}: {where} has no such file", remedy="Check the manifest's file_name."))
        else:
            remedy = "The manifest and the bundle disagree; check the manifest's file_sha256."
            errors.append(
                ChecksumMismatch(
                    f"{name} of {where}", algorithm="sha256", expected=sha256, actual=stated[name], remedy=remedy
                )
            )
    every = chosen(manifest, replica, NONE if no_metadata else ALL, NONE if no_data else ALL)
    files = [file for file in every if file.name in agreed or (file.indexed and file.name not in rows)]
    return Bundle(dict(manifest), files), errors


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
    num_retries: int = 10,
    min_delay_seconds: float = 0.25,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    dry_run: bool = False,
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
        num_retries: Retries per file, 0 or more. Each block that arrives restores one.
        min_delay_seconds: Minimum delay before a retry, in seconds.
        progress: Called a few times a second.
        stop: Set to stop the download within a second; the same call resumes it.
        control: Stops and pauses it, limits its rate, and limits its time.
        dry_run: Only report what would be done with each file; nothing is written.

    Returns:
        The result: `bundles[0].manifest` and `.folder`, `report` of every file. Call `raise_if_failed()` on it, or look
            at `errors`.

    Raises:
        UsageError: A filter and its flag are both given, or a number is negative.
        NotFound: There is no such bundle.
        UnsafePath: A file's name would leave the folder, or two files would land on one name.
    """
    metadata, data = filters(metadata_filter, data_filter, no_metadata, no_data)
    options = FetchOptions(int(num_retries), float(min_delay_seconds), progress, stop, control, dry_run)
    manifest = get_manifest(dss, bundle_uuid, version, replica)
    bundle = Bundle(manifest, chosen(manifest, replica, metadata, data))
    return download_bundles(dss, [bundle], Path(download_dir), options)


def download_manifest(
    dss: Dss,
    manifest: str | os.PathLike[str],
    replica: Replica,
    *,
    layout: str = "none",
    no_metadata: bool = False,
    no_data: bool = False,
    num_retries: int = 10,
    min_delay_seconds: float = 0.25,
    download_dir: str | os.PathLike[str] = "",
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    dry_run: bool = False,
    workers: int | None = None,
    scheduler: Any = None,
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
        num_retries: Retries per file, 0 or more.
        min_delay_seconds: Minimum delay before a retry, in seconds.
        download_dir: Folder to download into, created if missing; by default the current folder.
        progress: Called a few times a second.
        stop: Set to stop the download within a second; the same call resumes it.
        control: Stops and pauses it, limits its rate, and limits its time.
        dry_run: Only report what would be done with each file; nothing is written.
        workers: Number of worker processes on this machine, 1 or more; by default this process downloads alone. Workers
            import the main module, so a script starts its work below `if __name__ == "__main__":`.
        scheduler: Dask cluster whose workers download instead: the scheduler's address (`tcp://HOST:8786`), a cluster,
            or a `distributed.Client`. Its workers must see the manifest, the folder and any credentials file under
            the same paths.

    Returns:
        The result, as `download` gives it.

    Raises:
        ManifestError: The manifest cannot be worked from; nothing was fetched.
        UsageError: No such layout, flags that do not go with it, a number below its bound, or workers and a scheduler.
        MissingExtra: A scheduler is meant, and `distributed` is not installed.
        NoScheduler: Nothing that speaks Dask answers there.
    """
    if layout not in ("none", "bundle"):
        raise InvalidLayout(f"Invalid layout {layout} not one of [none, bundle]", remedy="Use one of the two.")
    if layout == "none" and (no_metadata or no_data):
        raise InvalidLayout(
            "--no-metadata and --no-data are only compatible with the 'bundle' layout", remedy="Add --layout bundle."
        )
    pool = None if workers is scheduler is None else worker_pool(workers, scheduler)
    options = FetchOptions(int(num_retries), float(min_delay_seconds), progress, stop, control, dry_run, pool)
    table = Manifest.open(Path(manifest))
    table.check()
    addresses = table.addresses()
    if addresses and (layout == "bundle" or pool is not None):
        raise UsageError(
            f"{table.path} is a manifest of Azul: the layout bundle and workers need the Data Store",
            remedy=f"Run: {INSTEAD} {table.path} --layout bundle",
        )
    options = replace(options, addresses=addresses)
    if not addresses and retirement(dss.base_url):
        _expect_answer(dss, table)
    if layout == "none":
        result = download_rows(dss, table, replica, Path(download_dir), options)
    else:
        result = download_rows_as_bundles(
            dss, table, replica, Path(download_dir), options, no_metadata=no_metadata, no_data=no_data
        )
    if not (dry_run or result.errors or result.report.why_stopped):
        target = Path.cwd() / table.path.name
        if target.exists():
            logger.warning("Overwriting manifest %s", target.name)
        try:
            result.errors += table.write_with_paths(target, os.fspath(download_dir), stored=layout == "none")
        except OmicsError as error:  # the files exist nevertheless
            result.errors.append(error)
    return result


def _expect_answer(dss: Dss, manifest: Manifest) -> None:
    """Find out with one request whether a retired host answers: else each file of the manifest would be tried for minutes.

    Raises:
        RetiredService: It does not; the remedy is the command that downloads the same files from Azul.
    """
    row = next(manifest.rows(), None)
    if row is None:
        return
    try:
        dss.with_options(retry=NO_RETRY).head_file.raw(uuid=row["file_uuid"], replica="aws")
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
        replica: Where to ask, `aws` or `gcp`.
        version: Version of the bundle; by default the latest.
        download_dir: Folder to download into, created if missing; by default the current folder.
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
