"""Metalink documents, of version 4 (RFC 5854) and 3, read as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from omicsdk.core.tables import LONGEST_LINE
from omicsdk.core.type_guards import number_in
from omicsdk.portals.cells import ALGORITHMS, checksums_in, file_at, joined_address, name_in, size_in
from omicsdk.portals.lists import (
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Manual,
    Row,
    RowFault,
    opened_bytes,
    scheme_of,
)

_ROOT = re.compile(r"<(?:\w+:)?metalink[\s>]")
# The priority of a URL that states none (RFC 5854, 4.2.16.1).
_LAST = 999_999
# The highest preference of a URL in version 3, which has these instead of priorities.
_MOST_PREFERRED = 100
_CHUNK = 1 << 16


class _MetalinkFiles:
    """Collects the files of a Metalink as an XML parser reads it, and nothing else of it.

    The parser reports a DOCTYPE wherever and in whatever encoding it is. It is refused: entities within entities could
    fill the memory, and no portal's document has one.
    """

    def __init__(self, label: str) -> None:
        self._shown = label
        self._builder: ElementTree.TreeBuilder | None = None
        self._length = self._pieces = 0
        self.number = 0
        self.rows: list[Row] = []
        # How often the parser has reported anything.
        self.events = 0

    def doctype(self, *_: object) -> None:
        problem = f"{self._shown}: a Metalink with a DOCTYPE is refused"
        raise ListError(problem, remedy="Get it from another source.")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.events += 1
        tag = _local(tag)
        if tag == "file" and self._builder is None:
            self._builder, self._length = ElementTree.TreeBuilder(), 0
        self._pieces += tag == "pieces"  # checksums of parts, which may be very many
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
        tag = _local(tag)
        if self._builder is not None and not self._pieces:
            self._builder.end(tag)
            if tag == "file":
                self.number += 1
                self.rows.append(Row(self.number, _cells(self._builder.close())))
                self._builder = None
        self._pieces -= tag == "pieces"

    def close(self) -> None:
        """Called at the end of the document."""

    def _spend(self, length: int) -> None:
        self._length += length
        if self._length > LONGEST_LINE:
            problem = f"{self._shown}: file {self.number + 1} is described by more than {LONGEST_LINE >> 20} MiB"
            raise ListError(problem, remedy="Get the Metalink from another source.")


def _metalink_rows(file_list: FileList) -> Iterator[Row]:
    files, unread = _MetalinkFiles(file_list.shown), 0
    parser = ElementTree.XMLParser(target=files)  # noqa: S314 - a DOCTYPE is refused, so there are no entities
    with opened_bytes(file_list) as source:
        try:
            while chunk := source.read(_CHUNK):
                events = files.events
                parser.feed(chunk)
                # The parser keeps a tag, a comment or an attribute until its end.
                unread = unread + len(chunk) if files.events == events else 0
                if unread > LONGEST_LINE:
                    problem = f"{file_list.shown}: a tag or comment is longer than {LONGEST_LINE >> 20} MiB"
                    raise ListError(problem, remedy="Get the Metalink from another source.")
                yield from files.rows
                files.rows.clear()
            parser.close()
        except ElementTree.ParseError as error:
            problem = f"{file_list.shown}: not valid XML after file {files.number}: {error}"
            raise ListError(problem, remedy="Download the list again; it may be truncated.") from error
        except (LookupError, ValueError) as error:  # of an encoding that the parser lacks
            raise ListError(f"{file_list.shown}: cannot be decoded: {error}", remedy="Save it as UTF-8.") from error
        yield from files.rows


def _local(tag: str) -> str:
    """A tag without its namespace, which differs between the versions."""
    return tag.rpartition("}")[2]


def _cells(file: ElementTree.Element) -> dict[str, str]:
    urls = sorted((entry for entry in file.iter("url") if entry.get("type") != "bittorrent"), key=_priority)
    sums = {
        algorithm: (entry.text or "").strip()
        for entry in file.iter("hash")
        if (algorithm := entry.get("type", "").lower().replace("-", "")) in ALGORITHMS
    }
    return {
        "name": file.get("name", ""),
        "size": (file.findtext("size") or "").strip(),
        "urls": "\n".join(filter(None, (" ".join((url.text or "").split()) for url in urls))),
        **sums,
    }


def _priority(url: ElementTree.Element) -> int:
    """The priority of a URL, lower ones first."""
    if (preference := number_in(url.get("preference", ""))) is not None:
        return _MOST_PREFERRED - preference
    return _LAST if (number := number_in(url.get("priority", ""))) is None else number


def _metalink_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    cells = row.cells
    if not cells["name"]:
        raise RowFault("a file has no name")
    urls = cells["urls"].splitlines()
    if not urls:
        file_list.notes["files have no URL"] += 1
        return
    checksums = checksums_in(cells)
    name = name_in(cells["name"])
    first, *mirrors = (url if scheme_of(url) else _absolute(url, file_list.base) for url in urls)
    yield file_at(first, name=name, size=size_in(cells["size"]), checksums=checksums, mirrors=tuple(mirrors))


def _absolute(url: str, base: str) -> str:
    if not base:
        how = "give the list's own URL instead of the file, or state --base URL"
        raise RowFault(f"{url[:200]!r} is relative to the list: {how}")
    return joined_address(f"{base}/", url)


def _is_metalink(head: Head) -> bool:
    return head.text.lstrip()[:1] == "<" and _ROOT.search(head.text) is not None


METALINK = Format(
    "metalink",
    "Metalink 3 or 4",
    "an XML document whose root is metalink",
    _is_metalink,
    _metalink_rows,
    _metalink_files,
    manual=Manual("its URLs by priority; the next one if one fails", "SHA-512, SHA-256, SHA-1, MD5", "none"),
)
