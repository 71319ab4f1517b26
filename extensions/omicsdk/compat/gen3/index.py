"""gen3.index: the records of a commons' index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat.gen3._service import Service, awaited, fields_of, mounted
from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import APIError, NotFound, TransportError
from omicsdk.core.model import STRING, members
from omicsdk.core.omit import OMIT
from omicsdk.core.response import json_of
from omicsdk.gen3.index_records import (
    PAGE,
    all_records,
    did_of,
    first_record,
    matching_records,
    new_record,
    record_of,
    records_by_url,
    records_of,
    records_with,
    search_page,
    unless_changed,
    urls_of,
    valid_guids,
    versions_of,
    without_none,
)

if TYPE_CHECKING:
    from typing import Unpack

    from omicsdk_api.gen3.indexd import IndexdApi

    from omicsdk.compat.gen3._service import Auth, Options

__all__ = ["Document", "Gen3Index", "IndexClient"]

Record = dict[str, Any]
Hashes = Mapping[str, str]


class Document(dict[str, Any]):
    """Record of the index: a dict whose members are also attributes.

    Raises:
        AttributeError: The record has no such member.
    """

    # Programs read this name of indexclient's documents after `delete_record`, which returns nothing else.
    _deleted = False

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the record has no {name!r}") from None

    def to_json(self) -> dict[str, Any]:
        """Return the record as a dict."""
        return dict(self)


class _DeletedDocument(Document):
    _deleted = True


class Gen3Index(Service):
    """The index of a commons.

    `_ssl` of the `async_` methods has no effect: certificates are always checked; SSL_CERT_FILE names other
    authorities.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: The credentials: a Gen3Auth, or a name and a password; reading needs none.
        service_location: The URL of the service within the commons.
        options: Those of every client of this face: timeout, retry, transport, clock.

    Attributes:
        endpoint: The URL of the service.

    Raises:
        Gen3UserError: Nothing states the commons.
        ConfigError: The endpoint is invalid.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        service_location: str = "index",
        **options: Unpack[Options],
    ) -> None:
        super().__init__(endpoint, auth_provider, **options)
        self.endpoint = self._mount("indexd", mounted(self.endpoint, service_location))

    @property
    def _indexd(self) -> IndexdApi:
        return self._commons.indexd

    @property
    def client(self) -> IndexClient:
        """The same index, with the names of the package indexclient."""
        return IndexClient(self, self._auth_provider)

    # -- the service

    def is_healthy(self) -> bool:
        """Return whether the service responds and reports that it is healthy."""
        try:
            # The published method, too, returns False if the request fails.
            return self._indexd.get_status.raw().text == "Healthy"
        except (APIError, TransportError):
            return False

    def get_version(self) -> dict[str, Any]:
        """Return the service's version, as `version` and `commit`."""
        return json_of(self._indexd.get_version.raw())

    def get_stats(self) -> dict[str, Any]:
        """Return the number of files (`fileCount`) and their `totalFileSize` in bytes."""
        return json_of(self._indexd.get_stats.raw())

    def get_valid_guids(self, count: int | None = None) -> list[str]:
        """Return new GUIDs that no record has.

        Args:
            count: How many; one by default.
        """
        return valid_guids(self._indexd, count)

    def get_guids_prefix(self) -> str:
        """Return the prefix of the commons' GUIDs; empty if it has none."""
        return checked_json(self._indexd.get_guids_prefix.raw(), "get_guids_prefix", members(prefix=STRING))["prefix"]

    # -- reading

    def iterate_records(self, limit: int | None = None) -> Iterator[Record]:
        """Read all records, in the order of their GUIDs, a page at a time.

        Args:
            limit: Records on a page, from 1 to 1024; 1024 by default.
        """
        # Larger pages are refused.
        return matching_records(self._indexd, {}, page=min(limit or PAGE, PAGE))

    def get_all_records(self, limit: int | None = None, paginate: bool = False) -> list[Record]:
        """Return all records, sorted by GUID; long lists are read in several concurrent ranges.

        Args:
            limit: Without `paginate` how many records at most, all by default; with it how many on a page.
            paginate: Whether `limit` is the length of a page, and all pages are requested.
        """
        if limit is not None and not paginate:
            return list(islice(self.iterate_records(limit), limit)) if limit > 0 else []
        return all_records(self._indexd, page=limit)

    def get_records_on_page(self, limit: int | None = None, page: int | None = None) -> list[Record]:
        """Return the records of one page.

        Args:
            limit: Records on a page, from 1 to 1024; 100 by default.
            page: The page's number, from 0.
        """
        return records_of(json_of(self._indexd.list_records.raw(**without_none(limit=limit, page=page))))

    async def async_get_records_on_page(
        self, limit: int | None = None, page: int | None = None, _ssl: object = None
    ) -> list[Record]:
        """Return the records of one page; as `get_records_on_page`."""
        return await awaited(self.get_records_on_page, limit, page)

    def get_record(self, guid: str) -> Record:
        """Return a record.

        Args:
            guid: Its GUID.

        Raises:
            NotFound: There is no such record.
        """
        return record_of(self._indexd.get_record.raw(guid=guid), "get_record")

    async def async_get_record(self, guid: str, _ssl: object = None) -> Record:
        """Return a record; as `get_record`."""
        return await awaited(self.get_record, guid)

    def get_record_doc(self, guid: str) -> Document:
        """Return a record whose members are attributes, too; argument and errors as those of `get_record`."""
        return Document(self.get_record(guid))

    def get(self, guid: str, dist_resolution: bool = True) -> Record:
        """Return a record by its GUID or by an alias, from another commons if need be.

        Args:
            guid: The GUID or alias.
            dist_resolution: Whether the indexes of other commons are asked, too.

        Raises:
            NotFound: There is no such record.
        """
        # The parameter counts by its presence, whatever its value.
        return record_of(self._indexd.get.raw(guid=guid, no_dist=OMIT if dist_resolution else ""), "get")

    def get_with_params(self, params: Mapping[str, Any] | None = None) -> Record:
        """Return the first record that meets all criteria.

        Args:
            params: The criteria: `hashes` from type to value, `size`, `file_name`, `urls_metadata`, `metadata`, `uploader`,
                `version`, `acl`, `authz`, `url`.

        Raises:
            NotFound: No record meets them.
        """
        return first_record(self._indexd, params or {})

    async def async_get_with_params(self, params: Mapping[str, Any], _ssl: object = None) -> dict[str, Any]:
        """Return a page of records that meet the criteria of `get_with_params`, as the index returns it."""
        return await awaited(search_page, self._indexd, params)

    async def async_get_records_from_checksum(
        self, checksum: str, checksum_type: str = "md5", _ssl: object = None
    ) -> list[Record]:
        """Return all records of files with a checksum.

        Args:
            checksum: The checksum.
            checksum_type: Its kind: md5, sha1, sha256, sha512, crc or etag.
            _ssl: No effect.
        """
        records = matching_records(self._indexd, {"hash": f"{checksum_type}:{checksum}"})
        return await awaited(lambda: list(records))

    def get_urls(
        self, size: int | None = None, hashes: Hashes | str | None = None, guids: str | Sequence[str] | None = None
    ) -> list[Any]:
        """List all URLs of records.

        Args:
            size: The size of their files in bytes.
            hashes: Their checksums, from type to value, or one as TYPE:VALUE.
            guids: Their GUIDs.

        Returns:
            The values of the index's response: what was requested, and a list with each `url` and its `metadata`.
        """
        return list(
            urls_of(
                self._indexd,
                guids.split(",") if isinstance(guids, str) else guids,
                without_none(size=size, hashes=hashes),
            ).values()
        )

    def get_records(self, dids: Sequence[str]) -> list[Record]:
        """Return records by their GUIDs; missing ones are omitted.

        Args:
            dids: The GUIDs.
        """
        return records_with(self._indexd, dids)

    def get_latest_version(self, guid: str, has_version: bool = False) -> Record:
        """Return the latest version of a file.

        Args:
            guid: The GUID of one of its versions.
            has_version: Whether only records with a `version` are considered.

        Raises:
            NotFound: There is no such record.
        """
        response = self._indexd.get_latest_version.raw(guid=guid, has_version=has_version)
        return record_of(response, "get_latest_version")

    def get_versions(self, guid: str) -> list[Record]:
        """Return all versions of a file, oldest first.

        Args:
            guid: The GUID of one of them.

        Raises:
            NotFound: There is no such record.
        """
        return versions_of(self._indexd, guid)

    def query_urls(self, pattern: str) -> list[dict[str, Any]]:
        """List all records with a text in one of their URLs.

        Args:
            pattern: The text, a part of a URL.

        Returns:
            Each record's `did` with its `urls`.
        """
        return records_by_url(self._indexd, pattern)

    async def async_query_urls(self, pattern: str, _ssl: object = None) -> list[dict[str, Any]]:
        """List the records with a text in one of their URLs; see `query_urls`."""
        return await awaited(self.query_urls, pattern)

    # -- writing

    def create_record(
        self,
        hashes: Hashes,
        size: int,
        did: str | None = None,
        urls: Sequence[str] | None = None,
        file_name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        baseid: str | None = None,
        acl: Sequence[str] | None = None,
        urls_metadata: Mapping[str, Any] | None = None,
        version: str | None = None,
        authz: Sequence[str] | None = None,
        description: str | None = None,
        content_created_date: str | None = None,
        content_updated_date: str | None = None,
    ) -> Record:
        """Create the record of a file. The request is sent once, so that a lost response cannot create a second record.

        Args:
            hashes: The file's checksums, from type (md5, sha1, sha256, sha512, crc, etag) to value.
            size: Its size in bytes.
            did: The GUID; the index makes one by default.
            urls: The URLs of its bytes.
            file_name: Its name.
            metadata: Values by name.
            baseid: What its versions have in common; the index makes one by default.
            acl: The projects whose members may read it; `*` for all users.
            urls_metadata: Values of URLs, by URL and name.
            version: Its version.
            authz: The resources that state who may do what with it.
            description: What it is.
            content_created_date: When its contents were made, as ISO 8601.
            content_updated_date: When they were changed, as ISO 8601.

        Returns:
            The record.

        Raises:
            Conflict: There is a record of that GUID.
            BadRequest: The index does not accept it.
        """
        # The response has `did`, `baseid` and `rev` only.
        return self.get_record(self._created(fields_of(locals()))["did"])

    async def async_create_record(
        self,
        hashes: Hashes,
        size: int,
        did: str | None = None,
        urls: Sequence[str] | None = None,
        file_name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        baseid: str | None = None,
        acl: Sequence[str] | None = None,
        urls_metadata: Mapping[str, Any] | None = None,
        version: str | None = None,
        authz: Sequence[str] | None = None,
        _ssl: object = None,
        description: str | None = None,
        content_created_date: str | None = None,
        content_updated_date: str | None = None,
    ) -> Record:
        """Create the record of a file; arguments and errors as those of `create_record`.

        Returns:
            The record's `did`, `baseid` and `rev`.
        """
        return await awaited(self._created, fields_of(locals()))

    def _created(self, fields: dict[str, Any]) -> Record:
        return checked_json(
            self._indexd.create_record.raw(**new_record(**fields)), "create_record", members(did=STRING)
        )

    def create_blank(self, uploader: str, file_name: str | None = None) -> Record:
        """Create a record without size and checksums, for a file that will be uploaded.

        Args:
            uploader: Who uploads it.
            file_name: Its name.

        Returns:
            The record.
        """
        fields = without_none(uploader=uploader, file_name=file_name)
        return self.get_record(did_of(self._indexd.create_blank.raw(**fields), "create_blank"))

    def create_new_version(
        self,
        guid: str,
        hashes: Hashes,
        size: int,
        did: str | None = None,
        urls: Sequence[str] | None = None,
        file_name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        acl: Sequence[str] | None = None,
        urls_metadata: Mapping[str, Any] | None = None,
        version: str | None = None,
        authz: Sequence[str] | None = None,
        description: str | None = None,
        content_created_date: str | None = None,
        content_updated_date: str | None = None,
    ) -> Record:
        """Create the record of a new version of the file of `guid`; other arguments as those of `create_record`.

        Returns:
            The new version's record.

        Raises:
            NotFound: There is no such record.
            Conflict: There is a record of the new GUID.
        """
        fields = new_record(**fields_of(locals(), "guid"))
        return self.get_record(did_of(self._indexd.create_new_version.raw(guid=guid, **fields), "create_new_version"))

    def update_blank(
        self,
        guid: str,
        rev: str,
        hashes: Hashes,
        size: int,
        urls: Sequence[str] | None = None,
        authz: Sequence[str] | None = None,
    ) -> Record:
        """Add size and checksums to a blank record after the upload of its file.

        Args:
            guid: The record.
            rev: Its revision, as it was read.
            hashes: The file's checksums, from type to value.
            size: Its size in bytes.
            urls: The URLs of its bytes.
            authz: The resources that state who may do what with it.

        Returns:
            The record.

        Raises:
            Conflict: It was changed since.
            NotFound: There is no such record.
        """
        with unless_changed(guid, rev):
            self._indexd.update_blank.raw(
                guid=guid, rev=rev, **without_none(hashes=hashes, size=size, urls=urls, authz=authz)
            )
        return self.get_record(guid)

    def update_record(
        self,
        guid: str,
        file_name: str | None = None,
        urls: Sequence[str] | None = None,
        version: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        acl: Sequence[str] | None = None,
        authz: Sequence[str] | None = None,
        urls_metadata: Mapping[str, Any] | None = None,
        description: str | None = None,
        content_created_date: str | None = None,
        content_updated_date: str | None = None,
    ) -> Record:
        """Change a record, unless another client changes it at the same time. Omitted fields are unchanged.

        Arguments are those of `create_record`; metadata of URLs that are not among `urls` go.

        Returns:
            The record as it is then.

        Raises:
            Conflict: It was changed at the same time; nothing was overwritten.
            NotFound: There is no such record.
        """
        return self.get_record(str(self._commons.update_record(**fields_of(locals())).did))

    async def async_update_record(
        self,
        guid: str,
        file_name: str | None = None,
        urls: Sequence[str] | None = None,
        version: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        acl: Sequence[str] | None = None,
        authz: Sequence[str] | None = None,
        urls_metadata: Mapping[str, Any] | None = None,
        _ssl: object = None,
        description: str | None = None,
        content_created_date: str | None = None,
        content_updated_date: str | None = None,
        **kwargs: Any,
    ) -> Record:
        """Change a record; arguments and errors as those of `update_record`, `kwargs` are further fields.

        Returns:
            The record's `did`, `baseid` and its new `rev`.
        """
        fields = {**fields_of(locals(), "kwargs"), **kwargs}
        return (await awaited(self._commons.update_record, **fields)).to_dict()

    def delete_record(self, guid: str) -> Document:
        """Delete a record, unless another client changes it at the same time. The file's bytes are kept.

        Args:
            guid: The record.

        Returns:
            The record as it was.

        Raises:
            Conflict: It was changed at the same time, and is still there.
            NotFound: There is no such record.
        """
        return _DeletedDocument(self._commons.delete_record(guid).to_dict())


class IndexClient:
    """Client of the index with the names of the package indexclient, as `Gen3Index.client` in the published client.

    Its documents are dictionaries whose members are attributes, too. What does not exist is None, as with indexclient.

    Args:
        index: The index.
        auth: The credentials.

    Attributes:
        url: The URL of the service.
        auth: The credentials.
        version: The version of the service's interface.
    """

    version = "v0"

    def __init__(self, index: Gen3Index, auth: Auth | None = None) -> None:
        self._index = index
        self.url = index.endpoint
        self.auth = auth

    def url_for(self, *path: str) -> str:
        """Return a URL below `url`."""
        return f"{self.url.rstrip('/')}/{'/'.join(path).lstrip('/')}"

    def check_status(self) -> None:
        """Check whether the service responds.

        Raises:
            APIError: It responds with an error.
            TransportError: It does not respond.
        """
        self._index.get_records_on_page(limit=1)

    def get(self, did: str) -> Document | None:
        """Return a record; arguments as those of `Gen3Index.get_record`."""
        return _document_if_exists(lambda: self._index.get_record(did))

    def global_get(self, did: str, no_dist: bool = False) -> Document | None:
        """Return a record by its GUID or by an alias.

        Args:
            did: The GUID or alias.
            no_dist: Whether only this commons is asked.
        """
        return _document_if_exists(lambda: self._index.get(did, dist_resolution=not no_dist))

    def bulk_request(self, dids: Sequence[str]) -> list[Document]:
        """Return records by their GUIDs; missing ones are omitted."""
        return [Document(record) for record in self._index.get_records(dids)]

    def get_with_params(self, params: Mapping[str, Any] | None = None) -> Document | None:
        """Return the first record that meets all criteria, which are those of `Gen3Index.get_with_params`."""
        return _document_if_exists(lambda: self._index.get_with_params(params))

    def list(self, limit: float = float("inf"), start: str | None = None, page_size: int = 100) -> Iterator[Document]:
        """Return records, in the order of their GUIDs; arguments as those of `list_with_params`."""
        return self.list_with_params(limit, start, page_size)

    def list_with_params(
        self,
        limit: float = float("inf"),
        start: str | None = None,
        page_size: int = 100,
        params: Mapping[str, Any] | None = None,
        negate_params: Mapping[str, Any] | None = None,
    ) -> Iterator[Document]:
        """Return the records that meet all criteria, page after page, in the order of their GUIDs.

        Args:
            limit: Maximum number of results; all by default.
            start: The GUID after which to begin.
            page_size: Records on a page.
            params: The criteria, those of `Gen3Index.get_with_params`.
            negate_params: What they must not meet.
        """
        query = {**(params or {}), **without_none(negate_params=negate_params, start=start)}
        # The limit is applied here, since that of the service is the length of a page.
        documents = map(Document, matching_records(self._index._indexd, query, page=page_size))  # pyright: ignore[reportPrivateUsage] - the same index
        return documents if limit == float("inf") else islice(documents, max(0, int(limit)))

    def create(self, hashes: Hashes, size: int, did: str | None = None, **fields: Any) -> Document:
        """Create the record of a file; fields, result and errors as those of `Gen3Index.create_record`."""
        return Document(self._index.create_record(hashes, size, did, **fields))

    def add_alias_for_did(self, alias: str, did: str) -> dict[str, Any]:
        """Add an alias to a record, by which `global_get` finds it.

        Args:
            alias: The name.
            did: The record.
        """
        creating = self._index._indexd.create_aliases  # pyright: ignore[reportPrivateUsage] - the same index
        return json_of(creating.raw(guid=did, aliases=[{"value": alias}]))

    def get_latest_version(self, did: str, skip_null_versions: bool = False) -> Document | None:
        """Return the latest version of a file.

        Args:
            did: The GUID of one of its versions.
            skip_null_versions: Whether only records count that have a `version`.
        """
        return _document_if_exists(lambda: self._index.get_latest_version(did, skip_null_versions))

    def list_versions(self, did: str) -> Sequence[Document]:
        """Return all versions of a file, oldest first; errors as those of `Gen3Index.get_versions`."""
        return [Document(version) for version in self._index.get_versions(did)]

    def __repr__(self) -> str:
        return f"<IndexClient {self.url}>"


def _document_if_exists(ask: Callable[[], Record]) -> Document | None:
    try:
        return Document(ask())
    except NotFound:
        return None
