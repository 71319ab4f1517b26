"""Records in files and as data sets: JSON files with the records of each table, and tables of records."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BufferedWriter
from math import isfinite
from pathlib import Path
from typing import Any

from omicsdk.core.batches import grouped
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.dtp.sds.layout import (
    CASE,
    DATASET_DESCRIPTION,
    DEFAULT_VERSION,
    EXPERIMENT,
    SYSTEM_PROPERTIES,
    VERSIONS,
    TableKind,
    Version,
    layout,
    squashed,
)
from omicsdk.dtp.sds.sheets import SdsError
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.tables import Finding, json_rows
from omicsdk.transfer.disk import make_folders, output_file

Record = Mapping[str, Any]
#: Files with one record, which is not within an array.
_ALONE = (f"{EXPERIMENT}.json", f"{DATASET_DESCRIPTION}.json")


def write_records(records: Mapping[str, Sequence[Record]], folder: Path) -> tuple[tuple[Path, ...], list[Finding]]:
    """Write files of records.

    Args:
        records: By the files' names: their records, in the order in which they can be submitted.
        folder: The folder; it is created if it does not exist.

    Returns:
        The files in that order; and a note for each that an earlier conversion left and that is no part of this one.

    Raises:
        TransferError: They cannot be written; each is written completely or not at all.
    """
    make_folders(os.fspath(folder))
    files: list[Path] = []
    for name, records_of_file in records.items():
        files.append(folder / name)
        with output_file(folder / name, durable=False) as file:
            _write_json(file, records_of_file, alone=name in _ALONE)
    message, remedy = (
        "It is left from an earlier run and not part of this data set",
        "Delete it before you submit the folder.",
    )
    paths = [folder / f"{stem}.json" for stem in (EXPERIMENT, *(kind.stem for kind in layout().kinds))]
    old = [path for path in paths if path.name not in records and path.exists()]
    return tuple(files), [Finding("left-over", message, remedy, str(path)) for path in old]


def _write_json(file: BufferedWriter, records: Sequence[Record], *, alone: bool) -> None:
    if alone:
        file.write(f"{_text(records[0], '', {})}\n".encode())
        return
    # One record after the other: a manifest may be long.
    names: dict[str, str] = {}
    for number, record in enumerate(records):
        file.write(f"{',' if number else '['}\n    {_text(record, '    ', names)}".encode())
    file.write(b"\n]\n")


def _text(record: Record, indent: str, names: dict[str, str]) -> str:
    """A record with a line for each property; names are written once for all records."""
    parts: list[str] = []
    for name, value in record.items():
        begin = names.get(name) or names.setdefault(name, f"{indent}    {json.dumps(name)}: ")
        parts.append(begin + json.dumps(value))
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def read_records(folder: Path) -> Iterator[Record]:
    """Read the records of all JSON files of a folder except hidden ones, or of one file.

    Args:
        folder: The folder or file.

    Raises:
        SdsError: There is none, or one is not JSON of records.
    """
    files = [folder]
    if folder.is_dir():
        files = sorted(path for path in folder.glob("*.json") if path.is_file() and not path.name.startswith("."))
    if not files or not files[0].is_file():
        raise SdsError(f"No JSON files found in {folder}", remedy="Use the folder that has the records.")
    for file in files:
        try:
            yield from (row.values for row in json_rows(file))
        except Gen3UserError as error:
            raise SdsError(error.message, remedy=error.remedy) from error


_log = logger("omicsdk.dtp")
Value = str | int | float | bool | None
#: Characters that a cell may have.
LONGEST = 32_767
_ESCAPED = re.compile(r"_x[0-9A-Fa-f]{4}_")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def write_data_set(
    records: Iterable[Record],
    folder: Path,
    version: Version | None,
    experiment: str,
    *,
    overwrite: bool = False,
    only: TableKind | None = None,
) -> tuple[Path, ...]:
    """Write a data set's tables.

    Args:
        records: The records, as they are submitted or exported. Those of other data sets and of nodes that no table is of
            are ignored.
        folder: The folder; it is created if it does not exist.
        version: The version of the structure, which has the headers, and which the description states. By default the one
            that the records state where it is known, else 2.0.0.
        experiment: The data set's name in the commons.
        overwrite: Whether existing tables are replaced.
        only: The only table to write; all by default.

    Returns:
        The tables.

    Raises:
        SdsError: There is no record of the data set, a table exists already, two properties have one column, or a text is
            longer than a cell may be.
        MissingExtra: openpyxl is not installed.
        TransferError: They cannot be written; each is written completely or not at all.
    """
    of_node = _of_data_set(records, experiment)
    if not of_node:
        raise SdsError(f"No records found of the data set {experiment}", remedy="Check its name.")
    kinds = [kind for kind in layout().kinds if kind.node in of_node and only in (None, kind)]
    files = {kind: folder / f"{kind.stem}.xlsx" for kind in kinds}
    existing = next((file for file in files.values() if file.exists()), None)
    if existing is not None and not overwrite:
        raise SdsError(f"{existing} already exists", remedy="Name another folder, or use overwrite (--overwrite).")
    make_folders(os.fspath(folder))
    version = version or recorded_version(of_node.get(DATASET_DESCRIPTION, ()))
    for kind, path in files.items():
        make = _elements if kind.by_element else _rows
        _write(path, make(kind, version, of_node[kind.node]))
    return tuple(files.values())


def recorded_version(descriptions: Sequence[Record]) -> Version:
    """Return the version of the structure that the records of a data set state.

    Args:
        descriptions: Its records of dataset_description.

    Returns:
        That of the last one; 2.0.0 if it is none that is known.
    """
    declared = descriptions[-1].get("metadata_version") if descriptions else None
    first = next(iter(declared), None) if is_array(declared) else declared
    return first if first in VERSIONS else DEFAULT_VERSION


def _of_data_set(records: Iterable[Record], experiment: str) -> dict[str, list[Record]]:
    """The records of a data set that tables have, by their nodes."""
    nodes = {kind.node for kind in layout().kinds}
    by_record = [
        (str(record["type"]), record, _targets(record)) for record in records if str(record.get("type")) in nodes
    ]
    # Samples are a data set's by their subjects.
    cases = [record for node, record, targets in by_record if node == CASE and experiment in targets]
    subjects = _submitter_ids(cases)
    return grouped((node, record) for node, record, targets in by_record if experiment in targets or targets & subjects)


def _targets(record: Record) -> set[str]:
    """The submitter_ids of the records that a record links to."""
    return _submitter_ids(item for value in record.values() for item in (value if is_array(value) else [value]))


def _submitter_ids(values: Iterable[object]) -> set[str]:
    # Records without one, and links by `id`, are not the same record.
    ids = (value.get("submitter_id") for value in values if is_object(value))
    return {submitter_id for submitter_id in ids if isinstance(submitter_id, str)}


def _names(kind: TableKind, version: Version, records: Sequence[Record]) -> dict[str, str]:
    """By header: the property that it is of; those of the template, and those that records have besides."""
    property_names = {
        name: None
        for record in records
        for name, value in record.items()
        if name not in SYSTEM_PROPERTIES and _is_plain(value)
    }
    renamed = kind.renamed.get(version, {})
    by_name = {squashed(name): name for name in property_names}
    headers: dict[str, str] = {}
    template = kind.headers.get(version, ())
    for header in (*template, *kind.also):
        key = squashed(header)
        key = squashed(renamed.get(key, key))
        if header in template or (key in by_name and by_name[key] not in headers.values()):
            headers[header] = by_name.get(key, key)
    named = set(headers.values())
    headers |= {name.replace("_", " "): name for name in property_names if name not in named}
    for name in sorted(property_names.keys() - headers.values()):
        message = f"The property {name!r} of {kind.node} has the same column in {kind.stem}.xlsx as another one"
        raise SdsError(message, remedy="Keep one of them, or keep the records in JSON.")
    return headers


def _is_plain(value: object) -> bool:
    return not (is_object(value) or (is_array(value) and any(is_object(member) for member in value)))


def _rows(kind: TableKind, version: Version, records: Sequence[Record]) -> Iterator[Sequence[Value]]:
    names = _names(kind, version, records)
    yield list(names)
    for record in records:
        yield [_cell(record.get(name)) for name in names.values()]


def _elements(kind: TableKind, version: Version, records: Sequence[Record]) -> Iterator[Sequence[Value]]:
    record = records[-1]
    if len(records) > 1:
        _log.warning("there are %d records of %s; %s has the last one", len(records), kind.node, f"{kind.stem}.xlsx")
    if kind.stem == DATASET_DESCRIPTION:
        # It states the version of its headers: otherwise it would be read as another version.
        record = {**record, "metadata_version": [version]}
    values = {header: _values(record.get(name), kind) for header, name in _names(kind, version, [record]).items()}
    many = max([1, *(len(value) for value in values.values())])
    titles = ["Value", *(f"Value {number}" for number in range(2, many + 1))]
    if kind.first_value == 2:
        yield ["Submission Item", "Definition", *titles]
    else:
        yield ["Metadata element", "Description", "Example", *titles]
    blank = [None] * (kind.first_value - 1)
    divided = kind.stem == DATASET_DESCRIPTION and version != "1.2.3"
    sections = layout().sections if divided else dict[str, str]()
    within = False
    for header, cells in values.items():
        if header in sections:
            within = True
            yield [sections[header]]
        yield [f"    {header}" if within else header, *blank, *cells]


def _values(value: object, kind: TableKind) -> list[Value]:
    if kind.stem == DATASET_DESCRIPTION and is_array(value):
        return [_cell(value) for value in value]
    return [] if value is None else [_cell(value)]


def _cell(value: object) -> Value:
    if is_array(value):
        return "\n".join(str(_cell(item)) for item in value if item is not None)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    # A cell's number is a float: it has no more digits, and is never infinite.
    if (isinstance(value, int) and abs(value) > 1 << 53) or (isinstance(value, float) and not isfinite(value)):
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _write(path: Path, rows: Iterable[Sequence[Value]]) -> None:
    require("openpyxl", "dtp", f"{path}, which is a workbook")
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    checked = [[_written(value, path, number) for value in row] for number, row in enumerate(rows, 1)]
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Sheet1")
    for row in checked:
        cells = [WriteOnlyCell(sheet, value) for value in row]
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # what begins with = or # is a text, too
        sheet.append(cells)
    with output_file(path) as file:
        book.save(file)


def _written(value: Value, path: Path, row: int) -> Value:
    if not isinstance(value, str):
        return value
    text = _ESCAPED.sub(lambda match: f"_x005F{match[0]}", value)
    control = _CONTROLS.search(text)
    what = f"{len(text)} characters" if len(text) > LONGEST else f"the character {control[0]!r}" if control else ""
    if what:
        raise SdsError(
            f"A text in row {row} of {path.name} contains {what}, which cells cannot contain", remedy="Keep it in JSON."
        )
    return text
