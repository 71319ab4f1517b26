"""Addition of GUIDs of an index manifest to the rows of another table, such as samples."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omicsdk.core.logs import logger
from omicsdk.gen3.manifests.tables import require_columns, table_of, written_table

_log = logger(__name__)

# The rows of an index's manifest by their keys.
IndexingData = dict[str, list[dict[str, str]]]


def _get_guids_for_manifest_row(row: Mapping[str, str], data: IndexingData, config: Mapping[str, str]) -> list[str]:
    """Return the GUIDs of the files with the key of a row."""
    key = row.get(config["row_column_name"], "").strip()
    return _guids(data.get(key, ()), config)


def get_guids_for_manifest_row_partial_match(
    row: Mapping[str, str], data_from_indexing_manifest: IndexingData, config: Mapping[str, str], **_: object
) -> list[str]:
    """Return the GUIDs of the files whose key contains that of a row, each file once.

    Args:
        row: The row's cells by the columns' names.
        data_from_indexing_manifest: The files by their keys; those that are found are taken out.
        config: The columns: guid_column_name, row_column_name, indexing_manifest_column_name.

    Returns:
        The GUIDs; none for a row without a key.
    """
    key = row.get(config["row_column_name"], "").strip()
    keys = [candidate for candidate in data_from_indexing_manifest if key and key in candidate]
    return [guid for match in keys for guid in _guids(data_from_indexing_manifest.pop(match), config)]


def _guids(rows: Sequence[Mapping[str, str]], config: Mapping[str, str]) -> list[str]:
    return [guid for row in rows if (guid := row.get(config["guid_column_name"], ""))]


def _get_data_from_indexing_manifest(
    manifest_file: str | os.PathLike[str], config: Mapping[str, str], delimiter: str | None = None, **_: object
) -> IndexingData:
    """Return the files of an index manifest by key."""
    indexing_data = IndexingData()
    with table_of(Path(manifest_file), delimiter) as table:
        columns = config["indexing_manifest_column_name"], config["guid_column_name"]
        require_columns(table.path, table.header, columns)
        for row in table.rows:
            cells = dict(zip(table.header, row.cells, strict=False))
            indexing_data.setdefault(cells[config["indexing_manifest_column_name"]].strip(), []).append(cells)
    return indexing_data


# Functions that read the files and find those of a row.
manifest_row_parsers: dict[str, Callable[..., Any]] = {
    "guids_for_manifest_row": _get_guids_for_manifest_row,
    "get_data_from_indexing_manifest": _get_data_from_indexing_manifest,
}
# The columns: GUIDs and keys of the index's manifest, keys of the other table.
manifests_mapping_config = {
    "guid_column_name": "guid",
    "row_column_name": "submitted_sample_id",
    "indexing_manifest_column_name": "sample_id",
}


def merge_guids_into_metadata(
    indexing_manifest: str | os.PathLike[str],
    metadata_manifest: str | os.PathLike[str],
    indexing_manifest_file_delimiter: str | None = None,
    metadata_manifest_file_delimiter: str | None = None,
    manifest_row_parsers: Mapping[str, Callable[..., Any]] = manifest_row_parsers,
    manifests_mapping_config: Mapping[str, str] = manifests_mapping_config,
    output_filename: str | os.PathLike[str] = "merged-metadata-manifest.tsv",
    include_all_indexing_cols_in_output: bool = True,
) -> None:
    """Add the GUIDs of files to the rows of a table: one row per matching file, and the rows without a match.

    Args:
        indexing_manifest: The manifest of an index; it is held in memory.
        metadata_manifest: The table.
        indexing_manifest_file_delimiter: The separator of the manifest's cells; by default the one of its suffix.
        metadata_manifest_file_delimiter: The separator of the table's cells; by default the one of its suffix.
        manifest_row_parsers: How the files are read, and those of a row found.
        manifests_mapping_config: Which columns belong together.
        output_filename: The output table, separated by tabs; written atomically.
        include_all_indexing_cols_in_output: Whether it has the manifest's columns, too.

    Raises:
        ManifestError: A table cannot be read, or lacks a column.
    """
    config, everything = manifests_mapping_config, include_all_indexing_cols_in_output
    data: IndexingData = manifest_row_parsers["get_data_from_indexing_manifest"](
        indexing_manifest,
        config=config,
        delimiter=indexing_manifest_file_delimiter,
        include_all_indexing_cols_in_output=everything,
    )
    files = [row for rows in data.values() for row in rows] if everything else []
    by_guid = {guid: row for row in files if (guid := row[config["guid_column_name"]])}
    count = 0
    with table_of(Path(metadata_manifest), metadata_manifest_file_delimiter) as table:
        require_columns(table.path, table.header, [config["row_column_name"]])
        header = list(dict.fromkeys(["guid", *table.header, *(files[0] if files else ())]))
        with written_table(output_filename, header, "\t") as write:
            for row in table.rows:
                cells = dict(zip(table.header, row.cells, strict=False))
                guids: list[str] = manifest_row_parsers["guids_for_manifest_row"](cells, data, config=config)
                filled_cells = {name: cell for name, cell in cells.items() if cell}
                for guid in guids or [""]:
                    merged = {**by_guid.get(guid, {}), **filled_cells, "guid": guid}
                    write([merged.get(name, "") for name in header])
                    count += 1
    _log.info("%s: %d rows", output_filename, count)
