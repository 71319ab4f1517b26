"""Files of the Data Store: what is stated of one, where it is, how many are fetched, and the shared folder of downloads.

The shared folder has the layout of all clients of the Data Store. A file is stored once, under its SHA-256:
`.hca/v2/files_2_4/<first 2>/<next 4>/<sha256>`. Folders of bundles hold hard links to it, or copies where the file system has
none.
"""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import shutil
import stat
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Never, Self, cast
from urllib.parse import urljoin

from omicsdk.core.checksums import is_checksum
from omicsdk.core.credentials import ANONYMOUS, Credentials
from omicsdk.core.errors import APIError, DecodeError, TransferError, Unauthorized
from omicsdk.core.files import in_place_of
from omicsdk.core.logs import logger
from omicsdk.core.omit import OMIT
from omicsdk.core.operation import exchange_of_call
from omicsdk.core.type_guards import is_number, is_object, number_in
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.names import first_of_each

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.core.request import Request
    from omicsdk.hca.dss.client import Dss
    from omicsdk.transfer import TransferOptions, TransferReport
    from omicsdk.transfer.scale.workers import WorkerPool

# A copy of the Data Store, by the cloud that it is in.
Replica = Literal["aws", "gcp"]


# The filestore's folder below the download folder; 2 and 4 are the lengths of the names of its folders.
ROOT = ".hca/v2/files_2_4"


def name_in_store(sha256: str) -> str:
    """A file's path below the filestore's own folder, with `/` between folders.

    Args:
        sha256: 64 hexadecimal digits; upper case is lowered.
    """
    digest = sha256.lower()
    return f"{digest[:2]}/{digest[2:6]}/{digest}"


_FIELDS: tuple[tuple[str, type, str], ...] = (
    ("name", object, "a name"),
    ("uuid", str, "a UUID"),
    ("version", str, "a version"),
    ("sha256", str, "a checksum"),
    ("size", int, "a whole number"),
    ("indexed", bool, "true or false"),
)


class DSSFile(NamedTuple):
    """A file of the Data Store, or a bundle's manifest treated as one; fields in the documented order.

    Attributes:
        name: Its name in the bundle, with `/` between folders.
        uuid: Its UUID.
        version: Its DSS_VERSION; empty for the latest.
        sha256: Its SHA-256, 64 hexadecimal digits in lower case.
        size: Bytes; None if it is not known.
        indexed: Whether it is metadata.
        replica: Where it is fetched from.
    """

    name: str
    uuid: str
    version: str
    sha256: str
    size: int | None
    indexed: bool
    replica: str

    @classmethod
    def from_manifest_row(cls, row: Mapping[str, str], replica: str) -> Self:
        """The file of a manifest's row.

        Args:
            row: The row by its columns; file_version and file_size may be missing or empty.
            replica: Where it is fetched from, `aws` or `gcp`.
        """
        size = row.get("file_size", "")
        version, sha256 = row.get("file_version") or "", row["file_sha256"].lower()
        return cls(row["file_name"], row["file_uuid"], version, sha256, number_in(size), False, replica)

    @classmethod
    def from_dss_bundle_response(cls, file_dict: Mapping[str, Any], replica: str) -> Self:
        """Make a file from a bundle's entry.

        Args:
            file_dict: An entry of `bundle.files` as the service answers it.
            replica: Where it is fetched from, `aws` or `gcp`.

        Raises:
            DecodeError: A field is missing, or is not what the service's document states. The name may be anything: what a
                file can be called is decided where it is placed.
        """
        if not is_object(file_dict):
            raise DecodeError("get_bundle", "bundle.files", file_dict, expected="objects")
        for key, kind, expected in _FIELDS:
            value = file_dict.get(key)
            is_right = is_number(value) if kind is int else isinstance(value, kind)
            if key not in file_dict or not is_right:
                raise DecodeError("get_bundle", f"bundle.files.{key}", value, expected=expected)
        values: dict[str, Any] = {key: file_dict[key] for key, _, _ in _FIELDS}
        values["sha256"] = values["sha256"].lower()
        if not is_checksum("sha256", values["sha256"]):
            raise DecodeError(
                "get_bundle", "bundle.files.sha256", file_dict["sha256"], expected="64 hexadecimal digits"
            )
        return cls(**values, replica=replica)

    @classmethod
    def for_bundle_manifest(cls, manifest_bytes: bytes, bundle_uuid: str, version: str, replica: str) -> Self:
        """Make the bundle.json of a bundle, which is stored like one of its files.

        Args:
            manifest_bytes: Its content.
            bundle_uuid: The bundle's UUID.
            version: The bundle's version.
            replica: Where the bundle is fetched from, `aws` or `gcp`.
        """
        sha256 = hashlib.sha256(manifest_bytes).hexdigest()
        return cls("bundle.json", bundle_uuid, version, sha256, len(manifest_bytes), False, replica)


# -- where a file is

# Returns where a file is now.
Locate = Callable[[], Location]

# Headers that the engine sets itself.
_ENGINES_OWN = frozenset({"accept", "accept-encoding", "user-agent"})


def without_redirects(api: DssApi) -> DssApi:
    """Return a clone of a client that returns redirects, for `locate`."""
    return api.with_options(follow_redirects=False)


def _request(api: DssApi, file: DSSFile) -> Request:
    replica, version = cast("Replica", file.replica), file.version or OMIT
    return api.get_file.build(uuid=file.uuid, replica=replica, version=version)


def locate(asking: DssApi, file: DSSFile) -> Location:
    """Return where a file is now; without a version the latest one.

    Args:
        asking: The service, as `without_redirects` gives it.
        file: The file.

    Raises:
        APIError: The service refused; names the file.
        TransferError: It redirected to an invalid URL.
    """
    try:
        with asking.get_file.streamed(_request(asking, file)) as response:
            # A service that has the bytes itself responds with them; they are requested again by the engine.
            url, redirect = response.url, response.headers.get("location", "")
    except APIError as error:
        error.operation = f"{error.operation} {file.name}"
        raise
    try:
        return Location(urljoin(url, redirect))
    except ValueError as error:
        problem = f"{file.name}: the service redirected to an invalid URL"
        raise TransferError(problem, name=file.name) from error


# Files that are requested at once of a service of which it is not known yet whether it accepts the credentials.
UNPROVEN = 16


class Locator:
    """Locates files for the transfer engine.

    Args:
        api: The service.
        has_answered: Whether the service has answered this client before, so that it is known to accept the credentials.
    """

    def __init__(self, api: DssApi, *, has_answered: bool) -> None:
        self._api = api
        self._transport = exchange_of_call(api.get_file).transport
        self._refused: Unauthorized | None = None
        self._first = threading.Lock()  # locked by the file that is sent before the others
        self._unproven = set[str]()  # checksums of files that may be requested before any response
        self._answered = threading.Event()
        if has_answered:
            self._answered.set()

    def locators_of(self, file: DSSFile) -> tuple[Locate | Location, Locate | None]:
        """Return how the engine finds a file: an item's `locate` and `renew`.

        A request by the engine costs far less than a call of the client's, so the engine requests the file from the
        service itself, with the client's headers. Where these are not accepted, `locate` asks, which renews the
        credentials, retries and explains. Of a service that has not answered a call of the client's yet, only the first
        few files are requested so, and then one is located before all others: where the credentials are refused, a
        hundred thousand requests more would be refused too.
        """
        ask = partial(self.locate, file)
        if not self._answered.is_set() or self._refused is not None:
            ask = partial(self._in_turn, ask)
            if self._refused is not None or not self._is_among_first(file):
                return ask, None
        out = self._transport.outgoing(_request(self._api, file))
        if out is None:  # only the client can send it
            return ask, None
        return Location(out.url, {name: value for name, value in out.headers.items() if name not in _ENGINES_OWN}), ask

    @cached_property
    def _asking(self) -> DssApi:
        return without_redirects(self._api)

    def _is_among_first(self, file: DSSFile) -> bool:
        if len(self._unproven) < UNPROVEN:
            self._unproven.add(file.sha256)
        return file.sha256 in self._unproven

    def locate(self, file: DSSFile) -> Location:
        """Return where a file is now, by a call of the client's; without a version the latest one.

        Raises:
            APIError: The service refused; names the file.
        """
        if self._refused is not None:  # credentials that are refused once are so for the other files too
            raise self._refused
        try:
            return locate(self._asking, file)
        except Unauthorized as error:
            self._refused = error
            raise

    def _in_turn(self, ask: Locate) -> Location:
        """Wait for the first request, or make it, before others are sent."""
        if self._answered.is_set() or not self._first.acquire(blocking=False):
            self._answered.wait()
            return ask()
        try:
            return ask()
        finally:
            self._answered.set()


# -- fetching many into the filestore

# Concurrent requests for files at most: to the service, which takes its time, and to the storage that it redirects to.
CONNECTIONS = 64


def fetch(
    dss: Dss,
    files: Iterable[DSSFile],
    folder: Path,
    options: TransferOptions,
    *,
    has_answered: bool = False,
    pool: WorkerPool | None = None,
    addresses: Mapping[str, str] | None = None,
) -> TransferReport:
    """Fetch files into the filestore, each checksum once.

    Checksums are distinguished by 63 bits of a keyed digest, in eight bytes of memory each: among a million, two are treated as
    one once in twenty million transfers. `missing` finds what was left out.

    Args:
        dss: The service.
        files: The files: a list, or what can be iterated over again, by workers too, and may name a file several times.
        folder: The download folder.
        options: The options of the transfer.
        has_answered: Whether the service has answered this client before.
        pool: The workers that fetch; None if this process does. A dry run uses none of them.
        addresses: Where files are, by their SHA-256; empty if the Data Store is asked.
    """
    # The engine's journals are in its target folder: inside the filestore they are out of the user's sight.
    target = folder / ROOT
    if pool is not None and not options.dry_run:
        from omicsdk.transfer.scale.workers import download_by

        is_list = isinstance(files, list)
        return download_by(
            pool,
            list(items_of(_each_once(files))) if is_list else partial(items_of, files),
            target,
            opening=SameService.of(dss),
            repeats=not is_list,
            options=options,
        )
    locate = _at(addresses) if addresses else Locator(dss, has_answered=has_answered).locators_of
    return download(items_of(_each_once(files), locate), target, options=options)


def _at(addresses: Mapping[str, str]) -> Callable[[DSSFile], tuple[Locate | Location, Locate | None]]:
    """Return a function that locates files at known addresses, by their SHA-256."""

    def locators_of(file: DSSFile) -> tuple[Locate | Location, Locate | None]:
        address = addresses.get(file.sha256)
        return (Location(address) if address else partial(_without_address, file)), None

    return locators_of


def _without_address(file: DSSFile) -> Never:
    raise TransferError(f"{file.name} cannot be downloaded: the manifest has no address", name=file.name)


def _each_once(files: Iterable[DSSFile]) -> Iterator[DSSFile]:
    return first_of_each(files, attrgetter("sha256"))


@dataclass(frozen=True, slots=True)
class _Unlocated:
    """Takes the place of a file's location until there is a client to locate it."""

    file: DSSFile

    def __call__(self) -> Never:
        raise RuntimeError(f"{self.file.name} was located before its worker opened a client")


def items_of(
    files: Iterable[DSSFile],
    locators_of: Callable[[DSSFile], tuple[Locate | Location, Locate | None]] | None = None,
) -> Iterator[Item]:
    """Yield what the engine fetches.

    Args:
        files: The files.
        locators_of: Returns an item's `locate` and `renew`; by default what has to be located before it is fetched, to be counted,
            shared out and sent to workers.
    """
    for file in files:
        locate, renew = (_Unlocated(file), None) if locators_of is None else locators_of(file)
        yield Item(
            name=name_in_store(file.sha256),
            locate=locate,
            size=file.size,
            checksums={"sha256": file.sha256},
            label=f"{file.name} (file {file.uuid}{f' version {file.version}' if file.version else ''})",
            renew=renew,
        )


def _located(item: Item, locator: Locator) -> Item:
    assert isinstance(item.locate, _Unlocated)
    locate, renew = locator.locators_of(item.locate.file)
    return replace(item, locate=locate, renew=renew)


# -- fetching by workers


@dataclass(frozen=True, slots=True)
class SameService:
    """Opens a client of the same service in another process.

    Attributes:
        client: The client's class: called with the URL and the credentials.
        base_url: The URL of the service.
        credentials: The credentials as they were given.
        finds_credentials: Whether the other process finds them itself, in its environment and its user's files.
    """

    client: Callable[..., AbstractContextManager[DssApi]]
    base_url: str
    credentials: Credentials | None = field(default=None, repr=False)
    finds_credentials: bool = False

    @classmethod
    def of(cls, dss: Dss) -> SameService:
        """What opens a client like one of this process, as the same user."""
        credentials = dss.credentials
        finds = dss.finds_credentials and not can_travel(credentials)
        return cls(type(dss), dss.base_url, None if finds else credentials, finds)

    @contextmanager
    def __call__(self, items: Iterable[Item]) -> Generator[Iterable[Item]]:
        """Open a client for a shard.

        Args:
            items: The shard's items, as `items_of` gives them.

        Yields:
            The same items, located.
        """
        options: dict[str, Any] = {} if self.finds_credentials else {"credentials": self.credentials or ANONYMOUS}
        with self.client(self.base_url, **options) as api:
            locator = Locator(api, has_answered=False)
            yield (_located(item, locator) for item in items)


def can_travel(credentials: Credentials | None) -> bool:
    """Whether credentials can be sent to another process; those that are renewed by a function of this one cannot.

    Args:
        credentials: The credentials.
    """
    try:
        pickle.dumps(credentials)
    except (pickle.PicklingError, TypeError, AttributeError):
        return False
    return True


_NO_LINKS = frozenset({errno.EMLINK, errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

_log = logger("omicsdk.hca.dss")


def filestore_path(sha256: str) -> str:
    """A file's path below the download folder, with `/` between folders."""
    return f"{ROOT}/{name_in_store(sha256)}"


def store_bytes(folder: Path, sha256: str, content: bytes) -> None:
    """Store content under its checksum, atomically."""
    path = folder / filestore_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == content:
        return
    with in_place_of(path) as file:
        file.write(content)


def link(folder: Path, sha256: str, name: str) -> None:
    """Give a stored file a second name below the same folder.

    Args:
        folder: The download folder.
        sha256: The file's checksum.
        name: The new name, relative to the folder, already checked for safety.

    Raises:
        TransferError: Another file has that name.
    """
    stored, path = folder / filestore_path(sha256), folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(stored, path)
    except FileExistsError:
        if not same_content(stored, path):
            raise TransferError(
                f"{path} already exists with other contents",
                remedy="Move it away, or download to another folder.",
            ) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _log.warning("%s: no hard link (%s); copied", path, error.strerror)
        with in_place_of(path, durable=False) as file, stored.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)


def same_content(stored: Path, path: Path) -> bool:
    """Return whether both are names of one file, or the second is a regular file with the same bytes."""
    first, second = stored.stat(), path.stat(follow_symlinks=False)
    if (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino):
        return True
    if not stat.S_ISREG(second.st_mode) or first.st_size != second.st_size:
        return False
    with stored.open("rb") as stored_file, path.open("rb") as file:
        while chunk := stored_file.read(1 << 20):
            if chunk != file.read(1 << 20):
                return False
    return True
