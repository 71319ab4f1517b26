"""The people who have an account: their addresses, passwords and tokens."""

import json
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from sqlite3 import Row
from typing import Any

from omicsdk.sandbox.state.credentials import Secrets, digest, hashed, is_password
from omicsdk.sandbox.state.database import Database

SHORTEST = 8
_TOO_SIMILAR = 0.7
_COMMON = frozenset(
    [
        "password",
        "password1",
        "password123",
        "passw0rd",
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "00000000",
        "qwertyui",
        "qwertyuiop",
        "qwerty123",
        "iloveyou",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "trustno1",
        "starwars",
        "computer",
        "whatever",
        "welcome1",
        "letmein1",
        "abcd1234",
        "abc12345",
        "1q2w3e4r",
        "1qaz2wsx",
        "asdfghjk",
        "zaq12wsx",
        "changeme",
        "internet",
        "michelle",
        "jennifer",
        "dragon123",
        "monkey123",
    ]
)


def faults(password: str, email: str) -> Sequence[str]:
    """What is wrong with a new password.

    Args:
        password: The password.
        email: The address of whom it is for.
    """
    found: list[str] = []
    if _resembles(password, email):
        found.append("The password is too similar to the email address.")
    if len(password) < SHORTEST:
        found.append(f"This password is too short. It must contain at least {SHORTEST} characters.")
    if password.lower().strip() in _COMMON or len(set(password)) == 1:
        found.append("This password is too common.")
    if password.isdigit():
        found.append("This password is entirely numeric.")
    return found


def _resembles(password: str, email: str) -> bool:
    word = password.lower()
    parts = [*re.split(r"\W+", email.lower()), email.lower()]
    return any(
        SequenceMatcher(a=word, b=part).quick_ratio() >= _TOO_SIMILAR
        # A text ten times as long has nothing to compare, and long ones take long.
        for part in parts
        if part and len(word) < 10 * len(part)
    )


PROFILE: Mapping[str, Any] = {
    "is_staff": False,
    "is_active": True,
    "avatar": None,
    "name": None,
    "biography": None,
    "url": None,
    "twitter_username": None,
    "github_username": None,
    "company": None,
    "location": None,
}
"""What people tell of themselves, and what it is at first."""


class Taken(Exception):
    """Somebody else has the address."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account.

    Attributes:
        id: The number, which is never used again.
        uuid: The UUID.
        email: The address that they log in with.
        profile: What they tell of themselves: the members of `PROFILE`.
    """

    id: int
    uuid: str
    email: str
    profile: Mapping[str, Any]


class People:
    """The accounts.

    Args:
        database: Where they are kept.
        own: What tokens and the sandbox's password derive from.
    """

    def __init__(self, database: Database, own: Secrets) -> None:
        self._database = database
        self._secrets = own
        database.define(
            pangea_people="id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE, "
            "password TEXT NOT NULL, profile TEXT NOT NULL",
            # A token derives from its salt; of itself there is the digest only.
            pangea_tokens="digest TEXT PRIMARY KEY, salt TEXT NOT NULL, person INTEGER NOT NULL UNIQUE",
        )

    def add(self, email: str, password: str, *, kept: str | None = None) -> Person:
        """Makes an account.

        Args:
            email: The address.
            password: The password.
            kept: The password as `hashed` gives it, where that is known.

        Raises:
            Taken: There is an account with this address.
        """
        with self._database.transaction():
            if self.by_email(email) is not None:
                raise Taken
            self._database.execute(
                "INSERT INTO pangea_people (uuid, email, password, profile) VALUES (?, ?, ?, ?)",
                (str(uuid.uuid4()), email, kept or hashed(password), json.dumps(dict(PROFILE))),
            )
            made = self.by_email(email)
        assert made is not None
        return made

    def by_id(self, number: int) -> Person | None:
        """Who has a number."""
        return self._one("id = ?", number)

    def by_uuid(self, uuid: str) -> Person | None:
        """Who has a UUID."""
        return self._one("uuid = ?", uuid)

    def by_email(self, email: str) -> Person | None:
        """Who has an address."""
        return self._one("email = ?", email)

    def by_token(self, token: str) -> Person | None:
        """Who has a token, and an active account."""
        found = self._one("id = (SELECT person FROM pangea_tokens WHERE digest = ?)", digest(token))
        return found if found is not None and found.profile["is_active"] else None

    def by_password(self, email: str, password: str) -> Person | None:
        """Who has an address and its password, and an active account."""
        person = self.by_email(email)
        known = person is not None and person.profile["is_active"] and self.knows_password(person, password)
        return person if known else None

    def knows_password(self, person: Person, password: str) -> bool:
        """Whether a password is that of somebody."""
        row = self._database.row("SELECT password FROM pangea_people WHERE id = ?", (person.id,))
        return row is not None and is_password(password, row["password"])

    def count(self) -> int:
        """How many accounts there are."""
        row = self._database.row("SELECT count(*) AS n FROM pangea_people")
        return row["n"] if row else 0

    def some(self, start: int, size: int) -> Sequence[Person]:
        """Accounts in the order in which they were made.

        Args:
            start: How many come before them.
            size: How many are wanted.
        """
        rows = self._database.rows("SELECT * FROM pangea_people ORDER BY id LIMIT ? OFFSET ?", (size, start))
        return [_person(row) for row in rows]

    def change(self, person: Person, profile: Mapping[str, Any]) -> Person:
        """Changes what somebody tells of themselves; what isn't given stays."""
        told = {**person.profile, **profile}
        self._database.execute("UPDATE pangea_people SET profile = ? WHERE id = ?", (json.dumps(told), person.id))
        return Person(person.id, person.uuid, person.email, told)

    def set_password(self, person: Person, password: str) -> None:
        """Gives somebody another password; the token stays good."""
        self._database.execute("UPDATE pangea_people SET password = ? WHERE id = ?", (hashed(password), person.id))

    def set_email(self, person: Person, email: str) -> None:
        """Gives somebody another address.

        Raises:
            Taken: There is an account with this address.
        """
        with self._database.transaction():
            other = self.by_email(email)
            if other is not None and other.id != person.id:
                raise Taken
            self._database.execute("UPDATE pangea_people SET email = ? WHERE id = ?", (email, person.id))

    def token(self, person: Person) -> str:
        """The token of somebody: always the same one until they log out."""
        salt = secrets.token_hex(20)
        self._database.execute(
            "INSERT OR IGNORE INTO pangea_tokens (digest, salt, person) VALUES (?, ?, ?)",
            (digest(self._token(salt)), salt, person.id),
        )
        row = self._database.row("SELECT salt FROM pangea_tokens WHERE person = ?", (person.id,))
        assert row is not None
        return self._token(row["salt"])

    def _token(self, salt: str) -> str:
        return self._secrets.derived("pangea", salt)

    def forget_token(self, person: Person) -> None:
        """Ends the token of somebody."""
        self._database.execute("DELETE FROM pangea_tokens WHERE person = ?", (person.id,))

    def remove(self, person: Person) -> None:
        """Closes an account; its number and token are never used again."""
        with self._database.transaction():
            self.forget_token(person)
            self._database.execute("DELETE FROM pangea_people WHERE id = ?", (person.id,))

    def _one(self, where: str, value: str | int) -> Person | None:
        row = self._database.row(f"SELECT * FROM pangea_people WHERE {where}", (value,))  # noqa: S608 - our own names
        return None if row is None else _person(row)


def _person(row: Row) -> Person:
    return Person(row["id"], row["uuid"], row["email"], json.loads(row["profile"]))
