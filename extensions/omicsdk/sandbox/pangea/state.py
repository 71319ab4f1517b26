"""The platform: who may ask, and where its parts keep what they know."""

from collections.abc import Mapping, Sequence

from omicsdk.sandbox.pangea.seeding import seed
from omicsdk.sandbox.pangea.stores.access import Access
from omicsdk.sandbox.pangea.stores.buckets import Buckets
from omicsdk.sandbox.pangea.stores.order_prototypes import Prototypes
from omicsdk.sandbox.pangea.stores.people import People
from omicsdk.sandbox.pangea.stores.presigned import Storage
from omicsdk.sandbox.pangea.stores.things import Store
from omicsdk.sandbox.service import Grounds


class Pangea:
    """Pangea.

    Args:
        grounds: What it stands on.

    Attributes:
        store: What it keeps.
        people: The accounts.
        access: Who asks, and what they may.
        buckets: The registered buckets.
        storage: The S3 servers that they are on.
    """

    def __init__(self, grounds: Grounds) -> None:
        self.grounds = grounds
        self.store = Store(grounds.database, grounds.clock.now)
        self.people = People(grounds.database, grounds.secrets)
        self.access = Access(self.people, self.store)
        self.buckets = Buckets(self.store, grounds.staging, grounds.secrets)
        self.storage = Storage()
        self._prototypes = Prototypes(self.store, self.people)
        if not self.people.count():
            self.clear()

    def clear(self) -> None:
        """Puts back what is there from the start, after the database was emptied."""
        seed(self.store, self.people, self.access, self.grounds.secrets)

    def empty(self) -> None:
        """Takes everything away, accounts and what is there from the start too."""
        with self.grounds.database.transaction():
            for table in ("pangea_things", "pangea_links", "pangea_people", "pangea_tokens"):
                self.grounds.database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def add_work_order_prototype(
        self, name: str, *, jobs: Mapping[str, str], privileged: Sequence[str], description: str = ""
    ) -> str:
        """Makes a prototype of orders of samples, which no request can.

        Args:
            name: Its name, which is that of its orders, too.
            jobs: The names of its jobs, each with the UUID of the pipeline module that does it; empty for none.
            privileged: The addresses of those who work its orders off.
            description: What it is for; default nothing.

        Returns:
            Its UUID.

        Raises:
            LookupError: Nobody has one of the addresses.
        """
        return self._prototypes.add(name, jobs, privileged, description)

    def add_group_work_order_prototype(
        self, name: str, *, parts: Sequence[str], privileged: Sequence[str], description: str = ""
    ) -> str:
        """Makes a prototype of orders of groups, which no request can.

        Args:
            name: Its name, which is that of its orders, too.
            parts: The UUIDs of the prototypes that an order of a group has for each of its samples.
            privileged: The addresses of those who find its orders.
            description: What it is for; default nothing.

        Returns:
            Its UUID.

        Raises:
            LookupError: Nobody has one of the addresses, or nothing one of the UUIDs.
        """
        return self._prototypes.add_for_groups(name, parts, privileged, description)
