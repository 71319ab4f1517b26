"""Sheets of Excel workbooks, row by row: values as Excel last calculated them.

Of 10,000 rows openpyxl makes a second and a half; expat, which it stands on, needs a tenth of that.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from omicsdk.dtp.sds.cells import Cell, Line, Sheet, Unreadable
from omicsdk.dtp.sds.errors import SdsError
from omicsdk.dtp.sds.serials import DATE_FORMATS, moment_of, shows

#: Columns that a sheet may have.
COLUMNS = 16_384
_CHUNK = 1 << 16
_ESCAPED = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
Start = Callable[[str, Mapping[str, str]], object]
End = Callable[[str], object]


class Workbook:
    """An Excel workbook that is read. Close it, or use it in a `with` block.

    Args:
        path: The file.

    Raises:
        SdsError: It is no workbook, or can't be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = ZipFile(path)
        except (BadZipFile, NotImplementedError) as error:
            raise self._refused("it isn't the zip file that .xlsx is") from error
        except OSError as error:
            raise SdsError(f"{path} can't be read: {error.strerror}", remedy="Check its permissions.") from error
        try:
            self._since_1904 = False
            self._places = self._sheet_places()
            self._texts: list[str] | None = None
            self._formats: list[str] | None = None
        except BaseException:
            self._zip.close()
            raise

    def _refused(self, why: str) -> SdsError:
        return SdsError(f"{self._path} is no Excel workbook: {why}", remedy="Save it anew as .xlsx.")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its sheets, in order."""
        return tuple(self._places)

    def sheet(self, name: str) -> Sheet:
        """Gives a sheet, whose rows are read as they are gone through.

        Args:
            name: Its name, one of `names`.
        """
        return Sheet(name, self._lines(self._places[name]))

    def _lines(self, place: str) -> Iterator[Line]:
        if self._texts is None or self._formats is None:
            self._texts, self._formats = self._shared_texts(), self._number_formats()
        reader = _Lines(self._texts, self._formats, since_1904=self._since_1904)
        with self._opened(place) as file:
            for _ in self._parsed(file, reader.start, reader.end, reader.data):
                yield from reader.taken()
        yield from reader.taken()

    def _opened(self, place: str) -> IO[bytes]:
        try:
            return self._zip.open(place)
        except KeyError as error:
            raise self._refused(f"it has no {place}") from error
        except (BadZipFile, OSError, RuntimeError) as error:  # damaged, encrypted, or packed in an unknown way
            raise self._refused(str(error)) from error

    def _parsed(self, file: IO[bytes], start: Start, end: End, data: Callable[[str], object]) -> Iterator[None]:
        """Reads a part, and stops after each piece of it."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = data
        parser.EntityDeclHandler = self._no_entities
        try:
            while piece := file.read(_CHUNK):
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
        except (expat.ExpatError, BadZipFile, OSError, EOFError, zlib.error) as error:
            raise self._refused(f"{getattr(file, 'name', 'a part')} is broken: {error}") from error
        except (ValueError, LookupError, OverflowError) as error:  # an index, number or span that is none
            raise self._refused(f"{getattr(file, 'name', 'a part')} makes no sense: {error}") from error

    def _no_entities(self, *_: object) -> None:
        raise self._refused("it declares entities")

    def _read(self, place: str, start: Start, end: End = str, data: Callable[[str], object] = str) -> None:
        with self._opened(place) as file:
            for _ in self._parsed(file, start, end, data):
                pass

    def _relations(self, place: str) -> dict[str, tuple[str, str]]:
        """By their ids: the kind and the place of what a part of the file refers to."""
        folder, name = posixpath.split(place)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if _local(tag) == "Relationship":
                target = attributes.get("Target", "")
                whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, whole.lstrip("/"))

        self._read(posixpath.join(folder, "_rels", f"{name}.rels"), start)
        return found

    def _sheet_places(self) -> dict[str, str]:
        self._main = next((to for kind, to in self._relations("").values() if kind == "officeDocument"), "")
        if not self._main:
            raise self._refused("it has no workbook in it")
        self._parts = self._relations(self._main)
        places: dict[str, str] = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            local = _local(tag)
            if local == "workbookPr":
                self._since_1904 = attributes.get("date1904", "0") in ("1", "true")
            elif local == "sheet":
                key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
                kind, place = self._parts.get(key, ("", ""))
                if kind == "worksheet":
                    places[attributes.get("name", "")] = place

        self._read(self._main, start)
        if not places:
            raise self._refused("it has no sheet")
        return places

    def _part(self, kind: str) -> str | None:
        return next((to for each, to in self._parts.values() if each == kind), None)

    def _shared_texts(self) -> list[str]:
        place = self._part("sharedStrings")
        if place is None or place not in self._zip.NameToInfo:
            return []
        texts: list[str] = []
        pieces: list[str] = []
        state = {"t": False, "rPh": False}  # readings of East Asian characters aren't the text

        def start(tag: str, _: Mapping[str, str]) -> None:
            local = _local(tag)
            if local in state:
                state[local] = True

        def end(tag: str) -> None:
            local = _local(tag)
            if local == "si":
                texts.append(_unescaped("".join(pieces)))
                pieces.clear()
            elif local in state:
                state[local] = False

        def data(text: str) -> None:
            if state["t"] and not state["rPh"]:
                pieces.append(text)

        self._read(place, start, end, data)
        return texts

    def _number_formats(self) -> list[str]:
        """What each style of cells shows: date, elapsed, or nothing."""
        place = self._part("styles")
        if place is None or place not in self._zip.NameToInfo:
            return []
        codes: dict[str, str] = {}
        used: list[str] = []
        within: list[str] = []

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            local = _local(tag)
            if local == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif local == "xf" and within and within[-1] == "cellXfs":
                used.append(attributes.get("numFmtId", "0"))
            within.append(local)

        def end(_: str) -> None:
            within.pop()

        self._read(place, start, end)
        own = {str(number): "elapsed" if number == 46 else "date" for number in DATE_FORMATS}
        return [shows(codes[each]) if each in codes else own.get(each, "") for each in used]

    def close(self) -> None:
        """Closes the file."""
        self._zip.close()

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Lines:
    """Makes rows of what expat tells of a sheet.

    Args:
        texts: The workbook's shared texts.
        formats: What each style shows.
        since_1904: Whether days are counted from 1904.
    """

    def __init__(self, texts: list[str], formats: list[str], *, since_1904: bool) -> None:
        self._texts = texts
        self._formats = formats
        self._since_1904 = since_1904
        self._ready: list[Line] = []
        self._columns: dict[str, int] = {}
        self._row = 0
        self._cells: list[Cell] = []
        self._pieces: list[str] | None = None
        self._column = 0
        self._kind = "n"
        self._style = 0
        self._value: str | None = None
        self._formula: str | None = None
        self._reading = False

    def taken(self) -> list[Line]:
        """Gives the rows that are whole, once."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        local = tag if ":" not in tag else _local(tag)
        if local == "c":
            place = attributes.get("r")
            self._column = self._column + 1 if place is None else self._column_of(place)
            self._kind = attributes.get("t", "n")
            self._style = int(attributes.get("s", 0))
            self._value = self._formula = None
        elif local in ("v", "t", "f"):
            self._pieces = None if self._reading else []
        elif local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
            self._cells = []
        elif local == "rPh":
            self._reading = True

    def data(self, text: str) -> None:
        """A text goes on."""
        if self._pieces is not None:
            self._pieces.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        local = tag if ":" not in tag else _local(tag)
        if local in ("v", "t"):
            if self._pieces is not None:
                self._value = (self._value or "") + "".join(self._pieces)
                self._pieces = None
        elif local == "f":
            self._formula = "".join(self._pieces or ())
            self._pieces = None
        elif local == "c":
            if (cell := self._cell()) is not None:
                self._cells.extend([None] * (self._column - 1 - len(self._cells)))
                self._cells.append(cell)
        elif local == "row":
            if self._cells:
                self._ready.append(Line(self._row, self._cells))
        elif local == "rPh":
            self._reading = False

    def _column_of(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        number = self._columns.get(letters)
        if number is None:
            number = 0
            for letter in letters.upper():
                number = number * 26 + ord(letter) - 64
            if not 0 < number <= COLUMNS:
                raise ValueError(f"{place} is no cell")
            self._columns[letters] = number
        return number

    def _cell(self) -> Cell:
        kind, value = self._kind, self._value
        if self._formula is not None and (value is None or (not value and kind != "str")):
            return Unreadable("formula", f"={self._formula}" if self._formula else "a formula")
        if value is None or (not value and kind != "s"):
            return None
        match kind:
            case "s":
                return self._texts[int(value)] or None
            case "inlineStr" | "str":
                return _unescaped(value)
            case "n":
                return self._number(value)
            case "b":
                return value not in ("0", "false")
            case "e":
                return Unreadable("excel-error", value)
            case "d":
                return datetime.fromisoformat(value)
            case _:
                return value

    def _number(self, text: str) -> Cell:
        try:
            number: float = int(text)
        except ValueError:
            number = float(text)
            if not isfinite(number):
                return text
        shown = self._formats[self._style] if self._style and self._style < len(self._formats) else ""
        if shown == "elapsed":
            return timedelta(days=number)
        if shown == "date":
            return moment_of(number, since_1904=self._since_1904) or number
        return number
