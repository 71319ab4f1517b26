"""What file systems of fsspec tell of a file or folder. Pure."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from omicsdk.core.redaction import MASK, is_secret_name
from omicsdk.fs.entry import Entry


class Options(dict[str, Any]):
    """Options of a file system; whoever shows them doesn't show secrets."""

    def __repr__(self) -> str:
        return repr({name: MASK if is_secret_name(name) and value else value for name, value in self.items()})

    __str__ = __repr__


def without_secrets(options: dict[str, Any]) -> dict[str, Any]:
    """Gives those options that can be written down.

    Args:
        options: Names and values.
    """
    return {name: value for name, value in options.items() if not is_secret_name(name)}


def info_of(entry: Entry) -> dict[str, Any]:
    """Gives what fsspec's `info` and `ls` tell of an entry.

    Args:
        entry: A file or folder.

    Returns:
        name, size and type as fsspec has them; mtime where the platform says it, in seconds since 1970;
        version, checksums and details where there are any.
    """
    told: dict[str, Any] = {
        "name": entry.path,
        "size": 0 if entry.is_folder else entry.size,
        "type": "directory" if entry.is_folder else "file",
    }
    if entry.modified is not None:
        told["mtime"] = entry.modified
    if entry.version:
        told["version"] = entry.version
    if entry.checksums:
        told["checksums"] = dict(entry.checksums)
    if entry.details:
        told["details"] = dict(entry.details)
    return told


def key_of(entry: Entry, uri: str) -> str:
    """Gives what changes whenever a file's bytes do, as far as its platform lets know.

    Args:
        entry: The file.
        uri: Its URI.
    """
    facts = [uri, entry.kind, entry.size, entry.version, entry.modified, sorted(entry.checksums.items())]
    return blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
