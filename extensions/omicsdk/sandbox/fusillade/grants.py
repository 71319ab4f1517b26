"""What a login leaves behind: requests that wait for a yes, codes, and refresh tokens."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from omicsdk.sandbox.state.database import Database

TICKET_SECONDS = 600.0
"""For how long somebody may look at the page that asks them."""
CODE_SECONDS = 600.0
"""For how long a code is good: the most that RFC 6749 recommends (section 4.1.2)."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What a client asked for.

    Attributes:
        client_id: The client; empty for the deployment's own application, which gets tokens instead of a code.
        redirect_uri: Where the browser goes afterwards; empty when the answer is shown instead.
        state: Handed back with the redirect.
        scope: Words separated by blanks.
        nonce: Put into the identity token.
        challenge: The S256 challenge of PKCE (RFC 7636); empty without.
        audience: What the access token is for; empty for the usual one.
    """

    client_id: str
    redirect_uri: str
    state: str
    scope: str
    nonce: str
    challenge: str
    audience: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody said yes to.

    Attributes:
        request: What was asked for.
        email: Who said yes.
        family: What ties the refresh tokens to the login that they came from.
    """

    request: LoginRequest
    email: str
    family: str


class Grants:
    """Tickets, codes and refresh tokens; of codes and tokens only digests are kept.

    Args:
        database: Where they are kept.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        database.define(
            auth_tickets="id TEXT PRIMARY KEY, request TEXT NOT NULL, ends REAL NOT NULL",
            auth_codes="digest TEXT PRIMARY KEY, grant_ TEXT NOT NULL, ends REAL NOT NULL, used INTEGER NOT NULL",
            auth_refresh="digest TEXT PRIMARY KEY, grant_ TEXT NOT NULL, family TEXT NOT NULL, client_id TEXT NOT NULL",
        )

    # -- requests that wait for a yes

    def put_ticket(self, request: LoginRequest) -> str:
        """Keeps a request until somebody answers the page."""
        ticket = secrets.token_hex(24)
        row = (ticket, json.dumps(asdict(request)), self._now() + TICKET_SECONDS)
        with self._database.transaction():
            for table in ("auth_tickets", "auth_codes"):  # nobody can use these any more
                self._database.execute(f"DELETE FROM {table} WHERE ends <= ?", (self._now(),))  # noqa: S608 - our own names
            self._database.execute("INSERT INTO auth_tickets VALUES (?, ?, ?)", row)
        return ticket

    def ticket(self, ticket: str, *, take: bool) -> LoginRequest | None:
        """The request of a ticket, taken when it is answered; None when there is none any more."""
        with self._database.transaction():
            row = self._database.row("SELECT * FROM auth_tickets WHERE id = ?", (ticket,))
            if row is None or row["ends"] <= self._now():
                return None
            if take:
                self._database.execute("DELETE FROM auth_tickets WHERE id = ?", (ticket,))
            return LoginRequest(**json.loads(row["request"]))

    # -- codes

    def put_code(self, request: LoginRequest, email: str) -> str:
        """Makes a code."""
        code = secrets.token_hex(24)  # no text that begins with a dash: people paste it
        grant = Grant(request, email, secrets.token_hex(16))
        row = (_digest(code), _packed(grant), self._now() + CODE_SECONDS)
        self._database.execute("INSERT INTO auth_codes VALUES (?, ?, ?, 0)", row)
        return code

    def take_code(self, code: str) -> Grant | None:
        """What a code stands for, once; None when it isn't good.

        A code that comes twice may have been stolen: what it led to is revoked (RFC 6749, section 4.1.2).
        """
        with self._database.transaction():
            row = self._database.row("SELECT * FROM auth_codes WHERE digest = ?", (_digest(code),))
            if row is None or row["ends"] <= self._now():
                return None
            grant = _unpacked(row["grant_"])
            if row["used"]:
                self._database.execute("DELETE FROM auth_refresh WHERE family = ?", (grant.family,))
                return None
            self._database.execute("UPDATE auth_codes SET used = 1 WHERE digest = ?", (row["digest"],))
            return grant

    # -- refresh tokens

    def put_refresh(self, grant: Grant) -> str:
        """Makes a refresh token."""
        token = secrets.token_hex(32)
        row = (_digest(token), _packed(grant), grant.family, grant.request.client_id)
        self._database.execute("INSERT INTO auth_refresh VALUES (?, ?, ?, ?)", row)
        return token

    def refresh(self, token: str, client_id: str) -> Grant | None:
        """What a refresh token stands for; None when it isn't good, or not this client's."""
        query = "SELECT grant_ FROM auth_refresh WHERE digest = ? AND client_id = ?"
        row = self._database.row(query, (_digest(token), client_id))
        return _unpacked(row["grant_"]) if row else None

    def revoke(self, token: str, client_id: str) -> bool:
        """Makes a client's refresh token worthless; False when it was that already."""
        statement = "DELETE FROM auth_refresh WHERE digest = ? AND client_id = ?"
        return self._database.execute(statement, (_digest(token), client_id)) == 1


def narrowed(grant: Grant, scope: str) -> Grant:
    """A grant for less than was said yes to."""
    return replace(grant, request=replace(grant.request, scope=scope))


def _packed(grant: Grant) -> str:
    return json.dumps({"request": asdict(grant.request), "email": grant.email, "family": grant.family})


def _unpacked(text: str) -> Grant:
    found = json.loads(text)
    return Grant(LoginRequest(**found["request"]), found["email"], found["family"])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
