"""Folders that describe their files: BagIt bags, and the investigations of ISA-Tab."""

from __future__ import annotations

import os
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from unicodedata import normalize

from omicsdk.core.archives import InflationLimit
from omicsdk.core.tables import lines_of
from omicsdk.portals.cells import ALGORITHMS, checksums_in, file_at, name_in, size_in
from omicsdk.portals.documents import METABOLIGHTS_FOLDER
from omicsdk.portals.headings import files_in
from omicsdk.portals.lists import (
    SAMPLE,
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Manual,
    Row,
    Stated,
    header_of,
    numbered_lines,
    opened,
    text_of,
)
from omicsdk.portals.tables import path_rows
from omicsdk.portals.url_lists import checksum_line, most_lines
from omicsdk.transfer.disk import scratch_database

FETCH, BAGIT = "fetch.txt", "bagit.txt"
_FETCH_LINE = re.compile(r"(\S+)\s+(\d+|-)\s+(?:\./)?(data/.*)\Z")
_ESCAPED = {"%0a": "\n", "%0d": "\r", "%25": "%"}


def _unescaped(name: str) -> str:
    """A path of a bag's files: line ends and percent signs are escaped, nothing else (RFC 8493, 2.2.3)."""
    return re.sub("%(?:0[AaDd]|25)", lambda mark: _ESCAPED[mark[0].lower()], name)


@contextmanager
def _bag_files(file_list: FileList) -> Generator[tuple[dict[str, Iterator[str]], Callable[[str], bool]]]:
    """The lines of a bag's tag files that matter to a download, by name; of a `fetch.txt` alone those beside it.

    And whether the bag has a file.
    """
    path = file_list.path
    names = (FETCH, *(f"manifest-{name}.txt" for name in ALGORITHMS))
    if not zipfile.is_zipfile(path):
        folder = path if path.is_dir() else path.parent
        files = {name: folder / name for name in names if (folder / name).is_file()}
        # The list itself may have been renamed.
        files |= {} if path.is_dir() else {FETCH: path}
        label = {
            name: file_list.shown if file == path else f"{file_list.shown}: {name}" for name, file in files.items()
        }
        lines = {name: _lines(file_list._replace(path=path, shown=label[name])) for name, path in files.items()}
        yield lines, lambda name: os.path.lexists(folder / name)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            tops = {name.rpartition("/")[0] for name in entries if name.rpartition("/")[2] in (BAGIT, FETCH)}
            # A file in a bag may have such a name, too: the shortest path is that of the bag.
            top = min(tops, key=len, default="")
            files = {name: entry for name in names if (entry := entries.get(f"{top}/{name}".lstrip("/"))) is not None}
            if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in files.values()):
                raise zipfile.BadZipFile("it is compressed by another method than deflate")
            limit = InflationLimit(path, file_list.max_unpacked)
            lines = {
                name: _inflated_lines(archive, entry, limit, f"{file_list.shown}: {name}")
                for name, entry in files.items()
            }
            yield lines, lambda name: f"{top}/{name}".lstrip("/") in entries
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ListError(f"{path} cannot be read: {error}", remedy="Get the bag again.") from error


def _lines(file_list: FileList) -> Iterator[str]:
    with opened(file_list) as text:
        yield from lines_of(text)


def _inflated_lines(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: InflationLimit, label: str
) -> Iterator[str]:
    with limit.reader(archive.open(entry)) as file, text_of(file, label) as text:
        yield from lines_of(text)


class _Statements:
    """The strongest checksum that a bag's manifests state of each file, on disk: a manifest may name very many."""

    def __init__(self, rows: sqlite3.Connection) -> None:
        self._investigation_rows = rows
        rows.execute("BEGIN")  # one transaction: a row alone would be written at once
        self._investigation_rows.execute(
            "CREATE TABLE stated (name BLOB PRIMARY KEY, algorithm TEXT, checksum TEXT, path BLOB, fetched INT) WITHOUT ROWID"
        )

    def read(self, algorithm: str, lines: Iterator[str]) -> None:
        """Read a manifest; files that an earlier one names keep its checksums."""
        parsed = (checksum_line(line.rstrip("\r\n")) for line in lines)
        # Some programs write the paths of `find .`, as md5sum repeats them.
        named = ((_unescaped(line[2].removeprefix("./")), line[1]) for line in parsed if line is not None)
        self._investigation_rows.executemany(
            "INSERT OR IGNORE INTO stated VALUES (?, ?, ?, ?, 0)",
            ((_key(name), algorithm, checksum, name.encode("utf-8", "surrogatepass")) for name, checksum in named),
        )

    def not_fetched(self) -> Iterator[str]:
        """The files of which `of` was not called."""
        for (path,) in self._investigation_rows.execute("SELECT path FROM stated WHERE NOT fetched"):
            yield path.decode("utf-8", "surrogatepass")

    def of(self, name: str) -> tuple[str, str]:
        """The algorithm and checksum of a file that is fetched; empty if none is stated."""
        self._investigation_rows.execute("UPDATE stated SET fetched = 1 WHERE name = ?", (_key(name),))
        query = "SELECT algorithm, checksum FROM stated WHERE name = ?"
        row: tuple[str, str] | None = self._investigation_rows.execute(query, (_key(name),)).fetchone()
        return row or ("", "")


def _key(name: str) -> bytes:
    # A manifest may have another form of a name than fetch.txt: macOS decomposes those of its files.
    return normalize("NFC", name).encode("utf-8", "surrogatepass")


def _bag_rows(file_list: FileList) -> Iterator[Row]:
    """The entries of fetch.txt, each with the strongest checksum that the bag's manifests state of it."""
    with _bag_files(file_list) as (files, has), scratch_database() as rows:
        statements = _Statements(rows)
        if FETCH not in files:
            remedy = "All its files are in it: unpack it." if files else "Use a bag, or its fetch.txt."
            raise ListError(f"{file_list.shown}: the bag has no fetch.txt", remedy=remedy)
        # These begin with the strongest one, and the first checksum of a file is kept.
        for algorithm in ALGORITHMS:
            statements.read(algorithm, files.get(f"manifest-{algorithm}.txt", iter(())))
        lines = iter(files[FETCH])
        first = [*islice(lines, SAMPLE)]
        # The NCBI's packages state 0 for each file; that is no size.
        has_sizes = any(entry[2] not in ("0", "-") for line in first if (entry := _FETCH_LINE.match(line.rstrip())))
        for number, line in enumerate(chain(first, lines), 1):
            if not line.strip():
                continue
            entry = _FETCH_LINE.match(line.rstrip("\r\n"))
            if entry is None:
                yield Row(number, {}, fault=f"{line.strip()[:100]!r} is not URL, length and data/NAME")
                continue
            name = _unescaped(entry[3])
            algorithm, checksum = statements.of(name)
            if not checksum:
                file_list.notes["files of the bag are missing in its manifests"] += 1
            cells = {
                "url": entry[1],
                "length": entry[2] if has_sizes else "-",
                "filename": name,
                "algorithm": algorithm,
                "checksum": checksum,
            }
            yield Row(number, cells)
        if lost := sum(not has(name) for name in statements.not_fetched()):
            file_list.notes["files in the bag's manifests are neither in it nor in its fetch.txt"] = lost


def _bag_file(row: Row, _: FileList) -> Iterator[ListedFile]:
    cells = row.cells
    checksums = checksums_in({cells["algorithm"]: cells["checksum"]} if cells["checksum"] else {})
    name = name_in(cells["filename"])
    yield file_at(cells["url"], name=name, size=size_in(cells["length"]), checksums=checksums)


BAG = Format(
    "bdbag",
    "BDBag or package of the NCBI, or the fetch.txt of one",
    "bagit.txt in a zip archive or folder; lines URL LENGTH data/NAME",
    lambda head: not head.members.isdisjoint((BAGIT, FETCH)) or most_lines(head, _FETCH_LINE.match),
    _bag_rows,
    _bag_file,
    manual=Manual("the URL", "the strongest of SHA-512, SHA-256, SHA-1, MD5 in the bag's manifests", "by URL"),
)


INVESTIGATION = "i_Investigation.txt"
_STUDY, _TABLES = "study identifier", ("study file name", "study assay file name")
_ACCESSION = re.compile(r"MTBLS[0-9]+")


def _investigation_rows(file_list: FileList) -> Iterator[Row]:
    """The tables that an investigation names, and the rows of those that are beside it."""
    path = file_list.path / INVESTIGATION if file_list.path.is_dir() else file_list.path
    base, tables = file_list.base, dict[str, int]()
    for number, line in numbered_lines(file_list._replace(path=path)):
        key, *cells = header_of(line) or [""]
        values = [value for value in cells if value]
        if key.lower() == _STUDY and not base and values and _ACCESSION.fullmatch(values[0]):
            base = METABOLIGHTS_FOLDER.format(values[0])
        elif key.lower() in _TABLES:
            tables.update(dict.fromkeys(values, number))
    if not base:
        where = (
            f"{file_list.shown}: its study has no accession of MetaboLights, which its files have no address without"
        )
        raise ListError(where, remedy="State the URL of their folder, --base URL.")
    for name, number in tables.items():
        yield Row(number, {"Study Table File": name}, stated=Stated(("study table file",), base=base))
        table = path.parent / name
        # False for a name that is too long for a file, of which pathlib's method raises an error before Python 3.14.
        if os.path.isfile(table) and table.parent == path.parent:  # noqa: PTH113 - as above
            yield from path_rows(file_list._replace(path=table, shown=f"{file_list.shown}: {name}", base=base))
        else:
            file_list.notes["tables of the study, whose files are listed if they are beside it"] += 1


def _is_investigation(head: Head) -> bool:
    return INVESTIGATION in head.members or head.first.strip().upper() == "ONTOLOGY SOURCE REFERENCE"


ISA = Format(
    "isa",
    "investigation of ISA-Tab, such as MetaboLights'",
    "a first line ONTOLOGY SOURCE REFERENCE, or a folder with i_Investigation.txt",
    _is_investigation,
    _investigation_rows,
    files_in,
    manual=Manual("the study's folder at MetaboLights, by its accession, or `--base`"),
)
