"""Tables of a data set as properties of records: what a header means, what a cell means, where each value stands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from omicsdk.dtp.sds.layout import DATASET_DESCRIPTION, OWN, VERSIONS, TableKind, Version, squashed
from omicsdk.dtp.sds.sheets import Cell, Line, Unreadable, is_blank, sheet_of, text_of
from omicsdk.gen3.dictionary import Node, Property
from omicsdk.gen3.names import nearest
from omicsdk.gen3.records.tables import Finding, Place, shown

#: How alike a header and that of a property have to be which records needn't have, to be told as misspelt.
ALIKE = 0.85


class Headers:
    """The headers of a table.

    Args:
        kind: The table.
        version: The version of the data set's structure.
        node: What its records are, as the dictionary has it.

    Attributes:
        properties: The properties that it may have, in the template's order, then in the dictionary's.
    """

    def __init__(self, kind: TableKind, version: Version, node: Node) -> None:
        self._kind = kind
        self._version: Version = version
        self._required = node.required
        template = kind.headers.get(version, ())
        listed = (*template, *kind.also)
        self._listed = {squashed(header) for header in listed}
        stated = [name for name in node.properties if name not in node.system and name not in OWN]
        self._by_name = {squashed(name): name for name in stated}
        # The template's header is the one that a property is told by.
        named = {name: header for header in reversed(listed) if (name := self.property_of(header)) is not None}
        self._template = [name for header in template if (name := self.property_of(header)) is not None]
        self.properties = tuple(dict.fromkeys((*self._template, *reversed(named), *stated)))
        self._headers = {name: named.get(name, name.replace("_", " ")) for name in self.properties}

    def property_of(self, header: str) -> str | None:
        """Gives the property that a header is; None where it is none that the dictionary has.

        Args:
            header: The header; blanks, case and punctuation don't matter.
        """
        return self._meant(header, self._version)

    def _meant(self, header: str, version: Version) -> str | None:
        name = squashed(header)
        return self._by_name.get(squashed(self._kind.others.get(version, {}).get(name, name)))

    def header_of(self, name: str) -> str:
        """Gives the header of a property.

        Args:
            name: One of `properties`.
        """
        return self._headers[name]

    def unknown(self, header: str, there: Iterable[str], place: Place, column: str) -> tuple[Finding, bool]:
        """Tells of a header that is no property.

        Args:
            header: The header.
            there: The properties that the table has.
            place: Where it stands.
            column: The column that the finding names.

        Returns:
            What is to be told, and whether it is a fault: the header is like one that is missing.
        """
        known = set(there)
        lacking = {self._headers[name].casefold(): name for name in self._template if name not in known}
        fault, remedy = False, "It is left out."
        other = self._version_of(header)
        if other is not None:
            name = self._meant(header, other)
            # What no version has a property for is lost in each of them.
            if name is not None and name not in known:
                fault = True
                called = f", or call it {self._headers[name]!r}"
                remedy = f"It is of SDS {other}: give version={other!r} (--sds-version {other}){called}."
        # What the template has isn't misspelt, though nothing in the dictionary is like it.
        elif squashed(header) not in self._listed:
            near = nearest(header.strip().casefold(), lacking)
            if near is not None:
                alike = SequenceMatcher(None, header.strip().casefold(), near).ratio()
                fault = lacking[near] in self._required or alike >= ALIKE
                remedy = f"Did you mean {self._headers[lacking[near]]!r}?"
        told = Finding(
            "unknown-header" if fault else "left-out",
            f"{shown(header.strip())} is nothing that the dictionary knows here",
            remedy,
            place.file,
            place.sheet,
            place.row,
            column,
            header,
        )
        return told, fault

    def _version_of(self, header: str) -> Version | None:
        """The newest other version whose template has a header that this one's has not."""
        name = squashed(header)
        if not name or name in self._listed:
            return None
        for version in reversed(VERSIONS):
            template = {squashed(each) for each in self._kind.headers.get(version, ())}
            if name in template | set(self._kind.others.get(version, {})):
                return version
        return None


def twice(header: str, first: str, place: Place, column: str) -> Finding:
    """Tells of a header or element that is there twice.

    Args:
        header: The later one.
        first: What the first is called.
        place: Where the later one stands.
        column: The column that the finding names.
    """
    told = f"{shown(header.strip())} is there already" + (f", as {shown(first.strip())}" if first != header else "")
    return Finding("twice", told, "Keep one of them.", place.file, place.sheet, place.row, column, header)


NOT_THERE = "NA"
"""What texts are that each record of a node has and a sheet leaves out."""
_BREAK = re.compile(r"\r\n|\r|\n")
_INTEGER = re.compile(r"[+-]?\d{1,300}(\.0*)?", re.ASCII)


def reader_of(stated: Property) -> Callable[[Cell], Any]:
    """Gives what makes values of cells; what isn't as the dictionary wants it stays as it is, for validation to tell.

    Lines of a cell are a list where the property may be one, and one text with line breaks where it may not. Double quotes
    become single ones.

    Args:
        stated: The property.
    """
    kinds = stated.kinds
    if not kinds and stated.choices:
        choices = {str(choice): choice for choice in stated.choices}

        def chosen(cell: Cell) -> Any:
            return choices.get(text_of(cell), text_of(cell))

        return chosen
    if "array" in kinds:
        items, alone = stated.read_items_as, "string" not in kinds

        def listed(cell: Cell) -> Any:
            text = _plain(cell)
            if not alone and "\n" not in text:
                return text
            lines = [line.strip() for line in text.split("\n") if line.strip()]
            found = [_typed(line, items) for line in lines]
            return found if alone or len(found) > 1 else found[0]

        return listed
    if not kinds or "string" in kinds:
        return _plain
    kind = kinds[0]

    def typed(cell: Cell) -> Any:
        return _typed(cell, kind)

    return typed


def values_reader_of(stated: Property) -> Callable[[Sequence[Cell]], Any]:
    """Gives what makes a value of an element's cells, of which there is at least one.

    Args:
        stated: The property: a list has an item for each cell; of any other kind the cells are lines of one.
    """
    if "array" in stated.kinds:
        kind = stated.read_items_as
        return lambda cells: [_typed(cell, kind) for cell in cells]
    read = reader_of(stated)
    return lambda cells: read(cells[0]) if len(cells) == 1 else read("\n".join(text_of(cell) for cell in cells))


def absent(stated: Property) -> Any:
    """Gives the value of a required property that a sheet leaves out; None where there is none that would do.

    Args:
        stated: The property.
    """
    if not stated.kinds:
        return None if stated.choices else NOT_THERE
    if "string" in stated.kinds:
        return NOT_THERE
    return [] if "array" in stated.kinds else None


def _plain(cell: Cell) -> str:
    text = cell.strip() if isinstance(cell, str) else text_of(cell)
    if '"' in text:
        text = text.replace('"', "'")
    return _BREAK.sub("\n", text) if "\n" in text or "\r" in text else text


def _typed(cell: Cell, kind: str) -> Any:
    if kind == "boolean":
        return (
            cell if isinstance(cell, bool) else {"true": True, "false": False}.get(text_of(cell).lower(), text_of(cell))
        )
    if kind not in ("integer", "number"):
        return _plain(cell)
    text = text_of(cell)
    if _INTEGER.fullmatch(text):
        return int(text.partition(".")[0])
    try:
        number = float(text)
    except ValueError:
        return _plain(cell)
    return number if math.isfinite(number) else text


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
