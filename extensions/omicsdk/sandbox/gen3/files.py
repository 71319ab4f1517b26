"""The files in the commons' buckets: contents by storage URL."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore, StoredObject

BUCKET = "sandbox-gen3"
"""The bucket that uploads go to."""


class Files:
    """Contents by storage URL.

    Args:
        database: Where it is kept which content a URL has.
        objects: The contents.
        now: The sandbox's time in seconds since 1970.

    Attributes:
        objects: The contents.
    """

    def __init__(self, database: Database, objects: ObjectStore, now: Callable[[], float]) -> None:
        self._database = database
        self.objects = objects
        self._now = now
        database.define(
            gen3_files="url TEXT PRIMARY KEY, sha256 TEXT NOT NULL, etag TEXT NOT NULL, stored REAL NOT NULL",
            gen3_public_files="url TEXT PRIMARY KEY",
        )

    def put(self, url: str, content: bytes) -> StoredObject:
        """Stores bytes.

        Args:
            url: Where, such as s3://sandbox-gen3/KEY; what was there is replaced.
            content: The bytes.
        """
        stored = self.objects.put_bytes(content)
        self.enter(url, stored, hashlib.md5(content, usedforsecurity=False).hexdigest())
        return stored

    def enter(self, url: str, stored: StoredObject, etag: str) -> None:
        """Puts a content that is in the store at a URL.

        Args:
            url: Where; what was there is replaced.
            stored: The content.
            etag: The ETag that it is served with, without quotes.
        """
        self._database.execute(
            "REPLACE INTO gen3_files (url, sha256, etag, stored) VALUES (?, ?, ?, ?)",
            (url, stored.sha256, etag, self._now()),
        )

    def find(self, url: str) -> StoredObject | None:
        """The content at a URL; None when there is none."""
        found = self.with_etag(url)
        return found[0] if found else None

    def with_etag(self, url: str) -> tuple[StoredObject, str] | None:
        """The content at a URL with the ETag that it is served with, without quotes; None when there is none."""
        row = self._database.row("SELECT sha256, etag FROM gen3_files WHERE url = ?", (url,))
        stored = self.objects.get(row["sha256"]) if row else None
        return (stored, row["etag"]) if row and stored else None

    def path(self, stored: StoredObject) -> Path:
        """Where the bytes of a content lie."""
        return self.objects.path(stored.sha256)

    def publish(self, url: str) -> None:
        """Lets everybody read what is at a URL without a signature, as in a public bucket."""
        self._database.execute("INSERT OR IGNORE INTO gen3_public_files VALUES (?)", (url,))

    def is_public(self, url: str) -> bool:
        """Whether everybody may read what is at a URL without a signature."""
        return self._database.row("SELECT 1 FROM gen3_public_files WHERE url = ?", (url,)) is not None

    def has_bucket(self, url: str) -> bool:
        """Whether the bucket of a URL is one of the commons': that of uploads, or one with contents."""
        scheme, _, rest = url.partition("://")
        bucket = f"{scheme}://{rest.partition('/')[0]}/"
        if bucket == f"s3://{BUCKET}/":
            return True
        end = bucket[:-1] + "0"  # the character after the slash
        return self._database.row("SELECT 1 FROM gen3_files WHERE url >= ? AND url < ?", (bucket, end)) is not None

    def buckets(self, scheme: str) -> list[str]:
        """The names of the commons' buckets of a kind, such as s3."""
        rows = self._database.rows("SELECT url FROM gen3_files WHERE url GLOB ?", (f"{scheme}://*",))
        found = {row["url"].split("/")[2] for row in rows}
        return sorted(found | {BUCKET} if scheme == "s3" else found)

    def remove(self, url: str) -> bool:
        """Removes what is at a URL and tells whether something was."""
        return self._database.execute("DELETE FROM gen3_files WHERE url = ?", (url,)) > 0
