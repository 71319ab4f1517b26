"""Names of data as people write them: in the text of a paper, a line each in a file, and in tables of runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from omicsdk.portals.headings import headings_by
from omicsdk.portals.lists import FileList, Format, Head, ListError, Row, RowFault, is_row, numbered_lines, scheme_of
from omicsdk.portals.names.archive import Reads
from omicsdk.portals.names.grammar import Name, names_in
from omicsdk.portals.rows import OUTCOME_COLUMN, PATH_COLUMN, SEPARATOR, records_in, table_rows, text_of
from omicsdk.portals.tables import SRA_RUNS, SRA_TABLE
from omicsdk.portals.url_lists import SRA

# Formats of lists of runs, whose files are archives of the SRA unless others are chosen.
RUN_LISTS = (SRA, SRA_RUNS, SRA_TABLE)
# Most accessions of a range such as SRR100-SRR199; a longer one is no name.
MOST_OF_RANGE = 10_000

_BETWEEN = re.compile(r"[\s,;]+(?:and\s+)?")
_AROUND = ".,;:'\"()[]“”‘’"
_RANGE = re.compile(r"([A-Za-z]{3,5})(\d{3,18})\s*(?:-|–|—|\bto\b)\s*\1(\d{3,18})(?!\d)", re.IGNORECASE)
# Columns of the result manifest in which rows of runs, and of series and samples of GEO, have values.
_OF_RUNS = ("library_layout", "geo_accession")


class Named(NamedTuple):
    """A text that names data.

    Attributes:
        names: What it may be, as `names_in` returns it.
        reads: Which files of runs are meant; None for those of the other names.
        record: The cells of a result manifest with the files of an earlier download, to which the new one is limited.
    """

    names: tuple[Name, ...]
    reads: Reads | None = None
    record: Mapping[str, str] = {}


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
    for candidates in (parts, [] if "://" in text else ["".join(parts)]):
        parsed = [names_in(part) for part in candidates]
        # key:value is an identifier of a registry by its form alone: no sentence is a list of names for that.
        if parsed and all(parsed) and not any(names[0].archive == "identifiers" for names in parsed):
            return parsed
    return []


def _spelled_out(match: re.Match[str]) -> str:
    prefix, first, last = match.groups()
    numbers = range(int(first), int(last) + 1)
    if not 0 < len(numbers) <= MOST_OF_RANGE or len(first) != len(last):
        return match[0]
    return " ".join(f"{prefix}{number:0{len(first)}}" for number in numbers)


def words_in_lines(file_list: FileList, on_message: Callable[[str], object]) -> Iterator[Named | str]:
    """The names, and the URIs and URLs of files, of a list that has one or more names, or a URI, on each line.

    Args:
        file_list: The list, for which `are_names` is true. Its first line may be a heading.
        on_message: Called with a message about the heading.

    Raises:
        ListError: A line has another text.
    """
    heading = _heading(file_list.head)
    for number, line in numbered_lines(file_list):
        text = _uncommented(line)
        if names := names_written(text):
            yield from map(Named, names)
        elif scheme_of(text):
            yield text
        elif line.strip() == heading:
            on_message(f"{file_list.shown}: the first line, {heading!r}, is read as a heading")
            heading = ""
        elif is_row(line):
            problem = f"{file_list.shown}, line {number}: {line.strip()[:40]!r} is no accession of a known form"
            raise ListError(problem, remedy="Correct the line; nothing was downloaded.")


def _uncommented(line: str) -> str:
    return line.partition(" #")[0].strip()


def _heading(head: Head) -> str:
    """The heading of a list of names: its first line, if it is no name and has no digit; else empty."""
    first, *others = [*filter(is_row, head.lines), "", ""][:2]
    text = _uncommented(first)
    is_other = names_written(text) or scheme_of(text) or any(map(str.isdigit, text))
    return "" if is_other or not any(others) else first.strip()


def are_names(head: Head, *, bare: bool = True) -> bool:
    """Whether all lines of a list, but for a heading, are names, and perhaps URIs and URLs of files.

    Args:
        head: Its beginning.
        bare: Whether names may be runs alone, or UUIDs alone, of which other formats are lists.
    """
    if column_of_names(head):  # the others have samples and studies of what it names
        return False
    heading, kinds = _heading(head), set[str]()
    for line in filter(is_row, head.lines):
        text = _uncommented(line)
        names = names_written(text)
        if not names and not scheme_of(text) and line.strip() != heading:
            return False
        kinds.update(_kind(some[0]) for some in names)
        kinds.update(["file"] if not names and line.strip() != heading else ())
    if not bare and len(kinds) == 1:
        kinds -= {"run", "UUID"}
    return not kinds <= {"file", "identifier"}


def _kind(name: Name) -> str:
    """What tells lists of a name: whether it is a run, a UUID, or an identifier by its form alone."""
    if name.archive == "identifiers":
        return "identifier"
    is_uuid = name.archive == "gdc" and name.level == "" and ":" not in name.text
    return "UUID" if is_uuid else "run" if name.level == "run" and "/" not in name.text else "name"


def column_of_names(head: Head) -> str:
    """The only column of a table whose cells are names, or pages that show them; of several the only one of runs.

    Empty if there is none, or several, and for tables of one column or without a header, whose first row would be lost.

    Args:
        head: Its beginning.
    """
    columns = [*head.sample[0]] if head.sample else []
    if len(columns) < 2 or any(map(names_written, columns)):
        return ""
    cells = {column: [text for row in head.sample if (text := text_of(row.get(column)).strip())] for column in columns}
    named = [column for column in columns if cells[column] and all(map(_is_record, cells[column]))]
    runs = [column for column in named if all(map(_is_run, cells[column]))]
    distinct = {tuple(cells[column]): column for column in reversed(runs or named)}
    return next(iter(distinct.values())) if len(distinct) == 1 else ""


def has_pages_alone(head: Head, column: str) -> bool:
    """Whether a column of names has URLs, and no other column of the table has any of files: it may have other pages.

    Args:
        head: The beginning of the table.
        column: The column, see `column_of_names`.
    """
    names = [*head.sample[0]]
    rows = [[text_of(row.get(name, "")) for name in names] for row in head.sample]
    return headings_by(names, rows).urls == (column.lower(),)


def _is_run(cell: str) -> bool:
    return all(some[0].level == "run" for some in names_written(cell))


def _is_record(cell: str) -> bool:
    """Whether a cell has names of data; addresses of files, and UUIDs, which may be of anything, are none."""
    names = names_written(cell)
    return bool(names) and all(
        some[0].level != "file" and _kind(some[0]) not in ("UUID", "identifier") for some in names
    )


def names_in_column(file_list: FileList, column: str) -> Iterator[Named]:
    """The names of a column of a table.

    Args:
        file_list: The table.
        column: The column.

    Raises:
        ListError: A row has another text.
    """
    for row in table_rows(file_list, repeats=True):
        text = row.cells.get(column, "").strip()
        names = names_written(text)
        if row.fault or (text and not names):
            problem = (
                f"{file_list.shown}, line {row.line}: {row.fault or f'{text[:40]!r} is no accession of a known form'}"
            )
            raise ListError(problem, remedy="Correct the line; nothing was downloaded.")
        # A cell may have the study and the sample of a run, too: all of the study would be downloaded.
        levels = [some[0].level for some in names if some[0].archive == "ena"]
        most_specific = next(filter(levels.count, _LEVELS), "")
        kept = ("", most_specific)  # of the URL of a page, only its archive may know the level
        yield from (Named(some) for some in names if some[0].archive != "ena" or some[0].level in kept)


# Levels of accessions of the ENA and the SRA, of which each has those before it.
_LEVELS = ("run", "experiment", "sample", "study", "submission")


def names_in_result(rows: Iterator[Row], names_file: Callable[[Row], bool]) -> tuple[list[Named], bool]:
    """The names of a result manifest, each once, with the files that its download selected.

    Args:
        rows: Its rows.
        names_file: Whether a row names its files by itself.

    Returns:
        The names, and whether there are other rows.
    """
    records, others = dict[str, list[Mapping[str, str]]](), False
    for row in rows:
        if is_name_row(row, names_file):
            records.setdefault(_lower(row)["accession"].strip(), []).append(_lower(row))
        else:
            others = True
    reads: dict[str, Reads | None] = {accession: _reads_of(some) for accession, some in records.items()}
    first = next(filter(None, reads.values()), None)
    default: Reads | None = first if {*reads.values()} <= {first, None} else None
    named = [
        Named(names_in(accession), reads[accession] or default, _joined(some)) for accession, some in records.items()
    ]
    return named, others


def is_name_row(row: Row, names_file: Callable[[Row], bool]) -> bool:
    """Whether a row of a result manifest is one of a name, whose archive is queried again for the files.

    Args:
        row: The row.
        names_file: Whether a row names its files by itself.
    """
    cells = _lower(row)
    states_run = any(cells.get(column) for column in _OF_RUNS) or not any(
        cell for column, cell in cells.items() if column not in ("accession", PATH_COLUMN, OUTCOME_COLUMN)
    )
    return bool(names_in(cells.get("accession", ""))) and states_run and not names_file(row)


def _lower(row: Row) -> dict[str, str]:
    return {column.lower(): cell for column, cell in row.cells.items()}


def _reads_of(rows: Sequence[Mapping[str, str]]) -> Reads | None:
    """Which files of runs, or of a series of GEO, the rows of a result manifest record."""
    records = [path.rpartition("/")[2] or outcome for cells in rows for path, outcome in records_in(cells)]
    if not records:
        return None
    if not rows[0].get("library_layout"):
        return "suppl" if rows[0].get("geo_accession") else None
    kinds: set[Reads] = {next(reads for reads, pattern in _SUFFIXES if pattern.search(record)) for record in records}
    return kinds.pop() if len(kinds) == 1 else None


_SUFFIXES: tuple[tuple[Reads, re.Pattern[str]], ...] = (
    ("sra", re.compile(r"\.sra(?:lite)?(?![\w.])", re.IGNORECASE)),
    ("bam", re.compile(r"\.(?:bam|cram|bai|crai|csi)(?![\w.])", re.IGNORECASE)),
    ("fastq", re.compile("")),  # any other file: FASTQ is the default of names
)


def _joined(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The paths and outcomes of the files of some rows, as the cells of one."""
    records = [record for cells in rows for record in records_in(cells)]
    columns = zip((PATH_COLUMN, OUTCOME_COLUMN), zip(*records, strict=True), strict=True) if records else ()
    return {column: SEPARATOR.join(values) for column, values in columns}


def runs_in(format: Format, file_list: FileList) -> Iterator[Named]:
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
            for file in format.files(row, file_list):
                if not (names := names_in(file.address)):
                    raise RowFault(f"{file.address[:80]!r} is no accession of a run")
                yield Named(names)
        except RowFault as fault:
            raise ListError(f"{file_list.shown}, line {row.line}: {fault}", remedy="Correct the line.") from fault
