"""The bytes of the platform's files, under names that only the sandbox knows."""

from contextlib import AbstractContextManager
from typing import BinaryIO

from omicsdk.sandbox.objects import Incoming, ObjectStore


class Blobs:
    """The bytes of files.

    Args:
        objects: Where they lie.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def put_bytes(self, content: bytes) -> str:
        """Stores bytes and returns the blob's name."""
        return self._objects.put_bytes(content).sha256

    def receive(self) -> AbstractContextManager[Incoming]:
        """A place to write to; `finish().sha256` of what it gives is the blob's name."""
        return self._objects.receive()

    def open(self, blob: str) -> BinaryIO:
        """The bytes for reading.

        Raises:
            FileNotFoundError: There is no such blob.
        """
        return self._objects.path(blob).open("rb")

    def read(self, blob: str) -> bytes:
        """All bytes at once; for small ones."""
        return self._objects.read(blob)

    def size(self, blob: str) -> int:
        """Length in bytes."""
        return self._objects.path(blob).stat().st_size

    def etag(self, blob: str) -> str:
        """The ETag that it is served with, without quotes; empty when there is no such blob."""
        found = self._objects.get(blob)
        return found.s3_etag if found else ""
