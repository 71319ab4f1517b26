"""A place that holds files, whatever platform it is of: what it states of them, how it is opened, listed, fetched from and put into."""

from __future__ import annotations

import difflib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from importlib import import_module
from typing import Any, BinaryIO, ClassVar, Literal, Self, cast

from omicsdk.core.redaction import MASK, is_secret_name
from omicsdk.fs.uri import ReadOnly, Uri, WrongUri, parse_uri
from omicsdk.transfer import Control, Item, Location, Progress, TransferReport


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
