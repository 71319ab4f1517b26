"""Downloads of bundles and manifests: files go to the filestore, and bundles' folders link to them."""

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import ChecksumMismatch, OmicsError, SomeFailed, TransferError, first_of
from omicsdk.core.omit import OMIT
from omicsdk.core.paging import page_of
from omicsdk.hca.dss.bundles import (
    ALL,
    FILES_KEY,
    NONE,
    DSSFile,
    chosen,
    filters,
    folder_name,
    manifest_bytes,
    merged_pages,
)
from omicsdk.hca.dss.fetching import (
    FetchOptions,
    ManifestFiles,
    SameService,
    Shared,
    can_travel,
    check_layout,
    fetch,
    missing,
)
from omicsdk.hca.dss.filestore import link, name_in_store, store_bytes
from omicsdk.hca.dss.manifests import Manifest, ManifestError
from omicsdk.transfer import Item, Location, Outcome, Report, TransferReport
from omicsdk.transfer import verify as compare
from omicsdk.transfer.names import check_links, check_names
from omicsdk.transfer.scale.crew import Crew
from omicsdk.transfer.workers import Workers
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.bundles import Replica
    from omicsdk.hca.dss.client import Dss
    from omicsdk.transfer import Control, Progress


logger = getLogger("omicsdk.hca.dss")

API_CALLS = 16
"""Calls to the service that are under way at once."""


def get_manifest(api: "DssApi", uuid: str, version: str, replica: str) -> dict[str, Any]:
    """A bundle's manifest, all pages merged.

    Args:
        api: The service.
        uuid: The bundle.
        version: Its version, or empty for the latest.
        replica: Where to ask.

    Raises:
        NotFound: There is no such bundle.
        DecodeError: The answer has no list of files, or doesn't say which bundle it is.
    """
    operation = api.get_bundle
    request = operation.build(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT)
    return merged_pages([page_of(response, FILES_KEY, "get_bundle") for response in operation.answers(request)])


class DownloadFailed(SomeFailed, RuntimeError):
    """Some files of a download failed; `errors` has each, all others are in place."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that is to be had.

    Attributes:
        manifest: What get_bundle answers, all pages merged.
        files: Those of its files that are wanted.
    """

    manifest: dict[str, Any]
    files: list[DSSFile]

    @property
    def folder(self) -> str:
        """Its folder below the download folder."""
        return folder_name(self.manifest)


@dataclass(slots=True)
class Result:
    """What a download did.

    Attributes:
        bundles: The bundles whose folders it made.
        report: What the transfer engine says of each file of the filestore.
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
                f"{len(self.report.stopped)} of {len(self.report.outcomes)} files were stopped before their end"
                + (f": {self.report.why_stopped}" if self.report.why_stopped else ""),
                remedy="The same call goes on where it stopped.",
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


class DownloadStopped(TransferError):
    """A download was stopped from outside; what arrived is kept."""


def errors_of(report: Report) -> list[OmicsError]:
    """The errors of the files that failed."""
    return [outcome.error for outcome in report.failed if outcome.error is not None]


def download_bundles(
    api: "DssApi", bundles: Sequence[Bundle], folder: Path, options: FetchOptions, singles: Sequence[DSSFile] = ()
) -> Result:
    """Fetch bundles' files and lay out their folders.

    Names are checked before a byte is fetched.

    Args:
        api: The service.
        bundles: The bundles.
        folder: The download folder.
        options: How.
        singles: Files that belong to no bundle; their names are where they are linked below the download folder.

    Raises:
        UnsafePath: A file's name would leave the download folder, or two would land on one path.
    """
    names = [
        f"{bundle.folder}/{name}" for bundle in bundles for name in ("bundle.json", *(f.name for f in bundle.files))
    ]
    names += [file.name for file in singles]
    check_names(names, folds_case=True)
    check_links(names, str(folder))
    report = fetch(
        api, chain((file for bundle in bundles for file in bundle.files), singles), folder, options, known=True
    )
    result = Result(list(bundles), report, errors_of(report))
    if options.dry_run:
        return result
    outcomes: dict[str, Outcome] = {outcome.name: outcome for outcome in report.outcomes}
    there = {name for name, outcome in outcomes.items() if outcome.state in ("done", "skipped")}
    for bundle in bundles:
        result.errors += lay_out(bundle, folder, there)
    for file in singles:
        if name_in_store(file.sha256) in there:
            result.errors += placed(folder, file, file.name)
    return result


def lay_out(bundle: Bundle, folder: Path, there: Container[str]) -> list[OmicsError]:
    """Make a bundle's folder of what is in the filestore.

    Args:
        bundle: The bundle.
        folder: The download folder.
        there: Names in the filestore of the files that are there and right.

    Returns:
        What could not be linked or written; all others are in place.
    """
    content = manifest_bytes(bundle.manifest)
    identity = bundle.manifest["bundle"]
    own = DSSFile.for_bundle_manifest(content, identity["uuid"], identity["version"], "")
    errors: list[OmicsError] = []
    errors += placed(folder, own, f"{bundle.folder}/{own.name}", content)
    for file in bundle.files:
        if name_in_store(file.sha256) in there:
            errors += placed(folder, file, f"{bundle.folder}/{file.name}")
    return errors


def placed(folder: Path, file: DSSFile, name: str, content: bytes | None = None) -> list[OmicsError]:
    """Links a file of the filestore to its place.

    Args:
        folder: The download folder.
        file: The file.
        name: Where to, below the download folder.
        content: What it holds, if it has to be put into the filestore first.

    Returns:
        Why it couldn't be, if so.
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


def download_rows(api: "DssApi", manifest: Manifest, replica: str, folder: Path, options: FetchOptions) -> Result:
    """Fetch a manifest's files into the filestore; layout `none`. Rows are read as they are needed."""
    report = fetch(api, ManifestFiles(manifest, replica), folder, options)
    errors = errors_of(report)
    for error in errors:
        if isinstance(error, ChecksumMismatch):
            # What the bytes were held against came from the user, not from the service.
            error.remedy = "Check file_sha256 in the manifest; if it is right, the platform's copy is damaged."
    if report.ok and not options.dry_run:
        errors += missing(manifest, folder)
    return Result(report=report, errors=errors)


def download_rows_as_bundles(
    api: "DssApi",
    manifest: Manifest,
    replica: str,
    folder: Path,
    options: FetchOptions,
    *,
    no_metadata: bool = False,
    no_data: bool = False,
) -> Result:
    """Fetch the data files that a manifest names and all metadata of their bundles; layout `bundle`."""
    wanted: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in manifest.rows():
        sha256 = row["file_sha256"].lower()
        if wanted[row["bundle_uuid"], row["bundle_version"]].setdefault(row["file_name"], sha256) != sha256:
            raise ManifestError(
                f"{manifest.path}: {row['file_name']} of bundle {row['bundle_uuid']} stands there with two checksums",
                remedy="Keep the row that is right.",
            )

    def plan(named: tuple[tuple[str, str], dict[str, str]]) -> tuple[Bundle | None, list[OmicsError]]:
        (uuid, version), rows = named
        try:
            answer = get_manifest(api, uuid, version, replica)
        except OmicsError as error:
            return None, [error]
        return bundle_of_rows(answer, rows, replica, no_metadata=no_metadata, no_data=no_data)

    with Workers(API_CALLS, "dss-bundles") as pool:
        planned = list(pool.map(plan, wanted.items()))
    result = download_bundles(api, [bundle for bundle, _ in planned if bundle is not None], folder, options)
    result.errors[:0] = [error for _, errors in planned for error in errors]
    return result


def bundle_of_rows(
    manifest: Mapping[str, Any], rows: Mapping[str, str], replica: str, *, no_metadata: bool, no_data: bool
) -> tuple[Bundle, list[OmicsError]]:
    """What a manifest's rows want of one bundle, and the rows that the bundle contradicts.

    Args:
        manifest: What get_bundle answers.
        rows: Checksums by the files' names, as the rows state them.
        replica: Where files are fetched from.
        no_metadata: Leave out metadata.
        no_data: Leave out data.
    """
    bundle = manifest["bundle"]
    where = f"bundle {bundle['uuid']} version {bundle['version']}"
    stated = {entry["name"]: entry for entry in bundle["files"]}
    errors: list[OmicsError] = []
    for name, sha256 in rows.items():
        if name not in stated:
            errors.append(TransferError(f"{name}: {where} has no such file", remedy="Check the manifest's file_name."))
        elif stated[name]["sha256"].lower() != sha256:
            errors.append(
                ChecksumMismatch(
                    f"{name} of {where}",
                    algorithm="sha256",
                    expected=sha256,
                    actual=stated[name]["sha256"],
                    remedy="The manifest and the bundle disagree; check the manifest's file_sha256.",
                )
            )
    contradicted = {name for name in rows if name in stated and stated[name]["sha256"].lower() != rows[name]}
    every = chosen(manifest, replica, NONE if no_metadata else ALL, NONE if no_data else ALL)
    files = [file for file in every if (file.indexed or file.name in rows) and file.name not in contradicted]
    return Bundle(dict(manifest), files), errors


def download(
    dss: "Dss",
    bundle_uuid: str,
    replica: "Replica",
    *,
    version: str = "",
    download_dir: str | os.PathLike[str] = "",
    metadata_filter: Iterable[str] = ALL,
    data_filter: Iterable[str] = ALL,
    no_metadata: bool = False,
    no_data: bool = False,
    num_retries: int = 10,
    min_delay_seconds: float = 0.25,
    progress: "Callable[[Progress], None] | None" = None,
    stop: threading.Event | None = None,
    control: "Control | None" = None,
    dry_run: bool = False,
) -> "Result":
    """Download a bundle into the folder `<download_dir>/<uuid>.<version>/`.

    Files land in the filestore `<download_dir>/.hca`, verified by SHA-256, and are linked from the bundle's folder;
    bundle.json holds the bundle's manifest. What is there and right isn't fetched again.

    Args:
        bundle_uuid: The bundle.
        replica: Where to fetch from, `aws` or `gcp`.
        version: The bundle's version; by default the latest.
        download_dir: The download folder; by default the current one. It is made when it isn't there.
        metadata_filter: Shell patterns; metadata (files with `indexed` set) whose whole name matches none of them,
            compared with case, are left out.
        data_filter: The same for all other files.
        no_metadata: Leave out all metadata.
        no_data: Leave out all data.
        num_retries: Failures in a row that end a file; 0 for none. Each block that arrives wins one back.
        min_delay_seconds: Least wait before a retry.
        progress: Called a few times a second.
        stop: Set it to end the download within a second; the same call goes on from there.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would happen with each file; nothing is written.

    Returns:
        The result: `bundles[0].manifest` and `.folder`, `report` of every file. Call `raise_if_failed()` on it, or
        look at `errors`.

    Raises:
        UsageError: A filter and its flag are both given, or a number is negative.
        NotFound: There is no such bundle.
        UnsafePath: A file's name would leave the folder, or two files would land on one name.
    """
    metadata, data = filters(metadata_filter, data_filter, no_metadata, no_data)
    options = _options(num_retries, min_delay_seconds, progress, stop, control, dry_run=dry_run)
    manifest = get_manifest(dss, bundle_uuid, version, replica)
    bundle = Bundle(manifest, chosen(manifest, replica, metadata, data))
    return download_bundles(dss, [bundle], Path(download_dir), options)


def download_manifest(
    dss: "Dss",
    manifest: str | os.PathLike[str],
    replica: "Replica",
    *,
    layout: str = "none",
    no_metadata: bool = False,
    no_data: bool = False,
    num_retries: int = 10,
    min_delay_seconds: float = 0.25,
    download_dir: str | os.PathLike[str] = "",
    progress: "Callable[[Progress], None] | None" = None,
    stop: threading.Event | None = None,
    control: "Control | None" = None,
    dry_run: bool = False,
    workers: int | None = None,
    scheduler: Any = None,
) -> "Result":
    """Download the files that a manifest lists.

    When all are there, a copy of the manifest with a column `file_path` is written into the current folder, under
    the manifest's own name.

    Args:
        manifest: A table separated by tabs with the columns bundle_uuid, bundle_version, file_name, file_uuid,
            file_sha256 and file_size; file_version is used when it is there.
        replica: Where to fetch from, `aws` or `gcp`.
        layout: `none` leaves the files in the filestore; `bundle` makes a folder for each bundle too, with all of
            its metadata and the data files that the manifest names.
        no_metadata: Leave out metadata (layout `bundle` only).
        no_data: Leave out data (layout `bundle` only).
        num_retries: Failures in a row that end a file; 0 for none.
        min_delay_seconds: Least wait before a retry.
        download_dir: The download folder; by default the current one.
        progress: Called a few times a second.
        stop: Set it to end the download within a second; the same call goes on from there.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would happen with each file; nothing is written.
        workers: Processes of this machine that share the files out, 1 or more; by default this one fetches alone. They
            import the program's main module: it begins its work below `if __name__ == "__main__":`.
        scheduler: The workers of a Dask cluster do so in their place: its scheduler's address (`tcp://HOST:8786`), a
            cluster, or a `distributed.Client`. They must see the manifest and the folder under the same paths, and what
            proves who asks, where that isn't a token: it is looked for there.

    Returns:
        The result, as `download` gives it.

    Raises:
        ManifestError: The manifest can't be worked from; nothing was fetched.
        UsageError: No such layout, flags that don't go with it, a number below its bound, or workers and a scheduler.
        MissingExtra: A scheduler is meant, and `distributed` isn't installed.
        NoScheduler: Nothing that speaks Dask answers there.
    """
    check_layout(layout, no_metadata, no_data)
    crew = Crew.of(workers, scheduler)
    options = _options(num_retries, min_delay_seconds, progress, stop, control, dry_run=dry_run)
    if crew is not None:
        options = replace(options, shared=_shared_by(dss, crew))
    table = Manifest.open(Path(manifest))
    table.check()
    if layout == "none":
        result = download_rows(dss, table, replica, Path(download_dir), options)
    else:
        result = download_rows_as_bundles(
            dss, table, replica, Path(download_dir), options, no_metadata=no_metadata, no_data=no_data
        )
    if not (dry_run or result.errors or result.report.why_stopped):
        try:
            _write_copy(table, os.fspath(download_dir))
        except OmicsError as error:  # the files are there all the same
            result.errors.append(error)
    return result


def verify(
    dss: "Dss",
    bundle_uuid: str,
    replica: "Replica",
    *,
    version: str = "",
    download_dir: str | os.PathLike[str] = "",
    metadata_filter: Iterable[str] = ALL,
    data_filter: Iterable[str] = ALL,
    no_metadata: bool = False,
    no_data: bool = False,
    stop: threading.Event | None = None,
) -> TransferReport:
    """Compare the files of a downloaded bundle with the sizes and checksums that the Data Store states.

    Args:
        bundle_uuid: The bundle.
        replica: Where to ask, `aws` or `gcp`.
        version: The bundle's version; by default the latest.
        download_dir: The download folder; by default the current one.
        metadata_filter: Shell patterns; metadata whose name matches none of them are left out, as in `download`.
        data_filter: The same for all other files.
        no_metadata: Leave out all metadata.
        no_data: Leave out all data.
        stop: Ends the comparison when it is set.

    Returns:
        The outcome of each file, in the order of the bundle: done where it is right, failed where it is missing or differs.

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


def _write_copy(table: "Manifest", download_dir: str) -> None:
    target = Path.cwd() / table.path.name
    if target.exists():
        logger.warning("Overwriting manifest %s", target.name)
    table.write_with_paths(target, download_dir)


def _options(
    num_retries: int,
    min_delay_seconds: float,
    progress: "Callable[[Progress], None] | None",
    stop: threading.Event | None,
    control: "Control | None",
    *,
    dry_run: bool,
) -> "FetchOptions":
    return FetchOptions(int(num_retries), float(min_delay_seconds), progress, stop, control, dry_run)


def _shared_by(dss: "Dss", crew: "Crew") -> "Shared":
    """What the workers of a crew need to ask the same service as the same user."""
    held = dss.credentials
    finds = dss.finds_credentials and not can_travel(held)
    return Shared(crew, SameService(type(dss), dss.base_url, None if finds else held, finds))
