"""Downloading what a manifest lists: into the filestore alone, or into bundles' folders too."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import ChecksumMismatch, OmicsError, TransferError
from omicsdk.hca.dss.downloads.asking import API_CALLS, get_manifest
from omicsdk.hca.dss.downloads.bundle import ALL, NONE, chosen
from omicsdk.hca.dss.downloads.fetching import fetch, missing
from omicsdk.hca.dss.downloads.folders import download_bundles
from omicsdk.hca.dss.downloads.options import FetchOptions
from omicsdk.hca.dss.downloads.result import Bundle, Result, errors_of
from omicsdk.hca.dss.manifest import Manifest, ManifestError
from omicsdk.hca.dss.sharded_manifest import ManifestFiles
from omicsdk.transfer.workers import Workers

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi


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
