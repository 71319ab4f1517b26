"""Bags (BDBag, RFC 8493) and Metalink 4 documents (RFC 5854)."""

from __future__ import annotations

import re
import sqlite3
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from xml.etree import ElementTree

from omicsdk.core.archives import InflationLimit
from omicsdk.core.tables import LONGEST_LINE, lines_of
from omicsdk.core.type_guards import number_in
from omicsdk.portals.lists import (
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Row,
    RowFault,
    checksums_in,
    file_at,
    name_in,
    opened,
    opened_bytes,
    size_in,
    text_of,
)
from omicsdk.portals.url_lists import checksum_line, most_lines

# -- bags

FETCH, BAGIT = "fetch.txt", "bagit.txt"
_ALGORITHMS = ("sha512", "sha256", "sha1", "md5")
"""Algorithms of a bag's manifests that are verified, the strongest first."""
_FETCH_LINE = re.compile(r"(\S+)\s+(\d+|-)\s+(data/.*)\Z")
_ESCAPED = {"%0a": "\n", "%0d": "\r", "%25": "%"}


def _unescaped(name: str) -> str:
    """A path of a bag's files: line ends and percent signs are escaped, nothing else (RFC 8493, 2.2.3)."""
    return re.sub("%(?:0[AaDd]|25)", lambda mark: _ESCAPED[mark[0].lower()], name)


@contextmanager
def _bag_files(listed: FileList) -> Generator[dict[str, Iterator[str]]]:
    """The lines of a bag's tag files that matter to a download, by name; of a `fetch.txt` alone those beside it."""
    path = listed.path
    wanted = (FETCH, *(f"manifest-{name}.txt" for name in _ALGORITHMS))
    if not zipfile.is_zipfile(path):
        folder = path if path.is_dir() else path.parent
        found = {name: folder / name for name in wanted if (folder / name).is_file()}
        found |= {} if path.is_dir() else {FETCH: path}
        shown = {name: listed.shown if each == path else f"{listed.shown}: {name}" for name, each in found.items()}
        yield {name: _lines(listed._replace(path=each, shown=shown[name])) for name, each in found.items()}
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            tops = {name.rpartition("/")[0] for name in entries if name.rpartition("/")[2] == BAGIT}
            top = min(tops, key=len, default="")
            found = {name: entry for name in wanted if (entry := entries.get(f"{top}/{name}".lstrip("/"))) is not None}
            if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in found.values()):
                raise zipfile.BadZipFile("it is compressed by another method than deflate")
            limit = InflationLimit(path, listed.max_unpacked)
            yield {
                name: _inflated_lines(archive, entry, limit, f"{listed.shown}: {name}") for name, entry in found.items()
            }
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ListError(f"{path} cannot be read: {error}", remedy="Get the bag again.") from error


def _lines(listed: FileList) -> Iterator[str]:
    with opened(listed) as text:
        yield from lines_of(text)


def _inflated_lines(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: InflationLimit, shown: str
) -> Iterator[str]:
    with limit.reader(archive.open(entry)) as file, text_of(file, shown) as text:
        yield from lines_of(text)


class _Statements:
    """The strongest checksum that a bag's manifests state of each file, on disk: a manifest may name very many."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("")  # a temporary file, once it exceeds the cache
        self._rows.execute("CREATE TABLE stated (name BLOB PRIMARY KEY, algorithm TEXT, checksum TEXT) WITHOUT ROWID")

    def read(self, algorithm: str, lines: Iterator[str]) -> None:
        """Read a manifest; files that an earlier one names keep its checksums."""
        found = (checksum_line(line.rstrip("\r\n")) for line in lines)
        self._rows.executemany(
            "INSERT OR IGNORE INTO stated VALUES (?, ?, ?)",
            ((_key(_unescaped(each[2])), algorithm, each[1]) for each in found if each is not None),
        )

    def of(self, name: str) -> tuple[str, str]:
        """The algorithm and checksum of a file; empty if none is stated."""
        query = "SELECT algorithm, checksum FROM stated WHERE name = ?"
        found: tuple[str, str] | None = self._rows.execute(query, (_key(name),)).fetchone()
        return found or ("", "")

    def close(self) -> None:
        self._rows.close()


def _key(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _bag_rows(listed: FileList) -> Iterator[Row]:
    """The entries of fetch.txt, each with the strongest checksum that the bag's manifests state of it."""
    with _bag_files(listed) as files, closing(_Statements()) as stated:
        if FETCH not in files:
            remedy = "All its files are in it: unpack it." if files else "Use a bag, or its fetch.txt."
            raise ListError(f"{listed.shown}: the bag has no fetch.txt", remedy=remedy)
        for algorithm in _ALGORITHMS:
            stated.read(algorithm, files.get(f"manifest-{algorithm}.txt", iter(())))
        for number, line in enumerate(files[FETCH], 1):
            if not line.strip():
                continue
            entry = _FETCH_LINE.match(line.rstrip("\r\n"))
            if entry is None:
                yield Row(number, {}, fault=f"{line.strip()[:100]!r} is not URL, length and data/NAME")
                continue
            name = _unescaped(entry[3])
            algorithm, checksum = stated.of(name)
            if not checksum:
                listed.notes["files of the bag are missing in its manifests"] += 1
            cells = {
                "url": entry[1],
                "length": entry[2],
                "filename": name,
                "algorithm": algorithm,
                "checksum": checksum,
            }
            yield Row(number, cells)


def _bag_file(row: Row, _: FileList) -> Iterator[ListedFile]:
    cells = row.cells
    checksums = checksums_in({cells["algorithm"]: cells["checksum"]} if cells["checksum"] else {})
    name = name_in(cells["filename"])
    yield file_at(cells["url"], name=name, size=size_in(cells["length"]), checksums=checksums)


BAG = Format(
    "bdbag",
    "BDBag, or the fetch.txt of one",
    "bagit.txt in a zip archive or folder; lines URL LENGTH data/NAME",
    lambda head: BAGIT in head.members or most_lines(head, _FETCH_LINE.match),
    _bag_rows,
    _bag_file,
)


# -- Metalink

_NAMESPACE = "{urn:ietf:params:xml:ns:metalink}"
_HASHES = {"sha-512": "sha512", "sha-256": "sha256", "sha-1": "sha1", "md5": "md5"}
_LAST = 999_999
"""The priority of a URL that states none (RFC 5854, 4.2.16.1)."""
_CHUNK = 1 << 16


class _MetalinkFiles:
    """Collects the files of a Metalink as an XML parser reads it, and nothing else of it.

    The parser reports a DOCTYPE wherever and in whatever encoding it is. It is refused: entities within entities could
    fill the memory, and no portal's document has one.
    """

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._builder: ElementTree.TreeBuilder | None = None
        self._length = self._pieces = 0
        self.number = 0
        self.rows: list[Row] = []
        self.events = 0
        """How often the parser has reported anything."""

    def doctype(self, *_: object) -> None:
        said = f"{self._shown}: a Metalink with a DOCTYPE is refused"
        raise ListError(said, remedy="Get it from another source.")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.events += 1
        if tag == f"{_NAMESPACE}file" and self._builder is None:
            self._builder, self._length = ElementTree.TreeBuilder(), 0
        self._pieces += tag == f"{_NAMESPACE}pieces"  # checksums of parts, which may be very many
        if self._builder is not None and not self._pieces:
            self._spend(len(tag) + sum(map(len, attributes.values())))
            self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        self.events += 1
        if self._builder is not None and not self._pieces:
            self._spend(len(text))
            self._builder.data(text)

    def end(self, tag: str) -> None:
        self.events += 1
        if self._builder is not None and not self._pieces:
            self._builder.end(tag)
            if tag == f"{_NAMESPACE}file":
                self.number += 1
                self.rows.append(Row(self.number, _cells(self._builder.close())))
                self._builder = None
        self._pieces -= tag == f"{_NAMESPACE}pieces"

    def close(self) -> None:
        """Called at the end of the document."""

    def _spend(self, length: int) -> None:
        self._length += length
        if self._length > LONGEST_LINE:
            said = f"{self._shown}: file {self.number + 1} is described by more than {LONGEST_LINE >> 20} MiB"
            raise ListError(said, remedy="Get the Metalink from another source.")


def _metalink_rows(listed: FileList) -> Iterator[Row]:
    files, unread = _MetalinkFiles(listed.shown), 0
    parser = ElementTree.XMLParser(target=files)  # noqa: S314 - a DOCTYPE is refused, so there are no entities
    with opened_bytes(listed) as source:
        try:
            while chunk := source.read(_CHUNK):
                events = files.events
                parser.feed(chunk)
                # The parser keeps a tag, a comment or an attribute until its end.
                unread = unread + len(chunk) if files.events == events else 0
                if unread > LONGEST_LINE:
                    said = f"{listed.shown}: a tag or comment is longer than {LONGEST_LINE >> 20} MiB"
                    raise ListError(said, remedy="Get the Metalink from another source.")
                yield from files.rows
                files.rows.clear()
            parser.close()
        except ElementTree.ParseError as error:
            said = f"{listed.shown}: not valid XML after file {files.number}: {error}"
            raise ListError(said, remedy="Download the list again; it may be truncated.") from error
        yield from files.rows


def _cells(file: ElementTree.Element) -> dict[str, str]:
    urls = sorted(file.iterfind(f"{_NAMESPACE}url"), key=_priority)
    sums = {
        _HASHES[kind]: (each.text or "").strip()
        for each in file.iterfind(f"{_NAMESPACE}hash")
        if (kind := each.get("type", "").lower()) in _HASHES
    }
    return {
        "name": file.get("name", ""),
        "size": (file.findtext(f"{_NAMESPACE}size") or "").strip(),
        "urls": "\n".join(filter(None, (" ".join((url.text or "").split()) for url in urls))),
        **sums,
    }


def _priority(url: ElementTree.Element) -> int:
    """The priority of a URL, lower ones first."""
    stated = url.get("priority", "")
    return _LAST if (number := number_in(stated)) is None else number


def _metalink_files(row: Row, listed: FileList) -> Iterator[ListedFile]:
    cells = row.cells
    if not cells["name"]:
        raise RowFault("a file has no name")
    urls = cells["urls"].splitlines()
    if not urls:
        listed.notes["files have no URL"] += 1
        return
    checksums = checksums_in({name: cells.get(name, "") for name in _HASHES.values()})
    name = name_in(cells["name"])
    yield file_at(urls[0], name=name, size=size_in(cells["size"]), checksums=checksums, mirrors=tuple(urls[1:]))


def _is_metalink(head: Head) -> bool:
    return head.text.lstrip()[:1] == "<" and "urn:ietf:params:xml:ns:metalink" in head.text


METALINK = Format(
    "metalink",
    "Metalink 4",
    "the namespace urn:ietf:params:xml:ns:metalink",
    _is_metalink,
    _metalink_rows,
    _metalink_files,
)
