"""Indexing of manifests, and deletion of their records."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.compat.gen3._service import commons
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests.tables import SIZE, size_of

if TYPE_CHECKING:
    from omicsdk.compat.gen3._service import Auth

_log = logger(__name__)


class ThreadControl(NamedTuple):
    """Progress of a run.

    Attributes:
        processed_files: Files that are done.
        num_total_files: All files.
    """

    processed_files: int = 0
    num_total_files: int = 0


def index_object_manifest(
    commons_url: str,
    manifest_file: str | os.PathLike[str],
    thread_num: int,
    auth: Auth | None = None,
    replace_urls: bool = True,
    manifest_file_delimiter: str | None = None,
    output_filename: str | os.PathLike[str] = "indexing-output-manifest.csv",
    submit_additional_metadata_columns: bool = False,
    force_metadata_columns_even_if_empty: bool = True,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Index the files of a manifest; the same call resumes after an interrupt.

    `Gen3.index_manifest` does the same without holding the rows in memory.

    Args:
        commons_url: The commons.
        manifest_file: A table with urls, md5 and size, and what else is known.
        thread_num: How many batches of rows are in progress at once, from 1.
        auth: The credentials: a Gen3Auth, or a name and a password.
        replace_urls: Whether the URLs of a record become those of its row, or these are added to them.
        manifest_file_delimiter: The separator of the cells; by default the one of the suffix.
        output_filename: The output table, with the GUIDs of all records; it is separated by tabs.
        submit_additional_metadata_columns: Whether the other columns become documents of the metadata service.
        force_metadata_columns_even_if_empty: Whether their empty cells do, too.

    Returns:
        The rows as they were written, and the names of their columns.

    Raises:
        ManifestError: The manifest cannot be read, or lacks a column.
        SomeFailed: Rows failed; all others are done, and both are written.
    """
    with commons(commons_url, auth) as client:
        summary = client.index_manifest(
            manifest_file,
            output_filename,
            threads=thread_num,
            replace_urls=replace_urls,
            metadata=submit_additional_metadata_columns,
            empty_metadata=force_metadata_columns_even_if_empty,
            delimiter=manifest_file_delimiter,
            output_delimiter="\t",
        )
    for error in summary.errors:
        _log.error("%s", error)
    summary.raise_if_failed("indexed")
    with Path(output_filename).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        rows: list[dict[str, Any]] = [{**row, SIZE: size_of(row[SIZE])} for row in reader]
        return rows, list(reader.fieldnames or ())


def delete_all_guids(auth: Auth, file: str | os.PathLike[str]) -> None:
    """Delete the index records of all files of a manifest. The files' bytes are kept, without any reference.

    Args:
        auth: The credentials: a Gen3Auth, which states the commons.
        file: A table with a column of GUIDs (guid or did).

    Raises:
        ManifestError: The manifest cannot be read, or no column names the files.
        SomeFailed: Some records could not be deleted.
    """
    with commons(auth=auth) as client:
        summary = client.delete_index_records(file)
    for error in summary.errors:
        _log.error("%s", error)
    summary.raise_if_failed("deleted")
