"""What volumes are connected with: buckets of the sandbox's S3 server, whichever cloud a volume says it is on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from omicsdk.sandbox.s3.staging import Staging
from omicsdk.sandbox.sb.problems import bad, refuse
from omicsdk.sandbox.sb.stores.documents import Documents, JsonObject

_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Found:
    """An object on a volume.

    Attributes:
        location: Where on the volume.
        size: Length in bytes.
        metadata: What the bucket tells of it.
    """

    location: str
    size: int
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a folder on a volume.

    Attributes:
        items: Objects in the folder itself.
        prefixes: Folders in it, with a slash at the end.
        token: What leads to the next page; empty on the last.
    """

    items: Sequence[Found]
    prefixes: Sequence[str]
    token: str


class Place:
    """The part of a bucket that a volume shows.

    Args:
        client: A boto3 client of the S3 server.
        bucket: The bucket; made when it isn't there, since it is the sandbox's own.
        prefix: What stands before a volume's locations in the bucket; empty for the whole bucket.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def _key(self, location: str) -> str:
        return self._prefix + location

    def list(self, prefix: str, limit: int, token: str) -> Listing:
        """A page of what begins with a prefix; what has a slash behind it is told as one folder.

        Raises:
            Problem: 400; the token isn't one of this listing.
        """
        from botocore.exceptions import ClientError

        asked: dict[str, Any] = {
            "Bucket": self._bucket,
            "Prefix": self._key(prefix),
            "Delimiter": "/",
            "MaxKeys": limit,
        }
        if token:
            asked["ContinuationToken"] = token
        try:
            told = self._client.list_objects_v2(**asked)
        except ClientError as error:
            raise bad("The continuation_token isn't one of this listing: take it from the link of a page") from error
        start = len(self._prefix)
        items = [Found(each["Key"][start:], each["Size"], _told(each)) for each in told.get("Contents", ())]
        prefixes = [each["Prefix"][start:] for each in told.get("CommonPrefixes", ())]
        return Listing(items, prefixes, told.get("NextContinuationToken", ""))

    def find(self, location: str) -> Found | None:
        """An object; None when there is none."""
        from botocore.exceptions import ClientError

        try:
            told = self._client.head_object(Bucket=self._bucket, Key=self._key(location))
        except ClientError:
            return None
        described = {**_told(told), "content_type": told["ContentType"], **told["Metadata"]}
        return Found(location, told["ContentLength"], described)

    def below(self, folder: str) -> Sequence[Found]:
        """All objects in a folder and in those below it."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._key(f"{folder.strip('/')}/")
        )
        start = len(self._prefix)
        found = [each for page in pages for each in page.get("Contents", ()) if not each["Key"].endswith("/")]
        return [Found(each["Key"][start:], each["Size"], _told(each)) for each in found]

    def put(self, location: str, content: BinaryIO) -> None:
        """Copies bytes to a location."""
        extra = {"ContentType": _CONTENT_TYPE}
        self._client.upload_fileobj(content, self._bucket, self._key(location), ExtraArgs=extra)

    def open(self, location: str) -> Any:
        """The bytes of an object, with `read`."""
        return self._client.get_object(Bucket=self._bucket, Key=self._key(location))["Body"]

    def url(self, location: str, seconds: float) -> str:
        """A presigned URL of an object."""
        named = {"Bucket": self._bucket, "Key": self._key(location)}
        return self._client.generate_presigned_url("get_object", Params=named, ExpiresIn=max(int(seconds), 1))


class Buckets:
    """The places of all volumes.

    Args:
        staging: The S3 server; started when the first volume is looked at.
        documents: Where volumes are.
    """

    def __init__(self, staging: Staging, documents: Documents) -> None:
        self._staging = staging
        self._documents = documents

    def place(self, volume: str) -> Place:
        """The place of a volume.

        Raises:
            Problem: 404; there is no such volume. 9103; its bucket isn't one that the sandbox can have.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        found = self._documents.get("volume", volume)
        if found is None:
            raise refuse(404, 9104, f"There is no volume {volume}")
        service: JsonObject = found["service"]
        bucket = service.get("bucket") or service.get("container") or ""
        try:
            self._staging.make_bucket(bucket)
        except (BotoCoreError, ClientError) as error:
            said = f"The bucket {bucket!r} of the volume {volume} can't be used: {error}"
            raise bad(said, 9103) from error
        return Place(self._staging.client(), bucket, service.get("prefix") or "")


def name_of(location: str) -> str:
    """What a file that lies at a location is called when nobody says otherwise."""
    return PurePosixPath(location.rstrip("/")).name


def _told(each: Mapping[str, Any]) -> JsonObject:
    modified = each["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ")
    size = each["Size"] if "Size" in each else each["ContentLength"]
    return {"etag": each["ETag"].strip('"'), "size": size, "last_modified": modified}
