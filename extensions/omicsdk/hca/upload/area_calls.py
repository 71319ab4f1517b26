"""What the Upload service is asked about one area: each call answers plain data, as documented."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from omicsdk.core.clock import Clock
from omicsdk.core.documented.client import translating
from omicsdk.core.errors import NotFound
from omicsdk.core.paging import items_at, page_of
from omicsdk.hca.upload.exceptions import documented_error
from omicsdk.hca.upload.status import file_status, report_text
from omicsdk.hca.upload.upload_area_uri import UploadAreaURI

if TYPE_CHECKING:
    from omicsdk.hca.upload.client import HcaUpload

#: Files that are described in one request.
DESCRIBED_AT_ONCE = 100


class AreaCalls(ABC):
    """The calls; whoever inherits says which area and which client.

    Attributes:
        uri: The area.
    """

    uri: UploadAreaURI
    _clock: Clock

    @property
    def uuid(self) -> str:
        """Its UUID."""
        return self.uri.area_uuid

    @property
    @abstractmethod
    def _api(self) -> HcaUpload:
        """The client that is asked."""

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
        from omicsdk.hca.upload.access import ask_for_keys

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
        from omicsdk.hca.upload.access import area_storage

        storage = area_storage(self._api, self.uri, self._clock, accelerate=False, connections=1)
        names = (name for name, _ in storage.sizes())
        try:
            with translating(documented_error):
                if detail:
                    while batch := list(islice(names, DESCRIBED_AT_ONCE)):
                        yield from self._described(batch)
                else:
                    yield from ({"name": name} for name in names)
        finally:
            storage.client.close()

    def _described(self, names: Sequence[str]) -> Sequence[Any]:
        quoted = [quote(name) for name in names]
        told = self._api.files_info.raw(upload_area_uuid=self.uuid, body=quoted)
        return items_at(page_of(told, "", "files_info"), "", "files_info")

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
