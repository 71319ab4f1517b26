"""What bundles hold: their files by name, and the checksums that the Data Store states of them."""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omicsdk.core.checksums import is_checksum
from omicsdk.core.errors import NotFound, UnsafePath
from omicsdk.hca.dss.bundles import DSSFile
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
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
