"""The commands of the shared cache: its entries, removing and verifying them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.errors import printable
from omicsdk.cli.failures import SOME_FAILED
from omicsdk.cli.listing import Rows
from omicsdk.core.errors import UsageError
from omicsdk.core.settings.profiles import CACHE_VARIABLE, stated_defaults
from omicsdk.core.sizes import size_words
from omicsdk.locks import Cache, CacheEntry

if TYPE_CHECKING:
    from omicsdk.cli.commands.locks import Reporting
    from omicsdk.cli.output import Console


def ls(*, cache: str | None = None) -> Rows:
    """List the files in the shared cache.

    Args:
        cache: Folder of the cache; by default the configured one.
    """
    return _rows(_configured(cache).entries())


def prune(
    *,
    cache: str | None = None,
    older: str | None = None,
    max_size: str | None = None,
    dry_run: bool = False,
    console: Console,
) -> Rows:
    """Remove files from the shared cache, the least recently used first.

    Removed files are fetched again when they are next needed. Symbolic links to them are broken until then: the same
    download, or `omics pull`, replaces them.

    Args:
        older: Remove files that were last used before this: an age such as 90d, or a date.
        max_size: Remove files until the others have at most this size together, such as 500G or 2T.
        dry_run: Only list what would be removed.
        console: Prints the summary.
    """
    if older is max_size is None:
        raise UsageError("neither an age nor a size is named", remedy="Use --older 90d, --max-size 2T or both.")
    opened = _configured(cache)
    removed = opened.prune(older=older, max_size=max_size, dry_run=dry_run)
    size = size_words(sum(entry.size for entry in removed))
    what = f"{count_of(len(removed), 'file')} ({size})"
    verb = "would be removed" if dry_run else "removed"
    console.message(f"{what} {verb} from {opened.folder}")
    return _rows(removed)


def verify(*, cache: str | None = None, console: Console, progress: Reporting) -> Rows:
    """Read every file in the shared cache, and list those that are damaged.

    A damaged file is never used: the next download that needs it fetches it again and replaces it. The exit code is 3 if
    a file is damaged or cannot be read.

    Args:
        console: Prints the summary.
        progress: Reports the progress.
    """
    opened, problems = _configured(cache), 0

    def rows(_: object) -> Iterator[dict[str, Any]]:
        nonlocal problems
        with progress() as report:
            for problem in opened.verify(report):
                problems += problem.state != "foreign"
                console.step("")  # the row is printed where the bar is
                yield problem._asdict()
        if problems:
            console.error(f"{count_of(problems, 'damaged or unreadable file')} in {opened.folder}")
            console.exit_code = SOME_FAILED
        elif next(opened.entries(), None) is None:
            console.message(f"{opened.folder} has no files of a cache")
        else:
            console.message(f"all files of {opened.folder} have the content that their names state")

    return Rows(rows, lambda row: (row["state"], printable(row["path"]), printable(row["why"])))


def _rows(entries: Iterable[CacheEntry]) -> Rows:
    def rows(_: object) -> Iterator[dict[str, Any]]:
        for entry in entries:
            used = strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(entry.used))
            yield {"sha256": entry.sha256, "size": entry.size, "used": used}

    return Rows(rows, lambda row: (size_words(row["size"]), row["used"], row["sha256"]))


def _configured(folder: str | None) -> Cache:
    """Open the named cache, or the configured one."""
    if not folder:
        folder = str(stated_defaults("transfer", os.environ).get("cache", ("", ""))[0])
    if not folder:
        raise UsageError("no cache is configured", remedy=f"Name its folder by --cache, or in {CACHE_VARIABLE}.")
    return Cache(folder)
