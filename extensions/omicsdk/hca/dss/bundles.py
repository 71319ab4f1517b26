"""Bundles: their manifests and files, and the versions that distinguish them."""

from __future__ import annotations

import copy
import io
import json
import re
from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, BinaryIO, cast

from omicsdk_api.dss import DssApi

from omicsdk.core.arguments import check_text
from omicsdk.core.checked_json import page_of
from omicsdk.core.checksums import is_checksum
from omicsdk.core.consistency import Identifier, declared_number
from omicsdk.core.errors import DecodeError, NameClash, NotFound, UnsafePath, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.model import ANY, INTEGER, STRING, array, check, mapping, members, optional
from omicsdk.core.omit import OMIT
from omicsdk.core.page_items import items_at, with_items
from omicsdk.core.platform import settings_of
from omicsdk.hca.dss.client import Dss
from omicsdk.hca.dss.files import DSSFile, Replica, locate, without_redirects
from omicsdk.transfer.names import safe_name

_log = logger("omicsdk.hca")

# RFC 3339 in UTC without colons and with six decimals, as the platform's documentation defines it.
FORMAT = "%Y-%m-%dT%H%M%S.%fZ"


def create_version(now: datetime | None = None) -> str:
    """Create a new version: the current time, such as `1985-04-12T232050.520000Z`.

    Args:
        now: Another time, with its zone.
    """
    return (now or datetime.now(UTC)).astimezone(UTC).strftime(FORMAT)


_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}\.\d{6}Z", re.ASCII)


def version_of(when: datetime | str) -> str:
    """A moment as DSS_VERSION, for operations that take a time: `2019-08-01` is the beginning of that day.

    Args:
        when: A moment; or text in ISO 8601, a date or a date and a time, or a DSS_VERSION already. Without a zone it is
            UTC.

    Raises:
        UsageError: The text is no such moment.
    """
    if isinstance(when, str) and _VERSION.fullmatch(when):
        return when
    try:
        moment = datetime.fromisoformat(when) if isinstance(when, str) else when
        return create_version(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):  # the latter of a moment whose year in UTC is 0 or 10000
        remedy = "Use a date such as 2019-08-01, or a time such as 2019-08-01T20:01:47Z."
        raise UsageError(f"{str(when)!r} is not a time", remedy=remedy) from None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version of a bundle, file or collection that the service has stored.

    Attributes:
        uuid: The UUID.
        version: The version, as DSS_VERSION.
    """

    uuid: str
    version: str


def stated_text(value: object, operation: str, field: str, expected: str) -> str:
    """Return a text that a response must contain.

    Args:
        value: What it states.
        operation: The operation whose response it is.
        field: The field's place in the response.
        expected: What it has to be, as text.

    Raises:
        DecodeError: It is not text, or an empty one.
    """
    if not isinstance(value, str) or not value:
        raise DecodeError(operation, field, value, expected=expected)
    return value


FILES_KEY = "bundle.files"
ALL: tuple[str, ...] = ("*",)
NONE: tuple[str, ...] = ("",)


class BundleNameClash(NameClash, ValueError):
    """Two files of a bundle have one name, or names that differ in case only."""


def merged_pages(pages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The first page with the files of all of them.

    Raises:
        DecodeError: A page has no list of files, or the first does not state which bundle it is.
        ResponseMismatch: A page is of another bundle or version than the first.
    """
    files = [file for page in pages for file in items_at(page, FILES_KEY, "get_bundle")]
    for page in pages:
        check("get_bundle", "", page, members(bundle=mapping(ANY)))
    merged = with_items(dict(pages[0]), FILES_KEY, files)
    for field, expected in (("uuid", "a UUID"), ("version", "a version")):
        first = stated_text(merged["bundle"].get(field), "get_bundle", f"bundle.{field}", expected)
        for page in pages[1:]:
            Identifier(field).check(first, page["bundle"].get(field), "get_bundle, a further page")
    if not files:
        bundle = merged["bundle"]
        _log.warning("Bundle %s version %s has no files, as the service states it", bundle["uuid"], bundle["version"])
    return merged


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The content of bundle.json, byte by byte what every client of the Data Store writes."""
    return json.dumps(manifest, indent=4, sort_keys=True).encode()


def folder_name(manifest: Mapping[str, Any]) -> str:
    """A bundle's folder: `<uuid>.<version>`."""
    return f"{manifest['bundle']['uuid']}.{manifest['bundle']['version']}"


class ExclusiveFilters(UsageError, ValueError):
    """A filter was given together with the flag that leaves out all that it could choose from."""


def filters(
    metadata_filter: Iterable[str], data_filter: Iterable[str], no_metadata: bool, no_data: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The patterns for metadata and for data.

    Raises:
        UsageError: A filter and the flag that excludes all of its kind are both given.
    """
    # A single text is one pattern, not a list of letters.
    metadata, data = (
        (patterns,) if isinstance(patterns, str) else tuple(patterns) for patterns in (metadata_filter, data_filter)
    )
    for flag, patterns, word in ((no_metadata, metadata, "metadata"), (no_data, data, "data")):
        if flag and patterns != ALL:
            raise ExclusiveFilters(
                f"--{word}-filter and --no-{word} are mutually exclusive options", remedy="Use one of them."
            )
    return NONE if no_metadata else metadata, NONE if no_data else data


def chosen(
    manifest: Mapping[str, Any], replica: str, metadata_filter: Sequence[str] = ALL, data_filter: Sequence[str] = ALL
) -> list[DSSFile]:
    """The files of a bundle whose whole name (folders included) matches a case-sensitive shell pattern.

    Args:
        manifest: The bundle's manifest, all pages merged.
        replica: Where the files are fetched from.
        metadata_filter: Patterns for files with `indexed` set.
        data_filter: Patterns for the rest.

    Raises:
        UnsafePath: One of them has a name that no file can have.
        BundleNameClash: Two of them have one name, or names that a file system that folds case takes for one.
    """
    bundle = manifest["bundle"]
    chosen_files: list[DSSFile] = []
    names = {"bundle.json": "bundle.json"}
    for at, entry in enumerate(bundle["files"]):
        where = f"files[{at}] of bundle {bundle['uuid']}"
        file = DSSFile.from_dss_bundle_response(entry, replica)
        if not isinstance(file.name, str) or not file.name:  # pyright: ignore[reportUnnecessaryIsInstance] - not validated
            safe_name(file.name, where)  # no pattern decides whether it is included
        if not any(fnmatchcase(file.name, pattern) for pattern in (metadata_filter if file.indexed else data_filter)):
            continue
        safe_name(file.name, where)
        folded = file.name.casefold()
        if folded in names:
            raise BundleNameClash(
                file.name,
                f"cannot be kept: Bundle {bundle['uuid']} version {bundle['version']} contains multiple files named "
                f"{file.name!r} or a case derivation thereof ({names[folded]!r})",
                remedy="Nothing was downloaded. Choose one of them by a metadata filter or data filter.",
            )
        names[folded] = file.name
        chosen_files.append(file)
    return chosen_files


# -- the files of one bundle, by name

# Checksums that a manifest states of each file.
CHECKSUMS = ("sha256", "sha1", "crc32c", "s3_etag")


def get_manifest(api: DssApi, uuid: str, version: str, replica: str) -> dict[str, Any]:
    """Return a bundle's manifest, all pages merged.

    Args:
        api: The service.
        uuid: The bundle.
        version: Its version, or empty for the latest.
        replica: Where to ask.

    Raises:
        UsageError: Several bundles are passed.
        NotFound: There is no such bundle.
        DecodeError: The response has no list of files, or does not state which bundle it is.
    """
    check_text("bundle_uuid", uuid)
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: its identity, and what is stated of its bytes."""
        identity = {"name": self.name, "size": self.file.size, "uuid": self.file.uuid, "version": self.file.version}
        return {**identity, "media_type": self.media_type, **self.checksums}


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
        bundle = manifest["bundle"]
        self.uuid: str = bundle["uuid"]
        self.version: str = bundle["version"]
        self.creator: int | None = bundle.get("creator_uid")
        self._unnamed: UnsafePath | None = None
        files: list[BundleFile] = []
        for at, entry in enumerate(bundle["files"]):
            try:
                files.append(_file(entry, safe_name(entry.get("name"), f"files[{at}] of bundle {self.uuid}"), replica))
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


def _file(entry: Mapping[str, Any], name: str, replica: str) -> BundleFile:
    sums = ((kind, str(entry.get(kind) or "").lower()) for kind in CHECKSUMS)
    checksums = {kind: value for kind, value in sums if is_checksum(kind, value)}
    file, media_type = DSSFile.from_dss_bundle_response(entry, replica), str(entry.get("content-type") or "")
    return BundleFile(name, file, checksums, media_type)


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
    headers = api.head_file.raw(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT).headers
    sums = {kind: headers.get(f"x-dss-{kind.replace('_', '-')}", "").lower() for kind in CHECKSUMS}
    file = DSSFile(
        uuid,
        uuid,
        headers.get("x-dss-version", version),
        sums["sha256"],
        declared_number(headers.get("x-dss-size") or None, "x-dss-size", f"head_file {uuid}", text=True),
        False,
        replica,
    )
    checksums = {kind: value for kind, value in sums.items() if is_checksum(kind, value)}
    return BundleFile(uuid, file, checksums, headers.get("x-dss-content-type", ""))


# Bytes that are read ahead of a reader's own requests.
BUFFER = 256 * 1024


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
    from omicsdk.transfer.network.connection_pool import ConnectionPool
    from omicsdk.transfer.ranges import RangeFile, Ranges

    listing = BundleListing(get_manifest(dss, bundle_uuid, version, replica), replica)
    entry = listing.by_name.get(name)
    if entry is None:
        raise NotFound(f"Bundle {listing.uuid} version {listing.version} has no file {name!r}")
    where = partial(locate, without_redirects(dss), entry.file)
    ranges = Ranges(where, entry.file.size, title=name, pool=ConnectionPool(client=dss), clock=settings_of(dss).clock)
    with io.BufferedReader(RangeFile(ranges), BUFFER) as file:
        yield file
