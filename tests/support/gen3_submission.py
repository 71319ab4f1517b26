"""A client of a commons' submissions, and tables to submit."""

import json
from pathlib import Path

from gen3_records import FILLED, case

HEADER = ["*type", "*submitter_id", "experiments.submitter_id", *FILLED]


def rows(*names: str, age: str = "NA") -> list[list[str]]:
    return [["case", name, "e1", *{**FILLED, "age": age}.values()] for name in names]


def table(folder: Path, name: str, lines: list[list[str]]) -> Path:
    file = folder / name
    if name.endswith(".xlsx"):
        from openpyxl import Workbook

        book = Workbook()
        for line in (HEADER, *lines):
            book.active.append(line)
        book.save(file)
    elif name.endswith(".json"):
        file.write_text(json.dumps([case(line[1], age=line[6]) for line in lines]))
    else:
        mark = "," if name.endswith(".csv") else "\t"
        file.write_text("".join(mark.join(line) + "\n" for line in (HEADER, *lines)))
    return file
