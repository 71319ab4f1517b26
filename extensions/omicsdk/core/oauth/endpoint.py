"""Sending requests to an authorization server: over our own transport, so by the environment's proxy and authorities."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, AuthError
from omicsdk.core.oauth.authorization import complaint
from omicsdk.core.oauth.grants import Grant, grant_of
from omicsdk.core.request import Request

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry

_REFUSALS = (400, 401, 403)


class Endpoint:
    """Sends what `omicsdk.core.oauth.grants` makes.

    Args:
        environ: The environment's variables; by default the process's own.
        transport: Takes the place of the network, for tests.
        retry: When to try again; by default up to five times more, but a code or a refresh token is sent again only if it
            can't have arrived.
        clock: What tells the time.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        transport: "httpx.BaseTransport | None" = None,
        retry: "Retry | None" = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._environ = environ
        self._transport = transport
        self._retry = retry
        self._clock = clock

    def text(self, request: Request) -> str:
        """Sends a request and gives the answer's body.

        Args:
            request: What to send, to an absolute URL. It isn't followed elsewhere: secrets are in it.

        Raises:
            APIError: The server answered with an error.
            TransportError: No whole answer came.
        """
        from omicsdk.core.sending.transport import Transport

        parts = urlsplit(request.url)
        transport = Transport(
            f"{parts.scheme}://{parts.netloc}",
            environ=self._environ,
            transport=self._transport,
            retry=self._retry,
            clock=self._clock,
        )
        try:
            return transport.send(request, follow_redirects=False).text
        finally:
            transport.close()

    def grant(self, request: Request, *, previous: str = "") -> Grant:
        """Sends a request to a token endpoint.

        Args:
            request: What to send.
            previous: The refresh token in it, which goes on when no new one comes.

        Returns:
            The tokens.

        Raises:
            AuthError: The server refused, or answered without tokens.
            APIError: It answered with another error.
            TransportError: No whole answer came.
        """
        try:
            text = self.text(request)
        except APIError as error:
            if error.status not in _REFUSALS:
                raise
            host = urlsplit(request.url).netloc
            raise AuthError(
                f"{host} refused the {request.operation}: {complaint(error.code, error.message)}",
                remedy="Log in again.",
            ) from error
        return grant_of(text, self._clock.now(), previous=previous)


def get(url: str, operation: str) -> Request:
    """A request for what anybody may read.

    Args:
        url: The absolute URL.
        operation: What errors call it.
    """
    return Request("GET", url, (("accept", "application/json"),), None, True, False, operation)
