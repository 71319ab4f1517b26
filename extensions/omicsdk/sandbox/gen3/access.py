"""Users and clients of a commons, their permissions, and the tokens that Fence signs for them.

What they may do is kept as Arborist keeps it: policies that join roles with resources. A policy holds for what is below
its resources too, and `*` is any method or service.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omicsdk.sandbox.gen3 import ADMINISTRATOR, CLIENT_ID, READER
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import SandboxContext
from omicsdk.sandbox.state.credentials import ALGORITHM, Secrets, SigningKey, digest
from omicsdk.sandbox.state.database import Database, Table

RESOURCE, ROLE, POLICY, USER, GROUP, CLIENT = "resource", "role", "policy", "user", "group", "client"
ANONYMOUS_GROUP, LOGGED_IN = "anonymous", "logged-in"
"""Groups without members of their own: the first one's policies are those of any caller, the second's those of all users."""
_NEVER = float("inf")

Rule = tuple[str, str, str]
"""A resource, a service and a method; `*` is any service or method."""

OPEN = "/open"
"""A resource that every user may read, with everything below it."""
ANONYMOUS = ""
"""A caller without a token."""
ACCESS_SECONDS = 1200.0
"""Validity of access tokens; Fence's default."""
KEY_SECONDS = 30 * 24 * 3600.0
"""Validity of API keys at most; Fence's default."""

_OPEN: tuple[Rule, ...] = ((OPEN, "*", "read"), (OPEN, "*", "read-storage"))
_UPLOAD: Rule = ("/data_file", "fence", "file_upload")
_PEOPLE: Mapping[str, tuple[Rule, ...]] = {ADMINISTRATOR: (("/", "*", "*"),), READER: (*_OPEN, _UPLOAD)}
_CLIENT_MAY: tuple[Rule, ...] = (("/", "*", "read"), ("/", "*", "read-storage"), _UPLOAD)


@dataclass(frozen=True, slots=True)
class Policy:
    """A user's permissions.

    Attributes:
        resource: With what, and with what is below it.
        service: In which service; `*` for any.
        method: Name of the method, such as read; `*` for anything.
    """

    resource: str
    service: str
    method: str

    def allows(self, resource: str, service: str, method: str) -> bool:
        """Whether it holds for a method of a service on a resource."""
        return below(resource, self.resource) and self.service in ("*", service) and self.method in ("*", method)


def below(path: str, top: str) -> bool:
    """Whether a resource is another one, or below it."""
    return top == "/" or path == top or path.startswith(f"{top}/")


def tag_of(path: str) -> str:
    """The short name that a resource has beside its path: eight letters and digits."""
    return hashlib.sha256(path.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A resource, role, policy, user, group or client, with what Arborist returns of it."""

    kind: str
    id: str
    document: dict[str, Any]


class Rules:
    """The store.

    Args:
        database: The sandbox's database.

    Attributes:
        changes: How often something was written; what was worked out before is stale then.
    """

    def __init__(self, database: Database) -> None:
        self._rules = Table(database, "gen3_rules", _Rule, key="kind id")
        self.changes = 0

    def get(self, kind: str, id: str) -> dict[str, Any] | None:
        """A document by its kind and identity."""
        found = self._rules.get(kind, id)
        return found.document if found else None

    def all(self, kind: str) -> list[dict[str, Any]]:
        """All documents of a kind, sorted by identity."""
        return [each.document for each in self._rules.all(order="id", kind=kind)]

    def put(self, kind: str, id: str, document: Mapping[str, Any]) -> None:
        """Write a document, and replace an existing one."""
        self._rules.put(_Rule(kind, id, dict(document)))
        self.changes += 1

    def remove(self, kind: str, id: str) -> bool:
        """Remove a document and return whether it existed."""
        self.changes += 1
        return self._rules.remove(kind=kind, id=id) > 0

    # -- resources

    def add_resource(self, path: str, description: str = "") -> None:
        """Register a resource and those above it; a registered one is unchanged.

        Args:
            path: Its path, such as /programs/demo/projects/one.
            description: Its description.
        """
        steps = path.strip("/").split("/")
        for depth in range(1, len(steps) + 1):
            whole = "/" + "/".join(steps[:depth])
            if self.get(RESOURCE, whole) is None:
                shown = description if depth == len(steps) else ""
                self.put(RESOURCE, whole, {"path": whole, "description": shown})

    def remove_resource(self, path: str) -> bool:
        """Forget a resource and those below it, and return whether it was known."""
        known = [each["path"] for each in self.all(RESOURCE) if below(each["path"], path)]
        for each in known:
            self.remove(RESOURCE, each)
        return bool(known)

    # -- policies

    def add_rule(self, rule: Rule) -> str:
        """Make the policy of one rule, with its role and resource, where it does not exist, and return its identity."""
        resource, service, method = rule
        word = "all" if method == "*" else method
        role = word if service == "*" else f"{service}_{word}"
        if self.get(ROLE, role) is None:
            permission = {"id": role, "description": "", "action": {"service": service, "method": method}}
            self.put(ROLE, role, {"id": role, "description": "", "permissions": [permission]})
        if resource != "/":
            self.add_resource(resource)
        policy = f"{resource.strip('/').replace('/', '.') or 'everything'}-{role}"
        if self.get(POLICY, policy) is None:
            self.put(POLICY, policy, {"id": policy, "role_ids": [role], "resource_paths": [resource]})
        return policy

    def expanded(self, policies: Iterable[str]) -> tuple[Policy, ...]:
        """The permissions of policies; unknown ones allow nothing."""
        found: dict[Policy, None] = {}
        for id in policies:
            policy = self.get(POLICY, id) or {}
            roles = [self.get(ROLE, role) or {} for role in policy.get("role_ids") or ()]
            for path in policy.get("resource_paths") or ():
                for permission in (each for role in roles for each in role.get("permissions") or ()):
                    action: dict[str, str] = permission.get("action") or {}
                    found[Policy(path, action.get("service", ""), action.get("method", ""))] = None
        return tuple(found)

    def of_user(self, name: str, now: float) -> tuple[tuple[Policy, ...], float]:
        """A user's permissions, their own and those of groups, and until when they hold.

        Args:
            name: The user's name; empty for a caller without a token.
            now: The time, in seconds since 1970.
        """
        user: dict[str, Any] = (self.get(USER, name) if name else None) or {}
        granted: list[dict[str, str | None]] = user.get("policies") or []
        ends = [(str(each["policy"]), parse_time(each.get("expires_at"))) for each in granted]
        groups = [each for each in self.all(GROUP) if name and name in each["users"]]
        groups += [
            self.get(GROUP, each) or {} for each in ((LOGGED_IN, ANONYMOUS_GROUP) if name else (ANONYMOUS_GROUP,))
        ]
        shared: list[str] = [policy for group in groups for policy in group.get("policies") or ()]
        policies = [policy for policy, end in ends if end > now] + shared
        return self.expanded(policies), min((end for _, end in ends if end > now), default=_NEVER)

    def of_client(self, client: str) -> tuple[Policy, ...]:
        """The permissions of a client without a user."""
        return self.expanded((self.get(CLIENT, client) or {}).get("policies") or ())

    def mapping(self, policies: Iterable[Policy]) -> dict[str, list[dict[str, str]]]:
        """Policies as Arborist returns them: services and methods by resource, for each known resource below as well."""
        known = [each["path"] for each in self.all(RESOURCE)]
        shown: dict[str, list[dict[str, str]]] = {}
        for policy in policies:
            allowed = {"service": policy.service, "method": policy.method}
            for path in (policy.resource, *(each for each in known if below(each, policy.resource))):
                listed = shown.setdefault(path, [])
                if allowed not in listed:
                    listed.append(allowed)
        return {path: shown[path] for path in sorted(shown)}


def parse_time(stated: str | None) -> float:
    """When a grant ends, in seconds since 1970; one without an end never does.

    Raises:
        ValueError: It is not a time in ISO 8601.
    """
    if stated is None:
        return _NEVER
    end = datetime.fromisoformat(stated)
    return (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True)
class Person:
    """A user whom the commons knows.

    Attributes:
        name: Their user name; empty for a caller without a token, and for a client.
        number: Their number, the subject of their tokens; 0 when they have none.
        policies: Their permissions.
        client: The identity of a client that acts for itself; else empty.
    """

    name: str
    number: int
    policies: tuple[Policy, ...]
    client: str = ""

    def may(self, method: str, resource: str, service: str = "*") -> bool:
        """Whether they may do something with a resource.

        Args:
            method: Name of the method, such as read, create, update, delete, read-storage, write-storage, file_upload.
            resource: The resource's path, such as /programs/demo/projects/one.
            service: In which service.
        """
        return any(policy.allows(resource, service, method) for policy in self.policies)


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A user name with its number, which is the subject of tokens."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class _Client:
    """A program that logs in with client credentials, with a digest of its secret."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class _ApiKey:
    """An API key: the number of its person, and when it ends, in seconds since 1970."""

    jti: str
    person: int
    ends: int


@dataclass(frozen=True, slots=True)
class _Revoked:
    """A token or key that was ended before its time."""

    jti: str


class Access:
    """Users, clients and their tokens.

    Args:
        context: State and settings that all services share.
        key: The file of the key that tokens are signed with.

    Attributes:
        key: The key.
        secrets: Secrets from which the credentials of the commons' own programs derive.
        rules: Resources, roles, policies, users, groups and clients as Arborist keeps them.
    """

    def __init__(self, context: SandboxContext, key: Path) -> None:
        self._database = context.database
        self._clock = context.clock
        self.secrets = context.secrets
        self.key = SigningKey(key, context.database, "gen3_keys")
        self.rules = Rules(context.database)
        self._known: dict[str, tuple[int, float, Person]] = {}
        self._people = Table(context.database, "gen3_people", _Numbered, more="UNIQUE (name)")
        self._clients = Table(context.database, "gen3_clients", _Client)
        self._api_keys = Table(context.database, "gen3_api_keys", _ApiKey)
        self._revoked = Table(context.database, "gen3_revoked", _Revoked)
        self.seed()

    def seed(self) -> None:
        """Restore the initial users, unless there are any."""
        self._known.clear()
        with self._database.transaction():
            if self._people.count():
                return
            for path in ("/open", "/data_file", "/programs"):
                self.rules.add_resource(path)
            for group, rules in ((ANONYMOUS_GROUP, _OPEN), (LOGGED_IN, ())):
                policies = [self.rules.add_rule(rule) for rule in rules]
                self.rules.put(GROUP, group, {"name": group, "users": [], "policies": policies})
            for name, rules in _PEOPLE.items():
                self.add(name, rules)
            self.add_client(CLIENT_ID, client_secret(self.secrets), _CLIENT_MAY)

    # -- users

    def add(self, name: str, policies: Iterable[Rule] = ()) -> Person:
        """Add a user, or give a user other policies.

        Args:
            name: Their user name.
            policies: Their permissions: resource, service and method of each; `*` is any service or method. What
                the permissions of all users are included.
        """
        with self._database.transaction():
            self._people.add_new(_Numbered(0, name))
            granted = [{"policy": self.rules.add_rule(rule), "expires_at": None} for rule in policies]
            self.rules.put(USER, name, {"name": name, "email": name, "policies": granted})
        found = self.person(name)
        assert found is not None
        return found

    def remove(self, name: str) -> bool:
        """Remove a user, whose tokens end by that, and return whether they existed."""
        with self._database.transaction():
            self.rules.remove(USER, name)
            return self._people.remove(name=name) > 0

    def person(self, name: str) -> Person | None:
        """A user by name; None when there is no user of that name."""
        now, changes = self._clock.now(), self.rules.changes
        known = self._known.get(name)
        if known is not None and known[0] == changes and now < known[1]:
            return known[2]
        known_by = self._people.first(name=name)
        if known_by is None and name:
            return None
        policies, until = self.rules.of_user(name, now)
        found = Person(name, known_by.number if known_by else 0, policies)
        self._known[name] = changes, until, found
        return found

    def mapping(self, person: Person) -> dict[str, list[dict[str, str]]]:
        """A user's permissions, as Arborist returns them: services and methods by resource."""
        return self.rules.mapping(person.policies)

    def projects(self, person: Person) -> dict[str, list[str]]:
        """A user's permissions with projects, in the form of older access lists: methods by a project's code."""
        return {
            path.rsplit("/", 1)[1]: sorted({each["method"] for each in allowed})
            for path, allowed in self.mapping(person).items()
            if path.startswith("/programs/") and path.count("/") == 4 and path.split("/")[3] == "projects"
        }

    # -- clients

    def add_client(self, id: str, secret: str, policies: Iterable[Rule] = ()) -> None:
        """Add a program that logs in with client credentials, or change its secret and policies.

        Args:
            id: Its identity.
            secret: Its secret; only a digest is kept.
            policies: Its permissions, as for `add`.
        """
        with self._database.transaction():
            self._clients.put(_Client(id, digest(secret)))
            granted = [self.rules.add_rule(rule) for rule in policies]
            self.rules.put(CLIENT, id, {"clientID": id, "policies": granted})

    def is_client(self, id: str, secret: str) -> bool:
        """Whether there is such a client with such a secret."""
        found = self._clients.get(id)
        return found is not None and hmac.compare_digest(found.secret, digest(secret))

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
        """Make a token of a user.

        Args:
            name: Its owner.
            origin: Scheme, host and port of the commons as its clients reach it.
            purpose: `access` or `api_key`.
            seconds: Validity in seconds, in the sandbox's time.
            audience: Its uses, as Fence's scopes.

        Raises:
            LookupError: There is no user of that name.
        """
        person = self.person(name)
        if person is None:
            raise LookupError(f"the commons has no user {name}")
        claims = self._claims(origin, purpose, seconds, audience)
        claims["sub"] = str(person.number)
        if purpose == "api_key":
            self._api_keys.add(_ApiKey(claims["jti"], person.number, claims["exp"]))
        else:
            claims["context"] = {"user": {"name": name, "is_admin": person.may("*", "/")}}
        return self.key.sign(claims)

    def issue_to_client(self, id: str, origin: str, seconds: float, audience: Iterable[str]) -> str:
        """Make an access token of a client that acts for itself.

        Args:
            id: The client.
            origin: Scheme, host and port of the commons as its clients reach it.
            seconds: Validity in seconds, in the sandbox's time.
            audience: Its uses, as Fence's scopes.
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
        """The claims of a token.

        Args:
            token: The token.
            purpose: Its required purpose.

        Raises:
            Problem: 401; it is not one of the sandbox's, has ended or was revoked, or is for something else.
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
            raise Problem(401, "unauthorized", f"The token is for {claims.get('pur')}, {purpose} is required")
        if claims["exp"] <= self._clock.now():
            raise Problem(401, "unauthorized", "Signature has expired")
        if self._revoked.get(claims["jti"]) is not None:
            raise Problem(401, "unauthorized", "The token was revoked")
        return claims

    def revoke(self, jti: str) -> None:
        """End a token or key before its time."""
        self._revoked.add_new(_Revoked(jti))

    def keys_of(self, person: Person) -> list[tuple[str, int]]:
        """Identifier and end of each API key of a user that was not revoked, the one that ends last first."""
        unrevoked = "jti NOT IN (SELECT jti FROM gen3_revoked)"
        found = self._api_keys.all(unrevoked, order="ends DESC, jti", person=person.number)
        return [(each.jti, each.ends) for each in found]

    def person_of(self, claims: Mapping[str, Any]) -> Person:
        """The owner of a token; a client without a user is a person without a name.

        Raises:
            Problem: 401; they are gone.
        """
        if "sub" not in claims:
            client = claims["azp"]
            if self.rules.get(CLIENT, client) is not None:
                return Person("", 0, self.rules.of_client(client), client)
            raise Problem(401, "unauthorized", "The token's client doesn't exist any longer")
        known = self._people.get(int(claims["sub"]))
        person = self.person(known.name) if known else None
        if person is None:
            raise Problem(401, "unauthorized", "The token's user doesn't exist any longer")
        return person

    def bearer(self, headers: Mapping[str, str]) -> Person | None:
        """The sender of a request; None without a bearer token.

        Args:
            headers: The request's headers, names in lower case.

        Raises:
            Problem: 401; the token is not valid.
        """
        token = bearer_token(headers)
        return self.person_of(self.claims(token)) if token else None

    def somebody(self, headers: Mapping[str, str], refusal: Problem) -> Person:
        """The sender of a request that needs a bearer token.

        Raises:
            Problem: 401, the token is not valid; the refusal that is given without one.
        """
        found = self.bearer(headers)
        if found is None:
            raise refusal
        return found

    def known(self, headers: Mapping[str, str]) -> Person | None:
        """The sender of a request; None without a valid bearer token."""
        try:
            return self.bearer(headers)
        except Problem:
            return None

    def anyone(self, headers: Mapping[str, str]) -> Person:
        """The sender of a request; the anonymous one without a bearer token.

        Raises:
            Problem: 401; the token is not valid.
        """
        found = self.bearer(headers) or self.person(ANONYMOUS)
        return found or Person(ANONYMOUS, 0, ())


def bearer_token(headers: Mapping[str, str]) -> str:
    """The bearer token of a request; empty when it has none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def basic_login(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Name and password of a request; None when it has none, both empty when they cannot be read."""
    kind, _, text = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:  # that of base64, or of a text that is not UTF-8
        return "", ""
    return name, password


def client_secret(secrets: Secrets) -> str:
    """The secret of `CLIENT_ID`."""
    return secrets.derived("gen3", CLIENT_ID)
