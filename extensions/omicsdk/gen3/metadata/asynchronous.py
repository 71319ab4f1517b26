"""The metadata service for asyncio: the documented methods whose names begin with `async_`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.gen3.metadata.places import MetadataPlaces, asked
from omicsdk.gen3.metadata.requests import after
from omicsdk.gen3.service import first_answer, plain

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.operation import AsyncCall
    from omicsdk.core.request import Request


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
            return plain(await _sent(client.get, client.get.build(guid=guid), kwargs))

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
            made = plain(await _sent(client.create, request, kwargs))
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
            changed = plain(await _sent(client.update, request, kwargs))
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
            return plain(await _sent(client.get_aliases, client.get_aliases.build(guid=guid), kwargs))

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
            return plain(await _sent(client.create_aliases, request, kwargs))

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
            return plain(await _sent(client.update_aliases, request, kwargs))

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
