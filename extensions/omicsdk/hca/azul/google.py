"""Logins with Google accounts: application default credentials and service accounts, as their files state them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import BearerToken, Credentials, Token
from omicsdk.core.errors import AuthError
from omicsdk.core.files import home_folder
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    from omicsdk.core.oauth.grants import Endpoint, Grant
    from omicsdk.core.request import Request
    from omicsdk.core.token_file import StoredLogin

KIND = "google"
"""The kind of a stored login that is the path of a credentials file; others are bearer tokens."""
VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
"""Environment variable that names the credentials file."""
SCOPES = "openid https://www.googleapis.com/auth/userinfo.email"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
REMEDY = (
    "Run `gcloud auth application-default login`, then `omics login azul`; or give --credentials-file with the key of a service "
    "account; or pass --access-token with the output of `gcloud auth print-access-token`."
)


def default_file(environ: Mapping[str, str]) -> Path:
    """Return where the application default credentials are.

    Args:
        environ: The environment's variables.
    """
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    folder = environ.get("CLOUDSDK_CONFIG")
    return (Path(folder) if folder else home_folder() / ".config" / "gcloud") / "application_default_credentials.json"


def stored_login(login: StoredLogin, _: str) -> Credentials:
    """Make credentials of a login that `omics login azul` stored.

    Args:
        login: What was stored.
    """
    return google_credentials(Path(login.token.value)) if login.kind == KIND else BearerToken(login.token.value)


def google_credentials(path: Path, *, endpoint: Endpoint | None = None, clock: Clock = SYSTEM_CLOCK) -> Credentials:
    """Make credentials of a file: tokens are requested when they are needed, and renewed every hour.

    Args:
        path: A user's application default credentials, or the key file of a service account.
        endpoint: Sends requests for tokens; by default over the network.
        clock: Returns the time.

    Raises:
        AuthError: The file cannot be read, or is neither.
    """
    from omicsdk.core.oauth.grants import Application, Endpoint, refresh_request

    stated = _read(path)
    uri, sender = str(stated.get("token_uri") or TOKEN_URI), endpoint or Endpoint(clock=clock)

    def grant() -> Grant:
        if stated["type"] == "service_account":
            return sender.grant(_assertion_request(path, uri, clock.now()))
        application = Application(str(stated["client_id"]), "", uri, str(stated.get("client_secret") or ""))
        return sender.grant(refresh_request(application, str(stated["refresh_token"])))

    def token() -> Token:
        found = grant()
        return Token(found.access_token, found.expires_at)

    # The first token has ended already, so that none is requested before it is needed.
    return BearerToken("none", expires_at=0.0, refresh=token, remedy=REMEDY, clock=clock)


def _read(path: Path) -> dict[str, object]:
    try:
        stated: object = json.loads(path.read_bytes())
    except OSError as error:
        raise AuthError(f"The credentials file {path} cannot be read: {error.strerror}", remedy=REMEDY) from error
    except ValueError as error:
        raise AuthError(f"The credentials file {path} is not JSON", remedy=REMEDY) from error
    wanted = {"authorized_user": ("client_id", "refresh_token"), "service_account": ("client_email", "private_key")}
    kind = stated.get("type") if is_object(stated) else None
    if not is_object(stated) or kind not in wanted or not all(stated.get(name) for name in wanted[kind]):
        raise AuthError(
            f"The credentials file {path} holds neither a user's credentials nor the key of a service account",
            remedy=REMEDY,
        )
    return stated


def _assertion_request(path: Path, uri: str, now: float) -> Request:
    """The request that exchanges a signed statement of a service account for a token (RFC 7523)."""
    from omicsdk.core.oauth.credentials import LIFETIME, read_key, signed
    from omicsdk.core.oauth.grants import FORM
    from omicsdk.core.request import Request

    key = read_key(path)
    claims = {"iss": key.email, "scope": SCOPES, "aud": uri, "iat": int(now), "exp": int(now + LIFETIME)}
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed(key, claims)}
    return Request("POST", uri, (("content-type", FORM),), urlencode(form).encode(), True, False, "login")
