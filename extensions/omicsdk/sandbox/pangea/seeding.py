"""What is on the platform from the start: an account, its organization, and a library with a bucket."""

from functools import cache

from omicsdk.sandbox.pangea import SANDBOX_PANGEA_PASSWORD, SANDBOX_PANGEA_USER
from omicsdk.sandbox.pangea.stores.access import Access
from omicsdk.sandbox.pangea.stores.buckets import seed_bucket
from omicsdk.sandbox.pangea.stores.group_fields import NEW_GROUP
from omicsdk.sandbox.pangea.stores.passwords import hashed
from omicsdk.sandbox.pangea.stores.people import People
from omicsdk.sandbox.pangea.stores.things import Store

ORGANIZATION = "Sandbox"
"""The name of the organization."""
LIBRARY = "Sandbox Library"
"""The name of its library."""

_kept = cache(hashed)  # a sandbox that is emptied for each test would spend a fifth of that on it


def seed(store: Store, people: People, access: Access) -> None:
    """Makes what is there from the start.

    Args:
        store: Where things are kept.
        people: The accounts.
        access: Who may what.
    """
    with store.database.transaction():
        person = people.add(SANDBOX_PANGEA_USER, SANDBOX_PANGEA_PASSWORD, kept=_kept(SANDBOX_PANGEA_PASSWORD))
        organization = store.add("organization", ORGANIZATION, {})["uuid"]
        access.join(organization, person)
        library = {"organization": organization, "is_library": True, "has_library": True}
        fields = {**NEW_GROUP, **library, "bucket": seed_bucket(store, organization)}
        store.add("sample_group", LIBRARY, fields, parent=organization)
