"""Tables as text: tabs or commas between the cells."""

import csv
from collections.abc import Iterator
from pathlib import Path

from omicsdk.core.long_cells import take_long_cells
from omicsdk.core.row_lines import RowLines
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.row import Place, Row
from omicsdk.gen3.records.tables.cells import columns_of, row_of

_DELIMITERS = {"tsv": "\t", "csv": ","}


def separated_rows(path: Path, kind: str) -> Iterator[Row]:
    """Gives the rows of a table as they are read.

    Args:
        path: The file, UTF-8 with or without a byte order mark.
        kind: What it is: tsv or csv.

    Raises:
        Gen3UserError: It isn't UTF-8 or no such table, has no line with columns, or two columns have the same name.
    """
    take_long_cells()
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = RowLines(file, _DELIMITERS[kind])
            reader = csv.reader(lines, delimiter=_DELIMITERS[kind])
            columns: list[str] = []
            for cells in reader:
                lines.check()
                # A cell may have lines of its own: a row is where it begins.
                place, line = Place(str(path), row=line + 1), reader.line_num
                if not columns:
                    columns = columns_of(cells, place) if any(cells) else []
                elif (row := row_of(columns, cells, place, kind)) is not None:
                    yield row
            if not columns:
                raise Gen3UserError(f"{path}: the file is empty", remedy="Its first line names the columns.")
    except UnicodeDecodeError as error:
        raise Gen3UserError(
            f"{path}: {error.object[error.start : error.start + 1]!r} after line {line} isn't UTF-8",
            remedy="Save it as UTF-8.",
        ) from error
    except csv.Error as error:
        raise Gen3UserError(f"{path}, after line {line}: {error}", remedy="Check the quotes in it.") from error
    except OSError as error:
        raise Gen3UserError(f"{path} can't be read: {error.strerror}", remedy="Check its permissions.") from error
