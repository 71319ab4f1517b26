"""The fields of groups: what they are at first, and what may be written."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.stores.things import Store
from omicsdk.sandbox.rest_framework.fields import Field, boolean, json_value, text, uuid_reference

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
"""What a group is at first. `has_library` stays true once it was a library: it takes samples from then on."""


def group_fields(store: Store) -> dict[str, Field]:
    """What may be written of a group.

    Args:
        store: Where the organizations and buckets are that it may name.
    """
    # Nobody sends these by a form but browsers, where a box that isn't checked is absent.
    flag = Field(boolean, absent_in_form=False)
    return {
        "name": Field(text(), required=True),
        "organization": Field(uuid_reference(lambda uuid: store.find("organization", uuid)), required=True),
        "description": Field(text()),
        "is_library": flag,
        "is_public": flag,
        "theme": Field(text(blank=True)),
        "long_description": Field(text(blank=True)),
        "metadata": Field(json_value),
        "bucket": Field(uuid_reference(lambda uuid: store.find("s3_bucket", uuid)), null=True, blank_is_null=True),
        "storage_provider_name": Field(text()),
        "sample_metadata_schema": Field(json_value),
    }
