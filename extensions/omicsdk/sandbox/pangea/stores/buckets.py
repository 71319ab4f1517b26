"""Where the files of results are: the registered buckets of organizations, and the names of objects in them."""

from collections.abc import Mapping
from typing import Any, cast

from omicsdk.sandbox.pangea.stores.presigned import Place, Storage
from omicsdk.sandbox.pangea.stores.things import Store, Thing
from omicsdk.sandbox.s3.staging import OWNER, Staging
from omicsdk.sandbox.state.credentials import Secrets

BUCKET = "s3_bucket"
KEY = "s3_api_key"
STAGING = "staging"
"""What stands for the address of the sandbox's own S3 server, which isn't started before it is asked for."""
FIRST_BUCKET = "pangea-sandbox"
"""The bucket that is there from the start."""
FILE = "s3"
"""What `__type__` says of data that stand for an object of a bucket, in any case."""


class Buckets:
    """The registered buckets, with their keys.

    Args:
        store: Where things are kept.
        staging: The sandbox's own S3 server; it has another address each time that it starts.
        secrets: Holds the private keys of buckets elsewhere.
    """

    def __init__(self, store: Store, staging: Staging, secrets: Secrets) -> None:
        self._store = store
        self._staging = staging
        self._secrets = secrets
        self._staging_url = STAGING

    def endpoint_url(self, bucket: Thing) -> str:
        """The S3 server that a bucket is on; asking for the sandbox's own starts it."""
        if bucket["endpoint_url"] == STAGING:
            self._staging_url = self._staging.url
        return self._known_url(bucket)

    def is_own(self, endpoint_url: str) -> bool:
        """Whether an address is that of the sandbox's own S3 server; asking doesn't start it."""
        return endpoint_url == self._staging_url != STAGING

    def _known_url(self, bucket: Thing) -> str:
        return self._staging_url if bucket["endpoint_url"] == STAGING else bucket["endpoint_url"]

    def writable(self, bucket: Thing) -> Place | None:
        """A bucket that is there, with its keys; None where none were registered since the sandbox was started."""
        self.endpoint_url(bucket)
        if bucket["endpoint_url"] == STAGING:
            self._staging.make_bucket(bucket["name"])
        return self._place(bucket)

    def readable(self, organization: str, name: str, endpoint_url: str) -> Place | None:
        """A bucket of an organization with its keys; None for none that were registered since the sandbox was started.

        The sandbox's own server isn't started for this: before somebody wrote to it, there is nothing on it.

        Args:
            organization: The organization's UUID.
            name: The bucket's name.
            endpoint_url: The server that it is on.
        """
        for bucket in self._store.all(BUCKET, parent=organization, name=name) if name else []:
            if self._known_url(bucket) == endpoint_url and (place := self._place(bucket)) is not None:
                return place
        return None

    def _place(self, bucket: Thing) -> Place | None:
        keys = self._store.all(KEY, parent=bucket["uuid"])
        if not keys:
            return None
        public_key = keys[0]["public_key"]
        private_key = self._secrets.held(KEY, keys[0]["uuid"])
        if private_key is None and bucket["endpoint_url"] == STAGING and public_key == OWNER:
            private_key = self._staging.credentials["AWS_SECRET_ACCESS_KEY"]
        return None if private_key is None else Place(bucket["name"], self._known_url(bucket), public_key, private_key)


def seed_bucket(store: Store, organization: str) -> str:
    """Registers a bucket of the sandbox's own S3 server, and keys for it.

    Args:
        store: Where things are kept.
        organization: The UUID of the organization that owns it.

    Returns:
        The bucket's UUID.
    """
    bucket = store.add(
        BUCKET, FIRST_BUCKET, {"endpoint_url": STAGING, "organization": organization}, parent=organization
    )
    keys = {
        "description": "keys of the sandbox",
        "bucket": bucket["uuid"],
        "public_key": OWNER,
    }
    store.add(KEY, "", keys, parent=bucket["uuid"])
    return bucket["uuid"]


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an object's `s3://` address; empty texts where it is none."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    return (bucket, key) if scheme == "s3" and bucket and key else ("", "")


def file_of(data: Any) -> Mapping[str, Any] | None:
    """Data that stand for an object of a bucket; None for others."""
    if not isinstance(data, dict):
        return None
    stated = cast("dict[str, Any]", data)
    named = all(isinstance(stated.get(name), str) for name in ("__type__", "uri", "endpoint_url"))
    return stated if named and stated["__type__"].lower() == FILE else None


class Addresses:
    """Adds to data that stand for an object the address that it is read from, for one answer.

    Args:
        buckets: The registered buckets.
        storage: The S3 servers.
    """

    def __init__(self, buckets: Buckets, storage: Storage) -> None:
        self._buckets = buckets
        self._storage = storage
        self._places: dict[tuple[str, str, str], Place | None] = {}

    def readable(self, organization: str, data: Any) -> Any:
        """Data as they are read: with `presigned_url` where the organization has keys for the bucket.

        Args:
            organization: The UUID of the organization that the data belong to.
            data: What is stored.
        """
        stated = file_of(data)
        if stated is None:
            return data
        bucket, key = split_uri(stated["uri"])
        known = (organization, bucket, stated["endpoint_url"])
        if known not in self._places:
            self._places[known] = self._buckets.readable(*known)
        place = self._places[known]
        url = None if place is None else self._storage.read_url(place, key)
        return data if url is None else {**stated, "presigned_url": url}
