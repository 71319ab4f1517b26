"""A cache of files by content, as downloads use it; `omicsdk.locks.cache` has one in a shared folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from omicsdk.core.named_tuples import NamedTuple
from omicsdk.transfer.items import Item

#: How a file of the cache gets into a folder.
Link = Literal["copy", "symlink", "hardlink"]


class CachedFile(NamedTuple):
    """A file in the target folder, taken from the cache.

    Attributes:
        stat: The system's stat of its content; where it is a link, of the file in the cache.
        checksums: Its checksums, verified.
    """

    stat: os.stat_result
    checksums: Mapping[str, str]


class ContentCache(Protocol):
    """Finds files by their stated checksums, and stores verified ones. Thread-safe, and never the reason that a download fails."""

    def has(self, item: Item) -> bool:
        """Whether there seems to be a file with the checksums of an item; its content is not read.

        Args:
            item: The file.
        """
        ...

    def take(
        self, item: Item, path: str, *, link: Link, create: Callable[[str], int], stopped: Callable[[], bool]
    ) -> CachedFile | None:
        """Put a file into a folder, if the cache has it.

        Args:
            item: The file.
            path: Where to put it; an existing file is replaced.
            link: How.
            create: Creates a file and returns its descriptor.
            stopped: Returns whether to stop; called while bytes are read.

        Returns:
            The file; None if there is none, or it is damaged. Then nothing is at the path.

        Raises:
            Stopped: `stopped` returned True.
        """
        ...

    def add(
        self, path: str, checksums: Mapping[str, str], *, link: Link, stopped: Callable[[], bool]
    ) -> os.stat_result | None:
        """Store a copy of a verified file.

        Args:
            path: The file.
            checksums: Its verified checksums.
            link: If it is not `copy`, the file is replaced by a link to its copy.
            stopped: Returns whether to stop; called while bytes are read.

        Returns:
            The stat of the copy that replaced the file; None if the file is as it was.

        Raises:
            Stopped: `stopped` returned True.
        """
        ...
