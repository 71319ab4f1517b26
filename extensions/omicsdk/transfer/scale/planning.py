"""A plan: what to fetch and where to, ready to be cut into shards."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Unpack

from omicsdk.core.errors import UsageError
from omicsdk.transfer.arguments import each, many, path, whole_number
from omicsdk.transfer.downloads.wanted import check_all
from omicsdk.transfer.items import Item
from omicsdk.transfer.names import check_names
from omicsdk.transfer.scale.shard import Options, Shard, Source, make_folders
from omicsdk.transfer.scale.sharing import balanced, shard_of
from omicsdk.transfer.scale.sweeping import earlier_journals, journals_in
from omicsdk.transfer.stores.target import FsspecTarget


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
        **options: Passed on to `download`, for each shard: connections, locators, environ, route, patience, clock, mode.

    Raises:
        UsageError: A place that isn't local is meant, and can't be used or has no `journals`.
        ValueError: A number below its bound, or an empty folder.
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
        **options: Unpack[Options],
    ) -> None:
        if isinstance(source, Iterator):
            said = "a plan's source is read again by each shard, but this one comes only once"
            raise TypeError(f"{said}: give a list, or the function that makes it")
        if not callable(source):
            many("source", source, Item)
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
            raise UsageError(f"journals= is missing: {self.folder.url()} can't hold them, it has to be a local folder")
        self.run = run
        self._journals = None if journals is None else os.path.abspath(journals)
        self._reports = None if reports is None else os.path.abspath(reports)
        if rate_limit is not None and not rate_limit > 0:
            raise ValueError(f"rate_limit is {rate_limit} bytes a second; it must be above 0")
        self._rate_limit = rate_limit
        self._options = options
        self._checked = False

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
        self._check()
        files, sizes = [0] * n, [0] * n
        source = self.source
        own: list[list[Item]] | None = None
        if callable(source):
            for item in each(source(), Item):
                index = shard_of(item.name, n)
                files[index] += 1
                sizes[index] += item.size or 0
        else:
            own = [[] for _ in range(n)]
            for item, index in zip(source, balanced([(item.name, item.size) for item in source], n), strict=True):
                own[index].append(item)
                files[index] += 1
                sizes[index] += item.size or 0
        return [
            Shard(
                index,
                n,
                source=source if own is None else tuple(own[index]),
                folder=self.folder,
                name=f"{self.run}-{index:04d}-of-{n:04d}",
                files=files[index],
                size=sizes[index],
                journals=self._journals,
                reports=self._reports,
                rate_limit=self._rate_limit,
                options=self._options,
            )
            for index in range(n)
        ]

    def earlier_shards(self) -> int | None:
        """Tells into how many shards an earlier run of this plan was cut, None when there was none.

        Cut into as many again, its workers go on with what was begun; of several the most are taken.
        """
        found = earlier_journals(journals_in(self.folder, self._journals), self.run)
        return max((count for _, count in found), default=None)

    def _check(self) -> None:
        """Checks all names against each other, once: each shard sees its own only."""
        if self._checked:
            return
        names, folder = _Names(self.source), self.folder
        if isinstance(folder, FsspecTarget):
            check_names(names, folds_case=False)
        else:
            check_all(names, folder, lambda: make_folders(folder))
        self._checked = True


class _Names(Iterable[str]):
    """The names of a source, as often as somebody wants to go through them."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __iter__(self) -> Iterator[str]:
        return (item.name for item in each(self._source() if callable(self._source) else self._source, Item))
