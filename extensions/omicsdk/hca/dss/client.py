"""The clients of the Data Store: every operation of the service, and the workflows built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk_api.dss import AsyncDssApi, DssApi

from omicsdk.core.platform import AsyncPlatform, Platform, Workflow, late_modules
from omicsdk.hca.discovery import discovery

if TYPE_CHECKING:
    from omicsdk.hca.dss import checkouts, collections, downloads, registrations, uploads
else:
    checkouts, collections, downloads, registrations, uploads = late_modules(
        "omicsdk.hca.dss", "checkouts collections downloads registrations uploads"
    )


class _Workflows:
    """What both clients have beside the operations."""

    _discovery = discovery("DSSClient")

    download = Workflow(downloads.download)
    download_manifest = Workflow(downloads.download_manifest)
    download_collection = Workflow(collections.download_collection)
    upload = Workflow(uploads.upload)
    register_file = Workflow(registrations.register_file)
    checkout = Workflow(checkouts.checkout)
    create_collection = Workflow(collections.create_collection)
    change_collection = Workflow(collections.change_collection)
    change_bundle = Workflow(collections.change_bundle)

    @staticmethod
    def create_version() -> str:
        """Return a new version of a bundle, file or collection: the time now as DSS_VERSION."""
        from omicsdk.hca.dss.bundles import create_version

        return create_version()


class Dss(_Workflows, Platform, DssApi):
    __doc__ = f"The Data Store of the Human Cell Atlas.\n\n{Platform.__doc__}"


class AsyncDss(_Workflows, AsyncPlatform, AsyncDssApi):
    __doc__ = f"The Data Store of the Human Cell Atlas, for asyncio.\n\n{AsyncPlatform.__doc__}"

    _blocking_class = Dss
