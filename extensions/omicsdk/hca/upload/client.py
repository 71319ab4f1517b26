"""The Upload service as a typed client: where a deployment's service is, and what proves who asks."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk_api.upload import AsyncUploadApi, UploadApi

from omicsdk.core.base_urls import checked_base_url
from omicsdk.core.credentials import ApiKey
from omicsdk.core.errors import ConfigError
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.redaction import mask_url
from omicsdk.hca.upload.upload_config import UploadConfig

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.hca.config import HCAConfig

TOKEN_VARIABLE = "OMICS_UPLOAD_TOKEN"  # noqa: S105 - the variable's name
#: The header that the service looks for its deployment's key in.
KEY_HEADER = "Api-Key"
_VERSION = "/v1"


def api_key(key: str) -> ApiKey:
    """Makes credentials of a deployment's key: for making and deleting areas, storing and validating files.

    Args:
        key: The key.

    Raises:
        ConfigError: It can't be one.
    """
    return ApiKey(key, header=KEY_HEADER)


def service_url(deployment_stage: str, config: HCAConfig | None = None) -> str:
    """Gives the base URL of a deployment's service, under which paths begin with their version.

    Args:
        deployment_stage: The deployment; "" is that of the selected area, else `prod`.
        config: The HCA configuration; by default that of the user's files.

    Raises:
        ConfigError: The configured URL isn't one that ends in /v1; says which it is, and where it stands.
    """
    settings = UploadConfig(config)
    if not deployment_stage and settings.current_area is not None:
        deployment_stage = settings.selected().deployment_stage
    stage = deployment_stage or "prod"
    source = settings.api_url_source(stage)
    remedy = "Give it an http or https URL that ends in /v1."
    url = checked_base_url(settings.api_url(stage), source=source, remedy=remedy)
    if not url.endswith(_VERSION):
        raise ConfigError(f"{source} is {mask_url(url)!r}, which doesn't end in /v1", remedy=remedy)
    return url.removesuffix(_VERSION)


class UploadClient(UploadApi):
    """The Upload service of a deployment: every operation. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: Where the service is, without /v1; by default what the HCA configuration says of the deployment.
        deployment_stage: The deployment, such as `prod` or `staging`; by default that of the selected area, else `prod`.
        config: The HCA configuration; by default that of the user's files.
        credentials: The deployment's key, as `ApiKey(key, header="Api-Key")`; None sends none. By default the key of
            OMICS_UPLOAD_TOKEN. It goes with making, deleting, storing and validating only.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to try again; by default up to five times more.
        headers: Sent with every request.
        transport: Takes the place of the network, for tests; bytes of files don't pass through it.
        http2: Speak HTTP/2 where the server does.
        strict: Raise DecodeError where an answer isn't what the document says.

    Raises:
        ConfigError: No URL, or one that isn't.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        deployment_stage: str = "",
        config: HCAConfig | None = None,
        credentials: Credentials | httpx.Auth | Omit | None = OMIT,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        http2: bool = False,
        strict: bool = False,
    ) -> None:
        self.config = config
        self.retry = retry
        self._given_url = base_url
        self._options: dict[str, Any] = {
            "credentials": _key_of_environment() if credentials is OMIT else credentials,
            "timeout": timeout,
            "retry": retry,
            "headers": headers,
            "transport": transport,
            "http2": http2,
            "strict": strict,
        }
        self._others: dict[str, UploadClient] = {}
        self._guard = threading.Lock()
        super().__init__(base_url or service_url(deployment_stage, config), **self._options)

    def at(self, deployment_stage: str) -> UploadClient:
        """Gives a client of a deployment with this one's options; this one, when it was given its URL. Closed with this one.

        Args:
            deployment_stage: The deployment.
        """
        if self._given_url is not None or service_url(deployment_stage, self.config) == self.base_url:
            return self
        with self._guard:
            if deployment_stage not in self._others:
                self._others[deployment_stage] = UploadClient(
                    deployment_stage=deployment_stage, config=self.config, **self._options
                )
            return self._others[deployment_stage]

    def close(self) -> None:
        """Closes the connections, those of clients of other deployments that were made from this one, too."""
        for other in self._others.values():
            other.close()
        super().close()


class AsyncUploadClient(AsyncUploadApi):
    """The Upload service of a deployment for asyncio; close it with `aclose`, or use it in an `async with` block.

    Args: as UploadClient's, but that `transport` is an httpx.AsyncBaseTransport.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        deployment_stage: str = "",
        config: HCAConfig | None = None,
        credentials: Credentials | httpx.Auth | Omit | None = OMIT,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        http2: bool = False,
        strict: bool = False,
    ) -> None:
        super().__init__(
            base_url or service_url(deployment_stage, config),
            credentials=_key_of_environment() if credentials is OMIT else credentials,
            timeout=timeout,
            retry=retry,
            headers=headers,
            transport=transport,
            http2=http2,
            strict=strict,
        )


def _key_of_environment() -> ApiKey | None:
    key = os.environ.get(TOKEN_VARIABLE, "")
    return api_key(key) if key else None
