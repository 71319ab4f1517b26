"""read_excel gives a sheet as a data frame."""

from datetime import datetime

import pytest
from omicsdk.core import MissingExtra
from omicsdk.dtp import Gen3Convertor, SdsError
from openpyxl import Workbook
from sds_sheets import write_sheet


def test_a_sheet_becomes_a_frame(tmp_path):
    path = write_sheet(
        tmp_path / "b.xlsx",
        [["subject id", "age", None, "born"], ["sub-1", 30, "x", datetime(2024, 1, 2)], [None], ["sub-2", 1.5]],
    )
    frame = Gen3Convertor.read_excel(path)
    assert list(frame.columns) == ["subject id", "age", "3", "born"]
    assert frame["subject id"].tolist() == ["sub-1", "sub-2"]
    assert frame["age"].tolist() == [30, 1.5]
    assert frame["born"][0] == datetime(2024, 1, 2)


def test_the_sheet_may_be_named(tmp_path):
    book = Workbook()
    book.worksheets[0].append(["one"])
    book.create_sheet("second").append(["two"])
    book.save(tmp_path / "b.xlsx")
    assert list(Gen3Convertor.read_excel(str(tmp_path / "b.xlsx")).columns) == ["one"]
    assert list(Gen3Convertor.read_excel(tmp_path / "b.xlsx", "second").columns) == ["two"]
    with pytest.raises(SdsError, match=r"has no sheet 'secnd'.*'second'"):
        Gen3Convertor.read_excel(tmp_path / "b.xlsx", sheet_name="secnd")


def test_an_empty_sheet_is_an_empty_frame(tmp_path):
    assert Gen3Convertor.read_excel(write_sheet(tmp_path / "b.xlsx", [])).empty


def test_a_row_longer_than_the_header_keeps_its_cells(tmp_path):
    frame = Gen3Convertor.read_excel(write_sheet(tmp_path / "b.xlsx", [["a"], [1, 2, 3]]))
    assert frame.to_dict("records") == [{"a": 1, "2": 2, "3": 3}]


def test_a_file_that_does_not_exist_and_a_formula_without_a_value_are_reported(tmp_path):
    with pytest.raises(SdsError, match="not found"):
        Gen3Convertor.read_excel(tmp_path / "none.xlsx")
    path = write_sheet(tmp_path / "b.xlsx", [["a", "b"], [1, "=A2"]])
    with pytest.raises(SdsError, match=r'b\.xlsx, sheet Sheet1, row 2, column b: "=A2" is a formula'):
        Gen3Convertor.read_excel(path)


def test_without_pandas_it_is_stated_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pip install"):
        Gen3Convertor.read_excel(write_sheet(tmp_path / "b.xlsx", [["a"]]))
