"""gen3.file: presigned URLs to and from the bytes of files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat._requests import json_of
from omicsdk.compat.gen3._service import Service, fields_of, raise_published
from omicsdk.compat.responses import DocumentedResponse
from omicsdk.core.errors import NotJson

if TYPE_CHECKING:
    import httpx


class Gen3File(Service):
    """Client of the files of a commons; arguments and errors as for every client of this package."""

    def get_presigned_url(self, guid: str, protocol: str | None = None) -> dict[str, Any]:
        """Return a URL from which anyone can download a file for some time.

        Args:
            guid: The file's GUID.
            protocol: The kind of its locations: s3, gs, az, ftp, http or https; the commons chooses by default.

        Returns:
            The `url`; the text of a response that is not JSON.

        Raises:
            NotFound: There is no such file, or it has no location of that kind.
            Unauthorized: The commons requires a login.
            Forbidden: This one may not read it.
        """
        fields = fields_of(locals(), "guid")
        return _document(self._commons.fence.get_presigned_url.raw(file_id=guid, **fields))

    def upload_file(
        self,
        file_name: str,
        authz: Sequence[str] | None = None,
        protocol: str | None = None,
        expires_in: int | None = None,
        bucket: str | None = None,
    ) -> dict[str, Any]:
        """Create a blank record, and a URL for uploading the file with PUT. No bytes are sent.

        Args:
            file_name: The file's name.
            authz: The resources that state who may do what with it; by default it is its uploader's.
            protocol: The kind of storage, s3 or az; s3 by default.
            expires_in: Seconds for which the URL is good.
            bucket: The bucket; the commons has one by default.

        Returns:
            The record's `guid`, and the `url`; the text of a response that is not JSON.

        Raises:
            Forbidden: This login may not upload.
        """
        return _document(self._commons.fence.upload_file.raw(**fields_of(locals())))

    def upload_file_to_guid(
        self,
        guid: str,
        file_name: str,
        protocol: str | None = None,
        expires_in: int | None = None,
        bucket: str | None = None,
    ) -> dict[str, Any]:
        """Return a URL for uploading the file of a record with PUT; see `upload_file`.

        Returns:
            The `url`.

        Raises:
            NotFound: There is no such record.
            Forbidden: This login may not upload to it.
        """
        fields = fields_of(locals(), "guid")
        return json_of(self._commons.fence.upload_file_to_guid.raw(file_id=guid, **fields))

    def download_single(self, object_id: str, path: str | os.PathLike[str] = ".") -> bool:
        """Download a file under the name in its record. A stopped download is resumed.

        It is verified by its size and all checksums of its record, and appears under its name when it is right.

        Args:
            object_id: Its GUID.
            path: The folder, which is created; the current one by default.

        Returns:
            True; errors are raised.

        Raises:
            NotFound: There is no such file, or it has no bytes anywhere.
            UnsafePath: Its name would lead out of the folder.
            ChecksumMismatch: Its bytes are not those of its record.
            TransferError: It did not arrive.
        """
        raise_published(self._commons.download_record(object_id, path, check=False))
        return True

    def delete_file(self, guid: str) -> str:
        """Delete a file's bytes in all locations, and its record; return the commons' text, empty usually.

        Args:
            guid: Its GUID.

        Raises:
            NotFound: There is no such file.
            Forbidden: This login may not delete it.
        """
        return self.delete_file_locations(guid).text

    def delete_file_locations(self, guid: str) -> DocumentedResponse:
        """Delete a file's bytes in all locations, and its record; return the response, as requests does.

        Args:
            guid: Its GUID.

        Raises:
            NotFound: There is no such file.
            Forbidden: This login may not delete it.
        """
        # Other values than texts are sent as Python writes them.
        return DocumentedResponse(self._commons.fence.delete_file_locations.raw(file_id=str(guid)))


def _document(response: httpx.Response) -> Any:
    """Return the JSON of a response, or its text if it is no JSON; a web page, such as a login page, is an error."""
    try:
        return json_of(response)
    except NotJson:
        if response.text.lstrip().startswith("<"):
            raise
        return response.text
