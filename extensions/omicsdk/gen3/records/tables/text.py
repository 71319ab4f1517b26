"""Records written as a table."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence


def tsv_of(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Writes cells as a table of tabs, without a byte order mark, which a commons doesn't take.

    Args:
        columns: The names of the columns.
        rows: The cells of each row by their columns; those that are missing are empty.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(column, "") for column in columns])
    return text.getvalue()
