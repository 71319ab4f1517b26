"""Files of bundles: by name, with the checksums that the Data Store states, and their locations."""

from __future__ import annotations

import copy
import io
import threading
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urljoin

from omicsdk.core.checksums import is_checksum
from omicsdk.core.errors import APIError, NotFound, Unauthorized, UnsafePath
from omicsdk.core.model import ANY, INTEGER, STRING, array, check, mapping, members, optional
from omicsdk.core.omit import OMIT
from omicsdk.core.paging import stated_number
from omicsdk.core.platform import settings_of
from omicsdk.core.response import page_of
from omicsdk.hca.dss.bundles import FILES_KEY, DSSFile, merged_pages
from omicsdk.transfer import Location
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.bundles import Replica
    from omicsdk.hca.dss.client import Dss

Locate = Callable[[], Location]
"""Returns where a file is now."""

CHECKSUMS = ("sha256", "sha1", "crc32c", "s3_etag")
"""Checksums that a manifest states of each file."""


def get_manifest(api: DssApi, uuid: str, version: str, replica: str) -> dict[str, Any]:
    """Return a bundle's manifest, all pages merged.

    Args:
        api: The service.
        uuid: The bundle.
        version: Its version, or empty for the latest.
        replica: Where to ask.

    Raises:
        NotFound: There is no such bundle.
        DecodeError: The response has no list of files, or does not state it which bundle it is.
    """
    operation = api.get_bundle
    request = operation.build(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT)
    return merged_pages([page_of(response, FILES_KEY, "get_bundle") for response in operation.responses(request)])


def ls(dss: Dss, bundle_uuid: str, replica: Replica, *, version: str = "", folder: str = "") -> Iterator[BundleFile]:
    """List the files of a bundle, in the order of their names.

    Args:
        bundle_uuid: The bundle.
        replica: Where to ask, `aws` or `gcp`.
        version: The bundle's version; by default the latest.
        folder: Only the files below this folder of the bundle; by default all.

    Yields:
        Each file with its name, size, checksums and media type.

    Raises:
        NotFound: There is no such bundle, or no file of it is in the folder.
        UnsafePath: A file of the bundle has a name that no file can have.
    """
    listing = BundleListing(get_manifest(dss, bundle_uuid, version, replica), replica)
    below = folder.strip("/")
    if not listing.has_folder(below):
        raise NotFound(f"Bundle {listing.uuid} version {listing.version} has no folder {folder!r}")
    yield from listing.below(below)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A file in a bundle.

    Attributes:
        name: Its name there.
        file: What fetches it.
        checksums: All that is stated of its bytes, by algorithm.
        media_type: Its media type; empty if none is stated.
    """

    name: str
    file: DSSFile
    checksums: Mapping[str, str]
    media_type: str = ""


_MANIFEST = members(
    bundle=members(uuid=STRING, version=STRING, creator_uid=optional(INTEGER), files=array(mapping(ANY)))
)


class BundleListing:
    """A version of a bundle, its files by name.

    Args:
        manifest: What get_bundle answers, all pages merged.
        replica: Where its files are fetched from.

    Attributes:
        uuid: Its UUID.
        version: Its version.
        creator: The number of its creator; None if that is not stated.
        files: Its files, sorted by name.
        by_name: Its files by their names.
    """

    def __init__(self, manifest: Mapping[str, Any], replica: str) -> None:
        check("get_bundle", "", manifest, _MANIFEST)
        told = manifest["bundle"]
        self.uuid: str = told["uuid"]
        self.version: str = told["version"]
        self.creator: int | None = told.get("creator_uid")
        self._unnamed: UnsafePath | None = None
        files: list[BundleFile] = []
        for at, each in enumerate(told["files"]):
            try:
                files.append(_file(each, safe_name(each.get("name"), f"files[{at}] of bundle {self.uuid}"), replica))
            except UnsafePath as error:  # files are found by their names all the same, but no list is whole without it
                self._unnamed = self._unnamed or error
        self.files = sorted(files, key=lambda file: file.name)
        self._names = [file.name for file in self.files]
        self.by_name = {file.name: file for file in reversed(self.files)}  # of two of one name the first

    def has_folder(self, name: str) -> bool:
        """Whether files are below a name; the empty one is the bundle's own.

        Args:
            name: The folder's name.
        """
        return not name or next(self.below(name), None) is not None

    def below(self, name: str) -> Iterator[BundleFile]:
        """The files below a folder, in the order of their names.

        Args:
            name: The folder's name; empty for all files.

        Raises:
            UnsafePath: A file of the bundle has a name that no file can have, so that it cannot be listed.
        """
        if self._unnamed is not None:
            raise copy.copy(self._unnamed)  # one that is raised twice would grow its traceback
        start = f"{name}/" if name else ""
        for at in range(bisect_left(self._names, start), len(self.files)):
            if not self._names[at].startswith(start):
                return
            yield self.files[at]

    def inside(self, name: str) -> Iterator[BundleFile | str]:
        """Return the contents of a folder: files, and names of folders.

        Args:
            name: The folder's name; empty for the bundle's own.
        """
        skip, last = len(name) + 1 if name else 0, ""
        for file in self.below(name):
            first, slash, _ = file.name[skip:].partition("/")
            if not slash:
                yield file
            elif first != last:
                last = first
                yield file.name[: skip + len(first)]


def _file(told: Mapping[str, Any], name: str, replica: str) -> BundleFile:
    stated = ((kind, str(told.get(kind) or "").lower()) for kind in CHECKSUMS)
    checksums = {kind: value for kind, value in stated if is_checksum(kind, value)}
    return BundleFile(
        name, DSSFile.from_dss_bundle_response(told, replica), checksums, str(told.get("content-type") or "")
    )


def file_alone(api: DssApi, uuid: str, replica: str, version: str = "") -> BundleFile:
    """Request the facts of a file outside any bundle; without a name there, its UUID is used.

    Args:
        api: The service.
        uuid: The file.
        replica: Where to ask, `aws` or `gcp`.
        version: The file's version; by default the latest.

    Raises:
        NotFound: There is no such file.
        ResponseMismatch: The service describes another version.
    """
    stated = api.head_file.raw(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT).headers
    found = {kind: stated.get(f"x-dss-{kind.replace('_', '-')}", "").lower() for kind in CHECKSUMS}
    file = DSSFile(
        uuid,
        uuid,
        stated.get("x-dss-version", version),
        found["sha256"],
        stated_number(stated.get("x-dss-size") or None, "x-dss-size", f"head_file {uuid}", text=True),
        False,
        replica,
    )
    checksums = {kind: value for kind, value in found.items() if is_checksum(kind, value)}
    return BundleFile(uuid, file, checksums, stated.get("x-dss-content-type", ""))


# Headers that the engine sets itself.
_ENGINES_OWN = frozenset({"accept", "accept-encoding", "user-agent"})


def without_redirects(api: DssApi) -> DssApi:
    """Return a clone of a client that returns redirects, for `locate`."""
    return api.with_options(follow_redirects=False)


def locate(asking: DssApi, file: DSSFile) -> Location:
    """Return where a file is now; without a version the latest one.

    Args:
        asking: The service, as `without_redirects` gives it.
        file: The file.

    Raises:
        APIError: The service refused; names the file.
    """
    replica, version = cast("Replica", file.replica), file.version or OMIT
    try:
        with asking.get_file.stream(uuid=file.uuid, replica=replica, version=version) as response:
            # A service that has the bytes itself answers with them; they are requested again by the engine.
            return Location(urljoin(response.url, response.headers.get("location", "")))
    except APIError as error:
        error.operation = f"{error.operation} {file.name}"
        raise


UNPROVEN = 16
"""Files that are requested at once of a service of which it is not known yet whether it accepts the credentials."""


class Locator:
    """Locates files for the transfer engine.

    Args:
        api: The service.
        known: Whether the service has answered this client before, so that its credentials are known to be accepted.
    """

    def __init__(self, api: DssApi, *, known: bool) -> None:
        self._api = api
        self._refused: Unauthorized | None = None
        self._first = threading.Lock()  # locked by the file that is sent before the others
        self._unproven = set[str]()  # checksums of files that may be requested before any response
        self._answered = threading.Event()
        if known:
            self._answered.set()

    def place(self, file: DSSFile) -> tuple[Locate | Location, Locate | None]:
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
        operation = self._api.get_file
        request = operation.build(uuid=file.uuid, replica=cast("Replica", file.replica), version=file.version or OMIT)
        out = operation.outgoing(request)
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


BUFFER = 256 * 1024
"""Bytes that are read ahead of a reader's own requests."""


@contextmanager
def open_file(dss: Dss, bundle_uuid: str, replica: Replica, name: str, *, version: str = "") -> Generator[BinaryIO]:
    """Open a file of a bundle for reading; it can be sought, and nothing is stored.

    A broken connection is resumed where it broke. The checksum is not verified: it is of the whole file.

    Args:
        bundle_uuid: The bundle.
        replica: Where to read from, `aws` or `gcp`.
        name: The file's name in the bundle.
        version: The bundle's version; by default the latest.

    Raises:
        NotFound: There is no such bundle, or it has no such file.
        TransferError: While reading: the file changed, or its storage does not serve ranges.
    """
    from omicsdk.transfer.ranges import ConnectionPool, RangeFile, Ranges

    listing = BundleListing(get_manifest(dss, bundle_uuid, version, replica), replica)
    found = listing.by_name.get(name)
    if found is None:
        raise NotFound(f"Bundle {listing.uuid} version {listing.version} has no file {name!r}")
    where = partial(locate, without_redirects(dss), found.file)
    ranges = Ranges(where, found.file.size, title=name, pool=ConnectionPool(client=dss), clock=settings_of(dss).clock)
    with io.BufferedReader(RangeFile(ranges), BUFFER) as file:
        yield file
