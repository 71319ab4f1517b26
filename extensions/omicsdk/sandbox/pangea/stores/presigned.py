"""What a registered bucket's keys allow: addresses that need no keys, to read an object, to send one, and its parts."""

import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from typing import Any, cast

from omicsdk.sandbox.rest_framework.refusals import Refused
from omicsdk.sandbox.s3.staging import REGION

LIFE = 24 * 3600
"""How long an address is good for, in seconds of real time: the storage knows no other."""


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
            with _told():
                what = {"Bucket": place.bucket, "Key": key}
                return self._client(place).generate_presigned_url("get_object", Params=what, ExpiresIn=LIFE)
        except Refused:
            return None

    def form(self, place: Place, key: str) -> Mapping[str, Any]:
        """The form that sends an object: its address and its fields, the file itself coming last.

        Raises:
            Refused: No bucket can be what was registered.
        """
        with _told():
            return self._client(place).generate_presigned_post(place.bucket, key, ExpiresIn=LIFE)

    def begin(self, place: Place, key: str, parts: int) -> tuple[str, list[str]]:
        """Begins an upload in parts.

        Args:
            place: The bucket.
            key: The object.
            parts: How many parts it will have.

        Returns:
            The upload's name, and the address of each part.

        Raises:
            Refused: The storage doesn't take it.
        """
        with _told():
            client = self._client(place)
            upload: str = client.create_multipart_upload(Bucket=place.bucket, Key=key)["UploadId"]
            part = {"Bucket": place.bucket, "Key": key, "UploadId": upload}
            urls = [
                client.generate_presigned_url("upload_part", Params={**part, "PartNumber": number + 1}, ExpiresIn=LIFE)
                for number in range(parts)
            ]
        return upload, urls

    def complete(self, place: Place, key: str, upload: str, parts: Sequence[Mapping[str, Any]]) -> bool:
        """Makes an object of the parts of an upload.

        Returns:
            Whether the object is there: also when it was made of the same parts before.
        """
        try:
            with _told():
                return self._complete(place, key, upload, parts)
        except Refused:
            return False

    def _complete(self, place: Place, key: str, upload: str, parts: Sequence[Mapping[str, Any]]) -> bool:
        client, what = self._client(place), {"Bucket": place.bucket, "Key": key}
        try:
            client.list_parts(**what, UploadId=upload)
        except client.exceptions.NoSuchUpload:
            etag: str = client.head_object(**what)["ETag"]
            return etag.strip('"') == _etag_of([str(part["ETag"]) for part in parts])
        client.complete_multipart_upload(**what, UploadId=upload, MultipartUpload={"Parts": list(parts)})
        return True

    def close(self) -> None:
        """Lets go of all connections."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _client(self, place: Place) -> Any:
        known = (place.endpoint_url, place.public_key, place.private_key)
        with self._lock:
            if known not in self._clients:
                self._clients[known] = _new_client(*known)
            return self._clients[known]


@contextmanager
def _told() -> Generator[None]:
    """Tells what is wrong with a storage, or with how it was registered, as a refusal."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        raise Refused(400, f"The storage can't be used: {error}") from error


def _etag_of(parts: Sequence[str]) -> str:
    """The ETag of an object that was made of parts with these ETags; empty where one can't be one."""
    try:
        digests = b"".join(bytes.fromhex(each.strip('"')) for each in parts)
    except ValueError:
        return ""
    return f"{md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _new_client(endpoint_url: str, public_key: str, private_key: str) -> Any:
    import boto3
    from botocore.config import Config

    return cast("Any", boto3).client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=public_key,
        aws_secret_access_key=private_key,
        # The form that the platform's addresses have: the second version of signatures, in one try and by no proxy.
        config=Config(
            proxies={}, signature_version="s3", s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}
        ),
    )
