"""OAuth 2.0: applications, authorization requests, and grants."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omicsdk.core.bodies import Body, form_body, json_body
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import is_confidential, is_loopback, jwt_expiry
from omicsdk.core.errors import APIError, AuthError, ConfigError
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import Request
from omicsdk.core.type_guards import is_array, is_object

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry


_REMEDY = "Download the application's secrets again; they have client_id, auth_uri and token_uri."


@dataclass(frozen=True, slots=True)
class Application:
    """An application that requests tokens from an authorization server.

    Attributes:
        client_id: The application's id.
        auth_uri: Where a user's browser logs in.
        token_uri: Where codes and refresh tokens are exchanged for access tokens.
        client_secret: The application's secret; empty for a public client.
        redirect_uris: Addresses that the server redirects browsers to, if known.
    """

    client_id: str
    auth_uri: str
    token_uri: str
    client_secret: str = field(default="", repr=False)
    redirect_uris: tuple[str, ...] = ()

    @classmethod
    def of(cls, secrets: Mapping[str, object], source: str) -> "Application":
        """Read Google's "client secrets" format: `{"installed": {"client_id": ..., ...}}`.

        Args:
            secrets: The decoded JSON; its members may be under `installed` or `web`, or at the top.
            source: Where it comes from, for errors.

        Returns:
            The application.

        Raises:
            ConfigError: A member is missing, or an address is not encrypted.
        """
        inner = next((part for name in ("installed", "web") if is_object(part := secrets.get(name))), secrets)
        texts = {name: inner.get(name) for name in ("client_id", "auth_uri", "token_uri", "client_secret")}
        missing = [name for name in ("client_id", "auth_uri", "token_uri") if not isinstance(texts[name], str)]
        if missing:
            raise ConfigError(f"The application's secrets from {source} have no {', '.join(missing)}", remedy=_REMEDY)
        for name in ("auth_uri", "token_uri"):
            if not is_confidential(str(texts[name])):
                raise ConfigError(
                    f"{name} of the application's secrets from {source} is {mask_url(str(texts[name]))!r}, which is not encrypted",
                    remedy="Use a URL that begins with https://.",
                )
        listed: object = inner.get("redirect_uris")
        redirects = tuple(each for each in listed if isinstance(each, str)) if is_array(listed) else ()
        secret = texts["client_secret"]
        return cls(
            str(texts["client_id"]),
            str(texts["auth_uri"]),
            str(texts["token_uri"]),
            secret if isinstance(secret, str) else "",
            redirects,
        )

    def beside(self, uri: str, last: str, other: str) -> str:
        """Return a related address of the same server: `/oauth/token` for `/oauth/revoke`.

        Args:
            uri: The known address.
            last: The end of its path.
            other: The end of the related path; it is at the root if `uri` ends otherwise.

        Returns:
            The related address, without query.
        """
        parts = urlsplit(uri)
        path = parts.path[: -len(last)] + other if parts.path.endswith(last) else other
        return f"{parts.scheme}://{parts.netloc}{path}"

    def loopback(self) -> tuple[str, int, str]:
        """Return host, port and path at which the server may redirect a browser to this machine.

        Returns:
            Those of a registered address of this machine, 127.0.0.1 before localhost (whose name may resolve
            elsewhere); the port is 0 if none is registered, which servers must treat as any (RFC 8252, 7.3). Without a
            registered address 127.0.0.1, any port and "/".
        """
        found = [here for uri in self.redirect_uris if (here := _of_this_machine(uri)) is not None]
        return min(found, key=lambda here: here[0] == "localhost", default=("127.0.0.1", 0, "/"))


def _of_this_machine(uri: str) -> tuple[str, int, str] | None:
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        return None
    is_here = parts.scheme == "http" and is_loopback(host) and ":" not in host
    return (host, port, parts.path or "/") if is_here else None


#: Length parameter of a code verifier in the library, which makes 64 or 86 characters of it: RFC 7636 allows 43 to 128.
VERIFIER_LENGTH = 64
AGAIN = "Log in again."


@dataclass(frozen=True, slots=True)
class Authorization:
    """A login that was started.

    Attributes:
        url: Where the user's browser logs in.
        redirect_uri: Where it is redirected to afterwards.
        state: Returned with the redirect: proof that it belongs to this login.
        verifier: Proof that the program that started the login redeems the code (PKCE).
    """

    url: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(
    application: Application, redirect_uri: str, scopes: Sequence[str], extra: Mapping[str, str] | None = None
) -> Authorization:
    """Start a login.

    Args:
        application: The application that requests tokens.
        redirect_uri: Where the browser is redirected to afterwards.
        scopes: The requested scopes, such as `openid`.
        extra: Further parameters of the request, such as an `audience`.

    Returns:
        The login, with an unpredictable state and verifier.
    """
    from oauthlib.common import generate_token
    from oauthlib.oauth2 import WebApplicationClient

    client = WebApplicationClient(application.client_id)
    verifier = client.create_code_verifier(VERIFIER_LENGTH)
    state = generate_token(32)
    # The library accepts https only; http on this machine is checked where the application is read.
    scheme, separator, rest = application.auth_uri.partition("://")
    url = client.prepare_request_uri(
        f"https{separator}{rest}",
        redirect_uri=redirect_uri,
        scope=list(scopes),
        state=state,
        code_challenge=client.create_code_challenge(verifier, "S256"),
        code_challenge_method="S256",
        **(extra or {}),
    )
    return Authorization(scheme + url.removeprefix("https"), redirect_uri, state, verifier)


def code_of(pasted: str, state: str, *, bare: bool = False) -> str:
    """Read the code from the result of a login.

    Args:
        pasted: The address that the browser was redirected to, or its query.
        state: The login's state.
        bare: Whether to accept the code alone too, or the JSON of a page that shows it: users copy these.

    Returns:
        The code.

    Raises:
        AuthError: The login was refused, it is another one, or there is no code.
    """
    from oauthlib.oauth2 import MismatchingStateError, MissingCodeError, OAuth2Error, WebApplicationClient

    text = pasted.strip()
    if not text:
        raise AuthError("No code was given", remedy=AGAIN)
    query = _query(text)
    if query is None and bare:
        shown = _shown_as_json(text)
        if shown is None and text and not any(character.isspace() for character in text):
            return text.strip("'\"")
        query = shown
    try:
        found = WebApplicationClient("").parse_request_uri_response(f"https://localhost/?{query or ''}", state)
    except MismatchingStateError as error:
        raise AuthError("The response belongs to a different login", remedy=AGAIN) from error
    except MissingCodeError as error:
        raise AuthError("The login ended without a code", remedy=AGAIN) from error
    except OAuth2Error as error:
        raise AuthError(f"The login was refused: {complaint(error.error, error.description)}", remedy=AGAIN) from error
    except ValueError as error:
        raise AuthError("Cannot read the result of the login", remedy=AGAIN) from error
    return str(found["code"])


def complaint(error: object, description: object) -> str:
    """Format an authorization server's error in one line.

    Args:
        error: Its error code; empty if there is none.
        description: Its description; empty if there is none.
    """
    said = [" ".join(str(each).split())[:300] for each in (error, description) if each]
    return ": ".join(said) or "it gave no reason"


def _query(text: str) -> str | None:
    if "://" in text:
        try:
            return urlsplit(text).query
        except ValueError:
            return ""
    return text.removeprefix("?") if "code=" in text or "error=" in text else None


def _shown_as_json(text: str) -> str | None:
    """Return the query that an echo page shows as JSON, at the top or under `query_params`."""
    import json
    from urllib.parse import urlencode

    if not text.startswith("{"):
        return None
    try:
        shown: object = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not is_object(shown):
        return ""
    inner: object = shown.get("query_params")
    fields = inner if is_object(inner) else shown
    return urlencode({name: value for name, value in fields.items() if isinstance(value, str)})


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


def code_request(application: Application, login: Authorization, code: str) -> Request:
    """Return the request that exchanges a login's code for tokens; it can be sent once.

    Args:
        application: The application that requests tokens.
        login: The login.
        code: Its code.
    """
    from oauthlib.oauth2 import WebApplicationClient

    body = WebApplicationClient(application.client_id).prepare_request_body(
        code=code,
        redirect_uri=login.redirect_uri,
        code_verifier=login.verifier,
        client_secret=application.client_secret or None,
    )
    return post(application.token_uri, Body(body.encode(), FORM), "login")


def refresh_request(application: Application, refresh_token: str) -> Request:
    """Return the request that exchanges a refresh token for an access token.

    Args:
        application: The application that the refresh token was issued to.
        refresh_token: The refresh token.
    """
    from oauthlib.oauth2 import WebApplicationClient

    secret = {"client_secret": application.client_secret} if application.client_secret else {}
    body = WebApplicationClient(application.client_id).prepare_refresh_body(
        refresh_token=refresh_token, client_id=application.client_id, **secret
    )
    return post(application.token_uri, Body(body.encode(), FORM), "refresh")


def revoke_request(application: Application, uri: str, refresh_token: str, *, as_json: bool = False) -> Request:
    """Return the request that revokes a refresh token.

    Args:
        application: The application that the refresh token was issued to.
        uri: The revocation endpoint.
        refresh_token: The refresh token.
        as_json: Send JSON, which some servers require, instead of RFC 7009's form.
    """
    fields = {"client_id": application.client_id, "token": refresh_token}
    if as_json:
        return post(uri, json_body(fields), "logout", again=True)
    secret = {"client_secret": application.client_secret} if application.client_secret else {}
    return post(uri, form_body(fields | secret | {"token_type_hint": "refresh_token"}), "logout", again=True)


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
    from oauthlib.oauth2 import MissingTokenError, OAuth2Error, WebApplicationClient

    fields = object_in(text)
    lifetime = fields.pop("expires_in", None)
    fields.pop("expires_at", None)
    try:
        WebApplicationClient("").parse_request_body_response(json.dumps(fields))
    except MissingTokenError as error:
        raise AuthError("The authorization server responded without an access token") from error
    except OAuth2Error as error:
        raise AuthError(
            f"The authorization server refused: {complaint(error.error, error.description)}", remedy="Log in again."
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise AuthError("The authorization server's response cannot be read") from error
    access, refresh, identity = (fields.get(name) for name in ("access_token", "refresh_token", "id_token"))
    if not isinstance(access, str) or not access:
        raise AuthError("The authorization server responded without an access token")
    seconds = seconds_in(lifetime)
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
