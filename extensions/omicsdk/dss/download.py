"""Downloading bundles and manifests into the shared folder, by the transfer engine.

Each workflow first learns and checks everything that it needs (manifests, names, clashes), then fetches, then links. A
file that fails never stops the others; what failed is told at the end.
"""

import logging
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from omicsdk.core.errors import (
    ChecksumMismatch,
    DecodeError,
    OmicsError,
    TransferError,
    UsageError,
)
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.omit import OMIT
from omicsdk.dss.bundle import ALL, NONE, chosen, manifest_bytes, merged_pages
from omicsdk.dss.files import DSSFile
from omicsdk.dss.filestore import ROOT, link, name_in_store, store_bytes
from omicsdk.dss.locating import Locator
from omicsdk.dss.manifest import Manifest, ManifestError
from omicsdk.dss.result import Bundle, Result
from omicsdk.dss.sharded_manifest import ManifestFiles, Shared, fetch_shared, item_of, sha256_of
from omicsdk.transfer import Control, Outcome, Progress, Report, download
from omicsdk.transfer.names import check_links, check_names
from omicsdk.transfer.scale.repeats import first_of_each
from omicsdk.transfer.workers import Workers
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

Replica = Literal["aws", "gcp"]

API_CALLS = 16
"""Calls to the service that are under way at once."""

CONNECTIONS = 64
"""Requests for files that are under way at once, at most: to the service, which takes its time, and to where it sends us."""

logger = logging.getLogger("omicsdk.dss")


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


def get_manifest(api: "DssApi", uuid: str, version: str, replica: str) -> dict[str, Any]:
    """A bundle's manifest, all pages merged.

    Args:
        api: The service.
        uuid: The bundle.
        version: Its version, or empty for the latest.
        replica: Where to ask.

    Raises:
        NotFound: There is no such bundle.
        DecodeError: The answer has no list of files.
    """
    operation = api.get_bundle
    request = operation.build(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT)
    pages: list[dict[str, Any]] = []
    for response in operation.answers(request):
        page: object = response.json()
        bundle = page.get("bundle") if is_object(page) else None
        if not is_object(page) or not is_object(bundle) or not is_array(bundle.get("files")):
            raise DecodeError("get_bundle", "bundle.files", None, expected="the bundle's files")
        pages.append(page)
    return merged_pages(pages)


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


def missing(manifest: Manifest, folder: Path) -> list[OmicsError]:
    """Looks for rows whose files aren't in the filestore, after a transfer that failed for none."""
    start = str(folder / ROOT)
    return [
        TransferError(f"{row['file_name']}: its file isn't in the filestore", remedy="Download it by itself.")
        for row in manifest.rows()
        if not os.path.exists(f"{start}/{name_in_store(row['file_sha256'])}")  # noqa: PTH110 - a Path costs more
    ]


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


def errors_of(report: Report) -> list[OmicsError]:
    """The errors of the files that failed."""
    return [outcome.error for outcome in report.failed if outcome.error is not None]


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
