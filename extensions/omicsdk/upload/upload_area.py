"""The documented way to upload areas: a deployment of the service, and an area with all that can be done with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.documented.client import translating
from omicsdk.core.omit import OMIT
from omicsdk.core.retry import Retry
from omicsdk.upload.area_calls import AreaCalls
from omicsdk.upload.client import UploadClient, api_key
from omicsdk.upload.exceptions import UploadException, documented_error
from omicsdk.upload.upload_area_uri import UploadAreaURI
from omicsdk.upload.upload_config import UploadConfig

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig
    from omicsdk.transfer import Control, Progress
    from omicsdk.upload.results import UploadResult
    from omicsdk.upload.sources import SourceFile

#: How often the service is told of a file, and the longest wait between two tries in seconds.
TELL_ATTEMPTS, TELL_WAIT = 3, 2.0


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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class UploadArea(AreaCalls):
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
    def _api(self) -> UploadClient:
        return self.upload_service.client

    # -- files

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
        """Uploads files, and tells the service of each.

        Args:
            file_paths: Files, folders (with all in them and below), and s3:// addresses, which S3 copies by itself.
                A single one may stand alone.
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
        file_paths: Iterable[str | os.PathLike[str]] | os.PathLike[str],
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

    async def send_async(
        self, file_paths: Iterable[str | os.PathLike[str]] | os.PathLike[str], **options: Any
    ) -> UploadResult:
        """Uploads files as `send` does, in a thread; cancelling it stops the upload in order.

        Args:
            file_paths: As there.
            **options: As there.
        """
        from omicsdk.transfer.asynchronous import coroutine_of

        return await coroutine_of(self.send)(file_paths, **options)

    def planned(
        self,
        file_paths: Iterable[str | os.PathLike[str]] | os.PathLike[str],
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
