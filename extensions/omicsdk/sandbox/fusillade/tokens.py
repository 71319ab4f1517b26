"""What represents a user: the application and its secret, requests to log in and what is granted, accounts of programs, bearer
tokens."""

import base64
import binascii
import hmac
import json
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.credentials import ALGORITHM, Secrets, SigningKey, digest, new_key, private_pem
from omicsdk.sandbox.state.database import Database, Table

CLIENT_ID = "omics-sandbox"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine."""


class OAuthError(Problem):
    """A refusal in the terms of OAuth 2.0.

    Args:
        code: The error as RFC 6749 names it, such as `invalid_grant`.
        description: One sentence for users.
        status: The HTTP status.
    """

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(status, code, description)

    def fields(self) -> dict[str, str]:
        """The error in a response or a redirect."""
        return {"error": self.code, "error_description": self.title}


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


def check_client(form: Mapping[str, str], authorization: str, expected: str) -> bool:
    """Check which client sent a request for tokens; there is one, the sandbox's own application.

    Args:
        form: The request's form.
        authorization: Its Authorization header, where client and secret may be instead.
        expected: The application's secret.

    Returns:
        Whether it proved its identity by its secret.

    Raises:
        OAuthError: The client is not known or its secret is wrong.
    """
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as error:
            raise OAuthError("invalid_client", "The Authorization header isn't readable", 401) from error
        name, secret = unquote(name), unquote(secret)
    if name != CLIENT_ID:
        raise OAuthError("invalid_client", f"The client is {CLIENT_ID!r} here, not {name[:80]!r}", 401)
    if secret and not hmac.compare_digest(secret.encode(errors="surrogatepass"), expected.encode()):
        raise OAuthError("invalid_client", "The client's secret is wrong", 401)
    return bool(secret)


def host_of(url: str) -> str | None:
    """The name of an address's host; None when it has none, or is not an address."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts.hostname


def may_redirect(uri: str, origin: str) -> bool:
    """Whether a browser may be sent somewhere with a code: to this machine or server, so that no page gets one.

    Args:
        uri: The address that the client states for the redirect.
        origin: Scheme, host and port of this server as the client reached it, whose /echo shows the code.
    """
    if uri in (f"{origin}/echo", f"{origin}/auth/echo"):
        return True
    if host_of(uri) not in LOOPBACK or not uri.isprintable():
        return False
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and not parts.fragment and not parts.username


TICKET_SECONDS = 600.0
"""How long the consent page is valid."""
CODE_SECONDS = 600.0
"""Validity of a code, in seconds: the most that RFC 6749 recommends (section 4.1.2)."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A client's request for a login.

    Attributes:
        client_id: The client; empty for the deployment's own application, which gets tokens instead of a code.
        redirect_uri: Where the browser goes afterwards; empty when the response is shown instead.
        state: Handed back with the redirect.
        scope: Words separated by blanks.
        nonce: Put into the identity token.
        challenge: The S256 challenge of PKCE (RFC 7636); empty without.
        audience: Audience of the access token; empty for the usual one.
    """

    client_id: str
    redirect_uri: str
    state: str
    scope: str
    nonce: str
    challenge: str
    audience: str


TICKET, CODE, REFRESH = "ticket", "code", "refresh"


@dataclass(frozen=True, slots=True)
class Grant:
    """A login request, or what a user granted, that a client holds a secret for; only the secret's digest is stored.

    Attributes:
        kind: `ticket`, `code` or `refresh`.
        digest: The secret's.
        request: The fields of the login request.
        email: The user who granted it; empty for a ticket.
        family: What ties the refresh tokens to the login that they came from; empty for a ticket.
        ends: When the secret ends, in the sandbox's time.
        used: Whether the code was exchanged.
    """

    kind: str
    digest: str
    request: dict[str, str]
    email: str
    family: str
    ends: float
    used: bool = False

    @property
    def login(self) -> LoginRequest:
        """The login request."""
        return LoginRequest(**self.request)


class Grants:
    """Tickets, codes and refresh tokens.

    Args:
        database: The sandbox's database.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._transaction = database.transaction
        self._now = now
        self._grants = Table(database, "auth_grants", Grant, key="kind digest")

    def _put(self, kind: str, request: LoginRequest, email: str, family: str, seconds: float) -> str:
        secret = secrets.token_hex(24)  # no text that begins with a dash: users paste it
        self._grants.put(Grant(kind, digest(secret), asdict(request), email, family, self._now() + seconds))
        return secret

    def _find(self, kind: str, secret: str) -> Grant | None:
        return self._grants.first("ends > ?", self._now(), kind=kind, digest=digest(secret))

    def put_ticket(self, request: LoginRequest) -> str:
        """Store a request until a user answers the page."""
        self._grants.remove("ends <= ?", self._now())  # no client can use these any more
        return self._put(TICKET, request, "", "", TICKET_SECONDS)

    def ticket(self, ticket: str, *, take: bool) -> LoginRequest | None:
        """The request of a ticket, taken when it is answered; None when the ticket is unknown or has ended."""
        with self._transaction():
            found = self._find(TICKET, ticket)
            if take:
                self._grants.remove(kind=TICKET, digest=digest(ticket))
        return found and found.login

    def put_code(self, request: LoginRequest, email: str) -> str:
        """Make a code."""
        return self._put(CODE, request, email, secrets.token_hex(16), CODE_SECONDS)

    def take_code(self, code: str) -> Grant | None:
        """The request that a code was granted for, once; None when it is not valid.

        A code that comes twice may have been stolen: the refresh tokens of its login are revoked (RFC 6749, section 4.1.2).
        """
        with self._transaction():
            found = self._find(CODE, code)
            if found is None:
                return None
            if found.used:
                self._grants.remove(kind=REFRESH, family=found.family)
                return None
            self._grants.change(CODE, found.digest, used=True)
            return found

    def put_refresh(self, request: LoginRequest, email: str, family: str) -> str:
        """Make a refresh token of the login of a family."""
        return self._put(REFRESH, request, email, family, math.inf)

    def refresh(self, token: str) -> Grant | None:
        """The request that a refresh token was granted for; None when it is not valid."""
        return self._find(REFRESH, token)

    def revoke(self, token: str) -> bool:
        """Revoke a refresh token; False when it was not valid."""
        return self._grants.remove(kind=REFRESH, digest=digest(token)) > 0


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

AUDIENCES = (
    "https://dev.data.humancellatlas.org/",
    "https://data.humancellatlas.org/",
    "https://auth.data.humancellatlas.org/",
)
"""Audiences of the deployments' tokens; addresses of this machine are accepted as well."""

LEEWAY = 10.0
"""By how many seconds a client's clock may be ahead."""


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
    _check_time(claims, now)
    _check_audience(claims.get("aud"))
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


def _check_time(claims: Mapping[str, Any], now: float) -> None:
    moments = {name: claims.get(name) for name in ("exp", "nbf", "iat")}
    for name, moment in moments.items():
        if moment is not None and (isinstance(moment, bool) or not isinstance(moment, int | float)):
            raise refused(f"its claim {name} is no number of seconds")
    if moments["exp"] is None:
        raise refused("it has no end (claim exp)")
    if moments["exp"] <= now:
        raise refused("it has expired")
    begins = max(moments["nbf"] or 0, moments["iat"] or 0)
    if begins > now + LEEWAY:
        raise refused(f"it is not valid before {begins - now:.0f} s from now: check the clock of your machine")


def _check_audience(stated: object) -> None:
    audiences = cast("Sequence[object]", stated) if isinstance(stated, list) else [stated]
    for audience in audiences:
        if audience in AUDIENCES or (isinstance(audience, str) and host_of(audience) in LOOPBACK):
            return
    raise refused(f"it is meant for {stated!r}; the claim aud is one of {', '.join(AUDIENCES)}")
