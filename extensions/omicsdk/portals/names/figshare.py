"""Figshare, and the portals of institutions and publishers that it runs: articles and collections of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

from omicsdk_api.archives.figshare import FigshareApi

from omicsdk.core.errors import DecodeError, Forbidden, NotFound
from omicsdk.core.page_items import items_at
from omicsdk.core.type_guards import is_number, only_objects
from omicsdk.portals.documents import FIGSHARE
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.records import Record, list_at, member, text_in

_ID = re.compile(r"(c\.)?(\d+)(?:\.v(\d+))?(?:/(.+))?", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/.+?(?:\.v(\d+))?", re.IGNORECASE)
# The most entries of a page.
_PAGE_SIZE = 1000


class Figshare(Archive):
    """Figshare.

    Its names are numbers of articles, with `.v2` after them for a version, and a slash with a file's name or number. Those of
    collections begin with `c.`, and articles whose DOIs do not state their numbers are named by them.
    """

    title = "Figshare"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._client = self.client(FigshareApi, "FIGSHARE")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        if match := _ID.fullmatch(name.id):
            collection, number, version, file = match.groups(default="")
        elif match := _DOI.fullmatch(name.id):
            collection, number, version, file = "", self._number_of(name.id), match[1] or "", ""
        else:
            raise NotFound(f"figshare:{name.id} is not the number of an article", remedy="Write figshare:NUMBER.")
        if collection:
            yield from self._collected(number, version)
        else:
            yield from self._article(number, version, file)

    def _number_of(self, doi: str) -> str:
        articles = self._client.list_articles(doi=doi)
        if number := text_in(articles, 0, "id"):
            return number
        raise NotFound(f"{doi}: Figshare has no public article of this DOI", remedy="Check the DOI.")

    def _collected(self, number: str, version: str) -> Iterator[NamedRow]:
        note = (
            f"figshare:c.{number}: the articles of the latest version, since others are not listed" if version else ""
        )
        articles = _records_of(partial(self._client.list_collection_articles, id=number))
        for article in articles:
            for row in self._article(text_in(article, "id"), "", ""):
                yield row._replace(note=row.note or note)

    def _article(self, number: str, version: str, file: str) -> Iterator[NamedRow]:
        article, note = self._client.get_article(id=number), ""
        latest = text_in(article, "version")
        accession = text_in(article, "doi") or f"figshare:{number}"
        if version and version != latest:
            article = self._client.get_article_version(id=number, version=version)
            accession = text_in(article, "doi") or f"figshare:{number}.v{version}"
            note = f"{accession} has a newer version: figshare:{number}.v{latest}"
        _check_access(article, accession)
        article = self._whole(article, number, version or latest)
        reason = text_in(article, "metadata_reason")
        if member(article, "is_metadata_record") is True:
            note = f"{accession} is a description without files{f': {reason}' if reason else ''}"
        yield from Record(accession, text_in(article, "title"), file, note).rows(FIGSHARE, article)

    def _whole(self, article: dict[str, object], number: str, version: str) -> dict[str, object]:
        """The article with all its files: the response may have the first ones only, of which the sizes are less than stated.

        Raises:
            DecodeError: The service lists less than it states.
        """
        total = article.get("size")
        if not is_number(total) or _size_of(article) >= total:
            return article
        files = [*_records_of(partial(self._client.list_files, id=number, version=version))]
        article = {**article, "files": files}
        if (size := _size_of(article)) < total:
            problem = f"{size:,} bytes in {len(files):,} files"
            raise DecodeError("list_files", "files", problem, expected=f"the {total:,} bytes that the article states")
        return article


def _records_of(operation: Callable[..., list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The entries of a list, page by page.

    Raises:
        NotFound: The list is empty.
        DecodeError: A page is returned again.
    """
    last: list[dict[str, Any]] = []
    for page in count(1):
        entries = items_at(operation(page=page, page_size=_PAGE_SIZE), "", "list_files")
        if not entries and page == 1:
            raise NotFound("Figshare lists nothing for this number", remedy="Check the number.")
        # A server that ignores the number of the page would be read without an end.
        if entries == last:
            raise DecodeError("page", "", f"page {page - 1} again", expected=f"page {page}")
        yield from only_objects(entries)
        if len(entries) < _PAGE_SIZE:
            return
        last = entries


def _size_of(article: dict[str, object]) -> int:
    sizes = (object_.get("size") for object_ in only_objects(article.get("files")))
    return sum(size for size in sizes if is_number(size))


def _check_access(article: object, accession: str) -> None:
    """Check that the files of an article are open.

    Raises:
        Forbidden: They are not.
        DecodeError: The response has no list of them.
    """
    if member(article, "files"):
        return
    page = text_in(article, "url_public_html") or text_in(article, "figshare_url")
    remedy = f"Request access on its page, {page}."
    if member(article, "is_embargoed") is True:
        until = text_in(article, "embargo_date")
        why = f"under embargo{f' until {until}' if until else ''}"
        reason = text_in(article, "embargo_reason") or text_in(article, "embargo_title")
    elif member(article, "is_confidential") is True:
        why, reason = "confidential", text_in(article, "confidential_reason")
    elif member(article, "download_disabled") is True:
        why, reason = "not to be downloaded", ""
    else:
        if member(article, "is_metadata_record") is not True:
            list_at(article, "get_article", "files")
        return
    raise Forbidden(f"{accession}: its files are {why}{f' ({reason})' if reason else ''}", remedy=remedy)
