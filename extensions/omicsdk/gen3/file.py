"""Files of a commons: presigned URLs to and from their bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from logging import getLogger
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.gen3.index_records import stated
from omicsdk.gen3.service import Documented, Service, mounted, parties, settings
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk_api.gen3.fence import AsyncFenceApi, FenceApi
    from omicsdk_api.gen3.indexd import AsyncIndexdApi, IndexdApi

    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network

_log = getLogger("omicsdk.gen3")


def _fence() -> tuple[type[FenceApi], type[AsyncFenceApi]]:
    from omicsdk_api.gen3.fence import AsyncFenceApi, FenceApi

    return FenceApi, AsyncFenceApi


def _indexd() -> tuple[type[IndexdApi], type[AsyncIndexdApi]]:
    from omicsdk_api.gen3.indexd import AsyncIndexdApi, IndexdApi

    return IndexdApi, AsyncIndexdApi


class Gen3File(Documented):
    """Files of a commons.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: Who asks.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network for requests to the commons, for tests.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        commons, credentials = parties(endpoint, auth_provider)
        options = settings(timeout, retry, transport)
        self._fence: Service[FenceApi, AsyncFenceApi] = Service(f"{commons}/user", credentials, _fence, options)
        self._index: Service[IndexdApi, AsyncIndexdApi] = Service(
            mounted(commons, "index"), credentials, _indexd, options
        )
        super().__init__(self._fence, self._index)

    def get_presigned_url(self, guid: str, protocol: str | None = None) -> dict[str, Any]:
        """Gives a URL from which a file can be fetched for some time by whoever has it.

        Args:
            guid: The file's GUID.
            protocol: Which of its places is meant: s3, gs, az, ftp, http or https; the commons chooses by default.

        Returns:
            The `url`.

        Raises:
            NotFound: There is no such file, or it has no place of that kind.
            Unauthorized: The commons wants a login.
            Forbidden: This one may not read it.
        """
        return json_of(self._fence.client.get_presigned_url.raw(file_id=guid, **stated(protocol=protocol)))

    def upload_file(
        self,
        file_name: str,
        authz: Sequence[str] | None = None,
        protocol: str | None = None,
        expires_in: int | None = None,
        bucket: str | None = None,
    ) -> dict[str, Any]:
        """Creates a blank record, and a URL that the file's bytes are to be sent to with PUT. It sends none of them.

        Args:
            file_name: The file's name.
            authz: The resources that say who may do what with it; by default it is its uploader's.
            protocol: The kind of storage, s3 or az; s3 by default.
            expires_in: Seconds for which the URL is good.
            bucket: The bucket; the commons has one by default.

        Returns:
            The record's `guid`, and the `url`.

        Raises:
            Forbidden: This login may not upload.
        """
        fields = stated(file_name=file_name, authz=authz, protocol=protocol, expires_in=expires_in, bucket=bucket)
        return json_of(self._fence.client.upload_file.raw(**fields))

    def upload_file_to_guid(
        self,
        guid: str,
        file_name: str,
        protocol: str | None = None,
        expires_in: int | None = None,
        bucket: str | None = None,
    ) -> dict[str, Any]:
        """Gives a URL that the bytes of a file with a record are to be sent to with PUT.

        Args:
            guid: The record's GUID.
            file_name: The file's name.
            protocol: The kind of storage, s3 or az; s3 by default.
            expires_in: Seconds for which the URL is good.
            bucket: The bucket; the commons has one by default.

        Returns:
            The `url`.

        Raises:
            NotFound: There is no such record.
            Forbidden: This login may not upload to it.
        """
        fields = stated(file_name=file_name, protocol=protocol, expires_in=expires_in, bucket=bucket)
        return json_of(self._fence.client.upload_file_to_guid.raw(file_id=guid, **fields))

    def download_single(self, object_id: str, path: str | os.PathLike[str] = ".") -> bool:
        """Fetches a file under the name that its record has. One that was stopped goes on where it was.

        It is held against its size and all hashes of its record that can be computed, and appears under its name when it is
        right.

        Args:
            object_id: Its GUID.
            path: The folder that it goes to, which is made when it isn't there; the present one by default.

        Returns:
            True; whatever goes wrong is raised.

        Raises:
            NotFound: There is no such file, or it has no bytes anywhere.
            UnsafePath: Its name would lead out of the folder.
            ChecksumMismatch: Its bytes aren't those of its record.
            TransferError: It didn't arrive.
        """
        from omicsdk.drs.objects import checksums_of
        from omicsdk.gen3.local_files import fetch

        record: dict[str, Any] = json_of(self._index.client.get_record.raw(guid=object_id))
        checksums = checksums_of(record.get("hashes"))
        if not checksums:
            _log.warning("%s has no hash that can be computed: only its size is compared", object_id)
        stated = record.get("file_name") or object_id.rstrip("/").rpartition("/")[2]
        name = safe_name(stated.lstrip() if isinstance(stated, str) else stated, f"record {object_id}")
        fetch(
            name,
            path,
            lambda: self.get_presigned_url(object_id)["url"],
            what=object_id,
            size=record.get("size"),
            checksums=checksums,
        )
        return True

    def delete_file(self, guid: str) -> str:
        """Deletes a file's bytes in all places, and its record; `delete_file_locations` is the same.

        Args:
            guid: Its GUID.

        Returns:
            The commons' words; empty as a rule.

        Raises:
            NotFound: There is no such file.
            Forbidden: This login may not delete it.
        """
        return self.delete_file_locations(guid).text

    def delete_file_locations(self, guid: str) -> DocumentedResponse:
        """Deletes a file's bytes in all places, and its record.

        Args:
            guid: Its GUID.

        Returns:
            The answer, as requests has answers.

        Raises:
            NotFound: There is no such file.
            Forbidden: This login may not delete it.
        """
        from omicsdk.core.documented.client import DocumentedResponse

        return DocumentedResponse(self._fence.client.delete_file_locations.raw(file_id=guid))
