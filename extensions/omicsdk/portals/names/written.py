"""Names of data as people write them: in the text of a paper, a line each in a file, and in tables of runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from omicsdk.portals.lists import FileList, Format, Head, ListError, RowFault, is_row, numbered_lines
from omicsdk.portals.names.grammar import Name, names_in
from omicsdk.portals.rows import OUTCOME_COLUMN, table_rows
from omicsdk.portals.tables import SRA_RUNS, SRA_TABLE
from omicsdk.portals.url_lists import SRA

RUN_LISTS = (SRA, SRA_RUNS, SRA_TABLE)
"""Formats of lists of runs, whose files are archives of the SRA unless others are chosen."""
MOST_OF_RANGE = 10_000
"""Most accessions of a range such as SRR100-SRR199; a longer one is no name."""

_BETWEEN = re.compile(r"[\s,;]+(?:and\s+)?")
_AROUND = ".,;:'\"()[]“”‘’"
_RANGE = re.compile(r"([A-Za-z]{3,5})(\d{3,})\s*(?:-|–|—|\bto\b)\s*\1(\d{3,})", re.IGNORECASE)
_SHEET = frozenset(("accession", "study_accession", "library_layout", OUTCOME_COLUMN))
"""Columns of the result manifest of accessions, which is the sample sheet of their runs."""


def names_written(text: str) -> list[tuple[Name, ...]]:
    """The names in a text: one, or several with commas, semicolons or blanks between them, and ranges of accessions.

    Args:
        text: The text, perhaps with the punctuation of a sentence around each name, or with a blank within the only one.

    Returns:
        For each name what it may be, as `names_in`; none if a part of the text is no name.
    """
    if names := names_in(text):
        return [names]
    parts = [stripped for part in _BETWEEN.split(_RANGE.sub(_spelled_out, text)) if (stripped := part.strip(_AROUND))]
    for candidates in (parts, ["".join(parts)]):
        found = [names_in(part) for part in candidates]
        # key:value is an identifier of a registry by its form alone: no sentence is a list of names for that.
        if all(found) and not any(names[0].archive == "identifiers" for names in found):
            return found
    return []


def _spelled_out(match: re.Match[str]) -> str:
    prefix, first, last = match.groups()
    numbers = range(int(first), int(last) + 1)
    if not 0 < len(numbers) <= MOST_OF_RANGE or len(first) != len(last):
        return match[0]
    return " ".join(f"{prefix}{number:0{len(first)}}" for number in numbers)


def names_in_lines(file_list: FileList) -> Iterator[tuple[Name, ...]]:
    """The names of a list that has one or more on each line.

    Args:
        file_list: The list.

    Raises:
        ListError: A line has another text.
    """
    for number, line in numbered_lines(file_list):
        names = names_written(line)
        if not names:
            problem = f"{file_list.shown}, line {number}: {line.strip()[:40]!r} is no accession of a known form"
            raise ListError(problem, remedy="Correct the line; nothing was downloaded.")
        yield from names


def are_names(head: Head) -> bool:
    """Whether all lines of an unknown list are names.

    Args:
        head: Its beginning.
    """
    found = [names_written(line) for line in head.lines if is_row(line)]
    return all(found) and not all(names[0].archive == "identifiers" for line in found for names in line)


def is_sample_sheet(head: Head) -> bool:
    """Whether a list is the result manifest of accessions; that of archives (`--sra`) is a list of runs.

    Args:
        head: Its beginning.
    """
    if not set(head.columns) >= _SHEET:
        return False
    paths = [str(row.get("file_path", "")) for row in head.sample]
    return not all(path.endswith((".sra", ".sralite")) for path in paths)


def names_in_sheet(file_list: FileList) -> Iterator[tuple[Name, ...]]:
    """The names of a sample sheet, each once.

    Args:
        file_list: The sheet.
    """
    accessions = (
        value.strip()
        for row in table_rows(file_list)
        for name, value in row.cells.items()
        if name.lower() == "accession"
    )
    yield from (names_in(accession) for accession in dict.fromkeys(accessions) if accession)


def runs_in(format: Format, file_list: FileList) -> Iterator[tuple[Name, ...]]:
    """The names of the runs of a list.

    Args:
        format: One of RUN_LISTS.
        file_list: The list.

    Raises:
        ListError: A row cannot be read.
    """
    for row in format.rows(file_list):
        try:
            if row.fault:
                raise RowFault(row.fault)
            yield from (names_in(file.address) for file in format.files(row, file_list))
        except RowFault as fault:
            raise ListError(f"{file_list.shown}, line {row.line}: {fault}", remedy="Correct the line.") from fault
