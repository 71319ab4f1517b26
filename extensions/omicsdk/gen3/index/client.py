"""The index of a commons: which files there are, where their bytes are, and who may have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.core.errors import NotFound
from omicsdk.core.request import request
from omicsdk.gen3.index.reading import Hashes, IndexReading, Record
from omicsdk.gen3.index.requests import Document
from omicsdk.gen3.index_records import criteria, new_record, records_of, stated, unless_changed

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network


class Gen3Index(IndexReading):
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

    @property
    def client(self) -> IndexClient:
        """The same index by the names of the package indexclient."""
        return IndexClient(self, self._asks)

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
        return self.get_record(json_of(self._client.create_record.raw(**fields))["did"])

    def create_blank(self, uploader: str, file_name: str | None = None) -> Record:
        """Creates a record without size and checksums, of a file that is still to be uploaded.

        Args:
            uploader: Who uploads it.
            file_name: Its name.

        Returns:
            The record.
        """
        fields = stated(uploader=uploader, file_name=file_name)
        return self.get_record(json_of(self._client.create_blank.raw(**fields))["did"])

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
        return self.get_record(json_of(self._client.create_new_version.raw(guid=guid, **fields))["did"])

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
            self._client.update_record.raw(guid=whole, rev=rev, **self._changes(record, given))
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


class IndexClient:
    """The index by the names of the package indexclient, which `Gen3Index.client` was in the published client.

    Its documents are dictionaries whose members are attributes, too. What isn't there is None, as with indexclient.

    Args:
        index: The index.
        auth: Who asks.

    Attributes:
        url: Where the service is.
        auth: Who asks.
        version: The version of the service's interface.
    """

    version = "v0"

    def __init__(self, index: Gen3Index, auth: Auth | None = None) -> None:
        self._index = index
        self.url = index.endpoint
        self.auth = auth

    def url_for(self, *path: str) -> str:
        """Gives the address of something below `url`."""
        return f"{self.url.rstrip('/')}/{'/'.join(path).lstrip('/')}"

    def check_status(self) -> None:
        """Asks whether the service answers.

        Raises:
            APIError: It answers with an error.
            TransportError: It doesn't answer.
        """
        self._index.get_records_on_page(limit=1)

    def get(self, did: str) -> Document | None:
        """Gives a record; arguments as those of `Gen3Index.get_record`."""
        return _there(lambda: self._index.get_record(did))

    def global_get(self, did: str, no_dist: bool = False) -> Document | None:
        """Gives a record by its GUID or by an alias.

        Args:
            did: The GUID or alias.
            no_dist: Whether only this commons is asked.
        """
        return _there(lambda: self._index.get(did, dist_resolution=not no_dist))

    def bulk_request(self, dids: Sequence[str]) -> list[Document]:
        """Gives records by their GUIDs; those that there aren't are left out."""
        return [Document(each) for each in self._index.get_records(dids)]

    def get_with_params(self, params: Mapping[str, Any] | None = None) -> Document | None:
        """Gives the first record that meets all criteria, which are those of `Gen3Index.get_with_params`."""
        return _there(lambda: self._index.get_with_params(params))

    def list(self, limit: float = float("inf"), start: str | None = None, page_size: int = 100) -> Iterator[Document]:
        """Gives records, in the order of their GUIDs; arguments as those of `list_with_params`."""
        return self.list_with_params(limit, start, page_size)

    def list_with_params(
        self,
        limit: float = float("inf"),
        start: str | None = None,
        page_size: int = 100,
        params: Mapping[str, Any] | None = None,
        negate_params: Mapping[str, Any] | None = None,
    ) -> Iterator[Document]:
        """Gives the records that meet all criteria, page after page, in the order of their GUIDs.

        Args:
            limit: How many at most; all by default.
            start: The GUID after which to begin.
            page_size: Records on a page.
            params: The criteria, those of `Gen3Index.get_with_params`.
            negate_params: What they must not meet.
        """
        wanted = {**(params or {}), **stated(negate_params=negate_params), "limit": page_size}
        asking = self._index._client.list_records  # pyright: ignore[reportPrivateUsage] - the same index
        found = (
            Document(record)
            for page in asking.answers(
                request(asking.facts, "/index", query=criteria({**wanted, **stated(start=start)}))
            )
            for record in records_of(json_of(page))
        )
        return found if limit == float("inf") else islice(found, max(0, int(limit)))

    def create(self, hashes: Hashes, size: int, did: str | None = None, **fields: Any) -> Document:
        """Creates the record of a file; fields, result and errors as those of `Gen3Index.create_record`."""
        return Document(self._index.create_record(hashes, size, did, **fields))

    def add_alias_for_did(self, alias: str, did: str) -> dict[str, Any]:
        """Gives a record a further name, by which `global_get` finds it.

        Args:
            alias: The name.
            did: The record.
        """
        asking = self._index._client.create_aliases  # pyright: ignore[reportPrivateUsage] - the same index
        return json_of(asking.raw(guid=did, aliases=[{"value": alias}]))

    def get_latest_version(self, did: str, skip_null_versions: bool = False) -> Document | None:
        """Gives the latest version of a file.

        Args:
            did: The GUID of one of its versions.
            skip_null_versions: Whether only records count that have a `version`.
        """
        return _there(lambda: self._index.get_latest_version(did, skip_null_versions))

    def list_versions(self, did: str) -> Sequence[Document]:
        """Gives all versions of a file, oldest first; errors as those of `Gen3Index.get_versions`."""
        return [Document(each) for each in self._index.get_versions(did)]

    def __repr__(self) -> str:
        return f"<IndexClient {self.url}>"


def _there(ask: Callable[[], Record]) -> Document | None:
    try:
        return Document(ask())
    except NotFound:
        return None
