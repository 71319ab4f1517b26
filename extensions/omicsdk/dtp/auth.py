"""`Auth`: the login to a commons, under the name that it has in the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.gen3.login import Gen3Login

if TYPE_CHECKING:
    from httpx import Response


class Auth(Gen3Login):
    __doc__ = f"The login to a Gen3 commons. It is `omicsdk.gen3.Gen3Login` by another name.\n\n{Gen3Login.__doc__}"

    def curl(self, path: str, request: str | None = None, data: str | None = None) -> Response:
        """Send a request of your own to the commons: `Gen3Login.request` by its documented name.

        Args:
            path: The path, such as /user/user, with its query if it has one; or a whole URL of the commons.
            request: GET, POST, PUT, PATCH or DELETE; by default POST with `data` and GET without.
            data: The body: JSON, which is sent as it is, or other text; or @FILE for the content of a file.
        """
        return self.request(path, request, data)
