"""gen3.auth: the login to a commons, and the functions beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.gen3.errors import Gen3AuthError as Gen3AuthError
from omicsdk.gen3.login import Gen3Login
from omicsdk.gen3.sources import decode_token as decode_token
from omicsdk.gen3.sources import endpoint_from_token as endpoint_from_token
from omicsdk.gen3.tokens import get_access_token_with_client_credentials as get_access_token_with_client_credentials
from omicsdk.gen3.tokens import get_access_token_with_key as get_access_token_with_key
from omicsdk.gen3.tokens import get_token_cache_file_name as get_token_cache_file_name
from omicsdk.gen3.tokens import get_wts_endpoint as get_wts_endpoint
from omicsdk.gen3.tokens import get_wts_idps as get_wts_idps

if TYPE_CHECKING:
    from omicsdk.compat.responses import DocumentedResponse


class Gen3Auth(Gen3Login):
    """Login to a Gen3 commons: `omicsdk.gen3.Gen3Login`, with its arguments and errors."""

    def curl(self, path: str, request: str | None = None, data: str | None = None) -> DocumentedResponse:
        """Send a custom request to the commons.

        Args:
            path: The path, such as /user/user, with its query if it has one; or a whole URL of the commons.
            request: GET, POST, PUT, PATCH or DELETE; by default POST with `data` and GET without.
            data: The body: JSON, which is sent unchanged, or other text; or @FILE for the content of a file.

        Returns:
            The response, with the names that requests gives answers.
        """
        from omicsdk.compat.responses import DocumentedResponse  # which loads the network's libraries

        return DocumentedResponse(self.request(path, request, data))
