"""Stores of files, whatever platform they are of: entries, their bytes, and what a store can do with them."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
import tempfile
import threading
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from importlib import import_module
from itertools import pairwise
from logging import getLogger
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal, Self, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import NotFound, SourceChanged
from omicsdk.core.redaction import MASK, is_secret_name
from omicsdk.fs.uri import IsFolder, PathNotFound, ReadOnly, Uri, WrongUri, parse_uri
from omicsdk.transfer import Control, Item, Location, Progress, TransferReport
from omicsdk.transfer.ranges import NoRanges, Pace, Ranges, Source
from omicsdk.transfer.workers import Workers

_log = getLogger("omicsdk.fs")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder.

    Attributes:
        path: Where it is below its scheme, without slashes at its ends: `owner/project/reads/a.fastq`.
        kind: Whether it is a file, or a folder (a bundle, a project, a group) that has entries.
        size: A file's size in bytes; None where the platform doesn't say, and for folders.
        checksums: What the platform states of a file's bytes, from algorithm (`omicsdk.core.checksums.ALGORITHMS`) to value.
        modified: When it changed last, in seconds since 1970; None where the platform doesn't say.
        version: What changes whenever the bytes do (a version, an ETag, a checksum); empty where there is no such thing.
        details: What else the platform says, for people: ids, media types.
        handle: What its store needs to find the bytes again without asking; opaque to everybody else.
        file_name: What a copy of it is called where its path ends in an identifier; empty where the path has the name.
    """

    path: str
    kind: Literal["file", "folder"]
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    modified: float | None = None
    version: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    handle: Any = field(default=None, repr=False, compare=False)
    file_name: str = ""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind == "folder"


class Options(dict[str, Any]):
    """Options of a file system; whoever shows them doesn't show secrets."""

    def __repr__(self) -> str:
        return repr({name: MASK if is_secret_name(name) and value else value for name, value in self.items()})

    __str__ = __repr__


def without_secrets(options: dict[str, Any]) -> dict[str, Any]:
    """Gives those options that can be written down.

    Args:
        options: Names and values.
    """
    return {name: value for name, value in options.items() if not is_secret_name(name)}


def info_of(entry: Entry) -> dict[str, Any]:
    """Gives what fsspec's `info` and `ls` tell of an entry.

    Args:
        entry: A file or folder.

    Returns:
        name, size and type as fsspec has them; mtime where the platform says it, in seconds since 1970;
        version, checksums and details where there are any.
    """
    told: dict[str, Any] = {
        "name": entry.path,
        "size": 0 if entry.is_folder else entry.size,
        "type": "directory" if entry.is_folder else "file",
    }
    if entry.modified is not None:
        told["mtime"] = entry.modified
    if entry.version:
        told["version"] = entry.version
    if entry.checksums:
        told["checksums"] = dict(entry.checksums)
    if entry.details:
        told["details"] = dict(entry.details)
    return told


def key_of(entry: Entry, uri: str) -> str:
    """Gives what changes whenever a file's bytes do, as far as its platform lets know.

    Args:
        entry: The file.
        uri: Its URI.
    """
    facts = [uri, entry.kind, entry.size, entry.version, entry.modified, sorted(entry.checksums.items())]
    return blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


#: What to do where a platform takes no files.
HOW_ELSE = "Copy to a folder of this machine, to sb:// or to s3://."


@dataclass(frozen=True, slots=True)
class Put:
    """A file of this machine on its way to a place.

    Attributes:
        source: Where it is.
        path: Where it shall be below the scheme, as `Entry.path`.
    """

    source: str
    path: str


@dataclass(frozen=True, slots=True)
class PutOptions:
    """How files are put.

    Attributes:
        overwrite: Whether what is there already is replaced; else it is left and told as a failure of that file.
        control: Stops, pauses, limits the rate, bounds the time.
        progress: Called a few times a second.
        stop: Set it to end within a second; the same call goes on from there.
        journal: A file that remembers how far uploads are; None for none, where the files won't be found again either.
    """

    overwrite: bool = True
    control: Control | None = None
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    journal: str | None = None


class Store(ABC):
    """The files of one scheme. Stores are safe to use from several threads, and connect when they are first asked.

    Paths are those of `Entry.path`; the empty path is the top. Errors are those of `omicsdk.fs.uri` for what isn't there
    or can't be done, and the platform's own otherwise.
    """

    scheme: ClassVar[str]
    #: What can be done beside reading: files put, folders made, things removed, copies made over there.
    writable: ClassVar[bool] = False
    #: Whether all files of a folder have to come in one put, because what they make there can't be added to.
    puts_whole_folders: ClassVar[bool] = False

    @abstractmethod
    def look(self, path: str) -> Entry:
        """Finds what a path names.

        Args:
            path: The path; the empty one is the top, a folder.

        Raises:
            PathNotFound: Nothing is there.
        """

    def look_now(self, path: str) -> Entry:
        """Finds what a path names at this moment, whatever was found before.

        Args:
            path: As for `look`.

        Raises:
            PathNotFound: Nothing is there.
        """
        return self.look(path)

    @abstractmethod
    def entries(self, path: str) -> Iterator[Entry]:
        """Lists what is directly in a folder, as answers arrive.

        Args:
            path: The folder's path.

        Raises:
            PathNotFound: Nothing is there.
            NotAFolder: It is a file.
        """

    @abstractmethod
    def location(self, entry: Entry) -> Location:
        """Says where a file's bytes are, for requests of all or of a range; asked again when a URL has ended.

        Args:
            entry: A file, as `look` or `entries` gave it.
        """

    def elsewhere(self, entry: Entry, refused: Location | None = None) -> bool:
        """Takes note that a file's bytes aren't where `location` leads, not with a new URL either.

        Args:
            entry: The file.
            refused: Where they weren't; by default where `location` led last.

        Returns:
            Whether there is another copy, so that `location` leads somewhere else from now on.
        """
        del entry, refused
        return False

    def open(self, entry: Entry) -> BinaryIO | None:
        """Opens a file whose bytes no http, https or ftp URL leads to: its platform has them on this machine, or in itself.

        Whoever fetches or reads a file asks here first; it costs no request where there is a URL.

        Args:
            entry: A file, as `look` or `entries` gave it.

        Returns:
            Its bytes, open for reading, where `seek` goes to any place; None where `location` leads to them.
        """
        del entry
        return None

    def walk(self, path: str) -> Iterator[Entry]:
        """Gives all files below a folder, or the file itself, in the order of their listing.

        Args:
            path: A folder's or file's path.
        """
        found = self.look(path)
        waiting = [found]
        while waiting:
            entry = waiting.pop()
            if entry.is_folder:
                waiting.extend(reversed(list(self.entries(entry.path))))
            else:
                yield entry

    def item(self, entry: Entry, name: str) -> Item:
        """A file as the engine fetches it, where `open` gives None.

        Args:
            entry: The file.
            name: Its path in the target folder.
        """
        return Item(name, partial(self.location, entry), entry.size, dict(entry.checksums), label=self.uri(entry.path))

    def check_puts(self, paths: Sequence[str]) -> None:
        """Refuses what can't be put, before anything is read for it.

        Args:
            paths: Where files shall be, as `Put.path`.

        Raises:
            ReadOnly: Nothing can be put there so; the remedy says how else.
        """
        if not self.writable:
            raise ReadOnly(self.uri(paths[0] if paths else ""), "can't be written", remedy=HOW_ELSE)

    def put(self, files: Sequence[Put], options: PutOptions) -> TransferReport:
        """Puts files of this machine there; folders on the way are made.

        Args:
            files: What to put where.
            options: How.

        Returns:
            The outcome of each file, in the order of `files`; names are their paths.

        Raises:
            ReadOnly: Nothing can be put there so; the remedy says how else.
        """
        del options
        self.check_puts([file.path for file in files])
        raise ReadOnly(self.uri(files[0].path if files else ""), "can't be written", remedy=HOW_ELSE)

    def make_folder(self, path: str) -> None:
        """Makes a folder, and those above it; one that is there is no error.

        Args:
            path: Its path.

        Raises:
            ReadOnly: There are no folders to be made.
        """
        raise ReadOnly(self.uri(path), "can't be made: folders of this kind can't be added")

    def remove(self, entry: Entry) -> None:
        """Removes a file, or a folder that is empty.

        Args:
            entry: What.

        Raises:
            ReadOnly: Nothing can be removed there.
        """
        raise ReadOnly(self.uri(entry.path), "can't be removed: its platform keeps what it has")

    def copy(self, entry: Entry, path: str) -> bool:
        """Copies a file within the platform.

        Args:
            entry: The file.
            path: Where the copy shall be.

        Returns:
            Whether it was done; False where the platform has no such way, so that the bytes have to come here and go back.
        """
        del entry, path
        return False

    def uri(self, path: str) -> str:
        """A path as people write it."""
        return f"{self.scheme}://{path}"

    def close(self) -> None:  # noqa: B027 - most have something to close, those without files elsewhere don't
        """Ends its connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


#: Bytes of a piece, and how many pieces are fetched ahead.
PIECE = 4 * 1024 * 1024
AHEAD = 3


def stream(file: Source, start: int | None = None, end: int | None = None, *, piece: int = PIECE) -> Iterator[bytes]:
    """Gives a file's bytes in order.

    Args:
        file: The file.
        start: The first byte, counted from 0, from the end where it is negative; None for the beginning.
        end: The byte behind the last; None for the file's end.
        piece: Bytes of each piece, at most.

    Yields:
        Pieces.
    """
    size = file.size
    first = max(0, size + start) if start is not None and start < 0 else (start or 0)
    last = size if end is None else min(end, size)
    places = iter(range(first, last, piece))
    with Workers(AHEAD, "omicsdk-stream") as pool:
        waiting = deque[Future[bytes]]()
        while True:
            while len(waiting) < AHEAD and (place := next(places, None)) is not None:
                waiting.append(pool.submit(file.read, place, min(place + piece, last)))
            if not waiting:
                return
            yield waiting.popleft().result()


#: A read that is longer than this is cut into parts that are asked for side by side, in bytes.
PART = 8 * 1024 * 1024
#: Parts of one read that are under way at once.
PARTS_AT_ONCE = 4

#: Bytes a second over one connection above which several bring no more: they would wait for each other here.
FAST = 50e6


class FileBytes:
    """A file's bytes, read from any number of threads.

    Args:
        store: The store that has the file.
        entry: The file, as the store gave it.
        control: Limits the rate, pauses, and stops waiting for it; None for no limit.
        validators: As for `Ranges`.

    Raises:
        IsFolder: It is a folder.
    """

    def __init__(
        self,
        store: Store,
        entry: Entry,
        control: Control | None = None,
        validators: Mapping[str, str] | None = None,
    ) -> None:
        if entry.is_folder:
            raise IsFolder(store.uri(entry.path), "is a folder, and only files have bytes")
        self.entry = entry
        self._store = store
        self._control = control
        self._validators = validators or {}
        self._pace = None if control is None else Pace(control)
        self._lock = threading.Lock()
        self._opened: Source | None = None

    @property
    def size(self) -> int:
        """Its size in bytes; asks for it where the platform doesn't state it."""
        if self.entry.size is not None:
            return self.entry.size
        try:
            return self._source().size
        except NoRanges as error:
            return self._whole(error).size

    @property
    def held_to(self) -> int:
        """How many servers' words the bytes that follow are held to; 0 where a change would go unnoticed."""
        opened = self._opened
        return opened.held_to if isinstance(opened, Ranges) else 0

    @property
    def validators(self) -> Mapping[str, str]:
        """By server's origin, the ETag or date that told which file it is; whoever reads on in its place needs them."""
        opened = self._opened
        return opened.validators if isinstance(opened, Ranges) else self._validators

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Reads bytes.

        Args:
            start: The first one, counted from 0; a negative one counts from the end.
            end: The one behind the last, likewise; None for all that follow.

        Returns:
            Those that there are, all of one and the same file.

        Raises:
            PathNotFound: The file isn't there any longer.
            SourceChanged: It became another one since it was first read.
            OmicsError: It can't be read.
        """
        size = self.size
        start, end = _within(start, size), size if end is None else _within(end, size)
        if start >= end:
            return b""
        try:
            return read_in_parts(self._source(), start, end)
        except NoRanges as error:
            return self._whole(error).read(start, end)
        except NotFound as error:
            raise PathNotFound(self._store.uri(self.entry.path), "isn't there any longer") from error

    def _source(self) -> Source:
        with self._lock:
            if self._opened is None:
                stream = self._store.open(self.entry)
                self._opened = (
                    self._ranges() if stream is None else _Opened(stream, self.entry.size, self._uri, self._pace)
                )
            return self._opened

    def _ranges(self) -> Ranges:
        return Ranges(
            partial(self._store.location, self.entry),
            self.entry.size,
            title=self._uri,
            elsewhere=partial(self._store.elsewhere, self.entry),
            pace=self._pace,
            validators=self._validators,
            unvalidated=self._control is not None and self._control.resume_unvalidated,
        )

    def _whole(self, why: NoRanges) -> Source:
        """Fetches the file, verified, where no part of it can be had."""
        with self._lock:
            if not isinstance(self._opened, _Opened):
                _log.info("%s; fetching the whole file", why.message)
                folder = tempfile.mkdtemp(prefix="omics-")
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                from omicsdk.fs.copying.fetching import FetchOptions, fetch

                options = FetchOptions(control=self._control or Control())
                fetch([(self.entry, "bytes")], self._store, folder, options).raise_if_failed()
                stream = Path(folder, "bytes").open("rb")  # noqa: SIM115 - open as long as it is read
                whole = _Opened(stream, self.entry.size, self._uri, self._pace)
                if isinstance(self._opened, Ranges):
                    self._opened.confirm(whole)  # some of its bytes may have been given already
                self._opened = whole
            return self._opened

    @property
    def _uri(self) -> str:
        return self._store.uri(self.entry.path)


class _Opened:
    """A stream that is open on this machine, read by one thread at a time.

    Args:
        stream: The stream; seeks to any place.
        size: Its size as stated, None when it isn't.
        title: What messages call it.
        pace: What holds readers to a limit; None for none.
    """

    def __init__(self, stream: BinaryIO, size: int | None, title: str, pace: Pace | None) -> None:
        self.size = stream.seek(0, 2)
        self._stream = stream
        self._before = state_of(stream)
        self._lock = threading.Lock()
        self._title = title
        self._pace = pace
        if size not in (None, self.size):
            stream.close()
            raise SourceChanged(f"{title}: it has {self.size} bytes instead of {size}", name=title)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Reads bytes, as `Ranges.read`."""
        end = self.size if end is None else end
        with self._lock:
            self._stream.seek(start)
            data = b"".join(iter(lambda: self._stream.read(end - self._stream.tell()), b""))
            after = state_of(self._stream)
        if self._pace is not None:
            self._pace.passed(len(data))
        if len(data) != end - start:
            raise SourceChanged(f"{self._title}: it became shorter while it was read", name=self._title)
        if self._before and after and is_another(self._before, after):
            raise SourceChanged(f"{self._title}: it was written to while it was read", name=self._title)
        return data

    def __del__(self) -> None:
        self._stream.close()


def parts_of(start: int, end: int, part: int = PART) -> Sequence[tuple[int, int]]:
    """Cuts a read into parts of about the same length.

    Args:
        start: The first byte.
        end: The byte behind the last.
        part: The longest a part may be, in bytes.

    Returns:
        Starts and ends, in order.
    """
    count = max(1, -(-(end - start) // part))
    marks = [start + (end - start) * number // count for number in range(count + 1)]
    return list(pairwise(marks))


def read_in_parts(source: Source, start: int, end: int, clock: Clock = SYSTEM_CLOCK) -> bytes:
    """Reads bytes: by one connection where that is as fast as this machine, else by several.

    Args:
        source: The file.
        start: The first byte.
        end: The byte behind the last.
        clock: Tells how fast it goes.
    """
    parts = parts_of(start, end)
    if len(parts) == 1:
        return source.read(start, end)
    began = clock.monotonic()
    first = source.read(*parts[0])
    if len(first) >= FAST * (clock.monotonic() - began):
        return b"".join([first, source.read(parts[0][1], end)])
    with Workers(min(PARTS_AT_ONCE, len(parts) - 1), "omicsdk-read") as pool:
        futures = [pool.submit(source.read, *part) for part in parts[1:]]
        return b"".join([first, *(future.result() for future in futures)])


def _within(place: int, size: int) -> int:
    return max(0, size + place) if place < 0 else min(place, size)


def state_of(stream: BinaryIO) -> os.stat_result | None:
    """What is known of a file of this machine that is open; None for any other stream.

    Args:
        stream: The stream.
    """
    try:
        found = os.fstat(stream.fileno())
    except (AttributeError, OSError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def is_another(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was written to.

    Args:
        before: What was known of it.
        after: What is.
    """
    return (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)


#: Scheme to the class that opens it.
STORES = {
    "file": "omicsdk.fs.places.local:LocalStore",
    "s3": "omicsdk.fs.places.s3:S3Store",
    "dss": "omicsdk.fs.places.dss:DssStore",
    "drs": "omicsdk.fs.places.drs:DrsStore",
    "gen3": "omicsdk.fs.places.gen3:Gen3Store",
    "sb": "omicsdk.fs.places.sb:SbStore",
    "pangea": "omicsdk.fs.places.pangea:PangeaStore",
    "crunch": "omicsdk.fs.places.crunch:CrunchStore",
}


def open_store(scheme: str, **options: Any) -> Store:
    """Opens the store of a scheme. Nothing is connected before it is asked for something.

    Args:
        scheme: One of STORES.
        options: What its class takes: where the platform is and who asks; by default as the platform's own settings say.

    Raises:
        WrongUri: There is no such scheme.
        TypeError: The class takes no such option.
    """
    home = STORES.get(scheme)
    if home is None:
        close = difflib.get_close_matches(scheme, STORES, 1)
        meant = f"Did you mean {close[0]}://? " if close else ""
        raise WrongUri(f"There is no scheme {scheme}://", remedy=f"{meant}Known are {', '.join(STORES)}.")
    module, _, name = home.partition(":")
    return cast("Store", getattr(import_module(module), name)(**options))


class Stores:
    """The stores of whatever URIs name, opened when one is first named.

    Args:
        options: By scheme, what its store is opened with; see `open_store`.
    """

    def __init__(self, options: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._options = options or {}
        self._open: dict[str, Store] = {}

    def of(self, uri: Uri | str) -> Store:
        """The store that has what a URI names.

        Args:
            uri: The URI.

        Raises:
            WrongUri: There is no such scheme.
        """
        scheme = (parse_uri(uri) if isinstance(uri, str) else uri).scheme
        if scheme not in self._open:
            self._open[scheme] = open_store(scheme, **self._options.get(scheme, {}))
        return self._open[scheme]

    def close(self) -> None:
        """Closes all."""
        while self._open:
            self._open.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
