"""Logins with Google accounts: tokens, application default credentials and service accounts, as their files state them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import BearerToken, Credentials, Token
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.files import home_folder
from omicsdk.core.oauth.credentials import VARIABLE
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    from omicsdk.core.oauth.grants import Endpoint, Grant
    from omicsdk.core.request import Request

KIND = "google"
"""The kind of a stored login that is the path of a credentials file; others are bearer tokens."""
TOKEN_VARIABLE = "OMICS_GOOGLE_TOKEN"  # noqa: S105 - a name
"""Environment variable: an access token, used before any file."""
IDENTITY = "openid https://www.googleapis.com/auth/userinfo.email"
"""Scopes of services that only need to know the account, such as Terra's."""
READ_STORAGE = "https://www.googleapis.com/auth/devstorage.read_only"
"""Scope of reads from Google's storage."""
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
REMEDY = (
    f"Run `gcloud auth application-default login`, or set {VARIABLE} to the key file of a service account, or "
    f"{TOKEN_VARIABLE} to the output of `gcloud auth print-access-token`."
)

logger = logging.getLogger("omicsdk.oauth")


def default_file(environ: Mapping[str, str]) -> Path:
    """Return where the application default credentials are.

    Args:
        environ: The environment's variables.
    """
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    folder = environ.get("CLOUDSDK_CONFIG")
    return (Path(folder) if folder else home_folder() / ".config" / "gcloud") / "application_default_credentials.json"


def found_credentials(environ: Mapping[str, str], scopes: str, origins: Iterable[str]) -> Credentials | None:
    """Find the user's login with Google: a token, a credentials file that is named, or the default one of gcloud.

    Args:
        environ: The environment's variables: OMICS_GOOGLE_TOKEN, GOOGLE_APPLICATION_CREDENTIALS, CLOUDSDK_CONFIG.
        scopes: Scopes that a service account's tokens are requested for, with blanks between; those of a user's are set when
            the user logs in.
        origins: The services that the tokens may be sent to, as URLs.

    Returns:
        Credentials; None where there are none.

    Raises:
        AuthError: A file that is named cannot be read, or is of another kind.
    """
    if token := environ.get(TOKEN_VARIABLE, "").strip():
        return BearerToken(token, origins=origins)
    try:
        path = default_file(environ)
    except ConfigError:  # a user without a home folder has no default file
        return None
    try:
        return google_credentials(path, scopes=scopes, origins=origins)
    except AuthError as error:
        if environ.get(VARIABLE):
            raise
        if path.exists():  # of a kind that nothing here can use; the user did not name it
            logger.warning("continuing without a Google login: %s", error)
        return None


def google_credentials(
    path: Path,
    *,
    scopes: str = IDENTITY,
    origins: Iterable[str] | None = None,
    remedy: str = REMEDY,
    endpoint: Endpoint | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Credentials:
    """Make credentials of a file: tokens are requested when they are needed, and renewed every hour.

    Args:
        path: A user's application default credentials, or the key file of a service account.
        scopes: Scopes that a service account's tokens are requested for, with blanks between.
        origins: The services that the tokens may be sent to, as URLs; None is the service of the client.
        remedy: What the user can do when the file cannot be used.
        endpoint: Sends requests for tokens; by default over the network.
        clock: Returns the time.

    Raises:
        AuthError: The file cannot be read, or is neither.
    """
    from omicsdk.core.oauth.grants import Application, Endpoint, refresh_request

    stated = _read(path, remedy)
    uri, sender = str(stated.get("token_uri") or TOKEN_URI), endpoint or Endpoint(clock=clock)

    def grant() -> Grant:
        if stated["type"] == "service_account":
            return sender.grant(_assertion_request(path, uri, scopes, clock.now()))
        application = Application(str(stated["client_id"]), "", uri, str(stated.get("client_secret") or ""))
        return sender.grant(refresh_request(application, str(stated["refresh_token"])))

    def token() -> Token:
        found = grant()
        return Token(found.access_token, found.expires_at)

    # The first token has ended already, so that none is requested before it is needed.
    return BearerToken("none", origins=origins, expires_at=0.0, refresh=token, remedy=remedy, clock=clock)


def _read(path: Path, remedy: str) -> dict[str, object]:
    try:
        stated: object = json.loads(path.read_bytes())
    except OSError as error:
        raise AuthError(f"The credentials file {path} cannot be read: {error.strerror}", remedy=remedy) from error
    except ValueError as error:
        raise AuthError(f"The credentials file {path} is not JSON", remedy=remedy) from error
    wanted = {"authorized_user": ("client_id", "refresh_token"), "service_account": ("client_email", "private_key")}
    kind = stated.get("type") if is_object(stated) else None
    if not is_object(stated) or kind not in wanted or not all(stated.get(name) for name in wanted[kind]):
        raise AuthError(
            f"The credentials file {path} holds neither a user's credentials nor the key of a service account",
            remedy=remedy,
        )
    return stated


def _assertion_request(path: Path, uri: str, scopes: str, now: float) -> Request:
    """The request that exchanges a signed statement of a service account for a token (RFC 7523)."""
    from omicsdk.core.oauth.credentials import LIFETIME, read_key, signed
    from omicsdk.core.oauth.grants import FORM
    from omicsdk.core.request import Request

    key = read_key(path)
    claims = {"iss": key.email, "scope": scopes, "aud": uri, "iat": int(now), "exp": int(now + LIFETIME)}
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed(key, claims)}
    return Request("POST", uri, (("content-type", FORM),), urlencode(form).encode(), True, False, "login")
