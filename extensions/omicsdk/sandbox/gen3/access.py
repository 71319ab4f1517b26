"""Who asks a commons, and what they may do: people and clients, and the tokens that Fence signs for them.

What they may do is kept as Arborist keeps it: policies that join roles with resources. A policy holds for what is below
its resources too, and `*` is any method or service.
"""

import hmac
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omicsdk.sandbox.gen3.access_rules import ANONYMOUS as ANONYMOUS_GROUP
from omicsdk.sandbox.gen3.access_rules import CLIENT, GROUP, LOGGED_IN, USER, Policy, Rule, Rules
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Grounds
from omicsdk.sandbox.state.credentials import ALGORITHM, Secrets, SigningKey, digest

ADMINISTRATOR = "sandbox-user@example.org"
"""May do everything."""
READER = "reader@example.org"
"""May read what is below /open, and upload."""
ANONYMOUS = ""
"""Whoever comes without a token."""
CLIENT_ID = "sandbox-client"
"""A program that logs in by itself, with `client_credentials`; it may read everything, and upload."""

ACCESS_SECONDS = 1200.0
"""For how long access tokens are good, as Fence has it by default."""
KEY_SECONDS = 30 * 24 * 3600.0
"""For how long API keys are good at most, as Fence has it by default."""

_OPEN: tuple[Rule, ...] = (("/open", "*", "read"), ("/open", "*", "read-storage"))
_UPLOAD: Rule = ("/data_file", "fence", "file_upload")
_PEOPLE: Mapping[str, tuple[Rule, ...]] = {ADMINISTRATOR: (("/", "*", "*"),), READER: (*_OPEN, _UPLOAD)}
_CLIENT_MAY: tuple[Rule, ...] = (("/", "*", "read"), ("/", "*", "read-storage"), _UPLOAD)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the commons knows.

    Attributes:
        name: Their user name; empty for whoever comes without a token, and for a client.
        number: Their number, the subject of their tokens; 0 when they have none.
        policies: What they may do.
        client: The identity of a client that acts for itself; else empty.
    """

    name: str
    number: int
    policies: tuple[Policy, ...]
    client: str = ""

    def may(self, method: str, resource: str, service: str = "*") -> bool:
        """Whether they may do something with a resource.

        Args:
            method: What, such as read, create, update, delete, read-storage, write-storage, file_upload.
            resource: The resource's path, such as /programs/demo/projects/one.
            service: In which service.
        """
        return any(policy.allows(resource, service, method) for policy in self.policies)


class Access:
    """People, clients and their tokens.

    Args:
        grounds: What the sandbox stands on.
        key: The file of the key that tokens are signed with.

    Attributes:
        key: The key.
        secrets: What the credentials of the commons' own programs derive from.
        rules: Resources, roles, policies, users, groups and clients as Arborist keeps them.
    """

    def __init__(self, grounds: Grounds, key: Path) -> None:
        self._database = grounds.database
        self._clock = grounds.clock
        self.secrets = grounds.secrets
        self.key = SigningKey(key, grounds.database, "gen3_keys")
        self.rules = Rules(grounds.database)
        self._known: dict[str, tuple[int, float, Person]] = {}
        grounds.database.define(
            gen3_people="number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE",
            gen3_revoked="jti TEXT PRIMARY KEY",
            gen3_api_keys="jti TEXT PRIMARY KEY, person INTEGER NOT NULL, ends INTEGER NOT NULL",
            gen3_clients="id TEXT PRIMARY KEY, secret TEXT NOT NULL",
        )
        self.seed()

    def seed(self) -> None:
        """Puts back who is there from the start, where nobody is."""
        self._known.clear()
        with self._database.transaction():
            # The secret of a folder of an earlier release, which everybody knew, is gone.
            values = (digest(client_secret(self.secrets)), CLIENT_ID)
            self._database.execute("UPDATE gen3_clients SET secret = ? WHERE id = ? AND secret = ''", values)
            if self._database.row("SELECT 1 FROM gen3_people LIMIT 1") is not None:
                return
            for path in ("/open", "/data_file", "/programs"):
                self.rules.add_resource(path)
            for group, rules in ((ANONYMOUS_GROUP, _OPEN), (LOGGED_IN, ())):
                policies = [self.rules.add_rule(rule) for rule in rules]
                self.rules.put(GROUP, group, {"name": group, "users": [], "policies": policies})
            for name, rules in _PEOPLE.items():
                self.add(name, rules)
            self.add_client(CLIENT_ID, client_secret(self.secrets), _CLIENT_MAY)

    # -- people

    def add(self, name: str, policies: Iterable[Rule] = ()) -> Person:
        """Adds somebody, or gives somebody other policies.

        Args:
            name: Their user name.
            policies: What they may do: resource, service and method of each; `*` is any service or method. What
                everybody may is theirs besides.
        """
        with self._database.transaction():
            self._database.execute("INSERT OR IGNORE INTO gen3_people (name) VALUES (?)", (name,))
            granted = [{"policy": self.rules.add_rule(rule), "expires_at": None} for rule in policies]
            self.rules.put(USER, name, {"name": name, "email": name, "policies": granted})
        found = self.person(name)
        assert found is not None
        return found

    def remove(self, name: str) -> bool:
        """Removes somebody, whose tokens end by that, and tells whether they were there."""
        with self._database.transaction():
            self.rules.remove(USER, name)
            return self._database.execute("DELETE FROM gen3_people WHERE name = ?", (name,)) > 0

    def person(self, name: str) -> Person | None:
        """Somebody by name; None when there is nobody of that name."""
        now, changes = self._clock.now(), self.rules.changes
        known = self._known.get(name)
        if known is not None and known[0] == changes and now < known[1]:
            return known[2]
        row = self._database.row("SELECT number FROM gen3_people WHERE name = ?", (name,))
        if row is None and name:
            return None
        policies, until = self.rules.of_user(name, now)
        found = Person(name, row["number"] if row else 0, policies)
        self._known[name] = changes, until, found
        return found

    def mapping(self, person: Person) -> dict[str, list[dict[str, str]]]:
        """What somebody may do, as Arborist tells it: services and methods by resource."""
        return self.rules.mapping(person.policies)

    def projects(self, person: Person) -> dict[str, list[str]]:
        """What somebody may do with projects, as the older access lists have it: methods by a project's code."""
        return {
            path.rsplit("/", 1)[1]: sorted({each["method"] for each in allowed})
            for path, allowed in self.mapping(person).items()
            if path.startswith("/programs/") and path.count("/") == 4 and path.split("/")[3] == "projects"
        }

    # -- clients

    def add_client(self, id: str, secret: str, policies: Iterable[Rule] = ()) -> None:
        """Adds a program that logs in by itself, or gives it another secret and other policies.

        Args:
            id: Its identity.
            secret: Its secret; only a digest is kept.
            policies: What it may do, as for `add`.
        """
        with self._database.transaction():
            self._database.execute("REPLACE INTO gen3_clients VALUES (?, ?)", (id, digest(secret)))
            granted = [self.rules.add_rule(rule) for rule in policies]
            self.rules.put(CLIENT, id, {"clientID": id, "policies": granted})

    def is_client(self, id: str, secret: str) -> bool:
        """Whether there is such a client with such a secret."""
        row = self._database.row("SELECT secret FROM gen3_clients WHERE id = ?", (id,))
        return row is not None and hmac.compare_digest(row["secret"], digest(secret))

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
        claims = self._claims(origin, purpose, seconds, audience)
        claims["sub"] = str(person.number)
        if purpose == "api_key":
            kept = (claims["jti"], person.number, claims["exp"])
            self._database.execute("INSERT INTO gen3_api_keys VALUES (?, ?, ?)", kept)
        else:
            claims["context"] = {"user": {"name": name, "is_admin": person.may("*", "/")}}
        return self.key.sign(claims)

    def issue_to_client(self, id: str, origin: str, seconds: float, audience: Iterable[str]) -> str:
        """Makes an access token of a client that acts for itself.

        Args:
            id: The client.
            origin: Scheme, host and port of the commons as its clients reach it.
            seconds: How long it is good for, in the sandbox's time.
            audience: What it may be used for, Fence's scopes.
        """
        return self.key.sign({**self._claims(origin, "access", seconds, audience), "azp": id, "context": {}})

    def _claims(self, origin: str, purpose: str, seconds: float, audience: Iterable[str]) -> dict[str, Any]:
        begins = int(self._clock.now())
        scopes = list(audience)
        return {
            "pur": purpose,
            "iss": f"{origin}/user",
            "aud": [*scopes, f"{origin}/user"],
            "scope": scopes,
            "iat": begins,
            "exp": begins + int(seconds),
            "jti": str(uuid.uuid4()),
            "azp": "",
        }

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
        if jwt.get_unverified_header(token).get("kid") != self.key.id:
            raise Problem(401, "unauthorized", "The token was signed before the commons was emptied")
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
        """Whose a token is; a client without a user is a person without a name.

        Raises:
            Problem: 401; they are gone.
        """
        if "sub" not in claims:
            client = claims["azp"]
            if self.rules.get(CLIENT, client) is not None:
                return Person("", 0, self.rules.of_client(client), client)
            raise Problem(401, "unauthorized", "The token's client doesn't exist any longer")
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


def client_secret(secrets: Secrets) -> str:
    """The secret of `CLIENT_ID`."""
    return secrets.derived("gen3", CLIENT_ID)
