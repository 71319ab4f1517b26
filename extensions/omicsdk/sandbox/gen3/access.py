"""Users and clients of a commons, their permissions, and the tokens that Fence signs for them."""

import hmac
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from omicsdk.sandbox.gen3 import ADMINISTRATOR, CLIENT_ID, READER
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.service import SandboxContext, bearer_token
from omicsdk.sandbox.state.credentials import ALGORITHM, LASTING, Secrets, SigningKey, digest
from omicsdk.sandbox.state.database import Table


class Policy(NamedTuple):
    """A permission.

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


Rule = tuple[str, str, str]
"""A resource, a service and a method; `*` is any service or method."""

# A resource that every user may read, with everything below it.
OPEN = "/open"
# Validity of access tokens; Fence's default.
ACCESS_SECONDS = 1200.0
# Validity of API keys at most; Fence's default.
KEY_SECONDS = 30 * 24 * 3600.0

# The permissions of every user, and of callers without a token.
_PUBLIC = (Policy(OPEN, "*", "read"), Policy(OPEN, "*", "read-storage"))
_UPLOAD = Policy("/data_file", "fence", "file_upload")
_PEOPLE: Mapping[str, tuple[Rule, ...]] = {ADMINISTRATOR: (("/", "*", "*"),), READER: (_UPLOAD,)}
_CLIENT_MAY: tuple[Rule, ...] = (("/", "*", "read"), ("/", "*", "read-storage"), _UPLOAD)
_RESOURCES = (OPEN, "/data_file", "/programs")


def below(path: str, top: str) -> bool:
    """Whether a resource is another one, or below it."""
    return top == "/" or path == top or path.startswith(f"{top}/")


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


# A caller without a token.
ANONYMOUS = Person("", 0, _PUBLIC)


@dataclass(frozen=True, slots=True)
class _User:
    """A user: their number, which is the subject of tokens, their name, and their own permissions."""

    number: int
    name: str
    rules: list[Rule]

    def person(self) -> Person:
        return Person(self.name, self.number, tuple(dict.fromkeys((*(Policy(*rule) for rule in self.rules), *_PUBLIC))))


@dataclass(frozen=True, slots=True)
class _Client:
    """A program that logs in with client credentials: a digest of its secret, and its permissions."""

    id: str
    secret: str
    rules: list[Rule]


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
    """

    def __init__(self, context: SandboxContext, key: Path) -> None:
        self._database = context.database
        self._clock = context.clock
        self.secrets = context.secrets
        self.key = SigningKey(key, context.database, "gen3_keys")
        self._users = Table(context.database, "gen3_users", _User, more="UNIQUE (name)")
        self._clients = Table(context.database, "gen3_clients", _Client)
        self._revoked = Table(context.database, "gen3_revoked", _Revoked)
        self.seed()

    def seed(self) -> None:
        """Restore the initial users, unless there are any."""
        with self._database.transaction():
            if self._users.count():
                return
            for name, rules in _PEOPLE.items():
                self.add(name, rules)
            self.add_client(CLIENT_ID, client_secret(self.secrets), _CLIENT_MAY)

    # -- users

    def add(self, name: str, policies: Iterable[Rule] = ()) -> Person:
        """Add a user, or give a user other policies.

        Args:
            name: Their user name.
            policies: Their permissions beside those of all users: resource, service and method of each; `*` is any
                service or method.
        """
        with self._database.transaction():
            existing = self._users.first(name=name)
            self._users.put(_User(existing.number if existing else 0, name, list(policies)))
        person = self.person(name)
        assert person is not None
        return person

    def person(self, name: str) -> Person | None:
        """A user by name; None when there is no user of that name."""
        user = self._users.first(name=name)
        return user and user.person()

    def mapping(self, person: Person) -> dict[str, list[dict[str, str]]]:
        """A user's permissions, as Arborist returns them: services and methods by resource, and by known ones below."""
        rules = [rule for owner in (*self._users.all(), *self._clients.all()) for rule in owner.rules]
        resources = {*_RESOURCES, *(path for resource, _, _ in rules for path in _with_above(resource))}
        by_path: dict[str, list[dict[str, str]]] = {}
        for policy in person.policies:
            permission = {"service": policy.service, "method": policy.method}
            for path in {policy.resource, *(path for path in resources if below(path, policy.resource))}:
                path_permissions = by_path.setdefault(path, [])
                if permission not in path_permissions:
                    path_permissions.append(permission)
        return {path: by_path[path] for path in sorted(by_path)}

    def projects(self, person: Person) -> dict[str, list[str]]:
        """A user's permissions with projects, in the form of older access lists: methods by a project's code."""
        return {
            path.rsplit("/", 1)[1]: sorted({permission["method"] for permission in permissions})
            for path, permissions in self.mapping(person).items()
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
        self._clients.put(_Client(id, digest(secret), list(policies)))

    def is_client(self, id: str, secret: str) -> bool:
        """Whether there is such a client with such a secret."""
        client = self._clients.get(id)
        return client is not None and hmac.compare_digest(client.secret, digest(secret))

    # -- tokens

    def issue(
        self,
        name: str,
        origin: str,
        *,
        purpose: str = "access",
        seconds: float = ACCESS_SECONDS,
        audience: Iterable[str] = ("user", "data", "openid"),
        lasting: bool = False,
        id: str = "",
    ) -> str:
        """Make a token of a user.

        Args:
            name: Its owner.
            origin: Scheme, host and port of the commons as its clients reach it.
            purpose: `access` or `api_key`.
            seconds: Validity in seconds, in the sandbox's time.
            audience: Its uses, as Fence's scopes.
            lasting: Whether it stays valid after a reset.
            id: The UUID by which it is revoked; by default a new one.

        Raises:
            LookupError: There is no user of that name.
        """
        person = or_raise(self.person(name), LookupError(f"the commons has no user {name}"))
        claims = {**self._claims(origin, purpose, seconds, audience), "sub": str(person.number)}
        if id:
            claims["jti"] = id
        if purpose != "api_key":
            claims["context"] = {"user": {"name": name, "is_admin": person.may("*", "/")}}
        return self.key.sign(claims, lasting=lasting)

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
        names = {"pur": purpose, "iss": f"{origin}/user", "aud": [*scopes, f"{origin}/user"], "scope": scopes}
        times = {"iat": begins, "exp": begins + int(seconds)}
        return {**names, **times, "jti": str(uuid.uuid4()), "azp": ""}

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
        if jwt.get_unverified_header(token).get("kid") not in (self.key.id, LASTING):
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

    def person_of(self, claims: Mapping[str, Any]) -> Person:
        """The owner of a token; a client without a user is a person without a name.

        Raises:
            Problem: 401; they are gone.
        """
        if "sub" in claims:
            user = self._users.get(int(claims["sub"]))
            person = user and user.person()
        else:
            client = self._clients.get(claims["azp"])
            person = client and Person("", 0, tuple(Policy(*rule) for rule in client.rules), client.id)
        if person is None:
            raise Problem(401, "unauthorized", "The token's owner doesn't exist any longer")
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
        return or_raise(self.bearer(headers), refusal)

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
        return self.bearer(headers) or ANONYMOUS


def _with_above(path: str) -> list[str]:
    """A resource and those above it, without the root."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[: depth + 1]) for depth in range(len(steps)) if path != "/"]


def client_secret(secrets: Secrets) -> str:
    """The secret of `CLIENT_ID`."""
    return secrets.derived("gen3", CLIENT_ID)
