"""The file system of each scheme, registered with fsspec by its name: `fsspec.open("dss://...")`, `pandas.read_csv("drs://...")`."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import cached_property, lru_cache, partial
from glob import has_magic
from itertools import chain
from math import inf
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from omicsdk.core.checksums import Digests
from omicsdk.core.consistency import read_again_if_inconsistent
from omicsdk.core.errors import Conflict, OmicsError, SourceChanged
from omicsdk.core.logs import logger
from omicsdk.core.redaction import MASK, is_secret_name, mask_json
from omicsdk.core.threads import side_by_side
from omicsdk.fs.copying.copies import download_files
from omicsdk.fs.copying.fetching import refuse_wrong
from omicsdk.fs.copying.planning import CopyPlan, Selected, by_name
from omicsdk.fs.errors import (
    AlreadyThere,
    IsFolder,
    NotAFolder,
    NotEmpty,
    PathError,
    PathNotFound,
    ReadOnly,
    Unsupported,
    WrongUri,
)
from omicsdk.fs.file_bytes import FileBytes, stream
from omicsdk.fs.open_files import (
    DEFAULT_CALLBACK,
    LIMIT,
    AbstractFileSystem,
    BlockCache,
    CachedBytes,
    Callback,
    DirCache,
    LocalFileSystem,
    ReadFile,
    WrittenFile,
    compr,
    get_compression,
    isfilelike,
    other_paths,
    stringify_path,
)
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Cache, Entry, Put, Store, key_of
from omicsdk.fs.uris import Uri, local_name, open_store, parse_uri
from omicsdk.transfer import Progress
from omicsdk.transfer.names import LEFT, WORK_FOLDER, is_unfinished
from omicsdk.transfer.ranges import Source
from omicsdk.transfer.reports.report import raise_failure

_log = logger("omicsdk.fs")

#: Files whose URL and ETag are remembered between reads of their parts.
REMEMBERED = 256

_stores: dict[tuple[int, str, frozenset[tuple[str, Any]]], Store] = {}


def shared_store(scheme: str, options: Mapping[str, Any]) -> Store:
    """Open a store, or return the one that this process has open with the same options.

    Args:
        scheme: As for `open_store`.
        options: As for `open_store`; if they cannot be compared, the store is a new one.
    """
    try:
        key = os.getpid(), scheme, frozenset(options.items())
    except TypeError:
        return open_store(scheme, **options)
    store = _stores.get(key)
    if store is None:
        # One of several threads wins; a store that loses has connected to nothing. No lock, which a fork could inherit locked.
        store = _stores.setdefault(key, open_store(scheme, **options))
    return store


#: Seconds after which a listing is requested again.
LISTED_FOR = 30.0

#: Errors that mean that something does not exist.
ABSENT = (FileNotFoundError, NotADirectoryError, WrongUri)


@lru_cache(maxsize=1024)  # fsspec strips a path several times on its way to one file
def _path_of(start: str, rest: str) -> str:
    return parse_uri(start + rest).path


def report_progress(callback: Callback, progress: Progress) -> None:
    """Report a transfer's progress to fsspec."""
    callback.set_size(progress.bytes)
    callback.absolute_update(progress.bytes_done)


def _at_and_below(fs: AbstractFileSystem, path: str, recursive: bool, maxdepth: int | None) -> list[str]:
    """Return a path as its file system has it, and what is below it if `recursive`."""
    path = fs._strip_protocol(path)  # pyright: ignore[reportPrivateUsage] - fsspec has no public method for it
    return sorted({path, *(fs.find(path, maxdepth=maxdepth, withdirs=True, detail=False) if recursive else ())})


def _as_lists(
    source: AbstractFileSystem,
    path: Any,
    target: AbstractFileSystem,
    target_path: Any,
    recursive: bool,
    maxdepth: int | None,
) -> tuple[Any, Any]:
    """Pair each source with its target if the name of an existing source reads as a pattern.

    Otherwise fsspec expands the pattern, and puts its only match into a folder with the target's name.
    """
    texts = isinstance(path, str) and isinstance(target_path, str)
    if not (texts and has_magic(path) and (source.exists if recursive else source.isfile)(path)):
        return path, target_path
    paths = _at_and_below(source, path, recursive, maxdepth)
    inside = target_path.endswith("/") or (target.isdir(target_path) and not path.endswith("/"))
    return paths, other_paths(paths, target_path, exists=inside)


class Options(dict[str, Any]):
    """Options of a file system; their repr masks secrets."""

    def __repr__(self) -> str:
        return repr(
            {name: MASK if is_secret_name(name) and value else mask_json(value) for name, value in self.items()}
        )

    __str__ = __repr__


def _without_secrets(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    members = cast("Mapping[str, Any]", value).items()
    return {name: _without_secrets(member) for name, member in members if not is_secret_name(name)}


class OmicsFileSystem(AbstractFileSystem):
    """The files of one scheme, set by a subclass; safe to use from several threads, in forks and when pickled.

    Args:
        store: An existing store, instead of a new one; see `over`.
        block_size: Bytes of a block in the caches of open files; by default 4 MiB. By default files read ahead up to
            four blocks, starting with little.
        cache_type: The cache of open files, one of fsspec's ("blockcache", "background", "bytes", "none" ...); by
            default "growing", whose read-ahead grows with sequential reading.
        block_cache: A folder that keeps read blocks for other reads, programs and days, by the files' versions; files
            whose platform states neither version nor checksum are not kept. By default there is none.
        block_cache_bytes: Its limit, 10 GiB by default; the least recently read blocks are removed first.
        use_listings_cache: Whether listings are cached.
        listings_expiry_time: Seconds for which they are cached; by default 30.
        max_paths: Maximum number of cached listings; by default all.
        **options: Options of the store; see `omicsdk.fs.open_store`.

    Raises:
        WrongOption: The store has no such option.
    """

    protocol: ClassVar[str | tuple[str, ...]] = ""
    root_marker: ClassVar[str] = ""

    def __init__(
        self,
        *,
        store: Store | None = None,
        block_size: int | None = None,
        cache_type: str | None = None,
        block_cache: str | os.PathLike[str] | None = None,
        block_cache_bytes: int = LIMIT,
        use_listings_cache: bool = True,
        listings_expiry_time: float | None = LISTED_FOR,
        max_paths: int | None = None,
        asynchronous: bool = False,
        loop: object = None,
        batch_size: int | None = None,
        anon: bool = False,
        **options: Any,
    ) -> None:
        super().__init__()
        del asynchronous, loop, batch_size  # fsspec passes them to every file system; this one waits in threads
        del anon  # pandas retries so if something is not permitted
        self._passed_store = store
        self._options = options
        self._block_size = block_size
        self._cache_type = cache_type
        self._listings = DirCache(use_listings_cache, listings_expiry_time, max_paths)
        self._listed_for = (
            (inf if listings_expiry_time is None else listings_expiry_time) if use_listings_cache else 0.0
        )
        self._blocks = None if block_cache is None else BlockCache(block_cache, block_cache_bytes)
        self._begin()

    @classmethod
    def over(cls, store: Store, **options: Any) -> Self:
        """Make a file system from a store; it is not shared, and can be pickled if the store can.

        Args:
            store: The store.
            **options: As for the class.
        """
        return cls(store=store, skip_instance_cache=True, **options)

    def _begin(self) -> None:
        """Open the store in this process; what was read before is another process's after a fork."""
        self._batch = threading.local()
        self._store = (
            self._passed_store if self._passed_store is not None else shared_store(str(self.protocol), self._options)
        )
        for name in ("_files", "_looked_up"):
            vars(self).pop(name, None)
        self._process = os.getpid()  # last: another thread that sees it uses the others

    def _in_this_process(self) -> Self:
        """This file system, with connections of this process."""
        if self._process != os.getpid():
            self._begin()
        return self

    @property
    def store(self) -> Store:
        """The store of the files."""
        return self._in_this_process()._store

    # -- names

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(item) for item in cast("list[Any]", path)]
        start, text = f"{cls.protocol}://", stringify_path(path)
        return _path_of(start, text[len(start) :] if text.lower().startswith(start) else text)

    def unstrip_protocol(self, name: str) -> str:
        """A path as users write it."""
        return self.store.uri(self._strip_protocol(name))

    # -- secrets

    @property
    def storage_options(self) -> dict[str, Any]:
        """The options that it was made with; its repr shows no secrets."""
        return self._made_with

    @storage_options.setter
    def storage_options(self, options: dict[str, Any]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._made_with = Options(options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.protocol}://>"

    def to_dict(self, *, include_password: bool = False) -> dict[str, Any]:
        """Return plain data to make another one from; without secrets, which that one finds in the same places.

        Args:
            include_password: Whether to include them anyway.
        """
        fields = super().to_dict(include_password=True)
        return fields if include_password else _without_secrets(fields)

    def to_json(self, *, include_password: bool = False) -> str:
        """The same as JSON."""
        return super().to_json(include_password=include_password)

    # -- looking

    def _entry(self, path: str) -> Entry:
        folder: Entry | None = None
        for entry in (self._listings.get(path.rpartition("/")[0]) or ()) if path else ():
            if entry.path == path:
                if not entry.is_folder:  # as `stat`, if a folder has the same path
                    return entry
                folder = entry
        return folder or self.store.stat(path)

    def _entry_to_read(self, path: str) -> Entry:
        """Return the entry to read; if blocks are kept by version, with its current version."""
        return self._entry(path) if self._blocks is None else self.store.stat(path)

    def _entry_of_part(self, path: str) -> Entry:
        """Return the entry to read a part of; a reader of many parts, as of chunks of an array, looks it up once."""
        looked_up = self._in_this_process()._looked_up
        if self._blocks is not None:
            return self._entry_to_read(path)
        return looked_up.get(path) or looked_up.keep(path, self._entry_to_read(path))

    @cached_property
    def _looked_up(self) -> Cache[str, Entry]:
        """Entries of the files of which parts were read, for as long as listings are cached."""
        return Cache(REMEMBERED, self._listed_for)

    def _entries(self, path: str, refresh: bool = False) -> list[Entry]:
        entries = None if refresh else self._listings.get(path)
        if entries is None:
            try:
                entries = read_again_if_inconsistent(lambda: self.store.entries(path))
            except NotAFolder:
                return [self._entry(path)]
            self._listings[path] = entries
        return entries

    def ls(self, path: str, detail: bool = True, refresh: bool = False, **kwargs: Any) -> list[Any]:
        """List the contents of a folder.

        Args:
            path: The folder, or a file.
            detail: Whether to give dictionaries as `info` does, or paths.
            refresh: Whether to ask again where the response is remembered.
            **kwargs: Nothing.
        """
        entries = self._entries(self._strip_protocol(path), refresh)
        return [entry.info() for entry in entries] if detail else [entry.path for entry in entries]

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        """Return the facts of a file or folder; see `omicsdk.fs.store.Entry.info`.

        Raises:
            FileNotFoundError: Nothing exists there.
        """
        return self._entry(self._strip_protocol(path)).info()

    def exists(self, path: str, **kwargs: Any) -> bool:
        """Whether a path exists. An error that prevents the response is raised."""
        return self._kind(path) is not None

    def isdir(self, path: str) -> bool:
        """Whether a path is a folder."""
        return self._kind(path) == "folder"

    def isfile(self, path: str) -> bool:
        """Whether a path is a file."""
        return self._kind(path) == "file"

    def _kind(self, path: str) -> str | None:
        try:
            return self._entry(self._strip_protocol(path)).kind
        except ABSENT:
            return None

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **kwargs: Any
    ) -> Any:
        """Find all files below a folder, sorted by their paths. A folder that cannot be listed is an error, not
        omitted.

        Args:
            path: The folder, or a file, or both if both have the path; of what does not exist nothing is found.
            maxdepth: How many levels, None for all.
            withdirs: Whether to list folders as well.
            detail: Whether to give a dictionary from path to what `info` returns, or a list of paths.
            **kwargs: Nothing.
        """
        if maxdepth is not None and maxdepth < 1:
            raise ValueError("maxdepth must be at least 1")
        path = self._strip_protocol(path)
        try:
            if maxdepth is None and not withdirs:
                entries = read_again_if_inconsistent(lambda: self.store.walk(path))
            else:
                entries = list(self._below(self._entry(path), maxdepth, withdirs))
            if [entry.path for entry in entries] == [path]:
                for folder in self.store.folders_beside(entries[0]):
                    entries += self._below(folder, maxdepth, withdirs)
        except ABSENT:
            self._forget(path)
            if self.exists(path):  # something below it does not exist, or is not visible
                raise
            entries = []
        # Of a file and a folder of one path the file is last, whose facts `info` states, too.
        entries.sort(key=lambda item: (item.path, not item.is_folder))
        by_path = {entry.path: entry.info() for entry in entries}
        return by_path if detail else list(by_path)

    def du(
        self, path: str, total: bool = True, maxdepth: int | None = None, withdirs: bool = False, **kwargs: Any
    ) -> Any:
        """Return the size of all files below a folder. Files whose size the platform does not state add nothing.

        Args:
            path: The folder, or a file; of what does not exist the size is 0.
            total: Whether to sum the sizes, or to return a dictionary from path to size.
            maxdepth: How many levels, None for all.
            withdirs: Whether to include folders.
            **kwargs: Nothing.
        """
        entries = self.find(path, maxdepth, withdirs, detail=True)
        sizes: dict[str, int | None] = {name: info["size"] for name, info in entries.items()}
        return sum(size or 0 for size in sizes.values()) if total else sizes

    def _below(self, entry: Entry, levels: int | None, withdirs: bool) -> Iterator[Entry]:
        """Return everything below a folder, and the folder itself; or a file. fsspec's own omits what it cannot list."""
        if not entry.is_folder or (withdirs and entry.path):
            yield entry
        if entry.is_folder and levels != 0:
            for child in self._entries(entry.path):
                yield from self._below(child, None if levels is None else levels - 1, withdirs)

    def ukey(self, path: str) -> str:
        """Return what changes whenever the file does; asks the platform each time."""
        entry = self.store.stat(self._strip_protocol(path), refresh=True)
        # Other calls would otherwise go on to state what was listed before.
        if entry != self._entry(entry.path):
            self._forget(entry.path)
        return key_of(entry, self.store.uri(entry.path))

    def checksum(self, path: str) -> int:
        """The same as a number."""
        return int(self.ukey(path), 16)

    def created(self, path: str) -> datetime:
        """Raise NotImplementedError: no platform states for all its files when they were created."""
        raise NotImplementedError(f"{self.unstrip_protocol(path)}: use `modified` for the time of its last change")

    def modified(self, path: str) -> datetime:
        """Return when it was changed last; NotImplementedError if the platform does not state it."""
        entry = self._entry(self._strip_protocol(path))
        if (changed_at := entry.changed_at) is None:
            raise NotImplementedError(f"{self.store.uri(entry.path)}: its platform does not state when it was changed")
        return changed_at

    def sign(self, path: str, expiration: int = 100, **kwargs: Any) -> str:
        """Return a URL that allows any reader to read the file for a time that the platform decides.

        Args:
            path: The file.
            expiration: Ignored: no platform supports it.
            **kwargs: Nothing.

        Raises:
            NotImplementedError: There is no such URL.
        """
        try:
            return self.store.presign(self._entry_to_read(self._strip_protocol(path)))
        except Unsupported as error:
            raise NotImplementedError(error.message) from error

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget what was listed.

        Args:
            path: Of this path, what is below it, and the folders above it; None for all.
        """
        self._in_this_process()._looked_up.forget()
        if not (stripped := self._strip_protocol(path or "")):
            self._listings.clear()
            self._files.forget()
        for folder in [
            stripped,
            *(cached_folder for cached_folder in self._listings if cached_folder.startswith(f"{stripped}/")),
        ]:
            self._forget(folder)
        super().invalidate_cache(path)

    def _forget(self, path: str) -> None:
        self._in_this_process()._files.forget(path)
        self._looked_up.forget(path)
        parts = path.split("/") if path else []
        for length in range(len(parts) + 1):
            self._listings.pop("/".join(parts[:length]), None)

    def bytes_for_reader(self, entry: Entry, validators: Mapping[str, str] | None = None) -> FileBytes | CachedBytes:
        """Return a file's bytes for one reader, which gets an error when the file changes.

        Args:
            entry: The file.
            validators: The validators of the reader that it replaces; None if there was none.

        Raises:
            IsFolder: It is a folder.
        """
        file_bytes = FileBytes(self.store, entry, validators=validators)
        if self._blocks is None or not (entry.version or entry.checksums):
            return file_bytes  # nothing would distinguish its blocks from those of a later one
        store, uri = self.store, self.store.uri(entry.path)
        return CachedBytes(
            self._blocks, file_bytes, key_of(entry, uri), lambda: key_of(store.stat(entry.path, refresh=True), uri)
        )

    @cached_property
    def _files(self) -> Cache[str, tuple[Entry, FileBytes | CachedBytes]]:
        """The files that were read last, by path."""
        return Cache(REMEMBERED)

    def _bytes_of(self, entry: Entry) -> FileBytes | CachedBytes:
        """A file's bytes, by the URL that was requested before if there is one."""
        files = self._in_this_process()._files
        cached = files.get(entry.path)
        # A reader keeps to the version that it has begun with, so another version gets another one.
        if cached is None or cached[0] != entry:
            cached = files.keep(entry.path, (entry, self.bytes_for_reader(entry)))
        return cached[1]

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        """Read a file, or a part of it.

        Args:
            path: The file.
            start: The first byte; a negative number counts from the end.
            end: The first byte after the range; a negative number counts from the end.
            **kwargs: Nothing.
        """
        path = self._strip_protocol(path)
        entry = self._entry_to_read(path) if start is None and end is None else self._entry_of_part(path)
        try:
            return self._read(self._bytes_of(entry), start, end)
        except (SourceChanged, PathNotFound):  # since it was listed or read: this read is a new one
            self._forget(path)
        return self._read(self._bytes_of(self._entry_to_read(path)), start, end)

    @staticmethod
    def _read(source: Source, start: int | None, end: int | None) -> bytes:
        return source.read(start or 0, end)

    def cat_ranges(
        self, paths: Any, starts: Any, ends: Any, max_gap: int | None = None, on_error: str = "return", **kwargs: Any
    ) -> list[Any]:
        """Read parts of files, concurrently.

        Args:
            paths: The files, a list.
            starts: The first byte of each, or of all.
            ends: The byte after the last of each, or of all.
            max_gap: Not used.
            on_error: "return" returns the exception in place of bytes that cannot be read, "raise" raises it.
            **kwargs: Nothing.
        """
        if isinstance(paths, str):  # whose characters would be the paths
            raise TypeError("paths must be a list")
        paths = [self._strip_protocol(path) for path in paths]
        firsts = cast("list[int | None]", starts) if isinstance(starts, list) else [starts] * len(paths)
        lasts = cast("list[int | None]", ends) if isinstance(ends, list) else [ends] * len(paths)
        if not len(firsts) == len(lasts) == len(paths):
            raise ValueError("There must be as many starts and ends as paths")
        parts = list(zip(paths, firsts, lasts, strict=True))
        contents = self._parts(parts)
        changed = {path for path, data in zip(paths, contents, strict=True) if isinstance(data, SourceChanged)}
        if changed:  # all parts of such a file again, so that none is of another version than the others
            for path in changed:
                self._forget(path)
            again = iter(self._parts([part for part in parts if part[0] in changed]))
            contents = [next(again) if path in changed else data for path, data in zip(paths, contents, strict=True)]
        for data in contents:
            if on_error != "return" and isinstance(data, OmicsError):
                raise data
        return contents

    def _parts(self, parts: Sequence[tuple[str, int | None, int | None]]) -> list[bytes | OmicsError]:
        """Parts of files, or why they cannot be read."""

        def source(path: str) -> Source:
            return self._bytes_of(self._entry_to_read(path))

        def part(span: tuple[str, int | None, int | None]) -> bytes:
            path, first, last = span
            part_source = sources[path]
            if isinstance(part_source, OmicsError):
                raise part_source
            return self._read(part_source, first, last)

        # One look, and one reader, for all parts of a file.
        paths = list(dict.fromkeys(path for path, *_ in parts))
        sources = dict(zip(paths, side_by_side(source, paths), strict=True))
        return list(side_by_side(part, parts))

    def expand_path(
        self,
        path: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        assume_literal: bool = False,
        **kwargs: Any,
    ) -> list[str]:
        """Return the files and folders that paths and patterns mean.

        Args:
            path: A path, a pattern, or several. What exists is meant itself, also if its name reads as a pattern.
            recursive: Whether folders mean all that is in them, too.
            maxdepth: Down to how many levels, None for all.
            assume_literal: Whether none is a pattern.
            **kwargs: As for `glob`.
        """
        listed: Sequence[Any] = [path] if isinstance(path, (str, os.PathLike)) else path
        names = [stringify_path(name) for name in listed]
        literal = [name for name in names if has_magic(name) and self.exists(name)]
        patterns = [name for name in names if name not in literal]
        if assume_literal:  # of fsspec since 2025, which passes it itself
            kwargs["assume_literal"] = True
        expanded = [_at_and_below(self, name, recursive, maxdepth) for name in literal]
        if patterns or not literal:
            expanded.append(super().expand_path(patterns, recursive, maxdepth, **kwargs))
        return sorted(set(chain.from_iterable(expanded)))

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **kwargs: Any) -> Any:
        """Read whole files, concurrently.

        Args:
            path: A file, a pattern, or a list of them.
            recursive: Whether a folder means all files below it.
            on_error: "raise"; "omit" leaves out what cannot be read, "return" gives its exception.
            **kwargs: Nothing.

        Returns:
            A file's bytes; of several a dictionary by their paths.
        """
        path = stringify_path(path)
        paths: list[str] = self.expand_path(path, recursive=recursive)
        if isinstance(path, str) and paths == [self._strip_protocol(path)]:
            return self.cat_file(paths[0])
        contents = self.cat_ranges(paths, None, None, on_error="raise" if on_error == "raise" else "return")
        return {
            path: data
            for path, data in zip(paths, contents, strict=True)
            if on_error == "return" or not isinstance(data, Exception)
        }

    def get_file(
        self, rpath: str, lpath: Any, callback: Callback = DEFAULT_CALLBACK, outfile: Any = None, **kwargs: Any
    ) -> None:
        """Download a file, verified; it gets its name when it is complete. Bytes written to an open file are verified
        at the end.

        Args:
            rpath: The file. Of a folder an empty one is made.
            lpath: Its path on this machine, or an open file.
            callback: Called with the number of bytes.
            outfile: An open file.
            **kwargs: Nothing.
        """
        entry = self._entry(self._strip_protocol(rpath))
        into = lpath if outfile is None and isfilelike(lpath) else outfile
        if into is not None:
            self._write_into(into, entry, callback)
        elif entry.is_folder:
            Path(lpath).mkdir(parents=True, exist_ok=True)
        elif (batch := self._batched("get")) is not None:
            batch.append((entry, str(lpath)))
        else:
            self._fetch([(entry, str(lpath))], callback)

    def _write_into(self, into: Any, entry: Entry, callback: Callback) -> None:
        digests = Digests(entry.checksums, entry.size)
        with closing(FileBytes(self.store, entry)) as source:
            callback.set_size(source.size)
            for data in stream(source):
                digests.update(data)
                callback.relative_update(len(data))
                while data:
                    written: int | None = into.write(data)
                    if written == 0:
                        problem = "cannot be written into the open file, which accepts no more bytes"
                        raise PathError(self.store.uri(entry.path), problem, remedy="Download it to a path.")
                    data = b"" if written is None else data[written:]  # some only accept parts, some do not state it
        refuse_wrong(self.store.uri(entry.path), digests, entry)

    def get(
        self,
        rpath: Any,
        lpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Download files, concurrently, each verified; see fsspec's for the target of each."""
        with self._together("get") as batch:
            rpath, lpath = stringify_path(rpath), stringify_path(lpath)
            rpath, lpath = _as_lists(self, rpath, LocalFileSystem(), lpath, recursive, maxdepth)
            super().get(rpath, lpath, recursive, callback, maxdepth, **kwargs)
        self._fetch(batch)

    def _fetch(self, named_entries: Sequence[tuple[Entry, str]], callback: Callback | None = None) -> None:
        if not named_entries:
            return
        targets = [Path(path).absolute() for _, path in named_entries]
        folder = os.path.commonpath([target.parent for target in targets])
        files = [
            Selected(Uri(self.store.scheme, entry.path), entry, target.relative_to(folder).as_posix())
            for (entry, _), target in zip(named_entries, targets, strict=True)
        ]
        options = CopyOptions(progress=callback and partial(report_progress, callback))
        raise_failure(download_files(CopyPlan(Uri("file", folder), files), self.store, options))

    @contextmanager
    def _together(self, kind: str) -> Generator[list[Any]]:
        """Collect the calls for single files in the block into one transfer, in this thread."""
        batch: list[Any] = []
        setattr(self._batch, kind, batch)
        try:
            yield batch
        finally:
            delattr(self._batch, kind)

    def _batched(self, kind: str) -> list[Any] | None:
        return getattr(self._batch, kind, None)

    def put_whole(self, source: str, path: str, *, overwrite: bool = True, callback: Callback | None = None) -> None:
        """Put a file of this machine.

        Args:
            source: The file.
            path: Its target path.
            overwrite: Whether to replace an existing file; otherwise it is an error.
            callback: Called with the number of bytes.
        """
        self._put([Put(source, path)], overwrite, callback)

    def _put(self, puts: Sequence[Put], overwrite: bool, callback: Callback | None = None) -> None:
        if not puts:
            return
        options = CopyOptions(overwrite=overwrite, progress=callback and partial(report_progress, callback))
        try:
            raise_failure(self.store.put(puts, options))
        except Conflict as error:
            if len(puts) > 1 or not self.isdir(path := puts[0].path):
                raise
            raise IsFolder(self.store.uri(path), "is a folder", remedy="Choose another name.") from error
        finally:
            for put in puts:
                self._forget(put.path)

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        """Put bytes.

        Args:
            path: Target path.
            value: The bytes.
            mode: As for `put_file`.
            **kwargs: As for `open`.
        """
        with self.open(path, "xb" if mode == "create" else "wb", **kwargs) as file:
            file.write(value)

    def put_file(
        self, lpath: str, rpath: str, callback: Callback = DEFAULT_CALLBACK, mode: str = "overwrite", **kwargs: Any
    ) -> None:
        """Put a file, verified; for a folder an empty one is created.

        Args:
            lpath: A file of this machine.
            rpath: Target path.
            callback: Called with the number of bytes.
            mode: "overwrite", or "create" where nothing may be there.
            **kwargs: Nothing.
        """
        path, batch = self._strip_protocol(rpath), self._batched("put")
        if batch is not None and self._batch.recursive:  # as `walk_folder`: what downloads left is no data
            if WORK_FOLDER in path.split("/"):
                return
            if is_unfinished(path):
                _log.warning("%s %s: it is not uploaded", lpath, LEFT)
                return
        if mode == "create" and self.exists(path):
            raise AlreadyThere(self.store.uri(path))
        if Path(lpath).is_dir():
            self.makedirs(path, exist_ok=True)
        elif batch is not None:
            batch.append(Put(str(lpath), path))
        else:
            self.put_whole(str(lpath), path, overwrite=mode != "create", callback=callback)

    def put(
        self,
        lpath: Any,
        rpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Put files, concurrently, each verified; see fsspec's for the target of each. What interrupted downloads left in
        a folder, and their records, are not put.

        Raises:
            NameClash: Two files would have one path; nothing was put.
        """
        with self._together("put") as batch:
            lpath, rpath = stringify_path(lpath), stringify_path(rpath)
            lpath, rpath = _as_lists(LocalFileSystem(), lpath, self, rpath, recursive, maxdepth)
            self._batch.recursive = recursive
            super().put(lpath, rpath, recursive, callback, maxdepth, **kwargs)
        by_name(
            [Selected(Uri("file", put.source), Entry(put.path, "file"), put.path) for put in batch],
            Uri(self.store.scheme, ""),
        )
        self._put(batch, kwargs.get("mode") != "create")

    def mkdir(self, path: str, create_parents: bool = True, **kwargs: Any) -> None:
        """Make a folder.

        Args:
            path: The folder.
            create_parents: Whether to make those above it, too.
            **kwargs: Nothing.

        Raises:
            AlreadyThere: Something exists there.
            PathNotFound: The folder above it does not exist, and `create_parents` is not set.
        """
        path = self._strip_protocol(path)
        if not create_parents and not self.isdir(parent := self._parent(path)):
            raise PathNotFound(self.store.uri(parent), "is not a folder")
        self.makedirs(path)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Make a folder, and those above it.

        Args:
            path: The folder.
            exist_ok: Whether the folder may be there already.

        Raises:
            AlreadyThere: A file exists there, or a folder without `exist_ok`.
        """
        path = self._strip_protocol(path)
        kind = self._kind(path)
        if kind is None:
            self.store.make_folder(path)
            self._forget(path)
        elif not exist_ok or (kind == "file" and not self.store.folders_beside(self._entry(path))):
            raise AlreadyThere(self.store.uri(path))

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        path = self._strip_protocol(path)
        entry = self.store.stat(path)
        if not entry.is_folder:
            raise NotAFolder(self.store.uri(path), "is a file")
        self._remove(entry)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Remove files and folders.

        Args:
            path: A file, a pattern, or a list of them.
            recursive: Whether folders go with all that is in them; else only empty ones do.
            maxdepth: Down to how many levels, None for all.

        Raises:
            ReadOnly: One of them cannot be removed; nothing was.
        """
        paths: list[str] = self.expand_path(path, recursive=recursive, maxdepth=maxdepth)
        for name in paths:
            self.store.check_removal(name)
        self._remove_all(dict.fromkeys(paths, ""), recursive)

    def _remove_all(self, paths: dict[str, str], recursive: bool, *, partly: bool = False) -> None:
        """Remove files of these versions ("" for any), and then the folders that they were in; `partly` keeps those that have
        something else in them.
        """
        # `expand_path` lists a folder before what is in it.
        for path, version in reversed(paths.items()):
            try:
                entry = self.store.stat(path, refresh=bool(version))
                if version not in ("", entry.version):
                    uri = self.store.uri(path)
                    problem = "it changed while it was moved, and is kept; its copy is the earlier one"
                    raise SourceChanged(f"{uri}: {problem}", name=uri, remedy="Move it again.")
                self._remove(entry)
            except PathNotFound:  # some platforms have no folders but those of their files
                if not recursive:
                    raise
            except NotEmpty:
                if not partly:
                    raise

    def rm_file(self, path: str) -> None:
        """Remove a file, or an empty folder."""
        self._remove(self.store.stat(self._strip_protocol(path)))

    def _remove(self, entry: Entry) -> None:
        try:
            self.store.remove(entry)
        finally:
            self._forget(entry.path)

    def mv(self, path1: Any, path2: Any, recursive: bool = False, maxdepth: int | None = None, **kwargs: Any) -> None:
        """Move files and folders: copy all, then remove exactly what was copied. A move of a path to itself does nothing.

        Args:
            path1: A file, a pattern, or a list of them.
            path2: Where to; see fsspec's `copy` for what goes where.
            recursive: Whether folders go with all that is in them.
            maxdepth: Down to how many levels, None for all.
            **kwargs: Nothing.

        Raises:
            PathError: Something would be moved into itself, or over what is moved, too, or cannot be removed; nothing was copied.
            NameClash: Two files would have one path; nothing was copied.
            SourceChanged: A file changed while it was moved: it is kept.
            IsFolder: It is a folder, and `recursive` is not asked for.
        """
        if self._strip_protocol(path1) == self._strip_protocol(path2):
            return
        copies = self._copies(path1, path2, recursive, maxdepth, "raise")
        if not copies:
            raise IsFolder(self.unstrip_protocol(path1), "is a folder", remedy="Pass recursive=True.")
        for entry, target in copies:
            self._check_move(entry.path, target)
        for entry, target in copies:
            self._copy(entry, target)
        self._remove_all({entry.path: entry.version for entry, _ in copies}, recursive, partly=maxdepth is not None)

    def _check_move(self, path: str, target: str) -> None:
        if target == path or target.startswith(f"{path}/"):
            raise PathError(self.store.uri(path), f"cannot be moved to {self.store.uri(target)}, which it contains")
        self.store.check_removal(path)

    def copy(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        on_error: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Copy files and folders within the platform; see fsspec's for the target of each.

        Raises:
            NameClash: Two files would have one path; nothing was copied.
            PathError: A file would replace another one that is copied, too; nothing was copied.
        """
        raises = on_error == "raise" or (on_error is None and not recursive)
        for entry, target in self._copies(path1, path2, recursive, maxdepth, on_error, **kwargs):
            with nullcontext() if raises else suppress(FileNotFoundError):
                self._copy(entry, target)

    def _copies(
        self, path1: Any, path2: Any, recursive: bool, maxdepth: int | None, on_error: str | None, **kwargs: Any
    ) -> list[tuple[Entry, str]]:
        """What is copied, each with its target; no file's copy replaces another one, or its copy."""
        path1, path2 = _as_lists(self, path1, self, path2, recursive, maxdepth)
        with self._together("copy") as copies:
            super().copy(path1, path2, recursive, maxdepth, on_error, **kwargs)
        scheme = self.store.scheme
        files = [Selected(Uri(scheme, entry.path), entry, path) for entry, path in copies if not entry.is_folder]
        targets, sources = by_name(files, Uri(scheme, "")), {file.entry.path for file in files}
        for path, file in targets.items():
            if path in sources and path != file.entry.path:
                problem = f"cannot be copied to {self.store.uri(path)}, which is copied, too"
                raise PathError(str(file.uri), problem, remedy="Copy them to another folder.")
        return copies

    def cp_file(self, path1: str, path2: str, **kwargs: Any) -> None:
        """Copy a file: within the platform if possible, else through this machine.

        Args:
            path1: The file.
            path2: Path of the copy.
            **kwargs: Nothing.
        """
        entry, path = self._entry(self._strip_protocol(path1)), self._strip_protocol(path2)
        if (batch := self._batched("copy")) is not None:
            batch.append((entry, path))
        else:
            self._copy(entry, path)

    def _copy(self, entry: Entry, path: str) -> None:
        if entry.is_folder:
            self.makedirs(path, exist_ok=True)
            return
        try:
            if self.store.features.copies and self.store.copy(entry, path):
                return
        finally:
            self._forget(path)
        with tempfile.TemporaryDirectory(prefix="omics-") as folder:
            local = str(Path(folder, local_name(path)))
            self._fetch([(entry, local)])
            self.put_whole(local, path)

    def open(
        self,
        path: Any,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: Mapping[str, Any] | None = None,
        compression: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Open a file; see fsspec's. Closing a file that is written with compression puts it."""
        reads = "r" in mode
        codec = None if compression is None or reads else get_compression(self._strip_protocol(path), compression)
        if codec is None or "b" not in mode:
            return super().open(path, mode, block_size, cache_options, compression, **kwargs)
        target = super().open(path, mode, block_size, cache_options, **kwargs)
        compressed = compr[codec](target, mode=mode[0])

        def close(close: Any = compressed.close) -> None:
            close()
            target.close()  # GzipFile and its like leave open what they write to

        with suppress(AttributeError):  # those that are written in C close it
            compressed.close = close
        return compressed

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: Mapping[str, Any] | None = None,
        cache_type: str | None = None,
        size: int | None = None,
        version: str = "",
        **kwargs: Any,
    ) -> ReadFile | WrittenFile:
        block_size = block_size if isinstance(block_size, int) else self._block_size
        path = self._strip_protocol(path)
        if mode == "rb":
            entry = self._entry_to_read(path)
            return ReadFile(
                self,
                entry,
                self.bytes_for_reader(entry),
                block_size=block_size,
                cache_type=cache_type or self._cache_type,
                cache_options=cache_options,
                size=size,
                version=version,
            )
        if not self.store.features.writable:
            remedy = self.store.features.alternative or "Write to a file of this machine, to sb:// or to s3://."
            raise ReadOnly(self.store.uri(path), "cannot be written", remedy=remedy)
        if self.store.features.puts_whole_folders:
            remedy = "Write the folder's files on this machine, then upload the folder: fs.put(folder, path, recursive=True)."
            raise ReadOnly(self.store.uri(path), "cannot be written file by file", remedy=remedy)
        if mode not in ("wb", "xb"):
            raise NotImplementedError(
                f"{self.store.uri(path)} can only be written from the start (wb, xb), not with {mode}"
            )
        if mode == "xb" and self.exists(path):
            raise AlreadyThere(self.store.uri(path))
        return WrittenFile(self, path, mode, block_size=block_size, autocommit=autocommit)


class AzulFileSystem(OmicsFileSystem):
    """Files of Azul: Human Cell Atlas, LungMAP, AnVIL; options as for `omicsdk.fs.stores.azul.AzulStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "azul"


class DssFileSystem(OmicsFileSystem):
    """Files of bundles in the Human Cell Atlas's Data Store; options as for `omicsdk.fs.stores.dss.DssStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "dss"


class DrsFileSystem(OmicsFileSystem):
    """Objects of DRS servers; options as for `omicsdk.fs.stores.drs.DrsStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "drs"


class Gen3FileSystem(OmicsFileSystem):
    """Files of a Gen3 data commons; options as for `omicsdk.fs.stores.gen3.Gen3Store`."""

    protocol: ClassVar[str | tuple[str, ...]] = "gen3"


class SbFileSystem(OmicsFileSystem):
    """Files of projects on Seven Bridges' platforms; options as for `omicsdk.fs.stores.sb.SbStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "sb"


class PangeaFileSystem(OmicsFileSystem):
    """Files in the results of Pangea; options as for `omicsdk.fs.stores.pangea.PangeaStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "pangea"


class CrunchFileSystem(OmicsFileSystem):
    """Files of datasets of a crunch site; options as for `omicsdk.fs.stores.crunch.CrunchStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "crunch"
