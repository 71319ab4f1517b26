"""The sandbox's one SQLite file, and tables of it whose rows are objects of a dataclass."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, get_args

from omicsdk.core.files import PRIVATE

# Raised when a table's meaning changes: a folder of another release is then refused, not misread.
SCHEMA_VERSION = 9


@contextmanager
def opening(path: Path) -> Generator[None]:
    """State what can be wrong with a database's file in the terms of files.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be written.
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
    """Make a file that its owner alone may read, or lets only the owner read one that exists.

    SQLite gives the files beside a database, its log among them, the permissions of the database.

    Raises:
        OSError: It belongs to another user, or cannot be made.
    """
    try:
        # One that exists is never opened: closing it would end the locks that this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        for file in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
            if file.is_file() and file.stat().st_mode & 0o077:
                file.chmod(PRIVATE)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror}") from error


# Rows by table.
Contents = dict[str, list[tuple[Any, ...]]]

_NUMBERS = "sqlite_sequence"


class Database:
    """One connection to one file, shared by threads with a lock.

    SQLite writes one transaction at a time anyway, and a statement here takes tens of microseconds, so a lock
    costs nothing that a pool of connections would win back.

    Args:
        path: The file; made when it does not exist.

    Raises:
        ValueError: The file was written by another, incompatible release, or is not a database.
        OSError: The file cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._tables: list[str] = []
        with opening(path):
            make_private(path)
            # Without transactions of the module's own: `transaction` begins and ends them.
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            try:
                self._prepare(path)
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self, path: Path) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        # With a WAL the file stays whole; the machine's crash may lose the last transactions, for which none waits.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise ValueError(
                f"{path} was written by another release (layout {version}, expected {SCHEMA_VERSION}). Empty the folder with "
                f"`omics sandbox reset --dir {path.parent}`, or use another folder"
            )
        self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def define(self, **tables: str) -> None:
        """Make tables that do not exist yet: name to the text between the brackets of CREATE TABLE."""
        for name, columns in tables.items():
            self.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
            if name not in self._tables:
                self._tables.append(name)

    @contextmanager
    def alone(self) -> Generator[None]:
        """No other thread writes between the statements of the block, which only reads."""
        with self._lock:
            yield

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All statements of the block take effect together, or none when it raises. Blocks may nest.

        A block within another one that raises is undone even where the outer one continues.
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
        """Run a statement and return how many rows it changed."""
        with self._lock:
            before = self._connection.total_changes
            self._connection.execute(statement, values)
            # Not `rowcount`: in a Turkish locale sqlite3 does not recognise INSERT by its letters, and states -1.
            return self._connection.total_changes - before

    def insert(self, statement: str, values: Sequence[Any]) -> int:
        """Run a statement that inserts a row and return the row's number."""
        with self._lock:
            return self._connection.execute(statement, values).lastrowid or 0

    def execute_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row of values."""
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
        """Write a copy of one moment, while others continue reading and writing.

        Args:
            path: A file that does not exist yet.
        """
        make_private(path)
        copy = sqlite3.connect(path)
        try:
            with self._lock:
                # In one step: between steps a writer of another connection would make it begin again.
                self._connection.backup(copy)
        finally:
            copy.close()

    def contents(self) -> Contents:
        """Return the rows of all tables that have any."""
        with self._lock:
            return {name: self._rows_of(name) for name in self._filled([*self._tables, *self._numbers()])}

    def replace(self, contents: Contents) -> None:
        """Put rows in the place of all that there are. A table that has these already is not written, as most are empty.

        Args:
            contents: What `contents` returned; numbers continue after those that it has, with 1 after nothing.
        """
        with self.transaction():
            self._replace_in(self._tables, contents)
            self._replace_in(self._numbers(), contents)  # the rows that were put in before have begun it

    def _replace_in(self, tables: list[str], contents: Contents) -> None:
        for name in {*self._filled(tables), *contents}.intersection(tables):
            rows = contents.get(name, [])
            if self._rows_of(name, len(rows) + 1) == rows:
                continue
            self.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names
            if rows:
                self.execute_many(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608 - our own names

    def _filled(self, tables: list[str]) -> list[str]:
        """Return those of the tables that have rows."""
        selects = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in tables)  # noqa: S608 - our own names
        return [name for (name,) in self.rows(" UNION ALL ".join(selects))]

    def _rows_of(self, table: str, limit: int = -1) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.rows(f"SELECT * FROM {table} LIMIT ?", (limit,))]  # noqa: S608 - our own names

    def _numbers(self) -> list[str]:
        """Return SQLite's table of sequence numbers, which exists if a table counts rows."""
        return [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE name = ?", (_NUMBERS,))]

    def close(self) -> None:
        """Close the file; the state stays."""
        with self._lock:
            self._connection.close()


R = TypeVar("R")

_PLAIN: dict[object, str] = {str: "TEXT", int: "INTEGER", float: "REAL", bool: "INTEGER"}


class Table(Generic[R]):
    """A table whose rows are objects of a dataclass. Fields of other types than str, int, float and bool are kept as JSON.

    Conditions are equal values by the fields' names, of which None is no condition, and SQL with its values for all others.

    Args:
        database: The file that it is in; the table is made when it does not exist.
        name: Its name.
        kind: The dataclass; its fields are the columns.
        key: The fields that are the key, with blanks between; default the first one. A single one that is an int counts up:
            0 represents the next number.
        more: Further constraints, such as `UNIQUE (parent, name)`.
        indexes: Columns that are looked for together, as in `did, alias`.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        kind: type[R],
        *,
        key: str = "",
        more: str = "",
        indexes: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._database = database
        self._kind = kind
        types = {field.name: _plain(field.type) for field in fields(kind)}  # pyright: ignore[reportArgumentType] - a dataclass
        self._columns = tuple(field.name for field in fields(kind))  # pyright: ignore[reportArgumentType] - a dataclass
        self._key = tuple(key.split()) or self._columns[:1]
        self._counts_up = len(self._key) == 1 and types[self._key[0]] is int
        self._json = {column for column in self._columns if types[column] not in _PLAIN}
        self._read: list[tuple[int, Callable[[Any], Any]]] = [
            (index, bool if types[column] is bool else _decoded)
            for index, column in enumerate(self._columns)
            if types[column] is bool or column in self._json
        ]
        self._select = f"SELECT {_named(self._columns)} FROM {name}"  # noqa: S608 - our own names
        definitions = ", ".join(f'"{column}" {_PLAIN.get(types[column], "TEXT")}' for column in self._columns)
        if self._counts_up:
            definitions = definitions.replace(
                f'"{self._key[0]}" INTEGER', f'"{self._key[0]}" INTEGER PRIMARY KEY AUTOINCREMENT', 1
            )
        else:
            more = f"PRIMARY KEY ({_named(self._key)}){', ' if more else ''}{more}"
        database.define(**{name: f"{definitions}, {more}" if more else definitions})
        condition = " AND ".join(f'"{column}" = ?' for column in self._key)
        self._by_key = f"SELECT {_named(self._columns)} FROM {name} WHERE {condition}"  # noqa: S608 - our own names
        for number, columns in enumerate(indexes):
            database.execute(f"CREATE INDEX IF NOT EXISTS {name}_{number} ON {name} ({columns})")

    def get(self, *key: object) -> R | None:
        """The row of a key; None when there is none."""
        row = self._database.row(self._by_key, key)  # of a key with None in it there is none: that equals nothing
        return None if row is None else self._row(row)

    def first(self, where: str = "", *values: object, order: str = "rowid", **equal: Any) -> R | None:
        """The first row for which conditions hold; None when there is none."""
        return next(iter(self.all(where, *values, order=order, limit=1, **equal)), None)

    def all(
        self, where: str = "", *values: object, order: str = "rowid", limit: int = -1, offset: int = 0, **equal: Any
    ) -> list[R]:
        """Rows for which conditions hold.

        Args:
            where: A condition in SQL, with question marks for values.
            values: The values.
            order: Sort order, in SQL; default the order in which they were written.
            limit: Largest number of items; -1, the default, for all.
            offset: Number of items to skip.
            equal: Values of fields.
        """
        text, arguments = self._where(where, values, equal)
        statement = f"{self._select}{text} ORDER BY {order} LIMIT ? OFFSET ?"
        return [self._row(row) for row in self._database.rows(statement, [*arguments, limit, offset])]

    def column(self, name: str, where: str, *values: object, order: str = "rowid") -> list[Any]:
        """One field of the rows for which a condition holds; it is one that is kept as JSON.

        Args:
            name: The field.
            where: The condition in SQL, with question marks for values.
            values: The values.
            order: Sort order, in SQL.
        """
        rows = self._database.rows(f"SELECT {name} FROM {self.name} WHERE {where} ORDER BY {order}", values)  # noqa: S608 - our own names
        # Decoded together: for small documents most of the time is spent around the decoder, not in it.
        return _decoded(f"[{','.join(row[0] for row in rows)}]")

    def count(self, where: str = "", *values: object, **equal: Any) -> int:
        """The number of rows for which conditions hold."""
        text, arguments = self._where(where, values, equal)
        row = self._database.row(f"SELECT count(*) AS n FROM {self.name}{text}", arguments)  # noqa: S608 - our own names
        return row["n"] if row else 0

    def add(self, row: R) -> int:
        """Enter a row and return its number; none has its key."""
        return self._database.insert(self._insert("INSERT"), self._values(row))

    def add_new(self, row: R) -> bool:
        """Enter a row unless there is one of its key; False when there was."""
        return self._database.execute(self._insert("INSERT OR IGNORE"), self._values(row)) > 0

    def put(self, row: R) -> None:
        """Enter a row, in place of one of its key."""
        self._database.execute(self._insert("REPLACE"), self._values(row))

    def put_all(self, rows: Iterable[R]) -> None:
        """Enter rows, each in place of one of its key."""
        self._database.execute_many(self._insert("REPLACE"), (self._values(row) for row in rows))

    def change(self, *key: object, **values: object) -> bool:
        """Change fields of the row of a key; False when there is none."""
        if None in key:  # it would be no condition, and change all
            return False
        text, arguments = self._where("", (), dict(zip(self._key, key, strict=True)))
        assignments = ", ".join(f'"{name}" = ?' for name in values)
        new = [self._value(name, value) for name, value in values.items()]
        return self._database.execute(f"UPDATE {self.name} SET {assignments}{text}", [*new, *arguments]) > 0  # noqa: S608 - our own names

    def remove(self, where: str = "", *values: object, **equal: Any) -> int:
        """Remove rows for which conditions hold and return how many there were."""
        if None in equal.values():  # it would be no condition, and remove more
            return 0
        text, arguments = self._where(where, values, equal)
        return self._database.execute(f"DELETE FROM {self.name}{text}", arguments)  # noqa: S608 - our own names

    def _insert(self, verb: str) -> str:
        marks = ", ".join("?" * len(self._columns))
        return f"{verb} INTO {self.name} ({_named(self._columns)}) VALUES ({marks})"

    def _where(self, where: str, values: Sequence[object], equal: dict[str, Any]) -> tuple[str, list[object]]:
        non_null = {name: value for name, value in equal.items() if value is not None}
        parts = [f"({where})"] if where else []
        parts += [f'"{name}" = ?' for name in non_null]
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), [*values, *non_null.values()]

    def _values(self, row: R) -> list[object]:
        cells = [self._value(name, getattr(row, name)) for name in self._columns]
        if self._counts_up and not getattr(row, self._key[0]):
            cells[self._columns.index(self._key[0])] = None
        return cells

    def _value(self, name: str, value: object) -> object:
        return json.dumps(value) if name in self._json else value

    def _row(self, row: sqlite3.Row) -> R:
        if not self._read:
            return self._kind(*row)
        cells = list(row)
        for index, read in self._read:
            cells[index] = read(cells[index])
        return self._kind(*cells)


def _decoded(text: str) -> Any:
    import msgspec.json  # when rows are first read: a start without any does not need it

    try:
        return msgspec.json.decode(text)
    except ValueError:  # it takes neither halves of surrogate pairs nor NaN
        return json.loads(text)


def _plain(hint: Any) -> object:
    """The type of a field without None, as far as a column has it."""
    types = [argument for argument in get_args(hint) if argument is not NoneType] if isinstance(hint, UnionType) else []
    return types[0] if len(types) == 1 else hint


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
