"""Cells of a data set's tables as values of properties."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from omicsdk.dtp.sds.layout import layout
from omicsdk.dtp.sds.tables import absent, read_table, reader_of
from omicsdk.gen3.dictionary import Dictionary, Property, Shape


@pytest.mark.parametrize(
    ("kinds", "cell", "value"),
    [
        (("string",), ' "a"\r\nb\rc\n', "'a'\nb\nc"),
        (("string",), "7", "7"),
        (("string",), 7, "7"),
        (("string", "integer"), "7", "7"),
        (("integer", "string"), "7", "7"),
        ((), "7", "7"),
        (("integer",), "7", 7),
        (("integer",), "seven", "seven"),
        (("array",), "a", ["a"]),
        (("array",), "a\n\n b", ["a", "b"]),
        (("string", "array"), "a", "a"),
        (("string", "array"), "a\r\nb", ["a", "b"]),
        (("string", "array"), "a\n \nb\n", ["a", "b"]),
        (("string", "array"), "-\n\n", "-"),
    ],
)
def test_a_cell_is_a_value_of_the_property_s_type(kinds: tuple[str, ...], cell: Any, value: object) -> None:
    assert reader_of(Property("p", (Shape(kinds),)))(cell) == value


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Shape(), "NA"),
        (Shape(choices=("a", "b")), None),
        (Shape(("string", "array")), "NA"),
        (Shape(("array",)), []),
        (Shape(("integer",)), None),
    ],
)
def test_the_value_of_a_required_property_that_a_sheet_leaves_out(shape: Shape, value: object) -> None:
    assert absent(Property("p", (shape,))) == value


@pytest.mark.parametrize(("kind", "value"), [("array", ["One", "Two"]), ("string", "One\nTwo")])
def test_the_cells_of_an_element_are_items_or_lines(
    sds_document: Mapping[str, Any], tmp_path: Path, kind: str, value: object
) -> None:
    document = copy.deepcopy(dict(sds_document))
    document["dataset_description"]["properties"]["title"] = {"type": kind}
    path = tmp_path / "dataset_description.csv"
    path.write_text("Metadata element,Description,Example,Value,Value 2\nTitle,,no,One,Two\n")
    (description,) = (table for table in layout().kinds if table.stem == "dataset_description")
    node = Dictionary(document).node("dataset_description")
    (entry,) = read_table(path, path.name, description, "2.0.0", node).entries
    assert entry.values == {"title": value}
