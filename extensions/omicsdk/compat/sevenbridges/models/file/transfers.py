"""A file's bytes: up, down, and as text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.enums import STREAMED, PartSize, RequestParameters
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.compat.sevenbridges.models.file.parts import DownloadInfo

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.file.resource import File
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.compat.sevenbridges.transfer.download import Download
    from omicsdk.compat.sevenbridges.transfer.upload import Upload


class FileTransfers(Resource):
    """What moves bytes."""

    @classmethod
    def upload(
        cls,
        path: str | os.PathLike[str],
        project: Project | str | None = None,
        parent: File | str | None = None,
        file_name: str | None = None,
        overwrite: bool = False,
        retry: int = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float = RequestParameters.DEFAULT_TIMEOUT,
        part_size: int = PartSize.UPLOAD_RECOMMENDED_SIZE,
        wait: bool = True,
        api: HttpClient | None = None,
    ) -> Upload:
        """Uploads a file of this machine.

        Args:
            path: The file.
            project: Where it goes: a project, or its id.
            parent: Where it goes: a folder, or its id; in the place of `project`.
            file_name: What it is to be called; its own name by default.
            overwrite: Whether it may take the place of a file of that name.
            retry: How often a part is sent again that failed, at most.
            timeout: Seconds for each step of a part's request.
            part_size: Bytes in a part, from 5 MiB to 5 GiB; the platform may make it larger.
            wait: Whether to return when it is done. If not, `start()` of what is returned begins it.
            api: The Api, where this is the class of none.

        Returns:
            The upload; its `result()` is the file.

        Raises:
            SbgError: Both or neither of project and parent are given, or it failed while it was waited for.
        """
        from omicsdk.compat.sevenbridges.transfer.upload import Upload

        api = cls._client(api)
        upload = Upload(path, project, parent, file_name, overwrite, part_size, retry, timeout, api)
        if wait:
            upload.start()
            upload.wait()
        return upload

    def download_info(self) -> DownloadInfo:
        """Asks where the file's bytes are fetched from.

        Returns:
            The URL. It is a secret, and ends after some hours.

        Raises:
            SbgError: The platform answered with an error: a folder has no bytes.
        """
        request = self.api.client.get_file_download_info.build(file_id=identifier(self))
        return DownloadInfo.of(self.api.call_object(request), self.api)

    def download(
        self,
        path: str | os.PathLike[str],
        retry: int = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float = RequestParameters.DEFAULT_TIMEOUT,
        chunk_size: int = PartSize.DOWNLOAD_MINIMUM_PART_SIZE,
        wait: bool = True,
        overwrite: bool = False,
    ) -> Download:
        """Downloads the file.

        Args:
            path: Where to; it is there when all bytes are.
            retry: How often a part is asked for again that failed, at most.
            timeout: Seconds for each step of a part's request.
            chunk_size: Bytes in a part, 5 MiB or more.
            wait: Whether to return when it is done. If not, `start()` of what is returned begins it.
            overwrite: Whether it may take the place of what is at `path`.

        Returns:
            The download.

        Raises:
            LocalFileAlreadyExists: Something is at `path`, and `overwrite` isn't set.
            SbgError: It failed while it was waited for.
        """
        from omicsdk.compat.sevenbridges.transfer.download import Download

        download = Download(None, path, chunk_size, retry, timeout, self.api, file=self._as_file(), overwrite=overwrite)
        if wait:
            download.start()
            download.wait()
        return download

    def stream(self, part_size: int = STREAMED) -> Iterator[bytes]:
        """Gives the file's bytes as they come, without keeping them.

        Args:
            part_size: Bytes at a time, above 0.

        Raises:
            SbgError: They can't be fetched, or end too early.
        """
        from omicsdk.compat.sevenbridges.transfer.download import stream

        return stream(self._as_file(), part_size)

    def content(
        self, path: str | os.PathLike[str] | None = None, overwrite: bool = True, encoding: str = "utf-8"
    ) -> str:
        """Downloads the file and reads it as text; all of it is held in memory.

        Args:
            path: Where it is to stay; None for nowhere.
            overwrite: Whether it may take the place of what is at `path`.
            encoding: The text's encoding.

        Returns:
            The text.

        Raises:
            LocalFileAlreadyExists: Something is at `path`, and `overwrite` isn't set.
            SbgError: It can't be downloaded, or isn't text of that encoding.
        """
        if path is None:
            from tempfile import TemporaryDirectory

            with TemporaryDirectory(prefix="omicsdk-") as folder:
                return self.content(Path(folder, "content"), overwrite, encoding)
        self.download(path, overwrite=overwrite)
        try:
            return Path(path).read_text(encoding)
        except UnicodeDecodeError as error:
            raise SbgError(
                f"{self!r} isn't text in {encoding}: byte {error.start} isn't",
                remedy="Give its encoding, or use download() or stream().",
            ) from error

    def _as_file(self) -> File:
        """This object, which is a File: nothing else has these methods."""
        from omicsdk.compat.sevenbridges.models.file.resource import File

        assert isinstance(self, File)
        return self
