"""The bytes of the platform's files, under names that only the sandbox knows."""

from pathlib import Path
from typing import BinaryIO

from omicsdk.sandbox.state.objects import ObjectStore


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

    def put_file(self, path: Path) -> str:
        """Stores a copy of a file's bytes and returns the blob's name."""
        return self._objects.put_file(path).sha256

    def open(self, blob: str) -> BinaryIO:
        """The bytes for reading.

        Raises:
            FileNotFoundError: There is no such blob.
        """
        return self._objects.path(blob).open("rb")
