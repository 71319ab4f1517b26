"""What runs of a plan that was cut into another number of shards have left: removed when everything is there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from logging import getLogger
from pathlib import Path
from typing import cast

from omicsdk.core.errors import TransferError
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.names import WORK_FOLDER
from omicsdk.transfer.scale.shard import Shard
from omicsdk.transfer.stores.target import FsspecTarget

_NAME = re.compile(r"(.+)-\d{4,}-of-(\d{4,})\Z")
_log = getLogger("omicsdk.transfer")


def journals_in(folder: str | FsspecTarget, journals: str | None) -> str:
    """Gives the folder where journals are.

    Args:
        folder: The target folder.
        journals: Where they are when they aren't in it; always given for a store.
    """
    return journals or os.path.join(cast("str", folder), WORK_FOLDER)


def earlier_journals(folder: str, run: str) -> Iterator[tuple[str, int]]:
    """Looks for the journals of a plan's shards.

    Args:
        folder: The folder where they are; it needn't be there.
        run: The plan's name.

    Yields:
        Their paths, and into how many shards the plan was cut.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        stem, suffix = os.path.splitext(name)
        found = _NAME.match(stem)
        if found and suffix == ".journal" and found[1] == run:
            yield os.path.join(folder, name), int(found[2])


def sweep(shards: Sequence[Shard]) -> None:
    """Removes unfinished files and journals of the same plan cut otherwise; they hold nothing that is needed any more.

    Args:
        shards: All shards of the plan, all of whose files are there.
    """
    first = shards[0]
    named = _NAME.match(first.name)
    assert named is not None
    for path, count in earlier_journals(journals_in(first.folder, first.journals), named[1]):
        if count != first.of:
            try:
                _remove(path, first.folder)
            except (TransferError, OSError) as error:  # somebody is using it, or guards it: it may stay
                _log.info("%s stays: %s", path, error)


def _remove(path: str, target: str | FsspecTarget) -> None:
    folder = target.spool_for(path) if isinstance(target, FsspecTarget) else target
    journal = Journal(Path(path), lambda: False)
    try:
        parts = PartFiles(folder, os.path.relpath(path, folder), Disk())
        for name in journal.parts:
            part = parts.paths(name)[1]
            if os.path.lexists(part):
                os.unlink(part)
        os.unlink(path)
    finally:
        journal.close()
