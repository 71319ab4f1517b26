"""Accounts: their addresses, passwords and tokens; authentication, and what each user may see and change."""

import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from omicsdk.sandbox.pangea.store import Store, Where
from omicsdk.sandbox.rest_framework.fields import Wrong, canonical_uuid
from omicsdk.sandbox.rest_framework.refusals import Refused, forbidden
from omicsdk.sandbox.rest_framework.service import Authentication
from omicsdk.sandbox.service import Call
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
    """The faults of a new password.

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
        # A text ten times as long cannot be similar, and long ones are slow to compare.
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
"""The fields of a profile, with their defaults."""


class Taken(Exception):
    """Another user has the address."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user with an account.

    Attributes:
        id: The number, which is never used again; 0 for the next one.
        uuid: The UUID.
        email: The address that they log in with.
        password: The hash of their password.
        profile: Their profile: the members of `PROFILE`.
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
        database: The sandbox's database.
        own: Secrets from which tokens and the sandbox's password derive.
    """

    def __init__(self, database: Database, own: Secrets) -> None:
        self._database = database
        self._secrets = own
        self._people = Table(database, "pangea_people", Person, more="UNIQUE (uuid), UNIQUE (email)")
        # A token derives from its salt; of itself there is the digest only.
        self._tokens = Table(database, "pangea_tokens", _Token, more="UNIQUE (person)")

    def add(self, email: str, password: str, *, kept: str | None = None) -> Person:
        """Make an account.

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
        """The account of a number."""
        return self._people.get(number)

    def by_uuid(self, uuid: str) -> Person | None:
        """The account of a UUID."""
        return self._people.first(uuid=uuid)

    def by_email(self, email: str) -> Person | None:
        """The account of an address."""
        return self._people.first(email=email)

    def by_token(self, token: str) -> Person | None:
        """The owner of a token whose account is active."""
        known = self._tokens.get(digest(token))
        found = self._people.get(known and known.person)
        return found if found is not None and found.profile["is_active"] else None

    def by_password(self, email: str, password: str) -> Person | None:
        """The owner of an address with its password whose account is active."""
        person = self.by_email(email)
        known = person is not None and person.profile["is_active"] and is_password(password, person.password)
        return person if known else None

    def count(self) -> int:
        """The number of accounts."""
        return self._people.count()

    def some(self, start: int, size: int) -> Sequence[Person]:
        """Accounts in the order in which they were made.

        Args:
            start: Number of items to skip.
            size: Number of accounts.
        """
        return self._people.all(order="id", limit=size, offset=start)

    def change(self, person: Person, profile: Mapping[str, Any]) -> Person:
        """Change a user's profile; missing fields are unchanged."""
        changed = replace(person, profile={**person.profile, **profile})
        self._people.change(person.id, profile=changed.profile)
        return changed

    def set_password(self, person: Person, password: str) -> None:
        """Give a user another password; the token stays valid."""
        self._people.change(person.id, password=hashed(password))

    def set_email(self, person: Person, email: str) -> None:
        """Give a user another address, which must be free."""
        self._people.change(person.id, email=email)

    def token(self, person: Person) -> str:
        """The token of a user: always the same one until they log out."""
        with self._database.transaction():
            known = self._tokens.first(person=person.id)
            salt = known.salt if known else secrets.token_hex(20)
            token = self._secrets.derived("pangea", salt)
            self._tokens.add_new(_Token(digest(token), salt, person.id))
        return token

    def forget_token(self, person: Person) -> None:
        """End the token of a user."""
        self._tokens.remove(person=person.id)

    def remove(self, person: Person) -> None:
        """Close an account; its number and token are never used again."""
        with self._database.transaction():
            self.forget_token(person)
            self._people.remove(id=person.id)


# -- the caller, and the objects that they may see and change

MEMBER = "member"
"""The link between an organization and those who are in it."""
PRIVILEGED = "privileged_user"
"""The link between a prototype of orders and those who work its orders off."""
ORDER = "work_order"
"""The kind of orders of work for a sample."""
_PARENTS = ("library", "sample", "sample_group", "analysis_result")
"""Fields that name what a thing belongs to."""


class Access:
    """Authentication and permissions of callers.

    Args:
        people: The accounts.
        store: The things.
    """

    def __init__(self, people: People, store: Store) -> None:
        self._store = store
        self._authentication = Authentication(people.by_token)
        self._query_authentication = Authentication(people.by_token, challenge="Token")

    def principal(self, call: Call, *, in_query: bool = False) -> Person | None:
        """The sender of a request; None for an anonymous one.

        Args:
            call: The request.
            in_query: Whether the route takes the token as `?token=`, too.

        Raises:
            Refused: 403 (401 where the query may have it); the token is unknown.
        """
        if not in_query:
            return self._authentication.find(call.headers.get("authorization"))
        token = dict(call.query).get("token")
        return self._query_authentication.find(call.headers.get("authorization") if not token else f"Token {token}")

    def need(self, call: Call) -> Person:
        """The sender of a request that needs a login.

        Raises:
            Refused: 403; the sender is unknown.
        """
        return self._authentication.need(call.headers.get("authorization"))

    def refusal(self, person: Person | None, detail: str = "") -> Refused:
        """The refusal without a permission: without a token it states that one is required."""
        if person is None:
            return self._authentication.refused()
        return forbidden(detail) if detail else forbidden()

    def check(self, person: Person | None, allowed: bool, detail: str = "") -> None:
        """Refuse what a user may not do; see `refusal`."""
        if not allowed:
            raise self.refusal(person, detail)

    # -- membership

    def is_member(self, person: Person | None, organization_uuid: str) -> bool:
        """Whether a user is in an organization."""
        return person is not None and self._store.is_linked(MEMBER, organization_uuid, person.uuid)

    def is_member_anywhere(self, person: Person) -> bool:
        """Whether a user is in any organization."""
        return bool(self._store.linking(MEMBER, person.uuid))

    def join(self, organization_uuid: str, person: Person) -> None:
        """Put a user into an organization."""
        self._store.link(MEMBER, organization_uuid, person.uuid)

    # -- who owns what

    def organization_of(self, thing: Mapping[str, Any]) -> str:
        """The UUID of the organization that owns a group, a sample, an analysis result, or a field of one."""
        return thing.get("organization") or self._above(thing, "organization")

    def library_of(self, thing: Mapping[str, Any]) -> str:
        """The UUID of the group that a sample, an analysis result, or a field of one belongs to."""
        return self._above(thing, "sample_group")

    def _above(self, thing: Mapping[str, Any], kind: str) -> str:
        """The object of a kind that an object belongs to, or is itself; empty for none. New objects have a parent, but no UUID."""
        nearest = thing.get("uuid") or next(thing[name] for name in _PARENTS if name in thing)
        return self._store.above(nearest, kind)

    def owns(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Whether a user is in the organization that owns an object, and so may change it."""
        return self.is_member(person, self.organization_of(thing))

    # -- who may change what

    def may_write(self, call: Call, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Whether a user may change a sample, a result or a field: its organization's members, and who has an order.

        Args:
            call: The request, whose `work_order_uuid` may name an order.
            person: The caller.
            thing: The sample, the result or the field.
        """
        return self.owns(person, thing) or self.has_order(call, person, self._above(thing, "sample"))

    def has_order(self, call: Call, person: Person | None, sample: str) -> bool:
        """Whether the order that a request names is one of a sample, and a user works off orders of its prototype."""
        named = dict(call.query).get("work_order_uuid", "")
        if not named:
            return False
        try:
            order = self._store.find(ORDER, canonical_uuid(named))
        except Wrong:
            return False
        return order is not None and order["sample"] == sample and self.works_off(person, order["prototype"])

    def works_off(self, person: Person | None, prototype: str) -> bool:
        """Whether a user is privileged to work off the orders of the prototype of a UUID."""
        return person is not None and self._store.is_linked(PRIVILEGED, prototype, person.uuid)

    # -- what may be seen

    def may_see_group(self, person: Person | None, group: Mapping[str, Any]) -> bool:
        """Whether a user may see a group: a public one, or one of an organization that they are in."""
        return group["is_public"] or self.is_member(person, group["organization"])

    def may_see_sample(self, person: Person | None, sample: Mapping[str, Any]) -> bool:
        """Whether a user may see a sample: its library decides."""
        library = self._store.find("sample_group", sample["library"])
        return library is not None and self.may_see_group(person, library)

    def may_see_result(self, person: Person | None, result: Mapping[str, Any]) -> bool:
        """Whether a user may see an analysis result: its group decides, and a private one is for members only."""
        group = self._store.find("sample_group", self.library_of(result))
        if group is None or not self.may_see_group(person, group):
            return False
        return not result["is_private"] or self.is_member(person, group["organization"])

    def visible_groups(self, person: Person | None) -> Where:
        """The groups that a user may see, as a condition on groups."""
        return Where(
            "(json_extract(fields, '$.is_public') OR parent IN "
            "(SELECT one FROM pangea_links WHERE kind = 'member' AND other = ?))",
            (_known(person),),
        )

    def visible_samples(self, person: Person | None) -> Where:
        """The samples that a user may see, as a condition on samples."""
        groups = self.visible_groups(person)
        inner = f"SELECT uuid FROM pangea_things WHERE kind = 'sample_group' AND {groups.text}"  # noqa: S608 - our own names
        return Where(f"parent IN ({inner})", groups.values)

    def visible_results(self, person: Person | None, kind: str) -> Where:
        """The analysis results that a user may see.

        Args:
            person: The user.
            kind: sample_ar or sample_group_ar.
        """
        tables, seen = _owners(kind, "pangea_things")
        return Where(f"EXISTS (SELECT 1 FROM {tables} WHERE {seen})", (_known(person),))  # noqa: S608 - our own names

    def visible_fields(self, person: Person | None, kind: str) -> Where:
        """The fields of analysis results that a user may see.

        Args:
            person: The user.
            kind: sample_ar_field or sample_group_ar_field.
        """
        tables, seen = _owners(kind.removesuffix("_field"), "result")
        within = f"pangea_things AS result, {tables} WHERE result.uuid = pangea_things.parent AND {seen}"
        return Where(f"EXISTS (SELECT 1 FROM {within})", (_known(person),))  # noqa: S608 - our own names


def _owners(kind: str, result: str) -> tuple[str, str]:
    """The tables that join a result to its group, and when a user may see the result, with one value: their UUID."""
    tables, joined = "pangea_things AS g", f"g.uuid = {result}.parent"
    if kind == "sample_ar":
        tables, joined = "pangea_things AS s, pangea_things AS g", f"s.uuid = {result}.parent AND g.uuid = s.parent"
    public = f"json_extract(g.fields, '$.is_public') AND NOT json_extract({result}.fields, '$.is_private')"
    mine = "EXISTS (SELECT 1 FROM pangea_links AS m WHERE m.kind = 'member' AND m.one = g.parent AND m.other = ?)"
    return tables, f"{joined} AND (({public}) OR {mine})"


def _known(person: Person | None) -> str:
    return person.uuid if person is not None else ""
