"""Stores of files on any platform: entries, and what a store supports."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Generic, Literal, Protocol, TypeVar

from omicsdk.core.checksums import text_digest
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.closing import Closing
from omicsdk.core.consistency import InconsistentListing, ResponseMismatch, up_to_contradiction
from omicsdk.core.errors import Forbidden, OmicsError
from omicsdk.core.frozen import EMPTY, NamedTuple
from omicsdk.fs.errors import FileAndFolder, IsFolder, NotAFolder, PathNotFound, ReadOnly, Unsupported
from omicsdk.fs.uris import Uri

if TYPE_CHECKING:
    from datetime import datetime

    from omicsdk.fs.options import CopyOptions
    from omicsdk.transfer import Item, Location, TransferReport, Upload


K = TypeVar("K")
V = TypeVar("V")


#: Levels of folders in a tree: a key of S3 has at most 1,024 bytes.
_DEEPEST = 1024

# CRC64NVME is last: it takes six times the time of MD5, which ETags of parts are made of, and finds no less.
_BY_STRENGTH = (
    "sha256",
    "sha512",
    "sha384",
    "blake2b",
    "sha224",
    "sha1",
    "md5",
    "crc32c",
    "s3_etag",
    "crc32",
    "crc64nvme",
)


def strongest(names: Iterable[str]) -> str:
    """Return the strongest algorithm of some; empty for none.

    Args:
        names: Algorithms, see `omicsdk.core.checksums.is_algorithm`; one of parts follows that of the whole.
    """
    kinds = ((name.partition(":")[0], name) for name in names)
    ranked = [(_BY_STRENGTH.index(kind), name) for kind, name in kinds if kind in _BY_STRENGTH]
    return min(ranked)[1] if ranked else ""


class Entry(NamedTuple):  # a list has thousands of them
    """A file or folder.

    Attributes:
        path: Its path below its scheme, without slashes at its ends, save those of a key of S3:
            `owner/project/reads/a.fastq`.
        kind: Whether it is a file, or a folder (a bundle, a project, a group) that has entries.
        size: A file's size in bytes; None if the platform does not state it, and for folders.
        checksums: The platform's checksums of a file's bytes, from algorithm (`omicsdk.core.checksums.ALGORITHMS`) to
            value.
        modified: When it changed last, in seconds since 1970; None if the platform does not state it.
        version: What changes whenever the bytes do (a version, an ETag, a checksum); empty if there is no such thing.
        details: What else the platform states, for users: ids, media types.
        handle: What its store needs to find the bytes again without a request; opaque to callers.
        file_name: What a copy of it is called where its path ends in an identifier; empty if the path has the name.
    """

    path: str
    kind: Literal["file", "folder"]
    size: int | None = None
    checksums: Mapping[str, str] = EMPTY
    modified: float | None = None
    version: str = ""
    details: Mapping[str, Any] = EMPTY
    handle: Any = None
    file_name: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self._facts == other._facts

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment] - of mappings

    def __repr__(self) -> str:
        fields = zip((name for name in self._fields if name != "handle"), self._facts, strict=True)
        return f"Entry({', '.join(f'{name}={value!r}' for name, value in fields)})"

    @property
    def _facts(self) -> tuple[Any, ...]:
        return (*self[:7], self.file_name)

    @property
    def changed_at(self) -> datetime | None:
        """When it changed last, in UTC; None if that is not stated, or not in the years 1 to 9999, as on some file systems."""
        from datetime import UTC, datetime

        if self.modified is not None:
            with suppress(OverflowError, OSError, ValueError):
                return datetime.fromtimestamp(self.modified, UTC)
        return None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind == "folder"

    def info(self) -> dict[str, Any]:
        """Return what fsspec's `info` and `ls` state.

        Returns:
            name, size and type as fsspec has them; mtime if the platform states it, in seconds since 1970; version,
            checksums and details if there are any.
        """
        fields: dict[str, Any] = {
            "mtime": self.modified,
            "version": self.version,
            "checksums": dict(self.checksums),
            "details": dict(self.details),
        }
        return {
            "name": self.path,
            "size": 0 if self.is_folder else self.size,
            "type": "directory" if self.is_folder else "file",
            **{name: value for name, value in fields.items() if value not in (None, "", {})},
        }


def key_of(entry: Entry, uri: str) -> str:
    """Return what changes whenever a file's bytes do, as far as its platform states it.

    Args:
        entry: The file.
        uri: Its URI.
    """
    facts = [uri, entry.kind, entry.size, entry.version, entry.modified, sorted(entry.checksums.items())]
    return text_digest(repr(facts), 16)


class Put(NamedTuple):
    """A file of this machine to upload.

    Attributes:
        source: Its path.
        path: Its target below the scheme, as `Entry.path`.
    """

    source: str
    path: str


def put_files(
    files: Sequence[Put],
    prepare: Callable[[Put], Upload],
    options: CopyOptions,
    *,
    connections: int = 16,
    environ: Mapping[str, str] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> TransferReport:
    """Put files with the upload engine.

    Args:
        files: What to put where.
        prepare: Makes the upload of a file, named by its path; called in threads, several at once. The error that it
            raises is that file's outcome.
        options: How.
        connections: Concurrent requests with bytes, at most, if `options` state none.
        environ: The environment's variables for proxies and certificates; by default the process's own.
        clock: Returns the time.

    Returns:
        The outcome of each file, in order.
    """
    from omicsdk.transfer.uploads.uploading import upload, upload_prepared  # listing needs no engine

    def send(uploads: Sequence[Upload]) -> TransferReport:
        return upload(
            uploads,
            options=options,
            connections=options.connections or connections,
            journal=options.journal,
            abort=options.journal is None,  # no later run could use the parts, which the platform may charge for
            environ=environ,
            clock=clock,
        )

    return upload_prepared([(file.path, file) for file in files], prepare, send, lambda: options.stopped)


class Features(NamedTuple):
    """What a store supports beside listing and reading. The defaults are those of a read-only platform.

    Attributes:
        writable: Whether files can be put; otherwise `Store.check_puts` raises `ReadOnly`.
        puts_whole_folders: Whether all files of a folder must be in one put, because its result cannot be extended: a
            copy is not split, and is not put if a file is missing.
        makes_folders: Whether `Store.make_folder` is supported; otherwise it raises `ReadOnly`.
        removal_batch: How many files one request removes, at most. With 0, `Store.check_removal` raises `ReadOnly`; with
            1, `Store.remove` is called for each file, else `Store.remove_files` for batches.
        moves: Whether `Store.move` is supported; otherwise files are copied, and their sources removed.
        copies: Whether `Store.copy` is supported; otherwise files are downloaded and uploaded.
        copies_batches: Whether `Store.copy_many` is supported; otherwise `Store.copy` is called for each file.
        alternative: How the platform is written to instead, for the remedies of errors; by default a general one.
        shared_paths: Whether a file and a folder may have the same path, as an object of S3 and the prefix of others.
            Only then is a file's path also looked up as a folder before everything below it is used.
        listing_proves_folder: Whether listing a folder also shows that it exists; otherwise it is looked up first.
        sorted_listings: Whether `Store.below` lists files in the order of their paths; otherwise a comparison of two
            folders first lists both completely.
    """

    writable: bool = False
    puts_whole_folders: bool = False
    makes_folders: bool = False
    removal_batch: int = 0
    moves: bool = False
    copies: bool = False
    copies_batches: bool = False
    alternative: str = ""
    shared_paths: bool = False
    listing_proves_folder: bool = False
    sorted_listings: bool = False


class Store(Closing, ABC):
    """The files of one scheme. Stores are safe to use from several threads, and connect at their first use.

    Paths are those of `Entry.path`; the empty path is the top. Errors are those of `omicsdk.fs.errors` for missing paths
    and unsupported operations, and the platform's own otherwise.
    """

    scheme: ClassVar[str]
    features: ClassVar[Features] = Features()

    def entry(self, uri: Uri, *, recursive: bool = False) -> Entry:
        """Return what a URI names: only a folder if it ends with a slash, else the file if both have its path.

        Args:
            uri: A URI of the store.
            recursive: Whether a folder means everything below it, so that a file in its place would be a mistake.

        Raises:
            PathNotFound: Nothing exists there.
            NotAFolder: It ends with a slash, and is a file.
            FileAndFolder: It is both, and does not end with a slash although `recursive` is set.
        """
        result = self.stat(uri.path, folder=uri.is_folder)
        if recursive and self.folders_beside(result):
            raise FileAndFolder(str(uri))
        return result

    def folders_beside(self, entry: Entry) -> Sequence[Entry]:
        """Return the folder that has a file's path, too; nothing if there is none to be seen, and for folders.

        Args:
            entry: A file or folder.
        """
        if self.features.shared_paths and not entry.is_folder:
            # A bucket's objects may be readable where its keys cannot be listed.
            with suppress(PathNotFound, NotAFolder, Forbidden):
                return [self.stat(entry.path, folder=True)]
        return []

    def entry_to_remove(self, uri: Uri, *, recursive: bool = False) -> Entry:
        """Return what a URI names that is to be removed; as `entry`, and what can only be removed, such as the mark of a deletion.

        Args:
            uri: As of `entry`.
            recursive: As of `entry`.
        """
        return self.entry(uri, recursive=recursive)

    def stat(self, path: str, *, refresh: bool = False, folder: bool = False) -> Entry:
        """Return the entry of a path.

        Args:
            path: The path; the empty one is the top, a folder.
            refresh: Whether to ask the platform, ignoring caches.
            folder: Whether only a folder is meant, even if a file has its path.

        Raises:
            PathNotFound: Nothing exists there.
            NotAFolder: It is a file, and `folder` is set.
        """
        if refresh:
            self._forget(path)
        entry = self._stat_folder(path) if folder else self._stat(path)
        if folder and not entry.is_folder:
            raise NotAFolder(self.uri(path), "is a file", remedy="Write it without the slash at its end.")
        return entry

    @abstractmethod
    def _stat(self, path: str) -> Entry:
        """Find what a path names, as `stat`; the file if a folder has the same path."""

    def _stat_folder(self, path: str) -> Entry:
        """Find what a path names; the folder if a file has the same path."""
        return self._stat(path)

    def _forget(self, path: str) -> None:
        """Drop what is kept of a path."""

    def entries(self, path: str) -> Iterator[Entry]:
        """List the contents of a folder, as responses arrive.

        Args:
            path: The folder's path.

        Raises:
            PathNotFound: Nothing exists there.
            NotAFolder: It is a file.
            ResponseMismatch: An entry is not below the folder.
            InconsistentListing: After the last entry: the listing contradicts itself.
        """
        return self._compared(path, self._entries(path))

    @abstractmethod
    def _entries(self, path: str) -> Iterator[Entry]:
        """List the contents of a folder, as `entries`."""

    def below(self, path: str, needed: Callable[[str], bool] | None = None) -> Iterator[Entry]:
        """Yield all files below a folder, in the order of their listing.

        Args:
            path: The path of a folder, even if a file has it, too.
            needed: Whether more than the name is needed of a file with a path; by default it is of all.

        Raises:
            OmicsError: As for `entries`.
        """
        del needed
        return self._compared(path, self._below(path))

    def names_below(self, path: str, needed: Callable[[str], bool] | None = None) -> Iterator[Entry]:
        """Yield all files below a folder without what costs more than their names; `completed` adds it.

        Args:
            path: As for `below`.
            needed: As for `below`.

        Raises:
            OmicsError: As for `entries`.
        """
        return self.below(path, needed)

    def completed(self, entry: Entry) -> Entry:
        """Return a file of `names_below` with everything that `below` states.

        Args:
            entry: The file.
        """
        return entry

    def described(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield entries of a listing with everything that `below` states, where `entries` lists less.

        Args:
            entries: Files and folders, as `entries` lists them.
        """
        return iter(entries)

    def _below(self, path: str) -> Iterator[Entry]:
        """List all files below a folder, as `below`; by default folder by folder."""
        return (entry for entry in self.tree(Entry(path, "folder")) if not entry.is_folder)

    def _compared(self, path: str, entries: Iterable[Entry]) -> Iterator[Entry]:
        start = f"{path}/" if path else ""
        for entry in entries:
            if not entry.path.startswith(start):
                raise ResponseMismatch(f"list of {self.uri(start)}", "folder", path, entry.path)
            yield entry

    def tree(self, entry: Entry) -> Iterator[Entry]:
        """Yield a file, or everything below a folder and the folder itself after it; links are not followed.

        Args:
            entry: The file or folder.

        Raises:
            InconsistentListing: A folder is listed within itself; or after the last entry, as `entries`.
        """
        problems: list[InconsistentListing] = []
        above: list[tuple[Entry, Iterator[Entry]]] = []
        waiting: Iterator[Entry] = iter([entry])
        while True:
            node = next(waiting, None)
            if node is None:
                if not above:
                    break
                folder, waiting = above.pop()
                yield folder
            elif not node.is_folder or self.is_link(node):
                yield node
            else:
                # A folder that a platform lists within itself would be followed without end.
                is_within = node.handle is not None and any(node.handle == folder.handle for folder, _ in above)
                if is_within or len(above) > _DEEPEST:
                    raise InconsistentListing(f"list of {self.uri(node.path)}/", "the folder is listed within itself")
                children = list(up_to_contradiction(self.entries(node.path), problems))
                above.append((node, waiting))
                waiting = iter(children)
        if problems:
            raise problems[-1]

    def walk(self, path: str) -> Iterator[Entry]:
        """Yield all files below a folder, or the file itself, in the order of their listing.

        Args:
            path: A folder's or file's path.
        """
        entry = self.stat(path)
        return self.below(path) if entry.is_folder else iter([entry])

    @abstractmethod
    def location(self, entry: Entry) -> Location:
        """Return where a file's bytes are, for requests of all or of a range; called again when a URL has expired.

        Args:
            entry: A file, as `stat` or `entries` gave it.
        """

    def elsewhere(self, entry: Entry, refused: Location | None = None) -> bool:
        """Note that `location` does not give access to a file's bytes, not even with a new URL.

        Args:
            entry: The file.
            refused: The refused location; by default the last result of `location`.

        Returns:
            Whether there is another copy, which `location` returns from now on.
        """
        del entry, refused
        return False

    def open(self, entry: Entry) -> BinaryIO | None:
        """Open a file without an http, https or ftp URL: its platform has it on this machine, or inside the platform.

        Every reader calls this first; it needs no request if there is a URL.

        Args:
            entry: A file, as `stat` or `entries` returned it.

        Returns:
            Its bytes, open for reading and seekable; None if `location` gives access to them.
        """
        del entry
        return None

    def check_complete(self, path: str) -> None:
        """Refuse deletions of what a folder does not have, if what was listed in it may not be all.

        Args:
            path: The folder, as it was listed.

        Raises:
            InconsistentListing: Something may be missing.
        """
        del path

    def item(self, entry: Entry, name: str) -> Item:
        """Return a file as an item of the engine, if `open` returns None.

        Args:
            entry: The file.
            name: Its path in the target folder.
        """
        from omicsdk.transfer import Item  # as above

        return Item(name, partial(self.location, entry), entry.size, dict(entry.checksums), label=self.uri(entry.path))

    def download(
        self, named_entries: Sequence[tuple[Entry, str]], folder: str | os.PathLike[str], options: CopyOptions
    ) -> TransferReport:
        """Download files with the engine, if `open` returns None; what is missing is downloaded from another copy of
        the platform.

        Args:
            named_entries: Files, each with its path in the folder.
            folder: The folder.
            options: How.

        Returns:
            The outcome of each file, in order.
        """
        from omicsdk.transfer import download  # as above

        def fetched(some: Sequence[tuple[Entry, str]]) -> TransferReport:
            return download(self._items(some), folder, options=options, journal=options.journal)

        report = fetched(named_entries)
        while report.failed and not report.why_stopped:
            # Each call of `elsewhere` moves its file on to the next copy, so this ends when no file has another one.
            failed = [
                (number, named_entries[number]) for number, outcome in enumerate(report.outcomes) if outcome.is_gone
            ]
            again = {number: pair for number, pair in failed if self.elsewhere(pair[0])}
            if not again:
                break
            report = report.with_rerun(list(again), fetched(list(again.values())))
        return report

    def _items(self, named_entries: Sequence[tuple[Entry, str]]) -> Iterable[Item]:
        return [self.item(entry, name) for entry, name in named_entries]

    def check_puts(self, paths: Sequence[str]) -> None:
        """Refuse what cannot be put, before anything is read for it.

        Args:
            paths: Target paths of files, as `Put.path`.

        Raises:
            ReadOnly: The path is read-only; the remedy states an alternative.
        """
        if not self.features.writable:
            remedy = self.features.alternative or "Copy to a folder of this machine, to sb:// or to s3://."
            raise ReadOnly(self.uri(paths[0] if paths else ""), "cannot be written", remedy=remedy)

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        """Put files of this machine into the store; missing parents are created.

        Args:
            files: What to put where.
            options: How.

        Returns:
            The outcome of each file, in the order of `files`; names are their paths.

        Raises:
            ReadOnly: The path is read-only; the remedy states an alternative.
        """
        del options
        self.check_puts([file.path for file in files])
        raise NotImplementedError(f"{type(self).__name__} is writable, and puts no files")

    def presign(self, entry: Entry, seconds: int | None = None) -> str:
        """Return a URL by which any program can read a file for a while, without credentials.

        Args:
            entry: The file.
            seconds: How long it is valid; by default as long as the platform decides.

        Raises:
            IsFolder: It is a folder.
            Unsupported: The platform has no such URLs, or not for that time.
        """
        if entry.is_folder:
            raise IsFolder(self.uri(entry.path), "is a folder", remedy="Name files; omics ls lists them.")
        if seconds is not None:
            what = "cannot be signed for a chosen time: its platform decides how long a URL is valid"
            raise Unsupported(self.uri(entry.path), what, remedy="Leave --expires out.")
        with self.open(entry) or nullcontext() as stream:
            location = None if stream is not None else self.location(entry)
        if location is None or location.headers:
            what = "cannot be signed: its platform provides no URL that works without credentials"
            raise Unsupported(self.uri(entry.path), what, remedy="Copy the file: omics cp.")
        return location.url

    def metadata(self, entry: Entry) -> Mapping[str, Any]:
        """Return the platform's metadata of a file besides size, time and checksums, requesting it if needed.

        Args:
            entry: The file.
        """
        return entry.details

    def make_folder(self, path: str) -> None:
        """Create a folder and its parents; an existing one is no error.

        Args:
            path: Its path.

        Raises:
            ReadOnly: There are no folders to be made.
        """
        what = "cannot be created: its platform has no folders that can be added"
        raise ReadOnly(self.uri(path), what, remedy=self.features.alternative or "Use the platform's own tools.")

    def check_removal(self, path: str) -> None:
        """Refuse what cannot be removed, before anything is removed.

        Args:
            path: The path of a file or folder.

        Raises:
            ReadOnly: Nothing can be removed there.
        """
        what = "cannot be removed: its platform removes nothing by path"
        raise ReadOnly(self.uri(path), what, remedy=self.features.alternative or "Use the platform's own tools.")

    def remove(self, entry: Entry) -> None:
        """Remove a file, or an empty folder.

        Args:
            entry: What.

        Raises:
            ReadOnly: Nothing can be removed there.
        """
        self.check_removal(entry.path)

    def remove_files(self, entries: Sequence[Entry]) -> Sequence[OmicsError | None]:
        """Remove files by as few requests as the platform allows, where `Features.removal_batch` is above 1.

        Args:
            entries: The files, at most `Features.removal_batch`.

        Returns:
            For each of them None, or why it was not removed.
        """
        raise NotImplementedError(f"{type(self).__name__} removes files one by one: {len(entries)} were given")

    def is_link(self, entry: Entry) -> bool:
        """Return whether an entry is a link, which is removed without its target.

        Args:
            entry: A file or folder.
        """
        del entry
        return False

    def move(self, entry: Entry, path: str) -> bool:
        """Move a file within the platform, without a copy of its bytes, where `Features.moves` is set.

        Args:
            entry: The file.
            path: Its new path.

        Returns:
            Whether it was moved; False if the platform cannot move this one, so that it is copied and removed.
        """
        raise NotImplementedError(f"{type(self).__name__} does not move {entry.path} to {path}")

    def copy(self, entry: Entry, path: str, *, overwrite: bool = True) -> bool | Entry:
        """Copy a file within the platform, where `Features.copies` is set.

        Args:
            entry: The file.
            path: Path of the copy.
            overwrite: Whether to replace an existing file; otherwise the caller has found none, and the platform is asked not
                to replace one, if it can be.

        Returns:
            The copy, where the platform states with its response what shows that it is one; else whether it was copied;
            False if the platform cannot copy this one, so that it is downloaded and uploaded.
        """
        raise NotImplementedError(f"{type(self).__name__} does not copy {entry.path} to {path}, {overwrite=}")

    def copy_many(
        self, files: Sequence[tuple[Entry, str]], options: CopyOptions
    ) -> Iterator[bool | Entry | OmicsError]:
        """Copy files within the platform, replacing those of their paths, where `Features.copies_batches` is set.

        Args:
            files: The files, each with the path of its copy.
            options: How to copy.

        Returns:
            For each file, in order, what `copy` returns or raises.
        """
        raise NotImplementedError(f"{type(self).__name__} copies files one by one: {len(files)} with {options}")

    def handle_of(self, entry: Entry) -> Any:
        """Return the handle of an entry, looked up if the entry is another store's or has none."""
        return entry.handle if entry.handle is not None else self.stat(entry.path).handle

    def uri(self, path: str) -> str:
        """A path as users write it."""
        return f"{self.scheme}://{path}"


class Cache(Generic[K, V]):
    """Recent results, by key, for a limited time and up to a limit, at which the least recently used ones are removed.
    Thread-safe.

    Args:
        limit: Maximum weight of all results; a single one is kept regardless of its weight.
        seconds: Time for which they are kept.
        clock: Returns the time.
        weigh: Returns the weight of a value; by default each weighs 1.
    """

    def __init__(
        self, limit: int, seconds: float = inf, clock: Clock = SYSTEM_CLOCK, weigh: Callable[[V], int] = lambda _: 1
    ) -> None:
        self._limit, self._seconds, self._clock, self._weigh = limit, seconds, clock, weigh
        self._lock = threading.Lock()
        self._cached: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._weight = 0

    def get(self, key: K) -> V | None:
        """Return what is kept, None if nothing is or its time is over."""
        with self._lock:
            cached = self._cached.get(key)
            if cached is None or self._clock.monotonic() >= cached[1]:
                return None
            self._cached.move_to_end(key)
            return cached[0]

    def keep(self, key: K, value: V) -> V:
        """Keep something, and return it."""
        with self._lock:
            self._drop(key)
            self._cached[key] = value, self._clock.monotonic() + self._seconds
            self._weight += self._weigh(value)
            while self._weight > self._limit and len(self._cached) > 1:
                self._drop(next(iter(self._cached)))
        return value

    def forget(self, key: K | None = None) -> None:
        """Remove the result of a key; None for all."""
        with self._lock:
            for entry_key in list(self._cached) if key is None else [key]:
                self._drop(entry_key)

    def _drop(self, key: K) -> None:
        cached = self._cached.pop(key, None)
        if cached is not None:
            self._weight -= self._weigh(cached[0])


class Closes(Protocol):
    """An object with connections to close."""

    def close(self) -> None:
        """Close them."""


C = TypeVar("C", bound=Closes)


class ClientStore(Store, Generic[C]):
    """A store over a platform's client, which is made when it is first needed.

    Args:
        client: A client in place of a new one; it stays open.
        connect: Makes a client.
    """

    def __init__(self, client: C | None, connect: Callable[[], C]) -> None:
        self._passed_client = client
        self._connect = connect
        self._connected: C | None = None
        self._making_client = threading.RLock()

    @property
    def client(self) -> C:
        """The client.

        Raises:
            OmicsError: No base URL or credentials are found, or they are refused.
        """
        if self._passed_client is not None:
            return self._passed_client
        with self._making_client:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def close(self) -> None:
        with self._making_client:
            client, self._connected = self._connected, None
        if client is not None:
            client.close()
