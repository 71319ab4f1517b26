"""What the service is asked for before files are fetched: the manifests of bundles."""

from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.omit import OMIT
from omicsdk.core.paging import page_of
from omicsdk.hca.dss.downloads.bundle import FILES_KEY, merged_pages

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.replica import Replica

API_CALLS = 16
"""Calls to the service that are under way at once."""


def get_manifest(api: "DssApi", uuid: str, version: str, replica: str) -> dict[str, Any]:
    """A bundle's manifest, all pages merged.

    Args:
        api: The service.
        uuid: The bundle.
        version: Its version, or empty for the latest.
        replica: Where to ask.

    Raises:
        NotFound: There is no such bundle.
        DecodeError: The answer has no list of files, or doesn't say which bundle it is.
    """
    operation = api.get_bundle
    request = operation.build(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT)
    return merged_pages([page_of(response, FILES_KEY, "get_bundle") for response in operation.answers(request)])
