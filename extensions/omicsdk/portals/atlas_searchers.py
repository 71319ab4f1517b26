"""Searches of portals that list all that they have: Azul, the GDC, and Gen3 commons. What matches is decided here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omicsdk_api.archives.gdc import GdcApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import NotFound
from omicsdk.core.model import ANY, array, mapping, members
from omicsdk.core.type_guards import is_object, number_in
from omicsdk.gen3 import Gen3
from omicsdk.gen3.discovery import named_commons
from omicsdk.gen3.manifests.discovery import GUID_TYPE, OBJECTS, shown_in
from omicsdk.gen3.metadata_documents import Document, documents_of
from omicsdk.hca.azul import Azul
from omicsdk.hca.azul.files import totals_of, values_in
from omicsdk.hca.azul.index import pages
from omicsdk.portals.names.gen3 import MANIFEST, entries_of
from omicsdk.portals.searches import Hit, Query, Searcher, texts_in, titled


class AzulSearch(Searcher):
    """Projects of the Human Cell Atlas. Azul has no search for words: all of its pages of projects are read."""

    portal = "azul"
    title = "Azul"
    _UNSEARCHED = frozenset(
        {"matrices", "contributedAnalyses", "contributors", "sources", "fileTypeSummaries", "accessions"}
    )

    def hits(self, query: Query) -> Iterator[Hit]:
        with self.client(Azul) as client:
            for page in pages(client, "projects", {}):
                yield from (self._hit(hit) for hit in page["hits"] if query.occurs_in(*texts_in(hit, self._UNSEARCHED)))

    def _hit(self, hit: Mapping[str, Any]) -> Hit:
        projects: list[Mapping[str, Any]] = hit.get("projects") or []
        files, size = totals_of(hit)
        is_controlled = any(project.get("accessible") is False for project in projects)
        return Hit(
            self.portal,
            self.named(hit["entryId"]),
            titled(", ".join(values_in(projects, "projectTitle"))),
            ", ".join(values_in(hit.get("donorOrganisms"), "genusSpecies")),
            files,
            size,
            "controlled" if is_controlled else "open",
        )


class GdcSearch(Searcher):
    """Projects of the GDC, which are less than a hundred: all are requested at once."""

    portal = "gdc"
    title = "the GDC"
    _HITS = members(data=members(hits=array(mapping(ANY))))

    def hits(self, query: Query) -> Iterator[Hit]:
        with self.client(GdcApi, "GDC") as client:
            response = client.list_projects.raw(
                size=1000, expand="program,summary,summary.experimental_strategies,summary.data_categories"
            )
        for hit in checked_json(response, "list_projects", self._HITS)["data"]["hits"]:
            if query.occurs_in("Homo sapiens", *texts_in(hit)):
                yield self._hit(hit)

    def _hit(self, hit: Mapping[str, Any]) -> Hit:
        summary, program = (
            member_object if is_object(member_object := hit.get(name)) else {} for name in ("summary", "program")
        )
        is_registered = hit.get("dbgap_accession_number") or program.get("dbgap_accession_number")
        return Hit(
            self.portal,
            self.named(str(hit.get("project_id") or hit.get("id"))),
            titled(str(hit.get("name") or "")),
            "Homo sapiens",
            number_in(summary.get("file_count")),
            number_in(summary.get("file_size")),
            "mixed" if is_registered else "",
        )


class Gen3Search(Searcher):
    """Studies of the discovery page of the configured commons, or of all commons that it aggregates."""

    portal = "gen3"
    title = "the Gen3 commons"
    _TITLES = (
        "full_name",
        "study_title",
        "project_title",
        "title",
        "study_name",
        "name",
        "short_name",
        "project_number",
    )
    _ORGANISMS = ("organism", "species", "study_organism")
    _UNSEARCHED = frozenset({MANIFEST, OBJECTS})

    def is_configured(self) -> bool:
        return bool(named_commons(self.options.environ))

    def hits(self, query: Query) -> Iterator[Hit]:
        with self.client(Gen3) as commons:
            self.title = f"the Gen3 commons {commons.base_url}"
            for guid, document in self._studies(commons):
                if query.occurs_in(guid, *texts_in(shown_in(document), self._UNSEARCHED)):
                    yield self._hit(guid, document)

    @staticmethod
    def _studies(commons: Gen3) -> Iterator[tuple[str, Document]]:
        try:
            yield from documents_of(commons, GUID_TYPE, aggregate=True)
        except NotFound:  # it aggregates no commons
            yield from documents_of(commons, GUID_TYPE)

    def _hit(self, guid: str, document: Document) -> Hit:
        searchable = shown_in(document)

        def first(*names: str) -> str:
            return next((text for name in names if isinstance(text := searchable.get(name), str) and text), "")

        entries = entries_of(document)
        sizes = [
            size for entry in entries if (size := number_in(entry.get("file_size", entry.get("size")))) is not None
        ]
        return Hit(
            self.portal,
            f"{self.portal}:{guid}",
            titled(first(*self._TITLES)) or guid,
            first(*self._ORGANISMS),
            len(entries),
            # A sum of some sizes would pass for that of all.
            sum(sizes) if entries and len(sizes) == len(entries) else None,
        )
