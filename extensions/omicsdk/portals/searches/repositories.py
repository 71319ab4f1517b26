"""Searches of repositories for data of any kind: Zenodo, Figshare, Dataverse and Dryad. An organism is one more phrase there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk_api.archives.dataverse import DataverseApi
from omicsdk_api.archives.dryad import DryadApi
from omicsdk_api.archives.figshare import FigshareApi
from omicsdk_api.archives.zenodo import ZenodoApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import DecodeError
from omicsdk.core.model import ANY, array, mapping, members
from omicsdk.core.type_guards import is_object, number_in, only_objects, only_texts
from omicsdk.portals.searches.search import Hit, Query, Searcher, lucene, quoted, titled

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
