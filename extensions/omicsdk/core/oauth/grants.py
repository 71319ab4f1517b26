"""OAuth 2.0: applications, authorization requests, and requests for tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from omicsdk.core.bodies import Body, json_body
from omicsdk.core.credentials import is_confidential, is_loopback
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.forms import form_body
from omicsdk.core.json_coding import json_object
from omicsdk.core.oauth.tokens import FORM, complaint, post
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import Request
from omicsdk.core.type_guards import is_array, is_object

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
        missing = [
            name
            for name in ("client_id", "auth_uri", "token_uri")
            if not (texts[name] and isinstance(texts[name], str))
        ]
        if missing:
            raise ConfigError(f"The application's secrets from {source} have no {', '.join(missing)}", remedy=_REMEDY)
        for name in ("auth_uri", "token_uri"):
            if not is_confidential(str(texts[name])):
                raise ConfigError(
                    f"{name} of the application's secrets from {source} is {mask_url(str(texts[name]))!r}, which is not encrypted",
                    remedy="Use a URL that begins with https://.",
                )
        redirect_uris: object = inner.get("redirect_uris")
        redirects = tuple(uri for uri in redirect_uris if isinstance(uri, str)) if is_array(redirect_uris) else ()
        secret = texts["client_secret"]
        return cls(
            str(texts["client_id"]),
            str(texts["auth_uri"]),
            str(texts["token_uri"]),
            secret if isinstance(secret, str) else "",
            redirects,
        )

    def beside(self, uri: str, last: str, other: str) -> str:
        """Return a related address of the same server: `/oauth/revoke` for `/oauth/token`.

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
            Those of a registered address of this machine, 127.0.0.1 before localhost; the port is 0 if none is registered,
            which servers must treat as any (RFC 8252, 7.3). Without a registered address 127.0.0.1, any port and "/".
        """
        uris = [here for uri in self.redirect_uris if (here := _of_this_machine(uri)) is not None]
        # RFC 8252, 8.3: an address rather than `localhost`, which may resolve to another interface.
        return min(uris, key=lambda here: here[0] == "localhost", default=("127.0.0.1", 0, "/"))


def _of_this_machine(uri: str) -> tuple[str, int, str] | None:
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        return None
    # The server listens on 127.0.0.1 only, so a browser would reach nothing at ::1.
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
    # Refuses a redirect that another site makes the browser follow (RFC 6749, 10.12).
    state = generate_token(32)
    # The library accepts https only; http on this machine is checked where the application is read.
    scheme, separator, rest = application.auth_uri.partition("://")
    url = client.prepare_request_uri(
        f"https{separator}{rest}",
        redirect_uri=redirect_uri,
        scope=list(scopes),
        state=state,
        # RFC 7636, 4.2: S256 wherever possible; `plain` would show the verifier in the browser's address.
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
    query = _shown_as_json(text) if bare else None  # first: it may contain URLs
    if query is None:
        query = _query(text)
    if query is None and bare and not any(character.isspace() for character in text):
        return text.strip("'\"")
    if not query:
        remedy = "Give the whole address that the browser was redirected to, or log in again."
        raise AuthError("The response has no code", remedy=remedy)
    try:
        # The library accepts https only; the address does not matter, since only the query is read.
        fields = WebApplicationClient("").parse_request_uri_response(f"https://localhost/?{query}", state)
    except MismatchingStateError as error:
        raise AuthError("The response belongs to a different login", remedy=AGAIN) from error
    except MissingCodeError as error:
        raise AuthError("The login ended without a code", remedy=AGAIN) from error
    # After its two subclasses above, whose messages differ.
    except OAuth2Error as error:
        raise AuthError(f"The login was refused: {complaint(error.error, error.description)}", remedy=AGAIN) from error
    return str(fields["code"])


def _query(text: str) -> str | None:
    if "://" in text:
        try:
            return urlsplit(text).query
        except ValueError:
            return ""
    return text.removeprefix("?") if "code=" in text or "error=" in text else None


def _shown_as_json(text: str) -> str | None:
    """Return the query that an echo page shows as JSON, at the top or under `query_params`."""
    from urllib.parse import urlencode

    if not text.startswith("{"):
        return None
    if (content := json_object(text)) is None:
        return ""
    inner: object = content.get("query_params")
    fields = inner if is_object(inner) else content
    return urlencode({name: value for name, value in fields.items() if isinstance(value, str)})


def code_request(application: Application, login: Authorization, code: str) -> Request:
    """Return the request that exchanges a login's code for tokens; it can be sent once.

    Args:
        application: The application that requests tokens.
        login: The login.
        code: Its code.
    """
    from oauthlib.oauth2 import WebApplicationClient

    # RFC 6749, 4.1.3: with the redirect_uri of the authorization request, or the server refuses the code.
    body = WebApplicationClient(application.client_id).prepare_request_body(
        code=code,
        redirect_uri=login.redirect_uri,
        code_verifier=login.verifier,
        client_secret=application.client_secret or None,
    )
    # Not repeated if it may have arrived: a code is valid once, and a second use may revoke its tokens (RFC 6749, 4.1.2).
    return post(application.token_uri, Body(body.encode(), FORM), "login")


def refresh_request(application: Application, refresh_token: str) -> Request:
    """Return the request that exchanges a refresh token for an access token.

    Args:
        application: The application that the refresh token was issued to.
        refresh_token: The refresh token.
    """
    secret = {"client_secret": application.client_secret} if application.client_secret else {}
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": application.client_id}
    return post(application.token_uri, form_body(fields | secret), "refresh")


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
        # May be repeated: revoking an invalid token is no error (RFC 7009, 2.2).
        return post(uri, json_body(fields), "logout", again=True)
    secret = {"client_secret": application.client_secret} if application.client_secret else {}
    return post(uri, form_body(fields | secret | {"token_type_hint": "refresh_token"}), "logout", again=True)
