"""A cache of files by content in a folder that projects, users and hosts share. docs/cache.md specifies its format.

There is no lock, and nothing depends on the order in which writers do something: a file is written under a name of its
own and renamed, names follow from content, and what a killed writer leaves is either complete or never read.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple, Self, cast

from omicsdk.core.batches import batches
from omicsdk.core.checksums import Digests, first_difference, is_algorithm, is_checksum
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.errors import OmicsError
from omicsdk.core.files import expanded, make_durable
from omicsdk.core.json_coding import json_object
from omicsdk.core.logs import logger
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import is_object
from omicsdk.transfer import Item, Progress
from omicsdk.transfer.checksums import STRIDE, Stopped, checksums_of
from omicsdk.transfer.disk import space_of, write_all
from omicsdk.transfer.engine.options import CachedFile, Link
from omicsdk.transfer.filters import parse_moment, parse_size
from omicsdk.transfer.reports.progress import FileProgress

MARKER, VERSION = "omics-cache.json", 1
"""The file that marks a cache, and the version of the format in it."""
IDENTIFYING = frozenset({"sha256", "sha512", "sha384", "blake2b", "sha224", "sha1", "md5", "s3_etag"})
"""Checksums that name content. Those of 32 or 64 bits (CRC32, CRC32C, CRC64) are equal by chance, and are only verified."""
# Seconds after its last change when an unfinished file is no writer's any more.
_ABANDONED = 86400.0
# Entries that are verified together.
_AT_ONCE = 256
# Bytes of the largest record.
_MOST = 65536
# Linux: share the blocks of another file.
_FICLONE = 0x40049409
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

_log = logger("omicsdk.locks")


class CacheEntry(NamedTuple):
    """A file in a cache.

    Attributes:
        sha256: The SHA-256 of its content, which is its name.
        size: Its size in bytes.
        used: When it was last used, in seconds since 1970-01-01T00:00Z.
    """

    sha256: str
    size: int
    used: float


class CacheProblem(NamedTuple):
    """A file in a cache that is not as it should be.

    Attributes:
        path: Its path below the cache's folder.
        state: `damaged`, so its content is another one than its name states; `foreign`, because the format has no such
            file; `unreadable`.
        why: The difference.
    """

    path: str
    state: Literal["damaged", "foreign", "unreadable"]
    why: str


class _Record(NamedTuple):
    """What was known of an entry when its content was last read."""

    size: int
    mtime_ns: int
    inode: int
    checksums: Mapping[str, str]

    def fits(self, status: os.stat_result | None) -> bool:
        """Whether the file is the one that was read, as far as the system shows."""
        return status is not None and self[:3] == (status.st_size, status.st_mtime_ns, status.st_ino)


class Cache:
    """A cache of files by content, for `cache=` of downloads and of `Lock.pull`.

    Args:
        folder: Its folder, made when the first file enters it.
        clock: States the time, by which unused entries are removed.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: str | os.PathLike[str], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.folder = expanded(folder).absolute()
        self._clock = clock
        self._warned = dict[str, object]()

    def __repr__(self) -> str:
        return f"Cache({str(self.folder)!r})"

    def __reduce__(self) -> tuple[type[Self], tuple[Path]]:
        return type(self), (self.folder,)  # workers of a transfer use it, too

    # -- used by downloads: see `ContentCache`

    def has(self, item: Item) -> bool:
        """As `ContentCache.has`."""
        with self._going_on():
            return any(_regular(self._entry(sha256)) is not None for sha256 in self._named(item.checksums))
        return False

    def take(
        self, item: Item, path: str, *, link: Link, create: Callable[[str], int], stopped: Callable[[], bool] = never
    ) -> CachedFile | None:
        """As `ContentCache.take`; a damaged file is removed from the cache, and a link that the system refuses is a copy.

        A copy is verified while it is made. A link is made to an entry whose size, time and inode are recorded; any
        other one is read first.
        """
        with self._going_on():
            for sha256 in self._named(item.checksums):
                result = self._take_entry(sha256, item, path, link, create, stopped)
                if result is not None:
                    return result
        return None

    def add(
        self, path: str, checksums: Mapping[str, str], *, link: Link = "copy", stopped: Callable[[], bool] = never
    ) -> os.stat_result | None:
        """As `ContentCache.add`, if one of the checksums identifies the content."""
        if not any(map(_identifies, checksums)):
            return None
        with self._going_on():
            entry = self._entry(self._stored(path, checksums, stopped))
            beside = Path(path).with_name(f".{os.urandom(4).hex()}.part")
            if link != "copy" and self._linked(entry, beside, link):
                beside.replace(path)
                return entry.stat()
        return None

    def _take_entry(
        self,
        sha256: str,
        item: Item,
        path: str,
        link: Link,
        create: Callable[[str], int],
        stopped: Callable[[], bool],
    ) -> CachedFile | None:
        entry = self._entry(sha256)
        status, record = _regular(entry), self._record(sha256)
        if status is None or item.size not in (None, status.st_size):
            return None
        recorded: Mapping[str, str] = record.checksums if record is not None and record.fits(status) else {}
        names = {"sha256": None, **dict.fromkeys(item.checksums)}
        target = Path(path)
        target.unlink(missing_ok=True)
        try:
            if link == "copy" or not self._linked(entry, target, link):
                checksums = _copied(entry, target, create, names, stopped)
            elif names.keys() <= recorded.keys():
                checksums = recorded
            else:
                checksums = checksums_of(path, names, status.st_size, stopped)
            copy = target.stat()
            is_right = copy.st_size == status.st_size and self._is_right(sha256, item.checksums, checksums)
            if not is_right:
                target.unlink()
                return None
        except BaseException:
            with suppress(OSError):
                target.unlink()
            raise
        # Where it cannot be written, such as in a cache of another user that is read-only, the file is taken all the same.
        with self._going_on():
            self._note_use(sha256, recorded, checksums)
        # After the use was noted, which keeps it from now on: a link to what another process has pruned leads nowhere.
        if not target.exists():
            target.unlink()
            return None
        return CachedFile(copy, {name: checksums[name] for name in item.checksums})

    def _is_right(self, sha256: str, expected: Mapping[str, str], actual: Mapping[str, str]) -> bool:
        """Compare the content of an entry with its name and with stated checksums; remove what is wrong in the cache."""
        if actual["sha256"] != sha256:
            self._warn("the cache has a damaged file, which is removed", self._entry(sha256))
            self._remove(sha256)
            return False
        if first_difference(expected, actual) is None:
            return True
        if "sha256" not in expected:  # an index led here
            for name, value in expected.items():
                if value != actual[name]:
                    with suppress(FileNotFoundError):
                        self._index(name, value).unlink()
        return False

    def _stored(self, path: str, checksums: Mapping[str, str], stopped: Callable[[], bool]) -> str:
        """Store a copy of a file unless there is one; return its SHA-256."""
        source, sha256 = Path(path).stat(), checksums.get("sha256", "")
        recorded, actual = dict[str, str](), checksums
        record = self._record(sha256) if sha256 else None
        if record is not None and record.fits(_regular(self._entry(sha256))):
            recorded = dict(record.checksums)
        else:
            self._begin()
            space = space_of(str(self.folder))
            if space is not None and space[0] < source.st_size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))
            with self._unfinished() as part:
                actual = _copied(Path(path), part, _create, {"sha256": None, **checksums}, stopped, is_durable=True)
                if first_difference(checksums, actual) is not None:
                    raise OSError(errno.EIO, "it was written to after it was verified", path)
                sha256 = actual["sha256"]
                # The time of the file, for which a link to its copy can stand then.
                os.utime(part, ns=(source.st_mtime_ns, source.st_mtime_ns))
                if os.name == "nt":  # which replaces no read-only file
                    _unlink(self._entry(sha256))
                part.replace(_in_folder(self._entry(sha256)))
        self._note_use(sha256, recorded, actual)
        for name, value in actual.items():
            index = self._index(name, value)
            if name != "sha256" and _identifies(name) and _small(index) != sha256.encode():
                self._put(index, sha256.encode())
        return sha256

    def _named(self, checksums: Mapping[str, str]) -> Iterator[str]:
        """The SHA-256 of content that may have these checksums."""
        if "sha256" in checksums:
            yield checksums["sha256"]
            return
        for name, value in checksums.items():
            text = _small(self._index(name, value)).decode("latin-1") if _identifies(name) else ""
            if is_checksum("sha256", text):
                yield text

    def _linked(self, entry: Path, path: Path, link: Link) -> bool:
        """Link a path to an entry; return whether the system can."""
        try:
            if link == "symlink":
                path.symlink_to(entry)
            else:
                path.hardlink_to(entry)
        except (OSError, NotImplementedError) as error:
            self._warn(f"files of the cache are copied, since no {link} can be made", error)
            return False
        return True

    @contextmanager
    def _going_on(self) -> Generator[None]:
        """Warn of what the file system refuses: a download is possible without the cache."""
        try:
            yield
        except OSError as error:
            self._warn("the cache cannot be used for every file", error)

    def _warn(self, what: str, problem: object) -> None:
        """Log the first of several like problems as a warning; thousands of files may have it."""
        if isinstance(problem, OSError):
            problem = f"{problem.filename or self.folder}: {problem.strerror or problem}"
        is_first = self._warned.setdefault(what, token := object()) is token  # of all threads
        (_log.warning if is_first else _log.debug)("%s: %s", what, problem)

    # -- the format

    def _entry(self, sha256: str) -> Path:
        return self.folder / "sha256" / sha256[:2] / sha256

    def _record_path(self, sha256: str) -> Path:
        return self.folder / "records" / sha256[:2] / f"{sha256}.json"

    def _index(self, name: str, value: str) -> Path:
        return self.folder / "index" / name.replace(":", "-") / value[:2] / value

    def _begin(self) -> None:
        """Mark the folder as a cache, and check that it is one of this version.

        Raises:
            OSError: It is of a later version, or cannot be written.
        """
        marker = self.folder / MARKER
        version = (json_object(_small(marker)) or {}).get("omics_cache")
        if isinstance(version, int) and version > VERSION:
            why = f"it is a cache of format {version}, and this version of omicsdk has {VERSION}"
            raise OSError(errno.EINVAL, why, str(self.folder))
        if version != VERSION:
            self._put(marker, json.dumps({"omics_cache": VERSION}).encode())

    def _record(self, sha256: str) -> _Record | None:
        record = json_object(_small(self._record_path(sha256))) or {}
        numbers = [record.get(name) for name in ("size", "mtime_ns", "inode")]
        checksums = record.get("checksums")
        if not all(type(number) is int for number in numbers) or not is_object(checksums):
            return None
        size, mtime_ns, inode = cast("list[int]", numbers)
        return _Record(size, mtime_ns, inode, {name: str(value) for name, value in checksums.items()})

    def _note_use(self, sha256: str, recorded: Mapping[str, str], actual: Mapping[str, str]) -> None:
        """Record an entry as it is, and that it was used now: the time of its record."""
        path = self._record_path(sha256)
        if actual.keys() <= recorded.keys():
            with suppress(PermissionError):  # of another user, whose file it is: the folder may be writable
                os.utime(path)
                return
        status = _regular(self._entry(sha256))
        if status is not None:  # pruned meanwhile
            fields = {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}
            checksums = dict(sorted({**recorded, **actual}.items()))
            self._put(path, json.dumps({**fields, "checksums": checksums}).encode())

    def _put(self, path: Path, content: bytes) -> None:
        """Replace a small file as a whole."""
        with self._unfinished() as part:
            descriptor = os.open(part, _WRITE, 0o666)
            try:
                write_all(descriptor, content)
            finally:
                os.close(descriptor)
            part.replace(_in_folder(path))

    @contextmanager
    def _unfinished(self) -> Generator[Path]:
        """The path of a new file; it is removed unless it was renamed."""
        part = _in_folder(self.folder / "tmp" / f"{os.urandom(16).hex()}.part")
        try:
            yield part
        finally:
            _unlink(part)

    def _remove(self, sha256: str) -> None:
        """Remove an entry; what names it follows, so that a crash leaves nothing but names of missing content."""
        record = self._record(sha256)
        names: Mapping[str, str] = {} if record is None else record.checksums
        indexes = [
            self._index(name, value) for name, value in names.items() if is_algorithm(name) and is_checksum(name, value)
        ]
        for path in (self._entry(sha256), *indexes, self._record_path(sha256)):
            with suppress(FileNotFoundError, NotADirectoryError):
                _unlink(path)

    # -- maintained

    def entries(self) -> Iterator[CacheEntry]:
        """Iterate over the entries, sorted by SHA-256.

        Raises:
            OSError: The folder cannot be read.
        """
        for path in self._paths():
            if (entry := self._state(path)) is not None:
                yield entry

    def _state(self, path: Path) -> CacheEntry | None:
        status = _regular(path)
        if status is None or not is_checksum("sha256", path.name):
            return None
        record = _regular(self._record_path(path.name))
        return CacheEntry(path.name, status.st_size, (record or status).st_mtime)

    def prune(
        self, *, older: str | None = None, max_size: int | str | None = None, dry_run: bool = False
    ) -> list[CacheEntry]:
        """Remove entries, the least recently used first, and what killed writers left a day ago or before.

        Args:
            older: Remove those that were last used before this: an age such as 90d, or a date.
            max_size: Remove those beyond this total size: bytes, or a text such as 2T.
            dry_run: Only return what would be removed.

        Returns:
            The removed entries.

        Raises:
            UsageError: It is no age or date, or no size.
            OSError: The folder cannot be read, or a file cannot be removed.
        """
        now = self._clock.now()
        before = None if older is None else parse_moment(older, now)
        limit = parse_size(max_size) if isinstance(max_size, str) else max_size
        entries = sorted(self.entries(), key=lambda entry: entry.used)
        total, removed = sum(entry.size for entry in entries), list[CacheEntry]()
        for entry in entries:
            if (before is not None and entry.used < before) or (limit is not None and total > limit):
                # Another process may have used it since it was listed, and linked to it.
                if not dry_run and self._state(self._entry(entry.sha256)) not in (entry, None):
                    continue
                removed.append(entry)
                total -= entry.size
                if not dry_run:
                    self._remove(entry.sha256)
        for part in () if dry_run else _entries_in(self.folder / "tmp"):
            status = _regular(part)
            if status is not None and now - status.st_mtime > _ABANDONED:
                _unlink(part)
        return removed

    def verify(self, progress: Callable[[Progress], object] | None = None) -> Iterator[CacheProblem]:
        """Read all entries, and find those that are damaged: the next use of one removes it, and fetches its content again.

        Args:
            progress: Called about ten times a second with the files and bytes that were read.

        Yields:
            Each damaged, unreadable or foreign file.

        Raises:
            OSError: The folder cannot be read.
        """
        own_names = {MARKER, "sha256", "records", "index", "tmp"}
        for path in (path for path in _entries_in(self.folder) if path.name not in own_names):
            yield CacheProblem(path.name, "foreign", "the format has no such file")
        sizes = [entry.size for entry in self.entries()] if progress is not None else []
        counted = FileProgress(progress, self._clock, len(sizes), sum(sizes))

        def is_stopped() -> bool:  # called ten times a second: also while one large file is read
            counted.report()
            return False

        def checked(path: Path) -> tuple[Literal["damaged", "foreign", "unreadable"], str] | None:
            return self._problem(path, counted.add_bytes)

        for some in batches(self._paths(), _AT_ONCE):
            for path, problem in zip(some, side_by_side(checked, some, is_stopped), strict=True):
                if isinstance(problem, OmicsError):
                    raise problem
                if problem is None or problem[0] != "foreign":
                    counted.add(None, is_failed=problem is not None)
                if problem is not None:
                    yield CacheProblem(path.relative_to(self.folder).as_posix(), *problem)

    def _problem(
        self, path: Path, on_bytes: Callable[[int], object]
    ) -> tuple[Literal["damaged", "foreign", "unreadable"], str] | None:
        """Read an entry."""
        status, sha256 = _regular(path), path.name
        if status is None or not is_checksum("sha256", sha256) or path.parent.name != sha256[:2]:
            return "foreign", "the format has no such file"
        record = self._record(sha256)
        names = ["sha256", *(() if record is None else record.checksums)]
        try:
            actual = checksums_of(str(path), filter(is_algorithm, names), status.st_size, on_bytes=on_bytes)
        except FileNotFoundError:  # pruned meanwhile
            return None
        except OSError as error:
            return "unreadable", error.strerror or str(error)
        try:
            if actual["sha256"] != sha256:
                self._record_path(sha256).unlink(missing_ok=True)  # no link to it is trusted from now on
            elif record is None or not record.fits(status):
                self._note_use(sha256, {}, actual)
        except OSError as error:
            self._warn("the cache cannot be corrected", error)
        return None if actual["sha256"] == sha256 else ("damaged", f"its SHA-256 is {actual['sha256']}")

    def _paths(self) -> Iterator[Path]:
        """What is in the folders of entries, sorted."""
        for folder in _entries_in(self.folder / "sha256"):
            yield from _entries_in(folder) if folder.is_dir() else (folder,)


def _identifies(name: str) -> bool:
    """Whether a checksum names content; those of parts are by their size."""
    return name.partition(":")[0] in IDENTIFYING


def _regular(path: Path) -> os.stat_result | None:
    """The stat of a regular file; None if there is none. Links are none."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _small(path: Path) -> bytes:
    """The content of a small file; empty if there is none, or something else."""
    status = _regular(path)
    if status is None or status.st_size > _MOST:
        return b""
    with suppress(FileNotFoundError):  # replaced or removed meanwhile
        return path.read_bytes()
    return b""


def _entries_in(folder: Path) -> list[Path]:
    """What is in a folder, sorted; nothing if there is none."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _in_folder(path: Path) -> Path:
    """Return a path whose folder exists. The process's umask and a setgid bit of the cache's folder decide on its mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _unlink(path: Path) -> None:
    """Remove a file if there is one; Windows removes no read-only one."""
    if os.name == "nt":
        with suppress(FileNotFoundError):
            path.chmod(stat.S_IWRITE)
    path.unlink(missing_ok=True)


def _create(path: str) -> int:
    return os.open(path, _WRITE, 0o444)  # the umask decides who may read it; nobody is to write to it again


def _copied(
    source: Path,
    path: Path,
    create: Callable[[str], int],
    names: Iterable[str],
    stopped: Callable[[], bool],
    *,
    is_durable: bool = False,
) -> dict[str, str]:
    """Copy a file, or share its blocks; return the checksums of the copy."""
    reading = os.open(source, _READ)
    try:
        size, writing = os.fstat(reading).st_size, create(str(path))
        digests = Digests(names, size)
        try:
            is_clone = _cloned(reading, writing)
            while not is_clone and (data := os.read(reading, STRIDE)):
                if stopped():
                    raise Stopped
                digests.update(data)
                write_all(writing, data)
            if is_durable:
                make_durable(writing)
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    return checksums_of(str(path), digests.names, path.stat().st_size, stopped) if is_clone else digests.values()


def _cloned(reading: int, writing: int) -> bool:
    """Share the blocks of a file with a new one, as Btrfs and XFS can; return whether that was done."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(writing, _FICLONE, reading)
    except OSError:  # another file system, or one that cannot
        return False
    return True
