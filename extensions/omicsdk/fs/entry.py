"""What a place holds: a file or a folder, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


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
