"""Lists of files: their heads, their texts and tables, and what a format is.

A format is one declaration (`Format`): how its head is recognised, how its rows are read, and which files a row names. `formats` has
all of them; none sends a request but DVC's, for the lists of folders.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple, cast

from omicsdk.core.archives import InflationLimit
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.lazy import require
from omicsdk.core.redaction import without_query
from omicsdk.core.tables import LONGEST_LINE, RowError, lines_of, rows_of
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.portals.workbooks import sheet_of

# Bytes of a list that its format is recognised by.
HEAD_BYTES = 1 << 16
# Most characters of a JSON document, which is read as a whole.
LONGEST_DOCUMENT = 1 << 26
# Rows by whose cells it is found what columns state.
SAMPLE = 100
# Faulty rows that an error names; the rest is counted.
SHOWN_FAULTS = 10

# What errors refer to.
MANUAL = "All formats: omics help lists."

_UTF8, _WINDOWS = "utf-8-sig", "cp1252"
_ENCODINGS = {_UTF8: "UTF-8", _WINDOWS: "Windows-1252"}
_GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^/\s]")
_GUID = re.compile(r"dg\.[A-Za-z0-9]+[/:]\S+\Z")
# An address as reports of ENA have it.
WITHOUT_SCHEME = re.compile(r"(?:ftp|ftp-\w+|fasp)\.[\w-]+(?:\.[\w-]+)+:?/\S")


def scheme_of(text: str) -> str:
    """The scheme of a URL or URI in lower case, `drs` of a compact identifier like dg.4503/ID; empty where it is none.

    Args:
        text: The text.
    """
    match = _SCHEME.match(text)
    return match[1].lower() if match else "drs" if _GUID.match(text) else ""


class ListError(UsageError):
    """Invalid list: unreadable, with a missing column, or with invalid rows."""


class UnknownList(ListError):
    """List of an unknown format."""


class RowFault(ValueError):
    """Row without a valid file; the message states the reason, without the location."""


class UnsafeRow(RowFault):
    """Row whose name would leave the folder: nothing of its list is downloaded."""


# The kind of what stands for a row with a fault: a file with an error, which has no source.
FAULT = "row"


class ListedFile(NamedTuple):  # a third of a frozen dataclass's time, and a list may have a million
    """A file that a list names.

    Attributes:
        kind: The service that has it: a key of `omicsdk.portals.sources.SOURCES`. Empty for a statement about a file of another list.
        address: Its URL, or its identifier at the service.
        name: Its path within the target folder; empty where only the service knows it.
        size: Its size in bytes; None where the list does not state it.
        checksums: What the list states, from algorithm (`omicsdk.core.checksums.ALGORITHMS`) to lower-case value.
        folder: Its folder in the layout `id`.
        mirrors: Further URLs of the same bytes.
        headers: Headers of requests to its URL's origin; secrets.
        error: Why it cannot be had, where its service was asked.
    """

    kind: str
    address: str
    name: str = ""
    size: int | None = None
    checksums: Mapping[str, str] = {}
    folder: str = ""
    mirrors: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    error: OmicsError | None = None

    def __repr__(self) -> str:
        secret = ("address", "mirrors", "headers")  # URLs may be signed
        fields = (f"{name}={value!r}" for name, value in self._asdict().items() if name not in secret)
        return f"ListedFile({', '.join(fields)})"

    @property
    def source(self) -> str:
        """Where its bytes come from: its URL or URI without a query, or its identifier with the kind of service that has it."""
        return without_query(self.address) if scheme_of(self.address) else f"{self.kind}:{self.address}"


@dataclass(frozen=True, slots=True)
class Stated:
    """What columns of a table state, each by its name in lower case.

    Attributes:
        urls: Those of addresses.
        names: Those of names, the preferred one first.
        sizes: Those of sizes in bytes.
        sums: Those of checksums, with their algorithm; empty where their text shows it.
        base: The URL of the folder that addresses without a scheme are relative to; empty where they are refused.
    """

    urls: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    sums: tuple[tuple[str, str], ...] = ()
    base: str = ""


class Row(NamedTuple):
    """A row of a list.

    Attributes:
        line: The line that it begins in, or the number of its entry, from 1.
        cells: Its values by the list's own columns, all of which the result manifest keeps.
        headers: Headers of its requests, as `Name: value`; secrets, which no result keeps.
        fault: Why it cannot be read; empty for others.
        stated: What its columns state, where its format does not say so.
        name: The path of its file, or of its folder with a slash at its end, by which an invalid row is left out; empty
            if it is not known before its files are.
        is_short: Whether its fault is that cells at its end are missing, and its line is whole.
    """

    line: int
    cells: dict[str, str]
    headers: tuple[str, ...] = ()
    fault: str = ""
    stated: Stated = Stated()
    name: str = ""
    is_short: bool = False

    def __repr__(self) -> str:
        # Headers are secrets, and URLs among the cells may be signed.
        return f"Row(line={self.line}, name={self.name!r}, fault={self.fault!r})"


class FileList(NamedTuple):
    """A list on disk.

    Attributes:
        path: The file or folder.
        shown: Its name in messages.
        base: The URL of the folder that it came from, or that the user states; else empty.
        prefer: Kinds of files that are preferred where a row names several, such as `submitted`.
        notes: Counts what the user should know of, by text; filled while rows are read.
        max_unpacked: Most bytes that it may inflate to, as for `InflationLimit`.
        columns: What the user states its columns to be: `url`, `name`, `size` or an algorithm, and the column's name.
    """

    path: Path
    shown: str
    base: str
    prefer: tuple[str, ...]
    notes: Counter[str]
    max_unpacked: int | str | None = None
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def head(self) -> Head:
        """Its beginning, read anew."""
        return Head(self.path, self.max_unpacked, self.shown)


class Manual(NamedTuple):
    """What the manual states of a format, in Markdown.

    Attributes:
        address: Where the files are.
        sums: Checksums by which they are verified.
        login: Credentials that are used.
    """

    address: str
    sums: str = "none"
    login: str = "none"


@dataclass(frozen=True, slots=True)
class Format:
    """A format of lists.

    Attributes:
        name: Its name for `--format`.
        title: Its name in messages.
        marks: What it is recognised by, as text.
        recognises: Whether a head is one of this format.
        rows: Reads the rows of a list, in order; raises `ListError` where it is malformed.
        files: Returns the files that a row names, none where it names no file that can be had; raises `RowFault`.
        manual: What the manual states of it.
    """

    name: str
    title: str
    marks: str
    recognises: Callable[[Head], bool]
    rows: Callable[[FileList], Iterator[Row]]
    files: Callable[[Row, FileList], Iterable[ListedFile]]
    manual: Manual


# -- heads


class Head:
    """The beginning of a list.

    Args:
        path: The list; a folder may be a bag or a data set. A link to what is not here is without data.
        max_unpacked: Most bytes that it may inflate to, as for `InflationLimit`.
        shown: Its name in messages; by default its path.

    Raises:
        ListError: It does not exist, cannot be read, or is empty.
        UnpacksTooLarge: It is a workbook that inflates to more.
    """

    def __init__(self, path: Path, max_unpacked: int | str | None = None, shown: str = "") -> None:
        self.path = path
        self._max_unpacked = max_unpacked
        has_no_data = path.is_dir() or (path.is_symlink() and not path.exists())
        self.data = b"" if has_no_data else _beginning(path, max_unpacked)
        if not self.data.strip() and not has_no_data:
            raise ListError(f"{shown or path}: the file is empty", remedy="Use a list that names files.")

    @cached_property
    def members(self) -> frozenset[str]:
        """The names of the files in it, where it is a zip archive or a folder."""
        if self.path.is_dir():
            return frozenset(path.name for path in self.path.iterdir())
        if not self.data.startswith(ZIP):
            return frozenset()
        try:
            with zipfile.ZipFile(self.path) as archive:
                return frozenset(name.rpartition("/")[2] for name in archive.namelist())
        except (zipfile.BadZipFile, NotImplementedError) as error:  # the latter of a version that Python lacks
            raise ListError(f"{self.path}: not a valid zip archive: {error}", remedy="Download it again.") from error

    @cached_property
    def text(self) -> str:
        """Its text without a byte order mark and without an incomplete last character."""
        return self.data.decode(encoding_of(self.data), "ignore").removeprefix("\ufeff")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines that are not blank, without line ends; an incomplete last line is omitted."""
        lines = [*unframed(self.text.splitlines())]
        if len(self.data) >= HEAD_BYTES and len(lines) > 1 and not self.text.endswith("\n"):
            lines.pop()
        return tuple(line for line in lines if line.strip())

    @property
    def is_binary(self) -> bool:
        """Whether it has a zero byte, which no text but UTF-16 has."""
        return b"\0" in self.data and not encoding_of(self.data).startswith("utf-16")

    @property
    def first(self) -> str:
        """Its first line that is not blank."""
        return self.lines[0] if self.lines else ""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns in lower case: a table's header, or the keys of the first object of a JSON array."""
        if self.text.lstrip()[:1] == "[" or self.has_object_lines:
            return self._keys()
        if self.is_object or self.first.startswith("#!/"):  # a comment in a script may be like a heading
            return ()
        return tuple(name.lower() for name in header_of(header_line(self.lines)[1]))

    @cached_property
    def sample(self) -> list[Mapping[str, object]]:
        """The first rows of a table by column, or objects of a JSON array."""
        if self.text.lstrip()[:1] == "[" or self.has_object_lines:
            return [*islice(self._objects(), SAMPLE)]
        # Many lines of an object may be addresses, as in inputs of workflows, but none is a row.
        if self.is_object or self.first.startswith("#!/"):
            return []
        above, header = header_line(self.lines)
        mark, names = delimiter_of(header), header_of(header)
        marks = header.count(mark)
        lines = [line for line in self.lines[above:] if not line.startswith("#") or line.count(mark) >= marks]
        try:
            rows = [cells for _, cells in islice(rows_of(lines, mark), SAMPLE)]
        except RowError:
            rows = [line.split(mark) for line in lines[:SAMPLE]]
        columns = numbered(names)
        return [dict(zip(columns, cells, strict=False)) for cells in rows]

    def _objects(self) -> Iterator[Mapping[str, object]]:
        # A head ends within its array: objects are decoded one by one, up to the incomplete one.
        at, decoder = max(0, self.text.find("{")), json.JSONDecoder()
        while at >= 0:
            try:
                value, end = decoder.raw_decode(self.text, at)
            except (ValueError, RecursionError):
                return
            if is_object(value):
                yield value
            at = self.text.find("{", end)

    @cached_property
    def has_object_lines(self) -> bool:
        """Whether each line is a JSON object: two of the first, or the only one, unless it is a document with others in it."""
        try:
            values: list[object] = [decoded(line) for line in self.lines[:2]]
        except (ValueError, RecursionError):
            return False
        if not values or not all(map(is_object, values)):
            return False
        first = values[0]
        return len(values) > 1 or not any(_has_objects(value) for value in (first.values() if is_object(first) else ()))

    @property
    def is_object(self) -> bool:
        """Whether it is one JSON object, perhaps an invalid one."""
        return self.text.lstrip()[:1] == "{" and not self.has_object_lines

    @property
    def is_script(self) -> bool:
        """Whether it is a script of a shell or has its commands, by its first line or its name."""
        return self.first.startswith("#!") or _SCRIPT.match(self.path.name) is not None

    @cached_property
    def document(self) -> object:
        """The whole list as a JSON document, or a YAML or TOML one by its name; None for another text, or one of more than 64 MiB."""
        read = {".yaml": _in_yaml, ".yml": _in_yaml, ".toml": _in_toml}.get(self.path.suffix.lower(), decoded)
        if self.text.lstrip()[:1] not in ("{", "[") and read is decoded:
            return None
        with opened(FileList(self.path, self.path.name, "", (), Counter(), self._max_unpacked)) as text:
            data = text.read(LONGEST_DOCUMENT + 1)
        try:
            return None if len(data) > LONGEST_DOCUMENT else read(data)
        except (ValueError, RecursionError, YamlFault):
            return None

    def _keys(self) -> tuple[str, ...]:
        first = next(self._objects(), None)
        return () if first is None else tuple(name.lower() for name in first)


# Names of scripts, and of recipes that have their commands.
_SCRIPT = re.compile(r".*\.(?:sh|def|mk)\Z|(?:dockerfile|containerfile|singularity|makefile)\b", re.IGNORECASE)


def _in_toml(data: str) -> object:
    import tomllib

    return _as_json(tomllib.loads(data))


def _in_yaml(data: str) -> object:
    require("yaml", "dvc", "lists in YAML")
    return _as_json(read_yaml(data))


def _as_json(value: object) -> object:
    """A value of YAML or TOML with the types that JSON has."""
    if isinstance(value, dict):
        return {str(name): _as_json(member) for name, member in cast("dict[object, object]", value).items()}
    if is_array(value):
        return [_as_json(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _has_objects(value: object) -> bool:
    return is_object(value) or (is_array(value) and any(map(is_object, value)))


def encoding_of(data: bytes) -> str:
    """The encoding of a text: UTF-16 where a mark or the zeros of its first characters show it, Windows-1252 where its first
    character that is not ASCII is none of UTF-8, else UTF-8.

    Args:
        data: Its beginning, which may end within a character.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data[1:4:2] == b"\0\0" and data[0] and data[2]:
        return "utf-16-le"
    if data[0:4:2] == b"\0\0" and data[1] and data[3]:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError as error:
        return _WINDOWS if data[: error.start].isascii() else _UTF8
    return _UTF8


def _encoding_in(file_list: FileList) -> str:
    """The encoding of a list, as far as its first character that is not ASCII shows it."""
    with opened_bytes(file_list) as file:
        encoding = encoding_of(data := file.read(HEAD_BYTES))
        while encoding == _UTF8 and data and data.isascii():
            data = file.read(HEAD_BYTES)
    return _WINDOWS if encoding == _UTF8 and encoding_of(data) == _WINDOWS else encoding


def _beginning(path: Path, max_unpacked: int | str | None) -> bytes:
    try:
        with path.open("rb") as file:
            data = _to_the_end_of_a_line(file)
        if data.startswith(_GZIP):
            with gzip.open(path) as file:
                data = _to_the_end_of_a_line(file)
        elif data.startswith(ZIP) and (sheet := sheet_of(path, max_unpacked)):
            data = _to_the_end_of_a_line(io.BytesIO(sheet.text))
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error
    return data


def _to_the_end_of_a_line(file: io.BufferedIOBase) -> bytes:
    """Read the beginning of a list, and the rest of a line in it: the first row of a table may be longer."""
    data = file.read(HEAD_BYTES)
    return data + file.readline(LONGEST_LINE) if b"\n" in data else data


def _unreadable(path: Path, error: Exception) -> ListError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or "it is damaged"
    return ListError(f"{path} cannot be read: {why}", remedy="Use the path of a list of files.")


@contextmanager
def opened_bytes(file_list: FileList) -> Generator[IO[bytes]]:
    """Open a list, as it is or compressed with gzip; see `opened`.

    Args:
        file_list: The list.

    Raises:
        ListError: It cannot be read; also while it is read.
    """
    path = file_list.path
    try:
        with path.open("rb") as file:
            mark = file.read(len(ZIP))
            file.seek(0)
            if mark == ZIP and (sheet := sheet_of(path, file_list.max_unpacked)):
                if sheet.others:
                    others = ", ".join(sheet.others)[:200]
                    file_list.notes[f"its sheet {sheet.name!r} is read; save others as CSV: {others}"] = 0
                yield io.BytesIO(sheet.text)
            elif mark.startswith(_GZIP):
                with gzip.open(file) as inflated:
                    yield InflationLimit(path, file_list.max_unpacked).reader(cast("IO[bytes]", inflated))
            else:
                yield file
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


@contextmanager
def opened(file_list: FileList) -> Generator[IO[str]]:
    """Open the text of a list: UTF-8 with or without a byte order mark, UTF-16 or Windows-1252, as it is or compressed with gzip.

    Args:
        file_list: The list. Read its lines by `lines_of`, which bounds their length.

    Raises:
        ListError: It cannot be read, is in another encoding, or has a line that is too long; also while it is read.
    """
    encoding = _encoding_in(file_list)
    if encoding == _WINDOWS:
        file_list.notes.setdefault("read as Windows-1252, since it is not UTF-8", 0)
    with opened_bytes(file_list) as file, text_of(file, file_list.shown, encoding) as text:
        yield text


@contextmanager
def text_of(file: IO[bytes], label: str, encoding: str = _UTF8) -> Generator[IO[str]]:
    """Read bytes of a list as text.

    Args:
        file: The bytes.
        label: Their name in messages.
        encoding: Their encoding.

    Raises:
        ListError: They are not in this encoding, or have a line that is too long.
    """
    try:
        with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            yield text
    except UnicodeDecodeError as error:
        problem = f"{label} is not {_ENCODINGS.get(encoding, 'UTF-16')} text (byte {error.start})"
        raise ListError(problem, remedy="Save it as UTF-8.") from None
    except RowError as error:
        remedy = "Check that it is a list of files, and the quotes in it."
        raise ListError(f"{label}, line {error.line}: {error}", remedy=remedy) from error


def numbered_lines(file_list: FileList) -> Iterator[tuple[int, str]]:
    """The lines of a list that are neither blank nor comments, with their numbers, without line ends.

    Args:
        file_list: The list.
    """
    with opened(file_list) as text:
        for number, line in enumerate(unframed(lines_of(text)), 1):
            if (statement := line.lstrip()) and statement[0] != "#":
                yield number, line.rstrip("\r\n")


# The first line of a table of PANGAEA, of whose description "*/" is the last one.
DESCRIPTION = "/* DATA DESCRIPTION:"


def unframed(lines: Iterable[str]) -> Iterator[str]:
    """Lines with blank ones for the armor of a PGP clear-signed message, whose signature is not verified, and for a description.

    Args:
        lines: The lines of a list.
    """
    frame = ""  # the mark above its lines
    for line in lines:
        if line.startswith(("-----BEGIN PGP SIGN", DESCRIPTION)):
            frame = line
        elif frame and not line.strip() and "SIGNED MESSAGE" in frame:
            frame = ""  # the text begins behind the headers
        yield "" if frame else line
        if line.startswith("*/"):
            frame = ""


def delimiter_of(header: str) -> str:
    """The separator of a table's cells: a tab where its header has one, else a semicolon where it has more of them, or a comma.

    Args:
        header: Its first line.
    """
    if "\t" in header:
        return "\t"
    return ";" if header.count(";") > header.count(",") else ","


def header_line(lines: Iterable[str]) -> tuple[int, str]:
    """A table's header: the first line that is neither blank nor a comment, or a comment with as many columns as that line.

    Args:
        lines: Its lines.

    Returns:
        Its number, from 1, and its text without the mark of a comment; 0 and an empty text if there is none.
    """
    comments, lines = [(0, "")], [*lines]
    for number, line in enumerate(lines, 1):
        below = enumerate(lines, 1) if _KEY.match(line) else ()
        if heading := next((entry for entry in below if "SRArun_acc" in entry[1].split()), None):
            return heading
        if is_row(line):
            mark = delimiter_of(line)
            # Notes may follow it; commas are counted in the last comment alone, since notes have some.
            alike = [comment for comment in comments if 0 < line.count(mark) == comment[1].count(mark)]
            return alike[-1] if alike and (mark == "\t" or alike[-1] == comments[-1]) else (number, line)
        if line.startswith("#"):
            comments.append((number, line[1:]))
    return comments[-1]


# Keys and values above the heading of the benchmark datasets of outbreaks.
_KEY = re.compile(r"(?:organism|outbreak|pmid|tree|source|datatype|intendeduse)\t", re.IGNORECASE)


def is_row(line: str) -> bool:
    """Whether a line of a table is its header or a row: neither blank, nor a comment, nor a spreadsheet's separator or title.

    Args:
        line: The line.
    """
    if not line.strip() or line.startswith("#") or _SEPARATOR.match(line):
        return False
    # Spreadsheets fill up a title, and a row without cells, with the separators of all columns.
    return not _FILLED_UP.search(line) or sum(map(bool, header_of(line))) > 1


# From the first separator of a run alone: the rest of a run of thousands, as in sparse tables, would be compared for each.
_FILLED_UP = re.compile(r"(?<![\t,;])[\t,;]++(?<=[\t,;]{2})\s*+\Z")
# A first line by which spreadsheets state the separator.
_SEPARATOR = re.compile(r"sep=.\s*\Z", re.IGNORECASE)


def header_of(line: str, *, quoted: bool = True) -> list[str]:
    """The names of a table's columns, without blanks around them.

    Args:
        line: Its first line.
        quoted: Whether they may be quoted.
    """
    try:
        rows = rows_of([_UNQUOTED.sub(" ", line)], delimiter_of(line), quoted=quoted)
        return [name.strip() for _, names in rows for name in names]
    except RowError:
        return []


# The SRA does not quote the heading geographic_location_(country_and/or_sea,region).
_UNQUOTED = re.compile(r"(?<=_sea),(?=region\)(?:,|\Z))")


def numbered(names: Sequence[str]) -> list[str]:
    """The names of columns, each once: the second `x` is `x 2`, and one without a name is called by its place.

    Args:
        names: The names.
    """
    unique: list[str] = []
    lower = set[str]()
    # Where the search for a number begins: a header may have one name a hundred thousand times.
    numbers: Counter[str] = Counter()
    for position, heading in enumerate(names, 1):
        own_name = name = heading or f"column {position}"
        while name.lower() in lower:
            numbers[own_name] += 1
            name = f"{own_name} {numbers[own_name] + 1}"
        lower.add(name.lower())
        unique.append(name)
    return unique
