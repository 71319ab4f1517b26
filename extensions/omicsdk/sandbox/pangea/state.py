"""The platform: accounts with their passwords and tokens, what each user may see and change, its parts, and its initial contents."""

import re
import secrets
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.pangea.storage import Buckets, Storage, seed_bucket
from omicsdk.sandbox.pangea.store import Record, Store, Where, named, with_uuid
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.rest_framework.fields import Wrong, canonical_uuid
from omicsdk.sandbox.rest_framework.service import Authentication, Refused, forbidden
from omicsdk.sandbox.service import Call, SandboxContext
from omicsdk.sandbox.state.credentials import Secrets, digest, hashed, is_password

SHORTEST = 8
_TOO_SIMILAR = 0.7
_COMMON = [
    "password",
    "password1",
    "password123",
    "passw0rd",
    "12345678",
    "123456789",
    "qwerty123",
    "iloveyou",
    "letmein1",
    "changeme",
]


def faults(password: str, email: str) -> Sequence[str]:
    """The faults of a new password.

    Args:
        password: The password.
        email: The address of whom it is for.
    """
    rules = {
        "The password is too similar to the email address.": _resembles(password, email),
        f"This password is too short. It must contain at least {SHORTEST} characters.": len(password) < SHORTEST,
        "This password is too common.": password.lower().strip() in _COMMON or len(set(password)) == 1,
        "This password is entirely numeric.": password.isdigit(),
    }
    return [fault for fault, is_broken in rules.items() if is_broken]


def _resembles(password: str, email: str) -> bool:
    word = password.lower()
    parts = [*re.split(r"\W+", email.lower()), email.lower()]
    return any(
        SequenceMatcher(a=word, b=part).quick_ratio() >= _TOO_SIMILAR
        # A text ten times as long cannot be similar, and long ones are slow to compare.
        for part in parts
        if part and len(word) < 10 * len(part)
    )


# The kind of accounts; their names are their addresses.
USER = "user"
# What a profile has beside flags.
TEXTS = ("avatar", "full_name", "biography", "url", "twitter_username", "github_username", "company", "location")
_TOKEN = "token"  # noqa: S105 - the kind of links between digests of tokens and accounts


class Taken(Exception):
    """Another user has the address."""


class People:
    """The accounts.

    Args:
        store: The records; accounts are some of them, whose names are their addresses.
        own: Secrets from which tokens derive.
    """

    def __init__(self, store: Store, own: Secrets) -> None:
        self._store = store
        self._secrets = own

    def add(self, email: str, password: str, *, kept: str | None = None) -> Record:
        """Make an account.

        Args:
            email: The address.
            password: The password.
            kept: The password as `hashed` gives it, where that is known.

        Raises:
            Taken: There is an account with this address.
        """
        flags = {"is_staff": False, "is_active": True}
        fields = {**flags, **dict.fromkeys(TEXTS), "password": kept or hashed(password), "salt": ""}
        with self._store.database.transaction():
            if self.by_email(email) is not None:
                raise Taken
            return self._store.add(USER, email, fields)

    def by_id(self, number: int) -> Record | None:
        """The account of a number."""
        return next(iter(self._store.all(USER, Where("seq = ?", (number,)))), None)

    def by_email(self, email: str) -> Record | None:
        """The account of an address."""
        return next(iter(self._store.all(USER, named(email))), None)

    def by_token(self, token: str) -> Record | None:
        """The owner of a token whose account is active."""
        owners = [self._store.find(USER, uuid) for uuid in self._store.linked(_TOKEN, digest(token))]
        return next((owner for owner in owners if owner is not None and owner["is_active"]), None)

    def by_password(self, email: str, password: str) -> Record | None:
        """The owner of an address with its password whose account is active."""
        person = self.by_email(email)
        is_valid = person is not None and person["is_active"] and is_password(password, person["password"])
        return person if is_valid else None

    def change(self, person: Record, **fields: Any) -> None:
        """Change fields of an account."""
        self._store.change(USER, person["uuid"], fields)

    def token(self, person: Record) -> str:
        """The token of a user: always the same one until they log out."""
        with self._store.database.transaction():
            account = self._store.find(USER, person["uuid"]) or person
            # A token derives from its salt; of itself there is the digest only.
            salt: str = account["salt"] or secrets.token_hex(20)
            token = self._secrets.derived("pangea", salt)
            if salt != account["salt"]:
                self.change(account, salt=salt)
                self._store.link(_TOKEN, digest(token), account["uuid"])
        return token

    def forget_token(self, person: Record) -> None:
        """End the token of a user."""
        with self._store.database.transaction():
            for token_digest in self._store.linking(_TOKEN, person["uuid"]):
                self._store.unlink(_TOKEN, token_digest, person["uuid"])
            self.change(person, salt="")


# -- the caller, and the objects that they may see and change

# The link between an organization and those who are in it.
MEMBER = "member"
# The link between a prototype of orders and those who work its orders off.
PRIVILEGED = "privileged_user"
# The kind of orders of work for a sample.
ORDER = "work_order"
# How far below the group, which decides who sees them, objects of a kind are.
FROM_GROUP: Mapping[str, int] = {
    "sample_group": 0,
    "sample": 1,
    "sample_group_ar": 1,
    "sample_group_ar_field": 2,
    "sample_ar": 2,
    "sample_ar_field": 3,
}


class Access:
    """Authentication and permissions of callers.

    Args:
        people: The accounts.
        store: The records.
    """

    def __init__(self, people: People, store: Store) -> None:
        self._store = store
        self._authentication = Authentication(people.by_token)
        self._query_authentication = Authentication(people.by_token, challenge="Token")

    def principal(self, call: Call, *, in_query: bool = False) -> Record | None:
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

    def need(self, call: Call) -> Record:
        """The sender of a request that needs a login.

        Raises:
            Refused: 403; the sender is unknown.
        """
        return self._authentication.need(call.headers.get("authorization"))

    def refusal(self, person: Record | None, detail: str = "") -> Refused:
        """The refusal without a permission: without a token it states that one is required."""
        if person is None:
            return self._authentication.refused()
        return forbidden(detail) if detail else forbidden()

    # -- membership

    def is_member(self, person: Record | None, organization: str) -> bool:
        """Whether a user is in the organization of a UUID."""
        return person is not None and self._store.is_linked(MEMBER, organization, person["uuid"])

    def is_member_anywhere(self, person: Record | None) -> bool:
        """Whether a user is in any organization."""
        return person is not None and bool(self._store.linking(MEMBER, person["uuid"]))

    def join(self, organization: str, person: Record) -> None:
        """Put a user into the organization of a UUID."""
        self._store.link(MEMBER, organization, person["uuid"])

    # -- who may change what

    def owns(self, person: Record | None, uuid: str) -> bool:
        """Whether a user is in the organization that an object belongs to, and so may change it."""
        return self.is_member(person, self._store.above(uuid, "organization"))

    def may_write(self, call: Call, person: Record | None, uuid: str) -> bool:
        """Whether a user may change an object: its organization's members, and of a sample's who has an order of the sample.

        Args:
            call: The request, whose `work_order_uuid` may name an order.
            person: The caller.
            uuid: Of the object, or of what a new one belongs to.
        """
        return self.owns(person, uuid) or self._has_order(call, person, self._store.above(uuid, "sample"))

    def _has_order(self, call: Call, person: Record | None, sample: str) -> bool:
        """Whether the order that a request names is one of a sample, and a user works off orders of its prototype."""
        try:
            order = self._store.find(ORDER, canonical_uuid(dict(call.query).get("work_order_uuid", "")))
        except Wrong:
            return False
        return order is not None and order["sample"] == sample and self.works_off(person, order["prototype"])

    def works_off(self, person: Record | None, prototype: str) -> bool:
        """Whether a user is privileged to work off the orders of the prototype of a UUID."""
        return person is not None and self._store.is_linked(PRIVILEGED, prototype, person["uuid"])

    # -- what may be seen

    def visible(self, person: Record | None, kind: str) -> Where:
        """The groups, samples, results or fields that a user may see: those of public groups but private results, and members'."""
        above = [f"above_{number + 1}" for number in range(FROM_GROUP[kind])]
        chain = ["pangea_things", *above]
        group = chain[-1]
        seen = f"json_extract({group}.fields, '$.is_public')"
        if "_ar" in kind:
            result = chain[1 if kind.endswith("_field") else 0]
            seen = f"({seen} AND NOT json_extract({result}.fields, '$.is_private'))"
        mine = f"SELECT 1 FROM pangea_links AS m WHERE m.kind = ? AND m.one = {group}.parent AND m.other = ?"  # noqa: S608 - our own names
        seen = f"({seen} OR EXISTS ({mine}))"
        if above:
            joined = [f"{upper}.uuid = {lower}.parent" for lower, upper in zip(chain, above, strict=False)]
            tables = ", ".join(f"pangea_things AS {table}" for table in above)
            seen = f"EXISTS (SELECT 1 FROM {tables} WHERE {' AND '.join([*joined, seen])})"  # noqa: S608 - our own names
        return Where(seen, (MEMBER, person["uuid"] if person is not None else ""))

    def may_see(self, person: Record | None, kind: str, uuid: str) -> bool:
        """Whether a user may see the group, sample, result or field of a UUID."""
        return self._store.count(kind, with_uuid(uuid), self.visible(person, kind)) > 0


# -- the whole

# The defaults of a group. `has_library` stays true once it was a library: it accepts samples from then on.
NEW_GROUP: Mapping[str, Any] = {
    "description": "",
    "is_library": False,
    "is_public": True,
    "theme": "",
    "long_description": "",
    "metadata": {},
    "bucket": None,
    "storage_provider_name": "custom",
    "sample_metadata_schema": {},
    "has_library": False,
}

ORGANIZATION = "Sandbox"
LIBRARY = "Sandbox Library"

PROTOTYPE = "work_order_proto"
JOB_PROTOTYPE = "job_order_proto"
GROUP_PROTOTYPE = "group_work_order_proto"
# The link between a prototype for groups and those for their samples.
PARTS = "group_work_order_proto_part"


class Pangea:
    """Pangea.

    Args:
        context: State and settings that all services share.

    Attributes:
        store: The platform's data.
        people: The accounts.
        access: Authentication and permissions.
        buckets: The registered buckets.
        storage: The S3 servers that they are on.
    """

    def __init__(self, context: SandboxContext) -> None:
        self.context = context
        self.store = Store(context.database, context.clock.now)
        self.people = People(self.store, context.secrets)
        self.access = Access(self.people, self.store)
        self.buckets = Buckets(self.store, context.staging, context.secrets)
        self.storage = Storage()
        if not self.store.count(USER):
            self.clear()

    @property
    def schemas(self) -> Mapping[str, Any]:
        """The schemas of the document by which it is served."""
        return self.context.document("pangea")["components"]["schemas"]

    def clear(self) -> None:
        """Restore the initial contents, after the database was emptied."""
        secrets, store = self.context.secrets, self.store
        with store.database.transaction():
            person = self.people.add(SANDBOX_PANGEA_USER, secrets.password, kept=secrets.password_hash)
            organization = store.add("organization", ORGANIZATION, {})["uuid"]
            self.access.join(organization, person)
            library = {"organization": organization, "is_library": True, "has_library": True}
            fields = {**NEW_GROUP, **library, "bucket": seed_bucket(store, organization)}
            store.add("sample_group", LIBRARY, fields, parent=organization)

    def empty(self) -> None:
        """Remove everything, accounts and the initial contents too."""
        with self.context.database.transaction():
            for table in ("pangea_things", "pangea_links"):
                self.context.database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def add_work_order_prototype(self, name: str, *, jobs: Mapping[str, str], privileged: Sequence[str]) -> str:
        """Make a prototype of orders of samples, which no request can.

        Args:
            name: Its name, which is that of its orders, too.
            jobs: The names of its jobs, each with the UUID of the pipeline module that does it; empty for none.
            privileged: The addresses of those who work its orders off.

        Returns:
            Its UUID.

        Raises:
            LookupError: An address has no account.
        """
        with self.store.database.transaction():
            prototype = self._add_prototype(PROTOTYPE, name, privileged)
            for job, module in jobs.items():
                fields: dict[str, Any] = {"pipeline_module": module or None, "resources_needed": {}, "description": ""}
                self.store.add(JOB_PROTOTYPE, job, {**fields, "work_order_proto": prototype}, parent=prototype)
        return prototype

    def add_group_work_order_prototype(self, name: str, *, parts: Sequence[str], privileged: Sequence[str]) -> str:
        """Make a prototype of orders of groups, which no request can.

        Args:
            name: Its name, which is that of its orders, too.
            parts: The UUIDs of the prototypes that an order of a group has for each of its samples.
            privileged: The addresses of those who find its orders.

        Returns:
            Its UUID.

        Raises:
            LookupError: An address has no account, or a UUID no object.
        """
        with self.store.database.transaction():
            prototype = self._add_prototype(GROUP_PROTOTYPE, name, privileged)
            for part in parts:
                if self.store.find(PROTOTYPE, part) is None:
                    raise LookupError(f"there is no prototype {part}")
                self.store.link(PARTS, prototype, part)
        return prototype

    def _add_prototype(self, kind: str, name: str, privileged: Sequence[str]) -> str:
        prototype: str = self.store.add(kind, name, {"description": ""})["uuid"]
        for email in privileged:
            person = or_raise(self.people.by_email(email), LookupError(f"no account has the address {email}"))
            self.store.link(PRIVILEGED, prototype, person["uuid"])
        return prototype
