"""A plan: what to fetch and where to, ready to be cut into shards."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from heapq import heapify, heapreplace
from typing import Unpack

from omicsdk.core.errors import UsageError
from omicsdk.transfer.arguments import each, many, path, whole_number
from omicsdk.transfer.downloads.targets import FsspecTarget
from omicsdk.transfer.items import Item, check_all
from omicsdk.transfer.names import (
    LONGEST_PATH,
    SUFFIX,
    check_name,
    check_names,
    first_of_each,
    room_in,
)
from omicsdk.transfer.scale.shard import (
    KEPT,
    Opening,
    Options,
    Shard,
    Source,
    earlier_journals,
    journals_in,
    make_folders,
    shard_of,
)

#: What a file costs beside its bytes, in bytes: the round trips of a request, at the speed of a common link.
FILE_COST = 256 * 1024


def balanced(files: Sequence[tuple[str, int | None]], shards: int) -> list[int]:
    """Shares files out so that all shards have about as many bytes: the largest first, onto the least loaded.

    Args:
        files: Names, which differ, and sizes in bytes. A size that isn't known is taken for the mean of those that are.
        shards: How many shards there are, 1 or more.

    Returns:
        The shard of each file, from 0. It doesn't depend on the files' order.
    """
    known = [size for _, size in files if size is not None]
    mean = sum(known) // len(known) if known else 0
    costs = [FILE_COST + (mean if size is None else size) for _, size in files]
    loads = [(0, shard) for shard in range(shards)]
    heapify(loads)
    found = [0] * len(files)
    for place in sorted(range(len(files)), key=lambda place: (-costs[place], files[place][0])):
        load, shard = loads[0]
        found[place] = shard
        heapreplace(loads, (load + costs[place], shard))
    return found


class Plan:
    """A download that is to be done by several workers.

    All workers must see the target folder under the same path: a disk of their machine, or a shared file system.

    Args:
        source: The items; or a function that gives a fresh iterator over them each time that it is called, so that a
            manifest of millions of rows is read by every shard and held by none. For workers in other processes it
            must be picklable (a function of a module, or a functools.partial of one), and so must the items' `locate`.
        folder: The target folder; or a place in a file system of fsspec, or its URL: then `journals` is to be given, and
            has the spool folders too.
        run: Names the plan's journals. Plans of different names into one folder don't wait for each other.
        journals: A folder for the journals, which all workers see; by default `.omics-transfer` in the target folder.
        reports: A folder for one JSONL report a shard; by default none is written.
        rate_limit: Bytes a second for each shard that runs, above 0; None for no limit.
        repeats: Whether names may stand there several times and mean one file each time, as in a store whose names are
            checksums: the first is fetched. Only of a function; its names are checked by themselves, not against others.
        opening: Is called in the worker with a shard's items and gives a context with those that are fetched: where
            `locate` needs a client, it is opened there and closed in the end. It must be picklable.
        kept: How many failures the result of a shard carries, with their errors; 0 or more.
        require_checksum: Whether a file fails that no checksum is stated for; see `Control`.
        **options: Passed on to `download`, for each shard: connections, locators, environ, route, patience, clock, mode,
            resume_unvalidated.

    Raises:
        UsageError: A place that isn't local is meant, and can't be used or has no `journals`.
        ValueError: A number below its bound, an empty folder, or repeats with a list.
        TypeError: An argument of another type, an option that isn't known, or a source that comes only once.
    """

    def __init__(
        self,
        source: Source,
        folder: str | os.PathLike[str] | FsspecTarget,
        *,
        run: str = "transfer",
        journals: str | os.PathLike[str] | None = None,
        reports: str | os.PathLike[str] | None = None,
        rate_limit: float | None = None,
        repeats: bool = False,
        opening: Opening | None = None,
        kept: int = KEPT,
        require_checksum: bool = False,
        **options: Unpack[Options],
    ) -> None:
        if isinstance(source, Iterator):
            said = "a plan's source is read again by each shard, but this one can be read only once"
            raise TypeError(f"{said}: give a list, or the function that creates it")
        if not callable(source):
            many("source", source, Item)
            if repeats:
                raise ValueError("repeats requires a function as source; in a list, keep the first of each name")
        for option in options:
            if option not in Options.__annotations__:
                known = ", ".join(Options.__annotations__)
                raise TypeError(f"a plan has no option {option!r}; it has {known}")
        for name in ("connections", "locators"):
            if options.get(name) is not None:
                whole_number(name, options.get(name))
        self.source = source
        self.folder = FsspecTarget.meant_by(folder) or os.path.abspath(
            path("folder", folder, "a path, a URL or an FsspecTarget")
        )
        if isinstance(self.folder, FsspecTarget) and journals is None:
            raise UsageError(f"journals= is missing: {self.folder.url()} cannot hold them; give a local folder")
        self.run = run
        self._journals = None if journals is None else os.path.abspath(journals)
        if rate_limit is not None and not rate_limit > 0:
            raise ValueError(f"rate_limit is {rate_limit} bytes a second; it must be above 0")
        self._repeats = repeats
        self._shard = partial(
            Shard,
            folder=self.folder,
            journals=self._journals,
            reports=None if reports is None else os.path.abspath(reports),
            rate_limit=rate_limit,
            options=options,
            repeats=repeats,
            opening=opening,
            kept=whole_number("kept", kept, 0),
            require_checksum=require_checksum,
        )
        self._checked = False

    @property
    def journals(self) -> str:
        """The folder where the shards' journals are."""
        return journals_in(self.folder, self._journals)

    def shards(self, n: int) -> list[Shard]:
        """Cuts the plan into parts that don't depend on each other.

        Items in a sequence are shared out by their sizes, those of a function by a digest of their names. Every item is
        in exactly one shard, and in the same one whenever the same plan is cut into as many parts. Cut into another
        number of parts, files that are there are found and held against their checksums, not fetched again; what was
        begun is, and what has no checksum. When everything is there then, such remains are removed.

        Args:
            n: How many, 1 or more. There may be more than items; some have nothing to do then.

        Returns:
            The shards, n of them.

        Raises:
            UnsafePath: A name would lead out of the folder, or two to one path, be it in different shards.
            ValueError: n is below 1.
            TypeError: n is no whole number, or one of the items no Item.
        """
        n = whole_number("n", n)
        files, sizes = [0] * n, [0] * n
        own: list[list[Item]] = [[] for _ in range(n)]
        self._check()
        room = self._room()
        for item, index in self._placed(n):
            if self._repeats:
                check_name(item.name, room=room)
            files[index] += 1
            sizes[index] += item.size or 0
            if not callable(self.source):
                own[index].append(item)
        return [
            self._shard(
                index,
                n,
                source=self.source if callable(self.source) else tuple(own[index]),
                name=f"{self.run}-{index:04d}-of-{n:04d}",
                files=files[index],
                size=sizes[index],
            )
            for index in range(n)
        ]

    def _placed(self, n: int) -> Iterator[tuple[Item, int]]:
        """Goes through the items, with the shard that each is in."""
        if callable(self.source):
            items = each(self.source(), Item)
            if self._repeats:
                items = first_of_each(items, lambda item: item.name)
            return ((item, shard_of(item.name, n)) for item in items)
        return zip(self.source, balanced([(item.name, item.size) for item in self.source], n), strict=True)

    def order(self, n: int) -> Iterator[tuple[str, int]]:
        """Goes through the names in the source's order, with the shard that each is in when the plan is cut into n.

        Args:
            n: How many shards there are, 1 or more.
        """
        return ((item.name, index) for item, index in self._placed(n))

    def items_of(self, index: int, n: int) -> Iterator[Item]:
        """Goes through the items of one shard, in the source's order.

        Args:
            index: The shard, from 0.
            n: How many shards there are, 1 or more.
        """
        return (item for item, place in self._placed(n) if place == index)

    def earlier_shards(self) -> int | None:
        """Tells into how many shards an earlier run of this plan was cut, None when there was none.

        Cut into as many again, its workers go on with what was begun; of several the most are taken.
        """
        found = earlier_journals(self.journals, self.run)
        return max((count for _, count in found), default=None)

    def _check(self) -> None:
        """Checks all names against each other, once: each shard sees its own only."""
        if self._checked or self._repeats:
            return
        names, folder = _Names(self.source), self.folder
        if isinstance(folder, FsspecTarget):
            check_names(names, folds_case=False)
        else:
            check_all(names, folder, lambda: make_folders(folder))
        self._checked = True

    def _room(self) -> int:
        """Bytes that a whole name may have."""
        return LONGEST_PATH - 1 - SUFFIX if isinstance(self.folder, FsspecTarget) else room_in(self.folder)


class _Names(Iterable[str]):
    """The names of a source, as often as somebody wants to go through them."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __iter__(self) -> Iterator[str]:
        return (item.name for item in each(self._source() if callable(self._source) else self._source, Item))
