"""`hca.upload.upload_service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.hca.upload.exceptions import documented_errors
from omicsdk.hca.upload import HcaUpload, UploadAreaURI, UploadConfig
from omicsdk.hca.upload.client import service_url

if TYPE_CHECKING:
    from omicsdk.compat.hca.upload.upload_area import UploadArea
    from omicsdk.hca.config import HCAConfig


class UploadService:
    """A deployment of the Upload service.

    Args:
        deployment_stage: The deployment; that of an area is part of its URI.
        api_token: The deployment's key, which only making and deleting areas, storing and validating files need; by
            default that of OMICS_UPLOAD_TOKEN.
        config: The HCA configuration; by default that of the user's files.
        client: The client to use instead of a new one.

    Raises:
        ConfigError: The configuration is malformed.

    Attributes:
        deployment_stage: The deployment.
        api_token: The key as it was given; a secret.
        client: The client of every operation.
    """

    def __init__(
        self,
        deployment_stage: str = "prod",
        api_token: str | None = None,
        *,
        config: HCAConfig | None = None,
        client: HcaUpload | None = None,
    ) -> None:
        self.deployment_stage = deployment_stage
        self.api_token = api_token
        self.client = client or HcaUpload(service_url(deployment_stage, config), credentials=api_token)

    @staticmethod
    def config() -> UploadConfig:
        """Return what the user's files state of upload areas."""
        return UploadConfig()

    def create_area(self, area_uuid: str) -> UploadArea:
        """Make an upload area; takes the deployment's key.

        Args:
            area_uuid: A new UUID.

        Raises:
            UploadApiException: The service refuses.
        """
        with documented_errors():
            answer = self.client.create_area(upload_area_uuid=area_uuid)
        return self.upload_area(UploadAreaURI(answer.uri))

    def upload_area(self, area_uri: UploadAreaURI) -> UploadArea:
        """Return an upload area; nothing is requested or made.

        Args:
            area_uri: Its URI.
        """
        from omicsdk.compat.hca.upload.upload_area import UploadArea

        return UploadArea(area_uri, self)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
