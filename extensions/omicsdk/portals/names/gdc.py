"""The GDC: files of projects, cases, samples and aliquots, by their ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from omicsdk_api.archives.gdc import GdcApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.checksums import hexadecimal
from omicsdk.core.consistency import ListingCheck, declared_number
from omicsdk.core.errors import BadRequest, Forbidden, NotFound
from omicsdk.core.model import ANY, SIZE, STRING, array, mapping, members, optional
from omicsdk.core.type_guards import only_objects, only_texts
from omicsdk.portals import gdc
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names.archive import Archive, NamedRow
from omicsdk.portals.names.grammar import Name

# Files of a page; the GDC sends 10 by default.
PAGE = 1000
# Fields by which a file is downloaded.
BASIC_FIELDS = ("file_id", "file_name", "file_size", "md5sum")
_FIELDS = (
    *BASIC_FIELDS,
    *("access", "acl", "data_category", "data_type", "data_format", "experimental_strategy"),
    *("cases.submitter_id", "cases.project.project_id"),
)
_ALIQUOTS = "cases.samples.portions.analytes.aliquots"
_BY_UUID = ("file_id", "cases.case_id", "cases.samples.sample_id", f"{_ALIQUOTS}.aliquot_id")
# Barcodes such as TCGA-BH-A0EA begin like ids of projects, and never are one.
_BY_NAME = (
    "cases.project.project_id",
    *("cases.submitter_id", "cases.samples.submitter_id", f"{_ALIQUOTS}.submitter_id"),
)
_AT_LEVELS = {"file": ("file_id",), "case": ("cases.case_id",)}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)

_HIT = members(file_id=STRING, file_name=optional(STRING), file_size=optional(SIZE), md5sum=optional(STRING))
_PAGE = members(data=members(hits=array(_HIT), pagination=members(total=SIZE)))
_VERSIONS = array(mapping(ANY))


def found_files(
    client: GdcApi, fields: Sequence[str], values: Sequence[str], fields_shown: Sequence[str]
) -> Iterator[Any]:
    """The files of which one of some fields has one of some values.

    Args:
        client: The GDC.
        fields: The fields.
        values: The values.
        fields_shown: The fields that the response has.

    Yields:
        Each file, as it comes.

    Raises:
        InconsistentListing: After the last file: there are fewer than the GDC states.
        DecodeError: The response is something else.
    """
    conditions = [{"op": "in", "content": {"field": field, "value": [*values]}} for field in fields]
    filters = conditions[0] if len(conditions) == 1 else {"op": "or", "content": conditions}
    query = {
        "filters": filters,
        "fields": ",".join(fields_shown),
        # Pages are counted by an offset: without an order a file could be on two of them, or on none.
        "sort": "file_id:asc",
        "format": "JSON",
        "size": PAGE,
    }
    check, first = ListingCheck("search_files", ascends=True), 0
    while True:
        data = checked_json(client.search_files.raw(body={**query, "from": first}), "search_files", _PAGE)["data"]
        check.total(data["pagination"]["total"])
        for hit in data["hits"]:
            if check.entry(hit["file_id"]):
                yield hit
        first += len(data["hits"])
        if not data["hits"] or first >= data["pagination"]["total"]:
            check.finish()
            return


def replaced_by(client: GdcApi, ids: Sequence[str]) -> dict[str, str]:
    """The latest versions of files that a release of the GDC replaced, by their UUIDs.

    Args:
        client: The GDC.
        ids: UUIDs of files.
    """
    try:
        response = client.list_file_versions.raw(ids=",".join(ids))
    except (BadRequest, NotFound):
        return {}
    versions = checked_json(response, "list_file_versions", _VERSIONS)
    replacements = ((str(version.get("id")), version.get("latest_id")) for version in versions)
    return {id: latest for id, latest in replacements if isinstance(latest, str) and latest not in ("", id)}


def file_of(hit: Mapping[str, Any]) -> ListedFile:
    """A file of the GDC.

    Args:
        hit: What a search has of it.
    """
    id: str = hit["file_id"]
    md5 = hexadecimal("md5", hit.get("md5sum") or "")
    name = (hit.get("file_name") or id).rpartition("/")[2]  # the names of some are keys of S3
    size = declared_number(hit.get("file_size"), "file_size", "search_files")
    return ListedFile("gdc", id, name, size, {"md5": md5} if md5 else {}, id)


class Gdc(Archive):
    """The GDC. Controlled files have an error without a token, which the download sends."""

    title: ClassVar[str] = "the GDC"

    @property
    def _client(self) -> GdcApi:
        return self.client(GdcApi, "GDC")

    @cached_property
    def _has_token(self) -> bool:
        return gdc.login(self.options.environ) is not None

    def rows(self, name: Name) -> Iterator[NamedRow]:
        fields = _AT_LEVELS.get(name.level) or (_BY_UUID if _UUID.match(name.id) else _BY_NAME)
        is_any = False
        for hit in found_files(self._client, fields, [name.id], _FIELDS):
            is_any = True
            yield self._row(name, hit)
        if not is_any:
            raise self._unknown(name)

    def _unknown(self, name: Name) -> NotFound:
        latest = replaced_by(self._client, [name.id]).get(name.id, "") if name.level == "file" else ""
        if latest:
            return NotFound(f"The GDC replaced the file {name.id}", remedy=f"Use its latest version: gdc:{latest}.")
        what = "file, case, sample or aliquot" if _UUID.match(name.id) else "project, case or sample"
        return NotFound(f"The GDC has no {what} {name.id} with files", remedy="Check the identifier.")

    def _row(self, name: Name, hit: Mapping[str, Any]) -> NamedRow:
        file, cases = file_of(hit), only_objects(hit.get("cases"))
        projects = (str(project.get("project_id")) for case in cases for project in only_objects([case.get("project")]))
        facets = ("access", "data_category", "data_type", "data_format", "experimental_strategy")
        cells = {
            "accession": name.id,
            "id": file.address,
            "filename": file.name,
            "md5": file.checksums.get("md5", ""),
            "size": "" if file.size is None else str(file.size),
            "project": ";".join(dict.fromkeys(projects)),
            "case": ";".join(str(case.get("submitter_id") or "") for case in cases),
            **{field: str(hit.get(field) or "") for field in facets},
        }
        if hit.get("access") == "controlled" and not self._has_token:
            file = file._replace(error=_controlled(file, only_texts(hit.get("acl"))))
        return NamedRow(cells, [file])


def _controlled(file: ListedFile, acl: Sequence[str]) -> Forbidden:
    studies = " or ".join(study for study in acl if study.startswith("phs")) or "its study"
    return Forbidden(
        f"{file.name} is controlled by dbGaP",
        remedy=f"Apply for {studies} at dbGaP, then run omics login gdc, or set GDC_TOKEN to a token of the GDC's portal, or to its file. "
        "Leave such files out: --where access=open.",
    )
