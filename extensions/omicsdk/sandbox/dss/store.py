"""The Data Store's tables: files, bundles, tombstones, index documents, collections, subscriptions, jobs, events; and its
listings."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:?\d{2}:?\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:?\d{2})", re.ASCII)


def format_version(seconds: float) -> str:
    """The version of a time.

    Args:
        seconds: Seconds since 1970, UTC.

    Returns:
        The time as DSS_VERSION.
    """
    # Through whole microseconds, or a float's rounding would make the same time two versions.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(seconds * 1_000_000))
    return _written(moment)


def version_after(version: str) -> str:
    """The version one microsecond after another one."""
    return _written(datetime.fromisoformat(version) + timedelta(microseconds=1))


def _written(moment: datetime) -> str:
    return f"{moment.year:04}-{moment.strftime('%m-%dT%H%M%S.%fZ')}"


def parse_version(text: str) -> str:
    """Read a version, or any RFC 3339 time, as DSS_VERSION.

    Args:
        text: A time with or without colons, with any offset and any precision.

    Returns:
        The same time as DSS_VERSION; digits beyond microseconds are cut off.

    Raises:
        ValueError: The text is not such a time.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} isn't an RFC 3339 time")
    moment = datetime.fromisoformat(text[:11].upper() + text[11:].upper().replace(":", "")).astimezone(UTC)
    return _written(moment)


def is_version(value: object) -> bool:
    """Whether a value is a time that `parse_version` reads, or no text, which is refused for its type."""
    try:
        return not isinstance(value, str) or bool(parse_version(value))
    except (ValueError, OverflowError):
        return False


JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One version of a file.

    Attributes:
        uuid: The file's uuid, lower case.
        version: Its version.
        creator_uid: Number of the user who made it.
        content_type: Its Content-Type as it was staged.
        sha256: SHA-256; also where its bytes are.
        sha1: SHA-1.
        s3_etag: S3's ETag for parts of 64 MiB.
        crc32c: CRC32C.
        size: Length in bytes.
        ready: From when on it exists, in the sandbox's time.
    """

    uuid: str
    version: str
    creator_uid: int
    content_type: str
    sha256: str
    sha1: str
    s3_etag: str
    crc32c: str
    size: int
    ready: float = 0.0


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """A file in a bundle.

    Attributes:
        name: Its name in the bundle.
        indexed: Whether it is metadata that can be searched.
        file: The file.
    """

    name: str
    indexed: bool
    file: FileRecord

    def manifest(self) -> JsonObject:
        """The entry of a bundle's manifest."""
        return {
            "name": self.name,
            "uuid": self.file.uuid,
            "version": self.file.version,
            "content-type": self.file.content_type,
            "size": self.file.size,
            "indexed": self.indexed,
            "crc32c": self.file.crc32c,
            "s3_etag": self.file.s3_etag,
            "sha1": self.file.sha1,
            "sha256": self.file.sha256,
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version of a bundle, without its files.

    Attributes:
        uuid: The bundle's uuid.
        version: Its version.
        creator_uid: Number of the user who made it.
        count: Number of files.
    """

    uuid: str
    version: str
    creator_uid: int
    count: int

    @property
    def fqid(self) -> str:
        """Uuid and version, as searches name a bundle."""
        return f"{self.uuid}.{self.version}"


@dataclass(frozen=True, slots=True)
class Document:
    """The index document of a bundle's version."""

    uuid: str
    version: str
    document: JsonObject


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The deletion of a bundle's version, or with an empty version of all of a bundle or a collection, now and later."""

    uuid: str
    version: str
    email: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckoutJob:
    """A bundle that is copied to a bucket.

    Attributes:
        id: The job's uuid.
        replica: aws or gcp.
        uuid: The bundle's uuid.
        version: The bundle's version.
        destination: The bucket.
        ends: When it is done, in the sandbox's time.
        cause: Why it failed; empty when it did not.
        copied: Whether the files have arrived in the bucket.
    """

    id: str
    replica: str
    uuid: str
    version: str
    destination: str
    ends: float
    cause: str = ""
    copied: bool = False


@dataclass(frozen=True, slots=True)
class CollectionVersion:
    """A version of a collection; the body is what the service returns."""

    uuid: str
    version: str
    owner: str
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; the kind is `elasticsearch` or `jmespath`, the body what was put, without the secret."""

    uuid: str
    replica: str
    owner: str
    kind: str
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a bundle.

    Attributes:
        number: Counts up.
        uuid: The bundle's uuid.
        version: The bundle's version.
        at: When, as DSS_VERSION.
        document: Its description for subscribers: the bundle's indexed metadata, or what is known of a deletion.
    """

    number: int
    uuid: str
    version: str
    at: str
    document: JsonObject

    @property
    def kind(self) -> str:
        """CREATE for a new version, TOMBSTONE for one that was deleted."""
        return self.document["event_type"]


# Conditions on rows of the tables `dss_bundles` and `dss_collections`: they are not deleted.
LIVE_BUNDLE = "NOT EXISTS (SELECT 1 FROM dss_tombstones t WHERE t.uuid = dss_bundles.uuid AND t.version IN (dss_bundles.version, ''))"
LIVE_COLLECTION = "uuid NOT IN (SELECT uuid FROM dss_collection_tombstones)"
