"""What is wrong with a value, a row or a table: where, what, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from omicsdk.core.errors import shortened

#: Characters of a value that a finding shows.
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a value, a row or a table.

    Attributes:
        kind: What kind of fault it is: of ours, such as unknown-property, or the commons' own word, such as INVALID_LINK.
        message: What is wrong.
        remedy: What to do.
        file: The file; empty for rows that are in none.
        sheet: The sheet of a workbook; empty where there are none.
        row: The row's number from 1, its header counted; None where it is about all.
        column: The column, as it is called in the table; empty where it is about the row.
        value: The value.
    """

    kind: str
    message: str
    remedy: str = ""
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: Any = None

    @property
    def where(self) -> str:
        """Its place in words, such as `cases.tsv, row 3, column sex`; empty where it has none."""
        parts = [self.file, f"sheet {self.sheet}" if self.sheet else ""]
        parts += [f"row {self.row}" if self.row is not None else "", f"column {self.column}" if self.column else ""]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        told = f"{self.where}: {self.message}" if self.where else self.message
        return f"{told}. {self.remedy}" if self.remedy else told

    def as_dict(self) -> dict[str, Any]:
        """Its attributes by their names, for JSON and tables."""
        return asdict(self)


def shown(value: object) -> str:
    """A value as a message shows it: as it would be written in JSON, not long."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return shortened(text, SHOWN)
