"""The metadata service of a commons by its two places: the one to read from, and the one to write to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.core.request import Query, Request, query_text
from omicsdk.gen3.service import LOCAL, Documented, Service, mounted, parties, settings

if TYPE_CHECKING:
    from omicsdk_api.gen3.metadata import AsyncMetadataApi, MetadataApi

    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network


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
