"""Fusillade's documented clients: the names, arguments and plain JSON answers of its published documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.hca.client import AsyncHCAClient, HCAClient
from omicsdk.hca.fusillade.auth import SECTION, AsyncAuth, Auth
from omicsdk.hca.fusillade.operations import AuthOperations

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig


class AuthClient(AuthOperations, HCAClient):
    """The documented client of Fusillade; new code finds more in `Auth`.

    Operations take keyword arguments and answer plain JSON values, bytes where an answer isn't JSON, and None where it
    is empty; so a change of memberships that was made before (304, nothing has changed) is None. Of lists
    `.iterate(**arguments)` gives every item of every page and `.paginate(**arguments)` every page; a plain call gives
    the one page that `next_token` and `per_page` say.

    Args:
        config: The HCA configuration; by default that of the user's files.
        swagger_url: Another deployment: the URL of its document, `https://auth.example.org/swagger.json`. The service
            is at that URL less its last segment; the document itself is never fetched.
        session_kwargs: Options of `Auth`: credentials, timeout, retry, headers, transport.

    Raises:
        ConfigError: The configuration is malformed, or the URL isn't one.
    """

    section = SECTION
    package = "fusillade"

    def __init__(self, config: HCAConfig | None = None, swagger_url: str | None = None, **session_kwargs: Any) -> None:
        super().__init__(Auth, config, swagger_url, session_kwargs)


class AsyncAuthClient(AuthOperations, AsyncHCAClient):
    """The documented client of Fusillade for asyncio: `await client.get_v1_user(...)`, `async for` over `.iterate(...)`.

    Args: as AuthClient's, but that `transport` is an httpx.AsyncBaseTransport.
    """

    section = SECTION
    package = "fusillade"

    def __init__(self, config: HCAConfig | None = None, swagger_url: str | None = None, **session_kwargs: Any) -> None:
        super().__init__(AsyncAuth, config, swagger_url, session_kwargs)
