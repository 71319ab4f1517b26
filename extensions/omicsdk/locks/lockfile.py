"""The file omics.lock: one line of JSON for each file, sorted by path, read and written as a stream.

docs/locks.md specifies it.
"""

from __future__ import annotations

import heapq
import json
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from io import BufferedReader, RawIOBase
from operator import attrgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Never, Protocol, TypeVar, runtime_checkable

from omicsdk.core.batches import batches, unique_object
from omicsdk.core.checksums import is_algorithm, is_checksum
from omicsdk.core.errors import ConfigError, UnsafePath
from omicsdk.core.json_text import refuse_constant
from omicsdk.core.redaction import mask_url
from omicsdk.core.type_guards import is_array, is_number, is_object
from omicsdk.fs.uris import WEB
from omicsdk.portals.cells import FETCHABLE, STORES, URLS
from omicsdk.portals.lists import ListedFile, scheme_of
from omicsdk.portals.sources import SOURCES, Gdc
from omicsdk.transfer.disk import read_at
from omicsdk.transfer.names import DRIVE, check_name

if TYPE_CHECKING:
    from typing_extensions import Buffer

LOCK_FILE, SOURCES_FILE = "omics.lock", "omics.toml"
VERSION = 1
"""The version of the format, in its first line."""
LONGEST_LINE = 1 << 20
"""Most bytes of a line; a line without an end in them is no line of a lock."""
BATCH = 50_000
"""Lines that are sorted in memory, before they are merged with others on disk."""
_BUFFER = 8 << 10
"""Bytes that are read at once of each of many batches; from Python 3.14 on, files have 16 times as many by default."""

_VERSION_KEY = "omics_lock"
MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
"""How the lines begin that git writes around both sides of a conflict."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_MARKERS = tuple(marker.encode() for marker in MARKERS)
_RESTORE = "Restore the file from version control, or delete it and run `omics lock`."
_KEYS = ("path", "source", "size", "checksums", "kind", "address", "mirrors", "since")


class LockError(ConfigError):
    """A lock, or the file of its sources, is missing or invalid."""


class LockedFile(NamedTuple):
    """A file of a lock.

    Attributes:
        path: Its path below the folder of the lock, with "/" between its parts.
        source: The source in omics.toml that names it.
        size: Its size in bytes; None if it is not stated.
        checksums: All stated ones, by algorithm.
        kind: The service that has it, a key of `omicsdk.portals.SOURCES`.
        address: Its URL, or its identifier at the service.
        mirrors: Further URLs of the same bytes.
        since: Since when this is its content: a UTC time, to the second.
    """

    path: str
    source: str
    size: int | None
    checksums: Mapping[str, str]
    kind: str
    address: str
    mirrors: tuple[str, ...] = ()
    since: str = ""

    @property
    def list_entry(self) -> ListedFile:
        """The file as a list of files names it."""
        return ListedFile(self.kind, self.address, self.path, self.size, self.checksums, mirrors=self.mirrors)

    @property
    def url(self) -> str:
        """Its URL or URI; empty where only its service finds it by an identifier."""
        if scheme_of(self.address):
            return self.address if "://" in self.address else f"drs://{self.address}"
        if self.kind != "gdc":
            return ""
        return f"{Gdc.address}/{self.address if '?' in self.address else f'data/{self.address}'}"

    @property
    def described(self) -> str:
        """Its size and checksums, in words."""
        size = "unknown size" if self.size is None else f"{self.size:,} bytes"
        return ", ".join([size, *(f"{name} {value}" for name, value in self.checksums.items())])

    def has_content_of(self, other: LockedFile) -> bool:
        """Whether its size and checksums are those of another; without a common checksum only if none was stated.

        Args:
            other: The earlier statement about the file.
        """
        common = self.checksums.keys() & other.checksums.keys()
        return (
            self.size == other.size
            and all(self.checksums[name] == other.checksums[name] for name in common)
            and (bool(common) or not other.checksums)
        )


def secret_in(url: str) -> bool:
    """Whether a URL has credentials or a signature, which no lock may have.

    Args:
        url: The URL, or any other address.
    """
    return "://" in url and scheme_of(url) in (*URLS, "drs", "") and mask_url(url) != url


def check_path(path: str) -> None:
    """Check the path of a file: safe, and not that of the lock or its sources.

    Args:
        path: The path.

    Raises:
        UnsafePath: It is not.
    """
    check_name(path)
    if re.match(DRIVE, path):  # a lock is read on Windows, too
        raise UnsafePath(path, "begins with a drive letter")
    # Bytes that are no UTF-8 are spelled alone: those that are would be a second spelling of another path.
    if not path.isascii() and os.fsencode(path).decode("utf-8", "surrogateescape") != path:
        raise UnsafePath(path, "spells UTF-8 as single bytes")
    if path.partition("/")[0].casefold() in (LOCK_FILE, SOURCES_FILE):
        raise UnsafePath(path, "is that of the lock or its sources")


def is_address(kind: str, address: str) -> bool:
    """Whether an address may be one of a kind: a URL's scheme is that of its kind, so that no lock names a local file.

    Args:
        kind: The kind.
        address: The address.
    """
    schemes: tuple[str, ...] = ("", "drs") if kind == "gen3-guid" else ("",)
    if kind in ("url", "azul", *WEB):
        schemes = URLS
    elif kind in ("drs", "gs", *STORES):
        schemes = (kind,)
    return scheme_of(address) in schemes


def is_mirror(url: str) -> bool:
    """Whether a further URL of a file may be written into a lock: it can be fetched, and has no secret.

    Args:
        url: The URL.
    """
    return scheme_of(url) in FETCHABLE and not secret_in(url)


# -- lines


def line_of(file: LockedFile) -> bytes:
    """Format a file as a line: keys in a fixed order, ASCII only.

    Args:
        file: The file.
    """
    fields: dict[str, object] = {"path": file.path, "source": file.source}
    if file.size is not None:
        fields["size"] = file.size
    fields |= {"checksums": dict(sorted(file.checksums.items())), "kind": file.kind, "address": file.address}
    if file.mirrors:
        fields["mirrors"] = file.mirrors
    return json.dumps({**fields, "since": file.since}).encode("ascii") + b"\n"


def write_files(files: Iterable[LockedFile], out: IO[bytes]) -> None:
    """Write a lock.

    Args:
        files: Its files, sorted by path.
        out: The file.
    """
    out.write(json.dumps({_VERSION_KEY: VERSION}).encode() + b"\n")
    out.writelines(map(line_of, files))


def read_files(path: Path) -> Iterator[LockedFile]:
    """Read a lock line by line, each validated.

    Args:
        path: The lock.

    Raises:
        LockError: It is missing or a line is invalid; the message has its number.
    """
    with opened(path) as files:
        yield from files()


def is_lock(path: Path) -> bool:
    """Whether a file begins as a lock does.

    Args:
        path: The file; a folder is that of a lock.
    """
    if path.is_dir():
        return True
    with path.open("rb") as file:
        return f'"{_VERSION_KEY}"'.encode() in file.readline(LONGEST_LINE) or path.name == LOCK_FILE


@contextmanager
def opened(path: Path) -> Generator[Callable[[], Iterator[LockedFile]]]:
    """Open a lock, to read it as often as needed as it is now, whatever takes its place meanwhile.

    Lines that were valid are only decoded when they are read again, which takes a third of the time.

    Args:
        path: The lock.

    Yields:
        A function that reads it as `read_files` does.

    Raises:
        LockError: It is missing, or cannot be opened.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        remedy = "Run `omics lock` to make it." if is_missing else "Check its permissions."
        why = "there is no lock here" if is_missing else f"cannot be read: {error.strerror or error}"
        raise LockError(why, remedy=remedy, file=str(path)) from error
    valid: os.stat_result | None = None

    def files() -> Iterator[LockedFile]:
        nonlocal valid
        lines = BufferedReader(_Positioned(file.fileno()), 1 << 16)
        now = os.fstat(file.fileno())
        if valid is not None and (now.st_size, now.st_mtime_ns) == (valid.st_size, valid.st_mtime_ns):
            lines.readline()
            yield from map(_valid_file, lines)
        else:
            yield from _files_in(lines, str(path))
            valid = now

    with file:
        yield files


class _Positioned(RawIOBase):
    """A reader of an open file with a position of its own."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        data = read_at(self._descriptor, len(view), self._at)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def _files_in(file: IO[bytes], file_name: str) -> Iterator[LockedFile]:
    before, number = "", 0
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):

        def refuse(why: str, remedy: str = _RESTORE, number: int = number) -> Never:
            raise LockError(why, remedy=remedy, file=file_name, line=number)

        if line.startswith(_MARKERS):
            side = "Keep one line for each path, sorted by path, and delete the markers. Or take one side as a whole, and run `omics lock`."
            refuse("this is a conflict marker of a merge", side)
        if not line.endswith(b"\n"):
            refuse("the line has no end: the file was cut off, or is no lock")
        try:
            fields: object = json.loads(line.decode(), object_pairs_hook=unique_object, parse_constant=refuse_constant)
        except (ValueError, RecursionError):
            refuse("this is no JSON")
        if not is_object(fields):
            refuse("this is no JSON object")
        if number == 1:
            _check_header(fields, refuse)
            continue
        locked = _file_of(fields, refuse)
        if locked.path <= before:
            is_twice = locked.path == before
            refuse(f"{locked.path!r} is listed twice" if is_twice else "the lines are not sorted by path")
        before = locked.path
        yield locked
    if not number:
        raise LockError("the file is empty", remedy=_RESTORE, file=file_name)


class _Refuse(Protocol):
    def __call__(self, why: str, remedy: str = ..., /) -> Never: ...


def _check_header(fields: Mapping[str, Any], refuse: _Refuse) -> None:
    version = fields.get(_VERSION_KEY)
    if not is_number(version) or version < 1:
        refuse(f"the first line is not that of a lock, such as {json.dumps({_VERSION_KEY: VERSION})}")
    if version > VERSION:
        refuse(f"the lock was written by a later omics (format {version})", "Upgrade omicsdk.")


def _file_of(fields: Mapping[str, Any], refuse: _Refuse) -> LockedFile:
    """Return the file of a line, each value checked."""
    for name in fields:
        if name not in _KEYS:
            refuse(f"unknown key {name!r}")
    values: list[Any] = [fields.get(key) for key in _KEYS]
    path, source, size, sums, kind, address, mirrors, since = values
    for name, value in (("path", path), ("source", source), ("address", address)):
        if not isinstance(value, str) or not value:
            refuse(f"{name} is missing or no text")
    try:
        check_path(path)
    except UnsafePath as error:
        refuse(error.message)
    if "size" in fields and not is_number(size):
        refuse("size is no number of bytes")
    if not is_object(sums):
        refuse("checksums is missing or no object")
    for name, value in sums.items():
        if not is_algorithm(name) or not isinstance(value, str) or not is_checksum(name, value):
            refuse(f"checksums: {name!r} is unknown, or its value is no such checksum in lower case")
    if not isinstance(kind, str) or kind not in SOURCES:
        refuse(f"kind {kind!r} is unknown")
    if not is_address(kind, address):
        refuse(f"the address is none of the kind {kind!r}")
    if "mirrors" in fields and not (
        is_array(mirrors) and all(isinstance(url, str) and is_mirror(url) for url in mirrors)
    ):
        refuse("mirrors is no list of URLs without credentials and signatures")
    if secret_in(address):
        refuse("the URL has credentials or a signature, which a lock must not have", "Remove them.")
    if not isinstance(since, str) or _TIME.fullmatch(since) is None or not _is_date(since):
        refuse("since is no UTC time such as 2026-01-31T12:00:00Z")
    return LockedFile(path, source, size, sums, kind, address, tuple(mirrors or ()), since)


def _is_date(since: str) -> bool:
    try:
        datetime.fromisoformat(since)
    except ValueError:
        return False
    return True


# -- streams


@runtime_checkable
class HasPath(Protocol):
    """Something with a path."""

    @property
    def path(self) -> str:
        """The path."""
        ...


P = TypeVar("P", bound=HasPath)
Q = TypeVar("Q", bound=HasPath)


def paired(left_entries: Iterable[P], right_entries: Iterable[Q]) -> Iterator[tuple[P | None, Q | None]]:
    """Join two streams that are sorted by path.

    Args:
        left_entries: One stream.
        right_entries: Another one.

    Yields:
        What has the same path in both, and None where one lacks it.
    """
    left, right = iter(left_entries), iter(right_entries)
    first, second = next(left, None), next(right, None)
    while first is not None or second is not None:
        if second is None or (first is not None and first.path < second.path):
            yield first, None
            first = next(left, None)
        elif first is None or second.path < first.path:
            yield None, second
            second = next(right, None)
        else:
            yield first, second
            first, second = next(left, None), next(right, None)


def sorted_files(files: Iterable[LockedFile], work: Path, batch: int = BATCH) -> Iterator[LockedFile]:
    """Sort files by path in bounded memory: in batches, which are merged from files.

    Args:
        files: The files.
        work: A folder for the batches.
        batch: Files that are in memory at once.
    """
    parts: list[Path] = []
    some: list[LockedFile] = []
    for some in batches(files, batch):
        some.sort(key=attrgetter("path"))
        if len(some) == batch:
            parts.append(work / f"sorted.{len(parts)}")
            with parts[-1].open("wb") as out:
                out.writelines(map(line_of, some))
            some = []
    return heapq.merge(*map(_read_batch, parts), some, key=attrgetter("path"))


def _read_batch(path: Path) -> Iterator[LockedFile]:
    """Read a batch, which only this process could write."""
    with path.open("rb", _BUFFER) as file:
        yield from map(_valid_file, file)


def _valid_file(line: bytes) -> LockedFile:
    """Decode a line that is known to be valid."""
    fields: dict[str, Any] = {"size": None, **json.loads(line.decode())}
    fields["mirrors"] = tuple(fields.get("mirrors") or ())
    return LockedFile(**fields)


# -- differences


class Change(NamedTuple):
    """A difference between a lock and what its sources resolve to now.

    Attributes:
        old: The locked file; None if it is new.
        new: What its source states now; None if the source no longer has it.
    """

    old: LockedFile | None
    new: LockedFile | None

    @property
    def path(self) -> str:
        """The path of the file."""
        file = self.new or self.old
        return file.path if file is not None else ""

    @property
    def state(self) -> str:
        """What happened: added, removed or changed."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    @property
    def why(self) -> str:
        """What differs, with old and new values; of a file that only one side has, its size and checksums."""
        if self.old is None or self.new is None:
            file = self.new or self.old
            return file.described if file is not None else ""
        return differences(self.old, self.new)

    def __str__(self) -> str:
        return f"{self.state} {self.path}: {self.why}"


def differences(old: LockedFile, new: LockedFile) -> str:
    """What differs between two statements about a file, with old and new values; empty if nothing does.

    Args:
        old: The earlier one.
        new: The later one.
    """
    pairs = [
        ("size", old.size, new.size),
        *(
            (name, old.checksums.get(name), new.checksums.get(name))
            for name in sorted({*old.checksums, *new.checksums})
        ),
        ("source", old.source, new.source),
        ("kind", old.kind, new.kind),
        ("address", old.address, new.address),
        ("mirrors", ", ".join(old.mirrors) or None, ", ".join(new.mirrors) or None),
    ]
    rows = ((name, *("not stated" if value is None else value for value in both)) for name, *both in pairs)
    return "; ".join(f"{name} {before} -> {after}" for name, before, after in rows if before != after)
