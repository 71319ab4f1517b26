"""identifiers.org: compact identifiers whose prefix no archive here has, such as `ega.dataset:EGAD00001000951`."""

from __future__ import annotations

from collections.abc import Iterator

from omicsdk_api.archives.identifiers import IdentifiersApi

from omicsdk.core.errors import BadRequest, NotFound, UsageError
from omicsdk.core.type_guards import only_objects
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow
from omicsdk.portals.names.grammar import Name, names_in
from omicsdk.portals.names.records import member, text_in
from omicsdk.portals.names.resolution import ARCHIVES, Archives


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
        urls = [*_addresses_in(response)]
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


def _addresses_in(response: object) -> Iterator[str]:
    """The addresses of an identifier, in the present form of responses and in an older one."""
    resolved = only_objects(member(response, "payload", "resolvedResources") or member(response, "resolvedResources"))
    for resolution in resolved:
        if url := text_in(resolution, "compactIdentifierResolvedUrl") or text_in(resolution, "accessUrl"):
            yield url
