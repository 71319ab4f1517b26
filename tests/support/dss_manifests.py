"""Manifests of bundles that a sandbox was seeded with."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

#: Of the columns only that of the version may be missing.
WITH_VERSION = ("bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_version", "file_sha256", "file_size")
COLUMNS = tuple(column for column in WITH_VERSION if column != "file_version")


def rows_of(*bundles: Mapping[str, Any], names: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of the files of bundles, as `Sandbox.seed` describes these.

    Args:
        bundles: The bundles.
        names: The names of the only files; without any all.
    """
    return [
        {
            "bundle_uuid": bundle["bundle_uuid"],
            "bundle_version": bundle["version"],
            **{f"file_{field}": str(file[field]) for field in ("name", "uuid", "version", "sha256", "size")},
        }
        for bundle in bundles
        for file in bundle["files"]
        if not names or file["name"] in names
    ]


def write_manifest(path: Path, rows: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
    """Write a manifest of some columns, and return its path."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, dialect="excel-tab", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path
