"""The clients of Fusillade: who may do what. Users, groups, roles, policies and shared resources of the Atlas's services."""

from __future__ import annotations

from omicsdk_api.fusillade import AsyncFusilladeApi, FusilladeApi

from omicsdk.core.platform import AsyncPlatform, Platform
from omicsdk.hca.discovery import discovery


class Fusillade(Platform, FusilladeApi):
    __doc__ = f"""Fusillade, the authorisation service of the Human Cell Atlas.

    A change of memberships that was made before returns None: nothing has changed (304).

    {Platform.__doc__}"""

    _discovery = discovery("AuthClient")


class AsyncFusillade(AsyncPlatform, AsyncFusilladeApi):
    __doc__ = f"Fusillade, the authorisation service of the Human Cell Atlas, for asyncio.\n\n{AsyncPlatform.__doc__}"

    _discovery = Fusillade._discovery
    _blocking_class = Fusillade
