"""The index of a commons: which files there are, where their bytes are, and who may have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import APIError, TransportError
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.request import request
from omicsdk.gen3.index_async import AsyncIndexMethods
from omicsdk.gen3.index_ranges import whole_list
from omicsdk.gen3.index_requests import (
    PAGE,
    URLS_PAGE,
    Document,
    changes,
    criteria,
    first_of,
    in_order,
    new_record,
    records_of,
    stated,
    unless_changed,
)
from omicsdk.gen3.service import plain

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry
    from omicsdk.core.transport import Timeout
    from omicsdk.gen3.service import Auth, Network

Record = dict[str, Any]
Hashes = Mapping[str, str]


class Gen3Index(AsyncIndexMethods):
    """The index of a commons.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: Who asks: a Gen3Auth, or a name and a password; reading needs nobody.
        service_location: Where the service is within the commons.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Attributes:
        endpoint: Where the service is.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        service_location: str = "index",
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        super().__init__(endpoint, auth_provider, service_location, timeout=timeout, retry=retry, transport=transport)

    # -- the service

    def is_healthy(self) -> bool:
        """Whether the service answers, and says that it is well."""
        try:
            return self._client.get_status.raw().text == "Healthy"
        except (APIError, TransportError):
            return False

    def get_version(self) -> dict[str, Any]:
        """Gives the service's version, as `version` and `commit`."""
        return plain(self._client.get_version.raw())

    def get_stats(self) -> dict[str, Any]:
        """Gives how many files there are, `fileCount`, and their `totalFileSize` in bytes."""
        return plain(self._client.get_stats.raw())

    def get_valid_guids(self, count: int | None = None) -> list[str]:
        """Makes GUIDs that no record has.

        Args:
            count: How many; one by default.
        """
        return plain(self._client.get_valid_guids.raw(count=OMIT if count is None else count))["guids"]

    def get_guids_prefix(self) -> str:
        """Gives what the commons' GUIDs begin with; empty when there is nothing."""
        return plain(self._client.get_guids_prefix.raw())["prefix"]

    # -- reading

    def iterate_records(self, limit: int | None = None) -> Iterator[Record]:
        """Gives all records, in the order of their GUIDs, a page at a time.

        Args:
            limit: Records on a page, from 1 to 1024; 1024 by default.
        """
        start: str | Omit = OMIT
        while records := self._page(start, limit):
            yield from records
            start = records[-1]["did"]

    def get_all_records(self, limit: int | None = None, paginate: bool = False) -> list[Record]:
        """Gives all records, in the order of their GUIDs; of a long list several stretches are read at the same time.

        Args:
            limit: Without `paginate` how many records at most, all by default; with it how many on a page.
            paginate: Whether `limit` is the length of a page, and all pages are asked for.
        """
        if limit is not None and not paginate:
            return list(islice(self.iterate_records(limit), limit)) if limit > 0 else []
        return whole_list(lambda start: self._page(start, limit), self._page(OMIT, limit), min(limit or PAGE, PAGE))

    def _page(self, start: str | Omit, limit: int | None) -> list[Record]:
        """The records that come after a GUID."""
        return records_of(plain(self._client.list_records.raw(limit=min(limit or PAGE, PAGE), start=start)))

    def get_records_on_page(self, limit: int | None = None, page: int | None = None) -> list[Record]:
        """Gives the records of one page.

        Args:
            limit: Records on a page, from 1 to 1024; 100 by default.
            page: The page's number, from 0.
        """
        listing = self._client.list_records
        return records_of(plain(listing.raw(**stated(limit=limit, page=page))))

    def get_record(self, guid: str) -> Record:
        """Gives a record.

        Args:
            guid: Its GUID.

        Raises:
            NotFound: There is no such record.
        """
        return plain(self._client.get_record.raw(guid=guid))

    def get_record_doc(self, guid: str) -> Document:
        """Gives a record whose members are attributes, too; arguments and errors as those of `get_record`."""
        return Document(self.get_record(guid))

    def get(self, guid: str, dist_resolution: bool = True) -> Record:
        """Gives a record by its GUID or by an alias, from another commons if need be.

        Args:
            guid: The GUID or alias.
            dist_resolution: Whether the indexes of other commons are asked, too.

        Raises:
            NotFound: There is no such record.
        """
        return plain(self._client.get.raw(guid=guid, no_dist=OMIT if dist_resolution else ""))

    def get_with_params(self, params: Mapping[str, Any] | None = None) -> Record:
        """Gives the first record that meets all criteria.

        Args:
            params: The criteria: `hashes` from type to value, `size`, `file_name`, `urls_metadata`, `metadata`, `uploader`,
                `version`, `acl`, `authz`, `url`.

        Raises:
            NotFound: No record meets them.
        """
        wanted = dict(params or {})
        query = criteria({**wanted, "limit": 1})
        page = next(self._client.list_records.answers(request(self._client.list_records.facts, "/index", query=query)))
        return first_of(plain(page), wanted, self.endpoint)

    def get_urls(
        self,
        size: int | None = None,
        hashes: Hashes | str | None = None,
        guids: str | Sequence[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Lists the URLs of records.

        Args:
            size: The size of their files in bytes.
            hashes: Their checksums, from type to value, or one as TYPE:VALUE.
            guids: Their GUIDs.

        Returns:
            Each `url` with its `metadata`.
        """
        found = stated(size=size, hashes=hashes, ids=guids)
        asking = self._client.get_urls
        page = plain(next(asking.answers(request(asking.facts, "/urls", query=criteria(found)))))
        return page["urls"]

    def get_records(self, dids: Sequence[str]) -> list[Record]:
        """Gives records by their GUIDs; those that there aren't are left out.

        Args:
            dids: The GUIDs.
        """
        return plain(self._client.get_records.raw(body=list(dids)))

    def get_latest_version(self, guid: str, has_version: bool = False) -> Record:
        """Gives the latest version of a file.

        Args:
            guid: The GUID of one of its versions.
            has_version: Whether only records count that have a `version`.

        Raises:
            NotFound: There is no such record.
        """
        return plain(self._client.get_latest_version.raw(guid=guid, has_version=has_version))

    def get_versions(self, guid: str) -> list[Record]:
        """Gives all versions of a file, oldest first.

        Args:
            guid: The GUID of one of them.

        Raises:
            NotFound: There is no such record.
        """
        return in_order(plain(self._client.get_versions.raw(guid=guid)))

    def query_urls(self, pattern: str) -> list[dict[str, Any]]:
        """Lists the records that have a text in one of their URLs, all pages of them.

        Args:
            pattern: The text, a part of a URL.

        Returns:
            Each record's `did` with its `urls`.
        """
        asking = self._client.query_urls
        return [each for page in asking.answers(asking.build(include=pattern, limit=URLS_PAGE)) for each in plain(page)]

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
        """Creates the record of a file. It is sent once: a record that was lost on the way isn't made twice.

        Args:
            hashes: The file's checksums, from type (md5, sha1, sha256, sha512, crc, etag) to value.
            size: Its size in bytes.
            did: The GUID; the index makes one by default.
            urls: Where its bytes are.
            file_name: Its name.
            metadata: Values by name.
            baseid: What its versions have in common; the index makes one by default.
            acl: Who may read it, by names of projects; `*` for everybody.
            urls_metadata: Values of URLs, by URL and name.
            version: Its version.
            authz: The resources that say who may do what with it.
            description: What it is.
            content_created_date: When its contents were made, as ISO 8601.
            content_updated_date: When they were changed, as ISO 8601.

        Returns:
            The record.

        Raises:
            Conflict: There is a record of that GUID.
            BadRequest: The index doesn't accept it.
        """
        fields = new_record(
            hashes=hashes,
            size=size,
            did=did,
            urls=urls,
            file_name=file_name,
            metadata=metadata,
            baseid=baseid,
            acl=acl,
            urls_metadata=urls_metadata,
            version=version,
            authz=authz,
            description=description,
            content_created_date=content_created_date,
            content_updated_date=content_updated_date,
        )
        return self.get_record(plain(self._client.create_record.raw(**fields))["did"])

    def create_blank(self, uploader: str, file_name: str | None = None) -> Record:
        """Creates a record without size and checksums, of a file that is still to be uploaded.

        Args:
            uploader: Who uploads it.
            file_name: Its name.

        Returns:
            The record.
        """
        fields = stated(uploader=uploader, file_name=file_name)
        return self.get_record(plain(self._client.create_blank.raw(**fields))["did"])

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
        """Creates the record of a new version of a file.

        Args:
            guid: The GUID of one of its versions.
            hashes: As in `create_record`, and so are all others.
            size: See there.
            did: See there.
            urls: See there.
            file_name: See there.
            metadata: See there.
            acl: See there.
            urls_metadata: See there.
            version: See there.
            authz: See there.
            description: See there.
            content_created_date: See there.
            content_updated_date: See there.

        Returns:
            The new version's record.

        Raises:
            NotFound: There is no such record.
            Conflict: There is a record of the new GUID.
        """
        fields = new_record(
            hashes=hashes,
            size=size,
            did=did,
            urls=urls,
            file_name=file_name,
            metadata=metadata,
            acl=acl,
            urls_metadata=urls_metadata,
            version=version,
            authz=authz,
            description=description,
            content_created_date=content_created_date,
            content_updated_date=content_updated_date,
        )
        return self.get_record(plain(self._client.create_new_version.raw(guid=guid, **fields))["did"])

    def update_blank(
        self,
        guid: str,
        rev: str,
        hashes: Hashes,
        size: int,
        urls: Sequence[str] | None = None,
        authz: Sequence[str] | None = None,
    ) -> Record:
        """Says what a blank record's file is, when it was uploaded.

        Args:
            guid: The record.
            rev: Its revision, as it was read.
            hashes: The file's checksums, from type to value.
            size: Its size in bytes.
            urls: Where its bytes are.
            authz: The resources that say who may do what with it.

        Returns:
            The record.

        Raises:
            Conflict: Somebody else has changed it since.
            NotFound: There is no such record.
        """
        fields = stated(hashes=hashes, size=size, urls=urls, authz=authz)
        with unless_changed(guid, rev):
            self._client.update_blank.raw(guid=guid, rev=rev, **fields)
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
        """Changes a record, unless somebody else changes it meanwhile. What isn't given stays as it is.

        Args:
            guid: The record.
            file_name: As in `create_record`, and so are all others.
            urls: See there; metadata of URLs that aren't among them are forgotten.
            version: See there.
            metadata: See there.
            acl: See there.
            authz: See there.
            urls_metadata: See there.
            description: See there.
            content_created_date: See there.
            content_updated_date: See there.

        Returns:
            The record as it is then.

        Raises:
            Conflict: Somebody else has changed it at the same time; nothing was overwritten.
            NotFound: There is no such record.
        """
        given = stated(
            file_name=file_name,
            urls=urls,
            version=version,
            metadata=metadata,
            acl=acl,
            authz=authz,
            urls_metadata=urls_metadata,
            description=description,
            content_created_date=content_created_date,
            content_updated_date=content_updated_date,
        )
        record = self.get_record(guid)
        whole, rev = record["did"], record["rev"]
        with unless_changed(whole, rev):
            self._client.update_record.raw(guid=whole, rev=rev, **changes(record, given))
        return self.get_record(whole)

    def delete_record(self, guid: str) -> Document:
        """Deletes a record, unless somebody else changes it meanwhile. The file's bytes stay where they are.

        Args:
            guid: The record.

        Returns:
            The record as it was.

        Raises:
            Conflict: Somebody else has changed it at the same time; it is still there.
            NotFound: There is no such record.
        """
        record = self.get_record_doc(guid)
        with unless_changed(record.did, record.rev):
            self._client.delete_record.raw(guid=record.did, rev=record.rev)
        return record
