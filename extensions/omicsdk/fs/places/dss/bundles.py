"""What is in bundles of the Data Store: their manifests as folders, kept for a while."""

from __future__ import annotations

import copy
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.core.checksums import is_checksum
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import UnsafePath
from omicsdk.hca.dss.bundles import DSSFile
from omicsdk.transfer.names import safe_name

#: Checksums that a manifest states of each file.
CHECKSUMS = ("sha256", "sha1", "crc32c", "s3_etag")
#: Files in all manifests that are kept, at most; about 1 KB each.
KEPT = 50_000
#: Seconds for which a bundle's latest version is believed to be that.
LATEST = 10.0


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


class Bundle:
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


class Bundles:
    """Bundles that were asked for, kept: a version never changes. Thread-safe.

    Args:
        ask: Gets a bundle's manifest by replica, UUID and version, which is empty for the latest one.
        clock: What tells the time.
    """

    def __init__(self, ask: Callable[[str, str, str], Mapping[str, Any]], clock: Clock = SYSTEM_CLOCK) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, str], Bundle] = OrderedDict()
        self._latest: dict[tuple[str, str], tuple[str, float]] = {}
        self._files = 0  # in all bundles that are kept

    def get(self, replica: str, uuid: str, version: str) -> Bundle:
        """A bundle. Which version is the latest is asked again after ten seconds.

        Args:
            replica: The replica.
            uuid: The bundle's UUID.
            version: Its version; empty for the latest.

        Raises:
            NotFound: There is no such bundle.
        """
        key = (replica, uuid.lower())
        with self._lock:
            known, until = self._latest.get(key, ("", 0.0))
            wanted = version or (known if self._clock.monotonic() < until else "")
            found = self._kept.get((*key, wanted))
            if found is not None:
                self._kept.move_to_end((*key, wanted))
                return found
        bundle = Bundle(self._ask(replica, uuid, version), replica)
        with self._lock:
            if not version:
                self._latest[key] = (bundle.version, self._clock.monotonic() + LATEST)
            if (*key, bundle.version) not in self._kept:
                self._kept[(*key, bundle.version)] = bundle
                self._files += len(bundle.files)
            while len(self._kept) > 1 and self._files > KEPT:
                gone, old = self._kept.popitem(last=False)
                self._files -= len(old.files)
                self._latest.pop(gone[:2], None)
        return bundle
