"""The site: who may ask, and where its parts keep what they know."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_READER, SANDBOX_CRUNCH_USER
from omicsdk.sandbox.crunch.attribute_store import Attributes
from omicsdk.sandbox.crunch.example import add_example
from omicsdk.sandbox.crunch.people import People
from omicsdk.sandbox.crunch.status_store import Statuses
from omicsdk.sandbox.crunch.tree import DATASET, Thing, Tree
from omicsdk.sandbox.service import Grounds

_NUMBERED = ("crunch_users", "crunch_items", "crunch_attributes", "crunch_statuses")


class Crunch:
    """A django-crunch site.

    Args:
        grounds: What it stands on.
        folder: Where the files of datasets are, below `crunch-storage`.

    Attributes:
        grounds: What it stands on.
        storage: The folder of the datasets' files.
        people: Who uses it.
        tree: Projects, datasets and items.
        attributes: What they are described with.
        statuses: How their processing goes.
    """

    def __init__(self, grounds: Grounds, folder: Path) -> None:
        self.grounds = grounds
        self.storage = folder / "crunch-storage"
        self.people = People(grounds.database, grounds.secrets)
        self.tree = Tree(grounds.database)
        self.attributes = Attributes(grounds.database)
        self.statuses = Statuses(grounds.database)
        if not self.people.any():
            self.clear()

    def clear(self) -> None:
        """Puts back what is there from the start, after the database was emptied."""
        self.empty()
        add_example(self.tree, self.attributes, self.storage)

    def empty(self) -> None:
        """Leaves the two users and nothing else; numbers begin with 1 again."""
        database = self.grounds.database
        with database.transaction():
            for table in _NUMBERED:
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
                database.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self.people.add(SANDBOX_CRUNCH_USER, everything=True)
            self.people.add(SANDBOX_CRUNCH_READER)
        if self.storage.exists():
            shutil.rmtree(self.storage)
        self.storage.mkdir(parents=True)

    def token_of(self, name: str) -> str:
        """The token of a user: `admin`, `reader`, or one that was added.

        Raises:
            LookupError: Nobody has that name.
        """
        return self.people.token_of(name)

    def add_user(self, name: str, permissions: Iterable[str] = ()) -> str:
        """Makes a user and returns their token.

        Args:
            name: What they log in as; nobody else's name. Their password is the sandbox's.
            permissions: What they may do beside reading: `add_`, `change_` or `delete_` with the kind of thing, such as
                `add_status` or `change_dataset`.
        """
        return self.people.add(name, permissions=permissions)

    def unlock(self, slug: str) -> None:
        """Lets `next` give a dataset again, as an administrator does on the site's pages.

        Raises:
            LookupError: There is no such dataset.
        """
        found = self.tree.find(slug, DATASET)
        if found is None:
            raise LookupError(f"the site has no dataset {slug}")
        self.tree.lock(found.id, locked=False)

    def remove(self, thing: Thing) -> None:
        """Removes a thing with its attributes and statuses; what belongs to it stays."""
        with self.grounds.database.transaction():
            self.attributes.remove_of(thing.id)
            self.statuses.remove_of(thing.id)
            self.tree.remove(thing)
