"""PRIDE: files of proteomics projects.

Its list of files and its table of checksums differ: the table has files in the project's folder that the list lacks, and the list has
files that PRIDE made of others, in `generated/`. Both are read. Sizes are those of the table, which are those of the bytes; the list's
may be older.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from urllib.parse import unquote

from omicsdk_api.archives.pride import PrideApi

from omicsdk.core.checksums import hexadecimal
from omicsdk.core.consistency import ListingCheck
from omicsdk.core.counts import declared_number
from omicsdk.core.errors import APIError, DecodeError, NotFound
from omicsdk.core.json_parts import checked_json
from omicsdk.core.model import ANY, SIZE, STRING, array, check, mapping, members, optional
from omicsdk.core.type_guards import number_in, only_objects
from omicsdk.gen3.records.exports import rows_of
from omicsdk.portals.lists import FAULT, ListedFile
from omicsdk.portals.names.archive import Archive, NamedRow
from omicsdk.portals.names.study_folder import file_below, https_of, table_rows

if TYPE_CHECKING:
    from omicsdk.portals.names.grammar import Name

_PROJECT = members(title=optional(STRING), organisms=optional(array(mapping(ANY))))
_FILE = members(
    fileName=STRING,
    fileSizeBytes=optional(SIZE),
    checksum=optional(STRING),
    fileCategory=optional(mapping(ANY)),
    publicFileLocations=optional(array(members(value=STRING))),
)
_ELSEWHERE = (
    "It may not be released yet, or be at another repository: search it at https://proteomecentral.proteomexchange.org."
)
_NOT_LISTED = "files are in the project's folder, and not in PRIDE's list of files"


class _Declared(NamedTuple):
    """What the table of checksums states of a file."""

    size: int | None
    md5: str


class Pride(Archive):
    """PRIDE."""

    title: ClassVar[str] = "PRIDE"

    @property
    def _client(self) -> PrideApi:
        return self.client(PrideApi, "PRIDE")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        try:
            project = checked_json(self._client.get_project.raw(accession=name.id), "get_project", _PROJECT)
        except NotFound as error:
            raise NotFound(f"PRIDE has no released project {name.id}", status=404, remedy=_ELSEWHERE) from error
        organisms = (organism.get("name") for organism in project.get("organisms") or ())
        cells = {
            "accession": name.id,
            "title": project.get("title") or "",
            "organism": ";".join(name for name in organisms if isinstance(name, str)),
        }
        checksums = self._checksums(name.id)
        listing = ListingCheck("list_files")
        listing.total(checked_json(self._client.count_files.raw(accession=name.id), "count_files", SIZE))
        folder, paths = "", set[str]()
        with self._client.list_files.stream(accession=name.id) as body:
            for at, entry in enumerate(rows_of(body.read, "list_files")):
                check("list_files", f"[{at}]", entry, _FILE)
                url = _url_of(entry)
                above, path = _place_of(url, name.id)
                folder = folder or (above if above.endswith(f"/{name.id}") else "")
                listing.entry(str(entry.get("accession") or url or entry["fileName"]))
                paths.add(path)
                yield NamedRow(cells | _of_entry(entry), [_file(above, path, name.id, entry, checksums)])
        for path, declared in checksums.items() if folder else ():
            if path not in paths:
                file = _with_declared(file_below(folder, path, name.id), declared)
                yield NamedRow({**cells, "file_name": path, "category": ""}, [file], _NOT_LISTED)
        listing.finish(exact=False)

    def _checksums(self, accession: str) -> dict[str, _Declared]:
        """The table of checksums by file name; a name that occurs twice is left out, since it is that of a folder."""
        checksums, repeated = dict[str, _Declared](), set[str]()
        try:
            with self._client.get_checksums.stream(accession=accession) as body:
                for row in table_rows(body, "get_checksums"):
                    name = row.get("File-Name", "").strip()
                    if not name or "File-MD5Checksum" not in row:
                        raise DecodeError(
                            "get_checksums", "a row", row, expected="File-Name, File-MD5Checksum, File-Size"
                        )
                    repeated.update({name} & checksums.keys())
                    size = number_in(row.get("File-Size", "").strip())
                    checksums[name] = _Declared(size, hexadecimal("md5", row["File-MD5Checksum"].strip()))
        except APIError as error:
            # Both are answers for a project without a table.
            if error.status not in (404, 406):
                raise
        return {name: declared for name, declared in checksums.items() if name not in repeated}


def _of_entry(entry: Mapping[str, Any]) -> dict[str, str]:
    category: dict[str, Any] = entry.get("fileCategory") or {}
    return {"file_name": entry["fileName"], "category": str(category.get("value") or "")}


def _url_of(entry: Mapping[str, Any]) -> str:
    """The address of a file: that of FTP, by HTTPS; empty if it has only one of Aspera, or none."""
    values = (str(object_["value"]) for object_ in only_objects(entry.get("publicFileLocations")))
    return next((https_of(value) for value in values if value.startswith(("ftp://", "http://", "https://"))), "")


def _place_of(url: str, accession: str) -> tuple[str, str]:
    """The address of the project's folder, and the path of a file in it; where the address has no such folder, its own."""
    above, separator, path = url.partition(f"/{accession}/")
    if separator:
        return f"{above}/{accession}", unquote(path)
    above, _, path = url.rpartition("/")
    return above, unquote(path)


def _file(
    above: str, path: str, accession: str, entry: Mapping[str, Any], declared: Mapping[str, _Declared]
) -> ListedFile:
    if not above:
        called: str = entry["fileName"]
        remedy = "Download it with Aspera, or leave it out: --exclude."
        error = NotFound(f"PRIDE states no address of {called} by FTP or HTTPS", remedy=remedy)
        return ListedFile(FAULT, called, called, error=error)
    size = declared_number(entry.get("fileSizeBytes"), "fileSizeBytes", "list_files")
    sha1 = hexadecimal("sha1", entry.get("checksum") or "")
    file = file_below(above, path, accession, size=size, checksums={"sha1": sha1} if sha1 else {})
    if path in declared:
        return _with_declared(file, declared[path])
    # A size without a checksum may be that of an earlier file of this name, where there is a table of those in the folder.
    return file._replace(size=None) if declared and not sha1 else file


def _with_declared(file: ListedFile, declared: _Declared) -> ListedFile:
    """A file with what the table of checksums states; of the list's checksum and size both or none are of the same bytes."""
    md5 = {"md5": declared.md5} if declared.md5 else {}
    is_same = declared.size is None or file.size in (None, declared.size)
    size = file.size if declared.size is None else declared.size
    return file._replace(size=size, checksums={**file.checksums, **md5} if is_same else md5)
