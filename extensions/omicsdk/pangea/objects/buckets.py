"""Buckets of an organization, and the keys that the server signs with. The published client has no class for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.pangea.asking.values import Blob
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.organization import Organization


class S3Bucket(RemoteObject):
    """A bucket that files of results are kept in. A group has to name it, as its `bucket`, before files are uploaded.

    The server doesn't mind two of one name: `idem()` is the way to one of each.

    Args:
        knex: The server, and who asks it; a login is needed.
        org: The organization that owns it.
        name: Its name in the store.
        endpoint_url: The store's address; of one that is there, it may be left out.
    """

    remote_fields = ("uuid", "name", "endpoint_url")
    parent_field = "org"
    route = "s3_buckets"
    detail_route = "s3_api_keys"  # the server has the two the wrong way round

    def __init__(self, knex: Knex, org: Organization, name: str, endpoint_url: str | None = None) -> None:
        super().__init__(knex)
        self.org = org
        self.name = str(name)
        self.endpoint_url = endpoint_url

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"BUCKET{self.name}\x1f{self.org.pre_hash()}"

    def key(self, public_key: str, private_key: str = "", description: str = "") -> S3ApiKey:
        """The bucket's key, not fetched yet; arguments are those of `S3ApiKey`."""
        return S3ApiKey(self.knex, self, public_key, private_key, description)

    def _segment(self) -> None:
        """No route leads to it by name."""

    def _filter(self) -> dict[str, object]:
        return {"organization_id": self.org._id()}

    def _is_it(self, blob: Blob) -> bool:
        return super()._is_it(blob) and self.endpoint_url in (None, blob.get("endpoint_url"))

    def _creation(self) -> dict[str, object]:
        return {**super()._creation(), "organization": self.org._id()}


class S3ApiKey(RemoteObject):
    """The key pair that the server signs URLs of a bucket with; a bucket has one.

    Args:
        knex: The server, and who asks it; a login is needed.
        bucket: The bucket.
        public_key: The pair's name.
        private_key: The secret. The server never says it again; it isn't held on to once it was sent.
        description: What it is for.
    """

    remote_fields = ("uuid", "created_at", "updated_at", "description", "public_key")
    parent_field = "bucket"
    route = "s3_api_keys"
    detail_route = "s3_buckets"  # the server has the two the wrong way round
    name_field = "public_key"
    unblank = frozenset({"description"})

    def __init__(
        self, knex: Knex, bucket: S3Bucket, public_key: str, private_key: str = "", description: str = ""
    ) -> None:
        super().__init__(knex)
        self.bucket = bucket
        self.public_key = public_key
        self.description = description
        self._private_key = private_key

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"KEY{self.public_key}\x1f{self.bucket.pre_hash()}"

    def _segment(self) -> None:
        """No route leads to it by name."""

    def _filter(self) -> dict[str, object]:
        return {}

    def _is_it(self, blob: Blob) -> bool:
        return super()._is_it(blob) and blob.get("bucket") == self.bucket.uuid

    def _creation(self) -> dict[str, object]:
        return {**super()._creation(), "bucket": self.bucket._id(), "private_key": self._private_key}

    def _take(self, blob: Blob) -> None:
        super()._take(blob)
        self._private_key = ""
