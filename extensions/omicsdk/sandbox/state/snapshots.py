"""A sandbox's whole state as one file: what it is made of.

The file is a tar: `snapshot.json` with its layout's number, the database, the keys that sign URLs and tokens, each content
once, and the files of django-crunch's datasets. What is only on the S3 server (staging buckets, volumes, Pangea's uploads)
isn't in it, as it doesn't outlive a restart either; files of upload areas that the service was told of are contents.
"""

import contextlib
import hashlib
import re
import sqlite3
from pathlib import Path
from typing import IO, TypedDict

from omicsdk.sandbox.state.folder import STATE

FORMAT = 1
"""Raised when the archive's layout changes: an older release then refuses it."""
ABOUT = "snapshot.json"
KEYS = ("signing.key", "gen3.key", "oauth.key")
TREES = ("objects", "crunch-storage")
_SHA256 = re.compile("[0-9a-f]{64}")


class Snapshot(TypedDict):
    """What stands in `snapshot.json`.

    Attributes:
        format: The archive's layout.
        schema: The database's layout.
        version: The release that wrote it.
        made: When, as seconds since 1970 of the real clock.
        contents: How many contents are in it.
        bytes: Their length.
    """

    format: int
    schema: int
    version: str
    made: float
    contents: int
    bytes: int


class Hashed:
    """A file that is read, and the SHA-256 of what was."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        block = self._file.read(size)
        self._sha256.update(block)
        return block

    @property
    def sha256(self) -> str:
        """Of what was read so far, in hex digits."""
        return self._sha256.hexdigest()


def is_another(name: str, read: Hashed) -> bool:
    """Whether a content that is named by its SHA-256 isn't what was read; parts of uploads have other names."""
    return _SHA256.fullmatch(name) is not None and read.sha256 != name


def lost_content(folder: Path) -> str | None:
    """A content that the database of a folder names and that isn't there with its length; None when all are."""
    with contextlib.closing(sqlite3.connect(folder / STATE)) as state:
        for sha256, size in state.execute("SELECT sha256, size FROM objects"):
            path = folder / "objects" / sha256[:2] / sha256
            if not path.is_file() or path.stat().st_size != size:
                return sha256
    return None
