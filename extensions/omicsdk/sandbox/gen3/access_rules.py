"""What Arborist keeps: resources, roles, policies, users, groups and clients; and what follows for somebody."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.state.database import Database

RESOURCE, ROLE, POLICY, USER, GROUP, CLIENT = "resource", "role", "policy", "user", "group", "client"
ANONYMOUS, LOGGED_IN = "anonymous", "logged-in"
"""Groups that nobody has to be added to: what the first may do everybody may, the second's policies are those of all users."""
_NEVER = float("inf")

Rule = tuple[str, str, str]
"""A resource, a service and a method; `*` is any service or method."""


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
        return below(resource, self.resource) and self.service in ("*", service) and self.method in ("*", method)


def below(path: str, top: str) -> bool:
    """Whether a resource is another one, or below it."""
    return top == "/" or path == top or path.startswith(f"{top}/")


def tag_of(path: str) -> str:
    """The short name that a resource has beside its path: eight letters and digits."""
    return hashlib.sha256(path.encode()).hexdigest()[:8]


class Rules:
    """The store.

    Args:
        database: Where it is kept.

    Attributes:
        changes: How often something was written; what was worked out before is stale then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.changes = 0
        database.define(
            gen3_rules="kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, id)"
        )

    def get(self, kind: str, id: str) -> dict[str, Any] | None:
        """A document by its kind and identity."""
        row = self._database.row("SELECT document FROM gen3_rules WHERE kind = ? AND id = ?", (kind, id))
        return json.loads(row["document"]) if row else None

    def all(self, kind: str) -> list[dict[str, Any]]:
        """All documents of a kind, sorted by identity."""
        rows = self._database.rows("SELECT document FROM gen3_rules WHERE kind = ? ORDER BY id", (kind,))
        return [json.loads(row["document"]) for row in rows]

    def put(self, kind: str, id: str, document: Mapping[str, Any]) -> None:
        """Writes a document in place of what was there."""
        self._database.execute("REPLACE INTO gen3_rules VALUES (?, ?, ?)", (kind, id, json.dumps(document)))
        self.changes += 1

    def remove(self, kind: str, id: str) -> bool:
        """Removes a document and tells whether it was there."""
        self.changes += 1
        return self._database.execute("DELETE FROM gen3_rules WHERE kind = ? AND id = ?", (kind, id)) > 0

    # -- resources

    def add_resource(self, path: str, description: str = "") -> None:
        """Makes a resource known, and those above it; one that is known stays as it is.

        Args:
            path: Its path, such as /programs/demo/projects/one.
            description: What it is, in words.
        """
        steps = path.strip("/").split("/")
        for depth in range(1, len(steps) + 1):
            whole = "/" + "/".join(steps[:depth])
            if self.get(RESOURCE, whole) is None:
                told = description if depth == len(steps) else ""
                self.put(RESOURCE, whole, {"path": whole, "description": told})

    def remove_resource(self, path: str) -> bool:
        """Forgets a resource and those below it, and tells whether it was known."""
        known = [each["path"] for each in self.all(RESOURCE) if below(each["path"], path)]
        for each in known:
            self.remove(RESOURCE, each)
        return bool(known)

    # -- policies

    def add_rule(self, rule: Rule) -> str:
        """Makes the policy of one rule, with its role and resource, where it isn't there, and returns its identity."""
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
        """What policies allow; those that aren't there allow nothing."""
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
        """What a user may do, by themselves and through groups, and until when that holds.

        Args:
            name: The user's name; empty for whoever comes without a token.
            now: The time, in seconds since 1970.
        """
        user: dict[str, Any] = (self.get(USER, name) if name else None) or {}
        granted: list[dict[str, str | None]] = user.get("policies") or []
        ends = [(str(each["policy"]), moment(each.get("expires_at"))) for each in granted]
        groups = [each for each in self.all(GROUP) if name and name in each["users"]]
        groups += [self.get(GROUP, each) or {} for each in ((LOGGED_IN, ANONYMOUS) if name else (ANONYMOUS,))]
        shared: list[str] = [policy for group in groups for policy in group.get("policies") or ()]
        policies = [policy for policy, end in ends if end > now] + shared
        return self.expanded(policies), min((end for _, end in ends if end > now), default=_NEVER)

    def of_client(self, client: str) -> tuple[Policy, ...]:
        """What a client may do that has no user."""
        return self.expanded((self.get(CLIENT, client) or {}).get("policies") or ())

    def mapping(self, policies: Iterable[Policy]) -> dict[str, list[dict[str, str]]]:
        """Policies as Arborist tells them: services and methods by resource, for each known resource below as well."""
        known = [each["path"] for each in self.all(RESOURCE)]
        told: dict[str, list[dict[str, str]]] = {}
        for policy in policies:
            allowed = {"service": policy.service, "method": policy.method}
            for path in (policy.resource, *(each for each in known if below(each, policy.resource))):
                listed = told.setdefault(path, [])
                if allowed not in listed:
                    listed.append(allowed)
        return {path: told[path] for path in sorted(told)}


def moment(stated: str | None) -> float:
    """When a grant ends, in seconds since 1970; one without an end never does.

    Raises:
        ValueError: It isn't a time in ISO 8601.
    """
    if stated is None:
        return _NEVER
    end = datetime.fromisoformat(stated)
    return (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()
