"""Files of discovery metadata: studies and their data objects as tables and JSON, read, written and combined.

Cells are separated by tabs and never quoted; a tab, a line break or a backslash in one has a backslash before it. Lists and
objects are JSON. A text that could be taken for JSON is written as JSON, so that what is read is what was written.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

from omicsdk.core.errors import UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.manifests.tables import Fault, ManifestError, delimiter_for, opened, require_columns, table_of

BLOCK = "gen3_discovery"
"""The member of a document that the discovery page shows."""
FORMATS = ("tsv", "json")
OBJECTS, DATASET = "objects", "dataset_guid"
REQUIRED = (DATASET, "guid", "display_name")
OPTIONAL = ("description", "type")
"""Columns of a table of data objects."""
GUID, TAGS = "guid", "tags"
_TAG = re.compile(r"_tag_\d+")
_QUOTED = re.compile(r'(?:^|,)"', re.MULTILINE)


def line_of(cells: Iterable[str], delimiter: str = "\t") -> str:
    """Cells as a line of such a table."""
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar="|", escapechar="\\", lineterminator="\n"
    )
    writer.writerow(list(cells))
    return text.getvalue()


def rows_in(lines: Iterable[str], delimiter: str = "\t", *, quoted: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The rows of such a table, each with the line that it ends in.

    Args:
        lines: The table's lines.
        delimiter: The separator of cells.
        quoted: Whether cells are quoted as spreadsheets do it, in place of backslashes.
    """
    if quoted:
        reader = csv.reader(lines, delimiter=delimiter)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar="|", escapechar="\\")
    for cells in reader:
        yield reader.line_num, cells


def is_quoted(start: str) -> bool:
    """Whether a table separated by commas quotes its cells, by its beginning."""
    return _QUOTED.search(start) is not None


def cell_of(value: Any) -> str:
    """A value as a cell.

    Args:
        value: A JSON value; the empty text is the empty cell.
    """
    if isinstance(value, str):
        text = value.replace("\n", "\\n")
        return text if read(text) == value and "\r" not in text else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def read(cell: str) -> Any:
    """The value of a cell: the JSON that it holds, or its text."""
    if not cell:
        return ""
    try:
        return json.loads(cell, parse_constant=str)
    except (ValueError, RecursionError):
        return cell.replace("\\n", "\n")


def columns_of(fields: Iterable[str], tags: int) -> list[str]:
    """The columns of a table of studies.

    Args:
        fields: The members of all studies.
        tags: The most tags that one has.
    """
    return [GUID, *sorted({*fields} - {TAGS, GUID}), *(f"_tag_{number}" for number in range(tags))]


def cells_of(guid: str, study: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """A study as the cells of a row.

    Args:
        guid: Its GUID.
        study: Its members; each of its tags has a `category` and a `name`.
        columns: The columns.
    """
    tags = study.get(TAGS)
    told = {name: cell_of(value) for name, value in study.items() if name != TAGS}
    for number, tag in enumerate(tags if is_array(tags) else []):
        if is_object(tag):
            told[f"_tag_{number}"] = f"{tag.get('category', '')}: {tag.get('name', '')}".replace("\n", "\\n")
    return [{**told, GUID: guid}.get(column, "") for column in columns]


def study_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """A row as a study, its tags put together.

    Args:
        cells: The cells by the columns' names.

    Raises:
        UsageError: A tag has no category.
    """
    study = {name: read(cell) for name, cell in cells.items() if not _TAG.fullmatch(name)}
    if any(_TAG.fullmatch(name) for name in cells):
        study[TAGS] = [_tag(name, cell) for name, cell in cells.items() if _TAG.fullmatch(name) and cell]
    return study


def _tag(column: str, cell: str) -> dict[str, str]:
    category, colon, name = cell.partition(":")
    if not colon:
        raise UsageError(f"column {column!r}: {cell!r} is a tag without a category", remedy="Write CATEGORY: NAME.")
    return {"name": name.strip(), "category": category.strip()}


def name_for(endpoint: str, what: str, suffix: str = "", ending: str = ".tsv") -> str:
    """The name of a file of a commons' documents, such as commons-example-org-discovery_metadata.tsv."""
    host = urlsplit(endpoint).netloc.replace(".", "-").replace(":", "-")
    return f"{host}-{what}" + (f"-{suffix}" if suffix else "") + ending


def checked_format(name: str) -> str:
    """A format's name.

    Raises:
        UsageError: The format is unknown.
    """
    if name.lower() not in FORMATS:
        raise UsageError(f"{name!r} isn't a format", remedy=f"Formats are {' and '.join(FORMATS)}.")
    return name.lower()


def shown_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """The member of a document that the discovery page shows."""
    shown = document.get(BLOCK)
    return shown if is_object(shown) else {}


def write_json(file: IO[bytes], values: Iterator[Mapping[str, Any]]) -> int:
    """Write a JSON list, one value after the other; returns their number."""
    count = 0
    for value in values:
        text = json.dumps(value, indent=4, ensure_ascii=False).replace("\n", "\n    ")
        file.write(f"{',' if count else '['}\n    {text}".encode())
        count += 1
    file.write(b"\n]\n" if count else b"[]\n")
    return count


def write_table(file: IO[bytes], found: Iterator[tuple[str, dict[str, Any]]]) -> int:
    """Write a table in the order of the GUIDs; its columns are known once all documents are, so these are spooled."""
    fields, tags, places = set[str](), 0, list[tuple[str, int]]()
    with TemporaryFile() as spool:
        for guid, document in found:
            shown = shown_in(document)
            fields.update(shown)
            tags = max(tags, len(shown.get(TAGS) or ()))
            places.append((guid, spool.tell()))
            spool.write(json.dumps(shown).encode() + b"\n")
        columns = columns_of(fields, tags)
        file.write(line_of(columns).encode())
        for guid, place in sorted(places):
            spool.seek(place)
            cells = cells_of(guid, json.loads(spool.readline()), columns)
            file.write(line_of(cells).encode())
    return len(places)


def combine_discovery(
    studies: str | os.PathLike[str],
    metadata: str | os.PathLike[str],
    study_column: str,
    metadata_column: str,
    output: str | os.PathLike[str],
    *,
    prefix: str = "",
    exact: bool = False,
) -> int:
    """Add the columns of a table to those of the studies that its rows are about.

    Args:
        studies: A table of studies, as `read_discovery` writes it; it is held in memory.
        metadata: The table, separated by tabs or commas.
        study_column: The column that identifies a study.
        metadata_column: The column of the other table that names the study of a row.
        output: The table that is written: the studies that a row is about, with both tables' columns.
        prefix: Put before the names of the columns that are added.
        exact: Whether both cells must be equal; otherwise that of the study contains the other one, and the first row counts.

    Returns:
        How many studies were written.

    Raises:
        ManifestError: A table cannot be read, or lacks a column.
    """
    current, target = Path(studies), Path(output)
    rows = [cells for _, cells in table_rows(current)]
    columns = list(rows[0]) if rows else []
    require_columns(current, columns, (study_column, GUID) if rows else ())
    by_key = dict[str, list[int]]()
    for place, cells in enumerate(rows):
        by_key.setdefault(cells.get(study_column, "").strip(), []).append(place)
    added = dict[int, dict[str, str]]()
    with table_of(Path(metadata)) as further:
        require_columns(further.path, further.header, [metadata_column])
        key_place, names = further.header.index(metadata_column), [f"{prefix}{name}" for name in further.header]
        for row in further.rows:
            key = row.cells[key_place].strip()
            if not key:
                continue
            keys = [key] if exact else [each for each in by_key if key in each]
            told = {name: cell.replace("\n", "\\n") for name, cell in zip(names, row.cells, strict=False) if cell}
            for place in [place for each in keys for place in by_key.get(each, ())]:
                added.setdefault(place, {}).update(told)
            if not exact:  # a study that has been found isn't looked for again
                for each in keys:
                    del by_key[each]
    header = list(dict.fromkeys([GUID, *columns, *names]))
    separator, written = delimiter_for(target), 0
    with in_place_of(target) as file:
        file.write(line_of(header, separator).encode())
        for place in sorted(added):
            cells = {**rows[place], **added[place]}
            if cells.get(GUID):
                file.write(line_of([cells.get(name, "") for name in header], separator).encode())
                written += 1
    return written


class Study(NamedTuple):
    """A study of a file.

    Attributes:
        line: The line of a table, the number of an entry of a JSON list.
        shown: The member of its document that is shown.
        further: Further members of its document.
    """

    line: int
    shown: dict[str, Any]
    further: dict[str, Any]


def studies_of(path: str | os.PathLike[str]) -> Iterator[Study | Fault]:
    """Read the studies of a file, or the fault of each that is wrong.

    Args:
        path: A table (.tsv, .csv), or JSON (.json): a list as `read_discovery` writes it, or of the shown members alone.

    Raises:
        UsageError: The suffix is another one.
        ManifestError: The file cannot be read.
    """
    manifest = Path(path)
    ending = manifest.suffix.lower()
    if ending not in (".tsv", ".csv", ".json"):
        raise UsageError(f"{manifest} is no .tsv, .csv or .json file", remedy="Give a table or JSON of studies.")
    if ending == ".json":
        yield from _studies_in_json(manifest)
        return
    for line, cells in table_rows(manifest):
        try:
            named = {GUID: cells[GUID].strip()} if GUID in cells else {}
            yield Study(line, {**study_of(cells), **named}, {})
        except UsageError as error:
            yield Fault(line, "", "", error.message, error.remedy)


def table_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table of studies, each with the line that it ends in, and its cells by the columns' names.

    Args:
        path: The table; separated by commas where its name ends in .csv, else by tabs.

    Raises:
        ManifestError: It cannot be read, is empty, or a row has more cells than there are columns.
    """
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    quoted = False
    if delimiter == ",":
        with opened(path) as text:
            quoted = is_quoted(text.read(1 << 18))
    with opened(path) as text:
        rows = rows_in(text, delimiter, quoted=quoted)
        _, header = next(rows, (1, list[str]()))
        if not any(header):
            raise ManifestError(path, "the file is empty", remedy="Its first line names the columns.")
        for line, cells in rows:
            if any(cells[len(header) :]):
                reason = f"has {len(cells)} cells, and there are {len(header)} columns"
                raise ManifestError(path, Fault(line, "", "", reason, "Take out the separators that are too many."))
            if any(cells):
                yield line, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))


def _studies_in_json(path: Path) -> Iterator[Study | Fault]:
    with opened(path) as text:
        try:
            entries = json.load(text)
        except ValueError as error:
            raise ManifestError(path, f"it isn't JSON: {error}", remedy="Give a list of objects.") from error
    if not is_array(entries):
        raise ManifestError(path, "it isn't a JSON list", remedy="Give a list of objects.")
    for number, entry in enumerate(entries, 1):
        if not is_object(entry):
            yield Fault(number, "", str(entry), "isn't an object", "Give a list of objects.", unit="entry")
        elif is_object(entry.get(BLOCK)):
            shown = dict(entry[BLOCK])
            if GUID in entry:
                shown.setdefault(GUID, entry[GUID])
            hidden = (BLOCK, "_guid_type", GUID)
            yield Study(number, shown, {name: value for name, value in entry.items() if name not in hidden})
        else:
            yield Study(number, dict(entry), {})


def write_objects(objects: Iterator[Mapping[str, Any]], output: str | os.PathLike[str], output_format: str) -> int:
    """Write data objects; they are held in memory for a table.

    Args:
        objects: The objects.
        output: The file that is written, whole or not at all.
        output_format: tsv or json.

    Returns:
        The number of objects.

    Raises:
        UsageError: The format is unknown.
    """
    wanted = checked_format(output_format)
    with in_place_of(Path(output)) as file:
        if wanted == "json":
            return write_json(file, objects)
        listed = list(objects)
        further = sorted({name for each in listed for name in each} - {*REQUIRED})
        columns = [*REQUIRED, *further]
        file.write(line_of(columns).encode())
        for each in listed:
            cells = [cell_of(each[name]) if name in each else "" for name in columns]
            file.write(line_of(cells).encode())
        return len(listed)


def objects_in(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The data objects of a study's document."""
    listed = shown_in(document).get(OBJECTS)
    return [each for each in listed if is_object(each)] if is_array(listed) else []


def write_template(output: str | os.PathLike[str]) -> None:
    """Write a table of data objects without rows."""
    with in_place_of(Path(output)) as file:
        file.write(line_of([*REQUIRED, *OPTIONAL]).encode())


class StudyObjects(NamedTuple):
    """The data objects of a study in a table.

    Attributes:
        line: The line of the first.
        objects: The objects by their GUIDs.
    """

    line: int
    objects: dict[str, dict[str, Any]]


def objects_in_table(path: str | os.PathLike[str]) -> dict[str, StudyObjects]:
    """Read a table of data objects.

    Args:
        path: A table separated by tabs.

    Returns:
        By each study's GUID its objects.

    Raises:
        ManifestError: It cannot be read, lacks a column, or a row lacks a value.
    """
    manifest = Path(path)
    found = dict[str, StudyObjects]()
    require_columns(manifest, _header(manifest), REQUIRED)
    for line, cells in table_rows(manifest):
        for name in REQUIRED:
            if not cells[name].strip():
                raise ManifestError(manifest, Fault(line, name, "", "is empty", "Fill it in."))
        told = {name: cell for name, cell in cells.items() if name != DATASET}
        study = found.setdefault(cells[DATASET].strip(), StudyObjects(line, {}))
        study.objects[cells["guid"].strip()] = told
    return found


def missing_columns(path: Path) -> list[str]:
    """The required columns that a table of data objects lacks."""
    header = _header(path)
    return [name for name in REQUIRED if name not in header]


def _header(path: Path) -> list[str]:
    with opened(path) as text:
        return next(rows_in(text), (1, list[str]()))[1]
