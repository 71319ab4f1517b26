"""Logins with Google accounts: tokens, application default credentials, service accounts, and logins with a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import BearerToken, Credentials, Token, is_confidential
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.files import home_folder, read_small, write_private
from omicsdk.core.json_coding import decoded, json_object
from omicsdk.core.logs import logger
from omicsdk.core.oauth.credentials import VARIABLE, named_key_file
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    from omicsdk.core.oauth.grants import Application
    from omicsdk.core.oauth.tokens import Endpoint, Grant
    from omicsdk.core.request import Request

#: The kind of a stored login that is the path of a credentials file; others are bearer tokens.
KIND = "google"
#: Environment variable: an access token, used before any file.
TOKEN_VARIABLE = "OMICS_GOOGLE_TOKEN"  # noqa: S105 - a name
#: Scopes of services that only need to know the account, such as Terra's.
IDENTITY = "openid https://www.googleapis.com/auth/userinfo.email"
#: Scope of reads from Google's storage.
READ_STORAGE = "https://www.googleapis.com/auth/devstorage.read_only"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_LOGIN, _TOKEN = "Run `gcloud auth application-default login`", "the output of `gcloud auth print-access-token`"
REMEDY = f"{_LOGIN}, or set {VARIABLE} to the key file of a service account, or {TOKEN_VARIABLE} to {_TOKEN}."


def login_remedy(command: str) -> str:
    """Return how to log in with Google to a service whose logins are stored.

    Args:
        command: The command that stores them, such as omics login azul.
    """
    return (
        f"{_LOGIN}, then `{command}`; or give it --credentials-file with the key of a service account, or with the client secrets "
        f"of an OAuth application to log in with a browser; or --access-token with {_TOKEN}."
    )


_log = logger("omicsdk.oauth")


def default_file(environ: Mapping[str, str]) -> Path:
    """Return where the application default credentials are.

    Args:
        environ: The environment's variables.

    Raises:
        AuthError: GOOGLE_APPLICATION_CREDENTIALS has a key or a token in the place of a path.
    """
    if (named := named_key_file(environ)) is not None:
        return named
    folder = environ.get("CLOUDSDK_CONFIG")
    return (Path(folder) if folder else home_folder() / ".config" / "gcloud") / "application_default_credentials.json"


def found_credentials(environ: Mapping[str, str], scopes: str, origins: Iterable[str]) -> Credentials | None:
    """Find the user's Google login: a token, a named credentials file, or gcloud's default one.

    Args:
        environ: The environment's variables: OMICS_GOOGLE_TOKEN, GOOGLE_APPLICATION_CREDENTIALS, CLOUDSDK_CONFIG.
        scopes: Scopes of a service account's tokens, separated by spaces; those of a user's are set at login.
        origins: The services that the tokens may be sent to, as URLs.

    Returns:
        Credentials; None if there are none.

    Raises:
        AuthError: A named file cannot be read, is of another kind, or its tokens would be requested unencrypted.
    """
    if token := environ.get(TOKEN_VARIABLE, "").strip():
        return BearerToken(checked_token(token, TOKEN_VARIABLE), origins=origins)
    try:
        path = default_file(environ)
    except ConfigError:  # a user without a home folder has no default file
        return None
    try:
        return google_credentials(path, scopes=scopes, origins=origins)
    except AuthError as error:
        # A file that the user names has to work; gcloud's default one may be of a kind that is not supported here.
        if environ.get(VARIABLE):
            raise
        if path.exists():  # of an unsupported kind; the user did not name it
            _log.warning("continuing without a Google login: %s", error)
        return None


def google_credentials(
    path: Path,
    *,
    scopes: str = IDENTITY,
    origins: str | Iterable[str] | None = None,
    remedy: str = REMEDY,
    endpoint: Endpoint | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Credentials:
    """Make credentials from a file: tokens are requested at first use and renewed every hour.

    Args:
        path: A user's application default credentials, or the key file of a service account.
        scopes: Scopes of a service account's tokens, separated by spaces.
        origins: The services that the tokens may be sent to, as URLs; None is the service of the client.
        remedy: What the user can do when the file cannot be used.
        endpoint: Sends requests for tokens; by default over the network.
        clock: Returns the time.

    Raises:
        AuthError: The file cannot be read, is neither, or its `token_uri` is not encrypted.
    """
    from omicsdk.core.oauth.grants import Application, refresh_request
    from omicsdk.core.oauth.tokens import Endpoint

    content = _read(path, remedy)
    uri, sender = str(content.get("token_uri") or TOKEN_URI), endpoint or Endpoint(clock=clock)

    def grant() -> Grant:
        if content["type"] == "service_account":
            return sender.grant(_assertion_request(path, uri, scopes, clock.now()))
        application = Application(str(content["client_id"]), "", uri, str(content.get("client_secret") or ""))
        return sender.grant(refresh_request(application, str(content["refresh_token"])))

    def token() -> Token:
        granted = grant()
        return Token(granted.access_token, granted.expires_at)

    # The first token has already expired, so that none is requested before it is needed.
    return BearerToken("none", origins=origins, expires_at=0.0, refresh=token, remedy=remedy, clock=clock)


def _read(path: Path, remedy: str) -> dict[str, object]:
    try:
        content: object = decoded(read_small(path))
    except OSError as error:
        raise AuthError(f"The credentials file {path} cannot be read: {error.strerror}", remedy=remedy) from error
    except ValueError as error:
        raise AuthError(f"The credentials file {path} is not JSON", remedy=remedy) from error
    required = {"authorized_user": ("client_id", "refresh_token"), "service_account": ("client_email", "private_key")}
    kind = content.get("type") if is_object(content) else None
    if not is_object(content) or kind not in required or not all(content.get(name) for name in required[kind]):
        raise AuthError(
            f"The credentials file {path} contains neither user credentials nor a service account key",
            remedy=remedy,
        )
    if (uri := content.get("token_uri")) and not is_confidential(str(uri)):
        raise AuthError(f"token_uri of the credentials file {path} is not encrypted", remedy=remedy)
    return content


def _assertion_request(path: Path, uri: str, scopes: str, now: float) -> Request:
    """Return the request that exchanges a service account's signed assertion for a token (RFC 7523)."""
    from omicsdk.core.forms import form_body
    from omicsdk.core.oauth.credentials import LIFETIME, read_key, signed
    from omicsdk.core.oauth.tokens import post

    key = read_key(path)
    # The audience of an assertion is the token endpoint (RFC 7523, 3).
    claims = {"iss": key.email, "scope": scopes, "aud": uri, "iat": int(now), "exp": int(now + LIFETIME)}
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed(key, claims)}
    # May be repeated: a signed assertion is not used up, as a code is.
    return post(uri, form_body(form), "login", again=True)


# -- logging in with a browser


def is_client_secrets(path: Path) -> bool:
    """Return whether a file holds the client secrets of an OAuth application, as Google's console exports them.

    Args:
        path: The file.
    """
    try:
        content = json_object(read_small(path)) or {}
    except OSError:  # the caller reads it as a credentials file, and reports errors
        return False
    return any(is_object(content.get(name)) for name in ("installed", "web"))


def log_in(
    secrets: Path,
    target: Path,
    *,
    on_message: Callable[[str], object],
    device: bool = False,
    timeout: float = 300.0,
    open_browser: Callable[[str], object] | None = None,
    endpoint: Endpoint | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Log in with a browser, and write the application default credentials of that login.

    Args:
        secrets: The client secrets of an OAuth application: of the type "Desktop app", or "TVs and Limited Input devices" for
            `device`.
        target: The file to write, readable by its owner only.
        on_message: Called with the address to log in at.
        device: Whether the browser is on another machine: a code is shown to enter there.
        timeout: Seconds to wait for the user, above 0.
        open_browser: Opens an address in a browser; by default the user's own.
        endpoint: Sends requests for tokens; by default over the network.
        clock: The source of time.

    Raises:
        AuthError: The login was refused or not finished.
        ConfigError: The file lacks a member, or the target cannot be written.
    """
    from omicsdk.core.oauth.grants import Application
    from omicsdk.core.oauth.redirect_server import grant_by_browser
    from omicsdk.core.oauth.redirect_server import open_browser as open_usual_browser
    from omicsdk.core.oauth.tokens import Endpoint

    application = Application.of(decoded(read_small(secrets)), str(secrets))
    sender = endpoint or Endpoint(clock=clock)
    if device:
        grant = _by_device(application, sender, on_message, timeout, clock)
    else:
        # Without these two Google issues a refresh token at the first login only.
        extra = {"access_type": "offline", "prompt": "consent"}
        opening = open_browser or open_usual_browser
        grant = grant_by_browser(
            application, IDENTITY.split(), extra, sender, on_message, open_browser=opening, timeout=timeout
        )
    # Without it the file is of no use: access tokens are not stored in it.
    if not grant.refresh_token:
        raise AuthError("Google issued no refresh token", remedy="Log in again, and accept all requested permissions.")
    content = {
        "type": "authorized_user",
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "refresh_token": grant.refresh_token,
        "token_uri": application.token_uri,
    }
    write_private(target, json.dumps(content, indent=2) + "\n")


def revoke(path: Path, *, endpoint: Endpoint | None = None) -> None:
    """Revoke the refresh token of a file that `log_in` wrote.

    Args:
        path: The file.
        endpoint: Sends the request; by default over the network.

    Raises:
        APIError: The server refused.
        AuthError: The file cannot be read.
        TransportError: The server cannot be reached.
    """
    from omicsdk.core.oauth.grants import Application, revoke_request
    from omicsdk.core.oauth.tokens import Endpoint

    content = {name: str(value) for name, value in _read(path, REMEDY).items()}
    application = Application(content["client_id"], "", content["token_uri"], content["client_secret"])
    address = application.beside(application.token_uri, "/token", "/revoke")
    (endpoint or Endpoint()).text(revoke_request(application, address, content["refresh_token"]))


def _by_device(
    application: Application, sender: Endpoint, on_message: Callable[[str], object], timeout: float, clock: Clock
) -> Grant:
    """Log in on another machine. The address for codes is next to that for tokens, which the client secrets state."""
    from omicsdk.core.oauth.flows import OAuthClient, by_device

    address = application.beside(application.token_uri, "/token", "/device/code")
    # Google documents the secret of this flow as a field of the form.
    client = OAuthClient(application.client_id, application.client_secret, "client_secret_post")
    return by_device(client, address, application.token_uri, IDENTITY, sender, on_message, timeout=timeout, clock=clock)
