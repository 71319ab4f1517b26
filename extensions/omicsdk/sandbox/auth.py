"""Bearer tokens that end by the sandbox's clock: opaque texts that it issues itself, and what its services add."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.credentials import digest
from omicsdk.sandbox.state.database import Database

# `hca` may write, `admin` may also delete bundles and administer; without either a token only reads and subscribes.
ALL_GROUPS = ("hca", "admin")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    Attributes:
        email: Their address.
        groups: What they belong to.
    """

    email: str
    groups: frozenset[str]

    def needs(self, group: str) -> None:
        """Raises a 403 unless the caller belongs to a group."""
        if group not in self.groups:
            raise Problem(403, "Forbidden", f"{self.email} isn't in the group {group!r}")


class Tokens:
    """The tokens of one sandbox; only their digests are kept.

    Args:
        database: Where they are kept.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._others: list[Callable[[str], Caller | None]] = []
        database.define(
            tokens="digest TEXT PRIMARY KEY, email TEXT NOT NULL, groups_ TEXT NOT NULL, ends REAL NOT NULL"
        )

    def issue(self, email: str, seconds: float = 3600.0, groups: Sequence[str] = ALL_GROUPS) -> str:
        """Makes a token.

        Args:
            email: Whose it is.
            seconds: How long it is good for, in the sandbox's time.
            groups: What its owner belongs to: `hca` may write, `admin` may delete bundles and administer. Default both.

        Returns:
            The token.
        """
        token = secrets.token_hex(16)  # of letters and digits: --access-token takes no word that begins with a dash
        self._database.execute(
            "INSERT INTO tokens VALUES (?, ?, ?, ?)",
            (digest(token), email, json.dumps(sorted(groups)), self._now() + seconds),
        )
        return token

    def accept(self, reader: Callable[[str], Caller | None]) -> None:
        """Takes tokens of another kind as well.

        Args:
            reader: Tells who a token's bearer is; None for a token that isn't of its kind. It may raise a Problem.
        """
        self._others.append(reader)

    def caller(self, authorization: str | None) -> Caller:
        """Who the bearer of an Authorization header is.

        Raises:
            Problem: 401; there is no bearer token, or it isn't one of ours, or it has ended.
        """
        scheme, _, token = (authorization or "").partition(" ")
        challenge = {"WWW-Authenticate": 'Bearer realm="sandbox"'}
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem(401, "Unauthorized", "No authorization token provided", challenge)
        for reader in self._others:
            if found := reader(token.strip()):
                return found
        row = self._database.row("SELECT * FROM tokens WHERE digest = ?", (digest(token.strip()),))
        if row is None:
            raise Problem(401, "Unauthorized", "The token isn't one that this server issued", challenge)
        if row["ends"] <= self._now():
            raise Problem(401, "Unauthorized", "The token has ended: get a new one", challenge)
        return Caller(row["email"], frozenset(json.loads(row["groups_"])))
