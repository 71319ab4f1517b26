"""What is on the platform from the start: an account, its organization, and a library with a bucket."""

from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.pangea.stores.access import Access
from omicsdk.sandbox.pangea.stores.buckets import seed_bucket
from omicsdk.sandbox.pangea.stores.group_fields import NEW_GROUP
from omicsdk.sandbox.pangea.stores.people import People
from omicsdk.sandbox.pangea.stores.things import Store
from omicsdk.sandbox.state.credentials import Secrets

ORGANIZATION = "Sandbox"
"""The name of the organization."""
LIBRARY = "Sandbox Library"
"""The name of its library."""


def seed(store: Store, people: People, access: Access, secrets: Secrets) -> None:
    """Makes what is there from the start.

    Args:
        store: Where things are kept.
        people: The accounts.
        access: Who may what.
        secrets: What the account's password derives from.
    """
    with store.database.transaction():
        person = people.add(SANDBOX_PANGEA_USER, secrets.password, kept=secrets.password_hash)
        organization = store.add("organization", ORGANIZATION, {})["uuid"]
        access.join(organization, person)
        library = {"organization": organization, "is_library": True, "has_library": True}
        fields = {**NEW_GROUP, **library, "bucket": seed_bucket(store, organization)}
        store.add("sample_group", LIBRARY, fields, parent=organization)
