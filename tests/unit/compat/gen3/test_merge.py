"""GUIDs of an index's manifest are added to the rows of another table."""

import csv
import logging
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.gen3.tools.merge import (
    get_guids_for_manifest_row_partial_match,
    manifest_row_parsers,
    manifests_mapping_config,
    merge_guids_into_metadata,
)
from omicsdk.gen3.manifests import ManifestError


@pytest.fixture(autouse=True)
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two tables, in the working folder."""
    monkeypatch.chdir(tmp_path)
    entries = ["g1\ts1\t1", "g2\ts1-b\t2", "g3\ts3\t3", "g4\ts1\t4", "\ts5\t5"]
    Path("i.tsv").write_text("\n".join(["guid\tsample_id\tsize", *entries]))
    Path("m.csv").write_text("submitted_sample_id,note\ns1,one\ns9,nine\n,none\n")


def merged(**how: Any) -> list[list[str]]:
    merge_guids_into_metadata("i.tsv", "m.csv", **how)
    with Path("merged-metadata-manifest.tsv").open(newline="") as file:
        return list(csv.reader(file, delimiter="\t"))


def test_rows_get_the_guids_of_their_files(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "omicsdk"):
        assert merged() == [
            ["guid", "submitted_sample_id", "note", "sample_id", "size"],
            ["g1", "s1", "one", "s1", "1"],
            ["g4", "s1", "one", "s1", "4"],
            ["", "s9", "nine", "", ""],
            ["", "", "none", "", ""],
        ]
    assert caplog.messages == ["merged-metadata-manifest.tsv: 4 rows"]


@pytest.mark.parametrize(("lines", "columns"), [(["g1,s1"], ["sample_id"]), ([], [])])
def test_the_index_may_have_one_file_or_none(lines: list[str], columns: list[str]):
    Path("i.tsv").write_text("\n".join(["guid,sample_id", *lines]).replace(",", "\t"))
    assert merged()[0] == ["guid", "submitted_sample_id", "note", *columns]


def test_keys_may_be_parts_of_others():
    parsers = {**manifest_row_parsers, "guids_for_manifest_row": get_guids_for_manifest_row_partial_match}
    rows = merged(manifest_row_parsers=parsers, include_all_indexing_cols_in_output=False)
    assert rows[0] == ["guid", "submitted_sample_id", "note"]
    assert sorted(row[0] for row in rows[1:]) == ["", "", "g1", "g2", "g4"]


@pytest.mark.parametrize("column", ["row_column_name", "indexing_manifest_column_name"])
def test_columns_of_a_mapping_must_be_there(column: str):
    with pytest.raises(ManifestError, match="missing column 'x'"):
        merged(manifests_mapping_config={**manifests_mapping_config, column: "x"})
