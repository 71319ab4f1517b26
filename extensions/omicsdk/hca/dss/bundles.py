"""Bundles: their manifests and files, and the versions that distinguish them."""

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple, Self

from omicsdk.core.checksums import is_checksum
from omicsdk.core.consistency import Identifier
from omicsdk.core.errors import DecodeError, NameClash, UsageError
from omicsdk.core.model import ANY, check, mapping, members
from omicsdk.core.paging import items_at, with_items
from omicsdk.core.type_guards import is_number, is_object, number_in
from omicsdk.transfer.names import safe_name

_log = logging.getLogger("omicsdk.hca")

FORMAT = "%Y-%m-%dT%H%M%S.%fZ"
"""RFC 3339 in UTC without colons and with six decimals, as the platform's documentation defines it."""


def create_version(now: datetime | None = None) -> str:
    """Create a new version: the current time, such as `1985-04-12T232050.520000Z`.

    Args:
        now: Another time, with its zone.
    """
    return (now or datetime.now(UTC)).astimezone(UTC).strftime(FORMAT)


_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}\.\d{6}Z")


def version_of(when: datetime | str) -> str:
    """A moment as DSS_VERSION, for operations that take a time: `2019-08-01` is the beginning of that day.

    Args:
        when: A moment; or text in ISO 8601, a date or a date and a time, or a DSS_VERSION already. Without a zone it is
            UTC.

    Raises:
        UsageError: The text is no such moment.
    """
    if isinstance(when, str):
        if _VERSION.fullmatch(when):
            return when
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            remedy = "Use a date such as 2019-08-01, or a time such as 2019-08-01T20:01:47Z."
            raise UsageError(f"{when!r} is not a time", remedy=remedy) from None
    return create_version(when if when.tzinfo is not None else when.replace(tzinfo=UTC))


ROOT = ".hca/v2/files_2_4"
"""The filestore's folder below the download folder; 2 and 4 are the lengths of the names of its folders."""


def name_in_store(sha256: str) -> str:
    """A file's path below the filestore's own folder, with `/` between folders.

    Args:
        sha256: 64 hexadecimal digits; upper case is lowered.
    """
    digest = sha256.lower()
    return f"{digest[:2]}/{digest[2:6]}/{digest}"


Replica = Literal["aws", "gcp"]
"""A copy of the Data Store, by the cloud that it is in."""


_FIELDS: tuple[tuple[str, type, str], ...] = (
    ("name", object, "a name"),
    ("uuid", str, "a UUID"),
    ("version", str, "a version"),
    ("sha256", str, "a checksum"),
    ("size", int, "a whole number"),
    ("indexed", bool, "true or false"),
)


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


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version of a bundle, file or collection that the service has stored.

    Attributes:
        uuid: The UUID.
        version: The version, as DSS_VERSION.
    """

    uuid: str
    version: str


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
        for field, kind, expected in _FIELDS:
            value = file_dict.get(field)
            is_right = is_number(value) if kind is int else isinstance(value, kind)
            if field not in file_dict or not is_right:
                raise DecodeError("get_bundle", f"bundle.files.{field}", value, expected=expected)
        found: dict[str, Any] = {field: file_dict[field] for field, _, _ in _FIELDS}
        found["sha256"] = found["sha256"].lower()
        if not is_checksum("sha256", found["sha256"]):
            raise DecodeError(
                "get_bundle", "bundle.files.sha256", file_dict["sha256"], expected="64 hexadecimal digits"
            )
        return cls(**found, replica=replica)

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


FILES_KEY = "bundle.files"
ALL: tuple[str, ...] = ("*",)
NONE: tuple[str, ...] = ("",)


class BundleNameClash(NameClash, ValueError):
    """Two files of a bundle have one name, or names that differ in case only."""


def merged_pages(pages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The first page with the files of all of them.

    Raises:
        DecodeError: A page has no list of files, or the first does not state it which bundle it is.
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
    metadata, data = ((given,) if isinstance(given, str) else tuple(given) for given in (metadata_filter, data_filter))
    for flag, given, word in ((no_metadata, metadata, "metadata"), (no_data, data, "data")):
        if flag and given != ALL:
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
    found: list[DSSFile] = []
    names = {"bundle.json": "bundle.json"}
    for at, entry in enumerate(bundle["files"]):
        place = f"files[{at}] of bundle {bundle['uuid']}"
        file = DSSFile.from_dss_bundle_response(entry, replica)
        if not isinstance(file.name, str) or not file.name:  # pyright: ignore[reportUnnecessaryIsInstance] - not validated
            safe_name(file.name, place)  # no pattern decides whether it is included
        if not any(fnmatchcase(file.name, pattern) for pattern in (metadata_filter if file.indexed else data_filter)):
            continue
        safe_name(file.name, place)
        folded = file.name.casefold()
        if folded in names:
            raise BundleNameClash(
                file.name,
                f"cannot be kept: Bundle {bundle['uuid']} version {bundle['version']} contains multiple files named "
                f"{file.name!r} or a case derivation thereof ({names[folded]!r})",
                remedy="Nothing was downloaded. Choose one of them by a metadata filter or data filter.",
            )
        names[folded] = file.name
        found.append(file)
    return found
