"""A reader and checker of omics.lock that was written from "The format of omics.lock" in docs/locks.md alone.

It shares no code with omicsdk: where it and the command disagree, the page is wrong, or one of them.
"""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

TYPES = {
    "path": str,
    "source": str,
    "size": int,
    "checksums": dict,
    "kind": str,
    "address": str,
    "mirrors": list,
    "since": str,
}
OPTIONAL = {"size", "mirrors"}
KINDS = [
    "url", "http", "https", "s3", "gs", "drs", "gen3-guid", "gdc", "azul", "sra", "sra-fastq", "sra-bam", "sb-file",
    "dss-file", "sb", "dss", "gen3", "pangea", "crunch",
]  # fmt: skip
SUMS = re.compile(
    r"crc32c?|crc64nvme|md5|sha1|sha224|sha256|sha384|sha512|blake2b|s3_etag|(s3_etag|crc32c?|sha1|sha256):[1-9][0-9]*"
)
RESERVED = (".omics-transfer", "omics.lock", "omics.toml")
LONGEST = 1 << 20


def rows(lock: Path) -> Iterator[dict[str, Any]]:
    """Read the files of a lock.

    Raises:
        ValueError: It is invalid.
    """
    with lock.open("rb") as stream:
        before = None
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST), b""), 1):
            try:
                row = json.loads(line.decode(), object_pairs_hook=_unique) if line.endswith(b"\n") else None
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is no whole line with an object")
            if number == 1:
                if type(row.get("omics_lock")) is not int or row["omics_lock"] != 1:
                    raise ValueError("line 1 states no version that is known")
                continue
            if wrong := _wrong(row):
                raise ValueError(f"line {number}: {wrong}")
            if before is not None and row["path"] <= before:
                raise ValueError(f"line {number}: not sorted, or twice")
            before = row["path"]
            yield row


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(row := dict(pairs)) < len(pairs):
        raise ValueError("a key twice")
    return row


def _wrong(row: dict[str, Any]) -> str:
    if row.keys() - TYPES or TYPES.keys() - OPTIONAL - row.keys():
        return "keys"
    if any(type(value) is not TYPES[key] for key, value in row.items()) or row.get("size", 0) < 0:
        return "type"
    if os.fsencode(row["path"]).decode(errors="surrogateescape") != row["path"] or not row["source"]:
        return "surrogates"
    parts = row["path"].split("/")
    if any(part in ("", ".", "..") or len(name_of(part)) > 255 for part in parts) or "\0" in row["path"]:
        return "path"
    if parts[0].lower() in RESERVED or re.match("[A-Za-z]:", parts[0]):
        return "path"
    if re.search(r"\.[0-9a-f]{8}\.part\Z", parts[-1].lower()):
        return "path"
    if row["kind"] not in KINDS:
        return "kind"
    if not all(SUMS.fullmatch(name) and _value_of(name).fullmatch(value) for name, value in row["checksums"].items()):
        return "checksum"
    datetime.strptime(row["since"], "%Y-%m-%dT%H:%M:%SZ")
    return "" if re.fullmatch("[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z", row["since"]) else "since"


def _value_of(name: str) -> re.Pattern[str]:
    of_parts = "(-[1-9][0-9]*)" if ":" in name or name == "s3_etag" else ""
    return re.compile(f"[0-9a-f]+{of_parts}{'?' if name.startswith('s3_etag') else ''}")


def name_of(path: str) -> bytes:
    """The bytes of a path on disk."""
    return path.encode("utf-8", "surrogateescape")


def checksum(name: str, data: bytes) -> str:
    """Compute a checksum by its key in a lock."""
    name, _, size = name.partition(":")
    if size or name == "s3_etag":
        step = int(size or 64 << 20)
        parts = [data[at : at + step] for at in range(0, len(data) or 1, step)]
        of_parts = "md5" if name == "s3_etag" else name
        if name == "s3_etag" and len(parts) == 1:
            return checksum("md5", data)
        joined = b"".join(bytes.fromhex(checksum(of_parts, part)) for part in parts)
        return f"{checksum(of_parts, joined)}-{len(parts)}"
    if name == "crc32":
        return f"{zlib.crc32(data):08x}"
    if name == "crc32c":
        return f"{_crc(data, 0x82F63B78, 32):08x}"
    if name == "crc64nvme":
        return f"{_crc(data, 0x9A6C9329AC4BC9B5, 64):016x}"
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _crc(data: bytes, polynomial: int, width: int) -> int:
    crc = ones = (1 << width) - 1
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
    return crc ^ ones


def checked(lock: Path) -> Iterator[tuple[str, str]]:
    """Compare the files beside a lock with it: each path, and same, missing, or the names of what differs."""
    for row in rows(lock):
        try:
            data = Path(os.fsdecode(os.fsencode(lock.parent) + b"/" + name_of(row["path"]))).read_bytes()
        except OSError:
            yield row["path"], "missing"
            continue
        expected = {"size": str(row.get("size", len(data))), **row["checksums"]}
        actual = {"size": str(len(data)), **{name: checksum(name, data) for name in row["checksums"]}}
        yield row["path"], " ".join(name for name in expected if expected[name] != actual[name]) or "same"
