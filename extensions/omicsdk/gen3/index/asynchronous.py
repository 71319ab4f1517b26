"""The index for asyncio: the documented methods whose names begin with `async_`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.paging import items_at
from omicsdk.core.request import request
from omicsdk.gen3.index.requests import URLS_PAGE
from omicsdk.gen3.index_records import (
    PAGE,
    changes,
    criteria,
    new_record,
    records_of,
    stated,
    unless_changed,
    urls_left,
)
from omicsdk.gen3.service import Documented, Service, first_answer, mounted, parties, settings

if TYPE_CHECKING:
    from omicsdk_api.gen3.indexd import AsyncIndexdApi, IndexdApi

    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network

Record = dict[str, Any]


def _kinds() -> tuple[type[IndexdApi], type[AsyncIndexdApi]]:
    from omicsdk_api.gen3.indexd import AsyncIndexdApi, IndexdApi

    return IndexdApi, AsyncIndexdApi


class AsyncIndexMethods(Documented):
    """What `Gen3Index` has for asyncio. Calls that run at the same time share their connections.

    `_ssl` is taken and without effect: certificates are always checked; SSL_CERT_FILE names other authorities.
    """

    def __init__(
        self,
        endpoint: str | Auth | None,
        auth_provider: Auth | None,
        service_location: str,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        commons, credentials = parties(endpoint, auth_provider)
        self.endpoint = mounted(commons, service_location)
        self._asks = endpoint if auth_provider is None and not isinstance(endpoint, str) else auth_provider
        options = settings(timeout, retry, transport)
        self._service: Service[IndexdApi, AsyncIndexdApi] = Service(self.endpoint, credentials, _kinds, options)
        super().__init__(self._service)

    @property
    def _client(self) -> IndexdApi:
        return self._service.client

    async def async_get_record(self, guid: str, _ssl: object = None) -> Record:
        """Gives a record; as `get_record`.

        Args:
            guid: Its GUID.
            _ssl: Without effect.
        """
        async with self._service.opened() as client:
            return json_of(await client.get_record.raw(guid=guid))

    async def async_get_records_on_page(
        self, limit: int | None = None, page: int | None = None, _ssl: object = None
    ) -> list[Record]:
        """Gives the records of one page; as `get_records_on_page`.

        Args:
            limit: Records on a page, from 1 to 1024; 100 by default.
            page: The page's number, from 0.
            _ssl: Without effect.
        """
        async with self._service.opened() as client:
            return records_of(json_of(await client.list_records.raw(**stated(limit=limit, page=page))))

    async def async_get_records_from_checksum(
        self, checksum: str, checksum_type: str = "md5", _ssl: object = None
    ) -> list[Record]:
        """Gives the records of files with a checksum, all pages of them.

        Args:
            checksum: The checksum.
            checksum_type: What it is: md5, sha1, sha256, sha512, crc or etag.
            _ssl: Without effect.
        """
        async with self._service.opened() as client:
            found = list[Record]()
            start: str | Omit = OMIT
            while True:
                page = records_of(
                    json_of(await client.list_records.raw(hash=f"{checksum_type}:{checksum}", limit=PAGE, start=start))
                )
                found += page
                if len(page) < PAGE:  # an index refuses longer pages than it gives
                    return found
                start = page[-1]["did"]

    async def async_get_with_params(self, params: Mapping[str, Any], _ssl: object = None) -> dict[str, Any]:
        """Searches for records.

        Args:
            params: The criteria, as in `get_with_params`.
            _ssl: Without effect.

        Returns:
            The page as the index answers it: `records`, with the criteria.
        """
        async with self._service.opened() as client:
            asking = client.list_records
            return json_of(await first_answer(asking, request(asking.facts, "/index", query=criteria(params))))

    async def async_query_urls(self, pattern: str, _ssl: object = None) -> list[dict[str, Any]]:
        """Lists the records that have a text in one of their URLs; as `query_urls`.

        Args:
            pattern: The text, a part of a URL.
            _ssl: Without effect.
        """
        async with self._service.opened() as client:
            asking, found = client.query_urls, list[dict[str, Any]]()
            async for answer in asking.answers(asking.build(include=pattern, limit=URLS_PAGE)):
                page = items_at(json_of(answer), "", "query_urls")
                found += page
                if len(page) < URLS_PAGE:
                    break
            return found

    async def async_create_record(
        self,
        hashes: Mapping[str, str],
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
        """Creates the record of a file; arguments and errors as those of `create_record`.

        Args:
            hashes: See there, as for all others.
            size: See there.
            did: See there.
            urls: See there.
            file_name: See there.
            metadata: See there.
            baseid: See there.
            acl: See there.
            urls_metadata: See there.
            version: See there.
            authz: See there.
            _ssl: Without effect.
            description: See there.
            content_created_date: See there.
            content_updated_date: See there.

        Returns:
            The record's `did`, `baseid` and `rev`.
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
        async with self._service.opened() as client:
            return json_of(await client.create_record.raw(**fields))

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
        """Changes a record, unless somebody else changes it meanwhile; arguments and errors as those of `update_record`.

        Args:
            guid: See there, as for all others.
            file_name: See there.
            urls: See there.
            version: See there.
            metadata: See there.
            acl: See there.
            authz: See there.
            urls_metadata: See there.
            _ssl: Without effect.
            description: See there.
            content_created_date: See there.
            content_updated_date: See there.
            **kwargs: Further fields, such as `uploader`.

        Returns:
            The record's `did`, `baseid` and its new `rev`.
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
            **kwargs,
        )
        async with self._service.opened() as client:
            record = json_of(await client.get_record.raw(guid=guid))
            whole, rev = record["did"], record["rev"]
            left = urls_left(record, given)
            if left is not None:
                given = changes(json_of(await client.get.raw(guid=whole, no_dist="")) if left else record, given)
            with unless_changed(whole, rev):
                return json_of(await client.update_record.raw(guid=whole, rev=rev, **given))
