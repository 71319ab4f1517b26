"""Files on their way into one area: what is sent, and that the service is told of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omicsdk.core.retry import Retry
from omicsdk.core.sending.transport import within_budget
from omicsdk.hca.upload.area_calls import AreaCalls

if TYPE_CHECKING:
    from omicsdk.hca.upload.results import UploadResult
    from omicsdk.hca.upload.sources import SourceFile
    from omicsdk.transfer import Control, Progress

#: How often the service is told of a file, and the longest wait between two tries in seconds.
TELL_ATTEMPTS, TELL_WAIT = 3, 2.0


class AreaFiles(AreaCalls):
    """Uploads, beside the calls."""

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
        from omicsdk.hca.upload.access import OwnClient, area_storage
        from omicsdk.hca.upload.sending import CALLERS, Sender, SendOptions
        from omicsdk.hca.upload.sources import chosen

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
        from omicsdk.hca.upload.access import OwnClient
        from omicsdk.hca.upload.sources import chosen

        own = OwnClient()
        try:
            return chosen(file_paths, target_filename=target_filename, file_extension=file_extension, s3=own)
        finally:
            own.close()

    @property
    def _patience(self) -> Retry:
        """How the service is told of a file: three tries."""
        given = self._api.retry
        usual = given == within_budget()
        return replace(Retry(base=TELL_WAIT, cap=TELL_WAIT) if usual else given, attempts=TELL_ATTEMPTS)
