"""Searches of archives of studies at the EBI: functional genomics in ArrayExpress, which BioStudies serves, and proteomics in PRIDE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from omicsdk_api.archives.biostudies import BiostudiesApi
from omicsdk_api.archives.pride import PrideApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.model import ANY, array, mapping, members
from omicsdk.core.type_guards import number_in, only_texts
from omicsdk.portals.searches.search import Hit, Query, Searcher, lucene, quoted, titled


class BioStudiesSearch(Searcher):
    """Studies of the collection ArrayExpress. The other ones of BioStudies are supplements of millions of papers."""

    portal = "biostudies"
    title = "BioStudies"
    _HITS = members(hits=array(mapping(ANY)))

    def hits(self, query: Query) -> Iterator[Hit]:
        organism = [f"organism:{quoted(query.organism)}"] if query.organism else []
        with self.client(BiostudiesApi, "BIOSTUDIES") as client:
            response = client.search.raw(
                collection="arrayexpress", query=lucene(query, *organism), page_size=query.limit + 1
            )
        response_data: dict[str, Any] = checked_json(response, "search", mapping(ANY))
        if response_data.get("totalHits") == 0:  # the list is missing then
            return
        for study in checked_json(response, "search", self._HITS)["hits"]:
            access = {"True": "open", "False": "private"}.get(str(study.get("isPublic")), "")
            title, id = titled(str(study.get("title") or "")), self.named(str(study.get("accession")))
            # The response states no organism; that of the query is one of them.
            yield Hit(self.portal, id, title, query.organism, number_in(study.get("files")), access=access)


class PrideSearch(Searcher):
    """Projects of PRIDE, which finds those with any of the words: what lacks others is left out here."""

    portal = "pride"
    title = "PRIDE"
    _PAGE = 100
    _LISTS = (
        "keywords",
        "organisms",
        "organismsPart",
        "diseases",
        "experimentTypes",
        "quantificationMethods",
        "instruments",
    )

    def hits(self, query: Query) -> Iterator[Hit]:
        keywords = " ".join([*(quoted(term[0]) if " " in term[0] else term[0] for term in query.terms), query.organism])
        with self.client(PrideApi, "PRIDE") as client:
            # As many as the limit may take; the best come first, so that later ones have fewer of the words.
            for number in range(query.limit // self._PAGE + 1):
                response = client.search_projects.raw(keyword=keywords.strip(), page_size=self._PAGE, page=number)
                projects = checked_json(response, "search_projects", array(mapping(ANY)))
                yield from self._matching(projects, query)
                if len(projects) < self._PAGE:
                    return

    def _matching(self, projects: Iterable[Mapping[str, Any]], query: Query) -> Iterator[Hit]:
        for project in projects:
            title, about = (str(project.get(name) or "") for name in ("title", "projectDescription"))
            texts = chain.from_iterable(only_texts(project.get(name)) for name in self._LISTS)
            if query.occurs_in(title, about, *texts):
                organisms = ", ".join(text.partition(" (")[0] for text in only_texts(project.get("organisms")))
                id = self.named(str(project.get("accession")))
                yield Hit(self.portal, id, titled(title), organisms, access="open")
