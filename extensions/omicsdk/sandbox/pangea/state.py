"""The platform: its parts, and its initial contents."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.pangea.people import PRIVILEGED, USER, Access, People
from omicsdk.sandbox.pangea.storage import Buckets, Storage, seed_bucket
from omicsdk.sandbox.pangea.store import Store
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.service import SandboxContext

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
