"""What represents a user: the application and its secret, logins and what they grant, accounts of programs, bearer tokens."""

import json
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.credentials import ALGORITHM, Secrets, SigningKey, digest, new_key, private_pem
from omicsdk.sandbox.state.database import Database, Table

CLIENT_ID = "omics-sandbox"
# Names of this machine.
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def client_secret(secrets: Secrets) -> str:
    """The application's secret, which any client can get, as that of any installed application."""
    return secrets.derived("auth", CLIENT_ID)


def application_secrets(origin: str, secret: str) -> dict[str, Any]:
    """The configuration of an installed application, in the form of Google's client secrets.

    Args:
        origin: Scheme, host and port of this server as the client reached it.
        secret: The application's secret.
    """
    return {
        "installed": {
            "client_id": CLIENT_ID,
            "client_secret": secret,
            "auth_uri": f"{origin}/auth/oauth/authorize",
            "token_uri": f"{origin}/auth/oauth/token",
            "redirect_uris": ["http://localhost", "http://127.0.0.1", f"{origin}/echo", f"{origin}/auth/echo"],
        }
    }


def host_of(url: str) -> str | None:
    """The name of an address's host; None when it has none, or is not an address without a user and a fragment."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts.hostname if url.isprintable() and "@" not in parts.netloc and not parts.fragment else None


# Validity of the consent page and of a code, in seconds: the most that RFC 6749 recommends (section 4.1.2).
GRANT_SECONDS = 600.0


TICKET, CODE, REFRESH = "ticket", "code", "refresh"


@dataclass(frozen=True, slots=True)
class Login:
    """A client's request for a login, or what a user granted, that a client holds a secret for; only the digest is stored.

    Attributes:
        kind: `ticket`, `code` or `refresh`.
        digest: The secret's.
        email: The user who granted it; empty for a ticket.
        ends: When the secret ends, in the sandbox's time.
        redirect_uri: Where the browser goes afterwards; empty when the response is shown instead.
        state: Handed back with the redirect.
        scope: Words separated by blanks.
        challenge: The S256 challenge of PKCE (RFC 7636); empty without.
        audience: Audience of the access token; empty for the usual one.
    """

    kind: str
    digest: str
    email: str
    ends: float
    redirect_uri: str
    state: str
    scope: str
    challenge: str
    audience: str


class Logins:
    """Tickets of the consent page, codes and refresh tokens.

    Args:
        database: The sandbox's database.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._transaction = database.transaction
        self._now = now
        self._logins = Table(database, "auth_logins", Login, key="kind digest")

    def put(self, kind: str, login: Login) -> str:
        """Make a secret for a login; that of a refresh token has no end."""
        secret = secrets.token_hex(24)  # no text that begins with a dash: users paste it
        end = math.inf if kind == REFRESH else self._now() + GRANT_SECONDS
        self._logins.remove("ends <= ?", self._now())  # no client can use these any more
        self._logins.put(replace(login, kind=kind, digest=digest(secret), ends=end))
        return secret

    def find(self, kind: str, secret: str) -> Login | None:
        """The login of a secret; None when it is unknown or has ended."""
        return self._logins.first("ends > ?", self._now(), kind=kind, digest=digest(secret))

    def take(self, kind: str, secret: str) -> Login | None:
        """The login of a secret, which is no longer valid afterwards; None when it is not valid."""
        with self._transaction():
            login = self.find(kind, secret)
            self._logins.remove(kind=kind, digest=digest(secret))
        return login


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A program's account, which signs its tokens itself.

    Attributes:
        key_id: The identifier of its key.
        email: Its name.
        public_key: What its signatures are checked with.
    """

    key_id: str
    email: str
    public_key: str


def new_account(folder: Path, email: str, token_uri: str) -> tuple[ServiceAccount, Path]:
    """Make a key for an account and write its file, in the form of Google's.

    Args:
        folder: Folder of the file; created if it does not exist.
        email: Name of the account.
        token_uri: The address of the token endpoint, which the form requires.

    Returns:
        The account, and the file, readable by its owner only.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key, key_id = new_key(), secrets.token_hex(20)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    content = {
        "type": "service_account",
        "project_id": "omics-sandbox",
        "private_key_id": key_id,
        "private_key": private_pem(key).decode(),
        "client_email": email,
        "client_id": str(secrets.randbelow(10**21)),
        "token_uri": token_uri,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"service-account-{key_id[:8]}.json"
    with in_place_of(path, mode=PRIVATE) as file:
        file.write(json.dumps(content, indent=2).encode())
    return ServiceAccount(key_id, email, public), path


EMAIL_CLAIM = "https://auth.data.humancellatlas.org/email"
GROUP_CLAIM = "https://auth.data.humancellatlas.org/group"

# Audiences of the deployments' tokens; addresses of this machine are accepted as well.
AUDIENCES = (
    "https://dev.data.humancellatlas.org/",
    "https://data.humancellatlas.org/",
    "https://auth.data.humancellatlas.org/",
)

# By how many seconds a client's clock may be ahead.
LEEWAY = 10.0


def read_token(token: str, key: SigningKey, accounts: Table[ServiceAccount], now: float) -> Mapping[str, Any]:
    """Check a token.

    Args:
        token: A JSON Web Token.
        key: The sandbox's own key.
        accounts: The service accounts.
        now: The time in seconds since 1970.

    Returns:
        Its claims.

    Raises:
        Problem: 401; it is not well-formed, no known user signed it, it is not meant for these services, or it has
            expired or is not valid yet.
    """
    import jwt

    try:
        key_id = jwt.get_unverified_header(token).get("kid", "")
        account = accounts.get(str(key_id))
        if account is None and key_id != key.id:
            raise refused("it was signed with a key that this server doesn't know")
        claims = jwt.decode(
            token,
            account.public_key if account else key.public(),
            algorithms=[ALGORITHM],
            # Time is the sandbox's, and the audiences are checked below.
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
        )
    except jwt.PyJWTError as error:
        raise refused(f"it can't be read: {error}") from error
    _check_time(claims.get("exp"), claims.get("iat", 0), now)
    claimed = claims.get("aud")
    audiences = cast("Sequence[object]", claimed) if isinstance(claimed, list) else [claimed]
    if not any(name in AUDIENCES or (isinstance(name, str) and host_of(name) in LOOPBACK) for name in audiences):
        raise refused(f"it is meant for {claimed!r}; the claim aud is one of {', '.join(AUDIENCES)}")
    email = email_of(claims)
    if account and (email != account.email or claims.get("iss") != account.email):
        raise refused(f"{account.email} may sign for itself only")
    return claims


def email_of(claims: Mapping[str, Any]) -> str:
    """The e-mail address in a token's claims."""
    email = claims.get(EMAIL_CLAIM) or claims.get("email")
    if not isinstance(email, str) or not email:
        raise refused(f"it has no claim {EMAIL_CLAIM}")
    return email


def refused(reason: str) -> Problem:
    """A 401 for a token."""
    challenge = {"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'}
    return Problem(401, "Unauthorized", f"The token is refused: {reason}", challenge)


def _check_time(end: object, begins: object, now: float) -> None:
    if not isinstance(end, int | float) or not isinstance(begins, int | float):
        raise refused("its claims exp and iat have to be numbers of seconds")
    if end <= now:
        raise refused("it has expired")
    if begins > now + LEEWAY:
        raise refused(f"it is not valid before {begins - now:.0f} s from now: check the clock of your machine")
