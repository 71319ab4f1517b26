"""Who asks a commons, and what they may do: people with policies, and the tokens that Fence signs for them.

A policy is a resource's path with the method and the service for which it holds, as Arborist's mapping tells them; it
holds for what is below the resource too, and `*` is any method or service.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Grounds
from omicsdk.sandbox.signing_key import ALGORITHM, SigningKey

ADMINISTRATOR = "sandbox-user@example.org"
"""May do everything."""
READER = "reader@example.org"
"""May read what is below /open, and upload."""
ANONYMOUS = ""
"""Whoever comes without a token."""

ACCESS_SECONDS = 1200.0
"""For how long access tokens are good, as Fence has it by default."""
KEY_SECONDS = 30 * 24 * 3600.0
"""For how long API keys are good at most, as Fence has it by default."""

_POLICIES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    ADMINISTRATOR: (("/", "*", "*"),),
    READER: (("/open", "*", "read"), ("/open", "*", "read-storage"), ("/data_file", "fence", "file_upload")),
    ANONYMOUS: (("/open", "*", "read"), ("/open", "*", "read-storage")),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What somebody may do.

    Attributes:
        resource: With what, and with what is below it.
        service: In which service; `*` for any.
        method: What, such as read; `*` for anything.
    """

    resource: str
    service: str
    method: str

    def allows(self, resource: str, service: str, method: str) -> bool:
        """Whether it holds for a method of a service on a resource."""
        below = self.resource == "/" or resource == self.resource or resource.startswith(f"{self.resource}/")
        return below and self.service in ("*", service) and self.method in ("*", method)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the commons knows.

    Attributes:
        name: Their user name, empty for whoever comes without a token.
        number: Their number, the subject of their tokens.
        policies: What they may do.
    """

    name: str
    number: int
    policies: tuple[Policy, ...]

    def may(self, method: str, resource: str, service: str = "*") -> bool:
        """Whether they may do something with a resource.

        Args:
            method: What, such as read, create, update, delete, read-storage, write-storage, file_upload.
            resource: The resource's path, such as /programs/demo/projects/one.
            service: In which service.
        """
        return any(policy.allows(resource, service, method) for policy in self.policies)


class Access:
    """People and their tokens.

    Args:
        grounds: What the sandbox stands on.
        key: The file of the key that tokens are signed with.

    Attributes:
        key: The key.
    """

    def __init__(self, grounds: Grounds, key: Path) -> None:
        self._database = grounds.database
        self._clock = grounds.clock
        self.key = SigningKey(key, grounds.database, "gen3_keys")
        grounds.database.define(
            gen3_people="number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, policies TEXT NOT NULL",
            gen3_revoked="jti TEXT PRIMARY KEY",
            gen3_api_keys="jti TEXT PRIMARY KEY, person INTEGER NOT NULL, ends INTEGER NOT NULL",
        )
        self.seed()

    def seed(self) -> None:
        """Puts back who is there from the start, where nobody is."""
        with self._database.transaction():
            if self._database.row("SELECT 1 FROM gen3_people LIMIT 1") is None:
                for name, policies in _POLICIES.items():
                    self.add(name, policies)

    # -- people

    def add(self, name: str, policies: Iterable[tuple[str, str, str]] = ()) -> Person:
        """Adds somebody, or gives somebody other policies.

        Args:
            name: Their user name.
            policies: What they may do: resource, service and method of each; `*` is any service or method.
        """
        text = json.dumps([list(policy) for policy in policies])
        self._database.execute(
            "INSERT INTO gen3_people (name, policies) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET policies = excluded.policies",
            (name, text),
        )
        found = self.person(name)
        assert found is not None
        return found

    def person(self, name: str) -> Person | None:
        """Somebody by name; None when there is nobody of that name."""
        row = self._database.row("SELECT number, policies FROM gen3_people WHERE name = ?", (name,))
        if row is None:
            return None
        stated = cast("list[list[str]]", json.loads(row["policies"]))
        return Person(name, row["number"], tuple(Policy(*each) for each in stated))

    def mapping(self, person: Person) -> dict[str, list[dict[str, str]]]:
        """What somebody may do, as Arborist tells it: resource to services and methods."""
        told: dict[str, list[dict[str, str]]] = {}
        for policy in person.policies:
            allowed = {"service": policy.service, "method": policy.method}
            told.setdefault(policy.resource, []).append(allowed)
        return told

    # -- tokens

    def issue(
        self,
        name: str,
        origin: str,
        *,
        purpose: str = "access",
        seconds: float = ACCESS_SECONDS,
        audience: Iterable[str] = ("user", "data", "openid"),
    ) -> str:
        """Makes a token of somebody.

        Args:
            name: Whose it is.
            origin: Scheme, host and port of the commons as its clients reach it.
            purpose: What it is for: `access`, or `api_key`.
            seconds: How long it is good for, in the sandbox's time.
            audience: What it may be used for, Fence's scopes.

        Raises:
            LookupError: There is nobody of that name.
        """
        person = self.person(name)
        if person is None:
            raise LookupError(f"the commons knows nobody called {name}")
        begins = int(self._clock.now())
        scopes = list(audience)
        jti = str(uuid.uuid4())
        if purpose == "api_key":
            self._database.execute(
                "INSERT INTO gen3_api_keys VALUES (?, ?, ?)", (jti, person.number, begins + int(seconds))
            )
        user = {"context": {"user": {"name": name, "is_admin": person.may("*", "/")}}}
        return self.key.sign(
            {
                "pur": purpose,
                "iss": f"{origin}/user",
                "sub": str(person.number),
                "aud": [*scopes, f"{origin}/user"],
                "scope": scopes,
                "iat": begins,
                "exp": begins + int(seconds),
                "jti": jti,
                "azp": "",
                **(user if purpose == "access" else {}),
            }
        )

    def claims(self, token: str, purpose: str = "access") -> Mapping[str, Any]:
        """What a token states.

        Args:
            token: The token.
            purpose: What it has to be for.

        Raises:
            Problem: 401; it isn't one of ours, has ended or was revoked, or is for something else.
        """
        import jwt

        options: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
        try:
            claims: dict[str, Any] = jwt.decode(token, self.key.public(), algorithms=[ALGORITHM], options=options)
        except jwt.PyJWTError as error:
            raise Problem(401, "unauthorized", f"Token validation failed: {error}") from error
        if claims.get("pur") != purpose:
            raise Problem(401, "unauthorized", f"The token is for {claims.get('pur')}, {purpose} is wanted")
        if claims["exp"] <= self._clock.now():
            raise Problem(401, "unauthorized", "Signature has expired")
        if self._database.row("SELECT 1 FROM gen3_revoked WHERE jti = ?", (claims["jti"],)) is not None:
            raise Problem(401, "unauthorized", "The token was revoked")
        return claims

    def revoke(self, jti: str) -> None:
        """Ends a token or key before its time."""
        self._database.execute("INSERT OR IGNORE INTO gen3_revoked VALUES (?)", (jti,))

    def keys_of(self, person: Person) -> list[tuple[str, int]]:
        """Identifier and end of each API key of somebody that wasn't revoked, the one that ends last first."""
        rows = self._database.rows(
            "SELECT jti, ends FROM gen3_api_keys WHERE person = ?"
            " AND jti NOT IN (SELECT jti FROM gen3_revoked) ORDER BY ends DESC, jti",
            (person.number,),
        )
        return [(row["jti"], row["ends"]) for row in rows]

    def person_of(self, claims: Mapping[str, Any]) -> Person:
        """Whose a token is.

        Raises:
            Problem: 401; they are gone.
        """
        row = self._database.row("SELECT name FROM gen3_people WHERE number = ?", (int(claims["sub"]),))
        person = self.person(row["name"]) if row else None
        if person is None:
            raise Problem(401, "unauthorized", "The token's user doesn't exist any longer")
        return person

    def bearer(self, headers: Mapping[str, str]) -> Person | None:
        """Who sent a request; None without a bearer token.

        Args:
            headers: The request's headers, names in lower case.

        Raises:
            Problem: 401; the token isn't good.
        """
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return None
        return self.person_of(self.claims(token.strip()))

    def anyone(self, headers: Mapping[str, str]) -> Person:
        """Who sent a request; without a bearer token the anonymous.

        Raises:
            Problem: 401; the token isn't good.
        """
        found = self.bearer(headers) or self.person(ANONYMOUS)
        return found or Person(ANONYMOUS, 0, ())
