"""gen3.object: a file, its record and its metadata under one GUID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat.gen3._service import LoginService
from omicsdk.core.errors import APIError
from omicsdk.core.omit import OMIT
from omicsdk.core.page_items import found_at
from omicsdk.core.response import json_of
from omicsdk.gen3.errors import Gen3Error
from omicsdk.gen3.index_records import without_none

#: Statuses of a service that has no such operation at a path.
_NO_SUCH_PATH = frozenset({404, 405})


class Gen3ObjectError(Gen3Error):
    """Creation or deletion of an object of the metadata service failed."""


class Gen3Object(LoginService):
    """Objects of a commons.

    Args:
        auth_provider: The credentials; the commons is the one that they are for, unless `endpoint` is given.
        options: Those of every client of this face: endpoint, timeout, retry, transport, clock.

    Raises:
        Gen3UserError: Nothing states the commons.
    """

    service_endpoint: Final = "/mds"

    def create_object(
        self,
        file_name: str,
        authz: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        aliases: Sequence[str] | None = None,
    ) -> tuple[str, str]:
        """Create an object for a later upload. The request is not repeated.

        Args:
            file_name: The file's name.
            authz: Who may do what with it: `version` 0, and `resource_paths`.
            metadata: Its metadata.
            aliases: Further names for its record in the index.

        Returns:
            Its GUID, and the presigned URL that its bytes are sent to with PUT.

        Raises:
            Gen3ObjectError: The commons did not respond with both.
        """
        creating = self._commons.metadata.create_object
        request = creating.build(file_name=file_name, authz=authz, **without_none(metadata=metadata, aliases=aliases))
        try:
            response = next(creating.responses(request.at("/objects")))
        except APIError as error:
            if error.status not in _NO_SUCH_PATH:
                raise
            response = next(creating.responses(request))  # the service's path since 3.0
        guid, url = (found_at(json_of(response), name) for name in ("guid", "upload_url"))
        if not guid or not url:
            raise Gen3ObjectError(
                f"The commons made {guid or 'no object'}, without {'a URL to upload to' if guid else 'a GUID'}",
                remedy="Ask for a URL with Gen3File.upload_file_to_guid." if guid else "Try again.",
            )
        return guid, url

    def delete_object(self, guid: str, delete_file_locations: bool = False) -> None:
        """Delete an object: its record and its metadata.

        Args:
            guid: Its GUID.
            delete_file_locations: Whether its bytes are deleted, too; by default they stay.

        Raises:
            NotFound: There is no such object.
        """
        self._commons.metadata.delete_object(guid=guid, delete_file_locations="" if delete_file_locations else OMIT)
