"""Studies of the discovery pages of Gen3 commons, by `gen3:GUID`: the configured commons, and those that it aggregates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import NotFound
from omicsdk.core.model import ANY, mapping
from omicsdk.core.type_guards import only_objects
from omicsdk.gen3 import Gen3
from omicsdk.gen3.manifests.discovery import objects_in, shown_in
from omicsdk.gen3.metadata_documents import document_of
from omicsdk.portals.lists import FAULT, ListedFile, RowFault
from omicsdk.portals.names.archive import Archive, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.tables import gen3_entries

# Member of a study with its files, as entries of a Gen3 manifest.
MANIFEST = "__manifest"


def entries_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the files of a study, as entries of a Gen3 manifest.

    Args:
        document: The study's document.
    """
    manifest = only_objects(shown_in(document).get(MANIFEST))
    # Objects that were published beside the study have the name that the page shows.
    return manifest or [{"file_name": object_.get("display_name"), **object_} for object_ in objects_in(document)]


class Gen3Studies(Archive):
    """Studies of the configured commons."""

    title: ClassVar[str] = "the Gen3 commons"

    @property
    def _commons(self) -> Gen3:
        return self.client(Gen3, "")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        entries = entries_of(self._document(name.id))
        if not entries:
            raise NotFound(
                f"{name.id}: the study lists no files",
                remedy="See its page for where its data are, and how to get access.",
            )
        for number, entry in enumerate(entries, 1):
            try:
                (file,) = gen3_entries([entry])
            except RowFault as fault:
                error = NotFound(f"{name.id}: file {number} of the study: {fault}", remedy="Report it to the commons.")
                file = ListedFile(FAULT, name.id, name.id, error=error)
            yield NamedRow({"accession": name.id, "file_name": file.name, "guid": file.address}, [file])

    def _document(self, guid: str) -> Mapping[str, Any]:
        try:
            return document_of(self._commons, guid)
        except NotFound as unknown:
            try:
                response = self._commons.metadata.get_aggregate_metadata_by_guid.raw(guid=guid)
            except NotFound:
                raise NotFound(
                    f"{guid}: {self._commons.base_url} has no such study", remedy="Check the GUID."
                ) from unknown
            return checked_json(response, "get_aggregate_metadata_by_guid", mapping(ANY))
