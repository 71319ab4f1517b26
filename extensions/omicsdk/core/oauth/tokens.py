"""OAuth 2.0: requests to the endpoint for tokens, and its grants."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omicsdk.core.bodies import Body
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import jwt_expiry
from omicsdk.core.errors import APIError, AuthError
from omicsdk.core.request import Request
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Grant:
    """The tokens from an authorization server.

    Attributes:
        access_token: Sent with requests.
        expires_at: Seconds since 1970 at which it expires; None if not stated.
        refresh_token: Exchanged for the next access token; empty if there is none.
        id_token: Identifies the user; empty if there is none.
    """

    access_token: str = field(repr=False)
    expires_at: float | None = None
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)


def complaint(error: object, description: object) -> str:
    """Format an authorization server's error in one line.

    Args:
        error: Its error code; empty if there is none.
        description: Its description; empty if there is none.
    """
    texts = [" ".join(str(text).split())[:300] for text in (error, description) if text]
    return ": ".join(texts) or "it gave no reason"


def grant_of(text: str, now: float, *, previous: str = "") -> Grant:
    """Read a token endpoint's response.

    Args:
        text: The response's body.
        now: Seconds since 1970 at which it arrived; lifetimes count from there.
        previous: The refresh token that was sent, which remains valid if there is no new one.

    Returns:
        The tokens. If no lifetime is stated, the expiry is the one in a JSON Web Token.

    Raises:
        AuthError: It is an error, or has no access token.
    """
    fields = object_in(text)
    # RFC 6749, 5.2 requires status 400 for errors, but some servers send them with 200.
    if error := fields.get("error"):
        refusal = complaint(error, fields.get("error_description"))
        raise AuthError(f"The authorization server refused: {refusal}", remedy="Log in again.")
    if not isinstance(fields.get("scope") or "", str):
        raise AuthError("The authorization server's response cannot be read")
    access, refresh, identity = (fields.get(name) for name in ("access_token", "refresh_token", "id_token"))
    if not isinstance(access, str) or not access:
        raise AuthError("The authorization server responded without an access token")
    # A number in RFC 6749, 5.1; some servers send text.
    seconds = seconds_in(fields.get("expires_in"))
    return Grant(
        access,
        jwt_expiry(access) if seconds is None else now + seconds,
        refresh if isinstance(refresh, str) and refresh else previous,
        identity if isinstance(identity, str) else "",
    )


def object_in(text: str) -> dict[str, object]:
    """Read a response of an authorization server.

    Args:
        text: The response's body.

    Raises:
        AuthError: It is not a JSON object.
    """
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AuthError("The authorization server's response is not JSON") from error
    if not is_object(value):
        raise AuthError("The authorization server's response is not a JSON object")
    return dict(value)


def seconds_in(lifetime: object) -> float | None:
    """Return a lifetime or an interval in seconds, from a number or text; None for anything else.

    Args:
        lifetime: What the server states.
    """
    try:
        # A bool is an int: true would be a second.
        seconds = float(lifetime) if isinstance(lifetime, int | float | str) and lifetime is not True else math.nan
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def post(uri: str, body: Body, operation: str, *, again: bool = False) -> Request:
    """Return the request that sends a body to an authorization server.

    Args:
        uri: The absolute URL.
        body: A form, unless it states another media type.
        operation: Its name in errors.
        again: Whether it may be repeated although it may have arrived.
    """
    headers = (("accept", "application/json"), ("content-type", body.media_type or FORM))
    return Request("POST", uri, headers, body.content, again, False, operation)


# RFC 6749, 5.2 has 400 and 401, some servers use 403. Another status is about the server's state, not about the login.
_REFUSALS = (400, 401, 403)


class Endpoint:
    """Sends the requests of `omicsdk.core.oauth.grants`.

    Args:
        environ: The environment's variables; by default the process's own.
        transport: Replaces the network, for tests.
        retry: When to retry; by default up to five retries, but a code or a refresh token is repeated only if it cannot
            have arrived.
        clock: The source of time.
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
        """Send a request and return the response's body.

        Args:
            request: The request, to an absolute URL. Redirects are not followed: it contains secrets.

        Raises:
            APIError: The server returned an error.
            TransportError: No complete response arrived.
        """
        from omicsdk.core.sending.transport import Transport

        parts = urlsplit(request.url)
        # A transport of its own, without credentials that could be sent along.
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
            # A transport that was passed belongs to the caller.
            if self._transport is None:
                transport.close()

    def grant(self, request: Request, *, previous: str = "") -> Grant:
        """Send a request to a token endpoint.

        Args:
            request: The request.
            previous: The refresh token in it, which remains valid if there is no new one.

        Returns:
            The tokens.

        Raises:
            AuthError: The server refused, or responded without tokens.
            APIError: It returned another error.
            TransportError: No complete response arrived.
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
    """Return a request for a public resource.

    Args:
        url: The absolute URL.
        operation: Its name in errors.
    """
    return Request("GET", url, (("accept", "application/json"),), None, True, False, operation)
