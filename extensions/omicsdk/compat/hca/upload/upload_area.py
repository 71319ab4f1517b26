"""`hca.upload.upload_area`, and the class of `hca.upload.upload_service`: each creates the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from omicsdk.compat._requests import observed
from omicsdk.compat.hca.config import get_config
from omicsdk.compat.hca.upload.exceptions import documented_errors
from omicsdk.compat.hca.upload.upload_config import UploadConfig
from omicsdk.core.checked_json import check_fields
from omicsdk.core.closing import Closing
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import NotFound
from omicsdk.core.response import json_of
from omicsdk.hca.upload import HcaUpload, UploadAreaURI, UploadException
from omicsdk.hca.upload.client import service_url

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig
    from omicsdk.hca.upload import UploadResult


def _key_for(url: str) -> str | None:
    """Return the key of OMICS_UPLOAD_TOKEN: for OMICS_UPLOAD_URL, else for all deployments that the configuration has."""
    configured_url, key = (os.environ.get(f"OMICS_UPLOAD_{what}", "").strip() for what in ("URL", "TOKEN"))
    # The key of one deployment is not sent to another one.
    return key or None if origin_of(configured_url or url) == origin_of(url) else None


class UploadService(Closing):
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
        self._settings = get_config() if config is None else config
        if client is not None:
            self.client = client

    @cached_property
    def client(self) -> HcaUpload:
        """The client of the service.

        Raises:
            ConfigError: The configured URL is invalid.
        """
        url = service_url(self.deployment_stage, self._settings)
        return observed(HcaUpload(url, credentials=self.api_token or _key_for(url)))

    @staticmethod
    def config() -> UploadConfig:
        """Return the configuration of upload areas from the user's files."""
        return UploadConfig()

    def create_area(self, area_uuid: str) -> UploadArea:
        """Create an upload area; requires the key of the deployment.

        Args:
            area_uuid: A new UUID.

        Raises:
            UploadApiException: The service refuses.
        """
        with documented_errors():
            response = self.client.create_area(upload_area_uuid=area_uuid)
            check_fields("create_area", response, "uri")
        return self.upload_area(UploadAreaURI(response.uri))

    def upload_area(self, area_uri: UploadAreaURI) -> UploadArea:
        """Return an upload area, without a request.

        Args:
            area_uri: Its URI.
        """
        return UploadArea(area_uri, self)

    def close(self) -> None:
        """Close the connections."""
        if "client" in vars(self):
            self.client.close()


class UploadArea(Closing):
    """Upload area. Creating the object sends no request and stores nothing.

    Args:
        uri: Its URI.
        upload_service: The deployment; by default the one that the URI names.
        uuid: The UUID of a known area instead of a URI.
        config: The HCA configuration; by default that of the user's files.

    Raises:
        NotAnAreaURI: The URI is not one.
        UnknownArea: No area of that UUID is known.
        UploadException: Neither or both are given.

    Attributes:
        uri: Its URI.
    """

    def __init__(
        self,
        uri: UploadAreaURI | str | None = None,
        upload_service: UploadService | None = None,
        *,
        uuid: str | None = None,
        config: HCAConfig | None = None,
    ) -> None:
        if (uri is None) == (uuid is None):
            raise UploadException("You must provide a uuid or a URI", remedy="Pass one of them.")
        self._config = config
        if isinstance(uri, UploadAreaURI):
            self.uri = uri
        else:
            self.uri = UploadAreaURI(uri) if uri is not None else UploadConfig(config).area_uri(uuid or "")
        self._service = upload_service

    @classmethod
    def all(cls, config: HCAConfig | None = None) -> list[UploadArea]:
        """Return all known areas."""
        return [cls(uuid=uuid, config=config) for uuid in UploadConfig(config).areas]

    @classmethod
    def from_alias(cls, uuid_or_alias: str, config: HCAConfig | None = None) -> UploadArea:
        """Return the known area whose UUID begins with a text.

        Raises:
            UnknownArea: None does, or several do.
        """
        return cls(uuid=UploadConfig(config).area_uuid_from_partial_uuid(uuid_or_alias), config=config)

    @classmethod
    def areas_matching_alias(cls, alias: str, config: HCAConfig | None = None) -> list[UploadArea]:
        """Return the known areas whose UUID begins with a text, taken literally."""
        return [cls(uuid=uuid, config=config) for uuid in UploadConfig(config).areas_matching_alias(alias)]

    @classmethod
    def selected(cls, config: HCAConfig | None = None) -> UploadArea:
        """Return the selected area.

        Raises:
            NoAreaSelected: There is none.
        """
        return cls(UploadConfig(config).selected(), config=config)

    def __str__(self) -> str:
        return f"UploadArea {self.uri}"

    def __repr__(self) -> str:
        return f"UploadArea({self.uri.uri!r})"

    # -- stored facts

    @property
    def uuid(self) -> str:
        """UUID of the area."""
        return self.uri.area_uuid

    @property
    def deployment_stage(self) -> str:
        """Deployment of the area."""
        return self.uri.deployment_stage

    @property
    def is_selected(self) -> bool:
        """Whether the area is selected for commands."""
        return UploadConfig(self._config).current_area == self.uuid

    @property
    def unique_prefix(self) -> str:
        """Shortest prefix of the UUID that no other known area has."""
        return UploadConfig(self._config).unique_prefix(self.uuid)

    def select(self) -> None:
        """Store the area, and select it for commands."""
        settings = UploadConfig(self._config)
        settings.add_area(self.uri)
        settings.select_area(self.uuid)

    def forget(self) -> None:
        """Remove the area from the configuration; the area itself is kept."""
        UploadConfig(self._config).forget_area(self.uuid)

    # -- the service; each raises UploadApiException where it refuses

    @cached_property
    def upload_service(self) -> UploadService:
        """Service of the deployment."""
        return self._service or UploadService(self.deployment_stage, config=self._config)

    def close(self) -> None:
        """Close the connections to the service, if the area created them."""
        # A service that was passed is closed by who passed it.
        if self._service is None and "upload_service" in vars(self):
            self.upload_service.close()

    @property
    def _api(self) -> HcaUpload:
        return self.upload_service.client

    def _json(self, operation: str, **arguments: Any) -> Any:
        with documented_errors():
            return json_of(getattr(self._api, operation).raw(upload_area_uuid=self.uuid, **arguments))

    def exists(self) -> bool:
        """Return whether the area exists."""
        try:
            with documented_errors():
                self._api.area_exists.raw(upload_area_uuid=self.uuid)
        except NotFound:
            return False
        return True

    def delete(self) -> bool:
        """Request the deletion of the area and its files, which takes some time; requires the key of the deployment."""
        with documented_errors():
            self._api.delete_area.raw(upload_area_uuid=self.uuid)
        return True

    def get_credentials(self) -> dict[str, str]:
        """Request temporary AWS credentials for the area.

        Returns:
            aws_access_key_id, aws_secret_access_key, aws_session_token and expiry_time.
        """
        with documented_errors():
            keys = self._api.keys(self.uri)
        return {
            "aws_access_key_id": keys.access_key_id,
            "aws_secret_access_key": keys.secret_access_key,
            "aws_session_token": keys.session_token,
            "expiry_time": keys.expiration,
        }

    def list(self, detail: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the files of the area: names, or all details that the service has.

        Args:
            detail: Give all that the service knows of each, which takes longer.
        """
        with documented_errors():
            for file in self._api.ls(self.uri, detail=detail):
                yield {"name": file.name} if file.info is None else file.info.to_dict()

    def upload_files(
        self,
        file_paths: Iterable[str | os.PathLike[str]] | os.PathLike[str],
        file_size_sum: int = 0,
        dcp_type: str = "data",
        target_filename: str | None = None,
        use_transfer_acceleration: bool = True,
        report_progress: bool = False,
        sync: bool = True,
    ) -> UploadResult:
        """Upload files, and notify the service of each.

        Args:
            file_paths: Files, folders (with all files in them, at any depth), and s3:// addresses, which S3 copies itself.
            file_size_sum: Ignored; it is documented.
            dcp_type: The kind of the files: a parameter of their media type.
            target_filename: The name of a single file in the area.
            use_transfer_acceleration: Use AWS's transfer acceleration; without effect for other endpoints.
            report_progress: Print a line for each file.
            sync: Skip what the area has already, by checksum; the service is notified of it all the same.

        Returns:
            The outcome of each file, and what the area has of it.

        Raises:
            CannotUpload: A path does not exist or has no file name; nothing was sent.
            UploadFailed: Some files failed; the others are in the area.
        """
        del file_size_sum
        with documented_errors():
            result = self._api.upload(
                file_paths,
                self.uri,
                name=target_filename,
                dcp_type=dcp_type,
                accelerate=use_transfer_acceleration,
                sync=sync,
                check=False,
            )
        if report_progress:
            for file, outcome in zip(result.uploaded, result.outcomes, strict=True):
                if outcome.is_present:
                    sys.stdout.write(f"Upload complete of {file.path} to upload area {self.uri}\n")
        result.raise_if_failed()
        if report_progress:
            sys.stdout.write(f"Completed upload of {len(result.outcomes)} files to upload area {self.uuid}\n")
        return result

    def store_file(self, filename: str, file_content: str | bytes, content_type: str) -> Any:
        """Store a small file through the service; requires the key of the deployment.

        Args:
            filename: Its name in the area.
            file_content: Its contents; text is sent as UTF-8.
            content_type: Its media type, with the parameter dcp-type.
        """
        body = file_content.encode() if isinstance(file_content, str) else file_content
        client = self._api.with_options(headers={"content-type": content_type})
        with documented_errors():
            return json_of(client.store_file.raw(body=body, upload_area_uuid=self.uuid, filename=filename))

    def validate_files(
        self,
        file_list: Sequence[str],
        validator_image: str,
        original_validation_id: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Any:
        """Run a validator on files; requires the key of the deployment.

        Args:
            file_list: Names of files in the area.
            validator_image: The Docker image of the validator.
            original_validation_id: The validation that this one repeats; by default none.
            environment: Variables for the validator.

        Returns:
            A dict with validation_id.
        """
        return self._json(
            "validate_files",
            # The service takes names as they are in URLs.
            files=[quote(name) for name in file_list],
            validator_image=validator_image,
            original_validation_id=original_validation_id,
            environment=dict(environment or {}),
        )

    def checksum_status(self, filename: str) -> Any:
        """Request the state of the checksums of a file: a dict with checksum_status and checksums."""
        return self._json("checksum_status", filename=filename)

    def checksum_statuses(self) -> Any:
        """Request the number of files in each checksum state: a dict from state to number."""
        return self._json("checksum_statuses")

    def validation_status(self, filename: str) -> Any:
        """Request the state of the latest validation of a file, as validation_status and validation_results."""
        return self._json("validation_status", filename=filename)

    def validation_statuses(self) -> Any:
        """Request the number of files in each validation state: a dict from state to number."""
        return self._json("validation_statuses")
