"""Files of bundles: by name, with the checksums that the Data Store states, and where their bytes are."""

from __future__ import annotations

import copy
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin

from omicsdk.core.checksums import is_checksum
from omicsdk.core.errors import APIError, NotFound, Unauthorized, UnsafePath
from omicsdk.core.omit import OMIT
from omicsdk.hca.dss.bundles import DSSFile
from omicsdk.transfer import Location
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.bundles import Replica
    from omicsdk.hca.dss.client import Dss

CHECKSUMS = ("sha256", "sha1", "crc32c", "s3_etag")
"""Checksums that a manifest states of each file."""


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
    from omicsdk.hca.dss.downloads import get_manifest

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
        media_type: Its media type; empty where none is stated.
    """

    name: str
    file: DSSFile
    checksums: Mapping[str, str]
    media_type: str = ""


class BundleListing:
    """A version of a bundle, its files by name.

    Args:
        manifest: What get_bundle answers, all pages merged.
        replica: Where its files are fetched from.

    Attributes:
        uuid: Its UUID.
        version: Its version.
        creator: Who made it, a number; None where that isn't stated.
        files: Its files, sorted by name.
    """

    def __init__(self, manifest: Mapping[str, Any], replica: str) -> None:
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

    def file(self, name: str) -> BundleFile | None:
        """A file.

        Args:
            name: Its name.
        """
        at = bisect_left(self._names, name)
        return self.files[at] if at < len(self.files) and self._names[at] == name else None

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
            UnsafePath: A file of the bundle has a name that no file can have, so that it can't be listed.
        """
        if self._unnamed is not None:
            raise copy.copy(self._unnamed)  # one that is raised twice would grow its traceback
        start = f"{name}/" if name else ""
        for at in range(bisect_left(self._names, start), len(self.files)):
            if not self._names[at].startswith(start):
                return
            yield self.files[at]

    def inside(self, name: str) -> Iterator[BundleFile | str]:
        """What is directly in a folder: files, and names of folders.

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


# Headers that the engine has by itself.
_ENGINES_OWN = frozenset({"accept", "accept-encoding", "user-agent"})


def without_redirects(api: DssApi) -> DssApi:
    """Return a clone of a client that hands out redirects, which is what `locate` asks."""
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
        with asking.get_file.stream(uuid=file.uuid, replica=replica, version=version) as answer:
            # A service that has the bytes itself answers with them; they are asked for again by the engine.
            return Location(urljoin(answer.url, answer.headers.get("location", "")))
    except APIError as error:
        error.operation = f"{error.operation} {file.name}"
        raise


class Locator:
    """Tells the engine how to find files.

    Args:
        api: The service; a clone of it that hands out redirects is made.
        known: Whether the service has answered this client before, so that it is known to let it in.
    """

    def __init__(self, api: DssApi, *, known: bool) -> None:
        self._asking = without_redirects(api)
        self._refused: Unauthorized | None = None
        self._ahead = threading.Lock()  # held by the file that goes before the others
        self._answered = threading.Event()
        if known:
            self._answered.set()

    def place(self, file: DSSFile) -> tuple[Callable[[], Location] | Location, Callable[[], Location] | None]:
        """What the engine needs to find a file: an item's `locate` and `renew`.

        A request by the engine costs far less than a call of the client's. When what goes along with it to prove who asks
        isn't accepted, `locate` asks, which renews, tries again and explains. Of a service that nothing is known of one
        file is asked for before all others: where it isn't believed, a hundred thousand wouldn't be.
        """
        ask = partial(self.locate, file)
        if not self._answered.is_set() or self._refused is not None:
            return partial(self._in_turn, ask), None
        asked = self._asked_by_the_engine(file)
        return (ask, None) if asked is None else (asked, ask)

    def _asked_by_the_engine(self, file: DSSFile) -> Location | None:
        """The service itself, as it is to be asked for a file; None where only the client can do that."""
        operation = self._asking.get_file
        request = operation.build(uuid=file.uuid, replica=cast("Replica", file.replica), version=file.version or OMIT)
        ask = operation.outgoing(request)
        headers = ask.carried() if ask is not None else None
        if ask is None or headers is None:
            return None
        return Location(ask.url, {name: value for name, value in headers.items() if name not in _ENGINES_OWN})

    def locate(self, file: DSSFile) -> Location:
        """Where a file is now, by a call of the client's; without a version the latest one.

        Raises:
            APIError: The service said no; names the file.
        """
        if self._refused is not None:  # what isn't believed once isn't for the other files either
            raise self._refused
        try:
            return locate(self._asking, file)
        except Unauthorized as error:
            self._refused = error
            raise

    def _in_turn(self, ask: Callable[[], Location]) -> Location:
        """Asks before the others, or after the one that does: the first that isn't there already."""
        if self._answered.is_set() or not self._ahead.acquire(blocking=False):
            self._answered.wait()
            return ask()
        try:
            return ask()
        finally:
            self._answered.set()
