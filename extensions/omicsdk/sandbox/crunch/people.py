"""Who uses the site: users with tokens, passwords and permissions."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from omicsdk.sandbox.rest_framework.refusals import forbidden
from omicsdk.sandbox.rest_framework.tokens import Askers
from omicsdk.sandbox.service import Call
from omicsdk.sandbox.state.credentials import Secrets, digest, is_password
from omicsdk.sandbox.state.database import Database

_CHALLENGE = 'Basic realm="api"'
_VERBS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Person:
    """A user.

    Attributes:
        id: Their number.
        name: What they log in as.
        everything: Whether they may do everything, as superusers do.
        permissions: What they may do, such as `add_status` and `change_dataset`.
    """

    id: int
    name: str
    everything: bool
    permissions: frozenset[str]

    def may(self, permission: str) -> bool:
        """Whether they have a permission."""
        return self.everything or permission in self.permissions


class People:
    """The users.

    Args:
        database: Where they are kept, tokens as digests and passwords as hashes.
        secrets: What tokens and the password derive from.

    Attributes:
        askers: Tells who asks, by token, or by name and password.
    """

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets
        database.define(
            crunch_users="id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE, "
            "password TEXT NOT NULL, everything INTEGER NOT NULL, permissions TEXT NOT NULL",
        )
        self.askers = Askers(self._of_token, self._of_password, challenge=_CHALLENGE)

    def add(self, name: str, *, everything: bool = False, permissions: Iterable[str] = ()) -> str:
        """Makes a user and returns their token; the password is the sandbox's.

        Args:
            name: What they log in as; nobody else's name.
            everything: Whether they may do everything.
            permissions: What they may do beside reading, such as `add_status`.
        """
        token = self._token(name)
        self._database.execute(
            "INSERT INTO crunch_users (name, token, password, everything, permissions) VALUES (?, ?, ?, ?, ?)",
            (name, digest(token), self._secrets.password_hash, everything, json.dumps(sorted(permissions))),
        )
        return token

    def token_of(self, name: str) -> str:
        """The token of a user.

        Raises:
            LookupError: Nobody has that name.
        """
        if self._person("name = ?", name) is None:
            raise LookupError(f"the site knows no user {name}")
        return self._token(name)

    def _token(self, name: str) -> str:
        return self._secrets.derived("crunch", name)

    def by_id(self, number: int) -> Person | None:
        """The user of a number; None for none."""
        return self._person("id = ?", number)

    def any(self) -> bool:
        """Whether there are users at all."""
        return self._database.row("SELECT 1 FROM crunch_users") is not None

    def need(self, call: Call, model: str = "") -> Person:
        """Who asks, and may do that.

        Args:
            call: The request.
            model: What the permission is about, such as dataset; empty where none is needed.

        Raises:
            Refused: 401 for nobody that is known, 403 without the permission for the method.
        """
        person = self.askers.need(call.headers.get("authorization"))
        verb = _VERBS.get(call.operation.method)
        if model and verb is not None and not person.may(f"{verb}_{model}"):
            raise forbidden()
        return person

    def _of_token(self, token: str) -> Person | None:
        return self._person("token = ?", digest(token))

    def _of_password(self, name: str, password: str) -> Person | None:
        row = self._database.row("SELECT password FROM crunch_users WHERE name = ?", (name,))
        return self._person("name = ?", name) if row is not None and is_password(password, row["password"]) else None

    def _person(self, where: str, *values: object) -> Person | None:
        row = self._database.row(f"SELECT * FROM crunch_users WHERE {where}", values)  # noqa: S608 - our own words
        if row is None:
            return None
        return Person(row["id"], row["name"], bool(row["everything"]), frozenset(json.loads(row["permissions"])))
