"""Fusillade as a typed client: every operation of the service, found and signed in as the HCA configuration says."""

from omicsdk_api.fusillade import AsyncFusilladeApi, FusilladeApi

from omicsdk.hca.service import AsyncHCAService, HCAService

SECTION = "AuthClient"
"""The section of the HCA configuration that names the service."""


class Auth(HCAService, FusilladeApi):
    """Fusillade. Thread-safe; close it, or use it in a `with` block.

    A change of memberships that was made before is answered by None: nothing has changed (304).

    Args: as those of `omicsdk.hca.service.HCAService`; a token in the environment is that of OMICS_AUTH_TOKEN.
    """

    _section = SECTION


class AsyncAuth(AsyncHCAService, AsyncFusilladeApi):
    """Fusillade for asyncio; close it with `aclose`, or use it in an `async with` block.

    Args: as Auth's, but that `transport` is an httpx.AsyncBaseTransport.
    """

    _section = SECTION
