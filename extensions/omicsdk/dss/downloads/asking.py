"""What the service is asked for before files are fetched: the manifests of bundles."""

from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import DecodeError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.omit import OMIT
from omicsdk.dss.downloads.bundle import merged_pages

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.dss.replica import Replica

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
        DecodeError: The answer has no list of files.
    """
    operation = api.get_bundle
    request = operation.build(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT)
    pages: list[dict[str, Any]] = []
    for response in operation.answers(request):
        page: object = response.json()
        bundle = page.get("bundle") if is_object(page) else None
        if not is_object(page) or not is_object(bundle) or not is_array(bundle.get("files")):
            raise DecodeError("get_bundle", "bundle.files", None, expected="the bundle's files")
        pages.append(page)
    return merged_pages(pages)
