"""MetaboLights: files of metabolomics studies.

Its web service lists the files at the top of a study's folder; the assay tables (ISA-Tab) name the data files, by sample. Neither states
sizes or checksums.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk_api.archives.metabolights import MetabolightsApi

from omicsdk.core.errors import Forbidden, NotFound, Unauthorized
from omicsdk.core.json_parts import checked_json
from omicsdk.core.model import ANY, BOOLEAN, STRING, array, mapping, members, optional
from omicsdk.core.page_items import found_at
from omicsdk.core.type_guards import only_objects
from omicsdk.portals.names.archive import Archive, NamedRow
from omicsdk.portals.names.study_folder import StudyFolder

if TYPE_CHECKING:
    from omicsdk.portals.names.grammar import Name

_STUDY = members(
    mtblsStudy=members(studyStatus=optional(STRING), studyHttpUrl=STRING), isaInvestigation=optional(mapping(ANY))
)
_FILES = members(study=array(members(file=STRING, directory=optional(BOOLEAN), type=optional(STRING))))
_ASSAY = "metadata_assay"
_FOLDERS = "folders are not listed by MetaboLights: of their files those that the assay tables name are planned"


class MetaboLights(Archive):
    """MetaboLights."""

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
            study = checked_json(self._client.get_study.raw(accession=accession), "get_study", _STUDY)
            if (study["mtblsStudy"].get("studyStatus") or "public").lower() != "public":
                raise _private(accession)
            response = self._client.list_files.raw(accession=accession, include_raw_data=True)
            return study, checked_json(response, "list_files", _FILES)
        except NotFound as error:
            raise NotFound(
                f"MetaboLights has no study {accession}", status=404, remedy="Check the accession."
            ) from error
        except (Forbidden, Unauthorized) as error:
            raise _private(accession) from error


def _private(accession: str) -> Forbidden:
    remedy = "It may be released later: ask its submitters."
    return Forbidden(f"The study {accession} of MetaboLights is not public", status=403, remedy=remedy)


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
