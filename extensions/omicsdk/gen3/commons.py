"""A Gen3 data commons: its services as typed clients that share one login, sync and async."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.base_urls import fault_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import mask_url

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.drs import AsyncDrsApi, DrsApi
    from omicsdk_api.gen3.arborist import ArboristApi, AsyncArboristApi
    from omicsdk_api.gen3.fence import AsyncFenceApi, FenceApi
    from omicsdk_api.gen3.indexd import AsyncIndexdApi, IndexdApi
    from omicsdk_api.gen3.manifest import AsyncManifestApi, ManifestApi
    from omicsdk_api.gen3.metadata import AsyncMetadataApi, MetadataApi
    from omicsdk_api.gen3.peregrine import AsyncPeregrineApi, PeregrineApi
    from omicsdk_api.gen3.sheepdog import AsyncSheepdogApi, SheepdogApi
    from omicsdk_api.gen3.wts import AsyncWtsApi, WtsApi

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout


def endpoint_of(text: str) -> str:
    """A commons' endpoint as it is kept: a URL with its scheme, without blanks and slashes at its end.

    Args:
        text: What was given; a name alone is that of a host that speaks https.

    Raises:
        ConfigError: It isn't a host or an http or https URL.
    """
    endpoint = text.strip()
    if endpoint and "://" not in endpoint:
        endpoint = f"https://{endpoint}"
    fault = fault_of(endpoint)
    if fault is not None or any(mark in endpoint for mark in " ?#@"):
        raise ConfigError(
            f"{mask_url(text)!r} isn't the endpoint of a Gen3 commons{f': it {fault}' if fault else ''}",
            remedy="Give its host or URL, such as https://commons.example.org.",
        )
    return endpoint.rstrip("/")


class _Places:
    """What both kinds share: where the services are, and what their clients are made with.

    Args:
        endpoint: The commons, such as https://commons.example.org.
        auth: Who asks: a `Gen3Auth`, credentials of `omicsdk.core.credentials`, or an httpx.Auth; None asks without a login.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        headers: Sent with every request.
        transport: Takes the place of the network, for tests.

    Attributes:
        endpoint: The commons' URL, without a slash at its end.
        auth: Who asks.

    Raises:
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str,
        auth: Credentials | httpx.Auth | None = None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: dict[str, str] | None = None,
        transport: Any = None,
    ) -> None:
        self.endpoint = endpoint_of(endpoint)
        self.auth = auth
        given = {"timeout": timeout, "retry": retry, "headers": headers, "transport": transport}
        self._options = {name: value for name, value in given.items() if value is not None}

    def _made(self, kind: Any, place: str) -> Any:
        """A client of a service."""
        return kind(f"{self.endpoint}{place}", credentials=self.auth, **self._options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint}>"


class Commons(_Places):
    __doc__ = f"A Gen3 data commons, synchronous. Close it, or use it in a `with` block.\n\n{_Places.__doc__}"

    @cached_property
    def fence(self) -> FenceApi:
        """Logins, presigned URLs and uploads."""
        from omicsdk_api.gen3.fence import FenceApi

        return self._made(FenceApi, "/user")

    @cached_property
    def indexd(self) -> IndexdApi:
        """The index of files."""
        from omicsdk_api.gen3.indexd import IndexdApi

        return self._made(IndexdApi, "/index")

    @cached_property
    def drs(self) -> DrsApi:
        """The commons as a GA4GH Data Repository Service."""
        from omicsdk_api.drs import DrsApi

        return self._made(DrsApi, "/ga4gh/drs/v1")

    @cached_property
    def metadata(self) -> MetadataApi:
        """The metadata service, to read from."""
        from omicsdk_api.gen3.metadata import MetadataApi

        return self._made(MetadataApi, "/mds")

    @cached_property
    def metadata_admin(self) -> MetadataApi:
        """The metadata service, to write to."""
        from omicsdk_api.gen3.metadata import MetadataApi

        return self._made(MetadataApi, "/mds-admin")

    @cached_property
    def sheepdog(self) -> SheepdogApi:
        """Submission of records."""
        from omicsdk_api.gen3.sheepdog import SheepdogApi

        return self._made(SheepdogApi, "/api")

    @cached_property
    def peregrine(self) -> PeregrineApi:
        """Queries over submitted records."""
        from omicsdk_api.gen3.peregrine import PeregrineApi

        return self._made(PeregrineApi, "")

    @cached_property
    def wts(self) -> WtsApi:
        """Tokens of other commons."""
        from omicsdk_api.gen3.wts import WtsApi

        return self._made(WtsApi, "/wts")

    @cached_property
    def arborist(self) -> ArboristApi:
        """Who may do what."""
        from omicsdk_api.gen3.arborist import ArboristApi

        return self._made(ArboristApi, "/authz")

    @cached_property
    def manifests(self) -> ManifestApi:
        """Manifests that users keep with the commons."""
        from omicsdk_api.gen3.manifest import ManifestApi

        return self._made(ManifestApi, "/manifests")

    def close(self) -> None:
        """Closes the connections of all services that were used."""
        for name in [name for name in vars(self) if isinstance(getattr(type(self), name, None), cached_property)]:
            getattr(self, name).close()
            delattr(self, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncCommons(_Places):
    __doc__ = f"A Gen3 data commons for asyncio. Close it, or use it in an `async with` block.\n\n{_Places.__doc__}"

    @cached_property
    def fence(self) -> AsyncFenceApi:
        """Logins, presigned URLs and uploads."""
        from omicsdk_api.gen3.fence import AsyncFenceApi

        return self._made(AsyncFenceApi, "/user")

    @cached_property
    def indexd(self) -> AsyncIndexdApi:
        """The index of files."""
        from omicsdk_api.gen3.indexd import AsyncIndexdApi

        return self._made(AsyncIndexdApi, "/index")

    @cached_property
    def drs(self) -> AsyncDrsApi:
        """The commons as a GA4GH Data Repository Service."""
        from omicsdk_api.drs import AsyncDrsApi

        return self._made(AsyncDrsApi, "/ga4gh/drs/v1")

    @cached_property
    def metadata(self) -> AsyncMetadataApi:
        """The metadata service, to read from."""
        from omicsdk_api.gen3.metadata import AsyncMetadataApi

        return self._made(AsyncMetadataApi, "/mds")

    @cached_property
    def metadata_admin(self) -> AsyncMetadataApi:
        """The metadata service, to write to."""
        from omicsdk_api.gen3.metadata import AsyncMetadataApi

        return self._made(AsyncMetadataApi, "/mds-admin")

    @cached_property
    def sheepdog(self) -> AsyncSheepdogApi:
        """Submission of records."""
        from omicsdk_api.gen3.sheepdog import AsyncSheepdogApi

        return self._made(AsyncSheepdogApi, "/api")

    @cached_property
    def peregrine(self) -> AsyncPeregrineApi:
        """Queries over submitted records."""
        from omicsdk_api.gen3.peregrine import AsyncPeregrineApi

        return self._made(AsyncPeregrineApi, "")

    @cached_property
    def wts(self) -> AsyncWtsApi:
        """Tokens of other commons."""
        from omicsdk_api.gen3.wts import AsyncWtsApi

        return self._made(AsyncWtsApi, "/wts")

    @cached_property
    def arborist(self) -> AsyncArboristApi:
        """Who may do what."""
        from omicsdk_api.gen3.arborist import AsyncArboristApi

        return self._made(AsyncArboristApi, "/authz")

    @cached_property
    def manifests(self) -> AsyncManifestApi:
        """Manifests that users keep with the commons."""
        from omicsdk_api.gen3.manifest import AsyncManifestApi

        return self._made(AsyncManifestApi, "/manifests")

    async def aclose(self) -> None:
        """Closes the connections of all services that were used."""
        for name in [name for name in vars(self) if isinstance(getattr(type(self), name, None), cached_property)]:
            await getattr(self, name).aclose()
            delattr(self, name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
