"""How a store is looked at by fsspec: names, listings, what is told of files."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, cast

from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import IsFolder, NotAFolder, WrongUri
from omicsdk.fs.filesystems.fsspec_parts import AbstractFileSystem, DirCache, stringify_path
from omicsdk.fs.filesystems.live import Live, shared_store
from omicsdk.fs.filesystems.telling import Options, info_of, key_of, without_secrets
from omicsdk.fs.reading.block_cache import LIMIT, BlockCache
from omicsdk.fs.store import Store
from omicsdk.fs.uri import parse_uri

#: Seconds after which a listing is asked for again.
LISTED_FOR = 30.0

#: What says that nothing is there.
ABSENT = (FileNotFoundError, NotADirectoryError, WrongUri)


class LookingFileSystem(AbstractFileSystem):
    """How a store is looked at; arguments as `OmicsFileSystem`'s."""

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
        del anon  # pandas tries so once more where something isn't permitted
        self._given = store
        self._options = options
        self._block_size = block_size
        self._cache_type = cache_type
        self._listings = DirCache(use_listings_cache, listings_expiry_time, max_paths)
        self._batch = threading.local()
        self._blocks = None if block_cache is None else BlockCache(block_cache, block_cache_bytes)
        self._live = Live(self._open_store(), self._blocks)

    @classmethod
    def over(cls, store: Store, **options: Any) -> Self:
        """Makes a file system of a store that is ready; it is nobody else's, and can be pickled where the store can.

        Args:
            store: The store.
            **options: As for the class.
        """
        return cls(store=store, skip_instance_cache=True, **options)

    def _open_store(self) -> Store:
        return self._given if self._given is not None else shared_store(str(self.protocol), self._options)

    def _alive(self) -> Live:
        if self._live.process != os.getpid():  # connections that were copied by a fork are another process's
            self._live = Live(self._open_store(), self._blocks)
            self._batch = threading.local()
        return self._live

    @property
    def store(self) -> Store:
        """What the files are in."""
        return self._alive().store

    # -- names

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(each) for each in cast("list[Any]", path)]
        text: str = stringify_path(path)
        start = f"{cls.protocol}://"
        return parse_uri(start + (text[len(start) :] if text.lower().startswith(start) else text)).path

    def unstrip_protocol(self, name: str) -> str:
        """A path as people write it."""
        return self.store.uri(self._strip_protocol(name))

    # -- secrets

    @property
    def storage_options(self) -> dict[str, Any]:
        """What it was made with; its repr shows no secrets."""
        return self._made_with

    @storage_options.setter
    def storage_options(self, options: dict[str, Any]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._made_with = Options(options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.protocol}://>"

    def to_dict(self, *, include_password: bool = False) -> dict[str, Any]:
        """What another one is made of, as plain data; without secrets, which it finds where these were found.

        Args:
            include_password: Whether to have them in it all the same.
        """
        told = super().to_dict(include_password=True)
        return told if include_password else without_secrets(told)

    def to_json(self, *, include_password: bool = False) -> str:
        """The same as JSON."""
        return super().to_json(include_password=include_password)

    # -- looking

    def _entry(self, path: str) -> Entry:
        for known in (self._listings.get(path.rpartition("/")[0]) or ()) if path else ():
            if known.path == path:
                return known
        return self.store.look(path)

    def _entry_to_read(self, path: str) -> Entry:
        """What is there to be read; where blocks are kept by version, the version that it has at this moment."""
        return self._entry(path) if self._blocks is None else self.store.look(path)

    def _entries(self, path: str, refresh: bool = False) -> list[Entry]:
        known = None if refresh else self._listings.get(path)
        if known is None:
            try:
                known = list(self.store.entries(path))
            except NotAFolder:
                return [self._entry(path)]
            self._listings[path] = known
        return known

    def ls(self, path: str, detail: bool = True, refresh: bool = False, **kwargs: Any) -> list[Any]:
        """Lists what is directly in a folder.

        Args:
            path: The folder, or a file.
            detail: Whether to give dictionaries as `info` does, or paths.
            refresh: Whether to ask again where the answer is remembered.
            **kwargs: Nothing.
        """
        found = self._entries(self._strip_protocol(path), refresh)
        return [info_of(entry) for entry in found] if detail else [entry.path for entry in found]

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        """Tells of a file or folder; see `omicsdk.fs.filesystems.telling.info_of`.

        Raises:
            FileNotFoundError: Nothing is there.
        """
        return info_of(self._entry(self._strip_protocol(path)))

    def exists(self, path: str, **kwargs: Any) -> bool:
        """Whether something is there. What keeps from knowing that is raised."""
        return self._kind(path) is not None

    def isdir(self, path: str) -> bool:
        """Whether a folder is there."""
        return self._kind(path) == "folder"

    def isfile(self, path: str) -> bool:
        """Whether a file is there."""
        return self._kind(path) == "file"

    def _kind(self, path: str) -> str | None:
        try:
            return self._entry(self._strip_protocol(path)).kind
        except ABSENT:
            return None

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **kwargs: Any
    ) -> Any:
        """Finds all files below a folder, sorted by their paths. A folder that can't be listed is an error, and not left out.

        Args:
            path: The folder, or a file; of what isn't there nothing is found.
            maxdepth: How many levels, None for all.
            withdirs: Whether folders are told as well.
            detail: Whether to give a dictionary from path to what `info` tells, or a list of paths.
            **kwargs: Nothing.
        """
        if maxdepth is not None and maxdepth < 1:
            raise ValueError("maxdepth must be at least 1")
        path = self._strip_protocol(path)
        try:
            if maxdepth is None and not withdirs:
                entries = list(self.store.walk(path))
            else:
                entries = list(self._below(self._entry(path), maxdepth, withdirs))
        except ABSENT:
            self._forget(path)
            if self.exists(path):  # something below it isn't, or can't be seen
                raise
            entries = []
        found = {entry.path: info_of(entry) for entry in sorted(entries, key=lambda each: each.path)}
        return found if detail else list(found)

    def _below(self, entry: Entry, levels: int | None, withdirs: bool) -> Iterator[Entry]:
        """What is below a folder, itself among it; or a file. fsspec's own leaves out what it can't list."""
        if not entry.is_folder or (withdirs and entry.path):
            yield entry
        if entry.is_folder and levels != 0:
            for each in self._entries(entry.path):
                yield from self._below(each, None if levels is None else levels - 1, withdirs)

    def ukey(self, path: str) -> str:
        """What changes whenever the file does; asks the platform each time."""
        entry = self.store.look_now(self._strip_protocol(path))
        if entry != self._entry(entry.path):
            self._forget(entry.path)
        return key_of(entry, self.store.uri(entry.path))

    def checksum(self, path: str) -> int:
        """The same as a number."""
        return int(self.ukey(path), 16)

    def created(self, path: str) -> datetime:
        """Raises NotImplementedError: no platform tells of all its files when they were made."""
        raise NotImplementedError(f"{self.unstrip_protocol(path)}: ask `modified` when it was changed last")

    def modified(self, path: str) -> datetime:
        """Tells when it was changed last; NotImplementedError where the platform doesn't say."""
        entry = self._entry(self._strip_protocol(path))
        if entry.modified is None:
            raise NotImplementedError(f"{self.store.uri(entry.path)}: its platform doesn't say when it was changed")
        return datetime.fromtimestamp(entry.modified, UTC)

    def sign(self, path: str, expiration: int = 100, **kwargs: Any) -> str:
        """Gives a URL by which anybody reads a file for a while; for how long is the platform's to say.

        Args:
            path: The file.
            expiration: Not used: no platform can be told.
            **kwargs: Nothing.

        Raises:
            NotImplementedError: There is no such URL.
        """
        entry = self._file(path)
        location = None if self._opens(entry) else self.store.location(entry)
        if location is None or location.headers:
            raise NotImplementedError(f"{self.store.uri(entry.path)}: its platform gives no URL that others can use")
        return location.url

    def _opens(self, entry: Entry) -> bool:
        stream = self.store.open(entry)
        if stream is not None:
            stream.close()
        return stream is not None

    def _file(self, path: str) -> Entry:
        entry = self._entry_to_read(self._strip_protocol(path))
        if entry.is_folder:
            raise IsFolder(self.store.uri(entry.path), "is a folder")
        return entry

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forgets what was listed.

        Args:
            path: Of this path and the folders above it; None for all.
        """
        if path is None:
            self._listings.clear()
            self._alive().forget()
        else:
            self._forget(self._strip_protocol(path))
        super().invalidate_cache(path)

    def _forget(self, path: str) -> None:
        self._alive().forget(path)
        parts = path.split("/") if path else []
        for length in range(len(parts) + 1):
            self._listings.pop("/".join(parts[:length]), None)
