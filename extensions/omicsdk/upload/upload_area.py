"""The documented way to upload areas: a deployment of the service, and an area with all that can be done with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.documented import translating
from omicsdk.core.errors import NotFound
from omicsdk.core.omit import OMIT
from omicsdk.core.retry import Retry
from omicsdk.upload.client import UploadClient, api_key
from omicsdk.upload.exceptions import UploadException, documented_error
from omicsdk.upload.status import file_status, report_text
from omicsdk.upload.upload_area_uri import UploadAreaURI
from omicsdk.upload.upload_config import UploadConfig

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig
    from omicsdk.transfer import Control, Progress
    from omicsdk.upload.results import UploadResult
    from omicsdk.upload.sources import SourceFile

#: How often the service is told of a file, and the longest wait between two tries in seconds.
TELL_ATTEMPTS, TELL_WAIT = 3, 2.0
#: Files that are described in one request.
DESCRIBED_AT_ONCE = 100


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
        client: The typed client of every operation.
    """

    def __init__(
        self,
        deployment_stage: str = "prod",
        api_token: str | None = None,
        *,
        config: HCAConfig | None = None,
        client: UploadClient | None = None,
    ) -> None:
        self.deployment_stage = deployment_stage
        credentials = OMIT if api_token is None else api_key(api_token)
        self.client = client or UploadClient(deployment_stage=deployment_stage, config=config, credentials=credentials)

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


class UploadArea:
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
    def uuid(self) -> str:
        """Its UUID."""
        return self.uri.area_uuid

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

    @property
    def _api(self) -> UploadClient:
        return self.upload_service.client

    def exists(self) -> bool:
        """Asks whether there is such an area.

        Raises:
            UploadApiException: The service doesn't say.
        """
        try:
            with translating(documented_error):
                self._api.area_exists.raw(upload_area_uuid=self.uuid)
        except NotFound:
            return False
        return True

    def delete(self) -> bool:
        """Asks for the area to be deleted with all in it, which takes a while; takes the deployment's key.

        Returns:
            True.

        Raises:
            UploadApiException: The service refuses.
        """
        with translating(documented_error):
            self._api.delete_area.raw(upload_area_uuid=self.uuid)
        return True

    def get_credentials(self) -> dict[str, str]:
        """Asks for temporary AWS credentials that open the area.

        Returns:
            aws_access_key_id, aws_secret_access_key, aws_session_token and expiry_time.

        Raises:
            UploadApiException: There is no such area, or it takes no more files.
        """
        from omicsdk.upload.access import ask_for_keys

        keys = ask_for_keys(self._api, self.uuid, self._clock)
        return {
            "aws_access_key_id": keys.access_key_id,
            "aws_secret_access_key": keys.secret_access_key,
            "aws_session_token": keys.session_token,
            "expiry_time": keys.expiration,
        }

    def list(self, detail: bool = False) -> Iterator[dict[str, Any]]:
        """Goes through the area's files.

        Args:
            detail: Give all that the service knows of each, which takes longer.

        Yields:
            One object a file: its name, or what `files_info` answers (name, size, content_type, url, checksums ...).

        Raises:
            UploadApiException: The service refuses.
        """
        from omicsdk.upload.access import area_storage

        storage = area_storage(self._api, self.uri, self._clock, accelerate=False, connections=1)
        names = (name for name, _ in storage.sizes())
        if not detail:
            with translating(documented_error):
                yield from ({"name": name} for name in names)
            return
        batch: list[str] = []
        with translating(documented_error):
            for name in names:
                batch.append(name)
                if len(batch) == DESCRIBED_AT_ONCE:
                    yield from self._described(batch)
                    batch = []
            if batch:
                yield from self._described(batch)

    def _described(self, names: Sequence[str]) -> Any:
        quoted = [quote(name) for name in names]
        return self._api.files_info.raw(upload_area_uuid=self.uuid, body=quoted).json()

    def store_file(self, filename: str, file_content: str | bytes, content_type: str) -> Any:
        """Stores a small file through the service; takes the deployment's key.

        Args:
            filename: What it shall be called.
            file_content: Its contents; text is sent as UTF-8.
            content_type: Its media type, with the parameter dcp-type.

        Returns:
            What the service knows of it, as a dict.

        Raises:
            UploadApiException: The service refuses.
        """
        body = file_content.encode() if isinstance(file_content, str) else file_content
        client = self._api.with_options(headers={"content-type": content_type})
        with translating(documented_error):
            return client.store_file.raw(body=body, upload_area_uuid=self.uuid, filename=filename).json()

    def validate_files(
        self,
        file_list: Sequence[str],
        validator_image: str,
        original_validation_id: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Any:
        """Has a validator look at files; takes the deployment's key.

        Args:
            file_list: Names of files in the area.
            validator_image: The Docker image of the validator.
            original_validation_id: The validation that this one repeats; by default none.
            environment: Variables for the validator.

        Returns:
            A dict with validation_id.

        Raises:
            UploadApiException: The service refuses.
        """
        with translating(documented_error):
            return self._api.validate_files.raw(
                upload_area_uuid=self.uuid,
                files=[quote(name) for name in file_list],
                validator_image=validator_image,
                original_validation_id=original_validation_id,
                environment=dict(environment or {}),
            ).json()

    def checksum_status(self, filename: str) -> Any:
        """Asks how far the checksums of a file are; a dict with checksum_status and checksums."""
        with translating(documented_error):
            return self._api.checksum_status.raw(upload_area_uuid=self.uuid, filename=filename).json()

    def checksum_statuses(self) -> Any:
        """Asks how many files are in each state of their checksums; a dict from state to number."""
        with translating(documented_error):
            return self._api.checksum_statuses.raw(upload_area_uuid=self.uuid).json()

    def validation_status(self, filename: str) -> Any:
        """Asks how far the latest validation of a file is; a dict with validation_status and validation_results."""
        with translating(documented_error):
            return self._api.validation_status.raw(upload_area_uuid=self.uuid, filename=filename).json()

    def validation_statuses(self) -> Any:
        """Asks how many files are in each state of their validation; a dict from state to number."""
        with translating(documented_error):
            return self._api.validation_statuses.raw(upload_area_uuid=self.uuid).json()

    def file_status(self, filename: str) -> str:
        """Gives a file's state in one word, or why the service doesn't say.

        Args:
            filename: A file in the area.
        """
        return file_status(lambda: self.checksum_status(filename), lambda: self.validation_status(filename))

    def status_report(self) -> str:
        """Gives the area's report: how many files are in each state.

        Raises:
            UploadApiException: The service refuses.
        """
        return report_text(self.uuid, self.checksum_statuses(), self.validation_statuses())

    # -- files

    def upload_files(
        self,
        file_paths: Iterable[str | os.PathLike[str]],
        file_size_sum: int = 0,
        dcp_type: str = "data",
        target_filename: str | None = None,
        use_transfer_acceleration: bool = True,
        report_progress: bool = False,
        sync: bool = True,
    ) -> UploadResult:
        """Uploads files, and tells the service of each.

        Args:
            file_paths: Files, folders (with all in them and below), and s3:// addresses, which S3 copies by itself.
            file_size_sum: Isn't needed; taken because it is documented.
            dcp_type: What kind of files they are: a parameter of their media type.
            target_filename: What a single file shall be called.
            use_transfer_acceleration: Send to a place of AWS nearby; without meaning for other endpoints.
            report_progress: Print a line a file.
            sync: Leave out what the area has already, by checksum; the service is told of it all the same.

        Returns:
            What became of each file.

        Raises:
            CannotUpload: Something isn't there or has no name of its own; nothing was sent.
            UploadFailed: Some files failed; the others are there.
            UploadApiException: The service gives no keys for the area.
        """
        del file_size_sum
        result = self.send(
            file_paths,
            dcp_type=dcp_type,
            target_filename=target_filename,
            use_transfer_acceleration=use_transfer_acceleration,
            sync=sync,
        )
        if report_progress:
            for file in result.files:
                if file.error is None:
                    sys.stdout.write(f"Upload complete of {file.path} to upload area {self.uri}\n")
        result.raise_if_failed()
        if report_progress:
            sys.stdout.write(f"Completed upload of {len(result.files)} files to upload area {self.uuid}\n")
        return result

    def send(
        self,
        file_paths: Iterable[str | os.PathLike[str]],
        *,
        dcp_type: str = "data",
        target_filename: str | None = None,
        file_extension: str | None = None,
        use_transfer_acceleration: bool = True,
        sync: bool = True,
        resume: bool = True,
        progress: Callable[[Progress], None] | None = None,
        control: Control | None = None,
    ) -> UploadResult:
        """Uploads files as `upload_files` does, and raises for none that fails.

        Args:
            file_paths: As there.
            dcp_type: As there.
            target_filename: As there.
            file_extension: How the names of files in folders must end.
            use_transfer_acceleration: As there.
            sync: As there.
            resume: Remember in the folder of the user's state what was sent, until all of it is: the same call goes on
                after a stop, a failure or a crash.
            progress: Is called some times a second.
            control: Stops, pauses and bounds it.

        Returns:
            What became of each file.

        Raises:
            CannotUpload: Something isn't there or has no name of its own; nothing was sent.
            UploadApiException: The service gives no keys for the area.
            KeyboardInterrupt: It was interrupted; the same call goes on.
        """
        from omicsdk.upload.access import OwnClient, area_storage
        from omicsdk.upload.sending import CALLERS, Sender, SendOptions
        from omicsdk.upload.sources import chosen

        own = OwnClient()
        files = chosen(file_paths, target_filename=target_filename, file_extension=file_extension, s3=own)
        storage = area_storage(
            self._api, self.uri, self._clock, accelerate=use_transfer_acceleration, connections=CALLERS
        )
        teller = self._api.with_options(retry=self._patience)

        def notify(name: str) -> None:
            teller.file_upload_notification.raw(upload_area_uuid=self.uuid, filename=name)

        options = SendOptions(dcp_type, sync, resume, progress=progress, control=control, clock=self._clock)
        try:
            return Sender(storage, (self.uri.uri, self.uuid), notify, own, options).send(files)
        finally:
            storage.client.close()
            own.close()

    def planned(
        self,
        file_paths: Iterable[str | os.PathLike[str]],
        *,
        target_filename: str | None = None,
        file_extension: str | None = None,
    ) -> Sequence[SourceFile]:
        """Gives what `send` would upload: path, name and size of each file.

        Args:
            file_paths: As there.
            target_filename: As there.
            file_extension: As there.

        Raises:
            CannotUpload: As there.
        """
        from omicsdk.upload.access import OwnClient
        from omicsdk.upload.sources import chosen

        own = OwnClient()
        try:
            return chosen(file_paths, target_filename=target_filename, file_extension=file_extension, s3=own)
        finally:
            own.close()

    @property
    def _patience(self) -> Retry:
        """How the service is told of a file: three tries."""
        given = self._api.retry
        return replace(given or Retry(base=TELL_WAIT, cap=TELL_WAIT), attempts=TELL_ATTEMPTS)
