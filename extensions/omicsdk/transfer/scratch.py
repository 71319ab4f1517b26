"""Scratch databases: rows that may exceed memory, on disk for the time of a block."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from omicsdk.core.errors import NotWritable

# KiB of a database that are held in memory.
_CACHE_KIB = 20 * 1024


@contextmanager
def scratch_database() -> Generator[sqlite3.Connection]:
    """Open an empty database for a block. Nothing of it outlives the block, so nothing is synced or kept for a rollback.

    Raises:
        NotWritable: The folder of temporary files is full, or cannot be written.
    """
    from tempfile import TemporaryDirectory, gettempdir  # its imports take 3 ms, and most lists need no database

    try:
        with (
            TemporaryDirectory(prefix="omicsdk-", ignore_cleanup_errors=True) as folder,
            closing(sqlite3.connect(Path(folder) / "rows", isolation_level=None)) as database,
        ):
            for setting in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", f"cache_size=-{_CACHE_KIB}"):
                database.execute(f"PRAGMA {setting}")
            yield database
    except sqlite3.OperationalError as error:
        remedy = "Free disk space there, or name another folder in TMPDIR."
        raise NotWritable(gettempdir(), str(error), remedy=remedy) from error
