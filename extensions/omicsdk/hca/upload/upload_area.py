"""The documented way to upload areas: a deployment of the service, and an area with all that can be done with it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.documented.client import translating
from omicsdk.hca.upload.area_files import AreaFiles
from omicsdk.hca.upload.client import HcaUpload, service_url
from omicsdk.hca.upload.exceptions import UploadException, documented_error
from omicsdk.hca.upload.upload_area_uri import UploadAreaURI
from omicsdk.hca.upload.upload_config import UploadConfig

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig


class UploadService:
    """A deployment of the Upload service.

    Args:
        deployment_stage: The deployment; that of an area stands in its URI.
        api_token: The deployment's key, which only making and deleting areas, storing and validating files need; by
            default that of OMICS_UPLOAD_TOKEN.
        config: The HCA configuration; by default that of the user's files.
        client: The typed client to use instead of one of its own.

    Raises:
        ConfigError: The configuration is malformed.

    Attributes:
        deployment_stage: The deployment.
        api_token: The key as it was given; a secret.
        client: The typed client of every operation.
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
        """Gives what the user's files say of upload areas."""
        return UploadConfig()

    def create_area(self, area_uuid: str) -> UploadArea:
        """Makes an upload area; takes the deployment's key.

        Args:
            area_uuid: A new UUID.

        Raises:
            UploadApiException: The service refuses.
        """
        with translating(documented_error):
            answer = self.client.create_area(upload_area_uuid=area_uuid)
        return self.upload_area(UploadAreaURI(answer.uri))

    def upload_area(self, area_uri: UploadAreaURI) -> UploadArea:
        """Gives an upload area; nothing is asked or made.

        Args:
            area_uri: Its URI.
        """
        return UploadArea(area_uri, self)

    def close(self) -> None:
        """Closes the connections."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class UploadArea(AreaFiles):
    """An upload area. Making the object neither asks the service nor remembers the area.

    Args:
        uri: Its URI.
        upload_service: The deployment; by default the one that the URI names.
        uuid: The UUID of a known area instead of a URI.
        config: The HCA configuration; by default that of the user's files.
        clock: Tells the time.

    Raises:
        NotAnAreaURI: The URI isn't one.
        UnknownArea: No area of that UUID is known.
        UploadException: Neither or both are given.
    """

    def __init__(
        self,
        uri: UploadAreaURI | str | None = None,
        upload_service: UploadService | None = None,
        *,
        uuid: str | None = None,
        config: HCAConfig | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if (uri is None) == (uuid is None):
            raise UploadException("You must provide a uuid or a URI", remedy="Give one of them.")
        self._config = config
        self._clock = clock
        if isinstance(uri, UploadAreaURI):
            self.uri = uri
        else:
            self.uri = UploadAreaURI(uri) if uri is not None else UploadConfig(config).area_uri(uuid or "")
        self._service = upload_service

    @classmethod
    def all(cls, config: HCAConfig | None = None) -> list[UploadArea]:
        """Gives all known areas.

        Args:
            config: The HCA configuration; by default that of the user's files.
        """
        return [cls(uuid=uuid, config=config) for uuid in UploadConfig(config).areas]

    @classmethod
    def from_alias(cls, uuid_or_alias: str, config: HCAConfig | None = None) -> UploadArea:
        """Gives the known area whose UUID begins so.

        Args:
            uuid_or_alias: The UUID, or as much of it as no other has.
            config: The HCA configuration; by default that of the user's files.

        Raises:
            UnknownArea: None does, or several do.
        """
        return cls(uuid=UploadConfig(config).area_uuid_from_partial_uuid(uuid_or_alias), config=config)

    @classmethod
    def areas_matching_alias(cls, alias: str, config: HCAConfig | None = None) -> list[UploadArea]:
        """Gives the known areas whose UUID begins so.

        Args:
            alias: The beginning of a UUID, literally.
            config: The HCA configuration; by default that of the user's files.
        """
        return [cls(uuid=uuid, config=config) for uuid in UploadConfig(config).areas_matching_alias(alias)]

    @classmethod
    def selected(cls, config: HCAConfig | None = None) -> UploadArea:
        """Gives the selected area.

        Args:
            config: The HCA configuration; by default that of the user's files.

        Raises:
            NoAreaSelected: There is none.
        """
        return cls(UploadConfig(config).selected(), config=config)

    def __str__(self) -> str:
        return f"UploadArea {self.uri}"

    def __repr__(self) -> str:
        return f"UploadArea({self.uri.uri!r})"

    # -- what is known of it here

    @property
    def deployment_stage(self) -> str:
        """The deployment that it belongs to."""
        return self.uri.deployment_stage

    @property
    def is_selected(self) -> bool:
        """Whether commands work on it."""
        return UploadConfig(self._config).current_area == self.uuid

    @property
    def unique_prefix(self) -> str:
        """As much of its UUID as no other known area has."""
        return UploadConfig(self._config).unique_prefix(self.uuid)

    def select(self) -> None:
        """Makes it known and has commands work on it.

        Raises:
            ConfigError: The user's file can't be written.
        """
        settings = UploadConfig(self._config)
        settings.add_area(self.uri)
        settings.select_area(self.uuid)

    def forget(self) -> None:
        """Forgets it here; the area itself stays.

        Raises:
            ConfigError: The user's file can't be written.
        """
        UploadConfig(self._config).forget_area(self.uuid)

    # -- the service

    @cached_property
    def upload_service(self) -> UploadService:
        """The deployment's service."""
        return self._service or UploadService(self.deployment_stage, config=self._config)

    def close(self) -> None:
        """Closes the connections to the service, if the area made them itself."""
        if self._service is None and "upload_service" in vars(self):
            self.upload_service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _api(self) -> HcaUpload:
        return self.upload_service.client
