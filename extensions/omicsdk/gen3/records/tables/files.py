"""Tables of records in files: JSON, JSON Lines, TSV, CSV and Excel workbooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.row import Row
from omicsdk.gen3.records.tables.documents import json_rows, line_rows
from omicsdk.gen3.records.tables.separated import separated_rows

#: What a file is, by the end of its name.
KINDS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "tsv",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}


class Table:
    """A file with records, which is read anew each time that it is gone through, never kept as a whole (but for JSON).

    Args:
        path: The file.
        kind: What it is: json, jsonl, tsv, csv or xlsx; by default what the end of its name says (txt is tsv).
        sheet: The sheet of a workbook; by default all sheets that have a column `type`, or the first.

    Raises:
        Gen3UserError: There is no such file, or what it is isn't known.
    """

    def __init__(self, path: str | os.PathLike[str], *, kind: str = "", sheet: str | None = None) -> None:
        self.path = Path(path)
        self.kind = kind or KINDS.get(self.path.suffix.lower(), "")
        self.sheet = sheet
        if self.kind not in KINDS.values():
            raise Gen3UserError(
                f"{self.path} is no table that can be read",
                remedy="Give JSON, JSON Lines, TSV, CSV or XLSX; Excel's older .xls is to be saved as .xlsx.",
            )
        if not self.path.is_file():
            raise Gen3UserError(f"There is no file {self.path}", remedy="Check its name.")

    def __iter__(self) -> Iterator[Row]:
        """Gives its rows.

        Raises:
            Gen3UserError: It isn't what its name says.
            MissingExtra: It is a workbook, and openpyxl isn't installed.
        """
        match self.kind:
            case "json":
                return json_rows(self.path)
            case "jsonl":
                return line_rows(self.path)
            case "xlsx":
                from omicsdk.gen3.records.tables.workbook import workbook_rows

                return workbook_rows(self.path, self.sheet)
            case _:
                return separated_rows(self.path, self.kind)

    def __repr__(self) -> str:
        return f"<Table {self.path}>"
