"""Comparing files that were downloaded with what their platform states of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import partial
from time import monotonic, time

from omicsdk.core.errors import ChecksumMismatch, Interrupted, OmicsError, TransferError
from omicsdk.transfer.hashing import checksums_of, first_difference
from omicsdk.transfer.items import Item
from omicsdk.transfer.names import check_name
from omicsdk.transfer.reports.outcomes import Outcome, verification_of
from omicsdk.transfer.reports.report import TransferReport
from omicsdk.transfer.threads import never, side_by_side

REMEDY = "Download it again."


def verify(
    items: Sequence[Item], folder: str | os.PathLike[str] = ".", *, stop: threading.Event | None = None
) -> TransferReport:
    """Compare the files of a folder with the sizes and checksums that are stated of them; nothing is requested.

    Args:
        items: What was downloaded.
        folder: The folder that it was downloaded to.
        stop: Ends the comparison within a tenth of a second when it is set.

    Returns:
        The outcome of each item, in order: done where its file is right (`verification` says what it was compared with),
        failed where the file is missing or differs.
    """
    began, clock = time(), monotonic()
    check = partial(check_file, os.fspath(folder))
    found = side_by_side(check, items, never if stop is None else stop.is_set)
    outcomes = [_outcome(item, each) for item, each in zip(items, found, strict=True)]
    return TransferReport(outcomes, monotonic() - clock, began=began, title="Verify")


def check_file(folder: str, item: Item) -> Outcome:
    """Compare one file with what is stated of it.

    Args:
        folder: The folder that it is in.
        item: Its name, size and checksums.

    Returns:
        Done; the size and checksums are those of the file.

    Raises:
        UnsafePath: Its name points out of the folder.
        ChecksumMismatch: Its size or a checksum is another one.
        TransferError: It is missing or cannot be read.
    """
    check_name(item.name)
    path = os.path.join(folder, item.name)
    try:
        size = os.stat(path).st_size
        if item.size is not None and size != item.size:
            raise ChecksumMismatch(
                item.name, algorithm="size", expected=str(item.size), actual=str(size), remedy=REMEDY
            )
        actual = checksums_of(path, item.checksums, size)
    except FileNotFoundError:
        raise TransferError(f"{path} is missing", name=item.name, remedy=REMEDY) from None
    except OSError as error:
        raise TransferError(f"cannot read {path}: {error.strerror or error}", name=item.name) from error
    differs = first_difference(item.checksums, actual)
    if differs is not None:
        raise ChecksumMismatch(
            item.name, algorithm=differs, expected=item.checksums[differs], actual=actual[differs], remedy=REMEDY
        )
    kind = verification_of(item.checksums, item.size)
    return Outcome(item.name, "done", size, checksums=actual, verified=", ".join(actual), verification=kind)


def _outcome(item: Item, found: Outcome | OmicsError) -> Outcome:
    if isinstance(found, Outcome):
        return found
    if isinstance(found, Interrupted):
        return Outcome(item.name, "stopped", item.size, label=item.label)
    return Outcome(item.name, "failed", item.size, error=found, label=item.label)
