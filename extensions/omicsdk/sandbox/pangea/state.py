"""The platform: who may ask, and where its parts keep what they know."""

from omicsdk.sandbox.pangea.access import Access
from omicsdk.sandbox.pangea.people import People
from omicsdk.sandbox.pangea.presigning import Storage
from omicsdk.sandbox.pangea.seeding import seed
from omicsdk.sandbox.pangea.store import Store
from omicsdk.sandbox.pangea.storing import Buckets
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
        self.people = People(grounds.database)
        self.access = Access(self.people, self.store)
        self.buckets = Buckets(self.store, grounds.staging)
        self.storage = Storage()
        if not self.people.count():
            self.clear()

    def clear(self) -> None:
        """Puts back what is there from the start, after the database was emptied."""
        seed(self.store, self.people, self.access)

    def empty(self) -> None:
        """Takes everything away, accounts and what is there from the start too."""
        with self.grounds.database.transaction():
            for table in ("pangea_things", "pangea_links", "pangea_people", "pangea_tokens"):
                self.grounds.database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
