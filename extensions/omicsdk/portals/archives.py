"""Bags (BDBag, RFC 8493) and Metalink 4 documents (RFC 5854)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

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
    size_in,
)
from omicsdk.portals.url_lists import checksum_line

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
def _bag_files(path: Path) -> Generator[dict[str, IO[str]]]:
    """The tag files of a bag that matter to a download, by name; of a `fetch.txt` alone those beside it."""
    wanted = (FETCH, *(f"manifest-{name}.txt" for name in _ALGORITHMS))
    with ExitStack() as stack:
        if not zipfile.is_zipfile(path):
            folder = path if path.is_dir() else path.parent
            found = {name: folder / name for name in wanted if (folder / name).is_file()}
            found |= {} if path.is_dir() else {FETCH: path}
            yield {name: stack.enter_context(opened(each)) for name, each in found.items()}
            return
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            tops = {name.rpartition("/")[0] for name in archive.namelist() if name.rpartition("/")[2] == BAGIT}
            top = min(tops, key=len, default="")
            names = {name: f"{top}/{name}".lstrip("/") for name in wanted}
            present = frozenset(archive.namelist())
            raw = {name: stack.enter_context(archive.open(full)) for name, full in names.items() if full in present}
            yield {name: io.TextIOWrapper(each, encoding="utf-8-sig") for name, each in raw.items()}
        except (UnicodeDecodeError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise ListError(f"{path} cannot be read: {error}", remedy="Get the bag again.") from error


def _bag_rows(listed: FileList) -> Iterator[Row]:
    """The entries of fetch.txt, each with the strongest checksum that the bag's manifests state of it."""
    with _bag_files(listed.path) as files:
        if FETCH not in files:
            remedy = "All its files are in it: unpack it." if files else "Use a bag, or its fetch.txt."
            raise ListError(f"{listed.shown}: the bag has no fetch.txt", remedy=remedy)
        stated: dict[str, tuple[str, str]] = {}
        for algorithm in _ALGORITHMS:
            for line in files.get(f"manifest-{algorithm}.txt", ()):
                if (found := checksum_line(line.rstrip("\r\n"))) is not None:
                    stated.setdefault(_unescaped(found[2]), (algorithm, found[1]))
        for number, line in enumerate(files[FETCH], 1):
            if not line.strip():
                continue
            entry = _FETCH_LINE.match(line.rstrip("\r\n"))
            if entry is None:
                said = f"{listed.shown}, line {number} of fetch.txt: {line.strip()[:100]!r} is not URL, length and data/NAME"
                raise ListError(said, remedy="Nothing was downloaded; get the bag again.")
            name = _unescaped(entry[3])
            algorithm, checksum = stated.get(name, ("", ""))
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
    lambda head: BAGIT in head.members or (bool(head.lines) and all(_FETCH_LINE.match(line) for line in head.lines)),
    _bag_rows,
    _bag_file,
)


# -- Metalink

_NAMESPACE = "{urn:ietf:params:xml:ns:metalink}"
_HASHES = {"sha-512": "sha512", "sha-256": "sha256", "sha-1": "sha1", "md5": "md5"}
_LAST = 999_999
"""The priority of a URL that states none (RFC 5854, 4.2.16.1)."""


def _metalink_rows(listed: FileList) -> Iterator[Row]:
    with listed.path.open("rb") as file:
        # Entities within entities could fill the memory; no portal's document has a DOCTYPE.
        if b"<!DOCTYPE" in file.read(1 << 16):
            raise ListError(
                f"{listed.shown}: a Metalink with a DOCTYPE is refused", remedy="Get it from another source."
            )
        file.seek(0)
        number = 0
        try:
            for _, element in ElementTree.iterparse(file):  # noqa: S314 - it has no DOCTYPE, so no entities
                if element.tag != f"{_NAMESPACE}file":
                    continue
                number += 1
                yield Row(number, _cells(element))
                element.clear()
        except ElementTree.ParseError as error:
            said = f"{listed.shown}: not valid XML after file {number}: {error}"
            raise ListError(said, remedy="Download the list again; it may be truncated.") from error


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
        "urls": "\n".join((url.text or "").strip() for url in urls),
        **sums,
    }


def _priority(url: ElementTree.Element) -> int:
    """The priority of a URL, lower ones first."""
    stated = url.get("priority", "")
    return int(stated) if stated.isascii() and stated.isdigit() else _LAST


def _metalink_files(row: Row, listed: FileList) -> Iterator[ListedFile]:
    cells = row.cells
    if not cells["name"]:
        raise RowFault("a file has no name")
    urls = cells["urls"].split()
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
