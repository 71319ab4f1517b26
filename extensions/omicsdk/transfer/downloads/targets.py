"""Downloads into an fsspec file system: the target, what it reports about an object, and all blocking calls."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol, cast, runtime_checkable
from uuid import uuid4

from omicsdk.core.checksums import MIB, Digests, first_difference, from_base64
from omicsdk.core.clock import Clock, never
from omicsdk.core.errors import ChecksumMismatch, NotWritable, OmicsError, TransferError, TruncatedTransfer, UsageError
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_text, without_query
from omicsdk.transfer.arguments import whole_number
from omicsdk.transfer.checksums import STRIDE, Stopped, checksums_of, follow
from omicsdk.transfer.disk import IN_THE_WAY
from omicsdk.transfer.items import Item
from omicsdk.transfer.journal import DoneState

#: File systems whose objects appear complete or not at all, by fsspec's names; in others a file is written beside and
#: renamed.
WHOLE = frozenset(
    {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "adl", "az", "oss", "oci", "r2", "tos", "cos", "obs", "hf", "memory"}
)


@runtime_checkable
class FileSystem(Protocol):
    """The part of an fsspec file system that is used."""

    protocol: str | tuple[str, ...]

    def info(self, path: str) -> Mapping[str, Any]: ...
    def put_file(self, lpath: str, rpath: str) -> None: ...
    def open(self, path: str, mode: str) -> AbstractContextManager[BinaryIO]: ...
    def makedirs(self, path: str, exist_ok: bool) -> None: ...
    def mv(self, path1: str, path2: str) -> None: ...
    def rm_file(self, path: str) -> None: ...
    def invalidate_cache(self, path: str | None = None) -> None: ...


class FsspecTarget:
    """A folder or prefix in a file system of fsspec.

    Each file is first downloaded and verified in a local spool folder, then put into the store, where its size and what
    the store reports (ETag, MD5, CRC32C) are compared; only then is it done. An existing object is not downloaded again
    if the store still reports the same about it as when it was put there, or if its bytes, read again, match the
    platform's checksums.

    Args:
        fs: The file system, a synchronous one; used from several threads.
        path: The folder or prefix in it ("bucket/prefix").
        spool: A local folder with space for spool_bytes; by default beside the journal.
        spool_files: Maximum number of files in the spool folder or on their way there; 1 or more.
        spool_bytes: No further file starts while those in the spool folder have this many bytes together.
        puts: Maximum number of concurrent puts; 1 or more. Stores over a single connection (sftp) need 1.
        verify: "reported": compare the checksum that the store reports, or the size if it reports none. "read": also read
            each file back.
        whole: Whether a new object appears complete or not at all, so that it needs no temporary name; by default
            determined by the file system's name (WHOLE).

    Raises:
        ValueError: A number below 1, or another value of verify.
    """

    def __init__(
        self,
        fs: Any,
        path: str,
        *,
        spool: str | os.PathLike[str] | None = None,
        spool_files: int = 256,
        spool_bytes: int = 8 * 1024 * MIB,
        puts: int = 4,
        verify: Literal["reported", "read"] = "reported",
        whole: bool | None = None,
    ) -> None:
        if verify not in ("reported", "read"):
            raise ValueError(f"verify must be 'reported' or 'read', not {verify!r}")
        self.fs = cast("FileSystem", fs)
        self.path = path.rstrip("/") or path[:1]  # names below the root are not relative
        self.spool = None if spool is None else os.path.abspath(spool)
        self.spool_files = whole_number("spool_files", spool_files)
        self.spool_bytes = whole_number("spool_bytes", spool_bytes)
        self.puts = whole_number("puts", puts)
        self.verify = verify
        names = self.fs.protocol
        self.protocol = names if isinstance(names, str) else names[0]
        self.whole = self.protocol in WHOLE if whole is None else whole

    @classmethod
    def of(cls, url: str, **options: Any) -> FsspecTarget:
        """Make a target from a URL.

        Args:
            url: A URL for fsspec: "s3://bucket/prefix", "memory://folder".
            **options: Options of the file system (credentials, endpoint).

        Returns:
            The target, with the defaults of the constructor.

        Raises:
            MissingExtra: fsspec is not installed.
            UsageError: There is no such file system, a package that it needs is not installed, or it cannot be opened.
        """
        require("fsspec.core", "fsspec", "downloads into other file systems")
        from fsspec.core import url_to_fs

        try:
            fs, path = url_to_fs(url, **options)
        except OmicsError:
            raise
        except Exception as error:  # one over a network may connect here, and raise what its library raises
            raise UsageError(f"{without_query(url)} cannot be used as a target: {mask_text(str(error))}") from error
        return cls(fs, path)

    @classmethod
    def meant_by(cls, place: object) -> FsspecTarget | None:
        """Return the target that a user's argument names, None for a local folder.

        Args:
            place: A target, a URL, or the path of a folder.

        Raises:
            MissingExtra: As `of`.
            UsageError: As `of`.
        """
        if isinstance(place, str) and "://" in place:
            return cls.of(place)
        return place if isinstance(place, cls) else None

    def spool_for(self, journal: str | os.PathLike[str]) -> str:
        """Return the spool folder of a transfer, next to its journal."""
        return self.spool or f"{os.path.abspath(journal)}.spool"

    def place(self, name: str) -> str:
        """Return the path of a file in the file system."""
        return f"{self.path.rstrip('/')}/{name}" if self.path else name

    def url(self, name: str = "") -> str:
        """Name a file, or the whole target, in messages."""
        return f"{self.protocol}://{self.place(name) if name else self.path}"

    def __repr__(self) -> str:
        return f"FsspecTarget({self.url()!r})"  # the file system's own repr may show credentials


_TAGS = ("ETag", "etag")
# Keys under which fsspec's file systems report what changes with an object's bytes, the most reliable first.
_IDENTITIES = (*_TAGS, "generation", "version_id", "VersionId", "mtime", "LastModified", "last_modified", "created")
_MD5 = re.compile(r"[0-9a-f]{32}\Z")
_PARTS = re.compile(r"[0-9a-f]{32}-([1-9][0-9]{0,4})\Z")

#: Part sizes that programs and fsspec's own file systems upload with, in bytes, beside powers of two from 5 MiB.
PART_SIZES = tuple(size * MIB for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024))


def identity(info: Mapping[str, Any]) -> str:
    """Return what distinguishes an object from a later one of the same name and size.

    Args:
        info: The result of a file system's `info`.

    Returns:
        A short text, empty if the store reports nothing suitable.
    """
    return next((f"{key}={info[key]}" for key in _IDENTITIES if info.get(key) not in (None, "")), "")


class ReportedChecksum(NamedTuple):
    """A checksum that a store reports.

    Attributes:
        algorithm: md5, crc32c or s3_etag.
        value: In hex.
        part: The size of parts that may have made an s3_etag, in bytes.
        sure: Whether the meaning is certain. That of an ETag is not: it may come from parts of another size, or
            encrypted bytes.
    """

    algorithm: str
    value: str
    part: int = 0
    sure: bool = False


def reported_checksums(info: Mapping[str, Any], size: int) -> list[ReportedChecksum]:
    """Return the checksums that a store reports.

    Args:
        info: The result of a file system's `info`.
        size: The object's size in bytes.

    Returns:
        The checksums. An ETag in parts comes once for each size of parts that may have made it.
    """
    settings = info.get("content_settings")  # Azure's
    details = {**cast("Mapping[str, Any]", settings), **info} if isinstance(settings, Mapping) else info
    collected = [
        ReportedChecksum(algorithm, value, sure=True)
        for key, algorithm in (("md5Hash", "md5"), ("content_md5", "md5"), ("crc32c", "crc32c"))
        if (value := _hex(algorithm, details.get(key)))
    ]
    for tag in (str(info[key]).strip('"').lower() for key in _TAGS if info.get(key)):
        if _MD5.match(tag):
            collected.append(ReportedChecksum("md5", tag))
        elif parts := _PARTS.match(tag):
            collected += [ReportedChecksum("s3_etag", tag, part) for part in part_sizes(size, int(parts[1]))]
    return collected


def part_sizes(size: int, parts: int) -> Sequence[int]:
    """Return the usual part sizes that divide an object into a number of parts.

    Args:
        size: The object's size in bytes.
        parts: How many parts it has, 1 or more.

    Returns:
        Sizes in bytes, the largest first.
    """
    usual = [part for part in reversed(PART_SIZES) if -(-size // part) == parts]
    return usual or ([size] if parts == 1 and size else [])


def _hex(algorithm: str, value: object) -> str:
    """Convert a checksum in base64 or bytes to hex; "" if it is neither."""
    text = base64.b64encode(value).decode() if isinstance(value, bytes | bytearray) else value
    return from_base64(algorithm, text) if isinstance(text, str) else ""


#: Maximum number of attempts to put a file, and the seconds before the second one; the delay doubles then.
TRIES = 3
DELAY = 0.5
#: Key under which a done-record has the store's identity of the object, among the checksums.
IDENTITY = "store"

_HOPELESS = (PermissionError, FileNotFoundError, NotADirectoryError, IsADirectoryError, NotImplementedError)
_log = logger("omicsdk.transfer")


class ExistingObject(NamedTuple):
    """An object that the store has and that is right.

    Attributes:
        size: Its size in bytes.
        checksums: The checksums verified now or when it was put.
        fresh: The record to write, None if it is recorded already.
    """

    size: int
    checksums: Mapping[str, str]
    fresh: DoneState | None


class Put(NamedTuple):
    """A file that was put and is right.

    Attributes:
        state: The record to write.
        compared: What was compared, as text.
    """

    state: DoneState
    compared: str


class Store:
    """Calls to the store; thread-safe as far as the file system is.

    Args:
        target: The target.
        clock: Waits between tries.
    """

    def __init__(self, target: FsspecTarget, clock: Clock) -> None:
        self.target = target
        self._fs = target.fs
        self._clock = clock

    def existing_object(
        self, item: Item, record: DoneState | None, stopped: Callable[[], bool]
    ) -> ExistingObject | None:
        """Look for an object that need not be downloaded.

        Args:
            item: The file.
            record: The journal's record of it.
            stopped: Returns whether to stop; called while bytes are read.

        Returns:
            The object, None if there is none or a different one.

        Raises:
            NotWritable: A folder has its name, in a file system with folders.
            TransferError: The store cannot be asked.
            Stopped: `stopped` returned True.
        """
        path = self.target.place(item.name)
        try:
            info = self._info(path)
        except Exception as error:  # fsspec's file systems raise what their libraries raise
            raise self._error(item.name, "looking it up", error) from error
        if info is None:
            return None
        if info.get("type") == "directory":
            # In an object store it is only the prefix of other keys.
            if self.target.whole:
                return None
            reason = "a folder of that name exists"
            raise NotWritable(self.target.url(item.name), reason, name=item.title, remedy=IN_THE_WAY)
        stated, identifier = info.get("size"), identity(info)
        size = item.size if stated is None else int(stated)  # of other bytes, the checksums differ
        if size is None or item.size not in (None, size):
            return None
        # The store states the same about it as when it was put there, so its bytes are not read again.
        if record is not None and identifier and record.size == size and record.checksums.get(IDENTITY) == identifier:
            checksums = {name: value for name, value in record.checksums.items() if name != IDENTITY}
            if item.checksums.items() <= checksums.items() and item.may_be_from(record.source):
                return ExistingObject(size, checksums, None)
        if not item.checksums:
            return None
        try:
            read = self._read(path, item.checksums, size, stopped)
        except Stopped:
            raise
        except Exception as error:
            raise self._error(item.name, "reading it", error) from error
        if first_difference(item.checksums, read) is not None:
            return None
        return ExistingObject(size, read, DoneState(size, 0, {**read, IDENTITY: identifier}))

    def put(self, name: str, local: str, size: int, checksums: Mapping[str, str]) -> Put:
        """Put a verified file and compare the resulting object with it.

        Args:
            name: The file.
            local: The path of its bytes.
            size: Its size in bytes.
            checksums: The verified checksums.

        Returns:
            The record to write, and what was compared.

        Raises:
            NotWritable: The store refused.
            TruncatedTransfer: The object has fewer or more bytes.
            ChecksumMismatch: The object has other bytes after each attempt.
        """
        problem: TransferError | None = None
        for number in range(TRIES):
            if problem is not None:
                delay = DELAY * 2 ** (number - 1)
                _log.info("%s; retrying in %g s", problem.summary, delay)
                self._clock.sleep(delay)
            try:
                return self._put(name, local, size, checksums)
            except (ChecksumMismatch, TruncatedTransfer) as error:
                problem = error
            except Exception as error:
                problem = self._error(name, "writing it", error)
                problem.__cause__ = error
                # Libraries raise what they like: only errors of the system are known to pass.
                if isinstance(error, _HOPELESS) or not isinstance(error, OSError):
                    break
        assert problem is not None
        raise problem

    def _put(self, name: str, local: str, size: int, checksums: Mapping[str, str]) -> Put:
        path = self.target.place(name)
        # Where a file is visible while it is written, readers must not see half of it under its name.
        aside = path if self.target.whole else f"{path}.{uuid4().hex[:8]}.part"
        if aside != path:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            self._fs.put_file(local, aside)
            info = self._sized(name, aside, size)
            verified = self._verify_against(name, local, size, checksums, reported_checksums(info, size))
            # What the store states is doubtful or nothing, or the user trusts no statement.
            if self.target.verify == "read" or verified is None or info.get("size") is None:
                self._read_back(name, aside, local, size, checksums)
                verified = f"{verified or 'size'}, its bytes"
            if aside != path:
                move(self._fs, aside, path)
                aside = path
                # Asked again: the record has the identity of the object under its final name.
                info = self._sized(name, path, size)
        except BaseException as error:
            # Bytes that are known to be wrong are never left, not under the file's name either.
            if aside != path or isinstance(error, ChecksumMismatch | TruncatedTransfer):
                self._remove(aside)
            raise
        return Put(DoneState(size, 0, {**checksums, IDENTITY: identity(info)}), verified)

    def _sized(self, name: str, path: str, size: int) -> Mapping[str, Any]:
        info = self._info(path)
        received = 0 if info is None else info.get("size", size)
        if info is None or received not in (size, None):
            raise TruncatedTransfer(self.target.url(name), expected=size, received=received)
        return info

    def _verify_against(
        self, name: str, local: str, size: int, checksums: Mapping[str, str], reported: Iterable[ReportedChecksum]
    ) -> str | None:
        """Compare a file with what the store reports.

        Returns:
            What matched, "size" if nothing else could be compared; None if only its bytes can show.
        """
        right, doubtful = list[str](), False
        for checksum in reported:
            ours = checksums.get(checksum.algorithm) if not checksum.part else None
            if ours is None:
                ours = digest_of(local, checksum, size)
            if ours == checksum.value:
                right.append(checksum.algorithm)
            elif checksum.sure:
                raise self._mismatch(name, checksum.algorithm, ours, checksum.value)
            # An ETag that is no MD5 of these bytes may be one of an encrypted object: only the bytes show.
            elif not checksum.part:
                doubtful = True
        return None if doubtful and not right else ", ".join(["size", *right])

    def _read_back(self, name: str, path: str, local: str, size: int, checksums: Mapping[str, str]) -> None:
        expected = checksums or checksums_of(local, ("crc32c",), size)
        actual = self._read(path, expected, size, never)
        if (wrong := first_difference(expected, actual)) is not None:
            raise self._mismatch(name, wrong, expected[wrong], actual[wrong])

    def _mismatch(self, name: str, algorithm: str, expected: str, actual: str) -> ChecksumMismatch:
        return ChecksumMismatch(self.target.url(name), algorithm=algorithm, expected=expected, actual=actual)

    def _read(self, path: str, names: Iterable[str], size: int, stopped: Callable[[], bool]) -> dict[str, str]:
        digests = Digests(names, size)
        with self._fs.open(path, "rb") as file:
            while data := file.read(STRIDE):
                if stopped():
                    raise Stopped
                digests.update(data)
        return digests.values()

    def _info(self, path: str) -> Mapping[str, Any] | None:
        """Return the store's current, uncached information about a path; None if it does not exist."""
        # fsspec's file systems answer from listings that may be older than the object.
        self._fs.invalidate_cache(path)
        self._fs.invalidate_cache(path.rpartition("/")[0])
        try:
            return self._fs.info(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _remove(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except Exception as error:  # missing, or not removable: the caller reports the original problem
            _log.debug("%s: cannot be removed: %r", path, error)

    def _error(self, name: str, doing: str, error: Exception) -> TransferError:
        reason = getattr(error, "strerror", None) or str(error) or repr(error)
        return NotWritable(self.target.url(name), f"{doing} failed: {mask_text(reason)}", name=name)


def move(fs: Any, source: str, path: str) -> None:
    """Move a file, in place of an existing one.

    Args:
        fs: The file system.
        source: The file.
        path: Its new path.

    Raises:
        RuntimeError: The move failed, and the existing file could not be moved back to its name.
        Exception: The file system's own error, if it was moved back.
    """
    try:
        _move(fs, source, path)
    except FileExistsError:  # some file systems only move to a free name
        former = f"{path}.{uuid4().hex[:8]}.former"
        _move(fs, path, former)
        try:
            _move(fs, source, path)
        except BaseException as error:
            try:
                _move(fs, former, path)
            except Exception as failure:  # not an OSError, after which the same would be tried again
                raise RuntimeError(f"{error}; the former file is {former}") from failure
            raise
        try:
            fs.rm_file(former)
        except Exception as error:
            _log.debug("%s: cannot be removed: %r", former, error)


def _move(fs: Any, source: str, path: str) -> None:
    moving = fs
    while moving.mv.__module__ == "fsspec.implementations.dirfs":
        moving = moving.fs
    # The usual one, a copy and a removal, takes names as patterns.
    if moving.mv.__module__ == "fsspec.spec":
        fs.cp_file(source, path)
        fs.rm_file(source)
    else:
        fs.mv(source, path)


def digest_of(local: str, checksum: ReportedChecksum, size: int) -> str:
    """Compute the checksum of a file in the form that the store reports.

    Args:
        local: The file.
        checksum: The reported checksum.
        size: The file's size in bytes.
    """
    digests = Digests((checksum.algorithm,), size, part_size=checksum.part or None)
    follow(local, digests, 0, lambda: size, never)
    return digests.values()[checksum.algorithm]
