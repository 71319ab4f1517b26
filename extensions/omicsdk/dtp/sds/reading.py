"""Tables of a data set as properties of records, with the place of each value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from omicsdk.dtp.sds.cells import Cell, Line, Unreadable, is_blank, text_of
from omicsdk.dtp.sds.headers import Headers, twice
from omicsdk.dtp.sds.layout import DATASET_DESCRIPTION, TableKind, Version, squashed
from omicsdk.dtp.sds.tables import sheet_of
from omicsdk.dtp.sds.values import reader_of, values_reader_of
from omicsdk.gen3.dictionary import Node
from omicsdk.gen3.records.tables import Finding, Place, shown


@dataclass(slots=True)
class Entry:
    """What a record will state, from a row of a table or from all elements of one.

    Attributes:
        values: By property: its value.
        place: Where it stands; without a row where it is a whole sheet.
        columns: By property: its header.
        rows: By property: its row, where it isn't that of the place.
        findings: What is wrong with cells.
    """

    values: dict[str, Any]
    place: Place
    columns: Mapping[str, str]
    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    findings: list[Finding] = field(default_factory=list[Finding])

    def finding(self, kind: str, message: str, remedy: str, name: str, value: object = None) -> Finding:
        """Gives something that is wrong with it; it names the property until it is `placed`.

        Args:
            kind: What kind of fault it is.
            message: What is wrong.
            remedy: What to do.
            name: The property.
            value: The value.
        """
        return Finding(kind, message, remedy, self.place.file, self.place.sheet, self.place.row, name, value)

    def placed(self, found: Finding) -> Finding:
        """Gives a finding that names a property with the place of that property.

        Args:
            found: The finding.
        """
        return replace(
            found, column=self.columns.get(found.column, found.column), row=self.rows.get(found.column, found.row)
        )


@dataclass(slots=True)
class Table:
    """A table of a data set.

    Attributes:
        kind: What it is.
        file: The file, as it is called within the data set.
        headers: Its headers.
        entries: What records it makes.
        findings: What is wrong with its headers.
        notes: What of it is left out.
    """

    kind: TableKind
    file: str
    headers: Headers
    entries: list[Entry] = field(default_factory=list[Entry])
    findings: list[Finding] = field(default_factory=list[Finding])
    notes: list[Finding] = field(default_factory=list[Finding])


def read_table(path: Path, file: str, kind: TableKind, version: Version, node: Node) -> Table:
    """Reads a table.

    Args:
        path: The file.
        file: What it is called within the data set.
        kind: What it is.
        version: The version of the data set's structure.
        node: What its records are, as the dictionary has it.

    Raises:
        SdsError: The file is no table, or can't be read.
    """
    table = Table(kind, file, Headers(kind, version, node))
    read = _read_elements if kind.by_element else _read_rows
    with sheet_of(path, lambda line: _is_header(table, line)) as sheet:
        read(table, Place(file, sheet.name), iter(sheet.lines), node)
    return table


def stated_version(path: Path) -> str:
    """Reads which version of the structure a description states.

    Args:
        path: The file of the data set's description.

    Returns:
        What stands there; empty where it states none.

    Raises:
        SdsError: The file is no table, or can't be read.
    """
    with sheet_of(path, _is_title) as sheet:
        begin = DATASET_DESCRIPTION.first_value
        for number, line in enumerate(sheet.lines):
            if number == 0 and _is_title(line):
                begin = _first_value(line, begin)
            elif squashed(text_of(line.cells[0])).startswith("metadataversion"):
                return next((text_of(cell).strip() for cell in line.cells[begin:] if not is_blank(cell)), "")
    return ""


def _is_title(line: Line) -> bool:
    return "element" in text_of(line.cells[0]).casefold() or "item" in text_of(line.cells[0]).casefold()


def _first_value(line: Line, default: int) -> int:
    titles = [squashed(text_of(cell)) for cell in line.cells]
    return next((column for column, title in enumerate(titles) if title.startswith("value")), default)


def _is_header(table: Table, line: Line) -> bool:
    if table.kind.by_element:
        return _is_title(line)
    return any(table.headers.property_of(text_of(cell)) == table.kind.key for cell in line.cells)


def _read_rows(table: Table, place: Place, lines: Iterator[Line], node: Node) -> None:
    first = next(lines, None)
    if first is None:
        _tell_empty(table, place)
        return
    columns, readers, unknown = _columns(table, first, replace(place, row=first.number), node)
    if table.kind.key not in columns:
        if not table.findings:
            header = table.headers.header_of(table.kind.key)
            told = f"There is no column {header!r}, which names the rows"
            table.findings.append(
                Finding("missing-header", told, f"Add {header!r} to the header.", place.file, place.sheet, first.number)
            )
        return
    for line in lines:
        entry = Entry({}, replace(place, row=line.number), columns)
        for number, cell in enumerate(line.cells):
            if cell is None:
                continue
            if number in readers:
                name, read = readers[number]
                _take(entry, name, cell, read)
            elif number in unknown and not is_blank(cell):
                table.notes.append(unknown.pop(number))
        if entry.values or entry.findings:
            table.entries.append(entry)


Reader = Callable[[Cell], Any]


def _take(entry: Entry, name: str, cell: Cell, read: Reader) -> None:
    if isinstance(cell, Unreadable):
        entry.findings.append(_unreadable(entry, name, cell))
    elif not is_blank(cell):
        entry.values[name] = read(cell)


def _unreadable(entry: Entry, name: str, cell: Unreadable) -> Finding:
    if cell.kind == "formula":
        told = f"{shown(cell.text)} is a formula whose value isn't in the file"
        return entry.finding("formula", told, "Open it in Excel and save it, or write the value.", name, cell.text)
    told = f"{cell.text} is an error of Excel"
    return entry.finding("excel-error", told, "Correct the formula, or write the value.", name, cell.text)


def _columns(
    table: Table, header: Line, place: Place, node: Node
) -> tuple[dict[str, str], dict[int, tuple[str, Reader]], dict[int, Finding]]:
    """The headers of properties, what reads each column, and what to tell of columns that aren't known."""
    columns: dict[str, str] = {}
    readers: dict[int, tuple[str, Reader]] = {}
    others: dict[int, str] = {}
    for number, cell in enumerate(header.cells):
        text = text_of(cell)
        name = table.headers.property_of(text)
        if not text:
            continue
        if name is None:
            others[number] = text
        elif name in columns:
            table.findings.append(twice(text, columns[name], place, text))
        else:
            columns[name] = text
            readers[number] = (name, reader_of(node.properties[name]))
    unknown: dict[int, Finding] = {}
    for number, text in others.items():
        told, fault = table.headers.unknown(text, columns, place, text)
        if fault:
            table.findings.append(told)
        else:
            unknown[number] = told
    return columns, readers, unknown


def _read_elements(table: Table, place: Place, lines: Iterator[Line], node: Node) -> None:
    begin = table.kind.first_value
    columns: dict[str, str] = {}
    rows: dict[str, int] = {}
    entry = Entry({}, place, columns, rows)
    unknown: list[tuple[str, Place]] = []
    for number, line in enumerate(lines):
        label = text_of(line.cells[0])
        if number == 0 and _is_header(table, line):
            begin = _first_value(line, begin)
            continue
        cells = [cell for cell in line.cells[begin:] if not is_blank(cell)]
        here = replace(place, row=line.number)
        name = table.headers.property_of(label)
        if name is None:
            if cells:
                unknown.append((label, here))
        elif name in rows:
            table.findings.append(twice(label, columns[name], here, label))
        else:
            columns[name], rows[name] = label, line.number
            _take_all(entry, name, cells, node)
    for label, here in unknown:
        told, fault = table.headers.unknown(label, columns, here, label)
        (table.findings if fault else table.notes).append(told)
    if entry.values or entry.findings:
        table.entries.append(entry)
    elif not table.findings:
        _tell_empty(table, place)


def _tell_empty(table: Table, place: Place) -> None:
    told = "There is nothing in it"
    if table.kind.needed:
        remedy = "Fill it in; each SDS data set has it."
        table.findings.append(Finding("empty", told, remedy, place.file, place.sheet))
    else:
        table.notes.append(Finding("empty", told, "", place.file, place.sheet))


def _take_all(entry: Entry, name: str, cells: Sequence[Cell], node: Node) -> None:
    broken = [cell for cell in cells if isinstance(cell, Unreadable)]
    entry.findings += [_unreadable(entry, name, cell) for cell in broken]
    if cells and not broken:
        entry.values[name] = values_reader_of(node.properties[name])(cells)
