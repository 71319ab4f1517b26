"""Registries of identifiers, which name the archives that have the data: those of DOIs, and identifiers.org."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from omicsdk_api.archives.datacite import DataciteApi
from omicsdk_api.archives.identifiers import IdentifiersApi

from omicsdk.core.errors import APIError, BadRequest, NotFound, UsageError
from omicsdk.core.type_guards import only_objects
from omicsdk.portals.documents import SCHEMA_ORG
from omicsdk.portals.names.archive import ARCHIVES, Archive, ArchiveOptions, Archives, NamedRow
from omicsdk.portals.names.grammar import Name, names_in
from omicsdk.portals.names.records import Record, member, text_in


class _Prefix(NamedTuple):
    """DOIs that show by themselves where they are, and the identifier that they have there."""

    archive: str
    level: str
    pattern: re.Pattern[str]
    id: str


def _prefix(archive: str, level: str, pattern: str, id: str) -> _Prefix:
    return _Prefix(archive, level, re.compile(pattern, re.IGNORECASE), id)


_CERTAIN = (
    _prefix("zenodo", "file", r"10\.5281/zenodo\.(\d+)/(.+)", r"\1/\2"),
    _prefix("zenodo", "record", r"10\.5281/zenodo\.(\d+)", r"\1"),
    _prefix("figshare", "article", r"10\.\d{4,9}/(?:m9\.)?figshare\.((?:c\.)?\d+(?:\.v\d+)?(?:/.+)?)", r"\1"),
    _prefix("dryad", "dataset", r"(10\.5061/dryad\..+)", r"\1"),
    _prefix("dataverse", "", r"(10\.7910/DVN/.+)", r"https://dataverse.harvard.edu/doi:\1"),
    _prefix("pride", "project", r"10\.6019/(PXD\d+)", r"\1"),
)
# How a DOI is related to the data that belong to it.
_RELATIONS = frozenset(("IsSupplementedBy", "HasPart", "HasVersion"))
# General types of resources that may have files; the others are texts.
_DATA = frozenset(("Dataset", "Collection", "Software", "Model", "Image", "Sound", "Other", "DataPaper", "Audiovisual"))
# Related DOIs that an error names.
_SHOWN = 5


class Doi(Archive):
    """The registries of DOIs. Data of archives here are resolved by them."""

    title = "DataCite"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._client = self.client(DataciteApi, "DATACITE")
        self._resolver = self.client(DataciteApi, "DOI", "https://doi.org")
        self._archives = self.opened.enter_context(Archives(options))

    def rows(self, name: Name) -> Iterator[NamedRow]:
        doi = name.id
        if certain := _certain(name):
            yield from self._archives.rows([certain])
            return
        try:
            registered = self._client.get_doi(doi=doi)
        except NotFound:
            raise self._not_found(doi) from None
        if names := _names_of(registered, name):
            yield from self._archives.rows(names)
            return
        rows = Record(doi, text_in(registered, "data", "attributes", "titles", 0, "title")).rows(SCHEMA_ORG, registered)
        if not rows[0].files:
            raise self._unknown(doi, registered)
        yield from rows

    def _unknown(self, doi: str, registered: object) -> UsageError:
        """The error for a DOI of a repository that no archive here is."""
        attributes = member(registered, "data", "attributes")
        kind = text_in(attributes, "types", "resourceTypeGeneral")
        publisher = text_in(attributes, "publisher") or text_in(attributes, "publisher", "name")
        at = f" of {publisher}" if publisher else ""
        page = text_in(attributes, "url")
        related = [
            text_in(object_, "relatedIdentifier")
            for object_ in only_objects(member(attributes, "relatedIdentifiers"))
            if text_in(object_, "relationType") in _RELATIONS and object_.get("relatedIdentifierType") == "DOI"
        ]
        if kind and kind not in _DATA:
            problem = f"{doi} is a text ({kind}){at}, not data"
        else:
            problem = f"{doi} is at a repository that cannot be asked for files{at}"
        return UsageError(problem, remedy=f"{_sentence('Its data are', related)}Its page is {page}.")

    def _not_found(self, doi: str) -> NotFound:
        """The error for a DOI that DataCite did not register: mostly that of a paper."""
        try:
            citation: object = self._resolver.get_citation(doi=doi)
        except NotFound:
            return NotFound(f"{doi}: no agency has registered this DOI", remedy="Check its spelling.")
        except APIError as error:
            if error.status != 406:
                raise
            citation = None  # its agency has no citations
        kind = text_in(citation, "type").replace("-", " ")
        title = text_in(citation, "title") or text_in(citation, "title", 0)
        where = text_in(citation, "container-title") or text_in(citation, "container-title", 0)
        what = f"a paper ({kind})" if kind else "no data that DataCite registered"
        problem = f"{doi} is {what}{f': {title!r}' if title else ''}{f', {where}' if where else ''}"
        naming = self._client.list_dois(query=f'relatedIdentifiers.relatedIdentifier:"{doi}"', page_size=25)
        related = [
            _described(object_)
            for object_ in only_objects(member(naming, "data"))
            if text_in(object_, "attributes", "types", "resourceTypeGeneral") in _DATA
        ]
        none = "DataCite knows no data that name it: look for accessions in the text"
        return NotFound(problem, remedy=_sentence("Data that name it:", related).rstrip() or f"{none}.")


def _certain(name: Name) -> Name | None:
    """What a DOI shows by itself, of an archive that is here."""
    for prefix in _CERTAIN:
        match = prefix.pattern.fullmatch(name.id)
        if match and prefix.archive in ARCHIVES:
            id = match.expand(prefix.id)
            # Harvard's identifiers are in upper case, and its server compares them as they are.
            id = re.sub(r"(?<=/doi:).*", lambda entry: entry[0].upper(), id) if prefix.archive == "dataverse" else id
            return Name(name.text, prefix.archive, prefix.level, id)
    return None


def _names_of(registered: object, name: Name) -> list[Name]:
    """The names at archives here that a registered DOI is: by the address of its page, or by its repository."""
    page = text_in(registered, "data", "attributes", "url")
    names = [
        archive_name._replace(text=name.text) for archive_name in names_in(page) if archive_name.archive in ARCHIVES
    ]
    names = [name for name in names if name.archive not in ("doi", "identifiers")]
    client = text_in(registered, "data", "relationships", "client", "data", "id")
    if not names and client.startswith("figshare."):
        return [Name(name.text, "figshare", "doi", name.id)]
    return names


def _described(entry: object) -> str:
    title, publisher = text_in(entry, "attributes", "titles", 0, "title"), text_in(entry, "attributes", "publisher")
    publisher = publisher or text_in(entry, "attributes", "publisher", "name")
    return f"{text_in(entry, 'id')} ({', '.join(filter(None, (publisher, repr(title[:60]) if title else '')))})"


def _sentence(before: str, related: list[str]) -> str:
    more = f", and {len(related) - _SHOWN} more" if len(related) > _SHOWN else ""
    return f"{before} {', '.join(related[:_SHOWN])}{more}. " if related else ""


class Identifiers(Archive):
    """identifiers.org, which names the pages of compact identifiers: those of archives here are resolved further."""

    title = "identifiers.org"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._client = self.client(IdentifiersApi, "IDENTIFIERS")
        self._archives = self.opened.enter_context(Archives(options))

    def rows(self, name: Name) -> Iterator[NamedRow]:
        try:
            response: object = self._client.resolve_identifier(identifier=name.id)
        except (BadRequest, NotFound) as error:
            response = error.body
            if not text_in(response, "errorMessage"):
                raise
        if why := text_in(response, "errorMessage") or text_in(response, "errorMsg"):
            raise NotFound(f"{name.id}: {why}", remedy="Check the prefix and the identifier.")
        urls = [*_pages_in(response)]
        for url in urls:
            resolvable = [
                candidate
                for candidate in names_in(url)
                if candidate.archive in ARCHIVES and candidate.archive != name.archive
            ]
            if resolvable:
                yield from self._archives.rows([candidate._replace(text=name.text) for candidate in resolvable])
                return
        if not urls:
            raise NotFound(f"{name.id}: identifiers.org knows no address of it", remedy="Check the identifier.")
        raise UsageError(
            f"{name.id} is a page, not files: {urls[0]}", remedy="Open it, and name the files that it shows."
        )


def _pages_in(response: object) -> Iterator[str]:
    """The addresses of an identifier, in the present form of responses and in an older one."""
    resolved = only_objects(member(response, "payload", "resolvedResources") or member(response, "resolvedResources"))
    for resolution in resolved:
        if url := text_in(resolution, "compactIdentifierResolvedUrl") or text_in(resolution, "accessUrl"):
            yield url
