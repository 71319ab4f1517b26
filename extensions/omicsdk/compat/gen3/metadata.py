"""gen3.metadata: metadata documents by GUID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat.gen3._service import LOCAL, Service, awaited, mounted
from omicsdk.compat.responses import DocumentedResponse
from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.errors import APIError, TransportError
from omicsdk.core.page_items import found_at
from omicsdk.core.response import json_of
from omicsdk.gen3.metadata_documents import after, query_documents, with_query

if TYPE_CHECKING:
    from typing import Unpack

    import httpx
    from omicsdk_api.gen3.metadata import MetadataApi

    from omicsdk.compat.gen3._service import Auth, Options
    from omicsdk.core.operation import Call

Metadata = Mapping[str, Any]

# The key of a document below which a package's files are listed.
PACKAGE_CONTENTS_STANDARD_KEY = "package_contents"
# The JSON schema of that list.
PACKAGE_CONTENTS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"file_name": {"type": "string"}, "size": {"type": "integer"}, "hashes": {"type": "object"}},
        "required": ["file_name"],
        "additionalProperties": True,
    },
}


class Gen3Metadata(Service):
    """The metadata service of a commons.

    In all methods, further arguments by name (`**kwargs`) are query parameters of the request. `_ssl` of the `async_`
    methods has no effect: certificates are always checked; SSL_CERT_FILE names other authorities.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: The credentials: a Gen3Auth, or a name and a password; reading needs none.
        service_location: The URL of the service within the commons.
        admin_endpoint_suffix: What follows that where it is written to.
        options: Those of every client of this face: timeout, retry, transport, clock.

    Attributes:
        endpoint: The URL of the service read from.
        admin_endpoint: Where it is written to.

    Raises:
        Gen3UserError: Nothing states the commons.
        ConfigError: The endpoint is invalid.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        service_location: str = "mds",
        admin_endpoint_suffix: str = "-admin",
        **options: Unpack[Options],
    ) -> None:
        super().__init__(endpoint, auth_provider, **options)
        # As in the published client: a service by itself has its administration at the same URL.
        suffix = "" if LOCAL in self.endpoint else admin_endpoint_suffix
        self.endpoint = self._mount("metadata", mounted(self.endpoint, service_location))
        self.admin_endpoint = self._mount("metadata_admin", f"{self.endpoint}{suffix}")

    @property
    def _reading(self) -> MetadataApi:
        return self._commons.metadata

    @property
    def _writing(self) -> MetadataApi:
        return self._commons.metadata_admin

    def is_healthy(self) -> bool:
        """Return whether the service responds and reports that it is healthy."""
        try:
            return found_at(json_of(self._reading.get_status.raw()), "status") == "OK"
        except (APIError, TransportError):
            return False

    def get_version(self) -> str:
        """Return the service's version, such as 4.3.0."""
        return self._reading.get_version.raw().text.strip('"')

    # -- indexes

    def get_index_key_paths(self) -> list[str]:
        """List the indexed keys, as paths with dots."""
        return json_of(self._writing.get_index_key_paths.raw())

    def create_index_key_path(self, path: str) -> str:
        """Create an index of a key, for fast searches of its values.

        Args:
            path: The key, as a path with dots.

        Returns:
            The path.

        Raises:
            Conflict: There is one.
        """
        return json_of(self._writing.create_index_key_path.raw(path=path))

    def delete_index_key_path(self, path: str) -> DocumentedResponse:
        """Remove the index of a key.

        Args:
            path: The key, as a path with dots.

        Raises:
            NotFound: There is none.
        """
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
        """Search for documents by their values.

        Args:
            query: Conditions as they are in a URL: `a.b=1&c=x`. Different keys must all match; of a repeated key
                any value matches; `*` is any value.
            return_full_metadata: Whether to return documents, or GUIDs alone.
            limit: Maximum number of results, 10 by default. Above 2000, the most that a commons gives at once, several pages are
                requested; None returns the commons' default number.
            offset: Records to skip.
            **kwargs: Further query parameters.

        Returns:
            A list of GUIDs; with `return_full_metadata` the documents by GUID.
        """
        return query_documents(
            self._reading,
            query,
            full=return_full_metadata,
            limit=limit,
            offset=offset or 0,
            further=tuple(kwargs.items()),
        )

    def get(self, guid: str, **kwargs: Any) -> dict[str, Any]:
        """Return a document.

        Args:
            guid: Its GUID or an alias.
            **kwargs: Further query parameters.

        Raises:
            NotFound: There is no such document.
        """
        return json_of(_sent(self._reading.get, kwargs, guid=guid))

    async def async_get(self, guid: str, _ssl: object = None, **kwargs: Any) -> dict[str, Any]:
        """Return a document; as `get`."""
        return await awaited(self.get, guid, **kwargs)

    def batch_create(
        self, metadata_list: Sequence[Metadata], overwrite: bool = True, **kwargs: Any
    ) -> dict[str, list[str]]:
        """Create many documents at once.

        Args:
            metadata_list: Each `guid` with its `data`.
            overwrite: Whether documents that exist are replaced; by default they are.
            **kwargs: Further query parameters.

        Returns:
            The GUIDs that were `created` and `updated`, those in `conflict`, and those of `bad_input`.
        """
        return json_of(_sent(self._writing.batch_create, kwargs, body=list(metadata_list), overwrite=overwrite))

    def create(
        self,
        guid: str,
        metadata: Metadata,
        aliases: Sequence[str] | None = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Create a document. It is sent once.

        Args:
            guid: Its GUID.
            metadata: The document.
            aliases: Further names for it.
            overwrite: Whether to replace an existing one.
            **kwargs: Further query parameters.

        Returns:
            The document.

        Raises:
            Conflict: It exists, and `overwrite` is False; or an alias is taken, and the document was created without
                aliases.
        """
        created = json_of(_sent(self._writing.create, kwargs, guid=guid, body=metadata, overwrite=overwrite))
        if aliases:
            with after(f"The document {guid} was created; setting its aliases failed"):
                self.create_aliases(guid, aliases)
        return created

    async def async_create(
        self,
        guid: str,
        metadata: Metadata,
        aliases: Sequence[str] | None = None,
        overwrite: bool = False,
        _ssl: object = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Create a document; as `create`."""
        return await awaited(self.create, guid, metadata, aliases, overwrite, **kwargs)

    def update(
        self, guid: str, metadata: Metadata, aliases: Sequence[str] | None = None, merge: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        """Change a document.

        Args:
            guid: Its GUID.
            metadata: The document.
            aliases: Further names for it.
            merge: Whether members of the document, and aliases, that are not among the new ones stay; by default they go.
            **kwargs: Further query parameters.

        Returns:
            The document as it is then.

        Raises:
            NotFound: There is no such document.
        """
        changed = json_of(_sent(self._writing.update, kwargs, guid=guid, body=metadata, merge=merge))
        if aliases:
            with after(f"The document {guid} was changed; setting its aliases failed"):
                self.update_aliases(guid, aliases, merge)
        return changed

    async def async_update(
        self,
        guid: str,
        metadata: Metadata,
        aliases: Sequence[str] | None = None,
        merge: bool = False,
        _ssl: object = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Change a document; as `update`."""
        return await awaited(self.update, guid, metadata, aliases, merge, **kwargs)

    def delete(self, guid: str, **kwargs: Any) -> dict[str, Any]:
        """Delete a document.

        Args:
            guid: Its GUID.
            **kwargs: Further query parameters.

        Returns:
            The document as it was.

        Raises:
            NotFound: There is no such document.
        """
        return json_of(_sent(self._writing.delete, kwargs, guid=guid))

    # -- aliases

    def get_aliases(self, guid: str, **kwargs: Any) -> dict[str, Any]:
        """Return the aliases of a document.

        Args:
            guid: Its GUID.
            **kwargs: Further query parameters.

        Returns:
            `guid` and `aliases`.

        Raises:
            NotFound: There is no such document.
        """
        return json_of(_sent(self._reading.get_aliases, kwargs, guid=guid))

    async def async_get_aliases(self, guid: str, _ssl: object = None, **kwargs: Any) -> dict[str, Any]:
        """Return the aliases of a document; as `get_aliases`."""
        return await awaited(self.get_aliases, guid, **kwargs)

    @text_is_one_item
    def create_aliases(self, guid: str, aliases: str | Sequence[str], **kwargs: Any) -> dict[str, Any]:
        """Add aliases to a document.

        Args:
            guid: Its GUID.
            aliases: The names.
            **kwargs: Further query parameters.

        Returns:
            `guid` and `aliases`.

        Raises:
            Conflict: It has aliases, or one of these is taken.
        """
        return json_of(_sent(self._writing.create_aliases, kwargs, guid=guid, aliases=list(aliases)))

    async def async_create_aliases(
        self, guid: str, aliases: Sequence[str], _ssl: object = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Add names to a document; as `create_aliases`."""
        return await awaited(self.create_aliases, guid, aliases, **kwargs)

    @text_is_one_item
    def update_aliases(
        self, guid: str, aliases: str | Sequence[str], merge: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        """Replace the aliases of a document.

        Args:
            guid: Its GUID.
            aliases: The names.
            merge: Whether those that it has stay; by default they go.
            **kwargs: Further query parameters.

        Returns:
            `guid` and `aliases`, as they are then.
        """
        return json_of(_sent(self._writing.update_aliases, kwargs, guid=guid, aliases=list(aliases), merge=merge))

    async def async_update_aliases(
        self, guid: str, aliases: Sequence[str], merge: bool = False, _ssl: object = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Replace the names of a document; as `update_aliases`."""
        return await awaited(self.update_aliases, guid, aliases, merge, **kwargs)

    def delete_alias(self, guid: str, alias: str, **kwargs: Any) -> str:
        """Remove an alias of a document.

        Args:
            guid: Its GUID.
            alias: The name.
            **kwargs: Further query parameters.

        Returns:
            The service's text; usually empty.

        Raises:
            NotFound: It has no such name.
        """
        return _sent(self._writing.delete_alias, kwargs, guid=guid, alias=alias).text

    async def async_delete_alias(self, guid: str, alias: str, _ssl: object = None, **kwargs: Any) -> str:
        """Remove a name of a document; as `delete_alias`."""
        return await awaited(self.delete_alias, guid, alias, **kwargs)

    def delete_aliases(self, guid: str, **kwargs: Any) -> str:
        """Remove all aliases of a document.

        Args:
            guid: Its GUID.
            **kwargs: Further query parameters.

        Returns:
            The service's text; usually empty.

        Raises:
            NotFound: There is no such document.
        """
        return _sent(self._writing.delete_aliases, kwargs, guid=guid).text

    async def async_delete_aliases(self, guid: str, _ssl: object = None, **kwargs: Any) -> str:
        """Remove all further names of a document; as `delete_aliases`."""
        return await awaited(self.delete_aliases, guid, **kwargs)


def _sent(operation: Call[..., Any, Any], further: Mapping[str, Any], /, **fields: Any) -> httpx.Response:
    """Send a request with further query parameters, and return the response."""
    return next(operation.responses(with_query(operation.build(**fields), tuple(further.items()))))
