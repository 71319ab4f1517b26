"""Credentials from OAuth 2.0: tokens that are refreshed, and service accounts."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import RENEW_BEFORE, BearerToken, Credentials, Token, jwt_claims
from omicsdk.core.errors import AuthError, ConfigError, MissingExtra
from omicsdk.core.files import expanded, read_small
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.core.oauth.tokens import Grant
from omicsdk.core.token_file import StoredLogin, TokenFile
from omicsdk.core.type_guards import is_object

_log = logger("omicsdk.oauth")


class RefreshingToken(BearerToken):
    """The access token of a stored login.

    It is renewed shortly before its expiry and after a refusal, if the login has a refresh token. A refresh token may
    be valid for a single use, so a renewal locks and reads the file first: if another process has renewed meanwhile,
    its token is used and nothing is sent.

    Args:
        tokens: The store of the login.
        url: Any URL of the service.
        login: The stored login.
        renewal: Exchanges a refresh token for new tokens, over the network.
        remedy: What the user can do when it cannot be renewed.
        clock: The source of time.

    Raises:
        ConfigError: The stored token is invalid.
    """

    def __init__(
        self,
        tokens: TokenFile,
        url: str,
        login: StoredLogin,
        renewal: Callable[[str], Grant],
        *,
        remedy: str = "Log in again.",
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(
            login.token.value,
            origins=login.origins or [url],
            expires_at=login.token.expires_at,
            refresh=self._renewed_login if login.refresh_token else None,
            remedy=remedy,
            clock=clock,
        )
        self._tokens = tokens
        self._url = url
        self._renewal = renewal
        # The last renewal: the login in the file, and the one that takes its place there, unless the file cannot be written.
        self._last: tuple[StoredLogin, StoredLogin] | None = None

    def _renewed_login(self) -> Token:
        # Set before the file is written: a token that the server has issued must survive a failure to store it.
        renewed: StoredLogin | None = None

        def renew(stored: StoredLogin | None) -> StoredLogin:
            nonlocal renewed
            # A logout in another process: storing a renewed login would undo it.
            if stored is None:
                raise AuthError("The access token cannot be renewed: its login was deleted", remedy=self._remedy)
            # The refresh token in the file is spent if the login that replaced it could not be stored.
            login = self._last[1] if self._last is not None and self._last[0] == stored else stored
            # Another process has renewed it; its refresh token may be spent.
            if login.token.value != self._current.value and not self._is_due(login.token):
                return login
            if not login.refresh_token:
                raise AuthError(
                    "The access token cannot be renewed: its login has no refresh token", remedy=self._remedy
                )
            try:
                grant = self._renewal(login.refresh_token)
            except AuthError as error:
                raise AuthError(error.message, remedy=self._remedy) from error
            # Servers need not issue a new refresh token (RFC 6749, 6): the old one then stays valid.
            renewed = replace(
                login,
                token=Token(grant.access_token, grant.expires_at),
                refresh_token=grant.refresh_token or login.refresh_token,
                id_token=grant.id_token or login.id_token,
            )
            self._last = stored, renewed
            return renewed

        try:
            return self._tokens.change(self._url, renew).token
        except ConfigError as error:
            # Nothing was renewed, so this error loses no token.
            if renewed is None:
                raise
            # This process can continue; the next one may have to log in.
            _log.warning("the renewed login could not be stored: %s", error)
            return renewed.token


#: Environment variable that names the key file.
VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
#: Seconds for which a token is valid: the most that Google's services accept.
LIFETIME = 3600.0
_REMEDY = f"Set {VARIABLE} to the JSON key file of a service account, or unset it to use another login."


def named_key_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file that GOOGLE_APPLICATION_CREDENTIALS names; None if it is not set.

    Args:
        environ: The environment's variables.

    Raises:
        AuthError: It is the content of a file, or a token; neither may occur in an error about a path.
    """
    text = environ.get(VARIABLE, "").strip()
    # `ya29.` begins Google's access tokens; `{` and line breaks, a key file that was pasted in place of its path.
    if text.startswith(("{", "ya29.")) or "\n" in text or jwt_claims(text):
        raise AuthError(f"{VARIABLE} is a key or a token, not the path of a key file", remedy=_REMEDY)
    return expanded(text) if text else None


@dataclass(frozen=True, slots=True)
class Key:
    """The content of a key file.

    Attributes:
        email: The service account.
        key_id: The key's id, sent in a token's header.
        private_key: The key in PEM form.
    """

    email: str
    key_id: str
    private_key: str = field(repr=False)


def read_key(path: Path) -> Key:
    """Read a service account's key file.

    Args:
        path: The JSON file from Google.

    Raises:
        AuthError: It is missing, cannot be read, or is not a service account's.
    """
    try:
        value: object = json.loads(read_small(path))
    except FileNotFoundError as error:
        raise AuthError(f"The key file {path} that {VARIABLE} names does not exist", remedy=_REMEDY) from error
    except OSError as error:
        raise AuthError(f"The key file {path} cannot be read: {error.strerror or error}", remedy=_REMEDY) from error
    # json raises RecursionError for deep nesting, which is no ValueError.
    except (ValueError, RecursionError) as error:
        raise AuthError(f"The key file {path} is not JSON", remedy=_REMEDY) from error
    if not is_object(value):
        raise AuthError(f"The key file {path} is not a JSON object", remedy=_REMEDY)
    kind: object = value.get("type", "service_account")
    if kind != "service_account":
        raise AuthError(f"The key file {path} is of type {str(kind)[:40]!r}, not a service account's", remedy=_REMEDY)
    names = ("client_email", "private_key_id", "private_key")
    missing = [name for name in names if not isinstance(value.get(name), str) or not value[name]]
    if missing:
        raise AuthError(f"The key file {path} has no {', '.join(missing)}", remedy=_REMEDY)
    return Key(value["client_email"], value["private_key_id"], value["private_key"])


def signed(key: Key, claims: Mapping[str, object], source: str = "the key file") -> str:
    """Sign claims as a JSON Web Token with RS256.

    Args:
        key: The service account's key.
        claims: The claims.
        source: Where the key comes from, for errors.

    Returns:
        The token; `kid` in its header is the key's id.

    Raises:
        MissingExtra: The signing library is not installed.
        AuthError: The key is invalid, or not RSA.
    """
    jwt = require("jwt", "google", "service accounts")
    try:
        return jwt.encode(dict(claims), key.private_key, algorithm="RS256", headers={"kid": key.key_id})
    # PyJWT raises it for RS256 if cryptography is not installed.
    except NotImplementedError as error:
        raise MissingExtra("google", "service accounts", module="cryptography") from error
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        # The library's message may quote the key.
        raise AuthError(
            f"The private key in {source} cannot be used to sign with RS256", remedy="Download the account's key again."
        ) from error


class ServiceAccount(Credentials):
    """Tokens that a service account signs itself, each created shortly before the previous one expires.

    The key file is read when the first token is needed.

    Args:
        path: The key file.
        claims: Returns a token's claims besides `iat` and `exp`, from the account's address.
        origins: The services that the tokens are for; see BearerToken.
        clock: The source of time.
    """

    def __init__(
        self,
        path: Path,
        claims: Callable[[str], Mapping[str, object]],
        *,
        origins: str | Iterable[str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(origins)
        self._path = path
        self._claims = claims
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._issued_at = 0.0

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970 at which the present token expires; None before the first one."""
        return self._issued_at + LIFETIME if self._token else None

    def ready(self) -> bool:
        """Whether no token has to be signed, so that `headers` returns at once."""
        return not self._is_due()

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the Authorization header.

        Raises:
            AuthError: The key file is missing or invalid.
            MissingExtra: The signing library is not installed.
        """
        del method, url
        # Under the lock: threads that start together sign one token.
        with self._lock:
            if self._is_due():
                self._sign()
            return {"authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Sign a new token in place of a refused one, unless that was just created: another would not help."""
        with self._lock:
            # Another thread has signed a new one meanwhile: the request is sent again with it.
            if refused.get("authorization") != f"Bearer {self._token}":
                return True
            if self._clock.now() - self._issued_at < RENEW_BEFORE:
                return False
            self._sign()
            return True

    def _is_due(self) -> bool:
        # If the clock was set back, the token would be from the future, which services refuse.
        age = self._clock.now() - self._issued_at
        return not self._token or not 0 <= age < LIFETIME - RENEW_BEFORE

    def _sign(self) -> None:
        key = read_key(self._path)
        issued_at = int(self._clock.now())
        claims = {**self._claims(key.email), "iat": issued_at, "exp": issued_at + int(LIFETIME)}
        # The rounded time, as in `iat`: the age is that of the token, not of this call.
        self._token, self._issued_at = signed(key, claims, str(self._path)), float(issued_at)
