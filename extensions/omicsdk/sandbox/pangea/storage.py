"""Locations of results' files: registered buckets, and the addresses of objects in them that need no keys."""

import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from typing import Any, cast

from omicsdk.sandbox.pangea.store import Record, Store
from omicsdk.sandbox.rest_framework.service import Refused
from omicsdk.sandbox.s3.staging import OWNER, Staging, s3_client
from omicsdk.sandbox.state.credentials import Secrets

# How long an address is valid, in seconds of real time: the storage has no other clock.
LIFE = 24 * 3600


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket with keys for it.

    Attributes:
        bucket: Its name.
        endpoint_url: The S3 server that it is on.
        public_key: The access key.
        private_key: The secret key.
    """

    bucket: str
    endpoint_url: str
    public_key: str
    private_key: str


class Storage:
    """The S3 servers of registered buckets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def read_url(self, place: Place, key: str) -> str | None:
        """The address that an object is read from; None where no bucket can be what was registered."""
        try:
            with _as_refusals():
                target = {"Bucket": place.bucket, "Key": key}
                return self._client(place).generate_presigned_url("get_object", Params=target, ExpiresIn=LIFE)
        except Refused:
            return None

    def form(self, place: Place, key: str) -> Mapping[str, Any]:
        """The form that sends an object: its address and its fields, the file itself coming last.

        Raises:
            Refused: No bucket can be what was registered.
        """
        with _as_refusals():
            return self._client(place).generate_presigned_post(place.bucket, key, ExpiresIn=LIFE)

    def begin(self, place: Place, key: str, parts: int) -> tuple[str, list[str]]:
        """Begin an upload in parts.

        Args:
            place: The bucket.
            key: The object.
            parts: Number of parts.

        Returns:
            The upload's name, and the address of each part.

        Raises:
            Refused: The storage does not take it.
        """
        with _as_refusals():
            client = self._client(place)
            upload: str = client.create_multipart_upload(Bucket=place.bucket, Key=key)["UploadId"]
            part = {"Bucket": place.bucket, "Key": key, "UploadId": upload}
            urls = [
                client.generate_presigned_url("upload_part", Params={**part, "PartNumber": number + 1}, ExpiresIn=LIFE)
                for number in range(parts)
            ]
        return upload, urls

    def complete(self, place: Place, key: str, upload: str, parts: Sequence[Mapping[str, Any]]) -> bool:
        """Make an object of the parts of an upload.

        Returns:
            Whether the object exists, also if it was made of the same parts before.
        """
        target = {"Bucket": place.bucket, "Key": key}
        try:
            with _as_refusals():
                client = self._client(place)
                try:
                    client.list_parts(**target, UploadId=upload)
                except client.exceptions.NoSuchUpload:
                    # It was completed before, or is another upload's.
                    etag: str = client.head_object(**target)["ETag"]
                    return etag.strip('"') == _etag_of([str(part["ETag"]) for part in parts])
                client.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": list(parts)})
        except Refused:
            return False
        return True

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _client(self, location: Place) -> Any:
        client_key = (location.endpoint_url, location.public_key, location.private_key)
        with self._lock:
            if client_key not in self._clients:
                # As deployed servers sign: by the second version.
                retries = {"total_max_attempts": 1}
                self._clients[client_key] = s3_client(*client_key, signature_version="s3", retries=retries)
            return self._clients[client_key]


@contextmanager
def _as_refusals() -> Generator[None]:
    """State what is wrong with a storage, or with how it was registered, as a refusal."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        raise Refused(400, f"The storage can't be used: {error}") from error


def _etag_of(parts: Sequence[str]) -> str:
    """The ETag of an object that was made of parts with these ETags; empty where one cannot be one."""
    try:
        digests = b"".join(bytes.fromhex(part.strip('"')) for part in parts)
    except ValueError:
        return ""
    return f"{md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


BUCKET = "s3_bucket"
KEY = "s3_api_key"
# Placeholder for the address of the sandbox's own S3 server, which is not started before it is requested.
STAGING = "staging"
# The bucket that exists from the start.
FIRST_BUCKET = "pangea-sandbox"
# `__type__` of data that represent an object of a bucket, in any case.
FILE = "s3"


class Buckets:
    """The registered buckets, with their keys.

    Args:
        store: The platform's data.
        staging: The sandbox's own S3 server; it has another address each time that it starts.
        secrets: Holds the private keys of buckets elsewhere.
    """

    def __init__(self, store: Store, staging: Staging, secrets: Secrets) -> None:
        self._store = store
        self._staging = staging
        self._secrets = secrets
        self._staging_url = STAGING

    def endpoint_url(self, bucket: Record) -> str:
        """The S3 server that a bucket is on; requesting the sandbox's own starts it."""
        if bucket["endpoint_url"] == STAGING:
            self._staging_url = self._staging.url
        return self._known_url(bucket)

    def _known_url(self, bucket: Record) -> str:
        return self._staging_url if bucket["endpoint_url"] == STAGING else bucket["endpoint_url"]

    def writable(self, bucket: Record) -> Place | None:
        """A bucket that exists, with its keys; None where none were registered since the sandbox was started."""
        self.endpoint_url(bucket)
        if bucket["endpoint_url"] == STAGING:
            self._staging.make_bucket(bucket["name"])
        return self._place(bucket)

    def readable(self, organization: str, name: str, endpoint_url: str) -> Place | None:
        """A bucket of an organization with its keys; None for none that were registered since the sandbox was started.

        The sandbox's own server is not started for this: before a user wrote to it, there is nothing on it.

        Args:
            organization: The organization's UUID.
            name: The bucket's name.
            endpoint_url: The server that it is on.
        """
        for bucket in self._store.all(BUCKET, parent=organization, name=name) if name else []:
            if self._known_url(bucket) == endpoint_url and (location := self._place(bucket)) is not None:
                return location
        return None

    def _place(self, bucket: Record) -> Place | None:
        keys = self._store.all(KEY, parent=bucket["uuid"])
        if not keys:
            return None
        public_key = keys[0]["public_key"]
        private_key = self._secrets.held(KEY, keys[0]["uuid"])
        if private_key is None and bucket["endpoint_url"] == STAGING and public_key == OWNER:
            private_key = self._staging.credentials["AWS_SECRET_ACCESS_KEY"]
        return None if private_key is None else Place(bucket["name"], self._known_url(bucket), public_key, private_key)


def seed_bucket(store: Store, organization: str) -> str:
    """Register a bucket of the sandbox's own S3 server, and keys for it.

    Args:
        store: The platform's data.
        organization: The UUID of the organization that owns it.

    Returns:
        The bucket's UUID.
    """
    fields = {"endpoint_url": STAGING, "organization": organization}
    bucket = store.add(BUCKET, FIRST_BUCKET, fields, parent=organization)["uuid"]
    keys = {"description": "keys of the sandbox", "bucket": bucket, "public_key": OWNER}
    store.add(KEY, "", keys, parent=bucket)
    return bucket


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an object's `s3://` address; empty texts where it is none."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    return (bucket, key) if scheme == "s3" and bucket and key else ("", "")


def file_of(data: Any) -> Mapping[str, Any] | None:
    """Data that represent an object of a bucket; None for others."""
    if not isinstance(data, dict):
        return None
    fields = cast("dict[str, Any]", data)
    is_stated = all(isinstance(fields.get(name), str) for name in ("__type__", "uri", "endpoint_url"))
    return fields if is_stated and fields["__type__"].lower() == FILE else None
