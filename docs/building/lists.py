"""The tables of lists that `omics get` reads: that of docs/manifests.md, from the declarations of their formats, and that of
docs/published-lists.md, from the index of the lists of public projects in tests/data.
"""

import csv
from pathlib import Path

from omicsdk.portals import FORMATS
from omicsdk.portals.documents import Document
from omicsdk.portals.lists import Format


def formats() -> str:
    """Return the tables of formats: of files and tables, and of JSON documents, each by title."""
    documents = [entry for entry in FORMATS if isinstance(entry, Document)]
    others = [entry for entry in FORMATS if not isinstance(entry, Document)]
    return f"### Tables, lists and archives\n\n{_table(others)}\n\n### Documents in JSON\n\n{_table(documents)}"


def _table(rows: list[Format]) -> str:
    lines = ["| Format (`--format`) | Detected by | File's address | Checksum | Credentials |", "|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: row.title.lower()):
        cells = (f"{row.title} (`{row.name}`)", row.marks, *row.manual)
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines)


def published(index: Path) -> str:
    """Return the table of published lists, and a count of what became of them.

    Args:
        index: Their index.
    """
    with index.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    right = sum(row["now"].startswith("right") for row in rows)
    refused = sum(row["now"].startswith("refused") and "without a reason" not in row["now"] for row in rows)
    left = len(rows) - right - refused
    before = sum(row["before"] == "right" for row in rows)
    others = f", and {left} not yet" if left else ""
    lines = [
        f"Of {len(rows)} lists {right} are read as they should be, {refused} refused with a reason{others}; {before} were right before.",
        "",
        "| Project | Kind | Published as | Format | Before | Now |",
        "|---|---|---|---|---|---|",
    ]
    columns = ("project", "kind", "published", "format", "before", "now")
    lines += [f"| {' | '.join(row[column] for column in columns)} |" for row in rows]
    return "\n".join(lines)
