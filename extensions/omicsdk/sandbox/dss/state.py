"""The Data Store's state: its versions, tables and listings, what its handlers share, and what is indexed of a bundle."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from omicsdk.sandbox.dss.webhooks import DeliveryWorker
from omicsdk.sandbox.problems import bad_arguments, not_found
from omicsdk.sandbox.service import Call, JsonObject, SandboxContext
from omicsdk.sandbox.state.database import Table

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


MANIFEST_FORMAT = "0.0.1"
# The platform documents that larger manifests are not part of the index document.
MAX_INDEXED_FILES = 20_000


def manifest(version: str, creator_uid: int, entries: Sequence[BundleEntry]) -> JsonObject:
    """A bundle's manifest, as `PUT /bundles` answers it."""
    return {
        "format": MANIFEST_FORMAT,
        "version": version,
        "creator_uid": creator_uid,
        "files": [entry.manifest() for entry in entries],
    }


def schema_key(name: str) -> str:
    """Under which key of `files` a metadata file's content is: cell_suspension_0.json is cell_suspension_json."""
    stem = re.sub(r"\.json$", "", name)
    return re.sub(r"_\d+$", "", re.sub(r"\W", "_", stem)) + "_json"


def index_document(
    uuid: str, version: str, creator_uid: int, entries: Sequence[BundleEntry], read: Callable[[str], bytes]
) -> JsonObject:
    """Make the document.

    Args:
        uuid: The bundle's uuid.
        version: Its version.
        creator_uid: Its creator.
        entries: Its files.
        read: Reads the bytes of a content, by SHA-256.

    Returns:
        `uuid`, `state`, `manifest`, and `files`: schema key to the contents of that kind. An indexed file that is not
        JSON is left out, as by the platform.
    """
    files: dict[str, list[object]] = {}
    for entry in entries:
        if not entry.indexed:
            continue
        try:
            content = json.loads(read(entry.file.sha256))
        except (ValueError, RecursionError):
            continue
        files.setdefault(schema_key(entry.name), []).append(content)
    document: JsonObject = {"uuid": uuid, "state": "new", "files": files}
    if len(entries) <= MAX_INDEXED_FILES:
        document["manifest"] = manifest(version, creator_uid, entries)
    return document


# The kind of the secrets that notifications are signed with; they are held in memory only.
SUBSCRIPTION = "subscription"


class Dss:
    """The Data Store.

    Args:
        context: State and settings that all services share.
    """

    def __init__(self, context: SandboxContext) -> None:
        self.context = context
        database = context.database
        self.transaction = database.transaction
        self.files = Table(database, "dss_files", FileRecord, key="uuid version")
        self.bundles = Table(database, "dss_bundles", Bundle, key="uuid version")
        self.documents = Table(database, "dss_documents", Document, key="uuid version")
        self.tombstones = Table(database, "dss_tombstones", Tombstone, key="uuid version")
        self.checkouts = Table(database, "dss_checkouts", CheckoutJob)
        self.collections = Table(database, "dss_collections", CollectionVersion, key="uuid version")
        self.collection_tombstones = Table(database, "dss_collection_tombstones", Tombstone)
        self.subscriptions = Table(database, "dss_subscriptions", Subscription)
        self.events = Table(database, "dss_events", Event)
        database.define(
            dss_bundle_files="uuid TEXT, version TEXT, position INTEGER, name TEXT, file_uuid TEXT, file_version TEXT,"
            " indexed INTEGER, PRIMARY KEY (uuid, version, position)"
        )
        self._documents: dict[tuple[str, str], JsonObject] = {}
        self.deliveries = DeliveryWorker(database, context.clock, lambda uuid: context.secrets.held(SUBSCRIPTION, uuid))
        # Most sandboxes never deliver anything; one that was stopped may have left notifications.
        if self.deliveries.next_due() is not None:
            self.deliveries.start()

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.context.clock.now()

    def new_version(self, latest: str) -> str:
        """A version of this moment, later than another one even if time is frozen or that one is in the future."""
        version = format_version(self.now())
        return version if version > latest else version_after(latest)

    # -- finding

    def find_file(self, uuid: str, version: str | None) -> FileRecord | None:
        """A version of a file whose copy is finished, the latest when none is named; None when it does not exist."""
        return self.files.first("ready <= ?", self.now(), order="version DESC", uuid=uuid.lower(), version=version)

    def find_bundle(self, uuid: str, version: str | None, *, tombstoned: bool = False) -> Bundle | None:
        """A version of a bundle, the latest when none is named; a deleted one only on request."""
        live = "" if tombstoned else LIVE_BUNDLE
        return self.bundles.first(live, order="version DESC", uuid=uuid.lower(), version=version)

    def find_collection(self, uuid: str, version: str | None) -> CollectionVersion | None:
        """A version of a collection that is not deleted, the latest when none is named; None when it does not exist."""
        return self.collections.first(LIVE_COLLECTION, order="version DESC", uuid=uuid.lower(), version=version)

    def file(self, uuid: str, version: str | None) -> FileRecord:
        """A version of a file as `find_file` has it; a 404 when it does not exist."""
        return self.find_file(uuid, version) or refuse_missing("file", uuid, version)

    def bundle(self, uuid: str, version: str | None) -> Bundle:
        """A version of a bundle that is not deleted, the latest when none is named; a 404 when it does not exist."""
        return self.find_bundle(uuid, version) or refuse_missing("bundle", uuid, version)

    def collection(self, uuid: str, version: str | None) -> CollectionVersion:
        """A version of a collection as `find_collection` has it; a 404 when it does not exist."""
        return self.find_collection(uuid, version) or refuse_missing("collection", uuid, version)

    def entries(self, bundle: Bundle, start: int = 0, count: int = -1) -> list[BundleEntry]:
        """The files of a bundle in their order, from a position on, at most N (-1: all)."""
        rows = self.context.database.rows(
            "SELECT b.name, b.indexed, f.* FROM dss_bundle_files b"
            " JOIN dss_files f ON f.uuid = b.file_uuid AND f.version = b.file_version"
            " WHERE b.uuid = ? AND b.version = ? AND b.position >= ? ORDER BY b.position LIMIT ?",
            (bundle.uuid, bundle.version, start, count),
        )
        return [BundleEntry(name, bool(indexed), FileRecord(*file)) for name, indexed, *file in rows]

    def document(self, uuid: str, version: str) -> JsonObject:
        """The index document of a bundle's version that exists, decoded once."""
        key = (uuid, version)
        if key not in self._documents:
            stored = self.documents.get(uuid, version)
            assert stored is not None
            self._documents[key] = stored.document
        return self._documents[key]

    # -- writing

    def add_bundle(self, uuid: str, version: str, creator_uid: int, entries: Sequence[BundleEntry]) -> None:
        """Add a bundle's version, index it, record the event and notify subscribers."""
        document = index_document(uuid, version, creator_uid, entries, self.context.objects.read)
        event = Event(0, uuid, version, format_version(self.now()), {"event_type": "CREATE", **document})
        with self.transaction():
            self.bundles.add(Bundle(uuid, version, creator_uid, len(entries)))
            self.context.database.execute_many(
                "INSERT INTO dss_bundle_files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (uuid, version, position, entry.name, entry.file.uuid, entry.file.version, entry.indexed)
                    for position, entry in enumerate(entries)
                ),
            )
            self.documents.add(Document(uuid, version, document))
            self.events.add(event)
            self._notify(event)

    def delete_bundle(self, stone: Tombstone) -> None:
        """Delete a bundle's version, or with an empty version all of them, and notify subscribers.

        Events replayed later do not include the deleted bundle, as on the platform.
        """
        with self.transaction():
            self.tombstones.add(stone)
            self.events.remove("? IN ('', version)", stone.version, uuid=stone.uuid)
            document = {name: value for name, value in asdict(stone).items() if value or name != "version"}
            document |= {"event_type": "TOMBSTONE", "admin_deleted": True}
            self._notify(Event(0, stone.uuid, stone.version, format_version(self.now()), document))

    def _notify(self, event: Event) -> None:
        self.deliveries.notify([subscription.body for subscription in self.subscriptions.all()], event)

    def finish(self) -> int:
        """Finish file copies and checkouts that are under way and return how many they were."""
        now, execute = self.now(), self.context.database.execute
        files = execute("UPDATE dss_files SET ready = ? WHERE ready > ?", (now, now))
        return files + execute("UPDATE dss_checkouts SET ends = ? WHERE ends > ?", (now, now))

    def clear(self) -> None:
        """Forget what is not in the database."""
        self._documents.clear()
        self.deliveries.clear()

    def close(self) -> None:
        """Stop deliveries."""
        self.deliveries.close()


def refuse_missing(kind: str, uuid: str, version: str | None) -> NoReturn:
    """Raise a 404 for what does not exist."""
    raise not_found(f"Cannot find {kind} {uuid}{f' version {version}' if version else ''}")


def start_of(call: Call) -> int:
    """The position in a list at which a page begins; a 400 when that is before the list."""
    start: int = call.arguments.get("start_at", 0)
    if start < 0:
        raise bad_arguments("start_at is 0 or more")
    return start
