"""ISA-Tab, as MetaboLights has it: an investigation, and the tables of its studies and assays beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from omicsdk.portals.documents import METABOLIGHTS_FOLDER
from omicsdk.portals.headings import files_in
from omicsdk.portals.lists import FileList, Format, Head, ListError, Manual, Row, Stated, header_of, numbered_lines
from omicsdk.portals.tables import path_rows

INVESTIGATION = "i_Investigation.txt"
_STUDY, _TABLES = "study identifier", ("study file name", "study assay file name")
_ACCESSION = re.compile(r"MTBLS[0-9]+")


def _rows(file_list: FileList) -> Iterator[Row]:
    """The tables that an investigation names, and the rows of those that are beside it."""
    path = file_list.path / INVESTIGATION if file_list.path.is_dir() else file_list.path
    base, tables = file_list.base, dict[str, int]()
    for number, line in numbered_lines(file_list._replace(path=path)):
        key, *cells = header_of(line) or [""]
        values = [value for value in cells if value]
        if key.lower() == _STUDY and not base and values and _ACCESSION.fullmatch(values[0]):
            base = METABOLIGHTS_FOLDER.format(values[0])
        elif key.lower() in _TABLES:
            tables.update(dict.fromkeys(values, number))
    if not base:
        where = (
            f"{file_list.shown}: its study has no accession of MetaboLights, which its files have no address without"
        )
        raise ListError(where, remedy="State the URL of their folder, --base URL.")
    for name, number in tables.items():
        yield Row(number, {"Study Table File": name}, stated=Stated(("study table file",), base=base))
        table = path.parent / name
        # False for a name that is too long for a file, of which pathlib's method raises an error before Python 3.14.
        if os.path.isfile(table) and table.parent == path.parent:  # noqa: PTH113 - as above
            yield from path_rows(file_list._replace(path=table, shown=f"{file_list.shown}: {name}", base=base))
        else:
            file_list.notes["tables of the study, whose files are listed if they are beside it"] += 1


def _is_investigation(head: Head) -> bool:
    return INVESTIGATION in head.members or head.first.strip().upper() == "ONTOLOGY SOURCE REFERENCE"


ISA = Format(
    "isa",
    "investigation of ISA-Tab, such as MetaboLights'",
    "a first line ONTOLOGY SOURCE REFERENCE, or a folder with i_Investigation.txt",
    _is_investigation,
    _rows,
    files_in,
    manual=Manual("the study's folder at MetaboLights, by its accession, or `--base`"),
)
