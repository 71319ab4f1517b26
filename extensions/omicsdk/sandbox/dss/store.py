"""The Data Store's tables: files, bundles, tombstones, index documents, collections, subscriptions, jobs, events; and what their pages list."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.shelf import Collection, Shelf

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):?(\d{2}):?(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})", re.ASCII
)


def format_version(seconds: float) -> str:
    """The version of a time.

    Args:
        seconds: Seconds since 1970, UTC.

    Returns:
        The time as DSS_VERSION.
    """
    # Through whole microseconds, or a float's rounding would make the same time two versions.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(seconds * 1_000_000))
    return moment.strftime("%Y-%m-%dT%H%M%S.%fZ")


def parse_version(text: str) -> str:
    """Reads a version, or any RFC 3339 time, as DSS_VERSION.

    Args:
        text: A time with or without colons, with any offset and any precision.

    Returns:
        The same time as DSS_VERSION; digits beyond microseconds are cut off.

    Raises:
        ValueError: The text isn't such a time.
    """
    found = _RFC3339.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} isn't an RFC 3339 time")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    moment = datetime(
        int(year), int(month), int(day), int(hour), int(minute), int(second), int((fraction or "")[:6].ljust(6, "0"))
    )
    if offset not in ("Z", "z"):
        sign = -1 if offset[0] == "+" else 1
        moment += sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return f"{moment.year:04}-{moment.strftime('%m-%dT%H%M%S.%fZ')}"


def is_version(value: object) -> bool:
    """Whether a value is a time that `parse_version` reads."""
    if not isinstance(value, str):
        return False
    try:
        parse_version(value)
    except (ValueError, OverflowError):
        return False
    return True


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
        """The entry as it stands in a bundle's manifest."""
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
        count: How many files it has.
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
class CheckoutJob:
    """A bundle that is copied to a bucket.

    Attributes:
        id: The job's uuid.
        replica: aws or gcp.
        uuid: The bundle's uuid.
        version: The bundle's version.
        destination: The bucket.
        ends: When it is done, in the sandbox's time.
        cause: Why it failed; empty when it didn't.
        copied: Whether the files have arrived in the bucket.
    """

    id: str
    replica: str
    uuid: str
    version: str
    destination: str
    ends: float
    cause: str
    copied: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a bundle.

    Attributes:
        number: Counts up.
        uuid: The bundle's uuid.
        version: The bundle's version.
        at: When, as DSS_VERSION.
        document: What is told about it.
    """

    number: int
    uuid: str
    version: str
    at: str
    document: JsonObject


class DssStore:
    """The one place that knows the Data Store's tables.

    Args:
        database: Where they are.
        now: The sandbox's time; a file whose copy isn't finished by then isn't there yet.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self.transaction = database.transaction
        database.define(
            dss_files=(
                "uuid TEXT, version TEXT, creator_uid INTEGER, content_type TEXT, sha256 TEXT, ready REAL,"
                " PRIMARY KEY (uuid, version)"
            ),
            dss_bundles="uuid TEXT, version TEXT, creator_uid INTEGER, count INTEGER, PRIMARY KEY (uuid, version)",
            dss_bundle_files=(
                "uuid TEXT, version TEXT, position INTEGER, name TEXT, file_uuid TEXT, file_version TEXT,"
                " indexed INTEGER, PRIMARY KEY (uuid, version, position)"
            ),
            dss_documents="uuid TEXT, version TEXT, document TEXT, PRIMARY KEY (uuid, version)",
            dss_tombstones="uuid TEXT, version TEXT, email TEXT, reason TEXT, PRIMARY KEY (uuid, version)",
            dss_checkouts=(
                "id TEXT PRIMARY KEY, replica TEXT, uuid TEXT, version TEXT, destination TEXT, ends REAL, cause TEXT,"
                " copied INTEGER"
            ),
            dss_collections="uuid TEXT, version TEXT, owner TEXT, body TEXT, PRIMARY KEY (uuid, version)",
            dss_collection_tombstones="uuid TEXT PRIMARY KEY, email TEXT",
            dss_subscriptions="uuid TEXT PRIMARY KEY, replica TEXT, owner TEXT, kind TEXT, body TEXT",
            dss_events="number INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT, version TEXT, at TEXT, document TEXT",
        )
        database.define_views(
            dss_file_facts=(
                "SELECT f.uuid, f.version, f.creator_uid, f.content_type, f.sha256, o.sha1, o.s3_etag, o.crc32c, o.size,"
                " f.ready FROM dss_files f JOIN objects o USING (sha256)"
            ),
            dss_bundle_states=(
                "SELECT b.*, NOT EXISTS (SELECT 1 FROM dss_tombstones t WHERE t.uuid = b.uuid"
                " AND t.version IN (b.version, '')) AS live FROM dss_bundles b"
            ),
        )

    # -- files

    def put_file(self, file: FileRecord, ready: float) -> None:
        """Enters a version of a file whose bytes are in the object store already.

        Args:
            file: The file.
            ready: From when on it is there, in the sandbox's time.
        """
        self._database.execute(
            "INSERT INTO dss_files VALUES (?, ?, ?, ?, ?, ?)",
            (file.uuid, file.version, file.creator_uid, file.content_type, file.sha256, ready),
        )

    def file(self, uuid: str, version: str | None, *, pending: bool = False) -> FileRecord | None:
        """A version of a file, the latest when none is named.

        Args:
            uuid: The file's uuid, lower case.
            version: Its version, or None.
            pending: Whether to find a file whose copy isn't finished.
        """
        row = self._database.row(
            "SELECT * FROM dss_file_facts WHERE uuid = ? AND (? IS NULL OR version = ?) AND (? OR ready <= ?)"
            " ORDER BY version DESC LIMIT 1",
            (uuid, version, version, pending, self._now()),
        )
        return _file(row) if row else None

    def finish_files(self) -> int:
        """Finishes all copies that are under way."""
        now = self._now()
        return self._database.execute("UPDATE dss_files SET ready = ? WHERE ready > ?", (now, now))

    # -- bundles

    def put_bundle(
        self, uuid: str, version: str, creator_uid: int, entries: Sequence[BundleEntry], document: JsonObject
    ) -> None:
        """Enters a version of a bundle with its index document."""
        with self.transaction():
            self._database.execute(
                "INSERT INTO dss_bundles VALUES (?, ?, ?, ?)", (uuid, version, creator_uid, len(entries))
            )
            self._database.execute_many(
                "INSERT INTO dss_bundle_files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (uuid, version, position, each.name, each.file.uuid, each.file.version, each.indexed)
                    for position, each in enumerate(entries)
                ),
            )
            self._database.execute(
                "INSERT INTO dss_documents VALUES (?, ?, ?)", (uuid, version, json.dumps(document, ensure_ascii=False))
            )

    def bundle(self, uuid: str, version: str | None, *, tombstoned: bool = False) -> Bundle | None:
        """A version of a bundle, the latest that isn't deleted when none is named.

        Args:
            uuid: The bundle's uuid, lower case.
            version: Its version, or None.
            tombstoned: Whether to find a deleted one, too.
        """
        row = self._database.row(
            "SELECT uuid, version, creator_uid, count FROM dss_bundle_states WHERE uuid = ?"
            " AND (? IS NULL OR version = ?) AND (? OR live) ORDER BY version DESC LIMIT 1",
            (uuid, version, version, tombstoned),
        )
        return Bundle(**row) if row else None

    def entries(self, bundle: Bundle, start: int = 0, count: int = -1) -> list[BundleEntry]:
        """The files of a bundle in their order, from a position on, at most so many (-1: all)."""
        rows = self._database.rows(
            "SELECT b.name, b.indexed, f.* FROM dss_bundle_files b"
            " JOIN dss_file_facts f ON f.uuid = b.file_uuid AND f.version = b.file_version"
            " WHERE b.uuid = ? AND b.version = ? AND b.position >= ? ORDER BY b.position LIMIT ?",
            (bundle.uuid, bundle.version, start, count),
        )
        return [BundleEntry(row[0], bool(row[1]), _file(row[2:])) for row in rows]

    def bundles(self, prefix: str, after: str, count: int) -> list[Bundle]:
        """Bundles that aren't deleted, by uuid and version, from behind a fully qualified id on."""
        uuid, _, version = after.partition(".")
        # A prefix is compared by its length, since LIKE has wildcards and no use for case.
        rows = self._database.rows(
            "SELECT uuid, version, creator_uid, count FROM dss_bundle_states"
            " WHERE (uuid, version) > (?, ?) AND substr(uuid, 1, ?) = ? AND live ORDER BY uuid, version LIMIT ?",
            (uuid, version, len(prefix), prefix, count),
        )
        return [Bundle(**row) for row in rows]

    def documents(self) -> list[tuple[str, str]]:
        """Uuid and version of the index documents of bundles that aren't deleted, by uuid and version."""
        rows = self._database.rows("SELECT uuid, version FROM dss_bundle_states WHERE live ORDER BY uuid, version")
        return [(row[0], row[1]) for row in rows]

    def document(self, uuid: str, version: str) -> JsonObject:
        """The index document of a bundle's version that is there."""
        row = self._database.row("SELECT document FROM dss_documents WHERE uuid = ? AND version = ?", (uuid, version))
        assert row is not None
        return json.loads(row["document"])

    def tombstone(self, uuid: str, version: str) -> tuple[str, str] | None:
        """E-mail and reason of a deletion; an empty version stands for all."""
        row = self._database.row(
            "SELECT email, reason FROM dss_tombstones WHERE uuid = ? AND version = ?", (uuid, version)
        )
        return (row[0], row[1]) if row else None

    def put_tombstone(self, uuid: str, version: str, email: str, reason: str) -> None:
        """Deletes a bundle's version, or with an empty version all of them, now and later."""
        self._database.execute("INSERT INTO dss_tombstones VALUES (?, ?, ?, ?)", (uuid, version, email, reason))

    # -- checkouts

    def put_checkout(self, job: CheckoutJob) -> None:
        """Enters a job, or what has become of it."""
        self._database.execute(
            "REPLACE INTO dss_checkouts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (job.id, job.replica, job.uuid, job.version, job.destination, job.ends, job.cause, job.copied),
        )

    def checkout(self, job_id: str) -> CheckoutJob | None:
        """A job, or None."""
        row = self._database.row("SELECT * FROM dss_checkouts WHERE id = ?", (job_id,))
        return CheckoutJob(*row) if row else None

    def finish_checkouts(self) -> int:
        """Finishes all jobs that are under way."""
        now = self._now()
        return self._database.execute("UPDATE dss_checkouts SET ends = ? WHERE ends > ?", (now, now))

    # -- collections

    def put_collection(self, uuid: str, version: str, owner: str, body: JsonObject) -> None:
        """Enters a version of a collection, in place of the same version if there is one."""
        self._database.execute(
            "REPLACE INTO dss_collections VALUES (?, ?, ?, ?)", (uuid, version, owner, json.dumps(body))
        )

    def collection(self, uuid: str, version: str | None) -> tuple[str, str, JsonObject] | None:
        """Version, owner and body of a collection that isn't deleted, the latest when no version is named."""
        row = self._database.row(
            "SELECT version, owner, body FROM dss_collections WHERE uuid = ? AND (? IS NULL OR version = ?)"
            " AND uuid NOT IN (SELECT uuid FROM dss_collection_tombstones) ORDER BY version DESC LIMIT 1",
            (uuid, version, version),
        )
        return (row[0], row[1], json.loads(row[2])) if row else None

    def collections(self, owner: str, start: int, count: int) -> list[JsonObject]:
        """Uuid and latest version of a user's collections, by uuid."""
        rows = self._database.rows(
            "SELECT uuid, max(version) AS version FROM dss_collections WHERE owner = ?"
            " AND uuid NOT IN (SELECT uuid FROM dss_collection_tombstones)"
            " GROUP BY uuid ORDER BY uuid LIMIT ? OFFSET ?",
            (owner, count, start),
        )
        return [dict(row) for row in rows]

    def delete_collection(self, uuid: str, email: str) -> None:
        """Deletes all versions of a collection."""
        self._database.execute("INSERT INTO dss_collection_tombstones VALUES (?, ?)", (uuid, email))

    # -- subscriptions

    def put_subscription(self, uuid: str, replica: str, owner: str, kind: str, body: JsonObject) -> None:
        """Enters a subscription."""
        self._database.execute(
            "INSERT INTO dss_subscriptions VALUES (?, ?, ?, ?, ?)", (uuid, replica, owner, kind, json.dumps(body))
        )

    def subscription(self, uuid: str, replica: str, kind: str) -> JsonObject | None:
        """A subscription, or None."""
        row = self._database.row(
            "SELECT body FROM dss_subscriptions WHERE uuid = ? AND replica = ? AND kind = ?", (uuid, replica, kind)
        )
        return json.loads(row[0]) if row else None

    def subscriptions(self, *, owner: str | None = None, replica: str = "", kind: str = "") -> list[JsonObject]:
        """Subscriptions of an owner, a replica and a kind; those that aren't given don't matter."""
        rows = self._database.rows(
            "SELECT body FROM dss_subscriptions WHERE (? IS NULL OR owner = ?) AND ? IN ('', replica)"
            " AND ? IN ('', kind) ORDER BY rowid",
            (owner, owner, replica, kind),
        )
        return [json.loads(row[0]) for row in rows]

    def delete_subscription(self, uuid: str) -> None:
        """Removes a subscription."""
        self._database.execute("DELETE FROM dss_subscriptions WHERE uuid = ?", (uuid,))

    # -- events

    def put_event(self, uuid: str, version: str, at: str, document: JsonObject) -> None:
        """Enters an event."""
        self._database.execute(
            "INSERT INTO dss_events (uuid, version, at, document) VALUES (?, ?, ?, ?)",
            (uuid, version, at, json.dumps(document, ensure_ascii=False)),
        )

    def delete_events(self, uuid: str, version: str) -> None:
        """Forgets the events of a bundle's version, or with an empty version of all."""
        self._database.execute("DELETE FROM dss_events WHERE uuid = ? AND ? IN ('', version)", (uuid, version))

    def events(self, start: str, end: str, after: int, count: int) -> list[Event]:
        """Events from a time to another, both included, behind a number, in the order in which they happened."""
        rows = self._database.rows(
            "SELECT * FROM dss_events WHERE at BETWEEN ? AND ? AND number > ? ORDER BY number LIMIT ?",
            (start, end, after, count),
        )
        return [_event(row) for row in rows]

    def event(self, uuid: str, version: str) -> Event | None:
        """The latest event of a bundle's version, or None."""
        row = self._database.row(
            "SELECT * FROM dss_events WHERE uuid = ? AND version = ? ORDER BY number DESC LIMIT 1", (uuid, version)
        )
        return _event(row) if row else None


def _file(row: Sequence[Any]) -> FileRecord:
    return FileRecord(*tuple(row)[:9])


def _event(row: Any) -> Event:
    return Event(row["number"], row["uuid"], row["version"], row["at"], json.loads(row["document"]))


DSS = Collection(
    "dss",
    "Data Store (DSS)",
    "/dss/v1",
    (
        Shelf(
            "bundles",
            "Bundles",
            ("Bundle", "Files", "State"),
            "SELECT uuid || '.' || version, count, CASE WHEN live THEN 'there' ELSE 'deleted' END FROM dss_bundle_states"
            " ORDER BY version DESC, uuid",
            opens="bundle-files",
        ),
        Shelf(
            "bundle-files",
            "Files of a bundle",
            ("Name", "File", "Indexed", "Bytes", "SHA-256"),
            "SELECT b.name, b.file_uuid || '.' || b.file_version, CASE WHEN b.indexed THEN 'yes' ELSE 'no' END, f.size,"
            " f.sha256, b.uuid || '.' || b.version AS bundle FROM dss_bundle_files b JOIN dss_file_facts f"
            " ON f.uuid = b.file_uuid AND f.version = b.file_version ORDER BY b.position",
            inside="bundle",
        ),
        Shelf(
            "files",
            "Files",
            ("File", "Type", "Bytes", "SHA-256"),
            "SELECT uuid || '.' || version, content_type, size, sha256 FROM dss_file_facts ORDER BY version DESC, uuid",
        ),
        Shelf(
            "collections",
            "Collections",
            ("Collection", "Owner"),
            "SELECT uuid || '.' || version, owner FROM dss_collections ORDER BY version DESC, uuid",
        ),
        Shelf(
            "subscriptions",
            "Subscriptions",
            ("Subscription", "Owner", "Replica", "Kind"),
            "SELECT uuid, owner, replica, kind FROM dss_subscriptions ORDER BY uuid",
        ),
    ),
)
