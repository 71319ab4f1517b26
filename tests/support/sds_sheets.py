"""Sheets of SDS data sets for tests: the golden input's cells, and how they get into workbooks."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

GOLDEN = Path(__file__).parents[1] / "data" / "dtp" / "golden"
INPUT: Mapping[str, Any] = json.loads((GOLDEN / "sds_input_cells.json").read_text())
"""Cells of a data set with the edge cases of its format."""
Rows = Sequence[Sequence[Any]]
_MADE: dict[str, bytes] = {}
"""Workbooks by what is in them: most are those of other tests."""


def write_sheet(path: Path, rows: Rows, title: str = "Sheet1") -> Path:
    """Write a workbook of one sheet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if (content := _MADE.get(key := repr((title, rows)))) is None:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = title
        for row in rows:
            sheet.append(list(row))
        book.save(written := io.BytesIO())
        _MADE[key] = content = written.getvalue()
    path.write_bytes(content)
    return path


def rows_of(records: Sequence[Mapping[str, Any]]) -> Rows:
    """A header and rows of records by their columns."""
    columns = list(dict.fromkeys(name for record in records for name in record))
    return [columns, *([record.get(name) for name in columns] for record in records)]


DESCRIPTION: Rows = [INPUT["dataset_description"]["columns"], *INPUT["dataset_description"]["rows"]]
SUBJECTS: Rows = rows_of(INPUT["subjects"])
GOOD_SUBJECTS: Rows = [
    *[[*row[:7], "r", *row[8:]] if number else row for number, row in enumerate(SUBJECTS)],
]
"""The subjects, without the value of two lines that is there on purpose."""
