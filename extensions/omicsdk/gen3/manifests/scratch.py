"""A database for what is too much for memory, on disk and gone afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

#: KiB of the database that are held in memory.
CACHE_KIB = 20 * 1024


@contextmanager
def scratch_database() -> Generator[sqlite3.Connection]:
    """An empty database for a block. Nothing of it outlives the block, so nothing is synced or kept for a rollback."""
    with (
        TemporaryDirectory(prefix="omicsdk-gen3-", ignore_cleanup_errors=True) as folder,
        closing(sqlite3.connect(Path(folder) / "rows", isolation_level=None)) as database,
    ):
        for setting in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", f"cache_size=-{CACHE_KIB}"):
            database.execute(f"PRAGMA {setting}")
        yield database
