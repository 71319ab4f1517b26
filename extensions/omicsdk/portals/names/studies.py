"""Archives of studies at EMBL-EBI: BioStudies with ArrayExpress and its other collections, PRIDE and MetaboLights."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import PurePosixPath
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote, unquote

from omicsdk_api.archives.biostudies import BiostudiesApi
from omicsdk_api.archives.metabolights import MetabolightsApi
from omicsdk_api.archives.pride import PrideApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.checksums import hexadecimal
from omicsdk.core.closing import Closing
from omicsdk.core.consistency import InconsistentListing, ListingCheck, declared_number
from omicsdk.core.errors import APIError, DecodeError, Forbidden, NotFound, Unauthorized, UnsafePath
from omicsdk.core.model import ANY, BOOLEAN, SIZE, STRING, array, check, mapping, members, optional
from omicsdk.core.page_items import found_at
from omicsdk.core.plain_client import PlainClient, plain_request, stopping_by
from omicsdk.core.request import Request
from omicsdk.core.response import json_of
from omicsdk.core.streaming import Body
from omicsdk.core.tables import LONGEST_LINE, LONGEST_RECORD, RowError, rows_of
from omicsdk.core.type_guards import is_array, is_object, number_in, only_objects
from omicsdk.gen3.records.exports import rows_of as objects_of
from omicsdk.portals.headings import addresses_in, heading
from omicsdk.portals.lists import FAULT, ListedFile, numbered
from omicsdk.portals.names.archive import ARCHIVES, Archive, ArchiveOptions, Archives, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.records import text_in
from omicsdk.portals.names.responses import lines_in, stated_file
from omicsdk.transfer.names import wrong_with

_FILES_OF_EBI = re.compile(r"(?:ftp|http)://(?=(?:[\w-]+\.)*ebi\.ac\.uk(?:/|\Z))", re.IGNORECASE)


def https_of(url: str) -> str:
    """An address at EMBL-EBI by HTTPS, which its file servers serve with the same paths as FTP and HTTP.

    Args:
        url: The address; one of another host is returned as it is.
    """
    return _FILES_OF_EBI.sub("https://", url.strip(), count=1)


def file_below(url: str, path: str, folder: str, **fields: Any) -> ListedFile:
    """A file of a study.

    Args:
        url: The address of its folder.
        path: Its path in the folder, which is its name in the target folder, too.
        folder: Its folder in the layout `id`.
        **fields: Its `size` and `checksums`, where the archive declares them.

    Returns:
        The file; one whose path would leave the folder, or whose address is none, has an error.
    """
    if reason := wrong_with(path):
        error = UnsafePath(path, reason, remedy="Report it to the archive.")
        return ListedFile(FAULT, path, re.sub(r"[^\w.-]", "_", path), error=error)
    address = f"{url}/{quote(path, errors='replace')}"
    return stated_file(address, folder, "the address", name=path, folder=folder, **fields)


class StudyFolder(Closing):
    """The folder of a study.

    Args:
        url: Its address.
        study: The accession of the study.
        options: How archives work.

    Attributes:
        url: Its address by HTTPS, without a slash at its end.
    """

    def __init__(self, url: str, study: str, options: ArchiveOptions) -> None:
        self.url = https_of(url).rstrip("/")
        self._study = study
        client = PlainClient(self.url, transport=options.transport, environ=options.environ, clock=options.clock)
        self._client = stopping_by(client, options.stopped)

    def close(self) -> None:
        self._client.close()

    def file(self, path: str, **fields: Any) -> ListedFile:
        """A file in it; arguments as those of `file_below`."""
        return file_below(self.url, path, self._study, **fields)

    def document(self, path: str) -> Any:
        """The JSON document of a file.

        Args:
            path: Its path.
        """
        return json_of(self._client.send(self._request(path)), f"{self._study}: {path}")

    def objects(self, path: str) -> Generator[dict[str, Any]]:
        """The objects of a JSON array, one by one.

        Args:
            path: Its path.

        Raises:
            DecodeError: It is none, or ends before its end.
        """
        with self._client.streamed(self._request(path)) as body:
            yield from objects_of(body.read, f"{self._study}: {path}", longest=LONGEST_LINE)

    def table(self, path: str) -> Generator[dict[str, str]]:
        """The rows of a table with tabs, by its columns; of columns with one name the second is `NAME 2`.

        Args:
            path: Its path.

        Raises:
            DecodeError: It is no table.
        """
        with self._client.streamed(self._request(path)) as body:
            yield from table_rows(body, f"{self._study}: {path}")

    def _request(self, path: str) -> Request:
        return plain_request(f"{self._study}: {path}", "GET", f"/{quote(path)}", headers={"accept": "*/*"})


def table_rows(body: Body, operation: str) -> Iterator[dict[str, str]]:
    """The rows of a table with tabs, as it arrives.

    Args:
        body: The table.
        operation: What it is, for errors.

    Raises:
        DecodeError: It is no table.
    """
    names: list[str] = []
    try:
        for _, cells in rows_of(lines_in(body, operation, "replace"), "\t", longest=LONGEST_RECORD):
            if not names:
                if len(cells) < 2 or cells[0].lstrip().startswith("<"):
                    raise DecodeError(operation, "the header", "\t".join(cells)[:200], expected="columns with tabs")
                names = numbered([name.strip() for name in cells])
            elif any(map(str.strip, cells)):
                yield dict(zip(names, cells, strict=False))
    except RowError as error:
        raise DecodeError(operation, f"line {error.line}", str(error), expected="a row") from error


# -- BioStudies

_INFO = members(
    httpLink=optional(STRING), ftpHttp_link=optional(STRING), files=optional(SIZE), hasZippedFolders=optional(BOOLEAN)
)
_READS = "runs whose reads are at the ENA; --suppl downloads the study's processed files and tables instead"
_FASTQ_ONLY = "runs that the ENA does not have, of which only FASTQ is known: --fastq downloads it"
_ENA_STUDY = re.compile(r"(?:[EDS]RP|PRJ[A-Z]{2})\d+\Z")
_FASTQ = "comment_fastq_uri"
_NAMES_OF_LISTS = ("file list", "filelist")


class BioStudies(Archive):
    """BioStudies.

    A study is a tree of sections, each with files, arrays of files, and names of lists of files that are files of the study themselves.
    Of a sequencing study of ArrayExpress the reads are meant, which are at the ENA, unless its supplementary files are.
    """

    title: ClassVar[str] = "BioStudies"

    @property
    def _client(self) -> BiostudiesApi:
        return self.client(BiostudiesApi, "BIOSTUDIES")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        try:
            info = checked_json(self._client.get_study_info.raw(accession=name.id), "get_study_info", _INFO)
            study = checked_json(self._client.get_study.raw(accession=name.id), "get_study", mapping(ANY))
        except NotFound as error:
            raise NotFound(f"BioStudies has no study {name.id}", status=404, remedy="Check the accession.") from error
        except Forbidden as error:
            raise _private("BioStudies", name.id) from error
        link = info.get("httpLink") or info.get("ftpHttp_link") or study.get("ftpHttp_link")
        if not isinstance(link, str) or not link:
            raise DecodeError("get_study_info", "httpLink", link, expected="the address of the study's folder")
        # Since May 2025 the service states the folder of some studies in place of the study, which is a document there.
        if "section" not in study and (above_url := text_in(study, "ftpHttp_link")):
            with StudyFolder(above_url, name.id, self.options) as above:
                study = above.document(f"{name.id}.json")
        study = next(iter(only_objects(study.get("submissions"))), study) if is_object(study) else study
        if not is_object(study) or not is_object(study.get("section")):
            raise DecodeError("get_study", "section", study, expected="the sections of a study")
        with StudyFolder(f"{link.rstrip('/')}/Files", name.id, self.options) as folder:
            is_any = False
            if name.id.startswith("E-") and self.options.reads != "suppl":
                for row in self._reads(name, study, folder):
                    is_any = True
                    yield row
            if not is_any:
                yield from _study_files(name.id, study, folder, info)

    def _reads(self, name: Name, study: Mapping[str, Any], folder: StudyFolder) -> Iterator[NamedRow]:
        """The reads of a sequencing study, one row a run: as the ENA states them, or their addresses in the SDRF."""
        samples: dict[str, dict[str, str]] = {}
        urls: dict[str, list[str]] = {}
        for path in [entry["path"] for _, entry in _entries(study, folder) if entry["path"].endswith(".sdrf.txt")]:
            with closing(folder.table(path)) as table:
                for cells in table:
                    run, reads = _of_sample(cells)
                    if run:
                        samples.setdefault(run, {"accession": run, "study": name.id, **cells})
                        urls.setdefault(run, []).extend(reads)
        for run, row in self._of_ena(name, study, samples):
            urls.pop(run, None)
            yield NamedRow({**samples[run], **row.cells}, row.files, row.note or _READS)
        # Runs that the ENA does not have yet are at the addresses in the SDRF.
        for run, reads in urls.items():
            if self.options.reads != "fastq":
                yield NamedRow(samples[run], (), _FASTQ_ONLY)
                continue
            files = [stated_file(https_of(url), "SDRF", "FASTQ_URI", folder=name.id) for url in dict.fromkeys(reads)]
            yield NamedRow(samples[run], files, _READS)

    def _of_ena(
        self, name: Name, study: Mapping[str, Any], samples: Mapping[str, Any]
    ) -> Iterator[tuple[str, NamedRow]]:
        """The runs of an SDRF that the ENA has, where the study states its accession there."""
        links = (
            str(link.get("url")).strip() for section in _sections(study) for link in _objects(section.get("links"))
        )
        accession = next(filter(_ENA_STUDY.match, links), "")
        if not samples or not accession or "ena" not in ARCHIVES:
            return
        with Archives(self.options) as archives:
            try:
                for row in archives.rows([Name(name.text, "ena", "study", accession)]):
                    # A study of the ENA may have more runs than that of ArrayExpress.
                    run = next((value for value in row.cells.values() if value in samples), "")
                    if run:
                        yield run, row
            except NotFound:
                return  # the SDRF has addresses of the reads


def _of_sample(cells: Mapping[str, str]) -> tuple[str, list[str]]:
    """The run of a row of an SDRF, and the addresses of its reads; an array's row has neither."""
    values = {heading(column): value.strip() for column, value in cells.items()}
    reads = [url for key, value in values.items() if key.startswith(_FASTQ) for url in addresses_in(value)]
    return values.get("comment_ena_run") or "".join(reads[:1]), reads


def _sections(node: object) -> Iterator[dict[str, Any]]:
    """The sections of a tree, which may be in arrays."""
    for section in _objects(node):
        yield section
        yield from _sections(section.get("section"))
        yield from _sections(section.get("subsections"))


def _objects(node: object) -> Iterator[dict[str, Any]]:
    """The objects of an array, which may be in arrays."""
    if is_array(node):
        for value in node:
            yield from _objects(value)
    elif is_object(node):
        yield node


def _attributes(node: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(object_["name"]): str(object_["value"])
        for object_ in only_objects(node.get("attributes"))
        if object_.get("name") and object_.get("value") is not None
    }


def _entries(study: Mapping[str, Any], folder: StudyFolder) -> Iterator[tuple[str, dict[str, Any]]]:
    """The files of a study, and of the lists that its sections name, with the name of the section."""
    for section in _sections(study):
        title = str(section.get("accno") or section.get("type") or "")
        for entry in _objects(section.get("files")):
            yield title, _with_path(entry, "get_study", "files.path")
        for name, value in _attributes(section).items():
            if name.lower() in _NAMES_OF_LISTS and PurePosixPath(value).name:
                # Each list is there as a table, too; the page tab of a study names either.
                for entry in folder.objects(str(PurePosixPath(value).with_suffix(".json"))):
                    yield title, _with_path(entry, value, "path")


def _with_path(entry: dict[str, Any], operation: str, where: str) -> dict[str, Any]:
    if not isinstance(entry.get("path"), str) or not entry["path"]:
        raise DecodeError(operation, where, entry.get("path"), expected="the path of a file")
    return entry


def _study_files(
    accession: str, study: Mapping[str, Any], folder: StudyFolder, info: Mapping[str, Any]
) -> Iterator[NamedRow]:
    count = 0
    for section, entry in _entries(study, folder):
        count += 1
        path, size = entry["path"], declared_number(entry.get("size"), "size", "get_study", text=True)
        cells = {**_attributes(entry), "accession": accession, "section": section, **_texts(entry)}
        yield NamedRow(cells, [_study_file(path, size, entry, folder, info)])
    files_info = info.get("files")
    if not count and not files_info:
        raise NotFound(
            f"The study {accession} of BioStudies has no files", remedy="Its page may link to other archives."
        )
    if files_info is not None and count < files_info:
        raise InconsistentListing(f"get_study {accession}", f"{files_info} files are stated, but {count} are listed")


def _study_file(
    path: str, size: int | None, entry: Mapping[str, Any], folder: StudyFolder, info: Mapping[str, Any]
) -> ListedFile:
    if str(entry.get("type")).lower() not in ("directory", "folder"):
        return folder.file(path, size=size)
    if info.get("hasZippedFolders"):
        return folder.file(f"{path.rstrip('/')}.zip")
    error = NotFound(
        f"{path} is a folder, which is served as a whole only", remedy=f"Its files are at {folder.url}/{path}"
    )
    return ListedFile(FAULT, path, path.strip("/").replace("/", "_"), error=error)


def _texts(entry: Mapping[str, Any]) -> dict[str, str]:
    """The values of an object that are neither objects nor arrays nor empty, as texts."""
    return {name: str(value) for name, value in entry.items() if isinstance(value, str | int | float) and value != ""}


# -- PRIDE

_PROJECT = members(title=optional(STRING), organisms=optional(array(mapping(ANY))))
_FILE = members(
    fileName=STRING,
    fileSizeBytes=optional(SIZE),
    checksum=optional(STRING),
    fileCategory=optional(mapping(ANY)),
    publicFileLocations=optional(array(members(value=STRING))),
)
_NOT_RELEASED = (
    "It may not be released yet, or be at another repository: search it at https://proteomecentral.proteomexchange.org."
)
_NOT_LISTED = "files are in the project's folder, and not in PRIDE's list of files"


class _Declared(NamedTuple):
    """What the table of checksums states of a file."""

    size: int | None
    md5: str


class Pride(Archive):
    """PRIDE.

    Its list of files and its table of checksums differ: the table has files in the project's folder that the list lacks, and the list has
    files that PRIDE made of others, in `generated/`. Both are read. Sizes are those of the table, which are those of the bytes; the
    list's may be older.
    """

    title: ClassVar[str] = "PRIDE"

    @property
    def _client(self) -> PrideApi:
        return self.client(PrideApi, "PRIDE")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        try:
            project = checked_json(self._client.get_project.raw(accession=name.id), "get_project", _PROJECT)
        except NotFound as error:
            raise NotFound(f"PRIDE has no released project {name.id}", status=404, remedy=_NOT_RELEASED) from error
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
            for at, entry in enumerate(objects_of(body.read, "list_files")):
                check("list_files", f"[{at}]", entry, _FILE)
                url = _url_of(entry)
                above, path = _place_of(url, name.id)
                folder = folder or (above if above.endswith(f"/{name.id}") else "")
                listing.entry(str(entry.get("accession") or url or entry["fileName"]))
                paths.add(path)
                yield NamedRow(cells | _project_cells(entry), [_project_file(above, path, name.id, entry, checksums)])
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
            # Both are responses for a project without a table.
            if error.status not in (404, 406):
                raise
        return {name: declared for name, declared in checksums.items() if name not in repeated}


def _project_cells(entry: Mapping[str, Any]) -> dict[str, str]:
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


def _project_file(
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


# -- MetaboLights

_ISA_STUDY = members(
    mtblsStudy=members(studyStatus=optional(STRING), studyHttpUrl=STRING), isaInvestigation=optional(mapping(ANY))
)
_TOP_FILES = members(study=array(members(file=STRING, directory=optional(BOOLEAN), type=optional(STRING))))
_ASSAY = "metadata_assay"
_FOLDERS = "folders are not listed by MetaboLights: of their files those that the assay tables name are planned"


class MetaboLights(Archive):
    """MetaboLights.

    Its web service lists the files at the top of a study's folder; the assay tables (ISA-Tab) name the data files, by sample. Neither
    states sizes or checksums.
    """

    title: ClassVar[str] = "MetaboLights"

    @property
    def _client(self) -> MetabolightsApi:
        return self.client(MetabolightsApi, "METABOLIGHTS")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        study, folder_listing = self._described(name.id)
        with StudyFolder(study["mtblsStudy"]["studyHttpUrl"], name.id, self.options) as folder:
            # Either the description or the list of files may lack a table that the other one has.
            tables = dict.fromkeys(_assays_of(study))
            for entry in folder_listing["study"]:
                path, kind = entry["file"], entry.get("type") or ""
                cells = {"accession": name.id, "file": path, "type": kind}
                if entry.get("directory"):
                    yield NamedRow(cells, (), _FOLDERS)
                    continue
                if kind == _ASSAY:
                    tables[path] = None
                yield NamedRow(cells, [folder.file(path)])
            for table in tables:
                with closing(folder.table(table)) as rows:
                    for row in rows:
                        yield _of_assay(name.id, table, row, folder)

    def _described(self, accession: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """A study, and the files at the top of its folder."""
        try:
            study = checked_json(self._client.get_study.raw(accession=accession), "get_study", _ISA_STUDY)
            if (study["mtblsStudy"].get("studyStatus") or "public").lower() != "public":
                raise _private("MetaboLights", accession)
            response = self._client.list_files.raw(accession=accession, include_raw_data=True)
            return study, checked_json(response, "list_files", _TOP_FILES)
        except NotFound as error:
            raise NotFound(
                f"MetaboLights has no study {accession}", status=404, remedy="Check the accession."
            ) from error
        except (Forbidden, Unauthorized) as error:
            raise _private("MetaboLights", accession) from error


def _private(archive: str, accession: str) -> Forbidden:
    remedy = "It may be released later: ask its submitters."
    return Forbidden(f"The study {accession} of {archive} is not public", status=403, remedy=remedy)


def _assays_of(study: Mapping[str, Any]) -> Iterator[str]:
    """The names of the assay tables that a study's description has."""
    for object_ in only_objects(found_at(study, "isaInvestigation.studies")):
        for assay in only_objects(object_.get("assays")):
            if isinstance(name := assay.get("filename"), str) and name:
                yield name


def _of_assay(accession: str, table: str, row: Mapping[str, str], folder: StudyFolder) -> NamedRow:
    """A row of an assay table: a sample, with the files that its columns name."""
    paths = dict.fromkeys(
        value.strip()
        for column, value in row.items()
        # Further columns of one name end with a number.
        if value.strip() and column.rstrip(" 0123456789").endswith((" Data File", " Assignment File"))
    )
    cells = {
        "accession": accession,
        "file": ";".join(paths),
        "type": "assay",
        "assay": table,
        "sample": row.get("Sample Name", "").strip(),
    }
    return NamedRow(cells, [folder.file(path) for path in paths])
