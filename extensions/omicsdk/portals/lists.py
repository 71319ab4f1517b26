"""Lists of files: their heads, formats, rows and files. No format sends a request but DVC's, for the lists of folders.

A format is one declaration (`Format`): how its head is recognised, how its rows are read, and which files a row names. The declarations
are in `tables`, `url_lists`, `documents`, `bags` and `metalink`; `recognised` tries them in the order of `omicsdk.portals.formats`.
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
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from omicsdk.core.archives import InflationLimit
from omicsdk.core.checksums import hexadecimal
from omicsdk.core.credentials import is_confidential
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.lazy import require
from omicsdk.core.likeness import nearest
from omicsdk.core.redaction import without_query
from omicsdk.core.tables import RowError, lines_of, rows_of
from omicsdk.core.type_guards import is_array, is_object, number_in
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.drs.identifiers import NotADrsId, parse_drs_id
from omicsdk.fs.uris import BLANKS, WEB
from omicsdk.portals.workbooks import sheet_of
from omicsdk.transfer.names import wrong_with

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
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
# Characters of a first line that an error shows.
_FIRST_LINE = 200


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
        return Head(self.path, self.max_unpacked)


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

    Raises:
        ListError: It does not exist, cannot be read, or is empty.
        UnpacksTooLarge: It is a workbook that inflates to more.
    """

    def __init__(self, path: Path, max_unpacked: int | str | None = None) -> None:
        self.path = path
        self._max_unpacked = max_unpacked
        has_no_data = path.is_dir() or (path.is_symlink() and not path.exists())
        self.data = b"" if has_no_data else _beginning(path, max_unpacked)
        if not self.data.strip() and not has_no_data:
            raise ListError(f"{path}: the file is empty", remedy="Use a list that names files.")

    @cached_property
    def members(self) -> frozenset[str]:
        """The names of the files in it, where it is a zip archive or a folder."""
        if self.path.is_dir():
            return frozenset(path.name for path in self.path.iterdir())
        if not self.data.startswith(_ZIP):
            return frozenset()
        try:
            with zipfile.ZipFile(self.path) as archive:
                return frozenset(name.rpartition("/")[2] for name in archive.namelist())
        except zipfile.BadZipFile as error:
            raise ListError(f"{self.path}: not a valid zip archive: {error}", remedy="Download it again.") from error

    @cached_property
    def text(self) -> str:
        """Its text without a byte order mark and without an incomplete last character."""
        return self.data.decode(encoding_of(self.data), "ignore").removeprefix("\ufeff")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines that are not blank, without line ends; an incomplete last line is omitted."""
        lines = [*_unsigned(self.text.splitlines())]
        if len(self.data) >= HEAD_BYTES and len(lines) > 1:
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
        return [dict(zip(numbered(names), cells, strict=False)) for cells in rows]

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
            data = file.read(HEAD_BYTES)
        if data.startswith(_GZIP):
            with gzip.open(path) as file:
                data = file.read(HEAD_BYTES)
        elif data.startswith(_ZIP) and (sheet := sheet_of(path, max_unpacked)):
            data = sheet.text[:HEAD_BYTES]
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error
    return data


def _unreadable(path: Path, error: Exception) -> ListError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
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
            mark = file.read(len(_ZIP))
            file.seek(0)
            if mark == _ZIP and (sheet := sheet_of(path, file_list.max_unpacked)):
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
        for number, line in enumerate(_unsigned(lines_of(text)), 1):
            if (statement := line.lstrip()) and statement[0] != "#":
                yield number, line.rstrip("\r\n")


def _unsigned(lines: Iterable[str]) -> Iterator[str]:
    """Lines with blank ones for the armor of a PGP clear-signed message, whose signature is not verified."""
    armor = ""  # the mark above its lines
    for line in lines:
        if line.startswith("-----BEGIN PGP SIGN"):
            armor = line
        elif armor and not line.strip() and "SIGNED MESSAGE" in armor:
            armor = ""  # the text begins behind the headers
        yield "" if armor else line


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
    unique: dict[str, None] = {}
    lower = set[str]()
    for position, heading in enumerate(names, 1):
        name, number = heading or f"column {position}", 1
        while name.lower() in lower:
            number += 1
            name = f"{heading or f'column {position}'} {number}"
        lower.add(name.lower())
        unique[name] = None
    return list(unique)


# -- formats


def recognised(head: Head, formats: Sequence[Format], label: str) -> Format:
    """The format of a list.

    Args:
        head: Its beginning.
        formats: The known formats, in the order in which they are tried.
        label: Its name in messages.

    Raises:
        UnknownList: It has none of them.
    """
    for format_ in formats:
        if format_.recognises(head):
            return format_
    why, remedy = what_it_is(head)
    first = head.first[:_FIRST_LINE]
    # The first line of what is known may be a secret, such as a cart of dbGaP.
    begins = "" if why or head.members or head.is_binary or not head.first else f"; its first line is {first!r}"
    near = sorted(
        (candidate for candidate in formats if _nearness(candidate, head) >= 0.5),
        key=lambda entry: -_nearness(entry, head),
    )[:2]
    meant = "; ".join(
        f"{candidate.title} (--format {candidate.name}: {candidate.marks}{_lacking(candidate, head)})"
        for candidate in near
    )
    mapped = (
        "If a column has the addresses of files, name it: --map url=COLUMN; call one of UUIDs of the GDC id; names of "
        "data are read where one column alone has them. "
        if len(head.columns) > 1
        else ""
    )
    listed = "List the addresses of files in it, one per line. " if "://" in head.text else ""
    if is_object(head.document) and not why:
        begins = f"; its members are {', '.join(head.document)[:_FIRST_LINE]}"
    raise UnknownList(
        f"{label}: {why or 'unknown format'}{begins}",
        remedy=remedy or f"{meant and f'The nearest: {meant}. '}{mapped}{listed}{MANUAL}",
    )


def _lacking(format: Format, head: Head) -> str:
    """The characteristic columns of a format that a head lacks, in words."""
    groups = format.marks.lower().split(", ")
    missing = [group for group in groups if not any(name in head.columns for name in group.split(" or "))]
    return f"; this list lacks {', '.join(missing)}" if missing else ""


def _nearness(format: Format, head: Head) -> float:
    """Return the share of a format's characteristic columns that a head has, exactly or nearly."""
    marks = format.marks.lower().split(", ")
    near_marks = (any(nearest(name, head.columns, least=0.85) for name in mark.split(" or ")) for mark in marks)
    return sum(near_marks) / len(marks)


# A line of HuBMAP's manifests: the identifier of a dataset, and a path in it. md5sum has two blanks before a path.
ID_AND_PATH = re.compile(r"(?:HBM[0-9]{3}\.[A-Z]{4}\.[0-9]{3}[ \t]+|[0-9a-f]{32}(?: |\t+))/")
_RUN = re.compile(r"[sed]rr[0-9]{6,}")
_WORKBOOK = (
    "a workbook of Excel, not a text",
    "Save its sheet as CSV (UTF-8), or as text with tabs; omicsdk[gen3] reads .xlsx.",
)
_DOCUMENT = ("a document, not a list of files", "Copy the names of data in it into the command.")
_SYNAPSE = ("a manifest of Synapse", "Use its own client: synapse get ID, or synapse get -q QUERY.")
_DNANEXUS = ("a list of files of DNAnexus", "Download them by its own client: dx download.")
_EGA = ("a list of files of the EGA", "Download each by its own client: pyega3 fetch EGAF…")
_ICGC = ("a manifest of the ICGC's repositories", "Download its files by the ICGC's own client, score.")
# Kinds of unsupported lists with a remedy, by what they, or one of their lines, begin with.
_BY_TEXT = {
    r"\A\xd0\xcf\x11\xe0": _WORKBOOK,
    r"\A%PDF": _DOCUMENT,
    r"\AObj\x01": ("a PFB or other Avro file", "Export the files as a TSV or JSON manifest."),
    r"\A(?:ncbikart|ncbi_gap|eyJ[\w-]+\.eyJ)": (
        "a cart or key of dbGaP",
        "Use prefetch --ngc KEY, with --cart for a .jwt.",
    ),
    rf"\A{ID_AND_PATH.pattern}": ("a manifest of HuBMAP, for Globus", "Download it by its own client, hubmap-clt."),
    r"^(?:(?:--recursive|-r) +\S*/\S* +\S*/|\S*/\S* +\S*/\S* +(?:--recursive|-r)$|[\"']?/.+ [\"']?/~/)": (
        "a batch of globus transfer, with paths at endpoints",
        "Use globus transfer --batch, or list the HTTPS addresses of its files.",
    ),
    r'\A\{"omics_lock"': ("a lock of files, not a list", "Download its files by omics pull in its folder."),
    r"\Aversion https://git-lfs": ("a pointer of Git LFS, not the file itself", "Get the file by git lfs pull."),
    r"\A\{\\rtf": ("a document in RTF, not a text", "Save it as plain text."),
    r"\A\{%": ("a template, such as a recipe of conda", "List the addresses in it, one per line."),
    r"\A\s*<": (
        "a page of HTML or XML, not a list of files",
        "Download the list itself, where it is a login page; else list the addresses in it, one per line.",
    ),
    r"^\s*params(?:\s*\{|\.\w+\s*=)": (
        "a configuration of Nextflow, whose values may have others in them",
        "List the addresses in it, one per line; for iGenomes: omics cp -r s3://ngi-igenomes/igenomes/PATH .",
    ),
    r"^(?:genomesFile|trackDb)\s+\S": (
        "a part of a hub, without tracks",
        "Use the trackDb.txt that its genomes.txt names.",
    ),
    r'"\$dnanexus_link"|"(?:file|project)-\w{24}"|\((?:file|project)-\w{24}\)$': _DNANEXUS,
    r"^  C- /|^ +\S+ +\d+ \S+ +\d+ \d{4}-\d\d-\d\d\.\d\d:\d\d ": (
        "a listing of iRODS",
        "Download its collection by its own client: iget -r COLLECTION.",
    ),
    r"\A\.:$|^[├└|`]── ": (
        "a list of names that does not tell files from folders",
        "Write find . -type f, ls -lR or tree -J.",
    ),
    r'\A(?:"[^"\n]*",)+"(?:STANDARD|GLACIER|INTELLIGENT_TIERING)': (
        "a list of an inventory of S3, without its columns",
        "Use the manifest.json of the inventory, with this list beside it.",
    ),
    r"\Ad\d+:(?:announce|created|creation|comment|encoding|info|url-list)": (
        "a torrent",
        "Use a client of BitTorrent, or a list of its web seeds.",
    ),
    r'"archive_digest"|/file_seek_key/': (
        "a response of refgenie, without the address of an archive",
        "Download it: omics cp https://SERVER/v3/assets/archive/GENOME/ASSET .",
    ),
    r"^(?:\[[^]\n]*\] )?(?:pyega3 - EGA|File ID +Status +Bytes)": _EGA,
    r'"analysisId"\s*:': _ICGC,
    r'\A\s*\{\s*"htsget"': (
        "a ticket of htsget, whose parts are joined to one file",
        "Download it by an htsget client, such as samtools with the URL of the ticket.",
    ),
    r'"stac_version"\s*:': (
        "a catalog or collection of STAC without items",
        "Use its items, or the response of its server for them, COLLECTION/items.",
    ),
    r'\A\s*\{\s*"EMPIAR-\d+"': (
        "an entry of EMPIAR, which names no files",
        "Download its folder: omics cp -r https://ftp.ebi.ac.uk/empiar/world_availability/NUMBER/ .",
    ),
}
# Those by some of their columns.
_BY_COLUMNS = {
    ("path", "parent", "synapsestore"): _SYNAPSE,
    ("synapseurl",): _SYNAPSE,
    ("id", "datafilehandleid"): _SYNAPSE,
    ("component", "entityid"): _SYNAPSE,
    ("uuid", "bundle_uuid", "sha256"): ("a table of omics azul files ls", "Write a manifest: omics azul manifest."),
    ("uuid", "species", "organ", "cells"): ("a table of omics azul projects ls", "Name each: omics get azul:UUID."),
    ("object_id", "repo_code"): _ICGC,
    ("object_id", "repository_code"): _ICGC,
    ("analysisid", "objectid"): _ICGC,
    ("ega_file_id",): _EGA,
    # Its MD5 are those of sketches.
    ("internal_location", "md5short"): ("a manifest of sourmash, for its database", "Download the database."),
    ("guid", "_tag_0"): (
        "a Gen3 discovery export of studies without the column __manifest, which names their files",
        "Export the manifest of the selected studies from the discovery page.",
    ),
}


def what_it_is(head: Head) -> tuple[str, str]:
    """Return the kind of an unsupported list, and a remedy; empty if it is none of these.

    Args:
        head: Its beginning.
    """
    if head.path.is_dir():
        return "a folder that is neither a bag nor a data set", "Name the list of files in it."
    if "workbook.xml" in head.members:
        return _WORKBOOK
    if "document.xml" in head.members:
        return _DOCUMENT
    text = head.data.decode("latin-1") if head.is_binary else head.text
    for pattern, meaning in _BY_TEXT.items():
        if re.search(pattern, text, re.MULTILINE):
            return meaning
    for columns, meaning in _BY_COLUMNS.items():
        if {*columns} <= {*head.columns}:
            return meaning
    runs = sum(_RUN.fullmatch(name) is not None for name in head.columns)  # those of a matrix of counts are headings
    if runs == 1 or any(scheme_of(name) or WITHOUT_SCHEME.match(name) for name in head.columns):
        return (
            "a table without a heading",
            "Name its columns in a first line, such as sample and url, or sample and run.",
        )
    if head.is_script:
        return "a script whose commands download from no stated address", "Run it, or list the addresses, one per line."
    if head.is_object and head.document is None:
        return (
            "invalid JSON, or JSON of more than 64 MiB",
            "Correct it, such as its comments, or download it again.",
        )
    if head.columns[:1] == ("file name",):
        return (
            "a manifest for uploads, which names local files",
            "Export the manifest of files that are on the platform.",
        )
    if head.is_binary:
        if head.data.startswith(_ZIP) or head.data[257:262] == b"ustar":
            return (
                "an archive, not a list of files",
                "Unpack it, and use the list, or the folder of the bag, that is in it.",
            )
        return "binary data, not a list of files", "Use the list that names the files."
    return "", ""


def format_named(name: str, formats: Sequence[Format]) -> Format:
    """The format of a name.

    Args:
        name: A format's name.
        formats: The known formats.

    Raises:
        UsageError: There is none of this name.
    """
    by_name = {format_.name: format_ for format_ in formats}
    if name not in by_name:
        close = nearest(name, by_name, count=2, least=0.4)
        meant = f"Did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(f"Unknown format {name!r}", remedy=f"{meant}{MANUAL}")
    return by_name[name]


# -- values of rows

# Algorithms of checksums that lists state, the strongest first.
ALGORITHMS = ("sha512", "blake2b", "sha384", "sha256", "sha224", "sha1", "md5", "crc32c")
# Algorithms by the number of hexadecimal digits of their checksums, where it tells them.
BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
# Cells that state nothing, in lower case: those of portals, and what R and pandas write.
NOTHING = frozenset(
    ("", "-", ".", "na", "<na>", "n/a", "nan", "none", "null", "missing", "not available", "pending", "tbd")
)


def first_of(cells: Mapping[str, str], names: Iterable[str]) -> str:
    """The first value under one of several names; empty where there is none.

    Args:
        cells: Values by name.
        names: The names, the preferred one first.
    """
    return next((value for name in names if (value := cells.get(name, "").strip())), "")


def size_in(text: str) -> int | None:
    """The size in bytes that a cell states: 123, 123.0 or 36,781,467; None where it states none, or a rounded one such as 1.2G.

    Args:
        text: The cell.

    Raises:
        RowFault: It is something else.
    """
    size_text = text.strip()
    if (size := number_in(size_text)) is not None:
        return size
    if size_text.lower() in NOTHING | {"unknown"} or _ROUNDED.fullmatch(size_text):
        return None
    written = _WHOLE.fullmatch(size_text)
    if written is None or (size := number_in(written[1].replace(",", ""))) is None:
        raise RowFault(f"{size_text[:40]!r} is not a size in bytes{_rewritten(size_text)}")
    return size


_WHOLE = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.0*)?(?: ?(?:B|bytes?))?", re.IGNORECASE)
# A size that is not exact, such as 1.2G: files are not compared with it.
_ROUNDED = re.compile(r"[0-9][0-9.,]* ?[KMGTP]i?B?", re.IGNORECASE)


def checksums_in(cells: Mapping[str, str]) -> dict[str, str]:
    """The checksums of cells, as lower-case hexadecimal digits.

    The ETag of an S3 upload in parts, which some portals state as MD5, is left out: it is no checksum of the file's bytes.

    Args:
        cells: Cells by algorithm, in hexadecimal digits or Base64; empty and other ones state nothing.

    Raises:
        RowFault: One is no checksum of its algorithm.
    """
    checksums: dict[str, str] = {}
    for algorithm in ALGORITHMS:
        value = cells.get(algorithm, "").strip()
        if value.lower() in NOTHING or value.lower() == algorithm:  # a placeholder
            continue
        if text := hexadecimal(algorithm, value):
            checksums[algorithm] = text
        # Some lists have MD5s below "sha256": a checksum of this length can be no other.
        elif (named_wrongly := BY_LENGTH.get(len(value), "")) and (text := hexadecimal(named_wrongly, value)):
            checksums[named_wrongly] = text
        elif not re.fullmatch(r"[0-9A-Fa-f]{32}-[0-9]+", value):
            raise RowFault(f"{value[:70]!r} is not a valid {algorithm}{_rewritten(value)}")
    return checksums


# What spreadsheets make of long numbers and texts: 1,88E+05, 188.433, ####, #NAME?.
_SPREADSHEET = re.compile(r"[0-9]+(?:[.,][0-9]+)+(?:E\+?[0-9]+)?|[0-9]+E\+?[0-9]+|#+|#[A-Z/0]+[?!]?", re.IGNORECASE)


def _rewritten(text: str) -> str:
    return " (a spreadsheet rewrote it)" if _SPREADSHEET.fullmatch(text) else ""


def name_in(value: str, what: str = "the file name") -> str:
    """A name that can be one in any folder, without parts that are a dot; an empty one is left to the service.

    Args:
        value: The name.
        what: What it is in the list.

    Raises:
        UnsafeRow: It is absolute, or has "..", NUL or an empty part.
    """
    # As `find .` writes names.
    name = "/".join(part for part in value.split("/") if part != ".") or value
    if name and (reason := wrong_with(name)):
        raise UnsafeRow(f"{what} {value[:200]!r} {reason}")
    return name


# Schemes of URLs that are fetched as they are.
URLS = ("http", "https", "ftp")
# Schemes of `omicsdk.fs` whose files are fetched by their store.
STORES = ("s3", "sb", "dss", "gen3", "pangea", "crunch")
# Schemes of addresses that can be downloaded.
FETCHABLE = frozenset((*URLS, *STORES, "gs", "drs"))
# The page of a Git repository.
REPOSITORY = re.compile(r"https?://(?:www\.)?git(?:hub|lab)\.com/[^/\s?#]+/[^/\s?#]+/?\s*\Z")
# Pages of files in repositories and shared folders, by a part of their addresses, and the addresses of their bytes.
_REPOSITORY = r"(https?://(?:(?:www\.)?github\.com/|gitlab\.com/[^?#]*?/(?=[^/]+/-/))[^/?#]+/[^/?#]+)/blob/"
_PAGES_OF_FILES = {
    "/blob/": (re.compile(_REPOSITORY), r"\1/raw/"),
    "//huggingface.co/": (re.compile(r"(co/(?:datasets/)?[^/?#]+/[^/?#]+)/blob/"), r"\1/resolve/"),
    "//www.dropbox.com/": (re.compile(r"(?<=[?&])dl=0"), "dl=1"),
    "//www.dropbox.com/s/": (re.compile(r"\A([^?#]+)\Z"), r"\1?dl=1"),
    "//drive.google.com/": (re.compile(r"(?:file/d/|open\?id=)([\w-]+)\S*"), r"uc?export=download&id=\1"),
    ".sharepoint.com/:": (re.compile(r"\A([^?#]+/:[^f]:/[^?#]+)(?:\?(?!.*\bdownload=)|\Z)"), r"\1?download=1&"),
    # Nextcloud, whose links have 15 characters.
    "/s/": (re.compile(r"(?<!/)/(index\.php/s/\w+|s/[A-Za-z0-9]{15})/?\Z"), r"/\1/download"),
}
# Services whose identifiers name one file; with the service before it, `gdc:UUID`, one is an address.
IDENTIFIED = frozenset(("gdc", "gen3-guid", "sb-file", "dss-file"))
_UNREACHABLE = {
    **dict.fromkeys(
        ("az", "azure", "abfs", "abfss", "adl", "wasb", "wasbs"),
        "is a URI of Azure: use the file's https URL with a SAS, https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME?SAS",
    ),
    "fasp": "is an address of Aspera (fasp://), which cannot be downloaded: use the list of HTTPS or FTP addresses",
    "azul": "is a URI of omics cp: name the project, azul:UUID",
    "dx": "is a file of DNAnexus: download it by its own client, dx download",
    "ftps": "is an address of FTP over TLS, which is not supported: use its HTTPS or FTP address",
    "globus": "is an address of Globus, which cannot be downloaded: use Globus, or a list of HTTPS addresses",
    "sftp": "is an address of SFTP, which is not supported: use its HTTPS address, or download it with sftp",
    "tag": "is a tag: URI, which has no address: the file must be supplied in another way",
}
# Resolvers of identifiers in the order in which they are tried: the identifier is {}, and {1} its part after the prefix.
_RESOLVERS = {
    "ark": ("https://n2t.net/{}", "https://arks.org/{}"),
    "minid": ("https://n2t.net/{}", "https://identifiers.org/{}"),
    "doi": ("https://doi.org/{1}",),
    "hdl": ("https://hdl.handle.net/{1}",),
    "ga4ghdos": ("drs://{1}",),
    "dos": ("drs://{1}",),
}


def _resolvers_of(identifier: str) -> list[str]:
    """The addresses of an identifier such as ark:/57799/b9dd5t; itself where no resolver is known."""
    prefix, colon, rest = identifier.partition(":")
    resolvers = _RESOLVERS.get(prefix.lower(), ()) if colon and rest.strip("/") else ()
    return [
        resolver.format(quote(identifier, safe=":/"), quote(rest.lstrip("/"), safe="/:")) for resolver in resolvers
    ] or [identifier]


# Last parts of URLs that name no file: its name is a value of the query, or what the server states.
_NO_NAME = re.compile(r"download|content|file|uc|:\w+|\d+|[\w-]+\.(?:php|f?cgi|aspx?|jsp)", re.IGNORECASE)
_FILE_NAME = re.compile(r"[\w.+ -]+\.[A-Za-z]\w{0,9}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^/\s]")
# An address as reports of ENA have it.
WITHOUT_SCHEME = re.compile(r"(?:ftp|ftp-\w+|fasp)\.[\w-]+(?:\.[\w-]+)+:?/\S")
_GENERATION = re.compile(r"#\d{15,}\Z")
_GUID = re.compile(r"dg\.[A-Za-z0-9]+[/:]\S+\Z")


def scheme_of(text: str) -> str:
    """The scheme of a URL or URI in lower case, `drs` of a compact identifier like dg.4503/ID; empty where it is none.

    Args:
        text: The text.
    """
    match = _SCHEME.match(text)
    return match[1].lower() if match else "drs" if _GUID.match(text) else ""


# Variables of shells, make, Python, Jinja and manuals, in a query, too, but for those in braces; and wildcards, which
# names of alleles of HLA have before digits.
_VARIABLE = re.compile(r"\{\{[^{}]*\}\}|\$\{\w+\}|\$\(?[A-Z][A-Z_]+\)?|(?<=/)\$\(?[A-Za-z_]\w*\)?|<[A-Za-z][\w %-]*>")
_TEMPLATE = re.compile(rf"\*(?!\d)|%[sd](?![0-9A-Fa-f])|\{{(?:[A-Za-z_][\w.:]*|\d?)\}}|{_VARIABLE.pattern}")
_MARKS = frozenset("*%{$<")
_SUM_IN_FRAGMENT = re.compile(
    r"(?:.*&)?(md5|sha1|sha224|sha256|sha384|sha512)[=:]([^&]+)(?:&.*)?|([0-9a-f]{32})", re.IGNORECASE
)
"""A checksum behind a URL, as indexes of pip and lists of conda state it, in these an MD5 without its name."""
# The beginning of a URL with a login, in any text.
_LOGIN = re.compile(r"\b((?:https?|ftp)://)[^/?#\s]*@", re.IGNORECASE)


def without_logins(text: str) -> str:
    """The text with its URLs as they are without logins, which no result keeps.

    Args:
        text: A cell of a list, or a URL.
    """
    return _LOGIN.sub(r"\1", text) if "@" in text else text


def file_at(
    url: str,
    *,
    name: str = "",
    size: int | None = None,
    checksums: Mapping[str, str] | None = None,
    folder: str = "",
    mirrors: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> ListedFile:
    """A file at a URL or URI.

    Args:
        url: Where it is, or an identifier of `IDENTIFIED`.
        name: Its path in the target folder; by default the last part of its URL.
        size: Its size in bytes.
        checksums: What the list states; by default those in the fragment of its URL: `#md5=...`.
        folder: Its folder in the layout `id`; by default the host and path of its URL.
        mirrors: Further URLs of it.
        headers: Headers of requests.

    Raises:
        RowFault: The text is no URL, of another scheme, has no file name, or its login would be sent over http.
    """
    address = url.strip(BLANKS)
    scheme = scheme_of(address)
    if scheme in URLS:
        address = address.replace(" ", "%20")
    service, _, identifier = address.partition(":")
    if service in IDENTIFIED and identifier:
        return ListedFile(service, identifier, name, size, checksums or {}, folder)
    if not scheme:
        address, *others = _resolvers_of(address)
        scheme, mirrors = scheme_of(address), (*others, *mirrors)
    if scheme in ("gs", "gcs"):  # fsspec calls it gcs, and gsutil appends a generation
        address, scheme = f"gs{_GENERATION.sub('', address[len(scheme) :])}", "gs"
    for part, (page, to) in _PAGES_OF_FILES.items():
        address = page.sub(to, address) if part in address else address
    if REPOSITORY.match(address):
        raise RowFault(f"{address[:200]!r} is a Git repository: clone it")
    if scheme not in FETCHABLE:
        why = _UNREACHABLE.get(scheme or address.partition(":")[0].lower(), "is not a URL that can be downloaded")
        raise RowFault(f"{without_query(address)[:200]!r} {why}")
    path, _, query = address.partition("?") if not _MARKS.isdisjoint(address) else ("", "", "")
    if template := _TEMPLATE.search(path) or _VARIABLE.search(query):
        remedy = "name each file, or get its folder with --include PATTERN"
        raise RowFault(f"{without_query(address)[:200]!r} has {template[0]!r} in place of a name: {remedy}")
    if scheme == "drs":
        try:
            parse_drs_id(address)
        except NotADrsId as error:
            raise RowFault(error.message) from error
        return ListedFile("drs", address, name, size, checksums or {}, folder)
    try:
        where = urlsplit(address)
    except ValueError as error:
        raise RowFault(f"{without_query(address)[:200]!r} is not a valid URL: {error}") from None
    for copy in (address, *mirrors):
        has_login = _LOGIN.match(copy) or ("authorization" in (headers or {}) and copy is address)
        if has_login and scheme_of(copy) == "http" and not is_confidential(copy):
            remedy = "use its https URL, with the login in your netrc file"
            raise RowFault(f"{without_query(copy)[:200]!r}: a password is not sent over http: {remedy}")
    path = unquote(where.path) if scheme in URLS else address.partition("://")[2].partition("/")[2]
    above, _, last = path.rstrip("/").rpartition("/")
    kind = "url" if scheme in URLS else scheme
    if not checksums and scheme in URLS and (stated := _SUM_IN_FRAGMENT.fullmatch(where.fragment)):
        checksums = checksums_in({(stated[1] or "md5").lower(): stated[2] or stated[3]})
    if not name and not mirrors and not headers and scheme in WEB and _NO_NAME.fullmatch(last):
        in_query = [text for _, text in parse_qsl(where.query) if _FILE_NAME.fullmatch(text)]
        name, kind = (in_query[0], kind) if in_query else ("", scheme)
    elif not name and scheme in (*URLS, "gs"):  # other services state the name
        if not last:
            raise RowFault(f"{without_query(address)[:200]!r} ends without a file name")
        name = name_in(last, "the file name of the URL")
    if not folder:
        folder = "/".join(part for part in (where.hostname or "", *above.split("/")) if part)
    remedies = {"gs": "Name its files, or copy it: omics cp -r.", "ftp": "Name its files."}
    error = (
        ListError(f"{without_logins(address)[:200]} is a folder", remedy=remedies[scheme])
        if scheme in remedies and address[-1] == "/"
        else None
    )
    return ListedFile(kind, address, name, size, checksums or {}, folder, mirrors, headers or {}, error)


def address_in(base: str, path: str) -> str:
    """The address of a file in a folder.

    Args:
        base: The URL of the folder.
        path: The file's path in it.

    Raises:
        RowFault: They make no valid address.
    """
    if scheme_of(base) not in URLS:  # keys of a bucket are not quoted
        return f"{base.rstrip('/')}/{path.removeprefix('./')}"
    try:
        # "%" is kept: a path in a list may be quoted already.
        return urljoin(f"{base.rstrip('/')}/", quote(path, safe="/%", errors="replace"))
    except ValueError as error:
        raise RowFault(f"{path[:200]!r} is not a valid address: {error}") from None


def folder_of(file_list: FileList, problem: str, default: str = "") -> str:
    """The URL of the folder that paths of a list refer to.

    Args:
        file_list: The list.
        problem: What has no address, for the error.
        default: The folder by the list itself, where the user states none.

    Raises:
        ListError: It is not known, or is that of an API.
    """
    base = file_list.base or default
    if not base or "://huggingface.co/api/" in base or "://api." in base:
        examples = "s3://BUCKET, https://huggingface.co/datasets/OWNER/NAME/resolve/main, or https://github.com/OWNER/NAME/raw/main"
        remedy = f"State the URL of their folder with --base URL, such as --base {examples}, or give the list's own URL instead of the file."
        raise ListError(f"{file_list.shown}{problem}", remedy=remedy)
    return base


def texts_in(cell: str) -> list[str]:
    """The texts of a cell that may be a JSON array of them.

    Args:
        cell: The cell.
    """
    text = cell.strip()
    if not text.startswith("["):
        return [text]
    try:
        value: object = decoded(text)
    except ValueError:
        return [text]
    return [text for text in value if isinstance(text, str)] if is_array(value) else [text]
