"""Entries: what a store states of a file or folder, also in fsspec's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from omicsdk.core.redaction import MASK, is_secret_name


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder.

    Attributes:
        path: Where it is below its scheme, without slashes at its ends: `owner/project/reads/a.fastq`.
        kind: Whether it is a file, or a folder (a bundle, a project, a group) that has entries.
        size: A file's size in bytes; None where the platform doesn't say, and for folders.
        checksums: What the platform states of a file's bytes, from algorithm (`omicsdk.core.checksums.ALGORITHMS`) to value.
        modified: When it changed last, in seconds since 1970; None where the platform doesn't say.
        version: What changes whenever the bytes do (a version, an ETag, a checksum); empty where there is no such thing.
        details: What else the platform says, for people: ids, media types.
        handle: What its store needs to find the bytes again without asking; opaque to everybody else.
        file_name: What a copy of it is called where its path ends in an identifier; empty where the path has the name.
    """

    path: str
    kind: Literal["file", "folder"]
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    modified: float | None = None
    version: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    handle: Any = field(default=None, repr=False, compare=False)
    file_name: str = ""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind == "folder"


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
