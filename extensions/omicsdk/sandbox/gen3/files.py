"""The files in the commons' buckets: contents by storage URL."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from omicsdk.sandbox.objects import ObjectStore, StoredObject
from omicsdk.sandbox.store import Database

BUCKET = "sandbox-gen3"
"""The bucket that uploads go to."""


class Files:
    """Contents by storage URL.

    Args:
        database: Where it is kept which content a URL has.
        objects: The contents.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, objects: ObjectStore, now: Callable[[], float]) -> None:
        self._database = database
        self._objects = objects
        self._now = now
        database.define(
            gen3_files="url TEXT PRIMARY KEY, sha256 TEXT NOT NULL, etag TEXT NOT NULL, stored REAL NOT NULL"
        )

    def put(self, url: str, content: bytes) -> StoredObject:
        """Stores bytes.

        Args:
            url: Where, such as s3://sandbox-gen3/KEY; what was there is replaced.
            content: The bytes.
        """
        stored = self._objects.put_bytes(content)
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
        row = self._database.row("SELECT sha256 FROM gen3_files WHERE url = ?", (url,))
        return self._objects.get(row["sha256"]) if row else None

    def etag(self, url: str) -> str:
        """The ETag of the content at a URL, without quotes; empty when there is none."""
        row = self._database.row("SELECT etag FROM gen3_files WHERE url = ?", (url,))
        return row["etag"] if row else ""

    def path(self, stored: StoredObject) -> Path:
        """Where the bytes of a content lie."""
        return self._objects.path(stored.sha256)

    def remove(self, url: str) -> bool:
        """Removes what is at a URL and tells whether something was."""
        return self._database.execute("DELETE FROM gen3_files WHERE url = ?", (url,)) > 0
