"""Holding what was downloaded against what was uploaded, byte for byte by SHA-256."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omicsdk.cli.demo.commands import DemoFailed
from omicsdk.hca.dss.tsv import DictReader


@dataclass(frozen=True, slots=True)
class Source:
    """A folder that became a bundle.

    Attributes:
        folder: The folder.
        uuid: The bundle's.
        version: The bundle's.
        sums: SHA-256 of each of its files, by name.
        size: Bytes of all of them.
    """

    folder: Path
    uuid: str
    version: str
    sums: Mapping[str, str]
    size: int

    @property
    def fqid(self) -> str:
        """How the Data Store names the bundle, and what its folder is called."""
        return f"{self.uuid}.{self.version}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was compared.

    Attributes:
        files: How many files.
        size: Their bytes.
    """

    files: int = 0
    size: int = 0

    def __add__(self, other: "Checked") -> "Checked":
        return Checked(self.files + other.files, self.size + other.size)


def sha256_of(path: Path) -> str:
    """A file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of all files below a folder, by their path in it."""
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def check_bundle(source: Source, downloads: Path) -> Checked:
    """Compare a bundle's folder with the folder that was uploaded.

    Raises:
        DemoFailed: A file is missing, there is one too many, or its bytes differ.
    """
    found = sums_of(downloads / source.fqid)
    found.pop("bundle.json", None)
    if found != source.sums:
        differing = sorted({name for name, _ in found.items() ^ source.sums.items()})
        raise DemoFailed(f"{downloads / source.fqid} differs from {source.folder}: {', '.join(differing)}")
    return Checked(len(found), source.size)


def check_manifest(manifest: Path, sources: Mapping[str, Source], downloads: Path) -> Checked:
    """Compare the files that a downloaded manifest points at with those that were uploaded.

    Args:
        manifest: The copy that a download wrote, with file_path.
        sources: The uploaded folders by their bundle's UUID.
        downloads: What file_path is relative to.

    Raises:
        DemoFailed: A row is missing or too many, or a file isn't there or has other bytes.
    """
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(DictReader(file))
    found = {(row["bundle_uuid"], row["file_name"]): sha256_of(downloads / row["file_path"]) for row in rows}
    expected = {(uuid, name): digest for uuid, source in sources.items() for name, digest in source.sums.items()}
    if found != expected or len(rows) != len(found):
        differing = sorted({name for (_, name), _ in found.items() ^ expected.items()})
        raise DemoFailed(f"{manifest} doesn't lead to what was uploaded: {', '.join(differing) or 'rows twice'}")
    return Checked(len(rows), sum(source.size for source in sources.values()))
