"""Tables of records are read as plain rows, each with its place."""

import json
import time
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from broken_workbooks import CHANGES, break_workbook
from omicsdk.core import MissingExtra
from omicsdk.gen3 import Gen3UserError
from omicsdk.gen3.records import Place, Table

ROWS = [{"type": "case", "submitter_id": "c1", "sex": "F"}, {"type": "case", "submitter_id": "c2", "sex": ""}]


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def workbook(folder: Path, **sheets: list[list[Any]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = folder / "book.xlsx"
    book.save(file)
    return file


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "type\tsubmitter_id\tsex\ncase\tc1\tF\ncase\tc2\t\n"),
        ("a.txt", "*type\t*submitter_id\tsex\r\ncase\tc1\tF\r\n\r\ncase\tc2\r\n"),
        ("a.csv", '﻿type,submitter_id,sex\n"case"," c1 ",F\ncase,c2,\n'),
    ],
)
def test_text_tables_are_read_with_stars_marks_and_empty_lines(tmp_path: Path, name: str, text: str) -> None:
    rows = list(Table(written(tmp_path, name, text)))
    assert [dict(row.values) for row in rows] == ROWS


def test_a_row_is_the_line_that_it_begins_on(tmp_path: Path) -> None:
    file = written(tmp_path, "a.tsv", 'type\tsubmitter_id\n\ncase\t"c\n1"\ncase\tc2\n')
    assert [row.place for row in Table(file)] == [Place(str(file), row=3), Place(str(file), row=5)]


@pytest.mark.parametrize("document", [ROWS, {"data": ROWS}], ids=["array", "export"])
def test_json_is_read_as_it_is(tmp_path: Path, document: Any) -> None:
    rows = list(Table(written(tmp_path, "a.json", json.dumps(document))))
    assert [row.values for row in rows] == ROWS
    assert [row.place.row for row in rows] == [1, 2]


def test_one_object_is_one_record(tmp_path: Path) -> None:
    assert [row.values for row in Table(written(tmp_path, "a.json", json.dumps(ROWS[0])))] == ROWS[:1]


def test_json_lines_are_read_line_by_line(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", "\n".join(json.dumps(row) for row in ROWS) + "\n\n")
    assert [(row.values, row.place.row) for row in Table(file)] == [(ROWS[0], 1), (ROWS[1], 2)]


def test_a_table_can_be_gone_through_again(tmp_path: Path) -> None:
    table = Table(written(tmp_path, "a.tsv", "type\ncase\n"))
    assert len(list(table)) == len(list(table)) == 1


def test_cells_of_a_workbook_are_read_as_text(tmp_path: Path) -> None:
    moment = datetime(2024, 5, 17, 12, 30, tzinfo=UTC).replace(tzinfo=None)
    cells = ["case", 5, 1.5, True, date(2024, 5, 17), moment, None]
    file = workbook(tmp_path, cases=[["*type", "a", "b", "c", "d", "e", "f"], cells, [None] * 7])
    [row] = Table(file)
    expected = ["case", "5", "1.5", "true", "2024-05-17", "2024-05-17T12:30:00", ""]
    assert list(row.values.values()) == expected
    assert row.place == Place(str(file), "cases", 2)


def test_sheets_without_a_type_are_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = workbook(tmp_path, notes=[["read me"]], a=[["type", "x"], ["case", "1"]], b=[["type", "x"], ["sample", "2"]])
    assert [(row.place.sheet, row.values["x"]) for row in Table(file)] == [("a", "1"), ("b", "2")]
    assert "notes" in caplog.text


def test_one_sheet_can_be_chosen(tmp_path: Path) -> None:
    file = workbook(tmp_path, a=[["type"], ["case"]], cases=[["type"], ["sample"]])
    assert [row.values["type"] for row in Table(file, sheet="cases")] == ["sample"]
    with pytest.raises(Gen3UserError, match=r"no sheet 'case'.*Did you mean 'cases'"):
        list(Table(file, sheet="case"))


def test_a_sheet_is_read_whole_whatever_size_it_states_it_has(tmp_path: Path) -> None:
    file, other = workbook(tmp_path, a=[["type", "x"], ["case", "1"], ["case", "2"]]), tmp_path / "other.xlsx"
    with zipfile.ZipFile(file) as read, zipfile.ZipFile(other, "w") as written_anew:
        for name in read.namelist():
            written_anew.writestr(name, read.read(name).replace(b'ref="A1:B3"', b'ref="A1"'))
    assert other.read_bytes() != file.read_bytes()
    assert [row.values["x"] for row in Table(other)] == ["1", "2"]


def test_formulas_and_errors_of_a_workbook_are_reported_with_their_cell(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["type", "age", "sex"], ["case", "=1+2", "#N/A"], ["case", "3", "F"]])
    bad, good = Table(file)
    assert [(finding.kind, finding.row, finding.column, finding.value) for finding in bad.findings] == [
        ("formula", 2, "age", "=1+2"),
        ("excel-error", 2, "sex", "#N/A"),
    ]
    assert "B2" in str(bad.findings[0])
    assert "paste it as a value" in bad.findings[0].remedy
    assert good.findings == ()


def test_cells_beyond_the_header_are_reported(tmp_path: Path) -> None:
    [row] = Table(written(tmp_path, "a.tsv", "type\tsex\ncase\tF\textra\n"))
    [finding] = row.findings
    assert (finding.kind, finding.row, finding.column, finding.value) == ("cell-without-column", 2, "3", "extra")


def test_the_time_of_a_header_is_not_the_square_of_its_length(tmp_path: Path) -> None:
    file = written(tmp_path, "genes.tsv", "\t".join(f"ENSG{number}" for number in range(60_000)) + "\n")
    start = time.process_time()
    assert list(Table(file)) == []
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "type\ttype\ncase\tcase\n", "row 1: two columns are called type"),
        ("a.tsv", b"type\tx\ncase\tl\xe4t\n", "is not UTF-8"),
        ("a.json", "{oops", "is not JSON"),
        ("a.json", "[1]", "record 1: 1 is not an object"),
        ("a.json", '[{"sex": "F", "sex": "M"}]', "is not JSON: the name 'sex' occurs twice"),
        ("a.jsonl", '{"a": {"b": 1, "b": 1}}\n', "is not JSON Lines: the name 'b' occurs twice"),
        ("a.jsonl", '{"a": 1}\n{oops\n', "is not JSON Lines"),
        ("a.xlsx", "PK", "not an Excel workbook"),
        ("a.xls", "", "not a readable table"),
    ],
)
def test_an_invalid_table_is_named(tmp_path: Path, name: str, text: str | bytes, message: str) -> None:
    file = written(tmp_path, name, text)
    with pytest.raises(Gen3UserError, match=message) as caught:
        list(Table(file))
    assert str(file) in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("last", ["F", '"F'], ids=["never closed", "closed by the next one"])
def test_a_quote_that_is_not_closed_takes_in_no_rows(tmp_path: Path, last: str) -> None:
    file = written(tmp_path, "a.tsv", f'type\tsex\ncase\tF\ncase\t"F\ncase\tM\ncase\t{last}\n')
    with pytest.raises(Gen3UserError, match=r"after line 2: .*Check the quotes"):
        list(Table(file))


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(Gen3UserError, match=r"gone\.tsv not found"):
        Table(tmp_path / "gone.tsv")


def test_a_workbook_that_unpacks_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk.core.archives.LEAST", 1000)
    monkeypatch.setattr("omicsdk.core.archives.RATIO", 1)
    file = workbook(tmp_path, a=[["type", "x"], *[["case", "1" * 99]] * 999])
    with pytest.raises(Gen3UserError, match=r"book\.xlsx unpacks to more than .* bytes.*\.tsv"):
        list(Table(file))


@pytest.mark.parametrize(
    ("head", "offset", "garbage"),
    [(b"PK\1\2", 8, b"\x01"), (b"PK\1\2", 10, b"\xff"), (b"PK\3\4", 70, b"\xff" * 40)],
    ids=["encrypted", "unknown compression", "damaged"],
)
def test_a_damaged_workbook_is_named(tmp_path: Path, head: bytes, offset: int, garbage: bytes) -> None:
    file = workbook(tmp_path, a=[["type", "x"], *[["case", str(number)] for number in range(99)]])
    content = bytearray(file.read_bytes())
    find = content.find if head == b"PK\3\4" else content.rfind
    begin = content.rindex(head, 0, find(b"xl/worksheets/sheet1.xml")) + offset
    content[begin : begin + len(garbage)] = garbage
    file.write_bytes(content)
    with pytest.raises(Gen3UserError, match=r"book\.xlsx is not an Excel workbook: "):
        list(Table(file))


@pytest.mark.timeout(30)
@pytest.mark.parametrize("change", CHANGES)
def test_a_workbook_that_openpyxl_fails_on_is_named(tmp_path: Path, change: str) -> None:
    file = workbook(tmp_path, a=[["type", "x"], ["case", "1"]])
    break_workbook(file, change)
    with pytest.raises(Gen3UserError, match=r"book\.xlsx is not an Excel workbook: "):
        list(Table(file))


def test_a_workbook_without_openpyxl_states_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = workbook(tmp_path, a=[["type"], ["case"]])
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[gen3\]"):
        list(Table(file))
