"""Tables of records: what is written is read again, and cells become what their columns hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.gen3.records.dictionary import Dictionary, sds_document
from omicsdk.sandbox.gen3.records.requests import CSV, TSV, NotATable, read_table, write_table

DICTIONARY = Dictionary(sds_document())
CELLS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1).filter(lambda text: text != "null")


@given(st.lists(CELLS, min_size=1, max_size=5), st.sampled_from((TSV, CSV)))
def test_texts_are_read_as_they_were_written(texts: list[str], kind: str) -> None:
    rows = [["case", text, text] for text in texts]
    table = write_table(kind, ["type", "submitter_id", "age"], rows)
    read = read_table(table, kind, DICTIONARY)
    assert read == [{"type": "case", "submitter_id": text, "age": text} for text in texts]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("number_experimental_group", "3", 3),
        ("number_experimental_group", "3.0", "3.0"),
        ("number_experimental_group", "3.5", "3.5"),
        ("number_experimental_group", "1e400", "1e400"),
        ("number_experimental_group", "many", "many"),
        ("indels_identified", "TRUE", True),
        ("indels_identified", "false", False),
        ("indels_identified", "yes", "yes"),
        ("experimental_description", "3", "3"),
        ("experimental_description", "null", None),
        ("*experimental_description", "x", "x"),
        ("unknown", "x", "x"),
    ],
)
def test_cells_become_what_the_dictionary_states(column: str, cell: str, value: object) -> None:
    [read] = read_table(f"type\t{column}\tsubmitter_id\nexperiment\t{cell}\te1\n", TSV, DICTIONARY)
    assert read[column.lstrip("*")] == value
    assert type(read[column.lstrip("*")]) is type(value)


@pytest.mark.parametrize(
    ("kind", "cells"),
    [(TSV, "type\tkeywords\ndataset_description\ta, b"), (CSV, "type,keywords\ndataset_description,a#b")],
)
def test_lists_are_split_by_the_format_s_own_sign(kind: str, cells: str) -> None:
    assert read_table(cells, kind, DICTIONARY)[0]["keywords"] == ["a", "b"]


@pytest.mark.parametrize(
    ("cells", "links"),
    [
        ("type\texperiments.submitter_id\ncase\te1,e2", [{"submitter_id": "e1"}, {"submitter_id": "e2"}]),
        ("type\texperiments.id\texperiments.submitter_id\ncase\tx\te1", [{"id": "x", "submitter_id": "e1"}]),
    ],
)
def test_links_are_in_columns_of_their_keys(cells: str, links: list[dict[str, Any]]) -> None:
    assert read_table(cells, TSV, DICTIONARY)[0]["experiments"] == links


def test_a_link_without_a_value_does_not_exist() -> None:
    cells = "type\tslides.submitter_id\tfile_name\nslide_image\t\ta"
    assert read_table(cells, TSV, DICTIONARY) == [{"type": "slide_image", "file_name": "a"}]


def test_rows_without_a_type_are_passed_over() -> None:
    assert read_table("type\tsubmitter_id\n\tc1\ncase\tc2", TSV, DICTIONARY) == [{"type": "case", "submitter_id": "c2"}]


@pytest.mark.parametrize("table", ["type\ncase\tmore", f"type\n{'x' * 200_000}"])
def test_what_is_not_a_table_is_refused(table: str) -> None:
    with pytest.raises(NotATable):
        read_table(table, TSV, DICTIONARY)
