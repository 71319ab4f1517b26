"""What the workflow's clients of a commons have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3UserError

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout


class CommonsClient:
    """The base of clients of a commons: they are context managers, and close what they have opened.

    Args:
        auth: The login, which says which commons it is.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Attributes:
        commons: The commons.

    Raises:
        Gen3UserError: The login doesn't say which commons it is for.
    """

    def __init__(
        self,
        auth: Credentials | httpx.Auth,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        endpoint: str | None = getattr(auth, "endpoint", None)
        if not endpoint:
            raise Gen3UserError("It isn't said which commons is meant", remedy="Give a login that states its commons.")
        self.commons = Gen3(endpoint, credentials=auth, timeout=timeout, retry=retry, transport=transport)

    def close(self) -> None:
        """Closes the connections."""
        self.commons.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.commons.base_url}>"
