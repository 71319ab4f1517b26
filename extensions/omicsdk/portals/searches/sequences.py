"""Searches of archives of sequences: studies with reads in ENA, series in GEO."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk_api.archives.ena import EnaApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import APIError, DecodeError
from omicsdk.core.model import ANY, STRING, Shape, array, mapping, members
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_object
from omicsdk.portals.names.ncbi import eutils
from omicsdk.portals.searches.search import RETRY, SECONDS, Hit, Query, Searcher, assay_of, quoted, texts_in, titled

if TYPE_CHECKING:
    import httpx


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
