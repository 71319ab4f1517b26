"""What a field holds: data of its own, or where a file is. All of it is pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from omicsdk.core.checksums import ALGORITHMS, is_checksum
from omicsdk.core.errors import UsageError
from omicsdk.core.narrowing import is_object

Kind = Literal["s3", "sra", "ftp", "blob"]
"""A file on S3, one of the Sequence Read Archive, one at any URL (ftp and http alike), or data in JSON."""

SIGNED = "presigned_url"
"""The member that the server adds to what it gives: a secret that ends within a day, and no part of the data."""

_FILES: tuple[Kind, ...] = ("s3", "sra", "ftp")
_S3 = re.compile(r"s3://([^/]+)/(.+)\Z", re.DOTALL)
# What a key may have that stands for itself in a path.
_KEY_SAFE = "/-_.~"


class NoFile(UsageError, TypeError):
    """A field holds data of its own, and no file."""


def kind_of(data: object) -> Kind:
    """Tells what a field's data are, by their member `__type__` in any case.

    Args:
        data: The field's `stored_data`.
    """
    stated = data.get("__type__") if is_object(data) else None
    found = stated.lower() if isinstance(stated, str) else ""
    return found if found in _FILES else "blob"


def without_signature(data: object) -> object:
    """Gives data as they are kept and sent: without the URL that the server signs anew for each answer.

    Args:
        data: The field's `stored_data`; it isn't changed.
    """
    if is_object(data) and SIGNED in data:
        return {name: value for name, value in data.items() if name != SIGNED}
    return data


def download_url(data: object) -> str:
    """Gives the URL that a field's file can be had from.

    Args:
        data: The field's `stored_data`.

    Raises:
        NoFile: The field holds no file, or doesn't say where it is.
    """
    kind = kind_of(data)
    if kind == "blob" or not is_object(data):
        raise NoFile(
            "Cannot fetch a file for a BLOB type result field.",
            remedy="Its data are in stored_data; there is no file to download.",
        )
    if kind != "s3":
        return _text(data, "url")
    signed = data.get(SIGNED)
    if isinstance(signed, str) and signed:
        return signed
    uri = _text(data, "uri")
    parts = _S3.match(uri)
    if parts is None:
        return uri
    bucket, key = parts.groups()
    return f"{_text(data, 'endpoint_url').rstrip('/')}/{bucket}/{quote(key, safe=_KEY_SAFE)}"


def file_name_of(data: object) -> str:
    """Gives the last part of the name that a field's data have for their file.

    Args:
        data: The field's `stored_data`.

    Raises:
        NoFile: They name none.
    """
    if is_object(data):
        for member in ("filename", "uri", "url"):
            stated = data.get(member)
            if isinstance(stated, str) and stated:
                return _last_part(stated)
    raise NoFile(
        "Cannot make a reference filename for a BLOB type result field.",
        remedy="get_blob_filename() names the file for its data.",
    )


def extension_of(name: str) -> str:
    """Gives a name's extension without its dot, that before a compression's too ("fastq.gz"); empty when there is none.

    Args:
        name: A file's name.
    """
    pieces = name.split(".")
    return ".".join(pieces[-2:] if pieces[-1] == "gz" and len(pieces) > 2 else pieces[1:][-1:])


def checksums_of(data: object) -> dict[str, str]:
    """Gives what a field's data state of their file's bytes, from algorithm to value, as far as it can be verified.

    Args:
        data: The field's `stored_data`.
    """
    if kind_of(data) == "blob" or not is_object(data):
        return {}
    stated = {name.lower(): value.strip().lower() for name, value in data.items() if isinstance(value, str)}
    return {name: stated[name] for name in ALGORITHMS if name in stated and is_checksum(name, stated[name])}


def size_of(data: object) -> int | None:
    """Gives the size in bytes that a field's data state, as the record of the Sequence Read Archive does; None otherwise.

    Args:
        data: The field's `stored_data`.
    """
    if kind_of(data) == "blob" or not is_object(data):
        return None
    record = data.get("full_record")
    stated = data.get("size", record.get("size") if is_object(record) else None)
    if isinstance(stated, str) and stated.isascii() and stated.isdigit():
        return int(stated)
    return stated if isinstance(stated, int) and not isinstance(stated, bool) and stated >= 0 else None


def _last_part(stated: str) -> str:
    if _S3.match(stated) is None and "://" in stated:
        stated = unquote(urlsplit(stated).path)
    return stated.rstrip("/").rpartition("/")[2]


def _text(data: Mapping[str, object], member: str) -> str:
    value = data.get(member)
    if isinstance(value, str) and value:
        return value
    raise NoFile(f"The field's data have no {member}", remedy="Set it, or upload the file again.")
