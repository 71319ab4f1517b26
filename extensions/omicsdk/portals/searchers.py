"""Searchers of archives, by family: repositories for data of any kind, archives of studies, and of sequences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk_api.archives.biostudies import BiostudiesApi
from omicsdk_api.archives.dataverse import DataverseApi
from omicsdk_api.archives.dryad import DryadApi
from omicsdk_api.archives.ena import EnaApi
from omicsdk_api.archives.figshare import FigshareApi
from omicsdk_api.archives.pride import PrideApi
from omicsdk_api.archives.zenodo import ZenodoApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import APIError, DecodeError
from omicsdk.core.model import ANY, STRING, Shape, array, mapping, members
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_object, number_in, only_objects, only_texts
from omicsdk.portals.names.ncbi import eutils
from omicsdk.portals.searches import RETRY, SECONDS, Hit, Query, Searcher, assay_of, lucene, quoted, texts_in, titled

if TYPE_CHECKING:
    import httpx


def _terms(query: Query) -> str:
    """The query with the organism as one more phrase."""
    return lucene(query, *([quoted(query.organism)] if query.organism else []))


class ZenodoSearch(Searcher):
    """Data sets of Zenodo; guests get 25 of them at a time."""

    portal = "zenodo"
    title = "Zenodo"
    _PAGE = 25
    _HITS = members(hits=members(hits=array(mapping(ANY))))

    def hits(self, query: Query) -> Iterator[Hit]:
        with self.client(ZenodoApi, "ZENODO") as client:
            # Up to a row beyond the limit, which shows that there are more.
            for number in range(1, query.limit // self._PAGE + 2):
                response = client.search_records.raw(
                    q=_terms(query), type="dataset", sort="bestmatch", size=self._PAGE, page=number
                )
                hits = checked_json(response, "search_records", self._HITS)["hits"]["hits"]
                yield from map(self._hit, hits)
                if len(hits) < self._PAGE:
                    return

    def _hit(self, record: Mapping[str, Any]) -> Hit:
        metadata = value if is_object(value := record.get("metadata")) else {}
        files = only_objects(record["files"]) if record.get("files") else None
        sizes = [number_in(file.get("size")) for file in files or ()]
        return Hit(
            self.portal,
            self.named(str(record.get("id") or record.get("recid"))),
            titled(str(metadata.get("title") or record.get("title") or "")),
            files=None if files is None else len(files),
            size=None if files is None or None in sizes else sum(size or 0 for size in sizes),
            access=str(metadata.get("access_right") or ""),
        )


class FigshareSearch(Searcher):
    """Data sets of Figshare, whose lists state neither files nor access."""

    portal = "figshare"
    title = "Figshare"
    _DATASET = 3

    def hits(self, query: Query) -> Iterator[Hit]:
        with self.client(FigshareApi, "FIGSHARE") as client:
            response = client.search_articles.raw(
                search_for=_terms(query), item_type=self._DATASET, page_size=query.limit + 1
            )
        for article in checked_json(response, "search_articles", array(mapping(ANY))):
            yield Hit(self.portal, self.named(str(article.get("id"))), titled(str(article.get("title") or "")))


class DataverseSearch(Searcher):
    """Data sets of a Dataverse, by default Harvard's, which also lists those of others: their DOIs are the names of all."""

    portal = "dataverse"
    title = "Dataverse"
    _ITEMS = members(data=members(items=array(mapping(ANY))))

    def hits(self, query: Query) -> Iterator[Hit]:
        with self.client(DataverseApi, "DATAVERSE") as client:
            self.title = f"the Dataverse {client.base_url}"
            response = client.search.raw(q=_terms(query), type="dataset", per_page=query.limit + 1)
            site = client.base_url.removesuffix("/api")
        for item in checked_json(response, "search", self._ITEMS)["data"]["items"]:
            if item.get("type") == "dataset" and (doi := str(item.get("global_id") or "")):
                is_doi = doi.startswith("doi:")
                id = doi if is_doi else f"{site}/dataset.xhtml?persistentId={doi}"
                title = titled(str(item.get("name") or ""))
                yield Hit(self.portal, id, title, files=number_in(item.get("fileCount")))


class DryadSearch(Searcher):
    """Data sets of Dryad. It documents no operators: words are sent as they are, and what lacks one is left out here."""

    portal = "dryad"
    title = "Dryad"
    _PAGE = 100

    def hits(self, query: Query) -> Iterator[Hit]:
        query_words = " ".join([*(term[0] for term in query.terms), query.organism]).strip()
        with self.client(DryadApi, "DRYAD") as client:
            # Up to a row beyond the limit, which shows that there are more.
            for number in range(1, query.limit // self._PAGE + 2):
                response = client.search_datasets.raw(q=query_words, page=number, per_page=self._PAGE)
                items = self._items(response, is_first=number == 1)
                yield from filter(None, (self._hit(item, query) for item in items))
                if len(items) < self._PAGE:
                    return

    @staticmethod
    def _items(response: httpx.Response, *, is_first: bool) -> list[dict[str, Any]]:
        response_data: dict[str, Any] = checked_json(response, "search_datasets", mapping(ANY))
        embedded: object = response_data.get("_embedded")
        if embedded is None and response_data.get("total") == 0:
            return []
        items = only_objects(embedded.get("stash:datasets")) if is_object(embedded) else []
        if not items and is_first and response_data.get("total") != 0:
            raise DecodeError("search_datasets", "_embedded", embedded, expected="data sets")
        return items

    def _hit(self, item: Mapping[str, Any], query: Query) -> Hit | None:
        title, about = (str(item.get(name) or "") for name in ("title", "abstract"))
        if not query.occurs_in(title, titled(about), *only_texts(item.get("keywords"))):
            return None
        size = number_in(item.get("storageSize", item.get("storage_size")))  # of older releases
        return Hit(self.portal, str(item.get("identifier")), titled(title), size=size, access="open")


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
        "keywords", "organisms", "organismsPart", "diseases", "experimentTypes", "quantificationMethods", "instruments",
    )  # fmt: skip

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


class EnaSearch(Searcher):
    """Studies of ENA with reads, by words in titles and descriptions; ENA has no search in all fields at once."""

    portal = "ena"
    title = "the ENA"
    _FIELDS = ("study_title", "description")
    # How ENA states assays, beside what titles call them.
    _ASSAYS: ClassVar[dict[str, str]] = {
        "scRNA-seq": 'library_source="TRANSCRIPTOMIC SINGLE CELL"',
        "RNA-seq": 'library_strategy="RNA-Seq"',
        "ATAC-seq": 'library_strategy="ATAC-seq"',
        "ChIP-seq": 'library_strategy="ChIP-Seq"',
        "Hi-C": 'library_strategy="Hi-C"',
        "WGS": 'library_strategy="WGS"',
        "WES": 'library_strategy="WXS"',
        "bisulfite-seq": 'library_strategy="Bisulfite-Seq"',
    }

    def hits(self, query: Query) -> Iterator[Hit]:
        conditions = list(map(self._condition, query.terms))
        if query.organism:
            conditions.append(f"scientific_name={quoted(query.organism)}")
        with self.client(EnaApi, "ENA") as client:
            response = client.search_studies.raw(
                result="read_study",
                query=" AND ".join(conditions),
                fields="study_accession,study_title,scientific_name",
                format="json",
                limit=query.limit + 1,
            )
        # Where nothing is found the body is empty.
        for study in checked_json(response, "search_studies", array(mapping(ANY))) if response.content else ():
            title, organism = (str(study.get(name) or "") for name in ("study_title", "scientific_name"))
            yield Hit(
                self.portal, self.named(str(study.get("study_accession"))), titled(title), organism, access="open"
            )

    def _condition(self, term: Sequence[str]) -> str:
        spellings = dict.fromkeys(spelling for text in term for spelling in (text, text.replace(" ", "-")))
        conditions = [f'{field}="*{quoted(text)[1:-1]}*"' for text in spellings for field in self._FIELDS]
        if assay := self._ASSAYS.get(assay_of(term)):
            conditions.append(assay)
        return f"({' OR '.join(conditions)})"


class GeoSearch(Searcher):
    """Series of GEO: a search for their numbers, then their summaries."""

    portal = "geo"
    title = "GEO"
    _FOUND = members(esearchresult=members(idlist=array(STRING)))
    _SUMMARIES = members(result=mapping(ANY))

    def hits(self, query: Query) -> Iterator[Hit]:
        with eutils(self.options).with_options(retry=RETRY, timeout=SECONDS) as client:
            payload = client.search_records.raw(
                db="gds", term=self._term(query), retmax=query.limit + 1, retmode="json"
            )
            ids = self._checked(payload, "search_records", self._FOUND)["esearchresult"]["idlist"]
            if not ids:
                return
            response = client.read_summaries.raw(db="gds", id=",".join(ids), retmode="json")
        summaries = self._checked(response, "read_summaries", self._SUMMARIES)["result"]
        for id in ids:
            summary: object = summaries.get(id)
            if not is_object(summary) or not summary.get("accession"):
                raise DecodeError("read_summaries", f"result.{id}", summary, expected="a summary with an accession")
            title, taxa = (str(summary.get(name) or "") for name in ("title", "taxon"))
            organisms = ", ".join(re.split(r"\s*;\s*", taxa))
            yield Hit(self.portal, self.named(str(summary["accession"])), titled(title), organisms, access="open")

    @staticmethod
    def _term(query: Query) -> str:
        """The query in Entrez's language: quotes switch off the mapping of a word to its synonyms, so that words have none."""

        def spelled(text: str) -> str:
            plain = re.sub(r'[\[\]()"]+', " ", text).strip()
            return quoted(plain) if " " in plain or plain in ("AND", "OR", "NOT") else plain

        terms = [f"({' OR '.join(map(spelled, term))})" for term in query.terms]
        organism = [f"{quoted(query.organism)}[Organism]"] if query.organism else []
        return " AND ".join([*terms, *organism, "gse[Entry Type]"])

    @staticmethod
    def _checked(response: httpx.Response, operation: str, shape: Shape) -> Any:
        """The JSON of a response, which has status 200 for errors, too."""
        data: object = json_of(response, operation)
        result: object = data.get("esearchresult") if is_object(data) else None
        # The last one is a list with the message of an exception.
        for source, name in ((data, "error"), (result, "ERROR"), (data, "esummaryresult")):
            if is_object(source) and (message := " ".join(texts_in(source.get(name)))):
                raise APIError(message, operation=operation, url=str(response.url))
        return checked_json(response, operation, shape)
