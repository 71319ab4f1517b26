"""What the SDK needs to know of one file to fetch it."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from omicsdk.core.errors import DecodeError
from omicsdk.core.narrowing import is_object

_FIELDS: tuple[tuple[str, type, str], ...] = (
    ("name", object, "a name"),
    ("uuid", str, "a UUID"),
    ("version", str, "a version"),
    ("sha256", str, "a checksum"),
    ("size", int, "a whole number"),
    ("indexed", bool, "true or false"),
)


def stated_text(value: object, operation: str, field: str, expected: str) -> str:
    """A text that an answer has to state.

    Args:
        value: What it states.
        operation: The operation whose answer it is.
        field: The field's place in the answer.
        expected: What it has to be, in words.

    Raises:
        DecodeError: It is no text, or an empty one.
    """
    if not isinstance(value, str) or not value:
        raise DecodeError(operation, field, value, expected=expected)
    return value


class DSSFile(NamedTuple):
    """A file of the Data Store, or a bundle's manifest treated as one; fields in the documented order.

    Attributes:
        name: Its name in the bundle, with `/` between folders.
        uuid: Its UUID.
        version: Its DSS_VERSION; empty for the latest.
        sha256: Its SHA-256, 64 hexadecimal digits in lower case.
        size: Bytes; None when it isn't known.
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
        return cls(
            name=row["file_name"],
            uuid=row["file_uuid"],
            version=row.get("file_version") or "",
            sha256=row["file_sha256"].lower(),
            size=int(size) if size else None,
            indexed=False,
            replica=replica,
        )

    @classmethod
    def from_dss_bundle_response(cls, file_dict: Mapping[str, Any], replica: str) -> Self:
        """The file of a bundle's entry.

        Args:
            file_dict: An entry of `bundle.files` as the service answers it.
            replica: Where it is fetched from, `aws` or `gcp`.

        Raises:
            DecodeError: A field is missing, or isn't what the service's document says. The name may be anything: what a file
                can be called is decided where it is placed.
        """
        if not is_object(file_dict):
            raise DecodeError("get_bundle", "bundle.files", file_dict, expected="objects")
        for field, kind, expected in _FIELDS:
            value = file_dict.get(field)
            if field not in file_dict or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise DecodeError("get_bundle", f"bundle.files.{field}", value, expected=expected)
        return cls(
            name=file_dict["name"],
            uuid=file_dict["uuid"],
            version=file_dict["version"],
            sha256=file_dict["sha256"].lower(),
            size=file_dict["size"],
            indexed=file_dict["indexed"],
            replica=replica,
        )

    @classmethod
    def for_bundle_manifest(cls, manifest_bytes: bytes, bundle_uuid: str, version: str, replica: str) -> Self:
        """The bundle.json of a bundle, which is kept like a file of it.

        Args:
            manifest_bytes: What stands in it.
            bundle_uuid: The bundle's UUID.
            version: The bundle's version.
            replica: Where the bundle is fetched from, `aws` or `gcp`.
        """
        return cls(
            name="bundle.json",
            uuid=bundle_uuid,
            version=version,
            sha256=hashlib.sha256(manifest_bytes).hexdigest(),
            size=len(manifest_bytes),
            indexed=False,
            replica=replica,
        )
