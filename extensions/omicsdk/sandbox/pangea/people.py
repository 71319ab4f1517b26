"""The people who have an account: their addresses, passwords and tokens."""

import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from omicsdk.sandbox.state.credentials import Secrets, digest, hashed, is_password
from omicsdk.sandbox.state.database import Database, Table

SHORTEST = 8
_TOO_SIMILAR = 0.7
_COMMON = """
password password1 password123 passw0rd 12345678 123456789 1234567890 11111111 00000000 qwertyui
qwertyuiop qwerty123 iloveyou sunshine princess football baseball superman trustno1 starwars
computer whatever welcome1 letmein1 abcd1234 abc12345 1q2w3e4r 1qaz2wsx asdfghjk zaq12wsx
changeme internet michelle jennifer dragon123 monkey123
"""


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
    if password.lower().strip() in _COMMON.split() or len(set(password)) == 1:
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
    **dict.fromkeys(
        ("avatar", "name", "biography", "url", "twitter_username", "github_username", "company", "location")
    ),
}
"""What people tell of themselves, and what it is at first."""


class Taken(Exception):
    """Somebody else has the address."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account.

    Attributes:
        id: The number, which is never used again; 0 for the next one.
        uuid: The UUID.
        email: The address that they log in with.
        password: The hash of their password.
        profile: What they tell of themselves: the members of `PROFILE`.
    """

    id: int
    uuid: str
    email: str
    password: str
    profile: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Token:
    digest: str
    salt: str
    person: int


class People:
    """The accounts.

    Args:
        database: Where they are kept.
        own: What tokens and the sandbox's password derive from.
    """

    def __init__(self, database: Database, own: Secrets) -> None:
        self._database = database
        self._secrets = own
        self._people = Table(database, "pangea_people", Person, more="UNIQUE (uuid), UNIQUE (email)")
        # A token derives from its salt; of itself there is the digest only.
        self._tokens = Table(database, "pangea_tokens", _Token, more="UNIQUE (person)")

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
            made = Person(0, str(uuid.uuid4()), email, kept or hashed(password), PROFILE)
            return replace(made, id=self._people.add(made))

    def by_id(self, number: int) -> Person | None:
        """Who has a number."""
        return self._people.get(number)

    def by_uuid(self, uuid: str) -> Person | None:
        """Who has a UUID."""
        return self._people.first(uuid=uuid)

    def by_email(self, email: str) -> Person | None:
        """Who has an address."""
        return self._people.first(email=email)

    def by_token(self, token: str) -> Person | None:
        """Who has a token, and an active account."""
        known = self._tokens.get(digest(token))
        found = self._people.get(known and known.person)
        return found if found is not None and found.profile["is_active"] else None

    def by_password(self, email: str, password: str) -> Person | None:
        """Who has an address and its password, and an active account."""
        person = self.by_email(email)
        known = person is not None and person.profile["is_active"] and is_password(password, person.password)
        return person if known else None

    def count(self) -> int:
        """How many accounts there are."""
        return self._people.count()

    def some(self, start: int, size: int) -> Sequence[Person]:
        """Accounts in the order in which they were made.

        Args:
            start: How many come before them.
            size: How many are wanted.
        """
        return self._people.all(order="id", limit=size, offset=start)

    def change(self, person: Person, profile: Mapping[str, Any]) -> Person:
        """Changes what somebody tells of themselves; what isn't given stays."""
        changed = replace(person, profile={**person.profile, **profile})
        self._people.change(person.id, profile=changed.profile)
        return changed

    def set_password(self, person: Person, password: str) -> None:
        """Gives somebody another password; the token stays good."""
        self._people.change(person.id, password=hashed(password))

    def set_email(self, person: Person, email: str) -> None:
        """Gives somebody another address, which nobody else has."""
        self._people.change(person.id, email=email)

    def token(self, person: Person) -> str:
        """The token of somebody: always the same one until they log out."""
        with self._database.transaction():
            known = self._tokens.first(person=person.id)
            salt = known.salt if known else secrets.token_hex(20)
            token = self._secrets.derived("pangea", salt)
            self._tokens.add_new(_Token(digest(token), salt, person.id))
        return token

    def forget_token(self, person: Person) -> None:
        """Ends the token of somebody."""
        self._tokens.remove(person=person.id)

    def remove(self, person: Person) -> None:
        """Closes an account; its number and token are never used again."""
        with self._database.transaction():
            self.forget_token(person)
            self._people.remove(id=person.id)
