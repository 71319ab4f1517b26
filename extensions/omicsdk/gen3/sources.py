"""Where a commons and its login come from: arguments, the environment and the user's folder, without a request."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.credentials import jwt_claims, jwt_expiry, moment, origin_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import expanded, read_small
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_url, url_parts
from omicsdk.core.request import fault_of
from omicsdk.core.type_guards import is_object
from omicsdk.gen3.errors import Gen3AuthError, Gen3UserError


def decode_token(token_str: str) -> dict[str, Any]:
    """Read the claims of a token. Its signature is not verified: the commons does that.

    Args:
        token_str: A JSON Web Token: an access token or an API key.

    Returns:
        Its claims, such as `iss`, `exp` and `sub`.

    Raises:
        Gen3AuthError: It is not a JSON Web Token.
    """
    claims = jwt_claims(token_str)
    if not claims:
        raise Gen3AuthError(
            "The token cannot be read: it is not a JSON Web Token",
            remedy="Use a whole access token or API key, without 'bearer' and without quotes.",
        )
    return dict(claims)


def endpoint_from_token(token_str: str) -> str:
    """Return which commons issued a token.

    Args:
        token_str: An access token or an API key.

    Returns:
        Scheme, host and, if it has one, port of the issuer, such as https://commons.example.org.

    Raises:
        Gen3AuthError: It is not a JSON Web Token, or does not name an issuer.
    """
    issuer = decode_token(token_str).get("iss")
    parts = url_parts(issuer) if isinstance(issuer, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        raise Gen3AuthError(
            "The token does not state which commons issued it", remedy="Also name the endpoint, such as https://HOST."
        )
    return f"{parts.scheme}://{parts.netloc}"


_log = logger("omicsdk.gen3")

# Environment variable: a credentials file, idp://wts/IDP or accesstoken:///TOKEN.
KEY_VARIABLE = "GEN3_API_KEY"
# Environment variable: the Kubernetes namespace of a workspace.
NAMESPACE_VARIABLE = "NAMESPACE"
DEFAULT_FILE = "credentials"
# Within the user's folder: where credentials files are looked for by name.
FOLDER = ".gen3"
# The scopes of client credentials by default.
DEFAULT_SCOPES = "user data openid"
# The name of a workspace's own commons in requests for tokens.
OWN_IDP = "local"

_WORKSPACE_IDP = "idp://wts/"
_GIVEN_TOKEN = "accesstoken:///"  # noqa: S105 - the beginning of a pseudo URL
_SLASHES = re.compile(r"[/\\]")
# Characters of a file's name at most, less those of ".json", and of a path: what is longer can only be a key, which no error may
# quote.
_LONGEST_NAME, _LONGEST_PATH = 250, 4095
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of `Gen3Auth`; see its documentation."""

    endpoint: str | None = None
    refresh_file: str | None = None
    refresh_token: Mapping[str, str] | None = field(default=None, repr=False)
    idp: str | None = None
    client_credentials: tuple[str, str] | None = field(default=None, repr=False)
    client_scopes: str | Sequence[str] | None = None
    access_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, which its issuer exchanges for access tokens.

    Attributes:
        key: The key.
        issuer: The commons that issued it.
        file: The file that has it; None if it was passed as an argument.
    """

    key: str = field(repr=False)
    issuer: str
    file: Path | None = None

    @property
    def where(self) -> str:
        """What to call it in a message."""
        return f"the API key in {self.file}" if self.file else "the API key"

    def end(self) -> str:
        """When it ends, as text; empty if it does not state it."""
        end = jwt_expiry(self.key)
        return "" if end is None else moment(end)


@dataclass(frozen=True, slots=True)
class GivenToken:
    """An access token that is used unchanged and cannot be renewed."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientLogin:
    """A program that is registered with the commons.

    Attributes:
        client_id: Its id.
        secret: Its password.
        scopes: The requested scopes, with spaces between.
    """

    client_id: str
    secret: str = field(repr=False)
    scopes: str = DEFAULT_SCOPES


@dataclass(frozen=True, slots=True)
class TokenService:
    """A workspace token service, which returns access tokens of several commons.

    Attributes:
        base: Its URL, without a slash at the end.
        idp: The login whose token is requested; empty for the one of the endpoint, or the service's own.
        credentials: The credentials for it, outside of a workspace; None within one.
        missing: The credentials file that does not exist, so that the service is used; for messages.
    """

    base: str
    idp: str = ""
    credentials: ApiKey | GivenToken | None = None
    missing: Path | None = None


Source = ApiKey | GivenToken | ClientLogin | TokenService


@dataclass(frozen=True, slots=True)
class Login:
    """The source of tokens, and their commons.

    Attributes:
        source: The source.
        endpoint: The commons; empty if only the token states it.
    """

    source: Source
    endpoint: str


def login_of(arguments: Arguments, environ: Mapping[str, str], home: Callable[[], Path]) -> Login:
    """Determine the source of a login.

    Args:
        arguments: The arguments of `Gen3Auth`.
        environ: The environment's variables.
        home: Returns the user's folder; called only for a file in it.

    Raises:
        Gen3UserError: Arguments contradict each other.
        Gen3AuthError: A credentials file is invalid, or a token does not state which commons issued it.
        ConfigError: The endpoint is invalid, or a file of a user is meant who has no folder.
    """
    _check(arguments)
    endpoint = endpoint_of(arguments.endpoint) if arguments.endpoint else ""
    if arguments.client_credentials is not None:
        client_id, secret = arguments.client_credentials
        return Login(ClientLogin(client_id, secret, _scopes(arguments.client_scopes)), endpoint)
    if arguments.access_token is not None:
        return _with_token(arguments.access_token, endpoint)
    if arguments.refresh_token is not None:
        return _with_key(_key(arguments.refresh_token, None, endpoint), endpoint, arguments.idp)
    named = arguments.refresh_file or environ.get(KEY_VARIABLE) or DEFAULT_FILE
    if named.startswith(_GIVEN_TOKEN):
        return _with_token(named.removeprefix(_GIVEN_TOKEN), endpoint)
    if named.startswith(_WORKSPACE_IDP):
        idp = arguments.idp or unquote(named.removeprefix(_WORKSPACE_IDP)).strip("/")
        return Login(TokenService(workspace(environ), idp), endpoint)
    is_too_long = len(named) > _LONGEST_PATH or max(map(len, _SLASHES.split(named))) > _LONGEST_NAME
    if is_too_long or jwt_claims(named) or named.lstrip().startswith("{"):
        source = "refresh_file" if arguments.refresh_file else KEY_VARIABLE
        raise Gen3AuthError(
            f"{source} is a key or token, not the path of a credentials file",
            remedy=f"Set it to the file's path; a token goes into OMICS_GEN3_TOKEN, or after {_GIVEN_TOKEN}.",
        )
    try:
        file = _file(named, home)
        is_there = file.is_file()
    except OSError as error:
        raise _unreadable(error.filename, error) from error
    except ConfigError:
        if named != DEFAULT_FILE:
            raise
        missing = Path("~", FOLDER, f"{DEFAULT_FILE}.json")  # no file was named
        return Login(TokenService(workspace(environ), arguments.idp or "", missing=missing), endpoint)
    if is_there:
        return _with_key(_key(_read(file), file), endpoint, arguments.idp)
    return Login(TokenService(workspace(environ), arguments.idp or "", missing=file), endpoint)


def workspace(environ: Mapping[str, str], namespace: str | None = None) -> str:
    """Return the workspace token service as reached from within a workspace.

    Args:
        environ: The environment's variables.
        namespace: The Kubernetes namespace; by default what NAMESPACE states, and else `default`.

    Raises:
        Gen3UserError: That is no namespace.
    """
    name = namespace or environ.get(NAMESPACE_VARIABLE) or "default"
    if not _NAMESPACE.fullmatch(name):
        raise Gen3UserError(
            f"{name!r} is not a Kubernetes namespace",
            remedy=f"Correct namespace=, or the variable {NAMESPACE_VARIABLE}.",
        )
    return f"http://workspace-token-service.{name}.svc.cluster.local"


def _check(arguments: Arguments) -> None:
    ways = [
        name
        for name in ("refresh_file", "refresh_token", "client_credentials", "access_token")
        if getattr(arguments, name) is not None
    ]
    if len(ways) > 1:
        raise Gen3UserError(f"{ways[0]} and {ways[1]} are mutually exclusive", remedy="Use one of them.")
    if arguments.endpoint and arguments.idp:
        raise Gen3UserError(
            "endpoint and idp are mutually exclusive", remedy="Use one: the idp determines its commons."
        )
    if arguments.client_scopes is not None and arguments.client_credentials is None:
        raise Gen3UserError("client_scopes without client_credentials", remedy="Also pass client_credentials.")
    if arguments.client_credentials is not None and not arguments.endpoint:
        raise Gen3UserError("client_credentials without endpoint", remedy="State their commons with endpoint=.")
    if arguments.client_credentials is not None and (
        len(arguments.client_credentials) != 2 or not all(arguments.client_credentials)
    ):
        raise Gen3UserError("client_credentials are two texts", remedy="Use (client_id, client_secret).")


def _scopes(scopes: str | Sequence[str] | None) -> str:
    if scopes is None:
        return DEFAULT_SCOPES
    return scopes if isinstance(scopes, str) else " ".join(scopes)


def _with_token(token: str, endpoint: str) -> Login:
    try:
        token = checked_token(token.strip(), "The access token")
    except ConfigError as error:
        raise Gen3AuthError(error.message, remedy="Use a whole token.") from None
    return Login(GivenToken(token), endpoint or endpoint_from_token(token))


def _with_key(key: ApiKey, endpoint: str, idp: str | None) -> Login:
    is_elsewhere = bool(endpoint) and origin_of(endpoint) != origin_of(key.issuer)
    if idp or is_elsewhere:
        # The issuer alone accepts its key; its token service has tokens of other commons.
        return Login(TokenService(f"{key.issuer}/wts", idp or "", credentials=key), endpoint)
    return Login(key, endpoint or key.issuer)


def _file(named: str, home: Callable[[], Path]) -> Path:
    """The file that is meant: a path, or a name within ~/.gen3, with or without the suffix .json."""
    if named.startswith("~"):
        is_home = named[1:2] in ("", "/", "\\")
        return home() / named[1:].lstrip("/\\") if is_home else expanded(named)
    path = Path(named)
    if path.is_file() or "/" in named or "\\" in named:
        return path
    folder = home() / FOLDER
    candidates = [folder / named, folder / f"{named}.json"]
    expected = candidates[0 if named.endswith(".json") else 1]
    return next((candidate for candidate in candidates if candidate.is_file()), expected)


def _unreadable(file: object, error: OSError) -> ConfigError:
    return ConfigError(
        f"{file} cannot be read: {error.strerror or error}", remedy="Check the file and its permissions."
    )


def _read(file: Path) -> Mapping[str, object]:
    try:
        content: object = json.loads(read_small(file))
        if os.name != "nt" and file.stat().st_mode & 0o077:
            _log.warning("%s contains a key and other users can read it; run: chmod 600 %s", file, file)
    except OSError as error:
        raise _unreadable(file, error) from error
    except (ValueError, RecursionError) as error:
        raise Gen3AuthError(f"{file} is not JSON", remedy=_DOWNLOAD_AGAIN) from error
    if not is_object(content):
        raise Gen3AuthError(f"{file} is not a JSON object", remedy=_DOWNLOAD_AGAIN)
    return content


_DOWNLOAD_AGAIN = "Download credentials.json again from your profile page of the commons."


def _key(credentials: Mapping[str, object], file: Path | None, endpoint: str = "") -> ApiKey:
    what = str(file) if file else "refresh_token"
    key = credentials.get("api_key")
    if not isinstance(key, str) or not key.strip():
        raise Gen3AuthError(f"{what} has no api_key", remedy=_DOWNLOAD_AGAIN)
    if endpoint and not jwt_claims(key):  # a key that names no issuer is of the commons that it was given with
        return ApiKey(key.strip(), endpoint, file)
    try:
        issuer = endpoint_from_token(key.strip())
    except Gen3AuthError as error:
        raise Gen3AuthError(f"The api_key of {what} is invalid: {error.message}", remedy=_DOWNLOAD_AGAIN) from None
    return ApiKey(key.strip(), issuer, file)


def endpoint_of(text: str) -> str:
    """Return a commons' endpoint in its normal form: a URL with its scheme, without spaces and slashes at its end.

    Args:
        text: What was given; a name alone is that of a host that speaks https.

    Raises:
        ConfigError: It is not a host or an http or https URL.
    """
    endpoint = text.strip()
    if endpoint and "://" not in endpoint:
        endpoint = f"https://{endpoint}"
    fault = fault_of(endpoint)
    if fault is not None or any(mark in endpoint for mark in " ?#@"):
        raise ConfigError(
            f"{mask_url(text)!r} is not the endpoint of a Gen3 commons{f': it {fault}' if fault else ''}",
            remedy="Use its host or URL, such as https://commons.example.org.",
        )
    return endpoint.rstrip("/")
