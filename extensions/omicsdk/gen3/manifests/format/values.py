"""Cells of manifests: several values in one cell, checksums, sizes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from omicsdk.core.checksums import from_base64

HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")
BASE64_MD5 = re.compile(r"[A-Za-z0-9+/]{21}[AQgw]==")
"""128 bits are 22 characters, of which the last has its lower four bits unset."""
SIZE = re.compile(r"[0-9]{1,19}")
_MARKS = str.maketrans("[]\"'", "    ")
_OLD_TEXTS = re.compile(r"\bu(?=['\"])")
_HEX_LENGTH = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "crc": 8}
_COMMA = re.compile(r",(?=[\s'\"\]]|$)|(?<=['\"]),|,(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_COMMA_OF_PATHS = re.compile(r",(?=/)")


def several(cell: str) -> list[str]:
    """The values of a cell that may have several: separated by blanks, in brackets and quotes if need be.

    Args:
        cell: `a b`, `[a, b]`, `['a', 'b']`, `["a", "b"]`; `%20` is a blank within a value.

    Returns:
        The values, in order, without those that are empty.
    """
    return [value.replace("%20", " ") for value in written(cell)]


def written(cell: str) -> list[str]:
    """The values of a cell that may have several, with `%20` as it stands there."""
    if not any(mark in cell for mark in "[]\"',"):
        return cell.split()
    between = _COMMA.sub(" ", _OLD_TEXTS.sub("", cell) if "u'" in cell or 'u"' in cell else cell)
    between = between.translate(_MARKS).strip()
    if between.startswith("/"):
        between = _COMMA_OF_PATHS.sub(" ", between)
    return [value for part in between.split() if (value := part.strip(","))]


def acl_of(cell: str) -> list[str]:
    """Who may read a file, of a cell: `['open']` alone means everybody, which the index writes as `*`."""
    values = several(cell)
    return ["*"] if cell.lstrip().startswith("[") and [value.lower() for value in values] == ["open"] else values


def cell_of(values: Iterable[str]) -> str:
    """Several values as a cell that `several` reads."""
    return " ".join(value.replace(" ", "%20") for value in values)


def md5_of(cell: str, *, base64: bool = True) -> str | None:
    """An MD5 sum as 32 hexadecimal digits.

    Args:
        cell: The digits, in quotes or not, or their 16 bytes in Base64.
        base64: Whether the latter is read, too.

    Returns:
        The digits in lower case; None where it isn't one.
    """
    text = cell.strip().strip('"')
    if HEX_MD5.fullmatch(text):
        return text.lower()
    return from_base64("md5", text) if base64 and BASE64_MD5.fullmatch(text) else None


def checksum_of(kind: str, cell: str) -> str | None:
    """A checksum as an index has it.

    Args:
        kind: Its kind: md5, sha1, sha256, sha512, crc or etag.
        cell: The value.

    Returns:
        It in lower case; None where it isn't one of that kind.
    """
    text = cell.strip().strip('"').lower()
    if kind == "md5":
        return md5_of(cell)
    if kind == "etag":
        return text if re.fullmatch(r"[0-9a-f]{32}(-[0-9]+)?", text) else None
    return text if re.fullmatch(r"[0-9a-f]+", text) and len(text) == _HEX_LENGTH.get(kind) else None


def size_of(cell: str) -> int | None:
    """A size in bytes; None where it isn't a whole number from 0 to 2**63 - 1."""
    text = cell.strip().strip('"')
    if not SIZE.fullmatch(text):
        return None
    number = int(text)
    return number if number < 1 << 63 else None
