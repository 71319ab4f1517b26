"""What volumes are connected with: buckets of the sandbox's S3 server, whichever cloud a volume says it is on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from omicsdk.sandbox.s3.staging import Staging
from omicsdk.sandbox.sb.documents import JsonObject
from omicsdk.sandbox.sb.problems import bad

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
    """The part of a bucket that a volume shows; the bucket is made when it isn't there, since it is the sandbox's own.

    Args:
        staging: The S3 server; started when the first volume is looked at.
        volume: The volume's document.

    Raises:
        Problem: 9103; the bucket isn't one that the sandbox can have.
    """

    def __init__(self, staging: Staging, volume: JsonObject) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        service: JsonObject = volume["service"]
        self._bucket: str = service.get("bucket") or service.get("container") or ""
        try:
            staging.make_bucket(self._bucket)
        except (BotoCoreError, ClientError) as error:
            said = f"The bucket {self._bucket!r} of the volume {volume['id']} can't be used: {error}"
            raise bad(said, 9103) from error
        self._client = staging.client()
        prefix = (service.get("prefix") or "").strip("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def _named(self, location: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + location}

    def _found(self, told: Sequence[JsonObject]) -> list[Found]:
        return [Found(each["Key"][len(self._prefix) :], each["Size"], _described(each, each["Size"])) for each in told]

    def list(self, prefix: str, limit: int, token: str) -> Listing:
        """A page of what begins with a prefix; what has a slash behind it is told as one folder.

        Raises:
            Problem: 400; the token isn't one of this listing.
        """
        from botocore.exceptions import ClientError

        more = {"ContinuationToken": token} if token else {}
        try:
            told = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=self._prefix + prefix, Delimiter="/", MaxKeys=limit, **more
            )
        except ClientError as error:
            raise bad("The continuation_token isn't one of this listing: take it from the link of a page") from error
        prefixes = [each["Prefix"][len(self._prefix) :] for each in told.get("CommonPrefixes", ())]
        return Listing(self._found(told.get("Contents", ())), prefixes, told.get("NextContinuationToken", ""))

    def find(self, location: str) -> Found | None:
        """An object; None when there is none."""
        from botocore.exceptions import ClientError

        try:
            told = self._client.head_object(**self._named(location))
        except ClientError:
            return None
        size = told["ContentLength"]
        return Found(
            location, size, {**_described(told, size), "content_type": told["ContentType"], **told["Metadata"]}
        )

    def below(self, folder: str) -> Sequence[Found]:
        """All objects in a folder and in those below it."""
        paginator, prefix = self._client.get_paginator("list_objects_v2"), f"{self._prefix}{folder.strip('/')}/"
        pages = paginator.paginate(Bucket=self._bucket, Prefix=prefix)
        told = [each for page in pages for each in page.get("Contents", ()) if not each["Key"].endswith("/")]
        return self._found(told)

    def put(self, location: str, content: BinaryIO) -> None:
        """Copies bytes to a location."""
        named = self._named(location)
        self._client.upload_fileobj(content, named["Bucket"], named["Key"], ExtraArgs={"ContentType": _CONTENT_TYPE})

    def open(self, location: str) -> Any:
        """The bytes of an object, with `read`."""
        return self._client.get_object(**self._named(location))["Body"]

    def url(self, location: str, seconds: float) -> str:
        """A presigned URL of an object."""
        return self._client.generate_presigned_url(
            "get_object", Params=self._named(location), ExpiresIn=max(int(seconds), 1)
        )


def _described(told: Mapping[str, Any], size: int) -> JsonObject:
    modified = told["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"etag": told["ETag"].strip('"'), "size": size, "last_modified": modified}
