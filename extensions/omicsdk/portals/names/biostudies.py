"""BioStudies and its collections, such as ArrayExpress and the BioImage Archive: files of studies.

A study is a tree of sections, each with files, arrays of files, and names of lists of files that are files of the study themselves. Of a
sequencing study of ArrayExpress the reads are meant, which are at the ENA, unless its supplementary files are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import PurePosixPath
from typing import Any, ClassVar

from omicsdk_api.archives.biostudies import BiostudiesApi

from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.counts import declared_number
from omicsdk.core.errors import DecodeError, Forbidden, NotFound
from omicsdk.core.json_parts import checked_json
from omicsdk.core.model import ANY, BOOLEAN, SIZE, STRING, mapping, members, optional
from omicsdk.core.type_guards import is_array, is_object, only_objects
from omicsdk.portals.headings import addresses_in, heading
from omicsdk.portals.lists import FAULT, ListedFile, RowFault, file_at
from omicsdk.portals.names.archive import Archive, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.records import text_in
from omicsdk.portals.names.study_folder import StudyFolder, https_of, texts

_INFO = members(
    httpLink=optional(STRING), ftpHttp_link=optional(STRING), files=optional(SIZE), hasZippedFolders=optional(BOOLEAN)
)
_READS = "runs whose reads are at the ENA; --suppl downloads the study's processed files and tables instead"
_ENA_STUDY = re.compile(r"(?:[EDS]RP|PRJ[A-Z]{2})\d+\Z")
_FASTQ = "comment_fastq_uri"
_NAMES_OF_LISTS = ("file list", "filelist")


class BioStudies(Archive):
    """BioStudies."""

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
            remedy = "It may be released later: ask its submitters."
            raise Forbidden(f"The study {name.id} of BioStudies is not public", status=403, remedy=remedy) from error
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
                yield from _files(name.id, study, folder, info)

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
        for run, reads in urls.items() if self.options.reads == "fastq" else ():
            yield NamedRow(samples[run], [_fastq(url, name.id) for url in dict.fromkeys(reads)], _READS)

    def _of_ena(
        self, name: Name, study: Mapping[str, Any], samples: Mapping[str, Any]
    ) -> Iterator[tuple[str, NamedRow]]:
        """The runs of an SDRF that the ENA has, where the study states its accession there."""
        from omicsdk.portals.names.resolution import ARCHIVES, Archives

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


def _fastq(url: str, study: str) -> ListedFile:
    try:
        return file_at(https_of(url), folder=study)
    except RowFault as fault:
        error = DecodeError("SDRF", "FASTQ_URI", url, expected="the address of a file")
        return ListedFile(FAULT, url, f"{study}: {fault}", error=error)


def _sections(node: object) -> Iterator[dict[str, Any]]:
    """The sections of a tree, which may be in arrays."""
    if is_array(node):
        for entry in node:
            yield from _sections(entry)
    elif is_object(node):
        yield node
        yield from _sections(node.get("section"))
        yield from _sections(node.get("subsections"))


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
            if not isinstance(entry.get("path"), str) or not entry["path"]:
                raise DecodeError("get_study", "files.path", entry.get("path"), expected="the path of a file")
            yield title, entry
        for name, value in _attributes(section).items():
            if name.lower() in _NAMES_OF_LISTS:
                # Each list is there as a table, too; the page tab of a study names either.
                for entry in folder.objects(str(PurePosixPath(value).with_suffix(".json"))):
                    if not isinstance(entry.get("path"), str) or not entry["path"]:
                        raise DecodeError(value, "path", entry.get("path"), expected="the path of a file")
                    yield title, entry


def _files(
    accession: str, study: Mapping[str, Any], folder: StudyFolder, info: Mapping[str, Any]
) -> Iterator[NamedRow]:
    count = 0
    for section, entry in _entries(study, folder):
        count += 1
        path, size = entry["path"], declared_number(entry.get("size"), "size", "get_study", text=True)
        cells = {**_attributes(entry), "accession": accession, "section": section, **texts(entry)}
        yield NamedRow(cells, [_file_of(path, size, entry, folder, info)])
    files_info = info.get("files")
    if not count and not files_info:
        raise NotFound(
            f"The study {accession} of BioStudies has no files", remedy="Its page may link to other archives."
        )
    if files_info is not None and count < files_info:
        raise InconsistentListing(f"get_study {accession}", f"{files_info} files are stated, but {count} are listed")


def _file_of(
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
