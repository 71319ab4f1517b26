"""Tables of a data set as properties of records: the meaning of headers and cells, and the place of each value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from omicsdk.core.likeness import nearest
from omicsdk.dtp.sds.layout import SYSTEM_PROPERTIES, VERSIONS, TableKind, Version, squashed
from omicsdk.dtp.sds.sheets import Cell, Line, Unreadable, is_blank, sheet_of, text_of
from omicsdk.gen3.dictionary import Node, Property
from omicsdk.gen3.records.tables import Finding, Place, as_json, cell_without_column
from omicsdk.gen3.records.validation import value_of_text

#: How alike a header has to be to that of a property that is not required, to be a misspelt one.
ALIKE = 0.85


#: The kind of a finding: a header that is misspelt, or of another version.
UNKNOWN_HEADER = "unknown-header"


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
        headers = (*template, *kind.also)
        self._squashed_headers = {squashed(header) for header in headers}
        property_names = [name for name in node.properties if name not in node.system and name not in SYSTEM_PROPERTIES]
        self._by_name = {squashed(name): name for name in property_names}
        # The template's header is the one that messages name.
        named = {name: header for header in reversed(headers) if (name := self.property_of(header)) is not None}
        self._template = [name for header in template if (name := self.property_of(header)) is not None]
        self.properties = tuple(dict.fromkeys((*self._template, *reversed(named), *property_names)))
        self._headers = {name: named.get(name, name.replace("_", " ")) for name in self.properties}

    def property_of(self, header: str) -> str | None:
        """Return the property of a header; None if the dictionary has none.

        Args:
            header: The header; spaces, case and punctuation do not matter.
        """
        return self._meant(header, self._version)

    def _meant(self, header: str, version: Version) -> str | None:
        name = squashed(header)
        return self._by_name.get(squashed(self._kind.renamed.get(version, {}).get(name, name)))

    def header_of(self, name: str) -> str:
        """Return the header of a property.

        Args:
            name: One of `properties`.
        """
        return self._headers[name]

    def unknown(self, header: str, present: Iterable[str], where: Place) -> Finding:
        """Describe a header that is no property.

        Args:
            header: The header.
            present: The properties that the table has.
            where: Where the header is.

        Returns:
            A fault (UNKNOWN_HEADER) where the header is like one that is missing; else a note.
        """
        present_names = set(present)
        lacking = {self._headers[name].casefold(): name for name in self._template if name not in present_names}
        fault, remedy = False, "It is skipped."
        other = self._version_of(header)
        if other is not None:
            name = self._meant(header, other)
            # A header that no version has a property for is lost in all of them.
            if name is not None and name not in present_names:
                fault = True
                called = f", or rename it to {self._headers[name]!r}"
                remedy = f"It is of SDS {other}: give version={other!r} (--sds-version {other}){called}."
        # A header of the template is not misspelt, even if the dictionary has nothing similar.
        elif squashed(header) not in self._squashed_headers and (near := nearest(header.strip(), lacking)):
            meant = lacking[near[0]]
            fault = meant in self._required or bool(nearest(header.strip(), near, least=ALIKE))
            remedy = f"Did you mean {self._headers[meant]!r}?"
        kind = UNKNOWN_HEADER if fault else "left-out"
        message = f"{as_json(header.strip())} is unknown to the dictionary"
        return Finding(kind, message, remedy, *where, header, header)

    def _version_of(self, header: str) -> Version | None:
        """The newest other version whose template has a header that this one's has not."""
        name = squashed(header)
        if not name or name in self._squashed_headers:
            return None
        for version in reversed(VERSIONS):
            template = {squashed(header) for header in self._kind.headers.get(version, ())}
            if name in template | set(self._kind.renamed.get(version, {})):
                return version
        return None


#: The text of a required property that a sheet leaves out.
NOT_THERE = "NA"
_BREAK = re.compile(r"\r\n|\r|\n")


def reader_of(property_: Property) -> Callable[[Cell], Any]:
    """Return the function that makes a property's value of a cell; a value of another type is left to validation.

    Lines of a cell are a list where the property may be one, and one text with line breaks where it may not. Double quotes
    become single ones.

    Args:
        property_: The property.
    """
    kinds = property_.kinds
    if not kinds and property_.choices:
        choices = {str(choice): choice for choice in property_.choices}
        return lambda cell: choices.get(text_of(cell), text_of(cell))
    if "array" in kinds:
        return partial(_values_in, kind=property_.read_items_as, alone="string" not in kinds)
    return _plain if not kinds or "string" in kinds else partial(_typed, kind=kinds[0])


def _values_in(cell: Cell, kind: str, *, alone: bool) -> Any:
    """The lines of a cell as a list; a single line as a text, unless a list `alone` is a value."""
    lines = _plain(cell).split("\n")
    if not alone and len(lines) == 1:
        return lines[0]
    return [_typed(line.strip(), kind) for line in lines if line.strip()]


def _values_reader_of(property_: Property) -> Callable[[Sequence[Cell]], Any]:
    """The function that makes a value of an element's cells, of which there is at least one.

    Of a list each cell is an item; of any other property the cells are lines of one value.
    """
    if "array" in property_.kinds:
        kind = property_.read_items_as
        return lambda cells: [_typed(cell, kind) for cell in cells]
    read = reader_of(property_)
    return lambda cells: read(cells[0]) if len(cells) == 1 else read("\n".join(text_of(cell) for cell in cells))


def absent(property_: Property) -> Any:
    """Return the value of a required property that a sheet leaves out; None if none is valid.

    Args:
        property_: The property.
    """
    if not property_.kinds:
        return None if property_.choices else NOT_THERE
    if "string" in property_.kinds:
        return NOT_THERE
    return [] if "array" in property_.kinds else None


def _plain(cell: Cell) -> str:
    return _BREAK.sub("\n", text_of(cell).replace('"', "'"))


def _typed(cell: Cell, kind: str) -> Any:
    value = value_of_text(text_of(cell), kind)
    return _plain(cell) if isinstance(value, str) else value


@dataclass(slots=True)
class Entry:
    """The values of a record, from a row of a table or from all elements of one.

    Attributes:
        values: By property: its value.
        place: Its place; without a row where it is a sheet.
        columns: By property: its header.
        rows: By property: its row, where it is not that of the place.
        findings: What is wrong with cells.
    """

    values: dict[str, Any]
    place: Place
    columns: Mapping[str, str]
    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    findings: list[Finding] = field(default_factory=list[Finding])

    def finding(self, kind: str, message: str, remedy: str, name: str, value: object = None) -> Finding:
        """Return a finding about it, which names the property until it is `placed`.

        Args:
            kind: What kind of fault it is.
            message: What is wrong.
            remedy: What to do.
            name: The property.
            value: The value.
        """
        return Finding(kind, message, remedy, *self.place, name, value)

    def placed(self, finding: Finding) -> Finding:
        """Return a finding that names a property with the place of that property.

        Args:
            finding: The finding.
        """
        return replace(
            finding,
            column=self.columns.get(finding.column, finding.column),
            row=self.rows.get(finding.column, finding.row),
        )


@dataclass(slots=True)
class Table:
    """A table of a data set.

    Attributes:
        kind: What it is.
        headers: The headers that it may have.
        node: The node of its records.
        place: Its file and sheet.
        columns: By property: its header.
        entries: Its records.
        findings: The faults of its headers.
        notes: What of it is left out, or moves.
    """

    kind: TableKind
    headers: Headers
    node: Node
    place: Place
    columns: dict[str, str] = field(default_factory=dict[str, str])
    entries: list[Entry] = field(default_factory=list[Entry])
    findings: list[Finding] = field(default_factory=list[Finding])
    notes: list[Finding] = field(default_factory=list[Finding])

    def read_rows(self, lines: Iterator[Line]) -> None:
        """Read a table whose rows are records, below a row of headers."""
        first = next(lines, None)
        if first is None:
            self._note_empty()
            return
        here = self.place._replace(row=first.number)
        readers: dict[int, tuple[str, Callable[[Cell], Any]]] = {}
        others: list[tuple[int, str]] = []
        for number, cell in enumerate(first.cells):
            text = text_of(cell)
            name = self.headers.property_of(text)
            if name is None:
                others += [(number, text)] if text else []
            elif self._is_new(name, text, here):
                readers[number] = (name, reader_of(self.node.properties[name]))
        unknown: dict[int, Finding] = {}
        for number, text in others:
            finding = self.headers.unknown(text, self.columns, here)
            if finding.kind == UNKNOWN_HEADER:
                self.findings.append(finding)
            else:
                unknown[number] = finding
        if self.kind.key not in self.columns:
            if not self.findings:
                header = self.headers.header_of(self.kind.key)
                message = f"There is no column {header!r}, which names the rows"
                self.findings.append(Finding("missing-header", message, f"Add {header!r} to the header.", *here))
            return
        for line in lines:
            entry = Entry({}, self.place._replace(row=line.number), self.columns)
            for number, cell in enumerate(line.cells):
                if is_blank(cell):
                    continue
                if number in readers:
                    name, read = readers[number]
                    if isinstance(cell, Unreadable):
                        entry.findings.append(cell.finding(entry.place, name))
                    else:
                        entry.values[name] = read(cell)
                elif number in unknown:  # an unknown column is noted once, if it has any value
                    self.notes.append(unknown.pop(number))
                elif number >= len(first.cells) or is_blank(first.cells[number]):
                    entry.findings.append(cell_without_column(text_of(cell), number + 1, entry.place))
            if entry.values or entry.findings:
                self.entries.append(entry)

    def read_elements(self, lines: Iterator[Line]) -> None:
        """Read a table whose rows are the elements of one record."""
        begin = self.kind.first_value
        rows: dict[str, int] = {}
        entry = Entry({}, self.place, self.columns, rows)
        others: list[tuple[str, Place]] = []
        for number, line in enumerate(lines):
            label = text_of(line.cells[0])
            if number == 0 and _is_title(line):
                begin = _first_value(line, begin)
                continue
            cells = [cell for cell in line.cells[begin:] if not is_blank(cell)]
            here = self.place._replace(row=line.number)
            name = self.headers.property_of(label)
            if name is None:
                others += [(label, here)] if cells else []
            elif self._is_new(name, label, here):
                rows[name] = line.number
                broken = [cell.finding(entry.place, name) for cell in cells if isinstance(cell, Unreadable)]
                entry.findings += broken
                is_list = "array" in self.node.properties[name].kinds
                if is_list and cells != list(line.cells[begin : begin + len(cells)]):
                    remedy = (
                        "Its values move to the left: write NA into the cell if they belong to those of other rows."
                    )
                    self.notes.append(Finding("moved", "It has an empty cell before a value", remedy, *here, label))
                if cells and not broken:
                    entry.values[name] = _values_reader_of(self.node.properties[name])(cells)
        for label, here in others:
            finding = self.headers.unknown(label, self.columns, here)
            (self.findings if finding.kind == UNKNOWN_HEADER else self.notes).append(finding)
        if entry.values or entry.findings:
            self.entries.append(entry)
        elif not self.findings:
            self._note_empty()

    def _is_new(self, name: str, header: str, where: Place) -> bool:
        """Note the header of a property; a second one is a fault."""
        first = self.columns.get(name)
        if first is None:
            self.columns[name] = header
            return True
        also = f", as {as_json(first.strip())}" if first != header else ""
        message = f"{as_json(header.strip())} is already given{also}"
        self.findings.append(Finding("twice", message, "Keep one of them.", *where, header, header))
        return False

    def _note_empty(self) -> None:
        remedy = "Fill it in; each SDS data set requires it." if self.kind.needed else ""
        finding = Finding("empty", "It is empty", remedy, *self.place)
        (self.findings if self.kind.needed else self.notes).append(finding)


def read_table(path: Path, file: str, kind: TableKind, version: Version, node: Node) -> Table:
    """Read a table.

    Args:
        path: The file.
        file: Its name within the data set.
        kind: What it is.
        version: The version of the data set's structure.
        node: The node of its records, as the dictionary has it.

    Raises:
        SdsError: The file is no table, or cannot be read.
    """
    headers = Headers(kind, version, node)

    def has_key(line: Line) -> bool:
        return any(headers.property_of(text_of(cell)) == kind.key for cell in line.cells)

    with sheet_of(path, _is_title if kind.by_element else has_key) as sheet:
        table = Table(kind, headers, node, Place(file, sheet.name))
        read = table.read_elements if kind.by_element else table.read_rows
        read(iter(sheet.lines))
    return table


def stated_version(path: Path, kind: TableKind) -> str:
    """Read the version of the structure that a description states.

    Args:
        path: The file of the data set's description.
        kind: Its table.

    Returns:
        The version; empty if it states none.

    Raises:
        SdsError: The file is no table, or cannot be read.
    """
    with sheet_of(path, _is_title) as sheet:
        begin = kind.first_value
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
