"""Gen3Metadata: documents about things, by their GUIDs."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from omicsdk.core.answer import json_of
from omicsdk.core.errors import APIError, TransportError
from omicsdk.core.request import Query, Request, query_text
from omicsdk.gen3.service import LOCAL, Documented, Service, first_answer, mounted, parties, settings

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.gen3.metadata import AsyncMetadataApi, MetadataApi

    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.core.operation import AsyncCall, Call
    from omicsdk.core.request import Request
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network


#: Documents that are asked for at once, the most that a commons gives.
PAGE = 2000


def search(query: str | None, full: bool, limit: int | None, offset: int | None, further: Mapping[str, Any]) -> Query:
    """The query of a search.

    Args:
        query: Conditions as they stand in a URL: KEY=VALUE, with & between.
        full: Whether documents are wanted, or GUIDs alone.
        limit: How many at most.
        offset: How many are passed over.
        further: Further query parameters.
    """
    conditions = parse_qsl((query or "").lstrip("?"), keep_blank_values=True)
    return (*conditions, ("data", full), ("limit", limit), ("offset", offset), *further.items())


@contextmanager
def after(done: str) -> Generator[None]:
    """Says what is there already when the second of two requests fails.

    Args:
        done: What the first one did.

    Raises:
        APIError: The second one was answered with an error.
    """
    try:
        yield
    except APIError as error:
        error.remedy = f"{done}. {error.remedy}"
        raise


def _kinds() -> tuple[type[MetadataApi], type[AsyncMetadataApi]]:
    from omicsdk_api.gen3.metadata import AsyncMetadataApi, MetadataApi

    return MetadataApi, AsyncMetadataApi


class MetadataPlaces(Documented):
    """Where the metadata service is, and its clients; arguments as those of `Gen3Metadata`."""

    def __init__(
        self,
        endpoint: str | Auth | None,
        auth_provider: Auth | None,
        service_location: str,
        admin_endpoint_suffix: str,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        commons, credentials = parties(endpoint, auth_provider)
        options = settings(timeout, retry, transport)
        self.endpoint = mounted(commons, service_location)
        self.admin_endpoint = self.endpoint + ("" if LOCAL in commons else admin_endpoint_suffix)
        self._reads: Service[MetadataApi, AsyncMetadataApi] = Service(self.endpoint, credentials, _kinds, options)
        self._writes: Service[MetadataApi, AsyncMetadataApi] = Service(
            self.admin_endpoint, credentials, _kinds, options
        )
        super().__init__(self._reads, self._writes)

    @property
    def _reading(self) -> MetadataApi:
        return self._reads.client

    @property
    def _writing(self) -> MetadataApi:
        return self._writes.client


def asked(request: Request, query: Query) -> Request:
    """A request with further query parameters; those that are None aren't sent."""
    more = query_text(query)
    if not more:
        return request
    return request.at(f"{request.url}{'&' if '?' in request.url else '?'}{more}")


class AsyncMetadataMethods(MetadataPlaces):
    """What `Gen3Metadata` has for asyncio. Calls that run at the same time share their connections.

    `_ssl` is taken and without effect: certificates are always checked; SSL_CERT_FILE names other authorities. Further
    arguments by name are query parameters.
    """

    async def async_get(self, guid: str, _ssl: object = None, **kwargs: Any) -> dict[str, Any]:
        """Gives a document; as `get`.

        Args:
            guid: Its GUID or an alias.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._reads.opened() as client:
            return json_of(await _sent(client.get, client.get.build(guid=guid), kwargs))

    async def async_create(
        self,
        guid: str,
        metadata: Mapping[str, Any],
        aliases: Sequence[str] | None = None,
        overwrite: bool = False,
        _ssl: object = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Creates a document; answer and errors as those of `create`.

        Args:
            guid: Its GUID.
            metadata: The document.
            aliases: Further names for it.
            overwrite: Whether one that is there is replaced.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._writes.opened() as client:
            request = client.create.build(guid=guid, body=metadata, overwrite=overwrite)
            made = json_of(await _sent(client.create, request, kwargs))
            if aliases:
                with after(f"The document {guid} is there, without its aliases"):
                    await self.async_create_aliases(guid, aliases)
            return made

    async def async_update(
        self,
        guid: str,
        metadata: Mapping[str, Any],
        aliases: Sequence[str] | None = None,
        merge: bool = False,
        _ssl: object = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Changes a document; answer and errors as those of `update`.

        Args:
            guid: Its GUID.
            metadata: The document.
            aliases: Further names for it.
            merge: Whether what isn't among the new members and aliases stays.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._writes.opened() as client:
            request = client.update.build(guid=guid, body=metadata, merge=merge)
            changed = json_of(await _sent(client.update, request, kwargs))
            if aliases:
                with after(f"The document {guid} was changed, its aliases weren't"):
                    await self.async_update_aliases(guid, aliases, merge)
            return changed

    async def async_get_aliases(self, guid: str, _ssl: object = None, **kwargs: Any) -> dict[str, Any]:
        """Gives the aliases of a document; as `get_aliases`.

        Args:
            guid: Its GUID.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._reads.opened() as client:
            return json_of(await _sent(client.get_aliases, client.get_aliases.build(guid=guid), kwargs))

    async def async_create_aliases(
        self, guid: str, aliases: Sequence[str], _ssl: object = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Gives a document further names; as `create_aliases`.

        Args:
            guid: Its GUID.
            aliases: The names.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._writes.opened() as client:
            request = client.create_aliases.build(guid=guid, aliases=list(aliases))
            return json_of(await _sent(client.create_aliases, request, kwargs))

    async def async_update_aliases(
        self, guid: str, aliases: Sequence[str], merge: bool = False, _ssl: object = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Gives a document other names; as `update_aliases`.

        Args:
            guid: Its GUID.
            aliases: The names.
            merge: Whether those that it has stay.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._writes.opened() as client:
            request = client.update_aliases.build(guid=guid, aliases=list(aliases), merge=merge)
            return json_of(await _sent(client.update_aliases, request, kwargs))

    async def async_delete_alias(self, guid: str, alias: str, _ssl: object = None, **kwargs: Any) -> str:
        """Takes a name from a document; as `delete_alias`.

        Args:
            guid: Its GUID.
            alias: The name.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._writes.opened() as client:
            request = client.delete_alias.build(guid=guid, alias=alias)
            return (await _sent(client.delete_alias, request, kwargs)).text

    async def async_delete_aliases(self, guid: str, _ssl: object = None, **kwargs: Any) -> str:
        """Takes all further names from a document; as `delete_aliases`.

        Args:
            guid: Its GUID.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        async with self._writes.opened() as client:
            return (await _sent(client.delete_aliases, client.delete_aliases.build(guid=guid), kwargs)).text


async def _sent(operation: AsyncCall[..., Any], request: Request, further: Mapping[str, Any]) -> httpx.Response:
    return await first_answer(operation, asked(request, tuple(further.items())))


Metadata = Mapping[str, Any]


class Gen3Metadata(AsyncMetadataMethods):
    """The metadata service of a commons.

    In all methods, further arguments by name (`**kwargs`) are query parameters of the request.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: Who asks: a Gen3Auth, or a name and a password; reading needs nobody.
        service_location: Where the service is within the commons.
        admin_endpoint_suffix: What stands behind that where it is written to.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Attributes:
        endpoint: Where the service is read from.
        admin_endpoint: Where it is written to.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        service_location: str = "mds",
        admin_endpoint_suffix: str = "-admin",
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        super().__init__(
            endpoint,
            auth_provider,
            service_location,
            admin_endpoint_suffix,
            timeout=timeout,
            retry=retry,
            transport=transport,
        )

    def is_healthy(self) -> bool:
        """Whether the service answers, and says that it is well."""
        try:
            return json_of(self._reading.get_status.raw()).get("status") == "OK"
        except (APIError, TransportError):
            return False

    def get_version(self) -> str:
        """Gives the service's version, such as 4.3.0."""
        return json_of(self._reading.get_version.raw())

    # -- indexes

    def get_index_key_paths(self) -> list[str]:
        """Lists the keys that there are indexes of, as paths with dots."""
        return json_of(self._writing.get_index_key_paths.raw())

    def create_index_key_path(self, path: str) -> str:
        """Makes an index of a key, so that searches for its values are quick.

        Args:
            path: The key, as a path with dots.

        Returns:
            The path.

        Raises:
            Conflict: There is one.
        """
        return json_of(self._writing.create_index_key_path.raw(path=path))

    def delete_index_key_path(self, path: str) -> DocumentedResponse:
        """Removes the index of a key.

        Args:
            path: The key, as a path with dots.

        Raises:
            NotFound: There is none.
        """
        from omicsdk.core.documented.client import DocumentedResponse

        return DocumentedResponse(self._writing.delete_index_key_path.raw(path=path))

    # -- documents

    def query(
        self,
        query: str | None = None,
        return_full_metadata: bool = False,
        limit: int | None = 10,
        offset: int | None = 0,
        **kwargs: Any,
    ) -> Any:
        """Searches for documents by their values.

        Args:
            query: Conditions as they stand in a URL: `a.b=1&c=x`. Different keys must all match, of a key that stands twice
                any value; `*` is any value.
            return_full_metadata: Whether documents are wanted, or GUIDs alone.
            limit: How many at most, 10 by default. Above 2000, the most that a commons gives at once, several pages are asked
                for; None gives as many as the commons does by itself.
            offset: How many are passed over.
            **kwargs: Further query parameters.

        Returns:
            A list of GUIDs; with `return_full_metadata` the documents by GUID.
        """
        from omicsdk.core.request import request

        asking = self._reading.query

        def page(length: int | None, begin: int | None) -> Any:
            query_of = search(query, return_full_metadata, length, begin, kwargs)
            # One page alone: the operation's own pages would go on after it.
            return json_of(next(asking.answers(request(asking.facts, "/metadata", query=query_of))))

        if limit is None or limit <= PAGE:
            return page(limit, offset)
        found: Any = {} if return_full_metadata else []
        begin, end = offset or 0, (offset or 0) + limit
        while begin < end and (part := page(min(end - begin, PAGE), begin)):
            found = {**found, **part} if return_full_metadata else [*found, *part]
            begin += len(part)
        return found

    def get(self, guid: str, **kwargs: Any) -> dict[str, Any]:
        """Gives a document.

        Args:
            guid: Its GUID or an alias.
            **kwargs: Further query parameters.

        Raises:
            NotFound: There is no such document.
        """
        return self._sent(self._reading.get, self._reading.get.build(guid=guid), kwargs)

    def batch_create(
        self, metadata_list: Sequence[Metadata], overwrite: bool = True, **kwargs: Any
    ) -> dict[str, list[str]]:
        """Creates many documents at once.

        Args:
            metadata_list: Each `guid` with its `data`.
            overwrite: Whether documents that are there are replaced; by default they are.
            **kwargs: Further query parameters.

        Returns:
            The GUIDs that were `created` and `updated`, those in `conflict`, and those of `bad_input`.
        """
        asking = self._writing.batch_create
        return self._sent(asking, asking.build(body=cast("Any", list(metadata_list)), overwrite=overwrite), kwargs)

    def create(
        self,
        guid: str,
        metadata: Metadata,
        aliases: Sequence[str] | None = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Creates a document. It is sent once.

        Args:
            guid: Its GUID.
            metadata: The document.
            aliases: Further names for it.
            overwrite: Whether one that is there is replaced.
            **kwargs: Further query parameters.

        Returns:
            The document.

        Raises:
            Conflict: There is one, and `overwrite` is False; or an alias is taken: then the document is there all the same.
        """
        asking = self._writing.create
        made = self._sent(asking, asking.build(guid=guid, body=metadata, overwrite=overwrite), kwargs)
        if aliases:
            with after(f"The document {guid} is there, without its aliases"):
                self.create_aliases(guid, aliases)
        return made

    def update(
        self,
        guid: str,
        metadata: Metadata,
        aliases: Sequence[str] | None = None,
        merge: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Changes a document.

        Args:
            guid: Its GUID.
            metadata: The document.
            aliases: Further names for it.
            merge: Whether members of the document, and aliases, that aren't among the new ones stay; by default they go.
            **kwargs: Further query parameters.

        Returns:
            The document as it is then.

        Raises:
            NotFound: There is no such document.
        """
        asking = self._writing.update
        changed = self._sent(asking, asking.build(guid=guid, body=metadata, merge=merge), kwargs)
        if aliases:
            with after(f"The document {guid} was changed, its aliases weren't"):
                self.update_aliases(guid, aliases, merge)
        return changed

    def delete(self, guid: str, **kwargs: Any) -> dict[str, Any]:
        """Deletes a document.

        Args:
            guid: Its GUID.
            **kwargs: Further query parameters.

        Returns:
            The document as it was.

        Raises:
            NotFound: There is no such document.
        """
        return self._sent(self._writing.delete, self._writing.delete.build(guid=guid), kwargs)

    # -- aliases

    def get_aliases(self, guid: str, **kwargs: Any) -> dict[str, Any]:
        """Gives the aliases of a document.

        Args:
            guid: Its GUID.
            **kwargs: Further query parameters.

        Returns:
            `guid` and `aliases`.

        Raises:
            NotFound: There is no such document.
        """
        return self._sent(self._reading.get_aliases, self._reading.get_aliases.build(guid=guid), kwargs)

    def create_aliases(self, guid: str, aliases: Sequence[str], **kwargs: Any) -> dict[str, Any]:
        """Gives a document further names.

        Args:
            guid: Its GUID.
            aliases: The names.
            **kwargs: Further query parameters.

        Returns:
            `guid` and `aliases`.

        Raises:
            Conflict: It has aliases, or one of these is taken.
        """
        asking = self._writing.create_aliases
        return self._sent(asking, asking.build(guid=guid, aliases=list(aliases)), kwargs)

    def update_aliases(self, guid: str, aliases: Sequence[str], merge: bool = False, **kwargs: Any) -> dict[str, Any]:
        """Gives a document other names.

        Args:
            guid: Its GUID.
            aliases: The names.
            merge: Whether those that it has stay; by default they go.
            **kwargs: Further query parameters.

        Returns:
            `guid` and `aliases`, as they are then.
        """
        asking = self._writing.update_aliases
        return self._sent(asking, asking.build(guid=guid, aliases=list(aliases), merge=merge), kwargs)

    def delete_alias(self, guid: str, alias: str, **kwargs: Any) -> str:
        """Takes a name from a document.

        Args:
            guid: Its GUID.
            alias: The name.
            **kwargs: Further query parameters.

        Returns:
            The service's words; empty as a rule.

        Raises:
            NotFound: It has no such name.
        """
        return self._told(self._writing.delete_alias, self._writing.delete_alias.build(guid=guid, alias=alias), kwargs)

    def delete_aliases(self, guid: str, **kwargs: Any) -> str:
        """Takes all further names from a document.

        Args:
            guid: Its GUID.
            **kwargs: Further query parameters.

        Returns:
            The service's words; empty as a rule.

        Raises:
            NotFound: There is no such document.
        """
        return self._told(self._writing.delete_aliases, self._writing.delete_aliases.build(guid=guid), kwargs)

    @staticmethod
    def _sent(operation: Call[..., Any], request: Request, further: Mapping[str, Any]) -> Any:
        return json_of(next(operation.answers(asked(request, tuple(further.items())))))

    @staticmethod
    def _told(operation: Call[..., Any], request: Request, further: Mapping[str, Any]) -> str:
        return next(operation.answers(asked(request, tuple(further.items())))).text
