"""The Data Store for asyncio: operations are awaited, workflows run in threads."""

import asyncio
import os
import threading
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk_api.dss import AsyncDssApi

from omicsdk.hca.dss.dss import SECTION, Dss
from omicsdk.hca.dss.version import create_version
from omicsdk.hca.service import AsyncHCAService

if TYPE_CHECKING:
    from omicsdk.hca.dss.checkout import Checkout
    from omicsdk.hca.dss.downloads.result import Result
    from omicsdk.hca.dss.replica import Replica

T = TypeVar("T")


class AsyncDss(AsyncHCAService, AsyncDssApi):
    """The Data Store for asyncio: operations are awaited; a workflow runs in a thread, and cancelling it stops it.

    A workflow that is cancelled leaves what arrived; the same call goes on from there.

    Args: as Dss's, but that `transport` is an httpx.AsyncBaseTransport.
    """

    _section = SECTION

    def create_version(self) -> str:
        """A new version for a bundle, file or collection: the time now as DSS_VERSION."""
        return create_version()

    async def download(self, bundle_uuid: str, replica: "Replica", **options: Any) -> "Result":
        """Download a bundle; arguments and result as `Dss.download`'s."""
        return await self._stoppable(partial(self._workflows.download, bundle_uuid, replica), options)

    async def download_manifest(self, manifest: str | os.PathLike[str], replica: "Replica", **options: Any) -> "Result":
        """Download the files that a manifest lists; arguments and result as `Dss.download_manifest`'s."""
        return await self._stoppable(partial(self._workflows.download_manifest, manifest, replica), options)

    async def download_collection(self, uuid: str, replica: "Replica", **options: Any) -> "Result":
        """Download all bundles of a collection; arguments and result as `Dss.download_collection`'s."""
        return await self._stoppable(partial(self._workflows.download_collection, uuid, replica), options)

    async def upload(
        self, src_dir: str | os.PathLike[str], replica: "Replica", staging_bucket: str, **options: Any
    ) -> dict[str, Any]:
        """Upload a folder's files and make a bundle of them; arguments and result as `Dss.upload`'s."""
        return await self._stoppable(partial(self._workflows.upload, src_dir, replica, staging_bucket), options)

    async def register_file(self, uuid: str, source_url: str, **options: Any) -> dict[str, Any]:
        """Have a staged object taken over as a file, and wait until it is; arguments as `Dss.register_file`'s."""
        return await self._stoppable(partial(self._workflows.register_file, uuid, source_url), options)

    async def checkout(self, uuid: str, replica: "Replica", **options: Any) -> "Checkout":
        """Copy a bundle to a bucket and wait until it is there; arguments and result as `Dss.checkout`'s."""
        return await self._stoppable(partial(self._workflows.checkout, uuid, replica), options)

    async def change_collection(self, uuid: str, replica: "Replica", version: str, **options: Any) -> dict[str, Any]:
        """Change a collection by any number of links; arguments and result as `Dss.change_collection`'s."""
        return await asyncio.to_thread(self._workflows.change_collection, uuid, replica, version, **options)

    async def create_collection(self, uuid: str, replica: "Replica", **options: Any) -> dict[str, Any]:
        """Make a collection of any number of links; arguments and result as `Dss.create_collection`'s."""
        return await asyncio.to_thread(self._workflows.create_collection, uuid, replica, **options)

    async def change_bundle(self, uuid: str, replica: "Replica", version: str, **options: Any) -> dict[str, Any]:
        """Add and remove any number of a bundle's files; arguments and result as `Dss.change_bundle`'s."""
        return await asyncio.to_thread(self._workflows.change_bundle, uuid, replica, version, **options)

    async def _stoppable(self, workflow: Callable[..., T], options: dict[str, Any]) -> T:
        stop: threading.Event = options.setdefault("stop", threading.Event())
        running = asyncio.ensure_future(asyncio.to_thread(workflow, **options))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            stop.set()
            # The engine writes its journal before it ends; leaving earlier would tear the thread from its files.
            await asyncio.wait([running])
            running.exception()  # that it was stopped is no news, and asyncio complains of what nobody looked at
            raise

    @cached_property
    def _workflows(self) -> Dss:
        twin = self._synchronous(Dss)
        twin.config = self.config
        return twin

    async def aclose(self) -> None:
        """Close the connections."""
        if "_workflows" in vars(self):
            self._workflows.close()
        await super().aclose()
