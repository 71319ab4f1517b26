"""Rows of tables and of JSON lists, and what a result manifest says of the files of a row."""

import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.portals import FileList, ListedFile, ListError
from omicsdk.portals.rows import OUTCOME_COLUMN, PATH_COLUMN, recorded_of, records_in, table_rows, text_of

from tests.unit.portals.reading import opened, put


@pytest.fixture
def listed(tmp_path: Path):
    def of(text: str) -> FileList:
        return opened(put(tmp_path / "list.txt", text))[1]

    return of


TABLE = "url,name\nhttps://h.example/1,a\n"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (TABLE + "\n , \nhttps://h.example/2,b\n", [(2, "a", ""), (5, "b", "")]),
        ("# made by hand\n" + TABLE, [(3, "a", "")]),
        (TABLE + "# the second part\n" + TABLE, [(2, "a", ""), (5, "a", "")]),
        (TABLE + "https://h.example/2\n", [(2, "a", ""), (3, None, "1 cells, but the header row has 2 columns")]),
        (TABLE + "https://h.example/2", [(2, "a", ""), (3, None, "1 cells, but the header row has 2 columns; the list ends there")]),
        (TABLE + "https://h.example/2,b,\n", [(2, "a", ""), (3, "b", "")]),
        (TABLE + "https://h.example/2,b,c\n", [(2, "a", ""), (3, "b", "3 cells, but the header row has 2 columns")]),
        (TABLE.replace(",", "\t") + 'https://h.example/2\t"b"\n', [(2, "a", ""), (3, '"b"', "")]),
        (TABLE + 'https://h.example/2,"b"\n', [(2, "a", ""), (3, "b", "")]),
        (f'url\tname\t{OUTCOME_COLUMN}\nhttps://h.example/2\t"b"\tsaved\n', [(2, "b", "")]),
        ('"url"\tname\nhttps://h.example/2\t"b"\n', [(2, "b", "")]),
        (TABLE + 'https://h.example/2,"=""b"""\nhttps://h.example/3,="012"\nhttps://h.example/4,a="b"\n', [(2, "a", ""), (3, "b", ""), (4, "012", ""), (5, 'a="b"', "")]),
    ],
)  # fmt: skip
def test_rows_of_a_table(listed, text: str, rows: list[tuple[int, str | None, str]]) -> None:
    read = table_rows(listed(text), quoted=False)
    assert [(row.line, row.cells.get("name"), row.fault) for row in read] == rows


def test_only_a_whole_line_lacks_cells(listed) -> None:
    assert [row.is_short for row in table_rows(listed(TABLE + "https://h.example/2\nhttps://h.example/3"))] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('{"url": "https://h.example/1", "size": 3}\n{"url": "https://h.example/2"}\n[5]\n{"url": null, "size": 4}\n', [(1, "3", ""), (2, None, ""), (3, None, "the line is not a JSON object"), (4, "4", "")]),
        ('[{"url": "https://h.example/1", "size": 3}, {"url": ["a"]}]', [(1, "3", ""), (2, None, "")]),
    ],
)  # fmt: skip
def test_rows_of_json(listed, text: str, rows: list[tuple[int, str | None, str]]) -> None:
    read = [*table_rows(listed(text), [("url", "link")])]
    assert [(row.line, row.cells.get("size"), row.fault) for row in read] == rows
    with pytest.raises(ListError, match="missing column: link or address"):
        list(table_rows(listed(text), [("url",), ("link", "address")]))


def test_a_list_of_json_that_is_cut_is_an_error_that_says_where(listed) -> None:
    rows = table_rows(listed('[{"url": "https://h.example/1"}, {"url": "ht'))
    assert next(rows).line == 1
    with pytest.raises(ListError, match="after entry 1"):
        next(rows)


def test_a_column_twice_is_refused_unless_columns_are_numbered(listed) -> None:
    text = "url,URL,name\nhttps://h.example/1,https://h.example/2,a\n"
    with pytest.raises(ListError, match="names URL, url twice"):
        list(table_rows(listed(text)))
    (row,) = table_rows(listed(text.replace("URL", "url")), repeats=True)
    assert [*row.cells.values()] == ["https://h.example/1", "https://h.example/2", "a"]


def record(paths: str, outcomes: str) -> dict[str, str]:
    return {PATH_COLUMN: paths, OUTCOME_COLUMN: outcomes}


@pytest.mark.parametrize(
    ("cells", "records"),
    [
        (record("a;b", "saved;failed"), [("a", "saved"), ("b", "failed")]),
        (record("", "failed"), [("", "failed")]),
        (record("a", "no file"), []),
        (record("a", ""), []),
        (record("a;b", "saved"), []),
        ({"url": "x"}, []),
    ],
)
def test_what_a_row_of_a_result_records(cells: dict[str, str], records: list[tuple[str, str]]) -> None:
    assert records_in(cells) == records


FILES = [ListedFile("http", f"https://h.example/{name}", name) for name in ("a", "runs/b", "c")]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (record("/data/a;C:\\runs\\b", "saved;saved"), ["a", "runs/b"]),
        (record("/data/a;", "saved;failed: c is not there"), ["a", "c"]),
        (record("/data/a;/data/x", "saved;saved"), ["a", "runs/b", "c"]),
        (record("/data/xa", "saved"), ["a", "runs/b", "c"]),
        ({}, ["a", "runs/b", "c"]),
    ],
)
def test_the_files_of_a_row_are_those_that_its_result_records(cells: dict[str, str], names: list[str]) -> None:
    assert [file.name for file in recorded_of(FILES, cells)] == names


@pytest.mark.parametrize("value", [3, True, ["é"], {"a": None}])
def test_a_value_that_is_no_text_is_a_cell_of_json(value: Any) -> None:
    assert json.loads(text_of(value)) == value
    assert "\\" not in text_of(value)
    assert (text_of(None), text_of("a")) == ("", "a")
