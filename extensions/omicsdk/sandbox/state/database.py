"""The sandbox's one SQLite file. Each service keeps its own tables in it behind a small class of its own."""

import os
import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from omicsdk.core.files import PRIVATE

SCHEMA_VERSION = 3
"""Raised when a table's meaning changes: a folder of another release is then refused, not misread."""


@contextmanager
def opening(path: Path) -> Generator[None]:
    """Tells what can be wrong with a database's file in the terms of files.

    Args:
        path: The file.

    Raises:
        OSError: It can't be written.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(f"{path} cannot be written: {error}") from error
    except sqlite3.DatabaseError as error:
        raise ValueError(
            f"{path} is not a sandbox's state ({error}): start with another folder or remove it"
        ) from error


def make_private(path: Path) -> None:
    """Makes a file that its owner alone may read, or lets only the owner read one that is there.

    SQLite gives the files beside a database, its log among them, the permissions of the database.

    Raises:
        OSError: It belongs to somebody else, or can't be made.
    """
    try:
        # One that is there is never opened: closing it would end the locks that this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        for each in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
            if each.is_file() and each.stat().st_mode & 0o077:
                each.chmod(PRIVATE)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror}") from error


class Database:
    """One connection to one file, shared by threads behind a lock.

    SQLite writes one transaction at a time anyway, and a statement here takes tens of microseconds, so a lock
    costs nothing that a pool of connections would win back.

    Args:
        path: The file; made when it isn't there.

    Raises:
        ValueError: The file was written by another, incompatible release, or isn't a database.
        OSError: The file can't be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._tables: list[str] = []
        with opening(path):
            make_private(path)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            try:
                self._prepare(path)
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self, path: Path) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        found: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, SCHEMA_VERSION):
            raise ValueError(
                f"{path} has layout {found}, this release reads {SCHEMA_VERSION}: "
                f"empty the folder with `omics sandbox reset --dir {path.parent}`, or start with another one"
            )
        self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def define(self, **tables: str) -> None:
        """Makes tables that aren't there yet: name to the text between the brackets of CREATE TABLE."""
        for name, columns in tables.items():
            self.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
            self._tables.append(name)

    def define_views(self, **views: str) -> None:
        """Makes views that aren't there yet: name to their SELECT."""
        for name, query in views.items():
            self.execute(f"CREATE VIEW IF NOT EXISTS {name} AS {query}")

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All statements of the block take effect together, or none when it raises. Blocks may nest.

        A block within another one that raises is undone even where the outer one goes on.
        """
        with self._lock:
            begin, keep, undo = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
            if self._depth:
                point = f"block_{self._depth}"
                begin, keep = f"SAVEPOINT {point}", f"RELEASE {point}"
                undo = (f"ROLLBACK TO {point}", keep)
            self._connection.execute(begin)
            self._depth += 1
            try:
                yield
            except BaseException:
                for statement in undo:
                    self._connection.execute(statement)
                raise
            else:
                self._connection.execute(keep)
            finally:
                self._depth -= 1

    def execute(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Runs a statement and returns how many rows it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def execute_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Runs a statement for each row of values."""
        with self._lock:
            self._connection.executemany(statement, values)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self._lock:
            return self._connection.execute(statement, values).fetchone()

    def copy_to(self, path: Path) -> None:
        """Writes a copy as it is at one moment, while others go on reading and writing.

        Args:
            path: A file that isn't there yet.
        """
        make_private(path)
        copy = sqlite3.connect(path)
        try:
            with self._lock:
                # In one step: between steps a writer of another connection would make it begin again.
                self._connection.backup(copy)
        finally:
            copy.close()

    def clear(self) -> None:
        """Empties every table."""
        with self.transaction():
            for name in self._tables:
                self.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names

    def close(self) -> None:
        """Closes the file; the state stays."""
        with self._lock:
            self._connection.close()
