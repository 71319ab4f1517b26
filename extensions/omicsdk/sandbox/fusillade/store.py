"""Fusillade's tables of who may do what: users, groups and roles, and things that are shared one by one."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.state.database import Database

JsonObject = dict[str, Any]
USER, GROUP, ROLE = "user", "group", "role"


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, a group or a role.

    Attributes:
        kind: `user`, `group` or `role`.
        name: Its name, which is unique within its kind.
        enabled: Whether decisions about it may be a yes; of users only.
        policy: The policy that is attached to it directly, or None.
    """

    kind: str
    name: str
    enabled: bool
    policy: JsonObject | None

    def shown(self) -> JsonObject:
        """The principal as the service tells of it."""
        found: JsonObject = {
            f"{self.kind}_id": self.name,
            "policies": {"IAMPolicy": self.policy} if self.policy else {},
        }
        return {**found, "status": "enabled" if self.enabled else "disabled"} if self.kind == USER else found


class AccessStore:
    """The tables.

    Args:
        database: The file that they are in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            auth_principals="kind TEXT, name TEXT, enabled INTEGER NOT NULL, policy TEXT, creator TEXT NOT NULL,"
            " PRIMARY KEY (kind, name)",
            auth_links="kind TEXT, name TEXT, to_kind TEXT, to_name TEXT, PRIMARY KEY (kind, name, to_kind, to_name)",
            auth_types="name TEXT PRIMARY KEY, actions TEXT NOT NULL, creator TEXT NOT NULL",
            auth_levels="type TEXT, name TEXT, kind TEXT NOT NULL, policy TEXT NOT NULL, PRIMARY KEY (type, name)",
            auth_things="type TEXT, id TEXT, creator TEXT NOT NULL, PRIMARY KEY (type, id)",
            auth_members="type TEXT, id TEXT, kind TEXT, name TEXT, level TEXT NOT NULL,"
            " PRIMARY KEY (type, id, kind, name)",
        )

    def transaction(self) -> AbstractContextManager[None]:
        """All changes of the block are made, or none."""
        return self._database.transaction()

    def _names(self, query: str, *values: object) -> list[str]:
        return [row[0] for row in self._database.rows(query, values)]

    # -- users, groups and roles

    def principal(self, kind: str, name: str) -> Principal | None:
        """A user, group or role; None when there is none of that name."""
        row = self._database.row("SELECT * FROM auth_principals WHERE kind = ? AND name = ?", (kind, name))
        if row is None:
            return None
        return Principal(kind, name, bool(row["enabled"]), json.loads(row["policy"]) if row["policy"] else None)

    def add_principal(self, kind: str, name: str, policy: JsonObject | None, creator: str) -> bool:
        """Enters a user, group or role; False when there is one of that name."""
        text = json.dumps(policy) if policy else None
        statement = "INSERT OR IGNORE INTO auth_principals VALUES (?, ?, 1, ?, ?)"
        return self._database.execute(statement, (kind, name, text, creator)) == 1

    def set_enabled(self, user: str, enabled: bool) -> None:
        """Enables or disables a user."""
        self._database.execute(
            "UPDATE auth_principals SET enabled = ? WHERE kind = 'user' AND name = ?", (enabled, user)
        )

    def set_policy(self, kind: str, name: str, policy: JsonObject) -> None:
        """Replaces the policy that is attached directly."""
        statement = "UPDATE auth_principals SET policy = ? WHERE kind = ? AND name = ?"
        self._database.execute(statement, (json.dumps(policy), kind, name))

    def delete_principal(self, kind: str, name: str) -> None:
        """Deletes a group or role, and all that leads to it or from it."""
        with self.transaction():
            for statement in (
                "DELETE FROM auth_links WHERE kind = ? AND name = ?",
                "DELETE FROM auth_links WHERE to_kind = ? AND to_name = ?",
                "DELETE FROM auth_members WHERE kind = ? AND name = ?",
                "DELETE FROM auth_principals WHERE kind = ? AND name = ?",
            ):
                self._database.execute(statement, (kind, name))

    def names(self, kind: str, after: str, count: int) -> list[str]:
        """Names of a kind behind another one, in their order."""
        query = "SELECT name FROM auth_principals WHERE kind = ? AND name > ? ORDER BY name LIMIT ?"
        return self._names(query, kind, after, count)

    def owned(self, user: str, kind: str, after: str, count: int) -> list[str]:
        """Names of what a user created."""
        query = "SELECT name FROM auth_principals WHERE kind = ? AND creator = ? AND name > ? ORDER BY name LIMIT ?"
        return self._names(query, kind, user, after, count)

    # -- memberships

    def linked(self, kind: str, name: str, to_kind: str, after: str = "", count: int = -1) -> list[str]:
        """The groups or roles that a user or group has directly; a negative count is no limit."""
        query = (
            "SELECT to_name FROM auth_links WHERE kind = ? AND name = ? AND to_kind = ? AND to_name > ?"
            " ORDER BY to_name LIMIT ?"
        )
        return self._names(query, kind, name, to_kind, after, count)

    def users_in(self, group: str, after: str, count: int) -> list[str]:
        """The users in a group."""
        query = (
            "SELECT name FROM auth_links WHERE kind = 'user' AND to_kind = 'group' AND to_name = ? AND name > ?"
            " ORDER BY name LIMIT ?"
        )
        return self._names(query, group, after, count)

    def link(self, kind: str, name: str, to_kind: str, to_names: Sequence[str]) -> None:
        """Adds a user to groups, or gives a user or group roles."""
        rows = [(kind, name, to_kind, each) for each in to_names]
        self._database.execute_many("INSERT OR IGNORE INTO auth_links VALUES (?, ?, ?, ?)", rows)

    def unlink(self, kind: str, name: str, to_kind: str, to_names: Sequence[str]) -> None:
        """Takes a user out of groups, or roles away from a user or group."""
        rows = [(kind, name, to_kind, each) for each in to_names]
        statement = "DELETE FROM auth_links WHERE kind = ? AND name = ? AND to_kind = ? AND to_name = ?"
        self._database.execute_many(statement, rows)

    # -- resource types and their access levels

    def actions(self, type_name: str) -> list[str] | None:
        """The actions of a resource type; None when there is none of that name."""
        row = self._database.row("SELECT actions FROM auth_types WHERE name = ?", (type_name,))
        return json.loads(row["actions"]) if row else None

    def add_type(self, name: str, actions: Sequence[str], creator: str) -> bool:
        """Enters a resource type; False when there is one of that name."""
        statement = "INSERT OR IGNORE INTO auth_types VALUES (?, ?, ?)"
        return self._database.execute(statement, (name, json.dumps(list(actions)), creator)) == 1

    def set_actions(self, type_name: str, actions: Sequence[str]) -> None:
        """Replaces the actions of a resource type."""
        self._database.execute(
            "UPDATE auth_types SET actions = ? WHERE name = ?", (json.dumps(list(actions)), type_name)
        )

    def delete_type(self, name: str) -> None:
        """Deletes a resource type with its access levels."""
        with self.transaction():
            self._database.execute("DELETE FROM auth_levels WHERE type = ?", (name,))
            self._database.execute("DELETE FROM auth_types WHERE name = ?", (name,))

    def types(self, after: str, count: int) -> list[str]:
        """Names of resource types."""
        return self._names("SELECT name FROM auth_types WHERE name > ? ORDER BY name LIMIT ?", after, count)

    def level(self, type_name: str, name: str) -> tuple[str, JsonObject] | None:
        """Kind and policy of an access level; None when there is none of that name."""
        query = "SELECT kind, policy FROM auth_levels WHERE type = ? AND name = ?"
        row = self._database.row(query, (type_name, name))
        return (row["kind"], json.loads(row["policy"])) if row else None

    def add_level(self, type_name: str, name: str, kind: str, policy: JsonObject) -> bool:
        """Enters an access level; False when there is one of that name."""
        statement = "INSERT OR IGNORE INTO auth_levels VALUES (?, ?, ?, ?)"
        return self._database.execute(statement, (type_name, name, kind, json.dumps(policy))) == 1

    def set_level(self, type_name: str, name: str, policy: JsonObject) -> None:
        """Replaces the policy of an access level."""
        statement = "UPDATE auth_levels SET policy = ? WHERE type = ? AND name = ?"
        self._database.execute(statement, (json.dumps(policy), type_name, name))

    def delete_level(self, type_name: str, name: str) -> None:
        """Deletes an access level, and whoever had it has none."""
        with self.transaction():
            self._database.execute("DELETE FROM auth_members WHERE type = ? AND level = ?", (type_name, name))
            self._database.execute("DELETE FROM auth_levels WHERE type = ? AND name = ?", (type_name, name))

    def levels(self, type_name: str, after: str, count: int) -> list[str]:
        """Names of a resource type's access levels."""
        query = "SELECT name FROM auth_levels WHERE type = ? AND name > ? ORDER BY name LIMIT ?"
        return self._names(query, type_name, after, count)

    # -- things and who has access to them

    def creator(self, type_name: str, thing: str) -> str | None:
        """Who created a resource ID; None when there is none."""
        row = self._database.row("SELECT creator FROM auth_things WHERE type = ? AND id = ?", (type_name, thing))
        return row["creator"] if row else None

    def add_thing(self, type_name: str, thing: str, creator: str) -> bool:
        """Enters a resource ID; False when it is there."""
        statement = "INSERT OR IGNORE INTO auth_things VALUES (?, ?, ?)"
        return self._database.execute(statement, (type_name, thing, creator)) == 1

    def delete_thing(self, type_name: str, thing: str) -> None:
        """Deletes a resource ID and everybody's access to it."""
        with self.transaction():
            self._database.execute("DELETE FROM auth_members WHERE type = ? AND id = ?", (type_name, thing))
            self._database.execute("DELETE FROM auth_things WHERE type = ? AND id = ?", (type_name, thing))

    def things(self, type_name: str, after: str, count: int, *, creator: str | None = None) -> list[str]:
        """IDs of a resource type, all of them or those that somebody created."""
        query = (
            "SELECT id FROM auth_things WHERE type = ? AND id > ? AND (? IS NULL OR creator = ?) ORDER BY id LIMIT ?"
        )
        return self._names(query, type_name, after, creator, creator, count)

    def members(self, type_name: str, thing: str, after: str, count: int) -> list[tuple[str, str, str]]:
        """Kind, name and access level of those who have access to a thing, behind a member as `kind/name`."""
        query = (
            "SELECT kind, name, level FROM auth_members WHERE type = ? AND id = ? AND kind || '/' || name > ?"
            " ORDER BY kind || '/' || name LIMIT ?"
        )
        return [tuple(row) for row in self._database.rows(query, (type_name, thing, after, count))]

    def set_member(self, type_name: str, thing: str, kind: str, name: str, level: str | None) -> None:
        """Gives a user or group an access level in place of the one before, or none."""
        with self.transaction():
            where = "type = ? AND id = ? AND kind = ? AND name = ?"
            self._database.execute(f"DELETE FROM auth_members WHERE {where}", (type_name, thing, kind, name))  # noqa: S608 - our own names
            if level is not None:
                statement = "INSERT INTO auth_members VALUES (?, ?, ?, ?, ?)"
                self._database.execute(statement, (type_name, thing, kind, name, level))
