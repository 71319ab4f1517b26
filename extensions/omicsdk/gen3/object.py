"""Objects of a commons: a file, its record and its metadata under one GUID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from omicsdk.core.answer import json_of
from omicsdk.core.omit import OMIT
from omicsdk.gen3.errors import Gen3ObjectError
from omicsdk.gen3.metadata import MetadataPlaces

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network


class Gen3Object(MetadataPlaces):
    """Objects of a commons.

    Args:
        auth_provider: Who asks; the commons is the one that it is for, unless `endpoint` is given.
        endpoint: The commons.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
    """

    def __init__(
        self,
        auth_provider: Auth | None = None,
        *,
        endpoint: str | None = None,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        super().__init__(endpoint, auth_provider, "mds", "-admin", timeout=timeout, retry=retry, transport=transport)

    #: Where the service is within the commons.
    service_endpoint: Final = "/mds"

    def create_object(
        self,
        file_name: str,
        authz: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        aliases: Sequence[str] | None = None,
    ) -> tuple[str, str]:
        """Creates an object, whose bytes are still to be uploaded. It is sent once.

        Args:
            file_name: The file's name.
            authz: Who may do what with it: `version` 0, and `resource_paths`.
            metadata: Its metadata.
            aliases: Further names for its record in the index.

        Returns:
            Its GUID, and the presigned URL that its bytes are sent to with PUT.

        Raises:
            Gen3ObjectError: The commons didn't answer with both.
        """
        answer = json_of(
            self._reading.create_object.raw(
                file_name=file_name,
                authz=authz,
                metadata=OMIT if metadata is None else metadata,
                aliases=OMIT if aliases is None else list(aliases),
            )
        )
        guid, url = (answer.get(name) for name in ("guid", "upload_url"))
        if not guid or not url:
            raise Gen3ObjectError(
                f"The commons made {guid or 'no object'}, without {'a URL to upload to' if guid else 'a GUID'}",
                remedy="Ask for a URL with Gen3File.upload_file_to_guid." if guid else "Try again.",
            )
        return guid, url

    def delete_object(self, guid: str, delete_file_locations: bool = False) -> None:
        """Deletes an object: its record and its metadata.

        Args:
            guid: Its GUID.
            delete_file_locations: Whether its bytes are deleted, too; by default they stay.

        Raises:
            NotFound: There is no such object.
        """
        self._reading.delete_object.raw(guid=guid, delete_file_locations="" if delete_file_locations else OMIT)
