"""Repositories for data of any kind, by their identifiers: Zenodo, Figshare, Dataverse and Dryad."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from omicsdk_api.archives.dataverse import DataverseApi
from omicsdk_api.archives.dryad import DryadApi
from omicsdk_api.archives.figshare import FigshareApi
from omicsdk_api.archives.zenodo import ZenodoApi

from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.consistency import declared_number
from omicsdk.core.credentials import is_confidential, origin_of
from omicsdk.core.errors import ConfigError, DecodeError, Forbidden, Gone, NotFound
from omicsdk.core.omit import OMIT
from omicsdk.core.page_items import items_at
from omicsdk.core.type_guards import is_number, only_objects
from omicsdk.portals.documents import DATAVERSE, DRYAD, FIGSHARE, ZENODO
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.records import Record, list_at, member, text_in

# -- Zenodo

# The service on which depositing is tried. Its records have numbers of their own.
_TEST_HOST = "sandbox.zenodo.org"


class Zenodo(Archive):
    """Zenodo.

    Its names are the numbers of records; a file of one follows it after a slash.
    """

    title = "Zenodo"
    # The record that was requested last, with its page: a list may name its files one by one.
    _last: tuple[str, object] = "", None

    def rows(self, name: Name) -> Iterator[NamedRow]:
        is_test = name.id.startswith(f"{_TEST_HOST}/")
        number, _, file = name.id.removeprefix(f"{_TEST_HOST}/").partition("/")
        host = _TEST_HOST if is_test else "zenodo.org"
        page = f"https://{host}/records/{number}"
        if self._last[0] != page:
            client = self.client(ZenodoApi, "ZENODO", f"https://{host}/api" if is_test else None)
            self._last = page, _requested(client, number, page)
        record = self._last[1]
        _check_record(record, page)
        accession = text_in(record, "doi") or f"zenodo:{text_in(record, 'id')}"
        title = text_in(record, "metadata", "title")
        yield from Record(accession, title, file, _version_note(record, number, accession)).rows(ZENODO, record)


def _requested(client: ZenodoApi, number: str, page: str) -> object:
    """The record of a number, the latest one for that of all versions, which has no record of its own."""
    try:
        return client.get_record(id=number)
    except Forbidden as error:
        error.remedy = f"The record is restricted: request access at {page}."
        raise
    except NotFound as error:
        try:
            return client.get_latest_version(id=number)
        except NotFound:
            raise error from None


def _check_record(record: object, page: str) -> None:
    """Check that the files of a record are open.

    Raises:
        Forbidden: They are not.
        DecodeError: The response has no list of them.
    """
    access = text_in(record, "metadata", "access_right")
    if not member(record, "files") and access in ("restricted", "embargoed", "closed"):
        until = text_in(record, "metadata", "embargo_date")
        why = f"under embargo until {until}" if until else "under embargo" if access == "embargoed" else access
        raise Forbidden(f"{page}: its files are {why}", remedy="Request access on this page, if it offers that.")
    list_at(record, "get_record", "files")


def _version_note(record: object, number: str, accession: str) -> str:
    if (record_id := text_in(record, "id")) and record_id != number:
        return f"zenodo:{number} is all versions of a record: the latest, {accession}, is taken"
    is_last = member(record, "metadata", "relations", "version", 0, "is_last")
    concept = text_in(record, "conceptrecid")
    return f"{accession} has a newer version: zenodo:{concept} is the latest" if is_last is False and concept else ""


# -- Figshare

_ARTICLE = re.compile(r"(c\.)?(\d+)(?:\.v(\d+))?(?:/(.+))?", re.IGNORECASE)
_ARTICLE_DOI = re.compile(r"10\.\d{4,9}/.+?(?:\.v(\d+))?", re.IGNORECASE)
# The most files that the response for an article has.
_FIRST_FILES = 10
# The most entries of a page.
_MOST_ENTRIES = 1000


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
        if match := _ARTICLE.fullmatch(name.id):
            collection, number, version, file = match.groups(default="")
        elif match := _ARTICLE_DOI.fullmatch(name.id):
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
        _check_article(article, accession)
        article = self._whole(article, number, version or latest)
        reason = text_in(article, "metadata_reason")
        if member(article, "is_metadata_record") is True:
            note = f"{accession} is a description without files{f': {reason}' if reason else ''}"
        yield from Record(accession, text_in(article, "title"), file, note).rows(FIGSHARE, article)

    def _whole(self, article: dict[str, object], number: str, version: str) -> dict[str, object]:
        """The article with all its files: the response may have the first ten only.

        Raises:
            DecodeError: The service lists less than it states.
        """
        total = article.get("size")
        # Sizes alone do not show files that are empty, or links to other places.
        is_cut = len(only_objects(article.get("files"))) == _FIRST_FILES
        if not is_cut and (not is_number(total) or _size_of(article) >= total):
            return article
        files = [*_records_of(partial(self._client.list_files, id=number, version=version))]
        article = {**article, "files": files}
        if is_number(total) and (size := _size_of(article)) < total:
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
        entries = items_at(operation(page=page, page_size=_MOST_ENTRIES), "", "list_files")
        if not entries and page == 1:
            raise NotFound("Figshare lists nothing for this number", remedy="Check the number.")
        # A server that ignores the number of the page would be read without an end.
        if entries == last:
            raise DecodeError("page", "", f"page {page - 1} again", expected=f"page {page}")
        yield from only_objects(entries)
        if len(entries) < _MOST_ENTRIES:
            return
        last = entries


def _size_of(article: dict[str, object]) -> int:
    sizes = (object_.get("size") for object_ in only_objects(article.get("files")))
    return sum(size for size in sizes if is_number(size))


def _check_article(article: object, accession: str) -> None:
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


# -- Dataverse

# `:latest` may be a draft.
_LATEST_VERSION = ":latest-published"


class Dataverse(Archive):
    """Dataverse.

    Its names are `https://HOST/` and a persistent identifier, or the number of a dataset or file, and `?version=1.0` for a version.
    Without a host, that of Harvard is meant.
    """

    title = "Dataverse"

    def rows(self, name: Name) -> Iterator[NamedRow]:
        id, _, query = name.id.partition("?")
        server = ""
        if "://" in id:
            parts = urlsplit(id)
            server, id = f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/")
        client = self.client(DataverseApi, "DATAVERSE", f"{server}/api" if server else None)
        version = "".join(parse_qs(query).get("version", ())[:1])
        if name.level == "file":
            yield from self._file(client, id)
            return
        try:
            response = self._version(client, id, version or _LATEST_VERSION)
        except NotFound as error:
            try:
                rows = list(self._file(client, id))  # files have persistent identifiers, too
            except NotFound:
                raise error from None
            yield from rows
            return
        yield from self._dataset(client, id, version, response)

    @staticmethod
    def _version(client: DataverseApi, id: str, version: str, *, without_files: bool = False) -> object:
        return client.get_dataset_version(version=version, exclude_files=without_files or OMIT, **_identified(id))

    def _dataset(self, client: DataverseApi, id: str, version: str, response: object) -> Iterator[NamedRow]:
        accession = text_in(response, "data", "datasetPersistentId") or id
        if text_in(response, "data", "versionState") == "DEACCESSIONED":
            why = text_in(response, "data", "deaccessionNote") or text_in(response, "data", "versionNote")
            raise Gone(
                f"{accession} was withdrawn{f': {why}' if why else ''}", remedy="Ask its authors for another version."
            )
        list_at(response, "get_dataset_version", "data", "files")
        note = ""
        if version:
            latest = _number_of(self._version(client, id, _LATEST_VERSION, without_files=True))
            if latest != _number_of(response):
                note = f"{accession} has a newer version: {latest}"
        yield from Record(accession, _title_of(response), "", note).rows(DATAVERSE, response, _root_of(client))

    @staticmethod
    def _file(client: DataverseApi, id: str) -> Iterator[NamedRow]:
        response = client.get_file(**_identified(id))
        if member(response, "data", "dataFile") is None:
            raise DecodeError("get_file", "data.dataFile", member(response, "data"), expected="a file")
        yield from Record(id).rows(DATAVERSE, response, _root_of(client))


def _identified(id: str) -> dict[str, str]:
    """How requests name a dataset or file: by its number, or by its persistent identifier beside a constant."""
    return {"id": id} if id.isdecimal() else {"id": ":persistentId", "persistent_id": id}


def _root_of(client: DataverseApi) -> str:
    return f"{client.base_url.removesuffix('/api')}/"


def _number_of(version: object) -> str:
    return f"{text_in(version, 'data', 'versionNumber')}.{text_in(version, 'data', 'versionMinorNumber')}"


def _title_of(version: object) -> str:
    fields = only_objects(member(version, "data", "metadataBlocks", "citation", "fields"))
    return next((text_in(field, "value") for field in fields if field.get("typeName") == "title"), "")


# -- Dryad

# Variable of the token that files need.
_DRYAD_VARIABLE = "OMICS_DRYAD_TOKEN"
# The most files of a page.
_MOST_FILES = 100
_DATASET = re.compile(r"(?:doi:)?(10\.\d{4,9}/[^/\s]+)(?:/(.+))?", re.IGNORECASE)
_LISTED_AT = ("_embedded", "stash:files")


class Dryad(Archive):
    """Dryad.

    Its names are DOIs, with a slash and a file's name after them for one file. Files need a token, which goes to Dryad's own host
    with the requests for files alone: an expired one would make requests for metadata fail, which need none.
    """

    title = "Dryad"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._client = self.client(DryadApi, "DRYAD")
        self._token = options.environ.get(_DRYAD_VARIABLE, "").strip()
        if self._token:
            checked_token(self._token, _DRYAD_VARIABLE)
            if not is_confidential(self._client.base_url):
                raise ConfigError(f"{self._client.base_url}: no token is sent over http", remedy="Use its https URL.")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        match = _DATASET.fullmatch(name.id)
        if match is None:
            raise NotFound(f"dryad:{name.id} is not a DOI", remedy="Write dryad:10.5061/dryad.NAME.")
        doi, file = match[1], match[2] or ""
        dataset = self._client.get_dataset(doi=f"doi:{doi}")
        link = text_in(dataset, "_links", "stash:version", "href")
        version = re.search(r"/versions/(\d+)\Z", link)
        if version is None:
            raise DecodeError("get_dataset", "_links.stash:version.href", link, expected="the link of a version")
        files = {"_embedded": {"stash:files": [*self._files(version[1])]}}
        note = (
            ""
            if self._token
            else f"Dryad requires a token for files: set {_DRYAD_VARIABLE} to one of your account there"
        )
        record = Record(doi, text_in(dataset, "title"), file, note)
        for row in record.rows(DRYAD, files, urljoin(self._client.base_url, "/")):
            yield row._replace(files=[file._replace(headers=self._headers(file.address)) for file in row.files])

    def _files(self, version: str) -> Iterator[object]:
        """The files of a version, page by page.

        Raises:
            DecodeError: The service lists less than it states.
        """
        count_listed = 0
        for page in count(1):
            response = self._client.list_files(id=version, page=page, per_page=_MOST_FILES)
            files = list_at(response, "list_files", *_LISTED_AT)
            total = declared_number(member(response, "total"), "total", "list_files")
            count_listed += len(files)
            yield from files
            if len(files) < _MOST_FILES if total is None else count_listed >= total:
                return
            if not files:
                raise DecodeError("list_files", "total", total, expected=f"the {count_listed} files that it lists")

    def _headers(self, address: str) -> dict[str, str]:
        is_own = origin_of(address) == origin_of(self._client.base_url)
        return {"Authorization": f"Bearer {self._token}"} if self._token and is_own else {}
