"""What folders come to: files and bytes, summed up for folders down to a depth. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from omicsdk.fs.copying.selecting import Selected


@dataclass(slots=True)
class Sum:
    """What is in a folder, with all that is below it.

    Attributes:
        name: The folder's path below what was summed up; empty for the whole.
        files: How many files.
        size: Bytes of those whose size is stated.
        unsized: Files whose size isn't stated.
    """

    name: str
    files: int = 0
    size: int = 0
    unsized: int = 0

    def add(self, size: int | None) -> None:
        """Counts one more file.

        Args:
            size: Its bytes; None where they aren't stated.
        """
        self.files += 1
        self.size += size or 0
        self.unsized += size is None


def sums(files: Iterable[Selected], depth: int = 0) -> Iterator[Sum]:
    """Sums files up.

    Args:
        files: The files; they are gone through once and not kept.
        depth: Down to how many levels folders are told by themselves, 0 for the whole alone.

    Yields:
        The folders in the order of their names, then the whole.
    """
    whole = Sum("")
    folders: dict[str, Sum] = {}
    for file in files:
        whole.add(file.entry.size)
        parts = file.name.split("/")[:-1]
        for level in range(1, min(depth, len(parts)) + 1):
            name = "/".join(parts[:level])
            folders.setdefault(name, Sum(name)).add(file.entry.size)
    yield from (folders[name] for name in sorted(folders))
    yield whole
