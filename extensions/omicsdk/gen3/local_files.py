"""A single file on its way from or to a URL, through the engine of transfers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from omicsdk.core.errors import UsageError


def fetch(
    name: str,
    folder: str | os.PathLike[str],
    url: Callable[[], str],
    *,
    what: str,
    size: int | None = None,
    checksums: Mapping[str, str] | None = None,
) -> Path:
    """Fetches a file; one that was stopped goes on where it was, and appears under its name when it is whole.

    Args:
        name: Its path within the folder, as a server names it.
        folder: Where to; it is made when it isn't there.
        url: Gives its URL, and another when that has ended.
        what: What it is, for messages and to tell it from others.
        size: Its size in bytes, if it is known.
        checksums: What it is held against, from algorithm to value.

    Returns:
        Where it is.

    Raises:
        UnsafePath: The name would lead out of the folder.
        TransferError: It didn't arrive, or not right.
        OmicsError: The URL couldn't be had.
    """
    from omicsdk.transfer import Item, Location, download
    from omicsdk.transfer.journals.places import journal_for

    target = Path(folder)
    item = Item(
        name, lambda: Location(url()), size, checksums or {}, label=f"{what} ({name})" if what != name else what
    )
    journal = journal_for("gen3/files", what, str(target.absolute()), name)
    download([item], target, journal=journal).raise_if_failed()
    if journal is not None:
        with suppress(OSError):
            journal.unlink()
    return target / name


def send(path: str | os.PathLike[str], url: Callable[[], str]) -> None:
    """Sends a file to a URL by PUT.

    Args:
        path: The file.
        url: Gives the URL, and another when that has ended.

    Raises:
        TransferError: It didn't arrive.
        UsageError: There is no such file.
    """
    from omicsdk.transfer import Location, PutTo, Source, Upload, upload

    if not Path(path).is_file():
        raise UsageError(f"{os.fspath(path)} is no file", remedy="Give the path of a file.")

    def locate(_: Source) -> Location:
        return Location(url())

    upload([Upload(path, PutTo(locate))]).raise_if_failed()
