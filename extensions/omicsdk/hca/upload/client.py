"""The clients of the Upload service: its operations, and the workflows of upload areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk_api.upload import AsyncUploadApi, UploadApi

from omicsdk.core.credentials import ApiKey, origin_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.plain_client import beside
from omicsdk.core.platform import (
    NOTHING,
    AsyncPlatform,
    Discovery,
    Listing,
    Platform,
    Search,
    SourceResult,
    Workflow,
    late_modules,
)
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import checked_base_url
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.upload.areas import UploadConfig

if TYPE_CHECKING:
    from omicsdk.hca.upload import listings, storage, uploads
else:
    listings, storage, uploads = late_modules("omicsdk.hca.upload", "listings storage uploads")

#: The header of the deployment's key.
KEY_HEADER = "Api-Key"
_VERSION = "/v1"


def api_key(key: str) -> ApiKey:
    """Make credentials of a deployment's key: for making and deleting areas, storing and validating files.

    Args:
        key: The key.

    Raises:
        ConfigError: It cannot be one.
    """
    return ApiKey(key, header=KEY_HEADER)


def service_url(deployment_stage: str, config: HCAConfig | None = None) -> str:
    """Return the base URL of a deployment's service, under which paths begin with their version.

    Args:
        deployment_stage: The deployment; "" is that of the selected area, else `prod`.
        config: The HCA configuration; by default that of the user's files.

    Raises:
        ConfigError: The configured URL is invalid, or does not end in /v1; the message has the URL and where it is set.
        UnknownArea: The selected area is not known any longer.
        NotAnAreaURI: The configuration has no URI of an area for it.
    """
    settings = UploadConfig(config)
    if not deployment_stage and settings.current_area is not None:
        deployment_stage = settings.selected().deployment_stage
    stage = deployment_stage or "prod"
    source = settings.api_url_source(stage)
    remedy = "Set it to an http or https URL that ends in /v1."
    url = checked_base_url(settings.api_url(stage), source=source, remedy=remedy)
    if not url.endswith(_VERSION):
        raise ConfigError(f"{source} is {mask_url(url)!r}, which does not end in /v1", remedy=remedy)
    return url.removesuffix(_VERSION)


def _files(search: Search) -> SourceResult:
    if search.profile is not None or search.base_url:
        return NOTHING
    return SourceResult(service_url("", HCAConfig(search.environ)))


# Columns of a table of files, the most important first.
COLUMNS = ("name", "size", "content_type", "last_modified")


class _Workflows:
    """What both clients have beside the operations."""

    _discovery = Discovery(platform="upload", files=_files, token=api_key)

    ls = Listing(listings.ls, COLUMNS)
    upload = Workflow(uploads.upload)
    status = Workflow(listings.status)
    file_status = Workflow(listings.file_status)
    keys = Workflow(storage.keys)


class HcaUpload(_Workflows, Platform, UploadApi):
    __doc__ = f"""The Upload service of the Human Cell Atlas.

    The base URL has no /v1. By default it is that of the selected area's deployment, else that of `prod`, as the HCA
    configuration has them. A token is the deployment's key, which goes with making, deleting, storing and validating only.

    {Platform.__doc__}"""

    def at(self, deployment_stage: str) -> HcaUpload:
        """Return a client of a deployment, with the settings and connections of this one, and with a key that was given to it.

        Args:
            deployment_stage: The deployment, such as `prod` or `staging`.

        Returns:
            This client where it has another base URL than the configuration states: it was given for all deployments.
        """
        if self.base_url != service_url("") or service_url(deployment_stage) == self.base_url:
            return self
        url = service_url(deployment_stage)  # a URI may name it: a key that was found is for the configured one
        is_own_service = not self.finds_credentials or origin_of(url) == origin_of(self.base_url)
        return beside(self, type(self), url, self.credentials if is_own_service else None)


class AsyncHcaUpload(_Workflows, AsyncPlatform, AsyncUploadApi):
    __doc__ = f"The Upload service of the Human Cell Atlas, for asyncio.\n\n    {AsyncPlatform.__doc__}"

    _blocking_class = HcaUpload
