"""Dataverse: datasets and single files by their persistent identifiers, at any server."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from omicsdk_api.archives.dataverse import DataverseApi

from omicsdk.core.errors import DecodeError, Gone, NotFound
from omicsdk.core.omit import OMIT
from omicsdk.core.type_guards import only_objects
from omicsdk.portals.documents import DATAVERSE
from omicsdk.portals.names.archive import Archive, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.records import Record, list_at, member, text_in

# `:latest` may be a draft.
_LATEST = ":latest-published"


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
            response = self._version(client, id, version or _LATEST)
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
            latest = _number_of(self._version(client, id, _LATEST, without_files=True))
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
